# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The end of a duty, what holds a destruction up, and what intake holds of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from chassis.care.holdings import Care, Holding, Sealed, of_persons
from chassis.crypto import Sealed as Ciphertext
from chassis.db import Tx
from contracts.retention import Category
from services.intake.models import DutyEndRow, Inburgeraar, RetentionHold
from services.intake.settings import IntakeSettings, vault_of

__all__ = [
    "CARE",
    "DuePerson",
    "due",
    "due_page",
    "duty_end",
    "ended_after",
    "hold",
    "holds",
    "lock_due",
    "open_holds",
]


@dataclass(frozen=True, slots=True)
class DuePerson:
    """Somebody of whom data must go, and what stands in the way."""

    end: DutyEndRow
    gemeentecode: str
    holds: tuple[str, ...]


async def duty_end(tx: Tx, inburgeraar_id: UUID) -> DutyEndRow | None:
    """How and when the duty of a person ended, None while it has not."""
    return await tx.get(DutyEndRow, inburgeraar_id)


async def ended_after(tx: Tx, after: UUID | None, *, fetch: int) -> Sequence[DutyEndRow]:
    """People whose duty ended, in the order of their ids, from the one after `after`."""
    statement = sa.select(DutyEndRow).order_by(col(DutyEndRow.inburgeraar_id)).limit(fetch)
    if after is not None:
        statement = statement.where(col(DutyEndRow.inburgeraar_id) > after)
    return await tx.scalars(statement)


async def holds(tx: Tx, inburgeraar_id: UUID) -> Sequence[RetentionHold]:
    """All holds of a person, the oldest first."""
    return await tx.scalars(
        sa.select(RetentionHold)
        .where(col(RetentionHold.inburgeraar_id) == inburgeraar_id)
        .order_by(col(RetentionHold.since), col(RetentionHold.id))
    )


async def hold(tx: Tx, inburgeraar_id: UUID, hold_id: UUID) -> RetentionHold | None:
    """One hold of a person, locked."""
    found: RetentionHold | None = await tx.scalar(
        sa.select(RetentionHold)
        .where(col(RetentionHold.id) == hold_id, col(RetentionHold.inburgeraar_id) == inburgeraar_id)
        .with_for_update()
    )
    return found


async def open_holds(tx: Tx, inburgeraar_id: UUID, *, today: date) -> tuple[str, ...]:
    """The reasons for which nothing of a person may go today."""
    return tuple(
        sorted(
            {
                one.reason
                for one in await holds(tx, inburgeraar_id)
                if one.ended_on is None or one.ended_on >= today
            }
        )
    )


async def due(tx: Tx, *, today: date, fetch: int) -> Sequence[UUID]:
    """People of whom data must go today and whom nothing holds, those longest due first."""
    return await tx.scalars(
        sa.select(col(DutyEndRow.inburgeraar_id))
        .where(
            col(DutyEndRow.next_on) <= today,
            ~sa.exists().where(
                col(RetentionHold.inburgeraar_id) == col(DutyEndRow.inburgeraar_id),
                sa.or_(col(RetentionHold.ended_on).is_(None), col(RetentionHold.ended_on) >= today),
            ),
        )
        .order_by(col(DutyEndRow.next_on), col(DutyEndRow.inburgeraar_id))
        .limit(fetch)
    )


async def lock_due(tx: Tx, inburgeraar_id: UUID) -> tuple[Inburgeraar, DutyEndRow] | None:
    """A person who may be destroyed, locked so that no hold or correction comes in between."""
    person: Inburgeraar | None = await tx.scalar(
        sa.select(Inburgeraar).where(col(Inburgeraar.id) == inburgeraar_id).with_for_update()
    )
    end: DutyEndRow | None = await tx.scalar(
        sa.select(DutyEndRow)
        .where(col(DutyEndRow.inburgeraar_id) == inburgeraar_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return None if person is None or end is None else (person, end)


async def due_page(
    tx: Tx, *, until: date, after: tuple[date, UUID] | None, fetch: int, today: date
) -> list[DuePerson]:
    """People of whom data must go until a day, in the order of the days."""
    reasons = (
        sa.select(sa.func.array_agg(sa.distinct(col(RetentionHold.reason))))
        .where(
            col(RetentionHold.inburgeraar_id) == col(DutyEndRow.inburgeraar_id),
            sa.or_(col(RetentionHold.ended_on).is_(None), col(RetentionHold.ended_on) >= today),
        )
        .correlate(DutyEndRow)
        .scalar_subquery()
    )
    statement = (
        sa.select(DutyEndRow, col(Inburgeraar.gemeentecode), reasons)
        .join(Inburgeraar, col(Inburgeraar.id) == col(DutyEndRow.inburgeraar_id))
        .where(col(DutyEndRow.next_on) <= until)
        .order_by(col(DutyEndRow.next_on), col(DutyEndRow.inburgeraar_id))
        .limit(fetch)
    )
    if after is not None:
        statement = statement.where(
            sa.tuple_(col(DutyEndRow.next_on), col(DutyEndRow.inburgeraar_id))
            > sa.tuple_(sa.literal(after[0], sa.Date), sa.literal(after[1], sa.Uuid()))
        )
    return [DuePerson(end, code, tuple(sorted(found or ()))) for end, code, found in await tx.rows(statement)]


_CIPHERS = frozenset({"bsn_ciphertext", "bsn_key_id", "v_number_ciphertext", "v_number_key_id"})
_CONTACT: Mapping[str, str] = MappingProxyType(
    {
        "gender": "'unknown'",
        "phone": "NULL",
        "email": "NULL",
        "language": "NULL",
        "v_number_ciphertext": "NULL",
        "v_number_key_id": "NULL",
    }
)


def _opened(settings: IntakeSettings, table: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The numbers and earlier values of a person in clear text, for who may have all of it."""
    cipher = vault_of(settings).cipher
    place = f"intake/{row['inburgeraar_id']}" if "inburgeraar_id" in row else ""
    if table == "person_identity":
        return {
            name: cipher.open(
                Ciphertext(row[f"{name}_key_id"], bytes(row[f"{name}_ciphertext"])),
                bound_to=f"{place}/{name}",
            )
            for name in ("bsn", "v_number")
            if row[f"{name}_ciphertext"] is not None
        }
    if table == "person_version":
        sealed = Ciphertext(row["changes_key_id"], bytes(row["changes_ciphertext"]))
        return {"changes": cipher.open(sealed, bound_to=f"{place}/version-{row['version']}")}
    return {}


CARE = Care(
    people="SELECT id FROM inburgeraar",
    gemeente="SELECT gemeentecode FROM person_scope WHERE inburgeraar_id = :person",
    holdings=(
        Holding(
            "person_version",
            "Wat is gewijzigd",
            concealed=frozenset({"changes_ciphertext", "changes_key_id"}),
        ),
        Holding("move", "Verhuizingen"),
        Holding("third_party_information", "Informatie van anderen voor het PIP"),
        Holding("pip", "PIP, alle versies"),
        Holding("clock", "Termijnen"),
        Holding("provision_request", "Aangevraagde voorzieningen"),
        Holding("placement_access", "Welke taalschool de naam mag zien"),
        Holding("retention_hold", "Waarom gegevens langer blijven"),
        Holding(
            "blind_index",
            "Vindplaats van nummers",
            category=Category.SHORT_LIST,
            kept_clearing=MappingProxyType({}),
            kept_where="kind = 'bsn'",
            concealed=frozenset({"digest", "key_id"}),
        ),
        Holding(
            "duty_end",
            "Hoe de inburgeringsplicht eindigde",
            category=Category.SHORT_LIST,
            kept_clearing=MappingProxyType({}),
        ),
        Holding(
            "person_identity",
            "Nummers, geboortedatum en bereikbaarheid",
            category=Category.SHORT_LIST,
            kept_clearing=_CONTACT,
            concealed=_CIPHERS,
        ),
        Holding(
            "person_name",
            "Namen",
            category=Category.SHORT_LIST,
            kept_clearing=MappingProxyType({}),
            concealed=frozenset({"family_name_key"}),
        ),
        Holding(
            "person_scope",
            "Gemeente",
            category=Category.SHORT_LIST,
            kept_clearing=MappingProxyType({}),
        ),
        Holding(
            "inburgeraar",
            "Wet, groep, rechten en plichten",
            rows=of_persons("id"),
            category=Category.SHORT_LIST,
            kept_clearing=MappingProxyType(
                {
                    "lead_member_id": "NULL",
                    "second_member_id": "NULL",
                    "pip_due_on": "NULL",
                    # Not of the short list. Group and permit stay: docs/care-for-data.md, part 3.
                    "rights": "'{}'",
                    "duties": "'{}'",
                    "duo_notice_on": "NULL",
                    "brp_on": "NULL",
                }
            ),
        ),
    ),
    impersonal=frozenset({"policy_parameter", "executing_gemeente", "colleague"}),
    sealed=(
        Sealed("person_identity", "bsn_key_id", "encryption_keys"),
        Sealed("person_identity", "v_number_key_id", "encryption_keys"),
        Sealed("person_version", "changes_key_id", "encryption_keys"),
        Sealed("blind_index", "key_id", "index_keys", digest=True),
    ),
    opened=_opened,
)
"""What intake holds of a person."""
