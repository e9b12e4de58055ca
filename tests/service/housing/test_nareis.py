# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Family that is expected can be granted, corrected and withdrawn later, and comes once (HO-07)."""

import asyncio
from typing import Any

import pytest

from tests.service.housing.match_desk import Desk, codes

EXPECTED = {"persons": 3, "expectedOn": "2025-02-01"}


async def change(
    desk: Desk, household: Any, expect: int = 200, *, version: int | None = None, **fields: Any
) -> Any:
    """Change the expected family of a household as it is now."""
    shown = await desk.client.get(f"/housing/v1/households/{household['id']}", headers=desk.gemeente())
    path = f"/households/{household['id']}/reunions/{household['reunions'][0]['id']}"
    headers = {"If-Match": shown.headers["ETag"] if version is None else f'"{version}"'}
    return await desk.ask("PATCH", path, desk.gemeente(), fields, expect, headers=headers)


@pytest.mark.capability("HO-07", part="granted later, it counts for the size of a home for good")
async def test_family_that_is_granted_later_counts_from_then_on(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(reunion=EXPECTED)
    studio = await desk.dwelling()
    match = await desk.propose(household, studio)
    await desk.decide(match, "rejected")
    granted = await change(desk, household, grantedOn="2024-11-04")
    assert granted["reunions"][0]["grantedOn"] == "2024-11-04"
    assert codes(await desk.propose(household, studio, 409)) == {"max-persons"}
    assert (await desk.propose(household, await desk.dwelling(rooms=4)))["facts"]["need"] == 4


async def test_family_granted_between_proposal_and_decision_is_told(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(reunion=EXPECTED)
    match = await desk.propose(household, await desk.dwelling())
    await change(desk, household, grantedOn="2024-11-05")
    assert codes(await desk.decide(match, expect=409)) == {"max-persons"}


@pytest.mark.capability("HO-07", part="a wrong number is mended with a reason, and what stood is kept")
async def test_what_is_expected_can_be_corrected_and_withdrawn(desk: Desk) -> None:
    household = await desk.household(reunion=EXPECTED)
    assert codes(await change(desk, household, 400, persons=4)) == {"required"}
    changed = await change(
        desk, household, persons=4, adults=1, expectedOn="2025-03-01", reason="De moeder komt mee."
    )
    (reunion,) = changed["reunions"]
    assert (reunion["persons"], reunion["adults"], reunion["expectedOn"]) == (4, 1, "2025-03-01")
    told = {"on": "2024-11-05", "persons": 3, "adults": 0, "reason": "De moeder komt mee."}
    assert reunion["corrections"] == [told]
    assert (await change(desk, household, persons=4, adults=1))["reunions"][0]["corrections"] == [told]
    assert codes(await change(desk, household, 400, adults=5, reason="Anders.")) == {"above-most"}
    assert codes(await change(desk, household, 400, grantedOn="2024-11-06")) == {"in-future"}
    assert (await change(desk, household, 412, persons=2, version=99))["code"] == "stale-version"
    assert (await change(desk, household, withdrawnOn="2024-11-05"))["reunions"] == []
    assert (await change(desk, household, 409, grantedOn="2024-11-05"))["code"] == "reunion-over"


async def test_family_that_is_noted_twice_at_the_same_moment_comes_once(desk: Desk) -> None:
    household = await desk.household(reunion=EXPECTED)
    path = f"/housing/v1/reunions/{household['reunions'][0]['id']}/arrival"
    answers = await asyncio.gather(
        *(desk.client.post(path, headers=desk.gemeente(), json={"arrivedOn": "2024-11-05"}) for _ in range(4))
    )
    assert {one.status_code for one in answers} == {200}
    shown = await desk.get(f"/households/{household['id']}", desk.gemeente())
    assert (shown["adults"], shown["children"], len(shown["members"])) == (1, 3, 4)
