# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One level of one programme: what is counted, and HiGHS at work on it, telling what it finds meanwhile."""

import math
import queue
import threading
import time
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import highspy

from services.housing.solver.highs import prepared
from services.housing.solver.model import INFINITE, Model, Row

__all__ = ["Goal", "Run", "among", "attain", "out_of_reach", "outcome", "programme"]

_ALMOST = 1e-6
_Status = highspy.HighsModelStatus


@dataclass(frozen=True, slots=True)
class Goal:
    """One level: what is counted, in which direction, and a value with which it may stop."""

    name: str
    terms: Mapping[int, float]
    least: bool
    enough: float | None = None

    def value(self, values: Sequence[float]) -> int:
        """Count it in a solution."""
        return round(sum(worth * values[column] for column, worth in self.terms.items()))

    def betters(self, values: Sequence[float], than: Sequence[float]) -> bool:
        """Say whether one solution is better than another in this alone."""
        mine, other = self.value(values), self.value(than)
        return mine < other if self.least else mine > other

    def row(self, value: float) -> Row:
        """Keep what was reached."""
        lower, upper = (-INFINITE, value) if self.least else (value, INFINITE)
        return Row(lower, upper, tuple(self.terms), tuple(self.terms.values()))

    def bounded(self, bound: float) -> Row:
        """Write down what is known to be out of reach."""
        lower, upper = (bound, INFINITE) if self.least else (-INFINITE, bound)
        return Row(lower, upper, tuple(self.terms), tuple(self.terms.values()))


@dataclass(slots=True)
class Run:
    """What HiGHS made of one goal."""

    values: list[float] | None
    bound: int | None
    proven: bool
    infeasible: bool
    iterations: int = 0  # of the simplex method


def attain(
    model: Model,
    goal: Goal,
    rows: Sequence[Row],
    start: Sequence[float],
    ends: float,
    *,
    branches: int | None = None,
) -> Generator[dict[str, Any], None, Run]:
    """Let HiGHS work in a thread, and hand out what it finds meanwhile.

    With `branches` it ends after so many, and what it has then is told.

    HiGHS 1.16 has a fault: when its presolve alone solves the programme, it gives the start back and calls that
    optimal, beside a bound that says otherwise. It is then asked again without a start.
    """
    if not goal.terms:
        return Run(list(start), 0, proven=True, infeasible=False)
    hinted = yield from _worked(model, goal, rows, start, ends, branches=branches)
    run = outcome(hinted, goal, hinted=True)
    if run.proven or hinted.getModelStatus() != _Status.kOptimal:
        return run
    unhinted = yield from _worked(model, goal, rows, None, ends, better_than=run.values, branches=branches)
    again = outcome(unhinted, goal)
    if again.values is not None and run.values is not None and not goal.betters(again.values, run.values):
        # No better in the time: what the first found stands, and the second may have proved that.
        proven = again.proven and goal.value(again.values) == goal.value(run.values)
        return replace(run, bound=again.bound, proven=proven or again.bound == goal.value(run.values))
    return run if again.values is None else again


def among(
    model: Model,
    goal: Goal,
    rows: Sequence[Row],
    start: Sequence[float],
    free: Collection[int],
    seconds: float,
    *,
    prefer: Mapping[int, float] | None = None,
) -> list[float] | None:
    """Return the best in which only some columns of pairs and of opened dwellings differ from a start, or None.

    No start is handed to HiGHS, whose presolve solves most of these small programmes alone; the start itself need not
    keep the rows.

    Args:
        model: the programme.
        goal: what is made best.
        rows: what holds beside the rows of the model.
        start: where the other columns stay.
        free: the columns that may change. Shortfalls and columns that add up others follow.
        seconds: at most.
        prefer: which columns are preferred among equals in the goal, each for less than 1 in all.
    """
    follow = {*model.short.values(), *model.gathered}
    size = len(model.upper)
    loose = [column in free or column in follow for column in range(size)]
    terms = dict(goal.terms)
    for column, value in (prefer or {}).items():
        terms[column] = terms.get(column, 0.0) + (-value if goal.least else value)
    solver = prepared(
        terms,
        [*model.rows, *rows],
        lower=[0.0 if loose[column] else start[column] for column in range(size)],
        upper=[model.upper[column] if loose[column] else start[column] for column in range(size)],
        whole=model.whole,
        least=goal.least,
        seconds=seconds,
    )
    if prefer:
        solver.setOptionValue("mip_abs_gap", 0.0)
    solver.run()
    return outcome(solver, goal).values


def _worked(
    model: Model,
    goal: Goal,
    rows: Sequence[Row],
    start: Sequence[float] | None,
    ends: float,
    *,
    better_than: Sequence[float] | None = None,
    branches: int | None = None,
) -> Generator[dict[str, Any], None, highspy.Highs]:
    solver = programme(model, goal, rows, max(0.2, ends - time.monotonic()))
    if start is not None:
        hint = highspy.HighsSolution()
        hint.col_value = list(start)
        solver.setSolution(hint)
    found: queue.SimpleQueue[list[float] | None] = queue.SimpleQueue()
    solver.cbMipImprovingSolution.subscribe(lambda event: found.put(list(event.data_out.mip_solution)))
    if branches is not None:
        solver.setOptionValue("mip_max_nodes", branches)

    def work() -> None:
        try:
            solver.run()
        finally:
            found.put(None)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    while (values := found.get()) is not None:
        if better_than is not None and not goal.betters(values, better_than):
            continue
        yield {"found": model.assignments(values), "level": goal.name}
    worker.join()
    return solver


def outcome(solver: highspy.Highs, goal: Goal, *, hinted: bool = False) -> Run:
    """Read what HiGHS found; where it was given a start, only a bound that meets the value is a proof."""
    info = solver.getInfo()
    status = solver.getModelStatus()
    worked = max(0, int(info.simplex_iteration_count))
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Run(None, None, proven=False, infeasible=status == _Status.kInfeasible, iterations=worked)
    values = [float(round(value)) for value in solver.getSolution().col_value]
    value = goal.value(values)
    if (status == _Status.kOptimal and not hinted) or (goal.enough is not None and value >= goal.enough):
        return Run(values, value, proven=True, infeasible=False, iterations=worked)
    bound = info.mip_dual_bound
    whole = None
    if math.isfinite(bound):
        whole = math.ceil(bound - _ALMOST) if goal.least else math.floor(bound + _ALMOST)
    return Run(values, whole, proven=whole == value, infeasible=False, iterations=worked)


def out_of_reach(linear: highspy.Highs, goal: Goal) -> int | None:
    """Read of a linear programme what no assignment can pass; None where it was not solved in its time."""
    if linear.getModelStatus() != _Status.kOptimal:
        return None
    best = linear.getInfo().objective_function_value
    error = _ALMOST * max(1.0, abs(best))
    return math.ceil(best - error) if goal.least else math.floor(best + error)


def programme(model: Model, goal: Goal, rows: Sequence[Row], seconds: float) -> highspy.Highs:
    """Write the whole programme of a goal into a solver."""
    solver = prepared(
        goal.terms,
        [*model.rows, *rows],
        lower=[0.0] * len(model.upper),
        upper=model.upper,
        whole=model.whole,
        least=goal.least,
        seconds=seconds,
    )
    if goal.enough is not None:
        solver.setOptionValue("objective_target", float(goal.enough))
    return solver
