# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Facts of the supply beside the arrears, and the dwellings to come with their chances."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from chassis.errors import FieldError, Forbidden, InvalidInput, NotFound, PreconditionRequired, StaleVersion
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    Gemeentecode,
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
from services.housing.actions import account as accounts, supply as actions
from services.housing.actions.standing import check_known
from services.housing.api.account_schemas import BookDay, Peildatum, Ratio, RatioOrNone, half_year_of
from services.housing.api.declarations import FIGURE_READERS, MUNICIPALITY, figures, housing
from services.housing.api.plans import Percent
from services.housing.models.supply import PipelineProject
from services.housing.rules.supply import (
    Project,
    ProjectKind,
    ProjectStage,
    expected_places,
    ratio,
    social_dwellings,
)
from services.housing.store import supply as store

router = Router()

SUPPLY_WRITERS = housing(MUNICIPALITY, "woningaanbod-beheren")
SUPPLY_READERS = figures(FIGURE_READERS, "woningaanbod-raadplegen")

_MOST_HALF_YEARS = 40
_PERCENT = 100


class SupplyIn(Schema):
    """De sociale huurvoorraad in een jaar."""

    mutations: Count = described("Sociale huurwoningen die vrijkwamen.")
    social_dwellings: Count | None = described("Sociale huurwoningen in totaal.", default=None)
    dwellings: Count | None = described("Woningen van alle soorten.", default=None)
    source: ShortText = described("Waar de cijfers staan.")


class SupplyOut(Schema):
    """De sociale huurvoorraad in een jaar, naast de achterstand."""

    gemeentecode: Gemeentecode
    year: int
    mutations: int
    social_dwellings: int | None
    dwellings: int | None
    turnover_percent: RatioOrNone = described("Mutaties per honderd sociale huurwoningen.")
    social_percent: RatioOrNone = described("Sociale huurwoningen per honderd woningen.")
    source: str


class SupplyFacts(Schema):
    """De cijfers van een gemeente per jaar, met de achterstand ernaast."""

    gemeentecode: Gemeentecode
    peildatum: Day
    arrears: int = described("Personen achter op de peildatum; voorsprong is 0.")
    arrears_per_mutation: RatioOrNone = described(
        "Achterstand gedeeld door de mutaties van het laatste jaar."
    )
    years: list[SupplyOut]


class PipelineProjectFields(Schema):
    """Een project met woningen die nog komen."""

    name: ShortText
    kind: ProjectKind
    stage: ProjectStage
    dwellings: Count = described("Woningen in totaal.")
    social_percent: Percent = described("Deel sociale huur.")
    places: Count = described("Statushouders die er kunnen wonen.")
    probability_percent: Percent = described("De kans dat het op die dag met deze plaatsen klaar is.")
    ready_on: BookDay = described("De dag waarop het klaar is.")
    source: ShortText = described("Waar dit staat.")


class PipelineProjectIn(PipelineProjectFields):
    """Een nieuw project."""

    gemeentecode: Gemeentecode


class PipelineProjectPatch(Schema):
    """Wat er aan een project verandert; wat ontbreekt blijft zoals het is."""

    name: ShortText | None = None
    stage: ProjectStage | None = None
    dwellings: Count | None = None
    social_percent: Percent | None = None
    places: Count | None = None
    probability_percent: Percent | None = None
    ready_on: BookDay | None = None
    source: ShortText | None = None


class PipelineProjectOut(PipelineProjectIn):
    """Een project met woningen die nog komen."""

    id: UUID
    social_dwellings: int = described("Dat deel van de woningen, hele woningen.")
    version: Count = described("Telt elke wijziging; ook de ETag.")


class PipelinePlacesRow(Schema):
    """De plaatsen van een halfjaar."""

    half_year: str
    planned: int
    expected: Ratio = described("Gewogen met de kans.")


class PipelineOut(Schema):
    """De verwachte plaatsen van een gemeente per halfjaar."""

    gemeentecode: Gemeentecode
    rows: list[PipelinePlacesRow]
    planned: int
    expected: Ratio


def _project_out(row: PipelineProject) -> PipelineProjectOut:
    return PipelineProjectOut(
        **row.model_dump(), social_dwellings=social_dwellings(row.dwellings, row.social_percent)
    )


@router.put(
    "/supply/{gemeentecode}/{year}",
    operation_id="setSupply",
    summary="De sociale huurvoorraad van een jaar vastleggen",
    response_model=SupplyFacts,
    responses=problems(NotFound, Forbidden),
    openapi_extra=SUPPLY_WRITERS,
)
async def set_supply(
    gemeentecode: Annotated[Gemeentecode, Path()],
    year: Annotated[int, Path(ge=1990, le=2100)],
    body: SupplyIn,
    tx: TxDep,
) -> SupplyFacts:
    """Legt vast hoeveel sociale huurwoningen er zijn en vrijkwamen."""
    await actions.set_supply(
        tx,
        gemeentecode=gemeentecode,
        year=year,
        mutations=body.mutations,
        social_dwellings=body.social_dwellings,
        dwellings=body.dwellings,
        source=body.source,
    )
    return await _facts(tx, gemeentecode, tx.today)


async def _facts(tx: TxDep, gemeentecode: str, day: Day) -> SupplyFacts:
    rows = await store.supply_of(tx, gemeentecode)
    account = (await accounts.balances(tx, [gemeentecode], day)).get(gemeentecode)
    arrears = max(0, account.balance if account else 0)
    return SupplyFacts(
        gemeentecode=gemeentecode,
        peildatum=day,
        arrears=arrears,
        arrears_per_mutation=ratio(arrears, rows[0].mutations) if rows else None,
        years=[
            SupplyOut(
                **row.model_dump(exclude={"version"}),
                turnover_percent=ratio(row.mutations * _PERCENT, row.social_dwellings or 0),
                social_percent=None
                if row.social_dwellings is None
                else ratio(row.social_dwellings * _PERCENT, row.dwellings or 0),
            )
            for row in rows
        ],
    )


@router.get(
    "/supply/{gemeentecode}",
    operation_id="readSupply",
    summary="De sociale huurvoorraad naast de achterstand",
    response_model=SupplyFacts,
    responses=problems(NotFound),
    openapi_extra=SUPPLY_READERS,
)
async def read_supply(
    gemeentecode: Annotated[Gemeentecode, Path()],
    tx: TxDep,
    peildatum: Peildatum = None,
) -> SupplyFacts:
    """De cijfers per jaar, en hoeveel van de mutaties nodig is om de achterstand in te halen."""
    check_known(tx, gemeentecode)
    return await _facts(tx, gemeentecode, peildatum or tx.today)


@router.post(
    "/pipeline-projects",
    operation_id="addPipelineProject",
    summary="Een project vastleggen",
    status_code=201,
    response_model=PipelineProjectOut,
    responses=problems(Forbidden),
    openapi_extra=SUPPLY_WRITERS,
)
async def add_pipeline_project(body: PipelineProjectIn, tx: TxDep, response: Response) -> PipelineProjectOut:
    """Legt nieuwbouw, ombouw of een andere bron van woningen vast, met de kans dat die er komen."""
    row = await actions.add_project(
        tx,
        gemeentecode=body.gemeentecode,
        name=body.name,
        kind=body.kind,
        stage=body.stage,
        dwellings=body.dwellings,
        social_percent=body.social_percent,
        places=body.places,
        probability_percent=body.probability_percent,
        ready_on=body.ready_on,
        source=body.source,
    )
    set_etag(response, row.version)
    return _project_out(row)


@router.get(
    "/pipeline-projects",
    operation_id="listPipelineProjects",
    summary="Projecten",
    response_model=Page[PipelineProjectOut],
    openapi_extra=SUPPLY_READERS,
)
async def list_pipeline_projects(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
) -> object:
    """De projecten met woningen die nog komen."""
    rows = await store.projects_page(tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.id,), item=_project_out)


@router.patch(
    "/pipeline-projects/{projectId}",
    operation_id="changePipelineProject",
    summary="Een project wijzigen",
    response_model=PipelineProjectOut,
    responses=problems(NotFound, Forbidden, StaleVersion, PreconditionRequired),
    openapi_extra=SUPPLY_WRITERS,
)
async def change_pipeline_project(
    projectId: UUID,  # noqa: N803 - as in the path
    body: PipelineProjectPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> PipelineProjectOut:
    """Wijzigt fase, dag, plaatsen of kans van een project."""
    changes = body.model_dump(exclude_none=True, mode="python")
    row = await actions.change_project(tx, project_id=projectId, expected_version=expected, changes=changes)
    set_etag(response, row.version)
    return _project_out(row)


@router.get(
    "/pipeline/{gemeentecode}",
    operation_id="readPipeline",
    summary="De verwachte plaatsen per halfjaar",
    response_model=PipelineOut,
    responses=problems(NotFound),
    openapi_extra=SUPPLY_READERS,
)
async def read_pipeline(
    gemeentecode: Annotated[Gemeentecode, Path()],
    tx: TxDep,
    since: Annotated[str, Query(alias="from", max_length=20, description="Eerste halfjaar, zoals 2025-1.")],
    until: Annotated[str, Query(max_length=20, description="Laatste halfjaar.")],
) -> PipelineOut:
    """Hoeveel statushouders er per halfjaar in nieuwe woningen terechtkunnen, ook gewogen met de kans."""
    check_known(tx, gemeentecode)
    first, last = half_year_of(since, parameter="from"), half_year_of(until, parameter="until")
    if not 0 <= last.index - first.index < _MOST_HALF_YEARS:
        text = f"Vraag 1 tot {_MOST_HALF_YEARS} halfjaren, in volgorde."
        raise InvalidInput(text, errors=[FieldError("period", text, parameter="until")])
    projects = [
        Project(ProjectStage(row.stage), row.ready_on, row.places, row.probability_percent)
        for row in await store.projects_of(tx, gemeentecode)
    ]
    rows = expected_places(projects, first, last)
    return PipelineOut(
        gemeentecode=gemeentecode,
        rows=[
            PipelinePlacesRow(half_year=str(row.half_year), planned=row.planned, expected=row.expected)
            for row in rows
        ],
        planned=sum(row.planned for row in rows),
        expected=sum((row.expected for row in rows), start=Decimal(0)),
    )
