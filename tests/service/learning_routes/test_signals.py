# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Absences, illness and lesson hours: one signal per crossing, whatever the order and whoever else is at it."""

import asyncio
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from contracts import learning_routes, notifications
from tests.service.learning_routes.schoolyear import ECHT_NEDERLANDS, SchoolYear, day


@pytest.mark.capability("LR-12", part="two unexcused absences")
async def test_the_second_unexcused_absence_raises_one_signal_with_both_lessons(year: SchoolYear) -> None:
    here = await year.enrolled()
    first, second, third = await here.lessons("2024-10-28", "2024-10-29", "2024-10-30")

    await here.attend(second, "unexcused")
    assert await year.absence_signals() == []
    await here.attend(first, "unexcused")

    [signal] = await year.absence_signals()
    assert [(str(lesson.lesson_id), lesson.date) for lesson in signal.lessons] == [
        (first["id"], date(2024, 10, 28)),
        (second["id"], date(2024, 10, 29)),
    ]
    assert (signal.limit, signal.organisation_id) == (2, ECHT_NEDERLANDS)
    assert "2 keer" in signal.rule
    await here.attend(third, "unexcused")
    assert len(await year.absence_signals()) == 1


async def test_four_absences_make_two_signals_that_share_no_lesson(year: SchoolYear) -> None:
    here = await year.enrolled()
    for lesson in await here.lessons(*(day(-n) for n in (4, 1, 6, 5))):
        await here.attend(lesson, "unexcused")
    signals = await year.absence_signals()
    lessons = [lesson.lesson_id for signal in signals for lesson in signal.lessons]
    assert (len(signals), len(set(lessons))) == (2, 4)


async def test_the_same_absence_sent_again_changes_nothing(year: SchoolYear) -> None:
    here = await year.enrolled()
    [lesson] = await here.lessons(day(-1))
    once = await here.attend(lesson, "unexcused")
    again = await here.attend(lesson, "unexcused")
    assert again == once
    assert await year.absence_signals() == []
    assert len(await year.bench.published(learning_routes.AttendanceRecorded)) == 1


async def test_a_correction_withdraws_an_open_signal_and_frees_the_other_lesson(year: SchoolYear) -> None:
    here = await year.enrolled()
    first, second, third = await here.lessons(day(-3), day(-2), day(-1))
    await here.attend(first, "unexcused")
    await here.attend(second, "unexcused")
    await here.attend(first, "excused")

    [raised] = await year.absence_signals()
    [withdrawn] = await year.bench.published(learning_routes.SignalWithdrawn)
    assert (withdrawn.signal_id, withdrawn.kind, withdrawn.reason) == (
        raised.signal_id,
        "unexcused-absences",
        "corrected",
    )
    await here.attend(third, "unexcused")
    _, again = await year.absence_signals()
    assert [str(lesson.lesson_id) for lesson in again.lessons] == [second["id"], third["id"]]


async def test_a_handled_signal_is_not_withdrawn(year: SchoolYear) -> None:
    here = await year.enrolled()
    first, second = await here.lessons(day(-3), day(-2))
    await here.attend(first, "unexcused")
    await here.attend(second, "unexcused")
    [raised] = await year.absence_signals()
    await year.bench.deliver(
        notifications.SignalHandled(
            signal_id=raised.signal_id,
            inburgeraar_id=here.person,
            kind="unexcused-absences",
            outcome="talked",
        ),
        gemeentecode="1916",
    )
    await here.attend(first, "excused")
    assert await year.bench.published(learning_routes.SignalWithdrawn) == []
    await here.attend(first, "unexcused")
    assert len(await year.absence_signals()) == 1


async def test_terms_of_a_later_day_hold_for_later_lessons(year: SchoolYear) -> None:
    here = await year.enrolled()
    contracts = await year.get("/contracts", year.consulent())
    terms = {"validFrom": "2024-11-01", "unexcusedLimit": 1, "sicknessPercent": 20, "groupMax": 12}
    await year.post(f"/contracts/{contracts['items'][0]['id']}/terms", year.consulent(), terms)
    old, new = await here.lessons("2024-10-31", "2024-11-01")
    await here.attend(old, "unexcused")
    assert await year.absence_signals() == []
    await here.attend(new, "unexcused")
    [signal] = await year.absence_signals()
    assert len(signal.lessons) == 2


async def test_two_absences_at_once_raise_exactly_one_signal_200_times(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider)
    pairs: list[tuple[UUID, str, str]] = []
    for _ in range(20):
        group = await year.group(provider)
        lessons = [await year.lesson(group, day(-n)) for n in (1, 2)]
        for _ in range(10):
            person = await year.person()
            placement = await year.refer(person, provider)
            await year.seat(group, placement["id"])
            pairs.append((person, lessons[0]["id"], lessons[1]["id"]))
    for person, one, two in pairs:
        await asyncio.gather(year.mark(one, person, "unexcused"), year.mark(two, person, "unexcused"))
    signals = await year.absence_signals()
    assert len(pairs) == 200
    assert sorted(str(signal.inburgeraar_id) for signal in signals) == sorted(str(pair[0]) for pair in pairs)


@pytest.mark.capability("LR-12", part="sickness above 20%")
@pytest.mark.parametrize(("sick_hours", "signals"), [(2.0, 0), (2.1, 1)])
async def test_illness_signals_strictly_above_the_limit(
    year: SchoolYear, sick_hours: float, signals: int
) -> None:
    here = await year.enrolled()
    rest = (10 - sick_hours) / 4
    [sick] = await here.lessons(day(-9), hours=sick_hours)
    others = await here.lessons(*(day(-n) for n in (1, 2, 3, 4)), hours=round(rest, 2))
    await here.attend(sick, "sick")
    for lesson in others:
        await here.attend(lesson)
    total = Decimal(str(sick_hours)) + 4 * Decimal(str(round(rest, 2)))
    assert total in {Decimal("10.00"), Decimal("10.02")}
    raised = await year.bench.published(learning_routes.SicknessSignalRaised)
    assert len(raised) == signals
    if raised:
        assert raised[0].percent == Decimal("21.0")
        assert raised[0].limit_percent == 20
        assert (raised[0].from_day, raised[0].until_day) == (day(-27), day(0))


async def test_illness_needs_five_lessons_and_signals_again_only_after_a_fall(year: SchoolYear) -> None:
    here = await year.enrolled()
    lessons = await here.lessons(*(day(-n) for n in range(1, 13)))
    kinds = learning_routes.SicknessSignalRaised

    async def count() -> int:
        return len(await year.bench.published(kinds))

    for lesson in lessons[:4]:
        await here.attend(lesson, "sick")
    assert await count() == 0  # four lessons say nothing
    await here.attend(lessons[4])
    assert await count() == 1  # 4 of 5
    await here.attend(lessons[5], "sick")
    assert await count() == 1  # still above: no repeat
    for lesson in lessons[:4]:
        await here.attend(lesson)  # corrected: 1 of 6 is 16.7%
    [withdrawn] = await year.bench.published(learning_routes.SignalWithdrawn)
    assert withdrawn.kind == "sickness-rate"
    await here.attend(lessons[6], "sick")
    assert await count() == 2  # 2 of 7


async def test_illness_of_long_ago_does_not_count(year: SchoolYear) -> None:
    here = await year.enrolled()
    for lesson in await here.lessons(*(day(-n) for n in (28, 29, 30, 33, 34))):
        await here.attend(lesson, "sick")
    assert await year.bench.published(learning_routes.SicknessSignalRaised) == []


@pytest.mark.capability("LR-16")
async def test_reaching_400_attended_hours_signals_school_and_consulent_once(year: SchoolYear) -> None:
    here = await year.enrolled(lessonHoursMark=10)
    lessons = await here.lessons(*(day(-n) for n in (5, 4, 3, 2)), hours=4)
    await here.attend(lessons[0])
    await here.attend(lessons[1])
    assert await year.bench.published(learning_routes.LessonHoursReached) == []
    await here.attend(lessons[2])
    await here.attend(lessons[3])
    [reached] = await year.bench.published(learning_routes.LessonHoursReached)
    assert (reached.attended_hours, reached.mark, reached.reached_on) == (12, 10, day(-3))
    assert reached.organisation_id == ECHT_NEDERLANDS


@pytest.mark.capability("LR-16", part="400 hours is the mark where a contract says nothing")
async def test_the_mark_is_400_hours_unless_the_contract_says_otherwise(year: SchoolYear) -> None:
    provider = await year.provider()
    body = {
        "providerId": str(provider),
        "gemeentecodes": ["1916"],
        "validFrom": "2024-01-01",
        "unexcusedLimit": 2,
        "sicknessPercent": 20,
        "groupMax": 12,
    }
    made = await year.post("/contracts", year.consulent(), body)
    assert (made["lessonHoursMark"], made["startWorkingDays"], made["lateEntryMonths"]) == (400, 20, 2)


async def test_a_withdrawn_hours_signal_comes_back_when_the_hours_do(year: SchoolYear) -> None:
    here = await year.enrolled(lessonHoursMark=6)
    one, two = await here.lessons(day(-2), day(-1))
    await here.attend(one)
    await here.attend(two)
    await here.attend(two, "excused")
    [withdrawn] = await year.bench.published(learning_routes.SignalWithdrawn)
    assert withdrawn.kind == "lesson-hours-reached"
    await here.attend(two)
    assert len(await year.bench.published(learning_routes.LessonHoursReached)) == 2


async def test_events_carry_versions_that_rise_and_no_reason(year: SchoolYear) -> None:
    here = await year.enrolled()
    [lesson] = await here.lessons(day(-1))
    await here.attend(lesson, "sick", reason="griep")
    await here.attend(lesson, "excused", reason="bruiloft")
    rows = await year.bench.sql(
        "SELECT aggregate_version, key, gemeentecode, data::text AS data FROM learning_routes.outbox "
        "WHERE type = :type ORDER BY seq",
        type=learning_routes.AttendanceRecorded.type,
    )
    assert [row.aggregate_version for row in rows] == [1, 2]
    assert {(row.key, row.gemeentecode) for row in rows} == {(str(here.person), "1916")}
    assert not any("griep" in row.data or "bruiloft" in row.data for row in rows)
