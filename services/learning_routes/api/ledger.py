# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ledger of one person, and the rates of a month."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from chassis.errors import AgreementMissing, NotFound
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    Hours,
    HoursOrNone,
    Router,
    Schema,
    TxDep,
    problems,
)
from services.learning_routes import actions, rules
from services.learning_routes.api.declarations import PERSON_READERS, education
from services.learning_routes.api.ways import LearningWay, way_out

router = Router()


class HoursOut(Schema):
    """Lesuren naar wat ervan werd. Alles behalve 'offered' en 'pending' telt op tot 'offered'."""

    offered: Hours = described("Aangeboden lesuren tot en met vandaag.")
    attended: Hours = described(
        "Gevolgd bij een aanbieder met geldig keurmerk; deze uren tellen voor de norm."
    )
    attended_without_mark: Hours = described("Gevolgd terwijl de aanbieder geen geldig keurmerk had.")
    partly_missed: Hours = described("De rest van lessen die deels zijn gevolgd.")
    excused: Hours = described("Geoorloofd afwezig.")
    sick: Hours = described("Ziek.")
    unexcused: Hours = described("Ongeoorloofd afwezig.")
    unregistered: Hours = described("Zonder registratie die meetelt.")
    pending: Hours = described("Waarvan een registratie wacht op goedkeuring.")


class PlacementHours(HoursOut):
    """De uren van een plaatsing."""

    placement_id: UUID
    provider_id: UUID
    leerroute: rules.Leerroute
    referred_on: Day
    ended_on: DayOrNone


class LedgerOut(HoursOut):
    """Het urenoverzicht van een inburgeraar."""

    inburgeraar_id: UUID
    gemeentecode: Gemeentecode
    leerroute: rules.Leerroute | None = described("Volgens het PIP; zonder PIP volgens de plaatsing.")
    target: HoursOrNone = described("De norm in lesuren; leeg als de leerroute geen norm in uren heeft.")
    short: float | int | None = described(
        "Nog te volgen: target min attended. Negatief als er meer is gevolgd; leeg zonder norm."
    )
    until: Day = described("Tot en met deze dag is geteld.")
    rule: str | None = described("Waar de norm staat.")
    learning_way: LearningWay
    placements: list[PlacementHours]


class RatesOut(HoursOut):
    """De aanwezigheid in een periode."""

    since: Day
    until: Day
    persons: Count = described("Inburgeraars aan wie lessen zijn aangeboden.")
    attendance_percent: HoursOrNone = described("Gevolgd deel van de uren met een registratie, in procenten.")
    completeness_percent: HoursOrNone = described(
        "Deel van de aangeboden uren met een registratie, in procenten."
    )


@router.get(
    "/inburgeraars/{inburgeraarId}/ledger",
    operation_id="readLedger",
    summary="Het urenoverzicht van een inburgeraar",
    response_model=LedgerOut,
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=education(PERSON_READERS, "urenoverzicht-raadplegen"),
)
async def read_ledger(inburgeraarId: UUID, tx: TxDep) -> LedgerOut:  # noqa: N803 - as in the path
    """Aangeboden, gevolgde en gemiste lesuren, en wat er nog ontbreekt aan de norm. Een school ziet de eigen uren."""
    ledger = await actions.read_ledger(tx, inburgeraarId)
    return LedgerOut(
        **_hours(ledger.hours),
        inburgeraar_id=inburgeraarId,
        gemeentecode=ledger.gemeentecode,
        leerroute=None if ledger.leerroute is None else rules.Leerroute(ledger.leerroute),
        target=ledger.target,
        short=None if ledger.short is None else float(ledger.short),
        until=tx.today,
        rule=None if ledger.target is None else "Besluit inburgering 2021 art. 3.14",
        learning_way=way_out(ledger.course),
        placements=[
            PlacementHours(
                **_hours(hours),
                placement_id=placement.id,
                provider_id=placement.provider_id,
                leerroute=rules.Leerroute(placement.leerroute),
                referred_on=placement.referred_on,
                ended_on=placement.ended_on,
            )
            for placement, hours in ledger.placements
        ],
    )


def _hours(hours: rules.Hours) -> dict[str, Any]:
    return {name: getattr(hours, name) for name in HoursOut.model_fields}


@router.get(
    "/attendance-rates",
    operation_id="readAttendanceRates",
    summary="De aanwezigheid in een periode",
    response_model=RatesOut,
    openapi_extra=education(PERSON_READERS, "aanwezigheid-raadplegen"),
)
async def read_attendance_rates(
    tx: TxDep,
    since: Annotated[
        Day, Query(alias="from", description="Eerste dag, bijvoorbeeld de eerste van de maand.")
    ],
    until: Annotated[Day, Query(description="Laatste dag.")],
    inburgeraar_id: Annotated[
        UUID | None, Query(alias="inburgeraarId", description="Alleen van deze inburgeraar.")
    ] = None,
    group_id: Annotated[UUID | None, Query(alias="groupId", description="Alleen van deze groep.")] = None,
    provider_id: Annotated[
        UUID | None, Query(alias="providerId", description="Alleen van deze aanbieder.")
    ] = None,
) -> RatesOut:
    """De uren van een persoon, groep of school in een periode, met het gevolgde deel. Telt wie u mag zien."""
    rates = await actions.read_rates(
        tx,
        since=since,
        until=until,
        inburgeraar_id=inburgeraar_id,
        group_id=group_id,
        provider_id=provider_id,
    )
    return RatesOut(
        **_hours(rates.hours),
        since=since,
        until=until,
        persons=rates.persons,
        attendance_percent=rules.share(rates.hours.attended_in_all, rates.hours.registered),
        completeness_percent=rules.share(rates.hours.registered, rates.hours.offered),
    )
