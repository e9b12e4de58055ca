# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What was agreed: mandates, data agreements and local policy."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from chassis.errors import NotFound, PreconditionRequired, ReferenceNotYetKnown, StaleVersion
from chassis.web import (
    CallerDep,
    Gemeentecode,
    IfMatchDep,
    Page,
    PagingDep,
    TxDep,
    problems,
    set_etag,
)
from contracts.access import Role
from gateway import actions, store
from gateway.api.declarations import (
    ADMINISTRATOR_ONLY,
    READ_BY_ALL,
    CodeFilter,
    DayFilter,
    administration,
    created,
    router,
)
from gateway.api.schemas import (
    AgreementIn,
    AgreementOut,
    EffectivePolicies,
    EffectivePolicy,
    MandateIn,
    MandateOut,
    PeriodPatch,
    PolicyIn,
    PolicyOut,
    Slug,
)
from gateway.errors import MandateOverlaps, NameTaken, NotAGemeente
from gateway.models import Agreement, LocalPolicy, Mandate
from gateway.policies import POLICY_KEYS


@router.get(
    "/mandates",
    operation_id="listMandates",
    summary="Mandaten bekijken",
    response_model=Page[MandateOut],
    openapi_extra=READ_BY_ALL,
)
async def list_mandates(
    tx: TxDep, paging: PagingDep, gemeentecode: CodeFilter = None, on: DayFilter = None
) -> dict[str, Any]:
    """Welke gemeente voor welke andere gemeente uitvoert, sinds wanneer en op grond waarvan."""
    rows = await store.mandates(tx, gemeentecode=gemeentecode, on=on, after=paging.after, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.mandating_code, row.valid_from, row.id), item=MandateOut.of)


@router.post(
    "/mandates",
    operation_id="addMandate",
    summary="Een mandaat registreren",
    status_code=201,
    response_model=MandateOut,
    responses=problems(MandateOverlaps, NotAGemeente, NameTaken),
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def add_mandate(body: MandateIn, tx: TxDep, response: Response) -> MandateOut:
    """Registreert dat een gemeente taken laat uitvoeren door een andere gemeente."""
    values = body.model_dump()
    values["mandating_code"] = values.pop("mandating_gemeentecode")
    values["executing_code"] = values.pop("executing_gemeentecode")
    row = await actions.add_mandate(tx, values)
    return MandateOut.of(created(response, "mandates", row))


@router.get(
    "/mandates/{mandateId}",
    operation_id="readMandate",
    summary="Een mandaat bekijken",
    response_model=MandateOut,
    responses=problems(NotFound),
    openapi_extra=READ_BY_ALL,
)
async def read_mandate(mandateId: UUID, tx: TxDep, response: Response) -> MandateOut:  # noqa: N803
    """Eén mandaat."""
    row = await actions.find(tx, Mandate, mandateId)
    set_etag(response, row.version)
    return MandateOut.of(row)


@router.patch(
    "/mandates/{mandateId}",
    operation_id="changeMandate",
    summary="Een mandaat beëindigen of verlengen",
    response_model=MandateOut,
    responses=problems(NotFound, StaleVersion, PreconditionRequired, MandateOverlaps),
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def change_mandate(
    mandateId: UUID,  # noqa: N803
    body: PeriodPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> MandateOut:
    """Wijzigt de laatste dag of de dag waarop het mandaat opnieuw wordt bekeken."""
    row = await actions.change(tx, Mandate, mandateId, expected, body.model_dump(exclude_unset=True))
    set_etag(response, row.version)
    return MandateOut.of(row)


@router.get(
    "/agreements",
    operation_id="listAgreements",
    summary="Gegevensovereenkomsten bekijken",
    response_model=Page[AgreementOut],
    openapi_extra=READ_BY_ALL,
)
async def list_agreements(
    tx: TxDep, paging: PagingDep, gemeentecode: CodeFilter = None, on: DayFilter = None
) -> dict[str, Any]:
    """De overeenkomsten waarin de eigen organisatie partij is; beheerders zien ze alle."""
    rows = await store.agreements(
        tx, gemeentecode=gemeentecode, on=on, after=paging.after, limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.name, row.id), item=AgreementOut.model_validate)


@router.post(
    "/agreements",
    operation_id="addAgreement",
    summary="Een gegevensovereenkomst registreren",
    status_code=201,
    response_model=AgreementOut,
    responses=problems(NotAGemeente, ReferenceNotYetKnown, NameTaken),
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def add_agreement(body: AgreementIn, tx: TxDep, response: Response) -> Agreement:
    """Registreert wat een organisatie een andere laat zien: van wie, waarvoor en op welke grond."""
    row = await actions.add_agreement(tx, body.model_dump())
    return created(response, "agreements", row)


@router.get(
    "/agreements/{agreementId}",
    operation_id="readAgreement",
    summary="Een gegevensovereenkomst bekijken",
    response_model=AgreementOut,
    responses=problems(NotFound),
    openapi_extra=READ_BY_ALL,
)
async def read_agreement(agreementId: UUID, tx: TxDep, response: Response) -> Agreement:  # noqa: N803
    """Eén overeenkomst waarin de eigen organisatie partij is."""
    row = await actions.find(tx, Agreement, agreementId)
    set_etag(response, row.version)
    return row


@router.patch(
    "/agreements/{agreementId}",
    operation_id="changeAgreement",
    summary="Een gegevensovereenkomst beëindigen of verlengen",
    response_model=AgreementOut,
    responses=problems(NotFound, StaleVersion, PreconditionRequired),
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def change_agreement(
    agreementId: UUID,  # noqa: N803
    body: PeriodPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> Agreement:
    """Wijzigt de laatste dag of de dag waarop de overeenkomst opnieuw wordt bekeken."""
    row = await actions.change(tx, Agreement, agreementId, expected, body.model_dump(exclude_unset=True))
    set_etag(response, row.version)
    return row


@router.get(
    "/policies",
    operation_id="listPolicies",
    summary="Vastgelegd lokaal beleid bekijken",
    response_model=Page[PolicyOut],
    openapi_extra=READ_BY_ALL,
)
async def list_policies(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: CodeFilter = None,
    key: Annotated[Slug | None, Query(description="Alleen deze keuze.")] = None,
) -> dict[str, Any]:
    """Alle vastgelegde keuzes, ook vroegere en latere."""
    rows = await store.policies(
        tx, gemeentecode=gemeentecode, key=key, after=paging.after, limit=paging.fetch
    )
    return paging.page(
        rows,
        key=lambda row: (row.gemeentecode, row.key, row.valid_from, row.id),
        item=PolicyOut.model_validate,
    )


@router.post(
    "/policies",
    operation_id="setPolicy",
    summary="Lokaal beleid vastleggen",
    status_code=201,
    response_model=PolicyOut,
    responses=problems(NotAGemeente, NameTaken),
    openapi_extra=administration(frozenset({Role.ADMINISTRATOR, Role.POLICY_OFFICER})),
)
async def set_policy(body: PolicyIn, caller: CallerDep, tx: TxDep, response: Response) -> LocalPolicy:
    """Legt een keuze van een gemeente vast vanaf een dag; eerdere keuzes blijven te lezen."""
    row = await actions.set_policy(tx, caller, body.model_dump())
    response.headers["Location"] = f"/gateway/v1/policies?gemeentecode={row.gemeentecode}"
    return row


@router.get(
    "/effective-policies/{gemeentecode}",
    operation_id="readEffectivePolicies",
    summary="Geldend lokaal beleid bekijken",
    response_model=EffectivePolicies,
    responses=problems(NotFound),
    openapi_extra=READ_BY_ALL,
)
async def read_effective_policies(
    gemeentecode: Gemeentecode, tx: TxDep, on: DayFilter = None
) -> EffectivePolicies:
    """Elke keuze die de wet aan een gemeente laat, met de waarde die op een dag geldt."""
    if await store.gemeente(tx, gemeentecode) is None:
        raise NotFound("Deze gemeente doet niet mee.")
    day = on or tx.today
    rows = {row.key: row for row in await store.effective_policies(tx, gemeentecode, day)}
    return EffectivePolicies(
        gemeentecode=gemeentecode,
        on=day,
        items=[
            EffectivePolicy(
                key=key,
                meaning=rule.meaning,
                unit=rule.unit or None,
                value=rows[key].value if key in rows else None,
                source=rows[key].source if key in rows else None,
                valid_from=rows[key].valid_from if key in rows else None,
            )
            for key, rule in POLICY_KEYS.items()
        ],
    )
