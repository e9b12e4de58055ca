# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many moves the team of VluchtelingenWerk can take, week by week."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from chassis.errors import AgreementMissing, Forbidden
from chassis.schema import described
from chassis.web import Count, Day, DayOrNone, Gemeentecode, Router, Schema, TxDep, problems
from services.housing.actions.team import announce_team
from services.housing.api.declarations import VWN, housing
from services.housing.rules.team import MOST_MOVES, monday_of
from services.housing.store import team as store

router = Router()


class TeamCapacityIn(Schema):
    """Wat het team aankan."""

    moves: Annotated[int, Field(ge=0, le=MOST_MOVES, strict=True)] = described(
        "Zoveel verhuizingen kan het team in een week begeleiden."
    )
    until_week: DayOrNone = described(
        "De maandag van de laatste week waarvoor dit geldt; leeg: alleen de week zelf.", default=None
    )


class TeamCapacityOut(Schema):
    """Wat het team in een week aankan."""

    week: Day = described("De maandag.")
    moves: Count
    announced_on: Day = described("Op welke dag dit is doorgegeven.")


class TeamCapacities(Schema):
    """Wat het team van VluchtelingenWerk in een gemeente aankan, vanaf deze week."""

    gemeentecode: Gemeentecode
    rows: list[TeamCapacityOut]


@router.put(
    "/team-capacities/{gemeentecode}/{week}",
    operation_id="announceTeamCapacity",
    summary="Doorgeven hoeveel verhuizingen het team aankan",
    response_model=TeamCapacities,
    responses=problems(Forbidden, AgreementMissing),
    openapi_extra=housing(VWN, "verhuizing-begeleiden"),
)
async def announce_team_capacity(
    gemeentecode: Annotated[Gemeentecode, Path()],
    week: Annotated[Day, Path(description="De maandag van de week.")],
    body: TeamCapacityIn,
    tx: TxDep,
) -> TeamCapacities:
    """Legt vast hoeveel verhuizingen VluchtelingenWerk in een week kan begeleiden, of in elke week tot een andere.

    Opnieuw doorgeven vervangt het getal. De komende weken (`/weeks`) tonen het naast wat er wordt verwacht.
    """
    await announce_team(
        tx, gemeentecode=gemeentecode, week=week, until_week=body.until_week, moves=body.moves
    )
    rows = await store.announced(tx, gemeentecode, monday_of(tx.today))
    return TeamCapacities(
        gemeentecode=gemeentecode, rows=[TeamCapacityOut.model_validate(row) for row in rows]
    )
