# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What goes in and out over HTTP about a PIP. Everything here is public: people read the descriptions."""

from uuid import UUID

from pydantic import Field

from chassis.web import Count, Day, DayOrNone, Hours, HoursOrNone, Instant, Schema
from services.intake.api.fields import Amended, Goal, Participation, Text
from services.intake.rules.pip import Leerroute, Level

__all__ = ["PipIn", "PipOut", "PipSummary", "TermOut"]


class PipSummary(Schema):
    """The PIP in force."""

    id: UUID
    version: int
    signed_on: Day
    first_signed_on: Day
    on_time: bool
    leerroute: Leerroute
    level: Level


class TermOut(Schema):
    """The inburgeringstermijn, first and last day included."""

    starts_on: Day
    ends_on: Day


class PipIn(Schema):
    """A PIP to sign."""

    signed_on: Day = Field(description="Dagtekening. De termijn begint de dag na de eerste.")
    leerroute: Leerroute
    level: Level
    pvt_hours: Hours
    map_hours: Hours
    participation: Participation
    talks_planned: Count = Field(description="Aantal voortgangsgesprekken in de termijn.")
    goals: list[Goal] = Field(max_length=20, description="Eigen doelen van de inburgeraar.")
    amends: Amended = Field(default=None, description="Versie, of id, van het PIP dat wordt gewijzigd.")
    delay_reason: Text | None = Field(default=None, description="Verplicht als het PIP te laat is.")
    route_hours: HoursOrNone = Field(
        default=None, description="Intensiteit van de leerroute; alleen voor de asielgroep."
    )
    guidance: Text | None = Field(
        default=None, description="Ondersteuning en begeleiding die de gemeente biedt."
    )


class PipOut(Schema):
    """One version of the PIP."""

    id: UUID
    inburgeraar_id: UUID
    version: int
    amends: UUID | None
    signed_on: Day
    first_signed_on: Day
    signed_by: UUID
    due_on: DayOrNone = Field(
        description="Laatste dag waarop het PIP op tijd was; leeg als er geen termijn liep."
    )
    on_time: bool
    delay_reason: str | None
    leerroute: Leerroute
    level: Level
    pvt_hours: Hours
    map_hours: Hours
    route_hours: HoursOrNone
    participation: Participation
    participation_hours: Hours = Field(description="Uren van het participatiedeel die de wet vraagt.")
    talks_planned: int
    goals: list[str]
    guidance: str | None
    term_starts_on: Day
    term_ends_on: Day
    warnings: list[str] = Field(description="Wat mag, en toch goed is om te weten.")
    responsible_gemeentecode: str
    executing_gemeentecode: str
    legal_basis: str
    rule_version: str
    recorded_at: Instant
