# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rules 9.6 and 9.7: the interventieladder of the Province, which proposes and lets a person decide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from services.housing.rules.account import Account
from services.housing.rules.half_years import HalfYear, measured_on, next_measurement

__all__ = [
    "FIRST_STEP_AFTER",
    "LetterKind",
    "Measurement",
    "Outlook",
    "Recorded",
    "Rung",
    "climb",
    "consecutive_misses",
    "last_chance",
    "measurements",
    "outlook",
    "proposed_step",
]


class Rung(StrEnum):
    """The steps (treden) of the interventieladder of Zuid-Holland."""

    NONE = "0"
    SIGNAL = "1"
    INFORMATION = "2a"  # the gemeente is asked for information
    TALK = "2b"  # the official talk was held
    PLAN = "3"  # a plan of action, laid down by the executive
    NOTICE = "4"  # advance notice of intervention: one more chance
    SUBSTITUTION = "5"  # notice and decision of substitution (indeplaatsstelling)
    EXECUTION = "execution"  # the Province acts at the cost of the gemeente


class LetterKind(StrEnum):
    """Why a letter goes between Province and gemeente."""

    QUARTERLY = "quarterly"  # the findings of a quarter
    INFORMATION_REQUEST = "information-request"
    TALK = "talk"
    PLAN = "plan"
    ADVANCE_NOTICE = "advance-notice"
    SUBSTITUTION = "substitution"
    PROLONGATION = "prolongation"
    OTHER = "other"


FIRST_STEP_AFTER: Sequence[Rung] = (
    Rung.NONE,
    Rung.INFORMATION,
    Rung.PLAN,
    Rung.NOTICE,
    Rung.SUBSTITUTION,
)
"""The step that so many missed half-years in a row propose: 1 to 2, 2 to 3, 3 to 4, 4 to 5 (rule 9.7)."""

_CLIMB = {
    Rung.NONE: Rung.INFORMATION,
    Rung.SIGNAL: Rung.INFORMATION,
    Rung.INFORMATION: Rung.PLAN,
    Rung.TALK: Rung.PLAN,
    Rung.PLAN: Rung.NOTICE,
    Rung.NOTICE: Rung.SUBSTITUTION,
    Rung.SUBSTITUTION: Rung.EXECUTION,
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the Province measured: the balance at the end of a half-year, in persons; above zero is a miss."""

    half_year: HalfYear
    balance: int

    @property
    def on(self) -> date:
        """The day of the measurement."""
        return measured_on(self.half_year)

    @property
    def missed(self) -> bool:
        """Whether the gemeente was behind."""
        return self.balance > 0


def measurements(account: Account, peildatum: date) -> list[Measurement]:
    """Return the measured half-years of an account, oldest first: those that were over on the peildatum.

    What is measured is the stand on 1 January or 1 July: the opening of the next period, with the
    corrections that begin on that day. A year of which only the year's figures are known gives the
    measurement of 1 January alone; nobody can say what 1 July would have shown.
    """
    found = []
    for line, following in pairwise(account.lines):
        half_year = HalfYear(line.year, line.half or 2)
        if half_year.is_closed(peildatum):
            found.append(Measurement(half_year, following.opening))
    return found


def consecutive_misses(measured: Iterable[Measurement]) -> int:
    """Return how many of the last measurements in a row were misses. Oldest first."""
    misses = 0
    for measurement in measured:
        misses = misses + 1 if measurement.missed else 0
    return misses


def proposed_step(misses: int) -> Rung:
    """Return the step that the facts propose; a person records the real one, since the Province deviates.

    Args:
        misses: consecutive missed half-years. Four in a row are what lets the Province intervene.

    Raises:
        ValueError: the count is negative.

    Source: Aanvullend Beleidskader Huisvesting Vergunninghouders of Zuid-Holland; audit report, 3.1 and 3.4.

    >>> [proposed_step(misses).value for misses in range(6)]
    ['0', '2a', '3', '4', '5', '5']
    """
    if misses < 0:
        raise ValueError(f"misses cannot be {misses}")
    return FIRST_STEP_AFTER[min(misses, len(FIRST_STEP_AFTER) - 1)]


def climb(step: Rung) -> Rung | None:
    """Return the next main step; None after the last.

    >>> climb(Rung.TALK), climb(Rung.PLAN)
    (<Rung.PLAN: '3'>, <Rung.NOTICE: '4'>)
    """
    return _CLIMB.get(step)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The step that the Province took, as a person recorded it. `due_on` comes of its letter, if that says so."""

    step: Rung
    since: date
    due_on: date | None = None
    prolonged_until: date | None = None


def last_chance(recorded: Recorded) -> date:
    """Return the day on which a recorded step ends: of the prolongation, of the letter, or of half a year.

    Steps last half a year: step 4 from January 2025 has its last chance on 1 July 2025.

    >>> last_chance(Recorded(Rung.NOTICE, date(2025, 1, 1))).isoformat()
    '2025-07-01'
    """
    return recorded.prolonged_until or recorded.due_on or next_measurement(recorded.since)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes next for a gemeente."""

    step: Rung  # recorded; NONE without a record
    since: date | None
    proposed: Rung  # by the facts
    misses: int  # consecutive measured half-years
    next_step: Rung | None  # if the gemeente is still behind on `next_on`
    next_on: date | None


def outlook(
    recorded: Recorded | None, measured: Sequence[Measurement], balance: int, peildatum: date
) -> Outlook:
    """Return where a gemeente stands and what comes next.

    Args:
        recorded: the step in force on the peildatum.
        measured: its measured half-years, oldest first.
        balance: persons behind on the peildatum.
        peildatum: the day from which one looks.

    Returns:
        `next_step` is None for who is not behind now: nothing comes next. Else it is one main step up
        on the last chance of the recorded step, or on the next measurement if that day is over.
    """
    misses = consecutive_misses(measured)
    step = recorded.step if recorded is not None else Rung.NONE
    next_step = climb(step) if balance > 0 else None
    next_on = None
    if next_step is not None:
        upcoming = next_measurement(peildatum)
        next_on = upcoming
        if recorded is not None and step is not Rung.NONE and last_chance(recorded) > peildatum:
            next_on = last_chance(recorded)
    return Outlook(
        step, recorded.since if recorded else None, proposed_step(misses), misses, next_step, next_on
    )
