# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Start terms, marks, payers, entries after the window, and the dated numbers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from chassis.calendar import is_working_day
from services.learning_routes.rules import (
    GROUP_MAX,
    Z_COURSE_HOURS,
    Approval,
    AttendanceStatus,
    HoursNotAllowed,
    MarkPeriod,
    Parameter,
    Payer,
    StartTerm,
    Terms,
    TermsHistory,
    Value,
    approval_of_correction,
    approval_of_entry,
    early_day,
    hours_of,
    is_late,
    mark_on,
    payer_of,
)

days = st.dates(date(2022, 1, 1), date(2030, 12, 31))


@pytest.mark.capability("LR-04", part="the terms of both regions")
@pytest.mark.parametrize(
    ("term", "referred_on", "due_on"),
    [
        pytest.param(StartTerm(20), date(2024, 9, 2), date(2024, 9, 30), id="LR-04"),
        pytest.param(StartTerm(20), date(2024, 3, 11), date(2024, 4, 10), id="rule-6.4-over-easter"),
        pytest.param(
            StartTerm(None, 14, 14), date(2024, 9, 2), date(2024, 9, 30), id="leiden-two-and-two-weeks"
        ),
        pytest.param(
            StartTerm(20, closed={date(2024, 9, 3)}), date(2024, 9, 2), date(2024, 10, 1), id="school-closed"
        ),
    ],
)
def test_the_first_lesson_is_due(term: StartTerm, referred_on: date, due_on: date) -> None:
    assert term.start_due(referred_on) == due_on


def test_after_the_intake_the_second_half_runs_from_it() -> None:
    term = StartTerm(None, 14, 14)
    assert term.intake_due(date(2024, 9, 2)) == date(2024, 9, 16)
    assert term.start_due(date(2024, 9, 2), date(2024, 9, 9)) == date(2024, 9, 23)
    assert StartTerm(20).intake_due(date(2024, 9, 2)) is None


@pytest.mark.parametrize("form", [(None, None, None), (20, 14, 14), (None, 14, None), (None, None, 14)])
def test_a_term_has_exactly_one_form(form: tuple[int | None, int | None, int | None]) -> None:
    with pytest.raises(ValueError, match=r"form|belong"):
        StartTerm(*form)


@settings(max_examples=1000, deadline=None)
@given(days, st.integers(0, 60))
def test_the_early_day_lies_five_working_days_before_and_never_before_the_start(
    start: date, length: int
) -> None:
    due = start + timedelta(days=length)
    early = early_day(start, due)
    between = [early + timedelta(days=n) for n in range((due - early).days)]
    working = sum(is_working_day(day) for day in between)
    assert start <= early <= due
    assert working == 5 or (early == start and working < 5)


def test_the_due_day_itself_is_in_time() -> None:
    assert not is_late(date(2024, 9, 30), date(2024, 9, 30))
    assert is_late(date(2024, 10, 1), date(2024, 9, 30))


@pytest.mark.capability("LR-02", part="who pays")
@pytest.mark.parametrize(
    ("group", "payer"),
    [("statushouder", Payer.GEMEENTE), ("gezinsmigrant", Payer.INBURGERAAR), ("overig", Payer.INBURGERAAR)],
)
def test_the_gemeente_pays_for_status_holders_only(group: str, payer: Payer) -> None:
    assert payer_of(group) is payer


def test_a_mark_holds_on_both_its_days_and_not_between_periods() -> None:
    periods = [MarkPeriod(date(2022, 1, 1), date(2023, 6, 30)), MarkPeriod(date(2023, 9, 1))]
    held = [date(2022, 1, 1), date(2023, 6, 30), date(2023, 9, 1), date(2030, 1, 1)]
    assert [mark_on(periods, day) for day in held] == [True] * 4
    assert not mark_on(periods, date(2023, 7, 1))
    assert not mark_on([], date(2024, 1, 1))


@settings(max_examples=1000, deadline=None)
@given(days, st.none() | days, days, st.none() | days)
def test_periods_overlap_when_a_day_is_in_both(a: date, b: date | None, c: date, d: date | None) -> None:
    one, other = MarkPeriod(a, b), MarkPeriod(c, d)
    later = max(a, c)
    both = one.covers(later) and other.covers(later)
    assert one.overlaps(other) is other.overlaps(one)
    if (b is None or b >= a) and (d is None or d >= c):
        assert one.overlaps(other) is both


@pytest.mark.capability("LR-11", part="the hours of an entry")
@pytest.mark.parametrize(
    ("status", "sent", "hours"),
    [
        (AttendanceStatus.PRESENT, None, Decimal(3)),
        (AttendanceStatus.PRESENT, Decimal(0), Decimal(0)),
        (AttendanceStatus.PRESENT, Decimal("1.5"), Decimal("1.5")),
        (AttendanceStatus.SICK, None, Decimal(0)),
        (AttendanceStatus.UNEXCUSED, Decimal(0), Decimal(0)),
    ],
)
def test_hours_of_an_entry(status: AttendanceStatus, sent: Decimal | None, hours: Decimal) -> None:
    assert hours_of(status, sent, Decimal(3)) == hours


@pytest.mark.parametrize(
    ("status", "sent", "code"),
    [
        (AttendanceStatus.PRESENT, Decimal("3.01"), "more-than-lesson"),
        (AttendanceStatus.PRESENT, Decimal("-0.01"), "negative"),
        (AttendanceStatus.EXCUSED, Decimal("0.01"), "only-when-present"),
    ],
)
def test_hours_that_cannot_be(status: AttendanceStatus, sent: Decimal, code: str) -> None:
    with pytest.raises(HoursNotAllowed) as refused:
        hours_of(status, sent, Decimal(3))
    assert refused.value.code == code


@pytest.mark.capability("PX-02", part="the window")
@pytest.mark.parametrize(
    ("lesson", "entered", "approval"),
    [
        (date(2024, 9, 5), date(2024, 9, 5), Approval.NOT_NEEDED),
        (date(2024, 9, 5), date(2024, 11, 5), Approval.NOT_NEEDED),
        (date(2024, 9, 5), date(2024, 11, 6), Approval.PENDING),
        (date(2023, 12, 31), date(2024, 2, 29), Approval.NOT_NEEDED),
        (date(2023, 12, 31), date(2024, 3, 1), Approval.PENDING),
        (date.max, date(2024, 11, 5), Approval.NOT_NEEDED),  # a lesson that nobody will see
    ],
)
def test_entries_after_two_months_wait_for_approval(lesson: date, entered: date, approval: Approval) -> None:
    assert approval_of_entry(lesson, entered, 2) is approval


def test_a_correction_counts_as_before_and_a_refused_entry_is_judged_again() -> None:
    assert [approval_of_correction(before) for before in Approval] == [
        Approval.NOT_NEEDED,
        Approval.PENDING,
        Approval.APPROVED,
        Approval.PENDING,
    ]


def test_a_parameter_answers_by_day() -> None:
    changed = Parameter(
        "persons",
        "made up",
        (Value(Decimal(12), date(2022, 1, 1), date(2024, 12, 31)), Value(Decimal(10), date(2025, 1, 1))),
    )
    assert [changed.on(date(year, 6, 1)) for year in (2020, 2022, 2025)] == [12, 12, 10]
    gap = Parameter("x", "made up", (Value(Decimal(1), date(2022, 1, 1), date(2022, 1, 2)),))
    with pytest.raises(LookupError, match="no value"):
        gap.on(date(2022, 1, 3))
    assert GROUP_MAX.on(date(2024, 11, 5)) == 12
    assert Z_COURSE_HOURS.on(date(2024, 11, 5)) == 800


def test_terms_hold_from_their_day_and_the_last_ones_hold_on() -> None:
    def terms(since: date, limit: int) -> Terms:
        return Terms(since, limit, Decimal(20), 12, StartTerm(20), Decimal(400), 2)

    history = TermsHistory([terms(date(2024, 7, 1), 3), terms(date(2022, 1, 1), 2)])
    asked = (date(2021, 1, 1), date(2024, 6, 30), date(2024, 7, 1), date(2040, 1, 1))
    assert [history.unexcused_limit_on(day) for day in asked] == [2, 2, 3, 3]
    with pytest.raises(ValueError, match="at least one"):
        TermsHistory([])
