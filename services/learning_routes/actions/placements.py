# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Placements: the referral, the wait, the school's intake, the first lesson and the end."""

from datetime import date, timedelta
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, ReferenceNotYetKnown
from contracts.learning_routes import (
    PlacementEnded,
    PlacementMade,
    PlacementStarted,
    PlacementStartWithdrawn,
)
from services.learning_routes import rules, store
from services.learning_routes.actions.clocks import Clock, meet_clock, run_clock, withdraw_clock
from services.learning_routes.actions.visibility import check_executes, unknown_reference, unseen
from services.learning_routes.errors import (
    AlreadyEnded,
    AlreadyPlaced,
    AlreadyStarted,
    ContractMissing,
    KeurmerkExpired,
    NoIntakeTerm,
    OutsidePlacement,
    OverrunReasonRequired,
    RegisteredLater,
    RouteNotOffered,
    WaitingBackwards,
    on_day,
)
from services.learning_routes.models import Inburgeraar, Placement, Provider, WaitingEntry

__all__ = [
    "add_waiting_entry",
    "end_placement",
    "follow_first_lesson",
    "hold_intake",
    "locked_placement",
    "make_placement",
    "start_placement",
    "visible_person",
    "visible_placement",
]

KEURMERK_RULE = "Wet inburgering 2021 art. 16 lid 3 en art. 32"


def _not_in_future(tx: Tx, day: date, pointer: str) -> None:
    if day > tx.today:
        raise InvalidInput.on(pointer, "Deze dag ligt in de toekomst.", code="in-future")


async def _check_keurmerk(tx: Tx, provider: Provider, day: date) -> None:
    """Refuse a provider without a valid mark on `day`, naming the days of the marks that it had."""
    periods = (await store.marks_of(tx, [provider.id]))[provider.id]
    if rules.mark_on(periods, day):
        return
    known = "; ".join(
        f"van {on_day(period.since)}"
        + ("" if period.until is None else f" tot en met {on_day(period.until)}")
        for period in periods
    )
    raise KeurmerkExpired.on(
        "/referredOn",
        f"{provider.name} heeft op {on_day(day)} geen geldig keurmerk. Bekende periodes: {known}.",
        code="keurmerk-expired",
        rule=KEURMERK_RULE,
    )


def _start_article(term: rules.StartTerm) -> str:
    if term.working_days is not None:
        return f"Schoolcontract: eerste les binnen {term.working_days} werkdagen na de aanmelding"
    return f"Schoolcontract: eerste les binnen {term.start_days} dagen na de intake van de school"


async def make_placement(
    tx: Tx,
    *,
    inburgeraar_id: UUID,
    provider_id: UUID,
    leerroute: rules.Leerroute,
    referred_on: date,
    provider_reference: str | None,
) -> Placement:
    """Refer somebody to a school, with the day on which the first lesson is due."""
    _not_in_future(tx, referred_on, "/referredOn")
    # The lock makes two referrals of one person take turns, and a move wait.
    person = await store.lock_person(tx, inburgeraar_id)
    if person is None:
        raise await unknown_reference(tx, inburgeraar_id, "/inburgeraarId", "Een inburgeraar")
    check_executes(tx, person.gemeentecode)
    provider = await tx.get(Provider, provider_id)
    if provider is None:
        raise ReferenceNotYetKnown.on(
            "/providerId", "Deze aanbieder is hier nog niet bekend.", code="reference-not-yet-known"
        )
    if leerroute not in provider.routes:
        raise RouteNotOffered.on(
            "/leerroute", f"{provider.name} geeft deze leerroutes: {', '.join(provider.routes)}."
        )
    await _check_keurmerk(tx, provider, referred_on)
    contract = await store.contract_for(tx, provider_id, person.gemeentecode, referred_on)
    if contract is None:
        raise ContractMissing.on(
            "/providerId",
            f"Gemeente {person.gemeentecode} heeft op {on_day(referred_on)} geen contract met {provider.name}.",
        )
    if await store.open_placement(tx, inburgeraar_id, provider_id, leerroute) is not None:
        raise AlreadyPlaced(f"Er is al een lopende plaatsing bij {provider.name} voor deze leerroute.")
    start = (await store.terms_of(tx, [contract.id]))[contract.id].on(referred_on).start
    placement = Placement(
        inburgeraar_id=inburgeraar_id,
        gemeentecode=person.gemeentecode,
        provider_id=provider_id,
        organisation_id=provider.organisation_id,
        contract_id=contract.id,
        leerroute=leerroute.value,
        payer=rules.payer_of(person.group).value,
        provider_reference=provider_reference,
        referred_on=referred_on,
        intake_due_on=start.intake_due(referred_on),
        start_due_on=start.start_due(referred_on),
    )
    tx.add(placement)
    await tx.flush()
    await store.save_scope(tx, placement.id, placement.gemeentecode)
    await _publish_made(tx, placement)
    if placement.intake_due_on is not None:
        await run_clock(
            tx,
            placement,
            Clock.SCHOOL_INTAKE,
            starts_on=referred_on,
            due_on=placement.intake_due_on,
            article=f"Schoolcontract: intake van de school binnen {start.intake_days} dagen na de aanmelding",
        )
    await run_clock(
        tx,
        placement,
        Clock.LESSONS_START,
        starts_on=referred_on,
        due_on=placement.start_due_on,
        article=_start_article(start),
    )
    tx.look(inburgeraar_id, placement.gemeentecode)
    return placement


async def _publish_made(tx: Tx, placement: Placement) -> None:
    await tx.publish(
        PlacementMade(
            placement_id=placement.id,
            inburgeraar_id=placement.inburgeraar_id,
            provider_id=placement.provider_id,
            organisation_id=placement.organisation_id,
            leerroute=rules.Leerroute(placement.leerroute).value,
            referred_on=placement.referred_on,
            start_due_on=placement.start_due_on,
        ),
        aggregate_id=placement.id,
        version=placement.version,
        gemeentecode=placement.gemeentecode,
    )


async def locked_placement(tx: Tx, placement_id: UUID) -> Placement:
    """The placement, locked and logged as seen.

    Raises:
        NotFound, AgreementMissing: it is not the caller's.
    """
    placement = await store.lock_placement(tx, placement_id)
    if placement is None:
        raise await unseen(tx, placement_id, "Een plaatsing")
    tx.look(placement.inburgeraar_id, placement.gemeentecode)
    return placement


def _check_open(placement: Placement) -> None:
    if placement.ended_on is not None:
        raise AlreadyEnded(f"De plaatsing eindigde op {on_day(placement.ended_on)}.")


async def _note_start(tx: Tx, placement: Placement, started_on: date) -> None:
    """Put the first lesson on record, stop the clock and the wait, and tell others."""
    placement.started_on = started_on
    placement.version += 1
    if not rules.is_late(started_on, placement.start_due_on):
        placement.overrun_reason = None
    waiting = await store.open_waiting_entry(tx, placement.id)
    if waiting is not None:
        waiting.until = max(waiting.since, started_on)
    await meet_clock(tx, placement, Clock.LESSONS_START, started_on)
    await tx.publish(
        PlacementStarted(
            placement_id=placement.id,
            inburgeraar_id=placement.inburgeraar_id,
            started_on=started_on,
        ),
        aggregate_id=placement.id,
        version=placement.version,
        gemeentecode=placement.gemeentecode,
    )


async def start_placement(
    tx: Tx, *, placement_id: UUID, started_on: date, overrun_reason: str | None
) -> Placement:
    """Record the first lesson, with the reason if it came after the term.

    A roll call may have recorded the start before; then this adds the reason, or moves the start
    forward to a lesson that was not registered here.
    """
    _not_in_future(tx, started_on, "/startedOn")
    placement = await locked_placement(tx, placement_id)
    _check_open(placement)
    if started_on < placement.referred_on:
        raise OutsidePlacement.on("/startedOn", f"De aanmelding was op {on_day(placement.referred_on)}.")
    known = placement.started_on
    if known is not None and (started_on > known or (placement.start_declared and started_on != known)):
        raise AlreadyStarted.on("/startedOn", f"De lessen begonnen op {on_day(known)}.")
    late = rules.is_late(started_on, placement.start_due_on)
    if late and overrun_reason is None and placement.overrun_reason is None:
        raise OverrunReasonRequired.on(
            "/overrunReason",
            f"De eerste les had uiterlijk op {on_day(placement.start_due_on)} moeten zijn. Geef de reden.",
            code="required",
            rule="Schoolcontract, starttermijn",
        )
    if started_on != known:
        await _note_start(tx, placement, started_on)
    placement.start_declared = True
    if late and overrun_reason is not None:
        placement.overrun_reason = overrun_reason
    await tx.flush()
    return placement


async def follow_first_lesson(tx: Tx, placement: Placement, first_present: date | None) -> None:
    """Let the start follow the first attended lesson, unless a person declared it.

    A late start without a reason stays visible as such (`overrunReasonMissing`); a roll call is
    never refused because of it. The caller holds the placement's lock.
    """
    if placement.start_declared or placement.started_on == first_present:
        return
    if first_present is not None:
        await _note_start(tx, placement, first_present)
        return
    # The only attended lesson was a mistake: the person still waits, and the clock runs again.
    placement.started_on = None
    placement.overrun_reason = None
    placement.version += 1
    await tx.publish(
        PlacementStartWithdrawn(placement_id=placement.id, inburgeraar_id=placement.inburgeraar_id),
        aggregate_id=placement.id,
        version=placement.version,
        gemeentecode=placement.gemeentecode,
    )
    if placement.ended_on is None:
        await _run_start_clock(tx, placement)


async def _run_start_clock(tx: Tx, placement: Placement) -> None:
    terms = (await store.terms_of(tx, [placement.contract_id]))[placement.contract_id]
    await run_clock(
        tx,
        placement,
        Clock.LESSONS_START,
        starts_on=placement.intake_held_on or placement.referred_on,
        due_on=placement.start_due_on,
        article=_start_article(terms.on(placement.referred_on).start),
    )


async def hold_intake(tx: Tx, *, placement_id: UUID, held_on: date) -> Placement:
    """Record the school's intake; the term for the first lesson runs from it."""
    _not_in_future(tx, held_on, "/heldOn")
    placement = await locked_placement(tx, placement_id)
    _check_open(placement)
    if placement.intake_due_on is None:
        raise NoIntakeTerm("Het contract met deze aanbieder kent geen termijn voor een intake van de school.")
    if held_on < placement.referred_on:
        raise OutsidePlacement.on("/heldOn", f"De aanmelding was op {on_day(placement.referred_on)}.")
    terms = (await store.terms_of(tx, [placement.contract_id]))[placement.contract_id]
    placement.intake_held_on = held_on
    placement.start_due_on = terms.on(placement.referred_on).start.start_due(placement.referred_on, held_on)
    placement.version += 1
    await meet_clock(tx, placement, Clock.SCHOOL_INTAKE, held_on)
    if placement.started_on is None:
        await _run_start_clock(tx, placement)
    await tx.flush()
    return placement


async def add_waiting_entry(
    tx: Tx, *, placement_id: UUID, reason: rules.WaitingReason, since: date | None
) -> WaitingEntry:
    """Record why somebody has no lessons yet. Who waits is not counted as started."""
    day = since or tx.today
    _not_in_future(tx, day, "/since")
    placement = await locked_placement(tx, placement_id)
    _check_open(placement)
    if placement.started_on is not None:
        raise AlreadyStarted(f"De lessen begonnen op {on_day(placement.started_on)}.")
    if day < placement.referred_on:
        raise OutsidePlacement.on("/since", f"De aanmelding was op {on_day(placement.referred_on)}.")
    before = await store.open_waiting_entry(tx, placement_id)
    if before is not None:
        if before.reason == reason:
            return before
        if day < before.since:
            raise WaitingBackwards.on("/since", f"De vorige reden geldt sinds {on_day(before.since)}.")
        before.until = max(before.since, day - timedelta(days=1))
        await tx.flush()
    entry = WaitingEntry(
        placement_id=placement_id,
        inburgeraar_id=placement.inburgeraar_id,
        organisation_id=placement.organisation_id,
        gemeentecode=placement.gemeentecode,
        reason=reason.value,
        since=day,
    )
    tx.add(entry)
    await tx.flush()
    return entry


async def end_placement(tx: Tx, *, placement_id: UUID, ended_on: date, reason: rules.EndReason) -> Placement:
    """End a placement; `ended_on` is its last day. Chairs, wait and clocks end with it."""
    _not_in_future(tx, ended_on, "/endedOn")
    placement = await locked_placement(tx, placement_id)
    if placement.ended_on == ended_on and placement.end_reason == reason:
        return placement
    _check_open(placement)
    if ended_on < placement.referred_on:
        raise OutsidePlacement.on("/endedOn", f"De aanmelding was op {on_day(placement.referred_on)}.")
    last = await store.last_registered_on(tx, placement_id)
    if placement.start_declared and placement.started_on is not None:
        last = max(last or placement.started_on, placement.started_on)
    if last is not None and last > ended_on:
        raise RegisteredLater.on("/endedOn", f"Er is nog een les op {on_day(last)}.")
    placement.ended_on = ended_on
    placement.end_reason = reason.value
    placement.version += 1
    await store.end_chairs(tx, placement_id, ended_on)
    waiting = await store.open_waiting_entry(tx, placement_id)
    if waiting is not None:
        waiting.until = max(waiting.since, ended_on)
    for clock in (Clock.SCHOOL_INTAKE, Clock.LESSONS_START):
        await withdraw_clock(tx, placement, clock, "placement-ended")
    await tx.publish(
        PlacementEnded(
            placement_id=placement.id,
            inburgeraar_id=placement.inburgeraar_id,
            organisation_id=placement.organisation_id,
            ended_on=ended_on,
            end_reason=reason.value,
        ),
        aggregate_id=placement.id,
        version=placement.version,
        gemeentecode=placement.gemeentecode,
    )
    await tx.flush()
    return placement


async def visible_placement(tx: Tx, placement_id: UUID) -> Placement:
    """The placement for a reader, logged as seen.

    Raises:
        NotFound, AgreementMissing: it is not the caller's.
    """
    placement = await tx.get(Placement, placement_id)
    if placement is None:
        raise await unseen(tx, placement_id, "Een plaatsing")
    tx.look(placement.inburgeraar_id, placement.gemeentecode)
    return placement


async def visible_person(tx: Tx, inburgeraar_id: UUID) -> Inburgeraar:
    """The person for a reader, logged as seen.

    Raises:
        NotFound, AgreementMissing: the person is not the caller's.
    """
    person = await tx.get(Inburgeraar, inburgeraar_id)
    if person is None:
        raise await unseen(tx, inburgeraar_id, "Een inburgeraar")
    tx.look(inburgeraar_id, person.gemeentecode)
    return person
