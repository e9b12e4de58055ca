# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the desk says together: waits, refusals, families without an offer, tasks and shared dwellings."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import ShareConflict, Task

__all__ = [
    "END_OF_WAIT",
    "TASK_KEY",
    "RefusalCount",
    "WaitRow",
    "WeekRow",
    "conflicts_page",
    "moves_by_week",
    "refusal_counts",
    "tasks_page",
    "waits",
    "without_offer",
]

END_OF_WAIT = (
    "coalesce((SELECT min(m.key_on) FROM match m WHERE m.household_id = h.id AND m.key_on IS NOT NULL "
    "AND m.status IN ('key-handed-over', 'housed')), h.housed_on)"
)
"""SQL: the day on which household `h` stopped waiting, by its first key, else its first day in a house; null before."""

TASK_KEY = (date, UUID)
"""The kinds of the ordering key of tasks: the last day, and the id."""


class WaitRow(NamedTuple):
    """One wait: how many people, since when, until when; None while it lasts."""

    household_id: UUID
    persons: int
    linked_on: date
    until: date | None


async def waits(tx: Tx, gemeentecode: str, peildatum: date) -> list[WaitRow]:
    """The wait of each household that was linked by this day, to the key, else to the first day in the house.

    Who was unlinked by then is left out: no house came of it. A move on from a temporary house does not
    lengthen the wait: the first key counts.
    """
    rows = await tx.rows(
        sa.text(
            "SELECT h.id, h.adults + h.children AS persons, h.linked_on, "
            f"{END_OF_WAIT} AS until FROM household h "
            "WHERE h.gemeentecode = :code AND h.linked_on <= :day "
            "AND (h.unlinked_on IS NULL OR h.unlinked_on > :day) ORDER BY h.linked_on, h.id"
        ),
        {"code": gemeentecode, "day": peildatum},
    )
    return [
        WaitRow(
            row.id,
            row.persons,
            row.linked_on,
            row.until if row.until is None or row.until <= peildatum else None,
        )
        for row in rows
    ]


class RefusalCount(NamedTuple):
    """How often a dwelling was refused for one reason, and by whom."""

    refusal: str
    status: str  # rejected | declined
    matches: int


async def refusal_counts(tx: Tx, gemeentecode: str, since: date, until: date) -> list[RefusalCount]:
    """Rejections and refusals of matches by their reason, in a period."""
    rows = await tx.rows(
        sa.text(
            "SELECT coalesce(refusal, 'other') AS refusal, status, count(*) AS matches FROM match "
            "WHERE gemeentecode = :code AND status IN ('rejected', 'declined') "
            "AND coalesce(declined_on, decided_on) BETWEEN :since AND :until GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
        ),
        {"code": gemeentecode, "since": since, "until": until},
    )
    return [RefusalCount(row.refusal, row.status, row.matches) for row in rows]


async def without_offer(tx: Tx, gemeentecode: str, *, persons_from: int, limit: int) -> Sequence[UUID]:
    """Waiting households of so many people or more for whom no dwelling was ever proposed; longest first."""
    rows = await tx.rows(
        sa.text(
            "SELECT h.id FROM household h WHERE h.gemeentecode = :code AND h.status = 'waiting' "
            "AND h.adults + h.children >= :persons "
            "AND NOT EXISTS (SELECT FROM match m WHERE m.household_id = h.id) ORDER BY h.linked_on, h.id LIMIT :most"
        ),
        {"code": gemeentecode, "persons": persons_from, "most": limit},
    )
    return [row.id for row in rows]


async def tasks_page(
    tx: Tx,
    *,
    gemeentecode: str | None,
    household_id: UUID | None,
    status: str | None,
    kind: str | None,
    after: tuple[object, ...] | None,
    limit: int,
) -> Sequence[Task]:
    """Tasks, what is due first."""
    query = select(Task).order_by(col(Task.due_on), col(Task.id)).limit(limit)
    for column, value in (
        (col(Task.gemeentecode), gemeentecode),
        (col(Task.household_id), household_id),
        (col(Task.status), status),
        (col(Task.kind), kind),
    ):
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(
            sa.tuple_(col(Task.due_on), col(Task.id)) > sa.tuple_(*(sa.literal(part) for part in after))
        )
    return await tx.scalars(query)


async def conflicts_page(
    tx: Tx, dwelling_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[ShareConflict]:
    """The conflicts in a shared dwelling that the caller may see, by id."""
    query = (
        select(ShareConflict)
        .where(col(ShareConflict.dwelling_id) == dwelling_id)
        .order_by(col(ShareConflict.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(ShareConflict.id) > after)
    return await tx.scalars(query)


class WeekRow(NamedTuple):
    """What is expected in one week of a gemeente."""

    week: date  # its Monday
    dwellings: int  # that become available
    moves: int  # expected or done
    persons: int  # who move
    volunteers: int  # who accompany these moves
    without_volunteer: int  # moves to come that nobody accompanies yet
    team_moves: int | None  # that the team can take; None: it announced nothing
    team_announced_on: date | None


async def moves_by_week(tx: Tx, gemeentecode: str, since: date, until: date) -> list[WeekRow]:
    """What is expected per week, from the week of the first day to that of the last."""
    rows = await tx.rows(
        sa.text(
            "SELECT w.week::date AS week, "
            "(SELECT count(*) FROM dwelling d WHERE d.gemeentecode = :code AND d.status IN ('offered', 'matched') "
            "AND d.available_from >= w.week AND d.available_from < w.week + interval '7 days') AS dwellings, "
            "count(m.id) AS moves, coalesce(sum(m.persons), 0) AS persons, "
            "count(DISTINCT m.volunteer_id) AS volunteers, "
            "count(m.id) FILTER (WHERE m.volunteer_id IS NULL AND m.status <> 'housed') AS without_volunteer, "
            "t.moves AS team_moves, t.announced_on AS team_announced_on "
            "FROM generate_series(date_trunc('week', CAST(:since AS timestamp)), CAST(:until AS timestamp), "
            "interval '7 days') AS w (week) LEFT JOIN team_capacity t ON t.gemeentecode = :code "
            "AND t.week = w.week LEFT JOIN match m ON m.gemeentecode = :code "
            "AND m.status IN ('approved', 'accepted', 'key-handed-over', 'housed') "
            "AND coalesce(m.key_on, m.move_due_on) >= w.week "
            "AND coalesce(m.key_on, m.move_due_on) < w.week + interval '7 days' "
            "GROUP BY w.week, t.moves, t.announced_on ORDER BY w.week"
        ),
        {"code": gemeentecode, "since": since, "until": until},
    )
    return [
        WeekRow(
            row.week,
            row.dwellings,
            row.moves,
            int(row.persons),
            row.volunteers,
            row.without_volunteer,
            row.team_moves,
            row.team_announced_on,
        )
        for row in rows
    ]
