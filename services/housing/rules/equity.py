# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who got a house in a quarter and who waits on, per kind of household: by size, accessibility and gemeente (PX-16).

Counted outside the optimiser, from what happened: also a match that no search proposed is in it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median

from services.housing.rules.half_years import quarter_of
from services.housing.rules.households import household_type

__all__ = ["LONG_WEEKS", "Share", "Wait", "by_accessibility", "by_gemeente", "by_size", "quarter_days"]

LONG_WEEKS = 10 + 26
"""Weeks since the link: half a year over the term of ten weeks."""

_WEEK = 7
_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Wait:
    """One household that was linked: since when it waited, and until the key or the first day in the house."""

    gemeentecode: str
    persons: int
    needs_accessible: bool
    linked_on: date
    until: date | None  # None: it waits on the last day


@dataclass(frozen=True, slots=True)
class Share:
    """One kind of household in a quarter. All numbers but the weeks are households."""

    name: str
    sought: int  # who waited at some time in the quarter
    housed: int  # of them, who got a house in it
    housed_percent: float  # one decimal
    waiting: int  # on the last day
    median_weeks: int | None  # of who waits then, since the link
    most_weeks: int | None
    long_waiting: int  # of who waits then: half a year over the term or longer


def quarter_days(year: int, number: int, today: date) -> tuple[date, date]:
    """Return the first day of a quarter and its last, or today inside it.

    Raises:
        ValueError: there is no such quarter, or it has not begun.
    """
    if number not in range(1, 5):
        raise ValueError(f"a year has quarters 1 to 4, got {number}")
    if (year, number) > quarter_of(today):
        raise ValueError("the quarter has not begun")
    first = date(year, (number - 1) * _MONTHS + 1, 1)
    following = date(year + number // 4, number % 4 * _MONTHS + 1, 1)
    return first, min(date.fromordinal(following.toordinal() - 1), today)


def by_size(waits: Iterable[Wait], first: date, last: date) -> list[Share]:
    """By the kind of household, as its size makes it."""
    return _shares(waits, first, last, lambda one: household_type(one.persons).value)


def by_accessibility(waits: Iterable[Wait], first: date, last: date) -> list[Share]:
    """By whether the home must be accessible."""
    return _shares(waits, first, last, lambda one: "needed" if one.needs_accessible else "not-needed")


def by_gemeente(waits: Iterable[Wait], first: date, last: date) -> list[Share]:
    """By the gemeente to which it is linked."""
    return _shares(waits, first, last, lambda one: one.gemeentecode)


def _shares(waits: Iterable[Wait], first: date, last: date, name_of: Callable[[Wait], str]) -> list[Share]:
    kinds: dict[str, list[Wait]] = {}
    for one in waits:
        if one.linked_on <= last and (one.until is None or one.until >= first):
            kinds.setdefault(name_of(one), []).append(one)
    return [_share(name, found, last) for name, found in sorted(kinds.items())]


def _share(name: str, found: list[Wait], last: date) -> Share:
    weeks = [(last - one.linked_on).days // _WEEK for one in found if one.until is None or one.until > last]
    housed = len(found) - len(weeks)
    return Share(
        name=name,
        sought=len(found),
        housed=housed,
        housed_percent=round(100 * housed / len(found), 1),
        waiting=len(weeks),
        median_weeks=int(median(weeks)) if weeks else None,
        most_weeks=max(weeks, default=None),
        long_waiting=sum(one >= LONG_WEEKS for one in weeks),
    )
