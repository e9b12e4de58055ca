# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The half-years in which the law counts, and the days on which the Province measures."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["PUBLICATION_WEEKS", "HalfYear", "NoHalfYear", "measured_on", "next_measurement", "quarter_of"]

PUBLICATION_WEEKS = 13
"""The national number is published at least so long before its half-year (Huisvestingswet 2014 art. 29)."""

_FORM = re.compile(r"([0-9]{4})-([12])")
_EARLIEST, _LATEST = 1990, 2100
_JULY = 7


class NoHalfYear(ValueError):
    """The text names no half-year."""


@dataclass(frozen=True, slots=True, order=True)
class HalfYear:
    """January to June (1) or July to December (2) of a year."""

    year: int
    half: int

    @classmethod
    def parse(cls, text: str) -> "HalfYear":
        """The half-year that is spelled as `2024-1`.

        Raises:
            NoHalfYear: it is spelled otherwise, or no year between 1990 and 2100.
        """
        found = _FORM.fullmatch(text)
        if found is None or not _EARLIEST <= int(found[1]) <= _LATEST:
            raise NoHalfYear(text)
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> "HalfYear":
        """The half-year in which a day lies."""
        return cls(day.year, 1 if day.month < _JULY else 2)

    @classmethod
    def at(cls, index: int) -> "HalfYear":
        """The half-year with this `index`."""
        return cls(index // 2, index % 2 + 1)

    @property
    def index(self) -> int:
        """Half-years in a row: the next one is one more."""
        return self.year * 2 + self.half - 1

    @property
    def first_day(self) -> date:
        """1 January or 1 July."""
        return date(self.year, 1 if self.half == 1 else _JULY, 1)

    @property
    def last_day(self) -> date:
        """30 June or 31 December."""
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    @property
    def publish_by(self) -> date:
        """The last day on which its national number can be published in time."""
        return self.first_day - timedelta(weeks=PUBLICATION_WEEKS)

    @property
    def inhabitants_on(self) -> date:
        """The day whose inhabitants count: 1 January of the calendar year before the year of the half-year."""
        return date(self.year - 1, 1, 1)

    def is_closed(self, day: date) -> bool:
        """Whether the half-year is over on a day."""
        return self.last_day < day

    def plus(self, half_years: int) -> "HalfYear":
        """So many half-years later, or earlier."""
        return HalfYear.at(self.index + half_years)

    def __str__(self) -> str:
        return f"{self.year}-{self.half}"


def measured_on(half_year: HalfYear) -> date:
    """The day on which the Province measures a half-year: 1 January or 1 July after it (rule 9.7)."""
    return half_year.plus(1).first_day


def next_measurement(day: date) -> date:
    """The first day after `day` on which the Province measures."""
    return measured_on(HalfYear.of(day))


def quarter_of(day: date) -> tuple[int, int]:
    """Year and number (1 to 4) of the quarter of a day."""
    return day.year, (day.month - 1) // 3 + 1
