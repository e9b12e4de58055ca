# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""People who have a home for a time, homes of which others hold a part, and dwellings that count already.

All three are fields of our own beside the neutral form. An instance without them means what it always meant.
"""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bench.housing.generator import Scale, generate, generate_sized
from services.housing.solver import (
    Options,
    alternatives,
    cards,
    fairness,
    price_of_rules,
    read_instance,
    solve,
)
from services.housing.solver.hand import first_come
from services.housing.solver.model import Wish
from services.housing.solver.pairs import first_broken
from services.housing.solver.reading import canonical, document_of, sha256_of
from services.housing.solver.relaxed import simple_bounds
from services.housing.solver.values import values_of, violations
from tests.unit.housing.solver import own_fields
from tests.unit.housing.solver.samples import (
    assert_out_of_reach,
    assigned,
    corporation,
    dwelling,
    household,
    instance,
    municipality,
    neighbourhood,
    single,
    solved_here,
)

_CALM = Options(time_limit=250.0)


def mover(id: Any = "m1", *, home: Any = None, room: int | None = None, **changed: Any) -> dict[str, Any]:
    """A household that has a home and looks for the next one."""
    found = household(id, **changed)
    return found | {"moving_on": {"home": home, "room": found["persons"] if room is None else room}}


def pairs(document: dict[str, Any], **asked: Any) -> set[tuple[Any, Any]]:
    """Who is proposed for what."""
    told = solved_here(document, **asked)
    if not any("found" in one for one in told):
        return set()
    return {(one["household"], one["dwelling"]) for one in assigned(told)["assignments"]}


def levels(told: list[dict[str, Any]]) -> tuple[int, ...]:
    done = [one for one in told if "done" in one]
    assert all(one["proven"] for one in done)
    return tuple(one["value"] for one in done)


# Who moves on --------------------------------------------------------------------------------------


@pytest.mark.capability("HO-12", part="who lives somewhere for a time is searched for, and counts once")
@pytest.mark.parametrize(
    ("target", "gets"), [pytest.param(20, "new", id="task-open"), pytest.param(0, "m1", id="task-done")]
)
def test_who_was_counted_fills_no_task_and_waits_like_anybody_else(target: int, gets: str) -> None:
    document = instance(
        [mover(linked="2025-01-06"), household("new", linked="2025-10-06")],
        municipalities=[municipality(target=target)],
    )
    assert pairs(document) == {(gets, "d1")}
    read = read_instance(document)
    assert values_of(read, [("m1", "d1")]).shortfall == target, "housing them again adds nothing"
    assert values_of(read, [("m1", "d1")]).urgency == 5 + 52 - 10, (
        "the weeks since the next home is looked for"
    )


@pytest.mark.capability("HO-12", part="a next home is one to stay in")
@pytest.mark.parametrize("stay", [0, 12])
@pytest.mark.parametrize("kind", ["family", "flex", "transit"])
def test_a_next_home_is_one_to_stay_in(kind: str, stay: int) -> None:
    document = instance([mover()], [dwelling(kind=kind, max_stay_months=stay)])
    read = read_instance(document)
    broken = first_broken(read.households["m1"], read.dwellings["d1"])
    assert pairs(document) == (set() if stay else {("m1", "d1")})
    assert (broken and broken.rule) == ("H10" if stay else None)
    assert [one.split()[0] for one in violations(read, [("m1", "d1")])] == (["H10"] if stay else [])


def test_where_they_live_now_is_no_next_home() -> None:
    homes = [dwelling("d1", share_slots=3, share_min=2, held={"places": 1, "group": None}), dwelling("d2")]
    alone = {"persons": 1, "adults": 1, "children": 0, "accepts_sharing": 1}
    document = instance([mover(home="d1", **alone), single("s1", accepts_sharing=1)], homes)
    assert pairs(document) == {("s1", "d1")}, (
        "a family home is for two or more, and in d1 m1 has a place already"
    )


@pytest.mark.capability("HO-07", part="the home after a shared place has room for who is expected")
@pytest.mark.parametrize(
    ("most", "granted", "gets"), [(4, 0, False), (5, 0, True), (4, 1, False), (5, 1, True)]
)
def test_the_home_for_a_family_that_comes_has_room_for_it_granted_or_not(
    most: int, granted: int, gets: bool
) -> None:
    reunion = {"persons": 4, "months": 3, "granted": granted}
    who = mover(persons=1, adults=1, children=0, accepts_sharing=1, room=5, reunion=reunion)
    shared = dwelling("d2", min_persons=2, max_persons=3, share_slots=3, share_min=1)
    document = instance([who], [dwelling(min_persons=1, max_persons=most), shared])
    assert pairs(document) == ({("m1", "d1")} if gets else set()), (
        "a place in a shared home is no room for it"
    )


@pytest.mark.capability("HO-15", part="who was counted before is no part of the balance")
def test_who_was_counted_before_is_no_part_of_the_balance_of_exchange() -> None:
    document = instance(
        [mover(exchange=["B"])],
        [dwelling(municipality="B", neighbourhood="B-n")],
        municipalities=[municipality(exchange_slack=0), municipality("B", exchange_slack=0)],
        neighbourhoods=[neighbourhood(), neighbourhood("B-n", municipality="B")],
    )
    assert pairs(document) == {("m1", "d1")}
    assert pairs(document, max_exchanges=0) == set(), "but it is a household that leaves its gemeente"
    (card,) = cards(read_instance(document), [("m1", "d1")])
    assert {one.datum for one in card.rules if one.rule == "H9"} == {
        "A sends 0 persons and takes 0, may differ by 0",
        "B sends 0 persons and takes 0, may differ by 0",
    }


def test_a_card_says_that_it_is_a_next_home_and_another_card_says_nothing_of_it() -> None:
    document = instance([mover(), household("h1")], [dwelling("d1"), dwelling("d2")])
    moves, first = cards(read_instance(document), [("m1", "d1"), ("h1", "d2")])
    assert moves.document()["moving_on"] is True
    assert {one.rule for one in moves.rules} == {f"H{number}" for number in range(1, 11)}
    assert all(one.passed for one in moves.rules)
    assert "moving_on" not in first.document()
    assert {one.rule for one in first.rules} == {f"H{number}" for number in range(1, 10)}


def test_who_moves_on_is_told_apart_in_the_fairness_report() -> None:
    document = instance([mover(), household("h1"), household("h2")], [dwelling("d1")])
    found = fairness(read_instance(document), [("m1", "d1")])["by_home"]
    assert [(one["class"], one["households"], one["housed"]) for one in found] == [
        ("first home", 2, 0),
        ("next home", 1, 1),
    ]
    assert "by_home" not in fairness(read_instance(instance()), [])


# Homes of which others hold a part -----------------------------------------------------------------


@pytest.mark.capability("HO-08", part="the places left in a shared home are for singles of the same group")
def test_places_left_in_a_shared_home_are_for_singles_of_its_group() -> None:
    home = dwelling(min_persons=1, share_slots=3, share_min=2, held={"places": 1, "group": "a"})
    singles = [single(n, accepts_sharing=1, share_group=group) for n, group in enumerate("aab", start=1)]
    document = instance([household("h1"), single("alone"), *singles], [home])
    assert pairs(document) == {(1, "d1"), (2, "d1")}
    read = read_instance(document)
    told = {one: first_broken(read.households[one], read.dwellings["d1"]) for one in ("h1", "alone", 3, 1)}
    assert {who: broken and broken.rule for who, broken in told.items()} == {
        "h1": "H5",
        "alone": "H5",
        3: "H5",
        1: None,
    }
    assert values_of(read, [(1, "d1")]).quality == values_of(read, [(1, "d1"), (2, "d1")]).quality / 2, (
        "one who comes shares the home with who is there"
    )


@pytest.mark.parametrize(("held", "comes", "housed"), [(0, 1, 0), (1, 1, 0), (2, 1, 1), (1, 2, 2), (3, 1, 0)])
def test_the_fewest_who_open_a_home_are_counted_with_who_is_there(held: int, comes: int, housed: int) -> None:
    there = {"held": {"places": held, "group": None}} if held else {}
    home = dwelling(min_persons=4, share_slots=3, share_min=3, **there)
    document = instance([single(number, accepts_sharing=1) for number in range(comes)], [home])
    assert len(pairs(document)) == housed
    assert len(first_come(read_instance(document))) == housed


@pytest.mark.parametrize("pin", [(1, "d1"), (2, "d1")])
def test_a_pin_on_a_place_that_is_left_is_kept(pin: tuple[Any, Any]) -> None:
    home = dwelling(min_persons=4, share_slots=2, share_min=2, held={"places": 1, "group": None})
    document = instance([single(1, accepts_sharing=1), single(2, accepts_sharing=1)], [home])
    assert first_come(read_instance(document), Wish(pins=frozenset({pin}))) == [pin]
    assert pairs(document, pins=[list(pin)]) == {pin}


async def test_what_a_held_home_costs_and_who_else_fits_is_told_of_its_places_alone() -> None:
    home = dwelling(min_persons=3, share_slots=2, share_min=2, held={"places": 1, "group": None})
    singles = [single(1, accepts_sharing=1, linked="2025-05-05"), single(2, accepts_sharing=1)]
    read = read_instance(instance([*singles, household()], [home]))
    best = await solve(read, _CALM)
    assert best.assignments == ((1, "d1"),)
    assert await price_of_rules(read, best, seconds=250.0) == [], (
        "the size of a shared home holds nobody back"
    )
    (other,) = await alternatives(read, best, dwelling="d1", seconds=250.0)
    assert (other.household, other.points) == (2, best.values.quality)


# Dwellings that the contingent counts already -------------------------------------------------------


@pytest.mark.capability("HO-09", part="a dwelling that counts in the contingent already does not count again")
@pytest.mark.parametrize(("contingent", "proposed"), [(0, {"d1"}), (1, {"d1", "d2"})])
def test_a_dwelling_that_counts_already_takes_nothing_of_the_contingent(
    contingent: int, proposed: set[str]
) -> None:
    document = instance(
        [household("h1"), household("h2"), household("h3")],
        [dwelling("d1", let_this_year=1), dwelling("d2", rent=701), dwelling("d3", rent=702)],
        corporations=[corporation(contingent=contingent)],
    )
    found = pairs(document)
    assert len(found) == len(proposed)
    assert "d1" in {home for _, home in found}
    read = read_instance(document)
    assert len(first_come(read)) == len(proposed)
    assert all(one.passed for card in cards(read, sorted(found)) for one in card.rules)
    assert violations(read, [("h1", "d1"), ("h2", "d2"), ("h3", "d3")]) == ["H7 A-c"]


# All of it against trying everything ----------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), households=st.integers(0, 5), dwellings=st.integers(0, 3))
def test_with_our_fields_too_all_levels_are_those_of_trying_everything(
    seed: int, households: int, dwellings: int
) -> None:
    document = generate_sized(Scale(2, 1, households, dwellings), seed, "own fields")
    draw = random.Random(seed)
    for place in document["municipalities"]:
        place["target"] = draw.choice((0, 3, 8))
    for one in document["dwellings"]:
        if draw.random() < 0.5:
            one |= {"share_slots": draw.choice((2, 3)), "share_min": draw.choice((0, 1, 2, 3))}
            if draw.random() < 0.6:
                one["held"] = {"places": draw.choice((1, 2)), "group": draw.choice(("a", None))}
        one["let_this_year"] = draw.choice((0, 1))
    for one in document["households"]:
        one["rent_max"] += draw.choice((0, 300))
        if one["persons"] == 1 and draw.random() < 0.7:
            one |= {"accepts_sharing": 1, "share_group": draw.choice(("a", "a", None))}
        if draw.random() < 0.5:
            home = draw.choice([None, *(home["id"] for home in document["dwellings"])])
            one["moving_on"] = {"home": home, "room": one["persons"] + draw.choice((0, 0, 2))}
    read = read_instance(document)
    by_hand = first_come(read)
    assert own_fields.wrong(document, by_hand) == []
    start = by_hand if draw.random() < 0.5 else []
    told = solved_here(document, start=start, before=draw.choice((None, by_hand)))  # plain, and gathered
    found = [one["found"] for one in told if "found" in one]
    chosen = [(who, home) for who, home in found[-1]] if found else []
    assert own_fields.wrong(document, chosen) == violations(read, chosen) == []
    values = values_of(read, chosen)
    assert (values.shortfall, values.urgency, values.quality) == own_fields.values(document, chosen)
    best = own_fields.best(document)
    assert levels(told) == own_fields.values(document, chosen) == best
    assert_out_of_reach(simple_bounds(read), best)


# What is read and written ---------------------------------------------------------------------------


def test_our_fields_are_written_as_they_were_read_and_left_out_where_they_say_nothing() -> None:
    plain = generate("local", 3)
    written = json.loads(canonical(document_of(read_instance(plain))))
    assert not {"held", "let_this_year"} & {key for one in written["dwellings"] for key in one}
    assert "moving_on" not in {key for one in written["households"] for key in one}
    silent = json.loads(json.dumps(plain))
    for one in silent["dwellings"]:
        one |= {"held": None, "let_this_year": 0}
    for one in silent["households"]:
        one["moving_on"] = None
    assert sha256_of(document_of(read_instance(silent))) == sha256_of(written)
    home = dwelling(share_slots=3, held={"places": 1, "group": "a"}, let_this_year=1)
    told = instance([mover(home="x")], [home])
    again = document_of(read_instance(told))
    assert again["households"][0]["moving_on"] == {"home": "x", "room": 4}
    assert again["dwellings"][0]["held"] == {"places": 1, "group": "a"}
    assert read_instance(again) == read_instance(told)
