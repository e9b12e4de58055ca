# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forecasts of the realisation, and the Province's view: figures of gemeenten, of people nothing."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.errors import Forbidden, NotFound
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    problems,
)
from contracts.access import Role
from services.housing.actions import plans as actions, supervision
from services.housing.api.account_schemas import HalfYearText, Peildatum, Signed, half_year_of
from services.housing.api.declarations import FIGURE_READERS, MUNICIPALITY, figures, housing
from services.housing.api.plans import Percent, PlanEffectOut, effect_out
from services.housing.models.supervision import ForecastRow
from services.housing.rules.forecast import Effect, forecast
from services.housing.rules.ladder import Rung
from services.housing.rules.plans import PlanStatus
from services.housing.store import supervision as store

router = Router()


class ForecastEffectIn(Schema):
    """Wat een maatregel in een halfjaar naar verwachting oplevert."""

    half_year: HalfYearText
    persons: Count
    probability_percent: Percent = described("De kans dat het lukt.", default=100)


class ForecastIn(Schema):
    """De aannamen van een prognose."""

    gemeentecode: Gemeentecode
    title: ShortText = described("Naam van de prognose.")
    since: HalfYearText = described("Eerste halfjaar.")
    until: HalfYearText = described("Laatste halfjaar.")
    opening: Signed | None = described(
        "Achterstand aan het begin; leeg: de stand van de rekening.", default=None
    )
    housed: Count = described("Gehuisvest per halfjaar zonder maatregelen.")
    default_target: Count = described("Taakstelling van halfjaren waarvan nog geen is gepubliceerd.")
    effects: list[ForecastEffectIn] | None = described(
        "Wat maatregelen opleveren; leeg: wat de lopende plannen van aanpak nog verwachten.",
        default=None,
        max_length=200,
    )


class ForecastPointOut(Schema):
    """Een halfjaar van de prognose; standen zijn die van de laatste dag."""

    half_year: str
    target: int
    target_assumed: bool
    housed_without: int
    housed_with: int
    balance_without: int
    balance_with: int


class ForecastAssumptionsOut(Schema):
    """Waar een prognose op berust."""

    since: str
    until: str
    opening: int
    housed: int
    default_target: int
    targets: dict[str, int]
    effects: list[ForecastEffectIn]


class ForecastOut(Schema):
    """Een prognose: twee lijnen, met en zonder maatregelen, en de aannamen erachter."""

    id: UUID
    gemeentecode: Gemeentecode
    title: str
    made_on: Day
    assumptions: ForecastAssumptionsOut
    points: list[ForecastPointOut]


class SupervisedQuarter(Schema):
    """Een kwartaal van een gemeente, in personen."""

    quarter: str
    on: Day = described("De dag van de stand.")
    realised: int
    balance: int | None = described("Leeg op een dag waarvoor alleen het cijfer van het hele jaar bekend is.")


class SupervisionRow(Schema):
    """Wat de provincie van een gemeente ziet: cijfers, en hoe ver het plan is."""

    gemeentecode: Gemeentecode
    peildatum: Day
    balance: int
    quarters: list[SupervisedQuarter]
    step: Rung
    proposed_step: Rung
    misses: int
    next_step: Rung | None
    next_on: DayOrNone
    plan_status: PlanStatus | None = described("Van het laatste plan van aanpak; leeg zonder plan.")
    plan_effect: PlanEffectOut | None
    unanswered_letters: int


def _out(row: ForecastRow) -> ForecastOut:
    points = forecast(actions.assumptions_of(row.assumptions))
    return ForecastOut(
        id=row.id,
        gemeentecode=row.gemeentecode,
        title=row.title,
        made_on=row.made_on,
        assumptions=ForecastAssumptionsOut.model_validate(row.assumptions),
        points=[
            ForecastPointOut(
                half_year=str(point.half_year),
                target=point.target,
                target_assumed=point.target_assumed,
                housed_without=point.housed_without,
                housed_with=point.housed_with,
                balance_without=point.balance_without,
                balance_with=point.balance_with,
            )
            for point in points
        ],
    )


@router.post(
    "/forecasts",
    operation_id="makeForecast",
    summary="Een prognose maken",
    status_code=201,
    response_model=ForecastOut,
    responses=problems(Forbidden),
    openapi_extra=housing(MUNICIPALITY, "prognose-maken"),
)
async def make_forecast(body: ForecastIn, tx: TxDep) -> ForecastOut:
    """Bewaart de aannamen en geeft beide lijnen. Wat niet is genoemd komt uit de rekening en de plannen."""
    effects = None
    if body.effects is not None:
        effects = [
            Effect(
                half_year_of(one.half_year, pointer=f"/effects/{place}/halfYear"),
                one.persons,
                one.probability_percent,
            )
            for place, one in enumerate(body.effects)
        ]
    row = await actions.make_forecast(
        tx,
        gemeentecode=body.gemeentecode,
        title=body.title,
        since=half_year_of(body.since, pointer="/since"),
        until=half_year_of(body.until, pointer="/until"),
        opening=body.opening,
        housed=body.housed,
        default_target=body.default_target,
        effects=effects,
    )
    return _out(row)


@router.get(
    "/forecasts",
    operation_id="listForecasts",
    summary="Prognoses",
    response_model=Page[ForecastOut],
    openapi_extra=figures(FIGURE_READERS, "prognose-raadplegen"),
)
async def list_forecasts(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
) -> object:
    """De prognoses van de gemeenten waarvan u de cijfers mag zien."""
    rows = await store.forecasts_page(
        tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.id,), item=_out)


@router.get(
    "/forecasts/{forecastId}",
    operation_id="readForecast",
    summary="Een prognose",
    response_model=ForecastOut,
    responses=problems(NotFound),
    openapi_extra=figures(FIGURE_READERS, "prognose-raadplegen"),
)
async def read_forecast(forecastId: UUID, tx: TxDep) -> ForecastOut:  # noqa: N803 - as in the path
    """Een prognose met de aannamen erachter; de lijnen worden er telkens opnieuw uit berekend."""
    return _out(await actions.visible_forecast(tx, forecastId))


@router.get(
    "/supervision",
    operation_id="readSupervision",
    summary="Het overzicht van de provincie",
    response_model=Page[SupervisionRow],
    openapi_extra=figures(frozenset({Role.PROVINCE}), "toezicht-huisvesting"),
)
async def read_supervision(
    tx: TxDep,
    paging: PagingDep,
    peildatum: Peildatum = None,
    quarters: Annotated[int, Query(ge=1, le=12, description="Hoeveel kwartalen terug.")] = 4,
) -> object:
    """Per gemeente de eigen kwartaalcijfers, de trede en de status van het plan. Geen gegevens over personen."""
    day = peildatum or tx.today
    key = paging.position(str)
    found = await supervision.overview(
        tx, day, quarters=quarters, after=None if key is None else key[0], limit=paging.fetch
    )

    def item(one: supervision.Supervised) -> SupervisionRow:
        outlook = one.standing.outlook
        return SupervisionRow(
            gemeentecode=one.gemeentecode,
            peildatum=day,
            balance=one.standing.balance,
            quarters=[
                SupervisedQuarter(
                    quarter=f"{quarter.year}-{quarter.number}",
                    on=quarter.on,
                    realised=quarter.housed,
                    balance=quarter.balance,
                )
                for quarter in one.quarters
            ],
            step=outlook.step,
            proposed_step=outlook.proposed,
            misses=outlook.misses,
            next_step=outlook.next_step,
            next_on=outlook.next_on,
            plan_status=PlanStatus(one.plan.plan.status) if one.plan else None,
            plan_effect=effect_out(one.plan.effect) if one.plan else None,
            unanswered_letters=one.unanswered_letters,
        )

    return paging.page(found, key=lambda one: (one.gemeentecode,), item=item)
