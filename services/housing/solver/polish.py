# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a solution to a better one at once: which kind of household lives where stays, who of that kind changes.

When the dwelling, the number of persons, how many of them count, and the gemeente of a household are laid down, every
municipal rule and the shortfall are laid down with them. What is left is to choose among households that are equal
in these: an assignment problem, which a linear programme solves in milliseconds. It gives the later levels a start
that HiGHS alone needs long to find.
"""

from collections.abc import Mapping, Sequence

import highspy

from services.housing.solver.highs import prepared
from services.housing.solver.instance import Id, Instance
from services.housing.solver.model import Model, Row, kinds_of

__all__ = ["polished"]

_SECONDS = 5.0


def polished(
    instance: Instance, model: Model, values: Sequence[float], worth: Mapping[int, float]
) -> list[float]:
    """Return the solution in which households of one kind changed places for the most worth.

    Args:
        instance: of the model.
        model: the programme; its pins are kept, since a pinned column stays.
        values: a solution of it.
        worth: what each column counts; the caller weighs its levels so that the first one decides.
    """
    rows: list[Row] = []
    free: list[int] = []
    for columns in kinds_of(instance, model.pairs).values():
        taken = sum(values[column] for column in columns)
        if taken > 0:
            allowed = [column for column in columns if _open(model, column, values)]
            rows.append(Row(taken, taken, range(len(free), len(free) + len(allowed)), [1.0] * len(allowed)))
            free += allowed
    homes: dict[Id, list[int]] = {}
    for place, column in enumerate(free):
        homes.setdefault(model.pairs[column].household, []).append(place)
    rows += [Row(0.0, 1.0, places, [1.0] * len(places)) for places in homes.values()]
    if not free:
        return list(values)
    solver = prepared(
        {place: worth.get(column, 0.0) for place, column in enumerate(free)},
        rows,
        lower=[1.0 if column in model.pinned else 0.0 for column in free],
        upper=[1.0] * len(free),
        whole=None,
        least=False,
        seconds=_SECONDS,
    )
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return list(values)
    chosen = solver.getSolution().col_value
    found = list(values)
    for column in range(len(model.pairs)):
        found[column] = 0.0
    for place, column in enumerate(free):
        found[column] = float(round(chosen[place]))
    return found


def _open(model: Model, column: int, values: Sequence[float]) -> bool:
    """A place in a shared dwelling is for the group for which it is opened."""
    pair = model.pairs[column]
    return not pair.shared or values[model.opened[pair.dwelling, model.groups[pair.household]]] > 0
