# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a school teaches: places with days, groups at a place, and how near the lessons are."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.access import Role
from tests.service.learning_routes.schoolyear import (
    FOXTAAL,
    LEIDEN,
    LEIDSCHENDAM,
    TODAY,
    WASSENAAR,
    SchoolYear,
    problem,
)

VOORSCHOTEN = "0626"
AREA = (LEIDSCHENDAM, VOORSCHOTEN, WASSENAAR)
PERIOD = {"from": "2024-10-01", "until": "2024-10-31"}


async def _place(year: SchoolYear, provider: UUID, expect: int = 201, **fields: Any) -> Any:
    body = {
        "name": "Damcentrum",
        "gemeentecode": LEIDSCHENDAM,
        "central": True,
        "offers": ["b1", "z"],
        "validFrom": "2022-01-01",
        **fields,
    }
    return await year.post(f"/providers/{provider}/locations", year.consulent(*AREA), body, expect)


async def _change(
    year: SchoolYear, place: Any, expect: int = 200, version: int | None = 1, **fields: Any
) -> Any:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return await year.ask(
        "PATCH", f"/locations/{place['id']}", year.consulent(*AREA), fields, expect, headers=headers
    )


@pytest.mark.capability("LR-09", part="places of a provider")
async def test_a_place_is_added_changed_listed_and_closed(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider, *AREA)
    place = await _place(year, provider)
    assert (place["central"], place["offers"], place["validUntil"]) == (True, ["b1", "z"], None)
    later = await _place(year, provider, name="Bibliotheek", gemeentecode=WASSENAAR, validFrom="2024-12-01")
    assert problem(await _change(year, place, 428, version=None, name="x")) == (428, "precondition-required")
    changed = await _change(year, place, name="Damplein", central=False, validUntil="2024-12-31")
    assert (changed["name"], changed["central"], changed["version"]) == ("Damplein", False, 2)
    assert problem(await _change(year, place, 412, central=True))[0] == 412
    early = await _change(year, place, 400, version=2, validUntil="2021-12-31")
    assert early["errors"][0]["pointer"] == "/validUntil"

    async def listed(**filters: str) -> set[str]:
        found = await year.get("/locations", year.teacher(), providerId=str(provider), **filters)
        return {one["id"] for one in found["items"]}

    assert await listed() == {place["id"], later["id"]}
    assert await listed(on="2024-11-05") == {place["id"]}
    assert await listed(on="2025-01-01") == {later["id"]}
    assert await listed(gemeentecode=WASSENAAR) == {later["id"]}
    assert await listed(offer="small-groups") == set()
    seen = await year.get(f"/locations/{place['id']}", year.teacher())
    assert seen == changed
    await year.get(f"/locations/{uuid4()}", year.teacher(), 404)


async def test_a_place_offers_what_the_school_gives_and_its_keepers_work_there(year: SchoolYear) -> None:
    provider = await year.provider(routes=["b1"])
    assert problem(await _place(year, provider, 409, offers=["z"])) == (409, "route-not-offered")
    wrong = await _place(year, provider, 400, offers=["voorschoten-class"])
    assert wrong["errors"][0]["pointer"] == "/offers"
    await _place(year, provider, gemeentecode=VOORSCHOTEN, offers=["voorschoten-class"])
    body = {"name": "x", "gemeentecode": LEIDSCHENDAM, "offers": ["b1"], "validFrom": "2022-01-01"}
    path = f"/providers/{provider}/locations"
    await year.post(path, year.consulent(LEIDEN), body, 403)
    await year.post(path, year.teacher(), body, 403)
    backwards = await year.post(path, year.consulent(), {**body, "validUntil": "2021-01-01"}, 400)
    assert backwards["errors"][0]["pointer"] == "/validUntil"
    await year.post(f"/providers/{uuid4()}/locations", year.consulent(), body, 404)
    # Den Haag is nobody's here, but with a contract its place can be recorded.
    await _place(year, provider, 403, gemeentecode="0518", offers=["b1"])
    await year.contract(provider, *AREA)
    await _place(year, provider, gemeentecode="0518", offers=["b1"])


@pytest.mark.capability("LR-09", part="groups have a place")
async def test_a_group_has_its_lessons_at_a_place_that_fits(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider, *AREA)
    place = await _place(year, provider, offers=["b1"])
    group = await year.group(provider, locationId=place["id"])
    assert (await year.get(f"/groups/{group}", year.teacher()))["locationId"] == place["id"]
    bare = await year.group(provider)
    assert (await year.get(f"/groups/{bare}", year.teacher()))["locationId"] is None

    async def move(to: Any, expect: int = 200, teacher: Any = None, **fields: Any) -> Any:
        return await year.put(
            f"/groups/{bare}/location", teacher or year.teacher(), {"locationId": str(to), **fields}, expect
        )

    assert problem(await move(uuid4(), 409)) == (409, "reference-not-yet-known")
    for other in (
        await _place(year, provider, gemeentecode=WASSENAAR),
        await _place(year, provider, offers=["z"]),
        await _place(year, await year.provider(name="Foxtaal", organisationId=str(FOXTAAL))),
    ):
        assert problem(await move(other["id"], 409)) == (409, "location-differs")
    closed = await _place(year, provider, validUntil="2024-11-04")
    assert problem(await move(closed["id"], 409)) == (409, "location-closed")
    assert problem(await move(place["id"], 409, smallGroup=True)) == (409, "location-differs")
    await move(place["id"], 404, year.teacher(FOXTAAL))
    await move(place["id"], 403, year.consulent())
    assert (await move(place["id"]))["locationId"] == place["id"]


async def test_a_place_closes_after_its_last_lesson_and_takes_none_after_that(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider, *AREA)
    place = await _place(year, provider)
    group = await year.group(provider, locationId=place["id"])
    await year.lesson(group, "2024-11-20")
    refused = await _change(year, place, 409, validUntil="2024-11-19")
    assert problem(refused) == (409, "location-in-use")
    assert problem(await _change(year, place, 409, offers=["z"])) == (409, "location-in-use")
    await _change(year, place, validUntil="2024-11-20")
    assert problem(await year.lesson(group, "2024-11-21", expect=409)) == (409, "location-closed")
    assert problem(await year.lesson(group, "2021-12-31", expect=409)) == (409, "location-closed")
    other = await year.group(provider)
    await year.lesson(other, "2024-12-01")
    moved = await year.put(f"/groups/{other}/location", year.teacher(), {"locationId": place["id"]}, 409)
    assert problem(moved) == (409, "location-closed")


@pytest.mark.capability("LR-09", part="the checks of a contract")
async def test_a_contract_is_held_against_the_places_of_its_school(year: SchoolYear) -> None:
    provider = await year.provider()
    contract = await year.contract(provider, *AREA)
    keeper = year.consulent(*AREA, role=Role.KWALITEITSMEDEWERKER)

    async def checks() -> dict[str, Any]:
        found = await year.get(f"/contracts/{contract}/location-checks", keeper)
        return {one["check"]: one["met"] for one in found["checks"]} | {"complete": found["complete"]}

    assert await checks() == {
        "b1-central-site": False,
        "voorschoten-class": False,
        "z-own-town": True,
        "complete": False,
    }
    await _place(year, provider, offers=["b1"])
    await _place(year, provider, gemeentecode=VOORSCHOTEN, central=False, offers=["voorschoten-class"])
    assert (await checks())["complete"] is True

    # Somebody of Wassenaar in a Z group of Leidschendam: a finding, until it is a small group.
    person = await year.person(gemeentecode=WASSENAAR)
    placement = await year.refer(person, provider, leerroute="z", caller=year.consulent(*AREA))
    group = await year.group(provider, leerroute="z", level="alfa-a")
    await year.seat(group, placement["id"])
    found = await year.get(f"/contracts/{contract}/location-checks", keeper)
    assert found["checks"][-1] | {"rule": ""} == {
        "check": "z-own-town",
        "met": False,
        "locationIds": [],
        "groupIds": [str(group)],
        "persons": 1,
        "rule": "",
    }
    small = await _place(year, provider, offers=["small-groups"])
    await year.put(
        f"/groups/{group}/location", year.teacher(), {"locationId": small["id"], "smallGroup": True}
    )
    assert (await checks())["complete"] is True
    without = {"providerId": str(provider), "leerroute": "z", "level": "a1", "gemeentecode": LEIDSCHENDAM}
    answer = await year.post("/groups", year.teacher(), {**without, "smallGroup": True}, 400)
    assert answer["errors"][0]["pointer"] == "/locationId"
    await year.get(f"/contracts/{uuid4()}/location-checks", keeper, 404)
    await year.get(f"/contracts/{contract}/location-checks", year.teacher(), 403)


@pytest.mark.capability("LR-09")
async def test_the_share_of_lessons_in_ones_own_gemeente_per_leerroute(year: SchoolYear) -> None:
    provider = await year.provider()
    await year.contract(provider, *AREA)
    here = year.consulent(*AREA)
    for leerroute, homes in (
        ("b1", [LEIDSCHENDAM] * 5 + [WASSENAAR] * 5),
        ("z", [LEIDSCHENDAM] * 5 + [WASSENAAR]),
    ):
        group = await year.group(provider, leerroute=leerroute)
        for home in homes:
            person = await year.person(gemeentecode=home)
            placement = await year.refer(person, provider, leerroute=leerroute, caller=here)
            await year.seat(group, placement["id"])
        for day in range(4):
            await year.lesson(group, TODAY - timedelta(days=35 - day))
        await year.lesson(group, TODAY)  # outside the period
    found = await year.get("/lesson-places", here, **PERIOD)
    assert found["smallNumber"] == 5
    b1, z = found["rows"]
    assert b1 == {
        "leerroute": "b1",
        "persons": 10,
        "lessons": 40,
        "hours": 120,
        "ownLessons": 20,
        "ownHours": 60,
        "elsewhereLessons": 20,
        "smallGroupLessons": 0,
        "ownPercent": 50,
        "suppressed": False,
    }
    # One person of Wassenaar in the Z group would be told by the difference.
    assert (z["persons"], z["lessons"], z["ownLessons"], z["ownPercent"]) == (6, 24, None, None)
    assert z["suppressed"] is True
    [near, single] = (await year.get("/lesson-places", here, gemeentecode=LEIDSCHENDAM, **PERIOD))["rows"]
    assert (near["ownPercent"], single["ownPercent"]) == (100, 100)
    others = await year.get("/lesson-places", year.consulent(LEIDEN), **PERIOD)
    assert others["rows"] == []
    figures = await year.get("/lesson-places", year.policy_officer_of_wassenaar(), **PERIOD)
    assert figures["rows"] == []
    wrong = await year.get("/lesson-places", here, 400, **{"from": "2024-10-02", "until": "2024-10-01"})
    assert wrong["errors"][0]["parameter"] == "until"
    await year.get("/lesson-places", year.teacher(), 403, **PERIOD)
