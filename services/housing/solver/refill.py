# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A solution made better bit by bit: some dwellings are emptied and filled anew in the best way, the others stay.

The linear programme of a hard component promises far more than can be: half a household fits under every limit. So
HiGHS finds little on its way from there. Twenty dwellings that compete for the same people are a programme which it
solves to the end within a second, mostly without a branch; that is asked again and again, each time of others.
Before all, who has a home keeps one and only where they live changes: no earlier level is at stake then.
"""

import random
import time
from collections.abc import Iterator, Sequence

import highspy
import numpy as np

from services.housing.solver.highs import SEED, bounded, loaded, written
from services.housing.solver.instance import Dwelling, Id, Instance, order_of
from services.housing.solver.model import Model, Row
from services.housing.solver.nearby import columns_of
from services.housing.solver.reach import Goal, outcome

__all__ = ["refilled"]

_FIRST, _STEP, _FEWEST = 14, 2, 6
"""Dwellings that are emptied together at first; so many more where a turn is solved at once, fewer where it is not."""

_LIGHT = 1_500
"""Iterations of a turn below which the next may be larger."""

_BRANCHES = 200
"""After these a turn was too large, and what it found is taken."""

_OVERHEAD = 100
"""What a turn counts beside its iterations, so that turns without any come to an end too."""

_VAIN = 8
"""Turns without anything better after which there is little left to find this way."""

_LEAST_SECONDS = 0.3
_Status = highspy.HighsModelStatus


def refilled(
    instance: Instance,
    model: Model,
    goal: Goal,
    rows: Sequence[Row],
    start: list[float],
    *,
    work: int,
    until: float,
    bound: int | None = None,
) -> Iterator[list[float]]:
    """Yield each better solution.

    The draw has a fixed seed and work is counted in iterations of the simplex method, so that the same start leads to
    the same end as long as no clock cuts it short.

    Args:
        instance: of the model.
        model: the programme.
        goal: what is made better.
        rows: what holds beside the rows of the model.
        start: a solution that keeps them.
        work: iterations after which no turn begins any more; sooner where nothing better is found.
        until: when to stop in any case, by the monotonic clock.
        bound: what is out of reach, if that is known.
    """
    draw = random.Random(SEED)  # noqa: S311 - which dwellings come together is no secret
    programme = written(
        goal.terms,
        [*model.rows, *rows, goal.row(0)],
        lower=start,
        upper=start,
        whole=model.whole,
        least=goal.least,
    )
    follow = [*model.short.values(), *model.gathered]
    rivals = _Rivals(instance, model)
    size = min(_FIRST, len(rivals.homes))
    free = _of_the_housed(model, start)
    vain = 0
    while work > 0 and vain < _VAIN and goal.value(start) != bound:
        left = until - time.monotonic()
        if left < _LEAST_SECONDS:
            return
        lower, upper = list(start), list(start)
        for column in (*free, *follow):
            lower[column], upper[column] = 0.0, model.upper[column]
        bounded(programme, lower, upper)
        # Only what is better counts; that there is nothing better, presolve mostly sees.
        if goal.least:
            programme.row_upper_ = np.append(programme.row_upper_[:-1], goal.value(start) - 1)
        else:
            programme.row_lower_ = np.append(programme.row_lower_[:-1], goal.value(start) + 1)
        solver = loaded(programme, left)
        solver.setOptionValue("mip_max_nodes", _BRANCHES)
        solver.run()
        run = outcome(solver, goal)
        if run.values is not None and goal.betters(run.values, start):
            start, vain = run.values, 0
            yield start
        else:
            vain += 1
        if solver.getModelStatus() not in {_Status.kOptimal, _Status.kInfeasible}:
            size = max(min(_FEWEST, len(rivals.homes)), size - _STEP)
        elif run.iterations < _LIGHT:
            size = min(len(rivals.homes), size + _STEP)
        work -= run.iterations + _OVERHEAD
        free = columns_of(model, rivals.some(draw, size))


def _of_the_housed(model: Model, values: Sequence[float]) -> set[int]:
    """Return the columns of everybody who has a home, in all dwellings, and of opening any to sharers."""
    housed = {pair.household for column, pair in enumerate(model.pairs) if values[column] > 0}
    columns = {column for column, pair in enumerate(model.pairs) if pair.household in housed}
    return columns | set(model.opened.values())


class _Rivals:
    """Which dwellings compete: for the same people, for the room of a neighbourhood, for a contingent."""

    def __init__(self, instance: Instance, model: Model) -> None:
        self._people: dict[Id, set[Id]] = {}
        for pair in model.pairs:
            self._people.setdefault(pair.dwelling, set()).add(pair.household)
        self.homes = sorted(
            (home for home in instance.dwellings.values() if home.id in self._people),
            key=lambda home: order_of(home.id),
        )

    def some(self, draw: random.Random, size: int) -> list[Id]:
        """Draw a dwelling, and others that compete with it: the more, the likelier."""
        first = draw.choice(self.homes)
        others = sorted(
            (home for home in self.homes if home.id != first.id),
            key=lambda home: -self._rivalry(first, home),
        )
        chosen = [first.id]
        while others and len(chosen) < size:
            chosen.append(others.pop(int(len(others) * draw.random() ** 2)).id)
        return chosen

    def _rivalry(self, one: Dwelling, other: Dwelling) -> float:
        mine, theirs = self._people[one.id], self._people[other.id]
        return (
            len(mine & theirs) / min(len(mine), len(theirs))
            + 0.5 * (one.neighbourhood == other.neighbourhood)
            + 0.25 * (one.corporation == other.corporation)
        )
