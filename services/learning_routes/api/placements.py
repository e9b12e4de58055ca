# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Placements, from referral to end, and the waiting list."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.db import Tx
from chassis.errors import AgreementMissing, Forbidden, NotFound, ReferenceNotYetKnown
from chassis.schema import described
from chassis.web import (
    Day,
    DayOrNone,
    Gemeentecode,
    LongText,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    problems,
)
from services.learning_routes import actions, rules, store
from services.learning_routes.api.declarations import CASE_WORKERS, PERSON_READERS, SCHOOL, education
from services.learning_routes.api.ways import LearningWay, way_out
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
)
from services.learning_routes.models import Placement, WaitingEntry

router = Router()


class PlacementStatus(StrEnum):
    """Waar een plaatsing staat."""

    WAITING = "waiting"
    STARTED = "started"
    ENDED = "ended"


class PlacementIn(Schema):
    """Een aanmelding bij een school."""

    inburgeraar_id: UUID = described("De inburgeraar.")
    provider_id: UUID = described("De aanbieder.")
    leerroute: rules.Leerroute = described("De leerroute van de lessen.")
    referred_on: Day = described("Dag van de aanmelding; de starttermijn loopt vanaf deze dag.")
    provider_reference: ShortText | None = described(
        "Het nummer van de inburgeraar bij de school.", default=None
    )


class StartIn(Schema):
    """De eerste les."""

    started_on: Day = described("Dag van de eerste les.")
    overrun_reason: LongText | None = described(
        "Waarom de starttermijn niet is gehaald; verplicht bij een te late start.", default=None
    )


class IntakeIn(Schema):
    """De intake van de school."""

    held_on: Day = described("Dag van de intake bij de school.")


class EndIn(Schema):
    """Het einde van een plaatsing."""

    ended_on: Day = described("Laatste dag van de plaatsing.")
    reason: rules.EndReason = described("Waarom de plaatsing eindigt.")


class WaitingIn(Schema):
    """Waarom iemand wacht."""

    reason: rules.WaitingReason = described("Waarom er nog geen lessen zijn.")
    since: DayOrNone = described("Sinds wanneer; vandaag als het ontbreekt.", default=None)


class WaitingOut(Schema):
    """Een wachtreden."""

    id: UUID
    placement_id: UUID
    inburgeraar_id: UUID
    gemeentecode: Gemeentecode
    provider_id: UUID
    leerroute: rules.Leerroute
    reason: rules.WaitingReason
    since: Day
    until: DayOrNone
    start_due_on: Day
    overdue: bool = described("Of de starttermijn al voorbij is.")


class PlacementOut(Schema):
    """Een plaatsing."""

    id: UUID
    inburgeraar_id: UUID
    gemeentecode: Gemeentecode
    provider_id: UUID
    organisation_id: UUID
    contract_id: UUID
    leerroute: rules.Leerroute
    payer: rules.Payer
    provider_reference: str | None
    referred_on: Day
    intake_due_on: DayOrNone
    intake_held_on: DayOrNone
    start_due_on: Day
    started_on: DayOrNone
    start_late: bool = described("Of de eerste les te laat was, of nu te laat is.")
    overrun_reason: str | None
    overrun_reason_missing: bool = described("De start was te laat en niemand gaf nog de reden.")
    ended_on: DayOrNone
    end_reason: rules.EndReason | None
    status: PlacementStatus
    pip_leerroute: rules.Leerroute | None = described("De leerroute van het PIP dat nu geldt.")
    matches_pip: bool | None = described("Of de plaatsing bij het PIP past; leeg zolang er geen PIP is.")
    learning_way: LearningWay


def _status(placement: Placement) -> PlacementStatus:
    if placement.ended_on is not None:
        return PlacementStatus.ENDED
    return PlacementStatus.WAITING if placement.started_on is None else PlacementStatus.STARTED


def placement_out(tx: Tx, placement: Placement, course: actions.Course) -> PlacementOut:
    """The answer for one placement."""
    pip_leerroute = course.leerroute
    last_possible = placement.started_on or min(tx.today, placement.ended_on or tx.today)
    late = rules.is_late(last_possible, placement.start_due_on)
    return PlacementOut(
        **placement.model_dump(exclude={"sickness_above", "start_declared", "version"}),
        start_late=late,
        overrun_reason_missing=late and placement.started_on is not None and placement.overrun_reason is None,
        status=_status(placement),
        pip_leerroute=None if pip_leerroute is None else rules.Leerroute(pip_leerroute),
        matches_pip=None if pip_leerroute is None else placement.leerroute == pip_leerroute,
        learning_way=way_out(course),
    )


async def _answer(tx: Tx, placement: Placement) -> PlacementOut:
    courses = await actions.courses_of(tx, [placement.inburgeraar_id])
    return placement_out(tx, placement, courses[placement.inburgeraar_id])


def _waiting_out(tx: Tx, entry: WaitingEntry, placement: Placement) -> WaitingOut:
    return WaitingOut(
        **entry.model_dump(exclude={"organisation_id"}),
        provider_id=placement.provider_id,
        leerroute=rules.Leerroute(placement.leerroute),
        start_due_on=placement.start_due_on,
        overdue=rules.is_late(tx.today, placement.start_due_on),
    )


@router.post(
    "/placements",
    operation_id="makePlacement",
    summary="Een inburgeraar bij een school aanmelden",
    status_code=201,
    response_model=PlacementOut,
    responses=problems(
        Forbidden,
        AgreementMissing,
        ReferenceNotYetKnown,
        RouteNotOffered,
        KeurmerkExpired,
        ContractMissing,
        AlreadyPlaced,
    ),
    openapi_extra=education(CASE_WORKERS, "plaatsing-maken", idempotency="required"),
)
async def make_placement(body: PlacementIn, tx: TxDep) -> PlacementOut:
    """Meldt een inburgeraar aan. Het antwoord zegt wanneer de eerste les er uiterlijk moet zijn en wie betaalt."""
    placement = await actions.make_placement(
        tx,
        inburgeraar_id=body.inburgeraar_id,
        provider_id=body.provider_id,
        leerroute=body.leerroute,
        referred_on=body.referred_on,
        provider_reference=body.provider_reference,
    )
    return await _answer(tx, placement)


@router.get(
    "/placements",
    operation_id="listPlacements",
    summary="Plaatsingen",
    response_model=Page[PlacementOut],
    openapi_extra=education(PERSON_READERS, "plaatsing-raadplegen"),
)
async def list_placements(
    tx: TxDep,
    paging: PagingDep,
    inburgeraar_id: Annotated[
        UUID | None, Query(alias="inburgeraarId", description="Alleen van deze inburgeraar.")
    ] = None,
    provider_id: Annotated[
        UUID | None, Query(alias="providerId", description="Alleen bij deze aanbieder.")
    ] = None,
    gemeentecode: Annotated[
        Gemeentecode | None, Query(description="Alleen van inburgeraars van deze gemeente.")
    ] = None,
    status: Annotated[
        PlacementStatus | None, Query(description="waiting: nog geen les; started: loopt; ended: beëindigd.")
    ] = None,
) -> object:
    """De plaatsingen die u mag zien."""
    rows = await store.placements_page(
        tx,
        inburgeraar_id=inburgeraar_id,
        provider_id=provider_id,
        gemeentecode=gemeentecode,
        status=status,
        after=paging.after_id,
        limit=paging.fetch,
    )
    shown = rows[: paging.size]
    for row in shown:
        tx.look(row.inburgeraar_id, row.gemeentecode)
    courses = await actions.courses_of(tx, {row.inburgeraar_id for row in shown})
    return paging.page(
        rows, key=lambda row: (row.id,), item=lambda row: placement_out(tx, row, courses[row.inburgeraar_id])
    )


@router.get(
    "/placements/{placementId}",
    operation_id="readPlacement",
    summary="Een plaatsing",
    response_model=PlacementOut,
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=education(PERSON_READERS, "plaatsing-raadplegen"),
)
async def read_placement(placementId: UUID, tx: TxDep) -> PlacementOut:  # noqa: N803 - as in the path
    """Een plaatsing met de starttermijn en de eerste les."""
    return await _answer(tx, await actions.visible_placement(tx, placementId))


@router.post(
    "/placements/{placementId}/start",
    operation_id="startPlacement",
    summary="De eerste les vastleggen",
    response_model=PlacementOut,
    responses=problems(
        NotFound, AgreementMissing, OverrunReasonRequired, AlreadyStarted, AlreadyEnded, OutsidePlacement
    ),
    openapi_extra=education(CASE_WORKERS | SCHOOL, "plaatsing-starten"),
)
async def start_placement(placementId: UUID, body: StartIn, tx: TxDep) -> PlacementOut:  # noqa: N803 - as in the path
    """Legt de eerste les vast. Na de starttermijn is 'overrunReason' verplicht, tenzij de reden al bekend is."""
    placement = await actions.start_placement(
        tx, placement_id=placementId, started_on=body.started_on, overrun_reason=body.overrun_reason
    )
    return await _answer(tx, placement)


@router.post(
    "/placements/{placementId}/intake",
    operation_id="holdSchoolIntake",
    summary="De intake van de school vastleggen",
    response_model=PlacementOut,
    responses=problems(NotFound, AgreementMissing, NoIntakeTerm, AlreadyEnded, OutsidePlacement),
    openapi_extra=education(CASE_WORKERS | SCHOOL, "plaatsing-starten"),
)
async def hold_school_intake(placementId: UUID, body: IntakeIn, tx: TxDep) -> PlacementOut:  # noqa: N803 - as in the path
    """Legt de intake van de school vast. De termijn voor de eerste les loopt dan vanaf die dag."""
    return await _answer(tx, await actions.hold_intake(tx, placement_id=placementId, held_on=body.held_on))


@router.post(
    "/placements/{placementId}/end",
    operation_id="endPlacement",
    summary="Een plaatsing beëindigen",
    response_model=PlacementOut,
    responses=problems(NotFound, AgreementMissing, AlreadyEnded, OutsidePlacement, RegisteredLater),
    openapi_extra=education(CASE_WORKERS | SCHOOL, "plaatsing-beeindigen"),
)
async def end_placement(placementId: UUID, body: EndIn, tx: TxDep) -> PlacementOut:  # noqa: N803 - as in the path
    """Beëindigt een plaatsing, met de reden. De plaats in de groep en de termijnen vervallen."""
    placement = await actions.end_placement(
        tx, placement_id=placementId, ended_on=body.ended_on, reason=body.reason
    )
    return await _answer(tx, placement)


@router.post(
    "/placements/{placementId}/waiting-entries",
    operation_id="addWaitingEntry",
    summary="Vastleggen waarom iemand wacht",
    status_code=201,
    response_model=WaitingOut,
    responses=problems(
        NotFound, AgreementMissing, AlreadyStarted, AlreadyEnded, OutsidePlacement, WaitingBackwards
    ),
    openapi_extra=education(CASE_WORKERS | SCHOOL, "wachtlijst-bijhouden"),
)
async def add_waiting_entry(placementId: UUID, body: WaitingIn, tx: TxDep) -> WaitingOut:  # noqa: N803 - as in the path
    """Zet een aangemelde inburgeraar op de wachtlijst, met de reden. Wie wacht telt niet als gestart."""
    entry = await actions.add_waiting_entry(
        tx, placement_id=placementId, reason=body.reason, since=body.since
    )
    return _waiting_out(tx, entry, await actions.visible_placement(tx, placementId))


@router.get(
    "/placements/{placementId}/waiting-entries",
    operation_id="readWaitingEntries",
    summary="Waarom iemand wachtte",
    response_model=Page[WaitingOut],
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=education(PERSON_READERS, "wachtlijst-raadplegen"),
)
async def read_waiting_entries(placementId: UUID, tx: TxDep, paging: PagingDep) -> object:  # noqa: N803 - as in the path
    """Alle wachtredenen van een plaatsing, de oudste eerst."""
    placement = await actions.visible_placement(tx, placementId)
    rows = await store.waiting_history(
        tx, placementId, after=paging.position(*store.WAITING_KEY), limit=paging.fetch
    )
    return paging.page(
        rows, key=lambda row: (row.since, row.id), item=lambda row: _waiting_out(tx, row, placement)
    )


@router.get(
    "/waiting-entries",
    operation_id="listWaitingEntries",
    summary="De wachtlijst",
    response_model=Page[WaitingOut],
    openapi_extra=education(PERSON_READERS, "wachtlijst-raadplegen"),
)
async def list_waiting_entries(
    tx: TxDep,
    paging: PagingDep,
    provider_id: Annotated[
        UUID | None, Query(alias="providerId", description="Alleen bij deze aanbieder.")
    ] = None,
    gemeentecode: Annotated[
        Gemeentecode | None, Query(description="Alleen inburgeraars van deze gemeente.")
    ] = None,
    reason: Annotated[rules.WaitingReason | None, Query(description="Alleen met deze reden.")] = None,
) -> object:
    """Wie nu wacht, met de reden; wie het langst wacht eerst."""
    rows = await store.waiting_page(
        tx,
        provider_id=provider_id,
        gemeentecode=gemeentecode,
        reason=reason,
        after=paging.position(*store.WAITING_KEY),
        limit=paging.fetch,
    )
    for _, placement in rows[: paging.size]:
        tx.look(placement.inburgeraar_id, placement.gemeentecode)
    return paging.page(
        rows,
        key=lambda row: (row[0].since, row[0].id),
        item=lambda row: _waiting_out(tx, row[0], row[1]),
    )
