# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ten weeks for the PIP, and the term: the vectors of rules 2.3 to 2.5 and 3.1, and what holds for any day."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from chassis.calendar import is_working_day
from services.intake.rules.clocks import (
    PipClock,
    PipFacts,
    Term,
    ThirdPartyInformation,
    early_day,
    is_on_time,
    pip_clock,
    term,
    third_party_refusal,
)
from services.intake.rules.law import PermitType

DAYS = st.dates(min_value=date(2022, 1, 1), max_value=date(2040, 12, 31))
LID_1, LID_2, LID_3 = (f"Besluit inburgering 2021 art. 5.3 lid {lid}" for lid in (1, 2, 3))


def facts(notice: date | None, brp: date | None, permit: PermitType = "asiel", **more: object) -> PipFacts:
    return PipFacts("wi2021", permit, notice, brp, **more)  # type: ignore[arg-type]


def due(given_facts: PipFacts) -> date | None:
    clock = pip_clock(given_facts)
    return None if clock is None else clock.due_on


@pytest.mark.capability("IN-08", part="start and due day")
@pytest.mark.parametrize(
    ("notice", "brp", "permit", "expected"),
    [
        pytest.param(
            date(2024, 1, 15), date(2023, 12, 1), "asiel", date(2024, 3, 25), id="registered-before"
        ),
        pytest.param(date(2024, 1, 15), date(2024, 2, 1), "asiel", date(2024, 4, 11), id="registered-after"),
        pytest.param(date(2024, 1, 15), date(2024, 2, 1), "afgeleid-asiel", date(2024, 4, 11), id="derived"),
        pytest.param(date(2024, 1, 15), date(2024, 2, 1), "regulier", date(2024, 3, 25), id="not-asylum"),
        pytest.param(
            date(2024, 1, 15),
            date(2024, 2, 1),
            "regulier-bij-asiel",
            date(2024, 3, 25),
            id="family-of-a-holder",
        ),
        pytest.param(date(2026, 2, 24), date(2026, 1, 2), "asiel", date(2026, 5, 6), id="day-70-is-5-may"),
        pytest.param(date(2024, 2, 3), date(2024, 1, 2), "asiel", date(2024, 4, 15), id="day-70-is-saturday"),
        pytest.param(date(2024, 3, 4), date(2024, 3, 4), "asiel", date(2024, 5, 13), id="IN-08"),
    ],
)
def test_ten_weeks_run_from_the_notice_or_the_later_registration(
    notice: date, brp: date, permit: PermitType, expected: date
) -> None:
    assert due(facts(notice, brp, permit)) == expected


@pytest.mark.capability("IN-02", part="no clock")
def test_no_clock_runs_for_an_asylum_holder_who_is_not_registered_yet() -> None:
    assert pip_clock(facts(date(2024, 1, 15), None)) is None
    assert pip_clock(facts(None, None)) is None
    assert pip_clock(facts(None, date(2024, 1, 15))) is None


def test_a_gezinsmigrant_needs_no_registration_for_the_clock() -> None:
    assert due(facts(date(2024, 1, 15), None, "regulier")) == date(2024, 3, 25)


def test_the_old_act_has_no_clock() -> None:
    assert pip_clock(PipFacts("wi2013", "asiel", date(2024, 1, 15), date(2024, 1, 15))) is None


@pytest.mark.capability("IN-08", part="only information of a third party moves the day")
def test_information_of_a_third_party_gives_two_weeks_from_its_receipt() -> None:
    information = ThirdPartyInformation(date(2024, 3, 1), date(2024, 4, 10))
    clock = pip_clock(facts(date(2024, 1, 15), date(2023, 12, 1), information=(information,)))
    assert clock == PipClock(date(2024, 1, 15), date(2024, 4, 24), LID_2)


def test_early_information_never_shortens_the_ten_weeks() -> None:
    information = ThirdPartyInformation(date(2024, 1, 16), date(2024, 1, 20))
    clock = pip_clock(facts(date(2024, 1, 15), date(2023, 12, 1), information=(information,)))
    assert clock == PipClock(date(2024, 1, 15), date(2024, 3, 25), LID_1)


@pytest.mark.parametrize(
    ("requested", "received", "code"),
    [
        (date(2024, 3, 25), date(2024, 4, 10), None),
        (date(2024, 3, 26), date(2024, 4, 10), "requested-after-due"),
        (date(2024, 3, 2), date(2024, 3, 1), "received-before-requested"),
    ],
)
def test_information_must_have_been_asked_for_in_time(
    requested: date, received: date, code: str | None
) -> None:
    information = ThirdPartyInformation(requested, received)
    assert third_party_refusal(information, due_on=date(2024, 3, 25)) == code
    moved = due(facts(date(2024, 1, 15), date(2023, 12, 1), information=(information,)))
    assert moved == (date(2024, 4, 24) if code is None else date(2024, 3, 25))


@pytest.mark.capability("PX-17", part="the ten weeks after a move")
def test_the_new_gemeente_has_ten_weeks_from_the_registration_there() -> None:
    clock = pip_clock(facts(date(2024, 1, 15), date(2023, 12, 1), moved_on=date(2024, 6, 3)))
    assert clock == PipClock(date(2024, 6, 3), date(2024, 8, 12), LID_3)


def test_a_notice_after_the_move_starts_the_ordinary_ten_weeks() -> None:
    clock = pip_clock(facts(date(2024, 6, 10), date(2023, 12, 1), moved_on=date(2024, 6, 3)))
    assert clock == PipClock(date(2024, 6, 10), date(2024, 8, 19), LID_1)
    assert pip_clock(facts(None, date(2023, 12, 1), moved_on=date(2024, 6, 3))) is None


@pytest.mark.parametrize(("signed_on", "on_time"), [(date(2024, 5, 13), True), (date(2024, 5, 14), False)])
def test_the_day_after_the_due_day_is_late(signed_on: date, *, on_time: bool) -> None:
    clock = pip_clock(facts(date(2024, 3, 4), date(2024, 3, 4)))
    assert is_on_time(signed_on, clock) is on_time
    assert is_on_time(signed_on, None)


@pytest.mark.parametrize(
    ("first_signed_on", "expected"),
    [
        pytest.param(date(2024, 3, 20), Term(date(2024, 3, 21), date(2027, 3, 20)), id="vector"),
        pytest.param(date(2024, 2, 28), Term(date(2024, 2, 29), date(2027, 2, 28)), id="before-a-leap-day"),
        pytest.param(date(2024, 2, 29), Term(date(2024, 3, 1), date(2027, 2, 28)), id="on-a-leap-day"),
        pytest.param(date(2025, 2, 28), Term(date(2025, 3, 1), date(2028, 2, 28)), id="into-a-leap-year"),
        pytest.param(date(2024, 12, 31), Term(date(2025, 1, 1), date(2027, 12, 31)), id="year-end"),
    ],
)
@pytest.mark.capability("IN-23", part="start and end of the term")
def test_the_term_is_three_calendar_years_after_the_first_pip(first_signed_on: date, expected: Term) -> None:
    assert term(first_signed_on) == expected


def test_how_early_the_early_signal_comes_is_a_number_of_policy() -> None:
    assert early_day(date(2024, 4, 11), days=14) == date(2024, 3, 28)
    assert early_day(date(2027, 8, 31), months=6) == date(2027, 2, 28)


@settings(max_examples=1000)
@given(notice=DAYS, brp=st.none() | DAYS, permit=st.sampled_from(("asiel", "regulier")))
def test_the_clock_gives_at_least_ten_weeks_and_ends_on_a_working_day(
    notice: date, brp: date | None, permit: PermitType
) -> None:
    clock = pip_clock(facts(notice, brp, permit))
    if clock is None:
        assert permit == "asiel"
        assert brp is None
        return
    assert clock.starts_on >= notice
    assert timedelta(days=70) <= clock.due_on - clock.starts_on <= timedelta(days=76)
    assert is_working_day(clock.due_on)


@settings(max_examples=1000)
@given(notice=DAYS, brp=DAYS, later=st.integers(0, 400))
def test_a_later_registration_never_gives_an_earlier_due_day(notice: date, brp: date, later: int) -> None:
    first, second = due(facts(notice, brp)), due(facts(notice, brp + timedelta(days=later)))
    assert first is not None
    assert second is not None
    assert second >= first


@settings(max_examples=1000)
@given(notice=DAYS, requested=DAYS, wait=st.integers(0, 300))
def test_information_of_a_third_party_never_shortens(notice: date, requested: date, wait: int) -> None:
    without = due(facts(notice, notice))
    information = ThirdPartyInformation(requested, requested + timedelta(days=wait))
    with_it = due(facts(notice, notice, information=(information,)))
    assert without is not None
    assert with_it is not None
    assert with_it >= without


@settings(max_examples=1000)
@given(signed=DAYS)
def test_a_term_never_counts_its_own_pip_day_and_lasts_three_years(signed: date) -> None:
    found = term(signed)
    assert found.starts_on == signed + timedelta(days=1)
    assert found.ends_on.year == signed.year + 3
    assert 1094 <= (found.ends_on - signed).days <= 1096
