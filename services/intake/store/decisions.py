# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL about what was decided and what runs: PIPs, clocks, moves, information, local policy."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.db import Tx
from services.intake.models import (
    Clock,
    Move,
    PersonIdentity,
    PersonVersion,
    Pip,
    PolicyParameter,
    ThirdPartyInformationRow,
)
from services.intake.rules.pip import talks_in_term

__all__ = [
    "clocks",
    "end_policy_value",
    "information",
    "last_move",
    "own_policy_value",
    "pips",
    "policy_value",
    "save_policy_value",
    "stale_identities",
    "stale_versions",
    "talks_norm",
]


async def pips(tx: Tx, inburgeraar_id: UUID, *, after: int = 0, fetch: int | None = None) -> Sequence[Pip]:
    """The versions of a person's PIP, oldest first."""
    statement = (
        sa.select(Pip)
        .where(col(Pip.inburgeraar_id) == inburgeraar_id, col(Pip.version) > after)
        .order_by(col(Pip.version))
        .limit(fetch)
    )
    return await tx.scalars(statement)


async def clocks(tx: Tx, inburgeraar_id: UUID) -> Sequence[Clock]:
    """The clocks of a person, the oldest first."""
    statement = (
        sa.select(Clock)
        .where(col(Clock.inburgeraar_id) == inburgeraar_id)
        .order_by(col(Clock.starts_on), col(Clock.id))
    )
    return await tx.scalars(statement)


async def last_move(tx: Tx, inburgeraar_id: UUID) -> Move | None:
    """The move to the present gemeente, None for who never moved."""
    statement = (
        sa.select(Move)
        .where(col(Move.inburgeraar_id) == inburgeraar_id)
        .order_by(col(Move.registered_on).desc(), col(Move.recorded_at).desc(), col(Move.id))
        .limit(1)
    )
    found: Move | None = await tx.scalar(statement)
    return found


async def information(tx: Tx, inburgeraar_id: UUID) -> Sequence[ThirdPartyInformationRow]:
    """What the PIP had to wait for, in order of receipt."""
    statement = (
        sa.select(ThirdPartyInformationRow)
        .where(col(ThirdPartyInformationRow.inburgeraar_id) == inburgeraar_id)
        .order_by(col(ThirdPartyInformationRow.received_on), col(ThirdPartyInformationRow.id))
    )
    return await tx.scalars(statement)


async def policy_value(tx: Tx, code: str, *, gemeentecode: str, day: date) -> int:
    """A number of local policy: the gemeente's own, else the one that holds for all.

    Raises:
        LookupError: no row holds on that day.
    """
    statement = (
        sa.select(col(PolicyParameter.value))
        .where(
            col(PolicyParameter.code) == code,
            sa.or_(
                col(PolicyParameter.gemeentecode) == gemeentecode, col(PolicyParameter.gemeentecode).is_(None)
            ),
            col(PolicyParameter.valid_from) <= day,
            sa.or_(col(PolicyParameter.valid_to).is_(None), col(PolicyParameter.valid_to) >= day),
        )
        .order_by(
            col(PolicyParameter.gemeentecode).asc().nulls_last(), col(PolicyParameter.valid_from).desc()
        )
        .limit(1)
    )
    found: int | None = await tx.scalar(statement)
    if found is None:
        raise LookupError(f"no policy value {code} holds on {day.isoformat()}")
    return found


async def own_policy_value(tx: Tx, code: str, *, gemeentecode: str, day: date) -> int | None:
    """A choice that a gemeente may make and need not make; None where it made none."""
    try:
        return await policy_value(tx, code, gemeentecode=gemeentecode, day=day)
    except LookupError:
        return None


async def talks_norm(tx: Tx, pip: Pip) -> int | None:
    """How many talks the gemeente of a PIP aimed at over the term, on the day it was signed."""
    code, day = pip.responsible_gemeentecode, pip.signed_on
    return talks_in_term(
        in_term=await own_policy_value(tx, "progress-talks", gemeentecode=code, day=day),
        per_year=await own_policy_value(tx, "progress-talks-per-year", gemeentecode=code, day=day),
    )


async def save_policy_value(
    tx: Tx, *, id: UUID, code: str, gemeentecode: str, value: int, unit: str, valid_from: date
) -> None:
    """Keep a choice of a gemeente from its day on; the same day again replaces it."""
    await tx.execute(
        insert(PolicyParameter)
        .values(
            id=id,
            code=code,
            gemeentecode=gemeentecode,
            value=value,
            unit=unit,
            valid_from=valid_from,
            source="lokaal beleid van de gemeente",
        )
        .on_conflict_do_update(
            index_elements=["code", "gemeentecode", "valid_from"],
            set_={"value": value, "unit": unit, "valid_to": None},
        )
    )


async def end_policy_value(tx: Tx, *, code: str, gemeentecode: str, from_day: date) -> None:
    """End the choice of a gemeente: from this day on it has none of its own."""
    ours = (col(PolicyParameter.code) == code, col(PolicyParameter.gemeentecode) == gemeentecode)
    await tx.execute(sa.delete(PolicyParameter).where(*ours, col(PolicyParameter.valid_from) == from_day))
    await tx.execute(
        sa.update(PolicyParameter)
        .where(
            *ours,
            col(PolicyParameter.valid_from) < from_day,
            sa.or_(col(PolicyParameter.valid_to).is_(None), col(PolicyParameter.valid_to) >= from_day),
        )
        .values(valid_to=from_day - timedelta(days=1))
    )


async def stale_identities(tx: Tx, *, key_id: str, fetch: int) -> Sequence[PersonIdentity]:
    """Identities with a number under another key than the current one, locked; busy ones are left."""
    statement = (
        sa.select(PersonIdentity)
        .where(
            sa.or_(
                col(PersonIdentity.bsn_key_id) != key_id,
                col(PersonIdentity.v_number_key_id) != key_id,
            )
        )
        .order_by(col(PersonIdentity.inburgeraar_id))
        .limit(fetch)
        .with_for_update(skip_locked=True)
    )
    return await tx.scalars(statement)


async def stale_versions(tx: Tx, *, key_id: str, fetch: int) -> Sequence[PersonVersion]:
    """Recorded changes under another key than the current one, locked; busy ones are left."""
    statement = (
        sa.select(PersonVersion)
        .where(col(PersonVersion.changes_key_id) != key_id)
        .order_by(col(PersonVersion.inburgeraar_id), col(PersonVersion.version))
        .limit(fetch)
        .with_for_update(skip_locked=True)
    )
    return await tx.scalars(statement)
