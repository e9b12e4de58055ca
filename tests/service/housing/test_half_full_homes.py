# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Places left in a shared home: searched for, matched once, and never free while somebody lives there."""

import asyncio
from datetime import date
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest

from tests.service.housing.match_desk import Desk, codes
from tests.service.housing.test_end_of_data import forget
from tests.service.housing.test_next_homes import pairs
from tests.service.housing.test_searches import proposals, searched
from tests.service.housing.test_why_not import asked


async def sharer(desk: Desk, group: str = "huis-a", **more: Any) -> Any:
    return await desk.household(acceptsSharing=True, shareGroup=group, **more)


async def shared_home(desk: Desk, *, slots: int = 3, living: int = 1) -> Any:
    """A home for sharers in which some of one group live already."""
    home = await desk.dwelling(rooms=4, minPersons=3, shareSlots=slots)
    for _ in range(living):
        await desk.house(await sharer(desk), home)
    return home


@pytest.mark.capability(
    "HO-08", part="places left in a shared home are proposed to singles of the same group"
)
async def test_places_left_are_proposed_to_singles_of_the_group_and_to_nobody_else(desk: Desk) -> None:
    await desk.housing_corporation()
    home = await shared_home(desk)
    ours = [await sharer(desk, linkedOn="2024-10-01") for _ in range(2)]
    other = await sharer(desk, "huis-b", linkedOn="2023-01-02")
    family = await desk.household(adults=2, children=2, linkedOn="2023-01-02")

    job = await searched(desk)

    assert await pairs(desk, job) == {(one["id"], home["id"]) for one in ours}, "two places are left"
    for one in await proposals(desk, job):
        assert (one["shared"], one["points"]["fit"], one["fittingHouseholds"]) == (True, 15, 2)
        assert [found["proposed"] for found in one["otherHouseholds"]] == [True]
    for who, words in ((other, "van een andere groep"), (family, "is 1 plaats bezet")):
        told = await asked(desk, job, who, home)
        assert (told["outcome"], told["rule"], words in told["explanation"]) == ("rule", "H5", True)
    for one in await proposals(desk, job):
        match = await desk.propose({"id": one["householdId"]}, home, proposalId=one["id"])
        assert match["shared"] is True
    assert (await desk.get(f"/dwellings/{home['id']}", desk.vwn()))["status"] == "matched"
    assert await pairs(desk, await searched(desk)) == set(), "the home is full"


async def test_one_may_join_where_the_fewest_who_open_a_home_are_there_already(desk: Desk) -> None:
    await desk.housing_corporation()
    home = await desk.dwelling(rooms=4, minPersons=3, shareSlots=3, shareMin=2)
    alone = await sharer(desk)
    assert await pairs(desk, await searched(desk)) == set(), "nobody opens it alone"
    await desk.propose(await sharer(desk), home)
    assert await pairs(desk, await searched(desk)) == {(alone["id"], home["id"])}, "a match counts as well"


async def test_a_pin_for_somebody_of_another_group_is_told_as_what_cannot_be_kept(desk: Desk) -> None:
    await desk.housing_corporation()
    home = await shared_home(desk)
    other = await sharer(desk, "huis-b")
    pin = {"kind": "pin", "householdId": other["id"], "dwellingId": home["id"]}
    await desk.post("/pins", desk.vwn(), {**pin, "reason": "Past.", "expiresOn": "2024-12-01"})
    job = await searched(desk)
    assert job["problem"]["code"] == "pins-clash"
    (told,) = job["problem"]["pins"]
    assert (told["householdId"], told["dwellingId"], told["rule"]) == (other["id"], home["id"], "H5")
    assert "een andere groep" in told["why"], "which rule, and what was looked at"
    assert job["problem"]["detail"] == told["why"]


@pytest.mark.capability("HO-05", part="the last place goes to one, by a search or by hand")
async def test_the_last_place_goes_to_one_when_a_proposal_and_a_match_by_hand_come_together(
    desk: Desk,
) -> None:
    await desk.housing_corporation()
    home = await shared_home(desk, living=2)
    first, second = await sharer(desk, linkedOn="2024-01-08"), await sharer(desk, linkedOn="2024-09-02")
    (one,) = await proposals(desk, await searched(desk))
    assert one["householdId"] == first["id"]

    def sent(household: Any, **more: Any) -> Any:
        body = {"householdId": household["id"], "dwellingId": home["id"], "reason": "Past.", **more}
        headers = {**desk.vwn(), "Idempotency-Key": uuid4().hex}
        return desk.client.post("/housing/v1/matches", headers=headers, json=body)

    answers = await asyncio.gather(sent(first, proposalId=one["id"]), sent(second))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    (refused,) = [answer.json() for answer in answers if answer.status_code == 409]
    assert refused["code"] == "dwelling-taken"
    held = await desk.bench.sql(
        "SELECT count(*) AS n FROM housing.match WHERE dwelling_id = :id", id=home["id"]
    )
    assert held[0].n == 3


async def test_who_follows_a_proposal_gets_what_was_proposed_a_place_and_not_the_whole(desk: Desk) -> None:
    await desk.housing_corporation()
    home = await desk.dwelling(rooms=3, shareSlots=2)  # a single fits whole as well
    for _ in range(2):
        await sharer(desk)
    found = await proposals(desk, await searched(desk))
    sent = [await desk.propose({"id": one["householdId"]}, home, proposalId=one["id"]) for one in found]
    assert [match["shared"] for match in sent] == [one["shared"] for one in found] == [True, True]


# The yearly most of a corporation --------------------------------------------------------------------


async def rule_of_two(desk: Desk, corporation: str) -> None:
    rule = {"kind": "most-per-year", "value": 2, "validFrom": "2024-01-01", "source": "Afspraak 2024"}
    await desk.post(f"/corporations/{corporation}/rules", desk.gemeente(), rule)


@pytest.mark.capability("HO-09", part="a home that is let in part counts once in the yearly most")
async def test_a_second_sharer_takes_nothing_of_the_yearly_most_in_a_search_and_by_hand(desk: Desk) -> None:
    corporation = await desk.housing_corporation()
    await rule_of_two(desk, corporation)
    home = await shared_home(desk, slots=2)
    joins = await sharer(desk, linkedOn="2023-01-02")
    couples = [await desk.household(adults=2, linkedOn=on) for on in ("2024-01-08", "2024-02-05")]
    studios = [await desk.dwelling(rooms=2, rentCents=rent) for rent in (60_000, 61_000)]

    job = await searched(desk)

    found = await proposals(desk, job)
    assert len(found) == 2, "one dwelling of the two of this year is left, and the place counts with its home"
    assert (joins["id"], home["id"]) in await pairs(desk, job)
    assert {one["householdId"] for one in found} == {joins["id"], couples[0]["id"]}
    for one in found:
        await desk.propose({"id": one["householdId"]}, {"id": one["dwellingId"]}, proposalId=one["id"])
    used = {one["dwellingId"] for one in found}
    (left,) = [one for one in studios if one["id"] not in used]
    assert codes(await desk.propose(couples[1], left, 409)) == {"most-per-year"}
    assert await pairs(desk, await searched(desk)) == set(), "search and desk count alike"


async def test_a_home_that_was_let_last_year_counts_when_somebody_joins_it_this_year(desk: Desk) -> None:
    corporation = await desk.housing_corporation()
    desk.on(date(2023, 11, 6))
    home = await desk.dwelling(rooms=4, minPersons=3, shareSlots=2)
    await desk.house(await sharer(desk, linkedOn="2023-09-04"), home, date(2023, 11, 6))
    desk.on(date(2024, 11, 5))
    await rule_of_two(desk, corporation)
    for _ in range(2):
        await desk.house(await desk.household(), await desk.dwelling())
    joins = await sharer(desk)
    assert await pairs(desk, await searched(desk)) == set()
    assert codes(await desk.propose(joins, home, 409, shared=True)) == {"most-per-year"}


@pytest.mark.capability(
    "HO-09", part="what a rule costs is counted without homes of which others hold a part"
)
async def test_what_a_rule_costs_counts_no_home_of_which_others_hold_a_part(desk: Desk) -> None:
    corporation = await desk.housing_corporation()
    rule = {"kind": "no-singles-in-family-dwelling", "validFrom": "2024-01-01", "source": "Brief"}
    made = await desk.post(f"/corporations/{corporation}/rules", desk.gemeente(), rule)
    await desk.house(await sharer(desk), await desk.dwelling(rooms=4, shareSlots=3), date(2024, 11, 5))
    await desk.household()
    effect = await desk.get(f"/corporations/{corporation}/rules/{made['id']}/effect", desk.vwn())
    assert (effect["matchesWith"], effect["matchesWithout"]) == (0, 0), "nobody gets it whole, rule or not"


@pytest.mark.capability("HO-09", part="a rule against sharing off: what it frees, by places and groups")
async def test_what_a_rule_against_sharing_costs_is_counted_by_the_places_that_one_group_can_take(
    desk: Desk,
) -> None:
    corporation = await desk.housing_corporation()
    rule = {"kind": "no-sharing", "validFrom": "2024-01-01", "source": "Beleid"}
    made = await desk.post(f"/corporations/{corporation}/rules", desk.gemeente(), rule)
    await desk.dwelling(rooms=4, minPersons=3, shareSlots=3)
    for group in ("huis-a", "huis-a", "huis-b"):
        await sharer(desk, group)
    effect = await desk.get(f"/corporations/{corporation}/rules/{made['id']}/effect", desk.vwn())
    assert (effect["matchesWith"], effect["matchesWithout"], effect["extraMatches"]) == (0, 2, 2)
    assert effect["exact"]


# A sharer whose data is gone lives there on ----------------------------------------------------------


async def known_sharer(desk: Desk, home: Any, on: date | None = None) -> tuple[Any, Any]:
    person, household = await desk.known(acceptsSharing=True, shareGroup="huis-a")
    await desk.house(household, home, *([on] if on else []))
    return person, household


@pytest.mark.capability("HO-08", part="a place is taken while somebody lives there, known or no longer known")
async def test_the_place_of_a_sharer_whose_data_is_gone_is_not_offered_again(desk: Desk) -> None:
    await desk.housing_corporation()
    home = await shared_home(desk, slots=3, living=0)
    person, _ = await known_sharer(desk, home)
    await forget(desk, person)
    (kept,) = await desk.bench.sql("SELECT kept_places, kept_group, status FROM housing.dwelling")
    assert (kept.kept_places, kept.kept_group, kept.status) == (1, "huis-a", "offered")

    sharing = await desk.get(f"/dwellings/{home['id']}/sharing", desk.vwn())
    assert (sharing["living"], sharing["matched"]) == (1, 0)
    family = await desk.household(adults=2, children=2)
    assert codes(await desk.propose(family, home, 409, shared=False)) == {"shared-already"}
    other = await sharer(desk, "huis-b")
    assert codes(await desk.propose(other, home, 409, shared=True)) == {"share-group"}
    gone = {"on": "2024-11-05", "reason": "Wordt verkocht."}
    refusal = await desk.post(f"/dwellings/{home['id']}/withdrawal", desk.corporation(), gone, 409)
    assert refusal["code"] == "dwelling-in-use"
    ours = [await sharer(desk) for _ in range(3)]
    job = await searched(desk)
    found = await proposals(desk, job)
    assert len(found) == 2
    assert {one["householdId"] for one in found} < {one["id"] for one in ours}
    for one in found:
        await desk.propose({"id": one["householdId"]}, home, proposalId=one["id"])
    assert (await desk.get(f"/dwellings/{home['id']}", desk.vwn()))["status"] == "matched"


async def test_a_full_home_has_one_place_free_when_one_leaves_and_anothers_data_is_gone(desk: Desk) -> None:
    await desk.housing_corporation()
    home = await shared_home(desk, slots=2, living=1)
    person, _ = await known_sharer(desk, home)
    await forget(desk, person)
    (leaves,) = await desk.items("/households", desk.gemeente(), status="housed")
    await desk.house(leaves, await desk.dwelling())
    assert (await desk.get(f"/dwellings/{home['id']}", desk.vwn()))["status"] == "offered"
    (kept,) = await desk.bench.sql("SELECT kept_places FROM housing.dwelling WHERE share_slots = 2")
    assert kept.kept_places == 1
    for _ in range(2):
        await sharer(desk)
    assert len(await pairs(desk, await searched(desk))) == 1, "one place, and not two"


async def test_the_place_of_a_sharer_who_died_is_free(desk: Desk) -> None:
    await desk.housing_corporation()
    home = await shared_home(desk, slots=2, living=1)
    person, _ = await known_sharer(desk, home)
    await forget(desk, person, rule="at-death")
    shown = await desk.get(f"/dwellings/{home['id']}/sharing", desk.vwn())
    assert (shown["living"], shown["shareSlots"]) == (1, 2)
    assert (await desk.get(f"/dwellings/{home['id']}", desk.vwn()))["status"] == "offered"


async def test_no_word_on_who_had_a_kept_place_is_left(desk: Desk) -> None:
    await desk.housing_corporation()
    home = await shared_home(desk, slots=2, living=0)
    person, household = await known_sharer(desk, home)
    await forget(desk, person)
    (row,) = await desk.bench.sql("SELECT d::text AS row FROM housing.dwelling d")
    assert str(person) not in row.row
    assert household["id"] not in row.row
    assert await desk.bench.sql("SELECT 1 FROM housing.match") == []


async def test_what_an_older_version_forgot_is_filled_in_where_it_can_be_known(desk: Desk) -> None:
    await desk.housing_corporation()
    full, half = await shared_home(desk, slots=2, living=2), await shared_home(desk, slots=3, living=2)
    for home in (full, half):  # as a version that keeps no places destroys a household
        (gone,) = await desk.bench.sql(
            "SELECT id FROM housing.match WHERE dwelling_id = :id ORDER BY id LIMIT 1", id=home["id"]
        )
        await desk.bench.sql("DELETE FROM housing.move_item WHERE match_id = :id", id=gone.id)
        await desk.bench.sql("DELETE FROM housing.match WHERE id = :id", id=gone.id)
    revision = import_module("services.housing.migrations.versions.0008_places_kept")
    await desk.bench.sql(revision.WHO_LIVES_ON)
    rows = await desk.bench.sql("SELECT id, kept_places, kept_group FROM housing.dwelling")
    assert {str(row.id): (row.kept_places, row.kept_group) for row in rows} == {
        full["id"]: (1, "huis-a"),
        half["id"]: (0, None),
    }, "of a home that is not full nobody can tell"
