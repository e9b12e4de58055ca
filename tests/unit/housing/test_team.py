# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The team of VluchtelingenWerk against the moves of a week."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from services.housing.rules.team import is_monday, monday_of, mondays_until, short_of_team

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 1, 1))


@pytest.mark.capability("PX-13", part="the team against the moves, by the rule")
@pytest.mark.parametrize(
    ("moves", "announced", "short"),
    [(3, None, None), (0, None, None), (3, 3, 0), (3, 5, 0), (5, 3, 2), (2, 0, 2), (0, 0, 0)],
)
def test_moves_above_what_the_team_announced_do_not_fit_and_silence_is_no_zero(
    moves: int, announced: int | None, short: int | None
) -> None:
    assert short_of_team(moves, announced) == short


@given(DAYS, DAYS)
def test_the_weeks_from_one_to_another_are_each_monday_once(one: date, other: date) -> None:
    first, last = sorted((monday_of(one), monday_of(other)))
    found = mondays_until(first, last)
    assert (found[0], found[-1]) == (first, last)
    assert all(is_monday(day) for day in found)
    assert all(later - earlier == timedelta(days=7) for earlier, later in itertools.pairwise(found))
