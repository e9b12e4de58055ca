# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Plans of action: measures, what is expected of them, what they brought, and what they close of the arrears."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.errors import Forbidden, NotFound
from chassis.schema import described
from chassis.web import (
    Count,
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
from services.housing.actions import plans as actions
from services.housing.api.account_schemas import BookDay, Peildatum, Signed
from services.housing.api.declarations import FIGURE_READERS, MUNICIPALITY, figures, housing
from services.housing.errors import ActionPlanClosed
from services.housing.models.supervision import PlanMeasure
from services.housing.rules.plans import MeasureKind, MeasureStatus, PlanEffect, PlanStatus
from services.housing.store import supervision as store

router = Router()

PLAN_WRITERS = housing(MUNICIPALITY, "plan-van-aanpak-beheren")
PLAN_READERS = figures(FIGURE_READERS, "plan-van-aanpak-raadplegen")

Percent = Annotated[int, Field(ge=0, le=100, strict=True)]


class ActionPlanIn(Schema):
    """Een nieuw plan van aanpak."""

    gemeentecode: Gemeentecode
    title: ShortText = described("Naam van het plan.")
    drawn_up_on: BookDay = described("De dag waarop het is opgesteld.")


class ActionPlanStatusIn(Schema):
    """Hoe ver een plan is."""

    status: PlanStatus = described("adopted: vastgesteld door het college; sent: naar de provincie; closed.")
    on: Day = described("De dag waarop.")


class PlanMeasureIn(Schema):
    """Een maatregel in een plan."""

    kind: MeasureKind = described("Het soort maatregel.")
    title: ShortText = described("Wat er gebeurt.")
    owner: ShortText = described("De functie of partij die ervoor zorgt; geen naam.")
    expected: Count = described("Personen die erdoor worden gehuisvest.")
    expected_by: BookDay = described("De dag waarop dat is gelukt.")
    probability_percent: Percent = described("De kans dat het lukt.", default=100)


class PlanMeasureStatusIn(Schema):
    """Hoe een maatregel ervoor staat."""

    status: MeasureStatus


class MeasureResultIn(Schema):
    """Wat een maatregel heeft opgeleverd."""

    counts_from: BookDay = described("De dag vanaf wanneer het telt.")
    persons: Signed = described("Gehuisveste personen; onder nul neemt iets terug.")
    note: LongText | None = described("Toelichting, zonder namen.", default=None)


class PlanMeasureOut(Schema):
    """Een maatregel met wat hij heeft opgeleverd."""

    id: UUID
    plan_id: UUID
    kind: MeasureKind
    title: str
    owner: str
    status: MeasureStatus
    expected: int
    expected_by: Day
    probability_percent: int
    realised: int


class PlanEffectOut(Schema):
    """Wat een plan van de achterstand sluit, in personen."""

    arrears: int
    expected: int = described("Van maatregelen die niet zijn gestopt.")
    realised: int
    to_come: int
    closes: int
    remaining: int
    late: int = described("Nog niet gehaald terwijl de dag voorbij is.")
    summary: str


class ActionPlanOut(Schema):
    """Een plan van aanpak met zijn maatregelen en het effect op de achterstand."""

    id: UUID
    gemeentecode: Gemeentecode
    title: str
    status: PlanStatus
    drawn_up_on: Day
    adopted_on: DayOrNone
    sent_on: DayOrNone
    measures: list[PlanMeasureOut]
    effect: PlanEffectOut


def effect_out(effect: PlanEffect) -> PlanEffectOut:
    """What a plan closes, with one sentence for people."""
    return PlanEffectOut(
        arrears=effect.arrears,
        expected=effect.expected,
        realised=effect.realised,
        to_come=effect.to_come,
        closes=effect.closes,
        remaining=effect.remaining,
        late=effect.late,
        summary=f"sluit {effect.closes} van {effect.arrears}",
    )


def _measure_out(row: PlanMeasure, realised: int) -> PlanMeasureOut:
    return PlanMeasureOut(**row.model_dump(exclude={"gemeentecode", "version"}), realised=realised)


def _out(view: actions.PlanView) -> ActionPlanOut:
    return ActionPlanOut(
        **view.plan.model_dump(exclude={"version"}),
        measures=[_measure_out(row, view.realised.get(row.id, 0)) for row in view.measures],
        effect=effect_out(view.effect),
    )


@router.post(
    "/action-plans",
    operation_id="drawUpPlan",
    summary="Een plan van aanpak beginnen",
    status_code=201,
    response_model=ActionPlanOut,
    responses=problems(Forbidden),
    openapi_extra=PLAN_WRITERS,
)
async def draw_up_plan(body: ActionPlanIn, tx: TxDep) -> ActionPlanOut:
    """Begint een plan van aanpak als concept."""
    plan = await actions.draw_up_plan(
        tx, gemeentecode=body.gemeentecode, title=body.title, drawn_up_on=body.drawn_up_on
    )
    (view,) = await actions.read_plans(tx, [plan], tx.today)
    return _out(view)


@router.get(
    "/action-plans",
    operation_id="listPlans",
    summary="Plannen van aanpak",
    response_model=Page[ActionPlanOut],
    openapi_extra=PLAN_READERS,
)
async def list_plans(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
    peildatum: Peildatum = None,
) -> object:
    """De plannen van aanpak, elk naast de achterstand op een dag."""
    rows = await store.plans_page(tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch)
    views = await actions.read_plans(tx, rows, peildatum or tx.today)
    return paging.page(views, key=lambda view: (view.plan.id,), item=_out)


@router.get(
    "/action-plans/{planId}",
    operation_id="readPlan",
    summary="Een plan van aanpak",
    response_model=ActionPlanOut,
    responses=problems(NotFound),
    openapi_extra=PLAN_READERS,
)
async def read_plan(
    planId: UUID,  # noqa: N803 - as in the path
    tx: TxDep,
    peildatum: Peildatum = None,
) -> ActionPlanOut:
    """Een plan met zijn maatregelen en wat het sluit van de achterstand op een dag."""
    plan = await actions.visible_plan(tx, planId)
    (view,) = await actions.read_plans(tx, [plan], peildatum or tx.today)
    return _out(view)


@router.post(
    "/action-plans/{planId}/statuses",
    operation_id="setPlanStatus",
    summary="Vastleggen hoe ver een plan is",
    status_code=201,
    response_model=ActionPlanOut,
    responses=problems(NotFound, Forbidden, ActionPlanClosed),
    openapi_extra=PLAN_WRITERS,
)
async def set_plan_status(planId: UUID, body: ActionPlanStatusIn, tx: TxDep) -> ActionPlanOut:  # noqa: N803 - as in the path
    """Legt vast dat een plan is vastgesteld, naar de provincie is gestuurd, of is afgesloten."""
    plan = await actions.set_plan_status(tx, plan_id=planId, status=body.status, on=body.on)
    (view,) = await actions.read_plans(tx, [plan], tx.today)
    return _out(view)


@router.post(
    "/action-plans/{planId}/measures",
    operation_id="addMeasure",
    summary="Een maatregel toevoegen",
    status_code=201,
    response_model=PlanMeasureOut,
    responses=problems(NotFound, Forbidden, ActionPlanClosed),
    openapi_extra=PLAN_WRITERS,
)
async def add_measure(planId: UUID, body: PlanMeasureIn, tx: TxDep) -> PlanMeasureOut:  # noqa: N803 - as in the path
    """Voegt een maatregel toe, met wie ervoor zorgt en hoeveel mensen erdoor een huis krijgen."""
    row = await actions.add_measure(
        tx,
        plan_id=planId,
        kind=body.kind,
        title=body.title,
        owner=body.owner,
        expected=body.expected,
        expected_by=body.expected_by,
        probability_percent=body.probability_percent,
    )
    return _measure_out(row, 0)


@router.post(
    "/plan-measures/{measureId}/statuses",
    operation_id="setMeasureStatus",
    summary="Vastleggen hoe een maatregel ervoor staat",
    status_code=201,
    response_model=PlanMeasureOut,
    responses=problems(NotFound, Forbidden),
    openapi_extra=PLAN_WRITERS,
)
async def set_measure_status(measureId: UUID, body: PlanMeasureStatusIn, tx: TxDep) -> PlanMeasureOut:  # noqa: N803 - as in the path
    """Legt vast of een maatregel loopt, klaar is of is gestopt."""
    row = await actions.change_measure(tx, measure_id=measureId, status=body.status)
    return _measure_out(row, (await store.realised_of(tx, [row.id])).get(row.id, 0))


@router.post(
    "/plan-measures/{measureId}/results",
    operation_id="addMeasureResult",
    summary="Vastleggen wat een maatregel opleverde",
    status_code=201,
    response_model=PlanMeasureOut,
    responses=problems(NotFound, Forbidden),
    openapi_extra=PLAN_WRITERS,
)
async def add_measure_result(measureId: UUID, body: MeasureResultIn, tx: TxDep) -> PlanMeasureOut:  # noqa: N803 - as in the path
    """Legt vast hoeveel mensen door de maatregel zijn gehuisvest. De rekening telt hen al."""
    row = await actions.add_result(
        tx, measure_id=measureId, counts_from=body.counts_from, persons=body.persons, note=body.note
    )
    return _measure_out(row, (await store.realised_of(tx, [row.id])).get(row.id, 0))
