# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What lies around a change of a standing solution: the dwellings that a pin or a ban is likely to stir first.

A solution that keeps a new pin is mostly found by letting a dozen dwellings change hands and leaving the others alone.
Nothing is proven by it; it is a start that changes little and that later levels seldom better.
"""

from collections.abc import Iterable, Mapping, Sequence

from services.housing.solver.instance import Dwelling, Id, Instance, order_of
from services.housing.solver.model import Assignment, Model, Wish

__all__ = ["columns_of", "left_standing", "nearest"]


def left_standing(before: Iterable[Assignment], wish: Wish) -> list[Assignment]:
    """Return what of a standing solution neither a pin nor a ban contradicts: of a dwelling all or nothing."""
    people = {household for household, _ in wish.pins}
    taken = {dwelling for _, dwelling in wish.pins}
    pairs = list(before)
    gone = {
        pair[1]
        for pair in pairs
        if pair not in wish.pins and (pair in wish.bans or pair[0] in people or pair[1] in taken)
    }
    return sorted(
        {pair for pair in pairs if pair[1] not in gone} | wish.pins,
        key=lambda one: (order_of(one[0]), order_of(one[1])),
    )


def nearest(instance: Instance, model: Model, before: Sequence[Assignment], wish: Wish) -> list[Id]:
    """Return the dwellings by how near they are to what pins and bans change in a standing solution.

    First those that are touched themselves; then those that may house who loses a home, that share the limit of a
    neighbourhood or a corporation, that lie in the same gemeente.
    """
    stays = set(left_standing(before, wish))
    homes = instance.dwellings
    touched = {dwelling for _, dwelling in set(before) ^ stays} | {
        pair[1] for pair in wish.pins - set(before)
    }
    people = {household for household, _ in set(before) - stays}
    places = {
        place
        for one in touched
        for place in (homes[one].municipality, *(instance.households[who].municipality for who in people))
    }
    around = {homes[one].neighbourhood for one in touched}
    owners = {homes[one].corporation for one in touched}
    fitting = {pair.dwelling for pair in model.pairs if pair.household in people}

    def distance(home: Dwelling) -> int:
        if home.id in touched:
            return 0
        nearness = (
            4 * (home.id in fitting)
            + 3 * (home.neighbourhood in around)
            + 2 * (home.corporation in owners)
            + 2 * (home.municipality in places)
        )
        return 100 - nearness

    return sorted(homes, key=lambda one: (distance(homes[one]), order_of(one)))


def columns_of(model: Model, dwellings: Iterable[Id]) -> set[int]:
    """Return the columns of pairs with these dwellings, and of opening them."""
    chosen = set(dwellings)
    found = {column for column, pair in enumerate(model.pairs) if pair.dwelling in chosen}
    opened: Mapping[tuple[Id, tuple[str, str]], int] = model.opened
    return found | {column for (dwelling, _), column in opened.items() if dwelling in chosen}
