# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Two who record the same thing at one moment: one does, the others hear that it exists."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.housing.models import Household
from tests.service.housing.match_desk import BOUWSTICHTING, WASSENAAR, Desk

HOUSEHOLD = {
    "gemeentecode": WASSENAAR, "linkedOn": "2024-09-02", "reference": "T1", "adults": 1, "children": 0,
}  # fmt: skip
DWELLING = {
    "quarter": "Kerkehout", "rooms": 1, "sizeM2": 30, "rentCents": 50_000, "availableFrom": "2024-11-01",
    "reference": "W1",
}  # fmt: skip
CORPORATION = {"name": "Bouwstichting", "organisationId": str(BOUWSTICHTING), "gemeentecodes": [WASSENAAR]}
URGENCY = {
    "gemeentecode": WASSENAAR, "statusHolders": True, "priorityGroups": [], "explanation": "Urgent", "validFrom": "2024-12-01",
    "source": "Verordening",
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        pytest.param("/households", HOUSEHOLD, "reference-exists", id="household"),
        pytest.param("/dwellings", DWELLING, "reference-exists", id="dwelling"),
        pytest.param("/corporations", CORPORATION, "corporation-exists", id="corporation"),
        pytest.param("/urgency-rules", URGENCY, "urgency-rule-exists", id="urgency-rule"),
    ],
)
async def test_the_same_at_the_same_moment_is_recorded_once(
    desk: Desk, path: str, body: dict[str, Any], code: str
) -> None:
    if path == "/dwellings":
        await desk.housing_corporation()
    caller = desk.corporation() if path == "/dwellings" else desk.gemeente()
    answers = await asyncio.gather(
        *(desk.client.post(f"/housing/v1{path}", headers=caller, json=body) for _ in range(6))
    )
    told = sorted((one.status_code, one.json().get("code")) for one in answers)
    assert told[0][0] == 201, told
    assert told[1:] == [(409, code)] * 5


async def test_a_row_that_is_locked_is_read_as_it_is_now_and_keeps_what_was_changed_here(desk: Desk) -> None:
    household = UUID((await desk.household(reference="T9"))["id"])
    async with desk.bench.live.context.begin() as tx:
        before = await tx.get(Household, household)
        assert before is not None
        await desk.bench.sql("UPDATE housing.household SET version = 7 WHERE id = :id", id=household)
        locked = await tx.get(Household, household, lock=True)
        assert locked is before
        assert locked.version == 7
        locked.version = 8
        again = await tx.get(Household, household, lock=True)
        assert again is not None
        assert again.version == 8
    (held,) = await desk.bench.sql("SELECT version FROM housing.household")
    assert held.version == 8
