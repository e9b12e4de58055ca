# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What holds for the whole country: the national number, the inhabitants, and how the law stands."""

from datetime import date
from typing import Annotated

from fastapi import Path

from chassis.db import Tx
from chassis.errors import InvalidInput
from chassis.web import Day, Router, TxDep, access, problems
from contracts.access import Purpose, Role
from services.housing.actions import account as actions
from services.housing.api.account_schemas import (
    HalfYearText,
    InhabitantsIn,
    InhabitantsOut,
    InhabitantsRow,
    LawSwitchesOut,
    LawSwitchIn,
    LawSwitchOut,
    NationalTargetIn,
    NationalTargetOut,
    NationalVersionOut,
    Peildatum,
    half_year_of,
)
from services.housing.api.declarations import FIGURE_READERS, figures
from services.housing.errors import CorrectionReasonRequired, SwitchedOff
from services.housing.rules import law
from services.housing.rules.half_years import HalfYear
from services.housing.rules.targets import NationalNumber, in_force
from services.housing.store import account as store

router = Router()

NATIONAL_WRITERS = access(
    roles={Role.ADMINISTRATOR}, purpose=Purpose.ADMINISTRATION, activity="taakstelling-beheren"
)
"""What holds for the whole country is of no gemeente and of no province: whoever administers the platform
writes it down from the Staatscourant. A province would set targets outside it."""

NATIONAL_READERS = figures(FIGURE_READERS | {Role.ADMINISTRATOR}, "taakstelling-raadplegen")

YearPath = Annotated[int, Path(ge=1990, le=2100, description="Het jaar.")]


async def _national_out(tx: Tx, half_year: HalfYear, shares: dict[str, int]) -> NationalTargetOut:
    rows = await store.national_versions(tx, str(half_year))
    targets = await store.target_versions(tx, None, str(half_year))
    swapped = await store.targets_in_force(
        tx, {row.gemeentecode for row in targets}, str(half_year), tx.today
    )
    now = in_force([NationalNumber(row.persons, row.published_on) for row in rows], tx.today)
    return NationalTargetOut(
        half_year=str(half_year),
        publish_by=half_year.publish_by,
        inhabitants_on=half_year.inhabitants_on,
        versions=[
            NationalVersionOut(
                persons=row.persons,
                published_on=row.published_on,
                reason=row.reason,
                in_force=now is not None and now.published_on == row.published_on,
            )
            for row in rows
        ],
        shares=len(shares),
        shares_sum=sum(shares.values()),
        below_zero=sorted(code for code, persons in swapped.items() if persons < 0),
    )


@router.put(
    "/national-targets/{halfYear}",
    operation_id="publishNationalTarget",
    summary="Het landelijke aantal van een halfjaar vastleggen",
    response_model=NationalTargetOut,
    responses=problems(CorrectionReasonRequired, SwitchedOff),
    openapi_extra=NATIONAL_WRITERS,
)
async def publish_national_target(
    halfYear: Annotated[HalfYearText, Path()],  # noqa: N803 - as in the path
    body: NationalTargetIn,
    tx: TxDep,
) -> NationalTargetOut:
    """Legt het landelijke aantal vast en verdeelt het naar inwoners. Een herziening laat de oude versie staan.

    Kwamen de inwoners later of zijn ze gecorrigeerd, stuur dan hetzelfde getal nog eens: wie nog geen
    taakstelling had of nu een andere krijgt, krijgt een nieuwe versie. Verder verandert er niets.
    """
    half_year = half_year_of(halfYear, parameter="halfYear")
    shares = await actions.publish_national(
        tx,
        half_year=half_year,
        persons=body.persons,
        published_on=body.published_on,
        reason=body.reason,
    )
    return await _national_out(tx, half_year, shares)


@router.get(
    "/national-targets/{halfYear}",
    operation_id="readNationalTarget",
    summary="Het landelijke aantal van een halfjaar",
    response_model=NationalTargetOut,
    openapi_extra=NATIONAL_READERS,
)
async def read_national_target(
    halfYear: Annotated[HalfYearText, Path()],  # noqa: N803 - as in the path
    tx: TxDep,
) -> NationalTargetOut:
    """Het landelijke aantal met alle versies; `shares` telt de taakstellingen die u mag zien en hieruit volgen."""
    half_year = half_year_of(halfYear, parameter="halfYear")
    rows = await store.target_versions(tx, None, str(half_year))
    shares = {row.gemeentecode: row.persons for row in rows if row.source == "national"}
    return await _national_out(tx, half_year, shares)


async def _inhabitants_out(tx: Tx, counted_on: date) -> InhabitantsOut:
    rows = await store.inhabitants_rows(tx, counted_on)
    country = next((row.persons for row in rows if row.area == store.COUNTRY), None)
    return InhabitantsOut(
        counted_on=counted_on,
        country=country,
        gemeenten=[
            InhabitantsRow(gemeentecode=row.area, inhabitants=row.persons)
            for row in rows
            if row.area != store.COUNTRY
        ],
    )


@router.put(
    "/inhabitants/{year}",
    operation_id="setInhabitants",
    summary="De inwoners op 1 januari vastleggen",
    response_model=InhabitantsOut,
    openapi_extra=NATIONAL_WRITERS,
)
async def set_inhabitants(year: YearPath, body: InhabitantsIn, tx: TxDep) -> InhabitantsOut:
    """Legt vast hoeveel inwoners land en gemeenten hadden; daarnaar wordt de taakstelling verdeeld.

    Een taakstelling die er al is, blijft staan tot het landelijke aantal opnieuw wordt gestuurd.
    """
    counted_on = date(year, 1, 1)
    seen: set[str] = set()
    for place, row in enumerate(body.gemeenten):
        if row.gemeentecode in seen:
            pointer = f"/gemeenten/{place}/gemeentecode"
            raise InvalidInput.on(pointer, "Deze gemeente komt twee keer voor.", code="double")
        seen.add(row.gemeentecode)
    await actions.set_inhabitants(
        tx,
        counted_on=counted_on,
        country=body.country,
        gemeenten={row.gemeentecode: row.inhabitants for row in body.gemeenten},
        source=body.source,
    )
    return await _inhabitants_out(tx, counted_on)


@router.get(
    "/inhabitants/{year}",
    operation_id="readInhabitants",
    summary="De inwoners op 1 januari",
    response_model=InhabitantsOut,
    openapi_extra=NATIONAL_READERS,
)
async def read_inhabitants(year: YearPath, tx: TxDep) -> InhabitantsOut:
    """De inwoners van land en gemeenten op 1 januari van een jaar."""
    return await _inhabitants_out(tx, date(year, 1, 1))


@router.put(
    "/law-switches/{switch}/{since}",
    operation_id="switchLaw",
    summary="Een wetswijziging vastleggen",
    response_model=LawSwitchOut,
    openapi_extra=NATIONAL_WRITERS,
)
async def switch_law(switch: law.LawSwitch, since: Day, body: LawSwitchIn, tx: TxDep) -> LawSwitchOut:
    """Zet een onderdeel van de huisvestingswet aan of uit vanaf een dag, met de bron. Het laatste woord telt."""
    await actions.switch_law(tx, switch=switch, since=since, on=body.on, source=body.source)
    return LawSwitchOut(switch=switch, since=since, on=body.on, source=body.source)


@router.get(
    "/law-switches",
    operation_id="readLawSwitches",
    summary="Hoe de huisvestingswet staat",
    response_model=LawSwitchesOut,
    openapi_extra=NATIONAL_READERS,
)
async def read_law_switches(
    tx: TxDep,
    peildatum: Peildatum = None,
) -> LawSwitchesOut:
    """Welke onderdelen van de wet op een dag gelden: taakstelling, voorrang, Spreidingswet, doorstroomlocaties."""
    day = peildatum or tx.today
    rows = await store.law_rows(tx)
    return LawSwitchesOut(
        peildatum=day,
        in_force={switch.value: law.in_force(rows, switch, day) for switch in law.LawSwitch},
        rows=[LawSwitchOut(switch=row.switch, since=row.since, on=row.on, source=row.source) for row in rows],
    )
