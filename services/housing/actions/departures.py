# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When the data of a person must go: whose household it is then, and what falls free; and households of nobody.

A household stays with the members whom the chain still knows, and goes with the last of them (rule 12.2). One that
waits for a house stays too when that last one died and others of it remain: they are still to be housed.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from chassis.care.destruction import Grounds, destroy
from chassis.db import Tx
from contracts.housing import HouseholdUnlinked
from contracts.retention import Category, Stage, Term, term_on
from services.housing.actions.households import publish_link
from services.housing.actions.matches import hold_dwelling
from services.housing.models import Dwelling, Household, HouseholdMember, Match
from services.housing.rules.codes import HouseholdStatus, MatchStatus, MemberKind
from services.housing.store import departures as store, dwellings, households, matches
from services.housing.store.holdings import CARE

__all__ = ["end_households", "part_with"]

_DIED = "at-death"
"""The term by which somebody goes who is no longer there; by any other the person lives on where they live."""


async def part_with(tx: Tx, inburgeraar_id: UUID, rule: str) -> None:
    """Pass the households of somebody whose data must go on to another member, or prepare them to go too.

    What is left of the person itself is destroyed after this, and so are the households left to it.
    """
    died = rule == _DIED
    ids = await store.households_with(tx, inburgeraar_id)
    await _lock_places(tx, ids, died=died)
    for household_id in ids:
        household = await households.lock_household(tx, household_id)
        if household is None:
            continue
        known = await store.known_rows(tx, household_id)
        own = [row for row in known if row.inburgeraar_id == inburgeraar_id]
        left = await matches.left_on(tx, [household_id])
        ended = household.status == HouseholdStatus.UNLINKED or household_id in left
        heir = _heir(known, inburgeraar_id, ended=ended)
        if heir is not None or (died and await _others_wait(tx, household)):
            await _pass_on(tx, household, own, heir, inburgeraar_id, died=died)
        elif household.inburgeraar_id in {inburgeraar_id, None} or any(row.left_on is None for row in own):
            household.inburgeraar_id = inburgeraar_id
            await _let_go(tx, household, died=died)
    await store.forget_in_events(tx, inburgeraar_id)


def _heir(known: Sequence[HouseholdMember], leaving: UUID, *, ended: bool) -> UUID | None:
    """Who bears the household next: somebody who is a member now, or was when its link ended or it left its home."""
    for row in known:
        if row.inburgeraar_id != leaving and (ended or row.left_on is None):
            return row.inburgeraar_id
    return None


async def _others_wait(tx: Tx, household: Household) -> bool:
    """Whether people whom the chain does not know are still to be housed with this household."""
    members = (await households.members_of(tx, [household.id])).get(household.id, [])
    waits = household.status in {HouseholdStatus.WAITING, HouseholdStatus.MATCHED}
    return waits and any(row.inburgeraar_id is None for row in members)


async def _pass_on(
    tx: Tx,
    household: Household,
    own: Sequence[HouseholdMember],
    heir: UUID | None,
    leaving: UUID,
    *,
    died: bool,
) -> None:
    if household.inburgeraar_id == leaving:
        household.inburgeraar_id = heir
    present = [row for row in own if row.left_on is None]
    for row in present:
        if not died:  # somebody lives there still, whom the chain no longer knows
            row.inburgeraar_id, row.birth_year = None, None
            continue
        row.left_on = max(tx.today, row.joined_on)
        if row.kind == MemberKind.ADULT:
            household.adults -= 1
        else:
            household.children -= 1
    gone = [row.id for row in own if row.inburgeraar_id is not None]
    household.version += 1
    await tx.flush()
    await store.forget_words(tx, [row.id for row in own])
    await store.forget_in_account(tx, member_ids=gone)
    if present and household.status != HouseholdStatus.UNLINKED:
        await publish_link(tx, household)


async def _lock_places(tx: Tx, household_ids: Sequence[UUID], *, died: bool) -> None:
    """Lock the dwellings before the households, as everybody does."""
    held = [
        *await store.places_held(tx, household_ids, died=died),
        *await store.lived_on_in(tx, household_ids),
    ]
    for dwelling_id in sorted({match.dwelling_id for match in held}):
        await dwellings.lock_dwelling(tx, dwelling_id)


async def _let_go(tx: Tx, household: Household, *, died: bool) -> None:
    """The household goes wholly: its places are offered again, and nothing waits for it any more.

    A place for good in a shared home stays taken, without a word on who has it.
    """
    held = await store.places_held(tx, [household.id], died=died)
    for match in held:
        match.status = MatchStatus.DECLINED.value
    await tx.flush()
    for match in await store.lived_on_in(tx, [household.id]):  # who died is among those above
        await _keep_place(tx, match, household.share_group)
    for dwelling_id in sorted({match.dwelling_id for match in held}):
        dwelling = await tx.get(Dwelling, dwelling_id)
        if dwelling is not None:
            await hold_dwelling(tx, dwelling)
    await households.withdraw_exchanges(tx, household.id)
    await store.forget_in_account(tx, household_id=household.id)
    await _forget_in_searches(tx, household.id)
    if household.status in {HouseholdStatus.WAITING, HouseholdStatus.MATCHED}:
        household.version += 1
        await tx.publish(
            HouseholdUnlinked(household_id=household.id, unlinked_on=tx.today, reason="data-destroyed"),
            aggregate_id=household.id,
            version=household.version,
            gemeentecode=household.gemeentecode,
        )
    await tx.flush()


async def _keep_place(tx: Tx, match: Match, share_group: str | None) -> None:
    """Let the dwelling itself remember that a place is taken, when the match that tells so goes."""
    dwelling = await tx.get(Dwelling, match.dwelling_id)
    if dwelling is not None:
        dwelling.kept_places += 1
        dwelling.kept_group = share_group
        dwelling.version += 1


async def _forget_in_searches(tx: Tx, household_id: UUID) -> None:
    """What searches answered about others stays, without the household that is gone."""
    gone = str(household_id)
    for run in await store.runs_naming(tx, household_id):
        run.outcome = _without(run.outcome, gone)
    for proposal in await store.proposals_naming(tx, household_id):
        proposal.alternatives = _without(proposal.alternatives, gone)


def _without(value: Any, gone: str) -> Any:
    """A JSON value without the entries of its lists that name this id."""
    if isinstance(value, dict):
        return {key: _without(inner, gone) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, gone) for inner in value if not _names(inner, gone)]
    return value


def _names(value: Any, gone: str) -> bool:
    if isinstance(value, dict):
        return gone in value.values()
    return gone in value if isinstance(value, list) else value == gone


async def end_households(tx: Tx, *, limit: int) -> int:
    """Destroy households of which nobody's data takes them along, when their term is over; answers how many.

    That of the dossier: five years after the end of the link, or after the first day in the house.
    """
    term = term_on(Category.DOSSIER, "duty-ended", tx.today)
    ids = await store.without_term(tx, before=_first_kept(term, tx.today), limit=limit)
    await _lock_places(tx, ids, died=False)
    for household_id in ids:
        household = await households.lock_household(tx, household_id)
        if household is None:
            continue
        # Nobody's data goes with it: an id of nobody marks it, and stands in the record of the destruction.
        household.inburgeraar_id = uuid4()
        await _let_go(tx, household, died=False)
        grounds = Grounds(term.code, term.source, tx.today)
        await destroy(tx, CARE, household.inburgeraar_id, stage=Stage.DESTROYED, grounds=grounds)
    return len(ids)


def _first_kept(term: Term, today: date) -> date:
    """The first day on which something may have ended and is still kept today."""
    return today.replace(year=today.year - term.years, day=min(today.day, 28))
