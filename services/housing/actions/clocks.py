# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clocks of a household, as they are published for the deadline engine: one per known person.

Callers hold the lock of the household, so the versions of a clock rise in the order of the facts.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select

from chassis.db import Tx
from contracts.housing import HousingDeadlineMet, HousingDeadlineSet, HousingDeadlineWithdrawn
from services.housing.models import Deadline, Household
from services.housing.rules import terms
from services.housing.store import households

__all__ = ["Clock", "meet", "run", "run_house_clock", "undo", "withdraw", "withdraw_person"]


class Clock(StrEnum):
    """The rules that set a clock here."""

    HOUSE = "house-ten-weeks"
    MOVE = "move-two-weeks"
    STAY = "temporary-stay"


async def run_house_clock(tx: Tx, household: Household) -> None:
    """Start the ten weeks of a household, or let them run again after a house fell through."""
    await run(
        tx,
        household,
        Clock.HOUSE,
        starts_on=household.linked_on,
        due_on=household.house_due_on,
        early_on=terms.early_day(household.linked_on, household.house_due_on),
        article=terms.HOUSE_ARTICLE,
    )


async def run(
    tx: Tx,
    household: Household,
    clock: Clock,
    *,
    starts_on: date,
    due_on: date,
    early_on: date,
    article: str,
) -> None:
    """Start a clock for everybody in the household whom the chain knows, or correct its dates."""
    known = {row.inburgeraar_id: row for row in await _deadlines(tx, household.id, clock)}
    for person in await _persons(tx, household.id):
        row = known.get(person)
        if row is None:
            row = Deadline(
                household_id=household.id,
                inburgeraar_id=person,
                gemeentecode=household.gemeentecode,
                rule=clock.value,
                article=article,
                starts_on=starts_on,
                due_on=due_on,
                early_on=early_on,
                status="running",
            )
            tx.add(row)
        elif (row.status, row.starts_on, row.due_on) == ("running", starts_on, due_on):
            continue
        else:
            row.version += 1
            row.starts_on, row.due_on, row.early_on = starts_on, due_on, early_on
            row.status, row.met_on = "running", None
        await tx.publish(
            HousingDeadlineSet(
                deadline_id=row.id,
                inburgeraar_id=person,
                rule=row.rule,
                article=article,
                starts_on=starts_on,
                due_on=due_on,
                early_on=early_on,
                organisation_id=None,
            ),
            aggregate_id=row.id,
            version=row.version,
            gemeentecode=household.gemeentecode,
        )
    await tx.flush()


async def meet(tx: Tx, household: Household, clock: Clock, met_on: date) -> None:
    """Note that what a clock that runs asked for was done on this day.

    What was met before keeps its day: a next home does not make the first one late.
    """
    for row in await _deadlines(tx, household.id, clock):
        if row.status != "running":
            continue
        row.version += 1
        row.status, row.met_on = "met", met_on
        await tx.publish(
            HousingDeadlineMet(deadline_id=row.id, inburgeraar_id=row.inburgeraar_id, met_on=met_on),
            aggregate_id=row.id,
            version=row.version,
            gemeentecode=household.gemeentecode,
        )


async def withdraw(tx: Tx, household: Household, clock: Clock, reason: str) -> None:
    """Take back a clock that still runs; one that was met stays met."""
    for row in await _deadlines(tx, household.id, clock):
        await _withdraw(tx, household, row, reason)


async def undo(tx: Tx, household: Household, clock: Clock, reason: str) -> None:
    """Take back a clock, also one that was met by what turned out not to have happened."""
    for row in await _deadlines(tx, household.id, clock):
        if row.status == "met":
            row.status, row.met_on = "running", None
        await _withdraw(tx, household, row, reason)


async def withdraw_person(tx: Tx, household: Household, inburgeraar_id: UUID, reason: str) -> None:
    """Take back every clock that still runs for one person of a household."""
    for clock in Clock:
        for row in await _deadlines(tx, household.id, clock):
            if row.inburgeraar_id == inburgeraar_id:
                await _withdraw(tx, household, row, reason)


async def _withdraw(tx: Tx, household: Household, row: Deadline, reason: str) -> None:
    if row.status != "running":
        return
    row.version += 1
    row.status = "withdrawn"
    await tx.publish(
        HousingDeadlineWithdrawn(deadline_id=row.id, inburgeraar_id=row.inburgeraar_id, reason=reason),
        aggregate_id=row.id,
        version=row.version,
        gemeentecode=household.gemeentecode,
    )


async def _persons(tx: Tx, household_id: UUID) -> list[UUID]:
    members = (await households.members_of(tx, [household_id])).get(household_id, [])
    return [member.inburgeraar_id for member in members if member.inburgeraar_id is not None]


async def _deadlines(tx: Tx, household_id: UUID, clock: Clock) -> Sequence[Deadline]:
    return await tx.scalars(
        select(Deadline)
        .where(col(Deadline.household_id) == household_id, col(Deadline.rule) == clock.value)
        .order_by(col(Deadline.inburgeraar_id))
    )
