# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where houses and beds are or will be: supply, pipeline, reception sites, the subsidy for large families."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.housing.models.tables import SCHEMA, Base, codes, text, text_or_none

__all__ = [
    "PipelineProject",
    "ReceptionSite",
    "SiteCapacity",
    "SiteDistance",
    "SiteResidents",
    "SubsidyApplication",
    "SubsidyTermsRow",
    "SupplyFact",
]


class SupplyFact(Base, table=True):
    """The supply of social rent in a gemeente in a year."""

    __tablename__ = "supply_fact"
    __table_args__ = (
        sa.CheckConstraint("mutations >= 0", name="supply_fact_mutations"),
        sa.CheckConstraint("social_dwellings <= dwellings", name="supply_fact_share"),
    )

    gemeentecode: str = Field(sa_type=sa.String(4), primary_key=True)
    year: int = Field(primary_key=True)
    mutations: int  # social rent dwellings that became free
    social_dwellings: int | None = None
    dwellings: int | None = None  # of all kinds
    source: str = text()
    version: int = 1


class PipelineProject(Base, table=True):
    """Dwellings to come, with the places for statushouders and the chance that they come in time."""

    __tablename__ = "pipeline_project"
    __table_args__ = (
        sa.CheckConstraint("probability_percent BETWEEN 0 AND 100", name="pipeline_project_probability"),
        sa.CheckConstraint("social_percent BETWEEN 0 AND 100", name="pipeline_project_social"),
        sa.CheckConstraint("places >= 0 AND dwellings >= 0", name="pipeline_project_counts"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = Field(sa_type=sa.String(4), index=True)
    name: str = text()
    kind: str = text()
    stage: str = text()
    dwellings: int
    social_percent: int
    places: int  # persons
    probability_percent: int
    ready_on: date
    source: str = text()
    version: int = 1


class ReceptionSite(Base, table=True):
    """A reception site: who it is for, until when, and in what state the building is."""

    __tablename__ = "reception_site"
    __table_args__ = (
        sa.CheckConstraint("closes_on IS NULL OR closes_on >= opens_on", name="reception_site_days"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = text()
    kind: str = text()
    gemeentecode: str = Field(sa_type=sa.String(4), index=True)  # where it is
    linked_gemeentecodes: list[str] = codes(4)  # whose people stay there
    opens_on: date
    closes_on: date | None = None  # last day of the agreement
    statushouders_percent: int | None = None  # of an azc: about how many of the residents
    building_dated: bool = False  # in need of renovation
    building_noted_on: date | None = None
    building_note: str | None = text_or_none()
    source: str = text()
    version: int = 1


class SiteCapacity(Base, table=True):
    """Places of a site from a day on."""

    __tablename__ = "site_capacity"
    __table_args__ = (sa.CheckConstraint("places >= 0", name="site_capacity_places"),)

    site_id: UUID = Field(foreign_key=f"{SCHEMA}.reception_site.id", primary_key=True)
    places_for: str = Field(sa_type=sa.Text, primary_key=True)
    since: date = Field(primary_key=True)
    places: int


class SiteResidents(Base, table=True):
    """How many people in a site are linked to a gemeente, counted on a day."""

    __tablename__ = "site_residents"
    __table_args__ = (sa.CheckConstraint("persons >= 0", name="site_residents_persons"),)

    site_id: UUID = Field(foreign_key=f"{SCHEMA}.reception_site.id", primary_key=True)
    gemeentecode: str = Field(sa_type=sa.String(4), primary_key=True)
    counted_on: date = Field(primary_key=True)
    persons: int


class SiteDistance(Base, table=True):
    """How far a site is from the gemeente where somebody will live."""

    __tablename__ = "site_distance"
    __table_args__ = (
        sa.CheckConstraint("distance_km >= 0 AND travel_minutes >= 0", name="site_distance_far"),
    )

    site_id: UUID = Field(foreign_key=f"{SCHEMA}.reception_site.id", primary_key=True)
    gemeentecode: str = Field(sa_type=sa.String(4), primary_key=True)
    distance_km: int
    travel_minutes: int | None = None  # by public transport


class SubsidyTermsRow(Base, table=True):
    """The terms of the subsidy for large families from a day on (`rules.large_families`)."""

    __tablename__ = "subsidy_terms"

    since: date = Field(primary_key=True)
    kinds: list[str] = codes()
    least_persons: int
    ceilings: list[dict[str, int]] = Field(default_factory=list, sa_type=JSONB)  # fromPersons, cents
    source: str = text()
    recorded_by: UUID


class SubsidyApplication(Base, table=True):
    """An estimate for a home of a large family, and what became of the application. Names no family."""

    __tablename__ = "subsidy_application"
    __table_args__ = (
        sa.CheckConstraint("persons >= 1 AND lead_months >= 0", name="subsidy_application_counts"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    gemeentecode: str = Field(sa_type=sa.String(4), index=True)
    title: str = text()
    persons: int
    costs: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)  # kind, cents
    applied_on: date  # or the day on which it is to be sent
    lead_months: int
    status: str = text()  # draft | sent | granted | refused | withdrawn
    granted_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    version: int = 1
