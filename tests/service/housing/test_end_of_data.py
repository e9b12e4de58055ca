# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When the data of a person must go, the household goes with its first member; the account stays."""

from datetime import date

from contracts.intake import InburgeraarDestroyed
from tests.service.housing.match_desk import OEGSTGEEST, WASSENAAR, Desk

HELD = (
    "household",
    "household_member",
    "reunion",
    "consent",
    "match",
    "move_item",
    "stay",
    "task",
    "deadline",
    "share_conflict",
    "pin",
    "inburgeraar",
    "scope",
)


async def test_a_household_goes_with_its_first_member_and_the_account_stays(desk: Desk) -> None:
    await desk.housing_corporation()
    reunion = {"persons": 2, "expectedOn": "2025-02-01"}
    person, household = await desk.known(acceptsSharing=True, exchange=[OEGSTGEEST], reunion=reunion)
    pin = {"kind": "hold", "householdId": household["id"], "reason": "x", "expiresOn": "2024-12-01"}
    await desk.post("/pins", desk.vwn(), pin)
    dwelling = await desk.dwelling(kind="flex", rooms=3, minPersons=2, shareSlots=2, maxStayMonths=12)
    await desk.house(household, dwelling)
    conflict = {"householdId": household["id"], "occurredOn": "2024-11-05", "kind": "noise"}
    await desk.post(f"/dwellings/{dwelling['id']}/conflicts", desk.vwn(), conflict)
    for table in HELD:
        assert await desk.bench.sql(f"SELECT 1 FROM housing.{table}"), table
    await desk.bench.deliver(
        InburgeraarDestroyed(
            inburgeraar_id=person, rule="dossier", article="Archiefwet", decided_on=date(2024, 11, 5)
        ),
        gemeentecode=WASSENAAR,
        aggregate_id=person,
        version=9,
    )
    for table in HELD:
        assert await desk.bench.sql(f"SELECT 1 FROM housing.{table}") == [], table
    (counted,) = await desk.bench.sql("SELECT sum(persons) AS persons FROM housing.realisation")
    assert counted.persons == 1
