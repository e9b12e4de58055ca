# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Placements: who pays, whether the provider may teach, and when the first lesson is due."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from chassis import calendar
from services.learning_routes.rules.codes import Payer

__all__ = [
    "EARLY_WORKING_DAYS",
    "MarkPeriod",
    "StartTerm",
    "early_day",
    "is_late",
    "mark_on",
    "payer_of",
]

EARLY_WORKING_DAYS = 5
"""The early signal of a start term comes this many working days before its last day."""


def payer_of(group: str) -> Payer:
    """Who pays the lessons of somebody of this group.

    The gemeente offers the route to asylum status holders; others buy their lessons, with a loan
    of DUO where they need one.

    Source: Wet inburgering 2021 art. 16 and 19, jci1.3:c:BWBR0044770&artikel=16.
    """
    return Payer.GEMEENTE if group == "statushouder" else Payer.INBURGERAAR


@dataclass(frozen=True, slots=True, order=True)
class MarkPeriod:
    """Days on which a provider's quality mark or diploma recognition holds, both included."""

    since: date
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the mark holds on `day`."""
        return self.since <= day and (self.until is None or day <= self.until)

    def overlaps(self, other: "MarkPeriod") -> bool:
        """Whether a day falls in both."""
        return (self.until is None or other.since <= self.until) and (
            other.until is None or self.since <= other.until
        )


def mark_on(periods: Iterable[MarkPeriod], day: date) -> bool:
    """Whether a provider's mark holds on `day`; hours of a day without one count toward no norm.

    Source: Wet inburgering 2021 art. 16 lid 3 and art. 32; Besluit inburgering 2021 art. 8.2.
    """
    return any(period.covers(day) for period in periods)


@dataclass(frozen=True, slots=True)
class StartTerm:
    """Within which term a contract wants the first lesson: one of two forms.

    Either `working_days` after the referral (Leidschendam-Voorburg, Voorschoten, Wassenaar), or
    `intake_days` after the referral for the school's intake and then `start_days` for the first
    lesson (Leiden, Oegstgeest), in calendar days. `closed` are days without lessons by contract,
    beside the public holidays; they stretch the form in working days only.
    """

    working_days: int | None = None
    intake_days: int | None = None
    start_days: int | None = None
    closed: Container[date] = ()

    def __post_init__(self) -> None:
        if (self.intake_days is None) != (self.start_days is None):
            raise ValueError("intake_days and start_days belong together")
        if (self.working_days is None) == (self.intake_days is None):
            raise ValueError("a start term has exactly one form")

    def intake_due(self, referred_on: date) -> date | None:
        """Last day for the school's intake, None where the contract has no such term."""
        return None if self.intake_days is None else referred_on + timedelta(days=self.intake_days)

    def start_due(self, referred_on: date, intake_held_on: date | None = None) -> date:
        """Last day for the first lesson.

        A contract term counts the days it names: it is no term of the law, so it does not shift
        to a working day. The second half runs from the intake once that was held, before that
        from the intake's last day.

        Source: school contracts (audit report, sections 2.4, 5.3.1 and 6.2).
        """
        if self.working_days is not None:
            return calendar.add_working_days(referred_on, self.working_days, closed=self.closed)
        assert self.start_days is not None  # noqa: S101 - __post_init__ saw to it
        base = intake_held_on or self.intake_due(referred_on)
        assert base is not None  # noqa: S101
        return base + timedelta(days=self.start_days)


def early_day(starts_on: date, due_on: date) -> date:
    """The day of the early signal: five working days before the due day, never before the start."""
    day = due_on
    left = EARLY_WORKING_DAYS
    while left and day > starts_on:
        day -= timedelta(days=1)
        left -= calendar.is_working_day(day)
    return day


def is_late(started_on: date, start_due_on: date) -> bool:
    """Whether lessons began after the term, so that a reason must be on record."""
    return started_on > start_due_on
