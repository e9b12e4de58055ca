# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Week by week: which class has room, who must begin by then, and what of it may be told to whom."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from services.learning_routes.rules import (
    ClassPlan,
    ClassWeek,
    Leerroute,
    Need,
    RouteWeek,
    chairs,
    first_lesson_due,
    mondays,
    week_by_week,
    without_needs,
    without_small_numbers,
)

TODAY = date(2024, 11, 5)  # a Tuesday
WEEKS = mondays(TODAY, 4)
B1, Z = Leerroute.B1, Leerroute.Z
RUNNING = ClassPlan(B1, None, None, chairs=12, taken=10, here=True)


def b1(weeks: list[ClassWeek]) -> list[RouteWeek]:
    return [route for week in weeks for route in week.routes if route.leerroute == B1]


def told(weeks: list[ClassWeek], *fields: str) -> list[tuple[int | None, ...]]:
    return [tuple(getattr(route, field) for field in fields) for route in b1(weeks)]


@pytest.mark.capability("PX-13", part="the classes, by the rule")
def test_a_class_gives_its_free_chairs_from_the_week_of_its_first_day_to_that_of_its_last() -> None:
    planned = ClassPlan(B1, date(2024, 11, 14), date(2024, 11, 21), chairs=8, taken=3, here=False)
    found = told(
        week_by_week([RUNNING, planned], [], WEEKS),
        "starting_groups",
        "starting_chairs",
        "ending_groups",
        "ending_members",
        "free",
        "free_here",
    )
    assert found == [(0, 0, 0, 0, 2, 2), (1, 8, 0, 0, 7, 2), (0, 0, 1, 3, 7, 2), (0, 0, 0, 0, 2, 2)]


@pytest.mark.capability("PX-13", part="the classes, by the rule")
def test_who_waits_asks_a_chair_from_the_week_of_the_last_day_for_the_first_lesson_on() -> None:
    needs = [
        Need(B1, date(2024, 10, 1), 1),  # should have begun: counts in the first week
        Need(B1, date(2024, 11, 10), 2),  # the Sunday of the first week
        Need(B1, date(2024, 11, 11), 3),
        Need(B1, date(2024, 12, 2), 9),  # after the last week
        Need(Z, date(2024, 11, 5), 4),
    ]
    weeks = week_by_week([RUNNING], needs, WEEKS)
    assert told(weeks, "due", "waiting", "short") == [(3, 3, 1), (3, 6, 4), (0, 6, 4), (0, 6, 4)]
    assert weeks[0].total("short") == 5, "two free chairs of the B1 route help nobody of the Z-route"


def test_a_class_that_became_too_full_takes_no_chair_of_another() -> None:
    full = ClassPlan(B1, None, None, chairs=8, taken=12, here=True)
    assert told(week_by_week([full, RUNNING], [], WEEKS[:1]), "free") == [(2,)]


@pytest.mark.parametrize(
    ("agreed", "given_by_school", "places"),
    [(None, None, 12), (10, None, 10), (40, None, 12), (10, 8, 8), (8, 10, 8), (None, 6, 6)],
)
def test_a_class_has_the_chairs_that_the_school_gives_within_the_contract_and_the_agreement(
    agreed: int | None, given_by_school: int | None, places: int
) -> None:
    assert chairs(agreed, given_by_school, TODAY) == places


def test_who_has_a_pip_and_no_school_begins_within_twenty_working_days() -> None:
    # Second Christmas day and New Year's day are no working days.
    assert first_lesson_due(date(2024, 11, 5)) == date(2024, 12, 3)
    assert first_lesson_due(date(2024, 12, 10)) == date(2025, 1, 10)


def test_the_first_week_is_the_one_of_today() -> None:
    assert [day.isoformat() for day in WEEKS] == ["2024-11-04", "2024-11-11", "2024-11-18", "2024-11-25"]
    assert mondays(date(2024, 11, 10), 1) == mondays(date(2024, 11, 4), 1) == [date(2024, 11, 4)]


@pytest.mark.capability("PX-13", part="small numbers of people are left out")
def test_few_people_are_not_told_and_cannot_be_subtracted() -> None:
    needs = [Need(B1, WEEKS[0], 3), Need(B1, WEEKS[1], 4), Need(B1, WEEKS[2], 1), Need(B1, WEEKS[3], 6)]
    weeks = without_small_numbers(week_by_week([], needs, WEEKS), 5)
    # 7 may be told. The 8 of the week after may not: one more than 7 is one person.
    assert told(weeks, "due", "waiting", "short") == [
        (None, None, None),
        (None, 7, 7),
        (None, None, None),
        (None, 14, 14),
    ]
    assert [week.total("waiting") for week in weeks] == [None, 7, None, 14]


def test_who_may_know_of_no_people_sees_the_chairs_alone() -> None:
    weeks = without_needs(week_by_week([RUNNING], [Need(B1, TODAY, 30)], WEEKS))
    assert told(weeks, "free", "due", "waiting", "short") == [(2, None, None, None)] * 4


DAYS = st.dates(min_value=date(2024, 9, 1), max_value=date(2025, 3, 1))
ROUTES = st.sampled_from(Leerroute)


@st.composite
def plans(draw: st.DrawFn) -> ClassPlan:
    starts, ends = draw(st.none() | DAYS), draw(st.none() | DAYS)
    if starts is not None and ends is not None and ends < starts:
        starts, ends = ends, starts
    size, taken = draw(st.integers(1, 12)), draw(st.integers(0, 14))
    return ClassPlan(draw(ROUTES), starts, ends, size, taken, draw(st.booleans()))


CLASSES = st.lists(plans(), max_size=12)
NEEDS = st.lists(st.builds(Need, ROUTES, DAYS, st.integers(1, 9)), max_size=12)


@given(CLASSES, NEEDS, st.integers(1, 20))
def test_nobody_is_lost_or_counted_twice(classes: list[ClassPlan], needs: list[Need], count: int) -> None:
    days = mondays(TODAY, count)
    weeks = week_by_week(classes, needs, days)
    after = days[-1] + timedelta(days=7)
    for place, leerroute in enumerate(Leerroute):
        routes = [week.routes[place] for week in weeks]
        within = sum(need.persons for need in needs if need.leerroute == leerroute and need.due_on < after)
        assert sum(route.due or 0 for route in routes) == routes[-1].waiting == within
        for route in routes:
            assert route.short is not None
            assert route.waiting is not None
            assert 0 <= route.free_here <= route.free
            assert route.short + min(route.waiting, route.free) == route.waiting


@given(CLASSES, plans(), NEEDS)
def test_one_class_more_never_makes_a_week_shorter_of_chairs(
    classes: list[ClassPlan], more: ClassPlan, needs: list[Need]
) -> None:
    before, after = (week_by_week(held, needs, WEEKS) for held in (classes, [*classes, more]))
    for old, new in zip(before, after, strict=True):
        assert (new.total("short") or 0) <= (old.total("short") or 0)
        assert (new.total("free") or 0) >= (old.total("free") or 0)


@given(CLASSES, NEEDS, st.integers(2, 6))
def test_no_sum_or_difference_of_what_is_told_has_few_people_behind_it(
    classes: list[ClassPlan], needs: list[Need], limit: int
) -> None:
    days = mondays(TODAY, 20)
    whole = week_by_week(classes, needs, days)
    told_weeks = without_small_numbers(whole, limit)
    for place, _ in enumerate(Leerroute):
        seen = [0]
        for week, real in zip(told_weeks, whole, strict=True):
            route, truth = week.routes[place], real.routes[place]
            assert route.waiting in {None, truth.waiting}, "what is told is true"
            assert (route.short is None) is (route.waiting is None)
            if route.due is not None:
                assert route.due == truth.due
                assert not 0 < route.due < limit
            if route.waiting is not None:
                seen.append(route.waiting)
        steps = [later - earlier for earlier, later in itertools.pairwise(seen)]
        assert all(step == 0 or step >= limit for step in steps)
