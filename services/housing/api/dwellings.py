# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Dwellings on offer, and the quarters in which they stand."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from chassis.errors import (
    AgreementMissing,
    Forbidden,
    NotFound,
    PreconditionRequired,
    ReferenceNotYetKnown,
    StaleVersion,
)
from chassis.schema import described
from chassis.web import (
    Cents,
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    IfMatchDep,
    LongText,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    problems,
    set_etag,
)
from services.housing.actions import dwellings as actions
from services.housing.api.declarations import (
    CORPORATION,
    DWELLING_READERS,
    MUNICIPALITY,
    VWN,
    MonthlyRent,
    housing,
)
from services.housing.errors import DwellingInUse, DwellingNotOffered, ReferenceExists, SwitchedOff
from services.housing.models import Dwelling, Quarter
from services.housing.rules.codes import DwellingKind, DwellingStatus
from services.housing.store import dwellings as store

router = Router()

DwellingRule = Literal["no-singles-in-family-dwelling", "no-sharing", "full-occupation"]
Rooms = Annotated[int, Field(ge=1, le=30)]
Persons = Annotated[int, Field(ge=1, le=30)]
Stay = Annotated[int, Field(ge=0, le=120)]
Hm = Annotated[int, Field(ge=-100_000, le=100_000)]


class DwellingIn(Schema):
    """Een woning die wordt aangeboden."""

    corporation_id: UUID | None = described(
        "De corporatie; een corporatie zelf kan dit weglaten.", default=None
    )
    gemeentecode: Gemeentecode | None = described(
        "De gemeente; nodig als de corporatie er in meer dan één woningen heeft.", default=None
    )
    quarter: ShortText = described("De wijk.")
    rooms: Rooms = described("Aantal kamers, de woonkamer meegeteld.")
    size_m2: Annotated[int, Field(ge=1, le=2000)] = described("Oppervlakte in m2.")
    rent_cents: MonthlyRent = described("Huur per maand, in centen.")
    available_from: Day = described("Eerste dag waarop de woning leeg is.")
    reference: ShortText | None = described("Nummer in het systeem van de corporatie.", default=None)
    kind: DwellingKind | None = described(
        "Soort; zonder opgave studio bij één kamer en anders eengezins.", default=None
    )
    min_persons: Persons | None = described(
        "Voor hoeveel personen ten minste; zonder opgave 1.", default=None
    )
    max_persons: Persons | None = described(
        "Voor hoeveel personen ten hoogste; zonder opgave twee per slaapkamer.", default=None
    )
    accessible: bool = described("Of de woning toegankelijk is.", default=False)
    max_stay_months: Stay | None = described(
        "Langste verblijf in maanden, 0 voor vast; zonder opgave 12 bij doorstroom. Nodig bij flex.",
        default=None,
    )
    share_slots: Annotated[int, Field(ge=0, le=20)] = described(
        "Hoeveel alleenstaanden de woning kunnen delen; 0: niemand. Nodig bij een gedeelde woning.",
        default=0,
    )
    share_min: Annotated[int, Field(ge=0, le=20)] | None = described(
        "Met hoeveel ten minste; zonder opgave 2.", default=None
    )
    project_id: UUID | None = described("Het project van flex- of doorstroomwoningen.", default=None)
    rules: list[DwellingRule] = described("Regels bij deze woning.", default_factory=list, max_length=3)


class WithdrawalIn(Schema):
    """Het terugnemen van een woning."""

    on: Day = described("Vanaf welke dag.")
    reason: LongText = described("Waarom.")


class DwellingOut(Schema):
    """Een woning."""

    id: UUID
    gemeentecode: Gemeentecode
    corporation_id: UUID
    quarter: str
    quarter_id: UUID
    reference: str | None
    kind: DwellingKind
    rooms: int
    size_m2: int
    rent_cents: Cents
    min_persons: int
    max_persons: int
    accessible: bool
    available_from: Day
    max_stay_months: int
    share_slots: int
    share_min: int
    project_id: UUID | None
    rules: list[DwellingRule]
    status: DwellingStatus
    offered_on: Day
    withdrawn_on: DayOrNone
    withdraw_reason: str | None


class QuarterPatch(Schema):
    """Wat er van een wijk bekend is; wat ontbreekt blijft zoals het is."""

    x: Hm = described("Plaats oost-west, in hm.", default=0)
    y: Hm = described("Plaats noord-zuid, in hm.", default=0)
    school: bool = described("Of een school dichtbij is.", default=False)
    cap: Count | None = described(
        "Nieuwe bewoners per half jaar ten hoogste; leeg: geen grens.", default=None
    )
    social_dwellings: Count | None = described("Aantal sociale huurwoningen.", default=None)


class QuarterOut(Schema):
    """Een wijk."""

    id: UUID
    gemeentecode: Gemeentecode
    name: str
    x: int
    y: int
    school: bool
    cap: int | None
    social_dwellings: int | None


def dwelling_out(row: Dwelling, quarter: Quarter) -> DwellingOut:
    """A dwelling for who asked."""
    shown = row.model_dump(include=set(DwellingOut.model_fields))
    return DwellingOut.model_validate({**shown, "quarter": quarter.name})


async def _answer(tx: TxDep, row: Dwelling, response: Response) -> DwellingOut:
    set_etag(response, row.version)
    return dwelling_out(row, (await store.quarters_by_id(tx, [row.quarter_id]))[row.quarter_id])


@router.post(
    "/dwellings",
    operation_id="offerDwelling",
    summary="Een woning aanbieden",
    status_code=201,
    response_model=DwellingOut,
    responses=problems(Forbidden, AgreementMissing, ReferenceNotYetKnown, ReferenceExists, SwitchedOff),
    openapi_extra=housing(CORPORATION | VWN, "woning-aanbieden"),
)
async def offer_dwelling(body: DwellingIn, tx: TxDep, response: Response) -> DwellingOut:
    """Biedt een woning aan. Vanaf nu kan er een match voor worden voorgesteld."""
    values = body.model_dump()
    dwelling = await actions.offer_dwelling(tx, actions.Offer(**{**values, "rules": tuple(values["rules"])}))
    return await _answer(tx, dwelling, response)


@router.get(
    "/dwellings",
    operation_id="listDwellings",
    summary="Woningen",
    response_model=Page[DwellingOut],
    openapi_extra=housing(DWELLING_READERS, "woning-raadplegen"),
)
async def list_dwellings(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen in deze gemeente.")] = None,
    status: Annotated[DwellingStatus | None, Query(description="Alleen met deze status.")] = None,
    corporation_id: Annotated[
        UUID | None, Query(alias="corporationId", description="Alleen van deze corporatie.")
    ] = None,
    kind: Annotated[DwellingKind | None, Query(description="Alleen van deze soort.")] = None,
) -> object:
    """De woningen die u mag zien. Een corporatie ziet alleen haar eigen woningen."""
    rows = await store.dwellings_page(
        tx,
        gemeentecode=gemeentecode,
        status=status,
        corporation_id=corporation_id,
        kind=kind,
        after=paging.after_id,
        limit=paging.fetch,
    )
    quarters = await store.quarters_by_id(tx, {row.quarter_id for row in rows})
    return paging.page(
        rows, key=lambda row: (row.id,), item=lambda row: dwelling_out(row, quarters[row.quarter_id])
    )


@router.get(
    "/dwellings/{dwellingId}",
    operation_id="readDwelling",
    summary="Een woning",
    response_model=DwellingOut,
    responses=problems(NotFound),
    openapi_extra=housing(DWELLING_READERS, "woning-raadplegen"),
)
async def read_dwelling(dwellingId: UUID, tx: TxDep, response: Response) -> DwellingOut:  # noqa: N803 - as in the path
    """Een woning met haar status."""
    return await _answer(tx, await actions.visible_dwelling(tx, dwellingId), response)


@router.post(
    "/dwellings/{dwellingId}/withdrawal",
    operation_id="withdrawDwelling",
    summary="Een woning terugnemen",
    response_model=DwellingOut,
    responses=problems(NotFound, DwellingInUse, DwellingNotOffered),
    openapi_extra=housing(CORPORATION | VWN, "woning-aanbieden"),
)
async def withdraw_dwelling(
    dwellingId: UUID,  # noqa: N803 - as in the path
    body: WithdrawalIn,
    tx: TxDep,
    response: Response,
) -> DwellingOut:
    """Neemt een aangeboden woning terug, met de reden. Loopt er een match, dan kan dat niet."""
    dwelling = await actions.withdraw_dwelling(tx, dwelling_id=dwellingId, on=body.on, reason=body.reason)
    return await _answer(tx, dwelling, response)


@router.get(
    "/quarters",
    operation_id="listQuarters",
    summary="Wijken",
    response_model=Page[QuarterOut],
    openapi_extra=housing(DWELLING_READERS, "wijk-raadplegen"),
)
async def list_quarters(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
) -> object:
    """De wijken waarover de huisvesting wordt gespreid."""
    rows = await store.quarters_page(tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch)
    return paging.page(
        rows, key=lambda row: (row.id,), item=lambda row: QuarterOut(**row.model_dump(exclude={"version"}))
    )


@router.get(
    "/quarters/{quarterId}",
    operation_id="readQuarter",
    summary="Een wijk",
    response_model=QuarterOut,
    responses=problems(NotFound),
    openapi_extra=housing(DWELLING_READERS, "wijk-raadplegen"),
)
async def read_quarter(quarterId: UUID, tx: TxDep, response: Response) -> QuarterOut:  # noqa: N803 - as in the path
    """Een wijk, met wat er voor de spreiding telt."""
    quarter = await tx.get(Quarter, quarterId)
    if quarter is None:
        raise NotFound("Een wijk met dit nummer is niet gevonden.")
    set_etag(response, quarter.version)
    return QuarterOut(**quarter.model_dump(exclude={"version"}))


@router.patch(
    "/quarters/{quarterId}",
    operation_id="changeQuarter",
    summary="Een wijk bijwerken",
    response_model=QuarterOut,
    responses=problems(NotFound, AgreementMissing, StaleVersion, PreconditionRequired),
    openapi_extra=housing(MUNICIPALITY, "wijk-beheren"),
)
async def change_quarter(
    quarterId: UUID,  # noqa: N803 - as in the path
    body: QuarterPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> QuarterOut:
    """Legt vast waar de wijk ligt, of er een school is en hoeveel mensen er kunnen komen."""
    quarter = await actions.change_quarter(
        tx,
        quarter_id=quarterId,
        expected_version=expected,
        changes=body.model_dump(include=body.model_fields_set),
    )
    set_etag(response, quarter.version)
    return QuarterOut(**quarter.model_dump(exclude={"version"}))
