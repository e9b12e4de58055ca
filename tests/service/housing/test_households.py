# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Households that COA linked: their clocks, who sees them, and what is refused."""

from datetime import date
from uuid import uuid4

import pytest

from contracts.housing import (
    HouseholdLinked,
    HousingDeadlineMet,
    HousingDeadlineSet,
    HousingDeadlineWithdrawn,
)
from tests.service.housing.match_desk import LV, OEGSTGEEST, WASSENAAR, Desk, codes


@pytest.mark.capability("HO-03")
async def test_a_link_of_8_january_asks_for_a_house_by_18_march_and_an_offer_then_for_a_move_by_1_april(
    desk: Desk,
) -> None:
    desk.on(date(2024, 1, 9))
    await desk.housing_corporation()
    person, household = await desk.known(linkedOn="2024-01-08")
    assert household["houseDueOn"] == "2024-03-18"
    assert household["moveDueOn"] is None
    desk.on(date(2024, 3, 18))
    dwelling = await desk.dwelling(availableFrom="2024-03-18")
    match = await desk.propose(household, dwelling)
    assert (await desk.decide(match))["moveDueOn"] == "2024-04-01"  # Easter Monday: no shift
    assert (await desk.get(f"/households/{household['id']}", desk.gemeente()))["overrunDays"] == 0
    clocks = {one.rule: one for one in await desk.bench.published(HousingDeadlineSet)}
    assert clocks["house-ten-weeks"].due_on == date(2024, 3, 18)
    assert clocks["move-two-weeks"].due_on == date(2024, 4, 1)
    assert {one.inburgeraar_id for one in clocks.values()} == {person}
    (met,) = await desk.bench.published(HousingDeadlineMet)
    assert met.deadline_id == clocks["house-ten-weeks"].deadline_id
    desk.on(date(2024, 4, 11))
    shown = await desk.get(f"/households/{household['id']}", desk.gemeente())
    assert (shown["overrunDays"], shown["moveOverrunDays"], shown["weeksLost"]) == (0, 10, 3)


@pytest.mark.capability("HO-23", part="the weeks")
async def test_who_waits_past_the_term_shows_the_days_and_the_weeks_lost(desk: Desk) -> None:
    household = await desk.household(linkedOn="2024-01-08")
    assert household["overrunDays"] == 232  # 18 March to 5 November
    assert household["weeksLost"] == 33
    assert household["longWait"] is False


async def test_members_are_adults_and_children_and_never_names(desk: Desk) -> None:
    person = await desk.person()
    members = [
        {"kind": "adult", "inburgeraarId": str(person)},
        {"kind": "child", "birthYear": 2015},
        {"kind": "child", "birthYear": 2018},
    ]
    household = await desk.household(members=members)
    assert (household["adults"], household["children"], household["persons"]) == (1, 2, 3)
    assert household["householdType"] == "small-family"
    (link,) = await desk.bench.published(HouseholdLinked)
    assert link.inburgeraar_ids == (person,)
    assert (link.adults, link.children) == (1, 2)
    refused = await desk.household(members=[{"kind": "adult", "name": "A. Bakr"}], expect=400)
    assert refused["errors"][0]["pointer"] == "/members/0/name"


async def test_somebody_is_in_one_household_at_a_time(desk: Desk) -> None:
    person, _ = await desk.known()
    again = await desk.household(members=[{"kind": "adult", "inburgeraarId": str(person)}], expect=409)
    assert again["code"] == "person-in-household"
    unknown = await desk.household(members=[{"kind": "adult", "inburgeraarId": str(uuid4())}], expect=409)
    assert unknown["code"] == "reference-not-yet-known"
    assert unknown["errors"][0]["pointer"] == "/members/0/inburgeraarId"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"adults": 0, "children": 0}, "/adults", id="nobody"),
        pytest.param({"members": []}, "/members", id="no-members"),
        pytest.param({"adults": -1}, "/adults", id="negative"),
        pytest.param({"adults": 1, "children": -2}, "/children", id="negative-children"),
        pytest.param({"linkedOn": "2024-12-01"}, "/linkedOn", id="future"),
        pytest.param(
            {"linkedOn": "2024-10-01", "housedOn": "2024-09-01"}, "/linkedOn", id="link-after-house"
        ),
        pytest.param(
            {"reunion": {"persons": 0, "expectedOn": "2025-01-01"}}, "/reunion/persons", id="no-family"
        ),
        pytest.param({"rentMaxCents": 5.5}, "/rentMaxCents", id="half-a-cent"),
        pytest.param({"nationality": "x"}, "/nationality", id="origin"),
    ],
)
async def test_what_cannot_be_is_explained_with_its_place(
    desk: Desk, fields: dict[str, object], pointer: str
) -> None:
    refused = await desk.household(expect=400, **fields)  # type: ignore[arg-type]
    assert pointer in {error["pointer"] for error in refused["errors"]}
    assert await desk.items("/households", desk.gemeente()) == []


async def test_while_a_match_is_only_proposed_a_corrected_link_moves_the_term_too(desk: Desk) -> None:
    await desk.housing_corporation()
    _, household = await desk.known(linkedOn="2024-09-02")
    match = await desk.propose(household, await desk.dwelling())
    path, caller = f"/households/{household['id']}", desk.gemeente()

    async def linked(day: str) -> list[date]:
        version = (await desk.get(path, caller))["version"]
        await desk.ask("PATCH", path, caller, {"linkedOn": day}, headers={"If-Match": f'"{version}"'})
        return [one.due_on for one in await desk.bench.published(HousingDeadlineSet)]

    assert await linked("2024-09-09") == [date(2024, 11, 11), date(2024, 11, 18)]
    await desk.decide(match)
    assert len(await linked("2024-09-16")) == 3, "approved is offered in time or late: the ten weeks are over"


async def test_a_corrected_link_moves_the_term_and_a_lost_race_changes_nothing(desk: Desk) -> None:
    _, household = await desk.known(linkedOn="2024-09-02")
    path, caller = f"/households/{household['id']}", desk.gemeente()
    changed = await desk.ask(
        "PATCH",
        path,
        caller,
        {"linkedOn": "2024-09-09", "needsAccessible": True},
        headers={"If-Match": '"1"'},
    )
    assert (changed["houseDueOn"], changed["needsAccessible"]) == ("2024-11-18", True)
    await desk.ask("PATCH", path, caller, {"asksSchool": True}, 412, headers={"If-Match": '"1"'})
    await desk.ask("PATCH", path, caller, {"asksSchool": True}, 428)
    assert [one.due_on for one in await desk.bench.published(HousingDeadlineSet)] == [
        date(2024, 11, 11),
        date(2024, 11, 18),
    ]


async def test_an_unlinked_household_has_no_clock_and_no_match(desk: Desk) -> None:
    await desk.housing_corporation()
    _, household = await desk.known()
    body = {"unlinkedOn": "2024-11-01", "reason": "other-gemeente"}
    gone = await desk.post(f"/households/{household['id']}/unlink", desk.gemeente(), body, 200)
    assert (gone["status"], gone["unlinkReason"]) == ("unlinked", "other-gemeente")
    assert len(await desk.bench.published(HousingDeadlineWithdrawn)) == 1
    refused = await desk.propose(household, await desk.dwelling(), 409)
    assert refused["code"] == "household-ended"


async def test_a_gemeente_sees_its_own_households_and_the_province_and_corporations_none(desk: Desk) -> None:
    household = await desk.household()
    path = f"/households/{household['id']}"
    await desk.get(path, desk.gemeente(OEGSTGEEST), 404)
    await desk.get(path, desk.vwn(LV), 404)
    assert (await desk.get(path, desk.vwn()))["id"] == household["id"]
    await desk.get(path, desk.province(), 403)
    await desk.get(path, desk.corporation(), 403)
    assert await desk.items("/households", desk.gemeente(OEGSTGEEST)) == []
    elsewhere = {"gemeentecode": OEGSTGEEST, "linkedOn": "2024-09-02", "adults": 1}
    await desk.post("/households", desk.gemeente(WASSENAAR), elsewhere, 403)


async def test_each_look_at_somebody_is_logged(desk: Desk) -> None:
    person, household = await desk.known()
    await desk.get(f"/households/{household['id']}", desk.vwn())
    rows = await desk.bench.sql(
        "SELECT operation FROM housing.access_log WHERE inburgeraar_id = :id ORDER BY at", id=person
    )
    assert {row.operation for row in rows} == {"linkHousehold", "readHousehold"}


@pytest.mark.capability("HO-15", part="consent")
async def test_consent_is_dated_and_can_be_taken_back(desk: Desk) -> None:
    household = await desk.household()
    path, caller = f"/households/{household['id']}/consents", desk.vwn()
    body = {"kind": "exchange", "gemeentecode": OEGSTGEEST, "givenOn": "2024-11-01"}
    given = await desk.post(path, caller, body)
    assert (await desk.get(f"/households/{household['id']}", caller))["exchange"] == [OEGSTGEEST]
    assert (await desk.post(path, caller, body, 409))["code"] == "consent-exists"
    assert codes(
        await desk.post(path, caller, {"kind": "sharing", "gemeentecode": LV, "givenOn": "2024-11-01"}, 400)
    ) == {"form"}
    await desk.post(f"{path}/{given['id']}/revocation", caller, {"revokedOn": "2024-11-04"}, 200)
    assert (await desk.get(f"/households/{household['id']}", caller))["exchange"] == []
    (shown,) = await desk.items(path, caller)
    assert (shown["givenOn"], shown["revokedOn"]) == ("2024-11-01", "2024-11-04")


async def test_a_household_stays_at_a_reception_site_only_that_is_on_the_list(desk: Desk) -> None:
    unknown = "00000000-0000-4000-8000-000000000001"
    refused = await desk.household(receptionSiteId=unknown, expect=409)
    assert (refused["code"], refused["errors"][0]["pointer"]) == (
        "reference-not-yet-known",
        "/receptionSiteId",
    )
