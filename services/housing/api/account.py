# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Targets and balances: the account that every party sees alike."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path

from chassis.db import Tx
from chassis.errors import FieldError, Forbidden, InvalidInput, NotFound
from chassis.web import Gemeentecode, Page, PagingDep, Router, TxDep, access, problems
from contracts.access import Purpose, Role
from services.housing.actions import account as actions
from services.housing.actions.standing import check_known
from services.housing.api.account_schemas import (
    AccountCorrectionIn,
    AccountCorrectionOut,
    AccountFindingOut,
    AccountPeriodOut,
    BalanceOut,
    BalanceRow,
    HalfYearText,
    HistoryIn,
    HistoryOut,
    KnownOn,
    Peildatum,
    TargetIn,
    TargetOut,
    TargetVersionOut,
    half_year_of,
)
from services.housing.api.declarations import FIGURE_READERS, MUNICIPALITY, figures
from services.housing.errors import CorrectionReasonRequired, HistoryExists, SwitchedOff
from services.housing.models.account import AccountCorrection, TargetVersion
from services.housing.rules.account import Account, Line, by_year
from services.housing.rules.half_years import HalfYear
from services.housing.rules.printed import Finding, PrintedYear
from services.housing.store import account as store

router = Router()

ACCOUNT_WRITERS = access(
    roles=MUNICIPALITY | {Role.PROVINCE},
    purpose=Purpose.HOUSING,
    activity="taakstelling-beheren",
    role_purposes={Role.PROVINCE: Purpose.FIGURES},
)
"""A gemeente writes its own account, the Province those that it supervises."""

ACCOUNT_READERS = figures(FIGURE_READERS, "taakstelling-raadplegen")

CodePath = Annotated[Gemeentecode, Path(alias="gemeentecode", description="Gemeentecode van vier cijfers.")]


def _version_out(row: TargetVersion) -> TargetVersionOut:
    return TargetVersionOut(
        number=row.number,
        target=row.persons,
        published_on=row.published_on,
        source=row.source,
        correction_reason=row.reason,
        recorded_at=row.recorded_at,
    )


async def _target_out(tx: Tx, gemeentecode: str, half_year: HalfYear) -> TargetOut:
    versions = await store.target_versions(tx, [gemeentecode], str(half_year))
    published = [row for row in versions if row.published_on <= tx.today]
    now = max(published, key=lambda row: (row.published_on, row.number), default=None)
    with_swaps = (await store.targets_in_force(tx, [gemeentecode], str(half_year), tx.today)).get(
        gemeentecode
    )
    return TargetOut(
        gemeentecode=gemeentecode,
        half_year=str(half_year),
        target=now.persons if now else None,
        published_on=now.published_on if now else None,
        swapped=0 if now is None or with_swaps is None else with_swaps - now.persons,
        below_zero=with_swaps is not None and with_swaps < 0,
        closed=half_year.is_closed(tx.today),
        versions=[_version_out(row) for row in versions],
    )


def period_out(line: Line) -> AccountPeriodOut:
    """A line of the account as it is shown."""
    return AccountPeriodOut(
        period=line.period,
        year=line.year,
        carried=line.carried,
        corrections_at_opening=line.corrections_at_opening,
        opening=line.opening,
        target=line.target,
        total=line.total,
        corrections=line.corrections,
        realised=line.housed,
        closing=line.closing,
        target_known=line.target_known,
    )


def _finding_out(finding: Finding) -> AccountFindingOut:
    return AccountFindingOut(
        year=finding.year, kind=finding.kind, printed=finding.printed, computed=finding.computed
    )


def _correction_out(row: AccountCorrection) -> AccountCorrectionOut:
    return AccountCorrectionOut.model_validate(row.model_dump(exclude={"recorded_by"}))


@router.put(
    "/taakstellingen/{gemeentecode}/{halfYear}",
    operation_id="setTaakstelling",
    summary="De taakstelling van een halfjaar vastleggen",
    response_model=TargetOut,
    responses=problems(NotFound, Forbidden, CorrectionReasonRequired, SwitchedOff),
    openapi_extra=ACCOUNT_WRITERS,
)
async def set_taakstelling(
    gemeentecode: CodePath,
    halfYear: Annotated[HalfYearText, Path()],  # noqa: N803 - as in the path
    body: TargetIn,
    tx: TxDep,
) -> TargetOut:
    """Legt de taakstelling vast of herziet die; de vorige versie blijft bewaard. Nog eens hetzelfde verandert niets."""
    half_year = half_year_of(halfYear, parameter="halfYear")
    await actions.set_target(
        tx,
        gemeentecode=gemeentecode,
        half_year=half_year,
        persons=body.target,
        published_on=body.published_on,
        correction_reason=body.correction_reason,
    )
    return await _target_out(tx, gemeentecode, half_year)


@router.get(
    "/taakstellingen/{gemeentecode}/{halfYear}",
    operation_id="readTaakstelling",
    summary="De taakstelling van een halfjaar",
    response_model=TargetOut,
    responses=problems(NotFound),
    openapi_extra=ACCOUNT_READERS,
)
async def read_taakstelling(
    gemeentecode: CodePath,
    halfYear: Annotated[HalfYearText, Path()],  # noqa: N803 - as in the path
    tx: TxDep,
) -> TargetOut:
    """De taakstelling van een halfjaar met alle versies."""
    half_year = half_year_of(halfYear, parameter="halfYear")
    check_known(tx, gemeentecode)
    return await _target_out(tx, gemeentecode, half_year)


@router.get(
    "/balances/{gemeentecode}",
    operation_id="readBalance",
    summary="De stand van een gemeente",
    response_model=BalanceOut,
    responses=problems(NotFound),
    openapi_extra=ACCOUNT_READERS,
)
async def read_balance(
    gemeentecode: CodePath, tx: TxDep, peildatum: Peildatum = None, known_on: KnownOn = None
) -> BalanceOut:
    """De lopende rekening van de taakstelling op een dag, per halfjaar en per jaar, correcties meegeteld."""
    day = peildatum or tx.today
    found = await actions.read_balance(tx, gemeentecode, day, known_on=known_on)
    lines: Sequence[Line] = found.account.lines
    return BalanceOut(
        gemeentecode=gemeentecode,
        peildatum=day,
        balance=found.account.balance,
        half_years=[period_out(line) for line in lines],
        years=[period_out(line) for line in by_year(lines)],
        findings=[_finding_out(finding) for finding in found.findings],
        missing_targets=[line.period for line in lines if not line.target_known],
    )


@router.get(
    "/balances",
    operation_id="listBalances",
    summary="De standen van uw gemeenten",
    response_model=Page[BalanceRow],
    openapi_extra=ACCOUNT_READERS,
)
async def list_balances(
    tx: TxDep, paging: PagingDep, peildatum: Peildatum = None, known_on: KnownOn = None
) -> object:
    """De stand op een dag van elke gemeente waarvan u de cijfers mag zien, op gemeentecode."""
    day = peildatum or tx.today
    key = paging.position(str)
    found = sorted((await actions.balances(tx, None, day, known_on=known_on)).items())
    rows = [one for code, one in found if one.lines and (key is None or code > key[0])]

    def row(account: Account) -> BalanceRow:
        last = account.lines[-1]
        return BalanceRow(
            gemeentecode=account.gemeentecode,
            peildatum=day,
            balance=account.balance,
            target=last.target,
            realised=last.housed,
        )

    return paging.page(rows[: paging.fetch], key=lambda one: (one.gemeentecode,), item=row)


@router.put(
    "/accounts/{gemeentecode}/history",
    operation_id="importHistory",
    summary="De jaren van voor het platform inlezen",
    response_model=HistoryOut,
    responses=problems(NotFound, Forbidden, HistoryExists),
    openapi_extra=ACCOUNT_WRITERS,
)
async def import_history(gemeentecode: CodePath, body: HistoryIn, tx: TxDep) -> HistoryOut:
    """Leest jaarcijfers in zoals ze er staan. Waar ze zichzelf tegenspreken komt een bevinding en een correctie."""
    printed = []
    for place, row in enumerate(body.rows):
        through = row.through or HalfYear(row.year, 2).last_day
        if row.through is None and through > tx.today:
            text = "Dit jaar is nog niet voorbij: noem de laatste dag die het cijfer dekt."
            raise InvalidInput(text, errors=[FieldError("through", text, pointer=f"/rows/{place}/through")])
        printed.append(PrintedYear(row.year, row.opening, row.target, row.total, row.realised, through))
    findings = await actions.import_history(tx, gemeentecode=gemeentecode, rows=printed, source=body.source)
    return HistoryOut(
        gemeentecode=gemeentecode, years=len(printed), findings=[_finding_out(one) for one in findings]
    )


@router.post(
    "/accounts/{gemeentecode}/corrections",
    operation_id="correctAccount",
    summary="De rekening corrigeren",
    status_code=201,
    response_model=AccountCorrectionOut,
    responses=problems(NotFound, Forbidden),
    openapi_extra=ACCOUNT_WRITERS,
)
async def correct_account(
    gemeentecode: CodePath, body: AccountCorrectionIn, tx: TxDep
) -> AccountCorrectionOut:
    """Legt een correctie vast met de dag waarop die ingaat en de reden. Eerdere cijfers blijven staan."""
    return _correction_out(
        await actions.correct_account(
            tx,
            gemeentecode=gemeentecode,
            counts_from=body.counts_from,
            persons=body.persons,
            reason=body.reason,
        )
    )


@router.get(
    "/accounts/{gemeentecode}/corrections",
    operation_id="listCorrections",
    summary="Correcties op de rekening",
    response_model=Page[AccountCorrectionOut],
    responses=problems(NotFound),
    openapi_extra=ACCOUNT_READERS,
)
async def list_corrections(gemeentecode: CodePath, tx: TxDep, paging: PagingDep) -> object:
    """De correcties op de rekening van een gemeente, ook die uit ingelezen jaarcijfers."""
    check_known(tx, gemeentecode)
    rows = await store.corrections_page(
        tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.id,), item=_correction_out)
