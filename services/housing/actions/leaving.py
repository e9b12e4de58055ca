# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A home that its people leave without a next match: they move away, go by themselves or die.

They were housed and go on counting; the household is over, and the dwelling is offered again.
"""

from datetime import date
from uuid import UUID

from chassis.db import Tx
from chassis.errors import Forbidden, InvalidInput
from contracts.housing import HouseholdLeft
from services.housing.actions.households import look_at, not_in_future
from services.housing.actions.matches import hold_dwelling, locked_match, visible_match
from services.housing.actions.moving import parties_of
from services.housing.actions.sharing import end_conflicts
from services.housing.actions.stays import end_home, end_stay
from services.housing.actions.unlinking import let_go
from services.housing.actions.visibility import check_acts
from services.housing.errors import HomeLeft, HouseholdMatched, StepNotPossible, on_day
from services.housing.models import Household, Match
from services.housing.rules import steps
from services.housing.rules.codes import HomeEnd, HouseholdStatus, MatchStatus
from services.housing.rules.steps import Party
from services.housing.store import leaving as store, matches

__all__ = ["leave_home"]


async def leave_home(tx: Tx, *, match_id: UUID, left_on: date, reason: HomeEnd) -> Match:
    """Record that a household no longer lives where a match brought it. The same word again changes nothing.

    Args:
        tx: the transaction.
        match_id: by which it lives there.
        left_on: its last day there.
        reason: why it left; not one that follows from a match.

    Raises:
        NotFound, AgreementMissing: the match is not the caller's.
        Forbidden: the caller is none of the parties of the match.
        StepNotPossible: nobody lives there by this match.
        HomeLeft: it was recorded before, with another day or reason.
        HouseholdMatched: a match for a next home runs; StepNotPossible for who does not see households.
        InvalidInput: the day is in the future, or before they lived there.
    """
    seen = await visible_match(tx, match_id)
    held = parties_of(tx, tx.acting, seen)
    if not held & steps.LEAVERS:
        raise Forbidden(
            "Het vertrek uit een woning is aan een partij van de match.",
            extra={"missing": "handelen als partij van deze match"},
        )
    if held == {Party.GEMEENTE}:
        check_acts(tx, seen.gemeentecode)
    not_in_future(tx, left_on, "/leftOn")
    dwelling, household, match = await locked_match(tx, match_id)
    stay = await matches.stay_of(tx, match_id)
    if match.status != MatchStatus.HOUSED:
        raise StepNotPossible(f"De match heeft status '{match.status}': het huishouden woont er niet.")
    outsider = held == {Party.CORPORATION}
    if stay is not None and stay.ended_on is not None:
        # Who may not know the reason learns nothing of it by trying them all.
        if stay.ended_on == left_on and (outsider or stay.end_reason == reason):
            return match
        raise HomeLeft(f"Het vertrek is al vastgelegd, op {on_day(stay.ended_on)}.")
    _check_departure(household, match, left_on, outsider=outsider)
    if Party.CORPORATION not in held:
        await look_at(tx, [household])
    ends = await store.what_stands(tx, household.id)
    if stay is None:
        stay = await end_home(tx, household, match, dwelling, left_on, reason)
    else:
        await end_stay(tx, household, stay, left_on, reason)
    stay.took_along = ends
    await end_conflicts(tx, household.id, left_on)
    await let_go(tx, household, left_on)
    household.version += 1
    await hold_dwelling(tx, dwelling)
    await tx.publish(
        HouseholdLeft(household_id=household.id, match_id=match.id, dwelling_id=dwelling.id, left_on=left_on),
        aggregate_id=household.id,
        version=household.version,
        gemeentecode=match.gemeentecode,
    )
    await tx.flush()
    return match


def _check_departure(household: Household, match: Match, left_on: date, *, outsider: bool) -> None:
    if match.housed_on is not None and left_on < match.housed_on:
        raise InvalidInput.on(
            "/leftOn", f"Het huishouden woont er sinds {on_day(match.housed_on)}.", code="before-housed"
        )
    if household.status == HouseholdStatus.MATCHED:
        if outsider:
            raise StepNotPossible("Dit vertrek volgt uit wat anderen vastleggen.")
        raise HouseholdMatched("Voor dit huishouden loopt een match voor een ander huis.")
