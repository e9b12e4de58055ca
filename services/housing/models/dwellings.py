# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Dwellings, who lets them, and under which rules and agreements. None of it is about a person."""

from datetime import date
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field

from services.housing.models.tables import SCHEMA, Base, codes, gemeente, text, text_or_none

__all__ = [
    "Corporation",
    "CorporationRule",
    "Dwelling",
    "FlexProject",
    "PerformanceAgreement",
    "Quarter",
    "UrgencyRule",
]


class Corporation(Base, table=True):
    """A woningcorporatie; `organisation_id` is the organisation whose people work in it."""

    __tablename__ = "corporation"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = text()
    short_name: str | None = text_or_none()  # for tables
    organisation_id: UUID = Field(unique=True)
    gemeentecodes: list[str] = codes(4)
    version: int = 1


class CorporationRule(Base, table=True):
    """A rule of a corporation about whom it lets to, both days included."""

    __tablename__ = "corporation_rule"
    __table_args__ = (
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="corporation_rule_days"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    corporation_id: UUID = Field(foreign_key=f"{SCHEMA}.corporation.id", index=True)
    gemeentecode: str | None = gemeente(default=None)  # None: wherever it has dwellings
    kind: str = text()
    value: int | None = None
    valid_from: date
    valid_until: date | None = None
    source: str = text()
    version: int = 1


class PerformanceAgreement(Base, table=True):
    """How many dwellings a corporation agreed to offer in a year (prestatieafspraak)."""

    __tablename__ = "performance_agreement"
    __table_args__ = (
        sa.UniqueConstraint("corporation_id", "gemeentecode", "year"),
        sa.CheckConstraint("dwellings >= 0", name="performance_agreement_dwellings"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    corporation_id: UUID = Field(foreign_key=f"{SCHEMA}.corporation.id")
    gemeentecode: str = gemeente()
    year: int
    dwellings: int
    source: str = text()
    version: int = 1


class Quarter(Base, table=True):
    """A part of a gemeente, for the spread over it."""

    __tablename__ = "quarter"
    __table_args__ = (sa.UniqueConstraint("gemeentecode", "name"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = gemeente()
    name: str = text()
    x: int = 0  # hm
    y: int = 0  # hm
    school: bool = False  # within reach
    cap: int | None = None  # persons newly housed in a half-year at most; None: no cap
    social_dwellings: int | None = None
    version: int = 1


class FlexProject(Base, table=True):
    """A project of flex or doorstroom dwellings: site, money and permit."""

    __tablename__ = "flex_project"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = gemeente()
    name: str = text()
    site: str = text()
    kind: str = text()  # flex | transit | shared
    places: int  # persons
    status: str = text()
    budget_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    permit_on: date | None = None
    expected_from: date | None = None
    until: date | None = None
    source: str = text()
    version: int = 1


class Dwelling(Base, table=True):
    """A dwelling that is offered. The row owns its matches: lock it before judging them."""

    __tablename__ = "dwelling"
    __table_args__ = (
        sa.CheckConstraint("status IN ('offered', 'matched', 'let', 'withdrawn')", name="dwelling_status"),
        sa.CheckConstraint(
            "rooms >= 1 AND size_m2 >= 1 AND rent_cents >= 0 AND max_stay_months >= 0",
            name="dwelling_numbers",
        ),
        sa.CheckConstraint(
            "min_persons >= 1 AND max_persons >= min_persons AND share_slots >= 0 AND share_min >= 0",
            name="dwelling_persons",
        ),
        sa.Index(
            "dwelling_reference",
            "corporation_id",
            "reference",
            unique=True,
            postgresql_where=sa.text("reference IS NOT NULL"),
        ),
        sa.Index("dwelling_gemeente", "gemeentecode", "status", "id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = gemeente()
    corporation_id: UUID = Field(foreign_key=f"{SCHEMA}.corporation.id", index=True)
    organisation_id: UUID = Field(index=True)  # of the corporation
    quarter_id: UUID = Field(foreign_key=f"{SCHEMA}.quarter.id", index=True)
    project_id: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.flex_project.id")
    reference: str | None = text_or_none()  # of the corporation's own system
    kind: str = text()  # family | studio | shared | flex | transit
    rooms: int
    size_m2: int
    rent_cents: int  # per month
    min_persons: int
    max_persons: int
    accessible: bool = False
    available_from: date
    max_stay_months: int = 0  # 0: permanent
    share_slots: int = 0  # how many singles may share it; 0: none
    share_min: int = 0  # the fewest with whom it is opened
    # Places of sharers who live there on and whose data was destroyed at the end of its term: no match tells of them.
    kept_places: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    kept_group: str | None = text_or_none()  # their share group, a label of a house rule
    rules: list[str] = codes()
    status: str = text()
    offered_on: date
    offered_by: UUID
    withdrawn_on: date | None = None
    withdraw_reason: str | None = text_or_none()
    version: int = 1


class UrgencyRule(Base, table=True):
    """What a gemeente's urgency rule says of status holders and other groups, from a day on."""

    __tablename__ = "urgency_rule"
    __table_args__ = (sa.UniqueConstraint("gemeentecode", "valid_from"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = gemeente()
    status_holders: bool  # whether the rule names them
    priority_groups: list[str] = codes()  # codes of other groups
    explanation: str = text()
    valid_from: date
    source: str = text()
    version: int = 1
