# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A departure and a key that were recorded by mistake: what stood before stands again, or nothing changes."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from contracts.access import Role
from contracts.housing import (
    HouseholdLeft,
    HouseholdNotLeft,
    HousingDeadlineSet,
    HousingDeadlineWithdrawn,
    KeyHandedOver,
    PersonNotHoused,
)
from tests.service.housing.match_desk import OEGSTGEEST, VOLUNTEER, WILLIBRORDUS, Desk, day
from tests.service.housing.test_homes_left import leave
from tests.service.housing.test_never_moved_in import status
from tests.service.housing.test_realisations import balance

WHY = "Bij het verkeerde huishouden vastgelegd."


async def undo(
    desk: Desk,
    match: Any,
    what: str,
    expect: int = 200,
    *,
    caller: dict[str, str] | None = None,
    reason: str = WHY,
) -> Any:
    path = f"/matches/{match['id']}/{what}/taking-back"
    return await desk.post(path, caller or desk.vwn(), {"reason": reason}, expect)


async def with_key(desk: Desk, household: Any, home: Any) -> Any:
    """A match of which the household has the key, and no more."""
    match = await desk.propose(household, home)
    await desk.decide(match)
    await desk.step(match, "accepted", desk.vwn())
    return await desk.step(match, "key-handed-over", desk.vwn())


async def of_household(desk: Desk, household: Any) -> dict[str, Any]:
    """What stands for a household, as its rows say."""
    told: dict[str, Any] = {}
    for table, what in (
        ("household_member", "id, left_on"),
        ("task", "kind, status, closed_on"),
        ("share_conflict", "id, solved_on"),
        ("reunion", "id, withdrawn_on"),
        ("pin", "id, lifted_on"),
        ("stay", "id, ended_on, end_reason"),
        ("deadline", "rule, inburgeraar_id, status"),
    ):
        rows = await desk.bench.sql(
            f"SELECT {what} FROM housing.{table} WHERE household_id = :id ORDER BY 1, 2",
            id=UUID(household["id"]),
        )
        told[table] = [tuple(row) for row in rows]
    told["status"] = await status(desk, f"/households/{household['id']}")
    return told


@pytest.mark.capability("HO-05", part="a departure that was recorded by mistake is taken back")
async def test_who_was_said_to_have_left_lives_there_on_with_all_that_had_ended(desk: Desk) -> None:
    await desk.housing_corporation()
    _, household = await desk.known(acceptsSharing=True, reunion={"persons": 2, "expectedOn": "2025-02-01"})
    other = await desk.household(acceptsSharing=True)
    home = await desk.dwelling(kind="flex", rooms=3, minPersons=2, maxStayMonths=12, shareSlots=2)
    match = await desk.house(household, home)
    await desk.house(other, home)
    conflict = {"householdId": household["id"], "occurredOn": str(day(0)), "kind": "noise"}
    await desk.post(f"/dwellings/{home['id']}/conflicts", desk.vwn(), conflict)
    pin = {"kind": "hold", "householdId": household["id"], "reason": "x", "expiresOn": "2024-12-01"}
    await desk.post("/pins", desk.vwn(), pin)
    before = await of_household(desk, household)
    await leave(desk, match, day(0), "died")
    assert await of_household(desk, household) != before
    clocks = len(await desk.bench.published(HousingDeadlineSet))
    desk.on(day(3))

    back = await undo(desk, match, "departure")

    assert (back["status"], back["leftOn"], back["leftReason"]) == ("housed", None, None)
    assert back["takenBack"] == [
        {"what": "departure", "on": str(day(0)), "reason": WHY, "recordedOn": str(day(3))}
    ]
    assert await of_household(desk, household) == before
    assert await status(desk, f"/dwellings/{home['id']}") == "let"
    assert await balance(desk, day(3)) == -2, "they counted all the time"
    (told,) = await desk.bench.published(HouseholdNotLeft)
    (left,) = await desk.bench.published(HouseholdLeft)
    assert (told.household_id, told.match_id, told.dwelling_id) == (
        left.household_id,
        left.match_id,
        left.dwelling_id,
    )
    assert told.on == day(3)
    assert len(await desk.bench.published(HousingDeadlineSet)) == clocks + 1, "the stay runs again"


async def test_a_home_for_good_can_be_left_again_after_a_departure_was_taken_back(desk: Desk) -> None:
    await desk.housing_corporation()
    household, home = await desk.household(adults=2), await desk.dwelling(rooms=2)
    match = await desk.house(household, home)
    await leave(desk, match, day(0))
    await desk.bench.sql("UPDATE housing.stay SET took_along = NULL")  # recorded before this was kept
    await undo(desk, match, "departure")
    shown = await desk.get(f"/households/{household['id']}", desk.vwn())
    assert (len(shown["members"]), shown["leftOn"]) == (2, None)
    assert (await desk.propose(household, await desk.dwelling(rooms=2), 409))["code"] == "household-ended"
    assert (await undo(desk, match, "departure", 409))["code"] == "step-not-possible", "once is enough"

    again = await leave(desk, match, day(0), "left")

    assert (again["leftReason"], len(again["takenBack"])) == ("left", 1)
    assert await status(desk, f"/dwellings/{home['id']}") == "offered"
    assert len(await desk.bench.published(HouseholdLeft)) == 2


@pytest.mark.capability("HO-05", part="who took the home meanwhile keeps it")
async def test_a_departure_stays_when_the_home_is_no_longer_free(desk: Desk) -> None:
    await desk.housing_corporation()
    household, home = await desk.household(), await desk.dwelling()
    match = await desk.house(household, home)
    await leave(desk, match, day(0))
    left = await of_household(desk, household)
    following = await desk.propose(await desk.household(), home)
    offered = await undo(desk, match, "departure", 409)
    await desk.decide(following, "rejected")
    await desk.post(
        f"/dwellings/{home['id']}/withdrawal",
        desk.corporation(),
        {"on": str(day(0)), "reason": "Sloop."},
        200,
    )
    withdrawn = await undo(desk, match, "departure", 409)
    assert (offered["code"], offered["matchIds"]) == ("dwelling-taken", [following["id"]])
    assert "aan een ander huishouden aangeboden" in offered["detail"]
    assert (withdrawn["code"], "teruggenomen" in withdrawn["detail"]) == ("dwelling-not-offered", True)

    shared = await desk.dwelling(kind="shared", rooms=2, shareSlots=1, minPersons=3, maxPersons=3)
    one, next_one = [await desk.household(acceptsSharing=True) for _ in range(2)]
    place = await desk.house(one, shared)
    await leave(desk, place, day(0))
    await desk.house(next_one, shared)
    lived_in = await undo(desk, place, "departure", 409)
    assert (lived_in["code"], "woont intussen een ander" in lived_in["detail"]) == ("dwelling-taken", True)
    assert await of_household(desk, household) == left, "nothing of it was kept"
    assert await desk.bench.published(HouseholdNotLeft) == []


async def test_a_departure_stays_when_somebody_of_the_household_joined_another(desk: Desk) -> None:
    await desk.housing_corporation()
    person, household = await desk.known()
    home = await desk.dwelling()
    match = await desk.house(household, home)
    await leave(desk, match, day(0))
    await desk.household(members=[{"kind": "adult", "inburgeraarId": str(person)}])
    left = await of_household(desk, household)
    assert (await undo(desk, match, "departure", 409))["code"] == "person-in-household"
    assert await of_household(desk, household) == left
    assert await status(desk, f"/dwellings/{home['id']}") == "offered"


async def test_only_a_departure_can_be_taken_back_as_one(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(acceptsSharing=True)
    match = await desk.house(household, await desk.dwelling(rooms=4, minPersons=3, shareSlots=2))
    assert (await undo(desk, match, "departure", 409))["code"] == "step-not-possible", "nobody left"
    await desk.house(household, await desk.dwelling())
    refused = await undo(desk, match, "departure", 409)
    assert (refused["code"], "volgende match" in refused["detail"]) == ("step-not-possible", True)
    for reason in ("", "x" * 4001):
        wrong = await undo(desk, match, "departure", 400, reason=reason)
        assert wrong["errors"][0]["pointer"] == "/reason"


@pytest.mark.capability("HO-05", part="who may take a departure back")
async def test_the_gemeente_and_vluchtelingenwerk_take_a_departure_back_and_nobody_else(desk: Desk) -> None:
    await desk.housing_corporation()
    match = await desk.house(await desk.household(), await desk.dwelling())
    await leave(desk, match, day(0), caller=desk.corporation())
    for other, expect in (
        (desk.corporation(), 403),  # it does not see the household, nor why it was said to have left
        (desk.gemeente(OEGSTGEEST), 404),
        (desk.vwn(OEGSTGEEST), 404),
        (desk.province(), 403),
        (desk.vwn(role=Role.VWN_VOLUNTEER, subject=VOLUNTEER), 403),
    ):
        await undo(desk, match, "departure", expect, caller=other)
    assert (await undo(desk, match, "departure", caller=desk.gemeente()))["leftOn"] is None
    shown = await desk.get(f"/matches/{match['id']}", desk.corporation())
    assert (shown["leftOn"], shown["takenBack"]) == (None, []), "the reason is not for the corporation"


async def test_a_departure_is_taken_back_or_the_home_is_proposed_and_never_both(desk: Desk) -> None:
    await desk.housing_corporation()
    home = await desk.dwelling()
    match = await desk.house(await desk.household(), home)
    await leave(desk, match, day(0))
    wanted = {"householdId": (await desk.household())["id"], "dwellingId": home["id"], "reason": "Past."}
    path = f"/housing/v1/matches/{match['id']}/departure/taking-back"
    answers = await asyncio.gather(
        *(desk.client.post(path, headers=desk.vwn(), json={"reason": WHY}) for _ in range(2)),
        desk.client.post(
            "/housing/v1/matches", headers=desk.vwn() | {"Idempotency-Key": "next"}, json=wanted
        ),
    )
    statuses = [one.status_code for one in answers]
    assert sorted((statuses.count(200), statuses.count(201))) == [0, 1], [one.text for one in answers]
    assert statuses.count(409) == 2


@pytest.mark.capability(
    "HO-21", part="a key that was recorded by mistake is taken back before anybody moves in"
)
async def test_a_key_is_taken_back_and_the_move_can_be_recorded_again(desk: Desk) -> None:
    await desk.housing_corporation()
    person, household = await desk.known()
    home = await desk.dwelling()
    match = await with_key(desk, household, home)
    desk.on(day(2))

    back = await undo(desk, match, "key")

    assert (back["status"], back["keyOn"], back["acceptedOn"]) == ("accepted", None, str(day(0)))
    assert [(one["what"], one["on"]) for one in back["takenBack"]] == [("key", str(day(0)))]
    assert await desk.items(f"/matches/{match['id']}/checklist", desk.vwn()) == []
    assert await status(desk, f"/dwellings/{home['id']}") == "matched"
    assert await status(desk, f"/households/{household['id']}") == "matched"
    (told,) = await desk.bench.published(PersonNotHoused)
    assert (told.inburgeraar_id, str(told.match_id), told.on) == (person, match["id"], day(2))
    clocks = await desk.bench.sql("SELECT rule, status FROM housing.deadline ORDER BY rule")
    assert [tuple(row) for row in clocks] == [("house-ten-weeks", "met"), ("move-two-weeks", "running")]

    await desk.step(match, "key-handed-over", desk.vwn(), day(2))
    assert len(await desk.items(f"/matches/{match['id']}/checklist", desk.vwn())) == 12
    assert [one.key_on for one in await desk.bench.published(KeyHandedOver)] == [day(0), day(2)]
    rising = await desk.bench.sql(
        "SELECT aggregate_version FROM housing.outbox WHERE type LIKE '%key-handed-over%' "
        "OR type LIKE '%person-not-housed%' ORDER BY seq"
    )
    assert sorted({row.aggregate_version for row in rising}) == [row.aggregate_version for row in rising]
    await desk.step(match, "housed", desk.vwn(), day(2))
    late = await undo(desk, match, "key", 409)
    assert (late["code"], "realisatie" in late["detail"]) == ("step-not-possible", True)


@pytest.mark.capability("HO-12", part="a stay that ended by a key that was not given goes on")
async def test_a_stay_elsewhere_goes_on_when_the_key_of_a_next_one_is_taken_back(desk: Desk) -> None:
    await desk.housing_corporation()
    await desk.housing_corporation(WILLIBRORDUS)
    _, household = await desk.known()
    first = await desk.dwelling(kind="flex", maxStayMonths=12, organisation=WILLIBRORDUS)
    second = await desk.dwelling(kind="transit", maxStayMonths=6)
    await desk.house(household, first)
    before = await of_household(desk, household)
    match = await with_key(desk, household, second)
    assert await status(desk, f"/dwellings/{first['id']}") == "offered"
    taken = await desk.propose(await desk.household(), first)
    stands = await of_household(desk, household)
    refused = await undo(desk, match, "key", 409)
    assert (refused["code"], refused["matchIds"]) == ("dwelling-taken", [taken["id"]])
    by_corporation = await undo(desk, match, "key", 409, caller=desk.corporation())
    assert (by_corporation["code"], "matchIds" in by_corporation) == ("step-not-possible", False)
    assert await of_household(desk, household) == stands
    await desk.decide(taken, "rejected")

    await undo(desk, match, "key", caller=desk.corporation())

    after = await of_household(desk, household)
    running = {rule: state for rule, _, state in after.pop("deadline")}
    assert (running["move-two-weeks"], running["temporary-stay"]) == ("running", "running")
    assert after == {
        **{name: rows for name, rows in before.items() if name != "deadline"},
        "status": "matched",
    }
    homes = [await status(desk, f"/dwellings/{one['id']}") for one in (first, second)]
    assert homes == ["let", "matched"]


async def test_a_stay_that_began_with_a_key_by_mistake_is_no_more(desk: Desk) -> None:
    await desk.housing_corporation()
    _, household = await desk.known()
    match = await with_key(desk, household, await desk.dwelling(kind="flex", maxStayMonths=12))
    await undo(desk, match, "key", caller=desk.corporation())
    assert (await of_household(desk, household))["stay"] == []
    assert [one.reason for one in await desk.bench.published(HousingDeadlineWithdrawn)] == ["key-taken-back"]
    await desk.step(match, "key-handed-over", desk.vwn())
    await desk.step(match, "housed", desk.vwn())
    assert [row[1] for row in (await of_household(desk, household))["stay"]] == [None]


async def test_a_key_is_taken_back_by_who_hands_it_over_and_only_where_there_is_one(desk: Desk) -> None:
    await desk.housing_corporation()
    match = await desk.propose(await desk.household(), await desk.dwelling())
    assert (await undo(desk, match, "key", 409))["code"] == "step-not-possible"
    await desk.decide(match)
    for step in ("accepted", "key-handed-over"):
        await desk.step(match, step, desk.vwn())
    volunteer = desk.vwn(role=Role.VWN_VOLUNTEER, subject=VOLUNTEER)
    for other, expect in (
        (desk.gemeente(), 403),
        (desk.corporation(WILLIBRORDUS), 404),
        (desk.vwn(OEGSTGEEST), 404),
        (volunteer, 404),
    ):
        await undo(desk, match, "key", expect, caller=other)
    assert (await undo(desk, match, "key", 400, reason=" "))["errors"][0]["pointer"] == "/reason"
    await desk.ask("PUT", f"/matches/{match['id']}/volunteer", desk.vwn(), {"volunteerId": str(VOLUNTEER)})
    assert (await undo(desk, match, "key", caller=volunteer))["status"] == "accepted"
