# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why this match: for each proposal every hard rule with the fact that was looked at, and every point of the score."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.housing.solver.instance import Dwelling, Household, Id, Instance
from services.housing.solver.model import Assignment
from services.housing.solver.pairs import Check, checks, points
from services.housing.solver.solution import Solution
from services.housing.solver.values import is_shared, uses

__all__ = ["Card", "cards", "explained"]


@dataclass(frozen=True, slots=True)
class Card:
    """One proposal, explained. Of other households it tells sums only."""

    household: Id
    dwelling: Id
    shared: bool
    rules: tuple[Check, ...]  # H1 to H9, and H10 of who moves on; all passed
    points: dict[str, int]  # the seven terms
    score: int  # their sum
    weeks_waiting: int
    weeks_over_term: int
    urgency: int
    moving_on: bool = False  # a next home, for who was counted with the first

    def document(self) -> dict[str, Any]:
        """Write it; of who moves on only where somebody does."""
        found = asdict(self)
        if not self.moving_on:
            del found["moving_on"]
        return found


@dataclass(frozen=True, slots=True)
class _Sums:
    """How full everything is."""

    persons: dict[Id, int]
    owners: dict[Id, int]
    transit: dict[Id, int]
    sent: dict[Id, int]
    taken: dict[Id, int]


def cards(instance: Instance, assignments: Sequence[Assignment]) -> list[Card]:
    """Explain every proposal, in the order in which they are given."""
    sums = _sums(instance, assignments)
    living = uses(assignments)
    found: list[Card] = []
    for one, home in assignments:
        household, dwelling = instance.households[one], instance.dwellings[home]
        shared = is_shared(instance, home, living[home])
        terms = points(instance, household, dwelling, shared=shared)
        weeks = instance.weeks_waiting(household)
        found.append(
            Card(
                one,
                home,
                shared,
                (
                    Check("H1", True, "this is the household's only dwelling"),  # noqa: FBT003 - it is in the solution
                    *checks(household, dwelling, shared=shared),
                    *_sum_checks(instance, sums, household, dwelling),
                ),
                terms,
                sum(terms.values()),
                weeks,
                max(0, weeks - instance.legal_term_weeks),
                instance.urgency(household),
                household.moving_on is not None,
            )
        )
    return found


def explained(instance: Instance, solution: Solution) -> dict[str, Any]:
    """Return the cards of a solution, to be written beside it."""
    return {"cards": [card.document() for card in cards(instance, solution.assignments)]}


def _sums(instance: Instance, assignments: Sequence[Assignment]) -> _Sums:
    sums = _Sums({}, {}, {}, {}, {})

    def add(counts: dict[Id, int], key: Id, number: int) -> None:
        counts[key] = counts.get(key, 0) + number

    for home, people in uses(assignments).items():
        dwelling = instance.dwellings[home]
        if not dwelling.let_this_year:
            add(sums.owners, dwelling.corporation, 1)
        if dwelling.transit:
            add(sums.transit, dwelling.municipality, 1)
        for one in people:
            household = instance.households[one]
            add(sums.persons, dwelling.neighbourhood, household.persons)
            if household.municipality != dwelling.municipality:
                add(sums.sent, household.municipality, household.counted)
                add(sums.taken, dwelling.municipality, household.counted)
    return sums


def _sum_checks(instance: Instance, sums: _Sums, household: Household, dwelling: Dwelling) -> list[Check]:
    place = instance.municipalities[dwelling.municipality]
    cap = instance.neighbourhoods[dwelling.neighbourhood].cap
    persons = sums.persons.get(dwelling.neighbourhood, 0)
    most = instance.corporations[dwelling.corporation].contingent
    used = sums.owners.get(dwelling.corporation, 0)
    stays = sums.transit.get(place.id, 0)
    found = [
        Check(
            "H6", persons <= cap, f"{persons} persons newly housed in {dwelling.neighbourhood}, at most {cap}"
        ),
        Check(
            "H7",
            dwelling.let_this_year or used <= most,
            f"{used} dwellings of {dwelling.corporation} used, at most {most}"
            + ("; this one counts already" if dwelling.let_this_year else ""),
        ),
        Check(
            "H8",
            stays <= place.transit_exits,
            f"{stays} transit dwellings used in {place.id}, at most {place.transit_exits}"
            if dwelling.transit
            else "not a transit dwelling",
        ),
    ]
    for identifier in dict.fromkeys((household.municipality, place.id)):
        slack = instance.municipalities[identifier].exchange_slack
        sent, taken = sums.sent.get(identifier, 0), sums.taken.get(identifier, 0)
        found.append(
            Check(
                "H9",
                abs(sent - taken) <= slack,
                f"{identifier} sends {sent} persons and takes {taken}, may differ by {slack}",
            )
        )
    return found
