# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A household that was told to be housed and never came to live there: it waits again, and its house is free."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound
from contracts.housing import HouseholdNotHoused, MatchDeclined, PersonNotHoused
from services.housing.actions import clocks
from services.housing.actions.matches import hold_dwelling, publish_match
from services.housing.actions.realisations import log_looks, reverse, visible_realisation
from services.housing.actions.tasks import withdraw_task
from services.housing.errors import HouseholdMatched, NotItsHome, RealisationTakenBack
from services.housing.models import Dwelling, Household, Match, Realisation
from services.housing.rules.codes import HomeEnd, HouseholdStatus, MatchStatus, Refusal, TakenBack, TaskKind
from services.housing.store import account, dwellings, households, matches, realisations as store

__all__ = ["never_moved_in", "tell_not_housed"]

_TASKS = (TaskKind.FOLLOW_UP_HOME, TaskKind.REALLOCATION, TaskKind.REUNION_EXIT)


async def never_moved_in(
    tx: Tx, *, realisation_id: UUID, reason: str, counts_from: date | None
) -> Realisation:
    """Take back everybody of the household of a realisation; answers the row that takes back that one.

    The household goes on waiting from its old link and can be matched or unlinked; the match is declined, so the
    dwelling is offered again; the chain hears of both. A correction of the count alone is `realisations.take_back`.

    Raises:
        NotFound: there is no such realisation, or it is not the caller's.
        AgreementMissing, Forbidden: the caller does not record who was housed in this gemeente.
        RealisationTakenBack: it was taken back before, or takes another one back itself.
        NotItsHome: the household lives elsewhere by now, or nowhere.
        HouseholdMatched: a match for a next home runs.
        InvalidInput: no household is known of it, or the day cannot be.
    """
    seen = await visible_realisation(tx, realisation_id)
    if seen.household_id is None:
        raise InvalidInput.on("/cause", "Van deze realisatie is geen huishouden bekend.", code="no-household")
    dwelling, household, match = await _locked(tx, seen.household_id)
    await account.lock_account(tx, seen.gemeentecode)
    counting = await store.lock_counting(tx, household.id)
    if realisation_id not in {row.id for row in counting}:
        raise RealisationTakenBack("Deze realisatie is al teruggenomen, of neemt zelf een andere terug.")
    _check_home(household, match, counting)
    await log_looks(tx, counting)
    back = {
        row.id: await reverse(
            tx,
            row,
            reason=reason,
            counts_from=None if counts_from is None else max(counts_from, row.housed_on),
            cause=TakenBack.NEVER_MOVED_IN,
        )
        for row in counting
    }
    await _waits_again(tx, household, match)
    if match is not None:
        await _give_back(tx, match)
    if dwelling is not None:
        await hold_dwelling(tx, dwelling)
    await clocks.run_house_clock(tx, household)
    await _tell(tx, household, match, persons=sum(row.persons for row in counting))
    return back[realisation_id]


async def _locked(tx: Tx, household_id: UUID) -> tuple[Dwelling | None, Household, Match | None]:
    """The household with the home that it has by a match, locked in the order of the desk."""
    place = (await matches.home_ids(tx, [household_id])).get(household_id)
    dwelling = None if place is None else await dwellings.lock_dwelling(tx, place)
    household = await households.lock_household(tx, household_id)
    if household is None:
        raise NotFound("Een realisatie met dit nummer is niet gevonden.")
    homes = [one for one in await matches.homes_of(tx, household_id) if one.dwelling_id == place]
    match = await matches.lock_match(tx, homes[-1].id) if homes else None
    return dwelling, household, match


def _check_home(household: Household, match: Match | None, counting: Sequence[Realisation]) -> None:
    """Refuse where the household does not live, or had another home with which it counted.

    A realisation without a match is of a household that was entered as housed, or of family that joined it.

    Raises:
        HouseholdMatched: a match for a next home runs.
        NotItsHome: it lives elsewhere by now, or nowhere.
    """
    if household.status == HouseholdStatus.MATCHED:
        raise HouseholdMatched("Voor dit huishouden loopt een match voor een ander huis.")
    if household.status != HouseholdStatus.HOUSED:
        raise NotItsHome("Dit huishouden woont nergens: het wacht op een huis.")
    own = None if match is None else match.id
    if any(row.match_id not in {None, own} for row in counting):
        raise NotItsHome("Dit huishouden woont nu in een ander huis dan waarmee het is gaan meetellen.")


async def _waits_again(tx: Tx, household: Household, match: Match | None) -> None:
    stay = await matches.open_stay(tx, household.id)
    if stay is not None and match is not None and stay.match_id == match.id:
        stay.ended_on = stay.starts_on
        stay.end_reason = HomeEnd.NEVER_MOVED_IN.value
        stay.ended_by = tx.acting.subject
        stay.version += 1
    household.status = HouseholdStatus.WAITING.value
    household.housed_on = None
    household.housed_gemeentecode = None
    household.version += 1
    await tx.flush()
    for clock in (clocks.Clock.MOVE, clocks.Clock.STAY):
        await clocks.undo(tx, household, clock, TakenBack.NEVER_MOVED_IN.value)
    for kind in _TASKS:
        await withdraw_task(tx, household.id, kind)


async def _give_back(tx: Tx, match: Match) -> None:
    """The match ends as one that the household did not take after all."""
    match.status = MatchStatus.DECLINED.value
    match.declined_on = tx.today
    match.refusal = Refusal.OTHER.value
    match.version += 1
    await publish_match(tx, match, MatchDeclined, tx.today)


async def _tell(tx: Tx, household: Household, match: Match | None, *, persons: int) -> None:
    await tx.publish(
        HouseholdNotHoused(
            household_id=household.id,
            match_id=None if match is None else match.id,
            dwelling_id=None if match is None else match.dwelling_id,
            persons=persons,
            on=tx.today,
        ),
        aggregate_id=household.id,
        version=household.version,
        gemeentecode=household.gemeentecode,
    )
    for member in (await households.members_of(tx, [household.id])).get(household.id, []):
        if member.inburgeraar_id is not None:
            await tell_not_housed(tx, household, match, member.inburgeraar_id)


async def tell_not_housed(tx: Tx, household: Household, match: Match | None, inburgeraar_id: UUID) -> None:
    """Let the chain hear that somebody who was told to be housed, or to have a key, does not live there."""
    await tx.publish(
        PersonNotHoused(
            inburgeraar_id=inburgeraar_id,
            household_id=household.id,
            match_id=None if match is None else match.id,
            on=tx.today,
        ),
        aggregate_id=household.id if match is None else match.id,
        version=household.version if match is None else match.version,
        gemeentecode=household.gemeentecode,
    )
