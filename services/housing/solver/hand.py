# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The way it goes by hand: who waits longest chooses first. The start of every run, and what it is measured against."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.housing.solver.instance import Dwelling, Household, Id, Instance, order_of
from services.housing.solver.model import Assignment, Wish
from services.housing.solver.pairs import feasible_pairs, quality, same_group
from services.housing.solver.values import uses

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
                balance[one.municipality] = balance.get(one.municipality, 0) + one.counted
                balance[home.municipality] = balance.get(home.municipality, 0) - one.counted
        touched = {home.municipality, *(one.municipality for one in people)}
        cap = self.instance.neighbourhoods[home.neighbourhood].cap
        return (
            home.id not in self.used
            and self.persons.get(home.neighbourhood, 0) + sum(one.persons for one in people) <= cap
            and (
                home.let_this_year
                or self.owners.get(home.corporation, 0)
                < self.instance.corporations[home.corporation].contingent
            )
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
        if not home.let_this_year:
            self.owners[home.corporation] = self.owners.get(home.corporation, 0) + 1
        if home.transit:
            self.transit[home.municipality] = self.transit.get(home.municipality, 0) + 1
        for one in people:
            self.persons[home.neighbourhood] = self.persons.get(home.neighbourhood, 0) + one.persons
            if one.municipality != home.municipality:
                self.moved += 1
                self.balance[one.municipality] = self.balance.get(one.municipality, 0) + one.counted
                self.balance[home.municipality] = self.balance.get(home.municipality, 0) - one.counted


def first_come(
    instance: Instance, wish: Wish | None = None, keep: Sequence[Assignment] = ()
) -> list[Assignment]:
    """House the longest waiting first, each in the dwelling that suits best of what is left.

    Singles for whom nothing whole is left open a shared dwelling with the next longest waiting of their group.

    Args:
        instance: the households and dwellings.
        wish: pins come before everybody, bans are kept. Empty is returned when pins break a rule together.
        keep: assignments that stay as far as the rules and the pins leave room, before anybody else chooses.
    """
    wish = wish or Wish()
    hand = _Hand(instance, wish)
    if not hand.pin():
        return []
    hand.keep(keep)
    hand.whole_dwellings()
    hand.shared_dwellings()
    return sorted(hand.found, key=lambda one: (order_of(one[0]), order_of(one[1])))


class _Hand:
    """One round along everybody who waits."""

    def __init__(self, instance: Instance, wish: Wish) -> None:
        self.instance, self.wish = instance, wish
        self.desk = _Desk(instance)
        self.found: list[Assignment] = []
        self.housed: set[Id] = set()
        self.queue = sorted(instance.households.values(), key=lambda one: (one.linked, order_of(one.id)))
        self.whole: dict[Id, list[Id]] = {}
        self.shared: dict[Id, list[Id]] = {}
        for pair in feasible_pairs(instance):
            if (pair.household, pair.dwelling) not in wish.bans:
                side = self.shared if pair.shared else self.whole
                side.setdefault(pair.household, []).append(pair.dwelling)

    def pin(self) -> bool:
        """Take what is pinned first; False when that cannot be."""
        for dwelling, households in uses(sorted(self.wish.pins, key=str)).items():
            home = self.instance.dwellings[dwelling]
            people = [self.instance.households[one] for one in households]
            if len(people) == 1 and dwelling in self.whole.get(people[0].id, ()):
                fits = self._take(people, home)
            else:
                pinned = {one for one, _ in self.wish.pins}
                others = [one for one in self._sharers(people[0], dwelling) if one.id not in pinned]
                lacking = max(0, home.opened_by - len(people))
                fits = len(people) <= home.places and self._take([*people, *others[:lacking]], home)
            if not fits:
                return False
        return True

    def keep(self, assignments: Sequence[Assignment]) -> None:
        """Leave who was housed where they were, dwelling by dwelling, as far as there is room."""
        for dwelling, households in uses(assignments).items():
            home = self.instance.dwellings.get(dwelling)
            people = [
                self.instance.households[one]
                for one in households
                if one in self.instance.households and one not in self.housed
            ]
            if home is None or not people:
                continue
            if len(people) == len(households) == 1 and dwelling in self.whole.get(people[0].id, ()):
                self._take(people, home)
            else:
                group = [one for one in people if dwelling in self.shared.get(one.id, ())]
                if home.opened_by <= len(group) <= home.places:
                    self._take(group, home)

    def whole_dwellings(self) -> None:
        """Everybody in turn takes the dwelling that suits best."""
        for household in self.queue:
            if household.id in self.housed:
                continue
            homes = [self.instance.dwellings[one] for one in self.whole.get(household.id, ())]
            homes.sort(
                key=lambda home: (
                    -quality(self.instance, household, home, shared=False),
                    order_of(home.id),
                )
            )
            next((one for one in homes if self._take([household], one)), None)

    def shared_dwellings(self) -> None:
        """Who is left shares: as many together as may."""
        for household in self.queue:
            if household.id in self.housed:
                continue
            for dwelling in self.shared.get(household.id, ()):
                home = self.instance.dwellings[dwelling]
                others = self._sharers(household, dwelling)
                sizes = range(min(home.places, len(others)), max(1, home.opened_by) - 1, -1)
                if any(self._take(others[:size], home) for size in sizes):
                    break

    def _sharers(self, household: Household, dwelling: Id) -> list[Household]:
        """Who may share with this household, the longest waiting first, itself among them."""
        return [
            one
            for one in self.queue
            if one.id not in self.housed
            and dwelling in self.shared.get(one.id, ())
            and same_group(one.share_group, household.share_group)
        ]

    def _take(self, people: Sequence[Household], home: Dwelling) -> bool:
        if not self.desk.allows(people, home, self.wish.max_exchanges):
            return False
        self.desk.take(people, home)
        self.found += [(one.id, home.id) for one in people]
        self.housed.update(one.id for one in people)
        return True
