# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The account of the taakstelling: targets with their versions, history, corrections, national numbers, the law."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from chassis.db import Tx
from chassis.errors import InvalidInput
from services.housing.actions.law import check_law
from services.housing.actions.standing import caller_of, check_acts, check_known
from services.housing.errors import CorrectionReasonRequired, HistoryExists, on_day
from services.housing.models.account import (
    AccountCorrection,
    AnnualFigure,
    Inhabitants,
    LawSwitchRow,
    NationalTarget,
    TargetVersion,
)
from services.housing.rules import law, targets
from services.housing.rules.account import Account, accounts
from services.housing.rules.half_years import HalfYear
from services.housing.rules.printed import Finding, PrintedYear, YearsNotInOrder, read_printed
from services.housing.store import account as store

__all__ = [
    "Balance",
    "balances",
    "correct_account",
    "import_history",
    "publish_national",
    "read_balance",
    "set_inhabitants",
    "set_target",
    "switch_law",
]

ARTICLE = "Huisvestingswet 2014 art. 28 en 29"


@dataclass(frozen=True, slots=True)
class Balance:
    """The account of one gemeente on a day, with what is odd in it."""

    account: Account
    findings: Sequence[Finding]


async def set_target(
    tx: Tx,
    *,
    gemeentecode: str,
    half_year: HalfYear,
    persons: int,
    published_on: date,
    correction_reason: str | None,
) -> TargetVersion:
    """Record the target of a gemeente for a half-year; the same word again changes nothing.

    Raises:
        NotFound, Forbidden: the gemeente is not the caller's to act for.
        InvalidInput: it would be published in the future.
        CorrectionReasonRequired: the half-year is over, and no reason is given.
        SwitchedOff: the law knows no target then.
    """
    check_acts(tx, gemeentecode, province=True)
    if published_on > tx.today:
        raise InvalidInput.on("/publishedOn", "Deze dag ligt in de toekomst.", code="in-future")
    await check_law(tx, law.LawSwitch.TAAKSTELLING, half_year.first_day, parameter="halfYear")
    await store.lock_account(tx, gemeentecode)
    versions = await store.target_versions(tx, [gemeentecode], str(half_year))
    if versions and (versions[-1].persons, versions[-1].published_on) == (persons, published_on):
        return versions[-1]
    if half_year.is_closed(tx.today) and correction_reason is None:
        raise CorrectionReasonRequired.on(
            "/correctionReason",
            f"Halfjaar {half_year} eindigde op {on_day(half_year.last_day)}.",
            code="correction-reason-required",
            rule=ARTICLE,
        )
    return await _add_version(
        tx,
        gemeentecode,
        half_year,
        persons=persons,
        published_on=published_on,
        source="entered",
        reason=correction_reason,
        number=len(versions) + 1,
    )


async def _add_version(
    tx: Tx,
    gemeentecode: str,
    half_year: HalfYear,
    *,
    persons: int,
    published_on: date,
    source: str,
    reason: str | None,
    number: int,
) -> TargetVersion:
    row = TargetVersion(
        gemeentecode=gemeentecode,
        half_year=str(half_year),
        number=number,
        persons=persons,
        published_on=published_on,
        source=source,
        reason=reason,
        recorded_at=tx.now,
        recorded_by=caller_of(tx).subject,
    )
    tx.add(row)
    await tx.flush()
    return row


async def publish_national(
    tx: Tx, *, half_year: HalfYear, persons: int, published_on: date, reason: str | None
) -> dict[str, int]:
    """Record the national number of a half-year and give every counted gemeente its share.

    A revision recalculates the shares; the numbers and targets before it are kept. The same word again gives
    a share to whom it had none to give, and recalculates those whose inhabitants were corrected since.

    Returns:
        The targets that were set, by gemeentecode; empty while no inhabitants are known for the half-year,
        and where nothing differs.

    Raises:
        InvalidInput: published in the future, or a revision without a reason.
        CorrectionReasonRequired: the half-year is over, and no reason is given.
        SwitchedOff: the law knows no target then.
    """
    if published_on > tx.today:
        raise InvalidInput.on("/publishedOn", "Deze dag ligt in de toekomst.", code="in-future")
    await check_law(tx, law.LawSwitch.TAAKSTELLING, half_year.first_day, parameter="halfYear")
    await store.lock_account(tx, f"national.{half_year}")
    versions = await store.national_versions(tx, str(half_year))
    if versions and (versions[-1].persons, versions[-1].published_on) == (persons, published_on):
        return await _distribute(
            tx, half_year, persons=persons, published_on=published_on, reason=reason or versions[-1].reason
        )
    if any(row.published_on >= published_on for row in versions):
        raise InvalidInput.on(
            "/publishedOn", "Er is al een getal dat op of na deze dag is gepubliceerd.", code="not-latest"
        )
    _check_reason(tx, half_year, reason)
    if reason is None and versions:
        raise InvalidInput.on("/reason", "Noem de reden van de herziening.", code="reason-required")
    tx.add(
        NationalTarget(
            half_year=str(half_year),
            persons=persons,
            published_on=published_on,
            reason=reason,
            recorded_at=tx.now,
            recorded_by=caller_of(tx).subject,
        )
    )
    await tx.flush()
    return await _distribute(tx, half_year, persons=persons, published_on=published_on, reason=reason)


def _check_reason(tx: Tx, half_year: HalfYear, reason: str | None) -> None:
    if reason is None and half_year.is_closed(tx.today):
        raise CorrectionReasonRequired.on("/reason", f"Halfjaar {half_year} is afgesloten.", rule=ARTICLE)


async def _distribute(
    tx: Tx, half_year: HalfYear, *, persons: int, published_on: date, reason: str | None
) -> dict[str, int]:
    """Give each counted gemeente its share of a publication, unless it has that share of it already."""
    counted = await store.inhabitants_on(tx, half_year.inhabitants_on)
    country = counted.pop(store.COUNTRY, 0)
    if country == 0:
        return {}
    # The law divides over every gemeente, also those that the caller does not know.
    await tx.act_as_platform()
    found = targets.shares(persons, counted, country)
    await store.lock_account(tx, *found)
    given = {
        row.gemeentecode: row.persons  # the last word on this publication, since the oldest come first
        for row in await store.target_versions(tx, list(found), str(half_year))
        if row.source == "national" and row.published_on == published_on
    }
    found = {code: share for code, share in found.items() if given.get(code) != share}
    if found:
        _check_reason(tx, half_year, reason)
    for code, share in found.items():
        await _add_version(
            tx,
            code,
            half_year,
            persons=share,
            published_on=published_on,
            source="national",
            reason=reason,
            number=await store.newest_number(tx, code, str(half_year)) + 1,
        )
    return found


async def set_inhabitants(
    tx: Tx, *, counted_on: date, country: int, gemeenten: Mapping[str, int], source: str
) -> None:
    """Record how many people lived in the country and in each gemeente on a 1 January.

    The targets that rest on them stay as they are until the national number is sent again.

    Raises:
        InvalidInput: the gemeenten together have more inhabitants than the country.
    """
    if sum(gemeenten.values()) > country:
        raise InvalidInput.on(
            "/country", "De gemeenten hebben samen meer inwoners dan het land.", code="sum-differs"
        )
    await store.lock_account(tx, f"inhabitants.{counted_on}")
    await store.remove_inhabitants(tx, counted_on)
    for area, persons in ((store.COUNTRY, country), *sorted(gemeenten.items())):
        tx.add(Inhabitants(area=area, counted_on=counted_on, persons=persons, source=source))
    await tx.flush()


async def import_history(
    tx: Tx, *, gemeentecode: str, rows: Sequence[PrintedYear], source: str
) -> list[Finding]:
    """Record the years before the platform as a table of others has them, and say where it contradicts itself.

    An opening that is not the closing of the year before becomes a dated correction with its finding.
    The same table again changes nothing.

    Raises:
        InvalidInput: years are missing or double, or a year covers days that are not its own.
        HistoryExists: other figures are there already, or facts in these years.
    """
    check_acts(tx, gemeentecode, province=True)
    for place, row in enumerate(rows):
        if row.through.year != row.year or row.through > tx.today:
            raise InvalidInput.on(
                f"/rows/{place}/through", f"Noem een dag in {row.year} die voorbij is.", code="through"
            )
        if place + 1 < len(rows) and row.through != date(row.year, 12, 31):
            raise InvalidInput.on(
                f"/rows/{place}/through", "Alleen het laatste jaar mag onvolledig zijn.", code="through"
            )
    try:
        _, corrections, findings = read_printed(gemeentecode, rows)
    except YearsNotInOrder as fault:
        raise InvalidInput.on(
            "/rows", "De jaren volgen elkaar niet zonder gat op.", code="years-not-in-order"
        ) from fault
    await store.lock_account(tx, gemeentecode)
    known = await store.annual_figures(tx, [gemeentecode])
    if known:
        if store.printed_years(known) == list(rows):
            return findings
        raise HistoryExists("Er staan al andere jaarcijfers.")
    for row in rows:
        tx.add(
            AnnualFigure(
                gemeentecode=gemeentecode,
                year=row.year,
                opening=row.opening,
                target=row.target,
                total=row.total,
                housed=row.housed,
                through=row.through,
                source=source,
                recorded_at=tx.now,
                recorded_by=caller_of(tx).subject,
            )
        )
    for correction, finding in corrections:
        await _add_correction(
            tx,
            gemeentecode,
            counts_from=correction.on,
            persons=correction.persons,
            kind=finding.kind,
            reason=f"{source}: stand op 1 januari {finding.year} is {finding.printed}, "
            f"het jaar ervoor sluit op {finding.computed}",
        )
    await tx.flush()
    return findings


async def correct_account(
    tx: Tx, *, gemeentecode: str, counts_from: date, persons: int, reason: str
) -> AccountCorrection:
    """Correct the account from a day on; positive is more behind.

    Raises:
        InvalidInput: it would begin in the future, or change nothing.
    """
    check_acts(tx, gemeentecode, province=True)
    if persons == 0:
        raise InvalidInput.on("/persons", "Een correctie van nul verandert niets.", code="zero")
    if counts_from > tx.today:
        raise InvalidInput.on("/countsFrom", "Deze dag ligt in de toekomst.", code="in-future")
    await store.lock_account(tx, gemeentecode)
    row = await _add_correction(
        tx, gemeentecode, counts_from=counts_from, persons=persons, kind="entered", reason=reason
    )
    await tx.flush()
    return row


async def _add_correction(
    tx: Tx, gemeentecode: str, *, counts_from: date, persons: int, kind: str, reason: str
) -> AccountCorrection:
    row = AccountCorrection(
        gemeentecode=gemeentecode,
        counts_from=counts_from,
        persons=persons,
        kind=kind,
        reason=reason,
        recorded_at=tx.now,
        recorded_by=caller_of(tx).subject,
    )
    tx.add(row)
    return row


async def switch_law(tx: Tx, *, switch: law.LawSwitch, since: date, on: bool, source: str) -> LawSwitchRow:
    """Record how a part of the law stands from a day on; the last word of a day counts.

    The same word again adds nothing.
    """
    await store.lock_account(tx, f"law.{switch}")
    last = await store.last_law_row(tx, switch.value, since)
    if last is not None and (last.in_force, last.source) == (on, source):
        return last
    row = LawSwitchRow(
        switch=switch.value,
        since=since,
        in_force=on,
        source=source,
        recorded_at=tx.now,
        recorded_by=caller_of(tx).subject,
    )
    tx.add(row)
    await tx.flush()
    return row


async def balances(
    tx: Tx, gemeentecodes: Sequence[str] | None, peildatum: date, *, known_on: date | None = None
) -> dict[str, Account]:
    """The accounts of gemeenten that the caller knows, on a day; no codes: of all of them.

    By what is known now, or by what was recorded by the end of the day `known_on`.
    """
    rows = await store.law_rows(tx, known_on)
    facts = await store.facts(tx, gemeentecodes, peildatum, known_on=known_on)
    return accounts(facts, peildatum, obliged=lambda day: law.in_force(rows, law.LawSwitch.TAAKSTELLING, day))


async def read_balance(
    tx: Tx, gemeentecode: str, peildatum: date, *, known_on: date | None = None
) -> Balance:
    """The account of one gemeente on a day, by what is or was known, and where imported tables contradict themselves.

    Raises:
        NotFound: there is no such gemeente, or it is none of the caller's.
    """
    check_known(tx, gemeentecode)
    found = (await balances(tx, [gemeentecode], peildatum, known_on=known_on)).get(gemeentecode)
    years = store.printed_years(await store.annual_figures(tx, [gemeentecode]))
    _, _, findings = read_printed(gemeentecode, years)
    return Balance(found or Account(gemeentecode, []), findings)
