# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What households agree to, and the family that follows them (nareis)."""

from datetime import date
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound, StaleVersion
from services.housing.actions.households import (
    locked_household,
    look_at,
    not_in_future,
    publish_link,
)
from services.housing.actions.realisations import count_household
from services.housing.actions.tasks import redate_task, withdraw_task
from services.housing.actions.visibility import unseen
from services.housing.errors import ConsentExists, ConsentUsed, HouseholdEnded, ReunionOver, on_day
from services.housing.models import Consent, Household, HouseholdMember, Reunion
from services.housing.rules.codes import ConsentKind, HouseholdStatus, MemberKind, TaskKind
from services.housing.store import households, matches

__all__ = [
    "change_expectation",
    "expect_family",
    "family_arrived",
    "give_consent",
    "plan_exit",
    "revoke_consent",
]


async def give_consent(
    tx: Tx, *, household_id: UUID, kind: ConsentKind, for_gemeentecode: str | None, given_on: date
) -> Consent:
    """Record what a household agrees to, from a day on.

    Raises:
        ConsentExists: it agrees to it already.
        InvalidInput: the gemeente is missing, or is its own, or the day has not come.
    """
    household = await locked_household(tx, household_id)
    await look_at(tx, [household])
    not_in_future(tx, given_on, "/givenOn")
    if (for_gemeentecode is not None) is not (kind is ConsentKind.EXCHANGE):
        raise InvalidInput.on(
            "/gemeentecode", "Noem een gemeente bij 'exchange', en alleen daar.", code="form"
        )
    if for_gemeentecode == household.gemeentecode:
        raise InvalidInput.on("/gemeentecode", "Aan deze gemeente is het gekoppeld.", code="own-gemeente")
    for row in (await households.open_consents(tx, [household_id])).get(household_id, []):
        if row.kind == kind and row.for_gemeentecode == for_gemeentecode:
            raise ConsentExists(f"Deze toestemming geldt sinds {on_day(row.given_on)}.")
    consent = Consent(
        household_id=household_id,
        gemeentecode=household.gemeentecode,
        kind=kind.value,
        for_gemeentecode=for_gemeentecode,
        given_on=given_on,
        recorded_by=tx.acting.subject,
    )
    tx.add(consent)
    await tx.flush()
    return consent


async def revoke_consent(tx: Tx, *, household_id: UUID, consent_id: UUID, revoked_on: date) -> Consent:
    """Record that a household takes its consent back. Taking it back costs it nothing.

    Raises:
        ConsentUsed: it lives in the shared dwelling, or was exchanged already.
    """
    household = await locked_household(tx, household_id)
    await look_at(tx, [household])
    consent = await tx.get(Consent, consent_id, lock=True)
    if consent is None or consent.household_id != household_id:
        raise NotFound("Deze toestemming is niet gevonden.")
    if consent.revoked_on is not None:
        return consent
    not_in_future(tx, revoked_on, "/revokedOn")
    if revoked_on < consent.given_on:
        raise InvalidInput.on(
            "/revokedOn", f"De toestemming is gegeven op {on_day(consent.given_on)}.", code="before-start"
        )
    match = await matches.match_under_way(tx, household_id)
    if consent.kind == ConsentKind.SHARING and match is not None and match.shared:
        raise ConsentUsed("Er loopt een match voor een gedeelde woning.")
    consent.revoked_on = revoked_on
    await tx.flush()
    return consent


async def expect_family(
    tx: Tx, *, household_id: UUID, persons: int, adults: int, expected_on: date, granted_on: date | None
) -> Reunion:
    """Record that family will follow. In a place for a time the household gets a planned exit (HO-07)."""
    household = await locked_household(tx, household_id)
    await look_at(tx, [household])
    if adults > persons:
        raise InvalidInput.on("/adults", f"Dit is meer dan de {persons} personen.", code="above-most")
    if granted_on is not None:
        not_in_future(tx, granted_on, "/grantedOn")
    if household.status == HouseholdStatus.UNLINKED:
        raise HouseholdEnded("De koppeling van dit huishouden is beëindigd.")
    if await matches.left_on(tx, [household_id]):
        raise HouseholdEnded("Dit huishouden is uit zijn woning vertrokken.")
    reunion = Reunion(
        household_id=household_id,
        gemeentecode=household.gemeentecode,
        persons=persons,
        adults=adults,
        expected_on=expected_on,
        granted_on=granted_on,
    )
    tx.add(reunion)
    household.version += 1
    await tx.flush()
    await plan_exit(tx, household)
    return reunion


async def change_expectation(
    tx: Tx, *, household_id: UUID, reunion_id: UUID, expected_version: int, changes: dict[str, Any]
) -> Household:
    """Correct, grant or withdraw family that is expected; what is not in `changes` stays.

    Who is granted counts for the size of a home for good from now on (HO-07). Another number is a correction: it
    has a reason, and what stood before is kept.

    Raises:
        NotFound: the household expects no such family.
        StaleVersion: somebody else changed the household first.
        ReunionOver: the family came, or is no longer expected.
        InvalidInput: more adults than people, a day in the future, or another number without a reason.
    """
    household = await locked_household(tx, household_id)
    await look_at(tx, [household])
    if household.version != expected_version:
        raise StaleVersion(f"Dit huishouden heeft nu versie {household.version}.")
    reunion = await households.lock_reunion(tx, reunion_id)
    if reunion is None or reunion.household_id != household_id:
        raise NotFound("Deze verwachte gezinshereniging is niet gevonden.")
    if reunion.arrived_on is not None or reunion.withdrawn_on is not None:
        raise ReunionOver("Dit gezin is er al, of wordt niet meer verwacht.")
    _apply(tx, reunion, changes)
    if reunion.adults > reunion.persons:
        raise InvalidInput.on("/adults", f"Dit is meer dan de {reunion.persons} personen.", code="above-most")
    reunion.version += 1
    household.version += 1
    await tx.flush()
    await plan_exit(tx, household)
    return household


def _apply(tx: Tx, reunion: Reunion, changes: dict[str, Any]) -> None:
    stood = {"persons": reunion.persons, "adults": reunion.adults}
    if any(changes.get(name) not in {None, number} for name, number in stood.items()):
        if not changes.get("reason"):
            raise InvalidInput.on("/reason", "Schrijf op waarom het aantal anders is.", code="required")
        told = {"on": tx.today.isoformat(), "by": str(tx.acting.subject), "reason": changes["reason"]}
        reunion.corrections = [*reunion.corrections, stood | told]
    for name in ("persons", "adults", "expected_on"):
        if changes.get(name) is not None:
            setattr(reunion, name, changes[name])
    for name, pointer in (("granted_on", "/grantedOn"), ("withdrawn_on", "/withdrawnOn")):
        if changes.get(name) is not None:
            not_in_future(tx, changes[name], pointer)
        if name in changes:
            setattr(reunion, name, changes[name])


async def plan_exit(tx: Tx, household: Household) -> None:
    """Open the task to find a family home before the family comes, where the present place is too small for it.

    It is due when the first of them is expected, also when that day changes.
    """
    expected = (await households.reunions_of(tx, [household.id])).get(household.id, [])
    if not expected:
        await withdraw_task(tx, household.id, TaskKind.REUNION_EXIT)
        return
    last = (await matches.last_matches(tx, [household.id])).get(household.id)
    small = last is not None and (last.shared or await matches.open_stay(tx, household.id) is not None)
    if household.status == HouseholdStatus.HOUSED and small:
        await redate_task(tx, household, TaskKind.REUNION_EXIT, expected[0].expected_on)


async def family_arrived(tx: Tx, *, reunion_id: UUID, arrived_on: date) -> Reunion:
    """Record that the family came: the household grows, and counts whom its house now holds."""
    seen = await tx.get(Reunion, reunion_id)
    if seen is None:
        raise await unseen(tx, reunion_id, "Een verwachte gezinshereniging")
    household = await locked_household(tx, seen.household_id)
    await look_at(tx, [household])
    reunion = await households.lock_reunion(tx, reunion_id)
    if reunion is None or reunion.withdrawn_on is not None:
        raise NotFound("Deze verwachte gezinshereniging is niet gevonden.")
    if reunion.arrived_on is not None:
        return reunion
    not_in_future(tx, arrived_on, "/arrivedOn")
    since = household.housed_on or household.linked_on
    if arrived_on < since:
        word = "is gekoppeld" if household.housed_on is None else "woont in zijn huis"
        raise InvalidInput.on(
            "/arrivedOn", f"Het huishouden {word} sinds {on_day(since)}.", code="before-household"
        )
    reunion.arrived_on = arrived_on
    reunion.version += 1
    for number in range(reunion.persons):
        kind = MemberKind.ADULT if number < reunion.adults else MemberKind.CHILD
        tx.add(
            HouseholdMember(
                household_id=household.id,
                gemeentecode=household.gemeentecode,
                kind=kind.value,
                joined_on=arrived_on,
                by_reunion=True,
            )
        )
    household.adults += reunion.adults
    household.children += reunion.persons - reunion.adults
    household.version += 1
    await tx.flush()
    if household.housed_gemeentecode is not None:  # also while a match for a next home runs
        await count_household(
            tx,
            household,
            gemeentecode=household.housed_gemeentecode,
            housed_on=arrived_on,
            source="household",
            match_id=None,
        )
    await publish_link(tx, household)
    return reunion
