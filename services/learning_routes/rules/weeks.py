# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Week by week: the chairs in classes that are free, and the people who must begin by then.

A class is open in a week when it has begun by the Sunday of it and has not ended before the Monday. Who
waits needs a chair from the week of the last day for the first lesson on, and every week after it; who
should have begun already needs it in the first week. A free chair of one route helps nobody of another.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from chassis import calendar
from services.learning_routes.rules.codes import Leerroute
from services.learning_routes.rules.parameters import START_WORKING_DAYS

__all__ = [
    "FARTHEST_DAYS",
    "ClassPlan",
    "ClassWeek",
    "Need",
    "RouteWeek",
    "first_lesson_due",
    "fits_days",
    "mondays",
    "week_by_week",
    "without_needs",
    "without_small_numbers",
]

FARTHEST_DAYS = 2 * 366
"""Days: a class is announced at most two years ahead, so a later day is a slip of the pen."""

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """A class, its days and its chairs. No first day: it runs already; no last day: it goes on."""

    leerroute: str
    starts_on: date | None
    ends_on: date | None  # last day
    chairs: int
    taken: int
    here: bool  # the lessons are in the gemeente that is asked about

    @property
    def free(self) -> int:
        """Chairs that nobody has; a contract that became smaller takes nobody's chair away."""
        return max(0, self.chairs - self.taken)

    def open_in(self, monday: date) -> bool:
        """Whether there can be lessons in the week of this Monday."""
        return (self.starts_on is None or self.starts_on < monday + _WEEK) and (
            self.ends_on is None or self.ends_on >= monday
        )


@dataclass(frozen=True, slots=True)
class Need:
    """People of one route who have no chair, and the last day for their first lesson."""

    leerroute: str
    due_on: date
    persons: int


@dataclass(frozen=True, slots=True)
class RouteWeek:
    """One route in one week. `due`, `waiting` and `short` are None where they are not shown."""

    leerroute: str
    starting_groups: int
    starting_chairs: int  # free ones among them are in `free`
    ending_groups: int
    ending_members: int  # who have a chair in them
    free: int  # in all classes that are open in the week
    free_here: int  # of these in the gemeente itself
    due: int | None  # people whose first lesson must be in this week at the latest
    waiting: int | None  # the same, with those of the weeks before
    short: int | None  # waiting for whom there is no free chair


@dataclass(frozen=True, slots=True)
class ClassWeek:
    """One week: every route, in the order of the law."""

    week: date  # its Monday
    routes: tuple[RouteWeek, ...]

    def total(self, field: str) -> int | None:
        """A number of all routes together; None where one of them is not shown."""
        found = [getattr(route, field) for route in self.routes]
        return None if None in found else sum(found)


def mondays(day: date, weeks: int) -> list[date]:
    """The Mondays of this week and the weeks after it."""
    first = day - timedelta(days=day.weekday())
    return [first + number * _WEEK for number in range(weeks)]


def first_lesson_due(signed_on: date) -> date:
    """The last day for the first lesson of somebody who has a PIP and was not referred yet.

    The school is chosen in the talk about the PIP, so the term of the contracts counts from that day.

    Source: school contracts (audit report, section 6.2): first lesson within 20 working days.
    """
    return calendar.add_working_days(signed_on, int(START_WORKING_DAYS.on(signed_on)))


def fits_days(starts_on: date | None, ends_on: date | None, day: date) -> bool:
    """Whether a class with these days can have a lesson on `day`."""
    return (starts_on is None or starts_on <= day) and (ends_on is None or day <= ends_on)


def week_by_week(
    classes: Collection[ClassPlan], needs: Iterable[Need], weeks: Sequence[date]
) -> list[ClassWeek]:
    """Hold the chairs against the people, week by week.

    Args:
        classes: that are open in any of the weeks, or may be.
        needs: people without a chair; those due after the last week count in no week.
        weeks: Mondays, in order, without a gap.
    """
    asked = list(needs)
    waiting = dict.fromkeys(Leerroute, 0)
    found = []
    for number, monday in enumerate(weeks):
        routes = []
        for leerroute in Leerroute:
            due = sum(
                need.persons
                for need in asked
                if need.leerroute == leerroute
                and need.due_on < monday + _WEEK
                and (number == 0 or need.due_on >= monday)
            )
            waiting[leerroute] += due
            own = [one for one in classes if one.leerroute == leerroute]
            routes.append(_route_week(leerroute, own, monday, due, waiting[leerroute]))
        found.append(ClassWeek(monday, tuple(routes)))
    return found


def _route_week(
    leerroute: str, classes: Sequence[ClassPlan], monday: date, due: int, waiting: int
) -> RouteWeek:
    def within(day: date | None) -> bool:
        return day is not None and monday <= day < monday + _WEEK

    starting = [one for one in classes if within(one.starts_on)]
    ending = [one for one in classes if within(one.ends_on)]
    still_open = [one for one in classes if one.open_in(monday)]
    free = sum(one.free for one in still_open)
    return RouteWeek(
        leerroute=leerroute,
        starting_groups=len(starting),
        starting_chairs=sum(one.chairs for one in starting),
        ending_groups=len(ending),
        ending_members=sum(one.taken for one in ending),
        free=free,
        free_here=sum(one.free for one in still_open if one.here),
        due=due,
        waiting=waiting,
        short=max(0, waiting - free),
    )


def without_needs(weeks: Iterable[ClassWeek]) -> list[ClassWeek]:
    """The same weeks for somebody who may know of no people: chairs only."""
    return [
        replace(
            week,
            routes=tuple(replace(route, due=None, waiting=None, short=None) for route in week.routes),
        )
        for week in weeks
    ]


def without_small_numbers(weeks: Iterable[ClassWeek], limit: int) -> list[ClassWeek]:
    """The same weeks without numbers that few people are behind.

    Who waits is shown when it is nobody or `limit` people and more, and when the same holds of the growth
    since the week that was shown last: else two weeks would tell the few by subtraction. Who is due in a
    week is such a growth, so it is shown only where both weeks are.
    """
    shown = dict.fromkeys(Leerroute, 0)  # the number of who waits that a reader saw last
    seen_before = dict.fromkeys(Leerroute, True)
    found = []
    for week in weeks:
        routes = []
        for route in week.routes:
            leerroute = Leerroute(route.leerroute)
            waiting = route.waiting or 0
            grown = waiting - shown[leerroute]
            seen = grown == 0 or grown >= limit
            due = route.due if seen and seen_before[leerroute] else None
            if seen:
                shown[leerroute] = waiting
                routes.append(replace(route, due=due))
            else:
                routes.append(replace(route, due=due, waiting=None, short=None))
            seen_before[leerroute] = seen
        found.append(replace(week, routes=tuple(routes)))
    return found
