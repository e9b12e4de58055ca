# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The agreements that must be looked at again, for policy officers and administrators."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.web import CallerDep, DayOrNone, Gemeentecode, Page, Schema, TxDep
from contracts.access import Role
from gateway import store
from gateway.api.declarations import READ_BY_GEMEENTEN, router
from gateway.models import Agreement, Mandate
from gateway.reviews import reasons


class ReviewReason(Schema):
    """Waarom een afspraak opnieuw moet worden bekeken."""

    code: Literal["older-than-law", "review-date-passed"]
    detail: str


class ReviewOut(Schema):
    """Een afspraak die opnieuw moet worden bekeken."""

    kind: Literal["mandate", "agreement"]
    id: UUID
    name: str
    parties: list[str] = Field(description="De namen van de partijen.")
    gemeentecodes: list[str]
    tasks: list[str]
    agreed_on: DayOrNone
    review_on: DayOrNone
    reasons: list[ReviewReason]


@router.get(
    "/reviews",
    operation_id="listReviews",
    summary="Afspraken die opnieuw moeten worden bekeken",
    response_model=Page[ReviewOut],
    openapi_extra=READ_BY_GEMEENTEN,
)
async def list_reviews(
    caller: CallerDep,
    tx: TxDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
) -> dict[str, Any]:
    """Mandaten en overeenkomsten van voor de wet, of waarvan de afgesproken dag voorbij is; alle ineens."""
    every = caller.has_role(Role.ADMINISTRATOR)
    found = []
    for row, parties, codes in await store.cooperation(tx):
        if gemeentecode is not None and gemeentecode not in codes:
            continue
        if not every and isinstance(row, Mandate) and caller.gemeentecode not in codes:
            continue
        why = reasons(
            agreed_on=row.agreed_on, review_on=row.review_on, valid_until=row.valid_until, today=tx.today
        )
        if why:
            found.append(_out(row, parties, codes, [ReviewReason.model_validate(one) for one in why]))
    return {"items": found, "next_page_token": None}


def _out(
    row: Mandate | Agreement, parties: list[str], codes: list[str], why: list[ReviewReason]
) -> ReviewOut:
    return ReviewOut(
        kind="mandate" if isinstance(row, Mandate) else "agreement",
        id=row.id,
        name=row.source if isinstance(row, Mandate) else row.name,
        parties=parties,
        gemeentecodes=codes,
        tasks=list(row.tasks),
        agreed_on=row.agreed_on,
        review_on=row.review_on,
        reasons=why,
    )
