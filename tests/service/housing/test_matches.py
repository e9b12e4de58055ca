# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The match: proposed, decided and lived in, each step by its own party; and what refuses it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from contracts.access import Role
from contracts.housing import HouseholdHoused, KeyHandedOver, MatchApproved, MatchProposed, PersonHoused
from tests.service.housing.match_desk import OEGSTGEEST, VOLUNTEER, WASSENAAR, WILLIBRORDUS, Desk, codes, day


@pytest.mark.capability("HO-05")
async def test_a_dwelling_goes_from_offered_to_housed(desk: Desk) -> None:
    await desk.housing_corporation()
    person, household = await desk.known()
    dwelling = await desk.dwelling()
    assert (dwelling["status"], dwelling["kind"], dwelling["maxPersons"]) == ("offered", "studio", 1)
    match = await desk.propose(household, dwelling)
    assert match["status"] == "proposed"
    assert await status_of(desk, dwelling) == "matched"
    assert (await desk.decide(match))["status"] == "approved"
    assert (await desk.step(match, "accepted", desk.vwn()))["status"] == "accepted"
    assert (await desk.step(match, "key-handed-over", desk.corporation()))["keyOn"] == "2024-11-05"
    assert await status_of(desk, dwelling) == "let"
    assert (await desk.step(match, "housed", desk.gemeente()))["status"] == "housed"
    shown = await desk.get(f"/households/{household['id']}", desk.gemeente())
    assert (shown["status"], shown["housedOn"], shown["housedGemeentecode"]) == (
        "housed",
        "2024-11-05",
        WASSENAAR,
    )
    (housed,) = await desk.bench.published(HouseholdHoused)
    assert (housed.persons, housed.waited_days) == (1, 64)
    assert [one.inburgeraar_id for one in await desk.bench.published(PersonHoused)] == [person]
    assert (
        len(await desk.bench.published(MatchProposed)) == len(await desk.bench.published(MatchApproved)) == 1
    )


async def test_each_person_counts_once_on_the_account(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(adults=2, children=3)
    await desk.house(household, await desk.dwelling(rooms=4))
    rows = await desk.bench.sql("SELECT gemeentecode, housed_on, persons, source FROM housing.realisation")
    assert [tuple(row) for row in rows] == [(WASSENAAR, day(0), 1, "match")] * 5


PARTIES: dict[str, Callable[[Desk], dict[str, str]]] = {
    "vluchtelingenwerk": Desk.vwn,
    "gemeente": Desk.gemeente,
    "corporation": Desk.corporation,
}


@pytest.mark.parametrize(
    ("step", "allowed"),
    [
        pytest.param("accepted", {"vluchtelingenwerk"}, id="accepted"),
        pytest.param("declined", {"vluchtelingenwerk"}, id="declined"),
        pytest.param("key-handed-over", {"vluchtelingenwerk", "corporation"}, id="key"),
        pytest.param("housed", {"vluchtelingenwerk", "gemeente"}, id="housed"),
    ],
)
async def test_each_step_is_of_its_own_party(desk: Desk, step: str, allowed: set[str]) -> None:
    await desk.housing_corporation()
    match = await desk.propose(await desk.household(), await desk.dwelling())
    await desk.decide(match)
    for before in {"key-handed-over": ["accepted"], "housed": ["accepted", "key-handed-over"]}.get(step, []):
        await desk.step(match, before, desk.vwn())
    for party, caller in PARTIES.items():
        if party not in allowed:
            refused = await desk.step(match, step, caller(desk), expect=403)
            assert refused["code"] == "role-missing"
    await desk.step(match, step, PARTIES[min(allowed)](desk))


async def test_only_the_gemeente_of_the_household_decides_and_only_vluchtelingenwerk_proposes(
    desk: Desk,
) -> None:
    await desk.housing_corporation()
    household, dwelling = await desk.household(), await desk.dwelling()
    body = {"householdId": household["id"], "dwellingId": dwelling["id"], "reason": "x"}
    for caller in (desk.gemeente(), desk.corporation(), desk.province()):
        await desk.post("/matches", caller, body, 403, headers={"Idempotency-Key": "k"})
    await desk.post("/matches", desk.vwn(), body, 400)  # without a key
    match = await desk.propose(household, dwelling)
    await desk.decide(match, caller=desk.gemeente(OEGSTGEEST), expect=404)
    await desk.decide(match, caller=desk.vwn(), expect=403)
    await desk.decide(match)
    assert (await desk.decide(match, "rejected", expect=409))["code"] == "match-decided"


@pytest.mark.capability("HO-06", part="the reason is kept")
async def test_a_rejection_sets_both_free_and_keeps_the_reason(desk: Desk) -> None:
    await desk.housing_corporation()
    household, dwelling = await desk.household(adults=2), await desk.dwelling(rooms=3)
    match = await desk.propose(household, dwelling)
    rejected = await desk.decide(match, "rejected", refusal="spread")
    assert (rejected["status"], rejected["refusal"], rejected["decisionReason"]) == (
        "rejected",
        "spread",
        "Past bij de spreiding.",
    )
    assert await status_of(desk, dwelling) == "offered"
    again = await desk.propose(household, dwelling)
    await desk.decide(again)
    declined = await desk.step(again, "declined", desk.vwn(), refusal="location")
    assert (declined["status"], declined["refusal"]) == ("declined", "location")
    assert (await desk.get(f"/households/{household['id']}", desk.gemeente()))["status"] == "waiting"
    last = await desk.propose(household, dwelling)
    assert (await desk.decide(last, "rejected", refusal="not-accessible"))["refusal"] == "not-accessible"
    told = {one["id"]: one["refusal"] for one in await desk.items("/matches", desk.corporation())}
    assert told == {match["id"]: "spread", again["id"]: "location", last["id"]: None}, (
        "the corporation reads what is about the home, and nothing about the people"
    )


async def test_of_two_matches_for_one_dwelling_at_the_same_moment_one_is_made(desk: Desk) -> None:
    await desk.housing_corporation()
    dwelling = await desk.dwelling()
    households = [await desk.household() for _ in range(6)]

    async def propose(household: Any) -> tuple[int, str | None]:
        response = await desk.client.post(
            "/housing/v1/matches",
            headers={**desk.vwn(), "Idempotency-Key": household["id"]},
            json={"householdId": household["id"], "dwellingId": dwelling["id"], "reason": "Nu."},
        )
        return response.status_code, response.json().get("code")

    answers = await asyncio.gather(*(propose(one) for one in households))
    assert sorted(answers, key=str) == [(201, None), *[(409, "dwelling-taken")] * 5]


async def test_of_two_matches_for_one_household_at_the_same_moment_one_is_made(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household()
    dwellings = [await desk.dwelling() for _ in range(4)]
    answers = await asyncio.gather(
        *(
            desk.client.post(
                "/housing/v1/matches",
                headers={**desk.vwn(), "Idempotency-Key": one["id"]},
                json={"householdId": household["id"], "dwellingId": one["id"], "reason": "Nu."},
            )
            for one in dwellings
        )
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"household-already-matched"}
    assert len(await desk.items("/dwellings", desk.vwn(), status="offered")) == 3


@pytest.mark.capability("HO-09", part="a match that breaks a rule is refused by its name")
async def test_a_match_that_breaks_a_rule_of_the_corporation_is_refused_by_its_name(desk: Desk) -> None:
    corporation = await desk.housing_corporation()
    rule = {
        "kind": "no-singles-in-family-dwelling",
        "validFrom": "2024-01-01",
        "source": "Brief van 3-1-2024",
    }
    made = await desk.post(f"/corporations/{corporation}/rules", desk.gemeente(), rule)
    single, dwelling = await desk.household(), await desk.dwelling(rooms=4)
    refused = await desk.propose(single, dwelling, 409)
    assert refused["code"] == "match-breaks-rule"
    assert refused["rule"] == "no-singles-in-family-dwelling"
    assert refused["errors"][0]["pointer"] == "/dwellingId"
    assert "Brief van 3-1-2024" in refused["detail"]
    path = f"/corporations/{corporation}/rules/{made['id']}"
    await desk.ask("PATCH", path, desk.gemeente(), {"validUntil": "2024-11-04"}, headers={"If-Match": '"1"'})
    assert (await desk.propose(single, dwelling))["status"] == "proposed"


@pytest.mark.parametrize(
    ("household", "dwelling", "rule"),
    [
        pytest.param({"adults": 2, "children": 7}, {"rooms": 4}, "max-persons", id="too-small"),
        pytest.param({}, {"rooms": 4, "minPersons": 3}, "min-persons", id="too-large"),
        pytest.param({"rentMaxCents": 40_000}, {}, "rent", id="rent"),
        pytest.param({"needsAccessible": True}, {}, "accessible", id="accessible"),
        pytest.param(
            {"reunion": {"persons": 4, "expectedOn": "2025-02-01", "grantedOn": "2024-10-01"}},
            {"rooms": 2},
            "max-persons",
            id="granted-nareis",
        ),
    ],
)
async def test_what_does_not_fit_is_refused_by_the_name_of_the_rule(
    desk: Desk, household: dict[str, Any], dwelling: dict[str, Any], rule: str
) -> None:
    await desk.housing_corporation()
    refused = await desk.propose(await desk.household(**household), await desk.dwelling(**dwelling), 409)
    assert codes(refused) == {rule}


async def test_a_match_across_gemeenten_needs_an_exchange(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(OEGSTGEEST, exchange=[WASSENAAR])
    refused = await desk.propose(household, await desk.dwelling(), 409)
    assert (refused["code"], codes(refused)) == ("exchange-missing", {"exchange-missing"})
    assert "29 lid 2" in refused["rule"]


async def test_days_that_cannot_be_are_refused(desk: Desk) -> None:
    await desk.housing_corporation()
    match = await desk.propose(await desk.household(linkedOn="2024-10-01"), await desk.dwelling())
    await desk.decide(match, decidedOn="2024-11-01", expect=400)  # before the proposal
    await desk.decide(match)
    early = await desk.step(match, "accepted", desk.vwn(), "2024-09-01", 400)
    assert (codes(early), early["errors"][0]["pointer"]) == ({"before-link"}, "/on")
    assert codes(await desk.step(match, "accepted", desk.vwn(), day(-1), 400)) == {"before-last-step"}
    assert codes(await desk.step(match, "accepted", desk.vwn(), day(1), 400)) == {"in-future"}
    assert (await desk.step(match, "housed", desk.vwn(), expect=409))["code"] == "step-not-possible"


@pytest.mark.capability("HO-10")
async def test_the_share_of_each_quarter_is_shown_before_and_after(desk: Desk) -> None:
    await desk.housing_corporation()
    await desk.propose(await desk.household(adults=2), await desk.dwelling(rooms=2, quarter="Kerkehout"))
    second = await desk.propose(await desk.household(), await desk.dwelling(quarter="Oostdorp"))
    shares = {one["quarter"]: one for one in second["facts"]["spread"]}
    assert (shares["Kerkehout"]["shareBefore"], shares["Kerkehout"]["shareAfter"]) == (100.0, 66.7)
    assert (shares["Oostdorp"]["shareBefore"], shares["Oostdorp"]["shareAfter"]) == (0.0, 33.3)
    (quarter,) = [one for one in await desk.items("/quarters", desk.gemeente()) if one["name"] == "Kerkehout"]
    path = f"/quarters/{quarter['id']}"
    await desk.ask("PATCH", path, desk.gemeente(), {"cap": 2}, headers={"If-Match": '"1"'})
    full = await desk.propose(await desk.household(), await desk.dwelling(quarter="Kerkehout"), 409)
    assert codes(full) == {"quarter-cap"}


@pytest.mark.capability("HO-21")
async def test_the_key_opens_the_list_of_the_move_and_tells_the_chain(desk: Desk) -> None:
    await desk.housing_corporation()
    person, household = await desk.known()
    match = await desk.propose(household, await desk.dwelling())
    await desk.decide(match)
    await desk.step(match, "accepted", desk.vwn())
    path = f"/matches/{match['id']}/checklist"
    assert await desk.items(path, desk.vwn()) == []
    await desk.step(match, "key-handed-over", desk.corporation())
    (told,) = await desk.bench.published(KeyHandedOver)
    assert (told.inburgeraar_id, told.key_on, told.move_due_on) == (person, day(0), day(14))
    todo = {one["code"]: one for one in await desk.items(path, desk.vwn())}
    assert todo["brp-registration"]["dueOn"] == "2024-11-10"
    assert {one["party"] for one in todo.values()} == {"vluchtelingenwerk", "gemeente", "corporation"}
    body = {"doneOn": "2024-11-05"}
    await desk.ask("PUT", f"{path}/brp-registration", desk.vwn(), body, 403)
    done = await desk.ask("PUT", f"{path}/brp-registration", desk.gemeente(), body)
    assert (done["doneOn"], done["overdue"]) == ("2024-11-05", False)
    await desk.ask("PUT", f"{path}/dance", desk.gemeente(), body, 404)
    own = await desk.items(path, desk.corporation())
    assert [one["code"] for one in own] == ["lease-signed", "meters-read"], "nothing of welfare and guidance"
    await desk.ask("PUT", f"{path}/meters-read", desk.corporation(), body)


async def test_a_volunteer_sees_the_moves_that_are_theirs_and_no_household(desk: Desk) -> None:
    await desk.housing_corporation()
    volunteer = desk.vwn(role=Role.VWN_VOLUNTEER, subject=VOLUNTEER)
    household = await desk.household()
    match = await desk.propose(household, await desk.dwelling())
    await desk.propose(await desk.household(), await desk.dwelling())
    assert await desk.items("/matches", volunteer) == []
    path = f"/matches/{match['id']}/volunteer"
    await desk.ask("PUT", path, desk.vwn(), {"volunteerId": str(VOLUNTEER)})
    (seen,) = await desk.items("/matches", volunteer)
    assert (seen["id"], seen["reason"], seen["facts"]) == (match["id"], None, None)
    await desk.get(f"/households/{household['id']}", volunteer, 403)
    await desk.decide(match)
    await desk.step(match, "accepted", desk.vwn())
    await desk.step(match, "key-handed-over", desk.vwn())
    await desk.ask("PUT", f"/matches/{match['id']}/checklist/insurance", volunteer, {"doneOn": "2024-11-05"})


async def test_a_corporation_sees_its_own_dwellings_and_matches_and_nothing_of_the_household(
    desk: Desk,
) -> None:
    await desk.housing_corporation()
    await desk.housing_corporation(WILLIBRORDUS)
    match = await desk.propose(await desk.household(adults=2), await desk.dwelling(rooms=2))
    (seen,) = await desk.items("/matches", desk.corporation())
    assert (seen["persons"], seen["status"], seen["reason"], seen["facts"]) == (2, "proposed", None, None)
    other = desk.corporation(WILLIBRORDUS)
    assert await desk.items("/matches", other) == []
    assert await desk.items("/dwellings", other) == []
    await desk.get(f"/matches/{match['id']}", other, 404)
    await desk.step(match, "key-handed-over", other, expect=404)


async def status_of(desk: Desk, dwelling: Any) -> str:
    return str((await desk.get(f"/dwellings/{dwelling['id']}", desk.vwn()))["status"])
