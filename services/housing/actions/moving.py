# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The steps of a match after the decision: the answer, the key, and the first day in the house."""

from datetime import date
from uuid import UUID

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import Forbidden, InvalidInput, NotFound
from contracts.access import Role
from contracts.housing import (
    HouseholdHoused,
    KeyHandedOver,
    MatchAccepted,
    MatchDeclined,
    PersonHoused,
)
from services.housing.actions import clocks
from services.housing.actions.consents import plan_exit
from services.housing.actions.households import look_at, not_in_future
from services.housing.actions.matches import (
    hold_dwelling,
    leave_homes,
    locked_match,
    offer_again,
    publish_match,
    release,
    visible_match,
)
from services.housing.actions.realisations import count_household
from services.housing.actions.stays import begin_stay, end_stay
from services.housing.actions.tasks import withdraw_task
from services.housing.actions.visibility import check_acts, check_sees
from services.housing.errors import StepNotPossible, on_day
from services.housing.models import Dwelling, Household, Match, MoveItem
from services.housing.rules import steps
from services.housing.rules.codes import HomeEnd, HouseholdStatus, MatchStatus, Refusal, Step, TaskKind
from services.housing.rules.move_day import checklist
from services.housing.rules.steps import Party
from services.housing.store import households, matches, searches

__all__ = [
    "assign_volunteer",
    "only_party",
    "parties_of",
    "take_step",
    "tell_housed",
    "tell_key",
    "tick_item",
]


def parties_of(tx: Tx, caller: Caller, match: Match) -> frozenset[Party]:
    """As whom the caller may speak on this match."""
    found = set()
    if caller.has_role(Role.CORPORATION) and caller.organisation_id == match.organisation_id:
        found.add(Party.CORPORATION)
    if caller.has_role(Role.VWN_TEAM_LEADER) or (
        caller.has_role(Role.VWN_VOLUNTEER) and caller.subject == match.volunteer_id
    ):
        found.add(Party.VLUCHTELINGENWERK)
    if match.gemeentecode in caller.person_codes(tx.purpose) and caller.gemeentecode is not None:
        found.add(Party.GEMEENTE)
    return frozenset(found)


def only_party(caller: Caller) -> Party | None:
    """Of whom the caller sees what is to be done around a move, if not of all: a corporation of itself.

    What the others do tells of the household's income and guidance.
    """
    sees_all = not caller.roles.isdisjoint(set(Role) - {Role.CORPORATION})
    return None if sees_all else Party.CORPORATION


async def take_step(
    tx: Tx, *, match_id: UUID, step: Step, on: date, refusal: Refusal | None, reason: str | None
) -> Match:
    """Record a step of an approved match, by the party whose step it is. The same step again changes nothing.

    Raises:
        NotFound, AgreementMissing: the match is not the caller's.
        Forbidden: the step is of another party.
        StepNotPossible: it does not follow on where the match stands.
        InvalidInput: the day is in the future, or before the step before.
    """
    seen = await visible_match(tx, match_id)
    caller = tx.acting
    held = parties_of(tx, caller, seen)
    if not held & steps.PARTIES[step]:
        wanted = " of ".join(sorted(party.value for party in steps.PARTIES[step]))
        raise Forbidden(
            f"De stap '{step.value}' is aan {wanted}.", extra={"missing": f"handelen als {wanted}"}
        )
    if held == {Party.GEMEENTE}:
        check_acts(tx, seen.gemeentecode)
    not_in_future(tx, on, "/on")
    dwelling, household, match = await locked_match(tx, match_id)
    if match.status == step.value and _day_of(match, step) == on:
        return match
    _check_days(match, household, step, on)
    if not steps.may_take(MatchStatus(match.status), step):
        raise StepNotPossible(f"De match heeft nu status '{match.status}'.")
    if Party.CORPORATION not in held:
        await look_at(tx, [household])
    match.status = MatchStatus(step.value).value
    match.version += 1
    match step:
        case Step.ACCEPTED:
            match.accepted_on = on
            await publish_match(tx, match, MatchAccepted, on)
        case Step.DECLINED:
            match.declined_on = on
            match.refusal = (refusal or Refusal.OTHER).value
            match.decision_reason = reason or match.decision_reason
            await clocks.withdraw(tx, household, clocks.Clock.MOVE, "declined")
            await release(tx, dwelling, household)
            await publish_match(tx, match, MatchDeclined, on)
        case Step.KEY_HANDED_OVER:
            await _hand_over(tx, dwelling, household, match, on)
        case Step.HOUSED:
            await _house(tx, dwelling, household, match, on)
    await tx.flush()
    return match


def _day_of(match: Match, step: Step) -> date | None:
    return {
        Step.ACCEPTED: match.accepted_on,
        Step.DECLINED: match.declined_on,
        Step.KEY_HANDED_OVER: match.key_on,
        Step.HOUSED: match.housed_on,
    }[step]


def _check_days(match: Match, household: Household, step: Step, on: date) -> None:
    if on < household.linked_on:
        raise InvalidInput.on(
            "/on",
            f"Het huishouden is gekoppeld op {on_day(household.linked_on)}; een stap kan niet eerder zijn.",
            code="before-link",
        )
    before = match.key_on if step is Step.HOUSED else match.accepted_on or match.decided_on
    if before is not None and on < before:
        raise InvalidInput.on("/on", f"De vorige stap was op {on_day(before)}.", code="before-last-step")


async def _hand_over(tx: Tx, dwelling: Dwelling, household: Household, match: Match, on: date) -> None:
    """The household has the key: what is to be done gets its days, and all who take over hear of it."""
    match.key_on = on
    for item in checklist(on):
        tx.add(
            MoveItem(
                match_id=match.id,
                code=item.code,
                gemeentecode=match.gemeentecode,
                party=item.party.value,
                due_on=item.due_on,
            )
        )
    await hold_dwelling(tx, dwelling)
    if dwelling.max_stay_months:
        before = await matches.open_stay(tx, household.id)
        await begin_stay(tx, household, dwelling, match, on)
        if before is not None:
            await offer_again(tx, before.dwelling_id)
    for member in (await households.members_of(tx, [household.id])).get(household.id, []):
        if member.inburgeraar_id is not None:
            await tell_key(tx, match, member.inburgeraar_id)


async def tell_key(tx: Tx, match: Match, inburgeraar_id: UUID) -> None:
    """Let all who take over from here hear that the household of somebody has its key."""
    if match.key_on is not None and match.move_due_on is not None:
        await tx.publish(
            KeyHandedOver(
                inburgeraar_id=inburgeraar_id,
                household_id=match.household_id,
                match_id=match.id,
                key_on=match.key_on,
                move_due_on=match.move_due_on,
            ),
            aggregate_id=match.id,
            version=match.version,
            gemeentecode=match.gemeentecode,
        )


async def _house(tx: Tx, dwelling: Dwelling, household: Household, match: Match, on: date) -> None:
    """They live there: the account counts each person once, and the clocks are met."""
    match.housed_on = on
    before = await matches.open_stay(tx, household.id)
    if before is not None and before.match_id != match.id:
        await end_stay(tx, household, before, on, HomeEnd.MOVED_ON)
        await offer_again(tx, before.dwelling_id)
    await leave_homes(tx, household, for_match=match, on=on)
    await searches.lift_pair(tx, household.id, dwelling.id)  # what was asked of a search has come about
    for kind in (TaskKind.REALLOCATION, TaskKind.REUNION_EXIT):
        await withdraw_task(tx, household.id, kind)
    household.status = HouseholdStatus.HOUSED.value
    household.housed_on = household.housed_on or on
    household.housed_gemeentecode = dwelling.gemeentecode
    household.version += 1
    await clocks.meet(tx, household, clocks.Clock.MOVE, on)
    await count_household(
        tx, household, gemeentecode=dwelling.gemeentecode, housed_on=on, source="match", match_id=match.id
    )
    await hold_dwelling(tx, dwelling)
    await plan_exit(tx, household)
    await tx.publish(
        HouseholdHoused(
            household_id=household.id,
            match_id=match.id,
            dwelling_id=dwelling.id,
            housed_on=on,
            persons=household.persons,
            waited_days=((match.key_on or on) - household.linked_on).days,
        ),
        aggregate_id=household.id,
        version=household.version,
        gemeentecode=match.gemeentecode,
    )
    for member in (await households.members_of(tx, [household.id])).get(household.id, []):
        if member.inburgeraar_id is not None:
            await tell_housed(tx, match, member.inburgeraar_id)


async def tell_housed(tx: Tx, match: Match, inburgeraar_id: UUID) -> None:
    """Let the chain hear that somebody lives in the house that was matched."""
    if match.housed_on is not None:
        await tx.publish(
            PersonHoused(
                inburgeraar_id=inburgeraar_id,
                household_id=match.household_id,
                match_id=match.id,
                housed_on=match.housed_on,
            ),
            aggregate_id=match.id,
            version=match.version,
            gemeentecode=match.gemeentecode,
        )


async def tick_item(tx: Tx, *, match_id: UUID, code: str, done_on: date | None) -> MoveItem:
    """Note that something around the move was done, by the party whose task it is; None takes it back.

    Raises:
        NotFound: there is no such thing to do.
        Forbidden: it is of another party.
    """
    seen = await visible_match(tx, match_id)
    caller = tx.acting
    item = await tx.get(MoveItem, (match_id, code), lock=True)
    if item is None:
        raise NotFound("Dit staat niet op de lijst van deze verhuizing.")
    if Party(item.party) not in parties_of(tx, caller, seen):
        raise Forbidden(f"Dit is een taak van {item.party}.", extra={"missing": f"handelen als {item.party}"})
    if done_on is not None:
        not_in_future(tx, done_on, "/doneOn")
    item.done_on = done_on
    item.done_by = None if done_on is None else caller.subject
    await tx.flush()
    return item


async def assign_volunteer(tx: Tx, *, match_id: UUID, volunteer_id: UUID | None) -> Match:
    """Say who of VluchtelingenWerk helps with the move: from now on this member sees the match."""
    seen = await visible_match(tx, match_id)
    check_sees(tx, seen.gemeentecode)
    _, household, match = await locked_match(tx, match_id)
    await look_at(tx, [household])
    match.volunteer_id = volunteer_id
    match.version += 1
    await tx.flush()
    return match
