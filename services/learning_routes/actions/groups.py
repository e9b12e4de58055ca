# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Groups, their chairs and their lessons: the work of the taalschool."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound, ReferenceNotYetKnown
from services.learning_routes import rules, store
from services.learning_routes.actions.locations import check_open, group_location
from services.learning_routes.actions.registrations import withdraw_missing
from services.learning_routes.errors import (
    AlreadyEnded,
    AlreadyMember,
    ContractMissing,
    GroupFull,
    GroupInUse,
    LessonExists,
    LessonRegistered,
    OutsideGroup,
    OutsidePlacement,
    RegisteredLater,
    RouteDiffers,
    RouteNotOffered,
    on_day,
)
from services.learning_routes.models import Lesson, LessonGroup, Membership, Provider

__all__ = [
    "add_member",
    "cancel_lesson",
    "end_membership",
    "make_group",
    "plan_group",
    "plan_lesson",
    "size_of",
    "sizes_of",
    "visible_group",
    "visible_lesson",
]


async def make_group(
    tx: Tx,
    *,
    provider_id: UUID,
    leerroute: rules.Leerroute,
    level: rules.GroupLevel,
    gemeentecode: str,
    name: str | None,
    pace: rules.Pace | None,
    youth: bool,
    evening: bool,
    location_id: UUID | None,
    small_group: bool,
    starts_on: date | None = None,
    ends_on: date | None = None,
    chairs: int | None = None,
) -> LessonGroup:
    """Open a group of the caller's own school, in a gemeente with which it has a contract.

    With a first day to come the group is announced: its chairs can be counted on and given from now on.
    """
    provider = await tx.get(Provider, provider_id)
    if provider is None:
        raise ReferenceNotYetKnown.on(
            "/providerId", "Deze aanbieder is hier nog niet bekend.", code="reference-not-yet-known"
        )
    if provider.organisation_id != tx.acting.organisation_id:
        raise NotFound("Een aanbieder met dit nummer is bij uw organisatie niet gevonden.")
    if leerroute not in provider.routes:
        raise RouteNotOffered.on(
            "/leerroute", f"{provider.name} geeft deze leerroutes: {', '.join(provider.routes)}."
        )
    if await store.contract_for(tx, provider_id, gemeentecode, tx.today) is None:
        raise ContractMissing.on(
            "/gemeentecode", f"{provider.name} heeft nu geen contract met gemeente {gemeentecode}."
        )
    if location_id is not None:
        await group_location(
            tx,
            location_id=location_id,
            provider_id=provider_id,
            gemeentecode=gemeentecode,
            leerroute=leerroute,
            small_group=small_group,
        )
    elif small_group:
        raise InvalidInput.on(
            "/locationId", "Noem de locatie waar de kleine groep les heeft.", code="required"
        )
    _check_days(tx, starts_on, ends_on)
    group = LessonGroup(
        provider_id=provider_id,
        organisation_id=provider.organisation_id,
        gemeentecode=gemeentecode,
        leerroute=leerroute.value,
        level=level.value,
        name=name,
        pace=None if pace is None else pace.value,
        youth=youth,
        evening=evening,
        location_id=location_id,
        small_group=small_group,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    await _give_chairs(tx, group, chairs)
    tx.add(group)
    await tx.flush()
    return group


def _check_days(tx: Tx, starts_on: date | None, ends_on: date | None) -> None:
    farthest = tx.today + timedelta(days=rules.FARTHEST_DAYS)
    for pointer, day in (("/startsOn", starts_on), ("/endsOn", ends_on)):
        if day is not None and day > farthest:
            raise InvalidInput.on(pointer, "Deze dag ligt meer dan twee jaar vooruit.", code="too-far")
    if ends_on is not None and starts_on is not None and ends_on < starts_on:
        raise InvalidInput.on("/endsOn", "De laatste dag ligt voor de eerste.", code="before-start")


async def _give_chairs(tx: Tx, group: LessonGroup, chairs: int | None) -> None:
    """Let the group have so many chairs, or with None as many as it may have."""
    group.chairs = None
    most = await size_of(tx, group)
    if chairs is not None and chairs > most:
        raise InvalidInput.on(
            "/chairs",
            f"In een groep is plaats voor {most} deelnemers.",
            code="too-many",
            rule="Schoolcontract, groepsgrootte",
        )
    group.chairs = chairs


async def plan_group(
    tx: Tx, *, group_id: UUID, starts_on: date | None, ends_on: date | None, chairs: int | None
) -> LessonGroup:
    """Announce the days and the chairs of a group of one's own school, or announce them anew.

    Raises:
        NotFound: it is not the caller's.
        InvalidInput: the days are no span, or the chairs are more than the contract has.
        GroupInUse: more people have a chair, or a lesson is planned on another day.
    """
    group = await _locked_group(tx, group_id)
    _check_days(tx, starts_on, ends_on)
    await _give_chairs(tx, group, chairs)
    if chairs is not None and chairs < (taken := await store.taken_chairs(tx, group_id, tx.today)):
        raise GroupInUse.on("/chairs", f"In de groep zitten al {taken} deelnemers.")
    first, last = await store.lesson_days(tx, group_id)
    if first is not None and starts_on is not None and first < starts_on:
        raise GroupInUse.on("/startsOn", f"De eerste les is op {on_day(first)}.")
    if last is not None and ends_on is not None and last > ends_on:
        raise GroupInUse.on("/endsOn", f"De laatste les is op {on_day(last)}.")
    group.starts_on, group.ends_on = starts_on, ends_on
    await tx.flush()
    return group


async def visible_group(tx: Tx, group_id: UUID) -> LessonGroup:
    """The group, for a reader.

    Raises:
        NotFound: it is not there or not the caller's.
    """
    group = await tx.get(LessonGroup, group_id)
    if group is None:
        raise NotFound("Een groep met dit nummer is niet gevonden.")
    return group


async def _locked_group(tx: Tx, group_id: UUID) -> LessonGroup:
    group = await store.lock_group(tx, group_id)
    if group is None:
        raise NotFound("Een groep met dit nummer is niet gevonden.")
    return group


def _check_within(group: LessonGroup, day: date, pointer: str) -> None:
    """Whether the group is there on a day.

    Raises:
        OutsideGroup: it has not begun, or has ended.
    """
    if rules.fits_days(group.starts_on, group.ends_on, day):
        return
    if group.starts_on is not None and day < group.starts_on:
        raise OutsideGroup.on(pointer, f"De groep begint op {on_day(group.starts_on)}.")
    raise OutsideGroup.on(pointer, f"De laatste dag van de groep is {on_day(group.ends_on or day)}.")


async def size_of(tx: Tx, group: LessonGroup) -> int:
    """How many chairs the group has: what its school gives it, at most what the contract and the agreement allow."""
    return rules.chairs(await _agreed_size(tx, group), group.chairs, tx.today)


async def _agreed_size(tx: Tx, group: LessonGroup) -> int | None:
    """What the contract of the group's gemeente says today; None without a contract."""
    contract = await store.contract_for(tx, group.provider_id, group.gemeentecode, tx.today)
    if contract is None:
        return None
    return (await store.terms_of(tx, [contract.id]))[contract.id].on(tx.today).group_max


async def sizes_of(tx: Tx, groups: Sequence[LessonGroup]) -> dict[UUID, int]:
    """The chairs of each of these groups; groups of one school and gemeente share a contract."""
    agreed: dict[tuple[UUID, str], int | None] = {}
    for group in groups:
        place = (group.provider_id, group.gemeentecode)
        if place not in agreed:
            agreed[place] = await _agreed_size(tx, group)
    return {
        group.id: rules.chairs(agreed[group.provider_id, group.gemeentecode], group.chairs, tx.today)
        for group in groups
    }


async def add_member(
    tx: Tx,
    *,
    group_id: UUID,
    placement_id: UUID,
    level: rules.GroupLevel | None,
    since: date | None,
) -> Membership:
    """Give a placement a chair in a group, as long as there is one.

    Without `since` the chair counts from the referral, or from the day after an earlier chair in
    this group, so that lessons that were held before can still be registered; in a group that begins
    later, from its first day.
    """
    # A placement that is being ended waits here, or is ended when we look.
    placement = await store.lock_placement(tx, placement_id)
    if placement is None:
        raise NotFound("Een plaatsing met dit nummer is bij uw organisatie niet gevonden.")
    tx.look(placement.inburgeraar_id, placement.gemeentecode)
    # The lock makes two people who want the last chair take turns.
    group = await _locked_group(tx, group_id)
    if placement.provider_id != group.provider_id or placement.leerroute != group.leerroute:
        raise RouteDiffers.on(
            "/placementId",
            f"De groep is van leerroute {group.leerroute}, de plaatsing van {placement.leerroute}.",
        )
    if placement.ended_on is not None:
        raise AlreadyEnded.on("/placementId", f"De plaatsing eindigde op {on_day(placement.ended_on)}.")
    if since is not None and since < placement.referred_on:
        raise OutsidePlacement.on("/since", f"De aanmelding was op {on_day(placement.referred_on)}.")
    first_free = placement.referred_on
    for chair in await store.memberships_of_placement(tx, placement_id):
        if chair.group_id != group_id:
            continue
        if chair.until is None:
            raise AlreadyMember.on("/placementId", f"Deelnemer sinds {on_day(chair.since)}.")
        first_free = max(first_free, chair.until + timedelta(days=1))
    if since is not None and since < first_free:
        raise AlreadyMember.on("/since", "Op deze dag zat de inburgeraar al in de groep.")
    begins = since or max(first_free, group.starts_on or first_free)
    _check_within(group, begins, "/since")
    size = await size_of(tx, group)
    if await store.taken_chairs(tx, group_id, max(begins, tx.today)) >= size:
        raise GroupFull(
            f"In deze groep is plaats voor {size} deelnemers.", rule="Schoolcontract, groepsgrootte"
        )
    member = Membership(
        group_id=group_id,
        placement_id=placement_id,
        inburgeraar_id=placement.inburgeraar_id,
        organisation_id=placement.organisation_id,
        gemeentecode=placement.gemeentecode,
        level=(level or group.level),
        since=begins,
    )
    tx.add(member)
    await tx.flush()
    return member


async def end_membership(tx: Tx, *, membership_id: UUID, until: date | None) -> Membership:
    """Let a member leave; `until` is the last day, today if left out."""
    last_day = until or tx.today
    if last_day > tx.today:
        raise InvalidInput.on("/until", "Deze dag ligt in de toekomst.", code="in-future")
    seen = await tx.get(Membership, membership_id)
    if seen is None:
        raise NotFound("Een deelname met dit nummer is niet gevonden.")
    # Registrations take the same lock, so none slips in after the last day.
    await store.lock_placement(tx, seen.placement_id)
    member = await tx.get(Membership, membership_id, lock=True)
    if member is None:
        raise NotFound("Een deelname met dit nummer is niet gevonden.")
    tx.look(member.inburgeraar_id, member.gemeentecode)
    if member.until == last_day:
        return member
    if last_day < member.since:
        raise InvalidInput.on("/until", f"De deelname begon op {on_day(member.since)}.", code="before-start")
    if member.until is not None:
        raise AlreadyEnded.on("/until", f"De deelname eindigde op {on_day(member.until)}.")
    last = await store.last_registered_on(tx, member.placement_id, group_id=member.group_id)
    if last is not None and last > last_day:
        raise RegisteredLater.on("/until", f"Er is nog een registratie op {on_day(last)}.")
    member.until = last_day
    await tx.flush()
    return member


async def plan_lesson(
    tx: Tx,
    *,
    group_id: UUID,
    held_on: date,
    day_part: rules.DayPart,
    starts_at: time,
    ends_at: time,
    hours: Decimal,
) -> Lesson:
    """Put a lesson in the timetable of a group."""
    if ends_at <= starts_at:
        raise InvalidInput.on("/endsAt", "De les eindigt voordat hij begint.", code="before-start")
    if hours <= 0:
        raise InvalidInput.on("/hours", "Een les duurt langer dan 0 uur.", code="not-positive")
    if hours > rules.LONGEST_LESSON:
        raise InvalidInput.on(
            "/hours", f"Een les duurt ten hoogste {rules.LONGEST_LESSON} uur.", code="too-long"
        )
    group = await _locked_group(tx, group_id)
    _check_within(group, held_on, "/date")
    if await store.lesson_in_slot(tx, group_id, held_on, day_part) is not None:
        raise LessonExists.on("/dayPart", f"De groep heeft op {on_day(held_on)} in dit dagdeel al een les.")
    if group.location_id is not None:
        location = await store.share_location(tx, group.location_id)
        if location is not None:
            check_open(location, held_on, "/date")
    lesson = Lesson(
        group_id=group_id,
        provider_id=group.provider_id,
        organisation_id=group.organisation_id,
        gemeentecode=group.gemeentecode,
        held_on=held_on,
        day_part=day_part.value,
        starts_at=starts_at,
        ends_at=ends_at,
        hours=hours,
    )
    tx.add(lesson)
    await tx.flush()
    return lesson


async def visible_lesson(tx: Tx, lesson_id: UUID) -> Lesson:
    """The lesson, for a reader.

    Raises:
        NotFound: it is not there or not the caller's.
    """
    lesson = await tx.get(Lesson, lesson_id)
    if lesson is None:
        raise NotFound("Een les met dit nummer is niet gevonden.")
    return lesson


async def cancel_lesson(tx: Tx, *, lesson_id: UUID, reason: str | None) -> Lesson:
    """Take a lesson out of the timetable; one with registrations was held, so it stays."""
    lesson = await store.lock_lesson(tx, lesson_id)
    if lesson is None:
        raise NotFound("Een les met dit nummer is niet gevonden.")
    if lesson.cancelled_at is not None:
        return lesson
    if await store.lesson_has_registrations(tx, lesson_id):
        raise LessonRegistered("Er is al aanwezigheid geregistreerd.")
    lesson.cancelled_at = tx.now
    lesson.cancel_reason = reason
    await tx.flush()
    await withdraw_missing(tx, [lesson_id], reason="lesson-cancelled")
    return lesson
