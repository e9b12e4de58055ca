# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Plans of action with their measures, what these brought, and forecasts that rest on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound
from services.housing.actions.account import balances
from services.housing.actions.standing import caller_of, check_acts, check_known
from services.housing.errors import ActionPlanClosed
from services.housing.models.supervision import ActionPlan, ForecastRow, MeasureResult, PlanMeasure
from services.housing.rules import plans
from services.housing.rules.forecast import Assumptions, Effect
from services.housing.rules.half_years import HalfYear
from services.housing.store import account as accounts, supervision as store

__all__ = [
    "PlanView",
    "add_measure",
    "add_result",
    "assumptions_of",
    "change_measure",
    "draw_up_plan",
    "make_forecast",
    "read_plans",
    "set_plan_status",
    "visible_forecast",
    "visible_plan",
]

_MOST_HALF_YEARS = 20
_LATEST = timedelta(days=365 * 20)
_ORDER = tuple(plans.PlanStatus)


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with its measures, what each realised, and what it closes of the arrears of a day."""

    plan: ActionPlan
    measures: Sequence[PlanMeasure]
    realised: Mapping[UUID, int]
    effect: plans.PlanEffect


def _measure(row: PlanMeasure, realised: int) -> plans.Measure:
    return plans.Measure(plans.MeasureStatus(row.status), row.expected, row.expected_by, realised)


async def read_plans(tx: Tx, rows: Sequence[ActionPlan], day: date) -> list[PlanView]:
    """These plans as they stand on a day, each against the arrears of its gemeente."""
    measures = await store.measures_of(tx, [row.id for row in rows])
    realised = await store.realised_of(tx, [one.id for own in measures.values() for one in own], day)
    found = await balances(tx, sorted({row.gemeentecode for row in rows}), day)
    views = []
    for row in rows:
        account = found.get(row.gemeentecode)
        effect = plans.plan_effect(
            account.balance if account else 0,
            [_measure(one, realised.get(one.id, 0)) for one in measures[row.id]],
            day,
        )
        views.append(PlanView(row, measures[row.id], realised, effect))
    return views


async def visible_plan(tx: Tx, plan_id: UUID) -> ActionPlan:
    """The plan, for a reader.

    Raises:
        NotFound: there is none, or it is none of the caller's.
    """
    plan = await tx.get(ActionPlan, plan_id)
    if plan is None:
        raise NotFound("Een plan van aanpak met dit nummer is niet gevonden.")
    return plan


async def draw_up_plan(tx: Tx, *, gemeentecode: str, title: str, drawn_up_on: date) -> ActionPlan:
    """Begin a plan of action, as a draft."""
    check_acts(tx, gemeentecode, place="/gemeentecode")
    if drawn_up_on > tx.today:
        raise InvalidInput.on("/drawnUpOn", "Deze dag ligt in de toekomst.", code="in-future")
    plan = ActionPlan(
        gemeentecode=gemeentecode, title=title, status=plans.PlanStatus.DRAFT.value, drawn_up_on=drawn_up_on
    )
    tx.add(plan)
    await tx.flush()
    return plan


async def _open_plan(tx: Tx, plan_id: UUID) -> ActionPlan:
    plan = await store.lock_plan(tx, plan_id)
    if plan is None:
        raise NotFound("Een plan van aanpak met dit nummer is niet gevonden.")
    check_acts(tx, plan.gemeentecode, place="planId")
    if plan.status == plans.PlanStatus.CLOSED.value:
        raise ActionPlanClosed("Er kan niets meer aan dit plan veranderen.")
    return plan


async def set_plan_status(tx: Tx, *, plan_id: UUID, status: plans.PlanStatus, on: date) -> ActionPlan:
    """Record that a plan was adopted by the executive, sent to the Province, or closed.

    Raises:
        InvalidInput: the plan is further already, or the day cannot be.
        ActionPlanClosed: it is closed.
    """
    plan = await _open_plan(tx, plan_id)
    if _ORDER.index(status) <= _ORDER.index(plans.PlanStatus(plan.status)):
        raise InvalidInput.on("/status", f"Dit plan is al '{plan.status}'.", code="not-further")
    if not plan.drawn_up_on <= on <= tx.today:
        raise InvalidInput.on("/on", "Noem een dag na het begin van het plan, niet na vandaag.", code="day")
    if status is plans.PlanStatus.ADOPTED:
        plan.adopted_on = on
    elif status is plans.PlanStatus.SENT:
        plan.sent_on = on
    plan.status = status.value
    plan.version += 1
    await tx.flush()
    return plan


async def add_measure(
    tx: Tx,
    *,
    plan_id: UUID,
    kind: plans.MeasureKind,
    title: str,
    owner: str,
    expected: int,
    expected_by: date,
    probability_percent: int,
) -> PlanMeasure:
    """Add a measure to a plan that is not closed."""
    plan = await _open_plan(tx, plan_id)
    if not plan.drawn_up_on <= expected_by <= tx.today + _LATEST:
        raise InvalidInput.on("/expectedBy", "Deze dag past niet bij het plan.", code="day")
    row = PlanMeasure(
        plan_id=plan.id,
        gemeentecode=plan.gemeentecode,
        kind=kind.value,
        title=title,
        owner=owner,
        status=plans.MeasureStatus.PLANNED.value,
        expected=expected,
        expected_by=expected_by,
        probability_percent=probability_percent,
    )
    tx.add(row)
    plan.version += 1
    await tx.flush()
    return row


async def _open_measure(tx: Tx, measure_id: UUID) -> PlanMeasure:
    row = await store.lock_measure(tx, measure_id)
    if row is None:
        raise NotFound("Een maatregel met dit nummer is niet gevonden.")
    check_acts(tx, row.gemeentecode, place="measureId")
    return row


async def change_measure(tx: Tx, *, measure_id: UUID, status: plans.MeasureStatus) -> PlanMeasure:
    """Record whether a measure runs, is done or was stopped."""
    row = await _open_measure(tx, measure_id)
    row.status = status.value
    row.version += 1
    await tx.flush()
    return row


async def add_result(
    tx: Tx, *, measure_id: UUID, counts_from: date, persons: int, note: str | None
) -> PlanMeasure:
    """Record persons that a measure housed; below zero takes some back, never more than there were.

    Raises:
        InvalidInput: zero persons, a day in the future, or less than nothing in all.
    """
    row = await _open_measure(tx, measure_id)
    if counts_from > tx.today:
        raise InvalidInput.on("/countsFrom", "Deze dag ligt in de toekomst.", code="in-future")
    realised = (await store.realised_of(tx, [measure_id])).get(measure_id, 0)
    if persons == 0 or realised + persons < 0:
        raise InvalidInput.on(
            "/persons", f"Deze maatregel heeft er nu {realised} gehuisvest.", code="persons"
        )
    tx.add(
        MeasureResult(
            measure_id=measure_id,
            gemeentecode=row.gemeentecode,
            counts_from=counts_from,
            persons=persons,
            note=note,
            recorded_by=caller_of(tx).subject,
        )
    )
    row.version += 1
    await tx.flush()
    return row


async def make_forecast(
    tx: Tx,
    *,
    gemeentecode: str,
    title: str,
    since: HalfYear,
    until: HalfYear,
    opening: int | None,
    housed: int,
    default_target: int,
    effects: Sequence[Effect] | None,
) -> ForecastRow:
    """Store the assumptions of a forecast; what is not stated comes from the account and the plans.

    Args:
        tx: of a gemeente.
        gemeentecode: whose.
        title: for people.
        since: the first half-year.
        until: the last half-year.
        opening: persons behind when `since` begins; None: the balance of the account then, or today.
        housed: persons per half-year without measures.
        default_target: of the half-years that have none published.
        effects: of measures; None: what the open plans still expect, each by its day and chance.

    Raises:
        InvalidInput: the last half-year lies before the first, or too far ahead.
    """
    check_acts(tx, gemeentecode, place="/gemeentecode")
    if until < since:
        raise InvalidInput.on("/until", "Het laatste halfjaar ligt voor het eerste.", code="before-start")
    if until.index - since.index >= _MOST_HALF_YEARS:
        raise InvalidInput.on("/until", f"Ten hoogste {_MOST_HALF_YEARS} halfjaren.", code="too-far")
    if opening is None:
        day = min(since.first_day - timedelta(days=1), tx.today)
        account = (await balances(tx, [gemeentecode], day)).get(gemeentecode)
        opening = account.balance if account else 0
    if effects is None:
        effects = await _effects_of_plans(tx, gemeentecode, since)
    targets = {}
    for index in range(since.index, until.index + 1):
        half_year = str(HalfYear.at(index))
        found = await accounts.targets_in_force(tx, [gemeentecode], half_year, tx.today)
        if gemeentecode in found:
            targets[half_year] = found[gemeentecode]
    row = ForecastRow(
        gemeentecode=gemeentecode,
        title=title,
        made_on=tx.today,
        made_by=caller_of(tx).subject,
        assumptions={
            "since": str(since),
            "until": str(until),
            "opening": opening,
            "targets": targets,
            "defaultTarget": default_target,
            "housed": housed,
            "effects": [
                {
                    "halfYear": str(one.half_year),
                    "persons": one.persons,
                    "probabilityPercent": one.probability_percent,
                }
                for one in effects
            ],
        },
    )
    tx.add(row)
    await tx.flush()
    return row


async def _effects_of_plans(tx: Tx, gemeentecode: str, since: HalfYear) -> list[Effect]:
    rows = await store.measures_of_gemeente(tx, gemeentecode)
    realised = await store.realised_of(tx, [row.id for row in rows])
    effects = []
    for row in rows:
        effect = plans.plan_effect(row.expected, [_measure(row, realised.get(row.id, 0))], row.expected_by)
        if effect.to_come:
            # What should have come before the forecast begins is expected in its first half-year.
            half_year = max(HalfYear.of(row.expected_by), since)
            effects.append(Effect(half_year, effect.to_come, row.probability_percent))
    return effects


def assumptions_of(stored: Mapping[str, Any]) -> Assumptions:
    """Read the assumptions of a forecast back from how they are stored."""
    return Assumptions(
        since=HalfYear.parse(stored["since"]),
        until=HalfYear.parse(stored["until"]),
        opening=stored["opening"],
        targets={HalfYear.parse(half): target for half, target in stored["targets"].items()},
        default_target=stored["defaultTarget"],
        housed=stored["housed"],
        effects=[
            Effect(HalfYear.parse(one["halfYear"]), one["persons"], one["probabilityPercent"])
            for one in stored["effects"]
        ],
    )


async def visible_forecast(tx: Tx, forecast_id: UUID) -> ForecastRow:
    """The forecast, for a reader.

    Raises:
        NotFound: there is none, or it is none of the caller's.
    """
    row = await tx.get(ForecastRow, forecast_id)
    if row is None:
        raise NotFound("Een prognose met dit nummer is niet gevonden.")
    check_known(tx, row.gemeentecode)
    return row
