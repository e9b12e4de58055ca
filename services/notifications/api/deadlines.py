# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clocks of the chain, for whoever may see the person."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.errors import AgreementMissing, NotFound
from chassis.web import (
    CallerDep,
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    Page,
    PagingDep,
    Router,
    Schema,
    TxDep,
    access,
    problems,
)
from contracts.access import Purpose
from services.notifications import store
from services.notifications.api.visibility import OF_GEMEENTE, OF_SCHOOL, reader, require_person
from services.notifications.models import Deadline
from services.notifications.rules import DeadlineStatus

__all__ = ["router"]

router = Router(tags=["Termijnen"])


class DeadlineOut(Schema):
    """Eén termijn van een inburgeraar."""

    id: UUID
    rule: str = Field(description="Code van de regel, bijvoorbeeld `pip-ten-weeks`.")
    article: str = Field(description="Waar de regel staat, voor mensen.")
    inburgeraar_id: UUID
    gemeentecode: Gemeentecode | None
    organisation_id: UUID | None = Field(description="De taalschool die ook iets moet doen, als die er is.")
    starts_on: Day
    early_on: Day = Field(description="De dag van het vroege signaal.")
    due_on: Day = Field(description="De laatste dag die nog op tijd is.")
    status: DeadlineStatus
    met_on: DayOrNone
    late_days: Count = Field(description="Dagen te laat: tot de afronding, of tot vandaag.")
    owner_service: str = Field(description="De dienst die de regel kent.")


def _out(row: Deadline, today: date) -> DeadlineOut:
    # A clock that runs again keeps the day of its former end in the row; that day is no longer true.
    met_on = row.met_on if row.status == DeadlineStatus.MET else None
    late_days = store.deadlines.clock_of(row).late_days(today)
    return DeadlineOut.model_validate(
        {**row.model_dump(), "met_on": met_on, "late_days": late_days}, extra="ignore"
    )


@router.get(
    "/deadlines",
    operation_id="listDeadlines",
    summary="Termijnen opvragen",
    response_model=Page[DeadlineOut],
    responses=problems(AgreementMissing, NotFound),
    openapi_extra=access(
        roles=OF_GEMEENTE | OF_SCHOOL, purpose=Purpose.CASE_WORK, activity="termijnen-bewaken"
    ),
)
async def list_deadlines(
    caller: CallerDep,
    tx: TxDep,
    paging: PagingDep,
    inburgeraar_id: Annotated[
        UUID | None, Query(alias="inburgeraarId", description="Alleen van deze inburgeraar.")
    ] = None,
    status: Annotated[DeadlineStatus | None, Query(description="Alleen met deze status.")] = None,
    rule: Annotated[
        str | None, Query(description="Alleen van deze regel.", max_length=100, pattern="^[a-z0-9-]+$")
    ] = None,
    gemeentecode: Annotated[
        str | None, Query(description="Alleen van deze gemeente.", pattern="^[0-9]{4}$")
    ] = None,
    *,
    mine: Annotated[
        bool, Query(description="Alleen van inburgeraars van wie u de vaste consulent bent.")
    ] = False,
) -> dict[str, Any]:
    """Alle termijnen van de keten die u mag zien, de vroegste laatste dag eerst.

    Een taalschool ziet de termijnen waarin zij zelf iets moet doen.
    """
    if inburgeraar_id is not None:
        await require_person(tx, caller, inburgeraar_id)
    rows = await store.worklist.deadlines(
        tx,
        reader(caller),
        inburgeraar_id=inburgeraar_id,
        status=status,
        rule=rule,
        gemeentecode=gemeentecode,
        lead_member_id=caller.subject if mine else None,
        after=paging.position(date, UUID),
        limit=paging.fetch,
    )
    for row in rows[: paging.size]:
        if row.gemeentecode is not None:
            tx.look(row.inburgeraar_id, row.gemeentecode)
    return paging.page(rows, key=lambda row: (row.due_on, row.id), item=lambda row: _out(row, tx.today))
