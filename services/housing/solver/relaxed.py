# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What no assignment can pass, counted without a solver: each dwelling by itself, and each household by itself.

These bounds are wide. But they hold whatever is pinned, forbidden or asked, they are there before any process starts,
and a process that is ended cannot take them along: so there is no region of which nothing is known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.housing.solver.instance import Dwelling, Id, Instance
from services.housing.solver.pairs import feasible_pairs, quality

__all__ = ["simple_bounds"]

_Worth = tuple[int, int, int]
"""What a household adds to the three objectives in a dwelling: persons to the targets, urgency, quality."""

_NOTHING: _Worth = (0, 0, 0)
_Group = tuple[str, str]


@dataclass(slots=True)
class _Use:
    """Who may use a dwelling: the most of each objective whole, and everybody who may share it, by group."""

    whole: _Worth = _NOTHING
    sharers: dict[_Group, list[_Worth]] = field(default_factory=dict)

    def most(self, places: int) -> _Worth:
        """The most of each objective that one dwelling can add."""
        used = [self.whole]
        for people in self.sharers.values():
            best = [sorted((one[level] for one in people), reverse=True)[:places] for level in range(3)]
            used.append((sum(best[0]), sum(best[1]), sum(best[2])))
        return _largest(used)


def simple_bounds(instance: Instance, places: Iterable[Id] | None = None) -> dict[str, int]:
    """Return for each level what is out of reach: less shortfall than this, or more urgency or quality.

    Args:
        instance: the households and dwellings.
        places: the municipalities whose targets count; all of them without.
    """
    uses: dict[Id, _Use] = {}
    people: dict[Id, _Worth] = {}
    for pair in feasible_pairs(instance):
        household, home = instance.households[pair.household], instance.dwellings[pair.dwelling]
        points = max(0, quality(instance, household, home, shared=pair.shared))
        worth = (household.counted, instance.urgency(household), points)
        use = uses.setdefault(home.id, _Use())
        if pair.shared:
            group = (type(household.share_group).__name__, str(household.share_group))
            use.sharers.setdefault(group, []).append(worth)
        else:
            use.whole = _largest([use.whole, worth])
        people[household.id] = _largest([people.get(household.id, _NOTHING), worth])
    most = {home: use.most(instance.dwellings[home].places) for home, use in uses.items()}
    by_dwelling = [sum(one[level] for one in most.values()) for level in range(3)]
    by_household = [sum(one[level] for one in people.values()) for level in range(3)]
    room = _room(instance, {home: one[0] for home, one in most.items()})
    targets = [
        instance.municipalities[one] for one in (instance.municipalities if places is None else places)
    ]
    return {
        "shortfall": max(
            sum(max(0, place.target - room.get(place.id, 0)) for place in targets),
            sum(place.target for place in targets) - by_household[0],
        ),
        "urgency": min(by_dwelling[1], by_household[1]),
        "quality": min(by_dwelling[2], by_household[2]),
    }


def _largest(several: Sequence[_Worth]) -> _Worth:
    return (max(one[0] for one in several), max(one[1] for one in several), max(one[2] for one in several))


def _room(instance: Instance, most: Mapping[Id, int]) -> dict[Id, int]:
    """Return the most persons whom a municipality can house, by the tightest of three rules: H6, H7 or H8."""
    homes: dict[Id, list[Dwelling]] = {}
    for one in most:
        home = instance.dwellings[one]
        homes.setdefault(home.municipality, []).append(home)
    found: dict[Id, int] = {}
    for place, offered in homes.items():
        spread: dict[Id, int] = {}
        owned: dict[Id, list[int]] = {}
        transit: list[int] = []
        counted = lasting = 0
        for home in offered:
            persons = most[home.id]
            spread[home.neighbourhood] = spread.get(home.neighbourhood, 0) + persons
            if home.let_this_year:
                counted += persons
            else:
                owned.setdefault(home.corporation, []).append(persons)
            if home.transit:
                transit.append(persons)
            else:
                lasting += persons
        found[place] = min(
            sum(min(instance.neighbourhoods[one].cap, persons) for one, persons in spread.items()),
            counted + sum(_first(each, instance.corporations[one].contingent) for one, each in owned.items()),
            lasting + _first(transit, instance.municipalities[place].transit_exits),
        )
    return found


def _first(persons: list[int], count: int) -> int:
    """The sum of the largest."""
    return sum(sorted(persons, reverse=True)[:count])
