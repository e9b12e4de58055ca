# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL about persons: the three tables of a person, blind indexes, lists, versions and looks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.crypto import Digest
from chassis.db import Tx
from services.intake.models import (
    BlindIndexRow,
    DutyEndRow,
    Inburgeraar,
    PersonIdentity,
    PersonName,
    PersonScope,
    PersonVersion,
    PlacementAccess,
    metadata,
)

__all__ = [
    "Dossier",
    "Listed",
    "Order",
    "access_log",
    "badly_indexed",
    "claim_number",
    "dossier",
    "gemeentecode_of",
    "holder_of",
    "led_by",
    "let_go_to",
    "listed",
    "lock_person",
    "names",
    "placement_ended",
    "placement_made",
    "release_number",
    "search",
    "versions",
]

Order = Literal["registered", "family-name", "pip-due"]
_LAST_CHARACTER = "\U0010ffff"  # sorts after whatever follows a prefix
_NEVER = date(9999, 12, 31)  # sorts people without a running clock last


@dataclass(frozen=True, slots=True)
class Dossier:
    """A person as the caller may see it; `identity` is None for a taalschool."""

    person: Inburgeraar
    name: PersonName
    identity: PersonIdentity | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A person in a list."""

    person: Inburgeraar
    name: PersonName


async def lock_person(tx: Tx, inburgeraar_id: UUID) -> Inburgeraar | None:
    """The person, locked: every change of what belongs to a person waits its turn here."""
    return await tx.get(Inburgeraar, inburgeraar_id, lock=True)


async def dossier(tx: Tx, inburgeraar_id: UUID) -> Dossier | None:
    """The person with names and, where the caller may see it, identity."""
    statement = (
        sa.select(Inburgeraar, PersonName, PersonIdentity)
        .join(PersonName, col(PersonName.inburgeraar_id) == col(Inburgeraar.id))
        .outerjoin(PersonIdentity, col(PersonIdentity.inburgeraar_id) == col(Inburgeraar.id))
        .where(col(Inburgeraar.id) == inburgeraar_id)
    )
    rows = await tx.rows(statement)
    return Dossier(*rows[0]) if rows else None


async def gemeentecode_of(tx: Tx, inburgeraar_id: UUID) -> str | None:
    """The gemeente of a person of one of the caller's gemeenten, also where only figures are allowed."""
    statement = sa.select(col(PersonScope.gemeentecode)).where(
        col(PersonScope.inburgeraar_id) == inburgeraar_id
    )
    found: str | None = await tx.scalar(statement)
    return found


async def names(tx: Tx, ids: Sequence[UUID]) -> Sequence[Listed]:
    """Of these people, those that the caller may see; by family name."""
    statement = (
        sa.select(Inburgeraar, PersonName)
        .join(PersonName, col(PersonName.inburgeraar_id) == col(Inburgeraar.id))
        .where(col(Inburgeraar.id).in_(ids))
        .order_by(col(PersonName.family_name_key), col(PersonName.given_names), col(Inburgeraar.id))
    )
    return [Listed(*row) for row in await tx.rows(statement)]


async def listed(
    tx: Tx,
    *,
    order: Order,
    after: tuple[Any, ...] | None,
    fetch: int,
    codes: Collection[str],
    filters: dict[str, Any],
    without_lead: bool,
) -> Sequence[Listed]:
    """A page of the people that the caller may see.

    Args:
        tx: the transaction.
        order: `pip-due` puts the next running clock first and people without one last.
        after: the key of the last row seen, of two parts, the second an id.
        fetch: most rows.
        codes: the gemeenten that the caller may see people of. Row-level security sees to that anyway;
            said here too, the database can use its index.
        filters: values by column of `Inburgeraar`; None filters nothing.
        without_lead: only people without a lead consulent.
    """
    mine = sorted(codes)
    by_name = order == "family-name"
    keys: dict[Order, Any] = {
        "registered": col(Inburgeraar.registered_at),
        "family-name": col(PersonName.family_name_key),
        "pip-due": sa.func.coalesce(col(Inburgeraar.pip_due_on), sa.literal(_NEVER, sa.Date)),
    }
    key = keys[order]
    id_column = col(PersonName.inburgeraar_id) if by_name else col(Inburgeraar.id)
    # First the page of one table by its index, then what belongs to its rows: row-level security
    # is asked of the rows of the page only, not of everybody.
    page = sa.select(id_column.label("id"), key.label("key")).order_by(key, id_column).limit(fetch)
    page = page.where((col(PersonName.gemeentecode) if by_name else col(Inburgeraar.gemeentecode)).in_(mine))
    conditions = [
        getattr(Inburgeraar, column) == value for column, value in filters.items() if value is not None
    ]
    if without_lead:
        conditions.append(col(Inburgeraar.lead_member_id).is_(None))
    if by_name and conditions:
        page = page.join(Inburgeraar, col(Inburgeraar.id) == id_column)
    page = page.where(*conditions)
    if after is not None:
        first, second = after
        page = page.where(
            sa.tuple_(key, id_column) > sa.tuple_(sa.literal(first, key.type), sa.literal(second, sa.Uuid()))
        )
    rows = page.subquery()
    statement = (
        sa.select(Inburgeraar, PersonName)
        .join(rows, rows.c.id == col(Inburgeraar.id))
        .join(PersonName, col(PersonName.inburgeraar_id) == col(Inburgeraar.id))
        .order_by(rows.c.key, rows.c.id)
    )
    return [Listed(*row) for row in await tx.rows(statement)]


async def search(
    tx: Tx,
    *,
    family_name_key: str | None,
    codes: Collection[str],
    digests: Sequence[tuple[str, Sequence[Digest]]],
    birth_date: date | None,
    fetch: int,
) -> Sequence[Listed]:
    """People whose family name begins so, and who hold these numbers, and were born then."""
    statement = (
        sa.select(Inburgeraar, PersonName)
        .join(PersonName, col(PersonName.inburgeraar_id) == col(Inburgeraar.id))
        .where(col(PersonName.gemeentecode).in_(sorted(codes)))
        .order_by(col(PersonName.family_name_key), col(PersonName.given_names), col(Inburgeraar.id))
        .limit(fetch)
    )
    if family_name_key is not None:
        # A range, not LIKE: with row-level security an index answers this, and not a pattern.
        key = col(PersonName.family_name_key)
        statement = statement.where(key >= family_name_key, key < family_name_key + _LAST_CHARACTER)
    if birth_date is not None:
        statement = statement.join(
            PersonIdentity, col(PersonIdentity.inburgeraar_id) == col(Inburgeraar.id)
        ).where(col(PersonIdentity.birth_date) == birth_date)
    for kind, wanted in digests:
        statement = statement.where(
            sa.exists().where(
                col(BlindIndexRow.inburgeraar_id) == col(Inburgeraar.id),
                col(BlindIndexRow.kind) == kind,
                sa.tuple_(col(BlindIndexRow.key_id), col(BlindIndexRow.digest)).in_(
                    [(digest.key_id, digest.digest) for digest in wanted]
                ),
            )
        )
    return [Listed(*row) for row in await tx.rows(statement)]


async def led_by(tx: Tx, member_id: UUID | None, ids: Sequence[UUID] | None) -> Sequence[Inburgeraar]:
    """People of this lead consulent, or these people, locked in one order for all callers.

    Those of whom only the short list is left are nobody's work any more.
    """
    reduced = sa.exists().where(
        col(DutyEndRow.inburgeraar_id) == col(Inburgeraar.id), col(DutyEndRow.reduced_at).is_not(None)
    )
    statement = (
        sa.select(Inburgeraar)
        .where(~reduced)
        .order_by(col(Inburgeraar.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if member_id is not None:
        statement = statement.where(col(Inburgeraar.lead_member_id) == member_id)
    if ids is not None:
        statement = statement.where(col(Inburgeraar.id).in_(ids))
    return await tx.scalars(statement)


_CLAIM = sa.text(
    "INSERT INTO blind_index (kind, key_id, digest, inburgeraar_id) SELECT :kind, key_id, digest, :person "
    "FROM unnest(CAST(:key_ids AS text[]), CAST(:digests AS bytea[])) AS new (key_id, digest) ON CONFLICT DO NOTHING"
)


async def claim_number(tx: Tx, *, kind: str, digests: Sequence[Digest], inburgeraar_id: UUID) -> bool:
    """Make a number this person's own; answers whether it was free in the whole country.

    A second registration of the same number that runs at the same time waits here for the first
    one to end. Row-level security hides other people's rows, but not that the number is taken.
    """
    # One order for all, so that two rings of the same keys never wait for each other in a circle.
    rows = sorted(digests, key=lambda one: one.key_id)
    values = {
        "kind": kind,
        "person": inburgeraar_id,
        "key_ids": [one.key_id for one in rows],
        "digests": [one.digest for one in rows],
    }
    return await tx.change(_CLAIM, values) == len(rows)


async def release_number(tx: Tx, *, kind: str, inburgeraar_id: UUID) -> None:
    """Give up the number of this kind."""
    await tx.change(
        sa.delete(BlindIndexRow).where(
            col(BlindIndexRow.kind) == kind,
            col(BlindIndexRow.inburgeraar_id) == inburgeraar_id,
        )
    )


async def holder_of(tx: Tx, *, kind: str, digests: Sequence[Digest]) -> UUID | None:
    """Who holds this number, if the caller may see that person."""
    statement = sa.select(col(BlindIndexRow.inburgeraar_id)).where(
        col(BlindIndexRow.kind) == kind,
        sa.tuple_(col(BlindIndexRow.key_id), col(BlindIndexRow.digest)).in_(
            [(one.key_id, one.digest) for one in digests]
        ),
    )
    found: UUID | None = await tx.scalar(statement.limit(1))
    return found


async def badly_indexed(tx: Tx, *, key_ids: Sequence[str], fetch: int) -> Sequence[PersonIdentity]:
    """Identities whose numbers are not indexed under exactly these keys, locked; busy ones are left."""
    expected = sa.case((col(PersonIdentity.bsn_key_id).is_(None), 0), else_=1) + sa.case(
        (col(PersonIdentity.v_number_key_id).is_(None), 0), else_=1
    )
    mine = col(BlindIndexRow.inburgeraar_id) == col(PersonIdentity.inburgeraar_id)
    current = col(BlindIndexRow.key_id).in_(key_ids)
    good = sa.select(sa.func.count()).select_from(BlindIndexRow).where(mine, current).scalar_subquery()
    statement = (
        sa.select(PersonIdentity)
        .where(sa.or_(good != expected * len(key_ids), sa.exists().where(mine, ~current)))
        .order_by(col(PersonIdentity.inburgeraar_id))
        .limit(fetch)
        .with_for_update(skip_locked=True)
    )
    return await tx.scalars(statement)


async def versions(tx: Tx, inburgeraar_id: UUID, *, after: int | None, fetch: int) -> Sequence[PersonVersion]:
    """The recorded changes of a person, newest first."""
    statement = (
        sa.select(PersonVersion)
        .where(col(PersonVersion.inburgeraar_id) == inburgeraar_id)
        .order_by(sa.desc(col(PersonVersion.version)))
        .limit(fetch)
    )
    if after is not None:
        statement = statement.where(col(PersonVersion.version) < after)
    return await tx.scalars(statement)


async def access_log(tx: Tx, inburgeraar_id: UUID, *, after: int | None, fetch: int) -> Sequence[Any]:
    """Who looked at a person in this service, newest first."""
    log = metadata.tables["intake.access_log"]
    statement = (
        sa.select(log)
        .where(log.c.inburgeraar_id == inburgeraar_id)
        .order_by(log.c.chain_no.desc())
        .limit(fetch)
    )
    if after is not None:
        statement = statement.where(log.c.chain_no < after)
    return await tx.rows(statement)


async def let_go_to(tx: Tx, person: Inburgeraar, *, gemeentecode: str, executing_gemeentecode: str) -> None:
    """Hand a person to another gemeente.

    Row-level security would refuse to move a row out of the caller's sight, so the gemeente of
    arrival is in sight for the rest of the transaction; the row was locked, and so seen, before.
    """
    settings = ("app.person_codes", "app.known_codes")
    before = [
        await tx.scalar(sa.text("SELECT current_setting(:name, true)"), {"name": name}) for name in settings
    ]
    widen = sa.text("SELECT set_config(:name, :value, true)")
    for name, value in zip(settings, before, strict=True):
        await tx.execute(widen, {"name": name, "value": f"{value},{gemeentecode}" if value else gemeentecode})
    person.gemeentecode = gemeentecode
    person.executing_gemeentecode = executing_gemeentecode
    if (scope := await tx.get(PersonScope, person.id)) is not None:
        scope.gemeentecode = gemeentecode
    if (names_row := await tx.get(PersonName, person.id)) is not None:
        names_row.gemeentecode = gemeentecode
    await tx.flush()


async def placement_made(
    tx: Tx, *, placement_id: UUID, inburgeraar_id: UUID, organisation_id: UUID, from_on: date
) -> None:
    """Let a taalschool see the name of a person placed with it; again is no change."""
    await tx.execute(
        insert(PlacementAccess)
        .values(
            placement_id=placement_id,
            inburgeraar_id=inburgeraar_id,
            organisation_id=organisation_id,
            from_on=from_on,
        )
        .on_conflict_do_nothing()
    )


async def placement_ended(
    tx: Tx, *, placement_id: UUID, inburgeraar_id: UUID, organisation_id: UUID, ended_on: date
) -> None:
    """Take the look away; also when the end is the first thing that is heard of a placement."""
    statement = insert(PlacementAccess).values(
        placement_id=placement_id,
        inburgeraar_id=inburgeraar_id,
        organisation_id=organisation_id,
        from_on=ended_on,
        ended_on=ended_on,
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["placement_id"], set_={"ended_on": statement.excluded.ended_on}
        )
    )
