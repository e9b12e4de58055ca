# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""HO-17: what the measures of a plan of action are expected to bring, and brought, against the arrears."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["Measure", "MeasureKind", "MeasureStatus", "PlanEffect", "PlanStatus", "plan_effect"]


class PlanStatus(StrEnum):
    """How far a plan of action is."""

    DRAFT = "draft"
    ADOPTED = "adopted"  # by the executive
    SENT = "sent"  # to the Province
    CLOSED = "closed"


class MeasureKind(StrEnum):
    """What a measure does; the ways that the four gemeenten named (audit report, 3.4 and 3.5)."""

    PERFORMANCE_AGREEMENT = "performance-agreement"
    EXCHANGE = "exchange"
    PRIVATE_LANDLORD = "private-landlord"
    SHARING = "sharing"
    FLEX = "flex"
    DOORSTROOM = "doorstroom"
    CONVERSION = "conversion"
    NEW_BUILD = "new-build"
    PURCHASE = "purchase"
    LARGE_FAMILY = "large-family"
    OTHER = "other"


class MeasureStatus(StrEnum):
    """Whether a measure still counts."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure with its expected effect and what it brought so far, in persons housed."""

    status: MeasureStatus
    expected: int
    expected_by: date
    realised: int = 0


@dataclass(frozen=True, slots=True)
class PlanEffect:
    """What a plan closes of the arrears. All numbers are persons."""

    arrears: int
    expected: int  # of the measures that were not stopped
    realised: int
    to_come: int  # expected and not yet realised
    closes: int  # of the arrears, at most all of them
    remaining: int
    late: int  # to come of measures whose day is over


def plan_effect(arrears: int, measures: Iterable[Measure], day: date) -> PlanEffect:
    """Return what the measures still close of the arrears of a day.

    What a measure realised is in the account already, so only what is still to come closes arrears. A
    stopped measure brings no more.

    Args:
        arrears: persons behind on the day; below zero is none.
        measures: of one plan, or of all plans of a gemeente.
        day: on which one looks.

    >>> effect = plan_effect(176, [Measure(MeasureStatus.PLANNED, 12, date(2025, 7, 1))], date(2024, 11, 1))
    >>> effect.closes, effect.remaining
    (12, 164)
    """
    behind = max(0, arrears)
    expected = realised = to_come = late = 0
    for measure in measures:
        realised += measure.realised
        if measure.status is MeasureStatus.STOPPED:
            continue
        expected += measure.expected
        left = 0 if measure.status is MeasureStatus.DONE else max(0, measure.expected - measure.realised)
        to_come += left
        late += left if measure.expected_by < day else 0
    closes = min(behind, to_come)
    return PlanEffect(behind, expected, realised, to_come, closes, behind - closes, late)
