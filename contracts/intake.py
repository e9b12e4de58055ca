# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What intake publishes."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from contracts import deadlines
from contracts.event import Event

Law = Literal["wi2013", "wi2021"]
Group = Literal["statushouder", "gezinsmigrant", "overig"]
Leerroute = Literal["b1", "onderwijsroute", "z"]


class InburgeraarState(Event):
    """Who the inburgeraar is to the chain: codes and days, no identity.

    Carries the whole state, so a reader applies the highest aggregate version and no other.
    """

    inburgeraar_id: UUID
    law: Law
    group: Group
    permit_type: Literal["asiel", "afgeleid-asiel", "regulier-bij-asiel", "regulier"]
    obliged_on: date
    responsible_gemeentecode: str
    executing_gemeentecode: str


class InburgeraarRegistered(InburgeraarState):
    """A person was registered. Read by: learning-routes, notifications, insight."""

    type: ClassVar[str] = "nl.inburgering.intake.inburgeraar-registered.v1"


class InburgeraarCorrected(InburgeraarState):
    """A fact about a person was corrected. Read by: as registered."""

    type: ClassVar[str] = "nl.inburgering.intake.inburgeraar-corrected.v1"


class InburgeraarMoved(InburgeraarState):
    """A person moved to another gemeente. Read by: as registered."""

    type: ClassVar[str] = "nl.inburgering.intake.inburgeraar-moved.v1"


class LeadAssigned(Event):
    """The one lead consulent of a person changed. Read by: notifications, learning-routes."""

    type: ClassVar[str] = "nl.inburgering.intake.lead-assigned.v1"

    inburgeraar_id: UUID
    member_id: UUID | None  # None: no lead, the work goes to the open list of the executing gemeente


class PipSigned(Event):
    """A PIP was signed or amended. Read by: learning-routes, insight."""

    type: ClassVar[str] = "nl.inburgering.intake.pip-signed.v1"

    inburgeraar_id: UUID
    pip_id: UUID
    pip_version: int  # 1 is the first decision
    signed_on: date
    first_signed_on: date  # dagtekening of the first PIP: the term hangs on this one
    on_time: bool
    leerroute: Leerroute
    level: Literal["a1", "a2", "b1", "b2"]
    term_starts_on: date
    term_ends_on: date


class DutyEnded(Event):
    """The duty of a person ended, or the day or the manner of its end was corrected. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.intake.duty-ended.v1"

    inburgeraar_id: UUID
    ended_on: date
    manner: Literal["met", "exempt", "dispensation", "left", "died"]


class DutyEndWithdrawn(Event):
    """The duty of a person did not end after all. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.intake.duty-end-withdrawn.v1"

    inburgeraar_id: UUID


class PersonDestruction(Event):
    """Data about a person must go: every service destroys what it holds of the person."""

    inburgeraar_id: UUID
    rule: str  # code of the term, for example `dossier-five-years`
    article: str  # where the term stands, for people
    decided_on: date


class InburgeraarReduced(PersonDestruction):
    """Of a person only the short list is left, with intake. Read by: all services, which keep nothing."""

    type: ClassVar[str] = "nl.inburgering.intake.inburgeraar-reduced.v1"


class InburgeraarDestroyed(PersonDestruction):
    """Nothing of a person is left. Read by: all services."""

    type: ClassVar[str] = "nl.inburgering.intake.inburgeraar-destroyed.v1"


class IntakeDeadlineSet(deadlines.DeadlineSet):
    """A clock of intake started or was corrected. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.intake.deadline-set.v1"


class IntakeDeadlineMet(deadlines.DeadlineMet):
    """A clock of intake was met. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.intake.deadline-met.v1"


class IntakeDeadlineWithdrawn(deadlines.DeadlineWithdrawn):
    """A clock of intake no longer applies. Read by: notifications."""

    type: ClassVar[str] = "nl.inburgering.intake.deadline-withdrawn.v1"
