# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who counted as housed and should not have: taken back with a reason, and the account follows."""

import asyncio
from datetime import date
from typing import Any

import pytest

from tests.service.housing.account_books import Books
from tests.service.housing.match_desk import OEGSTGEEST, WASSENAAR, Desk, codes, day


async def housed(desk: Desk, **household: Any) -> tuple[Any, list[Any]]:
    """A household in its house, and what counts it."""
    await desk.housing_corporation()
    found = await desk.household(**household)
    await desk.house(found, await desk.dwelling(rooms=found["adults"] + found["children"]))
    return found, await of(desk, found)


async def of(desk: Desk, household: Any) -> list[Any]:
    return await desk.items("/realisations", desk.gemeente(), householdId=household["id"])


async def take_back(
    desk: Desk, realisation: Any, expect: int = 201, *, caller: dict[str, str] | None = None, **more: Any
) -> Any:
    body = {"reason": "Woont er niet: de sleutel is teruggegeven.", **more}
    path = f"/realisations/{realisation['id']}/taking-back"
    return await desk.post(path, caller or desk.gemeente(), body, expect)


async def balance(desk: Desk, peildatum: date, known_on: date | None = None) -> int:
    known = {} if known_on is None else {"knownOn": str(known_on)}
    found = await desk.get(f"/balances/{WASSENAAR}", desk.gemeente(), peildatum=str(peildatum), **known)
    return int(found["balance"])


@pytest.mark.capability("HO-02", part="a realisation is taken back")
async def test_what_is_taken_back_no_longer_counts_by_what_was_true_and_did_by_what_was_known(
    desk: Desk,
) -> None:
    _, (first, second) = await housed(desk, adults=2)
    assert (first["persons"], first["source"], first["takenBack"]) == (1, "match", False)
    desk.on(day(6))
    back = await take_back(desk, first)
    assert (back["persons"], back["corrects"], back["housedOn"]) == (-1, first["id"], first["housedOn"])
    assert back["reason"].startswith("Woont er niet")
    # By what was true: from the day on which it had counted.
    assert [await balance(desk, day(at)) for at in (-1, 0, 5, 6)] == [0, -1, -1, -1]
    # By what was known: it counted until somebody knew better.
    assert [await balance(desk, day(at), day(at)) for at in (-1, 0, 5, 6)] == [0, -2, -2, -1]
    assert await balance(desk, day(0), day(-1)) == 0
    rows = await of(desk, await desk.get(f"/households/{first['householdId']}", desk.gemeente()))
    assert {row["id"]: (row["persons"], row["takenBack"]) for row in rows} == {
        first["id"]: (1, True),
        second["id"]: (1, False),
        back["id"]: (-1, False),
    }


async def test_it_can_end_from_a_later_day(desk: Desk) -> None:
    _, (only,) = await housed(desk)
    desk.on(day(6))
    assert codes(await take_back(desk, only, 400, countsFrom=str(day(7)))) == {"in-future"}
    assert codes(await take_back(desk, only, 400, countsFrom=str(day(-1)))) == {"before-start"}
    await take_back(desk, only, countsFrom=str(day(3)))
    assert [await balance(desk, day(at)) for at in (-1, 0, 2, 3)] == [0, -1, -1, 0]


async def test_the_same_is_taken_back_once(desk: Desk) -> None:
    _, (only,) = await housed(desk)
    answers = await asyncio.gather(
        *(
            desk.client.post(
                f"/housing/v1/realisations/{only['id']}/taking-back",
                headers=desk.gemeente(),
                json={"reason": "Dubbel"},
            )
            for _ in range(4)
        )
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"realisation-taken-back"}
    (back,) = [one.json() for one in answers if one.status_code == 201]
    assert (await take_back(desk, back, 409))["code"] == "realisation-taken-back"
    assert await balance(desk, day(0)) == 0


async def test_who_may_record_it_may_take_it_back(desk: Desk) -> None:
    _, (first, second) = await housed(desk, adults=2)
    await take_back(desk, first, 404, caller=desk.gemeente(OEGSTGEEST))
    for caller in (desk.province(), desk.corporation()):
        await take_back(desk, first, 403, caller=caller)
    await take_back(desk, first, caller=desk.vwn())
    await take_back(desk, second, caller=desk.gemeente())


async def test_a_look_at_who_was_housed_is_logged(desk: Desk) -> None:
    await desk.housing_corporation()
    person, household = await desk.known()
    await desk.house(household, await desk.dwelling())
    (only,) = await of(desk, household)
    await take_back(desk, only)
    looks = await desk.bench.sql(
        "SELECT activity FROM housing.access_log WHERE inburgeraar_id = :person", person=person
    )
    assert {"realisatie-raadplegen", "realisatie-terugnemen"} <= {row.activity for row in looks}


async def test_family_that_comes_later_does_not_bring_back_who_was_taken_back(desk: Desk) -> None:
    reunion = {"persons": 2, "expectedOn": "2025-02-01"}
    household, (only,) = await housed(desk, reunion=reunion)
    await take_back(desk, only)
    (expected,) = (await desk.get(f"/households/{household['id']}", desk.gemeente()))["reunions"]
    await desk.post(f"/reunions/{expected['id']}/arrival", desk.gemeente(), {"arrivedOn": "2024-11-05"}, 200)
    assert sum(row["persons"] for row in await of(desk, household)) == 2


async def test_inside_imported_years_the_account_is_corrected_instead(books: Books) -> None:
    await books.audit(WASSENAAR)
    await books.housed(WASSENAAR, "2024-10-20", 1)
    policy = books.policy()
    (row,) = (await books.get("/realisations", policy, gemeentecode=WASSENAAR))["items"]
    path, body = f"/realisations/{row['id']}/taking-back", {"reason": "Telde dubbel"}
    assert await books.refused("POST", path, policy, body, 400) == ("invalid-input", "/countsFrom")
    await books.post(path, policy, {**body, "countsFrom": "2024-11-01"})
    assert (await books.balance(WASSENAAR, "2024-10-31"))["balance"] == 34
    assert (await books.balance(WASSENAAR, "2024-11-01"))["balance"] == 35
