# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""People who have a home for a time, or must leave a shared one, take part in a search for the next home."""

from datetime import date
from typing import Any

import pytest

from services.housing.jobs import follow_up_stays
from tests.service.housing.match_desk import WASSENAAR, Desk
from tests.service.housing.test_searches import proposals, searched
from tests.service.housing.test_why_not import asked

FOLLOW_UP = date(2024, 11, 1)
"""Month nine of a stay that began on 1 February 2024."""


async def in_transit(desk: Desk, **household: Any) -> Any:
    """A household that lives in a transit home since February, now on the day that its next home is looked for."""
    desk.on(date(2024, 2, 1))
    found = await desk.household(linkedOn="2024-01-08", **household)
    persons = found["adults"] + found["children"]
    await desk.house(found, await desk.dwelling(kind="transit", rooms=persons), date(2024, 2, 1))
    desk.on(FOLLOW_UP)
    return found


async def pairs(desk: Desk, job: Any) -> set[tuple[str, str]]:
    return {(one["householdId"], one["dwellingId"]) for one in await proposals(desk, job)}


@pytest.mark.capability("HO-12", part="from month nine of a stay a search looks for the next home")
async def test_from_month_nine_of_a_stay_a_search_proposes_a_home_to_stay_in(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await in_transit(desk)
    flex, studio = await desk.dwelling(kind="flex", maxStayMonths=12), await desk.dwelling()
    desk.on(date(2024, 10, 31))
    assert await pairs(desk, await searched(desk)) == set(), "nobody looks for it yet"
    desk.on(date(2024, 11, 8))  # whether the job that opens the task has run or not

    job = await searched(desk)

    (one,) = await proposals(desk, job)
    assert (one["householdId"], one["dwellingId"]) == (household["id"], studio["id"])
    assert (one["movingOn"], one["weeksWaiting"], one["urgency"]) == (True, 1, 5)
    assert {check["rule"]: check["passed"] for check in one["rules"]}["H10"] is True
    told = await asked(desk, job, household, flex)
    assert (told["outcome"], told["rule"]) == ("rule", "H10")
    assert "ten hoogste 12 maanden" in told["explanation"]


@pytest.mark.capability("HO-12", part="a next home that a search proposed, to the first day there")
async def test_a_proposed_next_home_is_sent_and_lived_in_and_nobody_counts_twice(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await in_transit(desk, adults=2)
    await follow_up_stays(desk.bench.live.context)
    home = await desk.dwelling(rooms=2)
    (one,) = await proposals(desk, await searched(desk))

    match = await desk.propose(household, home, proposalId=one["id"])
    assert await pairs(desk, await searched(desk)) == set(), "a match holds both now"
    await desk.decide(match)
    for step in ("accepted", "key-handed-over", "housed"):
        await desk.step(match, step, desk.vwn(), FOLLOW_UP)

    assert {task["status"] for task in await desk.items("/tasks", desk.vwn())} == {"withdrawn"}
    rows = await desk.items("/realisations", desk.gemeente(), householdId=household["id"])
    assert [row["persons"] for row in rows] == [1, 1]
    assert await pairs(desk, await searched(desk)) == set(), "nobody looks for another home any more"


@pytest.mark.capability("HO-02", part="who moves on leaves the task of the gemeente as it is")
async def test_who_moves_on_fills_no_task_so_who_still_waits_comes_first(desk: Desk) -> None:
    await desk.housing_corporation()
    await in_transit(desk)
    target = {"target": 2, "publishedOn": "2024-02-01"}
    await desk.put(f"/taakstellingen/{WASSENAAR}/2024-2", desk.gemeente(), target)
    desk.on(date(2025, 1, 31))
    waits = await desk.household(linkedOn="2024-12-30")
    await desk.dwelling()

    job = await searched(desk)

    assert {one for one, _ in await pairs(desk, job)} == {waits["id"]}, "though the other waits for longer"
    run = await desk.get(f"/match-proposals/{job['id']}", desk.vwn())
    assert (run["values"]["shortfall"], run["households"]) == (0, 2)
    assert [one["class"] for one in run["fairness"]["by_home"]] == ["first home", "next home"]


async def test_a_match_for_a_next_home_does_not_make_the_task_smaller(desk: Desk) -> None:
    await desk.housing_corporation()
    target = {"target": 2, "publishedOn": "2024-02-01"}
    moves = await in_transit(desk)
    await desk.put(f"/taakstellingen/{WASSENAAR}/2024-2", desk.gemeente(), target)
    before = await searched(desk)
    await desk.propose(moves, await desk.dwelling())
    after = await searched(desk)
    left = [
        (await desk.get(f"/match-proposals/{job['id']}", desk.vwn()))["values"]["shortfall"]
        for job in (before, after)
    ]
    assert left == [1, 1], "they were counted with their first home"
    await desk.propose(await desk.household(), await desk.dwelling())
    last = await desk.get(f"/match-proposals/{(await searched(desk))['id']}", desk.vwn())
    assert last["values"]["shortfall"] == 0


@pytest.mark.capability(
    "HO-08", part="after a conflict a search looks for another place, and not the same home"
)
async def test_after_a_conflict_another_home_is_proposed_and_not_a_place_in_the_same_one(desk: Desk) -> None:
    await desk.housing_corporation()
    first, second = [await desk.household(acceptsSharing=True) for _ in range(2)]
    home = await desk.dwelling(rooms=4, shareSlots=3, minPersons=3)
    for one in (first, second):
        await desk.house(one, home)
    assert await pairs(desk, await searched(desk)) == set()
    body = {"householdId": first["id"], "occurredOn": "2024-11-05", "kind": "noise"}
    conflict = await desk.post(f"/dwellings/{home['id']}/conflicts", desk.vwn(), body)

    job = await searched(desk)
    assert await pairs(desk, job) == set(), "the place that is left is in the home of the conflict"
    told = await asked(desk, job, first, home)
    assert (told["rule"], "zoekt juist een andere" in told["explanation"]) == ("H10", True)

    other = await desk.dwelling(rooms=4, shareSlots=2, minPersons=3, shareMin=1)
    assert await pairs(desk, await searched(desk)) == {(first["id"], other["id"])}
    solved = f"/share-conflicts/{conflict['id']}/solution"
    await desk.post(solved, desk.vwn(), {"solvedOn": "2024-11-05"}, 200)
    assert await pairs(desk, await searched(desk)) == set()


@pytest.mark.capability("HO-07", part="a search looks for the family home that the planned exit asks for")
@pytest.mark.parametrize("granted", [True, False], ids=["granted", "not-yet-granted"])
async def test_who_expects_family_in_a_shared_home_is_proposed_a_home_with_room_for_it(
    desk: Desk, granted: bool
) -> None:
    await desk.housing_corporation()
    reunion = {"persons": 3, "expectedOn": "2025-02-01", **({"grantedOn": "2024-10-01"} if granted else {})}
    household = await desk.household(acceptsSharing=True, reunion=reunion)
    shared = await desk.dwelling(rooms=4, minPersons=2, maxPersons=3, shareSlots=2, shareMin=1)
    await desk.house(household, shared)
    await desk.dwelling()
    await desk.dwelling(rooms=4, minPersons=2, maxPersons=3, shareSlots=3, shareMin=1)
    assert await pairs(desk, await searched(desk)) == set(), "a studio or another shared home does not help"
    family = await desk.dwelling(rooms=3)
    (one,) = await proposals(desk, await searched(desk))
    assert (one["dwellingId"], one["movingOn"], one["shared"]) == (family["id"], True, False)
    await desk.propose(household, family, proposalId=one["id"])


async def test_who_has_a_home_to_stay_in_takes_no_part(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household()
    await desk.house(household, await desk.dwelling())
    free = await desk.dwelling()
    job = await searched(desk)
    assert await pairs(desk, job) == set()
    told = await asked(desk, job, household, free, 409)
    assert "het had een huis en er werd geen ander gezocht" in told["errors"][0]["detail"]


async def test_who_moves_on_can_be_held_back_and_pinned_like_anybody(desk: Desk) -> None:
    await desk.housing_corporation()
    household, other = await in_transit(desk), await desk.household(linkedOn="2023-01-02")
    studio = await desk.dwelling()
    body = {"householdId": household["id"], "reason": "Past.", "expiresOn": "2024-12-01"}
    pin = await desk.post("/pins", desk.vwn(), {**body, "kind": "pin", "dwellingId": studio["id"]})
    assert await pairs(desk, await searched(desk)) == {(household["id"], studio["id"])}
    await desk.post("/pins", desk.vwn(), {**body, "kind": "hold"})
    job = await searched(desk)
    assert await pairs(desk, job) == {(other["id"], studio["id"])}
    run = await desk.get(f"/match-proposals/{job['id']}", desk.vwn())
    assert [(one["pinId"], one["why"]) for one in run["unusedPins"]] == [(pin["id"], "household-held")]


async def test_family_that_comes_while_a_next_home_is_matched_counts_on_that_day(desk: Desk) -> None:
    await desk.housing_corporation()
    reunion = {"persons": 2, "expectedOn": "2025-02-01", "grantedOn": "2024-10-01"}
    household = await desk.household(acceptsSharing=True, reunion=reunion)
    await desk.house(household, await desk.dwelling(rooms=4, minPersons=4, shareSlots=2))
    match = await desk.propose(household, await desk.dwelling(rooms=3))
    arrival = f"/reunions/{household['reunions'][0]['id']}/arrival"
    await desk.post(arrival, desk.vwn(), {"arrivedOn": "2024-11-05"}, 200)
    await desk.decide(match, "rejected")
    rows = await desk.items("/realisations", desk.gemeente(), householdId=household["id"])
    assert sum(row["persons"] for row in rows) == 3, (
        "they live with who is housed, whatever comes of the match"
    )
