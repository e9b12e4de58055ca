# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from chassis.calendar import add_working_days, is_working_day, legal_due
from demo.attendance import UNREGISTERED, status_of
from demo.caseload import make_caseload
from demo.cases import Case
from demo.chain import (
    CONTRACTS,
    GEMEENTEN,
    LEIDSCHENDAM_VOORBURG,
    MEMBERS,
    OEGSTGEEST,
    ORGANISATIONS,
    WASSENAAR,
)
from demo.timetable import FIRST_DAY, GROUPS, LAST_DAY, TODAY, lessons

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return make_caseload()


def unexcused(case: Case) -> int:
    group = next((plan for plan in GROUPS if case.placement and plan.key == case.placement.group), None)
    if group is None:
        return 0
    return sum(
        status_of(case, lesson) == "unexcused" for lesson in lessons(group, first=FIRST_DAY, last=YESTERDAY)
    )


def test_the_caseload_is_the_same_every_time(cases: list[Case]) -> None:
    assert make_caseload() == cases


def test_there_are_people_in_all_five_gemeenten_in_the_proportions_of_the_audit(cases: list[Case]) -> None:
    per_gemeente = Counter(case.gemeentecode for case in cases)
    shares = {
        code: sum(case.person.group == "statushouder" for case in cases if case.gemeentecode == code) / total
        for code, total in per_gemeente.items()
    }

    assert set(per_gemeente) == set(GEMEENTEN)
    assert 180 <= len(cases) <= 250
    assert shares[LEIDSCHENDAM_VOORBURG] == pytest.approx(149 / 345, abs=0.05)
    assert shares[WASSENAAR] == pytest.approx(44 / 91, abs=0.05)
    assert shares[OEGSTGEEST] == pytest.approx(72 / 102, abs=0.05)


def test_no_consulent_has_more_than_the_caseload_norm(cases: list[Case]) -> None:
    per_lead = Counter(case.lead for case in cases if case.lead)

    assert per_lead["consulent-lv"] == 70
    assert max(per_lead.values()) <= 70
    assert {member.name for member in MEMBERS} >= set(per_lead)


def test_a_pip_says_why_it_is_late_exactly_when_it_is(cases: list[Case]) -> None:
    for case in cases:
        if case.pip is not None:
            assert case.duo_notice_on is not None
            assert case.brp_on is not None
            assert case.brp_on <= case.duo_notice_on, "so the ten weeks count from the notice (rule 2.3)"
            late = case.pip.signed_on > legal_due(case.duo_notice_on, 70)
            assert late == (case.pip.delay_reason is not None), case.person.key
            assert is_working_day(case.pip.signed_on)


def test_some_pips_are_late_and_some_clocks_are_about_to_run_out(cases: list[Case]) -> None:
    late = sum(case.pip is not None and case.pip.delay_reason is not None for case in cases)
    running = [legal_due(case.duo_notice_on, 70) for case in cases if case.pip is None and case.duo_notice_on]

    assert 20 <= late <= 60
    assert any(due < TODAY for due in running)
    assert any(TODAY <= due <= TODAY + timedelta(days=7) for due in running)
    assert any(due > TODAY + timedelta(days=21) for due in running)


def test_nothing_is_entered_before_it_happened(cases: list[Case]) -> None:
    for case in cases:
        assert case.obliged_on >= date(2022, 1, 1)
        assert FIRST_DAY <= case.known_on <= TODAY
        if case.duo_notice_on:
            assert case.obliged_on < case.duo_notice_on <= case.known_on
        if case.pip:
            assert case.pip.signed_on < TODAY
        if case.placement:
            assert case.pip is not None
            assert case.pip.signed_on < case.placement.referred_on < TODAY


def test_who_starts_late_has_a_reason(cases: list[Case]) -> None:
    contracts = {(one.provider, code): one for one in CONTRACTS for code in one.gemeentecodes}
    groups = {plan.key: plan for plan in GROUPS}
    for case in cases:
        if case.placement is None or case.placement.seated_on is None or case.placement.group is None:
            continue
        terms = contracts[case.placement.provider, case.gemeentecode]
        due = (
            add_working_days(case.placement.referred_on, terms.start_working_days)
            if terms.start_working_days
            else case.placement.referred_on
            + timedelta(days=(terms.intake_days or 0) + (terms.start_days or 0))
        )
        first = next(
            lessons(groups[case.placement.group], first=case.placement.seated_on, last=LAST_DAY)
        ).date
        assert (first > due) <= (case.placement.overrun_reason is not None), case.person.key


def test_groups_have_eight_to_twelve_learners_of_their_own_gemeente(cases: list[Case]) -> None:
    sizes = Counter(case.placement.group for case in cases if case.placement and case.placement.group)

    assert set(sizes) == {plan.key for plan in GROUPS}
    assert all(8 <= size <= 12 for size in sizes.values())
    assert sizes["en-lv-a"] == 11
    for case in cases:
        if case.placement and case.placement.group:
            plan = next(plan for plan in GROUPS if plan.key == case.placement.group)
            assert (plan.gemeentecode, plan.leerroute) == (case.gemeentecode, case.placement.leerroute)


def test_the_journey_of_the_readme_has_its_learner_and_its_lessons(cases: list[Case]) -> None:
    learner = cases[0]
    group = GROUPS[0]

    assert (group.provider, group.gemeentecode) == ("echt-nederlands", LEIDSCHENDAM_VOORBURG)
    assert (learner.lead, unexcused(learner)) == ("consulent-lv", 0)
    days = [lesson.date for lesson in lessons(group, first=YESTERDAY, last=TODAY)]
    assert days == [YESTERDAY, TODAY]
    assert ("en-lv-a", YESTERDAY) in UNREGISTERED


def test_about_seven_in_eight_are_present_and_some_miss_two_lessons(cases: list[Case]) -> None:
    statuses = Counter(
        status
        for plan in GROUPS
        for lesson in lessons(plan, first=FIRST_DAY, last=YESTERDAY)
        for case in cases
        if (status := status_of(case, lesson)) is not None
    )

    assert statuses["present"] / statuses.total() == pytest.approx(0.86, abs=0.03)
    assert 10 <= sum(unexcused(case) >= 2 for case in cases) <= 35


def test_lessons_skip_holidays_and_are_three_or_four_day_parts_a_week() -> None:
    for plan in GROUPS:
        days = [lesson.date for lesson in lessons(plan, first=FIRST_DAY, last=LAST_DAY)]
        assert days == sorted(days)
        assert len(
            {(lesson.date, lesson.day_part) for lesson in lessons(plan, first=FIRST_DAY, last=LAST_DAY)}
        ) == len(days)
        assert not any(date(2024, 10, 26) <= day <= date(2024, 11, 3) for day in days)
        assert date(2024, 12, 25) not in days
        assert 3 <= sum(date(2024, 9, 9) <= day <= date(2024, 9, 15) for day in days) <= 4
        assert all(later > earlier for earlier, later in pairwise(days))


def test_every_name_in_the_plan_belongs_to_a_party() -> None:
    slugs = {one.slug for one in ORGANISATIONS}

    assert {member.organisation for member in MEMBERS} <= slugs
    assert {plan.provider for plan in GROUPS} <= slugs
    assert {one.provider for one in CONTRACTS} <= slugs
