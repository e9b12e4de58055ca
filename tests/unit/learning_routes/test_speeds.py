# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The table of learning speed: 498 hours for who learns fast, 660 on the average, and no number where there is none."""

from datetime import date
from decimal import Decimal

import pytest

from services.learning_routes.rules import Pace
from services.learning_routes.rules.speeds import LEVELS, expectation, hours_of_step

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
