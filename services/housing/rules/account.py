# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rule 9.2: the running account of the taakstelling, per half-year and rolled up to years.

The account is never stored: it is computed from dated facts, so the balance of any day is the sum of
the facts that count on that day.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.housing.rules.half_years import HalfYear

__all__ = [
    "Account",
    "Annual",
    "Correction",
    "Fact",
    "Housed",
    "Line",
    "Opening",
    "SwapShare",
    "Target",
    "accounts",
    "by_year",
]

_JULY = 7


@dataclass(frozen=True, slots=True)
class Opening:
    """Where the account of a gemeente begins. Positive is behind, negative is ahead. In persons."""

    gemeentecode: str
    on: date
    persons: int


@dataclass(frozen=True, slots=True)
class Target:
    """The taakstelling of a half-year, as published on a day. Later versions replace it from then on."""

    gemeentecode: str
    half_year: HalfYear
    persons: int
    published_on: date


@dataclass(frozen=True, slots=True)
class SwapShare:
    """What an agreed swap adds to the target of a half-year; over all parties the sum is zero."""

    gemeentecode: str
    half_year: HalfYear
    persons: int
    agreed_on: date


@dataclass(frozen=True, slots=True)
class Housed:
    """Persons housed on a day."""

    gemeentecode: str
    on: date
    persons: int


@dataclass(frozen=True, slots=True)
class Annual:
    """A year of which only the year's figures are known: history that was never kept by half-year.

    The target counts from 1 January, the housed persons at `through`, the last day that they cover.
    Targets of both its half-years, once they are known, replace the year's; one of them does not, since
    nobody can say what it leaves for the other.
    """

    gemeentecode: str
    year: int
    target: int
    housed: int
    through: date


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person corrected in the account, from a day on. In persons, signed."""

    gemeentecode: str
    on: date
    persons: int


Fact = Opening | Target | SwapShare | Housed | Annual | Correction


class Line(NamedTuple):
    """One period of the account. All numbers are persons."""

    year: int
    half: int | None  # None: the whole year
    carried: int  # closing balance of the period before
    corrections_at_opening: int  # dated on the first day of the period, the opening of the account among them
    target: int
    corrections: int  # dated later in the period
    housed: int
    target_known: bool  # or none is due, where the law knows no taakstelling

    @property
    def period(self) -> str:
        """As `2024` or `2024-1`."""
        return str(self.year) if self.half is None else f"{self.year}-{self.half}"

    @property
    def opening(self) -> int:
        """Stand on the first day; negative is ahead."""
        return self.carried + self.corrections_at_opening

    @property
    def total(self) -> int:
        """What is to be housed: `total = opening + target`."""
        return self.opening + self.target

    @property
    def closing(self) -> int:
        """What is behind at the end, or on the peildatum: `backlog = total - housed`, corrections included."""
        return self.total + self.corrections - self.housed


class Account(NamedTuple):
    """The account of one gemeente on one peildatum, oldest period first."""

    gemeentecode: str
    lines: Sequence[Line]

    @property
    def balance(self) -> int:
        """Persons behind; negative is ahead."""
        return self.lines[-1].closing if self.lines else 0


class _Bucket:
    """What was found for one period."""

    __slots__ = ("annual", "at_opening", "housed", "later", "published", "swapped", "target")

    def __init__(self) -> None:
        self.target = 0
        self.published: date | None = None
        self.swapped = 0
        self.housed = 0
        self.at_opening = 0
        self.later = 0
        self.annual: int | None = None


def accounts(
    facts: Iterable[Fact],
    peildatum: date,
    *,
    obliged: Callable[[date], bool] | None = None,
) -> dict[str, Account]:
    """Return the account of each gemeente that has a fact, in one pass over the facts.

    `closing = opening + target - housed`; the closing balance of a period is the opening of the next.

    Args:
        facts: of any number of gemeenten, in any order. Where two versions of a target were published
            on one day, the later in the order counts.
        peildatum: the day from which one looks. A target counts from the first day of its half-year,
            in the version that was published by then; a housed person and a correction on their day;
            a swap from the first day of the half-year, once it was agreed.
        obliged: whether the law knows a taakstelling on the first day of a half-year (rule 9.7, HO-22);
            None: always.

    Source: audit report, section 3.3, tables 3.2 to 3.5.

    >>> found = accounts([Opening("1916", date(2024, 1, 1), 88), Target("1916", HalfYear(2024, 1), 156,
    ...     date(2023, 10, 1)), Housed("1916", date(2024, 5, 2), 68)], date(2024, 6, 1))
    >>> found["1916"].balance
    176
    """
    found: dict[str, dict[int, _Bucket]] = {}
    for fact in facts:
        periods = found.get(fact.gemeentecode)
        if periods is None:
            periods = found[fact.gemeentecode] = {}
        _count(periods, fact, peildatum)
    last = _index(peildatum)
    return {code: Account(code, _lines(periods, last, obliged)) for code, periods in found.items()}


def _bucket(periods: dict[int, _Bucket], index: int) -> _Bucket:
    found = periods.get(index)
    if found is None:
        found = periods[index] = _Bucket()
    return found


def _index(day: date) -> int:
    """`HalfYear.of(day).index`, without making the half-year: this is asked of every fact."""
    return day.year * 2 + (day.month >= _JULY)


def _count(periods: dict[int, _Bucket], fact: Fact, peildatum: date) -> None:
    """Add what a fact says by the peildatum to its period; what there is most of comes first."""
    if isinstance(fact, Housed):
        if fact.on <= peildatum:
            _bucket(periods, _index(fact.on)).housed += fact.persons
    elif isinstance(fact, Target):
        published = fact.published_on
        if published <= peildatum:
            bucket = _bucket(periods, fact.half_year.index)
            if bucket.published is None or bucket.published <= published:
                bucket.target, bucket.published = fact.persons, published
    else:
        _count_rare(periods, fact, peildatum)


def _count_rare(periods: dict[int, _Bucket], fact: Fact, peildatum: date) -> None:
    match fact:
        case SwapShare(half_year=half_year, agreed_on=agreed) if agreed <= peildatum:
            _bucket(periods, half_year.index).swapped += fact.persons
        case Opening(on=on) | Correction(on=on) if on <= peildatum:
            bucket = _bucket(periods, _index(on))
            if on == HalfYear.of(on).first_day:
                bucket.at_opening += fact.persons
            else:
                bucket.later += fact.persons
        case Annual(year=year) if date(year, 1, 1) <= peildatum:
            bucket = _bucket(periods, HalfYear(year, 1).index)
            bucket.annual = (bucket.annual or 0) + fact.target
            bucket.housed += fact.housed if fact.through <= peildatum else 0


def _lines(periods: dict[int, _Bucket], last: int, obliged: Callable[[date], bool] | None) -> list[Line]:
    begun = [index for index in periods if index <= last]
    index = min(begun, default=last + 1)
    lines: list[Line] = []
    carried = 0
    while index <= last:
        bucket = periods.get(index) or _Bucket()
        whole_year = bucket.annual is not None
        known = bucket.published is not None or whole_year
        if bucket.annual is not None:
            bucket = _whole(bucket, periods.get(index + 1) or _Bucket(), bucket.annual)
        target = bucket.target + bucket.swapped
        due = obliged is None or obliged(HalfYear.at(index).first_day)
        if not due:
            target = 0
        year, second = divmod(index, 2)
        lines.append(
            Line(
                year,
                None if whole_year else second + 1,
                carried,
                bucket.at_opening,
                target,
                bucket.later,
                bucket.housed,
                known or not due,
            )
        )
        carried += bucket.at_opening + target + bucket.later - bucket.housed
        index += 2 if whole_year else 1
    return lines


def _whole(first: _Bucket, second: _Bucket, annual: int) -> _Bucket:
    """One bucket for a year that is known as a whole: targets of both halves, if known, replace the year's."""
    whole = _Bucket()
    both = first.published is not None and second.published is not None
    whole.target = first.target + second.target if both else annual
    whole.swapped = first.swapped + second.swapped
    whole.housed = first.housed + second.housed
    whole.at_opening = first.at_opening
    whole.later = first.later + second.at_opening + second.later
    return whole


def by_year(lines: Sequence[Line]) -> list[Line]:
    """Return the account rolled up to years; what is dated inside a year is no opening of that year."""
    years: list[Line] = []
    for line in lines:
        if years and years[-1].year == line.year:
            whole = years[-1]
            years[-1] = whole._replace(
                target=whole.target + line.target,
                corrections=whole.corrections + line.corrections_at_opening + line.corrections,
                housed=whole.housed + line.housed,
                target_known=whole.target_known and line.target_known,
            )
        else:
            years.append(line._replace(half=None))
    return years
