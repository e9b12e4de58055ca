# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of the caseload: a case, its PIP, its placement. `caseload` makes them."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from demo.parties import WASSENAAR
from demo.people import Person
from demo.timetable import GROUPS, Leerroute

__all__ = ["Case", "DelayReason", "Habit", "Level", "Pip", "Placement", "WaitingReason"]

Habit = Literal["faithful", "steady", "shaky", "ill"]
"""How somebody comes to lessons: `faithful` never misses one without excuse."""

Level = Literal["a1", "a2", "b1", "b2"]
DelayReason = Literal["ill", "no-show", "startklas", "volume"]
WaitingReason = Literal["no-group", "no-teacher", "no-childcare", "person"]


@dataclass(frozen=True, slots=True)
class Pip:
    """One signed PIP, as the consulent enters it."""

    signed_on: date
    leerroute: Leerroute
    level: Level
    pvt_hours: int
    map_hours: int
    participation_hours: int
    talks_planned: int
    goals: tuple[str, ...]
    delay_reason: DelayReason | None


@dataclass(frozen=True, slots=True)
class Placement:
    """A referral to a taalschool, and the group where the person takes a seat, if there is one."""

    provider: str
    leerroute: Leerroute
    referred_on: date
    reference: str
    group: str | None
    seated_on: date | None
    intake_on: date | None = None  # where the contract has a term for the school's own intake
    overrun_reason: str | None = None
    waiting_reason: WaitingReason | None = None  # of who has no seat yet


@dataclass(frozen=True, slots=True)
class Case:
    """One person and what the gemeente does for that person. `None` for what has not happened."""

    person: Person
    gemeentecode: str
    obliged_on: date
    duo_notice_on: date | None
    brp_on: date | None
    known_on: date  # the day of the demo on which the gemeente registers the person
    lead: str | None
    pip: Pip | None
    placement: Placement | None
    habit: Habit

    @property
    def first(self) -> bool:
        """Whether the walk of the demo's clock waits for this person; the others are loaded behind."""
        if self.placement is not None and self.placement.group is not None:
            return next(plan.first for plan in GROUPS if plan.key == self.placement.group)
        return self.lead == "consulent-lv" or self.gemeentecode == WASSENAAR
