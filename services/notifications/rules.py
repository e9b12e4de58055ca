# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When a clock fires, what one correction does to it, and when a mail is tried again.

Pure: no database, no clock, no framework. The rules of the law stand in the services that own
them; a clock arrives here as three days, and these functions only say what happens on which day.
"""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DIGEST_AT = time(7, 0)
"""When the daily digest goes out, in Amsterdam: before the working day begins."""


class Stage(StrEnum):
    """The three moments at which a clock speaks, in the order in which they come."""

    EARLY = "early"
    DUE = "due"
    OVERDUE = "overdue"


STAGES: tuple[Stage, ...] = (Stage.EARLY, Stage.DUE, Stage.OVERDUE)


class DeadlineStatus(StrEnum):
    """Where a clock stands; the words are those of the public contract."""

    RUNNING = "running"
    MET = "met"
    LATE = "late"
    WITHDRAWN = "withdrawn"


class SignalStatus(StrEnum):
    """Open until a person handles it or the facts behind it disappear."""

    OPEN = "open"
    HANDLED = "handled"
    WITHDRAWN = "withdrawn"


class SignalKind(StrEnum):
    """What a signal is about. The last two are for operations and are never about a person."""

    UNEXCUSED_ABSENCES = "unexcused-absences"
    SICKNESS_RATE = "sickness-rate"
    LESSON_HOURS_REACHED = "lesson-hours-reached"
    MISSING_REGISTRATIONS = "missing-registrations"
    KEY_HANDED_OVER = "key-handed-over"
    DEADLINE_EARLY = "deadline-early"
    DEADLINE_DUE = "deadline-due"
    DEADLINE_OVERDUE = "deadline-overdue"
    UNROUTABLE_SIGNAL = "unroutable-signal"
    DELIVERY_FAILED = "delivery-failed"


class Audience(StrEnum):
    """Whose work list a signal stands on."""

    CONSULENT = "consulent"  # the lead, or the open list of the executing gemeente
    VLUCHTELINGENWERK = "vluchtelingenwerk"  # who leads its team in the gemeente of the person
    TAALSCHOOL = "taalschool"
    OPERATIONS = "operations"


class WithdrawnReason(StrEnum):
    """Why a signal left the list without a person handling it, where this service decides so.

    The owner of a rule may give other codes when it withdraws a signal of its own.
    """

    SUPERSEDED = "superseded"  # a later stage of the same clock took its place
    DEADLINE_MET = "deadline-met"
    DEADLINE_WITHDRAWN = "deadline-withdrawn"
    DATES_CORRECTED = "dates-corrected"
    ROUTED = "routed"  # an unroutable signal found its gemeente
    NOT_HOUSED = "not-housed"  # who had the key never came to live there


KIND_OF_STAGE: Mapping[Stage, SignalKind] = MappingProxyType(
    {
        Stage.EARLY: SignalKind.DEADLINE_EARLY,
        Stage.DUE: SignalKind.DEADLINE_DUE,
        Stage.OVERDUE: SignalKind.DEADLINE_OVERDUE,
    }
)

FIRST_STEP: Mapping[SignalKind, str] = MappingProxyType(
    {
        SignalKind.UNEXCUSED_ABSENCES: (
            "Begin met een vraag: hoe gaat het, en wat maakt het lastig om naar de les te komen?"
        ),
        SignalKind.SICKNESS_RATE: ("Begin met een vraag: hoe gaat het, en wat helpt om weer mee te doen?"),
        SignalKind.LESSON_HOURS_REACHED: (
            "Plan een gesprek over de voortgang: wat gaat goed, en wat is nog nodig?"
        ),
        SignalKind.MISSING_REGISTRATIONS: "Vul de presentie van deze les aan.",
        SignalKind.KEY_HANDED_OVER: (
            "Spreek samen af wie wat doet: begeleiding, geldzaken, de school en de inschrijving bij de gemeente."
        ),
        SignalKind.DEADLINE_EARLY: "Kijk wat er nog moet gebeuren en plan het nu in.",
        SignalKind.DEADLINE_DUE: "Rond het vandaag af, of leg vast waarom dat niet lukt.",
        SignalKind.DEADLINE_OVERDUE: ("Leg vast waarom het later wordt en spreek af wanneer het klaar is."),
        SignalKind.UNROUTABLE_SIGNAL: (
            "Kijk of de berichten van de dienst intake aankomen. Het signaal gaat vanzelf naar de"
            " goede gemeente zodra de registratie er is."
        ),
        SignalKind.DELIVERY_FAILED: (
            "Kijk of de mailserver bereikbaar is en bied de bezorging daarna opnieuw aan."
        ),
    }
)
"""What to do first, in plain Dutch. On absence always a question, never a threat.

Source: capability NO-05 (audit report, 2.4 and 6.2.4): a stress-aware first step. None of these
texts names a fine or a sanction; a test reads them all.
"""


# Clocks -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dates:
    """The days of one clock, as its owner computed them. Legal days, Europe/Amsterdam."""

    starts_on: date
    early_on: date
    due_on: date  # the last day that is still in time

    def day_of(self, stage: Stage) -> date:
        """The first day on which a stage has been reached.

        An early day after the due day would turn the order round; it then counts as the due day.
        """
        if stage is Stage.EARLY:
            return min(self.early_on, self.due_on)
        if stage is Stage.DUE:
            return self.due_on
        return self.due_on + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known of one clock, whatever the order in which its events came.

    The owner numbers the events of a clock; the highest number that speaks of a thing decides it.
    Two numbers are kept, since a late `DeadlineSet` may still bring the dates of a clock of which
    only the end is known. Zero means: not heard of.
    """

    dates: Dates | None = None
    set_version: int = 0
    met_on: date | None = None
    withdrawn_reason: str | None = None
    end_version: int = 0

    @property
    def ended(self) -> bool:
        """Whether the last word on this clock is that it was met or withdrawn.

        A clock that is set again after its end runs again: the fact that ended it was corrected
        away. An owner that corrects the dates of a clock that stays met says so again.
        """
        return self.end_version > self.set_version

    def status(self, today: date) -> DeadlineStatus:
        """Where the clock stands on a day."""
        if self.ended:
            return DeadlineStatus.MET if self.met_on is not None else DeadlineStatus.WITHDRAWN
        if self.dates is not None and today > self.dates.due_on:
            return DeadlineStatus.LATE
        return DeadlineStatus.RUNNING

    def late_days(self, today: date) -> int:
        """Days past the due day: until it was met, or until today while it still runs; else 0."""
        if self.dates is None:
            return 0
        status = self.status(today)
        if status is DeadlineStatus.MET and self.met_on is not None:
            return max(0, (self.met_on - self.dates.due_on).days)
        if status is DeadlineStatus.LATE:
            return (today - self.dates.due_on).days
        return 0


def after_set(clock: Clock, dates: Dates, version: int) -> Clock:
    """The clock once its dates were (re)computed; an older or repeated word changes nothing."""
    if version <= clock.set_version:
        return clock
    return replace(clock, dates=dates, set_version=version)


def after_met(clock: Clock, met_on: date, version: int) -> Clock:
    """The clock once what it asked for was done."""
    if version <= clock.end_version:
        return clock
    return replace(clock, met_on=met_on, withdrawn_reason=None, end_version=version)


def after_withdrawn(clock: Clock, reason: str, version: int) -> Clock:
    """The clock once it no longer applies."""
    if version <= clock.end_version:
        return clock
    return replace(clock, met_on=None, withdrawn_reason=reason, end_version=version)


def stages_reached(dates: Dates, today: date) -> tuple[Stage, ...]:
    """The stages whose day has come, in order. Empty before the early day."""
    return tuple(stage for stage in STAGES if dates.day_of(stage) <= today)


def stages_due(clock: Clock, fired: AbstractSet[Stage], today: date) -> tuple[Stage, ...]:
    """The stages that must fire now, in order.

    After a jump of the clock over several stages each of them fires, so that the record is
    complete, but only the last stays open on a work list (see `standing_stage`).

    Args:
        clock: the clock; one that is met, withdrawn or without dates never fires.
        fired: the stages that already fired (or were carried over) for its present due day.
        today: the legal day.

    """
    if clock.ended or clock.dates is None:
        return ()
    return tuple(stage for stage in stages_reached(clock.dates, today) if stage not in fired)


def next_stage_on(clock: Clock, fired: AbstractSet[Stage]) -> date | None:
    """The first day on which the engine must look at this clock again; None for never."""
    if clock.ended or clock.dates is None:
        return None
    days = [clock.dates.day_of(stage) for stage in STAGES if stage not in fired]
    return min(days, default=None)


def carried_over(fired: AbstractSet[Stage], corrected: Dates, today: date) -> frozenset[Stage]:
    """The fired stages that a correction of the dates does not repeat.

    A stage whose day is still to come under the corrected dates is armed again; one whose day has
    come under the old dates and under the new ones was already told.

    Args:
        fired: the stages that fired for the due day before the correction.
        corrected: the dates after it.
        today: the legal day on which the correction arrives.

    """
    return frozenset(stage for stage in fired if corrected.day_of(stage) <= today)


def standing_stage(clock: Clock, fired: AbstractSet[Stage], today: date) -> Stage | None:
    """The one stage that belongs open on a work list: the last that was reached and fired.

    None for a clock that ended, or that has not spoken yet. A person at work sees one signal per
    clock, not three.
    """
    if clock.ended or clock.dates is None:
        return None
    return next((stage for stage in reversed(stages_reached(clock.dates, today)) if stage in fired), None)


# Mail -------------------------------------------------------------------------------------------


def retry_after(
    attempts: int, *, maximum: int, first: timedelta, longest: timedelta, jitter: float
) -> timedelta | None:
    """How long to wait before a mail is tried again; None when it has been tried enough.

    Args:
        attempts: tries so far, 1 or more.
        maximum: tries in all.
        first: the wait after the first try; each later wait is twice as long.
        longest: no wait is longer.
        jitter: 0 to 1; spreads waits over 75 to 100 per cent, so that a mail server that comes
            back is not met by all mails at once.

    """
    if attempts < 1:
        raise ValueError(f"attempts must be 1 or more, got {attempts}")
    if not 0 <= jitter <= 1:
        raise ValueError(f"jitter must be between 0 and 1, got {jitter}")
    if attempts >= maximum:
        return None
    # 2 ** 30 of any sensible first wait is past any sensible longest one: the power stays small.
    doubled = first * float(1 << min(attempts - 1, 30))
    return min(doubled, longest) * (0.75 + 0.25 * jitter)


def digest_due(now: datetime) -> datetime:
    """The instant (UTC) at which the digest that holds a signal of `now` goes out.

    The first 07:00 in Amsterdam after `now`, also on the two days on which the clock is changed.
    """
    local = now.astimezone(AMSTERDAM)
    day = local.date() if local.time() < DIGEST_AT else local.date() + timedelta(days=1)
    return datetime.combine(day, DIGEST_AT, tzinfo=AMSTERDAM).astimezone(UTC)


# Webhooks ---------------------------------------------------------------------------------------

WEBHOOK_FIRST_WAIT = timedelta(seconds=5)
WEBHOOK_LONGEST_WAIT = timedelta(minutes=15)
"""A receiver that comes back after a long outage is found within this time."""

REFUSES_THIS_EVENT = frozenset({400, 413, 415, 422})
"""Answers about one event; every other refusal is about the receiver as a whole."""


def webhook_wait(failures: int, *, jitter: float, asked: timedelta | None = None) -> timedelta:
    """How long to leave a receiver, or one event for it, in peace.

    Args:
        failures: failed tries one after the other, 1 or more.
        jitter: 0 to 1, as in `retry_after`.
        asked: what the receiver asked for in `Retry-After`; it gets that, up to the longest wait.

    """
    doubled = WEBHOOK_FIRST_WAIT * float(1 << min(max(failures, 1) - 1, 30))
    own = min(doubled, WEBHOOK_LONGEST_WAIT) * (0.75 + 0.25 * jitter)
    return own if asked is None else max(own, min(asked, WEBHOOK_LONGEST_WAIT))
