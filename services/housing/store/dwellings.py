# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Dwellings, the quarters they stand in, and what of a gemeente's policy bears on them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import Dwelling, FlexProject, Quarter, UrgencyRule

__all__ = [
    "by_reference",
    "dwellings_page",
    "housed_by_quarter",
    "let_in_year",
    "lock_dwelling",
    "offered_dwellings",
    "projects_page",
    "quarter_named",
    "quarters_by_id",
    "quarters_page",
    "urgency_on",
    "urgency_rules_page",
]


async def lock_dwelling(tx: Tx, dwelling_id: UUID) -> Dwelling | None:
    """The dwelling, locked; None if not known or not the caller's. Lock it before a household."""
    return await tx.get(Dwelling, dwelling_id, lock=True)


async def by_reference(tx: Tx, corporation_id: UUID, reference: str) -> Dwelling | None:
    """The dwelling with this number in the corporation's own system, locked."""
    found: Dwelling | None = await tx.scalar(
        select(Dwelling)
        .where(col(Dwelling.corporation_id) == corporation_id, col(Dwelling.reference) == reference)
        .with_for_update()
    )
    return found


async def dwellings_page(
    tx: Tx,
    *,
    gemeentecode: str | None,
    status: str | None,
    corporation_id: UUID | None,
    kind: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Dwelling]:
    """Dwellings by id."""
    query = select(Dwelling).order_by(col(Dwelling.id)).limit(limit)
    for column, value in (
        (col(Dwelling.gemeentecode), gemeentecode),
        (col(Dwelling.status), status),
        (col(Dwelling.corporation_id), corporation_id),
        (col(Dwelling.kind), kind),
    ):
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(col(Dwelling.id) > after)
    return await tx.scalars(query)


async def offered_dwellings(tx: Tx, gemeentecodes: Sequence[str]) -> Sequence[Dwelling]:
    """All that is on offer in these gemeenten, by id."""
    return await tx.scalars(
        select(Dwelling)
        .where(col(Dwelling.gemeentecode).in_(gemeentecodes), col(Dwelling.status) == "offered")
        .order_by(col(Dwelling.id))
    )


async def quarter_named(tx: Tx, gemeentecode: str, name: str) -> Quarter:
    """The quarter of this name; it is made when it is the first time that it is heard of."""
    await tx.execute(
        sa.text(
            "INSERT INTO quarter (id, gemeentecode, name, x, y, school, version) "
            "VALUES (gen_random_uuid(), :code, :name, 0, 0, false, 1) ON CONFLICT (gemeentecode, name) DO NOTHING"
        ),
        {"code": gemeentecode, "name": name},
    )
    found: Quarter = await tx.scalar(
        select(Quarter).where(col(Quarter.gemeentecode) == gemeentecode, col(Quarter.name) == name)
    )
    return found


async def quarters_page(
    tx: Tx, *, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[Quarter]:
    """Quarters by id."""
    query = select(Quarter).order_by(col(Quarter.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(col(Quarter.gemeentecode) == gemeentecode)
    if after is not None:
        query = query.where(col(Quarter.id) > after)
    return await tx.scalars(query)


async def quarters_by_id(tx: Tx, ids: Collection[UUID]) -> Mapping[UUID, Quarter]:
    """These quarters."""
    return {row.id: row for row in await tx.scalars(select(Quarter).where(col(Quarter.id).in_(ids)))}


async def housed_by_quarter(tx: Tx, gemeentecode: str, since: date) -> dict[str, int]:
    """Persons whom matches brought to each quarter of a gemeente since a day, those under way included."""
    rows = await tx.rows(
        sa.text(
            "SELECT q.name, coalesce(sum(m.persons), 0) AS persons FROM match m "
            "JOIN dwelling d ON d.id = m.dwelling_id JOIN quarter q ON q.id = d.quarter_id "
            "WHERE m.dwelling_gemeentecode = :code AND m.proposed_on >= :since "
            "AND m.status NOT IN ('rejected', 'declined') GROUP BY q.name"
        ),
        {"code": gemeentecode, "since": since},
    )
    return {row.name: int(row.persons) for row in rows}


async def let_in_year(tx: Tx, corporation_id: UUID, gemeentecode: str, year: int) -> set[UUID]:
    """The dwellings of a corporation in a gemeente that a match of this year holds or let: each counts once."""
    return set(
        await tx.scalars(
            sa.text(
                "SELECT DISTINCT m.dwelling_id FROM match m JOIN dwelling d ON d.id = m.dwelling_id "
                "WHERE d.corporation_id = :corporation AND d.gemeentecode = :code "
                "AND extract(year FROM m.proposed_on) = :year AND m.status NOT IN ('rejected', 'declined')"
            ),
            {"corporation": corporation_id, "code": gemeentecode, "year": year},
        )
    )


async def urgency_on(tx: Tx, gemeentecode: str, day: date) -> UrgencyRule | None:
    """The urgency rule of a gemeente as it was on a day; None where none was recorded."""
    found: UrgencyRule | None = await tx.scalar(
        select(UrgencyRule)
        .where(col(UrgencyRule.gemeentecode) == gemeentecode, col(UrgencyRule.valid_from) <= day)
        .order_by(col(UrgencyRule.valid_from).desc())
        .limit(1)
    )
    return found


async def urgency_rules_page(
    tx: Tx, *, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[UrgencyRule]:
    """Urgency rules by id, those of the past included."""
    query = select(UrgencyRule).order_by(col(UrgencyRule.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(col(UrgencyRule.gemeentecode) == gemeentecode)
    if after is not None:
        query = query.where(col(UrgencyRule.id) > after)
    return await tx.scalars(query)


async def projects_page(
    tx: Tx, *, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[FlexProject]:
    """Projects of flex and doorstroom dwellings by id."""
    query = select(FlexProject).order_by(col(FlexProject.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(col(FlexProject.gemeentecode) == gemeentecode)
    if after is not None:
        query = query.where(col(FlexProject.id) > after)
    return await tx.scalars(query)
