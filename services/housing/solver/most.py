# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many households can have a home at once where homes may be shared. Runs in a process of its own.

Without sharing this is a matching, which takes no solver. Which homes are opened for which group is a choice that
only trying tells, and that is what HiGHS is for.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import highspy

from services.housing.solver.highs import prepared
from services.housing.solver.model import INFINITE, Row

__all__ = ["most_at_once"]


def most_at_once(data: bytes) -> Iterator[dict[str, Any]]:
    """Count for each question the most households that have a home at once; see `levels_entry.most_at_once`."""
    for question in json.loads(data):
        yield _most(question)


def _most(question: Mapping[str, Any]) -> dict[str, Any]:
    whole: Sequence[tuple[str, str]] = question["whole"]
    shared: Sequence[tuple[str, str, str]] = question["shared"]
    choices = dict.fromkeys((home, group) for _, home, group in shared)
    opened = {one: column for column, one in enumerate(choices, len(whole) + len(shared))}
    people: dict[str, list[int]] = {}
    uses: dict[str, list[int]] = {}
    sharers: dict[tuple[str, str], list[int]] = {}
    for column, (household, home) in enumerate(whole):
        people.setdefault(household, []).append(column)
        uses.setdefault(home, []).append(column)
    for column, (household, home, group) in enumerate(shared, len(whole)):
        people.setdefault(household, []).append(column)
        sharers.setdefault((home, group), []).append(column)
    rows = [_sum(columns, -INFINITE, 1.0) for columns in people.values()]
    for (home, group), columns in sharers.items():
        column = opened[home, group]
        uses.setdefault(home, []).append(column)
        fewest, most = question["places"][home]
        rows.append(_sum(columns, -INFINITE, 0.0, column, -float(most)))
        rows.append(_sum(columns, 0.0, INFINITE, column, -float(max(1, fewest))))
        rows += [_sum([one], -INFINITE, 0.0, column, -1.0) for one in columns]
    rows += [_sum(columns, -INFINITE, 1.0) for columns in uses.values()]
    for homes, most in question["owners"]:
        rows.append(_sum([column for home in homes for column in uses.get(home, ())], -INFINITE, float(most)))
    size = len(whole) + len(shared) + len(opened)
    if not size:
        return {"most": 0, "proven": True}
    solver = prepared(
        dict.fromkeys(range(len(whole) + len(shared)), 1.0),
        [row for row in rows if row.columns],
        lower=[0.0] * size,
        upper=[1.0] * size,
        whole=[True] * size,
        least=False,
        seconds=question["seconds"],
    )
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return {"most": 0, "proven": False}
    value = round(info.objective_function_value)
    bound = info.mip_dual_bound
    return {"most": value, "proven": math.isfinite(bound) and math.floor(bound + _ALMOST) <= value}


_ALMOST = 1e-6


def _sum(
    columns: Sequence[int], lower: float, upper: float, also: int | None = None, value: float = 0.0
) -> Row:
    """A row of ones, and maybe one column with another value."""
    values = [1.0] * len(columns)
    if also is None:
        return Row(lower, upper, list(columns), values)
    return Row(lower, upper, [*columns, also], [*values, value])
