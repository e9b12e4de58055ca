# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What comes out of a run, and the form in which it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.housing.solver.instance import Id, order_of
from services.housing.solver.model import Assignment
from services.housing.solver.options import Options
from services.housing.solver.reading import canonical
from services.housing.solver.values import Values

__all__ = ["Level", "Region", "Solution"]


@dataclass(frozen=True, slots=True)
class Level:
    """How far one level came. The bound holds at the values that the levels before it reached."""

    name: str
    value: int
    bound: int | None  # None: nothing is known
    proven: bool

    @property
    def gap(self) -> float | None:
        """How far the value can be from the best, as a share of the value."""
        if self.proven:
            return 0.0
        if self.bound is None:
            return None
        return round(abs(self.value - self.bound) / max(1, abs(self.value)), 4)

    def document(self) -> dict[str, Any]:
        """Write it."""
        return {
            "level": self.name,
            "value": self.value,
            "bound": self.bound,
            "gap": self.gap,
            "proven": self.proven,
        }


@dataclass(frozen=True, slots=True)
class Region:
    """The outcome of one component."""

    municipalities: tuple[Id, ...]
    assignments: tuple[Assignment, ...]
    levels: tuple[Level, ...]
    killed: bool = False  # the process passed its time or memory and was ended
    seconds: float = 0.0

    @property
    def proven(self) -> bool:
        """Whether every level is."""
        return all(level.proven for level in self.levels)


@dataclass(frozen=True, slots=True)
class Solution:
    """The outcome of a run."""

    name: str
    sha256: str
    solver: str
    options: Options
    assignments: tuple[Assignment, ...]
    values: Values
    by_hand: Values
    regions: tuple[Region, ...]
    seconds: float = 0.0

    @property
    def proven(self) -> bool:
        """Whether every level of every region is proven."""
        return all(region.proven for region in self.regions)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels of all regions together."""
        names = dict.fromkeys(level.name for region in self.regions for level in region.levels)
        found: list[Level] = []
        for name in names:
            parts = [level for region in self.regions for level in region.levels if level.name == name]
            complete = len(parts) == len(self.regions)
            bounds = [level.bound for level in parts if level.bound is not None]
            found.append(
                Level(
                    name,
                    sum(level.value for level in parts),
                    sum(bounds) if complete and len(bounds) == len(parts) else None,
                    complete and all(level.proven for level in parts),
                )
            )
        return tuple(found)

    @property
    def statement(self) -> str:
        """How good it is, in words that promise no more than is proven."""
        if self.proven:
            return "proven best"
        said = [
            f"{level.name} "
            + (
                "proven best"
                if level.proven
                else "not bounded"
                if level.gap is None
                else f"at most {100 * level.gap:.1f} % from best"
            )
            for level in self.levels
        ]
        return "best found in the time: " + ", ".join(said)

    def document(self, extra: Mapping[str, Any] | None = None, *, seconds: bool = False) -> dict[str, Any]:
        """Write it; without `seconds` nothing in it comes from a clock."""
        options = self.options
        found: dict[str, Any] = {
            "problem": "p1",
            "instance": {"name": self.name, "sha256": self.sha256},
            "solver": self.solver,
            "options": {
                "urgency_floor": options.urgency_floor,
                "pins": _written(sorted(options.pins, key=_order)),
                "bans": _written(sorted(options.bans, key=_order)),
                "max_exchanges": options.max_exchanges,
                "changed_percent": options.changed_percent,
                "order": list(options.order),
            },
            "statement": self.statement,
            "proven": self.proven,
            "values": _values(self.values),
            "by_hand": _values(self.by_hand),
            "levels": [level.document() for level in self.levels],
            "regions": [
                {
                    "municipalities": list(region.municipalities),
                    "levels": [level.document() for level in region.levels],
                    **({"seconds": round(region.seconds, 2)} if seconds else {}),
                }
                for region in self.regions
            ],
            "assignments": _written(self.assignments),
        }
        if seconds:
            found["seconds"] = round(self.seconds, 2)
        return found | dict(extra or {})

    def write(self, extra: Mapping[str, Any] | None = None, *, seconds: bool = False) -> bytes:
        """Return the bytes: the same for the same input wherever the optimum is proven."""
        return canonical(self.document(extra, seconds=seconds)) + b"\n"


def _order(pair: Assignment) -> tuple[Any, Any]:
    return (order_of(pair[0]), order_of(pair[1]))


def _written(pairs: Sequence[Assignment]) -> list[dict[str, Id]]:
    return [{"household": household, "dwelling": dwelling} for household, dwelling in pairs]


def _values(values: Values) -> dict[str, int]:
    return {"shortfall": values.shortfall, "urgency": values.urgency, "quality": values.quality}
