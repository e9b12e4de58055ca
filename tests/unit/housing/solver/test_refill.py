# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Dwellings that are emptied and filled anew: each answer is better, keeps what was reached, and in the end is the best."""

import json
import time
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bench.housing.checker import check, objectives
from bench.housing.generator import Scale, generate_sized
from services.housing.solver import levels, read_instance
from services.housing.solver.hand import first_come
from services.housing.solver.model import Assignment, Model, Row, Wish, build
from services.housing.solver.reach import Goal
from services.housing.solver.refill import refilled
from tests.unit.housing.solver.samples import (
    Json,
    assigned,
    dwelling,
    household,
    instance,
    neighbourhood,
    solved_here,
)

_WORK = 30_000


def _goals(model: Model) -> dict[str, Goal]:
    return {
        "shortfall": Goal("shortfall", model.shortfall, least=True),
        "urgency": Goal("urgency", model.urgency, least=False),
        "quality": Goal("quality", model.quality, least=False),
    }


def _written(pairs: Sequence[Assignment]) -> Json:
    return {"assignments": [{"household": who, "dwelling": home} for who, home in pairs]}


def _refilled(
    document: Json, start: Sequence[Assignment], wish: Wish | None = None, *, work: int = _WORK
) -> list[list[Assignment]]:
    """Better the quality of a start, at its own shortfall and urgency."""
    read = read_instance(document)
    model = build(read, wish, gathered=True)
    goals, values = _goals(model), model.start(start)
    rows: list[Row] = [goals[one].row(goals[one].value(values)) for one in ("shortfall", "urgency")]
    found = refilled(read, model, goals["quality"], rows, values, work=work, until=time.monotonic() + 250)
    return [model.assignments(one) for one in found]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_each_answer_is_better_and_keeps_the_rules_and_the_levels_before(seed: int) -> None:
    document = generate_sized(Scale(2, 1, 40, 16), seed, "refilled")
    start = first_come(read_instance(document))
    short, urgent, good = objectives(document, _written(start))
    for one in _refilled(document, start, work=3_000):
        assert check(document, _written(one)) == []
        now = objectives(document, _written(one))
        assert now[0] <= short
        assert now[1] >= urgent
        assert now[2] > good
        good = now[2]


@pytest.mark.parametrize("seed", [0, 3, 5, 8])
def test_it_ends_with_the_best_where_all_dwellings_come_together(seed: int) -> None:
    document = generate_sized(Scale(2, 1, 30, 12), seed, "best")  # fewer than are emptied at first
    told = assigned(solved_here(document, order=["shortfall", "urgency", "quality"]))
    reached = assigned(solved_here(document, stop_after="urgency"))["assignments"]
    start = [(one["household"], one["dwelling"]) for one in reached]
    found = _refilled(document, start)
    assert objectives(document, _written([start, *found][-1])) == objectives(document, told)


def test_two_who_would_rather_live_where_the_other_lives_change_places() -> None:
    near = [neighbourhood("n1", x=0), neighbourhood("n2", x=200)]
    homes = [dwelling("d1", neighbourhood="n1"), dwelling("d2", neighbourhood="n2")]
    people = [household("h1", work=[200, 0]), household("h2", work=[0, 0])]
    document = instance(people, homes, neighbourhoods=near)
    start = [("h1", "d1"), ("h2", "d2")]
    assert _refilled(document, start)[-1] == [("h1", "d2"), ("h2", "d1")]
    assert _refilled(document, start, Wish(pins=frozenset({("h1", "d1")}))) == []


def test_the_same_start_leads_to_the_same_end() -> None:
    document = generate_sized(Scale(3, 1, 70, 24), 5, "again")
    start = first_come(read_instance(document))
    assert _refilled(document, start, work=2_500) == _refilled(document, start, work=2_500) != []


@pytest.mark.parametrize("seed", range(2))
def test_a_hard_level_that_is_refilled_first_ends_as_an_easy_one(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = generate_sized(Scale(2, 1, 30, 12), seed, "hard")
    start = json.loads(json.dumps(first_come(read_instance(document))))
    easy = [one for one in solved_here(document, start=start) if "done" in one]
    for name, value in (("_EASY", 0), ("_CORE", 1)):
        monkeypatch.setattr(levels, name, value)
        hard = solved_here(document, start=start)
        assert [one for one in hard if "done" in one] == easy
        assert all(one["proven"] for one in easy)
        assert check(document, assigned(hard)) == []
