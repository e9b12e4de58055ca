# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far from the best an answer can be: there is always a bound, whatever becomes of the processes; and floors."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from bench.housing.checker import check
from bench.housing.generator import Scale, generate_sized
from chassis.limited import LimitExceededError
from services.housing.solver import (
    InstanceFault,
    Options,
    components,
    levels,
    read_instance,
    running,
    solve_now,
)
from services.housing.solver.components import split
from services.housing.solver.hand import first_come
from services.housing.solver.outcomes import Outcome
from services.housing.solver.relaxed import simple_bounds
from services.housing.solver.values import values_of
from tests.unit.housing.solver.samples import (
    assert_out_of_reach,
    assigned,
    corporation,
    dwelling,
    enumerated,
    household,
    instance,
    municipality,
    neighbourhood,
    single,
    solved_here,
)


async def _out_of_memory(*_: object, **__: object) -> AsyncGenerator[Any, None]:
    told: list[Any] = []
    for one in told:
        yield one
    raise LimitExceededError("memory")


@pytest.fixture
def no_process_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "run_limited", _out_of_memory)


@pytest.mark.usefixtures("no_process_lives")
def test_a_region_whose_process_dies_at_once_has_bounds_all_the_same() -> None:
    found = solve_now(read_instance(generate_sized(Scale(6, 3, 90, 24), 1, "ended")), Options(time_limit=60))
    assert len(found.regions) == 3
    assert all(region.killed for region in found.regions)
    assert all(level.bound is not None for region in found.regions for level in region.levels)
    short, urgency, quality = found.levels
    assert 0 < (short.bound or 0) <= short.value
    assert (urgency.bound or 0) >= urgency.value
    assert (quality.bound or 0) >= quality.value
    assert "not bounded" not in found.statement


@pytest.mark.parametrize(
    ("changed", "short"),
    [
        ({}, 12),
        ({"neighbourhoods": [neighbourhood(cap=5)]}, 15),
        ({"corporations": [corporation(contingent=1)]}, 16),
        ({"municipalities": [municipality(target=40)]}, 32),
        ({"dwellings": [dwelling(kind="transit"), dwelling("d2", kind="transit")]}, 16),
        ({"dwellings": [dwelling(share_slots=3), dwelling("d2")]}, 12),
        ({"households": [single("s1", accepts_sharing=1), household("h1")]}, 16),
        ({"dwellings": []}, 20),
    ],
    ids=["homes", "quarter", "contingent", "people", "transit", "shared", "nobody-fits", "no-home"],
)
def test_the_rules_of_a_gemeente_bound_what_it_can_house(changed: dict[str, Any], short: int) -> None:
    document = instance([household("h1"), household("h2")], [dwelling(), dwelling("d2")]) | changed
    assert simple_bounds(read_instance(document))["shortfall"] == short


def test_what_a_process_told_last_of_a_bound_stays_when_it_is_ended() -> None:
    read = read_instance(instance())
    outcome = Outcome(read, Options(), first_come(read), bounds={"shortfall": 3, "urgency": 99})
    outcome.take({"bound": "shortfall", "value": 9})
    outcome.take({"bound": "urgency", "value": 120})
    told = {one.name: one.bound for one in outcome.region(("A",), 1.0).levels}
    assert told == {"shortfall": 9, "urgency": 99, "quality": None}


def test_a_large_component_tells_the_bound_of_its_linear_programme_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = generate_sized(Scale(2, 1, 24, 8), 11, "again")
    monkeypatch.setattr(levels, "_CORE", 1)
    monkeypatch.setattr(levels, "_GATHERED", 1)
    told = solved_here(document, start=first_come(read_instance(document)))
    done = {one["done"]: one["value"] for one in told if "done" in one}
    bounds = {one["bound"]: one["value"] for one in told if "bound" in one}
    assert next(one for one in told if "found" not in one) == {
        "bound": "shortfall",
        "value": bounds["shortfall"],
    }
    assert_out_of_reach(bounds, tuple(done.values()))
    assert check(document, assigned(told)) == []


def test_a_region_that_was_cut_is_bounded_by_who_may_come_from_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(components, "MOST_JOINED", 2)
    document = instance(
        [household("h1", exchange=["B"]), household("h2"), household("h3", exchange=["B"])],
        [dwelling("d1"), dwelling("d2", municipality="B", neighbourhood="B-n", corporation="B-c")],
        municipalities=[
            municipality(exchange_slack=9),
            municipality("B", region="other", exchange_slack=9),
        ],
        neighbourhoods=[neighbourhood(), neighbourhood("B-n", municipality="B")],
        corporations=[corporation(), corporation("B-c", municipality="B")],
    )
    parts = split(read_instance(document))
    assert [part.cut for part in parts] == [True, True]
    total = {name: sum(part.bounds()[name] for part in parts) for name in ("shortfall", "urgency", "quality")}
    assert_out_of_reach(total, enumerated(document))
    assert parts[1].bounds()["shortfall"] == 16, "nobody of its own waits; one of the other region may come"


def test_a_floor_over_more_regions_than_fit_together_is_kept_by_each_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "MOST_JOINED", 10)
    document = generate_sized(Scale(4, 2, 24, 8), 3, "floors")
    read = read_instance(document)
    hand = values_of(read, first_come(read))
    floored = solve_now(read, Options(time_limit=60, urgency_floor=hand.urgency))
    assert len(floored.regions) == 2
    assert check(document, {"assignments": floored.document()["assignments"]}) == []
    assert floored.values.urgency >= hand.urgency
    assert floored.values.shortfall <= hand.shortfall
    assert not floored.proven, "another parting of the floor might be better"
    free = solve_now(read, Options(time_limit=60))
    assert (floored.levels[0].bound or 0) <= free.values.shortfall
    with pytest.raises(InstanceFault, match=f"{hand.urgency:,} together"):
        solve_now(read, replace(floored.options, urgency_floor=hand.urgency + 1))
    with pytest.raises(InstanceFault, match="a number of exchanges joins all regions"):
        solve_now(read, Options(max_exchanges=1))
