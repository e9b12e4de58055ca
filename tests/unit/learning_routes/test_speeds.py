# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The table of learning speed: 498 hours for who learns fast, 660 on the average, and no number where there is none."""

from datetime import date
from decimal import Decimal

import pytest

from services.learning_routes.rules import GroupLevel, Pace
from services.learning_routes.rules.speeds import LEVELS, Unknown, expectation, hours_of_step, way

DAY = date(2024, 11, 5)


@pytest.mark.capability("LR-07", part="the table and its sums")
@pytest.mark.parametrize(
    ("pace", "steps", "total"),
    [
        (Pace.FAST, [126, 174, 198], 498),
        (Pace.AVERAGE, [150, 246, 264], 660),
        (Pace.SLOW, [219, 300, None], None),
    ],
)
def test_the_table_of_the_report(pace: Pace, steps: list[int | None], total: int | None) -> None:
    found = expectation("a0", "b1", pace, DAY)
    assert [hours for _, hours in found.steps] == steps
    assert found.hours == total
    assert [level for level, _ in found.steps] == ["a1", "a2", "b1"]


def test_part_of_the_way_counts_its_own_steps_only() -> None:
    assert expectation("a1", "a2", Pace.SLOW, DAY).hours == 300
    assert expectation("a0", "a2", Pace.SLOW, DAY).hours == 519
    assert expectation("a2", "b1", Pace.AVERAGE, DAY, Decimal(12)).weeks == 22
    assert expectation("a2", "b1", Pace.AVERAGE, DAY, Decimal("12.5")).weeks == 22
    assert expectation("a2", "b1", Pace.SLOW, DAY, Decimal(12)).weeks is None


def test_what_is_no_way_up_is_refused() -> None:
    for begin, end in (("a2", "a1"), ("a1", "a1"), ("a0", "c1")):
        with pytest.raises(ValueError, match="not"):
            expectation(begin, end, Pace.FAST, DAY)
    with pytest.raises(ValueError, match="no step"):
        hours_of_step(LEVELS[0], Pace.FAST, DAY)


@pytest.mark.capability("LR-07", part="the way of a person: first group, pace and PIP")
@pytest.mark.parametrize(
    ("level", "pace", "goal", "hours", "unknown"),
    [
        (GroupLevel.A0, Pace.AVERAGE, "b1", 660, None),
        (GroupLevel.A1, Pace.FAST, "b1", 372, None),
        (GroupLevel.ALFA_C, Pace.SLOW, "a2", 519, None),  # the alphabetisation itself has no number
        (GroupLevel.BRUGKLAS, Pace.AVERAGE, "a1", 150, None),
        (GroupLevel.A0, Pace.SLOW, "b1", None, Unknown.MADE_TO_MEASURE),
        (GroupLevel.A0, None, "b1", None, Unknown.NO_PACE),
        (None, None, "b1", None, Unknown.NO_GROUP),
        (GroupLevel.A0, Pace.FAST, None, None, Unknown.NO_PIP),
        (GroupLevel.A2, Pace.FAST, "a2", None, Unknown.REACHED),
        (GroupLevel.B2, Pace.FAST, "b1", None, Unknown.REACHED),
        (GroupLevel.A2, Pace.FAST, "b2", None, Unknown.BEYOND_TABLE),
    ],
)
def test_the_way_of_a_person_is_told_or_it_is_told_why_not(
    level: GroupLevel | None, pace: Pace | None, goal: str | None, hours: int | None, unknown: Unknown | None
) -> None:
    found = way(level, pace, goal, DAY)
    assert (found.hours, found.unknown) == (hours, unknown)


def test_a_slow_way_to_b1_still_tells_the_steps_that_have_a_number() -> None:
    steps = way(GroupLevel.A0, Pace.SLOW, "b1", DAY).steps
    assert steps == (("a1", Decimal(219)), ("a2", Decimal(300)), ("b1", None))
