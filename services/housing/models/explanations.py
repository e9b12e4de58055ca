# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a search was asked, kept for a while, and why a pair was not proposed."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.housing.models.tables import SCHEMA, Base, text

__all__ = ["Explanation", "SearchInput"]


class SearchInput(Base, table=True):
    """The neutral instance of a search and its answer, so that a question about it can be computed later.

    It goes after a term, and at once when a household that is in it is destroyed.
    """

    __tablename__ = "search_input"

    run_id: UUID = Field(primary_key=True, foreign_key=f"{SCHEMA}.proposal_run.id")
    document: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # as the optimiser reads it
    options: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)  # pins, bans, most exchanges
    regions: list[Any] = Field(default_factory=list, sa_type=JSONB)  # the answer, part by part
    household_ids: list[UUID] = Field(default_factory=list, sa_type=sa.ARRAY(sa.Uuid()))
    kept_until: date = Field(index=True)  # last day


class Explanation(Base, table=True):
    """Why a search did not propose a pair. The same question twice is one row."""

    __tablename__ = "explanation"
    __table_args__ = (sa.UniqueConstraint("run_id", "household_id", "dwelling_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    run_id: UUID = Field(foreign_key=f"{SCHEMA}.proposal_run.id", ondelete="CASCADE")
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id", index=True, ondelete="CASCADE")
    dwelling_id: UUID = Field(foreign_key=f"{SCHEMA}.dwelling.id")
    asked_on: date
    asked_by: UUID
    status: str = text()  # computing | done | failed
    job_id: UUID | None = None
    answer: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    others: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSONB
    )  # households that lose, pins that clash
    other_ids: list[UUID] = Field(default_factory=list, sa_type=sa.ARRAY(sa.Uuid()))  # households in `others`
