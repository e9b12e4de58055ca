# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A match from the proposal to the decision: who wants what, and whether the rules allow it.

Locks are taken in one order, dwelling before household before match, so that two who want one dwelling
or one household at the same moment take turns; the second then sees what the first did.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from chassis.db import Tx
from chassis.errors import FieldError, InvalidInput
from contracts.housing import MatchApproved, MatchEvent, MatchProposed, MatchRejected
from services.housing.actions import clocks
from services.housing.actions.households import look_at, not_in_future
from services.housing.actions.law import check_law
from services.housing.actions.stays import end_home
from services.housing.actions.tasks import is_open
from services.housing.actions.visibility import check_acts, check_sees, unknown_reference, unseen
from services.housing.actions.weighing import weigh
from services.housing.errors import (
    DwellingNotOffered,
    DwellingTaken,
    ExchangeMissing,
    HouseholdEnded,
    HouseholdMatched,
    MatchDecided,
    RuleBroken,
    on_day,
)
from services.housing.models import Dwelling, Household, Match, Proposal
from services.housing.rules import fit, steps, terms
from services.housing.rules.codes import (
    DwellingKind,
    DwellingStatus,
    HomeEnd,
    HouseholdStatus,
    MatchStatus,
    Refusal,
    TaskKind,
)
from services.housing.rules.following import looked_seconds
from services.housing.rules.law import LawSwitch
from services.housing.store import dwellings, households, matches, people

__all__ = [
    "decide_on_match",
    "hold_dwelling",
    "leave_homes",
    "locked_match",
    "offer_again",
    "propose_match",
    "publish_match",
    "release",
    "visible_match",
]


async def visible_match(tx: Tx, match_id: UUID) -> Match:
    """The match for a reader.

    Raises:
        NotFound, AgreementMissing: it is not the caller's.
    """
    found = await tx.get(Match, match_id)
    if found is None:
        raise await unseen(tx, match_id, "Een match")
    return found


async def propose_match(
    tx: Tx,
    *,
    household_id: UUID,
    dwelling_id: UUID,
    reason: str,
    shared: bool | None = None,
    proposal_id: UUID | None = None,
) -> Match:
    """Propose a dwelling for a household; the gemeente decides.

    Raises:
        ReferenceNotYetKnown, AgreementMissing: one of both is not the caller's, or not known.
        DwellingTaken, DwellingNotOffered: the dwelling is not free.
        HouseholdMatched, HouseholdEnded: the household does not wait.
        ExchangeMissing: the dwelling is in another gemeente.
        SwitchedOff: the law does not know such dwellings.
        RuleBroken: the two do not go together.
    """
    dwelling = await dwellings.lock_dwelling(tx, dwelling_id)
    if dwelling is None:
        raise await unknown_reference(tx, dwelling_id, "/dwellingId", "Een woning")
    household = await households.lock_household(tx, household_id)
    if household is None:
        raise await unknown_reference(tx, household_id, "/householdId", "Een huishouden")
    check_sees(tx, household.gemeentecode)
    await look_at(tx, [household])
    await _check_free(tx, dwelling, household)
    await _check_lawful(tx, dwelling, "/dwellingId")
    proposal = await _proposal(tx, proposal_id, household_id, dwelling_id)
    if shared is None and proposal is not None:
        shared = proposal.reasons["shared"]
    shared, broken, facts = await weigh(tx, household, dwelling, shared=shared, exchange_agreed=True)
    if broken:
        raise _rules_broken(broken, "/dwellingId")
    match = Match(
        household_id=household_id,
        dwelling_id=dwelling_id,
        gemeentecode=household.gemeentecode,
        dwelling_gemeentecode=dwelling.gemeentecode,
        organisation_id=dwelling.organisation_id,
        proposal_id=proposal_id,
        persons=household.persons,
        shared=shared,
        status=MatchStatus.PROPOSED.value,
        reason=reason,
        facts=facts,
        proposed_on=tx.today,
        proposed_by=tx.acting.subject,
    )
    tx.add(match)
    if proposal is not None:
        proposal.status = "sent"
    await tx.flush()
    await people.save_scope(tx, match.id, match.gemeentecode)
    household.status = HouseholdStatus.MATCHED.value
    household.version += 1
    await hold_dwelling(tx, dwelling)
    await publish_match(tx, match, MatchProposed, tx.today)
    return match


def _rules_broken(broken: Sequence[fit.Break], pointer: str, since: str = "") -> RuleBroken:
    return RuleBroken(
        since + " ".join(one.detail for one in broken),
        errors=[FieldError(one.rule, one.detail, pointer=pointer) for one in broken],
        rule=", ".join(one.rule for one in broken),
    )


async def _check_still_fits(tx: Tx, dwelling: Dwelling, household: Household, match: Match) -> None:
    """Weigh a match again with what is known now; what changed since the proposal is told by its rule."""
    if dwelling.status == DwellingStatus.WITHDRAWN:
        raise DwellingNotOffered.on(
            "/outcome", "De corporatie heeft deze woning sinds het voorstel teruggenomen."
        )
    if dwelling.gemeentecode != household.gemeentecode:
        raise ExchangeMissing.on(
            "/outcome",
            f"Het huishouden is sinds het voorstel gekoppeld aan gemeente {household.gemeentecode}.",
            code="exchange-missing",
        )
    await _check_lawful(tx, dwelling, "/outcome")
    _, broken, _ = await weigh(
        tx, household, dwelling, shared=match.shared, exchange_agreed=True, apart_from=match
    )
    if broken:
        raise _rules_broken(broken, "/outcome", "Sinds het voorstel is er iets veranderd. ")
    match.persons = household.persons


async def _check_lawful(tx: Tx, dwelling: Dwelling, pointer: str) -> None:
    if dwelling.kind == DwellingKind.TRANSIT:
        await check_law(tx, LawSwitch.DOORSTROOM, max(tx.today, dwelling.available_from), pointer=pointer)


async def _check_free(tx: Tx, dwelling: Dwelling, household: Household) -> None:
    if dwelling.status == DwellingStatus.MATCHED:
        raise DwellingTaken.on("/dwellingId", "Voor deze woning loopt al een match.", code="dwelling-taken")
    if dwelling.status != DwellingStatus.OFFERED:
        raise DwellingNotOffered.on("/dwellingId", "Deze woning is verhuurd of teruggenomen.")
    if household.status == HouseholdStatus.MATCHED or await matches.match_under_way(tx, household.id):
        raise HouseholdMatched.on("/householdId", "Voor dit huishouden loopt al een match.")
    if household.status == HouseholdStatus.UNLINKED:
        raise HouseholdEnded.on("/householdId", "De koppeling van dit huishouden is beëindigd.")
    if household.status == HouseholdStatus.HOUSED and not await _may_move_on(tx, household):
        raise HouseholdEnded.on("/householdId", "Dit huishouden heeft een huis, of is eruit vertrokken.")
    if dwelling.gemeentecode != household.gemeentecode:
        raise ExchangeMissing.on(
            "/dwellingId",
            f"De woning staat in gemeente {dwelling.gemeentecode}; het huishouden is gekoppeld aan "
            f"{household.gemeentecode}.",
            code="exchange-missing",
            rule="Huisvestingswet 2014 art. 29 lid 2 (uitruil)",
        )


async def _may_move_on(tx: Tx, household: Household) -> bool:
    """Whether a household that lives somewhere may be matched again: it is there for a time, it shares, or must go."""
    if await matches.open_stay(tx, household.id) is not None:
        return True
    if any(one.shared for one in await matches.homes_of(tx, household.id)):
        return True
    must_go = (TaskKind.REALLOCATION, TaskKind.REUNION_EXIT)
    return any([await is_open(tx, household.id, kind) for kind in must_go])


async def _proposal(
    tx: Tx, proposal_id: UUID | None, household_id: UUID, dwelling_id: UUID
) -> Proposal | None:
    """The proposal of the search that a person follows with this match."""
    if proposal_id is None:
        return None
    proposal = await tx.get(Proposal, proposal_id, lock=True)
    if proposal is None:
        raise await unknown_reference(tx, proposal_id, "/proposalId", "Een voorstel")
    if (proposal.household_id, proposal.dwelling_id) != (household_id, dwelling_id):
        raise InvalidInput.on(
            "/proposalId",
            "Dit voorstel gaat over een ander huishouden of een andere woning.",
            code="other-pair",
        )
    return proposal


async def hold_dwelling(tx: Tx, dwelling: Dwelling) -> None:
    """Give a dwelling the state that follows from the matches on it, and from who lives there unknown by now.

    The caller holds its lock. One that its corporation took back stays taken back.
    """
    await tx.flush()
    if dwelling.status == DwellingStatus.WITHDRAWN:
        return
    holders = await matches.sharers(tx, dwelling.id)
    whole = [one for one in holders if not one.shared]
    full = bool(whole) or (0 < dwelling.share_slots <= len(holders) + dwelling.kept_places)
    settled = all(one.status in {MatchStatus.KEY_HANDED_OVER, MatchStatus.HOUSED} for one in holders)
    status = DwellingStatus.OFFERED
    if full:
        status = DwellingStatus.LET if settled else DwellingStatus.MATCHED
    if dwelling.status != status:
        dwelling.status = status.value
        dwelling.version += 1
    await tx.flush()


async def publish_match(tx: Tx, match: Match, kind: type[MatchEvent], on: date) -> None:
    """Tell the chain a word on a match."""
    await tx.publish(
        kind(
            match_id=match.id,
            household_id=match.household_id,
            dwelling_id=match.dwelling_id,
            organisation_id=match.organisation_id,
            on=on,
        ),
        aggregate_id=match.id,
        version=match.version,
        gemeentecode=match.gemeentecode,
    )


async def locked_match(
    tx: Tx, match_id: UUID, *, also: Collection[UUID] = ()
) -> tuple[Dwelling, Household, Match]:
    """The match and both whom it binds, locked in the one order, and seen as the platform sees them.

    The caller checked who asks: a corporation records a step without seeing the household. `also` names
    other dwellings that the step will touch.
    """
    seen = await visible_match(tx, match_id)
    await tx.act_as_platform()
    # The home that is left falls free with the next one: it is locked too, in one order.
    left = {one.dwelling_id for one in await matches.homes_of(tx, seen.household_id)}
    for dwelling_id in sorted({*left, *also, seen.dwelling_id}):
        await dwellings.lock_dwelling(tx, dwelling_id)
    dwelling = await tx.get(Dwelling, seen.dwelling_id)
    household = await households.lock_household(tx, seen.household_id)
    match = await matches.lock_match(tx, match_id)
    if dwelling is None or household is None or match is None:  # destroyed since it was seen
        raise await unseen(tx, match_id, "Een match")
    return dwelling, household, match


async def decide_on_match(
    tx: Tx,
    *,
    match_id: UUID,
    approved: bool,
    reason: str,
    refusal: Refusal | None,
    decided_on: date | None = None,
    opened_at: datetime | None = None,
) -> Match:
    """Record what the gemeente decided on a proposed match, and how long who decided had it open.

    Approved is offered: the ten weeks are met, and the two weeks begin. Rejected sets both free. What no longer
    fits cannot be approved: it can be rejected, or what changed can be set right.

    Raises:
        Forbidden, AgreementMissing: the caller does not decide for the gemeente of the household.
        MatchDecided: it was decided before.
        RuleBroken, DwellingNotOffered, ExchangeMissing, SwitchedOff: it fitted when it was proposed, and no longer.
        InvalidInput: the day is in the future, or before the proposal.
    """
    seen = await visible_match(tx, match_id)
    check_acts(tx, seen.gemeentecode)
    day = decided_on or tx.today
    not_in_future(tx, day, "/decidedOn")
    if day < seen.proposed_on:
        raise InvalidInput.on(
            "/decidedOn", f"De match is voorgesteld op {on_day(seen.proposed_on)}.", code="before-proposal"
        )
    dwelling, household, match = await locked_match(tx, match_id)
    if not steps.may_decide(MatchStatus(match.status)):
        raise MatchDecided(f"De match heeft nu status '{match.status}'.")
    await look_at(tx, [household])
    if approved:
        await _check_still_fits(tx, dwelling, household, match)
    match.decided_on = day
    match.decided_by = tx.acting.subject
    match.decision_reason = reason
    match.looked_seconds = None if opened_at is None else looked_seconds(opened_at, tx.now)
    match.version += 1
    if approved:
        match.status = MatchStatus.APPROVED.value
        match.move_due_on = terms.move_due(day)
        await clocks.meet(tx, household, clocks.Clock.HOUSE, day)
        await clocks.run(
            tx,
            household,
            clocks.Clock.MOVE,
            starts_on=day,
            due_on=match.move_due_on,
            early_on=terms.early_day(day, match.move_due_on),
            article=terms.MOVE_ARTICLE,
        )
        await publish_match(tx, match, MatchApproved, day)
    else:
        match.status = MatchStatus.REJECTED.value
        match.refusal = (refusal or Refusal.OTHER).value
        await release(tx, dwelling, household)
        await publish_match(tx, match, MatchRejected, day)
    await tx.flush()
    return match


async def leave_homes(tx: Tx, household: Household, *, for_match: Match, on: date) -> None:
    """The household lives elsewhere from this day: its place in a former home is offered again.

    The caller holds the locks of `locked_match`.
    """
    for home in await matches.homes_of(tx, household.id):
        if home.id == for_match.id:
            continue
        former = await tx.get(Dwelling, home.dwelling_id)
        if former is None:
            continue
        await end_home(tx, household, home, former, on, HomeEnd.MOVED_ON)
        await hold_dwelling(tx, former)


async def offer_again(tx: Tx, dwelling_id: UUID) -> None:
    """Give a home that was left the state that follows. The caller holds the locks of `locked_match`."""
    former = await tx.get(Dwelling, dwelling_id)
    if former is not None:
        await hold_dwelling(tx, former)


async def release(tx: Tx, dwelling: Dwelling, household: Household) -> None:
    """Set a dwelling and a household free again; the household goes on waiting where it waited."""
    await tx.flush()
    lives = await matches.open_stay(tx, household.id) is not None or bool(
        await matches.homes_of(tx, household.id)
    )
    household.status = (HouseholdStatus.HOUSED if lives else HouseholdStatus.WAITING).value
    household.version += 1
    await hold_dwelling(tx, dwelling)
    if not lives:
        await clocks.run_house_clock(tx, household)
