# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll call in bulk as JSON: an answer per row, and the same rules as for a single entry."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.testing import Bench, service_under_test
from contracts.learning_routes import (
    AbsenceSignalRaised,
    AttendanceRecorded,
    LessonHoursReached,
    PlacementStarted,
    SicknessSignalRaised,
    SignalWithdrawn,
)
from services.learning_routes.app import SERVICE
from tests.service.learning_routes.bulk import BATCHES, School, open_school, plan_lessons, row_of


@pytest.fixture(scope="module", name="bench")
async def running_learning_routes(postgres_url: str) -> AsyncIterator[Bench]:
    async with service_under_test(SERVICE, postgres_url) as found:
        yield found


@pytest.fixture
async def school(bench: Bench) -> School:
    return await open_school(bench)


def outcomes(answer: Any) -> list[str]:
    """The outcome of each row."""
    assert answer.status_code == 200, answer.text
    return [row["outcome"] for row in answer.json()["rows"]]


def problem_of(answer: Any, number: int = 1) -> dict[str, Any]:
    """The problem of one row."""
    assert answer.status_code == 200, answer.text
    problem: dict[str, Any] = answer.json()["rows"][number - 1]["problem"]
    return problem


@pytest.mark.capability("LR-11", part="a batch of attendance with four statuses")
async def test_each_row_is_answered_and_kept(bench: Bench, school: School) -> None:
    anna, omar = await school.person(), await school.person(reference="EN-7")
    day = school.days[0]
    answer = await school.send(
        [
            row_of(anna, day, externalId="x1"),
            row_of(None, day, "sick", providerReference="EN-7"),
            row_of(anna, school.days[1], hours=1.5),
            row_of(omar, school.days[1], "excused", hours=0),
        ]
    )
    body = answer.json()
    assert outcomes(answer) == ["accepted"] * 4
    assert (body["accepted"], body["corrected"], body["unchanged"], body["rejected"]) == (4, 0, 0, 0)
    assert [row["row"] for row in body["rows"]] == [1, 2, 3, 4]
    assert body["rows"][0]["externalId"] == "x1"
    assert len({UUID(row["attendanceId"]) for row in body["rows"]}) == 4
    assert {row["problem"] for row in body["rows"]} == {None}
    assert await school.attendance(anna) == [
        (school.days[1], "present", Decimal("1.50"), 1, "not-needed"),
        (day, "present", Decimal("3.00"), 1, "not-needed"),
    ]
    assert [entry[1] for entry in await school.attendance(omar)] == ["excused", "sick"]
    told = [event for event in await bench.published(AttendanceRecorded) if event.inburgeraar_id == anna]
    assert {(event.lesson_id, event.hours) for event in told} == {
        (school.lessons[day], Decimal("3.00")),
        (school.lessons[school.days[1]], Decimal("1.50")),
    }
    started = [event for event in await bench.published(PlacementStarted) if event.inburgeraar_id == anna]
    assert [event.started_on for event in started] == [school.days[1]]


async def test_sending_it_again_changes_nothing(bench: Bench, school: School) -> None:
    people = await school.people(5)
    rows = [row_of(person, day, "unexcused") for person in people for day in school.days[:3]]
    assert set(outcomes(await school.send(rows))) == {"accepted"}
    before = await bench.sql("SELECT count(*), max(seq) FROM learning_routes.outbox")
    answer = await school.send(rows)
    assert set(outcomes(answer)) == {"unchanged"}
    assert all(row["attendanceId"] for row in answer.json()["rows"])
    assert await bench.sql("SELECT count(*), max(seq) FROM learning_routes.outbox") == before


async def test_other_words_are_a_correction_with_a_history(bench: Bench, school: School) -> None:
    person = await school.person()
    day = school.days[0]
    await school.send([row_of(person, day, "unexcused")])
    answer = await school.send([row_of(person, day, "present", hours=2)])
    assert outcomes(answer) == ["corrected"]
    assert await school.attendance(person) == [(day, "present", Decimal("2.00"), 2, "not-needed")]
    versions = await bench.sql(
        "SELECT version, status, hours, source FROM learning_routes.attendance_version "
        "WHERE attendance_id = :id ORDER BY version",
        id=UUID(answer.json()["rows"][0]["attendanceId"]),
    )
    assert [tuple(row) for row in versions] == [
        (1, "unexcused", Decimal("0.00"), "batch"),
        (2, "present", Decimal("2.00"), "batch"),
    ]


async def test_an_external_id_is_kept_and_is_no_correction(bench: Bench, school: School) -> None:
    person = await school.person()
    for name, outcome in (("a", "accepted"), ("b", "unchanged"), (None, "unchanged")):
        more = {} if name is None else {"externalId": name}
        assert outcomes(await school.send([row_of(person, school.days[0], **more)])) == [outcome]
    rows = await bench.sql(
        "SELECT external_id, version FROM learning_routes.attendance WHERE inburgeraar_id = :person",
        person=person,
    )
    assert [tuple(row) for row in rows] == [("b", 1)]


async def test_one_bad_row_does_not_cost_the_others(school: School) -> None:
    people = await school.people(10)
    rows = [row_of(person, school.days[0]) for person in people]
    rows[4]["status"] = "weg"
    answer = await school.send(rows)
    assert Counter(outcomes(answer)) == {"accepted": 9, "rejected": 1}
    problem = problem_of(answer, 5)
    assert problem["code"] == "invalid-input"
    assert problem["errors"][0]["pointer"] == "/rows/4/status"
    assert await school.attendance(people[4]) == []


async def test_atomic_means_all_or_nothing(school: School) -> None:
    people = await school.people(3)
    rows = [row_of(person, school.days[0]) for person in people]
    rows[1]["hours"] = 99
    rows.append({"nonsense": True})
    answer = await school.send(rows, atomic=True)
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["code"] == "batch-rejected"
    assert {error["pointer"] for error in problem["errors"]} == {
        "/rows/1/hours",
        "/rows/3/lessonDate",
        "/rows/3/dayPart",
        "/rows/3/status",
        "/rows/3/nonsense",
    }
    assert [await school.attendance(person) for person in people] == [[], [], []]
    del rows[3]
    rows[1]["hours"] = 3
    assert set(outcomes(await school.send(rows, atomic=True))) == {"accepted"}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"lessonDate": "31-12-2024"}, "/rows/0/lessonDate", "form"),
        ({"lessonDate": "2024-02-30"}, "/rows/0/lessonDate", "date-from-datetime-parsing"),
        ({"lessonDate": 20240902}, "/rows/0/lessonDate", "form"),
        ({"dayPart": "ochtend"}, "/rows/0/dayPart", "enum"),
        ({"status": None}, "/rows/0/status", "enum"),
        ({"hours": "2,5"}, "/rows/0/hours", "number"),
        ({"hours": 2.555}, "/rows/0/hours", "decimals"),
        ({"hours": True}, "/rows/0/hours", "number"),
        ({"hours": -1}, "/rows/0/hours", None),
        ({"hours": 3.25}, "/rows/0/hours", "more-than-lesson"),
        ({"status": "sick", "hours": 1}, "/rows/0/hours", "only-when-present"),
        ({"inburgeraarId": "123456782"}, "/rows/0/inburgeraarId", "uuid-parsing"),
        ({"inburgeraarId": None}, "/rows/0/inburgeraarId", "required"),
        ({"bsn": "123456782"}, "/rows/0/bsn", "extra-forbidden"),
        ({"externalId": "x" * 101}, "/rows/0/externalId", "string-too-long"),
        ({"externalId": "a\x00b"}, "/rows/0", "unstorable-text"),
        ({"providerReference": ""}, "/rows/0/providerReference", "string-too-short"),
        ({"lessonDate": "2024-11-06"}, "/rows/0/lessonDate", "lesson-in-future"),
        ({"lessonDate": "2024-11-03"}, "/rows/0/lessonDate", "no-lesson"),
        ({"dayPart": "evening"}, "/rows/0/lessonDate", "no-lesson"),
        ({"lessonDate": "2024-05-31"}, "/rows/0/lessonDate", "outside-placement"),
        ({"lessonDate": "0001-01-01"}, "/rows/0/lessonDate", "outside-placement"),
    ],
)
async def test_what_is_wrong_with_a_row_names_the_place(
    school: School, change: dict[str, Any], pointer: str, code: str | None
) -> None:
    person = await school.person()
    answer = await school.send([{**row_of(person, school.days[0]), **change}])
    problem = problem_of(answer)
    assert outcomes(answer) == ["rejected"]
    assert pointer in {error["pointer"] for error in problem["errors"]}
    if code is not None:
        assert code in {error["code"] for error in problem["errors"]}
    assert problem["detail"]
    assert "123456782" not in json.dumps(problem)
    assert await school.attendance(person) == []


@pytest.mark.parametrize("row", [None, 1, "x", [], [{}], {}, True])
async def test_a_row_that_is_no_row_is_explained(school: School, row: Any) -> None:
    answer = await school.send([row])
    assert outcomes(answer) == ["rejected"]
    assert problem_of(answer)["code"] == "invalid-input"


async def test_people_of_another_school_are_not_found_and_nothing_is_told_of_them(
    bench: Bench, school: School
) -> None:
    other = await open_school(bench)
    theirs = await other.person(reference="OTHER-1")
    unknown = uuid4()
    day = school.days[0]
    answer = await school.send(
        [
            row_of(theirs, day),
            row_of(unknown, day),
            row_of(None, day, providerReference="OTHER-1"),
        ]
    )
    assert outcomes(answer) == ["rejected"] * 3
    assert [row["problem"]["code"] for row in answer.json()["rows"]] == [
        "not-found",
        "reference-not-yet-known",
        "reference-not-yet-known",
    ]
    assert [row["problem"]["status"] for row in answer.json()["rows"]] == [404, 409, 409]
    assert await other.attendance(theirs) == []
    assert str(other.provider_id) not in answer.text
    looks = await bench.sql(
        "SELECT count(*) FROM learning_routes.access_log WHERE inburgeraar_id = :id", id=theirs
    )
    assert looks[0][0] == 0


async def test_a_person_is_taken_in_as_soon_as_known(bench: Bench, school: School) -> None:
    person = uuid4()
    rows = [row_of(person, school.days[0])]
    assert problem_of(await school.send(rows))["code"] == "reference-not-yet-known"
    await school.person(id=person)
    assert outcomes(await school.send(rows)) == ["accepted"]


async def test_an_id_and_a_reference_must_name_one_person(school: School) -> None:
    anna, omar = await school.person(reference="R1"), await school.person(reference="R2")
    await school.people(2, references=["DOUBLE", "DOUBLE"])
    day = school.days[0]
    answer = await school.send(
        [
            row_of(anna, day, providerReference="R1"),
            row_of(omar, day, providerReference="R1"),
            row_of(None, day, providerReference="DOUBLE"),
        ]
    )
    assert outcomes(answer) == ["accepted", "rejected", "rejected"]
    assert problem_of(answer, 2)["code"] == "person-not-clear"
    assert problem_of(answer, 3)["code"] == "person-not-clear"


async def test_lessons_that_cannot_be_meant_are_told_apart(bench: Bench, school: School) -> None:
    day = school.days[0]
    later = await school.person(since=day + timedelta(days=1))
    ended = await school.person(ended_on=day - timedelta(days=1))
    person = await school.person()
    cancelled = school.days[3]
    await bench.sql(
        "UPDATE learning_routes.lesson SET cancelled_at = now() WHERE id = :id", id=school.lessons[cancelled]
    )
    answer = await school.send([row_of(later, day), row_of(ended, day), row_of(person, cancelled)])
    assert [row["problem"]["code"] for row in answer.json()["rows"]] == [
        "not-enrolled",
        "outside-placement",
        "lesson-cancelled",
    ]


async def test_two_lessons_at_once_are_not_guessed_between(bench: Bench, school: School) -> None:
    person = await school.person()
    second = await open_school(bench)
    await bench.sql(
        "UPDATE learning_routes.lesson_group SET organisation_id = :org, provider_id = :provider WHERE id = :id",
        org=school.organisation_id,
        provider=school.provider_id,
        id=second.group_id,
    )
    await bench.sql(
        "INSERT INTO learning_routes.membership (id, group_id, placement_id, inburgeraar_id, organisation_id, "
        "gemeentecode, level, since) SELECT gen_random_uuid(), :group, placement_id, inburgeraar_id, "
        "organisation_id, gemeentecode, level, since FROM learning_routes.membership WHERE inburgeraar_id = :person",
        group=second.group_id,
        person=person,
    )
    await bench.sql(
        "UPDATE learning_routes.lesson SET organisation_id = :org WHERE group_id = :group",
        org=school.organisation_id,
        group=second.group_id,
    )
    answer = await school.send([row_of(person, school.days[0])])
    assert problem_of(answer)["code"] == "lesson-not-clear"


async def test_rows_that_come_twice(school: School) -> None:
    person = await school.person(reference="TWICE")
    first, second, third = school.days[:3]
    answer = await school.send(
        [
            row_of(person, first),
            row_of(None, first, providerReference="TWICE", hours=3),
            row_of(person, second, "sick"),
            row_of(person, second, "unexcused"),
            row_of(person, third),
        ]
    )
    assert outcomes(answer) == ["accepted", "unchanged", "rejected", "rejected", "accepted"]
    body = answer.json()["rows"]
    assert body[0]["attendanceId"] == body[1]["attendanceId"]
    assert body[2]["problem"]["code"] == "contradicts-row"
    assert (body[2]["problem"]["row"], body[3]["problem"]["row"]) == (4, 3)
    assert [entry[0] for entry in await school.attendance(person)] == [third, first]


@pytest.mark.capability("PX-02", part="in a batch")
async def test_a_late_entry_waits_for_approval_and_does_not_count(bench: Bench, school: School) -> None:
    person = await school.person()
    late = [day for day in school.days if day < date(2024, 9, 5)][:4]
    in_time = date(2024, 9, 5)
    answer = await school.send([row_of(person, day, "unexcused") for day in (*late, in_time)])
    assert [row["approval"] for row in answer.json()["rows"]] == ["pending"] * 4 + ["not-needed"]
    assert [
        event for event in await bench.published(AbsenceSignalRaised) if event.inburgeraar_id == person
    ] == []
    answer = await school.send([row_of(person, late[0], "sick")])
    assert outcomes(answer) == ["corrected"]
    assert answer.json()["rows"][0]["approval"] == "pending"


@pytest.mark.capability("LR-12", part="in a batch, once per crossing")
async def test_a_batch_raises_each_signal_once(bench: Bench, school: School) -> None:
    anna, omar, lin = await school.people(3)
    rows = [row_of(anna, day, "unexcused") for day in school.days[:5]]
    rows += [
        row_of(omar, day, "sick" if number < 2 else "present") for number, day in enumerate(school.days[:6])
    ]
    rows += [row_of(lin, day) for day in school.days[:5]]
    random.Random(7).shuffle(rows)
    for _ in range(2):
        await school.send(rows)
    absences = [
        e for e in await bench.published(AbsenceSignalRaised) if e.inburgeraar_id in {anna, omar, lin}
    ]
    assert [event.inburgeraar_id for event in absences] == [anna, anna]
    assert [[lesson.date for lesson in event.lessons] for event in absences] == [
        sorted(school.days[3:5]),
        sorted(school.days[1:3]),
    ]
    sickness = [
        e for e in await bench.published(SicknessSignalRaised) if e.inburgeraar_id in {anna, omar, lin}
    ]
    assert [(event.inburgeraar_id, event.percent) for event in sickness] == [(omar, Decimal("33.3"))]


async def test_a_correction_withdraws_the_signal(bench: Bench, school: School) -> None:
    person = await school.person()
    await school.send([row_of(person, day, "unexcused") for day in school.days[:2]])
    (raised,) = [e for e in await bench.published(AbsenceSignalRaised) if e.inburgeraar_id == person]
    await school.send([row_of(person, school.days[0], "excused")])
    (withdrawn,) = [e for e in await bench.published(SignalWithdrawn) if e.subject_id == person]
    assert withdrawn.signal_id == raised.signal_id


async def test_the_mark_of_lesson_hours_is_reached_in_a_batch(bench: Bench, school: School) -> None:
    await bench.sql(
        "UPDATE learning_routes.contract_terms SET lesson_hours_mark = 30 WHERE contract_id = :id",
        id=school.contract_id,
    )
    person = await school.person()
    await school.send([row_of(person, day) for day in sorted(school.days)[-12:]])
    (reached,) = [e for e in await bench.published(LessonHoursReached) if e.inburgeraar_id == person]
    assert reached.reached_on == sorted(school.days)[-3]


async def test_one_log_line_per_person(bench: Bench, school: School) -> None:
    people = await school.people(3)
    await school.send([row_of(person, day) for person in people for day in school.days[:4]])
    rows = await bench.sql(
        "SELECT inburgeraar_id, activity, organisation_id FROM learning_routes.access_log "
        "WHERE inburgeraar_id = ANY(:people)",
        people=people,
    )
    assert Counter(row.inburgeraar_id for row in rows) == Counter(people)
    assert {(row.activity, row.organisation_id) for row in rows} == {
        ("aanwezigheid-vastleggen", school.organisation_id)
    }


@pytest.mark.parametrize("round_", range(4))
async def test_two_batches_at_once_with_overlapping_rows(bench: Bench, school: School, round_: int) -> None:
    people = await school.people(40)
    rows = [row_of(person, day, "unexcused") for person in people for day in school.days[:2]]
    dice = random.Random(round_)
    batches = [dice.sample(rows, 60) for _ in range(5)] + [rows]
    answers = await asyncio.gather(*(school.send(batch) for batch in batches))
    assert {answer.status_code for answer in answers} == {200}
    found = Counter(outcome for answer in answers for outcome in outcomes(answer))
    assert found["accepted"] == len(rows)
    assert found["accepted"] + found["unchanged"] == sum(len(batch) for batch in batches)
    raised = Counter(event.inburgeraar_id for event in await bench.published(AbsenceSignalRaised))
    assert all(raised[person] == 1 for person in people)
    told = Counter(event.attendance_id for event in await bench.published(AttendanceRecorded))
    mine = await bench.sql(
        "SELECT id FROM learning_routes.attendance WHERE inburgeraar_id = ANY(:people)", people=people
    )
    assert [told[row.id] for row in mine] == [1] * len(rows)


async def test_batches_beside_single_entries(bench: Bench, school: School) -> None:
    people = await school.people(10)
    days = school.days[:2]
    rows = [row_of(person, day, "unexcused") for person in people for day in days]

    async def enter(person: UUID, day: date) -> int:
        path = f"/learning-routes/v1/lessons/{school.lessons[day]}/attendances/{person}"
        answer = await bench.client.put(path, json={"status": "unexcused"}, headers=school.headers)
        return answer.status_code

    await asyncio.gather(
        school.send(rows), *(enter(person, day) for day in days for person in reversed(people))
    )
    raised = Counter(event.inburgeraar_id for event in await bench.published(AbsenceSignalRaised))
    assert [raised[person] for person in people] == [1] * 10


async def test_a_full_batch_is_one_question_each(bench: Bench, school: School) -> None:
    people = await school.people(250)
    rows = [row_of(person, day) for person in people for day in school.days[:20]]
    assert len(rows) == 5000
    started = asyncio.get_running_loop().time()
    answer = await school.send(rows)
    took = asyncio.get_running_loop().time() - started
    assert Counter(outcomes(answer)) == {"accepted": 5000}
    print(f"5,000 rows in {took:.2f} s")  # noqa: T201 - for who runs it with -s
    assert set(outcomes(await school.send(rows))) == {"unchanged"}


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "invalid-input"),
        (b"{", 400, "invalid-input"),
        (b"[]", 400, "invalid-input"),
        (b'{"rows": {}}', 400, "invalid-input"),
        (b'{"rows": [], "other": 1}', 400, "invalid-input"),
        (b'{"rows": [], "atomic": "yes"}', 400, "invalid-input"),
        (b'{"rows": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", 400, "invalid-input"),
        (b'{"rows": [' + b"1," * 5000 + b"1]}", 400, "invalid-input"),
        (b'{"rows": ["\xff"]}', 400, "invalid-input"),
        (b'{"rows": ["\\ud800"]}', 400, "invalid-input"),
        (b'{"rows": [' + b"9" * 1_000_000 + b"]}", 400, "invalid-input"),
        (b'{"rows": ["' + b"x" * (5 << 20) + b'"]}', 413, "too-large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_explained(
    school: School, content: bytes, status: int, code: str
) -> None:
    answer = await school.bench.client.post(
        BATCHES, content=content, headers={**school.headers, "Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nothing_to_do_is_well(school: School) -> None:
    answer = await school.send([])
    assert answer.json() == {"accepted": 0, "corrected": 0, "unchanged": 0, "rejected": 0, "rows": []}


async def test_too_large_is_refused_while_it_streams(school: School) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 << 20:
            sent += 1 << 16
            yield b" " * (1 << 16)

    answer = await school.bench.client.post(
        BATCHES, content=endless(), headers={**school.headers, "Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert sent <= (5 << 20) + (2 << 16)


async def test_a_repeated_key_gives_the_first_answer(school: School) -> None:
    person = await school.person()
    rows = {"rows": [row_of(person, school.days[0])]}
    headers = {**school.headers, "Idempotency-Key": str(uuid4())}
    first = await school.bench.client.post(BATCHES, json=rows, headers=headers)
    again = await school.bench.client.post(BATCHES, json=rows, headers=headers)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await school.bench.client.post(BATCHES, json={"rows": []}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")


@pytest.mark.parametrize("role", ["consulent", "kwaliteitsmedewerker", "operations", "policy-officer"])
async def test_only_a_school_enters_attendance(bench: Bench, role: str) -> None:
    answer = await bench.client.post(
        BATCHES, json={"rows": []}, headers=bench.as_caller(roles={role}, gemeentecode="1916")
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "role-missing")


async def test_a_missing_registration_is_withdrawn_when_a_batch_completes_it(postgres_url: str) -> None:
    """On a database of its own: the job looks at every lesson that there is."""
    async with service_under_test(SERVICE, postgres_url) as bench:
        await _complete_by_batch(bench)


async def _complete_by_batch(bench: Bench) -> None:
    school = await open_school(bench)
    evening = await plan_lessons(bench, school, school.group_id, day_part="evening")
    person = await school.person(referred_on=date(2024, 11, 4), since=date(2024, 11, 4))
    await bench.settle()
    waiting = await bench.sql(
        "SELECT lesson_id FROM learning_routes.signal WHERE status = 'raised' AND organisation_id = :org",
        org=school.organisation_id,
    )
    day = date(2024, 11, 4)
    assert {row.lesson_id for row in waiting} == {school.lessons[day], evening[day]}
    await school.send([row_of(person, day), {**row_of(person, day), "dayPart": "evening"}])
    withdrawn = [
        e
        for e in await bench.published(SignalWithdrawn)
        if e.subject_id in {evening[day], school.lessons[day]}
    ]
    assert [event.reason for event in withdrawn] == ["completed", "completed"]
