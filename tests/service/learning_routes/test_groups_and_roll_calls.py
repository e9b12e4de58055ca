# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Groups, lessons and roll calls: who fits in, what an entry may say, and what is still missing."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts import learning_routes
from contracts.access import Role
from tests.service.learning_routes.schoolyear import FOXTAAL, LEIDEN, SchoolYear, day, problem


async def _referred(year: SchoolYear, provider: Any, count: int) -> list[str]:
    return [(await year.refer(await year.person(), provider))["id"] for _ in range(count)]


@pytest.mark.capability("LR-06")
async def test_the_13th_person_is_refused_and_the_spread_of_levels_is_shown(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider)
    group = await year.group(provider, name="Ochtend A1", pace="average", youth=True)
    placements = await _referred(year, provider, 13)
    for number, placement in enumerate(placements[:12]):
        await year.seat(group, placement, level="a2" if number % 4 == 0 else "a1")
    refused = await year.seat(group, placements[12], expect=409)
    assert problem(refused) == (409, "group-full")
    assert "12 deelnemers" in refused["detail"]
    seen = await year.get(f"/groups/{group}", year.teacher())
    assert (seen["maxSize"], seen["members"], seen["homogeneity"]) == (12, 12, 0.75)
    assert seen["levels"] == [{"level": "a1", "members": 9}, {"level": "a2", "members": 3}]

    members = (await year.get(f"/groups/{group}/memberships", year.teacher()))["items"]
    await year.post(f"/memberships/{members[0]['id']}/end", year.teacher(), {}, 200)
    await year.seat(group, placements[12])


@pytest.mark.parametrize(("agreed", "places"), [(3, 3), (40, 12)])
async def test_a_contract_makes_groups_smaller_never_larger(
    year: SchoolYear, agreed: int, places: int
) -> None:
    provider = await year.provider()
    await year.contract(provider, groupMax=agreed)
    group = await year.group(provider)
    assert (await year.get(f"/groups/{group}", year.teacher()))["maxSize"] == places


async def test_of_twenty_who_want_the_last_chair_one_gets_it(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider)
    group = await year.group(provider)
    placements = await _referred(year, provider, 31)
    for placement in placements[:11]:
        await year.seat(group, placement)
    answers = await asyncio.gather(
        *(
            year.client.post(
                f"/learning-routes/v1/groups/{group}/memberships",
                json={"placementId": placement},
                headers=year.teacher(),
            )
            for placement in placements[11:]
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 19]


async def test_a_chair_is_taken_once_and_by_a_placement_of_the_same_route(year: SchoolYear) -> None:
    here = await year.enrolled()
    assert problem(await year.seat(here.group, str(here.placement), expect=409)) == (409, "already-member")
    z_group = await year.group(here.provider, leerroute="z", level="alfa-a")
    assert problem(await year.seat(z_group, str(here.placement), expect=409)) == (409, "route-differs")
    other = await year.group(here.provider)
    early = await year.seat(other, str(here.placement), expect=409, since="2024-09-01")
    assert problem(early) == (409, "outside-placement")
    await year.seat(other, str(uuid4()), expect=404)


async def test_a_group_needs_a_contract_and_ones_own_school(year: SchoolYear) -> None:
    provider = await year.provider()
    body = {"providerId": str(provider), "leerroute": "b1", "level": "a1", "gemeentecode": LEIDEN}
    assert problem(await year.post("/groups", year.teacher(), body, 409)) == (409, "contract-missing")
    await year.contract(provider, LEIDEN)
    await year.post("/groups", year.teacher(FOXTAAL), body, 404)
    unknown = await year.post("/groups", year.teacher(), {**body, "providerId": str(uuid4())}, 409)
    assert problem(unknown) == (409, "reference-not-yet-known")
    route = await year.post("/groups", year.teacher(), {**body, "leerroute": "onderwijsroute"}, 409)
    assert problem(route) == (409, "route-not-offered")
    await year.post("/groups", year.consulent(), body, 403)


async def test_a_lesson_takes_wall_time_or_an_instant_of_its_day(year: SchoolYear) -> None:
    here = await year.enrolled()
    path = f"/groups/{here.group}/lessons"
    body = {
        "date": "2024-11-05",
        "dayPart": "evening",
        "startsAt": "2024-11-05T19:00:00+01:00",
        "endsAt": "2024-11-05T21:30:00+01:00",
        "hours": 2.5,
    }
    lesson = await year.post(path, year.teacher(), body)
    assert (lesson["startsAt"], lesson["endsAt"], lesson["hours"]) == ("19:00:00", "21:30:00", 2.5)
    assert problem(await year.post(path, year.teacher(), body, 409)) == (409, "lesson-exists")
    for fields, pointer in (
        ({"startsAt": "2024-11-06T19:00:00+01:00"}, "/startsAt"),
        ({"startsAt": "19.00"}, "/startsAt"),
        ({"endsAt": "18:00"}, "/endsAt"),
        ({"hours": 0}, "/hours"),
        ({"hours": 12.01}, "/hours"),
        ({"hours": 2.555}, "/hours"),
        ({"date": "2024-11-31"}, "/date"),
        ({"dayPart": "ochtend"}, "/dayPart"),
    ):
        answer = await year.post(path, year.teacher(), {**body, "dayPart": "morning", **fields}, 400)
        assert [error["pointer"] for error in answer["errors"]] == [pointer], fields


async def test_lessons_are_listed_by_day_and_time(year: SchoolYear) -> None:
    here = await year.enrolled()
    for when, part in ((day(1), "morning"), (day(0), "afternoon"), (day(0), "morning"), (day(3), "morning")):
        await year.lesson(here.group, when, part)
    first = await year.get("/lessons", year.teacher(), groupId=str(here.group), pageSize=2)
    rest = await year.get(
        "/lessons", year.teacher(), groupId=str(here.group), pageToken=first["nextPageToken"]
    )
    seen = [(one["date"], one["dayPart"]) for one in first["items"] + rest["items"]]
    assert seen == [
        (str(day(0)), "morning"),
        (str(day(0)), "afternoon"),
        (str(day(1)), "morning"),
        (str(day(3)), "morning"),
    ]
    few = await year.get(
        "/lessons", year.consulent(), groupId=str(here.group), **{"from": str(day(1)), "until": str(day(2))}
    )
    assert [one["date"] for one in few["items"]] == [str(day(1))]


@pytest.mark.capability("LR-11", part="the four statuses and their hours")
@pytest.mark.parametrize(
    ("sent", "hours"),
    [
        ({"status": "present"}, 3),
        ({"status": "present", "hours": 1.25}, 1.25),
        ({"status": "excused"}, 0),
        ({"status": "sick", "hours": 0}, 0),
        ({"status": "unexcused"}, 0),
    ],
)
async def test_an_entry_holds_the_hours(year: SchoolYear, sent: dict[str, Any], hours: float) -> None:
    here = await year.enrolled()
    [lesson] = await here.lessons(day(-1))
    answer = await year.put(f"/lessons/{lesson['id']}/attendances/{here.person}", year.teacher(), sent)
    assert (answer["status"], answer["hours"], answer["lessonHours"]) == (sent["status"], hours, 3)
    assert answer["approval"] == "not-needed"


@pytest.mark.parametrize(
    ("sent", "pointer", "code"),
    [
        ({"status": "present", "hours": 3.01}, "/hours", "more-than-lesson"),
        ({"status": "excused", "hours": 1}, "/hours", "only-when-present"),
        ({"status": "present", "hours": -1}, "/hours", None),
        ({"status": "present", "hours": "3"}, "/hours", None),
        ({"status": "present", "hours": 1.234}, "/hours", None),
        ({"status": "late"}, "/status", None),
        ({}, "/status", None),
        ({"status": "present", "teacher": "x"}, "/teacher", None),
    ],
)
async def test_an_entry_that_cannot_be_names_the_place(
    year: SchoolYear, sent: dict[str, Any], pointer: str, code: str | None
) -> None:
    here = await year.enrolled()
    [lesson] = await here.lessons(day(-1))
    answer = await year.put(f"/lessons/{lesson['id']}/attendances/{here.person}", year.teacher(), sent, 400)
    assert answer["errors"][0]["pointer"] == pointer
    if code:
        assert answer["errors"][0]["code"] == code
    assert await year.bench.published(learning_routes.AttendanceRecorded) == []


async def test_who_is_not_in_the_lesson_is_not_registered(year: SchoolYear) -> None:
    here = await year.enrolled()
    [today, tomorrow] = await here.lessons(day(0), day(1))
    assert problem(await here.attend(tomorrow, expect=409)) == (409, "lesson-in-future")
    await year.mark(today, uuid4(), expect=404)
    await year.mark(str(uuid4()), here.person, expect=404)
    await year.mark(today, here.person, caller=year.teacher(FOXTAAL), expect=404)
    other = await year.group(here.provider)
    elsewhere = await year.lesson(other, day(0))
    assert problem(await year.mark(elsewhere, here.person, expect=409)) == (409, "not-enrolled")
    await year.mark(today, here.person, caller=year.consulent(), expect=403)


@pytest.mark.capability("LR-11", part="corrections keep every version")
async def test_a_correction_keeps_what_was_said_before(year: SchoolYear) -> None:
    here = await year.enrolled()
    [lesson] = await here.lessons(day(-1))
    first = await here.attend(lesson, "unexcused")
    year.bench.clock.advance(timedelta(hours=3))
    second = await here.attend(lesson, "present", hours=2, reason="kwam later")
    assert (second["id"], second["version"]) == (first["id"], 2)
    seen = await year.get(f"/attendances/{first['id']}", year.consulent())
    assert [(one["version"], one["status"], one["hours"], one["source"]) for one in seen["versions"]] == [
        (2, "present", 2, "roll-call"),
        (1, "unexcused", 0, "roll-call"),
    ]
    assert seen["versions"][0]["recordedAt"] > seen["versions"][1]["recordedAt"]


@pytest.mark.capability("PX-02")
async def test_an_entry_after_two_months_waits_for_approval_and_then_counts(year: SchoolYear) -> None:
    here = await year.enrolled()
    in_time, late, later = await here.lessons("2024-09-05", "2024-09-04", "2024-09-03")
    assert (await here.attend(in_time, "unexcused"))["approval"] == "not-needed"
    entry = await here.attend(late, "unexcused")
    assert entry["approval"] == "pending"
    assert await year.absence_signals() == []
    ledger = await year.get(f"/inburgeraars/{here.person}/ledger", year.consulent())
    assert (ledger["unexcused"], ledger["unregistered"], ledger["pending"]) == (3, 6, 3)
    roll_call = await year.get(f"/lessons/{late['id']}/roll-call", year.teacher())
    assert (roll_call["late"], roll_call["complete"]) == (True, True)

    approver = year.consulent(role=Role.KWALITEITSMEDEWERKER)
    path = f"/attendances/{entry['id']}/approvals"
    await year.post(path, year.consulent(), {"outcome": "approved"}, 403)
    await year.post(path, year.teacher(), {"outcome": "approved"}, 403)
    without = await year.post(path, approver, {"outcome": "refused"}, 400)
    assert without["errors"][0]["pointer"] == "/reason"
    pending = (await year.get("/attendances", approver))["items"]
    assert [one["id"] for one in pending] == [entry["id"]]
    decided = await year.post(path, approver, {"outcome": "approved", "reason": "lijst van de docent gezien"})
    assert decided["approval"] == "approved"
    assert decided["versions"][0]["approvalReason"] == "lijst van de docent gezien"
    assert len(await year.absence_signals()) == 1
    assert problem(await year.post(path, approver, {"outcome": "approved"}, 409)) == (409, "already-decided")
    assert (await year.get("/attendances", approver))["items"] == []

    # A correction is always possible, and counts as the entry did.
    assert (await here.attend(late, "excused"))["approval"] == "approved"
    assert (await here.attend(in_time, "present"))["approval"] == "not-needed"

    refused = await here.attend(later, "present")
    await year.post(
        f"/attendances/{refused['id']}/approvals", approver, {"outcome": "refused", "reason": "geen bewijs"}
    )
    assert (await year.get(f"/inburgeraars/{here.person}/ledger", year.consulent()))["attended"] == 3
    assert (await here.attend(later, "present", hours=1))["approval"] == "pending"


@pytest.mark.capability("LR-13")
async def test_800_offered_and_610_attended_shows_190_short(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider)
    person = await year.person()
    await year.pip(person, "z")
    placement = await year.refer(person, provider, leerroute="z", referredOn="2023-01-02")
    group = await year.group(provider, leerroute="z")
    await year.seat(group, placement["id"])
    hours = {"present": 610, "excused": 80, "sick": 60, "unexcused": 40, None: 10}
    when = date(2024, 9, 10)
    for status, total in hours.items():
        left = total
        while left:
            length = min(10, left)
            lesson = await year.lesson(group, when, hours=length)
            if status:
                await year.mark(lesson, person, status)
            left -= length
            when = when + timedelta(days=1) if when < date(2024, 11, 4) else date(2024, 9, 10)
            if when == date(2024, 9, 10):
                group = await year.group(provider, leerroute="z")
                await year.seat(group, placement["id"])
    ledger = await year.get(f"/inburgeraars/{person}/ledger", year.consulent())
    shown = ("target", "offered", "attended", "excused", "sick", "unexcused", "unregistered", "short")
    assert [ledger[name] for name in shown] == [800, 800, 610, 80, 60, 40, 10, 190]
    assert [one["placementId"] for one in ledger["placements"]] == [placement["id"]]
    assert ledger["rule"] == "Besluit inburgering 2021 art. 3.14"


async def test_hours_without_a_valid_keurmerk_do_not_count_toward_the_norm(year: SchoolYear) -> None:
    provider = await year.provider(keurmerkFrom="2024-01-01", keurmerkUntil="2024-10-31")
    await year.contract(provider)
    person = await year.person()
    await year.pip(person, "z")
    placement = await year.refer(person, provider, leerroute="z")
    group = await year.group(provider, leerroute="z")
    await year.seat(group, placement["id"])
    for when in ("2024-10-31", "2024-11-01"):
        await year.mark(await year.lesson(group, when), person, "present")
    ledger = await year.get(f"/inburgeraars/{person}/ledger", year.consulent())
    assert (ledger["attended"], ledger["attendedWithoutMark"], ledger["short"]) == (3, 3, 797)


async def test_a_b1_ledger_has_no_target(year: SchoolYear) -> None:
    here = await year.enrolled()
    ledger = await year.get(f"/inburgeraars/{here.person}/ledger", year.teacher())
    assert (ledger["target"], ledger["short"], ledger["offered"]) == (None, None, 0)


@pytest.mark.capability("LR-11", part="rates per person, group and school")
async def test_rates_of_a_month_per_person_group_and_school(year: SchoolYear) -> None:
    here = await year.enrolled()
    one, two, three = await here.lessons("2024-10-01", "2024-10-02", "2024-10-31")
    await here.attend(one)
    await here.attend(two, "sick")
    assert three["hours"] == 3
    month = {"from": "2024-10-01", "until": "2024-10-31"}
    for filters in (
        {},
        {"inburgeraarId": str(here.person)},
        {"groupId": str(here.group)},
        {"providerId": str(here.provider)},
    ):
        rates = await year.get("/attendance-rates", year.consulent(), **month, **filters)
        assert (rates["offered"], rates["attended"], rates["persons"]) == (9, 3, 1)
        assert (rates["attendancePercent"], rates["completenessPercent"]) == (50, 66.67)
    empty = await year.get("/attendance-rates", year.consulent(LEIDEN), **month)
    assert (empty["persons"], empty["attendancePercent"]) == (0, None)


@pytest.mark.capability("PX-01")
@pytest.mark.capability("LR-11", part="missing registrations listed")
async def test_a_planned_lesson_without_roll_call_appears_the_next_day_and_is_signalled_once(
    year: SchoolYear,
) -> None:
    here = await year.enrolled()
    second = await year.person()
    placement = await year.refer(second, here.provider)
    await year.seat(here.group, placement["id"])
    [lesson] = await here.lessons(day(0))
    await here.attend(lesson)
    await year.bench.settle()
    assert (await year.get("/missing-registrations", year.teacher()))["items"] == []

    year.bench.clock.advance(timedelta(days=1))
    await year.bench.settle()
    await year.bench.settle()
    [missing] = (await year.get("/missing-registrations", year.teacher()))["items"]
    assert (missing["lessonId"], missing["expected"], missing["registered"], missing["missing"]) == (
        lesson["id"],
        2,
        1,
        1,
    )
    assert (await year.get("/missing-registrations", year.consulent()))["items"] == [missing]
    assert (await year.get("/missing-registrations", year.teacher(FOXTAAL)))["items"] == []
    [signal] = await year.bench.published(learning_routes.RegistrationsMissing)
    assert (str(signal.lesson_id), signal.missing, signal.lesson_date) == (lesson["id"], 1, day(0))

    await year.mark(lesson, second, "sick")
    assert (await year.get("/missing-registrations", year.teacher()))["items"] == []
    [withdrawn] = await year.bench.published(learning_routes.SignalWithdrawn)
    assert (withdrawn.signal_id, withdrawn.subject_id, withdrawn.reason) == (
        signal.signal_id,
        signal.lesson_id,
        "completed",
    )


async def test_two_who_complete_a_roll_call_together_end_its_signal(year: SchoolYear) -> None:
    here = await year.enrolled()
    second = await year.person()
    await year.seat(here.group, (await year.refer(second, here.provider))["id"])
    lessons = await here.lessons(*(day(-n) for n in range(1, 21)))
    await year.bench.settle()
    assert len(await year.bench.published(learning_routes.RegistrationsMissing)) == 20
    for lesson in lessons:
        await asyncio.gather(year.mark(lesson, here.person), year.mark(lesson, second))
    assert len(await year.bench.published(learning_routes.SignalWithdrawn)) == 20


async def test_who_left_the_group_is_not_missing_any_more(year: SchoolYear) -> None:
    here = await year.enrolled()
    [lesson] = await here.lessons(day(-1))
    await year.bench.settle()
    [member] = (await year.get(f"/groups/{here.group}/memberships", year.teacher()))["items"]
    await year.post(f"/memberships/{member['id']}/end", year.teacher(), {"until": str(day(-2))}, 200)
    await year.bench.settle()
    [withdrawn] = await year.bench.published(learning_routes.SignalWithdrawn)
    assert str(withdrawn.subject_id) == lesson["id"]


async def test_a_cancelled_lesson_counts_nowhere(year: SchoolYear) -> None:
    here = await year.enrolled()
    held, empty = await here.lessons(day(-2), day(-1))
    await here.attend(held)
    await year.bench.settle()
    path = f"/lessons/{empty['id']}/cancellation"
    cancelled = await year.post(path, year.teacher(), {"reason": "docent ziek"}, 200)
    assert cancelled["cancelReason"] == "docent ziek"
    assert await year.post(path, year.teacher(), {}, 200) == cancelled
    assert problem(await here.attend(empty, expect=409)) == (409, "lesson-cancelled")
    [withdrawn] = await year.bench.published(learning_routes.SignalWithdrawn)
    assert withdrawn.reason == "lesson-cancelled"
    refused = await year.post(f"/lessons/{held['id']}/cancellation", year.teacher(), {}, 409)
    assert problem(refused) == (409, "lesson-registered")
    assert (await year.get(f"/inburgeraars/{here.person}/ledger", year.consulent()))["offered"] == 3
    await year.lesson(here.group, day(-1))


async def test_lessons_at_the_end_of_time_are_shown_and_nobody_leaves_in_the_future(year: SchoolYear) -> None:
    here = await year.enrolled()
    last = await year.lesson(here.group, "9999-12-31")
    assert (await year.get(f"/lessons/{last['id']}/roll-call", year.teacher()))["late"] is False
    first = await year.lesson(here.group, "0001-01-01")
    assert (await year.get(f"/lessons/{first['id']}/roll-call", year.teacher()))["entries"] == []
    [member] = (await year.get(f"/groups/{here.group}/memberships", year.teacher()))["items"]
    answer = await year.post(f"/memberships/{member['id']}/end", year.teacher(), {"until": "9999-12-31"}, 400)
    assert answer["errors"][0]["code"] == "in-future"
    again = await year.seat(await year.group(here.provider), str(here.placement), since="9999-12-31")
    assert again["since"] == "9999-12-31"


async def test_a_roll_call_shows_everyone_and_what_was_entered(year: SchoolYear) -> None:
    here = await year.enrolled()
    [lesson] = await here.lessons(day(0))
    await here.attend(lesson, "sick", reason="griep")
    seen = await year.get(f"/lessons/{lesson['id']}/roll-call", year.teacher())
    [entry] = seen["entries"]
    assert (entry["inburgeraarId"], entry["status"], entry["reason"]) == (str(here.person), "sick", "griep")
    assert (seen["complete"], seen["late"], seen["lesson"]["id"]) == (True, False, lesson["id"])
