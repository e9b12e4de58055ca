# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The moves that are expected in a week against those that the team of VluchtelingenWerk can take."""

from datetime import date, timedelta

__all__ = ["FARTHEST_WEEKS", "MOST_MOVES", "is_monday", "monday_of", "mondays_until", "short_of_team"]

FARTHEST_WEEKS = 52
"""Weeks: as far ahead as the weeks to come are shown."""

MOST_MOVES = 200
"""Moves in a week: more than all teams together, so a higher number is a slip of the pen."""

_WEEK = timedelta(days=7)


def monday_of(day: date) -> date:
    """The Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def is_monday(day: date) -> bool:
    """Whether a day names a week."""
    return monday_of(day) == day


def mondays_until(first: date, last: date) -> list[date]:
    """Every Monday from one to another, both included."""
    return [first + number * _WEEK for number in range((last - first) // _WEEK + 1)]


def short_of_team(moves: int, announced: int | None) -> int | None:
    """How many moves are more than the team can take; None: it announced nothing, which is no 0."""
    return None if announced is None else max(0, moves - announced)
