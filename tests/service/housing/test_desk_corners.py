# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Corners of the desk: days that cross, homes that follow, offers that were taken back, and whose rule it is."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.housing import KeyHandedOver, PersonHoused, PersonNotHoused
from tests.service.housing.account_books import TODAY, V1
from tests.service.housing.match_desk import OEGSTGEEST, WASSENAAR, Desk
from tests.service.housing.test_imports import counts, rows_of, send


async def test_a_link_is_never_after_a_match_that_was_not_refused(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household()
    desk.on(date(2024, 10, 1))
    await desk.propose(household, await desk.dwelling(availableFrom="2024-10-01"))
    desk.on(TODAY)
    path, caller = f"/households/{household['id']}", desk.gemeente()
    shown = (await desk.client.get(f"{V1}{path}", headers=caller)).headers["ETag"]
    refused = await desk.ask(
        "PATCH", path, caller, {"linkedOn": "2024-10-02"}, 400, headers={"If-Match": shown}
    )
    assert refused["errors"][0]["pointer"] == "/linkedOn"
    await desk.ask("PATCH", path, caller, {"linkedOn": "2024-10-01"}, headers={"If-Match": shown})
    await desk.get("/waiting-times", caller, gemeentecode=WASSENAAR)


async def test_days_before_the_books_are_refused_and_never_a_fault(desk: Desk) -> None:
    caller = desk.gemeente()
    await desk.get("/refusals", caller, 400, gemeentecode=WASSENAAR, until="0001-06-01")
    await desk.get("/waiting-times", caller, 400, gemeentecode=WASSENAAR, peildatum="0202-01-01")
    refused = await desk.household(linkedOn="0202-09-02", expect=400)
    assert refused["errors"][0]["pointer"] == "/linkedOn"


async def test_a_dwelling_of_a_project_that_is_not_known_is_refused(desk: Desk) -> None:
    await desk.housing_corporation()
    refused = await desk.dwelling(projectId=str(uuid4()), expect=409)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("reference-not-yet-known", "/projectId")


async def test_a_shared_dwelling_in_which_somebody_has_a_place_is_not_taken_back(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household(acceptsSharing=True)
    dwelling = await desk.dwelling(kind="shared", rooms=4, shareSlots=3)
    match = await desk.propose(household, dwelling, shared=True)
    body = {"on": str(TODAY), "reason": "Verkoop."}
    path, caller = f"/dwellings/{dwelling['id']}/withdrawal", desk.corporation()
    assert (await desk.post(path, caller, body, 409))["code"] == "dwelling-in-use"
    await desk.decide(match, "rejected")
    assert (await desk.post(path, caller, body, 200))["status"] == "withdrawn"


async def test_a_rule_of_a_corporation_is_kept_by_the_gemeenten_where_it_lets(desk: Desk) -> None:
    corporation = await desk.housing_corporation()
    path = f"/corporations/{corporation}/rules"
    body = {"kind": "no-sharing", "validFrom": "2024-01-01", "source": "Beleid 2024"}
    await desk.post(path, desk.gemeente(OEGSTGEEST), body, 403)
    await desk.post(path, desk.gemeente(OEGSTGEEST), {**body, "gemeentecode": WASSENAAR}, 403)
    rule = await desk.post(path, desk.gemeente(), body)
    end = {"validUntil": "2024-12-31"}
    headers = {"If-Match": '"1"'}
    await desk.ask("PATCH", f"{path}/{rule['id']}", desk.gemeente(OEGSTGEEST), end, 403, headers=headers)
    await desk.ask("PATCH", f"{path}/{rule['id']}", desk.vwn(), end, headers=headers)


@pytest.mark.capability("HO-09", part="a rule that two people change at once is changed by one")
async def test_a_rule_tells_its_version_and_who_comes_second_is_refused(desk: Desk) -> None:
    corporation = await desk.housing_corporation()
    path = f"/corporations/{corporation}/rules"
    body = {"kind": "no-sharing", "validFrom": "2024-01-01", "source": "Beleid 2024"}
    made = await desk.post(path, desk.gemeente(), body)
    (listed,) = await desk.items(path, desk.vwn())
    assert made["version"] == listed["version"] == 1
    one = f"{path}/{made['id']}"
    seen = {"If-Match": f'"{listed["version"]}"'}
    ended = await desk.ask("PATCH", one, desk.vwn(), {"validUntil": "2024-12-31"}, headers=seen)
    late = await desk.ask("PATCH", one, desk.gemeente(), {"validUntil": "2025-12-31"}, 412, headers=seen)
    assert (ended["version"], late["code"]) == (2, "stale-version")
    (listed,) = await desk.items(path, desk.vwn())
    assert (listed["version"], listed["validUntil"]) == (2, "2024-12-31")
    await desk.ask("PATCH", one, desk.gemeente(), {"validUntil": "2025-12-31"}, 428)


@pytest.mark.capability("HO-05", part="a corporation is renamed, and has a short name for tables")
async def test_a_corporation_gets_another_name_and_a_short_one(desk: Desk) -> None:
    path = f"/corporations/{await desk.housing_corporation()}"
    first, names = {"If-Match": '"1"'}, {"name": "Bouwstichting Wassenaar", "shortName": " Bouwstichting "}
    renamed = await desk.ask("PATCH", path, desk.gemeente(), names, headers=first)
    assert (renamed["name"], renamed["shortName"], renamed["version"]) == (
        "Bouwstichting Wassenaar",
        "Bouwstichting",
        2,
    )
    (listed,) = await desk.items("/corporations", desk.corporation())
    assert listed == renamed
    await desk.ask("PATCH", path, desk.vwn(), {"shortName": "WB"}, 412, headers=first)
    await desk.ask("PATCH", path, desk.vwn(), {"shortName": "WB"}, 428)
    second = {"If-Match": '"2"'}
    for body, pointer in (
        ({"name": None}, "/name"),
        ({"name": " "}, "/name"),
        ({"shortName": "x" * 25}, "/shortName"),
        ({"gemeentecodes": []}, "/gemeentecodes"),
    ):
        wrong = await desk.ask("PATCH", path, desk.vwn(), body, 400, headers=second)
        assert wrong["errors"][0]["pointer"] == pointer
    for caller, expect in (
        (desk.gemeente(OEGSTGEEST), 403),
        (desk.corporation(), 403),
        (desk.province(), 403),
    ):
        await desk.ask("PATCH", path, caller, {"shortName": "WB"}, expect, headers=second)
    await desk.ask("PATCH", f"/corporations/{uuid4()}", desk.vwn(), {"name": "X"}, 404, headers=second)
    cleared = await desk.ask("PATCH", path, desk.vwn(), {"shortName": None}, headers=second)
    assert (cleared["name"], cleared["shortName"]) == ("Bouwstichting Wassenaar", None)


async def test_the_list_of_corporations_can_be_asked_for_one_gemeente(desk: Desk) -> None:
    corporation = await desk.housing_corporation()
    for gemeentecode, found in ((WASSENAAR, [corporation]), (OEGSTGEEST, [])):
        rows = await desk.items("/corporations", desk.gemeente(), gemeentecode=gemeentecode)
        assert [row["id"] for row in rows] == found


async def test_a_home_that_follows_a_temporary_one_does_not_make_the_first_offer_late(desk: Desk) -> None:
    desk.on(date(2024, 1, 9))
    await desk.housing_corporation()
    _, household = await desk.known(linkedOn="2024-01-08")
    first = await desk.dwelling(availableFrom="2024-01-08", kind="flex", maxStayMonths=12)
    await desk.house(household, first, date(2024, 1, 9))
    desk.on(TODAY)
    await desk.decide(await desk.propose(household, await desk.dwelling()))
    assert (await desk.get(f"/households/{household['id']}", desk.gemeente()))["overrunDays"] == 0
    (row,) = await desk.bench.sql("SELECT met_on FROM housing.deadline WHERE rule = 'house-ten-weeks'")
    assert row.met_on == date(2024, 1, 9)


async def test_who_is_unlinked_can_be_linked_again_by_another_gemeente_and_by_the_same_reference(
    desk: Desk,
) -> None:
    person, household = await desk.known(reference="T1")
    pin = {"kind": "hold", "householdId": household["id"], "reason": "x", "expiresOn": "2024-12-01"}
    await desk.post("/pins", desk.vwn(), pin)
    member = [{"kind": "adult", "inburgeraarId": str(person)}]
    assert (await desk.household(members=member, expect=409))["code"] == "person-in-household"
    body = {"unlinkedOn": "2024-11-01", "reason": "mistake"}
    await desk.post(f"/households/{household['id']}/unlink", desk.gemeente(), body, 200)
    assert await desk.items("/pins", desk.vwn(), inForce=True) == []
    again = await desk.household(members=member, reference="T1", linkedOn="2024-11-04")
    assert again["members"][0]["inburgeraarId"] == str(person)


async def test_tvs_links_an_ended_reference_anew_or_says_why_not(desk: Desk) -> None:
    head = "kenmerk;koppeldatum;volwassenen;status;ontkoppeldatum"
    await send(desk, (head, "T1;2-9-2024;1;ontkoppeld;1-10-2024"))
    early = await send(desk, (head, "T1;2-9-2024;1;gekoppeld;"))
    (row,) = await rows_of(desk, early)
    assert row["problem"]["errors"][0]["parameter"] == "koppeldatum"
    assert counts(await send(desk, (head, "T1;2-10-2024;1;gekoppeld;"))) == (1, 0, 0, 0)
    assert counts(await send(desk, (head, "T1;2-10-2024;1;gekoppeld;"))) == (0, 0, 1, 0)
    statuses = [one["status"] for one in await desk.items("/households", desk.gemeente())]
    assert sorted(statuses) == ["unlinked", "waiting"]


async def test_a_row_whose_numbers_do_not_go_together_is_rejected_and_the_file_goes_on(desk: Desk) -> None:
    await desk.housing_corporation()
    head = "kenmerk;wijk;kamers;m2;huur;beschikbaar;min-personen;max-personen"
    first = (head, "W1;Kerkehout;3;60;600;1-11-2024;1;4", "W2;Kerkehout;3;60;600;1-11-2024;1;4")
    corporation = desk.corporation()
    await send(desk, first, kind="dwelling", caller=corporation)
    second = (head, "W1;Kerkehout;3;60;600;1-11-2024;5;4", "W2;Kerkehout;3;60;610;1-11-2024;1;4")
    job = await send(desk, second, kind="dwelling", caller=corporation)
    assert counts(job) == (0, 1, 0, 1)
    (row, _) = await desk.items(f"/jobs/{job['id']}/rows", corporation)
    assert (row["line"], row["problem"]["errors"][0]["parameter"]) == (2, "min-personen")


async def test_a_shared_home_has_places_and_a_flex_home_a_longest_stay(desk: Desk) -> None:
    await desk.housing_corporation()
    for fields, pointer in (
        ({"kind": "shared"}, "/shareSlots"),
        ({"kind": "shared", "shareSlots": 4}, "/shareSlots"),
        ({"kind": "flex"}, "/maxStayMonths"),
        ({"kind": "transit", "maxStayMonths": 0}, "/maxStayMonths"),
    ):
        refused = await desk.dwelling(rooms=4, expect=400, **fields)
        assert [one["pointer"] for one in refused["errors"]] == [pointer], fields
    for_good = await desk.dwelling(kind="flex", maxStayMonths=0)
    assert (for_good["maxStayMonths"], (await desk.dwelling(kind="transit"))["maxStayMonths"]) == (0, 12)


async def test_who_shares_may_move_on_and_the_place_is_offered_again(desk: Desk) -> None:
    await desk.housing_corporation()
    _, household = await desk.known(acceptsSharing=True)
    shared = await desk.dwelling(kind="shared", rooms=2, shareSlots=1, minPersons=3, maxPersons=3)
    await desk.house(household, shared)
    path = f"/dwellings/{shared['id']}"
    assert (await desk.get(path, desk.gemeente()))["status"] == "let"
    await desk.house(household, await desk.dwelling())
    assert (await desk.get(path, desk.gemeente()))["status"] == "offered"
    assert (await desk.propose(household, await desk.dwelling(), 409))["code"] == "household-ended"


async def test_a_member_who_was_taken_for_another_gives_the_clocks_to_whom_it_is(desk: Desk) -> None:
    wrong, household = await desk.known()
    right = await desk.person()
    member = household["members"][0]
    path = f"/households/{household['id']}/members/{member['id']}"
    body = {"inburgeraarId": str(right)}
    await desk.ask("PATCH", path, desk.gemeente(), body, headers={"If-Match": '"1"'})
    rows = await desk.bench.sql("SELECT inburgeraar_id, status FROM housing.deadline")
    assert {row.inburgeraar_id: row.status for row in rows} == {wrong: "withdrawn", right: "running"}
    (row,) = await desk.bench.sql("SELECT inburgeraar_id FROM housing.household")
    assert row.inburgeraar_id == right


@pytest.mark.capability("HO-21", part="who becomes known after the key is handed over too")
async def test_who_is_known_only_after_the_key_is_told_of_and_who_it_was_taken_for_no_longer(
    desk: Desk,
) -> None:
    await desk.housing_corporation()
    household = await desk.household()
    match = await desk.house(household, await desk.dwelling())
    assert await desk.bench.published(KeyHandedOver) == []
    wrong, right = await desk.person(), await desk.person()
    for person in (wrong, right):
        await take_for(desk, household, person)
    keys, housed = await desk.bench.published(KeyHandedOver), await desk.bench.published(PersonHoused)
    assert [one.inburgeraar_id for one in keys] == [one.inburgeraar_id for one in housed] == [wrong, right]
    assert {str(one.match_id) for one in keys} == {str(one.match_id) for one in housed} == {match["id"]}
    (undone,) = await desk.bench.published(PersonNotHoused)
    assert (undone.inburgeraar_id, str(undone.match_id)) == (wrong, match["id"])


async def take_for(desk: Desk, household: Any, person: UUID) -> None:
    """Say who the only member of a household is."""
    path = f"/households/{household['id']}"
    seen = await desk.client.get(f"{V1}{path}", headers=desk.gemeente())
    member = f"{path}/members/{household['members'][0]['id']}"
    etag = {"If-Match": seen.headers["ETag"]}
    await desk.ask("PATCH", member, desk.gemeente(), {"inburgeraarId": str(person)}, headers=etag)


@pytest.mark.capability("HO-21", part="who was taken for another and back is handed over anew")
async def test_who_was_taken_for_another_and_back_is_told_of_the_key_by_a_later_version(desk: Desk) -> None:
    await desk.housing_corporation()
    first, household = await desk.known()
    await desk.house(household, await desk.dwelling())
    second = await desk.person()
    for person in (second, first):
        await take_for(desk, household, person)
    rows = await desk.bench.sql(
        "SELECT type, aggregate_version AS version FROM housing.outbox WHERE data->>'inburgeraarId' = :person "
        "AND type SIMILAR TO '%(key-handed-over|person-not-housed)%' ORDER BY seq",
        person=str(first),
    )
    assert [row.type.split(".")[-2] for row in rows] == [
        "key-handed-over",
        "person-not-housed",
        "key-handed-over",
    ]
    assert rows[0].version < rows[1].version < rows[2].version


@pytest.mark.capability("HO-21", part="who moves is told of both homes when it becomes known")
async def test_who_becomes_known_while_moving_is_told_of_the_home_and_of_the_next_key(desk: Desk) -> None:
    await desk.housing_corporation()
    household = await desk.household()
    lives = await desk.house(household, await desk.dwelling(kind="flex", maxStayMonths=12))
    comes = await desk.propose(household, await desk.dwelling())
    await desk.decide(comes)
    for step in ("accepted", "key-handed-over"):
        await desk.step(comes, step, desk.vwn())
    wrong, right = await desk.person(), await desk.person()
    for person in (wrong, right):
        await take_for(desk, household, person)
    both = {lives["id"], comes["id"]}
    for person in (wrong, right):
        housed = [one for one in await desk.bench.published(PersonHoused) if one.inburgeraar_id == person]
        keys = [one for one in await desk.bench.published(KeyHandedOver) if one.inburgeraar_id == person]
        assert [str(one.match_id) for one in housed] == [lives["id"]]
        assert {str(one.match_id) for one in keys} == both
    undone = await desk.bench.published(PersonNotHoused)
    assert {(one.inburgeraar_id, str(one.match_id)) for one in undone} == {(wrong, one) for one in both}


async def test_what_a_dwelling_cannot_be_is_refused(desk: Desk) -> None:
    await desk.housing_corporation()
    long = await desk.dwelling(kind="transit", maxStayMonths=13, expect=400)
    assert long["errors"][0]["pointer"] == "/maxStayMonths"
    many = await desk.dwelling(kind="shared", rooms=6, shareSlots=4, expect=400)
    assert many["errors"][0]["pointer"] == "/shareSlots"
