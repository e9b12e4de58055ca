# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Searches for matches: what was asked, what came out, and what people pinned or ruled out before."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.housing.models.tables import INSTANT, SCHEMA, Base, codes, gemeente, text, text_or_none

__all__ = ["Pin", "Proposal", "ProposalRun"]


class Pin(Base, table=True):
    """A person's word to the search, with an end: this pair must be, this pair must not, this one waits."""

    __tablename__ = "pin"
    __table_args__ = (
        sa.CheckConstraint("(kind = 'hold') = (dwelling_id IS NULL)", name="pin_pair"),
        sa.CheckConstraint("expires_on >= set_on", name="pin_days"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str = text()  # pin | ban | hold
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id", index=True)
    dwelling_id: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.dwelling.id")
    gemeentecode: str = gemeente()
    reason: str = text()
    set_on: date
    set_by: UUID
    expires_on: date  # last day
    lifted_on: date | None = None


class ProposalRun(Base, table=True):
    """One search: its input as a digest, its options, and how good the answer is proven to be."""

    __tablename__ = "proposal_run"
    __table_args__ = (
        # One at a time per scope: the row is there from the request to the end of the job.
        sa.Index(
            "proposal_run_one",
            "scope",
            unique=True,
            postgresql_where=sa.text("status IN ('queued', 'running')"),
        ),
        sa.Index("proposal_run_ended", "finished_at", "id"),
    )

    id: UUID = Field(primary_key=True)  # of the job
    organisation_id: UUID = Field(index=True)
    gemeentecodes: list[str] = codes(4)
    scope: str = text()  # the gemeentecodes in order, one text
    status: str = text()  # queued | running | done | cancelled | failed
    requested_on: date
    requested_by: UUID
    options: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    input_digest: str | None = text_or_none()  # SHA-256 of the neutral instance
    outcome: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # objective, bounds, gap, seconds
    finished_at: datetime | None = Field(default=None, sa_type=INSTANT)


class Proposal(Base, table=True):
    """One pair that a search proposes to the proposer, with its reasons. It decides nothing."""

    __tablename__ = "proposal"
    __table_args__ = (sa.UniqueConstraint("run_id", "household_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    run_id: UUID = Field(foreign_key=f"{SCHEMA}.proposal_run.id")
    rank: int
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id", index=True)
    dwelling_id: UUID = Field(foreign_key=f"{SCHEMA}.dwelling.id")
    gemeentecode: str = gemeente()
    dwelling_gemeentecode: str = gemeente()
    persons: int
    score: int
    urgency: int
    reasons: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    alternatives: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    status: str = text()  # open | sent | set-aside
    set_aside_reason: str | None = text_or_none()
