# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where providers teach, what the contracts ask of those places, and how near people's lessons are."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from chassis.errors import FieldError, Forbidden, InvalidInput, NotFound, PreconditionRequired, StaleVersion
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    HoursOrNone,
    IfMatchDep,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    problems,
    set_etag,
)
from services.learning_routes import actions, rules, store
from services.learning_routes.api.declarations import CONTRACT_MANAGERS, REGISTER_READERS, education
from services.learning_routes.errors import LocationInUse, RouteNotOffered
from services.learning_routes.models.locations import Location

router = Router()

Offers = Annotated[
    list[rules.LocationOffer],
    described(
        "Wat hier wordt gegeven: B1-lessen, de klas van Voorschoten, de onderwijsroute, Z-lessen, of kleine "
        "groepen voor wie in de eigen gemeente geen Z-les kan krijgen.",
        min_length=1,
        max_length=5,
    ),
]

_RULE = "Schoolcontracten van Leidschendam-Voorburg, Voorschoten en Wassenaar"


class LocationIn(Schema):
    """Een nieuwe locatie van een aanbieder."""

    name: ShortText = described("Naam van de locatie.")
    gemeentecode: Gemeentecode = described("De gemeente waarin de locatie ligt.")
    central: bool = described("Of het een centrale leslocatie is.", default=False, strict=True)
    offers: Offers
    valid_from: Day = described("Eerste dag waarop er les kan zijn.")
    valid_until: DayOrNone = described("Laatste dag; leeg als er geen einddatum is.", default=None)


class LocationPatch(Schema):
    """Wat er aan een locatie verandert; wat ontbreekt blijft zoals het is."""

    name: ShortText | None = described("Nieuwe naam.", default=None)
    central: bool | None = described("Of het een centrale leslocatie is.", default=None, strict=True)
    offers: Offers | None = described("Nieuwe lijst van wat hier wordt gegeven.", default=None)
    valid_until: DayOrNone = described("Laatste dag waarop er les kan zijn.", default=None)


class LocationOut(Schema):
    """Een locatie van een aanbieder."""

    id: UUID
    provider_id: UUID
    name: str
    gemeentecode: Gemeentecode
    central: bool
    offers: list[rules.LocationOffer]
    valid_from: Day
    valid_until: DayOrNone
    version: Count = described("Telt elke wijziging; ook de ETag.")


class LocationFindingOut(Schema):
    """Wat een controle vond."""

    check: rules.LocationCheck
    met: bool | None = described("Of eraan is voldaan; leeg als het contract dit niet vraagt.")
    location_ids: list[UUID] = described("De locaties die eraan voldoen.")
    group_ids: list[UUID] = described("De groepen die er niet aan voldoen.")
    persons: Count = described("Deelnemers uit een andere gemeente in die groepen, voor zover u ze mag zien.")
    rule: str


class LocationChecks(Schema):
    """Een contract naast de locaties van de aanbieder."""

    contract_id: UUID
    on: Day
    complete: bool = described("Of aan alles is voldaan wat het contract vraagt.")
    checks: list[LocationFindingOut]


class LessonPlacesRow(Schema):
    """De lessen van een leerroute. Een les telt voor iedere deelnemer die erin hoort."""

    leerroute: rules.Leerroute
    persons: Count | None = described("Inburgeraars met een les in de periode.")
    lessons: Count | None
    hours: HoursOrNone
    own_lessons: Count | None = described("Lessen in de gemeente waar de inburgeraar nu woont.")
    own_hours: HoursOrNone
    elsewhere_lessons: Count | None = described("Lessen in een andere gemeente.")
    small_group_lessons: Count | None = described("Waarvan in een kleine groep, als alternatief.")
    own_percent: HoursOrNone = described("Lessen in de eigen gemeente, in procenten van alle lessen.")
    suppressed: bool = described("Of er cijfers zijn weggelaten omdat het om weinig mensen gaat.")


class LessonPlaces(Schema):
    """Hoe dichtbij de lessen zijn, per leerroute."""

    since: Day
    until: Day
    small_number: Count = described("Cijfers over minder mensen dan dit zijn weggelaten.")
    rows: list[LessonPlacesRow]


def _out(location: Location) -> LocationOut:
    return LocationOut(**location.model_dump())


@router.post(
    "/providers/{providerId}/locations",
    operation_id="addLocation",
    summary="Een locatie van een aanbieder vastleggen",
    status_code=201,
    response_model=LocationOut,
    responses=problems(NotFound, Forbidden, RouteNotOffered),
    openapi_extra=education(CONTRACT_MANAGERS, "aanbieder-beheren"),
)
async def add_location(
    providerId: UUID,  # noqa: N803 - as in the path
    body: LocationIn,
    tx: TxDep,
    response: Response,
) -> LocationOut:
    """Legt vast waar een school lesgeeft en wat zij daar geeft."""
    location = await actions.add_location(
        tx,
        provider_id=providerId,
        name=body.name,
        gemeentecode=body.gemeentecode,
        central=body.central,
        offers=body.offers,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
    )
    set_etag(response, location.version)
    return _out(location)


@router.get(
    "/locations",
    operation_id="listLocations",
    summary="Locaties",
    response_model=Page[LocationOut],
    openapi_extra=education(REGISTER_READERS, "aanbieder-raadplegen"),
)
async def list_locations(
    tx: TxDep,
    paging: PagingDep,
    provider_id: Annotated[
        UUID | None, Query(alias="providerId", description="Alleen van deze aanbieder.")
    ] = None,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen in deze gemeente.")] = None,
    offer: Annotated[rules.LocationOffer | None, Query(description="Alleen waar dit wordt gegeven.")] = None,
    on: Annotated[Day | None, Query(description="Alleen wat op deze dag in gebruik is.")] = None,
) -> object:
    """Waar scholen lesgeven, ook de locaties die niet meer in gebruik zijn."""
    rows = await store.locations_page(
        tx,
        provider_id=provider_id,
        gemeentecode=gemeentecode,
        offer=offer,
        day=on,
        after=paging.after_id,
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda row: (row.id,), item=_out)


@router.get(
    "/locations/{locationId}",
    operation_id="readLocation",
    summary="Een locatie",
    response_model=LocationOut,
    responses=problems(NotFound),
    openapi_extra=education(REGISTER_READERS, "aanbieder-raadplegen"),
)
async def read_location(locationId: UUID, tx: TxDep, response: Response) -> LocationOut:  # noqa: N803 - as in the path
    """Een locatie met wat er wordt gegeven."""
    location = await actions.visible_location(tx, locationId)
    set_etag(response, location.version)
    return _out(location)


@router.patch(
    "/locations/{locationId}",
    operation_id="changeLocation",
    summary="Een locatie wijzigen of sluiten",
    response_model=LocationOut,
    responses=problems(
        NotFound, Forbidden, RouteNotOffered, LocationInUse, StaleVersion, PreconditionRequired
    ),
    openapi_extra=education(CONTRACT_MANAGERS, "aanbieder-beheren"),
)
async def change_location(
    locationId: UUID,  # noqa: N803 - as in the path
    body: LocationPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> LocationOut:
    """Wijzigt een locatie. Lessen die zijn gepland moeten er nog kunnen."""
    location = await actions.change_location(
        tx,
        location_id=locationId,
        expected_version=expected,
        name=body.name,
        central=body.central,
        offers=body.offers,
        valid_until=body.valid_until,
    )
    set_etag(response, location.version)
    return _out(location)


@router.get(
    "/contracts/{contractId}/location-checks",
    operation_id="readLocationChecks",
    summary="Voldoen de locaties aan het contract",
    response_model=LocationChecks,
    responses=problems(NotFound),
    openapi_extra=education(CONTRACT_MANAGERS, "contract-raadplegen"),
)
async def read_location_checks(
    contractId: UUID,  # noqa: N803 - as in the path
    tx: TxDep,
    on: Annotated[Day | None, Query(description="De dag waarop is gekeken; leeg: vandaag.")] = None,
) -> LocationChecks:
    """Of er een centrale B1-locatie is, een klas in Voorschoten, en Z-les in de eigen gemeente of een kleine groep."""
    day = on or tx.today
    findings = await actions.check_contract_locations(tx, contractId, day)
    return LocationChecks(
        contract_id=contractId,
        on=day,
        complete=all(finding.met is not False for finding in findings),
        checks=[
            LocationFindingOut(
                check=finding.check,
                met=finding.met,
                location_ids=list(finding.location_ids),
                group_ids=list(finding.group_ids),
                persons=finding.persons,
                rule=_RULE,
            )
            for finding in findings
        ],
    )


@router.get(
    "/lesson-places",
    operation_id="readLessonPlaces",
    summary="Het deel van de lessen in de eigen gemeente",
    response_model=LessonPlaces,
    openapi_extra=education(CONTRACT_MANAGERS, "aanwezigheid-raadplegen"),
)
async def read_lesson_places(
    tx: TxDep,
    since: Annotated[Day, Query(alias="from", description="Eerste dag.")],
    until: Annotated[Day, Query(description="Laatste dag.")],
    gemeentecode: Annotated[
        Gemeentecode | None, Query(description="Alleen inburgeraars van deze gemeente.")
    ] = None,
    provider_id: Annotated[
        UUID | None, Query(alias="providerId", description="Alleen bij deze aanbieder.")
    ] = None,
) -> LessonPlaces:
    """Per leerroute hoeveel lessen in de eigen gemeente zijn. Telt wie u mag zien; kleine aantallen vallen weg."""
    if until < since:
        text = "De laatste dag ligt voor de eerste."
        raise InvalidInput(text, errors=[FieldError("before-start", text, parameter="until")])
    counts = await store.lesson_places(
        tx, since=since, until=until, gemeentecode=gemeentecode, provider_id=provider_id
    )
    order = list(rules.Leerroute)
    figures = [rules.figures_of(each, tx.today) for each in counts]
    return LessonPlaces(
        since=since,
        until=until,
        small_number=int(rules.SMALL_NUMBER.on(tx.today)),
        rows=[
            LessonPlacesRow.model_validate(row, from_attributes=True)
            for row in sorted(figures, key=lambda row: order.index(rules.Leerroute(row.leerroute)))
        ],
    )
