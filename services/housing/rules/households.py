# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What kind of household it is, and how long such households wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from statistics import median

__all__ = [
    "LARGE_FROM",
    "LONG_WAIT_MONTHS",
    "HouseholdType",
    "Waits",
    "household_type",
    "is_long_wait",
    "waits_of",
]

LARGE_FROM = 8
"""Persons from which a family is large: families of 8 to 12 are the bottleneck (audit report 3.4)."""

LONG_WAIT_MONTHS = 24
_DAYS_IN_MONTH = Decimal("30.4375")  # 365.25 / 12
_TENTH = Decimal("0.1")


class HouseholdType(StrEnum):
    """Wat voor huishouden het is, naar grootte."""

    SINGLE = "single"
    SMALL_FAMILY = "small-family"  # 2 to 4 persons
    FAMILY = "family"  # 5 to 7 persons
    LARGE_FAMILY = "large-family"


def household_type(persons: int) -> HouseholdType:
    """Return the kind of a household of so many persons.

    Raises:
        ValueError: nobody is in it.
    """
    if persons < 1:
        raise ValueError(f"a household has 1 person or more, got {persons}")
    if persons == 1:
        return HouseholdType.SINGLE
    if persons >= LARGE_FROM:
        return HouseholdType.LARGE_FAMILY
    return HouseholdType.SMALL_FAMILY if persons <= 4 else HouseholdType.FAMILY  # noqa: PLR2004 - see the enum


@dataclass(frozen=True, slots=True)
class Waits:
    """Waiting times of some households, from the link to the key or to the peildatum, in days."""

    households: int
    mean_days: int
    median_days: int
    max_days: int
    long_waits: int  # of more than 24 months

    @staticmethod
    def months(days: int) -> Decimal:
        """Days as months, with one decimal: for people, never to reckon on with."""
        return (Decimal(days) / _DAYS_IN_MONTH).quantize(_TENTH, ROUND_HALF_UP)


def is_long_wait(linked_on: date, until: date) -> bool:
    """Return whether more than 24 months passed; on the day itself it is 24 and not more.

    Source: HO-04; report 3.4.
    """
    months = (until.year - linked_on.year) * 12 + until.month - linked_on.month
    return (months, until.day) > (LONG_WAIT_MONTHS, linked_on.day)


def waits_of(spans: Iterable[tuple[date, date]]) -> Waits | None:
    """Return mean, median and most of these waits; None where nobody waited.

    Args:
        spans: of each household the day of the link and the day of the key, or the peildatum.

    Raises:
        ValueError: a wait ends before it begins.

    Halves of a day are rounded up.
    """
    all_spans = list(spans)
    if not all_spans:
        return None
    days = [(until - linked).days for linked, until in all_spans]
    if min(days) < 0:
        raise ValueError("a wait ends before it begins")
    return Waits(
        households=len(days),
        mean_days=_rounded(Decimal(sum(days)) / len(days)),
        median_days=_rounded(Decimal(median(days))),
        max_days=max(days),
        long_waits=sum(is_long_wait(linked, until) for linked, until in all_spans),
    )


def _rounded(days: Decimal) -> int:
    return int(days.quantize(Decimal(1), ROUND_HALF_UP))
