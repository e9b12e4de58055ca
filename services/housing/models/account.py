# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The facts of the account: targets with their versions, history, corrections, and how the law stands.

A fact is never changed or removed: what turns out otherwise is a later version or a correction.
"""

from datetime import date, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field

from services.housing.models.tables import INSTANT, SCHEMA, Base, codes, gemeente, text, text_or_none

__all__ = [
    "AccountCorrection",
    "AnnualFigure",
    "Inhabitants",
    "LawSwitchRow",
    "NationalTarget",
    "TargetSwap",
    "TargetSwapParty",
    "TargetVersion",
]


class NationalTarget(Base, table=True):
    """The persons to be housed in the country in a half-year, as published; a revision is another row."""

    __tablename__ = "national_target"
    __table_args__ = (
        sa.UniqueConstraint("half_year", "published_on"),
        sa.CheckConstraint("persons >= 0", name="national_target_persons"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    half_year: str = text()  # as 2025-1
    persons: int
    published_on: date
    reason: str | None = text_or_none()
    recorded_at: datetime = Field(sa_type=INSTANT)
    recorded_by: UUID


class Inhabitants(Base, table=True):
    """Inhabitants on a 1 January, of a gemeente by its code or of the country as `NL` (CBS)."""

    __tablename__ = "inhabitants"
    __table_args__ = (sa.CheckConstraint("persons >= 0", name="inhabitants_persons"),)

    area: str = Field(sa_type=sa.String(4), primary_key=True)
    counted_on: date = Field(primary_key=True)
    persons: int
    source: str = text()


class TargetVersion(Base, table=True):
    """The target of a gemeente for a half-year, as published on a day; the latest published one counts."""

    __tablename__ = "target_version"
    __table_args__ = (
        sa.CheckConstraint("persons >= 0", name="target_version_persons"),
        sa.Index("target_version_gemeente", "gemeentecode", "half_year", "published_on", "number"),
        sa.UniqueConstraint("gemeentecode", "half_year", "number"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = gemeente()
    half_year: str = text()
    number: int  # 1 is the first word on this half-year
    persons: int
    published_on: date
    source: str = text()  # entered | national
    reason: str | None = text_or_none()  # why a closed half-year was changed
    recorded_at: datetime = Field(sa_type=INSTANT)
    recorded_by: UUID


class AnnualFigure(Base, table=True):
    """A year before the platform, as a table of others has it, contradictions included."""

    __tablename__ = "annual_figure"
    __table_args__ = (
        sa.CheckConstraint("target >= 0 AND housed >= 0", name="annual_figure_persons"),
        sa.CheckConstraint("through >= make_date(year, 1, 1)", name="annual_figure_through"),
    )

    gemeentecode: str = Field(sa_type=sa.String(4), primary_key=True)
    year: int = Field(primary_key=True)
    opening: int  # printed stand on 1 January
    target: int
    total: int  # printed
    housed: int
    through: date  # last day that the figure of the housed covers
    source: str = text()
    recorded_at: datetime = Field(sa_type=INSTANT)
    recorded_by: UUID


class AccountCorrection(Base, table=True):
    """What somebody corrected in the account, with the day from which it counts and why."""

    __tablename__ = "account_correction"
    __table_args__ = (
        sa.CheckConstraint("persons <> 0", name="account_correction_persons"),
        sa.Index("account_correction_gemeente", "gemeentecode", "counts_from"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = gemeente()
    counts_from: date
    persons: int  # added to what is behind; below zero: taken off
    kind: str = text()  # entered | opening-differs
    reason: str = text()
    recorded_at: datetime = Field(sa_type=INSTANT)
    recorded_by: UUID


class TargetSwap(Base, table=True):
    """Gemeenten jointly change their targets of a half-year; it counts once all of them agreed."""

    __tablename__ = "target_swap"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    half_year: str = text()
    gemeentecodes: list[str] = codes(4)  # of the parties
    reason: str = text()
    proposed_on: date
    proposed_by: UUID
    settled_on: date | None = None  # the day from which it counts
    withdrawn_on: date | None = None
    version: int = 1


class TargetSwapParty(Base, table=True):
    """What a swap does to the target of one gemeente, and its agreement."""

    __tablename__ = "target_swap_party"
    __table_args__ = (sa.CheckConstraint('"after" >= 0', name="target_swap_party_after"),)

    swap_id: UUID = Field(foreign_key=f"{SCHEMA}.target_swap.id", primary_key=True)
    gemeentecode: str = Field(sa_type=sa.String(4), primary_key=True)
    before: int  # persons, when it was proposed
    after: int
    agreed_on: date | None = None
    agreed_by: UUID | None = None


class LawSwitchRow(Base, table=True):
    """How a part of housing law stands from a day on (`rules.law`)."""

    __tablename__ = "law_switch"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    switch: str = text()
    since: date
    in_force: bool
    source: str = text()
    recorded_at: datetime = Field(sa_type=INSTANT)
    recorded_by: UUID
