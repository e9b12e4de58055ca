# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who was housed, as facts for the account: one per person, once; and what turns out wrong is taken back."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound
from contracts.access import Role
from services.housing.actions.visibility import check_acts, check_sees
from services.housing.errors import RealisationTakenBack, on_day
from services.housing.models import Household, Realisation
from services.housing.rules.codes import TakenBack
from services.housing.store import account, households, realisations as store

__all__ = ["count_household", "log_looks", "reverse", "take_back", "visible_realisation"]


async def count_household(
    tx: Tx, household: Household, *, gemeentecode: str, housed_on: date, source: str, match_id: UUID | None
) -> int:
    """Count everybody of a household who is not counted yet; answers how many people that are.

    Who moves on from a temporary house counted when the first house came; family that follows counts
    on the day it joins the household in its house. Who was taken back counts anew by another match alone, and
    not at all if it was because they counted twice.
    """
    members = (await households.members_of(tx, [household.id])).get(household.id, [])
    counted = await store.counted_members(tx, [member.id for member in members], match_id)
    new = [member for member in members if member.id not in counted]
    recorded_by = None if tx.caller is None else tx.caller.subject
    for member in new:
        tx.add(
            Realisation(
                gemeentecode=gemeentecode,
                housed_on=housed_on,
                persons=1,
                source=source,
                match_id=match_id,
                household_id=household.id,
                member_id=member.id,
                recorded_at=tx.now,
                recorded_by=recorded_by,
            )
        )
    await tx.flush()
    return len(new)


async def visible_realisation(tx: Tx, realisation_id: UUID) -> Realisation:
    """The realisation for who may take it back.

    Raises:
        NotFound: there is no such realisation, or it is not the caller's.
        AgreementMissing, Forbidden: the caller does not record who was housed in this gemeente.
    """
    seen = await tx.get(Realisation, realisation_id)
    if seen is None:
        raise NotFound("Een realisatie met dit nummer is niet gevonden.")
    if tx.acting.has_role(Role.VWN_TEAM_LEADER):
        check_sees(tx, seen.gemeentecode)
    else:
        check_acts(tx, seen.gemeentecode)
    return seen


async def take_back(
    tx: Tx,
    *,
    realisation_id: UUID,
    reason: str,
    counts_from: date | None = None,
    cause: TakenBack | None = None,
) -> Realisation:
    """Take back a realisation that turned out wrong; answers the row that does so.

    The fact stays, with what was known of it then. What takes it back counts from the day on which the fact
    began to count, as if it had never been, or from a later day. Who was counted twice counts by no later match.

    Raises:
        NotFound: there is no such realisation, or it is not the caller's.
        AgreementMissing, Forbidden: the caller does not record who was housed in this gemeente.
        RealisationTakenBack: it was taken back before, or takes another one back itself.
        InvalidInput: the day is in the future, before the realisation, or inside imported years.
    """
    seen = await visible_realisation(tx, realisation_id)
    await account.lock_account(tx, seen.gemeentecode)
    wrong = await store.lock_realisation(tx, realisation_id)
    if wrong is None:
        raise NotFound("Een realisatie met dit nummer is niet gevonden.")
    await log_looks(tx, [wrong])
    return await reverse(tx, wrong, reason=reason, counts_from=counts_from, cause=cause)


async def reverse(
    tx: Tx, wrong: Realisation, *, reason: str, counts_from: date | None, cause: TakenBack | None
) -> Realisation:
    """Record that a realisation does not count. The caller holds the lock of the account and of the row.

    Raises:
        RealisationTakenBack: it was taken back before, or takes another one back itself.
        InvalidInput: the day is in the future, before the realisation, or inside imported years.
    """
    if wrong.corrects is not None:
        raise RealisationTakenBack("Deze regel neemt zelf een realisatie terug.")
    if wrong.corrected:
        raise RealisationTakenBack("Deze realisatie is al teruggenomen.")
    day = counts_from or wrong.housed_on
    await _check_day(tx, wrong, day)
    wrong.corrected = True
    back = Realisation(
        gemeentecode=wrong.gemeentecode,
        housed_on=day,
        persons=-wrong.persons,
        source="correction",
        match_id=wrong.match_id,
        household_id=wrong.household_id,
        member_id=wrong.member_id,
        corrects=wrong.id,
        reason=reason,
        cause=None if cause is None else cause.value,
        recorded_at=tx.now,
        recorded_by=tx.acting.subject,
    )
    tx.add(back)
    await tx.flush()
    return back


async def _check_day(tx: Tx, wrong: Realisation, day: date) -> None:
    if day > tx.today:
        raise InvalidInput.on("/countsFrom", "Deze dag ligt in de toekomst.", code="in-future")
    if day < wrong.housed_on:
        raise InvalidInput.on(
            "/countsFrom", f"De realisatie telt vanaf {on_day(wrong.housed_on)}.", code="before-start"
        )
    printed = await account.annual_figures(tx, [wrong.gemeentecode])
    through = max((row.through for row in printed), default=None)
    if through is not None and day <= through:
        raise InvalidInput.on(
            "/countsFrom",
            f"Tot en met {on_day(through)} tellen de ingelezen jaarcijfers. Noem een dag daarna, of corrigeer "
            "de rekening.",
            code="in-annual-figures",
        )


async def log_looks(tx: Tx, shown: Sequence[Realisation]) -> None:
    """Log a look at everybody of whom one of these rows tells that they were housed."""
    for person, gemeentecode in await store.persons_of(tx, shown):
        tx.look(person, gemeentecode)
