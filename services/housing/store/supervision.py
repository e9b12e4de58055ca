# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Steps of the ladder, letters, plans with measures and forecasts, as the caller may see them."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models.supervision import (
    ActionPlan,
    ForecastRow,
    LadderLetter,
    LadderStep,
    MeasureResult,
    PlanMeasure,
)

__all__ = [
    "forecasts_page",
    "letters_page",
    "lock_letter",
    "lock_measure",
    "lock_plan",
    "lock_step",
    "measures_of",
    "measures_of_gemeente",
    "plans_of",
    "plans_page",
    "realised_of",
    "reference_used",
    "steps_of",
    "unanswered_letters",
]


async def steps_of(tx: Tx, gemeentecodes: Collection[str] | None) -> Sequence[LadderStep]:
    """The recorded steps, oldest first; None: of every gemeente that the caller knows."""
    query = select(LadderStep).order_by(col(LadderStep.gemeentecode), col(LadderStep.since))
    if gemeentecodes is not None:
        query = query.where(col(LadderStep.gemeentecode).in_(gemeentecodes))
    return await tx.scalars(query)


async def lock_step(tx: Tx, step_id: UUID) -> LadderStep | None:
    """The step, locked before its prolongation is judged."""
    return await tx.get(LadderStep, step_id, lock=True)


async def letters_page(
    tx: Tx, *, gemeentecode: str | None, unanswered: bool, after: UUID | None, limit: int
) -> Sequence[LadderLetter]:
    """Letters by id; `unanswered` leaves those that still wait for an answer."""
    query = select(LadderLetter).order_by(col(LadderLetter.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(col(LadderLetter.gemeentecode) == gemeentecode)
    if unanswered:
        query = query.where(
            col(LadderLetter.answer_due_on).is_not(None), col(LadderLetter.answered_on).is_(None)
        )
    if after is not None:
        query = query.where(col(LadderLetter.id) > after)
    return await tx.scalars(query)


async def reference_used(tx: Tx, gemeentecode: str, reference: str) -> bool:
    """Whether a letter with this reference is recorded for the gemeente. Lock the account first."""
    return bool(
        await tx.scalar(
            select(sa.literal(1)).where(
                col(LadderLetter.gemeentecode) == gemeentecode, col(LadderLetter.reference) == reference
            )
        )
    )


async def unanswered_letters(tx: Tx, gemeentecodes: Collection[str], day: date) -> dict[str, int]:
    """How many letters to each gemeente waited for an answer on a day."""
    rows = await tx.rows(
        select(LadderLetter.gemeentecode, sa.func.count())
        .where(
            col(LadderLetter.gemeentecode).in_(gemeentecodes),
            col(LadderLetter.answer_due_on).is_not(None),
            col(LadderLetter.sent_on) <= day,
            sa.or_(col(LadderLetter.answered_on).is_(None), col(LadderLetter.answered_on) > day),
        )
        .group_by(col(LadderLetter.gemeentecode))
    )
    return {code: int(count) for code, count in rows}


async def lock_letter(tx: Tx, letter_id: UUID) -> LadderLetter | None:
    """The letter, locked before its answer is recorded."""
    return await tx.get(LadderLetter, letter_id, lock=True)


async def plans_page(
    tx: Tx, *, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[ActionPlan]:
    """Plans of action by id."""
    query = select(ActionPlan).order_by(col(ActionPlan.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(col(ActionPlan.gemeentecode) == gemeentecode)
    if after is not None:
        query = query.where(col(ActionPlan.id) > after)
    return await tx.scalars(query)


async def plans_of(tx: Tx, gemeentecodes: Collection[str] | None) -> Sequence[ActionPlan]:
    """The plans of these gemeenten, the last drawn up last; None: of every gemeente that the caller knows."""
    query = select(ActionPlan).order_by(
        col(ActionPlan.gemeentecode), col(ActionPlan.drawn_up_on), col(ActionPlan.id)
    )
    if gemeentecodes is not None:
        query = query.where(col(ActionPlan.gemeentecode).in_(gemeentecodes))
    return await tx.scalars(query)


async def lock_plan(tx: Tx, plan_id: UUID) -> ActionPlan | None:
    """The plan, locked: it owns its measures."""
    return await tx.get(ActionPlan, plan_id, lock=True)


async def measures_of(tx: Tx, plan_ids: Collection[UUID]) -> dict[UUID, list[PlanMeasure]]:
    """The measures of these plans, by the day on which they are to have worked."""
    found: dict[UUID, list[PlanMeasure]] = {id_: [] for id_ in plan_ids}
    rows = await tx.scalars(
        select(PlanMeasure)
        .where(col(PlanMeasure.plan_id).in_(plan_ids))
        .order_by(col(PlanMeasure.expected_by), col(PlanMeasure.id))
    )
    for row in rows:
        found[row.plan_id].append(row)
    return found


async def measures_of_gemeente(tx: Tx, gemeentecode: str) -> Sequence[PlanMeasure]:
    """The measures of the plans of a gemeente that are not closed."""
    return await tx.scalars(
        select(PlanMeasure)
        .join(ActionPlan, col(ActionPlan.id) == col(PlanMeasure.plan_id))
        .where(col(PlanMeasure.gemeentecode) == gemeentecode, col(ActionPlan.status) != "closed")
        .order_by(col(PlanMeasure.expected_by), col(PlanMeasure.id))
    )


async def realised_of(tx: Tx, measure_ids: Collection[UUID], until: date | None = None) -> dict[UUID, int]:
    """How many persons each of these measures housed, by a day; None: so far."""
    query = select(MeasureResult.measure_id, sa.func.sum(col(MeasureResult.persons))).where(
        col(MeasureResult.measure_id).in_(measure_ids)
    )
    if until is not None:
        query = query.where(col(MeasureResult.counts_from) <= until)
    rows = await tx.rows(query.group_by(col(MeasureResult.measure_id)))
    return {id_: int(persons) for id_, persons in rows}


async def lock_measure(tx: Tx, measure_id: UUID) -> PlanMeasure | None:
    """The measure, locked: it owns its results."""
    return await tx.get(PlanMeasure, measure_id, lock=True)


async def forecasts_page(
    tx: Tx, *, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[ForecastRow]:
    """Forecasts by id."""
    query = select(ForecastRow).order_by(col(ForecastRow.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(col(ForecastRow.gemeentecode) == gemeentecode)
    if after is not None:
        query = query.where(col(ForecastRow.id) > after)
    return await tx.scalars(query)
