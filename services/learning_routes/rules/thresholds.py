# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When attendance should make somebody look: absences without excuse, illness, lesson hours.

The limits are terms of the school's contract, not statute; the school reports attendance under
Besluit inburgering 2021 art. 9.2 lid 4, jci1.3:c:BWBR0045555&artikel=9.2&lid=4. A signal decides
nothing about anyone: a person does that, after a talk.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from services.learning_routes.rules.parameters import (
    SICKNESS_MINIMUM_LESSONS,
    SICKNESS_WINDOW_DAYS,
)

__all__ = [
    "Absence",
    "RegisteredLesson",
    "SicknessRate",
    "absences_to_signal",
    "fell_since",
    "mark_reached_on",
    "sickness_rate",
    "sickness_window",
]

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Absence:
    """One lesson that one inburgeraar missed without excuse."""

    held_on: date
    lesson_id: UUID


def absences_to_signal(
    absences: Iterable[Absence], *, limit_on: Callable[[date], int]
) -> tuple[tuple[Absence, ...], ...]:
    """The signals that these absences call for, each with its lessons, oldest first.

    The oldest absences fill the first signal up to the limit, the next ones the second. Whether
    they arrive one by one or all at once, in whatever order, gives as many signals.

    Args:
        absences: unexcused, of one placement, in no earlier signal. Two lessons on one day are two.
        limit_on: the lessons that make a signal, by the contract's terms on the day of the lesson
            that fills it; 1 or more.

    Raises:
        ValueError: a limit is below 1, so the contract was recorded wrongly.
    """
    signals: list[tuple[Absence, ...]] = []
    waiting: list[Absence] = []
    for absence in sorted(absences):
        waiting.append(absence)
        limit = limit_on(absence.held_on)
        if limit < 1:
            raise ValueError(f"limit must be 1 or more, got {limit}")
        if len(waiting) >= limit:
            signals.append(tuple(waiting))
            waiting = []
    return tuple(signals)


@dataclass(frozen=True, slots=True)
class RegisteredLesson:
    """One lesson for which the roll call of one inburgeraar was entered."""

    held_on: date
    hours: Decimal  # the lesson's length, not the attended part
    sick: bool


@dataclass(frozen=True, slots=True)
class SicknessRate:
    """Hours missed by illness against all registered lesson hours, over a window of days."""

    from_day: date
    until_day: date
    lessons: int
    registered_hours: Decimal
    sick_hours: Decimal

    @property
    def percent(self) -> Decimal:
        """The share, one decimal, for people; judged is the exact one."""
        if not self.registered_hours:
            return Decimal("0.0")
        return (100 * self.sick_hours / self.registered_hours).quantize(
            Decimal("0.1"), rounding=ROUND_HALF_UP
        )

    def above(self, limit_percent: Decimal) -> bool:
        """Whether the share is strictly above the limit, with enough lessons to say so."""
        enough = self.lessons >= SICKNESS_MINIMUM_LESSONS.on(self.until_day)
        return enough and 100 * self.sick_hours > limit_percent * self.registered_hours


def sickness_window(until: date) -> tuple[date, date]:
    """The first and the last day of the window that ends on `until`, both included."""
    return until - timedelta(days=int(SICKNESS_WINDOW_DAYS.on(until)) - 1), until


def sickness_rate(lessons: Iterable[RegisteredLesson], *, until: date) -> SicknessRate:
    """The rate over the window that ends on `until`; lessons outside it do not count."""
    first, last = sickness_window(until)
    inside = [lesson for lesson in lessons if first <= lesson.held_on <= last]
    return SicknessRate(
        from_day=first,
        until_day=last,
        lessons=len(inside),
        registered_hours=sum((lesson.hours for lesson in inside), Decimal(0)),
        sick_hours=sum((lesson.hours for lesson in inside if lesson.sick), Decimal(0)),
    )


def fell_since(
    lessons: Iterable[RegisteredLesson], *, after: date, until: date, limit_percent: Decimal
) -> bool:
    """Whether on some day after `after`, up to `until`, the rate was at or below the limit.

    Then a rate above it is a new crossing. A time without lessons is such a fall too: the window
    runs empty.
    """
    known = tuple(lessons)
    day = after + _ONE_DAY
    while day <= until:
        if not sickness_rate(known, until=day).above(limit_percent):
            return True
        day += _ONE_DAY
    return False


def mark_reached_on(attended: Iterable[tuple[date, Decimal]], mark: Decimal) -> date | None:
    """The day of the lesson with which the attended hours reached the mark, None if they have not."""
    total = Decimal(0)
    for day, hours in sorted(attended):
        total += hours
        if total >= mark:
            return day
    return None
