# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why a search did not propose a pair: the rule, or the price, from what the search knew."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.housing.actions import searches, why_not
from services.housing.actions.search_keeping import work_out
from services.housing.jobs import FORGET_INPUTS
from services.housing.solver import why_not as compute
from services.housing.store import explanations
from tests.service.housing.match_desk import OEGSTGEEST, WASSENAAR, Desk, codes
from tests.service.housing.test_end_of_data import forget
from tests.service.housing.test_looks import seen
from tests.service.housing.test_searches import searched

_PATIENCE = 250.0  # seconds
LATE = date(2025, 3, 3)
"""Later than the input of a search of November 2024 is kept."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a price take as long as it needs: what is proven must not hang on how busy the machine is."""
    monkeypatch.setattr(why_not, "_SECONDS", _PATIENCE)


async def asked(desk: Desk, job: Any, household: Any, dwelling: Any, expect: int = 200) -> Any:
    """Ask why not."""
    body = {"householdId": household["id"], "dwellingId": dwelling["id"]}
    return await desk.post(f"/match-proposals/{job['id']}/explanations", desk.vwn(), body, expect)


async def computed(desk: Desk, told: Any) -> Any:
    """Wait until the price is there."""
    path = f"/match-proposals/{told['runId']}/explanations/{told['id']}"
    async with asyncio.timeout(_PATIENCE):
        while (told := await desk.get(path, desk.vwn()))["status"] == "computing":
            await asyncio.sleep(0.1)
    return told


@pytest.mark.capability(
    "HO-06", part="why this household does not get this dwelling: the first rule that it breaks"
)
async def test_the_first_rule_that_a_pair_breaks_is_told_at_once(desk: Desk) -> None:
    await desk.housing_corporation()
    single = await desk.household(rentMaxCents=60_000)
    family = await desk.household(adults=2, children=3)
    elsewhere = await desk.household(OEGSTGEEST)
    wheelchair = await desk.household(needsAccessible=True)
    studio, dear = await desk.dwelling(), await desk.dwelling(rentCents=70_050)
    both = {"gemeentecodes": [WASSENAAR, OEGSTGEEST], "timeLimitSeconds": 10}
    job = await searched(desk, both)

    told = [
        await asked(desk, job, household, dwelling)
        for household, dwelling in (
            (elsewhere, studio),
            (single, dear),
            (wheelchair, studio),
            (family, studio),
        )
    ]

    assert [(one["status"], one["outcome"], one["rule"]) for one in told] == [
        ("done", "rule", rule) for rule in ("H2", "H3", "H4", "H5")
    ]
    assert "stemde niet in met wonen in een andere gemeente" in told[0]["explanation"]
    assert told[1]["explanation"] == (
        "De huur is 701 euro per maand. Dit huishouden kan ten hoogste 600 euro betalen."
    )
    assert "plaats nodig voor 5" in told[3]["explanation"]
    assert all(one["price"] is None for one in told)


@pytest.mark.capability("PX-16", part="what a pair that was not proposed would cost others, by a second run")
async def test_a_pair_that_no_rule_forbids_has_a_price_and_says_who_loses(desk: Desk) -> None:
    await desk.housing_corporation()
    old, young = await desk.household(linkedOn="2023-01-02"), await desk.household(linkedOn="2024-10-01")
    studio = await desk.dwelling()
    job = await searched(desk)
    assert (await asked(desk, job, old, studio))["outcome"] == "proposed"

    told = await asked(desk, job, young, studio, 202)
    assert (told["status"], told["outcome"], told["explanation"]) == ("computing", None, None)
    told = await computed(desk, told)

    assert (told["status"], told["outcome"], told["rule"]) == ("done", "price", None)
    assert told["price"]["losingHouseholdIds"] == [old["id"]]
    assert (told["price"]["personsFewer"], told["price"]["proven"], told["price"]["excluded"]) == (
        0,
        True,
        False,
    )
    assert told["price"]["weeksMore"] == 86, "the weeks that the longest waiting household is over its term"
    assert "telt het wachten 86 punten minder" in told["explanation"]
    assert "1 huishouden verliest zijn voorstel." in told["explanation"]
    again = await asked(desk, job, young, studio)
    assert again == told, "the same question is not computed twice"
    assert await desk.items("/matches", desk.vwn()) == [], "nothing is decided"


async def test_the_answer_is_about_the_search_as_it_was(desk: Desk) -> None:
    await desk.housing_corporation()
    old, young = await desk.household(linkedOn="2023-01-02"), await desk.household(linkedOn="2024-10-01")
    studio = await desk.dwelling()
    job = await searched(desk)
    later = await desk.household()
    await desk.propose(old, studio)

    assert (await asked(desk, job, old, studio))["outcome"] == "proposed"
    assert (await computed(desk, await asked(desk, job, young, studio, 202)))["outcome"] == "price"
    refused = await asked(desk, job, later, studio, 409)
    assert (refused["code"], codes(refused)) == ("not-in-search", {"not-in-search"})
    assert refused["errors"][0]["pointer"] == "/householdId"


async def test_what_people_laid_down_is_named(desk: Desk) -> None:
    await desk.housing_corporation()
    old, young = await desk.household(linkedOn="2023-01-02"), await desk.household(linkedOn="2024-10-01")
    studio, other = await desk.dwelling(), await desk.dwelling(rentCents=47_000)
    pin = {"reason": "Bij het werk.", "expiresOn": "2024-12-01", "dwellingId": studio["id"]}
    await desk.post("/pins", desk.vwn(), {**pin, "kind": "pin", "householdId": young["id"]})
    ban = {**pin, "kind": "ban", "dwellingId": other["id"], "householdId": young["id"]}
    await desk.post("/pins", desk.vwn(), ban)
    job = await searched(desk)

    clash = await computed(desk, await asked(desk, job, old, studio, 202))
    assert (clash["outcome"], clash["price"]) == ("together", None)
    assert clash["together"] == [{"householdId": young["id"], "dwellingId": studio["id"]}]
    banned = await computed(desk, await asked(desk, job, young, other, 202))
    assert (banned["outcome"], banned["together"]) == ("together", clash["together"])


async def test_an_answer_whose_work_was_lost_has_failed_and_is_asked_anew(desk: Desk) -> None:
    await desk.housing_corporation()
    await desk.household(linkedOn="2023-01-02")
    young, studio = await desk.household(linkedOn="2024-10-01"), await desk.dwelling()
    job = await searched(desk)
    told = await computed(desk, await asked(desk, job, young, studio, 202))
    await desk.bench.sql("UPDATE housing.explanation SET status = 'computing', answer = '{}'")

    lost = await computed(desk, told)
    assert (lost["status"], lost["outcome"], lost["explanation"]) == ("failed", None, None)
    assert await computed(desk, await asked(desk, job, young, studio, 202)) == told


async def test_an_unknown_household_and_an_unknown_dwelling_are_told_by_their_place(desk: Desk) -> None:
    await desk.housing_corporation()
    household, dwelling, nobody = await desk.household(), await desk.dwelling(), {"id": str(uuid4())}
    job = await searched(desk)

    for one, home, pointer in ((nobody, dwelling, "/householdId"), (household, nobody, "/dwellingId")):
        refused = await asked(desk, job, one, home, 409)
        assert (refused["code"], refused["errors"][0]["pointer"]) == ("reference-not-yet-known", pointer)
    await asked(desk, {"id": str(uuid4())}, household, dwelling, 404)
    body = {"householdId": household["id"], "dwellingId": dwelling["id"]}
    path = f"/match-proposals/{job['id']}/explanations"
    await desk.post(path, desk.gemeente(OEGSTGEEST), body, 404)
    told = await asked(desk, job, household, dwelling)
    await desk.get(f"{path}/{told['id']}", desk.gemeente(OEGSTGEEST), 404)
    await desk.get(f"/match-proposals/{uuid4()}/explanations/{told['id']}", desk.vwn(), 404)


async def test_a_search_without_an_outcome_explains_nothing(desk: Desk) -> None:
    await desk.housing_corporation()
    household, dwelling = await desk.household(), await desk.dwelling()
    for name in ("one", "two"):
        other = await desk.household()
        pin = {"kind": "pin", "householdId": other["id"], "dwellingId": dwelling["id"]}
        await desk.post("/pins", desk.vwn(), {**pin, "reason": name, "expiresOn": "2024-12-01"})
    job = await searched(desk)
    assert job["status"] == "failed"
    assert (await asked(desk, job, household, dwelling, 409))["code"] == "search-not-done"


async def test_the_input_of_a_search_is_let_go_after_its_term_and_an_answer_stays(desk: Desk) -> None:
    await desk.housing_corporation()
    single, family = await desk.household(), await desk.household(adults=2, children=3)
    studio = await desk.dwelling()
    job = await searched(desk)
    told = await asked(desk, job, family, studio)
    context = desk.bench.live.context

    await FORGET_INPUTS.run(context)
    assert len(await desk.bench.sql("SELECT run_id FROM housing.search_input")) == 1
    desk.on(LATE)
    gone = await asked(desk, job, single, studio, 409)
    await FORGET_INPUTS.run(context)

    assert gone["code"] == "search-input-gone"
    assert await desk.bench.sql("SELECT run_id FROM housing.search_input") == []
    assert await asked(desk, job, family, studio) == told


async def test_what_a_search_knew_of_people_holds_no_origin(desk: Desk) -> None:
    await desk.housing_corporation()
    await desk.known()
    await searched(desk)
    (row,) = await desk.bench.sql("SELECT document FROM housing.search_input")
    (household,) = row.document["households"]
    assert set(household) == {
        "id", "municipality", "persons", "adults", "children", "linked", "rent_max", "needs_accessible", "school",
        "work", "family", "reunion", "accepts_sharing", "share_group", "exchange",
    }  # fmt: skip


async def test_an_answer_is_a_look_at_everybody_whom_it_names(desk: Desk) -> None:
    await desk.housing_corporation()
    loser, _ = await desk.known(linkedOn="2023-01-02")
    person, young = await desk.known(linkedOn="2024-10-01")
    studio = await desk.dwelling()
    job = await searched(desk)
    async with seen(desk, person, "match-zoeken"):
        told = await asked(desk, job, young, studio, 202)
    await computed(desk, told)

    async with seen(desk, person, "match-zoeken"), seen(desk, loser, "match-zoeken"):
        await desk.get(f"/match-proposals/{job['id']}/explanations/{told['id']}", desk.vwn())


async def test_what_names_a_household_goes_with_it(desk: Desk) -> None:
    await desk.housing_corporation()
    loser, _ = await desk.known(linkedOn="2023-01-02")
    _, young = await desk.known(linkedOn="2024-10-01")
    family = await desk.household(adults=2, children=3)
    studio = await desk.dwelling()
    job = await searched(desk)
    await computed(desk, await asked(desk, job, young, studio, 202))
    kept = await asked(desk, job, family, studio)

    await forget(desk, loser)

    assert await desk.bench.sql("SELECT run_id FROM housing.search_input") == []
    (row,) = await desk.bench.sql("SELECT id FROM housing.explanation")
    assert str(row.id) == kept["id"], "only the answer that names nobody else stays"
    assert (await asked(desk, job, young, studio, 409))["code"] == "search-input-gone"


def gone_while_it_computes(desk: Desk, monkeypatch: pytest.MonkeyPatch, *people: UUID) -> None:
    """Let one of these people be destroyed each time that a search has computed and has kept nothing yet."""
    left, loop = list(people), asyncio.get_running_loop()

    def destroyed_meanwhile(*given: Any) -> Any:
        if left:
            asyncio.run_coroutine_threadsafe(forget(desk, left.pop(0)), loop).result(60)
        return work_out(*given)

    monkeypatch.setattr(searches, "work_out", destroyed_meanwhile)


async def test_a_search_begins_again_without_a_household_that_was_destroyed_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.housing_corporation()
    person, gone = await desk.known(linkedOn="2023-01-02")
    stays = await desk.household()
    await desk.dwelling()
    gone_while_it_computes(desk, monkeypatch, person)
    job = await searched(desk)
    assert job["status"] == "done", job
    (proposal,) = await desk.items(f"/match-proposals/{job['id']}/proposals", desk.vwn())
    assert (proposal["householdId"], proposal["otherHouseholds"]) == (stays["id"], [])
    (row,) = await desk.bench.sql("SELECT i::text AS row FROM housing.search_input i")
    assert gone["id"] not in row.row
    run = await desk.get(f"/match-proposals/{job['id']}", desk.vwn())
    assert (run["status"], run["households"]) == ("done", 1)


async def test_a_search_that_loses_a_household_twice_keeps_nothing_and_can_be_asked_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.housing_corporation()
    people = [(await desk.known(linkedOn="2023-01-02"))[0] for _ in range(2)]
    stays = await desk.household()
    await desk.dwelling()
    gone_while_it_computes(desk, monkeypatch, *people)
    job = await searched(desk)
    assert (job["status"], job["problem"]["code"]) == ("failed", "search-not-possible")
    assert await desk.bench.sql("SELECT 1 FROM housing.search_input") == []
    assert await desk.bench.sql("SELECT 1 FROM housing.proposal") == []
    (proposal,) = await desk.items(f"/match-proposals/{(await searched(desk))['id']}/proposals", desk.vwn())
    assert proposal["householdId"] == stays["id"]


async def test_a_household_destroyed_while_a_price_is_computed_is_not_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.housing_corporation()
    loser, old = await desk.known(linkedOn="2023-01-02")
    young, studio = await desk.household(linkedOn="2024-10-01"), await desk.dwelling()
    job = await searched(desk)

    async def destroyed_meanwhile(*given: Any, **more: Any) -> Any:
        found = await compute(*given, **more)
        await forget(desk, loser)
        return found

    monkeypatch.setattr(why_not, "why_not", destroyed_meanwhile)
    told = await computed(desk, await asked(desk, job, young, studio, 202))
    assert (told["status"], told["price"]) == ("failed", None)
    (row,) = await desk.bench.sql("SELECT e::text AS row FROM housing.explanation e")
    assert old["id"] not in row.row


async def test_an_answer_that_went_with_a_household_while_it_was_read_is_not_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.housing_corporation()
    await desk.household(linkedOn="2023-01-02")
    person, young = await desk.known(linkedOn="2024-10-01")
    studio = await desk.dwelling()
    job = await searched(desk)
    told = await computed(desk, await asked(desk, job, young, studio, 202))
    await desk.bench.sql("UPDATE housing.explanation SET status = 'computing', answer = '{}'")

    async def gone_meanwhile(*_: Any) -> bool:
        await forget(desk, person)
        return False

    monkeypatch.setattr(explanations, "is_under_way", gone_meanwhile)
    await desk.get(f"/match-proposals/{job['id']}/explanations/{told['id']}", desk.vwn(), 404)


async def test_an_answer_that_is_still_computed_is_no_look(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.housing_corporation()
    await desk.household(linkedOn="2023-01-02")
    person, young = await desk.known(linkedOn="2024-10-01")
    studio = await desk.dwelling()
    job = await searched(desk)
    told = await computed(desk, await asked(desk, job, young, studio, 202))
    await desk.bench.sql("UPDATE housing.explanation SET status = 'computing', answer = '{}'")

    async def under_way(*_: Any) -> bool:
        return True

    monkeypatch.setattr(explanations, "is_under_way", under_way)
    async with seen(desk, person, "match-zoeken", times=0):
        await desk.get(f"/match-proposals/{job['id']}/explanations/{told['id']}", desk.vwn())


async def test_an_older_version_that_destroys_is_not_held_up_and_leaves_nothing(desk: Desk) -> None:
    await desk.housing_corporation()
    household, dwelling = await desk.household(), await desk.dwelling()
    job = await searched(desk)
    await asked(desk, job, household, dwelling)
    # As a version that knows neither inputs nor explanations does it.
    for table in ("deadline", "proposal", "household_member"):
        await desk.bench.sql(f"DELETE FROM housing.{table} WHERE household_id = :id", id=household["id"])
    await desk.bench.sql("DELETE FROM housing.household WHERE id = :id", id=household["id"])
    assert await desk.bench.sql("SELECT 1 FROM housing.explanation") == []
    await FORGET_INPUTS.run(desk.bench.live.context)
    assert await desk.bench.sql("SELECT 1 FROM housing.search_input") == []
