# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who was at which lesson. Pure; each answer depends on the person and the lesson alone."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Literal

from demo.cases import Case, Habit
from demo.people import SEED
from demo.timetable import TODAY, LessonPlan

__all__ = ["UNREGISTERED", "Status", "status_of"]

Status = Literal["present", "excused", "sick", "unexcused"]

# Chances in a thousand: excused, sick, unexcused; the rest is present. Together about 87 % present.
_HABITS: Mapping[Habit, tuple[int, int, int]] = {
    "faithful": (50, 30, 0),
    "steady": (55, 45, 6),
    "shaky": (70, 70, 95),
    "ill": (60, 60, 8),
}
_ILL_WEEKS = timedelta(days=30)
_ILL_SICK = 480  # in the last weeks, of somebody with the habit `ill`

UNREGISTERED: frozenset[tuple[str, date]] = frozenset(
    {
        ("en-lv-a", date(2024, 11, 4)),  # yesterday's roll call of the README's group is still open
        ("fox-vo-a", date(2024, 10, 24)),
        ("nlt-le", date(2024, 10, 16)),
    }
)
"""Lessons of which nobody entered the roll call: (group, day)."""


def status_of(case: Case, lesson: LessonPlan, *, seed: str = SEED) -> Status | None:
    """How the person was at the lesson; None when not in the group yet, or when no roll call was entered."""
    placement = case.placement
    if placement is None or placement.seated_on is None or placement.group != lesson.group:
        return None
    if lesson.date < placement.seated_on or (lesson.group, lesson.date) in UNREGISTERED:
        return None
    excused, sick, unexcused = _HABITS[case.habit]
    if case.habit == "ill" and lesson.date >= TODAY - _ILL_WEEKS:
        sick = _ILL_SICK
    draw = Random(f"{seed}:{case.person.key}:{lesson.date}:{lesson.day_part}").randrange(1000)  # noqa: S311
    if draw < excused:
        return "excused"
    if draw < excused + sick:
        return "sick"
    if draw < excused + sick + unexcused:
        return "unexcused"
    return "present"
