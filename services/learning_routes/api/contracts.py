# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Contracts of gemeenten with providers."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.errors import Forbidden, NotFound, ReferenceNotYetKnown
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    Hours,
    HoursOrNone,
    Page,
    PagingDep,
    Router,
    Schema,
    TxDep,
    problems,
)
from services.learning_routes import actions, store
from services.learning_routes.api.declarations import CONTRACT_MANAGERS, REGISTER_READERS, education
from services.learning_routes.errors import ContractOverlaps, TermsExist
from services.learning_routes.models import Contract, ContractTerms

router = Router()

Percent = Annotated[Hours, described("Percentage, ten hoogste twee decimalen.", le=100)]
Days = Annotated[Count, described("Aantal dagen.", le=3660)]


class TermsFields(Schema):
    """De voorwaarden van een contract."""

    unexcused_limit: Annotated[
        Count, described("Zoveel lessen zonder geldige reden geven een signaal.", ge=1, le=1000)
    ]
    sickness_percent: Percent = described(
        "Boven dit deel van de lesuren geeft ziekte een signaal, in procenten."
    )
    group_max: Annotated[
        Count, described("Zoveel deelnemers mag een groep hebben; nooit meer dan 12.", ge=1, le=1000)
    ]
    start_working_days: Days | None = described(
        "Eerste les binnen zoveel werkdagen na de aanmelding. Zonder starttermijn gelden 20 werkdagen.",
        default=None,
    )
    intake_days: Days | None = described(
        "Intake van de school binnen zoveel dagen na de aanmelding.", default=None
    )
    start_days: Days | None = described("Eerste les binnen zoveel dagen na de intake.", default=None)
    lesson_hours_mark: HoursOrNone = described(
        "Na zoveel gevolgde lesuren volgt een evaluatie. Zonder opgave 400; null is geen evaluatie.",
        default=None,
    )
    late_entry_months: Annotated[Count, described("Maanden.", le=120)] | None = described(
        "Registraties later dan zoveel maanden na de les hebben goedkeuring nodig. Zonder opgave 2.",
        default=None,
    )
    closed_days: list[Day] = described(
        "Dagen zonder les naast de feestdagen, zoals schoolvakanties; ze tellen niet als werkdag.",
        default_factory=list,
        max_length=1000,
    )

    def terms(self) -> actions.NewTerms:
        """The terms for the use case."""
        return actions.NewTerms(
            unexcused_limit=self.unexcused_limit,
            sickness_percent=self.sickness_percent,
            group_max=self.group_max,
            start_working_days=self.start_working_days,
            intake_days=self.intake_days,
            start_days=self.start_days,
            lesson_hours_mark=self.lesson_hours_mark,
            no_lesson_hours_mark="lesson_hours_mark" in self.model_fields_set
            and self.lesson_hours_mark is None,
            late_entry_months=self.late_entry_months,
            closed_days=tuple(self.closed_days),
        )


class ContractIn(TermsFields):
    """Een nieuw contract."""

    provider_id: UUID = described("De aanbieder.")
    gemeentecodes: list[Gemeentecode] = described(
        "De gemeenten waarvoor het contract geldt.", min_length=1, max_length=50
    )
    valid_from: Day = described("Eerste dag.")
    valid_until: DayOrNone = described("Laatste dag; leeg als er geen einddatum is.", default=None)


class TermsIn(TermsFields):
    """Voorwaarden die vanaf een dag gelden."""

    valid_from: Day = described("Vanaf deze dag gelden ze.")


class TermsOut(Schema):
    """Voorwaarden die vanaf een dag gelden, tot de volgende."""

    valid_from: Day
    unexcused_limit: int
    sickness_percent: Hours
    group_max: int
    start_working_days: int | None
    intake_days: int | None
    start_days: int | None
    lesson_hours_mark: HoursOrNone
    late_entry_months: int
    closed_days: list[Day]


class ContractOut(TermsOut):
    """Een contract met de voorwaarden die nu gelden, en alle voorwaarden met hun datum."""

    id: UUID
    provider_id: UUID
    organisation_id: UUID
    gemeentecodes: list[Gemeentecode]
    valid_from: Day
    valid_until: DayOrNone
    terms: list[TermsOut]


def _terms_out(row: ContractTerms) -> TermsOut:
    return TermsOut.model_validate(row)


def _out(contract: Contract, rows: list[ContractTerms], now: ContractTerms) -> ContractOut:
    return ContractOut(
        **{**_terms_out(now).model_dump(), "valid_from": contract.valid_from},
        id=contract.id,
        provider_id=contract.provider_id,
        organisation_id=contract.organisation_id,
        gemeentecodes=contract.gemeentecodes,
        valid_until=contract.valid_until,
        terms=[_terms_out(row) for row in rows],
    )


async def _outs(tx: TxDep, contracts: list[Contract]) -> dict[UUID, ContractOut]:
    rows = await store.terms_rows(tx, [contract.id for contract in contracts])
    found = {}
    for contract in contracts:
        own = rows[contract.id]
        now = [row for row in own if row.valid_from <= tx.today]
        found[contract.id] = _out(contract, own, now[-1] if now else own[0])
    return found


@router.post(
    "/contracts",
    operation_id="makeContract",
    summary="Een contract vastleggen",
    status_code=201,
    response_model=ContractOut,
    responses=problems(Forbidden, ReferenceNotYetKnown, ContractOverlaps),
    openapi_extra=education(CONTRACT_MANAGERS, "contract-beheren"),
)
async def make_contract(body: ContractIn, tx: TxDep) -> ContractOut:
    """Legt een contract met een aanbieder vast, met de voorwaarden vanaf de eerste dag."""
    contract = await actions.make_contract(
        tx,
        provider_id=body.provider_id,
        gemeentecodes=list(body.gemeentecodes),
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        terms=body.terms(),
    )
    return (await _outs(tx, [contract]))[contract.id]


@router.get(
    "/contracts",
    operation_id="listContracts",
    summary="Contracten",
    response_model=Page[ContractOut],
    openapi_extra=education(REGISTER_READERS, "contract-raadplegen"),
)
async def list_contracts(
    tx: TxDep,
    paging: PagingDep,
    provider_id: Annotated[
        UUID | None, Query(alias="providerId", description="Alleen met deze aanbieder.")
    ] = None,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen voor deze gemeente.")] = None,
) -> object:
    """De contracten die uw organisatie aangaan."""
    rows = await store.contracts_page(
        tx, provider_id=provider_id, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch
    )
    outs = await _outs(tx, list(rows))
    return paging.page(rows, key=lambda row: (row.id,), item=lambda row: outs[row.id])


@router.get(
    "/contracts/{contractId}",
    operation_id="readContract",
    summary="Een contract",
    response_model=ContractOut,
    responses=problems(NotFound),
    openapi_extra=education(REGISTER_READERS, "contract-raadplegen"),
)
async def read_contract(contractId: UUID, tx: TxDep) -> ContractOut:  # noqa: N803 - as in the path
    """Een contract met alle voorwaarden en hun datum."""
    contract = await tx.get(Contract, contractId)
    if contract is None:
        raise NotFound("Een contract met dit nummer is niet gevonden.")
    return (await _outs(tx, [contract]))[contract.id]


@router.post(
    "/contracts/{contractId}/terms",
    operation_id="changeContractTerms",
    summary="Nieuwe voorwaarden vastleggen",
    status_code=201,
    response_model=ContractOut,
    responses=problems(Forbidden, NotFound, TermsExist),
    openapi_extra=education(CONTRACT_MANAGERS, "contract-beheren"),
)
async def change_contract_terms(contractId: UUID, body: TermsIn, tx: TxDep) -> ContractOut:  # noqa: N803 - as in the path
    """Legt voorwaarden vast die vanaf een dag gelden. Wat eerder gold blijft gelden voor eerdere lessen."""
    contract = await actions.change_terms(
        tx, contract_id=contractId, valid_from=body.valid_from, terms=body.terms()
    )
    return (await _outs(tx, [contract]))[contract.id]
