# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many hours of lessons somebody needs from one level to the next, by learning speed.

Source: audit report, table 6.16: A1 (from A0) 126, 150 or 219 hours; A2 (from A1) 174, 246 or 300;
B1 (from A2) 198, 264 or made to measure. Fast is 498 hours in all, average 660; a slow learner's
way to B1 has no number, and none is made up here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from types import MappingProxyType

from services.learning_routes.rules.codes import Pace
from services.learning_routes.rules.parameters import WET_2021, Parameter, Value

__all__ = ["LEVELS", "Expectation", "expectation", "hours_of_step"]

LEVELS: tuple[str, ...] = ("a0", "a1", "a2", "b1")
"""The levels in order; a step leads from one to the next."""

_SOURCE = "Audit report, table 6.16 (learning speed): {} from {} to {}, {}"
_TABLE: Mapping[tuple[str, Pace], int] = MappingProxyType(
    {
        ("a1", Pace.FAST): 126,
        ("a1", Pace.AVERAGE): 150,
        ("a1", Pace.SLOW): 219,
        ("a2", Pace.FAST): 174,
        ("a2", Pace.AVERAGE): 246,
        ("a2", Pace.SLOW): 300,
        ("b1", Pace.FAST): 198,
        ("b1", Pace.AVERAGE): 264,
        # (b1, slow) is made to measure
    }
)
_HOURS: Mapping[tuple[str, Pace], Parameter] = MappingProxyType(
    {
        (level, pace): Parameter(
            "lesson hours",
            _SOURCE.format("hours", LEVELS[LEVELS.index(level) - 1], level, pace),
            (Value(Decimal(hours), WET_2021),),
        )
        for (level, pace), hours in _TABLE.items()
    }
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a way from one level to another takes."""

    steps: tuple[tuple[str, Decimal | None], ...]  # the level that is reached, and its hours
    hours: Decimal | None  # of all; None where a step is made to measure
    weeks: int | None  # whole weeks at so many hours a week; None without hours or pace of lessons


def hours_of_step(level: str, pace: Pace, day: date) -> Decimal | None:
    """The lesson hours to a level from the one before it, as the table says on a day; None: made to measure.

    Raises:
        ValueError: there is no step to that level.
    """
    if level not in LEVELS[1:]:
        raise ValueError(f"no step leads to {level}")
    found = _HOURS.get((level, pace))
    return None if found is None else found.on(day)


def expectation(
    from_level: str, to_level: str, pace: Pace, day: date, weekly_hours: Decimal | None = None
) -> Expectation:
    """What it takes from one level to a higher one.

    Args:
        from_level: where somebody stands, for example `a0`.
        to_level: where the PIP leads, for example `b1`.
        pace: the learning speed, as the brief intake or the school found it.
        day: on which the table is read.
        weekly_hours: lessons a week, to tell the weeks.

    Raises:
        ValueError: an unknown level, or one that is not higher.
    """
    begin, end = LEVELS.index(from_level), LEVELS.index(to_level)
    if end <= begin:
        raise ValueError(f"{to_level} is not above {from_level}")
    steps = tuple((level, hours_of_step(level, pace, day)) for level in LEVELS[begin + 1 : end + 1])
    known = [hours for _, hours in steps if hours is not None]
    total = sum(known, Decimal(0)) if len(known) == len(steps) else None
    weeks = (
        None
        if total is None or weekly_hours is None
        else int((total / weekly_hours).to_integral_value(rounding=ROUND_CEILING))
    )
    return Expectation(steps, total, weeks)
