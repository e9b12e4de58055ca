# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pins that cannot all be kept: the smallest set of them, with the rule where one rule says it."""

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any

from services.housing.solver.instance import Instance
from services.housing.solver.model import Assignment, Model, Wish, build
from services.housing.solver.pairs import first_broken

__all__ = ["forbidden_pins", "smallest_clash"]

_MOST_TRIES = 2_000


def forbidden_pins(instance: Instance, wish: Wish) -> list[tuple[Assignment, str]]:
    """Return the pins that a rule of pairs or a ban forbids, each with why."""
    found: list[tuple[Assignment, str]] = []
    for household, dwelling in sorted(wish.pins, key=str):
        broken = first_broken(instance.households[household], instance.dwellings[dwelling])
        if broken is not None:
            found.append(((household, dwelling), f"{broken.rule}: {broken.datum}"))
        elif (household, dwelling) in wish.bans:
            found.append(((household, dwelling), "it is banned as well"))
    return found


def smallest_clash(
    instance: Instance, wish: Wish, possible: Callable[[Model], bool]
) -> list[list[Any]] | None:
    """Return the fewest pins that cannot be kept together, or None when all can.

    Leaving out pins one by one gives a set of which every pin matters; then all smaller sets are tried, as far as
    two thousand tries reach.
    """

    def together(pins: Iterable[Assignment]) -> bool:
        return possible(build(instance, Wish(frozenset(pins), wish.bans, wish.max_exchanges)))

    pins = sorted(wish.pins, key=str)
    if together(pins):
        return None
    kept = list(pins)
    for pin in pins:
        fewer = [one for one in kept if one != pin]
        if not together(fewer):
            kept = fewer
    tries = 0
    for size in range(1, len(kept)):
        for some in combinations(pins, size):
            tries += 1
            if tries > _MOST_TRIES:
                return [list(one) for one in kept]
            if not together(some):
                return [list(one) for one in some]
    return [list(one) for one in kept]
