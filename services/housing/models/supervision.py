# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What goes between a gemeente and the Province: steps of the ladder, letters, plans with measures."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.housing.models.tables import INSTANT, SCHEMA, Base, gemeente, text, text_or_none

__all__ = [
    "ActionPlan",
    "ForecastRow",
    "LadderLetter",
    "LadderStep",
    "MeasureResult",
    "PlanMeasure",
]


class LadderStep(Base, table=True):
    """A step of the interventieladder that the Province took, as a person recorded it."""

    __tablename__ = "ladder_step"
    __table_args__ = (
        sa.UniqueConstraint("gemeentecode", "since"),
        sa.CheckConstraint("due_on IS NULL OR due_on >= since", name="ladder_step_due"),
        sa.CheckConstraint(
            "prolonged_until IS NULL OR prolonged_until >= since", name="ladder_step_prolonged"
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = gemeente()
    step: str = text()
    since: date
    due_on: date | None = None  # of the letter
    prolonged_until: date | None = None
    prolonged_reason: str | None = text_or_none()
    reason: str = text()
    proposed_step: str = text()  # what the facts proposed when it was recorded
    misses: int  # consecutive missed half-years then
    recorded_at: datetime = Field(sa_type=INSTANT)
    recorded_by: UUID
    version: int = 1


class LadderLetter(Base, table=True):
    """A letter of the Province, with the day by which it asks an answer. The letter itself stays in the archive."""

    __tablename__ = "ladder_letter"
    __table_args__ = (
        sa.UniqueConstraint("gemeentecode", "reference"),
        sa.CheckConstraint("answered_on IS NULL OR answered_on >= sent_on", name="ladder_letter_days"),
        sa.Index("ladder_letter_gemeente", "gemeentecode", "sent_on", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = gemeente()
    kind: str = text()
    reference: str = text()  # of the archive
    sent_on: date
    quarter: str | None = text_or_none()  # as 2024-4, of the quarterly letter
    step_id: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.ladder_step.id")
    answer_due_on: date | None = None
    answered_on: date | None = None
    recorded_by: UUID
    version: int = 1


class ActionPlan(Base, table=True):
    """A plan of a gemeente to make up its arrears."""

    __tablename__ = "action_plan"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = Field(sa_type=sa.String(4), index=True)
    title: str = text()
    status: str = text()  # draft | adopted | sent | closed
    drawn_up_on: date
    adopted_on: date | None = None
    sent_on: date | None = None
    version: int = 1


class PlanMeasure(Base, table=True):
    """A measure of a plan, with who sees to it and how many persons it is to house by when."""

    __tablename__ = "plan_measure"
    __table_args__ = (
        sa.CheckConstraint("expected >= 0", name="plan_measure_expected"),
        sa.CheckConstraint("probability_percent BETWEEN 0 AND 100", name="plan_measure_probability"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    plan_id: UUID = Field(foreign_key=f"{SCHEMA}.action_plan.id", index=True)
    gemeentecode: str = gemeente()
    kind: str = text()
    title: str = text()
    owner: str = text()  # a function or a party, no name
    status: str = text()
    expected: int  # persons
    expected_by: date
    probability_percent: int = 100
    version: int = 1


class MeasureResult(Base, table=True):
    """Persons that a measure housed, from a day on. They are in the account already; here they are the measure's."""

    __tablename__ = "measure_result"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    measure_id: UUID = Field(foreign_key=f"{SCHEMA}.plan_measure.id", index=True)
    gemeentecode: str = gemeente()
    counts_from: date
    persons: int  # below zero in a correction
    note: str | None = text_or_none()
    recorded_by: UUID


class ForecastRow(Base, table=True):
    """A forecast with the assumptions that it rests on; the curves are computed from them."""

    __tablename__ = "forecast"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = Field(sa_type=sa.String(4), index=True)
    title: str = text()
    made_on: date
    made_by: UUID
    assumptions: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
