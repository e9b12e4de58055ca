# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL about clocks and their firing."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from chassis.db import Tx
from services.notifications.models import Deadline, DeadlineFiring
from services.notifications.rules import Clock, Dates, Stage

__all__ = [
    "Fired",
    "Place",
    "add_firings",
    "candidates",
    "carry",
    "clock_of",
    "fired",
    "fired_of_many",
    "follow",
    "known_to_organisation",
    "lag_since",
    "lock",
    "move_on",
    "running",
    "try_lock",
]

_MAKE = sa.text(
    "INSERT INTO deadline "
    "(id, owner_service, inburgeraar_id, gemeentecode, set_version, end_version, status, fired_count) "
    "SELECT id, owner, person, code, 0, 0, 'running', 0 FROM unnest(CAST(:ids AS uuid[]), "
    "CAST(:owners AS varchar[]), CAST(:persons AS uuid[]), CAST(:codes AS varchar[])) "
    "AS n (id, owner, person, code) ORDER BY id ON CONFLICT (id) DO NOTHING"
)
_FIRED = sa.text(
    "SELECT f.deadline_id, f.due_on, f.stage FROM deadline_firing f "
    "JOIN unnest(CAST(:ids AS uuid[]), CAST(:dues AS date[])) AS n (id, due_on) "
    "ON f.deadline_id = n.id AND f.due_on = n.due_on"
)
_CARRY = sa.text(
    "INSERT INTO deadline_firing (deadline_id, due_on, stage, fired_on, carried) "
    "SELECT deadline_id, due_on, stage, :today, true "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:dues AS date[]), CAST(:stages AS varchar[])) "
    "AS f (deadline_id, due_on, stage) ON CONFLICT DO NOTHING"
)
_FOLLOW = sa.text(
    "UPDATE deadline d SET gemeentecode = p.gemeentecode FROM person p "
    "WHERE p.inburgeraar_id = ANY (CAST(:ids AS uuid[])) AND d.inburgeraar_id = p.inburgeraar_id"
)
_FIRE = sa.text(
    "INSERT INTO deadline_firing (deadline_id, due_on, stage, fired_on, carried) "
    "SELECT deadline_id, due_on, stage, :today, false "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:dues AS date[]), CAST(:stages AS varchar[])) "
    "AS f (deadline_id, due_on, stage) "
    "ON CONFLICT DO NOTHING RETURNING deadline_id, stage"
)
_MOVE_ON = sa.text(
    "UPDATE deadline d SET status = n.status, next_stage_on = n.next_stage_on, fired_count = d.fired_count + n.fired "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS varchar[]), CAST(:nexts AS date[]), CAST(:fired AS int[])) "
    "AS n (id, status, next_stage_on, fired) WHERE d.id = n.id"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose a clock is, for the first word on it."""

    owner: str
    inburgeraar_id: UUID
    gemeentecode: str | None


@dataclass(frozen=True, slots=True)
class Fired:
    """One stage of one clock that fires now, or fired before."""

    deadline_id: UUID
    due_on: date
    stage: Stage


def clock_of(row: Deadline) -> Clock:
    """What the rules need of a row."""
    dates = None
    if row.starts_on is not None and row.early_on is not None and row.due_on is not None:
        dates = Dates(row.starts_on, row.early_on, row.due_on)
    return Clock(
        dates=dates,
        set_version=row.set_version,
        met_on=row.met_on,
        withdrawn_reason=row.withdrawn_reason,
        end_version=row.end_version,
    )


async def lock(tx: Tx, places: Mapping[UUID, Place]) -> dict[UUID, Deadline]:
    """The rows of these clocks, made where this is the first word on one, locked."""
    ids = sorted(places)
    await tx.execute(
        _MAKE,
        {
            "ids": ids,
            "owners": [places[one].owner for one in ids],
            "persons": [places[one].inburgeraar_id for one in ids],
            "codes": [places[one].gemeentecode for one in ids],
        },
    )
    rows = await tx.scalars(
        sa.select(Deadline)
        .where(col(Deadline.id).in_(ids))
        .order_by(col(Deadline.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


async def fired(tx: Tx, pairs: Collection[tuple[UUID, date]]) -> dict[tuple[UUID, date], frozenset[Stage]]:
    """For each clock and due day the stages that fired, or were carried over."""
    found: dict[tuple[UUID, date], set[Stage]] = {pair: set() for pair in pairs}
    if pairs:
        asked = {"ids": [one for one, _ in pairs], "dues": [day for _, day in pairs]}
        for row in await tx.rows(_FIRED, asked):
            found[row.deadline_id, row.due_on].add(Stage(row.stage))
    return {pair: frozenset(stages) for pair, stages in found.items()}


async def carry(tx: Tx, stages: Sequence[Fired]) -> None:
    """Note that these stages are not repeated for a new due day."""
    if stages:
        await tx.execute(_CARRY, _arrays(tx, stages))


async def candidates(tx: Tx, limit: int) -> list[tuple[UUID, UUID]]:
    """Clocks with something to fire, longest waiting first, and their people. Nothing is locked."""
    rows = await tx.rows(
        sa.select(col(Deadline.id), col(Deadline.inburgeraar_id))
        .where(col(Deadline.next_stage_on) <= tx.today)
        .order_by(col(Deadline.next_stage_on), col(Deadline.id))
        .limit(limit)
    )
    return [(row.id, row.inburgeraar_id) for row in rows]


async def try_lock(tx: Tx, ids: Collection[UUID]) -> Sequence[Deadline]:
    """Those of the clocks that still have something to fire and that nobody else holds, locked."""
    rows: Sequence[Deadline] = await tx.scalars(
        sa.select(Deadline)
        .where(col(Deadline.id).in_(ids), col(Deadline.next_stage_on) <= tx.today)
        .order_by(col(Deadline.next_stage_on), col(Deadline.id))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return rows


async def fired_of_many(tx: Tx, rows: Sequence[Deadline]) -> dict[UUID, frozenset[Stage]]:
    """For each locked clock the stages that fired for its present due day."""
    found: defaultdict[UUID, set[Stage]] = defaultdict(set)
    pairs = await tx.rows(
        sa.select(col(DeadlineFiring.deadline_id), col(DeadlineFiring.stage))
        .join(Deadline, col(Deadline.id) == col(DeadlineFiring.deadline_id))
        .where(
            col(Deadline.id).in_([row.id for row in rows]),
            col(DeadlineFiring.due_on) == col(Deadline.due_on),
        )
    )
    for pair in pairs:
        found[pair.deadline_id].add(Stage(pair.stage))
    return {row.id: frozenset(found[row.id]) for row in rows}


async def add_firings(tx: Tx, firings: Sequence[Fired]) -> frozenset[tuple[UUID, Stage]]:
    """Record what fires; answers the ones that had not fired before: only they may tell anybody."""
    rows = await tx.rows(_FIRE, _arrays(tx, firings))
    return frozenset((row.deadline_id, Stage(row.stage)) for row in rows)


def _arrays(tx: Tx, firings: Sequence[Fired]) -> dict[str, Any]:
    return {
        "today": tx.today,
        "ids": [one.deadline_id for one in firings],
        "dues": [one.due_on for one in firings],
        "stages": [str(one.stage) for one in firings],
    }


async def move_on(tx: Tx, changes: Sequence[tuple[UUID, str, date | None, int]]) -> None:
    """Set status and next stage of many clocks: `(id, status, next_stage_on, fired now)`."""
    await tx.execute(
        _MOVE_ON,
        {
            "ids": [one[0] for one in changes],
            "statuses": [one[1] for one in changes],
            "nexts": [one[2] for one in changes],
            "fired": [one[3] for one in changes],
        },
    )


async def follow(tx: Tx, people: Collection[UUID]) -> None:
    """All clocks of these people go with them, also the ended ones: they are the file of the person."""
    await tx.execute(_FOLLOW, {"ids": list(people)})


async def known_to_organisation(tx: Tx, inburgeraar_id: UUID, organisation_id: UUID) -> bool:
    """Whether a clock of this person is also the organisation's."""
    found = await tx.scalar(
        sa.select(col(Deadline.id))
        .where(
            col(Deadline.inburgeraar_id) == inburgeraar_id,
            col(Deadline.organisation_id) == organisation_id,
        )
        .limit(1)
    )
    return found is not None


async def running(tx: Tx) -> dict[str, int]:
    """How many clocks run and how many are late, for the metrics."""
    rows = await tx.rows(
        sa.select(col(Deadline.status), sa.func.count().label("n"))
        .where(col(Deadline.status).in_(("running", "late")))
        .group_by(col(Deadline.status))
    )
    return {row.status: row.n for row in rows}


async def lag_since(tx: Tx) -> datetime | None:
    """Since when the longest waiting stage could have fired: the start of its day in Amsterdam."""
    found: datetime | None = await tx.scalar(
        sa.text(
            "SELECT CAST(min(next_stage_on) AS timestamp) AT TIME ZONE 'Europe/Amsterdam' FROM deadline "
            "WHERE next_stage_on <= :today"
        ),
        {"today": tx.today},
    )
    return found
