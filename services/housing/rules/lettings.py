# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many matches are possible at once: the measure of what a rule costs (HO-09)."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

__all__ = ["most_matches"]

Left = TypeVar("Left", bound=Hashable)
Right = TypeVar("Right", bound=Hashable)


def most_matches(fits: Mapping[Left, Sequence[Right]]) -> dict[Left, Right]:
    """Return as many pairs as can be at once, each household and each dwelling once.

    The largest matching in a bipartite graph, by augmenting paths: of a gemeente with 300 households
    and 60 dwellings a few milliseconds.

    Args:
        fits: of each household the dwellings that it may get.
    """
    holder: dict[Right, Left] = {}
    for household in fits:
        _place(household, fits, holder)
    return {household: dwelling for dwelling, household in holder.items()}


def _place(household: Left, fits: Mapping[Left, Sequence[Right]], holder: dict[Right, Left]) -> bool:
    """Give the household a dwelling, by moving others on if need be."""
    came_from: dict[Right, Left] = {}
    seen: set[Right] = set()
    queue: list[Left] = [household]
    while queue:
        asking = queue.pop()
        for dwelling in fits[asking]:
            if dwelling in seen:
                continue
            seen.add(dwelling)
            came_from[dwelling] = asking
            if dwelling not in holder:
                _hand_on(dwelling, household, came_from, holder)
                return True
            queue.append(holder[dwelling])
    return False


def _hand_on(
    dwelling: Right, household: Left, came_from: Mapping[Right, Left], holder: dict[Right, Left]
) -> None:
    """Along the path that was found, each takes the dwelling it asked for and leaves the one it had."""
    had = {holding: place for place, holding in holder.items()}
    while True:
        asking = came_from[dwelling]
        left = had.get(asking)
        holder[dwelling] = asking
        if asking == household or left is None:
            return
        dwelling = left
