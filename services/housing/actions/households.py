# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Households: linked by COA, corrected, joined by family, and unlinked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, ReferenceNotYetKnown, StaleVersion
from contracts.housing import HouseholdLinked
from services.housing.actions import clocks
from services.housing.actions.realisations import count_household
from services.housing.actions.visibility import check_sees, unseen
from services.housing.errors import (
    HouseholdMatched,
    PersonInHousehold,
    ReferenceExists,
    on_day,
)
from services.housing.models import Consent, Household, HouseholdMember, Reunion
from services.housing.rules import terms
from services.housing.rules.codes import ConsentKind, HouseholdStatus, MemberKind
from services.housing.store import households as store, matches, people
from services.housing.store.turns import only_one

__all__ = [
    "Link",
    "Member",
    "change_household",
    "change_size",
    "check_members",
    "expected_persons",
    "link_household",
    "locked_household",
    "look_at",
    "look_at_ids",
    "not_in_future",
    "publish_link",
    "visible_household",
]

_FACTS = (
    "rent_max_cents",
    "needs_accessible",
    "asks_school",
    "work_x",
    "work_y",
    "family_gemeentecode",
    "share_group",
    "priority_group",
    "reception_site_id",
)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a household that is entered."""

    kind: MemberKind
    birth_year: int | None = None
    inburgeraar_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A household as COA linked it."""

    gemeentecode: str
    linked_on: date
    members: Sequence[Member]
    reference: str | None = None
    source: str = "entered"
    facts: dict[str, Any] = field(default_factory=dict)
    accepts_sharing: bool = False
    exchange: Sequence[str] = ()
    housed_on: date | None = None  # it was housed before it was entered
    counted_at: str = "/members"  # where a fault of the number of people is shown


def not_in_future(tx: Tx, day: date, pointer: str) -> None:
    """Refuse a day that has not come.

    Raises:
        InvalidInput: the day lies in the future.
    """
    if day > tx.today:
        raise InvalidInput.on(pointer, "Deze dag ligt in de toekomst.", code="in-future")


async def look_at(tx: Tx, shown: Sequence[Household]) -> dict[UUID, list[HouseholdMember]]:
    """The members of these households, each logged as seen."""
    members = await store.members_of(tx, [row.id for row in shown])
    for household in shown:
        for member in members.get(household.id, ()):
            if member.inburgeraar_id is not None:
                tx.look(member.inburgeraar_id, household.gemeentecode)
    return dict(members)


async def look_at_ids(tx: Tx, household_ids: Collection[UUID]) -> None:
    """Log a look at the members of these households, as far as the caller sees them at all."""
    if household_ids:
        await look_at(tx, await store.households_by_id(tx, household_ids))


async def visible_household(tx: Tx, household_id: UUID) -> Household:
    """The household for a reader.

    Raises:
        NotFound, AgreementMissing: it is not the caller's.
    """
    found = await tx.get(Household, household_id)
    if found is None:
        raise await unseen(tx, household_id, "Een huishouden")
    return found


async def locked_household(tx: Tx, household_id: UUID) -> Household:
    """The household for a change, locked.

    Raises:
        NotFound, AgreementMissing: it is not the caller's.
    """
    found = await store.lock_household(tx, household_id)
    if found is None:
        raise await unseen(tx, household_id, "Een huishouden")
    return found


async def link_household(tx: Tx, link: Link) -> Household:
    """Enter a household that COA linked to a gemeente; its ten weeks begin.

    Raises:
        InvalidInput: the link is in the future, or nobody is in the household.
        AgreementMissing, Forbidden: the gemeente is not the caller's.
        ReferenceNotYetKnown: a member is not known here (yet).
        PersonInHousehold, ReferenceExists: it was entered before.
    """
    check_sees(tx, link.gemeentecode)
    not_in_future(tx, link.linked_on, "/linkedOn")
    if not link.members:
        raise InvalidInput.on(link.counted_at, "Een huishouden heeft ten minste één persoon.", code="nobody")
    if link.housed_on is not None:
        not_in_future(tx, link.housed_on, "/housedOn")
        if link.linked_on > link.housed_on:
            raise InvalidInput.on(
                "/linkedOn", "De koppeling kan niet na de dag van het huis liggen.", code="after-housed"
            )
    named = [member.inburgeraar_id for member in link.members if member.inburgeraar_id is not None]
    await check_members(tx, named)
    if link.reference is not None:
        bearers = await store.by_reference(tx, link.gemeentecode, [link.reference])
        if any(one.status != HouseholdStatus.UNLINKED for one in bearers.values()):
            raise _reference_exists()
    adults = sum(member.kind is MemberKind.ADULT for member in link.members)
    household = Household(
        inburgeraar_id=named[0] if named else None,
        gemeentecode=link.gemeentecode,
        reference=link.reference,
        source=link.source,
        linked_on=link.linked_on,
        house_due_on=terms.house_due(link.linked_on),
        adults=adults,
        children=len(link.members) - adults,
        status=HouseholdStatus.WAITING.value,
        **{name: value for name, value in link.facts.items() if name in _FACTS},
    )
    async with only_one(tx, "household_reference", _reference_exists()):
        tx.add(household)
    await people.save_scope(tx, household.id, household.gemeentecode)
    for member in link.members:
        tx.add(
            HouseholdMember(
                household_id=household.id,
                gemeentecode=household.gemeentecode,
                inburgeraar_id=member.inburgeraar_id,
                kind=member.kind.value,
                birth_year=member.birth_year,
                joined_on=link.linked_on,
            )
        )
    _add_consents(tx, household, sharing=link.accepts_sharing, exchange=link.exchange)
    await tx.flush()
    await publish_link(tx, household)
    if link.housed_on is None:
        await clocks.run_house_clock(tx, household)
        return household
    household.status = HouseholdStatus.HOUSED.value
    household.housed_on = link.housed_on
    household.housed_gemeentecode = household.gemeentecode
    await count_household(
        tx,
        household,
        gemeentecode=household.gemeentecode,
        housed_on=link.housed_on,
        source="household",
        match_id=None,
    )
    return household


def _reference_exists() -> ReferenceExists:
    return ReferenceExists.on("/reference", "Met dit kenmerk is er al een huishouden.")


def _add_consents(tx: Tx, household: Household, *, sharing: bool, exchange: Sequence[str]) -> None:
    recorded_by = tx.acting.subject
    wanted: list[tuple[ConsentKind, str | None]] = [
        (ConsentKind.EXCHANGE, code) for code in sorted(set(exchange)) if code != household.gemeentecode
    ]
    if sharing:
        wanted.append((ConsentKind.SHARING, None))
    for kind, code in wanted:
        tx.add(
            Consent(
                household_id=household.id,
                gemeentecode=household.gemeentecode,
                kind=kind.value,
                for_gemeentecode=code,
                given_on=tx.today,
                recorded_by=recorded_by,
            )
        )


async def check_members(tx: Tx, named: Sequence[UUID], *, household_id: UUID | None = None) -> None:
    """Refuse people who cannot be members, of a household other than this one.

    Raises:
        InvalidInput: somebody is named twice.
        ReferenceNotYetKnown: somebody is not known here (yet).
        PersonInHousehold: somebody is in another household.
    """
    if len(set(named)) < len(named):
        raise InvalidInput.on("/members", "Eén persoon staat twee keer in het huishouden.", code="twice")
    known = await store.known_persons(tx, named)
    for number, person in enumerate(named):
        if person not in known:
            raise ReferenceNotYetKnown.on(
                f"/members/{number}/inburgeraarId",
                "Deze inburgeraar is hier nog niet bekend.",
                code="reference-not-yet-known",
            )
    async with tx.as_platform():  # a household that the caller cannot see holds its members too
        elsewhere = await store.elsewhere_member(tx, named, household_id=household_id)
    if elsewhere:
        raise PersonInHousehold.on("/members", "Een van deze personen is al lid van een ander huishouden.")


async def publish_link(tx: Tx, household: Household) -> None:
    """Tell the chain the whole link as it is now."""
    members = (await store.members_of(tx, [household.id])).get(household.id, [])
    await tx.publish(
        HouseholdLinked(
            household_id=household.id,
            linked_on=household.linked_on,
            house_due_on=household.house_due_on,
            adults=household.adults,
            children=household.children,
            inburgeraar_ids=tuple(row.inburgeraar_id for row in members if row.inburgeraar_id is not None),
        ),
        aggregate_id=household.id,
        version=household.version,
        gemeentecode=household.gemeentecode,
    )


async def change_household(
    tx: Tx, *, household_id: UUID, expected_version: int | None, changes: dict[str, Any]
) -> Household:
    """Correct what is known of a household; what is not in `changes` stays.

    Raises:
        StaleVersion: somebody else changed it first.
        InvalidInput: the link would be in the future, or after the day of the house or of a match.
    """
    household = await locked_household(tx, household_id)
    if expected_version is not None and household.version != expected_version:
        raise StaleVersion(f"Dit huishouden heeft nu versie {household.version}.")
    linked_on = changes.get("linked_on")
    if linked_on is not None:
        not_in_future(tx, linked_on, "/linkedOn")
        if household.housed_on is not None and linked_on > household.housed_on:
            raise InvalidInput.on(
                "/linkedOn",
                f"Het huishouden woont al sinds {on_day(household.housed_on)} in zijn huis.",
                code="after-housed",
            )
        matched_on = await matches.first_proposal_on(tx, household_id)
        if matched_on is not None and linked_on > matched_on:
            raise InvalidInput.on(
                "/linkedOn",
                f"Op {on_day(matched_on)} is al een woning voor dit huishouden voorgesteld.",
                code="after-match",
            )
        household.linked_on = linked_on
        household.house_due_on = terms.house_due(linked_on)
    for name in _FACTS:
        if name in changes:
            setattr(household, name, changes[name])
    household.version += 1
    await tx.flush()
    if linked_on is not None:
        await publish_link(tx, household)
        if await _waits_for_offer(tx, household):
            await clocks.run_house_clock(tx, household)
    return household


async def _waits_for_offer(tx: Tx, household: Household) -> bool:
    """Whether the ten weeks still run: no first home, and none that the gemeente approved."""
    if household.housed_on is not None or household.status == HouseholdStatus.UNLINKED:
        return False
    coming = await matches.match_under_way(tx, household.id)
    return coming is None or coming.decided_on is None


async def change_size(tx: Tx, household: Household, *, adults: int, children: int) -> None:
    """Give a household that waits other numbers, as TVS now has them. The caller holds its lock.

    Members whom nobody knows go first; somebody whom the chain knows stays.

    Raises:
        InvalidInput: nobody would be left, or fewer than the chain knows.
        HouseholdMatched: a match holds the household at its present size.
    """
    if household.status == HouseholdStatus.MATCHED:
        raise HouseholdMatched.on("/adults", "Er loopt een match voor dit huishouden.", code="matched")
    if adults + children == 0:
        raise InvalidInput.on("/adults", "Een huishouden heeft ten minste één persoon.", code="nobody")
    members = (await store.members_of(tx, [household.id])).get(household.id, [])
    for kind, wanted in ((MemberKind.ADULT, adults), (MemberKind.CHILD, children)):
        present = [member for member in members if member.kind == kind]
        unknown = [member for member in present if member.inburgeraar_id is None]
        if len(present) - len(unknown) > wanted:
            raise InvalidInput.on("/adults", "Meer leden zijn in de keten bekend.", code="members-known")
        for member in unknown[: max(0, len(present) - wanted)]:
            member.left_on = tx.today
        for _ in range(wanted - len(present)):
            tx.add(
                HouseholdMember(
                    household_id=household.id,
                    gemeentecode=household.gemeentecode,
                    kind=kind.value,
                    joined_on=tx.today,
                )
            )
    household.adults, household.children = adults, children
    household.version += 1
    await tx.flush()
    await publish_link(tx, household)


def expected_persons(reunions: Sequence[Reunion], *, granted_only: bool) -> int:
    """How many people are expected to follow."""
    return sum(row.persons for row in reunions if row.granted_on is not None or not granted_only)
