# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The parts of an instance that have nothing to do with each other: mostly its regions, sometimes smaller."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.housing.solver.instance import Id, Instance, order_of
from services.housing.solver.relaxed import simple_bounds

__all__ = ["MOST_JOINED", "Component", "joined", "split"]

MOST_JOINED = 6_000
"""Households that one programme may hold: about 500 MB."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part that is solved on its own."""

    instance: Instance
    whole: Instance | None = (
        None  # exchange beyond the region was left out of this to fit: nothing can be proven
    )

    @property
    def cut(self) -> bool:
        """Whether this is less than a part that nothing connects."""
        return self.whole is not None

    def bounds(self) -> dict[str, int]:
        """What is out of reach in these municipalities, whoever may come to live in them."""
        if self.whole is None:
            return simple_bounds(self.instance)
        places = self.instance.municipalities.keys()
        around = replace(
            self.whole,
            dwellings=self.instance.dwellings,
            households={
                key: one
                for key, one in self.whole.households.items()
                if one.municipality in places or not places.isdisjoint(one.exchange)
            },
        )
        return simple_bounds(around, places)


def joined(instance: Instance) -> list[Component]:
    """Return the whole as one part."""
    return [Component(instance)]


def split(instance: Instance) -> list[Component]:
    """Part municipalities that no consent, neighbourhood or corporation connects; the order is fixed.

    Exchange is meant to stay inside a region. If consent beyond it joins more than one programme can hold, such a
    part is cut along its regions: what comes out keeps every rule, but is not proven to be the best.
    """
    found: list[Component] = []
    for places in _connected(instance, across=True):
        regions = {instance.municipalities[one].region for one in places}
        part = _restricted(instance, places)
        if len(part.households) <= MOST_JOINED or len(regions) == 1:
            found.append(Component(part))
            continue
        found += [
            Component(_restricted(part, smaller), whole=part) for smaller in _connected(part, across=False)
        ]
    return found


def _connected(instance: Instance, *, across: bool) -> list[set[Id]]:
    leader: dict[Id, Id] = {one: one for one in instance.municipalities}

    def lead(one: Id) -> Id:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    def join(one: Id, other: Id) -> None:
        first, second = sorted((lead(one), lead(other)), key=order_of)
        leader[second] = first

    offering = {one.municipality for one in instance.dwellings.values()}
    for household in instance.households.values():
        for other in household.exchange:
            if other in offering and (
                across
                or instance.municipalities[other].region
                == instance.municipalities[household.municipality].region
            ):
                join(household.municipality, other)
    first_of: dict[tuple[str, Id], Id] = {}
    for home in instance.dwellings.values():
        for key in (("neighbourhood", home.neighbourhood), ("corporation", home.corporation)):
            join(first_of.setdefault(key, home.municipality), home.municipality)
    groups: dict[Id, set[Id]] = {}
    for one in instance.municipalities:
        groups.setdefault(lead(one), set()).add(one)
    return list(groups.values())


def _restricted(instance: Instance, places: Iterable[Id]) -> Instance:
    """Leave in only what is of these municipalities."""
    chosen = set(places)
    homes = {key: one for key, one in instance.dwellings.items() if one.municipality in chosen}
    spread = {one.neighbourhood for one in homes.values()}
    owners = {one.corporation for one in homes.values()}
    first = min(chosen, key=order_of)
    return replace(
        instance,
        municipalities={key: one for key, one in instance.municipalities.items() if key in chosen},
        neighbourhoods={
            key: one if one.municipality in chosen else replace(one, municipality=first)
            for key, one in instance.neighbourhoods.items()
            if key in spread
        },
        corporations={
            key: one if one.municipality in chosen else replace(one, municipality=first)
            for key, one in instance.corporations.items()
            if key in owners
        },
        dwellings=homes,
        households={
            key: replace(one, exchange=tuple(other for other in one.exchange if other in chosen))
            for key, one in instance.households.items()
            if one.municipality in chosen
        },
    )
