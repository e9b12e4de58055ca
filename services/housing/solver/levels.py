# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One component, level by level with HiGHS. Runs in a process of its own: nothing else imports this module.

Each finished level becomes a constraint of the next. One thread and one seed, so that a run which no clock cuts
short gives the same answer every time. Improvements are handed out while HiGHS still works, so that killing the
process loses nothing that was found.
"""

import json
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import highspy

from services.housing.solver.aims import better, goals_of, no_worse, worth_of
from services.housing.solver.by_place import by_place
from services.housing.solver.clashes import smallest_clash
from services.housing.solver.highs import fresh, prepared
from services.housing.solver.instance import Instance
from services.housing.solver.model import Assignment, Model, Row, Wish, build
from services.housing.solver.nearby import columns_of, left_standing, nearest
from services.housing.solver.polish import polished
from services.housing.solver.reach import Goal, Run, among, attain, out_of_reach, outcome, programme
from services.housing.solver.reading import read_instance
from services.housing.solver.refill import refilled
from services.housing.solver.values import violations

__all__ = ["solve_component", "version"]

_SHARES = (0.55, 0.65, 1.0)
"""Of the time that is left, what the first, second and third level may take."""

_CORE = 1_000
"""Pairs above which a later level begins with a part of the columns, and gathered as long as that was tried."""

_CORE_SHARE = 0.4
_CORE_GAP = 0.003

_FAR = 0.2
"""How far a start is from what the linear programme promises, above which refilling would be a long way round."""

_PLACES_SHARE = 0.3
"""Of what is left then, what a large component spends gemeente by gemeente before the whole is tried."""

_EASY = 30
"""Branches that a level has in the plain programme; what is not proven then is hard.

It and the next ones go on gathered. Branches are counted and not seconds, so that a proven answer does not hang on how
busy a machine is.
"""

_REFILL = 8_000
"""Iterations for which a hard level is refilled before the whole programme is tried."""

_HOUSED = 1
"""The same for the first turn alone: who has a home keeps one, which for the last level is most of the way."""

_REFILL_LARGE = 100_000
"""The same for a component that is too large for any proof of a later level: there the time decides."""

_LEAST_SECONDS = 0.3

_REFILL_SHARE = 0.5
"""Of the time of a level, the most that refilling takes of it on a slow machine."""

_GATHERED = 6_000
"""Pairs up to which gathering was tried: above, a level has no time to be proven and lives from a good start."""

_NEAR = ((12, 0.12), (30, 0.2))
"""Dwellings around a new pin or ban that may change hands first, and the share of the time for that."""

_Status = highspy.HighsModelStatus


def version() -> str:
    """Return the version of HiGHS."""
    return str(fresh().version())


def solve_component(data: bytes) -> Iterator[dict[str, Any]]:
    """Solve one component; yields what is found as soon as it is found.

    Args:
        data: JSON of an instance, of what is asked and of a start (see `regions`).

    Yields:
        `{"clash": [...]}` when pins cannot all be kept, `{"reachable": n}` when the urgency floor is above n,
        `{"found": [[household, dwelling], ...], "level": name}` for each improvement,
        `{"bound": name, "value": n}` for what is out of reach as soon as that is known, and
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
    begins = [(one[0], one[1]) for one in task["start"]]
    can_be = wish.pins <= set(begins) and not violations(instance, begins)
    if wish.pins and not can_be and (clash := smallest_clash(instance, wish, _possible)):
        yield {"clash": clash}
        return
    again = task["before"] is not None or not _EASY
    model = build(instance, wish, gathered=again)
    start: list[float] | None = model.start(begins)
    search = _Search(instance, wish, model, task)
    if start is not None and task["urgency_floor"] is not None:
        start = yield from search.reach_floor(start)
    goals = goals_of(model, wish, task)
    worth = worth_of(model, task, goals)
    if start is not None and task["before"] is not None:
        start = yield from search.nearby(goals, start)
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
    known: dict[str, tuple[int, int]] = field(
        default_factory=dict
    )  # what a wider programme reached, its bound

    def __post_init__(self) -> None:
        self.known = {name: (value, bound) for name, (value, bound) in self.task["known"].items()}

    def nearby(
        self, goals: Sequence[Goal], start: list[float]
    ) -> Generator[dict[str, Any], None, list[float]]:
        """Let some dwellings around what is new change hands, then more; the rest of what stands stays.

        Among the equal the one is taken that changes least.
        """
        model, instance = self.model, self.instance
        before = _listed(self.task["before"])
        stays = model.start(left_standing(before, self.wish))
        standing = set(before)
        kept = {
            column: 1.0 / (1 + len(standing))
            for column, pair in enumerate(model.pairs)
            if (pair.household, pair.dwelling) in standing
        }
        order = nearest(instance, model, before, self.wish)
        best: list[float] | None = None if self._wrong(start) else start
        for size, share in _NEAR:
            ends = time.monotonic() + (self.task["ends"] - time.monotonic()) * share
            free = columns_of(model, order[:size])
            rows = list(self.rows)
            found: list[float] | None = None
            for number, goal in enumerate(goals):
                seconds = max(0.1, (ends - time.monotonic()) / (len(goals) - number))
                bound = self.known.get(goal.name) if number == 0 else None
                limits = [] if bound is None else [goal.bounded(bound[1])]
                last = number == len(goals) - 1
                tried = among(
                    model, goal, [*rows, *limits], stays, free, seconds, prefer=kept if last else None
                )
                if tried is None or self._wrong(tried):
                    break
                found = tried
                rows.append(goal.row(goal.value(found)))
            if found is not None and (best is None or better(found, best, goals)):
                best = found
                yield {"found": model.assignments(best), "level": goals[-1].name}
            if len(order) <= size:
                break
            stays = stays if best is None else best
        return start if best is None else best

    def reach_floor(self, start: list[float]) -> Generator[dict[str, Any], None, list[float] | None]:
        """Find a first solution with the urgency that was asked as the least, and keep it from now on."""
        asked = self.task["urgency_floor"]
        floor = Goal("urgency", self.model.urgency, least=False, enough=asked)
        if floor.value(start) < asked:
            run = yield from attain(self.model, floor, [], start, self.task["ends"])
            if run.values is None or floor.value(run.values) < asked:
                yield {"reachable": floor.value(run.values or start), "proven": run.proven}
                return None
            start = run.values
        self.rows.append(floor.row(asked))
        return start

    def level(
        self,
        goal: Goal,
        reached: Sequence[Goal],
        start: list[float],
        share: float,
        worth: Mapping[int, float],
    ) -> Generator[dict[str, Any], None, list[float] | None]:
        """Do one level within a share of the time that is left; None when there is no going on."""
        now = time.monotonic()
        known = self.known.get(goal.name)
        extra = [] if known is None else [goal.bounded(known[1])]
        if known is not None and goal.value(start) == known[1] and not self._wrong(start):
            yield {"found": self.model.assignments(start), "level": goal.name}
            yield {"done": goal.name, "value": known[1], "bound": known[1], "proven": True}
            self.rows.append(goal.row(known[1]))
            return start
        ends = now + (self.task["ends"] - now) * share
        later = len(reached) > 1
        if later and _CORE < len(self.model.pairs) <= _GATHERED and not self.model.gathered:
            found = self.model.assignments(start)
            self.model = build(self.instance, self.wish, gathered=True)
            start = self.model.start(found)
        if len(self.model.pairs) > (_CORE if later else _GATHERED) and self.task["before"] is None:
            start = yield from self._well_begun(goal, reached, start, ends, worth)
        run = yield from self._attained(goal, extra, start, ends)
        if run.values is None:
            if run.infeasible:
                yield {"infeasible": goal.name}
            return None
        values = self._polished(run.values, reached, worth)
        if wrong := self._wrong(values):
            raise ArithmeticError(f"the solver broke {len(wrong)} rules")
        value = goal.value(values)
        found = self.model.assignments(values)
        yield {"found": found, "level": goal.name}
        proven = run.proven or run.bound == value
        yield {"done": goal.name, "value": value, "bound": run.bound, "proven": proven}
        if known is not None and (value > known[0] if goal.least else value < known[0]):
            self.known = {}  # what was known of later levels held at the old value of this one, or a better
        self.rows.append(goal.row(value if goal.enough is None else min(value, goal.enough)))
        return values

    def _attained(
        self, goal: Goal, extra: Sequence[Row], start: list[float], ends: float
    ) -> Generator[dict[str, Any], None, Run]:
        """Ask HiGHS; what it does not prove soon is hard, and goes on gathered from what is refilled first."""
        rows = [*self.rows, *extra]
        bound: int | None = None
        if not self.model.gathered and len(self.model.pairs) <= _GATHERED:
            first = yield from attain(self.model, goal, rows, start, ends, branches=_EASY)
            if first.proven or first.infeasible or time.monotonic() > ends - _LEAST_SECONDS:
                return first
            found = self.model.assignments(start if first.values is None else first.values)
            self.model = build(self.instance, self.wish, gathered=True)
            start, bound = self.model.start(found), first.bound
        if self.model.gathered and self.task["before"] is None and goal.enough is None:
            start = yield from self._refilled(goal, rows, start, ends, bound, _REFILL)
        run = yield from attain(self.model, goal, rows, start, ends)
        if bound is None or run.values is None:
            return run
        bound = bound if run.bound is None else max(bound, run.bound) if goal.least else min(bound, run.bound)
        return replace(run, bound=bound)

    def _refilled(
        self,
        goal: Goal,
        rows: Sequence[Row],
        start: list[float],
        ends: float,
        bound: int | None,
        work: int,
    ) -> Generator[dict[str, Any], None, list[float]]:
        """Make a start better by refilling dwellings; one that keeps not even the pins is left as it is."""
        if self._wrong(start):
            return start
        now = time.monotonic()
        until = now + (ends - now) * _REFILL_SHARE
        for found in refilled(
            self.instance, self.model, goal, rows, start, work=work, until=until, bound=bound
        ):
            if not self._wrong(found):
                start = found
                yield {"found": self.model.assignments(start), "level": goal.name}
        return start

    def _well_begun(
        self,
        goal: Goal,
        reached: Sequence[Goal],
        start: list[float],
        ends: float,
        worth: Mapping[int, float],
    ) -> Generator[dict[str, Any], None, list[float]]:
        """Tell what is out of reach, and for a later level find a start that HiGHS alone would need long for."""
        now = time.monotonic()
        until = now + (ends - now) * _CORE_SHARE
        linear = self._linear(goal, (until - now) / 2)
        bound = out_of_reach(linear, goal)
        if bound is not None:
            yield {"bound": goal.name, "value": bound}
            if len(reached) > 1:
                start = yield from self._refilled(goal, self.rows, start, ends, bound, _HOUSED)
            if abs(goal.value(start) - bound) > _FAR * abs(bound):
                start = self._from_core(goal, linear, start, until)
        del linear  # it holds a hundred MB of a large component
        if len(self.model.pairs) > _GATHERED:
            until = time.monotonic() + (ends - time.monotonic()) * _PLACES_SHARE
            for found in by_place(self.instance, self.model, goal, self.rows, start, until, bound):
                if not self._wrong(found):
                    start = found
                    yield {"found": self.model.assignments(start), "level": goal.name}
            if len(reached) > 1:
                start = yield from self._refilled(goal, self.rows, start, ends, bound, _REFILL_LARGE)
        start = self._polished(start, reached, worth)
        if not self._wrong(start):
            yield {"found": self.model.assignments(start), "level": goal.name}
        return start

    def _polished(
        self, values: list[float], reached: Sequence[Goal], worth: Mapping[int, float]
    ) -> list[float]:
        """Let equals change places where that is worth more; where something stands, not for nothing."""
        turned = polished(self.instance, self.model, values, worth)
        if not no_worse(turned, values, reached) or self._wrong(turned):
            return values
        gain = sum(one * (turned[column] - values[column]) for column, one in worth.items())
        return values if self.task["before"] is not None and gain <= 0 else turned

    def _linear(self, goal: Goal, seconds: float) -> highspy.Highs:
        """Solve the linear programme: what it cannot reach is out of reach, and it tells the promising columns."""
        size = len(self.model.upper)
        solver = prepared(
            goal.terms,
            [*self.model.rows, *self.rows],
            lower=[0.0] * size,
            upper=self.model.upper,
            whole=None,
            least=goal.least,
            seconds=seconds,
        )
        solver.run()
        return solver

    def _from_core(self, goal: Goal, linear: highspy.Highs, start: list[float], until: float) -> list[float]:
        """Find a good start among the columns that the linear programme holds for the most promising.

        It cannot be worse than the start that it is given, whose own columns are always among them.
        """
        model = self.model
        size = len(model.upper)
        sign = 1.0 if goal.least else -1.0
        costs = linear.getSolution().col_dual
        pairs = sorted(range(len(model.pairs)), key=lambda column: (sign * costs[column], column))
        chosen = {*pairs[: max(_CORE // 2, len(pairs) // 6)], *range(len(pairs), size)}
        chosen.update(column for column in range(len(pairs)) if start[column] > 0)
        solver = prepared(
            goal.terms,
            [*model.rows, *self.rows],
            lower=[0.0] * size,
            upper=[model.upper[column] if column in chosen else 0.0 for column in range(size)],
            whole=model.whole,
            least=goal.least,
            seconds=max(0.2, until - time.monotonic()),
        )
        solver.setOptionValue("mip_rel_gap", _CORE_GAP)
        hint = highspy.HighsSolution()
        hint.col_value = list(start)
        solver.setSolution(hint)
        solver.run()
        found = outcome(solver, goal).values
        return start if found is None or self._wrong(found) else found

    def _wrong(self, values: Sequence[float]) -> list[str]:
        """What a solution breaks, pins among it."""
        found = self.model.assignments(values)
        return violations(self.instance, found) + [str(pin) for pin in self.wish.pins - set(found)]


def _listed(found: Sequence[Sequence[Any]]) -> list[Assignment]:
    return [(one[0], one[1]) for one in found]


def _pairs(found: Sequence[Sequence[Any]]) -> frozenset[Assignment]:
    return frozenset(_listed(found))


def _possible(model: Model) -> bool:
    """Say whether the rows can be kept at all."""
    solver = programme(model, Goal("nothing", {}, least=True), [], _CLASH_SECONDS)
    solver.run()
    return bool(solver.getModelStatus() != _Status.kInfeasible)


_CLASH_SECONDS = 5.0
