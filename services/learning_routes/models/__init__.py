# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables of learning routes.

Rows about a person carry the person's responsible gemeente and the taalschool, since row-level
security decides by these two. A move changes the gemeente on all of them (`actions.persons`).
"""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from chassis.tables import chassis_tables

SCHEMA = "learning_routes"

HOURS = sa.Numeric(7, 2)
INSTANT = sa.DateTime(timezone=True)


class Base(SQLModel, registry=registry(metadata=sa.MetaData(schema=SCHEMA))):
    """The base of this service's tables, with metadata of its own."""


metadata = Base.metadata
chassis_tables(metadata, SCHEMA)


def _gemeentecode() -> Any:
    return Field(sa_type=sa.String(4))


class Scope(Base, table=True):
    """The gemeente of each person and placement: decides between "not found" and "no agreement"."""

    __tablename__ = "scope"

    id: UUID = Field(primary_key=True)
    gemeentecode: str = _gemeentecode()


class Inburgeraar(Base, table=True):
    """What this service knows of a person, from intake's events: codes and days, no identity."""

    __tablename__ = "inburgeraar"

    id: UUID = Field(primary_key=True)
    law: str = Field(sa_type=sa.Text)
    group: str = Field(sa_type=sa.Text)
    gemeentecode: str = _gemeentecode()  # responsible
    executing_gemeentecode: str = _gemeentecode()


class Pip(Base, table=True):
    """The PIP in force of a person, from intake's events; it may arrive before the person does."""

    __tablename__ = "pip"

    inburgeraar_id: UUID = Field(primary_key=True)
    pip_version: int
    leerroute: str = Field(sa_type=sa.Text)
    level: str = Field(sa_type=sa.Text)
    first_signed_on: date
    term_ends_on: date


class Provider(Base, table=True):
    """A school that gives lessons. `organisation_id` is the organisation whose people work in it."""

    __tablename__ = "provider"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(sa_type=sa.Text)
    routes: list[str] = Field(sa_type=sa.ARRAY(sa.Text))
    organisation_id: UUID = Field(index=True)
    version: int = 1


class MarkPeriodRow(Base, table=True):
    """Days on which a provider's quality mark or recognition holds."""

    __tablename__ = "mark_period"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    provider_id: UUID = Field(foreign_key=f"{SCHEMA}.provider.id", index=True)
    kind: str = Field(sa_type=sa.Text)
    valid_from: date
    valid_until: date | None = None  # last day
    end_reason: str | None = Field(default=None, sa_type=sa.Text)


class Contract(Base, table=True):
    """What gemeenten agreed with a provider; the terms stand in `ContractTerms`, with dates."""

    __tablename__ = "contract"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    provider_id: UUID = Field(foreign_key=f"{SCHEMA}.provider.id", index=True)
    organisation_id: UUID
    gemeentecodes: list[str] = Field(sa_type=sa.ARRAY(sa.String(4)))
    valid_from: date
    valid_until: date | None = None  # last day
    version: int = 1


class ContractTerms(Base, table=True):
    """The terms of a contract from a day on, until the next row."""

    __tablename__ = "contract_terms"
    __table_args__ = (
        sa.UniqueConstraint("contract_id", "valid_from"),
        sa.CheckConstraint("unexcused_limit >= 1 AND group_max >= 1", name="contract_terms_limits"),
        sa.CheckConstraint(
            "(start_working_days IS NULL) <> (intake_days IS NULL) "
            "AND (intake_days IS NULL) = (start_days IS NULL)",
            name="contract_terms_start",
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    contract_id: UUID = Field(foreign_key=f"{SCHEMA}.contract.id")
    valid_from: date
    unexcused_limit: int  # lessons
    sickness_percent: Decimal = Field(sa_type=sa.Numeric(5, 2))
    group_max: int  # persons
    start_working_days: int | None = None
    intake_days: int | None = None  # calendar days after the referral
    start_days: int | None = None  # calendar days after the intake
    lesson_hours_mark: Decimal | None = Field(default=None, sa_type=HOURS)
    late_entry_months: int
    closed_days: list[date] = Field(default_factory=list, sa_type=sa.ARRAY(sa.Date))


class Placement(Base, table=True):
    """Somebody's place at a provider: from the referral, over the first lesson, to the end.

    The row owns the attendance of the placement: lock it before judging that.
    """

    __tablename__ = "placement"
    __table_args__ = (
        sa.Index(
            "placement_open",
            "inburgeraar_id",
            "provider_id",
            "leerroute",
            unique=True,
            postgresql_where=sa.text("ended_on IS NULL"),
        ),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= referred_on", name="placement_days"),
        sa.Index("placement_reference", "organisation_id", "provider_reference"),
        sa.Index("placement_gemeente", "gemeentecode", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    inburgeraar_id: UUID = Field(foreign_key=f"{SCHEMA}.inburgeraar.id", index=True)
    gemeentecode: str = _gemeentecode()
    provider_id: UUID = Field(foreign_key=f"{SCHEMA}.provider.id", index=True)
    organisation_id: UUID
    contract_id: UUID = Field(foreign_key=f"{SCHEMA}.contract.id", index=True)
    leerroute: str = Field(sa_type=sa.Text)
    payer: str = Field(sa_type=sa.Text)
    provider_reference: str | None = Field(default=None, sa_type=sa.Text)
    referred_on: date
    intake_due_on: date | None = None
    intake_held_on: date | None = None
    start_due_on: date
    started_on: date | None = None
    start_declared: bool = False  # by a person; else it follows the first attended lesson
    overrun_reason: str | None = Field(default=None, sa_type=sa.Text)
    ended_on: date | None = None  # last day
    end_reason: str | None = Field(default=None, sa_type=sa.Text)
    sickness_above: bool = False  # the rate is above the limit and was signalled
    version: int = 1


class WaitingEntry(Base, table=True):
    """Why somebody who was referred waits, from a day until a day."""

    __tablename__ = "waiting_entry"
    __table_args__ = (
        sa.Index(
            "waiting_entry_open",
            "placement_id",
            unique=True,
            postgresql_where=sa.text("until IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    placement_id: UUID = Field(foreign_key=f"{SCHEMA}.placement.id", index=True)
    inburgeraar_id: UUID
    organisation_id: UUID
    gemeentecode: str = _gemeentecode()
    reason: str = Field(sa_type=sa.Text)
    since: date
    until: date | None = None  # last day


class LessonGroup(Base, table=True):
    """A group that has lessons together. The row owns its memberships: lock it before counting.

    Without a first day it began before schools announced their groups; without a last day it goes on.
    """

    __tablename__ = "lesson_group"
    __table_args__ = (
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="lesson_group_days"),
        sa.CheckConstraint("chairs >= 1", name="lesson_group_chairs"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    provider_id: UUID = Field(foreign_key=f"{SCHEMA}.provider.id", index=True)
    organisation_id: UUID = Field(index=True)
    gemeentecode: str = _gemeentecode()  # where the lessons are
    leerroute: str = Field(sa_type=sa.Text)
    level: str = Field(sa_type=sa.Text)
    name: str | None = Field(default=None, sa_type=sa.Text)
    pace: str | None = Field(default=None, sa_type=sa.Text)
    youth: bool = False  # 18 to 23 years
    evening: bool = False
    location_id: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.location.id", index=True)
    small_group: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    starts_on: date | None = None  # first day
    ends_on: date | None = None  # last day
    chairs: int | None = None  # what the school gives; never more than the contract


class Membership(Base, table=True):
    """Somebody's chair in a group, both days included."""

    __tablename__ = "membership"
    __table_args__ = (
        sa.Index(
            "membership_open",
            "group_id",
            "placement_id",
            unique=True,
            postgresql_where=sa.text("until IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    group_id: UUID = Field(foreign_key=f"{SCHEMA}.lesson_group.id", index=True)
    placement_id: UUID = Field(foreign_key=f"{SCHEMA}.placement.id", index=True)
    inburgeraar_id: UUID
    organisation_id: UUID
    gemeentecode: str = _gemeentecode()  # of the person
    level: str = Field(sa_type=sa.Text)
    since: date
    until: date | None = None


class Lesson(Base, table=True):
    """One lesson of a group. Its day and hours never change: cancel it and plan another."""

    __tablename__ = "lesson"
    __table_args__ = (
        sa.Index(
            "lesson_slot",
            "group_id",
            "held_on",
            "day_part",
            unique=True,
            postgresql_where=sa.text("cancelled_at IS NULL"),
        ),
        sa.Index("lesson_day", "organisation_id", "held_on"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    group_id: UUID = Field(foreign_key=f"{SCHEMA}.lesson_group.id", index=True)
    provider_id: UUID = Field(foreign_key=f"{SCHEMA}.provider.id")
    organisation_id: UUID
    gemeentecode: str = _gemeentecode()
    held_on: date
    day_part: str = Field(sa_type=sa.Text)
    starts_at: time  # wall time in Europe/Amsterdam
    ends_at: time
    hours: Decimal = Field(sa_type=HOURS)
    cancelled_at: datetime | None = Field(default=None, sa_type=INSTANT)
    cancel_reason: str | None = Field(default=None, sa_type=sa.Text)


class Attendance(Base, table=True):
    """What the roll call of one lesson says of one placement: the last word; all words are in `AttendanceVersion`."""

    __tablename__ = "attendance"
    __table_args__ = (
        sa.UniqueConstraint("lesson_id", "placement_id", name="attendance_natural_key"),
        sa.CheckConstraint("hours BETWEEN 0 AND lesson_hours", name="attendance_hours"),
        sa.CheckConstraint("status = 'present' OR hours = 0", name="attendance_hours_present"),
        sa.CheckConstraint("status IN ('present', 'excused', 'sick', 'unexcused')", name="attendance_status"),
        sa.Index("attendance_placement_day", "placement_id", "lesson_date"),
        sa.Index("attendance_person_day", "inburgeraar_id", "lesson_date"),
        sa.Index(
            "attendance_unexcused",
            "placement_id",
            postgresql_where=sa.text("status = 'unexcused'"),
        ),
        sa.Index(
            "attendance_absence_signal",
            "absence_signal_id",
            postgresql_where=sa.text("absence_signal_id IS NOT NULL"),
        ),
        sa.Index(
            "attendance_pending",
            "gemeentecode",
            "id",
            postgresql_where=sa.text("approval = 'pending'"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    lesson_id: UUID = Field(foreign_key=f"{SCHEMA}.lesson.id")
    placement_id: UUID = Field(foreign_key=f"{SCHEMA}.placement.id")
    inburgeraar_id: UUID
    provider_id: UUID
    organisation_id: UUID
    gemeentecode: str = _gemeentecode()
    lesson_date: date  # of the lesson, which never changes
    lesson_hours: Decimal = Field(sa_type=HOURS)
    status: str = Field(sa_type=sa.Text)
    hours: Decimal = Field(sa_type=HOURS)  # attended
    reason: str | None = Field(default=None, sa_type=sa.Text)
    approval: str = Field(sa_type=sa.Text)
    external_id: str | None = Field(default=None, sa_type=sa.Text)  # of the school's own system
    absence_signal_id: UUID | None = None  # the signal that holds this absence, if it is not withdrawn
    recorded_at: datetime = Field(sa_type=INSTANT)
    recorded_by: UUID
    version: int = 1


class AttendanceVersion(Base, table=True):
    """Every word that was entered about one attendance, and every decision on it."""

    __tablename__ = "attendance_version"

    attendance_id: UUID = Field(foreign_key=f"{SCHEMA}.attendance.id", primary_key=True)
    version: int = Field(primary_key=True)
    organisation_id: UUID
    gemeentecode: str = _gemeentecode()
    status: str = Field(sa_type=sa.Text)
    hours: Decimal = Field(sa_type=HOURS)
    reason: str | None = Field(default=None, sa_type=sa.Text)
    approval: str = Field(sa_type=sa.Text)
    approval_reason: str | None = Field(default=None, sa_type=sa.Text)
    source: str = Field(sa_type=sa.Text)  # roll-call | batch | file | approval
    recorded_at: datetime = Field(sa_type=INSTANT)
    recorded_by: UUID


class Signal(Base, table=True):
    """A signal that this service raised; handling it belongs to notifications, which tells us."""

    __tablename__ = "signal"
    __table_args__ = (
        sa.Index("signal_placement", "placement_id", "kind"),
        sa.Index(
            "signal_lesson",
            "lesson_id",
            unique=True,
            postgresql_where=sa.text("lesson_id IS NOT NULL AND status <> 'withdrawn'"),
        ),
        sa.Index(
            "signal_lesson_hours",
            "placement_id",
            unique=True,
            postgresql_where=sa.text("kind = 'lesson-hours-reached' AND status <> 'withdrawn'"),
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str = Field(sa_type=sa.Text)
    placement_id: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.placement.id")
    lesson_id: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.lesson.id")
    inburgeraar_id: UUID | None = None
    organisation_id: UUID
    gemeentecode: str = _gemeentecode()
    raised_at: datetime = Field(sa_type=INSTANT)
    raised_on: date
    status: str = Field(sa_type=sa.Text)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    version: int = 1
