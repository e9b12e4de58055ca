# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A home that its people leave without a next match: the dwelling is offered again, and they go on counting."""

import asyncio
from typing import Any

import pytest

from contracts.access import Role
from contracts.housing import HouseholdLeft, HousingDeadlineMet
from tests.service.housing.match_desk import OEGSTGEEST, VOLUNTEER, WASSENAAR, WILLIBRORDUS, Desk, codes, day
from tests.service.housing.test_end_of_data import forget
from tests.service.housing.test_never_moved_in import NEVER, status
from tests.service.housing.test_realisations import balance, of, take_back
from tests.service.housing.test_searches import proposals, searched


async def leave(
    desk: Desk,
    match: Any,
    left_on: Any,
    reason: str = "other-gemeente",
    *,
    caller: dict[str, str] | None = None,
    expect: int = 200,
) -> Any:
    body = {"leftOn": str(left_on), "reason": reason}
    return await desk.post(f"/matches/{match['id']}/departure", caller or desk.vwn(), body, expect)


@pytest.mark.capability("HO-05", part="a home that was left is offered again")
async def test_a_home_that_was_left_is_offered_again_and_who_left_goes_on_counting(desk: Desk) -> None:
    await desk.housing_corporation()
    household, home = await desk.household(adults=2), await desk.dwelling(rooms=2)
    match = await desk.house(household, home)
    desk.on(day(40))

    left = await leave(desk, match, day(38))

    assert (left["status"], left["leftOn"], left["leftReason"]) == ("housed", str(day(38)), "other-gemeente")
    assert await status(desk, f"/dwellings/{home['id']}") == "offered"
    shown = await desk.get(f"/households/{household['id']}", desk.vwn())
    assert (shown["status"], shown["leftOn"], shown["members"]) == ("housed", str(day(38)), [])
    assert await balance(desk, day(40)) == -2, "they were housed"
    (told,) = await desk.bench.published(HouseholdLeft)
    assert (str(told.household_id), str(told.dwelling_id), told.left_on) == (
        household["id"],
        home["id"],
        day(38),
    )
    (row,) = await desk.bench.sql("SELECT ended_by FROM housing.stay")
    assert row.ended_by is not None
    for list_of in ("/matches", "/households"):
        assert [one["leftOn"] for one in await desk.items(list_of, desk.vwn())] == [str(day(38))]

    next_one = await desk.household(adults=2)
    (proposal,) = await proposals(desk, await searched(desk))
    assert (proposal["householdId"], proposal["dwellingId"]) == (next_one["id"], home["id"])
    await desk.house(next_one, home, day(40))
    assert await status(desk, f"/dwellings/{home['id']}") == "let"


@pytest.mark.capability("HO-12", part="a stay that ends because its people go away")
async def test_a_stay_for_a_time_ends_with_its_clock_its_tasks_and_the_family_that_was_expected(
    desk: Desk,
) -> None:
    await desk.housing_corporation()
    _, household = await desk.known(acceptsSharing=True, reunion={"persons": 2, "expectedOn": "2025-02-01"})
    other = await desk.household(acceptsSharing=True)
    home = await desk.dwelling(kind="flex", rooms=3, minPersons=2, maxStayMonths=12, shareSlots=2)
    match = await desk.house(household, home)
    await desk.house(other, home)
    await leave(desk, match, day(0), "own-home")
    assert await desk.items("/tasks", desk.vwn(), status="open") == []
    met = {one.deadline_id for one in await desk.bench.published(HousingDeadlineMet)}
    (clock,) = await desk.bench.sql("SELECT id, status FROM housing.deadline WHERE rule = 'temporary-stay'")
    assert (clock.status, clock.id in met) == ("met", True)
    sharing = await desk.get(f"/dwellings/{home['id']}/sharing", desk.vwn())
    assert (sharing["living"], await status(desk, f"/dwellings/{home['id']}")) == (1, "offered")
    shown = await desk.get(f"/households/{household['id']}", desk.vwn())
    assert shown["reunions"] == [], "who is expected comes to a household that is there"
    refused = await desk.post(
        f"/households/{household['id']}/reunions",
        desk.gemeente(),
        {"persons": 1, "expectedOn": "2025-02-01"},
        409,
    )
    assert refused["code"] == "household-ended"
    assert (await desk.propose(household, await desk.dwelling(), 409))["code"] == "household-ended"
    assert (await desk.get(f"/households/{other['id']}", desk.vwn()))["leftOn"] is None


async def test_who_left_may_join_another_household_and_is_not_said_never_to_have_lived_there(
    desk: Desk,
) -> None:
    await desk.housing_corporation()
    person, household = await desk.known()
    match = await desk.house(household, await desk.dwelling())
    (only,) = await of(desk, household)
    members = [{"kind": "adult", "inburgeraarId": str(person)}]
    await desk.household(members=members, expect=409)
    await leave(desk, match, day(0), "left")
    await desk.household(members=members)
    assert (await take_back(desk, only, 409, **NEVER))["code"] == "not-its-home"


@pytest.mark.capability("HO-05", part="what cannot be of a departure is refused")
async def test_a_departure_that_cannot_be_is_refused_with_its_place(desk: Desk) -> None:
    await desk.housing_corporation()
    household, home = await desk.household(acceptsSharing=True), await desk.dwelling()
    match = await desk.propose(household, home)
    assert (await leave(desk, match, day(0), expect=409))["code"] == "step-not-possible", "proposed only"
    await desk.decide(match)
    for step in ("accepted", "key-handed-over"):
        await desk.step(match, step, desk.vwn())
    assert (await leave(desk, match, day(0), expect=409))["code"] == "step-not-possible", "not yet moved in"
    desk.on(day(5))
    await desk.step(match, "housed", desk.vwn(), day(5))
    for left_on, code in ((day(4), "before-housed"), (day(6), "in-future")):
        refused = await leave(desk, match, left_on, expect=400)
        assert (codes(refused), refused["errors"][0]["pointer"]) == ({code}, "/leftOn")
    for reason in ("moved-on", "never-moved-in", "evicted"):
        refused = await leave(desk, match, day(5), reason, expect=400)
        assert refused["errors"][0]["pointer"] == "/reason"
    assert await status(desk, f"/dwellings/{home['id']}") == "let", "nothing of it was kept"

    await leave(desk, match, day(5), "died")
    again = await leave(desk, match, day(5), "died")
    assert again["leftOn"] == str(day(5)), "the same word again changes nothing"
    assert len(await desk.bench.published(HouseholdLeft)) == 1
    refused = await leave(desk, match, day(5), "left", expect=409)
    assert refused["code"] == "home-left"


async def test_who_has_a_match_for_a_next_home_leaves_by_that_match(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(acceptsSharing=True)
    match = await desk.house(household, await desk.dwelling(rooms=4, minPersons=3, shareSlots=2))
    following = await desk.propose(household, await desk.dwelling())
    assert (await leave(desk, match, day(0), expect=409))["code"] == "household-already-matched"
    await desk.decide(following)
    for step in ("accepted", "key-handed-over", "housed"):
        await desk.step(following, step, desk.vwn())
    shown = await desk.get(f"/matches/{match['id']}", desk.vwn())
    assert (shown["leftOn"], shown["leftReason"]) == (str(day(0)), "moved-on")
    assert (await leave(desk, match, day(0), expect=409))["code"] == "home-left"
    assert (await desk.get(f"/households/{household['id']}", desk.vwn()))["leftOn"] is None, "it moved on"


@pytest.mark.capability("HO-05", part="who may record that a home was left")
async def test_the_parties_of_the_match_may_record_it_and_nobody_else(desk: Desk) -> None:
    await desk.housing_corporation()
    match = await desk.house(await desk.household(), await desk.dwelling())
    for other, expect in (
        (desk.gemeente(OEGSTGEEST), 404),
        (desk.corporation(WILLIBRORDUS), 404),
        (desk.vwn(OEGSTGEEST), 404),
        (desk.province(), 403),
        (desk.vwn(role=Role.VWN_VOLUNTEER, subject=VOLUNTEER), 403),
        (desk.gemeente(WASSENAAR, role=Role.CONTROLLER), 403),
    ):
        await leave(desk, match, day(0), caller=other, expect=expect)
    by_corporation = await leave(desk, match, day(0), "died", caller=desk.corporation())
    assert (by_corporation["leftOn"], by_corporation["leftReason"]) == (str(day(0)), None)
    shown = await desk.get(f"/matches/{match['id']}", desk.corporation())
    assert (shown["leftOn"], shown["leftReason"]) == (str(day(0)), None), "why is not for the corporation"
    second = await desk.house(await desk.household(), await desk.dwelling())
    assert (await leave(desk, second, day(0), caller=desk.gemeente()))["leftReason"] == "other-gemeente"


async def test_a_departure_and_a_match_for_a_next_home_at_one_moment_take_turns(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(acceptsSharing=True)
    match = await desk.house(household, await desk.dwelling(rooms=4, minPersons=3, shareSlots=2))
    following = await desk.dwelling()
    wanted = {"householdId": household["id"], "dwellingId": following["id"], "reason": "Eigen woning."}
    answers = await asyncio.gather(
        *(
            desk.client.post(
                f"/housing/v1/matches/{match['id']}/departure",
                headers=desk.vwn(),
                json={"leftOn": str(day(0)), "reason": reason},
            )
            for reason in ("left", "own-home")
        ),
        desk.client.post(
            "/housing/v1/matches", headers=desk.vwn() | {"Idempotency-Key": "next-home"}, json=wanted
        ),
    )
    statuses = [one.status_code for one in answers]
    assert statuses.count(409) >= 1, [one.text for one in answers]
    assert not (statuses[2] == 201 and 200 in statuses[:2]), (
        "who left is not matched, who is matched does not leave"
    )
    assert statuses[:2].count(200) <= 1


async def test_when_the_data_of_who_left_must_go_the_other_keeps_the_household(desk: Desk) -> None:
    await desk.housing_corporation()
    first, second = await desk.person(), await desk.person()
    members = [{"kind": "adult", "inburgeraarId": str(one)} for one in (first, second)]
    household, home = await desk.household(members=members), await desk.dwelling(rooms=2)
    await leave(desk, await desk.house(household, home), day(0))
    await forget(desk, first)
    shown = await desk.get(f"/households/{household['id']}", desk.vwn())
    assert (shown["status"], shown["leftOn"]) == ("housed", str(day(0)))
    await forget(desk, second)
    assert await desk.bench.sql("SELECT 1 FROM housing.household") == []
    assert await status(desk, f"/dwellings/{home['id']}") == "offered", "it stays free"


@pytest.mark.capability("HO-05", part="a corporation learns nothing of why somebody left")
async def test_a_corporation_does_not_find_the_reason_by_trying_them_all(desk: Desk) -> None:
    await desk.housing_corporation()
    household, home = await desk.household(), await desk.dwelling()
    match = await desk.house(household, home)
    await leave(desk, match, day(0), "died")

    answers = [
        await leave(desk, match, day(0), reason, caller=desk.corporation())
        for reason in ("died", "left", "own-home", "other-gemeente")
    ]
    assert {(one["leftOn"], one["leftReason"]) for one in answers} == {(str(day(0)), None)}
    refused = await leave(desk, match, day(0), "left", expect=409)
    assert refused["code"] == "home-left"
    seen = await desk.get(f"/matches/{match['id']}", desk.vwn())
    assert seen["leftReason"] == "died"
