# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who of the chain a member of a household is: the clocks follow the person."""

from uuid import UUID

from chassis.db import Tx
from chassis.errors import NotFound, StaleVersion
from services.housing.actions import clocks
from services.housing.actions.households import check_members, locked_household, publish_link
from services.housing.actions.moving import tell_housed, tell_key
from services.housing.actions.not_housed import tell_not_housed
from services.housing.actions.stays import run_stay_clock
from services.housing.errors import PersonInHousehold
from services.housing.models import Household, HouseholdMember
from services.housing.rules import terms
from services.housing.rules.codes import HouseholdStatus, MatchStatus
from services.housing.store import households as store, matches

__all__ = ["know_member"]


async def know_member(
    tx: Tx, *, household_id: UUID, member_id: UUID, inburgeraar_id: UUID, expected_version: int
) -> Household:
    """Say who of the chain a member is; from now on the clocks that run do so for that person too.

    Whom it was taken for before loses its clocks here.

    Raises:
        StaleVersion: somebody else changed the household first.
        NotFound: there is no such member.
        ReferenceNotYetKnown, PersonInHousehold: the person is not known, or a member already.
    """
    household = await locked_household(tx, household_id)
    if household.version != expected_version:
        raise StaleVersion(f"Dit huishouden heeft nu versie {household.version}.")
    member = await tx.get(HouseholdMember, member_id)
    if member is None or member.household_id != household_id or member.left_on is not None:
        raise NotFound("Dit lid van het huishouden is niet gevonden.")
    await check_members(tx, [inburgeraar_id], household_id=household_id)
    present = (await store.members_of(tx, [household_id])).get(household_id, [])
    if any(one.inburgeraar_id == inburgeraar_id and one.id != member_id for one in present):
        raise PersonInHousehold.on("/inburgeraarId", "Deze persoon is al lid van dit huishouden.")
    former = member.inburgeraar_id
    member.inburgeraar_id = inburgeraar_id
    if former is not None and former != inburgeraar_id:
        await clocks.withdraw_person(tx, household, former, "other-person")
    if household.inburgeraar_id in {None, former}:
        household.inburgeraar_id = inburgeraar_id
    household.version += 1
    await tx.flush()
    await publish_link(tx, household)
    await _run_clocks(tx, household)
    if former != inburgeraar_id:
        await _tell_of_house(tx, household, inburgeraar_id, former)
    return household


async def _tell_of_house(tx: Tx, household: Household, person: UUID, former: UUID | None) -> None:
    """Let the chain hear of the keys and houses of who is known only now, and not of who it was taken for.

    Who moves has two: where the household lives until then, and the next home of which it has the key.
    """
    coming = await matches.match_under_way(tx, household.id)
    for home in (*await matches.homes_of(tx, household.id), *([] if coming is None else [coming])):
        if home.key_on is None:
            continue
        home.version += 1
        if former is not None:
            await tell_not_housed(tx, household, home, former)
        moves = home.move_due_on is not None and home.move_due_on >= tx.today
        if moves or home.status == MatchStatus.KEY_HANDED_OVER:
            await tell_key(tx, home, person)  # later there is no move to take over any more
        await tell_housed(tx, home, person)


async def _run_clocks(tx: Tx, household: Household) -> None:
    """Let the clocks that run for this household now run for all whom the chain knows."""
    match = await matches.match_under_way(tx, household.id)
    stay = await matches.open_stay(tx, household.id)
    if match is not None and match.move_due_on is not None and match.decided_on is not None:
        await clocks.run(
            tx,
            household,
            clocks.Clock.MOVE,
            starts_on=match.decided_on,
            due_on=match.move_due_on,
            early_on=terms.early_day(match.decided_on, match.move_due_on),
            article=terms.MOVE_ARTICLE,
        )
    elif (
        household.status in {HouseholdStatus.WAITING, HouseholdStatus.MATCHED} and household.housed_on is None
    ):
        await clocks.run_house_clock(tx, household)
    if stay is not None:
        await run_stay_clock(tx, household, stay)
