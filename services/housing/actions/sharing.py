# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shared dwellings: conflicts as they are logged, and whether sharing succeeds (HO-08)."""

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select

from chassis.calendar import add_months
from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound, ReferenceNotYetKnown
from services.housing.actions.households import locked_household, look_at, not_in_future
from services.housing.actions.tasks import open_task, withdraw_task
from services.housing.actions.visibility import check_sees
from services.housing.models import Dwelling, ShareConflict
from services.housing.rules.codes import ConflictKind, MatchStatus, TaskKind
from services.housing.store import matches

__all__ = ["Sharing", "log_conflict", "sharing_of", "solve_conflict"]

_SUCCESS_MONTHS = 6
_REALLOCATION_DAYS = 28


class Sharing(NamedTuple):
    """How sharing goes in one dwelling now."""

    slots: int
    living: int
    matched: int
    conflicts: int  # open
    succeeds: bool | None  # half a year together without an open conflict; None: not half a year yet


async def sharing_of(tx: Tx, dwelling: Dwelling) -> Sharing:
    """How many live there, and whether it goes well."""
    holders = [one for one in await matches.sharers(tx, dwelling.id) if one.shared]
    living = [one for one in holders if one.status == MatchStatus.HOUSED]
    open_conflicts = await tx.scalars(
        select(ShareConflict.id).where(
            col(ShareConflict.dwelling_id) == dwelling.id, col(ShareConflict.solved_on).is_(None)
        )
    )
    since = max((one.housed_on for one in living if one.housed_on is not None), default=None)
    long_enough = (
        len(living) + dwelling.kept_places > 1
        and since is not None
        and add_months(since, _SUCCESS_MONTHS) <= tx.today
    )
    succeeds = not open_conflicts if long_enough or open_conflicts else None
    return Sharing(
        dwelling.share_slots,
        len(living) + dwelling.kept_places,
        len(holders) - len(living),
        len(open_conflicts),
        succeeds,
    )


async def log_conflict(
    tx: Tx, *, dwelling_id: UUID, household_id: UUID, occurred_on: date, kind: ConflictKind
) -> ShareConflict:
    """Log a conflict in a shared dwelling; somebody must look for another place for the household.

    Raises:
        NotFound: the dwelling is not there.
        ReferenceNotYetKnown: the household does not share it.
    """
    dwelling = await tx.get(Dwelling, dwelling_id)
    if dwelling is None:
        raise NotFound("Een woning met dit nummer is niet gevonden.")
    check_sees(tx, dwelling.gemeentecode)
    not_in_future(tx, occurred_on, "/occurredOn")
    household = await locked_household(tx, household_id)
    # Asked once it is locked: who leaves at this moment shares nothing any more.
    sharing = {one.household_id for one in await matches.sharers(tx, dwelling_id) if one.shared}
    if household_id not in sharing:
        raise ReferenceNotYetKnown.on(
            "/householdId", "Dit huishouden deelt deze woning niet.", code="reference-not-yet-known"
        )
    await look_at(tx, [household])
    if household.housed_on is not None and occurred_on < household.housed_on:
        raise InvalidInput.on("/occurredOn", "Het huishouden woonde er toen nog niet.", code="before-housed")
    conflict = ShareConflict(
        dwelling_id=dwelling_id,
        household_id=household_id,
        gemeentecode=household.gemeentecode,
        occurred_on=occurred_on,
        kind=kind.value,
        recorded_by=tx.acting.subject,
    )
    tx.add(conflict)
    await tx.flush()
    await open_task(tx, household, TaskKind.REALLOCATION, occurred_on + timedelta(days=_REALLOCATION_DAYS))
    return conflict


async def end_conflicts(tx: Tx, household_id: UUID, on: date) -> None:
    """End the conflicts of a household that leaves: who stays behind shares without them."""
    await tx.execute(
        update(ShareConflict)
        .where(col(ShareConflict.household_id) == household_id, col(ShareConflict.solved_on).is_(None))
        .values(solved_on=func.greatest(col(ShareConflict.occurred_on), on))
    )


async def solve_conflict(tx: Tx, *, conflict_id: UUID, solved_on: date) -> ShareConflict:
    """Note that a conflict is over; the task goes when it was the last one."""
    seen = await tx.get(ShareConflict, conflict_id)
    if seen is None:
        raise NotFound("Een conflict met dit nummer is niet gevonden.")
    household = await locked_household(tx, seen.household_id)
    await look_at(tx, [household])
    not_in_future(tx, solved_on, "/solvedOn")
    if solved_on < seen.occurred_on:
        raise InvalidInput.on("/solvedOn", "Het conflict begon later.", code="before-start")
    seen.solved_on = solved_on
    await tx.flush()
    left = await tx.scalar(
        select(ShareConflict.id).where(
            col(ShareConflict.household_id) == household.id, col(ShareConflict.solved_on).is_(None)
        )
    )
    if left is None:
        await withdraw_task(tx, household.id, TaskKind.REALLOCATION)
    return seen
