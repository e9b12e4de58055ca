# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who got a house in a quarter by kind, and how people follow proposals: pure counting (PX-16)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from services.housing.rules.equity import Wait, by_accessibility, by_gemeente, by_size, quarter_days
from services.housing.rules.following import Following, looked_seconds

FIRST, LAST = date(2024, 10, 1), date(2024, 12, 31)
DAYS = st.dates(date(2022, 1, 1), LAST)
WAITS = st.lists(
    st.builds(
        lambda code, persons, accessible, linked, days: Wait(
            code, persons, accessible, linked, None if days is None else linked + timedelta(days=days)
        ),
        st.sampled_from(["1916", "0626"]),
        st.integers(1, 12),
        st.booleans(),
        DAYS,
        st.none() | st.integers(0, 1500),
    )
)


def wait(code: str, persons: int, linked_on: date, until: date | None, *, accessible: bool = False) -> Wait:
    return Wait(code, persons, accessible, linked_on, until)


def test_a_quarter_runs_to_its_last_day_or_to_today() -> None:
    assert quarter_days(2024, 3, date(2024, 11, 5)) == (date(2024, 7, 1), date(2024, 9, 30))
    assert quarter_days(2024, 4, date(2024, 11, 5)) == (date(2024, 10, 1), date(2024, 11, 5))
    assert quarter_days(2023, 4, date(2024, 11, 5)) == (date(2023, 10, 1), date(2023, 12, 31))
    for year, number in ((2024, 5), (2024, 0), (2025, 1)):
        with pytest.raises(ValueError, match="quarter"):
            quarter_days(year, number, date(2024, 11, 5))


def test_each_kind_is_counted_with_its_waits() -> None:
    waits = [
        wait("1916", 1, date(2024, 1, 1), None),  # 52 weeks on the last day
        wait("1916", 1, date(2024, 12, 17), None),  # 2 weeks
        wait("1916", 1, date(2024, 2, 5), date(2024, 11, 4), accessible=True),
        wait("0626", 9, date(2024, 3, 4), date(2024, 9, 30)),  # before the quarter
        wait("0626", 9, date(2024, 3, 4), date(2025, 1, 6)),  # after it: it waits on the last day
    ]
    single, large = sorted(by_size(waits, FIRST, LAST), key=lambda one: -one.sought)
    assert (single.name, single.sought, single.housed, single.housed_percent, single.waiting) == (
        "single",
        3,
        1,
        33.3,
        2,
    )
    assert (single.median_weeks, single.most_weeks, single.long_waiting) == (27, 52, 1)
    assert (large.name, large.sought, large.housed, large.long_waiting) == ("large-family", 1, 0, 1)
    (needed,) = [one for one in by_accessibility(waits, FIRST, LAST) if one.name == "needed"]
    assert (needed.housed_percent, needed.median_weeks, needed.most_weeks) == (100.0, None, None)


@pytest.mark.capability("PX-16", part="an equity report: every household counts once in each division of it")
@given(WAITS)
def test_every_household_counts_once_in_each_division(waits: list[Wait]) -> None:
    sums = []
    for divide in (by_size, by_accessibility, by_gemeente):
        found = divide(waits, FIRST, LAST)
        assert all(one.housed + one.waiting == one.sought for one in found)
        sums.append((sum(one.sought for one in found), sum(one.housed for one in found)))
    assert len(set(sums)) == 1


def _following(**numbers: int) -> Following:
    named = {"sent": 0, "set_aside": 0, "untouched": 0, "approved": 0, "rejected": 0, "own": 0, **numbers}
    return Following(**named, seconds=())


@pytest.mark.parametrize(
    ("numbers", "percent", "warns"),
    [
        ({}, None, False),
        ({"approved": 9}, 0.0, False),
        ({"approved": 10}, 0.0, True),
        ({"approved": 10, "set_aside": 1}, 9.1, False),
        ({"approved": 10, "rejected": 2}, 16.7, False),
        ({"untouched": 40}, None, False),
    ],
)
@pytest.mark.capability("PX-16", part="that nobody deviates is a warning, and no success")
def test_that_nobody_deviates_from_many_proposals_is_a_warning(
    numbers: dict[str, int], percent: float | None, warns: bool
) -> None:
    found = _following(**numbers)
    assert (found.deviating_percent, found.nobody_deviates) == (percent, warns)


def test_a_time_counts_where_it_can_be_one() -> None:
    decided = datetime(2024, 11, 5, 9, 0, tzinfo=UTC)
    assert looked_seconds(decided - timedelta(seconds=41), decided) == 41
    assert looked_seconds(decided + timedelta(seconds=1, milliseconds=1), decided) is None
    assert looked_seconds(decided - timedelta(days=1, seconds=1), decided) is None
    assert Following(0, 0, 0, 2, 0, 0, seconds=(10, 20, 90)).median_seconds == 20
    assert _following().median_seconds is None
