# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""HO-20: the realisation to expect with and without measures: two curves of one set of assumptions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from services.housing.rules.half_years import HalfYear

__all__ = ["Assumptions", "Effect", "Point", "forecast"]

_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a measure is assumed to bring in one half-year."""

    half_year: HalfYear
    persons: int
    probability_percent: int


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a forecast rests on; kept with it, so that it can be checked and made again."""

    since: HalfYear
    until: HalfYear
    opening: int  # persons behind on the first day of `since`
    targets: Mapping[HalfYear, int]
    default_target: int  # where none is published yet
    housed: int  # persons per half-year without measures
    effects: Sequence[Effect]


@dataclass(frozen=True, slots=True)
class Point:
    """One half-year of the forecast. All numbers are persons; balances are those of its last day."""

    half_year: HalfYear
    target: int
    housed_without: int
    housed_with: int
    balance_without: int
    balance_with: int
    target_assumed: bool = False  # no target is published yet


def forecast(assumptions: Assumptions) -> list[Point]:
    """Return both curves, half-year by half-year.

    `balance = opening + targets - housed`, as in the account (rule 9.2). Measures add their persons
    weighed by their chance, rounded half up per half-year; a curve may end ahead (negative).

    Raises:
        ValueError: the last half-year lies before the first.
    """
    if assumptions.until < assumptions.since:
        raise ValueError(f"a forecast to {assumptions.until} cannot begin in {assumptions.since}")
    extra: dict[HalfYear, Decimal] = {}
    for effect in assumptions.effects:
        weighed = Decimal(effect.persons * effect.probability_percent) / _WHOLE
        extra[effect.half_year] = extra.get(effect.half_year, Decimal(0)) + weighed
    without = with_measures = assumptions.opening
    points = []
    for index in range(assumptions.since.index, assumptions.until.index + 1):
        half_year = HalfYear.at(index)
        target = assumptions.targets.get(half_year, assumptions.default_target)
        more = int(extra.get(half_year, Decimal(0)).quantize(Decimal(1), ROUND_HALF_UP))
        without += target - assumptions.housed
        with_measures += target - assumptions.housed - more
        points.append(
            Point(
                half_year,
                target,
                assumptions.housed,
                assumptions.housed + more,
                without,
                with_measures,
                target_assumed=half_year not in assumptions.targets,
            )
        )
    return points
