# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Corporations, their rules, and their performance agreements with what was delivered."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field, StringConstraints

from chassis.errors import AgreementMissing, Forbidden, NotFound, PreconditionRequired, StaleVersion
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
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
from services.housing.actions import corporations as actions
from services.housing.api.declarations import DWELLING_READERS, MUNICIPALITY, VWN, housing
from services.housing.errors import AgreementExists, CorporationExists
from services.housing.models import CorporationRule, PerformanceAgreement
from services.housing.rules.codes import CorporationRuleKind
from services.housing.store import corporations as store

router = Router()

Year = Annotated[int, Field(ge=2000, le=2100)]
TableName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=24)]
"""A name that fits in a column of a table, on a narrow screen too."""


class CorporationIn(Schema):
    """Een woningcorporatie."""

    name: ShortText = described("Naam van de corporatie.")
    short_name: TableName | None = described(
        "Korte naam voor lijsten en tabellen; leeg: de naam.", default=None
    )
    organisation_id: UUID = described("De organisatie waarvan de medewerkers met deze corporatie werken.")
    gemeentecodes: list[Gemeentecode] = described(
        "De gemeenten waar zij woningen heeft.", min_length=1, max_length=50
    )


class CorporationOut(Schema):
    """Een woningcorporatie."""

    id: UUID
    name: str
    short_name: str | None = described("Voor lijsten en tabellen; leeg: de naam.")
    organisation_id: UUID
    gemeentecodes: list[Gemeentecode]
    version: Count = described("Telt elke wijziging; ook de ETag.")


class CorporationPatch(Schema):
    """Hoe een corporatie heet. Wat ontbreekt, blijft zoals het is."""

    name: ShortText | None = described("Naam van de corporatie.", default=None)
    short_name: TableName | None = described(
        "Korte naam voor lijsten en tabellen; null haalt hem weg.", default=None
    )


class RuleIn(Schema):
    """Een regel van een corporatie, met de periode waarin hij geldt."""

    kind: CorporationRuleKind = described("De regel.")
    value: Count | None = described("Het aantal, bij full-occupation en most-per-year.", default=None)
    gemeentecode: Gemeentecode | None = described("Alleen in deze gemeente; leeg: overal.", default=None)
    valid_from: Day = described("Eerste dag waarop de regel geldt.")
    valid_until: DayOrNone = described("Laatste dag; leeg zolang er geen einde is.", default=None)
    source: ShortText = described("Waar de regel staat, bijvoorbeeld een brief met datum.")


class RuleEnd(Schema):
    """Het einde van een regel."""

    valid_until: Day = described("Laatste dag waarop de regel geldt.")


class RuleOut(Schema):
    """Een regel van een corporatie."""

    id: UUID
    corporation_id: UUID
    kind: CorporationRuleKind
    value: int | None
    gemeentecode: Gemeentecode | None
    valid_from: Day
    valid_until: DayOrNone
    source: str
    version: Count = described("Telt elke wijziging; ook de ETag.")


class AgreementIn(Schema):
    """Een prestatieafspraak over een jaar."""

    gemeentecode: Gemeentecode = described("De gemeente.")
    year: Year = described("Het jaar.")
    dwellings: Count = described("Hoeveel woningen de corporatie aanbiedt.")
    source: ShortText = described("Waar de afspraak staat.")


class AgreementPatch(Schema):
    """Wat er in de prestatieafspraak hoort te staan."""

    dwellings: Count = described("Hoeveel woningen de corporatie aanbiedt.")
    source: ShortText = described("Waar de afspraak staat.")


class AgreementOut(Schema):
    """Een prestatieafspraak, met wat er is geleverd."""

    id: UUID
    corporation_id: UUID
    gemeentecode: Gemeentecode
    year: int
    dwellings: int = described("Afgesproken woningen.")
    delivered: int = described("Aangeboden in dat jaar en niet teruggenomen.")
    difference: int = described("Geleverd min afgesproken; onder nul is te weinig.")
    source: str
    version: Count = described("Telt elke wijziging; ook de ETag.")


def _rule_out(rule: CorporationRule) -> RuleOut:
    return RuleOut.model_validate(rule.model_dump())


def _agreement_out(row: PerformanceAgreement, done: int) -> AgreementOut:
    return AgreementOut(**row.model_dump(), delivered=done, difference=done - row.dwellings)


@router.post(
    "/corporations",
    operation_id="registerCorporation",
    summary="Een corporatie vastleggen",
    status_code=201,
    response_model=CorporationOut,
    responses=problems(Forbidden, AgreementMissing, CorporationExists),
    openapi_extra=housing(MUNICIPALITY | VWN, "corporatie-beheren"),
)
async def register_corporation(body: CorporationIn, tx: TxDep, response: Response) -> CorporationOut:
    """Zet een woningcorporatie op de lijst."""
    corporation = await actions.register_corporation(tx, **body.model_dump())
    set_etag(response, corporation.version)
    return CorporationOut(**corporation.model_dump())


@router.get(
    "/corporations",
    operation_id="listCorporations",
    summary="Corporaties",
    response_model=Page[CorporationOut],
    openapi_extra=housing(DWELLING_READERS, "corporatie-raadplegen"),
)
async def list_corporations(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[
        Gemeentecode | None, Query(description="Alleen met woningen in deze gemeente.")
    ] = None,
) -> object:
    """De corporaties van de keten."""
    rows = await store.corporations_page(
        tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch
    )
    return paging.page(
        rows,
        key=lambda row: (row.id,),
        item=lambda row: CorporationOut(**row.model_dump()),
    )


@router.patch(
    "/corporations/{corporationId}",
    operation_id="changeCorporation",
    summary="Een corporatie een andere naam geven",
    response_model=CorporationOut,
    responses=problems(NotFound, Forbidden, AgreementMissing, StaleVersion, PreconditionRequired),
    openapi_extra=housing(MUNICIPALITY | VWN, "corporatie-beheren"),
)
async def change_corporation(
    corporationId: UUID,  # noqa: N803 - as in the path
    body: CorporationPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> CorporationOut:
    """Verbetert de naam, of geeft de korte naam waaronder de corporatie in lijsten staat."""
    corporation = await actions.change_corporation(
        tx,
        corporation_id=corporationId,
        expected_version=expected,
        changes=body.model_dump(exclude_unset=True),
    )
    set_etag(response, corporation.version)
    return CorporationOut(**corporation.model_dump())


@router.post(
    "/corporations/{corporationId}/rules",
    operation_id="addCorporationRule",
    summary="Een regel van een corporatie vastleggen",
    status_code=201,
    response_model=RuleOut,
    responses=problems(NotFound, Forbidden, AgreementMissing),
    openapi_extra=housing(MUNICIPALITY | VWN, "corporatie-beheren"),
)
async def add_corporation_rule(
    corporationId: UUID,  # noqa: N803 - as in the path
    body: RuleIn,
    tx: TxDep,
    response: Response,
) -> RuleOut:
    """Legt een regel vast waarmee een corporatie verhuurt. Een match die hem breekt, wordt geweigerd."""
    rule = await actions.add_rule(tx, corporation_id=corporationId, **body.model_dump())
    set_etag(response, rule.version)
    return _rule_out(rule)


@router.get(
    "/corporations/{corporationId}/rules",
    operation_id="listCorporationRules",
    summary="De regels van een corporatie",
    response_model=Page[RuleOut],
    responses=problems(NotFound),
    openapi_extra=housing(DWELLING_READERS, "corporatie-raadplegen"),
)
async def list_corporation_rules(corporationId: UUID, tx: TxDep, paging: PagingDep) -> object:  # noqa: N803 - as in the path
    """Alle regels, ook die niet meer of nog niet gelden."""
    await actions.known_corporation(tx, corporationId)
    rows = await store.rules_of(tx, corporationId, after=paging.after_id, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.id,), item=_rule_out)


@router.patch(
    "/corporations/{corporationId}/rules/{ruleId}",
    operation_id="endCorporationRule",
    summary="Een regel van een corporatie beëindigen",
    response_model=RuleOut,
    responses=problems(NotFound, Forbidden, AgreementMissing, StaleVersion, PreconditionRequired),
    openapi_extra=housing(MUNICIPALITY | VWN, "corporatie-beheren"),
)
async def end_corporation_rule(
    corporationId: UUID,  # noqa: N803 - as in the path
    ruleId: UUID,  # noqa: N803 - as in the path
    body: RuleEnd,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> RuleOut:
    """Legt vast tot en met welke dag de regel geldt."""
    rule = await actions.end_rule(
        tx,
        corporation_id=corporationId,
        rule_id=ruleId,
        expected_version=expected,
        valid_until=body.valid_until,
    )
    set_etag(response, rule.version)
    return _rule_out(rule)


@router.post(
    "/corporations/{corporationId}/performance-agreements",
    operation_id="makePerformanceAgreement",
    summary="Een prestatieafspraak vastleggen",
    status_code=201,
    response_model=AgreementOut,
    responses=problems(NotFound, Forbidden, AgreementMissing, AgreementExists),
    openapi_extra=housing(MUNICIPALITY, "prestatieafspraak-beheren"),
)
async def make_performance_agreement(
    corporationId: UUID,  # noqa: N803 - as in the path
    body: AgreementIn,
    tx: TxDep,
    response: Response,
) -> AgreementOut:
    """Legt vast hoeveel woningen de corporatie dit jaar in de gemeente aanbiedt."""
    row = await actions.make_agreement(tx, corporation_id=corporationId, **body.model_dump())
    set_etag(response, row.version)
    return _agreement_out(row, (await store.delivered(tx, [row]))[row.id])


@router.patch(
    "/performance-agreements/{agreementId}",
    operation_id="changePerformanceAgreement",
    summary="Een prestatieafspraak verbeteren",
    response_model=AgreementOut,
    responses=problems(NotFound, Forbidden, AgreementMissing, StaleVersion, PreconditionRequired),
    openapi_extra=housing(MUNICIPALITY, "prestatieafspraak-beheren"),
)
async def change_performance_agreement(
    agreementId: UUID,  # noqa: N803 - as in the path
    body: AgreementPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> AgreementOut:
    """Verbetert het aantal, of waar de afspraak staat."""
    row = await actions.change_agreement(
        tx,
        agreement_id=agreementId,
        expected_version=expected,
        dwellings=body.dwellings,
        source=body.source,
    )
    set_etag(response, row.version)
    return _agreement_out(row, (await store.delivered(tx, [row]))[row.id])


@router.get(
    "/performance-agreements",
    operation_id="listPerformanceAgreements",
    summary="Prestatieafspraken en wat er is geleverd",
    response_model=Page[AgreementOut],
    openapi_extra=housing(DWELLING_READERS, "prestatieafspraak-raadplegen"),
)
async def list_performance_agreements(
    tx: TxDep,
    paging: PagingDep,
    corporation_id: Annotated[
        UUID | None, Query(alias="corporationId", description="Alleen van deze corporatie.")
    ] = None,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen in deze gemeente.")] = None,
) -> object:
    """De afspraken per jaar: afgesproken, geleverd en het verschil."""
    rows = await store.agreements_page(
        tx,
        corporation_id=corporation_id,
        gemeentecode=gemeentecode,
        after=paging.after_id,
        limit=paging.fetch,
    )
    done = await store.delivered(tx, rows)
    return paging.page(rows, key=lambda row: (row.id,), item=lambda row: _agreement_out(row, done[row.id]))
