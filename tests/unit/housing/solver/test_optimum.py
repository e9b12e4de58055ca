# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The optimiser against all solutions that there are, and against a checker that knows nothing of it."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bench.housing.checker import check, objectives
from bench.housing.generator import SCALES, Scale, generate, generate_sized
from services.housing.solver import read_instance, values_of
from services.housing.solver.hand import first_come
from services.housing.solver.model import Wish
from services.housing.solver.pairs import feasible_pairs
from services.housing.solver.reading import document_of
from services.housing.solver.relaxed import simple_bounds
from services.housing.solver.values import violations
from tests.unit.housing.solver.samples import (
    assert_out_of_reach,
    assigned,
    dwelling,
    enumerated,
    household,
    instance,
    municipality,
    neighbourhood,
    single,
    solved_here,
)


def _levels(told: list[dict[str, Any]]) -> tuple[int, ...]:
    done = [one for one in told if "done" in one]
    assert all(one["proven"] for one in done)
    return tuple(one["value"] for one in done)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), households=st.integers(0, 5), dwellings=st.integers(0, 3))
def test_all_three_levels_are_those_of_trying_everything(seed: int, households: int, dwellings: int) -> None:
    document = generate_sized(Scale(2, 1, households, dwellings), seed, "tried")
    draw = random.Random(seed)
    for place in document["municipalities"]:
        place["target"] = draw.choice((0, 3, 8))
    for one in document["households"]:
        one["rent_max"] += draw.choice((0, 300))
        if one["persons"] == 1 and draw.random() < 0.6:
            one |= {"accepts_sharing": 1, "share_group": draw.choice(("a", "a", None))}
    for one in document["dwellings"]:
        if draw.random() < 0.4:
            one |= {"share_slots": draw.choice((2, 3)), "share_min": draw.choice((0, 1, 2, 4))}
    by_hand = first_come(read_instance(document)) if draw.random() < 0.5 else []
    told = solved_here(document, start=by_hand, before=draw.choice((None, by_hand)))  # plain, and gathered
    solution = assigned(told) if any("found" in one for one in told) else {"assignments": []}
    assert check(document, solution) == []
    best = enumerated(document)
    assert _levels(told) == objectives(document, solution) == best
    assert_out_of_reach(simple_bounds(read_instance(document)), best)


@pytest.mark.parametrize("seed", range(3))
def test_a_start_has_what_is_pinned_and_leaves_who_was_housed_where_there_is_room(seed: int) -> None:
    read = read_instance(generate("local", seed))
    stands = first_come(read)
    assert set(first_come(read, keep=stands)) >= set(stands)
    homes = {pair.dwelling for pair in feasible_pairs(read)}
    tried = 0
    for pair in feasible_pairs(read):
        pin = (pair.household, pair.dwelling)
        if pin in stands or pair.dwelling not in homes:
            continue
        homes.remove(pair.dwelling)  # one pin for each dwelling
        tried += 1
        found = first_come(read, Wish(pins=frozenset({pin})), keep=stands)
        if found == []:
            assert violations(read, [pin]), "it cannot stand alone: it waits for an exchange or for sharers"
            continue
        assert pin in found
        assert violations(read, found) == []
        assert len(set(stands) - set(found)) <= len(stands) // 4
    assert tried > 5


def test_a_start_that_is_worse_than_the_best_is_not_called_the_best() -> None:
    document = generate_sized(Scale(2, 1, 30, 10), 7, "desk")
    pin = ["h00004", "d00005"]
    start = first_come(read_instance(document), Wish(pins=frozenset({(pin[0], pin[1])})))
    told = {
        name: _levels(solved_here(document, pins=[pin], start=one))
        for name, one in (("", []), ("hand", start))
    }
    assert told[""] == told["hand"] == (16, 403, 527)
    assert values_of(read_instance(document), start).shortfall > 16


@pytest.mark.parametrize("seed", range(3))
def test_the_hand_method_keeps_every_rule_and_is_counted_as_the_checker_counts(seed: int) -> None:
    document = generate("district", seed)
    read = read_instance(document)
    found = first_come(read)
    solution = {"assignments": [{"household": who, "dwelling": home} for who, home in found]}
    values = values_of(read, found)
    assert check(document, solution) == violations(read, found) == []
    assert objectives(document, solution) == (values.shortfall, values.urgency, values.quality)
    assert len(found) > SCALES["district"].dwellings / 2


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_checker_and_optimiser_see_the_same_violations(seed: int) -> None:
    document = generate("tiny", seed)
    read, draw = read_instance(document), random.Random(seed)
    pairs = [
        (one["id"], draw.choice(document["dwellings"])["id"])
        for one in document["households"]
        if draw.random() < 0.5
    ]
    solution = {"assignments": [{"household": who, "dwelling": home} for who, home in pairs]}
    ours = {one.split()[0] for one in violations(read, pairs)}
    theirs = {one.split()[0] for one in check(document, solution)}
    # A pair of people who may not share and do not fit is one violation there and several rules here.
    assert ours == theirs


def test_an_instance_is_written_as_it_was_read() -> None:
    read = read_instance(generate("local", 3))
    assert read_instance(document_of(read)) == read


def test_the_generator_gives_the_same_for_the_same_seed() -> None:
    assert generate("local", 4) == generate("local", 4) != generate("local", 5)


@pytest.mark.capability("HO-07", part="granted nareis takes room in a permanent home")
@pytest.mark.parametrize(
    ("reunion", "stay", "fits"),
    [
        ({"persons": 3, "months": 4, "granted": 1}, 0, False),
        ({"persons": 3, "months": 4, "granted": 0}, 0, True),
        ({"persons": 3, "months": 4, "granted": 1}, 24, True),
        (None, 0, True),
    ],
)
def test_granted_reunion_takes_room_in_permanent_homes_only(reunion: Any, stay: int, fits: bool) -> None:
    document = instance([household(reunion=reunion)], [dwelling(max_stay_months=stay)])
    told = solved_here(document)
    assert bool(assigned(told)["assignments"]) is fits


@pytest.mark.capability("HO-08", part="sharing within one group, opened by enough people")
@pytest.mark.parametrize(
    ("groups", "housed"),
    [(("a", "a"), 2), (("a", "b"), 0), (("a",), 0), (("a", "a", "a", "a"), 3), ((None, None), 2)],
)
def test_a_dwelling_is_shared_by_enough_singles_of_one_group(groups: tuple[Any, ...], housed: int) -> None:
    singles = [
        single(number, accepts_sharing=1, share_group=group) for number, group in enumerate(groups, start=1)
    ]
    document = instance(singles, [dwelling(min_persons=4, share_slots=3, share_min=2)])
    assert len(assigned(solved_here(document))["assignments"]) == housed


@pytest.mark.capability("HO-15", part="the balance of persons exchanged")
@pytest.mark.parametrize(("slack", "housed"), [(3, 0), (4, 1)])
def test_exchange_goes_as_far_as_both_municipalities_may_differ(slack: int, housed: int) -> None:
    document = instance(
        [household(exchange=["B"])],
        [dwelling(municipality="B", neighbourhood="B-n")],
        municipalities=[municipality(exchange_slack=slack), municipality("B", exchange_slack=9)],
        neighbourhoods=[neighbourhood(), neighbourhood("B-n", municipality="B")],
    )
    assert len(assigned(solved_here(document))["assignments"]) == housed


@pytest.mark.capability("HO-12", part="no more transit stays than follow-up homes")
@pytest.mark.parametrize("exits", [0, 1, 2])
def test_transit_dwellings_are_used_as_far_as_follow_up_homes_exist(exits: int) -> None:
    homes = [dwelling(number, kind="transit", max_stay_months=12) for number in range(3)]
    document = instance(
        [household(number) for number in range(3)], homes, municipalities=[municipality(transit_exits=exits)]
    )
    assert len(assigned(solved_here(document))["assignments"]) == exits


@pytest.mark.capability("HO-08", part="one who is alone in a home that may be shared has it whole")
@pytest.mark.parametrize("fewest", [0, 1])
@pytest.mark.parametrize("most", [2, 4, 5, 7])
def test_one_alone_in_a_home_that_may_be_shared_is_counted_as_whole_use(fewest: int, most: int) -> None:
    open_home = dwelling("d1", min_persons=1, max_persons=most, share_slots=3, share_min=fewest)
    other = dwelling("d2", min_persons=1, max_persons=4)
    for count in (1, 2, 3):
        people = [single(number, accepts_sharing=1) for number in range(count)]
        document = instance(people, [open_home, other])
        told = solved_here(document)
        found = assigned(told)
        assert check(document, found) == []
        assert _levels(told) == objectives(document, found) == enumerated(document)


def test_one_alone_who_may_not_have_a_home_whole_shares_it() -> None:
    family = {"persons": 5, "months": 3, "granted": 1}
    people = [single("s1", accepts_sharing=1, reunion=family), single("s2", accepts_sharing=1)]
    for one in ([people[0]], people):
        document = instance(one, [dwelling(min_persons=1, share_slots=3, share_min=1)])
        told = solved_here(document)
        assert _levels(told) == objectives(document, assigned(told)) == enumerated(document)
        assert len(assigned(told)["assignments"]) == len(one)
