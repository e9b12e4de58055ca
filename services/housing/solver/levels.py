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
from dataclasses import dataclass, field, replace
from typing import Any

import highspy

from services.housing.solver.clashes import smallest_clash
from services.housing.solver.highs import fresh, prepared
from services.housing.solver.instance import Instance
from services.housing.solver.model import INFINITE, Assignment, Model, Row, Wish, build
from services.housing.solver.polish import polished
from services.housing.solver.reading import read_instance
from services.housing.solver.values import violations

__all__ = ["solve_component", "version"]

_SHARES = (0.55, 0.65, 1.0)
"""Of the time that is left, what the first, second and third level may take."""

_CORE = 1_000
"""Pairs above which a level begins with a part of the columns."""

_CORE_SHARE = 0.4
_CORE_GAP = 0.003

_ALMOST = 1e-6
_Status = highspy.HighsModelStatus


def version() -> str:
    """Return the version of HiGHS."""
    return str(fresh().version())


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
    if wish.pins and (clash := smallest_clash(instance, wish, _possible)):
        yield {"clash": clash}
        return
    model = build(instance, wish)
    start: list[float] | None = model.start([(one[0], one[1]) for one in task["start"]])
    search = _Search(instance, wish, model, task)
    if start is not None and task["urgency_floor"] is not None:
        start = yield from search.reach_floor(start)
    goals = _goals(model, wish, task)
    worth = _worth(model, task, goals)
    for number, goal in enumerate(goals):
        if start is None:
            return
        share = 1.0 if number == len(goals) - 1 else _SHARES[min(number, len(_SHARES) - 1)]
        start = yield from search.level(goal, goals[: number + 1], start, share, worth)


@dataclass(slots=True)
class _Search:
    """One component on its way through the levels."""

    instance: Instance
    wish: Wish
    model: Model
    task: Mapping[str, Any]
    rows: list[Row] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = dict(self.task["known"])

    def reach_floor(self, start: list[float]) -> Generator[dict[str, Any], None, list[float] | None]:
        """Find a first solution with the urgency that was asked as the least, and keep it from now on."""
        asked = self.task["urgency_floor"]
        floor = _Goal("urgency", self.model.urgency, least=False, enough=asked)
        if floor.value(start) < asked:
            run = yield from _reach(self.model, floor, [], start, self.task["ends"])
            if run.values is None or floor.value(run.values) < asked:
                yield {"reachable": floor.value(run.values or start), "proven": run.proven}
                return None
            start = run.values
        self.rows.append(floor.row(asked))
        return start

    def level(
        self,
        goal: _Goal,
        reached: Sequence[_Goal],
        start: list[float],
        share: float,
        worth: Mapping[int, float],
    ) -> Generator[dict[str, Any], None, list[float] | None]:
        """Do one level within a share of the time that is left; None when there is no going on."""
        now = time.monotonic()
        known = self.known.get(goal.name)
        extra = [] if known is None else [goal.bounded(known)]
        ends = now + (self.task["ends"] - now) * share
        if len(self.model.pairs) > _CORE and len(reached) > 1:
            start = self._from_core(goal, start, (ends - now) * _CORE_SHARE)
            better = polished(self.instance, self.model, start, worth)
            if _no_worse(better, start, reached) and not self._wrong(better):
                start = better
            yield {"found": self.model.assignments(start), "level": goal.name}
        run = yield from _reach(self.model, goal, [*self.rows, *extra], start, ends)
        if run.values is None:
            if run.infeasible:
                yield {"infeasible": goal.name}
            return None
        values = run.values
        better = polished(self.instance, self.model, values, worth)
        if _no_worse(better, values, reached) and not self._wrong(better):
            values = better
        if wrong := self._wrong(values):
            raise ArithmeticError(f"the solver broke {len(wrong)} rules")
        value = goal.value(values)
        yield {"found": self.model.assignments(values), "level": goal.name}
        proven = run.proven or run.bound == value
        yield {"done": goal.name, "value": value, "bound": run.bound, "proven": proven}
        if known is not None and value != known:
            self.known = {}  # what was known of later levels held at the old value of this one only
        self.rows.append(goal.row(value if goal.enough is None else min(value, goal.enough)))
        return values

    def _from_core(self, goal: _Goal, start: list[float], seconds: float) -> list[float]:
        """Find a good start among the columns that the linear programme holds for the most promising.

        It cannot be worse than the start that it is given, whose own columns are always among them.
        """
        model, rows = self.model, [*self.model.rows, *self.rows]
        began = time.monotonic()
        size = len(model.upper)
        sign = 1.0 if goal.least else -1.0
        linear = prepared(
            goal.terms,
            rows,
            lower=[0.0] * size,
            upper=model.upper,
            whole=None,
            least=goal.least,
            seconds=seconds / 2,
        )
        linear.run()
        if linear.getModelStatus() != _Status.kOptimal:
            return start
        costs = linear.getSolution().col_dual
        pairs = sorted(range(len(model.pairs)), key=lambda column: (sign * costs[column], column))
        chosen = {*pairs[: max(_CORE // 2, len(pairs) // 6)], *range(len(pairs), size)}
        chosen.update(column for column in range(len(pairs)) if start[column] > 0)
        solver = prepared(
            goal.terms,
            rows,
            lower=[0.0] * size,
            upper=[model.upper[column] if column in chosen else 0.0 for column in range(size)],
            whole=model.whole,
            least=goal.least,
            seconds=max(0.2, seconds - (time.monotonic() - began)),
        )
        solver.setOptionValue("mip_rel_gap", _CORE_GAP)
        hint = highspy.HighsSolution()
        hint.col_value = list(start)
        solver.setSolution(hint)
        solver.run()
        found = _outcome(solver, goal).values
        return start if found is None or self._wrong(found) else found

    def _wrong(self, values: Sequence[float]) -> list[str]:
        """What a solution breaks, pins among it."""
        found = self.model.assignments(values)
        return violations(self.instance, found) + [str(pin) for pin in self.wish.pins - set(found)]


def _no_worse(values: Sequence[float], than: Sequence[float], goals: Sequence[_Goal]) -> bool:
    """Say whether no level that was reached is given up."""
    return all(
        goal.value(values) <= goal.value(than) if goal.least else goal.value(values) >= goal.value(than)
        for goal in goals
    )


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
    """Let HiGHS work in a thread, and hand out what it finds meanwhile.

    HiGHS 1.16 has a fault: when its presolve alone solves the programme, it gives the start back and calls that
    optimal, beside a bound that says otherwise. It is then asked again without a start.
    """
    if not goal.terms:
        return _Run(list(start), 0, proven=True, infeasible=False)
    hinted = yield from _worked(model, goal, rows, start, ends)
    run = _outcome(hinted, goal, hinted=True)
    if run.proven or hinted.getModelStatus() != _Status.kOptimal:
        return run
    again = _outcome((yield from _worked(model, goal, rows, None, ends, better_than=run.values)), goal)
    if again.values is not None and run.values is not None and not goal.betters(again.values, run.values):
        # No better in the time: what the first found stands, and the second may have proved that.
        proven = again.proven and goal.value(again.values) == goal.value(run.values)
        return replace(run, bound=again.bound, proven=proven or again.bound == goal.value(run.values))
    return run if again.values is None else again


def _worked(
    model: Model,
    goal: _Goal,
    rows: Sequence[Row],
    start: Sequence[float] | None,
    ends: float,
    *,
    better_than: Sequence[float] | None = None,
) -> Generator[dict[str, Any], None, highspy.Highs]:
    solver = _solver(model, goal, rows, max(0.2, ends - time.monotonic()))
    if start is not None:
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
        if better_than is not None and not goal.betters(values, better_than):
            continue
        yield {"found": model.assignments(values), "level": goal.name}
    worker.join()
    return solver


def _outcome(solver: highspy.Highs, goal: _Goal, *, hinted: bool = False) -> _Run:
    info = solver.getInfo()
    status = solver.getModelStatus()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return _Run(None, None, proven=False, infeasible=status == _Status.kInfeasible)
    values = [float(round(value)) for value in solver.getSolution().col_value]
    value = goal.value(values)
    if status == _Status.kOptimal and not hinted:
        return _Run(values, value, proven=True, infeasible=False)
    if goal.enough is not None and value >= goal.enough:
        return _Run(values, value, proven=True, infeasible=False)
    bound = info.mip_dual_bound
    whole = None
    if math.isfinite(bound):
        whole = math.ceil(bound - _ALMOST) if goal.least else math.floor(bound + _ALMOST)
    return _Run(values, whole, proven=whole == value, infeasible=False)


def _solver(model: Model, goal: _Goal, rows: Sequence[Row], seconds: float) -> highspy.Highs:
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


def _worth(model: Model, task: Mapping[str, Any], goals: Sequence[_Goal]) -> dict[int, float]:
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


def _possible(model: Model) -> bool:
    """Say whether the rows can be kept at all."""
    solver = _solver(model, _Goal("nothing", {}, least=True), [], _CLASH_SECONDS)
    solver.run()
    return bool(solver.getModelStatus() != _Status.kInfeasible)


_CLASH_SECONDS = 5.0
