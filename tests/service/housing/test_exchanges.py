# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Uitruil: a family of nine for three singles, agreed by both gemeenten, once on both accounts."""

from typing import Any

import pytest

from chassis.access import Scope
from contracts.access import Role
from contracts.housing import ExchangeSettled, HouseholdLinked
from tests.service.housing.match_desk import LV, OEGSTGEEST, VOORSCHOTEN, WASSENAAR, Desk, codes, day


async def swap(desk: Desk, expect: int = 201, **fields: Any) -> tuple[Any, Any, list[Any]]:
    """Wassenaar proposes its family of nine for three singles of Oegstgeest."""
    family = await desk.household(WASSENAAR, adults=2, children=7, exchange=[OEGSTGEEST])
    singles = [await desk.household(OEGSTGEEST, exchange=[WASSENAAR]) for _ in range(3)]
    body = {
        "kind": "persons",
        "firstGemeentecode": WASSENAAR,
        "secondGemeentecode": OEGSTGEEST,
        "householdIds": [family["id"], *(one["id"] for one in singles)],
        "planReference": "Regionaal plan 2024",
        "decisionReference": "Verdeelbesluit 2024-11",
        "reason": "Oegstgeest heeft een grote woning, Wassenaar drie studio's.",
        **fields,
    }
    return await desk.post("/exchanges", desk.gemeente(WASSENAAR), body, expect), family, singles


async def changes(desk: Desk) -> dict[str, int]:
    rows = await desk.bench.sql("SELECT gemeentecode, persons, changed_on FROM housing.target_change")
    assert {row.changed_on for row in rows} <= {day(0)}
    assert len(rows) in {0, 2}
    return {row.gemeentecode: row.persons for row in rows}


@pytest.mark.capability("HO-15")
async def test_a_family_of_nine_for_three_singles_changes_both_balances_once(desk: Desk) -> None:
    exchange, family, singles = await swap(desk)
    assert (exchange["status"], exchange["firstChange"], exchange["secondChange"]) == ("proposed", -6, 6)
    assert (exchange["firstAgreedOn"], exchange["secondAgreedOn"]) == ("2024-11-05", None)
    assert await changes(desk) == {}
    path = f"/exchanges/{exchange['id']}/agreement"
    settled = await desk.post(path, desk.gemeente(OEGSTGEEST), None, 200)
    assert (settled["status"], settled["settledOn"]) == ("settled", "2024-11-05")
    assert await changes(desk) == {WASSENAAR: -6, OEGSTGEEST: 6}
    await desk.post(path, desk.gemeente(OEGSTGEEST), None, 200)  # again changes nothing
    assert await changes(desk) == {WASSENAAR: -6, OEGSTGEEST: 6}
    (told,) = await desk.bench.published(ExchangeSettled)
    assert (told.first_change, told.second_change, told.half_year) == (-6, 6, "2024-2")
    # The links moved with it, and the clocks go on from the same day.
    moved = await desk.get(f"/households/{family['id']}", desk.gemeente(OEGSTGEEST))
    assert (moved["gemeentecode"], moved["houseDueOn"]) == (OEGSTGEEST, family["houseDueOn"])
    await desk.get(f"/households/{family['id']}", desk.gemeente(WASSENAAR), 404)
    assert len(await desk.items("/households", desk.gemeente(WASSENAAR))) == len(singles)
    assert len(await desk.bench.published(HouseholdLinked)) == 8


@pytest.mark.capability("HO-15", part="audited on both sides")
async def test_who_agreed_and_when_is_kept_for_both_sides(desk: Desk) -> None:
    person, household = await desk.known(WASSENAAR, exchange=[OEGSTGEEST])
    body = {
        "kind": "recoupling",
        "firstGemeentecode": WASSENAAR,
        "secondGemeentecode": OEGSTGEEST,
        "householdIds": [household["id"]],
        "reason": "Familie woont in Oegstgeest.",
    }
    exchange = await desk.post("/exchanges", desk.gemeente(WASSENAAR), body)
    settled = await desk.post(f"/exchanges/{exchange['id']}/agreement", desk.gemeente(OEGSTGEEST), None, 200)
    assert (settled["firstChange"], settled["secondChange"]) == (0, 0)  # omkoppeling moves no task
    assert await changes(desk) == {}
    for code in (WASSENAAR, OEGSTGEEST):
        (shown,) = await desk.items("/exchanges", desk.gemeente(code))
        assert (shown["firstAgreedOn"], shown["secondAgreedOn"]) == ("2024-11-05", "2024-11-05")
    looks = await desk.bench.sql(
        "SELECT operation, organisation_id FROM housing.access_log WHERE inburgeraar_id = :id", id=person
    )
    assert "agreeToExchange" in {row.operation for row in looks}


async def test_without_consent_a_household_does_not_go(desk: Desk) -> None:
    household = await desk.household(WASSENAAR)
    body = {
        "kind": "persons",
        "firstGemeentecode": WASSENAAR,
        "secondGemeentecode": OEGSTGEEST,
        "householdIds": [household["id"]],
        "reason": "x",
    }
    refused = await desk.post("/exchanges", desk.gemeente(WASSENAAR), body, 409)
    assert (refused["code"], codes(refused)) == ("exchange-not-possible", {"exchange-consent"})
    assert refused["errors"][0]["pointer"] == "/householdIds/0"


async def test_consent_that_is_taken_back_stops_the_exchange(desk: Desk) -> None:
    exchange, family, _ = await swap(desk)
    path = f"/households/{family['id']}/consents"
    (consent,) = await desk.items(path, desk.gemeente())
    await desk.post(f"{path}/{consent['id']}/revocation", desk.vwn(), {"revokedOn": "2024-11-05"}, 200)
    agreement = f"/exchanges/{exchange['id']}/agreement"
    refused = await desk.post(agreement, desk.gemeente(OEGSTGEEST), None, 409)
    assert codes(refused) == {"exchange-consent"}
    assert await changes(desk) == {}
    withdrawn = await desk.post(
        f"/exchanges/{exchange['id']}/withdrawal", desk.gemeente(WASSENAAR), None, 200
    )
    assert withdrawn["status"] == "withdrawn"
    assert (await desk.post(agreement, desk.gemeente(OEGSTGEEST), None, 409))["code"] == "exchange-over"


async def test_tasks_are_exchanged_for_reception_places(desk: Desk) -> None:
    body = {
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
    for field in ("planReference", "decisionReference"):  # only by provincial plan and distribution decision
        without = {key: value for key, value in body.items() if key != field}
        refused = await desk.post("/exchanges", desk.gemeente(WASSENAAR), without, 400)
        assert refused["errors"][0]["pointer"] == f"/{field}"
    exchange = await desk.post("/exchanges", desk.gemeente(WASSENAAR), body)
    await desk.post(f"/exchanges/{exchange['id']}/agreement", desk.gemeente(OEGSTGEEST), None, 404)
    await desk.post(f"/exchanges/{exchange['id']}/agreement", desk.gemeente(LV), None, 200)
    assert await changes(desk) == {WASSENAAR: -20, LV: 20}


def executor(desk: Desk, *gemeenten: str) -> dict[str, str]:
    """An organisation that carries out housing for these gemeenten by mandate."""
    scope = Scope(level="person", purposes=frozenset({"housing"}), basis="mandate")
    return desk.bench.as_caller(
        roles={Role.POLICY_OFFICER},
        scopes=dict.fromkeys(gemeenten, scope),
        organisation_kind="gemeente",
        gemeentecode=VOORSCHOTEN,
    )


async def test_who_acts_for_both_agrees_for_each_by_name(desk: Desk) -> None:
    proposed, _, _ = await swap(desk)
    path = f"/exchanges/{proposed['id']}/agreement"
    both = executor(desk, WASSENAAR, OEGSTGEEST)
    refused = await desk.post(path, both, None, 400)
    assert codes(refused) == {"which-gemeente"}
    again = await desk.post(f"{path}?gemeentecode={WASSENAAR}", both, None, 200)
    assert again["status"] == "proposed"
    # The first word of Wassenaar stays that of who spoke it.
    (row,) = await desk.bench.sql("SELECT first_agreed_by, proposed_by FROM housing.exchange")
    assert row.first_agreed_by == row.proposed_by
    outside = await desk.post(f"{path}?gemeentecode={LV}", both, None, 400)
    assert codes(outside) == {"parties"}
    settled = await desk.post(f"{path}?gemeentecode={OEGSTGEEST}", both, None, 200)
    assert settled["status"] == "settled"


async def test_an_executor_of_the_second_gemeente_proposes_for_it(desk: Desk) -> None:
    household = await desk.household(WASSENAAR, exchange=[OEGSTGEEST])
    body = {
        "kind": "persons",
        "firstGemeentecode": WASSENAAR,
        "secondGemeentecode": OEGSTGEEST,
        "householdIds": [household["id"]],
        "reason": "x",
    }
    made = await desk.post("/exchanges", executor(desk, OEGSTGEEST), body)
    assert (made["firstAgreedOn"], made["secondAgreedOn"]) == (None, "2024-11-05")


@pytest.mark.capability("HO-15", part="tasks do not move without people, nor below zero")
async def test_an_exchange_is_not_settled_where_its_sums_no_longer_hold(desk: Desk) -> None:
    exchange, _, singles = await swap(desk)
    path = f"/exchanges/{exchange['id']}/agreement"
    await desk.bench.sql(
        "INSERT INTO housing.target_version (id, gemeentecode, half_year, number, persons, published_on, source, "
        "recorded_at, recorded_by) VALUES (gen_random_uuid(), :code, '2024-2', 1, 5, '2024-04-01', 'entered', "
        "now(), gen_random_uuid())",
        code=WASSENAAR,
    )
    refused = await desk.post(path, desk.gemeente(OEGSTGEEST), None, 409)
    assert (refused["code"], "onder nul" in refused["detail"]) == ("exchange-not-possible", True)
    await desk.bench.sql(  # as destruction at the end of its term does
        "DELETE FROM housing.exchange_household WHERE household_id = :id", id=singles[0]["id"]
    )
    refused = await desk.post(path, desk.gemeente(OEGSTGEEST), None, 409)
    assert (refused["code"], "er niet meer" in refused["detail"]) == ("exchange-not-possible", True)
    assert await changes(desk) == {}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        pytest.param({"secondGemeentecode": WASSENAAR}, "/secondGemeentecode", id="itself"),
        pytest.param({"halfYear": "2024-3"}, "/halfYear", id="no-half-year"),
        pytest.param({"halfYear": "2024-1"}, "/halfYear", id="closed"),
        pytest.param({"halfYear": "2027-1"}, "/halfYear", id="too-far"),
        pytest.param({"personsToFirst": -1}, "/personsToFirst", id="negative"),
        pytest.param({"householdIds": []}, "/householdIds", id="nothing"),
    ],
)
async def test_an_exchange_that_cannot_be_is_explained(
    desk: Desk, fields: dict[str, Any], pointer: str
) -> None:
    refused, _, _ = await swap(desk, 400, **fields)
    assert pointer in {error["pointer"] for error in refused["errors"]}
