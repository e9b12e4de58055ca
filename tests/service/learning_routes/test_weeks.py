# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Schools announce their classes, and week by week it shows where there is room and who waits for it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.access import Role
from tests.service.learning_routes.schoolyear import (
    FOXTAAL,
    LEIDEN,
    LEIDSCHENDAM,
    WASSENAAR,
    SchoolYear,
    problem,
)

DUE_IN_SECOND_WEEK = "2024-10-15"  # the day of a referral: 20 working days on is 12 November


async def _weeks(
    year: SchoolYear, caller: dict[str, str], code: str = LEIDSCHENDAM, **params: Any
) -> tuple[Any, list[Any]]:
    found = await year.get("/weeks", caller, gemeentecode=code, weeks=3, **params)
    assert [week["week"] for week in found["weeks"]] == ["2024-11-04", "2024-11-11", "2024-11-18"]
    return found, found["weeks"]


def _row(week: Any, *fields: str) -> tuple[Any, ...]:
    return tuple(week[field] for field in fields)


async def _announced(year: SchoolYear) -> tuple[UUID, UUID]:
    """A class of two chairs that ends next week, and one of eight that begins the week after."""
    provider = await year.provider()
    await year.contract(provider)
    ending = await year.group(provider, name="Herfst", startsOn="2024-09-02", endsOn="2024-11-15", chairs=2)
    await year.group(provider, name="Winter", startsOn="2024-11-18", chairs=8, gemeentecode=WASSENAAR)
    return provider, ending


@pytest.mark.capability("PX-13", part="the classes per week, for the consulent")
async def test_a_consulent_sees_in_which_week_which_class_has_room_and_who_waits_for_it(
    year: SchoolYear,
) -> None:
    provider, ending = await _announced(year)
    seated = await year.refer(await year.person(), provider, referredOn=DUE_IN_SECOND_WEEK)
    await year.seat(ending, seated["id"])
    for _ in range(3):
        await year.refer(await year.person(), provider, referredOn=DUE_IN_SECOND_WEEK)
    await year.pip(await year.person(), "z")  # signed in March, and never referred
    found, weeks = await _weeks(year, year.consulent())
    b1 = [next(one for one in week["routes"] if one["leerroute"] == "b1") for week in weeks]
    assert [_row(one, "startingGroups", "startingChairs", "endingGroups", "endingMembers") for one in b1] == [
        (0, 0, 0, 0),
        (0, 0, 1, 1),
        (1, 8, 0, 0),
    ]
    assert [_row(one, "free", "freeHere") for one in b1] == [(1, 1), (1, 1), (8, 0)]
    assert [_row(one, "due", "waiting", "short") for one in b1] == [(0, 0, 0), (3, 3, 2), (0, 3, 0)]
    assert [_row(week, "waiting", "short") for week in weeks] == [(1, 1), (4, 3), (4, 1)], "with the Z-route"
    assert (found["withoutPlacement"], found["smallNumber"], found["missing"]) == (1, None, None)
    assert [_row(one, "name", "level", "startsOn", "endsOn", "chairs", "taken", "free") for one in found["classes"]] == [
        ("Herfst", "a1", "2024-09-02", "2024-11-15", 2, 1, 1),
        ("Winter", "a1", "2024-11-18", None, 8, 0, 8),
    ]  # fmt: skip


@pytest.mark.capability("PX-13", part="the classes per week, for the consulent")
async def test_whose_group_ended_waits_again_and_who_completed_asks_no_class(year: SchoolYear) -> None:
    here = await year.enrolled()
    [lesson] = await here.lessons("2024-10-28")
    await here.attend(lesson)
    assert (await _weeks(year, year.consulent()))[1][0]["waiting"] == 0
    await year.put(
        f"/groups/{here.group}/plan", year.teacher(), {"startsOn": "2024-09-02", "endsOn": "2024-11-01"}
    )
    found, weeks = await _weeks(year, year.consulent())
    assert (found["classes"], weeks[0]["due"], weeks[0]["short"]) == ([], 1, 1)
    ended = {"endedOn": "2024-11-01", "reason": "completed"}
    await year.post(f"/placements/{here.placement}/end", year.teacher(), ended, 200)
    await year.pip(here.person, "b1")
    assert (await _weeks(year, year.consulent()))[1][0]["waiting"] == 0


@pytest.mark.capability("PX-13", part="who may know what of the classes")
async def test_a_school_sees_its_own_classes_and_people_only(year: SchoolYear) -> None:
    provider, _ = await _announced(year)
    fox = await year.provider(name="Foxtaal", organisationId=str(FOXTAAL))
    await year.contract(fox)
    await year.group(fox, name="Vos", teacher=year.teacher(FOXTAAL))
    await year.refer(await year.person(), provider, referredOn=DUE_IN_SECOND_WEEK)
    await year.pip(await year.person(), "b1")
    own, weeks = await _weeks(year, year.teacher())
    assert [one["name"] for one in own["classes"]] == ["Herfst", "Winter"]
    assert (weeks[1]["waiting"], own["withoutPlacement"]) == (1, None), "a school knows whom it was asked for"
    others, weeks = await _weeks(year, year.teacher(FOXTAAL))
    # Its group has no days, nobody in it and no lessons: nobody can tell that it is there.
    assert (others["classes"], weeks[2]["waiting"]) == ([], 0)
    await year.get("/weeks", year.consulent(LEIDEN), 403, gemeentecode=LEIDSCHENDAM)
    outsider = year.bench.as_caller(roles={Role.CORPORATION}, scopes={})
    await year.get("/weeks", outsider, 403, gemeentecode=LEIDSCHENDAM)


@pytest.mark.capability("PX-13", part="who may know what of the classes")
async def test_chairs_are_taken_whoever_sits_on_them_and_few_people_are_told_to_who_does_the_work(
    year: SchoolYear,
) -> None:
    provider, ending = await _announced(year)
    seated = await year.refer(await year.person(), provider)
    await year.seat(ending, seated["id"])
    for _ in range(2):
        await year.refer(await year.person(gemeentecode=WASSENAAR), provider, referredOn=DUE_IN_SECOND_WEEK)
    worker, officer = year.consulent(WASSENAAR), year.consulent(WASSENAAR, role=Role.POLICY_OFFICER)
    exact, weeks = await _weeks(year, worker, WASSENAAR)
    assert exact["classes"][0]["taken"] == 1, "by somebody of another gemeente, of whom nothing else is told"
    assert (weeks[1]["due"], weeks[1]["short"], weeks[2]["freeHere"]) == (2, 1, 8)
    hidden, weeks = await _weeks(year, officer, WASSENAAR)
    assert (hidden["smallNumber"], hidden["missing"]) == (5, None)
    assert _row(weeks[0], "free", "due", "waiting", "short") == (1, 0, 0, 0)
    assert _row(weeks[1], "free", "due", "waiting", "short") == (1, None, None, None)
    of_school, weeks = await _weeks(year, officer, WASSENAAR, providerId=str(provider))
    assert (weeks[0]["waiting"], "per school" in of_school["missing"]) == (None, True)
    figures, weeks = await _weeks(year, year.policy_officer_of_wassenaar(), WASSENAAR)
    assert "Leidschendam-Voorburg en Wassenaar" in figures["missing"]
    assert _row(weeks[2], "free", "waiting") == (8, None), "chairs are no people"


@pytest.mark.capability("PX-13", part="VluchtelingenWerk sees where there is room, and nobody's need for it")
async def test_vluchtelingenwerk_sees_the_chairs_of_a_gemeente_that_it_works_for_and_no_people(
    year: SchoolYear,
) -> None:
    provider, ending = await _announced(year)
    seated = await year.refer(await year.person(), provider)
    await year.seat(ending, seated["id"])
    await year.refer(await year.person(), provider, referredOn=DUE_IN_SECOND_WEEK)
    asked, weeks = await _weeks(year, year.vwn())
    assert [_row(one, "name", "taken", "free") for one in asked["classes"]] == [
        ("Herfst", 1, 1),
        ("Winter", 0, 8),
    ]
    assert _row(weeks[1], "free", "due", "waiting", "short") == (1, None, None, None)
    assert (asked["withoutPlacement"], asked["missing"]) == (None, "een rol bij de gemeente of de school")
    await year.get("/weeks", year.vwn(), 403, gemeentecode=LEIDEN)


@pytest.mark.capability("PX-13", part="a school announces a class")
async def test_an_announced_class_takes_people_from_its_first_day_and_no_lesson_outside_its_days(
    year: SchoolYear,
) -> None:
    provider = await year.provider()
    await year.contract(provider)
    placement = (await year.refer(await year.person(), provider))["id"]
    days: dict[str, Any] = {"startsOn": "2024-11-18", "endsOn": "2024-12-20", "chairs": 1}
    group = await year.group(provider, **days)
    seen = await year.get(f"/groups/{group}", year.teacher())
    assert _row(seen, "startsOn", "endsOn", "chairs", "maxSize") == ("2024-11-18", "2024-12-20", 1, 1)
    early = await year.seat(group, placement, expect=409, since="2024-11-17")
    assert problem(early) == (409, "outside-group")
    assert early["errors"][0]["pointer"] == "/since"
    assert (await year.seat(group, placement))["since"] == "2024-11-18"
    second = (await year.refer(await year.person(), provider))["id"]
    assert problem(await year.seat(group, second, expect=409)) == (409, "group-full")
    for outside in ("2024-11-17", "2024-12-21"):
        assert problem(await year.lesson(group, outside, expect=409)) == (409, "outside-group")
    await year.lesson(group, "2024-11-18")
    await year.lesson(group, "2024-12-20")
    path = f"/groups/{group}/plan"
    for change, pointer in (
        ({"startsOn": "2024-11-19"}, "/startsOn"),
        ({"endsOn": "2024-12-19"}, "/endsOn"),
    ):
        refused = await year.put(path, year.teacher(), {**days, **change}, 409)
        assert (problem(refused), refused["errors"][0]["pointer"]) == ((409, "group-in-use"), pointer)
    wider = await year.put(path, year.teacher(), {**days, "chairs": 2})
    assert (wider["maxSize"], wider["members"]) == (2, 1)
    await year.seat(group, second)
    refused = await year.put(path, year.teacher(), days, 409)
    assert (problem(refused), refused["errors"][0]["pointer"]) == ((409, "group-in-use"), "/chairs")
    assert (await year.put(path, year.teacher(), {}))["maxSize"] == 12, "what is left out no longer holds"
    await year.put(path, year.teacher(FOXTAAL), days, 404)
    await year.put(path, year.consulent(), days, 403)
    await year.put(f"/groups/{uuid4()}/plan", year.teacher(), days, 404)


@pytest.mark.capability("PX-13", part="a school announces a class")
async def test_days_and_chairs_that_cannot_be_are_told_at_their_field(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider, groupMax=10)
    group = await year.group(provider)
    body = {"providerId": str(provider), "leerroute": "b1", "level": "a1", "gemeentecode": LEIDSCHENDAM}
    for fields, pointer in (
        ({"startsOn": "2024-11-18", "endsOn": "2024-11-17"}, "/endsOn"),
        ({"startsOn": "2027-01-01"}, "/startsOn"),
        ({"startsOn": "18-11-2024"}, "/startsOn"),
        ({"startsOn": "2024-11-18", "endsOn": "2034-11-18"}, "/endsOn"),
        ({"chairs": 0}, "/chairs"),
        ({"chairs": 11}, "/chairs"),
        ({"chairs": "8"}, "/chairs"),
    ):
        made = await year.post("/groups", year.teacher(), {**body, **fields}, 400)
        planned = await year.put(f"/groups/{group}/plan", year.teacher(), fields, 400)
        for answer in (made, planned):
            assert [error["pointer"] for error in answer["errors"]] == [pointer], fields
    for weeks in (0, 53):
        refused = await year.get("/weeks", year.consulent(), 400, gemeentecode=LEIDSCHENDAM, weeks=weeks)
        assert refused["errors"][0]["parameter"] == "weeks"
