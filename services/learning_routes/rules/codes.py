# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The codes of learning routes, as they stand in the API, the events and the tables."""

from enum import StrEnum


class Leerroute(StrEnum):
    """The three routes of the Wet inburgering 2021 (art. 7, 8 and 9)."""

    B1 = "b1"
    ONDERWIJSROUTE = "onderwijsroute"
    Z = "z"


class GroupLevel(StrEnum):
    """The level at which a group or a member works; `alfa` levels precede A0."""

    ALFA_A = "alfa-a"
    ALFA_B = "alfa-b"
    ALFA_C = "alfa-c"
    ALFA = "alfa"  # Leiden keeps one alphabetisation group, without letters
    BRUGKLAS = "brugklas"
    A0 = "a0"
    A1 = "a1"
    A2 = "a2"
    B1 = "b1"
    B2 = "b2"


class Pace(StrEnum):
    """The learning speed of a group, as the schools' speed table has it."""

    FAST = "fast"
    AVERAGE = "average"
    SLOW = "slow"


class DayPart(StrEnum):
    """The part of the day in which a lesson is held."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


class AttendanceStatus(StrEnum):
    """What a roll call says of one person (Besluit inburgering 2021 art. 9.2 lid 4)."""

    PRESENT = "present"
    EXCUSED = "excused"
    SICK = "sick"
    UNEXCUSED = "unexcused"


class Approval(StrEnum):
    """Whether an entry counts: one that came after the window waits for a person's decision."""

    NOT_NEEDED = "not-needed"
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"

    @property
    def counts(self) -> bool:
        """Whether an entry in this state counts in ledgers, figures and signals."""
        return self in {Approval.NOT_NEEDED, Approval.APPROVED}


class Payer(StrEnum):
    """Who pays the lessons of a placement."""

    GEMEENTE = "gemeente"
    INBURGERAAR = "inburgeraar"  # own money or a loan of DUO


class WaitingReason(StrEnum):
    """Why somebody who was referred has no lessons yet."""

    NO_GROUP = "no-group"
    NO_TEACHER = "no-teacher"
    NO_CHILDCARE = "no-childcare"
    PERSON = "person"


class EndReason(StrEnum):
    """Why a placement ended."""

    COMPLETED = "completed"
    MOVED = "moved"
    ROUTE_SWITCHED = "route-switched"
    OTHER_PROVIDER = "other-provider"
    STOPPED = "stopped"
    NEVER_STARTED = "never-started"
    EXEMPTED = "exempted"


class MarkKind(StrEnum):
    """What says that a provider may give inburgering lessons."""

    BLIK_OP_WERK = "blik-op-werk"
    DIPLOMA_RECOGNITION = "diploma-recognition"


class MarkEndReason(StrEnum):
    """Why a quality mark stopped (Besluit inburgering 2021 art. 8.2)."""

    EXPIRED = "expired"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


class SignalKind(StrEnum):
    """The signals of this service."""

    UNEXCUSED_ABSENCES = "unexcused-absences"
    SICKNESS_RATE = "sickness-rate"
    LESSON_HOURS_REACHED = "lesson-hours-reached"
    MISSING_REGISTRATIONS = "missing-registrations"


class SignalStatus(StrEnum):
    """What became of a signal; only an open one (`raised`) can be withdrawn."""

    RAISED = "raised"
    HANDLED = "handled"
    WITHDRAWN = "withdrawn"
