# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many matches are possible at once: the measure of what a rule costs (HO-09)."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

__all__ = ["most_matches"]

Left = TypeVar("Left", bound=Hashable)
Right = TypeVar("Right", bound=Hashable)
Owner = TypeVar("Owner", bound=Hashable)


def most_matches(
    fits: Mapping[Left, Sequence[Right]],
    counted: Mapping[Right, Owner] | None = None,
    most: Mapping[Owner, int] | None = None,
) -> dict[Left, Right]:
    """Return as many pairs as can be at once, each household and each dwelling once.

    The largest matching in a bipartite graph, by augmenting paths: of a gemeente with 300 households
    and 60 dwellings a few milliseconds.

    Args:
        fits: of each household the dwellings that it may get.
        counted: of a dwelling, under whose most it counts; one that is not named counts under none.
        most: how many dwellings may be let of those that count under it, 0 or more.
    """
    search: _Search[Left, Right, Owner] = _Search(fits, counted or {}, most or {})
    for household in fits:
        search.place(household)
    return {household: dwelling for dwelling, household in search.holder.items()}


class _Search(Generic[Left, Right, Owner]):
    """The pairs so far, and how one more household gets a dwelling by moving others on."""

    def __init__(
        self,
        fits: Mapping[Left, Sequence[Right]],
        counted: Mapping[Right, Owner],
        most: Mapping[Owner, int],
    ) -> None:
        self.holder: dict[Right, Left] = {}
        self._fits, self._counted, self._most = fits, counted, most
        self._let: Counter[Owner] = Counter()

    def place(self, household: Left) -> None:
        """Give the household a dwelling, if any order of moves frees one."""
        asked_by: dict[Right, Left] = {}
        pushed_by: dict[
            Left, Right
        ] = {}  # who must leave where they are, and the dwelling that is let instead
        queue: list[Left] = [household]
        while queue:
            asking = queue.pop()
            for dwelling in self._fits[asking]:
                if dwelling in asked_by:
                    continue
                asked_by[dwelling] = asking
                if dwelling in self.holder:
                    makes_way = [self.holder[dwelling]]
                elif (full := self._full(dwelling)) is None:
                    self._hand_on(dwelling, household, asked_by, pushed_by)
                    return
                else:
                    makes_way = full
                for one in makes_way:
                    if one not in pushed_by and one != household:
                        pushed_by[one] = dwelling
                        queue.append(one)

    def _full(self, dwelling: Right) -> list[Left] | None:
        """Who holds what counts under the same most, where no more of it may be let; None where more may."""
        owner = self._counted.get(dwelling)
        if owner is None or self._let[owner] < self._most[owner]:
            return None
        return [one for place, one in self.holder.items() if self._counted.get(place) == owner]

    def _hand_on(
        self,
        dwelling: Right,
        household: Left,
        asked_by: Mapping[Right, Left],
        pushed_by: Mapping[Left, Right],
    ) -> None:
        """Along the path that was found, each takes the dwelling it asked for and leaves the one it had."""
        had = {holding: place for place, holding in self.holder.items()}
        while True:
            asking = asked_by[dwelling]
            if asking in had:
                self._leave(had[asking])
            self.holder[dwelling] = asking
            if (owner := self._counted.get(dwelling)) is not None:
                self._let[owner] += 1
            if asking == household:
                return
            dwelling = pushed_by[asking]

    def _leave(self, dwelling: Right) -> None:
        del self.holder[dwelling]
        if (owner := self._counted.get(dwelling)) is not None:
            self._let[owner] -= 1
