# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The numbers of law and agreement that no contract sets: each with its unit, its days and its source.

A number that a school's contract sets (the absence limit, the sickness limit, the start term) is
not here: it is a row of that contract. The defaults for what a contract leaves out are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

__all__ = [
    "GROUP_MAX",
    "LATE_ENTRY_MONTHS",
    "LESSON_HOURS_MARK",
    "SICKNESS_MINIMUM_LESSONS",
    "SICKNESS_WINDOW_DAYS",
    "START_WORKING_DAYS",
    "WET_2021",
    "Z_COURSE_HOURS",
    "Parameter",
    "Value",
]

WET_2021 = date(2022, 1, 1)
"""The day on which the Wet inburgering 2021 came into force."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number and the days on which it holds; `until` None means that it still does."""

    amount: Decimal
    since: date
    until: date | None = None  # last day


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number with a history."""

    unit: str
    source: str
    values: Sequence[Value]

    def on(self, day: date) -> Decimal:
        """The number that holds on `day`; before the first row that row, since old facts are judged by it.

        Raises:
            LookupError: the history has a gap on that day, so it was recorded wrongly.
        """
        first = self.values[0]
        if day < first.since:
            return first.amount
        for value in self.values:
            if value.since <= day and (value.until is None or day <= value.until):
                return value.amount
        raise LookupError(f"no value on {day}: {self.source}")


Z_COURSE_HOURS = Parameter(
    "hours",
    "Besluit inburgering 2021 art. 3.14 (BWBR0045555): 800 course hours, for both groups",
    (Value(Decimal(800), WET_2021),),
)

GROUP_MAX = Parameter(
    "persons",
    "Agreement of the gemeenten with the taalscholen (audit report, section 6.2.2): groups of at most 12",
    (Value(Decimal(12), WET_2021),),
)

SICKNESS_WINDOW_DAYS = Parameter(
    "calendar days",
    'Reading of the contracts\' "absent by illness more than 20%": over the last 28 days',
    (Value(Decimal(28), WET_2021),),
)

SICKNESS_MINIMUM_LESSONS = Parameter(
    "lessons",
    "Below five registered lessons a percentage says nothing",
    (Value(Decimal(5), WET_2021),),
)

START_WORKING_DAYS = Parameter(
    "working days",
    "School contracts of Leidschendam-Voorburg (audit report, section 6.2): first lesson within 20 working days",
    (Value(Decimal(20), WET_2021),),
)

LESSON_HOURS_MARK = Parameter(
    "hours",
    "School contracts (audit report, section 6.2.2): evaluation after 400 lesson hours",
    (Value(Decimal(400), WET_2021),),
)

LATE_ENTRY_MONTHS = Parameter(
    "calendar months",
    "Agreement on the registration of attendance: entries up to two months after the lesson need no approval",
    (Value(Decimal(2), WET_2021),),
)
