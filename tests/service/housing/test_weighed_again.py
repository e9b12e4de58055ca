# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A match is weighed again when the gemeente approves it: what no longer fits is told by its rule."""

from datetime import date
from typing import Any

import pytest

from tests.service.housing.match_desk import Desk, codes


async def proposed(desk: Desk, *, rooms: int = 1, **household: Any) -> tuple[str, Any, Any, Any]:
    corporation = await desk.housing_corporation()
    found = await desk.household(**household)
    dwelling = await desk.dwelling(rooms=rooms)
    return corporation, found, dwelling, await desk.propose(found, dwelling)


async def decides(desk: Desk, match: Any) -> Any:
    """What the gemeente hears when it approves; the match and its clocks are as they were."""
    before = await desk.get(f"/matches/{match['id']}", desk.gemeente())
    refused = await desk.decide(match, expect=409)
    assert await desk.get(f"/matches/{match['id']}", desk.gemeente()) == before
    return refused


@pytest.mark.capability("HO-09", part="a rule that came after the proposal is told at the decision")
async def test_a_rule_that_the_corporation_made_since_is_named(desk: Desk) -> None:
    corporation, _, _, match = await proposed(desk, rooms=4)
    rule = {
        "kind": "no-singles-in-family-dwelling",
        "validFrom": "2024-11-05",
        "source": "Brief van 5-11-2024",
    }
    made = await desk.post(f"/corporations/{corporation}/rules", desk.gemeente(), rule)
    refused = await decides(desk, match)
    assert (refused["code"], refused["rule"]) == ("match-breaks-rule", "no-singles-in-family-dwelling")
    assert refused["detail"].startswith("Sinds het voorstel is er iets veranderd.")
    assert "Brief van 5-11-2024" in refused["detail"]
    assert refused["errors"][0]["pointer"] == "/outcome"
    # What changed is set right, or the match is rejected.
    path = f"/corporations/{corporation}/rules/{made['id']}"
    await desk.ask("PATCH", path, desk.gemeente(), {"validUntil": "2024-11-05"}, headers={"If-Match": '"1"'})
    assert (await desk.decide(match, "rejected"))["status"] == "rejected"


async def test_a_household_that_grew_since_no_longer_fits(desk: Desk) -> None:
    reunion = {"persons": 1, "expectedOn": "2025-02-01"}
    _, household, _, match = await proposed(desk, reunion=reunion)
    (expected,) = (await desk.get(f"/households/{household['id']}", desk.gemeente()))["reunions"]
    path = f"/reunions/{expected['id']}/arrival"
    await desk.post(path, desk.gemeente(), {"arrivedOn": "2024-11-05"}, 200)
    assert codes(await decides(desk, match)) == {"max-persons"}


async def test_a_household_that_grew_and_still_fits_is_approved_at_its_size_now(desk: Desk) -> None:
    reunion = {"persons": 1, "expectedOn": "2025-02-01"}
    _, household, _, match = await proposed(desk, rooms=3, adults=2, reunion=reunion)
    (expected,) = (await desk.get(f"/households/{household['id']}", desk.gemeente()))["reunions"]
    path = f"/reunions/{expected['id']}/arrival"
    await desk.post(path, desk.gemeente(), {"arrivedOn": "2024-11-05"}, 200)
    assert (match["persons"], (await desk.decide(match))["persons"]) == (2, 3)


async def test_a_dwelling_that_was_taken_back_since_cannot_be_approved(desk: Desk) -> None:
    _, _, dwelling, match = await proposed(desk)
    await desk.bench.sql("UPDATE housing.dwelling SET status = 'withdrawn' WHERE id = :id", id=dwelling["id"])
    refused = await decides(desk, match)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("dwelling-not-offered", "/outcome")


async def test_a_match_does_not_stand_in_its_own_way(desk: Desk) -> None:
    corporation, _, _, match = await proposed(desk)
    (quarter,) = await desk.items("/quarters", desk.gemeente())
    path = f"/quarters/{quarter['id']}"
    await desk.ask("PATCH", path, desk.gemeente(), {"cap": 1}, headers={"If-Match": '"1"'})
    rule = {"kind": "most-per-year", "value": 1, "validFrom": "2024-11-05", "source": "Afspraak"}
    await desk.post(f"/corporations/{corporation}/rules", desk.gemeente(), rule)
    assert (await desk.decide(match))["status"] == "approved"


async def test_sharers_are_weighed_without_the_place_that_they_have(desk: Desk) -> None:
    await desk.housing_corporation()
    dwelling = await desk.dwelling(rooms=3, minPersons=2, shareSlots=2)
    proposals = [
        await desk.propose(await desk.household(acceptsSharing=True, shareGroup="a"), dwelling)
        for _ in range(2)
    ]
    for match in proposals:
        assert (await desk.decide(match))["status"] == "approved"


async def test_a_match_of_the_half_year_before_is_not_taken_off_what_the_quarter_holds_now(
    desk: Desk,
) -> None:
    _, _, _, match = await proposed(desk)
    (quarter,) = await desk.items("/quarters", desk.gemeente())
    desk.on(date(2025, 1, 7))
    path = f"/quarters/{quarter['id']}"
    await desk.ask("PATCH", path, desk.gemeente(), {"cap": 1}, headers={"If-Match": '"1"'})
    await desk.propose(await desk.household(), await desk.dwelling())
    assert codes(await decides(desk, match)) == {"quarter-cap"}
