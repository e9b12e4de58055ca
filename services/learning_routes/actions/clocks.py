# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clocks of a placement, as they are published for the deadline engine.

Callers hold the lock of the placement, so the versions of a clock rise in the order of the facts.
"""

from datetime import date
from enum import StrEnum

from chassis.db import Tx
from contracts.learning_routes import (
    LearningRoutesDeadlineMet,
    LearningRoutesDeadlineSet,
    LearningRoutesDeadlineWithdrawn,
)
from services.learning_routes import rules, store
from services.learning_routes.models import Placement
from services.learning_routes.models.deadlines import Deadline

__all__ = ["Clock", "meet_clock", "run_clock", "withdraw_clock"]


class Clock(StrEnum):
    """The rules that set a clock here."""

    LESSONS_START = "lessons-start"
    SCHOOL_INTAKE = "school-intake"


async def run_clock(
    tx: Tx, placement: Placement, clock: Clock, *, starts_on: date, due_on: date, article: str
) -> None:
    """Start a clock, correct its dates, or let it run again after it was met by mistake."""
    deadline = await store.deadline_of(tx, placement.id, clock)
    if deadline is None:
        deadline = Deadline(
            placement_id=placement.id,
            rule=clock,
            article=article,
            inburgeraar_id=placement.inburgeraar_id,
            organisation_id=placement.organisation_id,
            gemeentecode=placement.gemeentecode,
            starts_on=starts_on,
            due_on=due_on,
            status="running",
        )
        tx.add(deadline)
    else:
        deadline.version += 1
        deadline.article = article
        deadline.starts_on = starts_on
        deadline.due_on = due_on
        deadline.status = "running"
        deadline.met_on = None
    await tx.publish(
        LearningRoutesDeadlineSet(
            deadline_id=deadline.id,
            inburgeraar_id=placement.inburgeraar_id,
            rule=clock,
            article=article,
            starts_on=starts_on,
            due_on=due_on,
            early_on=rules.early_day(starts_on, due_on),
            organisation_id=placement.organisation_id,
        ),
        aggregate_id=deadline.id,
        version=deadline.version,
        gemeentecode=placement.gemeentecode,
    )


async def meet_clock(tx: Tx, placement: Placement, clock: Clock, met_on: date) -> None:
    """Note that what the clock asked for was done on this day; nothing where there is no such clock."""
    deadline = await store.deadline_of(tx, placement.id, clock)
    if deadline is None or (deadline.status == "met" and deadline.met_on == met_on):
        return
    deadline.version += 1
    deadline.status = "met"
    deadline.met_on = met_on
    await tx.publish(
        LearningRoutesDeadlineMet(
            deadline_id=deadline.id, inburgeraar_id=placement.inburgeraar_id, met_on=met_on
        ),
        aggregate_id=deadline.id,
        version=deadline.version,
        gemeentecode=placement.gemeentecode,
    )


async def withdraw_clock(tx: Tx, placement: Placement, clock: Clock, reason: str) -> None:
    """Take back a clock that still runs; one that was met stays met."""
    deadline = await store.deadline_of(tx, placement.id, clock)
    if deadline is None or deadline.status != "running":
        return
    deadline.version += 1
    deadline.status = "withdrawn"
    await tx.publish(
        LearningRoutesDeadlineWithdrawn(
            deadline_id=deadline.id, inburgeraar_id=placement.inburgeraar_id, reason=reason
        ),
        aggregate_id=deadline.id,
        version=deadline.version,
        gemeentecode=placement.gemeentecode,
    )
