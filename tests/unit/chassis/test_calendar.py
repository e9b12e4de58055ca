# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Legal days and working days: the vectors of the rules sheet, and what must hold for any day."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from chassis.calendar import (
    LONGEST_SHIFTED_DAYS,
    add_months,
    add_working_days,
    add_years,
    is_public_holiday,
    is_working_day,
    legal_due,
    legal_due_months,
    shift_to_working_day,
)

DAYS = st.dates(min_value=date(2015, 1, 1), max_value=date(2045, 12, 31))


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2024, 1, 1), id="new-year"),
        pytest.param(date(2024, 3, 29), id="good-friday"),
        pytest.param(date(2024, 3, 31), id="easter"),
        pytest.param(date(2024, 4, 1), id="easter-monday"),
        pytest.param(date(2024, 4, 27), id="kings-day"),
        pytest.param(date(2025, 4, 26), id="kings-day-on-saturday-since-the-27th-is-sunday"),
        pytest.param(date(2024, 5, 5), id="liberation-day-in-a-common-year"),
        pytest.param(date(2025, 5, 5), id="liberation-day-in-a-jubilee-year"),
        pytest.param(date(2026, 5, 5), id="liberation-day-after-it"),
        pytest.param(date(2024, 5, 9), id="ascension"),
        pytest.param(date(2024, 5, 20), id="whit-monday"),
        pytest.param(date(2024, 12, 25), id="christmas"),
        pytest.param(date(2024, 12, 26), id="second-christmas-day"),
    ],
)
def test_the_holidays_of_the_termijnenwet_are_no_working_days(day: date) -> None:
    assert is_public_holiday(day)
    assert not is_working_day(day)


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2024, 12, 24), id="christmas-eve"),
        pytest.param(date(2024, 12, 31), id="new-years-eve"),
        pytest.param(date(2024, 12, 5), id="sinterklaas"),
        pytest.param(date(2026, 5, 4), id="remembrance-day"),
        pytest.param(date(2025, 4, 28), id="the-27th-was-sunday-kings-day-was-the-saturday"),
    ],
)
def test_other_special_days_are_working_days(day: date) -> None:
    assert is_working_day(day)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        pytest.param(date(2024, 1, 15), date(2024, 3, 25), id="monday-to-monday"),
        pytest.param(date(2024, 2, 1), date(2024, 4, 11), id="thursday"),
        pytest.param(date(2026, 2, 24), date(2026, 5, 6), id="day-70-is-5-may"),
        pytest.param(date(2024, 2, 3), date(2024, 4, 15), id="day-70-is-saturday"),
        pytest.param(date(2024, 6, 3), date(2024, 8, 12), id="moved"),
        pytest.param(date(2024, 3, 4), date(2024, 5, 13), id="IN-08"),
        pytest.param(date(2024, 1, 19), date(2024, 4, 2), id="day-70-is-good-friday-four-days-on"),
    ],
)
def test_ten_weeks_end_on_a_working_day(start: date, due: date) -> None:
    assert legal_due(start, 70) == due


@pytest.mark.parametrize(
    ("days", "due"),
    [
        pytest.param(84, date(2024, 4, 2), id="twelve-weeks-shift-past-easter"),
        pytest.param(90, date(2024, 4, 8), id="ninety-days-shift"),
        pytest.param(91, date(2024, 4, 7), id="longer-terms-end-on-the-sunday"),
    ],
)
def test_only_terms_up_to_twelve_weeks_shift(days: int, due: date) -> None:
    # 84 days after 7 January is Easter day 2024; 90 days are Saturday and 91 Sunday.
    assert legal_due(date(2024, 1, 7), days) == due


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        pytest.param(date(2024, 1, 31), 1, date(2024, 2, 29), id="end-of-february"),
        pytest.param(date(2024, 1, 29), 3, date(2024, 4, 29), id="three-months"),
        pytest.param(date(2024, 2, 6), 3, date(2024, 5, 6), id="three-months-on-a-monday"),
        pytest.param(date(2024, 2, 5), 3, date(2024, 5, 6), id="three-months-on-5-may-a-sunday"),
        pytest.param(date(2024, 1, 5), 4, date(2024, 5, 5), id="four-months-do-not-shift"),
    ],
)
def test_terms_in_months_follow_the_calendar(start: date, months: int, due: date) -> None:
    assert legal_due_months(start, months) == due


def test_years_follow_the_calendar() -> None:
    assert add_years(date(2024, 2, 28), 3) == date(2027, 2, 28)
    assert add_years(date(2024, 2, 29), 3) == date(2027, 2, 28)
    assert add_years(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert add_months(date(2024, 8, 31), 6) == date(2025, 2, 28)
    assert add_months(date(2027, 3, 20), -6) == date(2026, 9, 20)


def test_twenty_working_days_skip_good_friday_and_easter_monday() -> None:
    assert add_working_days(date(2024, 3, 11), 20) == date(2024, 4, 10)


def test_holidays_of_a_contract_count_only_where_they_are_given() -> None:
    # Spring holiday of a school: the same referral, one week later.
    spring = {date(2024, 3, 18) + timedelta(days=n) for n in range(5)}
    assert add_working_days(date(2024, 3, 11), 20, closed=spring) == date(2024, 4, 17)


def test_no_working_days_is_the_day_itself() -> None:
    saturday = date(2024, 3, 16)
    assert add_working_days(saturday, 0) == saturday
    assert add_working_days(saturday, 1) == date(2024, 3, 18)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        add_working_days(date(2024, 3, 16), -1)
    with pytest.raises(ValueError, match="0 or more"):
        legal_due(date(2024, 3, 16), -1)
    with pytest.raises(ValueError, match="0 or more"):
        legal_due_months(date(2024, 3, 16), -1)

    class Always:
        def __contains__(self, _: object) -> bool:
            return True

    with pytest.raises(ValueError, match="closed days"):
        add_working_days(date(2024, 3, 16), 1, closed=Always())


@settings(max_examples=1000)
@given(day=DAYS)
def test_a_shifted_day_is_the_first_working_day_from_there(day: date) -> None:
    shifted = shift_to_working_day(day)
    assert is_working_day(shifted)
    assert all(not is_working_day(day + timedelta(days=n)) for n in range((shifted - day).days))
    # Good Friday to Easter Monday is the longest closed stretch beside Christmas at a weekend.
    assert (shifted - day).days <= 5


@settings(max_examples=1000)
@given(day=DAYS, days=st.integers(min_value=0, max_value=400))
def test_a_statutory_term_never_gets_shorter(day: date, days: int) -> None:
    due = legal_due(day, days)
    assert due >= day + timedelta(days=days)
    if days > LONGEST_SHIFTED_DAYS:
        assert due == day + timedelta(days=days)
    else:
        assert is_working_day(due)


@settings(max_examples=1000)
@given(day=DAYS, count=st.integers(min_value=1, max_value=120))
def test_exactly_the_asked_working_days_lie_behind(day: date, count: int) -> None:
    end = add_working_days(day, count)
    between = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
    assert sum(map(is_working_day, between)) == count
    assert is_working_day(end)


@settings(max_examples=1000)
@given(day=DAYS, first=st.integers(0, 60), second=st.integers(0, 60))
def test_working_days_add_up(day: date, first: int, second: int) -> None:
    assert add_working_days(add_working_days(day, first), second) == add_working_days(day, first + second)
