# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A change of the law reaches the desk as a row with a date, without another release."""

from typing import Any
from uuid import UUID

import pytest

from contracts.access import Role
from tests.service.housing.match_desk import LV, WASSENAAR, Desk, day
from tests.service.housing.test_searches import proposals, searched

TASKS: dict[str, Any] = {
    "kind": "tasks",
    "firstGemeentecode": WASSENAAR,
    "secondGemeentecode": LV,
    "personsToSecond": 20,
    "receptionPlaces": 60,
    "halfYear": "2025-1",
    "planReference": "Provinciaal plan 2025",
    "decisionReference": "Verdeelbesluit 2024-12",
    "reason": "Wassenaar vangt op, Leidschendam-Voorburg huisvest.",
}


async def switch(desk: Desk, name: str, since: str, *, on: bool = False) -> None:
    administrator = desk.bench.as_caller(
        roles={Role.ADMINISTRATOR}, organisation_id=UUID(int=91), organisation_kind="operations"
    )
    response = await desk.bench.client.put(
        f"/housing/v1/law-switches/{name}/{since}",
        json={"on": on, "source": f"Wet over {name}"},
        headers=administrator,
    )
    assert response.status_code == 200, response.text


@pytest.mark.capability("HO-22")
async def test_each_law_is_off_and_on_again_by_a_row_with_a_date(desk: Desk) -> None:
    await desk.housing_corporation()
    rule = {
        "gemeentecode": WASSENAAR,
        "statusHolders": True,
        "priorityGroups": [],
        "explanation": "Statushouders gaan voor.",
        "validFrom": "2024-01-01",
        "source": "Verordening",
    }
    await desk.post("/urgency-rules", desk.gemeente(), rule)
    for name in ("priority", "spreidingswet", "doorstroomlocaties"):
        await switch(desk, name, str(day(10)))
        await switch(desk, name, str(day(20)), on=True)
    await switch(desk, "taakstelling", "2025-01-01")
    await switch(desk, "taakstelling", "2025-07-01", on=True)

    for half_year, known in (("2024-2", True), ("2025-1", False), ("2025-2", True)):
        body = {"target": 25, "publishedOn": "2024-11-01"}
        path = f"/taakstellingen/{WASSENAAR}/{half_year}"
        await desk.put(path, desk.gemeente(), body, 200 if known else 409)
    for at, known in ((9, True), (10, False), (19, False), (20, True)):
        desk.on(day(at))
        match = await desk.propose(await desk.household(), await desk.dwelling())
        assert match["facts"]["urgency"]["statusHolders"] is known
        made = 201 if known else 409
        await desk.post("/exchanges", desk.gemeente(), TASKS | {"halfYear": "2024-2"}, made)
        await desk.dwelling(kind="transit", availableFrom=str(day(at)), expect=made)


@pytest.mark.capability("HO-22", part="a ban on priority")
async def test_a_ban_on_priority_takes_the_effect_from_the_urgency_rule_of_a_gemeente(desk: Desk) -> None:
    await desk.housing_corporation()
    await desk.bench.sql(
        "INSERT INTO housing.urgency_rule (id, gemeentecode, status_holders, priority_groups, explanation, valid_from, "
        "source, version) VALUES (gen_random_uuid(), :code, true, ARRAY['women-shelter'], 'Urgent', '2024-01-01', "
        "'Verordening', 1)",
        code=WASSENAAR,
    )

    async def urgency() -> Any:
        household = await desk.household(priorityGroup="women-shelter")
        return (await desk.propose(household, await desk.dwelling()))["facts"]["urgency"]

    await switch(desk, "priority", "2024-12-01")
    before = await urgency()
    assert (before["statusHolders"], before["priorityGroup"], before["source"]) == (
        True,
        "women-shelter",
        "Verordening",
    )
    await switch(desk, "priority", "2024-11-01")
    banned = await urgency()
    assert (banned["statusHolders"], banned["priorityGroup"]) == (False, None)
    assert banned["source"] == "Wet over priority"


@pytest.mark.capability("HO-22", part="doorstroomlocaties")
async def test_a_doorstroom_dwelling_can_be_offered_only_while_the_law_knows_them(desk: Desk) -> None:
    await desk.housing_corporation()
    await desk.dwelling(kind="transit")
    await switch(desk, "doorstroomlocaties", "2025-01-01")
    await desk.dwelling(kind="transit")
    refused = await desk.dwelling(kind="transit", availableFrom="2025-01-01", expect=409)
    assert (refused["code"], refused["rule"]) == ("law-switched-off", "Wet over doorstroomlocaties")
    assert refused["errors"][0]["pointer"] == "/kind"
    await switch(desk, "doorstroomlocaties", "2025-01-01", on=True)
    await desk.dwelling(kind="transit", availableFrom="2025-01-01")


@pytest.mark.capability("HO-22", part="a law that changed since the proposal is told at the decision")
async def test_a_doorstroom_dwelling_is_not_approved_once_the_law_knows_them_no_more(desk: Desk) -> None:
    await desk.housing_corporation()
    match = await desk.propose(await desk.household(), await desk.dwelling(kind="transit", maxStayMonths=12))
    await switch(desk, "doorstroomlocaties", "2024-11-05")
    refused = await desk.decide(match, expect=409)
    assert (refused["code"], refused["rule"]) == ("law-switched-off", "Wet over doorstroomlocaties")
    assert (await desk.decide(match, "rejected"))["status"] == "rejected"
    waits, free = {"id": match["householdId"]}, {"id": match["dwellingId"]}
    refused = await desk.propose(waits, free, 409)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("law-switched-off", "/dwellingId")
    assert await proposals(desk, await searched(desk)) == [], "a search proposes none either"


@pytest.mark.capability("HO-22", part="the Spreidingswet")
async def test_tasks_are_swapped_for_reception_places_only_while_the_spreidingswet_holds(desk: Desk) -> None:
    await switch(desk, "spreidingswet", "2024-11-05")
    refused = await desk.post("/exchanges", desk.gemeente(WASSENAAR), TASKS, 409)
    assert (refused["code"], refused["rule"]) == ("law-switched-off", "Wet over spreidingswet")
    await switch(desk, "spreidingswet", "2024-11-05", on=True)
    await desk.post("/exchanges", desk.gemeente(WASSENAAR), TASKS)
    # What was proposed while the law knew it is not settled once it does not.
    exchange = await desk.post("/exchanges", desk.gemeente(WASSENAAR), TASKS)
    await switch(desk, "taakstelling", "2025-01-01")
    refused = await desk.post("/exchanges", desk.gemeente(WASSENAAR), TASKS, 409)
    assert refused["errors"][0]["pointer"] == "/halfYear"
    agreement = f"/exchanges/{exchange['id']}/agreement"
    refused = await desk.post(agreement, desk.gemeente(LV), None, 409)
    assert (refused["code"], refused["rule"]) == ("law-switched-off", "Wet over taakstelling")
