# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""HO-19 and HO-13: the facts of the supply of social rent, and the dwellings to come with their chances."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from services.housing.rules.half_years import HalfYear

__all__ = [
    "ExpectedPlaces",
    "Project",
    "ProjectKind",
    "ProjectStage",
    "expected_places",
    "ratio",
    "social_dwellings",
]

_HUNDREDTH = Decimal("0.01")
_WHOLE = 100


class ProjectKind(StrEnum):
    """Where dwellings to come from."""

    NEW_BUILD = "new-build"
    CONVERSION = "conversion"
    FLEX = "flex"
    DOORSTROOM = "doorstroom"
    PRIVATE_LANDLORD = "private-landlord"
    PURCHASE = "purchase"


class ProjectStage(StrEnum):
    """How far a project is."""

    TALKS = "talks"
    DRAWINGS = "drawings"
    PERMIT = "permit"
    BUILDING = "building"
    READY = "ready"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Project:
    """Dwellings to come. `places` are persons of the taakstelling that may live there when it is ready."""

    stage: ProjectStage
    ready_on: date
    places: int
    probability_percent: int  # that it is ready by then with these places


@dataclass(frozen=True, slots=True)
class ExpectedPlaces:
    """The places of one half-year, in persons: all that are planned, and weighed by their chance."""

    half_year: HalfYear
    planned: int
    expected: Decimal


def ratio(part: int, whole: int) -> Decimal | None:
    """Return part ÷ whole, two decimals, half up; None where there is nothing to divide by.

    Wassenaar was 34 persons behind and had 167 mutations in 2024 (audit report, section 3.4):

    >>> str(ratio(34, 167))
    '0.20'
    """
    if whole == 0:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(_HUNDREDTH, ROUND_HALF_UP)


def social_dwellings(dwellings: int, social_percent: int) -> int:
    """Return how many of the dwellings are social rent, whole ones.

    Oegstgeest aims at 30% (audit report, section 3.4).

    >>> social_dwellings(110, 30)
    33
    """
    return dwellings * social_percent // _WHOLE


def expected_places(projects: Iterable[Project], since: HalfYear, until: HalfYear) -> list[ExpectedPlaces]:
    """Return the places of each half-year, both ends included; a stopped project brings none.

    A project that is late and not ready counts nowhere: its day must be set anew first.
    """
    planned = dict.fromkeys(range(since.index, until.index + 1), 0)
    weighed = dict.fromkeys(planned, Decimal(0))
    for project in projects:
        index = HalfYear.of(project.ready_on).index
        if project.stage is ProjectStage.STOPPED or index not in planned:
            continue
        chance = _WHOLE if project.stage is ProjectStage.READY else project.probability_percent
        planned[index] += project.places
        weighed[index] += Decimal(project.places * chance) / _WHOLE
    return [ExpectedPlaces(HalfYear.at(index), planned[index], weighed[index]) for index in planned]
