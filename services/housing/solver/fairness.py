# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who waits and who is housed, by facts that the instance holds: for the council and for who checks the optimiser."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from services.housing.solver.instance import Household, Id, Instance
from services.housing.solver.model import Assignment
from services.housing.solver.pairs import first_broken

__all__ = ["PASSED_OVER_WEEKS", "fairness", "size_class"]

PASSED_OVER_WEEKS = 26
"""Weeks that a household has waited longer than one that got what it might have had."""


def size_class(household: Household) -> str:
    """Return the class in which a household is counted."""
    for most, name in ((1, "1"), (2, "2"), (4, "3-4"), (7, "5-7")):
        if household.persons <= most:
            return name
    return "8+"


def fairness(instance: Instance, assignments: Sequence[Assignment]) -> dict[str, Any]:
    """Count waiting and housed households by size, need of accessibility and municipality.

    Passed over is who has waited 26 weeks over the term and gets nothing, while a household of the same
    municipality and size that has waited at least 26 weeks less gets a dwelling that it might have had.
    """
    housed = dict(assignments)
    households = list(instance.households.values())
    over = _passed_over(instance, assignments)
    moved: dict[Id, int] = {}
    for one, home in assignments:
        place = instance.households[one].municipality
        if instance.dwellings[home].municipality != place:
            moved[place] = moved.get(place, 0) + 1
    return {
        "by_size": _classes(instance, households, housed, size_class),
        "by_accessibility": _classes(
            instance, households, housed, lambda one: "needed" if one.needs_accessible else "not needed"
        ),
        "by_municipality": _classes(instance, households, housed, lambda one: str(one.municipality)),
        **_by_home(instance, households, housed),
        "passed_over_26w": len(over),
        "passed_over": over,
        "exchanges": [{"municipality": place, "households": number} for place, number in moved.items()],
    }


def _by_home(
    instance: Instance, households: Sequence[Household], housed: dict[Id, Id]
) -> dict[str, list[dict[str, Any]]]:
    """Who has no home yet beside who looks for a next one, where somebody does."""
    if all(one.moving_on is None for one in households):
        return {}

    def name_of(one: Household) -> str:
        return "first home" if one.moving_on is None else "next home"

    return {"by_home": _classes(instance, households, housed, name_of)}


def _classes(
    instance: Instance,
    households: Iterable[Household],
    housed: dict[Id, Id],
    name_of: Callable[[Household], str],
) -> list[dict[str, Any]]:
    groups: dict[str, list[Household]] = {}
    for one in households:
        groups.setdefault(name_of(one), []).append(one)
    found: list[dict[str, Any]] = []
    for name, members in sorted(groups.items()):
        waits = sorted(instance.weeks_waiting(one) for one in members if one.id not in housed)
        served = sum(one.id in housed for one in members)
        found.append(
            {
                "class": name,
                "households": len(members),
                "housed": served,
                "housed_percent": round(100 * served / len(members), 1),
                "median_weeks_of_waiting": waits[len(waits) // 2] if waits else None,
                "most_weeks_of_waiting": waits[-1] if waits else None,
            }
        )
    return found


def _passed_over(instance: Instance, assignments: Sequence[Assignment]) -> list[Id]:
    housed = dict(assignments)
    found: list[Id] = []
    for one in instance.households.values():
        if one.id in housed or instance.weeks_waiting(one) < instance.legal_term_weeks + PASSED_OVER_WEEKS:
            continue
        for other_id, home in assignments:
            other = instance.households[other_id]
            if (
                other.municipality == one.municipality
                and other.persons == one.persons
                and (other.linked - one.linked).days >= PASSED_OVER_WEEKS * 7
                and first_broken(one, instance.dwellings[home]) is None
            ):
                found.append(one.id)
                break
    return found
