# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Living somewhere for a time: twelve months at most, and a next home looked for from month nine (HO-12)."""

from datetime import date

from sqlmodel import col, select

from chassis.db import Tx
from services.housing.actions import clocks
from services.housing.actions.tasks import open_task, withdraw_task
from services.housing.models import Dwelling, Household, Match, Stay
from services.housing.rules import terms
from services.housing.rules.codes import HomeEnd, TaskKind
from services.housing.store import households, leaving, matches

__all__ = ["begin_stay", "end_home", "end_stay", "open_follow_ups", "resume_stay", "run_stay_clock"]

_OF_STAY = (TaskKind.FOLLOW_UP_HOME, TaskKind.REALLOCATION)
"""The tasks that end with a stay."""


async def begin_stay(tx: Tx, household: Household, dwelling: Dwelling, match: Match, on: date) -> Stay:
    """Start the clock of a temporary stay on the day of the key."""
    before = await matches.open_stay(tx, household.id)
    if before is not None:
        # A key may have been recorded by mistake: then this stay goes on, and is told by the match that ended it.
        before.took_along = {"match": str(match.id), **await leaving.tasks_open(tx, household.id, _OF_STAY)}
        await end_stay(tx, household, before, on, HomeEnd.MOVED_ON)
    stay = Stay(
        household_id=household.id,
        match_id=match.id,
        dwelling_id=dwelling.id,
        gemeentecode=household.gemeentecode,
        kind=dwelling.kind,
        starts_on=on,
        follow_up_on=terms.follow_up_on(on, dwelling.max_stay_months),
        due_on=terms.stay_due(on, dwelling.max_stay_months),
    )
    tx.add(stay)
    await tx.flush()
    await run_stay_clock(tx, household, stay)
    return stay


async def run_stay_clock(tx: Tx, household: Household, stay: Stay) -> None:
    """Let the clock of a stay run for everybody of the household whom the chain knows."""
    await clocks.run(
        tx,
        household,
        clocks.Clock.STAY,
        starts_on=stay.starts_on,
        due_on=stay.due_on,
        early_on=stay.follow_up_on,
        article=terms.STAY_ARTICLE,
    )


async def end_home(
    tx: Tx, household: Household, home: Match, dwelling: Dwelling, on: date, reason: HomeEnd
) -> Stay:
    """Record that a household no longer lives in a home for good: it has a stay from now on, and that is over."""
    since = home.key_on or home.housed_on or on
    ended_on = max(since, on)
    stay = Stay(
        household_id=household.id,
        match_id=home.id,
        dwelling_id=dwelling.id,
        gemeentecode=household.gemeentecode,
        kind=dwelling.kind,
        starts_on=since,
        follow_up_on=since,
        due_on=ended_on,
        follow_up_told=True,
        ended_on=ended_on,
        end_reason=reason.value,
        ended_by=None if tx.caller is None else tx.caller.subject,
    )
    tx.add(stay)
    await tx.flush()
    return stay


async def end_stay(tx: Tx, household: Household, stay: Stay, on: date, reason: HomeEnd) -> None:
    """End a temporary stay; the search for a next home is over."""
    stay.ended_on = max(on, stay.starts_on)
    stay.end_reason = reason.value
    stay.ended_by = None if tx.caller is None else tx.caller.subject
    stay.version += 1
    await tx.flush()
    await clocks.meet(tx, household, clocks.Clock.STAY, on)
    for kind in _OF_STAY:
        await withdraw_task(tx, household.id, kind)


async def resume_stay(tx: Tx, household: Household, stay: Stay) -> None:
    """Let a stay go on that was ended by mistake, with all that ended with it; one that `end_home` made goes.

    The caller holds the locks of dwelling and household, and checked that the place is free.
    """
    await leaving.let_stand_again(tx, stay)
    if stay.follow_up_on <= stay.starts_on:
        await leaving.forget_stay(tx, stay)
        return
    stay.ended_on, stay.end_reason, stay.ended_by, stay.took_along = None, None, None, None
    stay.version += 1
    await tx.flush()
    await run_stay_clock(tx, household, stay)


async def open_follow_ups(tx: Tx, *, limit: int) -> int:
    """Open a task for each stay whose month nine is over; answers how many stays were looked at."""
    due = await tx.scalars(
        select(Stay)
        .where(
            col(Stay.ended_on).is_(None),
            col(Stay.follow_up_on) <= tx.today,
            col(Stay.follow_up_told).is_(False),
        )
        .order_by(col(Stay.follow_up_on), col(Stay.id))
        .limit(limit)
    )
    # The household before its stay, as every step of the desk locks them: nobody waits in a circle.
    for stay in sorted(due, key=lambda one: one.household_id):
        household = await households.lock_household(tx, stay.household_id)
        if household is None:
            continue
        await tx.session.refresh(stay, with_for_update=True)
        if stay.follow_up_told:
            continue
        stay.follow_up_told = True
        if stay.ended_on is None:
            await open_task(tx, household, TaskKind.FOLLOW_UP_HOME, stay.due_on)
    await tx.flush()
    return len(due)
