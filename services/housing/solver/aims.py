# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The levels that a task asks, in their order, and which of two solutions is better by them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from services.housing.solver.model import Model, Wish
from services.housing.solver.reach import Goal

__all__ = ["better", "goals_of", "no_worse", "worth_of"]


def no_worse(values: Sequence[float], than: Sequence[float], goals: Sequence[Goal]) -> bool:
    """Say whether no level that was reached is given up."""
    return all(
        goal.value(values) <= goal.value(than) if goal.least else goal.value(values) >= goal.value(than)
        for goal in goals
    )


def better(values: Sequence[float], than: Sequence[float], goals: Sequence[Goal]) -> bool:
    """Say whether the first level in which two solutions differ is for this one."""
    differing = next((goal for goal in goals if goal.value(values) != goal.value(than)), None)
    return differing is not None and differing.betters(values, than)


def goals_of(model: Model, wish: Wish, task: Mapping[str, Any]) -> list[Goal]:
    """The levels in their order; after the first, standing proposals are kept as far as was asked."""
    terms = {"shortfall": model.shortfall, "urgency": model.urgency, "quality": model.quality}
    goals = [Goal(name, terms[name], least=name == "shortfall") for name in task["order"]]
    if task["changed_percent"] is not None and model.kept:
        enough = math.ceil(len(wish.standing) * (100 - task["changed_percent"]) / 100)
        goals.insert(1, Goal("kept", model.kept, least=False, enough=min(enough, len(model.kept))))
    if task["stop_after"] is not None:
        names = [goal.name for goal in goals]
        goals = goals[: names.index(task["stop_after"]) + 1]
    return goals


def worth_of(model: Model, task: Mapping[str, Any], goals: Sequence[Goal]) -> dict[int, float]:
    """Weigh the levels that a change among equals can better, so that the earlier one always decides."""
    terms: list[Mapping[int, float]] = [goal.terms for goal in goals if goal.name != "shortfall"]
    if task["urgency_floor"] is not None:
        terms.insert(0, model.urgency)
    worth: dict[int, float] = {}
    for weight, one in zip((1.0, _WEIGHT, _WEIGHT**2), reversed(terms[:3]), strict=False):
        for column, value in one.items():
            worth[column] = worth.get(column, 0.0) + weight * value
    return worth


_WEIGHT = 10_000.0
"""More than all points of a component of a hundred dwellings; in larger ones it is a good start all the same."""
