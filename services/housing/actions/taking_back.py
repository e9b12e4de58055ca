# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What was recorded of a match by mistake: a departure of people who live there on, a key that nobody was given.

Both go back to what stood before, in one transaction, and the chain hears of it. A household that was told to be
housed is taken back by its realisation.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from chassis.db import Tx
from chassis.errors import Forbidden
from contracts.housing import HouseholdNotLeft
from services.housing.actions import clocks
from services.housing.actions.consents import plan_exit
from services.housing.actions.households import look_at
from services.housing.actions.matches import hold_dwelling, locked_match, visible_match
from services.housing.actions.moving import parties_of
from services.housing.actions.not_housed import tell_not_housed
from services.housing.actions.stays import resume_stay
from services.housing.actions.tasks import withdraw_task
from services.housing.actions.visibility import check_acts
from services.housing.errors import (
    DwellingNotOffered,
    DwellingTaken,
    NotItsHome,
    PersonInHousehold,
    StepNotPossible,
)
from services.housing.models import Dwelling, Household, Match, Stay
from services.housing.rules import steps
from services.housing.rules.codes import DwellingStatus, HomeEnd, HouseholdStatus, MatchStatus, Step, TaskKind
from services.housing.rules.steps import Party
from services.housing.store import households, leaving as store, matches
from services.housing.store.turns import only_one

__all__ = ["take_back_departure", "take_back_key"]

_LIVES = frozenset({MatchStatus.KEY_HANDED_OVER, MatchStatus.HOUSED})


async def take_back_departure(tx: Tx, *, match_id: UUID, reason: str) -> Match:
    """Record that a household did not leave its home after all: it lives there as before, with all that ended.

    Raises:
        NotFound, AgreementMissing: the match is not the caller's.
        Forbidden: the caller is none of those who know the household.
        StepNotPossible: no departure is recorded, or it followed from a next match.
        NotItsHome: the household waits for a house again.
        DwellingTaken, DwellingNotOffered: the home is no longer free for it.
        PersonInHousehold: somebody of it joined another household since.
    """
    await _party(tx, match_id, steps.RETURNERS, "gemeente of vluchtelingenwerk")
    dwelling, household, match = await locked_match(tx, match_id)
    stay, left_on = _departure(household, match, await matches.stay_of(tx, match_id))
    await _check_place(tx, dwelling, match)
    taken = PersonInHousehold("Iemand van dit huishouden is sinds het vertrek lid van een ander huishouden.")
    async with only_one(tx, "household_member_person", taken):
        await resume_stay(tx, household, stay)
    await look_at(tx, [household])
    household.version += 1
    _note(tx, match, "departure", left_on, reason)
    await hold_dwelling(tx, dwelling)
    await plan_exit(tx, household)
    await tx.publish(
        HouseholdNotLeft(household_id=household.id, match_id=match.id, dwelling_id=dwelling.id, on=tx.today),
        aggregate_id=household.id,
        version=household.version,
        gemeentecode=match.gemeentecode,
    )
    await tx.flush()
    return match


def _departure(household: Household, match: Match, stay: Stay | None) -> tuple[Stay, date]:
    """The stay that tells of a departure by a match, and its last day.

    Raises:
        StepNotPossible: there is none, or it followed from a next match.
        NotItsHome: the household waits for a house again.
    """
    if match.status != MatchStatus.HOUSED or stay is None or stay.ended_on is None:
        raise StepNotPossible("Van deze match is geen vertrek vastgelegd.")
    if stay.end_reason == HomeEnd.MOVED_ON:
        raise StepNotPossible("Dit huishouden vertrok niet: het verhuisde met een volgende match.")
    if household.status != HouseholdStatus.HOUSED:
        raise NotItsHome("Dit huishouden wacht weer op een huis.")
    return stay, stay.ended_on


async def take_back_key(tx: Tx, *, match_id: UUID, reason: str) -> Match:
    """Record that a household was not given its key after all: the match stands as it was accepted.

    What came of the key is over: the list of the move, the stay that began, and what the chain was told of it. A
    stay elsewhere that ended with the key goes on. The key can be recorded again.

    Raises:
        NotFound, AgreementMissing: the match is not the caller's.
        Forbidden: the caller is none of those who hand over a key.
        StepNotPossible: the household has no key by this match, or lives there already.
        DwellingTaken, DwellingNotOffered: the home that it left for this one is no longer free for it.
    """
    seen, held = await _party(
        tx, match_id, steps.PARTIES[Step.KEY_HANDED_OVER], "corporation of vluchtelingenwerk"
    )
    _key_of(seen)
    await tx.act_as_platform()
    ended = await store.stay_before(tx, seen, lock=False)
    also = [] if ended is None else [ended.dwelling_id]
    dwelling, household, match = await locked_match(tx, match_id, also=also)
    key_on = _key_of(match)
    before = await store.stay_before(tx, match, lock=True)
    former = None if before is None else await _former_home(tx, before, outsider=held == {Party.CORPORATION})
    if Party.CORPORATION not in held:
        await look_at(tx, [household])
    _note(tx, match, "key", key_on, reason)
    match.status, match.key_on = MatchStatus.ACCEPTED.value, None
    await tx.flush()
    await store.move_items_gone(tx, match.id)
    await _end_new_stay(tx, household, match)
    await hold_dwelling(tx, dwelling)
    if before is not None:
        await resume_stay(tx, household, before)
    if former is not None:
        await hold_dwelling(tx, former)
    for member in (await households.members_of(tx, [household.id])).get(household.id, []):
        if member.inburgeraar_id is not None:
            await tell_not_housed(tx, household, match, member.inburgeraar_id)
    await tx.flush()
    return match


def _key_of(match: Match) -> date:
    """The day of the key that is recorded of a match.

    Raises:
        StepNotPossible: the household has no key by this match, or lives there already.
    """
    if match.status == MatchStatus.HOUSED:
        raise StepNotPossible("Het huishouden woont er al. Neem de realisatie terug als dat niet klopt.")
    if match.status != MatchStatus.KEY_HANDED_OVER or match.key_on is None:
        raise StepNotPossible(f"De match heeft status '{match.status}': er is geen sleutel vastgelegd.")
    return match.key_on


async def _former_home(tx: Tx, before: Stay, *, outsider: bool) -> Dwelling | None:
    """The home of a stay that ended with a key, whose place must be free. The lock of the dwelling is held.

    Who does not see the household learns nothing of where it lived.
    """
    former = await tx.get(Dwelling, before.dwelling_id)
    by = await tx.get(Match, before.match_id)
    if former is None or by is None:
        return former
    try:
        await _check_place(tx, former, by)
    except (DwellingTaken, DwellingNotOffered) as refused:
        if outsider:
            raise StepNotPossible("Dit kan alleen VluchtelingenWerk terugnemen.") from refused
        raise
    return former


async def _end_new_stay(tx: Tx, household: Household, match: Match) -> None:
    """The stay that began with a key never was: its clock and what was to be done for it are over."""
    stay = await matches.stay_of(tx, match.id)
    if stay is None:
        return
    for kind in (TaskKind.FOLLOW_UP_HOME, TaskKind.REALLOCATION):
        await withdraw_task(tx, household.id, kind)
    await store.forget_stay(tx, stay)
    await clocks.undo(tx, household, clocks.Clock.STAY, "key-taken-back")


async def _party(
    tx: Tx, match_id: UUID, wanted: frozenset[Party], named: str
) -> tuple[Match, frozenset[Party]]:
    """The match, and as whom the caller speaks on it: one of these parties.

    Raises:
        NotFound, AgreementMissing: the match is not the caller's.
        Forbidden: the caller is none of them.
    """
    seen = await visible_match(tx, match_id)
    held = parties_of(tx, tx.acting, seen)
    if not held & wanted:
        raise Forbidden(f"Dit terugnemen is aan {named}.", extra={"missing": f"handelen als {named}"})
    if held == {Party.GEMEENTE}:
        check_acts(tx, seen.gemeentecode)
    return seen, held


async def _check_place(tx: Tx, dwelling: Dwelling, match: Match) -> None:
    """Refuse where others took the place that a match had; the caller holds the lock of the dwelling.

    Raises:
        DwellingNotOffered: the corporation took the dwelling back.
        DwellingTaken: others live there, or a match offers it to them; `matchIds` names these.
    """
    if dwelling.status == DwellingStatus.WITHDRAWN:
        raise DwellingNotOffered("De corporatie heeft de woning intussen teruggenomen.")
    holders = [one for one in await matches.sharers(tx, dwelling.id) if one.id != match.id]
    if not _is_taken(dwelling, match, holders):
        return
    lives = any(one.status in _LIVES for one in holders) or not holders
    raise DwellingTaken(
        "In de woning woont intussen een ander huishouden, of het heeft de sleutel."
        if lives
        else "De woning is intussen aan een ander huishouden aangeboden. Laat die match eerst afwijzen.",
        extra={"matchIds": [str(one.id) for one in holders]},
    )


def _is_taken(dwelling: Dwelling, match: Match, holders: Sequence[Match]) -> bool:
    if not match.shared:
        return bool(holders) or dwelling.kept_places > 0
    whole = any(not one.shared for one in holders)
    return whole or len(holders) + dwelling.kept_places >= dwelling.share_slots


def _note(tx: Tx, match: Match, what: Literal["departure", "key"], on: date, reason: str) -> None:
    """Keep on the match what was taken back, of which day, and why."""
    told = {
        "what": what,
        "on": on.isoformat(),
        "reason": reason,
        "recordedOn": tx.today.isoformat(),
        "recordedBy": str(tx.acting.subject),
    }
    match.taken_back = [*match.taken_back, told]
    match.version += 1
