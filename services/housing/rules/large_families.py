# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""HO-18: the subsidy for housing large families, its eligible costs by date, and whether it comes in time.

The lists of costs are rows with a first day: the scheme was widened while many still reckon with the
old list (audit report, section 3.5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dateutil.relativedelta import relativedelta

__all__ = [
    "SEED",
    "Cost",
    "CostKind",
    "SubsidyResult",
    "SubsidyTerms",
    "ready_on",
    "subsidy",
    "terms_on",
    "warns",
]


class CostKind(StrEnum):
    """What is paid for."""

    CONSTRUCTION = "construction"  # adapting, converting, building on
    SOUND_INSULATION = "sound-insulation"
    SUSTAINABILITY = "sustainability"
    RENT_LOSS = "rent-loss"
    PURCHASE = "purchase"
    FURNISHING = "furnishing"


@dataclass(frozen=True, slots=True)
class SubsidyTerms:
    """The terms of the scheme from a day on: which costs, from which family size, up to which amount."""

    since: date
    kinds: frozenset[CostKind]
    least_persons: int
    ceilings: Sequence[tuple[int, int]]  # (from so many persons, at most so many cents), smallest first
    source: str


SEED: tuple[SubsidyTerms, ...] = (
    SubsidyTerms(
        date(2021, 1, 1),
        frozenset({CostKind.CONSTRUCTION}),
        8,
        ((8, 3_500_000),),
        "Financiële impuls versnelde huisvesting grote gezinnen vergunninghouders (2021): alleen bouwkosten",
    ),
    SubsidyTerms(
        date(2023, 7, 3),
        frozenset(
            {
                CostKind.CONSTRUCTION,
                CostKind.SOUND_INSULATION,
                CostKind.SUSTAINABILITY,
                CostKind.RENT_LOSS,
            }
        ),
        7,
        ((7, 3_500_000), (10, 5_000_000)),
        "Huisvesting Grote Gezinnen Vergunninghouders (RVO): verbrede kosten",
    ),
)
"""Terms to begin with; the ceiling and least size of 2021 are an assumption, to be replaced by a row of data."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A line of an estimate, in cents."""

    kind: CostKind
    cents: int


@dataclass(frozen=True, slots=True)
class SubsidyResult:
    """What the scheme pays for an estimate under the terms of a day, and under those before. In cents."""

    terms: SubsidyTerms | None  # None: no scheme on that day
    eligible_cents: int
    ceiling_cents: int
    subsidy_cents: int
    refused: Sequence[CostKind]  # kinds that these terms do not pay
    gained_cents: int  # more than under the terms before
    newly_eligible: Sequence[CostKind]  # kinds in the estimate that the terms before did not pay


def terms_on(rows: Iterable[SubsidyTerms], day: date) -> SubsidyTerms | None:
    """Return the terms in force on a day: the last that began by then."""
    return max((row for row in rows if row.since <= day), key=lambda row: row.since, default=None)


def _paid(terms: SubsidyTerms | None, costs: Sequence[Cost], persons: int) -> tuple[int, int, int]:
    if terms is None or persons < terms.least_persons:
        return 0, 0, 0
    ceiling = max((cents for least, cents in terms.ceilings if least <= persons), default=0)
    eligible = sum(cost.cents for cost in costs if cost.kind in terms.kinds)
    return eligible, ceiling, min(eligible, ceiling)


def subsidy(
    rows: Sequence[SubsidyTerms], costs: Sequence[Cost], *, persons: int, applied_on: date
) -> SubsidyResult:
    """Return what the scheme pays for a home of a large family, and what widening made of it.

    Args:
        rows: the dated terms.
        costs: the estimate; kinds may come more than once.
        persons: of the family.
        applied_on: the day of the application, which decides the terms.
    """
    terms = terms_on(rows, applied_on)
    before = max(
        (row for row in rows if terms is not None and row.since < terms.since),
        key=lambda row: row.since,
        default=None,
    )
    eligible, ceiling, paid = _paid(terms, costs, persons)
    _, _, paid_before = _paid(before, costs, persons)
    asked = {cost.kind for cost in costs}
    kinds = terms.kinds if terms is not None else frozenset()
    old = before.kinds if before is not None else frozenset()
    return SubsidyResult(
        terms,
        eligible,
        ceiling,
        paid,
        sorted(asked - kinds),
        paid - paid_before if before is not None else 0,
        sorted(asked & (kinds - old)) if before is not None else [],
    )


def ready_on(applied_on: date, lead_months: int) -> date:
    """Return the day on which the home is expected to be ready."""
    return applied_on + relativedelta(months=lead_months)


def warns(ready: date, ladder_on: date | None) -> bool:
    """Return whether the home comes too late for the ladder: after the day of the next step.

    The adaptations take long, so the scheme fits the last steps of the ladder badly (audit report, 3.5).
    """
    return ladder_on is not None and ready > ladder_on
