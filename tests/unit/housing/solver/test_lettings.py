# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many households can have a home at once where homes may be shared, against trying everything."""

import json
from collections import Counter
from dataclasses import asdict
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from chassis.limited import LimitExceededError
from services.housing.solver import Lettings, at_once, most_lettings
from services.housing.solver.levels_entry import most_at_once

PEOPLE, HOMES = ("a1", "a2", "a3", "b1"), ("d1", "d2")


def counted(question: Lettings) -> tuple[int, bool]:
    (found,) = most_at_once(json.dumps([asdict(question) | {"seconds": 60}]).encode())
    return found["most"], found["proven"]


def tried(question: Lettings) -> int:
    """The most of all ways to give each household a home whole, a place in one, or none."""
    ways: list[list[tuple[str, str, str | None]]] = [
        [
            *((who, home, None) for one, home in question.whole if one == who),
            *((who, home, group) for one, home, group in question.shared if one == who),
        ]
        for who in PEOPLE
    ]
    return max(
        len(taken)
        for choice in product(*([None, *several] for several in ways))
        for taken in [[one for one in choice if one is not None]]
        if may_be(question, taken)
    )


def may_be(question: Lettings, taken: list[tuple[str, str, str | None]]) -> bool:
    for home in {one[1] for one in taken}:
        uses = Counter(group for _, where, group in taken if where == home)
        ((group, people),) = uses.items() if len(uses) == 1 else ((None, 0),)
        fewest, most = question.places.get(home, (1, 1)) if group is not None else (1, 1)
        if not max(1, fewest) <= people <= most:
            return False
    used = {one[1] for one in taken}
    return all(len(used & set(homes)) <= most for homes, most in question.owners)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_most_lettings_are_those_of_trying_everything(data: st.DataObject) -> None:
    pairs = [(who, home) for who in PEOPLE for home in HOMES]
    question = Lettings(
        whole=data.draw(st.lists(st.sampled_from(pairs), unique=True)),
        shared=[
            (who, home, who[0]) for who, home in data.draw(st.lists(st.sampled_from(pairs), unique=True))
        ],
        places={home: (data.draw(st.integers(0, 3)), data.draw(st.integers(1, 3))) for home in HOMES},
        owners=[(list(HOMES), data.draw(st.integers(0, 2)))],
    )
    assert counted(question) == (tried(question), True)


@pytest.mark.parametrize("ends", ["at-once", "after-one"])
async def test_of_a_process_that_is_ended_nothing_is_claimed(
    ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ended(*_: object, **__: object) -> Any:
        if ends == "after-one":
            yield {"most": 1, "proven": True}
        raise LimitExceededError("wall")

    monkeypatch.setattr(at_once, "run_limited", ended)
    one = Lettings(whole=[("a1", "d1")])
    assert await most_lettings([one, one]) == [(1, True) if ends == "after-one" else (0, False), (0, False)]
