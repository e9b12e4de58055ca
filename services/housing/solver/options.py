# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a run may be asked, and how long it may take."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.housing.solver.instance import Id, Instance, InstanceFault
from services.housing.solver.model import Assignment, Wish

__all__ = ["LEVELS", "MODEL", "Options", "default_seconds", "desk_seconds"]

LEVELS = ("shortfall", "urgency", "quality")

MODEL = 1
"""Of the rules and the objective: one more with each change to them, since a bound holds for its own model alone."""

_SIZES = ((0, 28.0), (300, 28.0), (1_000, 95.0), (40_000, 1_500.0), (60_000, 2_400.0))
"""Households and seconds of wall time, on two processors."""

_DESK_SIZES = ((0, 4.5), (300, 4.5), (1_000, 16.0), (40_000, 250.0), (60_000, 400.0))
"""The same for somebody who changes a pin and waits: of the parts that it touches."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is laid down for a run. Nothing here is about who people are."""

    time_limit: float | None = None  # seconds in all; without, sized from the instance
    urgency_floor: int | None = (
        None  # urgency of at least this, while the shortfall is made as small as it can be
    )
    pins: frozenset[Assignment] = frozenset()
    bans: frozenset[Assignment] = frozenset()
    max_exchanges: int | None = None  # households housed outside their own gemeente, in all
    standing: Sequence[Assignment] = ()  # proposals that stand: the start, and to be kept
    changed_percent: int | None = None  # of standing proposals that may change at an equal level 1
    order: tuple[str, ...] = LEVELS
    stop_after: str | None = None  # the last level that is asked for; without, all three
    cores: int = 2

    def wish(self) -> Wish:
        """Return what the programme must know of it."""
        return Wish(self.pins, self.bans, self.max_exchanges, frozenset(self.standing))

    def check(self, instance: Instance) -> None:
        """Refuse what cannot be meant.

        Raises:
            InstanceFault: with what is wrong.
        """
        if sorted(self.order) != sorted(LEVELS):
            raise InstanceFault(f"the order of levels must hold {', '.join(LEVELS)} once each")
        if self.stop_after is not None and self.stop_after not in LEVELS:
            raise InstanceFault(f"there is no level {self.stop_after}")
        if self.time_limit is not None and not (math.isfinite(self.time_limit) and self.time_limit > 0):
            raise InstanceFault("the time limit must be more than 0 seconds")
        for value, what in (
            (self.urgency_floor, "urgency floor"),
            (self.max_exchanges, "number of exchanges"),
        ):
            if value is not None and value < 0:
                raise InstanceFault(f"the {what} may not be negative")
        for what, wanted in (("pin", self.pins), ("ban", self.bans)):
            for household, dwelling in sorted(wanted, key=str):
                _known(what, household, "household", instance.households)
                _known(what, dwelling, "dwelling", instance.dwellings)


def _known(what: str, identifier: Id, kind: str, known: Mapping[Id, object]) -> None:
    if identifier not in known:
        raise InstanceFault(f"{what}: {kind} {identifier!r} does not exist")


def default_seconds(instance: Instance) -> float:
    """Return the wall seconds for an instance: between the sizes it is interpolated, by households."""
    return _sized(_SIZES, _size(instance))


def desk_seconds(parts: Iterable[Instance]) -> float:
    """Return the wall seconds for solving parts of an instance again."""
    return _sized(_DESK_SIZES, sum(_size(part) for part in parts))


def _size(instance: Instance) -> int:
    return max(len(instance.households), 5 * len(instance.dwellings))


def _sized(sizes: Sequence[tuple[int, float]], size: int) -> float:
    for (less, low), (more, high) in pairwise(sizes):
        if size <= more:
            return low + (high - low) * (size - less) / (more - less)
    return sizes[-1][1]
