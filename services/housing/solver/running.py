# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A run: the components in killable processes side by side, with the best found kept whatever happens."""

import asyncio
import contextlib
import importlib.metadata
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chassis.limited import MEBIBYTE, LimitedRunError, Limits, run_limited
from services.housing.solver.clashes import forbidden_pins
from services.housing.solver.components import MOST_JOINED, Component, joined, split
from services.housing.solver.floors import parted
from services.housing.solver.hand import first_come
from services.housing.solver.instance import Id, Instance, InstanceFault, order_of
from services.housing.solver.levels_entry import solve_component
from services.housing.solver.model import Assignment
from services.housing.solver.options import Options, default_seconds, desk_seconds
from services.housing.solver.outcomes import ClashingPins, FloorOutOfReach, Outcome
from services.housing.solver.pairs import feasible_pairs
from services.housing.solver.reading import document_of, sha256_of
from services.housing.solver.solution import Level, Region, Solution
from services.housing.solver.standing import Standing, is_answer
from services.housing.solver.values import Values, values_of, violations

__all__ = ["ClashingPins", "FloorOutOfReach", "Progress", "solve", "solve_now"]

# Of addresses, a quarter of which is never touched: two at a time and the parent stay under 2 GB.
_CHILD_MEMORY = 1_100 * MEBIBYTE
_GRACE = (0.5, 2.0)  # seconds that HiGHS may overrun before its process is killed: a tenth, within these
_MARGIN = 0.3  # seconds in which the last answer is handed over


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    region: int  # of which component, from 0
    regions: int
    level: str
    values: Values  # of that component


Listener = Callable[[Progress], None]


@dataclass(slots=True)
class _Plan:
    """Who works until when, so that the time that easy regions leave goes to the others."""

    ends: float
    workers: int
    weights: list[float]
    waiting: set[int] = field(default_factory=set)
    busy: dict[int, float] = field(default_factory=dict)  # component: until when at most

    def take(self, number: int) -> float:
        """Return the seconds for a component that starts now."""
        now = time.monotonic()
        mine = max(1.0, self.ends - now)
        others = sum(max(0.0, self.ends - until) for until in self.busy.values())
        idle = max(0, min(self.workers - 1 - len(self.busy), len(self.waiting) - 1))
        share = self.weights[number] / sum(self.weights[one] for one in self.waiting)
        self.waiting.discard(number)
        seconds = min(mine, (mine * (1 + idle) + others) * share)
        self.busy[number] = now + seconds
        return max(1.0, seconds)


def solve_now(instance: Instance, options: Options | None = None, *, sha256: str | None = None) -> Solution:
    """Solve without a loop of one's own; see `solve`."""
    return asyncio.run(solve(instance, options, sha256=sha256))


async def solve(
    instance: Instance,
    options: Options | None = None,
    *,
    sha256: str | None = None,
    progress: Listener | None = None,
    known: Solution | None = None,
) -> Solution:
    """Find the best assignment, level by level.

    Cancel the task to end it; its processes end with it, and nothing is left behind.

    Args:
        instance: what was read.
        options: what is laid down.
        sha256: hash of the input as it came; without, of the instance as it would be written.
        progress: called at each improvement.
        known: a solution of the same instance. Its assignments are what stands: the start, from which an answer
            that is as good differs little. Where it was asked no more than is asked now, what it found to be out of
            reach is so here too, and components in which it already keeps all that is asked are taken over.
            The time is then sized for a person who waits.

    Raises:
        InstanceFault: the options cannot be meant, or are together too large.
        ClashingPins: pins cannot all be kept.
        FloorOutOfReach: the urgency floor cannot be reached.
    """
    options = options or Options()
    options.check(instance)
    began = time.monotonic()
    if forbidden := forbidden_pins(instance, options.wish()):
        raise ClashingPins([forbidden[0][0]], forbidden[0][1])
    _against_itself(options)
    parts = _parts(instance, options)
    run = _Runner(instance, options, parts, began, progress, known)
    regions = await run.all()
    assignments = tuple(
        sorted(
            (one for region in regions for one in region.assignments),
            key=lambda one: (order_of(one[0]), order_of(one[1])),
        )
    )
    if wrong := violations(instance, assignments):
        raise ArithmeticError(f"the solution broke {len(wrong)} rules: {wrong[0]}")
    return Solution(
        name=instance.name,
        sha256=sha256 or sha256_of(document_of(instance)),
        solver=f"HiGHS {importlib.metadata.version('highspy')}, 1 thread, seed 0",
        options=options,
        assignments=assignments,
        values=values_of(instance, assignments),
        by_hand=values_of(instance, [one for part in parts for one in first_come(part.instance)]),
        regions=tuple(regions),
        seconds=time.monotonic() - began,
    )


def _against_itself(options: Options) -> None:
    """A household pinned twice is the commonest slip: told without starting a process."""
    first: dict[Id, Assignment] = {}
    for pin in sorted(options.pins, key=str):
        if (other := first.setdefault(pin[0], pin)) != pin:
            raise ClashingPins([other, pin], "H1: a household gets at most one dwelling")


def _parts(instance: Instance, options: Options) -> list[Component]:
    """An urgency floor or a number of exchanges is about all regions at once, so these are one programme then."""
    parts = split(instance)
    if len(parts) == 1 or (options.urgency_floor is None and options.max_exchanges is None):
        return parts
    if len(instance.households) <= MOST_JOINED:
        return joined(instance)
    if options.max_exchanges is not None:
        raise InstanceFault(
            f"a number of exchanges joins all regions, and {len(instance.households):,} households are more than "
            f"the {MOST_JOINED:,} of one programme: ask it per region"
        )
    return parts


def _asked(part: Instance, options: Options) -> Options:
    """The options as far as they are about this component."""
    return replace(
        options,
        pins=frozenset(one for one in options.pins if one[0] in part.households),
        bans=frozenset(one for one in options.bans if one[0] in part.households),
        standing=[one for one in options.standing if one[0] in part.households and one[1] in part.dwellings],
    )


class _Runner:
    """The components of one run."""

    def __init__(
        self,
        instance: Instance,
        options: Options,
        parts: list[Component],
        began: float,
        progress: Listener | None,
        known: Solution | None,
    ) -> None:
        self.instance, self.options, self.parts = instance, options, parts
        self.progress = progress
        self.standing = Standing(known, options) if known else None
        self.asked = [_asked(part.instance, options) for part in parts]
        self.parted = options.urgency_floor is not None and len(parts) > 1
        if options.urgency_floor is not None and self.parted:
            self.asked = parted(parts, self.asked, options.urgency_floor)
        self.taken: dict[int, Region] = {}
        todo = []
        for number, part in enumerate(parts):
            region = self.standing.answer(part.instance, self.asked[number]) if self.standing else None
            if region is None:
                todo.append(part.instance)
            else:
                self.taken[number] = region
        waits = self.standing is not None and all(self.standing.of(part) for part in todo)
        seconds = options.time_limit or (desk_seconds(todo) if waits else default_seconds(instance))
        self.grace = min(_GRACE[1], max(_GRACE[0], seconds / 10))
        self.ends = began + seconds

    async def all(self) -> list[Region]:
        """Work on the smallest first: what they leave of their time goes to the large ones."""
        weights = [1.0 + len(part.instance.households) for part in self.parts]
        asked = [one for one in range(len(self.parts)) if one not in self.taken]
        order = sorted(asked, key=lambda one: (weights[one], one))
        available = len(os.sched_getaffinity(0))
        workers = max(1, min(self.options.cores, available, len(order)))
        plan = _Plan(self.ends - self.grace, workers, weights, set(order))
        found = dict(self.taken)
        todo = iter(order)

        async def work() -> None:
            for number in todo:
                found[number] = await self._one(number, plan)
                plan.busy.pop(number, None)

        faults: list[Exception] = []
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(work())
        except* InstanceFault as several:
            faults += several.exceptions
        if faults:
            raise faults[0]  # one fault is what a person can read
        return [found[number] for number in range(len(self.parts))]

    async def _one(self, number: int, plan: _Plan) -> Region:
        part = self.parts[number].instance
        options = self.asked[number]
        places = tuple(part.municipalities)
        before = self.standing.of(part) if self.standing else None
        if next(feasible_pairs(part), None) is None:
            plan.waiting.discard(number)
            return _empty(part, options)
        began = time.monotonic()
        keep = before.assignments if before and not self.parted else options.standing
        start = first_come(part, options.wish(), keep=keep)
        bounds = self.parts[number].bounds()
        seconds = plan.take(number)
        known = self.standing.bounds(part, options) if self.standing else {}
        first = start if is_answer(part, options, start) else None
        outcome = Outcome(part, options, first, known, dict(bounds))
        stands = before.assignments if before else None
        times = [seconds]
        if before and options.time_limit is None:
            times.append(default_seconds(part))  # rather late than nothing at all
        for more in times:
            ends = time.monotonic() + more - _MARGIN
            await self._child(number, _task(part, options, start, ends, known, stands), more, outcome)
            if outcome.assignments is not None:
                break
        region = outcome.region(places, time.monotonic() - began)
        if self.parts[number].cut or self.parted:
            levels = tuple(replace(one, bound=bounds[one.name], proven=False) for one in region.levels)
            return replace(region, levels=levels)
        return region

    async def _child(self, number: int, task: bytes, seconds: float, outcome: Outcome) -> None:
        limits = Limits(
            cpu_seconds=int(seconds + self.grace) + 2,
            memory_bytes=_CHILD_MEMORY,
            wall_seconds=seconds + self.grace,
        )
        try:
            async with contextlib.aclosing(
                _timed(run_limited(solve_component, task, limits=limits), seconds + self.grace)
            ) as answers:
                async for answer in answers:
                    outcome.take(answer)
                    if self.progress and "found" in answer:
                        values = values_of(outcome.part, outcome.assignments or ())
                        self.progress(Progress(number, len(self.parts), answer["level"], values))
        except (LimitedRunError, TimeoutError):
            outcome.killed = True


async def _timed(answers: Any, seconds: float) -> Any:
    """Hand on what arrives within the time, and no more: a child that talks on is ended too."""
    async with contextlib.aclosing(answers), asyncio.timeout(seconds):
        async for answer in answers:
            yield answer


def _empty(part: Instance, options: Options) -> Region:
    """Nobody can be housed: that is proven without a solver."""
    if options.urgency_floor:
        raise FloorOutOfReach(f"no assignment has an urgency of {options.urgency_floor}: 0 is the most")
    values = values_of(part, ())
    levels = tuple(
        Level(name, int(getattr(values, name)), int(getattr(values, name)), proven=True)
        for name in options.order
    )
    return Region(tuple(part.municipalities), (), levels)


def _task(
    part: Instance,
    options: Options,
    start: Sequence[Assignment],
    ends: float,
    known: dict[str, tuple[int, int]],
    before: Sequence[Assignment] | None,
) -> bytes:
    return json.dumps(
        {
            "instance": document_of(part),
            "pins": sorted(map(list, options.pins), key=str),
            "bans": sorted(map(list, options.bans), key=str),
            "max_exchanges": options.max_exchanges,
            "standing": [list(one) for one in options.standing],
            "changed_percent": options.changed_percent,
            "urgency_floor": options.urgency_floor,
            "order": list(options.order),
            "stop_after": options.stop_after,
            "start": [list(one) for one in start],
            "ends": ends,  # the monotonic clock is one for all processes of a machine
            "known": known,
            "before": None if before is None else [list(one) for one in before],
        }
    ).encode()
