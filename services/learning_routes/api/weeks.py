# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The classes of the weeks to come: where there is room, and how many people wait for it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.errors import Forbidden
from chassis.schema import described
from chassis.web import Count, Day, DayOrNone, Gemeentecode, Router, Schema, TxDep, problems
from contracts.access import Role
from services.learning_routes import rules
from services.learning_routes.actions.weeks import OpenClass, coming_weeks
from services.learning_routes.api.declarations import REGISTER_READERS, education

router = Router()

MOST_NAMED = 200
"""Classes that the answer names; the numbers count all."""


class ClassFigures(Schema):
    """Plaatsen in klassen, en de mensen die een plaats nodig hebben."""

    starting_groups: Count = described("Groepen die in deze week beginnen.")
    starting_chairs: Count = described("Plaatsen in die groepen, ook de plaatsen die al zijn gegeven.")
    ending_groups: Count = described("Groepen waarvan de laatste dag in deze week is.")
    ending_members: Count = described(
        "Deelnemers in die groepen: zij zijn klaar, of hebben daarna een andere groep nodig."
    )
    free: Count = described("Vrije plaatsen in alle groepen die er deze week zijn.")
    free_here: Count = described("Vrije plaatsen waarvan de lessen in de gemeente zelf zijn.")
    due: Count | None = described(
        "Mensen zonder plaats die uiterlijk in deze week hun eerste les moeten hebben; in de eerste week ook wie "
        "dat al had gemoeten. Leeg: niet getoond."
    )
    waiting: Count | None = described("Die mensen, samen met wie al in een week ervoor had moeten beginnen.")
    short: Count | None = described("Hoeveel plaatsen er voor hen te weinig zijn.")


class RouteFigures(ClassFigures):
    """Een leerroute in een week."""

    leerroute: rules.Leerroute


class ClassWeekOut(ClassFigures):
    """Een week: alle leerroutes samen, en elke leerroute apart."""

    week: Day = described("De maandag.")
    routes: list[RouteFigures]


class OpenClassOut(Schema):
    """Een klas die er in deze weken is of begint."""

    group_id: UUID
    provider_id: UUID
    provider_name: str
    name: str | None
    leerroute: rules.Leerroute
    level: rules.GroupLevel
    pace: rules.Pace | None
    youth: bool
    evening: bool
    gemeentecode: Gemeentecode = described("Waar de lessen zijn.")
    starts_on: DayOrNone = described("Eerste dag; leeg: de groep loopt al.")
    ends_on: DayOrNone = described("Laatste dag; leeg: er is geen einde gepland.")
    chairs: Count = described("Plaatsen in de groep.")
    taken: Count = described("Plaatsen die zijn gegeven, aan mensen van alle gemeenten.")
    free: Count


class ClassWeeksOut(Schema):
    """De komende weken van een gemeente."""

    gemeentecode: Gemeentecode
    weeks: list[ClassWeekOut]
    classes: list[OpenClassOut] = described(
        f"De klassen, wie het eerst begint bovenaan; ten hoogste {MOST_NAMED}."
    )
    class_count: Count = described("Hoeveel klassen er zijn.")
    without_placement: Count | None = described(
        "Mensen met een PIP die nog bij geen school zijn aangemeld; zij tellen mee in 'due'. Leeg: niet getoond."
    )
    small_number: Count | None = described(
        "Aantallen mensen onder dit getal zijn weggelaten; leeg: er is niets weggelaten."
    )
    missing: str | None = described("Wat er ontbreekt om mensen te tellen; leeg: zij zijn geteld.")


def _class_out(one: OpenClass) -> OpenClassOut:
    row, plan = one.row, one.plan
    return OpenClassOut(
        group_id=row.id,
        **{name: value for name, value in row._asdict().items() if name in OpenClassOut.model_fields},
        chairs=plan.chairs,
        taken=plan.taken,
        free=plan.free,
    )


def _week_out(week: rules.ClassWeek) -> ClassWeekOut:
    return ClassWeekOut.model_validate(
        {
            "week": week.week,
            "routes": [RouteFigures.model_validate(route, from_attributes=True) for route in week.routes],
            **{name: week.total(name) for name in ClassFigures.model_fields},
        }
    )


@router.get(
    "/weeks",
    operation_id="readComingClasses",
    summary="Plaatsen in klassen per week",
    response_model=ClassWeeksOut,
    responses=problems(Forbidden),
    openapi_extra=education(REGISTER_READERS | {Role.VWN_TEAM_LEADER}, "groep-raadplegen"),
)
async def read_coming_classes(
    tx: TxDep,
    gemeentecode: Annotated[Gemeentecode, Query(description="De gemeente.")],
    weeks: Annotated[int, Query(ge=1, le=52, description="Hoeveel weken vooruit.")] = 12,
    provider_id: Annotated[
        UUID | None, Query(alias="providerId", description="Alleen van deze aanbieder.")
    ] = None,
) -> ClassWeeksOut:
    """Welke klassen beginnen en stoppen, waar plaats is, en hoeveel mensen per week een plaats nodig hebben.

    De klassen zijn die van scholen met een contract voor de gemeente. Een vrije plaats kan ook voor mensen van
    een andere gemeente van hetzelfde contract zijn. Een school ziet alleen haar eigen groepen en plaatsingen;
    VluchtelingenWerk ziet alleen plaatsen, en geen aantallen mensen.
    """
    found = await coming_weeks(tx, gemeentecode=gemeentecode, provider_id=provider_id, weeks=weeks)
    return ClassWeeksOut(
        gemeentecode=gemeentecode,
        weeks=[_week_out(week) for week in found.weeks],
        classes=[_class_out(one) for one in found.classes[:MOST_NAMED]],
        class_count=len(found.classes),
        without_placement=found.without_placement,
        small_number=found.small_number,
        missing=found.missing,
    )
