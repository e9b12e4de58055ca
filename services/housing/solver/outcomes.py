# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the process of one component has told, and what comes of it however that process ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.housing.solver.instance import Id, Instance, InstanceFault, order_of
from services.housing.solver.model import Assignment
from services.housing.solver.options import Options
from services.housing.solver.solution import Level, Region
from services.housing.solver.values import values_of

__all__ = ["ClashingPins", "FloorOutOfReach", "Outcome"]


class ClashingPins(InstanceFault):
    """Pins that contradict the rules or each other; `pins` is the smallest such set."""

    def __init__(self, pins: Sequence[Assignment], why: str) -> None:
        """Keep which."""
        named = ", ".join(f"{household}={dwelling}" for household, dwelling in pins)
        super().__init__(f"pins that cannot be kept: {named} ({why})")
        self.pins = tuple(pins)


class FloorOutOfReach(InstanceFault):
    """No assignment reaches the urgency that was asked as the least."""


@dataclass(slots=True)
class Outcome:
    """What a process has told so far."""

    part: Instance
    options: Options
    assignments: list[Assignment] | None
    known: dict[str, tuple[int, int]] = field(default_factory=dict)
    bounds: dict[str, int] = field(default_factory=dict)  # the tightest that was told of each level
    levels: dict[str, Level] = field(default_factory=dict)
    killed: bool = False

    def take(self, answer: dict[str, Any]) -> None:
        """Keep one answer; each found one is at least as good as the one before."""
        if "clash" in answer:
            pins = [(one[0], one[1]) for one in answer["clash"]]
            raise ClashingPins(
                pins, "each of them alone could be" if len(pins) > 1 else "the rules forbid it"
            )
        if "reachable" in answer:
            reached = (
                f"{answer['reachable']} is {'the most' if answer['proven'] else 'what was found in time'}"
            )
            raise FloorOutOfReach(f"no assignment has an urgency of {self.options.urgency_floor}: {reached}")
        if "infeasible" in answer:
            raise InstanceFault("what was laid down cannot be kept together with what is known")
        if "found" in answer:
            self.assignments = [(one[0], one[1]) for one in answer["found"]]
        elif "done" in answer:  # before "bound": what is done has one too
            self._tighten(answer["done"], answer["bound"])
            self.levels[answer["done"]] = Level(
                answer["done"], answer["value"], answer["bound"], answer["proven"]
            )
        elif "bound" in answer:
            self._tighten(answer["bound"], answer["value"])

    def region(self, places: tuple[Id, ...], seconds: float) -> Region:
        """Sum up; a level that was not finished has the value that was found, and what is known to be out of reach."""
        if self.assignments is None:
            raise InstanceFault("nothing that keeps the pins and the floor was found in the time given")
        values = values_of(self.part, self.assignments)
        names = list(self.options.order)
        if self.options.stop_after:
            names = names[: names.index(self.options.stop_after) + 1]
        levels: list[Level] = []
        for name in names:
            value, known = int(getattr(values, name)), self.known.get(name)
            if known is not None:
                self._tighten(name, known[1])
            bound = self.bounds.get(name)
            level = self.levels.get(name)
            proven = value == bound or (level is not None and level.proven)
            levels.append(Level(name, value, bound, proven))
            if known is None or (value > known[0] if name == "shortfall" else value < known[0]):
                self.known = {}  # what was known of later levels holds where this one is no worse
        ordered = tuple(sorted(self.assignments, key=lambda one: (order_of(one[0]), order_of(one[1]))))
        return Region(places, ordered, tuple(levels), self.killed, seconds)

    def _tighten(self, name: str, bound: int | None) -> None:
        """Keep a bound, unless one is known that says more."""
        if bound is not None:
            tighter = max if name == "shortfall" else min
            self.bounds[name] = tighter(bound, self.bounds.get(name, bound))
