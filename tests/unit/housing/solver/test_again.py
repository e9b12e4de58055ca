# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Solving again after somebody pinned or banned a pair: from what stands, and with no proof that there is not."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bench.housing.checker import check, objectives
from bench.housing.generator import Scale, generate, generate_sized
from services.housing.solver import (
    Instance,
    Level,
    Options,
    Solution,
    read_instance,
    solve,
    solve_now,
    why_not,
)
from services.housing.solver.model import Assignment
from services.housing.solver.options import desk_seconds
from services.housing.solver.outcomes import Outcome
from services.housing.solver.pairs import feasible_pairs
from services.housing.solver.standing import Standing, is_answer
from services.housing.solver.values import values_of
from tests.unit.housing.solver.samples import assigned, dwelling, household, instance, solved_here

_CALM = Options(time_limit=250.0)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return generate_sized(Scale(2, 1, 24, 8), 11, "again")


@pytest.fixture(scope="module")
def read(document: dict[str, Any]) -> Instance:
    return read_instance(document)


@pytest.fixture(scope="module")
def best(read: Instance) -> Solution:
    return solve_now(read, _CALM)


def _others(read: Instance, best: Solution) -> list[Assignment]:
    """Pairs that could be and were not proposed."""
    pairs = [(one.household, one.dwelling) for one in feasible_pairs(read) if not one.shared]
    return [one for one in pairs if one not in best.assignments]


async def test_a_pin_or_a_ban_gives_what_a_run_from_nothing_gives(
    document: dict[str, Any], read: Instance, best: Solution
) -> None:
    others = _others(read, best)
    asked = [
        *(replace(_CALM, pins=frozenset({one})) for one in others[:: max(1, len(others) // 3)][:3]),
        *(replace(_CALM, bans=frozenset({one})) for one in best.assignments[:2]),
    ]
    for options in asked:
        again = await solve(read, options, known=best)
        assert again.proven
        assert check(document, json.loads(again.write())) == []
        assert options.pins <= set(again.assignments)
        assert not options.bans & set(again.assignments)
        assert again.values == (await solve(read, options)).values


async def test_what_stands_and_keeps_what_is_new_is_the_answer_at_once(
    read: Instance, best: Solution
) -> None:
    for options in (
        replace(_CALM, pins=frozenset(best.assignments[:2])),
        replace(_CALM, bans=frozenset(_others(read, best)[:1])),
    ):
        again = await solve(read, replace(options, time_limit=0.001), known=best)
        assert (again.regions, again.proven) == (best.regions, True)


async def test_a_ban_that_is_lifted_makes_room_that_was_not_looked_at(read: Instance, best: Solution) -> None:
    bans = frozenset(best.assignments[:1])
    banned = await solve(read, replace(_CALM, bans=bans), known=best)
    assert banned.values != best.values, "the sample needs a pair that matters"
    lifted = await solve(read, _CALM, known=banned)
    assert (lifted.values, lifted.proven) == (best.values, True)
    (pair,) = bans
    told = await why_not(read, banned, *pair, seconds=250.0)
    assert told.price is not None
    assert told.price.key < (0, 0, 0), "allowing it again is a gain"


@pytest.mark.parametrize(
    ("old", "asked", "bounds"),
    [
        (Options(), Options(bans=frozenset({("h1", "d1")})), {"shortfall": (16, 16), "urgency": (9, 12)}),
        (Options(bans=frozenset({("h1", "d1")})), Options(), {}),
        (Options(pins=frozenset({("h1", "d1")})), Options(), {}),
        (Options(max_exchanges=0), Options(), {}),
        (Options(), Options(max_exchanges=0), {"shortfall": (16, 16), "urgency": (9, 12)}),
        (Options(urgency_floor=1), Options(), {}),
        (Options(), Options(order=("urgency", "shortfall", "quality")), {}),
        (Options(changed_percent=10), Options(), {"shortfall": (16, 16)}),
    ],
    ids=["narrower", "ban-lifted", "pin-lifted", "more-moves", "fewer-moves", "floor-gone", "order", "kept"],
)
def test_what_was_out_of_reach_is_so_again_only_where_no_more_may_be(
    old: Options, asked: Options, bounds: dict[str, tuple[int, int]]
) -> None:
    read = read_instance(instance([household("h1"), household("h2")]))
    (region,) = solve_now(read, _CALM).regions
    levels = (
        Level("shortfall", 16, 16, proven=True),
        Level("urgency", 9, 12, proven=False),
        Level("quality", 70, None, proven=False),
    )
    stood = Solution(
        name="",
        sha256="",
        solver="",
        options=old,
        assignments=region.assignments,
        values=values_of(read, region.assignments),
        by_hand=values_of(read, ()),
        regions=(replace(region, levels=levels),),
    )
    assert Standing(stood, asked).bounds(read, asked) == bounds


def test_a_bound_that_is_met_is_a_proof_and_one_that_is_not_is_none() -> None:
    document = instance([household("h1"), household("h2", linked="2025-11-03")])
    known = {"shortfall": [16, 16], "urgency": [25, 25]}
    pin = ["h2", "d1"]
    told = {
        one["done"]: (one["value"], one["proven"])
        for one in solved_here(document, pins=[pin], start=[pin], before=[["h1", "d1"]], known=known)
        if "done" in one
    }
    assert told["shortfall"] == (16, True)
    assert told["urgency"] == (5, True), "less than was out of reach, and proven by itself"


@pytest.mark.parametrize(
    ("known", "proven"),
    [
        ({"shortfall": (16, 16), "urgency": (26, 26)}, [True, True, False]),
        ({"shortfall": (16, 15), "urgency": (26, 26)}, [False, True, False]),
        ({"shortfall": (15, 15), "urgency": (26, 26)}, [False, False, False]),
        ({}, [False, False, False]),
    ],
    ids=["met", "first-not-met", "first-worse", "nothing-known"],
)
def test_a_run_that_is_ended_tells_what_was_known(
    known: dict[str, tuple[int, int]], proven: list[bool]
) -> None:
    read = read_instance(instance())
    outcome = Outcome(read, Options(), [("h1", "d1")], known=known)
    assert [one.proven for one in outcome.region(("A",), 1.0).levels] == proven


def test_of_equal_answers_the_one_that_changes_least_is_taken() -> None:
    people = [household(f"h{number}") for number in range(1, 6)]
    homes = [dwelling(f"d{number}") for number in range(1, 5)]
    stands = [[f"h{number}", f"d{number}"] for number in range(1, 5)]
    told = solved_here(instance(people, homes), bans=[["h1", "d1"]], before=stands, start=stands[1:])
    found = {(one["household"], one["dwelling"]) for one in assigned(told)["assignments"]}
    assert found >= {("h2", "d2"), ("h3", "d3"), ("h4", "d4")}
    assert len(found) == 4


@pytest.mark.capability(
    "HO-09", part="a pin is kept in an answer within the time of a desk, whatever is proven"
)
async def test_a_pin_at_the_size_of_a_desk_is_kept_and_nothing_is_claimed_that_is_not_proven() -> None:
    document = generate("local", 2)
    read = read_instance(document)
    stood = await solve(read, Options(time_limit=3.0))
    pair = _others(read, stood)[40]
    again = await solve(read, Options(pins=frozenset({pair})), known=stood)
    written = json.loads(again.write())
    assert pair in again.assignments
    assert check(document, written) == []
    assert objectives(document, written) == tuple(level["value"] for level in written["levels"])
    for level in again.levels:
        assert level.bound is None or level.proven == (level.value == level.bound)
    assert is_answer(read, again.options, again.assignments)


def test_the_time_of_a_desk_is_that_of_the_parts_that_are_touched() -> None:
    local, district = (read_instance(generate(scale, 1)) for scale in ("local", "district"))
    assert desk_seconds([]) == desk_seconds([local]) == 4.5
    assert desk_seconds([local]) < desk_seconds([district]) < 20
