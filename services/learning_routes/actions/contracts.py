# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Contracts of gemeenten with providers, and their dated terms."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound, ReferenceNotYetKnown
from services.learning_routes import rules, store
from services.learning_routes.actions.visibility import check_executes
from services.learning_routes.errors import ContractOverlaps, TermsExist, on_day
from services.learning_routes.models import Contract, ContractTerms

__all__ = ["NewTerms", "change_terms", "make_contract"]


@dataclass(frozen=True, slots=True)
class NewTerms:
    """Terms as a gemeente states them; what is None takes the default of the agreement."""

    unexcused_limit: int
    sickness_percent: Decimal
    group_max: int
    start_working_days: int | None
    intake_days: int | None
    start_days: int | None
    lesson_hours_mark: Decimal | None
    no_lesson_hours_mark: bool  # the contract has no evaluation, so the default does not hold
    late_entry_months: int | None
    closed_days: tuple[date, ...]


def _row(contract_id: UUID, valid_from: date, terms: NewTerms) -> ContractTerms:
    working_days = terms.start_working_days
    if (terms.intake_days is None) != (terms.start_days is None):
        missing = "/startDays" if terms.start_days is None else "/intakeDays"
        raise InvalidInput.on(missing, "intakeDays en startDays horen bij elkaar.", code="required")
    if working_days is not None and terms.intake_days is not None:
        raise InvalidInput.on(
            "/startWorkingDays",
            "Kies een starttermijn in werkdagen, of een in intakeDays en startDays; niet allebei.",
            code="one-form",
        )
    if working_days is None and terms.intake_days is None:
        working_days = int(rules.START_WORKING_DAYS.on(valid_from))
    mark = terms.lesson_hours_mark
    if mark is None and not terms.no_lesson_hours_mark:
        mark = rules.LESSON_HOURS_MARK.on(valid_from)
    months = terms.late_entry_months
    return ContractTerms(
        contract_id=contract_id,
        valid_from=valid_from,
        unexcused_limit=terms.unexcused_limit,
        sickness_percent=terms.sickness_percent,
        group_max=terms.group_max,
        start_working_days=working_days,
        intake_days=terms.intake_days,
        start_days=terms.start_days,
        lesson_hours_mark=mark,
        late_entry_months=int(rules.LATE_ENTRY_MONTHS.on(valid_from)) if months is None else months,
        closed_days=sorted(set(terms.closed_days)),
    )


async def make_contract(
    tx: Tx,
    *,
    provider_id: UUID,
    gemeentecodes: list[str],
    valid_from: date,
    valid_until: date | None,
    terms: NewTerms,
) -> Contract:
    """Record a contract; only who executes the work of all its gemeenten can."""
    if valid_until is not None and valid_until < valid_from:
        raise InvalidInput.on("/validUntil", "De laatste dag ligt voor de eerste.", code="before-start")
    codes = sorted(set(gemeentecodes))
    for code in codes:
        check_executes(tx, code)
    # The lock makes two contracts for one gemeente take turns.
    provider = await store.lock_provider(tx, provider_id)
    if provider is None:
        raise ReferenceNotYetKnown.on(
            "/providerId", "Deze aanbieder is hier nog niet bekend.", code="reference-not-yet-known"
        )
    other = await store.overlapping_contract(tx, provider_id, codes, valid_from, valid_until)
    if other is not None:
        end = "" if other.valid_until is None else f" tot en met {on_day(other.valid_until)}"
        raise ContractOverlaps.on(
            "/validFrom",
            f"Er loopt een contract vanaf {on_day(other.valid_from)}{end} voor gemeente "
            f"{', '.join(sorted(set(other.gemeentecodes) & set(codes)))}.",
        )
    contract = Contract(
        provider_id=provider_id,
        organisation_id=provider.organisation_id,
        gemeentecodes=codes,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    row = _row(contract.id, valid_from, terms)
    tx.add(contract)
    await tx.flush()
    tx.add(row)
    await tx.flush()
    return contract


async def change_terms(tx: Tx, *, contract_id: UUID, valid_from: date, terms: NewTerms) -> Contract:
    """Record other terms of a contract, from a day on."""
    seen = await tx.get(Contract, contract_id)
    if seen is None:
        raise NotFound("Een contract met dit nummer is niet gevonden.")
    for code in seen.gemeentecodes:
        check_executes(tx, code)
    contract = await tx.get(Contract, contract_id, lock=True)
    if contract is None:
        raise NotFound("Een contract met dit nummer is niet gevonden.")
    if valid_from < contract.valid_from or (
        contract.valid_until is not None and valid_from > contract.valid_until
    ):
        raise InvalidInput.on("/validFrom", "Deze dag valt buiten het contract.", code="outside-contract")
    for row in (await store.terms_rows(tx, [contract_id]))[contract_id]:
        if row.valid_from == valid_from:
            raise TermsExist.on("/validFrom", f"Er zijn al voorwaarden vanaf {on_day(valid_from)}.")
    tx.add(_row(contract_id, valid_from, terms))
    contract.version += 1
    await tx.flush()
    return contract
