# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What gemeenten chose: urgency rules, and projects of flex and doorstroom dwellings."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from chassis.errors import AgreementMissing, Forbidden, NotFound, PreconditionRequired, StaleVersion
from chassis.schema import described
from chassis.web import (
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
from services.housing.actions import policy as actions
from services.housing.api.declarations import DWELLING_READERS, MUNICIPALITY, Budget, housing
from services.housing.errors import UrgencyRuleExists
from services.housing.rules.codes import ProjectStatus
from services.housing.store import dwellings as store

router = Router()

Group = Annotated[str, Field(pattern="^[a-z][a-z-]{1,40}$")]


class UrgencyRuleIn(Schema):
    """Wat de urgentieregeling van een gemeente zegt."""

    gemeentecode: Gemeentecode = described("De gemeente.")
    status_holders: bool = described("Of de regeling statushouders noemt.")
    priority_groups: list[Group] = described(
        "Andere groepen met voorrang, als code.", default_factory=list, max_length=50
    )
    explanation: LongText = described(
        "Wat de regeling voor statushouders betekent; staat bij de reden van een match."
    )
    valid_from: Day = described("Eerste dag waarop dit geldt.")
    source: ShortText = described("Waar het staat.")


class UrgencyRuleOut(UrgencyRuleIn):
    """Een urgentieregeling zoals vastgelegd."""

    id: UUID


class ProjectIn(Schema):
    """Een project van flex- of doorstroomwoningen."""

    gemeentecode: Gemeentecode = described("De gemeente.")
    name: ShortText = described("Naam van het project.")
    site: ShortText = described("De plek.")
    kind: Literal["flex", "transit", "shared"] = described("Soort woningen.")
    places: Annotated[int, Field(ge=1, le=10_000)] = described("Plaatsen, in personen.")
    status: ProjectStatus = described("Waar het project staat.")
    budget_cents: Budget | None = described("Budget, in centen.", default=None)
    permit_on: DayOrNone = described("Dag van de vergunning.", default=None)
    expected_from: DayOrNone = described("Vanaf wanneer er kan worden gewoond.", default=None)
    until: DayOrNone = described("Tot wanneer de plek mag worden gebruikt.", default=None)
    source: ShortText = described("Waar dit staat.")


class ProjectOut(ProjectIn):
    """Een project zoals vastgelegd."""

    id: UUID
    version: Count = described("Telt elke wijziging; ook de ETag.")


class ProjectPatch(Schema):
    """Waar een project nu staat."""

    status: ProjectStatus = described("Waar het project staat.")
    permit_on: DayOrNone = described("Dag van de vergunning; null haalt de dag weg.", default=None)
    expected_from: DayOrNone = described(
        "Vanaf wanneer er kan worden gewoond; null haalt de dag weg.", default=None
    )


@router.post(
    "/urgency-rules",
    operation_id="setUrgencyRule",
    summary="Een urgentieregeling vastleggen",
    status_code=201,
    response_model=UrgencyRuleOut,
    responses=problems(Forbidden, AgreementMissing, UrgencyRuleExists),
    openapi_extra=housing(MUNICIPALITY, "urgentie-beheren"),
)
async def set_urgency_rule(body: UrgencyRuleIn, tx: TxDep) -> UrgencyRuleOut:
    """Legt vast of de gemeente een urgentieregeling heeft waarin statushouders staan. Elke match laat dit zien."""
    rule = await actions.set_urgency_rule(tx, **body.model_dump())
    return UrgencyRuleOut(**rule.model_dump(exclude={"version"}))


@router.get(
    "/urgency-rules",
    operation_id="listUrgencyRules",
    summary="Urgentieregelingen",
    response_model=Page[UrgencyRuleOut],
    openapi_extra=housing(DWELLING_READERS, "urgentie-raadplegen"),
)
async def list_urgency_rules(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
) -> object:
    """De regelingen per gemeente, met de dag vanaf wanneer."""
    rows = await store.urgency_rules_page(
        tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch
    )
    return paging.page(
        rows,
        key=lambda row: (row.id,),
        item=lambda row: UrgencyRuleOut(**row.model_dump(exclude={"version"})),
    )


@router.post(
    "/flex-projects",
    operation_id="planFlexProject",
    summary="Een project van flex- of doorstroomwoningen vastleggen",
    status_code=201,
    response_model=ProjectOut,
    responses=problems(Forbidden, AgreementMissing),
    openapi_extra=housing(MUNICIPALITY, "flexproject-beheren"),
)
async def plan_flex_project(body: ProjectIn, tx: TxDep, response: Response) -> ProjectOut:
    """Legt een project vast met plek, geld en vergunning."""
    project = await actions.plan_project(tx, **body.model_dump())
    set_etag(response, project.version)
    return ProjectOut(**project.model_dump())


@router.get(
    "/flex-projects",
    operation_id="listFlexProjects",
    summary="Projecten van flex- en doorstroomwoningen",
    response_model=Page[ProjectOut],
    openapi_extra=housing(DWELLING_READERS, "flexproject-raadplegen"),
)
async def list_flex_projects(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
) -> object:
    """De projecten, met waar zij staan."""
    rows = await store.projects_page(tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.id,), item=lambda row: ProjectOut(**row.model_dump()))


@router.patch(
    "/flex-projects/{projectId}",
    operation_id="changeFlexProject",
    summary="Vastleggen waar een project staat",
    response_model=ProjectOut,
    responses=problems(NotFound, Forbidden, AgreementMissing, StaleVersion, PreconditionRequired),
    openapi_extra=housing(MUNICIPALITY, "flexproject-beheren"),
)
async def change_flex_project(
    projectId: UUID,  # noqa: N803 - as in the path
    body: ProjectPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> ProjectOut:
    """Legt vast dat er bijvoorbeeld een vergunning is, of dat het project stopt."""
    project = await actions.change_project(
        tx,
        project_id=projectId,
        expected_version=expected,
        status=body.status,
        days=body.model_dump(include={"permit_on", "expected_from"}, exclude_unset=True),
    )
    set_etag(response, project.version)
    return ProjectOut(**project.model_dump())
