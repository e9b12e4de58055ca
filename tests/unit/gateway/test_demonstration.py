# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far the clock of a demo moves."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from chassis.clock import AMSTERDAM
from gateway.demonstration import moved_by, read_instant

NOW = datetime(2024, 11, 5, 9, 0, tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("P7D", datetime(2024, 11, 12, 9, 0, tzinfo=AMSTERDAM)),
        ("P1W", datetime(2024, 11, 12, 9, 0, tzinfo=AMSTERDAM)),
        ("P3M", datetime(2025, 2, 5, 9, 0, tzinfo=AMSTERDAM)),
        ("P3Y", datetime(2027, 11, 5, 9, 0, tzinfo=AMSTERDAM)),
        ("P6M", datetime(2025, 5, 5, 9, 0, tzinfo=AMSTERDAM)),  # over a change to summer time
        ("PT90M", datetime(2024, 11, 5, 10, 30, tzinfo=AMSTERDAM)),
        ("P1DT2H30M5S", datetime(2024, 11, 6, 11, 30, 5, tzinfo=AMSTERDAM)),
        ("P0D", NOW),
        ("PT0S", NOW),
    ],
)
def test_a_duration_moves_by_the_dutch_calendar(duration: str, expected: datetime) -> None:
    assert moved_by(NOW, duration) == expected


def test_hours_are_real_hours_over_a_change_of_time() -> None:
    before = datetime(2024, 10, 26, 12, 0, tzinfo=AMSTERDAM)
    assert moved_by(before, "PT24H").astimezone(AMSTERDAM).hour == 11
    assert moved_by(before, "P1D").astimezone(AMSTERDAM).hour == 12


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1",
        "7D",
        "P7",
        "-P1D",
        "P-1D",
        "P1.5D",
        "p7d",
        "P1D ",
        "P21Y",
        "P99999D",
        "PT1D",
        "P1DT",
        "P\u0661D",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|twenty"):
        moved_by(NOW, text)


@pytest.mark.parametrize(
    "text",
    [
        "2024-11-05",
        "2024-11-05T09:00",
        "2024-11-05T09:00:00",
        "05-11-2024T09:00:00Z",
        "2024-13-05T09:00:00Z",
        "now",
        "2024-11-05 09:00:00Z",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"instant|month|range"):
        read_instant(text)


def test_an_instant_has_an_offset() -> None:
    assert read_instant("2024-11-05T09:00:00+01:00") == NOW
    assert read_instant("2024-11-05T08:00:00Z") == NOW


@given(st.integers(0, 3000), st.integers(0, 10_000))
def test_time_never_goes_back(days: int, minutes: int) -> None:
    assert moved_by(NOW, f"P{days}DT{minutes}M") - NOW >= timedelta(0)
