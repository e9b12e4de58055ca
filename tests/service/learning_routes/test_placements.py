# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Providers, contracts and placements: who may go where, when the first lesson is due, and who waits."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

import pytest

from contracts import intake, learning_routes
from contracts.access import Role
from tests.service.learning_routes.schoolyear import (
    ECHT_NEDERLANDS,
    LEIDEN,
    LEIDSCHENDAM,
    OEGSTGEEST,
    WASSENAAR,
    SchoolYear,
    day,
    problem,
)


@pytest.mark.capability("LR-04", part="the due day and the reason on overrun")
async def test_a_referral_of_2_september_is_due_on_30_september(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider)
    person = await year.person()
    placement = await year.refer(person, provider, providerReference="EN-17")
    assert placement["startDueOn"] == "2024-09-30"
    assert (placement["status"], placement["providerReference"], placement["startedOn"]) == (
        "waiting",
        "EN-17",
        None,
    )

    [made] = await year.bench.published(learning_routes.PlacementMade)
    assert (made.organisation_id, made.start_due_on) == (ECHT_NEDERLANDS, date(2024, 9, 30))
    [clock] = await year.bench.published(learning_routes.LearningRoutesDeadlineSet)
    assert (clock.rule, clock.starts_on, clock.due_on, clock.early_on) == (
        "lessons-start",
        date(2024, 9, 2),
        date(2024, 9, 30),
        date(2024, 9, 23),
    )
    assert "20 werkdagen" in clock.article
    assert clock.organisation_id == ECHT_NEDERLANDS

    start = f"/placements/{placement['id']}/start"
    refused = await year.post(start, year.consulent(), {"startedOn": "2024-10-07"}, 400)
    assert problem(refused) == (400, "overrun-reason-required")
    assert refused["errors"][0]["pointer"] == "/overrunReason"
    started = await year.post(
        start, year.consulent(), {"startedOn": "2024-10-07", "overrunReason": "geen docent"}, 200
    )
    assert (started["startLate"], started["overrunReasonMissing"], started["overrunReason"]) == (
        True,
        False,
        "geen docent",
    )
    [met] = await year.bench.published(learning_routes.LearningRoutesDeadlineMet)
    assert (met.deadline_id, met.met_on) == (clock.deadline_id, date(2024, 10, 7))
    assert len(await year.bench.published(learning_routes.PlacementStarted)) == 1


@pytest.mark.capability("LR-04", part="Leiden: two weeks and two weeks")
async def test_in_leiden_the_second_fortnight_runs_from_the_intake(year: SchoolYear) -> None:
    provider = await year.provider()
    consulent = year.consulent(LEIDEN, OEGSTGEEST)
    await year.contract(provider, LEIDEN, OEGSTGEEST, startWorkingDays=None, intakeDays=14, startDays=14)
    person = await year.person(gemeentecode=OEGSTGEEST, executing=LEIDEN)
    placement = await year.refer(person, provider, caller=consulent)
    assert (placement["intakeDueOn"], placement["startDueOn"]) == ("2024-09-16", "2024-09-30")

    held = await year.post(f"/placements/{placement['id']}/intake", consulent, {"heldOn": "2024-09-09"}, 200)
    assert (held["intakeHeldOn"], held["startDueOn"]) == ("2024-09-09", "2024-09-23")
    clocks = await year.bench.published(learning_routes.LearningRoutesDeadlineSet)
    assert [(clock.rule, clock.due_on.day) for clock in clocks] == [
        ("school-intake", 16),
        ("lessons-start", 30),
        ("lessons-start", 23),
    ]
    assert clocks[1].deadline_id == clocks[2].deadline_id
    early = await year.post(f"/placements/{placement['id']}/intake", consulent, {"heldOn": "2024-09-01"}, 409)
    assert problem(early) == (409, "outside-placement")


async def test_a_contract_without_an_intake_term_has_no_intake(year: SchoolYear) -> None:
    here = await year.enrolled()
    answer = await year.post(
        f"/placements/{here.placement}/intake", year.consulent(), {"heldOn": "2024-09-09"}, 409
    )
    assert problem(answer) == (409, "no-intake-term")


@pytest.mark.capability("LR-02", part="the placement says who pays")
async def test_a_gezinsmigrant_pays_and_a_statushouder_does_not(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider)
    groups: list[intake.Group] = ["statushouder", "gezinsmigrant"]
    payers = [(await year.refer(await year.person(group=group), provider))["payer"] for group in groups]
    assert payers == ["gemeente", "inburgeraar"]


@pytest.mark.capability("LR-03")
async def test_an_expired_keurmerk_blocks_a_placement_and_names_the_days(year: SchoolYear) -> None:
    provider = await year.provider(keurmerkFrom="2022-01-01", keurmerkUntil="2024-08-31")
    await year.contract(provider)
    person = await year.person()
    refused = await year.refer(person, provider, expect=409)
    assert problem(refused) == (409, "keurmerk-expired")
    assert "02-09-2024" in refused["detail"]
    assert "01-01-2022 tot en met 31-08-2024" in refused["detail"]
    assert refused["rule"] == "Wet inburgering 2021 art. 16 lid 3 en art. 32"
    assert await year.bench.published(learning_routes.PlacementMade) == []
    assert (await year.refer(person, provider, referredOn="2024-08-31"))["startDueOn"]

    renewed = await year.post(
        f"/providers/{provider}/keurmerk-periods", year.consulent(), {"since": "2024-09-01"}
    )
    assert (renewed["keurmerkValid"], len(renewed["keurmerkPeriods"])) == (True, 2)
    await year.refer(await year.person(), provider)


async def test_a_keurmerk_is_ended_with_its_reason_and_its_version(year: SchoolYear) -> None:
    provider = await year.provider()
    caller = year.consulent(role=Role.KWALITEITSMEDEWERKER)
    seen = await year.get(f"/providers/{provider}", caller)
    path = f"/providers/{provider}/keurmerk-periods/{seen['keurmerkPeriods'][0]['id']}"
    body = {"until": "2024-10-31", "reason": "suspended"}
    assert problem(await year.ask("PATCH", path, caller, body, 428)) == (428, "precondition-required")
    stale = await year.ask("PATCH", path, caller, body, 412, headers={"If-Match": '"9"'})
    assert problem(stale) == (412, "stale-version")
    ended = await year.ask("PATCH", path, caller, body, 200, headers={"If-Match": '"1"'})
    assert ended["keurmerkValid"] is False
    assert ended["keurmerkPeriods"][0]["endReason"] == "suspended"
    overlap = await year.post(f"/providers/{provider}/keurmerk-periods", caller, {"since": "2024-10-31"}, 409)
    assert problem(overlap) == (409, "keurmerk-overlaps")


async def test_what_a_placement_needs_is_said_one_by_one(year: SchoolYear) -> None:
    provider = await year.provider(routes=["b1"])
    person = await year.person()
    assert problem(await year.refer(person, provider, expect=409)) == (409, "contract-missing")
    await year.contract(provider)
    unknown = await year.refer(uuid4(), provider, expect=409)
    assert problem(unknown) == (409, "reference-not-yet-known")
    assert unknown["errors"][0]["pointer"] == "/inburgeraarId"
    assert problem(await year.refer(person, uuid4(), expect=409)) == (409, "reference-not-yet-known")
    assert problem(await year.refer(person, provider, leerroute="z", expect=409)) == (
        409,
        "route-not-offered",
    )
    future = await year.refer(person, provider, referredOn=str(day(1)), expect=400)
    assert future["errors"][0] == {
        "pointer": "/referredOn",
        "code": "in-future",
        "detail": "Deze dag ligt in de toekomst.",
    }
    early = await year.refer(person, provider, referredOn="2021-12-31", expect=409)
    assert problem(early) == (409, "contract-missing")
    await year.refer(person, provider)
    assert problem(await year.refer(person, provider, expect=409)) == (409, "already-placed")


async def test_a_placement_needs_an_idempotency_key_and_replays_its_answer(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider)
    body = {
        "inburgeraarId": str(await year.person()),
        "providerId": str(provider),
        "leerroute": "b1",
        "referredOn": "2024-09-02",
    }
    await year.post("/placements", year.consulent(), body, 400)
    key = {"Idempotency-Key": "once"}
    first = await year.post("/placements", year.consulent(), body, headers=key)
    assert await year.post("/placements", year.consulent(), body, headers=key) == first
    other = await year.post("/placements", year.consulent(), {**body, "leerroute": "z"}, 409, headers=key)
    assert problem(other) == (409, "idempotency-key-reused")
    assert len(await year.bench.published(learning_routes.PlacementMade)) == 1


async def test_of_ten_referrals_at_once_one_succeeds(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider)
    person = await year.person()
    body = {
        "inburgeraarId": str(person),
        "providerId": str(provider),
        "leerroute": "b1",
        "referredOn": "2024-09-02",
    }
    answers = await asyncio.gather(
        *(
            year.client.post(
                "/learning-routes/v1/placements",
                json=body,
                headers={**year.consulent(), "Idempotency-Key": str(n)},
            )
            for n in range(10)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 9]


@pytest.mark.capability("LR-05")
async def test_who_waits_stands_on_the_list_with_the_reason_and_is_not_started(year: SchoolYear) -> None:
    here = await year.enrolled()
    path = f"/placements/{here.placement}/waiting-entries"
    first = await year.post(path, year.teacher(), {"reason": "no-childcare", "since": "2024-09-09"})
    assert (first["reason"], first["since"], first["overdue"]) == ("no-childcare", "2024-09-09", True)
    assert await year.post(path, year.teacher(), {"reason": "no-childcare"}) == first
    await year.post(path, year.consulent(), {"reason": "no-teacher"})
    assert problem(
        await year.post(path, year.consulent(), {"reason": "person", "since": "2024-09-09"}, 409)
    ) == (
        409,
        "waiting-backwards",
    )
    history = (await year.get(path, year.consulent()))["items"]
    assert [(one["reason"], one["until"]) for one in history] == [
        ("no-childcare", str(day(-1))),
        ("no-teacher", None),
    ]
    listed = (await year.get("/waiting-entries", year.consulent(), reason="no-teacher"))["items"]
    assert [one["placementId"] for one in listed] == [str(here.placement)]
    waiting = (await year.get("/placements", year.consulent(), status="waiting"))["items"]
    started = (await year.get("/placements", year.consulent(), status="started"))["items"]
    assert ([one["id"] for one in waiting], started) == ([str(here.placement)], [])

    [lesson] = await here.lessons(day(0))
    await here.attend(lesson)
    assert (await year.get("/waiting-entries", year.consulent()))["items"] == []
    assert problem(await year.post(path, year.teacher(), {"reason": "person"}, 409)) == (
        409,
        "already-started",
    )


@pytest.mark.capability("LR-04", part="a roll call starts a placement and asks for the reason later")
async def test_the_first_attended_lesson_starts_a_placement_and_a_late_one_still_asks_why(
    year: SchoolYear,
) -> None:
    here = await year.enrolled()
    early, late = await here.lessons("2024-10-01", "2024-10-08")
    path = f"/placements/{here.placement}"
    await here.attend(early, "sick")
    assert (await year.get(path, year.consulent()))["startedOn"] is None
    await here.attend(late)
    seen = await year.get(path, year.consulent())
    assert (seen["startedOn"], seen["startLate"], seen["overrunReasonMissing"]) == ("2024-10-08", True, True)
    given = await year.post(
        f"{path}/start", year.teacher(), {"startedOn": "2024-10-08", "overrunReason": "groep vol"}, 200
    )
    assert given["overrunReasonMissing"] is False
    later = await year.post(
        f"{path}/start", year.teacher(), {"startedOn": "2024-10-09", "overrunReason": "x"}, 409
    )
    assert problem(later) == (409, "already-started")


async def test_a_start_that_was_a_mistake_lets_the_clock_run_again(year: SchoolYear) -> None:
    here = await year.enrolled()
    one, two = await here.lessons("2024-09-24", "2024-09-25")
    await here.attend(two)
    await here.attend(one)
    await here.attend(one, "unexcused")
    await here.attend(two, "excused")
    assert (await year.get(f"/placements/{here.placement}", year.consulent()))["startedOn"] is None
    started = await year.bench.published(learning_routes.PlacementStarted)
    assert [event.started_on.day for event in started] == [25, 24, 25]
    assert len(await year.bench.published(learning_routes.PlacementStartWithdrawn)) == 1
    clocks = await year.bench.sql(
        "SELECT type, aggregate_version FROM learning_routes.outbox WHERE type LIKE '%deadline%' ORDER BY seq"
    )
    assert [(row.type.split(".")[-2], row.aggregate_version) for row in clocks] == [
        ("deadline-set", 1),
        ("deadline-met", 2),
        ("deadline-met", 3),
        ("deadline-met", 4),
        ("deadline-set", 5),
    ]


async def test_an_end_closes_chair_wait_and_clock_and_keeps_what_was_registered(year: SchoolYear) -> None:
    here = await year.enrolled()
    await year.post(f"/placements/{here.placement}/waiting-entries", year.teacher(), {"reason": "no-group"})
    path = f"/placements/{here.placement}/end"
    ended = await year.post(path, year.consulent(), {"endedOn": str(day(-1)), "reason": "never-started"}, 200)
    assert (ended["status"], ended["endReason"]) == ("ended", "never-started")
    [withdrawn] = await year.bench.published(learning_routes.LearningRoutesDeadlineWithdrawn)
    assert withdrawn.reason == "placement-ended"
    [event] = await year.bench.published(learning_routes.PlacementEnded)
    assert (event.ended_on, event.end_reason) == (day(-1), "never-started")
    assert (await year.get(f"/groups/{here.group}/memberships", year.teacher()))["items"] == []
    assert (await year.get("/waiting-entries", year.consulent()))["items"] == []
    other = await year.post(path, year.consulent(), {"endedOn": str(day(0)), "reason": "stopped"}, 409)
    assert problem(other) == (409, "already-ended")
    await year.refer(here.person, here.provider)


async def test_a_placement_does_not_end_before_its_last_registration(year: SchoolYear) -> None:
    here = await year.enrolled()
    [lesson] = await here.lessons(day(-1))
    await here.attend(lesson)
    path = f"/placements/{here.placement}/end"
    refused = await year.post(path, year.teacher(), {"endedOn": str(day(-2)), "reason": "stopped"}, 409)
    assert problem(refused) == (409, "registered-later")
    await year.post(path, year.teacher(), {"endedOn": str(day(-1)), "reason": "stopped"}, 200)
    later = await year.lesson(here.group, day(0))
    assert problem(await here.attend(later, expect=409)) == (409, "outside-placement")
    before = await year.lesson(here.group, "2024-08-30")
    assert problem(await here.attend(before, expect=409)) == (409, "outside-placement")


async def test_contracts_of_one_gemeente_do_not_overlap_also_not_at_once(year: SchoolYear) -> None:
    provider = await year.provider()
    body = {
        "providerId": str(provider),
        "gemeentecodes": [LEIDSCHENDAM],
        "validFrom": "2024-01-01",
        "unexcusedLimit": 2,
        "sicknessPercent": 20,
        "groupMax": 12,
    }
    answers = await asyncio.gather(
        *(
            year.client.post("/learning-routes/v1/contracts", json=body, headers=year.consulent())
            for _ in range(6)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    await year.contract(provider, WASSENAAR)
    later = await year.contract(await year.provider(name="Anders"), validUntil="2024-12-31")
    seen = await year.get(f"/contracts/{later}", year.teacher())
    assert (seen["validFrom"], seen["validUntil"]) == ("2022-01-01", "2024-12-31")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"startWorkingDays": 20, "intakeDays": 14, "startDays": 14}, "/startWorkingDays"),
        ({"startWorkingDays": None, "intakeDays": 14}, "/startDays"),
        ({"validFrom": "2024-02-01", "validUntil": "2024-01-31"}, "/validUntil"),
        ({"unexcusedLimit": 0}, "/unexcusedLimit"),
        ({"sicknessPercent": 100.01}, "/sicknessPercent"),
        ({"sicknessPercent": 1e40}, "/sicknessPercent"),
        ({"gemeentecodes": ["19160"]}, "/gemeentecodes/0"),
        ({"closedDays": ["2024-02-30"]}, "/closedDays/0"),
        ({"remark": "x"}, "/remark"),
    ],
)
async def test_a_contract_that_cannot_be_names_the_place(
    year: SchoolYear, fields: dict[str, object], pointer: str
) -> None:
    provider = await year.provider()
    body = {
        "providerId": str(provider),
        "gemeentecodes": [LEIDSCHENDAM],
        "validFrom": "2024-01-01",
        "unexcusedLimit": 2,
        "sicknessPercent": 20,
        "groupMax": 12,
        **fields,
    }
    answer = await year.post("/contracts", year.consulent(), body, 400)
    assert pointer in {error.get("pointer") for error in answer["errors"]}


async def test_a_person_who_moves_takes_everything_along(year: SchoolYear) -> None:
    here = await year.enrolled()
    [lesson] = await here.lessons(day(-1))
    entry = await here.attend(lesson)
    leiden = year.consulent(LEIDEN)
    await year.get(f"/placements/{here.placement}", leiden, 404)
    await year.person(
        here.person, gemeentecode=LEIDEN, executing=LEIDEN, version=2, kind=intake.InburgeraarMoved
    )
    assert (await year.get(f"/placements/{here.placement}", leiden))["gemeentecode"] == LEIDEN
    assert (await year.get(f"/attendances/{entry['id']}", leiden))["versions"]
    assert (await year.get(f"/inburgeraars/{here.person}/ledger", leiden))["attended"] == 3
    await year.get(f"/placements/{here.placement}", year.consulent(), 404)
    # An older state that comes later changes nothing.
    await year.person(here.person, version=1, kind=intake.InburgeraarCorrected)
    await year.get(f"/placements/{here.placement}", leiden)


async def test_the_pip_is_shown_beside_the_placement_whatever_the_order_of_events(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider)
    person = uuid4()
    await year.pip(person, "z", version=2)
    await year.pip(person, "b1", version=1)
    await year.person(person)
    placement = await year.refer(person, provider)
    assert (placement["pipLeerroute"], placement["matchesPip"]) == ("z", False)


async def test_a_provider_changes_its_organisation_only_before_it_is_used(year: SchoolYear) -> None:
    provider = await year.provider(organisationId=None)
    seen = await year.get(f"/providers/{provider}", year.consulent())
    assert seen["organisationId"] == str(provider)
    patch = {"organisationId": str(ECHT_NEDERLANDS), "name": "EN"}
    path = f"/providers/{provider}"
    changed = await year.ask("PATCH", path, year.consulent(), patch, headers={"If-Match": '"1"'})
    assert (changed["organisationId"], changed["name"]) == (str(ECHT_NEDERLANDS), "EN")
    await year.contract(provider)
    again = await year.ask(
        "PATCH",
        path,
        year.consulent(),
        {"organisationId": str(UUID(int=5))},
        409,
        headers={"If-Match": '"2"'},
    )
    assert problem(again) == (409, "provider-in-use")


async def test_lists_continue_where_the_page_ended(year: SchoolYear) -> None:
    for number in range(5):
        await year.provider(name=f"School {number}")
    seen: list[str] = []
    token: str | None = None
    while True:
        page = await year.get(
            "/providers", year.consulent(), pageSize=2, **({"pageToken": token} if token else {})
        )
        seen += [one["name"] for one in page["items"]]
        token = page["nextPageToken"]
        if token is None:
            break
    assert seen == [f"School {number}" for number in range(5)]
    await year.get("/placements", year.consulent(), 400, pageToken="WzFd")


@pytest.mark.capability("LR-07", part="placements and the ledger tell the way of a person")
async def test_the_way_runs_from_the_first_group_to_the_pip_in_force(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider)
    person = await year.person()
    placement = await year.refer(person, provider)
    assert placement["learningWay"]["unknown"] == "no-pip"
    await year.pip(person, "b1", level="b1")
    path = f"/placements/{placement['id']}"
    assert (await year.get(path, year.consulent()))["learningWay"]["unknown"] == "no-group"

    first = await year.group(provider, level="a1", pace="average")
    later = await year.group(provider, level="b1", pace="slow")
    await year.seat(first, placement["id"], level="a0", since="2024-09-16")
    await year.seat(later, placement["id"], since="2024-10-07")
    expected = {
        "fromLevel": "a0",
        "toLevel": "b1",
        "pace": "average",
        "beganOn": "2024-09-16",
        "steps": [
            {"level": "a1", "hours": 150},
            {"level": "a2", "hours": 246},
            {"level": "b1", "hours": 264},
        ],
        "hours": 660,
        "unknown": None,
    }
    [listed] = (await year.get("/placements", year.teacher()))["items"]
    ledger = await year.get(f"/inburgeraars/{person}/ledger", year.consulent())
    assert listed["learningWay"] == ledger["learningWay"] == expected
    await year.pip(person, "b1", level="a2", version=2)
    assert (await year.get(path, year.consulent()))["learningWay"]["hours"] == 396
