# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What learning_routes publishes."""

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from contracts import deadlines
from contracts.event import Event
from contracts.intake import Leerroute

SignalKind = Literal["unexcused-absences", "sickness-rate", "lesson-hours-reached", "missing-registrations"]


class PlacementMade(Event):
    """A person was referred to a taalschool. Read by: intake (who may see the name), insight."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.placement-made.v1"

    placement_id: UUID
    inburgeraar_id: UUID
    provider_id: UUID
    organisation_id: UUID  # the taalschool
    leerroute: Leerroute
    referred_on: date
    start_due_on: date


class PlacementStarted(Event):
    """The first lesson was held. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.placement-started.v1"

    placement_id: UUID
    inburgeraar_id: UUID
    started_on: date


class PlacementStartWithdrawn(Event):
    """The lesson that counted as the first was a mistake: the person still waits. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.placement-start-withdrawn.v1"

    placement_id: UUID
    inburgeraar_id: UUID


class PlacementEnded(Event):
    """A placement ended. Read by: intake (the taalschool loses its look), insight."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.placement-ended.v1"

    placement_id: UUID
    inburgeraar_id: UUID
    organisation_id: UUID
    ended_on: date
    end_reason: str  # a code, kebab case


class AttendanceRecorded(Event):
    """One attendance was recorded or corrected; carries its whole state. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.attendance-recorded.v1"

    attendance_id: UUID
    placement_id: UUID
    inburgeraar_id: UUID
    provider_id: UUID
    lesson_id: UUID
    lesson_date: date
    status: Literal["present", "excused", "sick", "unexcused"]
    hours: Decimal
    approval: Literal["not-needed", "pending", "approved", "refused"]


class MissedLesson(BaseModel):
    """One lesson in an absence signal."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    lesson_id: UUID
    date: date  # calendar day in Europe/Amsterdam


class AbsenceSignalRaised(Event):
    """Lessons were missed without excuse and somebody should talk to the person.

    Carries ids and days only: no name, no BSN, no reason for the absence.
    Read by: notifications.
    """

    type: ClassVar[str] = "nl.inburgering.learning-routes.absence-signal-raised.v1"

    signal_id: UUID
    inburgeraar_id: UUID
    placement_id: UUID
    organisation_id: UUID  # the taalschool
    lessons: tuple[MissedLesson, ...]  # oldest first
    limit: int
    rule: str  # where the limit stands, for people


class SicknessSignalRaised(Event):
    """The share of sick hours passed the limit of the contract. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.sickness-signal-raised.v1"

    signal_id: UUID
    inburgeraar_id: UUID
    placement_id: UUID
    organisation_id: UUID
    sick_hours: Decimal
    registered_hours: Decimal
    percent: Decimal  # one decimal
    limit_percent: Decimal
    from_day: date
    until_day: date
    rule: str


class LessonHoursReached(Event):
    """The attended hours passed a mark: time for the evaluation. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.lesson-hours-reached.v1"

    signal_id: UUID
    inburgeraar_id: UUID
    placement_id: UUID
    organisation_id: UUID
    attended_hours: Decimal
    mark: Decimal
    reached_on: date
    rule: str


class RegistrationsMissing(Event):
    """A lesson was held and its roll call is not complete. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.registrations-missing.v1"
    key: ClassVar[str] = "lesson_id"

    signal_id: UUID
    lesson_id: UUID
    group_id: UUID
    organisation_id: UUID
    lesson_date: date
    missing: int  # persons without a registration
    rule: str


class SignalWithdrawn(Event):
    """A correction took the facts of a signal away. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.signal-withdrawn.v1"
    key: ClassVar[str] = "subject_id"

    signal_id: UUID
    subject_id: UUID  # the ordering key of the signal: the inburgeraar, or the lesson
    kind: SignalKind
    reason: str  # a code, kebab case


class LearningRoutesDeadlineSet(deadlines.DeadlineSet):
    """A clock of learning-routes started or was corrected. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.deadline-set.v1"


class LearningRoutesDeadlineMet(deadlines.DeadlineMet):
    """A clock of learning-routes was met. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.deadline-met.v1"


class LearningRoutesDeadlineWithdrawn(deadlines.DeadlineWithdrawn):
    """A clock of learning-routes no longer applies. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.learning-routes.deadline-withdrawn.v1"
