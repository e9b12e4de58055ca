# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The optimiser as a job: it proposes with reasons and decides nothing; pins, one at a time, and stopping."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.housing.actions import searches
from services.housing.solver import solve
from tests.service.housing.match_desk import OEGSTGEEST, WASSENAAR, Desk

SEARCH = {"gemeentecodes": [WASSENAAR], "timeLimitSeconds": 90}
"""Time enough on a busy machine too: what is proven earlier ends earlier."""

WEIGHED = {
    "id", "municipality", "persons", "adults", "children", "linked", "rent_max", "needs_accessible", "school",
    "work", "family", "reunion", "accepts_sharing", "share_group", "exchange",
}  # fmt: skip
"""All that a search knows of a household: nothing of nationality, language, sex, religion or origin."""


async def searched(desk: Desk, body: dict[str, Any] | None = None, *, caller: Any = None) -> Any:
    """Ask for a search and wait until it ended; answers the job."""
    caller = caller or desk.vwn()
    job = await desk.post("/match-proposals", caller, body or SEARCH, 202)
    return await ended(desk, job["id"], caller)


async def ended(desk: Desk, job_id: str, caller: Any) -> Any:
    for _ in range(2_000):
        job = await desk.get(f"/jobs/{job_id}", caller)
        if job["status"] in {"done", "failed"}:
            return job
        await asyncio.sleep(0.1)
    raise TimeoutError("the search does not end")


async def proposals(desk: Desk, job: Any) -> list[Any]:
    assert job["status"] == "done", job
    return await desk.items(f"/match-proposals/{job['id']}/proposals", desk.vwn())


@pytest.mark.capability("HO-05", part="proposals of the optimiser, sent and approved by people")
@pytest.mark.capability("PX-16")
async def test_a_search_proposes_with_reasons_and_decides_nothing(desk: Desk) -> None:
    await desk.housing_corporation()
    task = {"target": 8, "publishedOn": "2024-11-01"}
    await desk.put(f"/taakstellingen/{WASSENAAR}/2024-2", desk.gemeente(), task)
    old = await desk.household(linkedOn="2023-01-02")
    await desk.household(linkedOn="2024-10-01")
    family = await desk.household(adults=2, children=3, linkedOn="2024-01-08")
    studio, house = await desk.dwelling(), await desk.dwelling(rooms=4, minPersons=3)
    job = await searched(desk)
    found = await proposals(desk, job)
    assert {(one["householdId"], one["dwellingId"]) for one in found} == {
        (old["id"], studio["id"]),
        (family["id"], house["id"]),
    }
    first = found[0]
    assert (first["rank"], first["householdId"], first["weeksWaiting"]) == (1, old["id"], 96)
    assert sum(first["points"].values()) == first["score"]
    assert first["notAsked"] == ["work", "family", "school"], "full points, and yet no reason"
    assert all(check["passed"] for check in first["rules"])
    assert (first["fittingHouseholds"], first["leftWaiting"]) == (2, 1)
    assert [one["proposed"] for one in first["otherHouseholds"]] == [False]
    run = await desk.get(f"/match-proposals/{job['id']}", desk.gemeente())
    assert (run["status"], run["proven"], run["statement"]) == ("done", True, "Bewezen het beste dat kan.")
    assert len(run["inputDigest"]) == 64
    assert {one["householdId"]: one["persons"] for one in found} == {old["id"]: 1, family["id"]: 5}
    assert run["values"]["shortfall"] == 2, "each of the six who get a home counts, adult or child"
    sizes = {one["class"]: (one["households"], one["housed"]) for one in run["fairness"]["by_size"]}
    assert sizes == {"1": (2, 1), "5-7": (1, 1)}, "who was served is counted for who looks after equity"
    assert {"by_accessibility", "by_municipality"} < set(run["fairness"])
    (asked,) = await desk.bench.sql("SELECT document FROM housing.search_input")
    assert {name for one in asked.document["households"] for name in one} == WEIGHED
    assert await desk.items("/matches", desk.vwn()) == []
    match = await desk.propose(old, studio, proposalId=first["id"])
    assert (match["proposalId"], match["status"]) == (first["id"], "proposed"), "the gemeente decides"
    aside = f"/match-proposals/{job['id']}/proposals/{found[1]['id']}/setting-aside"
    await desk.post(aside, desk.vwn(), {"reason": "Het gezin wacht op een woning met tuin."}, 200)
    assert [one["status"] for one in await proposals(desk, job)] == ["sent", "set-aside"]


@pytest.mark.capability("HO-05", part="searches, the last that ended first")
async def test_searches_come_in_the_order_in_which_they_ended_those_that_run_first(desk: Desk) -> None:
    rows = [(1, None), (2, None), (3, 30), (4, 10), (5, 20), (6, 20)]
    for number, minute in rows:
        await desk.bench.sql(
            "INSERT INTO housing.proposal_run (id, organisation_id, gemeentecodes, scope, status, requested_on, "
            "requested_by, options, outcome, finished_at) VALUES (:id, :id, :codes, :scope, :status, "
            "'2024-11-05', :id, '{}', '{}', :ended)",
            id=UUID(int=number),
            codes=[WASSENAAR],
            scope=str(number),
            status="running" if minute is None else "failed",
            ended=None if minute is None else datetime(2024, 11, 5, 9, minute, tzinfo=UTC),
        )
        if minute is None:  # another worker has it: the sweep would end a search that nobody does
            await desk.bench.sql(
                "INSERT INTO housing.background_job (id, kind, status, lease_until) "
                "VALUES (:id, 'housing-search', 'running', 'infinity')",
                id=UUID(int=number),
            )
    wanted = [str(UUID(int=number)) for number in (2, 1, 3, 6, 5, 4)]
    for size in (1, 2, 4, 6):
        shown: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = await desk.get("/match-proposals", desk.vwn(), sort="latest", pageSize=size, **more)
            shown += [one["id"] for one in page["items"]]
            if page["nextPageToken"] is None:
                break
            more = {"pageToken": page["nextPageToken"]}
        assert shown == wanted, f"pages of {size}"
    by_id = await desk.items("/match-proposals", desk.vwn())
    assert [one["id"] for one in by_id] == sorted(wanted), "by number where nobody asks otherwise"
    token = (await desk.get("/match-proposals", desk.vwn(), sort="latest", pageSize=1))["nextPageToken"]
    refused = await desk.get("/match-proposals", desk.vwn(), 400, pageToken=token)
    assert refused["errors"][0]["parameter"] == "pageToken", "a token belongs to its order"
    refused = await desk.get("/match-proposals", desk.vwn(), 400, sort="best")
    assert refused["errors"][0]["parameter"] == "sort"


async def test_family_and_work_elsewhere_are_wishes_that_a_home_here_does_not_meet(desk: Desk) -> None:
    await desk.housing_corporation()
    await desk.household(familyGemeentecode=OEGSTGEEST, asksSchool=True, workX=9_000, workY=9_000)
    await desk.dwelling()
    (one,) = await proposals(desk, await searched(desk))
    assert one["notAsked"] == []
    assert (one["points"]["family"], one["points"]["work"]) == (0, 0)


async def test_the_same_search_twice_proposes_the_same(desk: Desk) -> None:
    await desk.housing_corporation()
    for adults in (1, 1, 2, 3):
        await desk.household(adults=adults, linkedOn="2024-01-08")
    for rooms in (1, 2, 3):
        await desk.dwelling(rooms=rooms)
    first, second = [await proposals(desk, await searched(desk)) for _ in range(2)]
    assert [(a["householdId"], a["dwellingId"], a["score"]) for a in first] == [
        (b["householdId"], b["dwellingId"], b["score"]) for b in second
    ]


async def test_after_a_pin_a_search_begins_from_what_stands_and_the_same_question_from_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[Any, float | None]] = []

    def seen(instance: Any, options: Any, *, known: Any, **told: Any) -> Any:
        begun.append((known, options.time_limit))
        return solve(instance, options, known=known, **told)

    monkeypatch.setattr(searches, "solve", seen)
    await desk.housing_corporation()
    old, young = await desk.household(linkedOn="2023-01-02"), await desk.household(linkedOn="2024-10-01")
    family = await desk.household(adults=2, children=2, linkedOn="2024-01-08")
    studio, house = await desk.dwelling(), await desk.dwelling(rooms=4, minPersons=3)
    body = {"gemeentecodes": [WASSENAAR]}
    (first, _), _ = await proposals(desk, await searched(desk, body)), await searched(desk, body)
    pin = {"kind": "pin", "reason": "Werkt om de hoek.", "expiresOn": "2024-12-01"}
    await desk.post("/pins", desk.vwn(), pin | {"householdId": young["id"], "dwellingId": studio["id"]})
    found = await proposals(desk, await searched(desk, body))
    await desk.post("/pins", desk.vwn(), {**pin, "kind": "hold", "householdId": family["id"]})
    await desk.dwelling(rooms=2)
    await searched(desk, body)

    assert first["householdId"] in {old["id"], family["id"]}
    assert {(one["householdId"], one["dwellingId"]) for one in found} == {
        (young["id"], studio["id"]),
        (family["id"], house["id"]),
    }
    fresh = begun[0][1]
    assert [known is not None for known, _ in begun] == [False, False, True, False]
    assert [seconds for _, seconds in begun] == [fresh, fresh, None, fresh]


async def test_pins_bans_and_holds_are_kept_until_they_expire_or_are_lifted(desk: Desk) -> None:
    await desk.housing_corporation()
    old, young = await desk.household(linkedOn="2023-01-02"), await desk.household(linkedOn="2024-10-01")
    studio = await desk.dwelling()
    body = {"householdId": old["id"], "reason": "Ligt in het ziekenhuis.", "expiresOn": "2024-12-01"}
    held = await desk.post("/pins", desk.vwn(), {**body, "kind": "hold"})
    assert (await desk.post("/pins", desk.vwn(), {**body, "kind": "hold"}, 409))["code"] == "pin-exists"
    await desk.post("/pins", desk.vwn(), {**body, "kind": "hold", "expiresOn": "2024-11-01"}, 400)
    await desk.post("/pins", desk.vwn(), {**body, "kind": "ban"}, 400)
    (one,) = await proposals(desk, await searched(desk))
    assert one["householdId"] == young["id"]
    await desk.post(f"/pins/{held['id']}/lifting", desk.vwn(), None, 200)
    pin = {**body, "kind": "pin", "householdId": young["id"], "dwellingId": studio["id"]}
    pinned = await desk.post("/pins", desk.vwn(), pin)
    (one,) = await proposals(desk, await searched(desk))
    assert one["householdId"] == young["id"]
    await desk.post("/pins", desk.vwn(), {**pin, "kind": "pin", "householdId": old["id"]})
    job = await searched(desk)
    assert (job["status"], job["problem"]["code"]) == ("failed", "pins-clash")
    assert {one["householdId"] for one in job["problem"]["pins"]} == {old["id"], young["id"]}
    run = await desk.get(f"/match-proposals/{job['id']}", desk.vwn())
    assert (run["status"], await desk.items(f"/match-proposals/{job['id']}/proposals", desk.vwn())) == (
        "failed",
        [],
    )
    await desk.post(f"/pins/{pinned['id']}/lifting", desk.vwn(), None, 200)
    assert len(await desk.items("/pins", desk.vwn(), inForce=True)) == 1


async def test_a_pin_that_cannot_take_part_is_told(desk: Desk) -> None:
    await desk.housing_corporation()
    waiting, held, housed = [await desk.household() for _ in range(3)]
    home, studio = await desk.dwelling(), await desk.dwelling()
    pins = [
        await desk.post(
            "/pins",
            desk.vwn(),
            {
                "kind": "pin", "householdId": household["id"], "dwellingId": dwelling["id"],
                "reason": "Past.", "expiresOn": "2024-12-01",
            },
        )
        for household, dwelling in ((waiting, home), (held, studio), (housed, studio), (housed, home))
    ]  # fmt: skip
    hold = {"kind": "hold", "householdId": held["id"], "reason": "Reist.", "expiresOn": "2024-12-01"}
    await desk.post("/pins", desk.vwn(), hold)
    await desk.house(housed, home)
    job = await searched(desk)
    assert {one["householdId"] for one in await proposals(desk, job)} == {waiting["id"]}
    run = await desk.get(f"/match-proposals/{job['id']}", desk.vwn())
    assert {one["pinId"]: (one["householdId"], one["why"]) for one in run["unusedPins"]} == {
        pins[0]["id"]: (waiting["id"], "dwelling-not-offered"),
        pins[1]["id"]: (held["id"], "household-held"),
        pins[2]["id"]: (housed["id"], "household-not-waiting"),
    }, "what came about is not told as unused"
    in_force = {one["id"] for one in await desk.items("/pins", desk.vwn(), inForce=True)}
    assert in_force & {one["id"] for one in pins} == {one["id"] for one in pins[:3]}


async def test_one_search_at_a_time_per_scope_and_a_stopped_one_keeps_nothing(desk: Desk) -> None:
    await desk.housing_corporation()
    await desk.household()
    await desk.dwelling()
    caller = desk.vwn()
    first = await desk.post("/match-proposals", caller, SEARCH, 202)
    busy = await desk.post("/match-proposals", desk.gemeente(), SEARCH, 409)
    assert (busy["code"], busy["jobId"]) == ("search-running", first["id"])
    await desk.post(f"/jobs/{first['id']}/cancellation", caller, None, 200)
    job = await ended(desk, first["id"], caller)
    assert (job["status"], job["problem"]["code"]) == ("failed", "job-cancelled")
    run = await desk.get(f"/match-proposals/{first['id']}", caller)
    assert (run["status"], await desk.items(f"/match-proposals/{first['id']}/proposals", caller)) == (
        "cancelled",
        [],
    )
    assert (await desk.post(f"/jobs/{first['id']}/cancellation", caller, None, 409))["code"] == "job-over"
    assert (await searched(desk))["status"] == "done"


async def test_over_two_gemeenten_a_swap_is_proposed_only_with_consent(desk: Desk) -> None:
    await desk.housing_corporation()
    willing = await desk.household(OEGSTGEEST, linkedOn="2023-01-02", exchange=[WASSENAAR])
    await desk.household(OEGSTGEEST, linkedOn="2022-01-03")
    await desk.dwelling()
    both = {"gemeentecodes": [WASSENAAR, OEGSTGEEST], "timeLimitSeconds": 10}
    (one,) = await proposals(desk, await searched(desk, both))
    assert (one["householdId"], one["exchange"]) == (willing["id"], True)
    none = await searched(desk, {**both, "mostExchanges": 0})
    assert await proposals(desk, none) == []
    await desk.post("/match-proposals", desk.gemeente(OEGSTGEEST), both, 403)


async def test_the_rules_of_corporations_hold_in_a_search_and_their_price_is_told(desk: Desk) -> None:
    corporation = await desk.housing_corporation()
    rule = {"kind": "no-singles-in-family-dwelling", "validFrom": "2024-01-01", "source": "Brief"}
    await desk.post(f"/corporations/{corporation}/rules", desk.gemeente(), rule)
    await desk.household()
    await desk.dwelling(rooms=4)
    job = await searched(desk)
    assert await proposals(desk, job) == []
    run = await desk.get(f"/match-proposals/{job['id']}", desk.vwn())
    (price,) = run["rulePrices"]
    assert (price["corporationId"], price["gemeentecode"], price["rule"], price["matchesMore"]) == (
        corporation,
        WASSENAAR,
        "min_persons",
        1,
    )
