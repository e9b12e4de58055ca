# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The facts of the account, as the caller may see them, and their versions."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.clock import legal_day
from chassis.db import Tx
from services.housing.models.account import (
    AccountCorrection,
    AnnualFigure,
    Inhabitants,
    LawSwitchRow,
    NationalTarget,
    TargetSwap,
    TargetSwapParty,
    TargetVersion,
)
from services.housing.rules import law
from services.housing.rules.account import Annual, Correction, Fact, Housed, Opening, SwapShare, Target
from services.housing.rules.half_years import HalfYear
from services.housing.rules.printed import PrintedYear
from services.housing.store.turns import take_turn

__all__ = [
    "COUNTRY",
    "annual_figures",
    "corrections_page",
    "facts",
    "inhabitants_on",
    "inhabitants_rows",
    "last_law_row",
    "law_rows",
    "lock_account",
    "lock_swap",
    "national_versions",
    "newest_number",
    "parties_of",
    "printed_years",
    "remove_inhabitants",
    "swaps_page",
    "target_versions",
    "targets_in_force",
]

COUNTRY = "NL"
"""The area of the whole country among the inhabitants."""

_KNOWN = "(CAST(:known AS date) IS NULL OR (recorded_at AT TIME ZONE 'Europe/Amsterdam')::date <= :known)"


async def lock_account(tx: Tx, *gemeentecodes: str) -> None:
    """Let one transaction at a time change the facts of these accounts. Sorted, so nobody waits in a circle."""
    for code in sorted(set(gemeentecodes)):
        await take_turn(tx, "account", code)


async def target_versions(
    tx: Tx, gemeentecodes: Collection[str] | None = None, half_year: str | None = None
) -> Sequence[TargetVersion]:
    """The versions of targets, oldest word first; None: of every gemeente that the caller knows."""
    query = select(TargetVersion).order_by(
        col(TargetVersion.gemeentecode), col(TargetVersion.half_year), col(TargetVersion.number)
    )
    if gemeentecodes is not None:
        query = query.where(col(TargetVersion.gemeentecode).in_(gemeentecodes))
    if half_year is not None:
        query = query.where(col(TargetVersion.half_year) == half_year)
    return await tx.scalars(query)


async def newest_number(tx: Tx, gemeentecode: str, half_year: str) -> int:
    """The number of the last word on a target; 0 where there is none. Lock the account first."""
    found = await tx.scalar(
        select(sa.func.max(col(TargetVersion.number))).where(
            col(TargetVersion.gemeentecode) == gemeentecode, col(TargetVersion.half_year) == half_year
        )
    )
    return found or 0


async def targets_in_force(
    tx: Tx, gemeentecodes: Collection[str], half_year: str, day: date
) -> dict[str, int]:
    """The targets of a half-year on a day, settled swaps included, of the gemeenten that have one."""
    found: dict[str, tuple[date, int, int]] = {}
    for row in await target_versions(tx, gemeentecodes, half_year):
        if row.published_on <= day:
            known = found.get(row.gemeentecode)
            if known is None or (row.published_on, row.number) >= known[:2]:
                found[row.gemeentecode] = (row.published_on, row.number, row.persons)
    for code, delta in await _swap_deltas(tx, gemeentecodes, half_year):
        if code in found:
            published, number, persons = found[code]
            found[code] = (published, number, persons + delta)
    return {code: persons for code, (_, _, persons) in found.items()}


async def _swap_deltas(tx: Tx, gemeentecodes: Collection[str], half_year: str) -> Sequence[tuple[str, int]]:
    rows = await tx.rows(
        sa.text(
            "SELECT gemeentecode, persons FROM target_change "
            "WHERE half_year = :half AND gemeentecode = ANY (:codes) UNION ALL "
            'SELECT p.gemeentecode, p."after" - p.before FROM target_swap_party p '
            "JOIN target_swap s ON s.id = p.swap_id WHERE s.half_year = :half AND s.settled_on IS NOT NULL "
            "AND p.gemeentecode = ANY (:codes)"
        ),
        {"half": half_year, "codes": list(gemeentecodes)},
    )
    return [(row.gemeentecode, row.persons) for row in rows]


async def facts(
    tx: Tx, gemeentecodes: Collection[str] | None, until: date, *, known_on: date | None = None
) -> list[Fact]:
    """The facts of accounts by a day, for `rules.account`.

    Args:
        tx: row-level security shows the gemeenten that the caller knows.
        gemeentecodes: whose; None: of all that are shown.
        until: realisations after this day are left out.
        known_on: what was recorded after this day is left out; None: all that is known now.

    Who was housed inside the years that came as annual figures is in those figures already.
    """
    bound = {"codes": None if gemeentecodes is None else list(gemeentecodes), "known": known_on}
    # Plain rows: an object of the mapper for each version would cost more than the whole account.
    targets = await tx.rows(
        sa.text(
            "SELECT gemeentecode, half_year, persons, published_on FROM target_version "
            "WHERE (CAST(:codes AS varchar[]) IS NULL OR gemeentecode = ANY (:codes)) "
            f"AND {_KNOWN} ORDER BY gemeentecode, half_year, number"
        ),
        bound,
    )
    spelled = {text: HalfYear.parse(text) for text in {row.half_year for row in targets}}
    found: list[Fact] = [
        Target(row.gemeentecode, spelled[row.half_year], row.persons, row.published_on) for row in targets
    ]
    housed = await tx.rows(
        sa.text(
            # Sums by a function: who may know figures only cannot see the rows, which name households.
            "SELECT gemeentecode, housed_on, persons FROM housed_by_day("
            "CAST(:codes AS varchar[]), :until, CAST(:known AS date))"
        ),
        {**bound, "until": until},
    )
    found += [Housed(row.gemeentecode, row.housed_on, row.persons) for row in housed]
    changed = await tx.rows(
        sa.text(
            "SELECT gemeentecode, half_year, persons, changed_on FROM target_change "
            f"WHERE (CAST(:codes AS varchar[]) IS NULL OR gemeentecode = ANY (:codes)) AND {_KNOWN} UNION ALL "
            'SELECT p.gemeentecode, s.half_year, p."after" - p.before, s.settled_on FROM target_swap_party p '
            "JOIN target_swap s ON s.id = p.swap_id WHERE s.settled_on IS NOT NULL "
            "AND (CAST(:codes AS varchar[]) IS NULL OR p.gemeentecode = ANY (:codes)) "
            "AND (CAST(:known AS date) IS NULL OR s.settled_on <= :known)"
        ),
        bound,
    )
    found += [
        SwapShare(row.gemeentecode, HalfYear.parse(row.half_year), row.persons, row.changed_on)
        for row in changed
    ]
    corrections = select(AccountCorrection)
    if gemeentecodes is not None:
        corrections = corrections.where(col(AccountCorrection.gemeentecode).in_(gemeentecodes))
    found += [
        Correction(row.gemeentecode, row.counts_from, row.persons)
        for row in await tx.scalars(corrections)
        if _known(row.recorded_at, known_on)
    ]
    first: dict[str, AnnualFigure] = {}
    for figure in await annual_figures(tx, gemeentecodes):
        if not _known(figure.recorded_at, known_on):
            continue
        first.setdefault(figure.gemeentecode, figure)
        found.append(Annual(figure.gemeentecode, figure.year, figure.target, figure.housed, figure.through))
    found += [Opening(code, date(row.year, 1, 1), row.opening) for code, row in first.items()]
    return found


def _known(recorded_at: datetime, known_on: date | None) -> bool:
    return known_on is None or legal_day(recorded_at) <= known_on


async def annual_figures(tx: Tx, gemeentecodes: Collection[str] | None) -> Sequence[AnnualFigure]:
    """The years of history of each gemeente, in order."""
    query = select(AnnualFigure).order_by(col(AnnualFigure.gemeentecode), col(AnnualFigure.year))
    if gemeentecodes is not None:
        query = query.where(col(AnnualFigure.gemeentecode).in_(gemeentecodes))
    return await tx.scalars(query)


def printed_years(rows: Sequence[AnnualFigure]) -> list[PrintedYear]:
    """The same years as a printed table, to be read again for its findings."""
    return [
        PrintedYear(row.year, row.opening, row.target, row.total, row.housed, row.through) for row in rows
    ]


async def corrections_page(
    tx: Tx, *, gemeentecode: str, after: UUID | None, limit: int
) -> Sequence[AccountCorrection]:
    """The corrections of an account by id."""
    query = (
        select(AccountCorrection)
        .where(col(AccountCorrection.gemeentecode) == gemeentecode)
        .order_by(col(AccountCorrection.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(AccountCorrection.id) > after)
    return await tx.scalars(query)


async def national_versions(tx: Tx, half_year: str | None = None) -> Sequence[NationalTarget]:
    """The published national numbers, oldest publication first."""
    query = select(NationalTarget).order_by(col(NationalTarget.half_year), col(NationalTarget.published_on))
    if half_year is not None:
        query = query.where(col(NationalTarget.half_year) == half_year)
    return await tx.scalars(query)


async def inhabitants_on(tx: Tx, day: date) -> dict[str, int]:
    """The inhabitants of each area on a 1 January; of the country under `COUNTRY`."""
    rows = await tx.scalars(select(Inhabitants).where(col(Inhabitants.counted_on) == day))
    return {row.area: row.persons for row in rows}


async def inhabitants_rows(tx: Tx, day: date) -> Sequence[Inhabitants]:
    """The rows of a 1 January, by area."""
    return await tx.scalars(
        select(Inhabitants).where(col(Inhabitants.counted_on) == day).order_by(col(Inhabitants.area))
    )


async def remove_inhabitants(tx: Tx, day: date) -> None:
    """Make room for another count of the same day."""
    await tx.execute(sa.delete(Inhabitants).where(col(Inhabitants.counted_on) == day))


async def law_rows(tx: Tx, known_on: date | None = None) -> list[law.Switched]:
    """How the law stands by date: what the platform begins with, then what was recorded, in that order.

    With `known_on` only what was recorded by the end of that day.
    """
    rows = await tx.scalars(
        select(LawSwitchRow).order_by(col(LawSwitchRow.since), col(LawSwitchRow.recorded_at))
    )
    return [
        *law.SEED,
        *(
            law.Switched(law.LawSwitch(row.switch), row.since, row.source, on=row.in_force)
            for row in rows
            if _known(row.recorded_at, known_on)
        ),
    ]


async def last_law_row(tx: Tx, switch: str, since: date) -> LawSwitchRow | None:
    """The last word on a switch for a day; None where none was recorded."""
    found: LawSwitchRow | None = await tx.scalar(
        select(LawSwitchRow)
        .where(col(LawSwitchRow.switch) == switch, col(LawSwitchRow.since) == since)
        .order_by(col(LawSwitchRow.recorded_at).desc(), col(LawSwitchRow.id).desc())
        .limit(1)
    )
    return found


async def lock_swap(tx: Tx, swap_id: UUID) -> TargetSwap | None:
    """The swap, locked: it owns the agreements of its parties."""
    return await tx.get(TargetSwap, swap_id, lock=True)


async def swaps_page(
    tx: Tx, *, half_year: str | None, after: UUID | None, limit: int
) -> Sequence[TargetSwap]:
    """Swaps of gemeenten that the caller knows, by id."""
    query = select(TargetSwap).order_by(col(TargetSwap.id)).limit(limit)
    if half_year is not None:
        query = query.where(col(TargetSwap.half_year) == half_year)
    if after is not None:
        query = query.where(col(TargetSwap.id) > after)
    return await tx.scalars(query)


async def parties_of(tx: Tx, swap_ids: Collection[UUID]) -> dict[UUID, list[TargetSwapParty]]:
    """The parties of these swaps, by gemeentecode."""
    found: dict[UUID, list[TargetSwapParty]] = {id_: [] for id_ in swap_ids}
    rows = await tx.scalars(
        select(TargetSwapParty)
        .where(col(TargetSwapParty.swap_id).in_(swap_ids))
        .order_by(col(TargetSwapParty.gemeentecode))
    )
    for row in rows:
        found[row.swap_id].append(row)
    return found
