# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Runs as the desk asks for them: pins, bans, floors, what stands, prices and reasons; in real processes."""

import asyncio
import json
import random
from dataclasses import replace
from typing import Any

import pytest

from bench.housing.checker import check, objectives, score
from bench.housing.generator import Scale, generate, generate_sized
from services.housing.solver import (
    ClashingPins,
    FloorOutOfReach,
    Instance,
    InstanceFault,
    Options,
    Progress,
    Solution,
    alternatives,
    cards,
    explained,
    fairness,
    price_of_rules,
    read_instance,
    solve,
    solve_now,
    why_not,
)
from services.housing.solver.hand import first_come
from services.housing.solver.outcomes import Outcome
from services.housing.solver.pairs import feasible_pairs
from services.housing.solver.values import values_of
from tests.unit.housing.solver.samples import corporation, dwelling, household, instance, single

_SIZE = Scale(2, 1, 30, 10)
_PATIENCE = 250.0  # seconds: a busy machine must not change what is proven
_CALM = Options(time_limit=_PATIENCE)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return generate_sized(_SIZE, 7, "desk")


@pytest.fixture(scope="module")
def read(document: dict[str, Any]) -> Instance:
    return read_instance(document)


@pytest.fixture(scope="module")
def best(read: Instance) -> Solution:
    return solve_now(read, _CALM)


def test_a_run_is_proven_keeps_every_rule_and_is_no_worse_than_by_hand(
    document: dict[str, Any], best: Solution
) -> None:
    written = json.loads(best.write())
    assert check(document, written) == []
    assert objectives(document, written) == tuple(
        written["values"][one] for one in ("shortfall", "urgency", "quality")
    )
    assert written["statement"] == "proven best"
    assert best.values.key <= best.by_hand.key


@pytest.mark.capability(
    "PX-16", part="same input, same answer; the order of the lists and unread facts weigh nothing"
)
def test_the_same_input_gives_the_same_bytes_also_in_another_order(
    document: dict[str, Any], best: Solution
) -> None:
    draw = random.Random(1)
    turned = {
        key: draw.sample(value, len(value)) if isinstance(value, list) else value
        for key, value in document.items()
    }
    again = solve_now(read_instance(document), _CALM)
    assert again.write() == best.write()
    assert solve_now(read_instance(turned), _CALM).assignments == best.assignments


def test_how_a_family_is_made_up_changes_nothing(document: dict[str, Any], best: Solution) -> None:
    other = json.loads(json.dumps(document))
    for one in other["households"]:
        one["adults"], one["children"] = one["persons"], 0
    assert solve_now(read_instance(other), _CALM).assignments == best.assignments


async def test_a_pin_is_kept_and_its_price_is_told(read: Instance, best: Solution) -> None:
    out = next(
        (pair.household, pair.dwelling)
        for pair in feasible_pairs(read)
        if (pair.household, pair.dwelling) not in best.assignments and not pair.shared
    )
    told = await why_not(read, best, *out, seconds=_PATIENCE)
    pinned = await solve(read, replace(best.options, pins=frozenset({out})), known=best)
    assert out in pinned.assignments
    assert pinned.proven
    assert told.price is not None
    assert told.price.persons_fewer == pinned.values.shortfall - best.values.shortfall >= 0
    fresh = await solve(read, replace(best.options, pins=frozenset({out})))
    assert fresh.values == pinned.values


async def test_why_not_names_the_first_rule_that_is_broken() -> None:
    document = instance(
        [household("dear", rent_max=100), single("alone"), household("many", persons=9)], [dwelling()]
    )
    read = read_instance(document)
    best = await solve(read, _CALM)
    for who, rule in (("dear", "H3"), ("alone", "H5"), ("many", "H5")):
        told = await why_not(read, best, who, "d1")
        assert told.broken is not None
        assert told.broken.rule == rule
    with pytest.raises(InstanceFault):
        await why_not(read, best, "nobody", "d1")


def test_a_ban_is_kept(read: Instance, best: Solution) -> None:
    banned = solve_now(read, Options(time_limit=_PATIENCE, bans=frozenset(best.assignments[:1])))
    assert best.assignments[0] not in banned.assignments
    assert banned.values.key >= best.values.key


@pytest.mark.parametrize(
    ("pins", "bans", "smallest"),
    [
        ([("h1", "d1"), ("h1", "d2"), ("h3", "d3")], [], [("h1", "d1"), ("h1", "d2")]),
        ([("h1", "d1"), ("h2", "d1"), ("h3", "d3")], [], [("h1", "d1"), ("h2", "d1")]),
        ([("h1", "d1"), ("h2", "d2"), ("h3", "d3")], [], [("h1", "d1"), ("h2", "d2"), ("h3", "d3")]),
        ([("h1", "d1"), ("h4", "d2")], [], [("h4", "d2")]),
        ([("h1", "d1"), ("h2", "d2")], [("h2", "d2")], [("h2", "d2")]),
    ],
    ids=["one-household-twice", "one-dwelling-twice", "contingent-of-two", "rent-too-high", "banned-as-well"],
)
def test_of_pins_that_cannot_be_kept_the_smallest_set_is_named(
    pins: list[Any], bans: list[Any], smallest: list[Any]
) -> None:
    document = instance(
        [household("h1"), household("h2"), household("h3"), household("h4", rent_max=1)],
        [dwelling("d1"), dwelling("d2"), dwelling("d3")],
        corporations=[corporation(contingent=2)],
    )
    with pytest.raises(ClashingPins) as clash:
        solve_now(read_instance(document), Options(pins=frozenset(pins), bans=frozenset(bans)))
    assert sorted(clash.value.pins) == smallest


def test_an_urgency_floor_is_kept_while_the_shortfall_is_made_small(
    document: dict[str, Any], read: Instance, best: Solution
) -> None:
    most = solve_now(read, Options(time_limit=_PATIENCE, order=("urgency", "shortfall", "quality")))
    floored = solve_now(read, Options(time_limit=_PATIENCE, urgency_floor=most.values.urgency))
    assert check(document, json.loads(floored.write())) == []
    assert floored.values.urgency == most.values.urgency
    assert best.values.shortfall <= floored.values.shortfall <= most.values.shortfall
    with pytest.raises(FloorOutOfReach, match=f"{most.values.urgency} is the most"):
        solve_now(read, Options(time_limit=_PATIENCE, urgency_floor=most.values.urgency + 1))


def test_no_more_households_leave_their_gemeente_than_was_asked(read: Instance, best: Solution) -> None:
    none = solve_now(read, Options(time_limit=_PATIENCE, max_exchanges=0))
    assert all(
        read.households[one].municipality == read.dwellings[home].municipality
        for one, home in none.assignments
    )
    assert none.values.key >= best.values.key


@pytest.mark.parametrize("seed", [1])
def test_one_new_household_changes_at_most_a_tenth_of_what_stands(seed: int) -> None:
    document = generate_sized(Scale(2, 1, 40, 14), seed, "stable")
    before = solve_now(read_instance(document), _CALM)
    document["households"].append({**document["households"][0], "id": "new", "linked": "2023-01-02"})
    read = read_instance(document)
    free = solve_now(read, _CALM)
    after = solve_now(read, Options(time_limit=_PATIENCE, standing=before.assignments, changed_percent=10))
    assert after.values.shortfall == free.values.shortfall
    kept = len(set(before.assignments) & set(after.assignments))
    assert len(before.assignments) - kept <= len(before.assignments) / 10


@pytest.mark.capability("HO-06", part="every rule with its fact, and every point")
@pytest.mark.capability("PX-16", part="a reason for each proposal; the points add up to the score")
def test_every_proposal_has_a_card_whose_points_add_up(
    document: dict[str, Any], read: Instance, best: Solution
) -> None:
    homes = {one["id"]: one for one in document["dwellings"]}
    people = {one["id"]: one for one in document["households"]}
    found = cards(read, best.assignments)
    for card in found:
        assert {check.rule for check in card.rules} == {f"H{number}" for number in range(1, 10)}
        assert all(check.passed and check.datum for check in card.rules)
        living = [people[who] for who, home in best.assignments if home == card.dwelling]
        assert card.score == sum(card.points.values())
        assert card.score == score(document, people[card.household], homes[card.dwelling], living)
    assert sum(card.score for card in found) == best.values.quality
    assert sum(card.urgency for card in found) == best.values.urgency
    assert len(explained(read, best)["cards"]) == len(best.assignments)


@pytest.mark.capability("HO-09", part="a rule of a corporation off: what it frees")
async def test_the_price_of_a_rule_is_what_lifting_it_frees() -> None:
    document = instance(
        [single("s1"), single("s2"), household("h1")],
        [dwelling("d1"), dwelling("d2"), dwelling("d3")],
        corporations=[corporation(contingent=2)],
    )
    read = read_instance(document)
    best = await solve(read, _CALM)
    assert [one[0] for one in best.assignments] == ["h1"]  # no singles in a family dwelling
    prices = {one.rule: one for one in await price_of_rules(read, best, seconds=_PATIENCE)}
    assert prices["min_persons"].matches_more == 1
    assert prices["min_persons"].persons_more == 1
    assert prices["contingent"].matches_more == 0


async def test_alternatives_have_their_price_and_the_cheapest_comes_first(
    read: Instance, best: Solution
) -> None:
    home = best.assignments[0][1]
    found = await alternatives(read, best, dwelling=home, count=1, seconds=_PATIENCE)
    assert all(one.dwelling == home and one.price.persons_fewer >= 0 for one in found)
    assert [one.price.key for one in found] == sorted(one.price.key for one in found)
    with pytest.raises(InstanceFault):
        await alternatives(read, best)


@pytest.mark.capability("PX-16", part="who waits and who is housed, by size, accessibility and gemeente")
def test_the_fairness_report_counts_everybody_once(read: Instance, best: Solution) -> None:
    report = fairness(read, best.assignments)
    for part in ("by_size", "by_accessibility", "by_municipality"):
        assert sum(one["households"] for one in report[part]) == len(read.households)
        assert sum(one["housed"] for one in report[part]) == len(best.assignments)
    assert report["passed_over_26w"] == len(report["passed_over"])


def test_who_waited_longer_for_what_another_got_is_passed_over() -> None:
    read = read_instance(instance([household("old", linked="2024-01-01"), household("new")]))
    assert fairness(read, [("new", "d1")])["passed_over"] == ["old"]
    assert fairness(read, [("old", "d1")])["passed_over"] == []


async def test_a_run_that_is_cancelled_leaves_nothing_behind() -> None:
    heard: list[Progress] = []
    first = asyncio.Event()

    def listen(progress: Progress) -> None:
        heard.append(progress)
        first.set()

    run = asyncio.create_task(solve(read_instance(generate("local", 2)), _CALM, progress=listen))
    await asyncio.wait_for(first.wait(), _PATIENCE)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert heard[0].regions == 1


def test_a_process_that_is_ended_leaves_the_best_that_it_told() -> None:
    read = read_instance(instance())
    outcome = Outcome(read, Options(), first_come(read))
    outcome.take({"done": "shortfall", "value": 16, "bound": 16, "proven": True})
    region = outcome.region(("A",), 1.0)
    assert [(one.name, one.value, one.proven) for one in region.levels] == [
        ("shortfall", 16, True),
        ("urgency", values_of(read, first_come(read)).urgency, False),
        ("quality", values_of(read, first_come(read)).quality, False),
    ]


def test_with_no_time_the_hand_method_stands() -> None:
    read = read_instance(generate("local", 2))
    found = solve_now(read, Options(time_limit=0.1))
    assert found.values.key <= found.by_hand.key
    assert not found.proven
    assert found.statement.startswith("best found in the time")


@pytest.mark.parametrize(
    "document",
    [
        instance([], []),
        instance(None, []),
        instance([], None),
        instance([], [], municipalities=[], neighbourhoods=[], corporations=[]),
    ],
    ids=["only-a-gemeente", "no-dwelling", "no-household", "nothing-at-all"],
)
def test_empty_lists_have_an_empty_answer(document: dict[str, Any]) -> None:
    found = solve_now(read_instance(document), _CALM)
    assert found.assignments == ()
    assert found.proven


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(pins=frozenset({("x", "d1")})), "household 'x' does not exist"),
        (Options(bans=frozenset({("h1", "x")})), "dwelling 'x' does not exist"),
        (Options(time_limit=0.0), "time limit"),
        (Options(max_exchanges=-1), "may not be negative"),
        (Options(order=("urgency",)), "order of levels"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: Options, said: str) -> None:
    with pytest.raises(InstanceFault, match=said):
        solve_now(read_instance(instance()), options)
