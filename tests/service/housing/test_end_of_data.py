# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When the data of a person must go, the household goes with the last whom the chain knows; the account stays."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from chassis.care.destruction import Grounds, Tombstone, digest_of, reapply
from contracts.housing import HouseholdLinked, HouseholdUnlinked
from contracts.intake import InburgeraarDestroyed, InburgeraarReduced
from contracts.retention import Stage
from services.housing.app import SERVICE
from services.housing.jobs import END_HOUSEHOLDS
from tests.service.housing.match_desk import OEGSTGEEST, WASSENAAR, Desk
from tests.service.housing.test_searches import searched

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


async def test_a_household_goes_with_its_last_known_member_and_the_account_stays(desk: Desk) -> None:
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
    await forget(desk, person)
    for table in HELD:
        assert await desk.bench.sql(f"SELECT 1 FROM housing.{table}") == [], table
    (counted,) = await desk.bench.sql(
        "SELECT persons, household_id, member_id, match_id FROM housing.realisation"
    )
    assert tuple(counted) == (1, None, None, None)


async def forget(desk: Desk, person: UUID, *, rule: str = "dossier-five-years") -> None:
    kind = InburgeraarDestroyed if rule == "at-death" else InburgeraarReduced
    await desk.bench.deliver(
        kind(inburgeraar_id=person, rule=rule, article="Besluit", decided_on=date(2024, 11, 5)),
        gemeentecode=WASSENAAR,
        aggregate_id=person,
        version=9,
    )


async def couple(desk: Desk) -> tuple[UUID, UUID, Any]:
    first, second = await desk.person(), await desk.person()
    members = [{"kind": "adult", "inburgeraarId": str(one)} for one in (first, second)]
    return first, second, await desk.household(members=members)


@pytest.mark.parametrize(
    ("rule", "adults"), [pytest.param("dossier-five-years", 2, id="term"), ("at-death", 1)]
)
async def test_a_household_stays_with_whom_the_chain_still_knows(desk: Desk, rule: str, adults: int) -> None:
    first, second, household = await couple(desk)
    await forget(desk, first, rule=rule)
    shown = await desk.get(f"/households/{household['id']}", desk.gemeente())
    assert (shown["status"], shown["adults"], len(shown["members"])) == ("waiting", adults, adults)
    told = await desk.bench.published(HouseholdLinked)
    assert (told[-1].adults, told[-1].inburgeraar_ids) == (adults, (second,))
    for table, column in (("household", "inburgeraar_id"), ("household_member", "inburgeraar_id")):
        held = await desk.bench.sql(f"SELECT {column} AS id FROM housing.{table}")
        assert first not in {row.id for row in held}
        assert second in {row.id for row in held}
    clocks = await desk.bench.sql("SELECT inburgeraar_id, status FROM housing.deadline")
    assert [tuple(row) for row in clocks] == [(second, "running")]
    await forget(desk, second)
    for table in ("household", "household_member", "deadline", "scope"):
        assert await desk.bench.sql(f"SELECT 1 FROM housing.{table}") == [], table


async def test_after_a_restore_too_a_household_stays_with_whom_the_chain_knows(desk: Desk) -> None:
    first, second, _ = await couple(desk)
    grounds = Grounds("at-death", "Besluit inburgering 2021 art. 9.9", date(2024, 11, 5))
    stone = Tombstone(digest_of(first), Stage.DESTROYED, grounds)
    assert SERVICE.care is not None
    async with desk.bench.live.context.begin() as tx:
        assert await reapply(tx, SERVICE.care, [stone]) == 1
    (held,) = await desk.bench.sql("SELECT inburgeraar_id, adults FROM housing.household")
    assert (held.inburgeraar_id, held.adults) == (second, 1)


async def test_who_left_a_household_before_takes_nothing_along(desk: Desk) -> None:
    first, second, _ = await couple(desk)
    await desk.bench.sql(
        "UPDATE housing.household_member SET left_on = DATE '2024-10-01' WHERE inburgeraar_id = :id",
        id=second,
    )
    await forget(desk, second)
    (held,) = await desk.bench.sql("SELECT inburgeraar_id, adults FROM housing.household")
    assert (held.inburgeraar_id, held.adults) == (first, 2)
    assert await desk.bench.sql("SELECT 1 FROM housing.household_member WHERE inburgeraar_id IS NULL") == []


async def test_a_dwelling_is_free_again_when_its_match_goes_with_a_household(desk: Desk) -> None:
    await desk.housing_corporation()
    person, household = await desk.known()
    dwelling = await desk.dwelling()
    await desk.decide(await desk.propose(household, dwelling))
    await forget(desk, person, rule="at-death")
    assert await desk.bench.sql("SELECT 1 FROM housing.match") == []
    assert (await desk.get(f"/dwellings/{dwelling['id']}", desk.vwn()))["status"] == "offered"
    (ended,) = await desk.bench.published(HouseholdUnlinked)
    assert (str(ended.household_id), ended.reason) == (household["id"], "data-destroyed")
    await desk.propose(await desk.household(), dwelling)


async def test_a_home_for_good_stays_let(desk: Desk) -> None:
    await desk.housing_corporation()
    person, household = await desk.known()
    dwelling = await desk.dwelling()
    await desk.house(household, dwelling)
    await forget(desk, person)
    assert (await desk.get(f"/dwellings/{dwelling['id']}", desk.vwn()))["status"] == "let"


async def test_a_household_that_goes_with_nobody_has_a_term(desk: Desk) -> None:
    await desk.housing_corporation()
    waits = await desk.household(linkedOn="2019-01-07")
    await desk.house(await desk.household(adults=2), await desk.dwelling(rooms=2))
    unlinked = await desk.household()
    body = {"unlinkedOn": "2024-11-05", "reason": "left"}
    await desk.post(f"/households/{unlinked['id']}/unlink", desk.gemeente(), body, 200)
    _, known = await desk.known()
    await desk.house(known, await desk.dwelling())
    for now, left in ((date(2029, 11, 5), 4), (date(2029, 11, 6), 2)):
        desk.on(now)
        await END_HOUSEHOLDS.run(desk.bench.live.context)
        assert len(await desk.bench.sql("SELECT 1 FROM housing.household")) == left
    held = await desk.bench.sql("SELECT id FROM housing.household")
    assert {str(row.id) for row in held} == {waits["id"], known["id"]}
    (counted,) = await desk.bench.sql("SELECT sum(persons) AS persons FROM housing.realisation")
    assert counted.persons == 3
    records = await desk.bench.sql("SELECT rule FROM housing.destruction")
    assert [row.rule for row in records] == ["dossier-five-years"] * 2


async def test_nothing_that_names_the_person_or_the_household_is_left(desk: Desk) -> None:
    await desk.housing_corporation()
    person, household = await desk.known(linkedOn="2023-01-02")
    other, _ = await desk.known(linkedOn="2022-01-03")
    await desk.dwelling()
    job = await searched(desk)
    (proposal,) = await desk.items(f"/match-proposals/{job['id']}/proposals", desk.vwn())
    assert [one["householdId"] for one in proposal["otherHouseholds"]] == [household["id"]]
    await forget(desk, person)
    tables = await desk.bench.sql(
        "SELECT c.table_name AS name FROM information_schema.tables c WHERE c.table_schema = 'housing' "
        "AND c.table_type = 'BASE TABLE' AND c.table_name NOT IN ('access_log', 'access_chain', 'inbox_version')"
    )
    for row in tables:
        for gone in (str(person), household["id"]):
            found = await desk.bench.sql(
                f"SELECT t::text AS row FROM housing.{row.name} t WHERE t::text LIKE '%{gone}%'"
            )
            # What was told of a household names no person; it empties itself.
            left = [one.row for one in found if (row.name, gone) != ("outbox", household["id"])]
            assert left == [], row.name
    (kept,) = await desk.items(f"/match-proposals/{job['id']}/proposals", desk.vwn())
    assert (kept["id"], kept["otherHouseholds"]) == (proposal["id"], [])
    assert await desk.bench.sql("SELECT 1 FROM housing.inburgeraar WHERE id = :id", id=other)


async def test_the_words_of_who_took_a_realisation_back_go_with_the_person(desk: Desk) -> None:
    await desk.housing_corporation()
    first, second, household = await couple(desk)
    await desk.house(household, await desk.dwelling(rooms=2))
    for counted in await desk.items("/realisations", desk.gemeente()):
        body = {"reason": f"Sara is vertrokken ({counted['persons']})."}
        await desk.post(f"/realisations/{counted['id']}/taking-back", desk.gemeente(), body, 201)
    for person, left in ((first, 1), (second, 0)):
        await forget(desk, person)
        rows = await desk.bench.sql("SELECT persons, reason FROM housing.realisation")
        assert (sum(row.persons for row in rows), len(rows)) == (0, 4)
        assert sum("Sara" in (row.reason or "") for row in rows) == left


@pytest.mark.parametrize(
    ("rule", "status"), [pytest.param("dossier-five-years", "let", id="term"), ("at-death", "offered")]
)
async def test_a_place_for_good_in_a_shared_home_falls_free_only_at_death(
    desk: Desk, rule: str, status: str
) -> None:
    await desk.housing_corporation()
    person, household = await desk.known(acceptsSharing=True)
    dwelling = await desk.dwelling(rooms=3, minPersons=2, shareSlots=2)
    await desk.house(household, dwelling)
    await desk.house(await desk.household(acceptsSharing=True), dwelling)
    await forget(desk, person, rule=rule)
    assert (await desk.get(f"/dwellings/{dwelling['id']}", desk.vwn()))["status"] == status


@pytest.mark.parametrize("matched", [False, True], ids=["waiting", "matched"])
async def test_who_remain_when_the_only_known_member_dies_are_still_to_be_housed(
    desk: Desk, matched: bool
) -> None:
    await desk.housing_corporation()
    person = await desk.person()
    members = [{"kind": "adult", "inburgeraarId": str(person)}, {"kind": "adult"}, {"kind": "child"}]
    household = await desk.household(members=members)
    dwelling = await desk.dwelling(rooms=3)
    match = await desk.propose(household, dwelling) if matched else None
    await forget(desk, person, rule="at-death")
    shown = await desk.get(f"/households/{household['id']}", desk.gemeente())
    assert (shown["adults"], shown["children"], len(shown["members"])) == (1, 1, 2)
    assert shown["status"] == ("matched" if matched else "waiting")
    assert await desk.bench.published(HouseholdUnlinked) == []
    assert (await desk.bench.published(HouseholdLinked))[-1].inburgeraar_ids == ()
    for table in ("household", "household_member", "deadline", "inburgeraar", "scope"):
        rows = f"SELECT 1 FROM housing.{table} t WHERE t::text LIKE :id"
        assert await desk.bench.sql(rows, id=f"%{person}%") == [], table
    if match is not None:
        assert (await desk.decide(match))["persons"] == 2
