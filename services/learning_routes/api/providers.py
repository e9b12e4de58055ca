# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Providers and their quality marks."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from chassis.db import Tx
from chassis.errors import NotFound, PreconditionRequired, StaleVersion
from chassis.schema import described
from chassis.web import (
    Day,
    DayOrNone,
    IfMatchDep,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    problems,
    set_etag,
)
from services.learning_routes import actions, rules, store
from services.learning_routes.api.declarations import CONTRACT_MANAGERS, REGISTER_READERS, education
from services.learning_routes.errors import MarkOverlaps, ProviderInUse
from services.learning_routes.models import MarkPeriodRow, Provider

router = Router()

Routes = Annotated[
    list[rules.Leerroute], described("De leerroutes die de aanbieder geeft.", min_length=1, max_length=3)
]


class ProviderIn(Schema):
    """Een nieuwe aanbieder."""

    name: ShortText = described("Naam van de school.")
    routes: Routes
    keurmerk_from: Day = described("Eerste dag van het keurmerk of de diploma-erkenning.")
    keurmerk_until: DayOrNone = described("Laatste dag; leeg als er geen einddatum is.", default=None)
    keurmerk_kind: rules.MarkKind | None = described(
        "Soort keurmerk. Zonder opgave Blik op Werk; voor alleen de onderwijsroute diploma-erkenning.",
        default=None,
    )
    organisation_id: UUID | None = described(
        "De organisatie waarvan de medewerkers met deze aanbieder werken.", default=None
    )


class ProviderPatch(Schema):
    """Wat er aan een aanbieder verandert; wat ontbreekt blijft zoals het is."""

    name: ShortText | None = described("Nieuwe naam.", default=None)
    routes: Routes | None = described("Nieuwe lijst van leerroutes.", default=None)
    organisation_id: UUID | None = described(
        "De organisatie van de school; alleen zolang er geen contract is.", default=None
    )


class MarkPeriodIn(Schema):
    """Een periode waarin het keurmerk geldt."""

    since: Day = described("Eerste dag.")
    until: DayOrNone = described("Laatste dag; leeg als er geen einddatum is.", default=None)
    kind: rules.MarkKind | None = described("Soort keurmerk.", default=None)


class MarkPeriodEnd(Schema):
    """Het einde van een periode van het keurmerk."""

    until: Day = described("Laatste dag waarop het keurmerk geldt.")
    reason: rules.MarkEndReason = described("Waarom het keurmerk eindigt.")


class MarkPeriodOut(Schema):
    """Een periode van het keurmerk."""

    id: UUID
    kind: rules.MarkKind
    since: Day
    until: DayOrNone
    end_reason: rules.MarkEndReason | None


class ProviderOut(Schema):
    """Een aanbieder met de geschiedenis van het keurmerk."""

    id: UUID
    name: str
    routes: list[rules.Leerroute]
    organisation_id: UUID
    keurmerk_from: DayOrNone = described("Eerste dag van de periode die nu geldt, of van de laatste.")
    keurmerk_until: DayOrNone = described("Laatste dag van die periode; leeg als er geen einddatum is.")
    keurmerk_valid: bool = described("Of het keurmerk vandaag geldt.")
    keurmerk_periods: list[MarkPeriodOut]


def _period_out(row: MarkPeriodRow) -> MarkPeriodOut:
    return MarkPeriodOut(
        id=row.id,
        kind=rules.MarkKind(row.kind),
        since=row.valid_from,
        until=row.valid_until,
        end_reason=None if row.end_reason is None else rules.MarkEndReason(row.end_reason),
    )


def _out(tx: Tx, provider: Provider, periods: list[MarkPeriodRow]) -> ProviderOut:
    holding = [row for row in periods if rules.MarkPeriod(row.valid_from, row.valid_until).covers(tx.today)]
    shown = (holding or periods)[-1] if periods else None
    return ProviderOut(
        id=provider.id,
        name=provider.name,
        routes=[rules.Leerroute(route) for route in provider.routes],
        organisation_id=provider.organisation_id,
        keurmerk_from=None if shown is None else shown.valid_from,
        keurmerk_until=None if shown is None else shown.valid_until,
        keurmerk_valid=bool(holding),
        keurmerk_periods=[_period_out(row) for row in periods],
    )


async def _answer(tx: Tx, provider: Provider, response: Response) -> ProviderOut:
    set_etag(response, provider.version)
    return _out(tx, provider, (await store.mark_rows(tx, [provider.id]))[provider.id])


@router.post(
    "/providers",
    operation_id="registerProvider",
    summary="Een aanbieder vastleggen",
    status_code=201,
    response_model=ProviderOut,
    openapi_extra=education(CONTRACT_MANAGERS, "aanbieder-beheren"),
)
async def register_provider(body: ProviderIn, tx: TxDep, response: Response) -> ProviderOut:
    """Legt een school vast met haar leerroutes en de periode van haar keurmerk."""
    provider = await actions.register_provider(
        tx,
        name=body.name,
        routes=list(dict.fromkeys(body.routes)),
        mark_from=body.keurmerk_from,
        mark_until=body.keurmerk_until,
        mark_kind=body.keurmerk_kind,
        organisation_id=body.organisation_id,
    )
    return await _answer(tx, provider, response)


@router.get(
    "/providers",
    operation_id="listProviders",
    summary="Aanbieders",
    response_model=Page[ProviderOut],
    openapi_extra=education(REGISTER_READERS, "aanbieder-raadplegen"),
)
async def list_providers(
    tx: TxDep,
    paging: PagingDep,
    leerroute: Annotated[
        rules.Leerroute | None, Query(description="Alleen wie deze leerroute geeft.")
    ] = None,
    organisation_id: Annotated[
        UUID | None, Query(alias="organisationId", description="Alleen van deze organisatie.")
    ] = None,
) -> object:
    """Alle aanbieders, op naam."""
    rows = await store.providers_page(
        tx,
        leerroute=leerroute,
        organisation_id=organisation_id,
        after=paging.position(str, UUID),
        limit=paging.fetch,
    )
    periods = await store.mark_rows(tx, [row.id for row in rows])
    return paging.page(
        rows, key=lambda row: (row.name, row.id), item=lambda row: _out(tx, row, periods[row.id])
    )


@router.get(
    "/providers/{providerId}",
    operation_id="readProvider",
    summary="Een aanbieder",
    response_model=ProviderOut,
    responses=problems(NotFound),
    openapi_extra=education(REGISTER_READERS, "aanbieder-raadplegen"),
)
async def read_provider(providerId: UUID, tx: TxDep, response: Response) -> ProviderOut:  # noqa: N803 - as in the path
    """Een aanbieder met alle periodes van het keurmerk."""
    provider = await tx.get(Provider, providerId)
    if provider is None:
        raise NotFound("Een aanbieder met dit nummer is niet gevonden.")
    return await _answer(tx, provider, response)


@router.patch(
    "/providers/{providerId}",
    operation_id="changeProvider",
    summary="Een aanbieder wijzigen",
    response_model=ProviderOut,
    responses=problems(NotFound, ProviderInUse, StaleVersion, PreconditionRequired),
    openapi_extra=education(CONTRACT_MANAGERS, "aanbieder-beheren"),
)
async def change_provider(
    providerId: UUID,  # noqa: N803 - as in the path
    body: ProviderPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> ProviderOut:
    """Wijzigt naam, leerroutes of organisatie van een aanbieder."""
    provider = await actions.change_provider(
        tx,
        provider_id=providerId,
        expected_version=expected,
        name=body.name,
        routes=None if body.routes is None else list(dict.fromkeys(body.routes)),
        organisation_id=body.organisation_id,
    )
    return await _answer(tx, provider, response)


@router.post(
    "/providers/{providerId}/keurmerk-periods",
    operation_id="addKeurmerkPeriod",
    summary="Een periode van het keurmerk vastleggen",
    status_code=201,
    response_model=ProviderOut,
    responses=problems(NotFound, MarkOverlaps),
    openapi_extra=education(CONTRACT_MANAGERS, "aanbieder-beheren"),
)
async def add_keurmerk_period(
    providerId: UUID,  # noqa: N803 - as in the path
    body: MarkPeriodIn,
    tx: TxDep,
    response: Response,
) -> ProviderOut:
    """Legt vast dat het keurmerk is verleend of verlengd."""
    provider = await actions.add_mark_period(
        tx, provider_id=providerId, since=body.since, until=body.until, kind=body.kind
    )
    return await _answer(tx, provider, response)


@router.patch(
    "/providers/{providerId}/keurmerk-periods/{periodId}",
    operation_id="endKeurmerkPeriod",
    summary="Een periode van het keurmerk beëindigen",
    response_model=ProviderOut,
    responses=problems(NotFound, MarkOverlaps, StaleVersion, PreconditionRequired),
    openapi_extra=education(CONTRACT_MANAGERS, "aanbieder-beheren"),
)
async def end_keurmerk_period(
    providerId: UUID,  # noqa: N803 - as in the path
    periodId: UUID,  # noqa: N803 - as in the path
    body: MarkPeriodEnd,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> ProviderOut:
    """Legt vast dat het keurmerk is verlopen, geschorst of ingetrokken."""
    provider = await actions.end_mark_period(
        tx,
        provider_id=providerId,
        period_id=periodId,
        expected_version=expected,
        until=body.until,
        reason=body.reason,
    )
    return await _answer(tx, provider, response)
