# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One component, level by level with HiGHS. Runs in a process of its own: nothing else imports this module.

Each finished level becomes a constraint of the next. One thread and one seed, so that a run which no clock cuts
short gives the same answer every time. Improvements are handed out while HiGHS still works, so that killing the
process loses nothing that was found.
"""

import json
import math
import queue
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from services.housing.solver.clashes import smallest_clash
from services.housing.solver.model import INFINITE, Assignment, Model, Row, Wish, build
from services.housing.solver.reading import read_instance
from services.housing.solver.values import violations

__all__ = ["solve_component", "version"]

SEED = 0
_SHARES = (0.55, 0.65, 1.0)
"""Of the time that is left, what the first, second and third level may take."""

_ALMOST = 1e-6
_Status = highspy.HighsModelStatus


def version() -> str:
    """Return the version of HiGHS."""
    return str(_empty().version())


@dataclass(frozen=True, slots=True)
class _Goal:
    """One level: what is counted, in which direction, and a value with which it may stop."""

    name: str
    terms: Mapping[int, float]
    least: bool
    enough: float | None = None

    def value(self, values: Sequence[float]) -> int:
        """Count it in a solution."""
        return round(sum(worth * values[column] for column, worth in self.terms.items()))

    def row(self, value: float) -> Row:
        """Keep what was reached."""
        lower, upper = (-INFINITE, value) if self.least else (value, INFINITE)
        return Row(lower, upper, tuple(self.terms), tuple(self.terms.values()))

    def bounded(self, bound: float) -> Row:
        """Write down what is known to be out of reach."""
        lower, upper = (bound, INFINITE) if self.least else (-INFINITE, bound)
        return Row(lower, upper, tuple(self.terms), tuple(self.terms.values()))


@dataclass(slots=True)
class _Run:
    """What HiGHS made of one goal."""

    values: list[float] | None
    bound: int | None
    proven: bool
    infeasible: bool


def solve_component(data: bytes) -> Iterator[dict[str, Any]]:
    """Solve one component; yields what is found as soon as it is found.

    Args:
        data: JSON of an instance, of what is asked and of a start (see `regions`).

    Yields:
        `{"clash": [...]}` when pins cannot all be kept, `{"reachable": n}` when the urgency floor is above n,
        `{"found": [[household, dwelling], ...], "level": name}` for each improvement, and
        `{"done": name, "value": n, "bound": n, "proven": bool}` for each level.
    """
    task = json.loads(data)
    instance = read_instance(task["instance"])
    wish = Wish(
        pins=_pairs(task["pins"]),
        bans=_pairs(task["bans"]),
        max_exchanges=task["max_exchanges"],
        standing=_pairs(task["standing"]),
    )
    ends: float = task["ends"]
    if wish.pins and (clash := smallest_clash(instance, wish, _possible)):
        yield {"clash": clash}
        return
    model = build(instance, wish)
    start = model.start([(one[0], one[1]) for one in task["start"]])
    rows: list[Row] = []
    if task["urgency_floor"] is not None:
        floor = _Goal("urgency", model.urgency, least=False, enough=task["urgency_floor"])
        if floor.value(start) < task["urgency_floor"]:
            run = yield from _reach(model, floor, rows, start, ends)
            if run.values is None or floor.value(run.values) < task["urgency_floor"]:
                yield {"reachable": floor.value(run.values or start), "proven": run.proven}
                return
            start = run.values
        rows.append(floor.row(task["urgency_floor"]))
    goals = _goals(model, wish, task)
    for number, goal in enumerate(goals):
        left = ends - time.monotonic()
        share = 1.0 if number == len(goals) - 1 else _SHARES[min(number, len(_SHARES) - 1)]
        known = task["known"].get(goal.name)
        extra = [] if known is None else [goal.bounded(known)]
        run = yield from _reach(model, goal, [*rows, *extra], start, time.monotonic() + left * share)
        values = run.values
        if values is None:
            if run.infeasible:
                yield {"infeasible": goal.name}
            return
        wrong = violations(instance, model.assignments(values))
        if wrong:
            raise ArithmeticError(f"the solver broke {len(wrong)} rules")
        run_values = goal.value(values)
        yield {"found": model.assignments(values), "level": goal.name}
        yield {"done": goal.name, "value": run_values, "bound": run.bound, "proven": run.proven}
        if known is not None and run_values != known:
            task["known"] = {}  # what was known of later levels held at the old value of this one only
        rows.append(goal.row(run_values if goal.enough is None else min(run_values, goal.enough)))
        start = values


def _pairs(found: Sequence[Sequence[Any]]) -> frozenset[Assignment]:
    return frozenset((one[0], one[1]) for one in found)


def _goals(model: Model, wish: Wish, task: Mapping[str, Any]) -> list[_Goal]:
    """The levels in their order; after the first, standing proposals are kept as far as was asked."""
    terms = {"shortfall": model.shortfall, "urgency": model.urgency, "quality": model.quality}
    goals = [_Goal(name, terms[name], least=name == "shortfall") for name in task["order"]]
    if task["changed_percent"] is not None and model.kept:
        enough = math.ceil(len(wish.standing) * (100 - task["changed_percent"]) / 100)
        goals.insert(1, _Goal("kept", model.kept, least=False, enough=min(enough, len(model.kept))))
    if task["stop_after"] is not None:
        names = [goal.name for goal in goals]
        goals = goals[: names.index(task["stop_after"]) + 1]
    return goals


def _reach(
    model: Model, goal: _Goal, rows: Sequence[Row], start: Sequence[float], ends: float
) -> Generator[dict[str, Any], None, _Run]:
    """Let HiGHS work in a thread, and hand out what it finds meanwhile."""
    if not goal.terms:
        return _Run(list(start), 0, proven=True, infeasible=False)
    solver = _solver(model, goal, rows, max(0.2, ends - time.monotonic()))
    hint = highspy.HighsSolution()
    hint.col_value = list(start)
    solver.setSolution(hint)
    found: queue.SimpleQueue[list[float] | None] = queue.SimpleQueue()
    solver.cbMipImprovingSolution.subscribe(lambda event: found.put(list(event.data_out.mip_solution)))

    def work() -> None:
        try:
            solver.run()
        finally:
            found.put(None)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    while (values := found.get()) is not None:
        yield {"found": model.assignments(values), "level": goal.name}
    worker.join()
    return _outcome(solver, goal)


def _outcome(solver: highspy.Highs, goal: _Goal) -> _Run:
    info = solver.getInfo()
    status = solver.getModelStatus()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return _Run(None, None, proven=False, infeasible=status == _Status.kInfeasible)
    values = [float(round(value)) for value in solver.getSolution().col_value]
    value = goal.value(values)
    if status == _Status.kOptimal:
        return _Run(values, value, proven=True, infeasible=False)
    if goal.enough is not None and value >= goal.enough:
        return _Run(values, value, proven=True, infeasible=False)
    bound = info.mip_dual_bound
    whole = None
    if math.isfinite(bound):
        whole = math.ceil(bound - _ALMOST) if goal.least else math.floor(bound + _ALMOST)
    return _Run(values, whole, proven=whole == value, infeasible=False)


def _solver(model: Model, goal: _Goal, rows: Sequence[Row], seconds: float) -> highspy.Highs:
    """Write the programme into HiGHS. All objectives are whole numbers: a gap below 1 is a proof."""
    programme = highspy.HighsLp()
    every = [*model.rows, *rows]
    size = len(model.upper)
    programme.num_col_ = size
    programme.num_row_ = len(every)
    programme.col_cost_ = np.array([goal.terms.get(column, 0.0) for column in range(size)])
    programme.col_lower_ = np.zeros(size)
    programme.col_upper_ = np.array(model.upper)
    programme.row_lower_ = np.array([row.lower for row in every])
    programme.row_upper_ = np.array([row.upper for row in every])
    programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    programme.a_matrix_.start_ = np.cumsum([0, *(len(row.columns) for row in every)])
    programme.a_matrix_.index_ = np.array([column for row in every for column in row.columns], dtype=np.int32)
    programme.a_matrix_.value_ = np.array([value for row in every for value in row.values])
    programme.integrality_ = [
        highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous for whole in model.whole
    ]
    programme.sense_ = highspy.ObjSense.kMinimize if goal.least else highspy.ObjSense.kMaximize
    solver = _empty()
    settings: dict[str, Any] = {
        "threads": 1,
        "random_seed": SEED,
        "time_limit": seconds,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.99,
    }
    if goal.enough is not None:
        settings["objective_target"] = float(goal.enough)
    for name, value in settings.items():
        solver.setOptionValue(name, value)
    solver.passModel(programme)
    return solver


def _empty() -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    return solver


def _possible(model: Model) -> bool:
    """Say whether the rows can be kept at all."""
    solver = _solver(model, _Goal("nothing", {}, least=True), [], _CLASH_SECONDS)
    solver.run()
    return bool(solver.getModelStatus() != _Status.kInfeasible)


_CLASH_SECONDS = 5.0
