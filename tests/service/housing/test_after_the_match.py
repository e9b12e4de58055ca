# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Temporary stays, sharing, nareis, urgency, agreements, waits and reports of the desk."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from contracts.housing import HousingDeadlineMet, HousingDeadlineSet
from services.housing.jobs import follow_up_stays
from tests.service.housing.match_desk import (
    LV,
    OEGSTGEEST,
    VOLUNTEER,
    VOORSCHOTEN,
    WASSENAAR,
    WILLIBRORDUS,
    Desk,
    codes,
    day,
)


@pytest.mark.capability("HO-12")
async def test_at_month_nine_of_a_flow_through_stay_a_next_home_is_looked_for(desk: Desk) -> None:
    await desk.housing_corporation()
    desk.on(date(2024, 2, 1))
    person, household = await desk.known(linkedOn="2024-01-08")
    transit = await desk.dwelling(kind="transit", rooms=1)
    assert transit["maxStayMonths"] == 12
    await desk.house(household, transit, date(2024, 2, 1))
    stay = {one.rule: one for one in await desk.bench.published(HousingDeadlineSet)}["temporary-stay"]
    assert (stay.inburgeraar_id, stay.early_on, stay.due_on) == (person, date(2024, 11, 1), date(2025, 1, 31))
    desk.on(date(2024, 10, 31))
    await follow_up_stays(desk.bench.live.context)
    assert await desk.items("/tasks", desk.vwn()) == []
    desk.on(date(2024, 11, 1))
    await follow_up_stays(desk.bench.live.context)
    await follow_up_stays(desk.bench.live.context)
    (task,) = await desk.items("/tasks", desk.vwn())
    assert (task["kind"], task["householdId"], task["dueOn"]) == (
        "follow-up-home",
        household["id"],
        "2025-01-31",
    )
    # A home for good ends the stay and the task; the person does not count again.
    await desk.house(household, await desk.dwelling(), date(2024, 11, 1))
    assert {one["status"] for one in await desk.items("/tasks", desk.vwn())} == {"withdrawn"}
    met = {one.deadline_id: one.met_on for one in await desk.bench.published(HousingDeadlineMet)}
    assert met[stay.deadline_id] == date(2024, 11, 1)
    rows = await desk.bench.sql("SELECT sum(persons) AS persons FROM housing.realisation")
    assert rows[0].persons == 1


@pytest.mark.capability("HO-12", part="projects with site, money and permit: the five of Voorschoten")
async def test_projects_say_where_they_stand(desk: Desk) -> None:
    caller = desk.gemeente("0626")
    made: Any = None
    for number in range(1, 6):
        body = {
            "gemeentecode": "0626",
            "name": f"Flexlocatie {number}",
            "site": f"Locatie {number}",
            "kind": "flex",
            "places": 20,
            "status": "planned",
            "budgetCents": 150_000_000,
            "source": "Rapport rekenkamers 3.4",
        }
        made = await desk.post("/flex-projects", caller, body)
    patch = {"status": "permit-given", "permitOn": "2024-10-01"}
    path = f"/flex-projects/{made['id']}"
    changed = await desk.ask("PATCH", path, caller, patch, headers={"If-Match": '"1"'})
    assert (changed["status"], changed["permitOn"]) == ("permit-given", "2024-10-01")
    (kept,) = [one for one in await desk.items("/flex-projects", caller) if one["id"] == made["id"]]
    assert (made["version"], kept["version"]) == (1, 2), "who changes a project names the version it read"
    assert len(await desk.items("/flex-projects", desk.vwn(), gemeentecode="0626")) == 5
    await desk.ask("PATCH", path, desk.gemeente(WASSENAAR), patch, 403, headers={"If-Match": '"2"'})
    kept = await desk.ask("PATCH", path, caller, {"status": "stopped"}, headers={"If-Match": '"2"'})
    assert kept["permitOn"] == "2024-10-01", "a day that is not named stays"
    emptied = {"status": "stopped", "permitOn": None}
    gone = await desk.ask("PATCH", path, caller, emptied, headers={"If-Match": '"3"'})
    assert gone["permitOn"] is None


@pytest.mark.capability("HO-08")
async def test_up_to_three_singles_share_with_consent_and_a_conflict_asks_for_another_place(
    desk: Desk,
) -> None:
    await desk.housing_corporation()
    dwelling = await desk.dwelling(rooms=4, shareSlots=3, minPersons=3, quarter="Oostdorp")
    desk.on(date(2024, 3, 1))
    singles = [await desk.household(linkedOn="2024-01-08", acceptsSharing=True) for _ in range(4)]
    unwilling = await desk.household(linkedOn="2024-01-08")
    refused = await desk.propose(unwilling, dwelling, 409, shared=True)
    assert codes(refused) == {"share-consent"}
    for single in singles[:3]:
        match = await desk.house(single, dwelling, date(2024, 3, 1))
        assert match["shared"] is True
    assert (await desk.propose(singles[3], dwelling, 409))["code"] == "dwelling-not-offered"
    path = f"/dwellings/{dwelling['id']}"
    sharing = await desk.get(f"{path}/sharing", desk.vwn())
    assert (sharing["living"], sharing["openConflicts"], sharing["succeeds"]) == (3, 0, None)
    desk.on(date(2024, 9, 1))
    assert (await desk.get(f"{path}/sharing", desk.vwn()))["succeeds"] is True
    body = {"householdId": singles[0]["id"], "occurredOn": "2024-09-01", "kind": "noise"}
    conflict = await desk.post(f"{path}/conflicts", desk.vwn(), body)
    (task,) = await desk.items("/tasks", desk.vwn(), status="open", householdId=singles[0]["id"])
    assert await desk.items("/tasks", desk.vwn(), status="open", householdId=singles[1]["id"]) == []
    assert (task["kind"], task["householdId"], task["dueOn"]) == (
        "reallocation",
        singles[0]["id"],
        "2024-09-29",
    )
    assert (await desk.get(f"{path}/sharing", desk.vwn()))["succeeds"] is False
    await desk.post(
        f"/share-conflicts/{conflict['id']}/solution", desk.vwn(), {"solvedOn": "2024-09-01"}, 200
    )
    assert await desk.items("/tasks", desk.vwn(), status="open") == []


@pytest.mark.capability("HO-07")
async def test_a_single_with_four_coming_gets_a_shared_place_with_a_planned_exit(desk: Desk) -> None:
    await desk.housing_corporation()
    reunion = {"persons": 4, "adults": 1, "expectedOn": "2025-02-01", "grantedOn": "2024-10-01"}
    household = await desk.household(acceptsSharing=True, reunion=reunion)
    assert household["reunions"][0]["persons"] == 4
    shared = await desk.dwelling(kind="flex", rooms=3, maxStayMonths=12, shareSlots=2, minPersons=2)
    match = await desk.house(household, shared)
    assert (match["shared"], match["facts"]["expectedPersons"]) == (True, 4)
    (task,) = await desk.items("/tasks", desk.vwn(), kind="reunion-exit")
    assert (task["status"], task["dueOn"]) == ("open", "2025-02-01")
    path = f"/households/{household['id']}/reunions/{household['reunions'][0]['id']}"
    for sooner_or_later in ("2025-01-06", "2025-02-03"):
        shown = await desk.client.get(f"/housing/v1/households/{household['id']}", headers=desk.vwn())
        known, change = {"If-Match": shown.headers["ETag"]}, {"expectedOn": sooner_or_later}
        await desk.ask("PATCH", path, desk.vwn(), change, headers=known)
        (task,) = await desk.items("/tasks", desk.vwn(), kind="reunion-exit")
        assert (task["status"], task["dueOn"]) == ("open", sooner_or_later), "the task follows the day"
    desk.on(date(2025, 2, 3))
    path = f"/reunions/{household['reunions'][0]['id']}/arrival"
    arrived = await desk.post(path, desk.vwn(), {"arrivedOn": "2025-02-03"}, 200)
    assert arrived["arrivedOn"] == "2025-02-03"
    shown = await desk.get(f"/households/{household['id']}", desk.vwn())
    assert (shown["adults"], shown["children"], shown["householdType"]) == (2, 3, "family")
    rows = await desk.bench.sql(
        "SELECT housed_on, count(*) AS n FROM housing.realisation GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [(day(0), 1), (date(2025, 2, 3), 4)]


@pytest.mark.capability("HO-11")
async def test_the_urgency_rule_of_the_gemeente_stands_in_the_reason_of_the_match(desk: Desk) -> None:
    await desk.housing_corporation()
    body = {
        "gemeentecode": WASSENAAR,
        "statusHolders": True,
        "priorityGroups": ["women-shelter"],
        "explanation": "Statushouders staan in de urgentieregeling.",
        "validFrom": "2024-01-01",
        "source": "Huisvestingsverordening Wassenaar",
    }
    await desk.post("/urgency-rules", desk.gemeente(), body)
    assert (await desk.post("/urgency-rules", desk.gemeente(), body, 409))["code"] == "urgency-rule-exists"
    household = await desk.household(priorityGroup="women-shelter")
    match = await desk.propose(household, await desk.dwelling())
    assert match["facts"]["urgency"] == {
        "rule": True,
        "statusHolders": True,
        "priorityGroup": "women-shelter",
        "explanation": "Statushouders staan in de urgentieregeling.",
        "source": "Huisvestingsverordening Wassenaar",
    }
    other = await desk.propose(await desk.household(), await desk.dwelling())
    assert other["facts"]["urgency"]["priorityGroup"] is None


@pytest.mark.capability("HO-09")
async def test_a_rule_shows_the_matches_that_it_costs_and_an_agreement_what_was_not_delivered(
    desk: Desk,
) -> None:
    corporation = await desk.housing_corporation()
    path = f"/corporations/{corporation}/performance-agreements"
    body = {"gemeentecode": WASSENAAR, "year": 2024, "dwellings": 20, "source": "Prestatieafspraken 2024"}
    await desk.post(path, desk.gemeente(), body)
    assert (await desk.post(path, desk.gemeente(), body, 409))["code"] == "performance-agreement-exists"
    assert codes(await desk.post(path, desk.gemeente(), {**body, "dwellings": -1}, 400))
    await desk.post(path, desk.gemeente(), {**body, "gemeentecode": LV}, 403)
    other = await desk.post(path, desk.gemeente(LV), {**body, "gemeentecode": LV}, 400)
    assert codes(other) == {"other-gemeente"}
    (agreed,) = await desk.items("/performance-agreements", desk.gemeente())
    mend, fewer = f"/performance-agreements/{agreed['id']}", {"dwellings": 20, "source": body["source"]}
    first = {"If-Match": '"1"'}
    await desk.ask("PATCH", mend, desk.gemeente(LV), fewer, 403, headers=first)
    mended = await desk.ask("PATCH", mend, desk.gemeente(), fewer, headers=first)
    assert (mended["dwellings"], mended["source"], mended["version"]) == (20, body["source"], 2)
    stale = await desk.ask("PATCH", mend, desk.gemeente(), fewer, 412, headers=first)
    assert stale["code"] == "stale-version"
    dwellings = [await desk.dwelling(rooms=rooms) for rooms in (4, 1, *(11 * [4]))]
    gone = {"on": "2024-11-05", "reason": "Toch niet leeg."}
    await desk.post(f"/dwellings/{dwellings[0]['id']}/withdrawal", desk.corporation(), gone, 200)
    (agreement,) = await desk.items("/performance-agreements", desk.corporation())
    assert (agreement["dwellings"], agreement["delivered"], agreement["difference"]) == (20, 12, -8)

    for _ in range(3):
        await desk.household()
    await desk.household(adults=2, children=2)
    for at, (kind, value, matches) in enumerate(
        (
            # One single gets the studio, and the family a house.
            ("no-singles-in-family-dwelling", None, 2),
            ("pause", None, 0),
            ("most-per-year", 3, 3),
        )
    ):
        desk.on(day(at))  # each rule holds on a day of its own
        body = {"kind": kind, "validFrom": str(day(at)), "validUntil": str(day(at)), "source": "Brief"}
        rule = await desk.post(
            f"/corporations/{corporation}/rules", desk.gemeente(), body | ({"value": value} if value else {})
        )
        path = f"/corporations/{corporation}/rules/{rule['id']}/effect"
        effect = await desk.get(path, desk.vwn())
        assert (effect["households"], effect["dwellings"]) == (4, 12)
        assert await desk.get(path, desk.corporation()) == effect, "its own rule, in numbers"
        await desk.get(path, desk.corporation(WILLIBRORDUS), 404)
        shown = (effect["matchesWith"], effect["matchesWithout"], effect["extraMatches"])
        assert shown == (matches, 4, 4 - matches), kind


@pytest.mark.capability("HO-04")
async def test_waits_are_shown_per_kind_of_household_and_long_ones_are_flagged(desk: Desk) -> None:
    for linked, housed in (
        ("2022-01-01", "2023-11-01"),
        ("2022-03-01", "2024-01-01"),
        ("2022-05-01", "2024-03-01"),
    ):
        await desk.household(LV, adults=2, children=1, linkedOn=linked, housedOn=housed)
    waiting = await desk.household(LV, adults=2, children=7, linkedOn="2022-11-04")
    await desk.household(LV, linkedOn="2022-11-05")  # 24 months to the day, and not more
    table = await desk.get("/waiting-times", desk.gemeente(LV), gemeentecode=LV)
    every, small = table["toKey"]
    assert (every["householdType"], small["householdType"]) == (None, "small-family")
    assert (every["meanMonths"], every["medianMonths"], every["maxMonths"]) == (22.0, 22.0, 22.0)
    assert (every["households"], every["longWaits"], every["maxDays"]) == (3, 0, 671)
    assert table["longWaitingHouseholdIds"] == [waiting["id"]]
    assert {one["householdType"]: one["longWaits"] for one in table["waiting"]} == {
        None: 1,
        "single": 0,
        "large-family": 1,
    }
    await desk.get("/waiting-times", desk.gemeente(WASSENAAR), 403, gemeentecode=LV)


@pytest.mark.capability("HO-06")
async def test_refusals_are_counted_by_reason_and_large_families_without_an_offer_are_named(
    desk: Desk,
) -> None:
    await desk.housing_corporation()
    family = await desk.household(adults=2, children=8)
    single = await desk.household()
    for refusal in ("too-small", "too-small", "location"):
        match = await desk.propose(single, await desk.dwelling())
        await desk.decide(match, "rejected", refusal=refusal)
    match = await desk.propose(single, await desk.dwelling())
    await desk.decide(match)
    await desk.step(match, "declined", desk.vwn(), refusal="work")
    report = await desk.get("/refusals", desk.vwn(), gemeentecode=WASSENAAR)
    assert [(one["refusal"], one["by"], one["matches"]) for one in report["refusals"]] == [
        ("too-small", "gemeente", 2),
        ("location", "gemeente", 1),
        ("work", "household", 1),
    ]
    assert report["largeFamiliesWithoutOffer"] == [family["id"]]


@pytest.mark.capability("PX-13", part="homes, moves and the team of VluchtelingenWerk per week")
async def test_the_weeks_to_come_tell_homes_and_people(desk: Desk) -> None:
    await desk.housing_corporation()
    match = await desk.propose(
        await desk.household(adults=2), await desk.dwelling(rooms=2, availableFrom="2024-11-11")
    )
    await desk.decide(match)
    found = await desk.get("/weeks", desk.vwn(), gemeentecode=WASSENAAR, weeks=4)
    weeks = {one["week"]: one for one in found["weeks"]}
    assert list(weeks) == ["2024-11-04", "2024-11-11", "2024-11-18", "2024-11-25"]
    assert weeks["2024-11-11"]["dwellings"] == 1
    assert (weeks["2024-11-18"]["moves"], weeks["2024-11-18"]["persons"]) == (1, 2)
    assert (weeks["2024-11-18"]["volunteers"], weeks["2024-11-18"]["withoutVolunteer"]) == (0, 1)
    second = await desk.propose(await desk.household(), await desk.dwelling())
    await desk.decide(second)
    for helped in (match, second):
        body = {"volunteerId": str(VOLUNTEER)}
        await desk.put(f"/matches/{helped['id']}/volunteer", desk.vwn(), body)
    (week,) = [
        one
        for one in (await desk.get("/weeks", desk.vwn(), gemeentecode=WASSENAAR, weeks=4))["weeks"]
        if one["moves"]
    ]
    assert (week["moves"], week["persons"]) == (2, 3)
    assert (week["volunteers"], week["withoutVolunteer"]) == (1, 0), "one volunteer helps at both"
    assert (week["teamMoves"], week["teamShort"]) == (None, None), "the team announced nothing"
    path = f"/team-capacities/{WASSENAAR}"
    await desk.put(f"{path}/2024-11-04", desk.vwn(), {"moves": 2, "untilWeek": "2024-11-18"})
    desk.on(date(2024, 11, 6))
    told = await desk.put(f"{path}/{week['week']}", desk.vwn(), {"moves": 1})
    assert [(one["week"], one["moves"], one["announcedOn"]) for one in told["rows"]] == [
        ("2024-11-04", 2, "2024-11-05"),
        ("2024-11-11", 2, "2024-11-05"),
        ("2024-11-18", 1, "2024-11-06"),
    ]
    weeks = (await desk.get("/weeks", desk.gemeente(), gemeentecode=WASSENAAR, weeks=4))["weeks"]
    assert [(one["moves"], one["teamMoves"], one["teamShort"]) for one in weeks] == [
        (0, 2, 0),
        (0, 2, 0),
        (2, 1, 1),
        (0, None, None),
    ]
    assert weeks[2]["teamAnnouncedOn"] == "2024-11-06"


@pytest.mark.capability("PX-13", part="the team of VluchtelingenWerk announces what it can take")
async def test_the_team_announces_for_weeks_to_come_where_it_works_and_nobody_else_does(desk: Desk) -> None:
    path = f"/team-capacities/{WASSENAAR}"
    for week, body, place in (
        ("2024-11-05", {"moves": 2}, "week"),  # a Tuesday
        ("2024-10-28", {"moves": 2}, "week"),
        ("2025-11-03", {"moves": 2}, "week"),  # 52 weeks ahead
        ("2024-11-11", {"moves": 2, "untilWeek": "2024-11-04"}, "/untilWeek"),
        ("2024-11-11", {"moves": 2, "untilWeek": "2024-11-12"}, "/untilWeek"),
        ("2024-11-11", {"moves": 2, "untilWeek": "2034-11-13"}, "/untilWeek"),
        ("2024-11-11", {"moves": -1}, "/moves"),
        ("2024-11-11", {"moves": 201}, "/moves"),
        ("2024-11-11", {"moves": "2"}, "/moves"),
        ("2024-11-11", {}, "/moves"),
    ):
        refused = await desk.put(f"{path}/{week}", desk.vwn(), body, 400)
        assert [one.get("pointer") or one["parameter"] for one in refused["errors"]] == [place], body
    await desk.put(f"{path}/2024-11-11", desk.gemeente(), {"moves": 2}, 403)
    await desk.put(f"/team-capacities/{VOORSCHOTEN}/2024-11-11", desk.vwn(), {"moves": 2}, 403)
    await desk.put(f"{path}/2024-11-11", desk.vwn(OEGSTGEEST), {"moves": 2}, 403)
    weeks = (await desk.get("/weeks", desk.vwn(), gemeentecode=WASSENAAR, weeks=4))["weeks"]
    assert {one["teamMoves"] for one in weeks} == {None}, "nothing of it was kept"


async def test_a_corporation_offers_its_own_dwellings_only(desk: Desk) -> None:
    corporation = await desk.housing_corporation()
    body: dict[str, Any] = {
        "quarter": "Kerkehout",
        "rooms": 3,
        "sizeM2": 70,
        "rentCents": 60_000,
        "availableFrom": "2024-11-01",
    }
    await desk.post("/dwellings", desk.corporation(), {**body, "corporationId": "x"}, 400)
    await desk.post("/dwellings", desk.corporation(organisation=UUID(int=9)), body, 403)
    made = await desk.post("/dwellings", desk.vwn(), {**body, "corporationId": corporation})
    assert made["maxPersons"] == 4
    for field, value in (("rooms", 0), ("rentCents", -1), ("sizeM2", 0), ("minPersons", 9)):
        refused = await desk.post("/dwellings", desk.corporation(), {**body, field: value}, 400)
        assert refused["errors"][0]["pointer"] == f"/{field}"
