# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each list that names a household leaves a line for each of its people whom the chain knows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from tests.service.housing.match_desk import WASSENAAR, Desk, day
from tests.service.housing.test_searches import searched


@asynccontextmanager
async def seen(desk: Desk, person: UUID, activity: str, times: int = 1) -> AsyncIterator[None]:
    """So many lines of this activity come for the person by what is done inside."""

    async def lines() -> int:
        (row,) = await desk.bench.sql(
            "SELECT count(*) AS lines FROM housing.access_log WHERE inburgeraar_id = :person "
            "AND activity = :activity",
            person=person,
            activity=activity,
        )
        return int(row.lines)

    before = await lines()
    yield
    assert await lines() - before == times


async def test_tasks_and_conflicts(desk: Desk) -> None:
    await desk.housing_corporation()
    person, household = await desk.known(acceptsSharing=True)
    dwelling = await desk.dwelling(rooms=3, minPersons=2, shareSlots=2)
    await desk.house(household, dwelling)
    conflicts = f"/dwellings/{dwelling['id']}/conflicts"
    body = {"householdId": household["id"], "occurredOn": str(day(0)), "kind": "noise"}
    await desk.post(conflicts, desk.vwn(), body)
    async with seen(desk, person, "huisvestingstaak-raadplegen"):
        (task,) = await desk.items("/tasks", desk.vwn())
    async with seen(desk, person, "huisvestingstaak-afronden"):
        await desk.post(f"/tasks/{task['id']}/completion", desk.vwn(), None, 200)
    async with seen(desk, person, "woning-delen"):
        (conflict,) = await desk.items(conflicts, desk.vwn())
    async with seen(desk, person, "woning-delen"):
        path = f"/share-conflicts/{conflict['id']}/solution"
        await desk.post(path, desk.vwn(), {"solvedOn": str(day(0))}, 200)


async def test_pins_and_proposals(desk: Desk) -> None:
    await desk.housing_corporation()
    chosen, household = await desk.known(linkedOn="2023-01-02")
    other, _ = await desk.known()
    dwelling = await desk.dwelling()
    pin = {"kind": "pin", "householdId": household["id"], "dwellingId": dwelling["id"]}
    pinned = await desk.post("/pins", desk.vwn(), {**pin, "reason": "Past.", "expiresOn": str(day(9))})
    async with seen(desk, chosen, "match-zoeken"):
        await desk.items("/pins", desk.vwn())
    async with seen(desk, chosen, "match-zoeken"):
        await desk.post(f"/pins/{pinned['id']}/lifting", desk.vwn(), None, 200)
    job = await searched(desk)
    path = f"/match-proposals/{job['id']}/proposals"
    async with seen(desk, chosen, "match-zoeken"), seen(desk, other, "match-zoeken"):
        (proposal,) = await desk.items(path, desk.vwn())
    assert proposal["householdId"] == household["id"]
    async with seen(desk, chosen, "match-zoeken"):
        aside = f"{path}/{proposal['id']}/setting-aside"
        await desk.post(aside, desk.vwn(), {"reason": "Wil niet."}, 200)


async def test_reports_that_name_households_are_looks_at_them(desk: Desk) -> None:
    person, household = await desk.known(linkedOn="2022-01-03")
    members = [{"kind": "adult", "inburgeraarId": str(large := await desk.person())}]
    members += [{"kind": "child"}] * 7
    family = await desk.household(members=members)
    async with seen(desk, person, "wachttijden-raadplegen"), seen(desk, large, "wachttijden-raadplegen", 0):
        waits = await desk.get("/waiting-times", desk.vwn(), gemeentecode=WASSENAAR)
    assert waits["longWaitingHouseholdIds"] == [household["id"]]
    async with seen(desk, large, "match-raadplegen"), seen(desk, person, "match-raadplegen", 0):
        refusals = await desk.get("/refusals", desk.vwn(), gemeentecode=WASSENAAR)
    assert refusals["largeFamiliesWithoutOffer"] == [family["id"]]


async def test_a_list_of_searches_names_nobody_and_a_search_does(desk: Desk) -> None:
    await desk.housing_corporation()
    passed, waits = await desk.known(linkedOn="2022-01-03")
    pinned, household = await desk.known()
    dwelling = await desk.dwelling()
    pin = {"kind": "pin", "householdId": household["id"], "dwellingId": dwelling["id"]}
    await desk.post("/pins", desk.vwn(), {**pin, "reason": "Past.", "expiresOn": str(day(9))})
    await desk.bench.sql("UPDATE housing.dwelling SET status = 'withdrawn'")
    job = await searched(desk)
    await desk.bench.sql(
        "UPDATE housing.proposal_run SET outcome = jsonb_set(outcome, '{fairness,passed_over}', "
        "jsonb_build_array(CAST(:id AS text)))",
        id=waits["id"],
    )
    async with seen(desk, passed, "match-zoeken", 0), seen(desk, pinned, "match-zoeken", 0):
        (listed,) = await desk.items("/match-proposals", desk.vwn())
    assert "unusedPins" not in listed
    assert "passed_over" not in listed["fairness"]
    async with seen(desk, passed, "match-zoeken"), seen(desk, pinned, "match-zoeken"):
        run = await desk.get(f"/match-proposals/{job['id']}", desk.vwn())
    assert [one["householdId"] for one in run["unusedPins"]] == [household["id"]]
    assert run["fairness"]["passed_over"] == [waits["id"]]
