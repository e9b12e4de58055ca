# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How long a way from one level to another takes, for whoever plans it."""

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Query

from chassis.errors import FieldError, InvalidInput
from chassis.schema import described
from chassis.web import Day, Hours, HoursOrNone, Router, Schema, TxDep
from services.learning_routes import rules
from services.learning_routes.api.declarations import REGISTER_READERS, education
from services.learning_routes.api.ways import LearningStep
from services.learning_routes.rules.speeds import expectation

__all__ = ["router"]

router = Router(tags=["Leertempo"])

Lower = Literal["a0", "a1", "a2"]
Higher = Literal["a1", "a2", "b1"]


class LearningTime(Schema):
    """Wat een weg van niveau naar niveau aan lesuren vraagt."""

    from_level: Lower
    to_level: Higher
    pace: rules.Pace
    on: Day
    steps: list[LearningStep]
    hours: HoursOrNone = described("Alle stappen samen; leeg als een stap maatwerk is.")
    weekly_hours: HoursOrNone
    weeks: int | None = described(
        "Hele weken bij zoveel lesuren per week; leeg zonder lesuren of bij maatwerk."
    )
    source: str


@router.get(
    "/learning-times",
    operation_id="readLearningTime",
    summary="Verwachte lesuren bekijken",
    response_model=LearningTime,
    openapi_extra=education(REGISTER_READERS, "aanbieder-raadplegen"),
)
async def read_learning_time(
    tx: TxDep,
    fromLevel: Annotated[Lower, Query(description="Het niveau nu.")] = "a0",  # noqa: N803 - the name on the wire
    toLevel: Annotated[Higher, Query(description="Het niveau dat het PIP vraagt.")] = "b1",  # noqa: N803
    pace: Annotated[rules.Pace, Query(description="Het leertempo.")] = rules.Pace.AVERAGE,
    weeklyHours: Annotated[Hours | None, Query(description="Lesuren per week.")] = None,  # noqa: N803
    on: Annotated[Day | None, Query(description="De dag waarvan de tabel geldt; leeg: vandaag.")] = None,
) -> LearningTime:
    """Volgens de tabel van de taalscholen: snel 498 uur naar B1, gemiddeld 660; langzaam naar B1 is maatwerk."""
    day = on or tx.today
    if weeklyHours is not None and weeklyHours <= Decimal(0):
        raise _wrong("weeklyHours", "Lesuren per week zijn meer dan nul.")
    try:
        found = expectation(fromLevel, toLevel, pace, day, weeklyHours)
    except ValueError as fault:
        raise _wrong("toLevel", "Dit niveau ligt niet boven het niveau nu.") from fault
    return LearningTime(
        from_level=fromLevel,
        to_level=toLevel,
        pace=pace,
        on=day,
        steps=[LearningStep.model_validate({"level": level, "hours": hours}) for level, hours in found.steps],
        hours=found.hours,
        weekly_hours=weeklyHours,
        weeks=found.weeks,
        source="Rapport Rekenkamercommissie, tabel 6.16",
    )


def _wrong(parameter: str, detail: str) -> InvalidInput:
    return InvalidInput(detail, errors=[FieldError("invalid", detail, parameter=parameter)])
