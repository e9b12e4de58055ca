# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules and objectives over a whole list of assignments, without a programme: what is told is counted here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.housing.solver.instance import Dwelling, Household, Id, Instance
from services.housing.solver.model import Assignment
from services.housing.solver.pairs import checks, fits_whole, quality

__all__ = ["Values", "is_shared", "uses", "values_of", "violations"]


@dataclass(frozen=True, slots=True)
class Values:
    """The three objectives."""

    shortfall: int  # persons
    urgency: int  # weeks over the term, and 5 for each household
    quality: int  # points

    @property
    def key(self) -> tuple[int, int, int]:
        """Smaller is better, level by level."""
        return (self.shortfall, -self.urgency, -self.quality)


def uses(assignments: Iterable[Assignment]) -> dict[Id, list[Id]]:
    """Return who lives in each used dwelling."""
    found: dict[Id, list[Id]] = {}
    for household, dwelling in assignments:
        found.setdefault(dwelling, []).append(household)
    return found


def is_shared(instance: Instance, dwelling: Id, households: Sequence[Id]) -> bool:
    """Say whether a dwelling is used shared: by several, or by one who may not have it whole."""
    if len(households) > 1:
        return True
    return not fits_whole(instance.households[households[0]], instance.dwellings[dwelling])


def values_of(instance: Instance, assignments: Sequence[Assignment]) -> Values:
    """Count the objectives of assignments that keep the rules."""
    housed: dict[Id, int] = {}
    urgency = points = 0
    for dwelling, households in uses(assignments).items():
        home = instance.dwellings[dwelling]
        shared = is_shared(instance, dwelling, households)
        for identifier in households:
            household = instance.households[identifier]
            housed[home.municipality] = housed.get(home.municipality, 0) + household.counted
            urgency += instance.urgency(household)
            points += quality(instance, household, home, shared=shared)
    shortfall = sum(
        max(0, place.target - housed.get(place.id, 0)) for place in instance.municipalities.values()
    )
    return Values(shortfall, urgency, points)


def violations(instance: Instance, assignments: Sequence[Assignment]) -> list[str]:
    """Return which hard rules assignments break, each with where; an empty list is what must come out."""
    found: list[str] = []
    seen: set[Id] = set()
    for household, _ in assignments:
        if household in seen:
            found.append(f"H1 {household}")
        seen.add(household)
    spread: dict[Id, int] = {}
    owners: dict[Id, int] = {}
    transit: dict[Id, int] = {}
    balance: dict[Id, int] = {}
    for dwelling, households in uses(assignments).items():
        home = instance.dwellings[dwelling]
        people = [instance.households[one] for one in households]
        shared = is_shared(instance, dwelling, households)
        for one in people:
            found += [
                f"{check.rule} {one.id} in {dwelling}: {check.datum}"
                for check in checks(one, home, shared=shared)
                if not check.passed
            ]
            spread[home.neighbourhood] = spread.get(home.neighbourhood, 0) + one.persons
            if one.municipality != home.municipality:
                balance[one.municipality] = balance.get(one.municipality, 0) + one.counted
                balance[home.municipality] = balance.get(home.municipality, 0) - one.counted
        if shared and not _together(people, home):
            found.append(f"H5 {dwelling} shared by {len(people)}")
        if not home.let_this_year:
            owners[home.corporation] = owners.get(home.corporation, 0) + 1
        if home.transit:
            transit[home.municipality] = transit.get(home.municipality, 0) + 1
    found += [f"H6 {one}" for one, n in spread.items() if n > instance.neighbourhoods[one].cap]
    found += [f"H7 {one}" for one, n in owners.items() if n > instance.corporations[one].contingent]
    found += [f"H8 {one}" for one, n in transit.items() if n > instance.municipalities[one].transit_exits]
    found += [
        f"H9 {one}" for one, n in balance.items() if abs(n) > instance.municipalities[one].exchange_slack
    ]
    return found


def _together(people: Sequence[Household], home: Dwelling) -> bool:
    groups = {(type(one.share_group), one.share_group) for one in people}
    if home.held is not None:
        groups.add((type(home.held.group), home.held.group))
    return home.opened_by <= len(people) <= home.places and len(groups) == 1
