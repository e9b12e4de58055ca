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
from enum import StrEnum
from types import MappingProxyType

from services.learning_routes.rules.codes import GroupLevel, Pace
from services.learning_routes.rules.parameters import WET_2021, Parameter, Value

__all__ = ["LEVELS", "Expectation", "Unknown", "Way", "expectation", "hours_of_step", "way"]

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


class Unknown(StrEnum):
    """Why no number of hours can be told of somebody's way."""

    NO_PIP = "no-pip"
    NO_GROUP = "no-group"
    NO_PACE = "no-pace"
    REACHED = "reached"  # the first group was already at the level of the PIP
    BEYOND_TABLE = "beyond-table"  # the PIP leads further than the table
    MADE_TO_MEASURE = "made-to-measure"  # a slow learner's way to B1


@dataclass(frozen=True, slots=True)
class Way:
    """Somebody's way from the first group to the PIP, and what it takes as far as the table tells."""

    from_level: GroupLevel | None
    to_level: str | None
    pace: Pace | None
    steps: tuple[tuple[str, Decimal | None], ...]
    hours: Decimal | None
    unknown: Unknown | None  # None where `hours` is told


def way(from_level: GroupLevel | None, pace: Pace | None, to_level: str | None, day: date) -> Way:
    """What somebody needs from the first group to the level of the PIP.

    Alphabetisation and the Brugklas come before A0, and the table has no hours for them: such a way
    is counted from A0 on.

    Args:
        from_level: of the person in the first group; None: not in a group yet.
        pace: the learning speed of that group; None: not recorded.
        to_level: of the PIP in force, `a1` to `b2`; None: no PIP yet.
        day: on which the table is read.
    """
    reason = _unknown(from_level, pace, to_level)
    if reason is not None or from_level is None or pace is None or to_level is None:
        return Way(from_level, to_level, pace, (), None, reason)
    found = expectation(_start(from_level), to_level, pace, day)
    return Way(
        from_level,
        to_level,
        pace,
        found.steps,
        found.hours,
        Unknown.MADE_TO_MEASURE if found.hours is None else None,
    )


def _start(level: GroupLevel) -> str:
    return level.value if level.value in LEVELS else LEVELS[0]


def _unknown(from_level: GroupLevel | None, pace: Pace | None, to_level: str | None) -> Unknown | None:
    if to_level is None:
        return Unknown.NO_PIP
    if from_level is None:
        return Unknown.NO_GROUP
    if to_level not in LEVELS:
        return Unknown.BEYOND_TABLE
    if from_level is GroupLevel.B2 or LEVELS.index(_start(from_level)) >= LEVELS.index(to_level):
        return Unknown.REACHED
    return Unknown.NO_PACE if pace is None else None
