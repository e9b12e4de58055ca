# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Each list that names a household leaves a line for each of its people whom the chain knows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from tests.service.housing.match_desk import Desk, day
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
