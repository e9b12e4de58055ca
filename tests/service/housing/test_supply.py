# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Supply, pipeline, reception sites, the subsidy for large families, and what waiting costs."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.service.housing.account_books import LEIDEN, LV, OEGSTGEEST, VOORSCHOTEN, WASSENAAR, Books

NINE = [OEGSTGEEST, LEIDEN, "0547", VOORSCHOTEN, "0638", "0537", "0575", "1525", WASSENAAR]
ROL = {
    "name": "ROL Oegstgeest",
    "kind": "regional",
    "gemeentecode": OEGSTGEEST,
    "linkedGemeentecodes": NINE,
    "opensOn": "2021-09-01",
    "closesOn": "2025-11-30",
    "needsRenovation": True,
    "buildingNotedOn": "2024-11-01",
    "capacities": [
        {"placesFor": "statushouders", "since": "2021-09-01", "places": 175},
        {"placesFor": "spoedzoekers", "since": "2021-09-01", "places": 80},
    ],
    "source": "Rekenkamer 2025, 3.4",
}


@pytest.mark.capability("HO-14")
async def test_the_site_of_oegstgeest_has_205_places_and_seven_people_of_the_town(books: Books) -> None:
    policy = books.policy(OEGSTGEEST)
    site = await books.post("/reception-sites", policy, ROL)
    path = f"/reception-sites/{site['id']}"
    await books.put(f"{path}/capacities/statushouders/2023-06-01", policy, {"places": 205})
    await books.put(f"{path}/residents/{OEGSTGEEST}/2024-11-01", policy, {"persons": 7})
    await books.put(f"{path}/residents/{WASSENAAR}/2024-11-01", policy, {"persons": 11})
    await books.put(f"{path}/distances/{WASSENAAR}", policy, {"distanceKm": 9, "travelMinutes": 35})
    found = await books.get(path, policy, peildatum="2024-11-01")
    assert found["places"] == [
        {"placesFor": "spoedzoekers", "places": 80},
        {"placesFor": "statushouders", "places": 205},
    ]
    assert len(found["linkedGemeentecodes"]) == 9
    assert {one["gemeentecode"]: one["persons"] for one in found["residents"]} == {
        OEGSTGEEST: 7,
        WASSENAAR: 11,
    }
    assert (found["open"], found["closesOn"], found["needsRenovation"]) == (True, "2025-11-30", True)
    assert found["distances"] == [{"gemeentecode": WASSENAAR, "distanceKm": 9, "travelMinutes": 35}]
    # Another gemeente sees its own people there, the Province those of the gemeenten that it supervises.
    (theirs,) = (await books.get("/reception-sites", books.policy(WASSENAAR), gemeentecode=WASSENAAR))[
        "items"
    ]
    assert [one["persons"] for one in theirs["residents"]] == [11]
    earlier = await books.get(path, policy, peildatum="2022-01-01")
    assert [one["places"] for one in earlier["places"]] == [80, 175]
    assert (await books.get(path, policy, peildatum="2025-12-01"))["open"] is False
    wrong = f"{path}/residents/{LV}/2024-11-01"
    assert await books.refused("PUT", wrong, policy, {"persons": 3}, 400) == (
        "invalid-input",
        "/gemeentecode",
    )
    await books.refused(
        "PUT", f"{path}/residents/{OEGSTGEEST}/2024-11-01", books.policy(WASSENAAR), {"persons": 3}, 404
    )


@pytest.mark.capability("HO-14", part="Duinrell, of which a third is statushouder")
async def test_about_a_third_of_the_930_places_of_duinrell_is_for_statushouders(books: Books) -> None:
    body = {
        "name": "Duinrell", "kind": "azc", "gemeentecode": WASSENAAR, "opensOn": "2022-10-01",
        "statushoudersPercent": 33, "source": "Rekenkamer 2025, 3.4",
        "capacities": [{"placesFor": "all", "since": "2022-10-01", "places": 930}],
    }  # fmt: skip
    site = await books.post("/reception-sites", books.policy(), body)
    assert (site["places"][0]["places"], site["statushoudersAbout"]) == (930, 307)
    assert await books.refused(
        "POST", "/reception-sites", books.policy(), {**body, "closesOn": "2022-01-01"}, 400
    ) == (
        "invalid-input",
        "/closesOn",
    )


@pytest.mark.capability("HO-19")
async def test_the_arrears_of_wassenaar_stand_beside_its_167_mutations(books: Books) -> None:
    await books.audit(WASSENAAR)
    body = {"mutations": 167, "socialDwellings": 2800, "dwellings": 12000, "source": "Rekenkamer 2025, 3.4"}
    await books.put(f"/supply/{WASSENAAR}/2024", books.policy(), body)
    found = await books.get(f"/supply/{WASSENAAR}", books.province(), peildatum="2024-11-01")
    assert (found["arrears"], found["arrearsPerMutation"]) == (34, 0.2)
    (year,) = found["years"]
    assert (year["turnoverPercent"], year["socialPercent"]) == (5.96, 23.33)
    wrong = {**body, "socialDwellings": 13000}
    assert await books.refused("PUT", f"/supply/{WASSENAAR}/2024", books.policy(), wrong, 400) == (
        "invalid-input",
        "/socialDwellings",
    )
    assert (await books.get(f"/supply/{LV}", books.policy(LV)))["arrearsPerMutation"] is None


@pytest.mark.capability("HO-13")
async def test_projects_of_oegstgeest_bring_places_by_their_chance(books: Books) -> None:
    policy = books.policy(OEGSTGEEST)
    project = {
        "gemeentecode": OEGSTGEEST, "name": "Nieuwbouw A", "kind": "new-build", "stage": "permit",
        "dwellings": 110, "socialPercent": 30, "places": 10, "probabilityPercent": 60,
        "readyOn": "2025-05-01", "source": "Raadsmededeling 2024",
    }  # fmt: skip
    first = await books.post("/pipeline-projects", policy, project)
    assert first["socialDwellings"] == 33
    conversion = {**project, "name": "Ombouw B", "kind": "conversion", "stage": "talks", "places": 6}
    await books.post(
        "/pipeline-projects", policy, {**conversion, "probabilityPercent": 25, "readyOn": "2025-09-01"}
    )
    period: Any = {"from": "2025-1", "until": "2025-2"}
    found = await books.get(f"/pipeline/{OEGSTGEEST}", books.province(), **period)
    assert [(one["halfYear"], one["planned"], one["expected"]) for one in found["rows"]] == [
        ("2025-1", 10, 6),
        ("2025-2", 6, 1.5),
    ]
    assert (found["planned"], found["expected"]) == (16, 7.5)
    path = f"/pipeline-projects/{first['id']}"
    await books.ask("PATCH", path, policy, {"readyOn": "2025-10-01"}, headers={"If-Match": '"1"'})
    stale = await books.ask("PATCH", path, policy, {"places": 9}, 412, headers={"If-Match": '"1"'})
    assert stale["code"] == "stale-version"
    moved = await books.get(f"/pipeline/{OEGSTGEEST}", policy, **period)
    assert [one["planned"] for one in moved["rows"]] == [0, 16]
    assert len((await books.get("/pipeline-projects", policy, gemeentecode=OEGSTGEEST))["items"]) == 2
    backwards = await books.ask("GET", f"/pipeline/{OEGSTGEEST}?from=2025-2&until=2025-1", policy, None, 400)
    assert backwards["errors"][0]["parameter"] == "until"


@pytest.mark.capability("HO-18")
async def test_the_widened_subsidy_pays_more_and_warns_when_the_home_comes_after_the_ladder(
    books: Books,
) -> None:
    await books.audit(WASSENAAR)
    body = {
        "gemeentecode": WASSENAAR, "title": "Woning voor een groot gezin", "persons": 9,
        "costs": [
            {"kind": "construction", "cents": 2_000_000},
            {"kind": "sound-insulation", "cents": 600_000},
            {"kind": "sustainability", "cents": 400_000},
            {"kind": "purchase", "cents": 30_000_000},
        ],
        "appliedOn": "2024-11-05", "leadMonths": 9,
    }  # fmt: skip
    found = await books.post("/subsidy-applications", books.policy(), body)
    assert (found["subsidyCents"], found["gainedCents"], found["refusedKinds"]) == (
        3_000_000,
        1_000_000,
        ["purchase"],
    )
    assert found["newlyEligibleKinds"] == ["sound-insulation", "sustainability"]
    assert (found["readyOn"], found["ladderOn"], found["tooLateForLadder"]) == (
        "2025-08-05",
        "2025-01-01",
        True,
    )
    old = await books.post("/subsidy-applications", books.policy(), {**body, "appliedOn": "2022-05-01"})
    assert (old["subsidyCents"], old["termsSince"]) == (2_000_000, "2021-01-01")
    terms = await books.get("/subsidy-terms", books.policy())
    assert [one["inForce"] for one in terms["rows"]] == [False, True]
    # New terms are a row of data.
    row = {"kinds": ["construction", "purchase"], "leastPersons": 8, "source": "gefingeerd",
           "ceilings": [{"fromPersons": 8, "cents": 9_000_000}]}  # fmt: skip
    await books.put("/subsidy-terms/2024-11-01", books.administrator(), row)
    again = await books.get(f"/subsidy-applications/{found['id']}", books.policy())
    assert (again["termsSince"], again["subsidyCents"]) == ("2024-11-01", 9_000_000)
    statuses = f"/subsidy-applications/{found['id']}/statuses"
    assert await books.refused("POST", statuses, books.policy(), {"status": "granted"}, 400) == (
        "invalid-input",
        "/grantedCents",
    )
    granted = await books.post(statuses, books.policy(), {"status": "granted", "grantedCents": 9_000_000})
    assert (granted["status"], granted["grantedCents"]) == ("granted", 9_000_000)
    assert len((await books.get("/subsidy-applications", books.policy()))["items"]) == 2
    # A dwelling and the size of a family can point at people: not for the Province.
    for path in ("/subsidy-applications", f"/subsidy-applications/{found['id']}"):
        assert (await books.refused("GET", path, books.province(), None, 403))[0] == "role-missing"


@pytest.mark.capability("HO-23", part="the weeks lost of each linked person; money follows with finance")
async def test_everybody_who_is_linked_and_not_housed_shows_the_weeks_lost(books: Books) -> None:
    person, late, in_time = UUID(int=501), UUID(int=601), UUID(int=602)
    for household, inburgeraar, linked, due in (
        (late, person, date(2024, 1, 8), date(2024, 3, 18)),
        (in_time, None, date(2024, 10, 1), date(2024, 12, 10)),
    ):
        await books.bench.sql(
            "INSERT INTO housing.household (id, gemeentecode, source, linked_on, house_due_on, adults, children, "
            "status, needs_accessible, asks_school, version) VALUES (:id, :code, 'entered', :linked, :due, 2, 1, "
            "'waiting', false, false, 1)",
            id=household, code=WASSENAAR, linked=linked, due=due,
        )  # fmt: skip
        await books.bench.sql(
            "INSERT INTO housing.household_member (id, household_id, gemeentecode, inburgeraar_id, kind, joined_on, "
            "by_reunion) VALUES (gen_random_uuid(), :id, :code, :person, 'adult', :linked, false)",
            id=household, code=WASSENAAR, person=inburgeraar, linked=linked,
        )  # fmt: skip
    page = await books.get("/weeks-lost", books.team_leader(), gemeentecode=WASSENAAR, peildatum="2024-11-01")
    assert [(one["householdId"], one["weeksLost"], one["personWeeksLost"]) for one in page["items"]] == [
        (str(late), 32, 96),
        (str(in_time), 0, 0),
    ]
    assert page["items"][0]["members"][0]["inburgeraarId"] == str(person)
    looks = await books.bench.sql(
        "SELECT inburgeraar_id FROM housing.access_log WHERE operation = 'listWeeksLost'"
    )
    assert [row.inburgeraar_id for row in looks] == [person]
    assert (await books.get("/weeks-lost", books.policy(LV)))["items"] == []
