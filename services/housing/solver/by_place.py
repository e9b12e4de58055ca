# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A large component made better gemeente by gemeente: one changes hands, the others stay.

What a gemeente falls short, its quarters and its corporations are its own, so most of what can be gained for a later
level lies within one. Each is a small programme, which HiGHS solves in a second or two where the whole would find
nothing in its time. Afterwards two change hands together, for what only an exchange between them gains.
"""

import time
from collections.abc import Iterator, Sequence

from services.housing.solver.highs import bounded, loaded, written
from services.housing.solver.instance import Id, Instance
from services.housing.solver.model import Model, Row
from services.housing.solver.nearby import columns_of
from services.housing.solver.reach import Goal, outcome

__all__ = ["by_place"]

_GAP = 0.002
_LEAST_SECONDS = 0.5


def by_place(
    instance: Instance,
    model: Model,
    goal: Goal,
    rows: Sequence[Row],
    start: list[float],
    until: float,
    bound: int | None,
) -> Iterator[list[float]]:
    """Yield each better solution, as long as there is time and a better one can be.

    Args:
        instance: of the model.
        model: the programme.
        goal: what is made better.
        rows: what holds beside the rows of the model.
        start: a solution that keeps them.
        until: when to stop, by the monotonic clock.
        bound: what is out of reach, if that is known.
    """
    size = len(model.upper)
    follow = [*model.short.values(), *model.gathered]
    programme = written(
        goal.terms, [*model.rows, *rows], lower=start, upper=start, whole=model.whole, least=goal.least
    )
    homes: dict[Id, list[Id]] = {}
    for home in instance.dwellings.values():
        homes.setdefault(home.municipality, []).append(home.id)
    columns = [columns_of(model, one) for one in sorted(homes.values(), key=len, reverse=True)]
    together = [one | other for one, other in zip(columns, columns[1:] + columns[:1], strict=True)]
    turns = [*columns, *(together if len(columns) > 1 else [])]
    for turn, free in enumerate(turns):
        left = until - time.monotonic()
        if left < _LEAST_SECONDS or goal.value(start) == bound:
            return
        lower, upper = list(start), list(start)
        for column in (*free, *follow):
            lower[column], upper[column] = 0.0, model.upper[column]
        bounded(programme, lower, upper)
        weight = sum(len(one) for one in turns[turn:])
        solver = loaded(programme, max(_LEAST_SECONDS, min(left, 2.0 * left * len(free) / max(1, weight))))
        solver.setOptionValue("mip_rel_gap", _GAP)
        solver.run()
        found = outcome(solver, goal).values
        if found is not None and len(found) == size and goal.betters(found, start):
            start = found
            yield found
