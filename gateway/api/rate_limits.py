# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How fast clients and tenants may go, as data with a period."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response

from chassis.errors import NotFound, PreconditionRequired, ReferenceNotYetKnown, StaleVersion
from chassis.web import IfMatchDep, Page, PagingDep, TxDep, problems, set_etag
from gateway import actions, store
from gateway.api.declarations import ADMINISTRATOR_ONLY, created, router
from gateway.api.schemas import RateLimitIn, RateLimitOut, UntilPatch
from gateway.errors import NotAGemeente
from gateway.models import RateLimit


@router.get(
    "/rate-limits",
    operation_id="listRateLimits",
    summary="Grenzen aan het aantal verzoeken bekijken",
    response_model=Page[RateLimitOut],
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def list_rate_limits(
    tx: TxDep,
    paging: PagingDep,
    kind: Annotated[
        Literal["client", "organisation", "gemeente"] | None, Query(description="Alleen van deze soort.")
    ] = None,
) -> dict[str, Any]:
    """Alle vastgelegde grenzen, ook vroegere en latere. Waar er geen is, geldt wat is ingesteld."""
    rows = await store.rate_limits(tx, kind=kind, after=paging.position(str, date, UUID), limit=paging.fetch)
    return paging.page(
        rows, key=lambda row: (row.kind, row.valid_from, row.id), item=RateLimitOut.model_validate
    )


@router.post(
    "/rate-limits",
    operation_id="addRateLimit",
    summary="Een grens aan het aantal verzoeken vastleggen",
    status_code=201,
    response_model=RateLimitOut,
    responses=problems(NotAGemeente, ReferenceNotYetKnown),
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def add_rate_limit(body: RateLimitIn, tx: TxDep, response: Response) -> RateLimit:
    """Legt vast hoe snel iemand mag gaan vanaf een dag. Van twee geldt degene die het laatst begon."""
    row = await actions.add_rate_limit(tx, body.model_dump())
    return created(response, "rate-limits", row)


@router.get(
    "/rate-limits/{rateLimitId}",
    operation_id="readRateLimit",
    summary="Een grens aan het aantal verzoeken bekijken",
    response_model=RateLimitOut,
    responses=problems(NotFound),
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def read_rate_limit(rateLimitId: UUID, tx: TxDep, response: Response) -> RateLimit:  # noqa: N803
    """Eén grens."""
    row = await actions.find(tx, RateLimit, rateLimitId)
    set_etag(response, row.version)
    return row


@router.patch(
    "/rate-limits/{rateLimitId}",
    operation_id="changeRateLimit",
    summary="Een grens aan het aantal verzoeken beëindigen",
    response_model=RateLimitOut,
    responses=problems(NotFound, StaleVersion, PreconditionRequired),
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def change_rate_limit(
    rateLimitId: UUID,  # noqa: N803
    body: UntilPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> RateLimit:
    """Wijzigt de laatste dag van een grens."""
    row = await actions.change(tx, RateLimit, rateLimitId, expected, body.model_dump(exclude_unset=True))
    set_etag(response, row.version)
    return row
