# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A household that was told to be housed and never came to live there; and who was counted twice."""

import asyncio
from datetime import date
from typing import Any

import pytest

from contracts.housing import (
    HouseholdHoused,
    HouseholdNotHoused,
    HousingDeadlineSet,
    HousingDeadlineWithdrawn,
    MatchDeclined,
    PersonHoused,
    PersonNotHoused,
)
from tests.service.housing.match_desk import OEGSTGEEST, Desk, codes, day
from tests.service.housing.test_realisations import balance, of, take_back
from tests.service.housing.test_searches import proposals, searched

NEVER: dict[str, Any] = {"cause": "never-moved-in"}


async def status(desk: Desk, path: str) -> str:
    found: str = (await desk.get(path, desk.vwn()))["status"]
    return found


@pytest.mark.capability("HO-02", part="who never moved in waits again, and the house is free")
async def test_a_household_that_never_moved_in_waits_again_and_its_house_is_offered(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(adults=2)
    home = await desk.dwelling(rooms=2)
    match = await desk.house(household, home)
    first, second = await of(desk, household)
    desk.on(day(6))

    back = await take_back(desk, first, **NEVER)

    assert (back["corrects"], back["cause"], back["persons"]) == (first["id"], "never-moved-in", -1)
    rows = {row["id"]: row["takenBack"] for row in await of(desk, household) if row["persons"] > 0}
    assert rows == {first["id"]: True, second["id"]: True}, "nobody of the household came to live there"
    assert [await balance(desk, day(at)) for at in (0, 6)] == [0, 0]
    shown = await desk.get(f"/households/{household['id']}", desk.vwn())
    assert (shown["status"], shown["housedOn"], shown["linkedOn"]) == ("waiting", None, "2024-09-02")
    assert await status(desk, f"/matches/{match['id']}") == "declined"
    assert await status(desk, f"/dwellings/{home['id']}") == "offered"
    (proposal,) = await proposals(desk, await searched(desk))
    assert (proposal["householdId"], proposal["dwellingId"]) == (household["id"], home["id"])
    await desk.house(household, home, day(6))
    assert sum(row["persons"] for row in await of(desk, household)) == 2, "it counts by the new match"


@pytest.mark.capability("HO-03", part="the clocks of who never moved in run again")
async def test_the_chain_hears_that_they_are_not_housed_and_the_ten_weeks_run_again(desk: Desk) -> None:
    await desk.housing_corporation()
    person, household = await desk.known()
    home = await desk.dwelling()
    match = await desk.house(household, home)
    (only,) = await of(desk, household)
    desk.on(day(6))
    await take_back(desk, only, **NEVER)

    (told,) = await desk.bench.published(HouseholdNotHoused)
    assert (str(told.household_id), str(told.match_id), str(told.dwelling_id)) == (
        household["id"],
        match["id"],
        home["id"],
    )
    assert (told.persons, told.on) == (1, day(6))
    (one,) = await desk.bench.published(PersonNotHoused)
    (before,) = await desk.bench.published(PersonHoused)
    assert (one.inburgeraar_id, one.match_id) == (person, before.match_id)
    assert [str(event.match_id) for event in await desk.bench.published(MatchDeclined)] == [match["id"]]
    clocks = {one.rule: one for one in await desk.bench.published(HousingDeadlineSet)}
    (withdrawn,) = await desk.bench.published(HousingDeadlineWithdrawn)
    assert (withdrawn.deadline_id, withdrawn.reason) == (
        clocks["move-two-weeks"].deadline_id,
        "never-moved-in",
    )
    held = await desk.bench.sql("SELECT rule, status, starts_on FROM housing.deadline ORDER BY rule")
    assert [(row.rule, row.status) for row in held] == [
        ("house-ten-weeks", "running"),
        ("move-two-weeks", "withdrawn"),
    ]
    assert held[0].starts_on == date(2024, 9, 2), "from the old link"
    body = {"unlinkedOn": str(day(6)), "reason": "left"}
    await desk.post(f"/households/{household['id']}/unlink", desk.gemeente(), body, 200)
    assert len(await desk.bench.published(HouseholdHoused)) == 1


@pytest.mark.capability("HO-12", part="a stay that never began is over")
async def test_a_stay_that_never_began_is_over_with_its_clock_and_its_tasks(desk: Desk) -> None:
    await desk.housing_corporation()
    _, household = await desk.known(acceptsSharing=True, reunion={"persons": 2, "expectedOn": "2025-02-01"})
    home = await desk.dwelling(kind="flex", rooms=3, minPersons=2, maxStayMonths=12, shareSlots=2)
    other = await desk.household(acceptsSharing=True)
    for one in (household, other):
        await desk.house(one, home)
    assert len(await desk.items("/tasks", desk.vwn(), status="open")) == 1
    (only,) = await of(desk, household)
    await take_back(desk, only, **NEVER)
    assert await desk.items("/tasks", desk.vwn(), status="open") == []
    ended = await desk.bench.sql("SELECT end_reason FROM housing.stay WHERE ended_on IS NOT NULL")
    assert [row.end_reason for row in ended] == ["never-moved-in"]
    clocks = await desk.bench.sql("SELECT rule, status FROM housing.deadline ORDER BY rule")
    assert {row.rule: row.status for row in clocks} == {
        "house-ten-weeks": "running",
        "move-two-weeks": "withdrawn",
        "temporary-stay": "withdrawn",
    }
    sharing = await desk.get(f"/dwellings/{home['id']}/sharing", desk.vwn())
    assert (sharing["living"], await status(desk, f"/dwellings/{home['id']}")) == (1, "offered")
    shown = await desk.get(f"/households/{other['id']}", desk.vwn())
    assert shown["status"] == "housed", "who shares the home lives there on"


async def test_a_household_that_was_entered_as_housed_waits_too(desk: Desk) -> None:
    household = await desk.household(housedOn="2024-10-01")
    (only,) = await of(desk, household)
    await take_back(desk, only, **NEVER)
    assert await status(desk, f"/households/{household['id']}") == "waiting"
    (told,) = await desk.bench.published(HouseholdNotHoused)
    assert (told.match_id, told.dwelling_id, told.persons) == (None, None, 1)


async def test_it_is_recorded_once_by_whoever_comes_first(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(adults=2)
    await desk.house(household, await desk.dwelling(rooms=2))
    first, second = await of(desk, household)
    bodies = [(first, NEVER), (second, NEVER), (first, {}), (second, {"cause": "counted-twice"})]
    answers = await asyncio.gather(
        *(
            desk.client.post(
                f"/housing/v1/realisations/{row['id']}/taking-back",
                headers=desk.gemeente(),
                json={"reason": "Woont er niet", **more},
            )
            for row, more in bodies
        )
    )
    assert {one.status_code for one in answers} <= {201, 409}, [one.text for one in answers]
    refused = {one.json()["code"] for one in answers if one.status_code == 409}
    assert refused <= {"realisation-taken-back"}
    assert sum(row["persons"] for row in await of(desk, household)) == 0
    assert len(await desk.bench.published(HouseholdNotHoused)) <= 1


async def test_who_moved_on_or_has_a_match_for_it_did_live_there(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(acceptsSharing=True)
    await desk.house(household, await desk.dwelling(rooms=4, minPersons=3, shareSlots=2))
    (only,) = await of(desk, household)
    match = await desk.propose(household, await desk.dwelling())
    assert (await take_back(desk, only, 409, **NEVER))["code"] == "household-already-matched"
    await desk.decide(match)
    for step in ("accepted", "key-handed-over", "housed"):
        await desk.step(match, step, desk.vwn())
    assert (await take_back(desk, only, 409, **NEVER))["code"] == "not-its-home"
    await take_back(desk, only)  # that the count is wrong can be said all the same
    assert await status(desk, f"/households/{household['id']}") == "housed"


async def test_without_a_cause_only_the_count_changes(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household()
    home = await desk.dwelling()
    await desk.house(household, home)
    (only,) = await of(desk, household)
    back = await take_back(desk, only)
    assert back["cause"] is None
    assert await status(desk, f"/households/{household['id']}") == "housed"
    assert await status(desk, f"/dwellings/{home['id']}") == "let"
    assert await desk.bench.published(HouseholdNotHoused) == []


@pytest.mark.capability("HO-02", part="who was counted twice counts by no later house")
@pytest.mark.parametrize(("cause", "persons"), [(None, 1), ("counted-twice", 0)])
async def test_who_was_counted_twice_counts_by_no_next_home(
    desk: Desk, cause: str | None, persons: int
) -> None:
    await desk.housing_corporation()
    household = await desk.household(acceptsSharing=True)
    await desk.house(household, await desk.dwelling(rooms=4, minPersons=3, shareSlots=2))
    (only,) = await of(desk, household)
    more: dict[str, Any] = {"cause": cause} if cause else {}
    await take_back(desk, only, **more)
    await desk.house(household, await desk.dwelling())
    assert sum(row["persons"] for row in await of(desk, household)) == persons


async def test_a_count_without_a_household_has_nobody_who_waits(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household()
    await desk.house(household, await desk.dwelling())
    (only,) = await of(desk, household)
    await desk.bench.sql("UPDATE housing.realisation SET household_id = NULL, member_id = NULL")
    refused = await take_back(desk, only, 400, **NEVER)
    assert (codes(refused), refused["errors"][0]["pointer"]) == ({"no-household"}, "/cause")
    await take_back(desk, only, 404, caller=desk.gemeente(OEGSTGEEST), **NEVER)
    await take_back(desk, only, 400, cause="other")
