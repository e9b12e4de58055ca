# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When attendance makes a signal: the limits, and that the order of arrival does not matter."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

from services.learning_routes.rules import (
    Absence,
    RegisteredLesson,
    absences_to_signal,
    fell_since,
    mark_reached_on,
    sickness_rate,
    sickness_window,
)

FIRST = Absence(date(2024, 3, 4), UUID(int=1))
SAME_DAY = Absence(date(2024, 3, 4), UUID(int=2))
LATER = Absence(date(2024, 3, 11), UUID(int=3))
LAST = Absence(date(2024, 3, 12), UUID(int=4))
UNTIL = date(2024, 11, 5)

days = st.dates(date(2024, 1, 1), date(2024, 12, 31))
absences = st.lists(
    st.builds(Absence, days, st.integers(1, 10**9).map(lambda number: UUID(int=number))),
    unique_by=lambda absence: absence.lesson_id,
    max_size=40,
)
hours = st.decimals("0.25", "8", places=2)
lessons = st.lists(st.builds(RegisteredLesson, days, hours, st.booleans()), max_size=40)


@pytest.mark.capability("LR-12", part="the rule of the absences")
@pytest.mark.parametrize(
    ("missed", "signals"),
    [
        pytest.param([], (), id="none"),
        pytest.param([FIRST], (), id="one-is-too-few"),
        pytest.param([LATER, FIRST], ((FIRST, LATER),), id="two-oldest-first"),
        pytest.param([FIRST, SAME_DAY], ((FIRST, SAME_DAY),), id="two-lessons-on-one-day"),
        pytest.param([FIRST, LATER, SAME_DAY], ((FIRST, SAME_DAY),), id="the-third-waits-for-a-fourth"),
        pytest.param([LAST, LATER, FIRST, SAME_DAY], ((FIRST, SAME_DAY), (LATER, LAST)), id="four-make-two"),
    ],
)
def test_two_unexcused_absences_make_a_signal(
    missed: list[Absence], signals: tuple[tuple[Absence, ...], ...]
) -> None:
    assert absences_to_signal(missed, limit_on=lambda _: 2) == signals


def test_a_limit_of_another_day_decides_for_lessons_of_that_day() -> None:
    limits = {date(2024, 3, 4): 3, date(2024, 3, 11): 2}
    assert absences_to_signal([FIRST, LATER], limit_on=limits.__getitem__) == ((FIRST, LATER),)


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        absences_to_signal([FIRST], limit_on=lambda _: 0)


@settings(max_examples=1000, deadline=None)
@given(absences, st.integers(1, 5), st.randoms(use_true_random=False))
def test_every_order_of_arrival_gives_as_many_signals(
    missed: list[Absence], limit: int, random: Random
) -> None:
    at_once = absences_to_signal(missed, limit_on=lambda _: limit)
    shuffled = list(missed)
    random.shuffle(shuffled)
    one_by_one: list[tuple[Absence, ...]] = []
    free: list[Absence] = []
    for absence in shuffled:
        free.append(absence)
        for signal in absences_to_signal(free, limit_on=lambda _: limit):
            one_by_one.append(signal)
            free = [one for one in free if one not in signal]
    assert len(one_by_one) == len(at_once) == len(missed) // limit
    held = [absence for signal in at_once for absence in signal]
    assert len(held) == len(set(held))
    assert held == sorted(held)


@settings(max_examples=1000, deadline=None)
@given(lessons, st.randoms(use_true_random=False))
def test_a_rate_is_the_same_in_every_order_and_between_nothing_and_all(
    registered: list[RegisteredLesson], random: Random
) -> None:
    rate = sickness_rate(registered, until=UNTIL)
    shuffled = list(registered)
    random.shuffle(shuffled)
    assert sickness_rate(shuffled, until=UNTIL) == rate
    assert 0 <= rate.sick_hours <= rate.registered_hours
    assert 0 <= rate.percent <= 100
    assert not rate.above(Decimal(100))


def _week(marks: str) -> list[RegisteredLesson]:
    """Lessons of two hours, the last one first; S is sick."""
    return [
        RegisteredLesson(UNTIL - timedelta(days=n), Decimal(2), sick=mark == "S")
        for n, mark in enumerate(marks)
    ]


@pytest.mark.parametrize(
    ("registered", "above"),
    [
        pytest.param(_week("S...."), False, id="exactly-twenty-percent"),
        pytest.param(_week("SS..."), True, id="forty-percent"),
        pytest.param(_week("SSSS"), False, id="four-lessons-say-nothing"),
        pytest.param(
            [RegisteredLesson(UNTIL, Decimal("2.1"), sick=True), *_week("....")],
            True,
            id="just-above",
        ),
    ],
)
def test_illness_counts_strictly_above_twenty_percent(
    registered: list[RegisteredLesson], above: bool
) -> None:
    assert sickness_rate(registered, until=UNTIL).above(Decimal(20)) is above


def test_the_window_is_28_days_with_both_its_ends() -> None:
    assert sickness_window(date(2024, 11, 28)) == (date(2024, 11, 1), date(2024, 11, 28))
    edge = [RegisteredLesson(date(2024, 11, 1), Decimal(2), sick=True)]
    assert sickness_rate(edge, until=date(2024, 11, 28)).lessons == 1
    assert sickness_rate(edge, until=date(2024, 11, 29)).lessons == 0


def test_a_time_without_lessons_is_a_fall() -> None:
    ill = [RegisteredLesson(date(2024, 9, day), Decimal(3), sick=True) for day in (2, 3, 4, 5, 6)]
    assert not fell_since(ill, after=date(2024, 9, 6), until=date(2024, 9, 20), limit_percent=Decimal(20))
    assert fell_since(ill, after=date(2024, 9, 6), until=date(2024, 11, 5), limit_percent=Decimal(20))


@pytest.mark.capability("LR-16", part="the rule of the mark")
def test_the_mark_is_reached_with_the_lesson_that_fills_it() -> None:
    attended = [(date(2024, 1, day), Decimal(4)) for day in (3, 1, 2)]
    assert mark_reached_on(attended, Decimal(8)) == date(2024, 1, 2)
    assert mark_reached_on(attended, Decimal("12.01")) is None
    assert mark_reached_on(attended, Decimal(12)) == date(2024, 1, 3)
