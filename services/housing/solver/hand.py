# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The way it goes by hand: who waits longest chooses first. The start of every run, and what it is measured against."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.housing.solver.instance import Dwelling, Household, Id, Instance, order_of
from services.housing.solver.model import Assignment, Wish
from services.housing.solver.pairs import feasible_pairs, quality

__all__ = ["first_come"]


@dataclass(slots=True)
class _Desk:
    """What is taken so far."""

    instance: Instance
    used: set[Id] = field(default_factory=set)
    persons: dict[Id, int] = field(default_factory=dict)  # by neighbourhood
    owners: dict[Id, int] = field(default_factory=dict)
    transit: dict[Id, int] = field(default_factory=dict)
    balance: dict[Id, int] = field(default_factory=dict)  # persons sent less taken
    moved: int = 0

    def allows(self, people: Iterable[Household], home: Dwelling, most_moved: int | None) -> bool:
        """Say whether H6 to H9 still hold after these people take a dwelling."""
        places = self.instance.municipalities
        people = list(people)
        balance = dict(self.balance)
        moved = self.moved
        for one in people:
            if one.municipality != home.municipality:
                moved += 1
                balance[one.municipality] = balance.get(one.municipality, 0) + one.persons
                balance[home.municipality] = balance.get(home.municipality, 0) - one.persons
        touched = {home.municipality, *(one.municipality for one in people)}
        cap = self.instance.neighbourhoods[home.neighbourhood].cap
        return (
            home.id not in self.used
            and self.persons.get(home.neighbourhood, 0) + sum(one.persons for one in people) <= cap
            and self.owners.get(home.corporation, 0) < self.instance.corporations[home.corporation].contingent
            and (
                not home.transit
                or self.transit.get(home.municipality, 0) < places[home.municipality].transit_exits
            )
            and all(abs(balance.get(one, 0)) <= places[one].exchange_slack for one in touched)
            and (most_moved is None or moved <= most_moved)
        )

    def take(self, people: Iterable[Household], home: Dwelling) -> None:
        """Write it down."""
        self.used.add(home.id)
        self.owners[home.corporation] = self.owners.get(home.corporation, 0) + 1
        if home.transit:
            self.transit[home.municipality] = self.transit.get(home.municipality, 0) + 1
        for one in people:
            self.persons[home.neighbourhood] = self.persons.get(home.neighbourhood, 0) + one.persons
            if one.municipality != home.municipality:
                self.moved += 1
                self.balance[one.municipality] = self.balance.get(one.municipality, 0) + one.persons
                self.balance[home.municipality] = self.balance.get(home.municipality, 0) - one.persons


def first_come(instance: Instance, wish: Wish | None = None) -> list[Assignment]:
    """House the longest waiting first, each in the dwelling that suits best of what is left.

    Singles for whom nothing whole is left open a shared dwelling with the next longest waiting of their group.
    Pins are not known here: with pins the start is empty, and the solver finds its own.
    """
    wish = wish or Wish()
    if wish.pins:
        return []
    whole: dict[Id, list[Id]] = {}
    shared: dict[Id, list[Id]] = {}
    for pair in feasible_pairs(instance):
        if (pair.household, pair.dwelling) not in wish.bans:
            (shared if pair.shared else whole).setdefault(pair.household, []).append(pair.dwelling)
    desk, found, housed = _Desk(instance), [], set[Id]()
    queue = sorted(instance.households.values(), key=lambda one: (one.linked, order_of(one.id)))
    for household in queue:
        homes = [instance.dwellings[one] for one in whole.get(household.id, ())]
        homes.sort(key=lambda home: (-quality(instance, household, home, shared=False), order_of(home.id)))
        home = next((one for one in homes if desk.allows([household], one, wish.max_exchanges)), None)
        if home is not None:
            desk.take([household], home)
            found.append((household.id, home.id))
            housed.add(household.id)
    for household in queue:
        if household.id in housed:
            continue
        for identifier in shared.get(household.id, ()):
            home = instance.dwellings[identifier]
            others = [
                one
                for one in queue
                if one.id not in housed
                and identifier in shared.get(one.id, ())
                and type(one.share_group) is type(household.share_group)
                and one.share_group == household.share_group
            ]
            people = _largest(desk, others, home, wish.max_exchanges)
            if people:
                desk.take(people, home)
                found += [(one.id, identifier) for one in people]
                housed.update(one.id for one in people)
                break
    return sorted(found, key=lambda one: (order_of(one[0]), order_of(one[1])))


def _largest(desk: _Desk, others: list[Household], home: Dwelling, most_moved: int | None) -> list[Household]:
    """The longest waiting sharers for whom there is room, as many as may."""
    for size in range(min(home.share_slots, len(others)), max(1, home.share_min) - 1, -1):
        if desk.allows(others[:size], home, most_moved):
            return others[:size]
    return []
