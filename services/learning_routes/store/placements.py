# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Placements, why people wait, and the clocks of both."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.learning_routes.models import Pip, Placement, WaitingEntry
from services.learning_routes.models.deadlines import Deadline

__all__ = [
    "WAITING_KEY",
    "FirstChair",
    "deadline_of",
    "first_chairs",
    "last_registered_on",
    "lock_placement",
    "lock_placements",
    "open_placement",
    "open_waiting_entry",
    "pips_in_force",
    "placements_of_person",
    "placements_page",
    "waiting_history",
    "waiting_page",
]


@dataclass(frozen=True, slots=True)
class FirstChair:
    """Where and how somebody began: the level and learning speed of the first group."""

    level: str
    pace: str | None
    since: date


async def lock_placements(tx: Tx, placement_ids: Collection[UUID]) -> Sequence[Placement]:
    """These placements as far as they are the caller's, locked in the order of their ids.

    The lock makes two roll calls for one person take turns: each then counts what the other saved.
    """
    return await tx.scalars(
        select(Placement)
        .where(col(Placement.id).in_(placement_ids))
        .order_by(col(Placement.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def lock_placement(tx: Tx, placement_id: UUID) -> Placement | None:
    """The placement, locked; None if it is not there or not the caller's."""
    found = await lock_placements(tx, [placement_id])
    return found[0] if found else None


async def open_placement(tx: Tx, inburgeraar_id: UUID, provider_id: UUID, leerroute: str) -> Placement | None:
    """The person's placement at this provider for this route that has not ended. Lock the person first."""
    found: Placement | None = await tx.scalar(
        select(Placement).where(
            col(Placement.inburgeraar_id) == inburgeraar_id,
            col(Placement.provider_id) == provider_id,
            col(Placement.leerroute) == leerroute,
            col(Placement.ended_on).is_(None),
        )
    )
    return found


async def placements_page(
    tx: Tx,
    *,
    inburgeraar_id: UUID | None,
    provider_id: UUID | None,
    gemeentecode: str | None,
    status: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Placement]:
    """Placements by id. `status`: `waiting` (open, no lessons yet), `started` (open), `ended`."""
    query = select(Placement).order_by(col(Placement.id)).limit(limit)
    if inburgeraar_id is not None:
        query = query.where(col(Placement.inburgeraar_id) == inburgeraar_id)
    if provider_id is not None:
        query = query.where(col(Placement.provider_id) == provider_id)
    if gemeentecode is not None:
        query = query.where(col(Placement.gemeentecode) == gemeentecode)
    if status == "ended":
        query = query.where(col(Placement.ended_on).is_not(None))
    elif status is not None:
        started = col(Placement.started_on)
        query = query.where(
            col(Placement.ended_on).is_(None),
            started.is_(None) if status == "waiting" else started.is_not(None),
        )
    if after is not None:
        query = query.where(col(Placement.id) > after)
    return await tx.scalars(query)


async def pips_in_force(tx: Tx, inburgeraar_ids: Collection[UUID]) -> dict[UUID, Pip]:
    """The PIP in force of each person who has one."""
    rows = await tx.scalars(select(Pip).where(col(Pip.inburgeraar_id).in_(inburgeraar_ids)))
    return {row.inburgeraar_id: row for row in rows}


async def first_chairs(tx: Tx, inburgeraar_ids: Collection[UUID]) -> dict[UUID, FirstChair]:
    """Each person's chair in the first group, of the groups that the caller sees."""
    rows = await tx.rows(
        sa.text(
            "SELECT DISTINCT ON (p.inburgeraar_id) p.inburgeraar_id, m.level, g.pace, m.since "
            "FROM placement p JOIN membership m ON m.placement_id = p.id "
            "LEFT JOIN lesson_group g ON g.id = m.group_id "
            "WHERE p.inburgeraar_id = ANY(:people) ORDER BY p.inburgeraar_id, m.since, m.id"
        ),
        {"people": list(inburgeraar_ids)},
    )
    return {row.inburgeraar_id: FirstChair(row.level, row.pace, row.since) for row in rows}


async def placements_of_person(tx: Tx, inburgeraar_id: UUID) -> Sequence[Placement]:
    """The person's placements that the caller sees, the oldest first."""
    return await tx.scalars(
        select(Placement)
        .where(col(Placement.inburgeraar_id) == inburgeraar_id)
        .order_by(col(Placement.referred_on), col(Placement.id))
    )


async def last_registered_on(tx: Tx, placement_id: UUID, *, group_id: UUID | None = None) -> date | None:
    """The last lesson of the placement, maybe of one group, that has an entry."""
    found: date | None = await tx.scalar(
        sa.text(
            "SELECT max(a.lesson_date) FROM attendance a JOIN lesson l ON l.id = a.lesson_id "
            "WHERE a.placement_id = :placement AND (CAST(:group AS uuid) IS NULL OR l.group_id = :group)"
        ),
        {"placement": placement_id, "group": group_id},
    )
    return found


WAITING_KEY = (date, UUID)
"""The kinds of the ordering key of waiting entries: since when, and the id."""


async def waiting_history(
    tx: Tx, placement_id: UUID, *, after: tuple[object, ...] | None, limit: int
) -> Sequence[WaitingEntry]:
    """Every reason why the person waited, the oldest first."""
    key = sa.tuple_(col(WaitingEntry.since), col(WaitingEntry.id))
    query = (
        select(WaitingEntry)
        .where(col(WaitingEntry.placement_id) == placement_id)
        .order_by(col(WaitingEntry.since), col(WaitingEntry.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(key > sa.tuple_(*(sa.literal(part) for part in after)))
    return await tx.scalars(query)


async def open_waiting_entry(tx: Tx, placement_id: UUID) -> WaitingEntry | None:
    """Why the person waits now, if at all. Lock the placement first."""
    found: WaitingEntry | None = await tx.scalar(
        select(WaitingEntry).where(
            col(WaitingEntry.placement_id) == placement_id, col(WaitingEntry.until).is_(None)
        )
    )
    return found


async def waiting_page(
    tx: Tx,
    *,
    provider_id: UUID | None,
    gemeentecode: str | None,
    reason: str | None,
    after: tuple[object, ...] | None,
    limit: int,
) -> Sequence[tuple[WaitingEntry, Placement]]:
    """Who waits now, the longest waiting first."""
    query = (
        select(WaitingEntry, Placement)
        .join(Placement, col(Placement.id) == col(WaitingEntry.placement_id))
        .where(col(WaitingEntry.until).is_(None))
        .order_by(col(WaitingEntry.since), col(WaitingEntry.id))
        .limit(limit)
    )
    if provider_id is not None:
        query = query.where(col(Placement.provider_id) == provider_id)
    if gemeentecode is not None:
        query = query.where(col(Placement.gemeentecode) == gemeentecode)
    if reason is not None:
        query = query.where(col(WaitingEntry.reason) == reason)
    if after is not None:
        since, id_ = after
        query = query.where(
            sa.tuple_(col(WaitingEntry.since), col(WaitingEntry.id))
            > sa.tuple_(sa.literal(since), sa.literal(id_))
        )
    return [(row[0], row[1]) for row in await tx.rows(query)]


async def deadline_of(tx: Tx, placement_id: UUID, rule: str) -> Deadline | None:
    """The clock of a placement under this rule. Lock the placement first."""
    found: Deadline | None = await tx.scalar(
        select(Deadline).where(col(Deadline.placement_id) == placement_id, col(Deadline.rule) == rule)
    )
    return found
