# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Households as the desk knows them: sizes, dates and wishes; never a name, a BSN or an origin."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.housing.models.tables import SCHEMA, Base, gemeente, text, text_or_none

__all__ = ["Consent", "Household", "HouseholdMember", "Inburgeraar", "Reunion", "Scope"]


class Scope(Base, table=True):
    """The gemeente of each person, household and match: decides between "not found" and "no agreement"."""

    __tablename__ = "scope"

    id: UUID = Field(primary_key=True)
    gemeentecode: str = gemeente()


class Inburgeraar(Base, table=True):
    """What this service knows of a person, from intake's events: codes, no identity."""

    __tablename__ = "inburgeraar"

    id: UUID = Field(primary_key=True)
    law: str = text()
    group: str = text()
    gemeentecode: str = gemeente()  # responsible
    executing_gemeentecode: str = gemeente()


class Household(Base, table=True):
    """Who was linked to a gemeente together, and waits for a house.

    The row owns the matches, consents and clocks of the household: lock it before judging them.
    """

    __tablename__ = "household"
    __table_args__ = (
        sa.CheckConstraint("adults >= 0 AND children >= 0 AND adults + children >= 1", name="household_size"),
        sa.CheckConstraint("housed_on IS NULL OR housed_on >= linked_on", name="household_days"),
        sa.CheckConstraint("status IN ('waiting', 'matched', 'housed', 'unlinked')", name="household_status"),
        sa.Index(
            "household_reference",
            "gemeentecode",
            "reference",
            unique=True,
            postgresql_where=sa.text("reference IS NOT NULL AND unlinked_on IS NULL"),
        ),
        sa.Index("household_gemeente", "gemeentecode", "status", "linked_on"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    inburgeraar_id: UUID | None = Field(default=None, index=True)  # the first member that intake knows
    gemeentecode: str = gemeente()  # to which COA linked it
    reference: str | None = text_or_none()  # of TVS
    source: str = text()  # entered | tvs
    linked_on: date
    house_due_on: date
    adults: int
    children: int
    status: str = text()
    rent_max_cents: int | None = None  # per month
    needs_accessible: bool = False
    asks_school: bool = False
    work_x: int | None = None  # hm, of the place of work
    work_y: int | None = None
    family_gemeentecode: str | None = gemeente(default=None)  # where near family lives
    share_group: str | None = text_or_none()  # label of a house rule, set by a case worker
    priority_group: str | None = text_or_none()  # a code of the gemeente's urgency rule
    reception_site_id: UUID | None = None
    housed_on: date | None = None
    housed_gemeentecode: str | None = gemeente(default=None)
    unlinked_on: date | None = None
    unlink_reason: str | None = text_or_none()
    version: int = 1

    @property
    def persons(self) -> int:
        """How many people it is now, without those who are expected."""
        return self.adults + self.children


class HouseholdMember(Base, table=True):
    """One person of a household: whether adult or child, and who it is in the chain once that is known."""

    __tablename__ = "household_member"
    __table_args__ = (
        sa.Index(
            "household_member_person",
            "inburgeraar_id",
            unique=True,
            postgresql_where=sa.text("inburgeraar_id IS NOT NULL AND left_on IS NULL"),
        ),
        sa.CheckConstraint("kind IN ('adult', 'child')", name="household_member_kind"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id", index=True)
    gemeentecode: str = gemeente()
    inburgeraar_id: UUID | None = None
    kind: str = text()
    birth_year: int | None = None
    joined_on: date
    left_on: date | None = None
    by_reunion: bool = False


class Reunion(Base, table=True):
    """Family that is expected to follow (nareis)."""

    __tablename__ = "reunion"
    __table_args__ = (sa.CheckConstraint("persons >= 1", name="reunion_persons"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id", index=True)
    gemeentecode: str = gemeente()
    persons: int
    adults: int = 0  # of the persons
    expected_on: date
    granted_on: date | None = None
    arrived_on: date | None = None
    withdrawn_on: date | None = None
    # Wrong numbers that were mended: what stood before, why, on which day and by whom; the oldest first.
    corrections: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": sa.text("'[]'::jsonb")}
    )
    version: int = 1


class Consent(Base, table=True):
    """What a household agreed to: sharing a dwelling, or living in another gemeente. It can take it back."""

    __tablename__ = "consent"
    __table_args__ = (
        sa.Index(
            "consent_open",
            "household_id",
            "kind",
            sa.text("coalesce(for_gemeentecode, '')"),
            unique=True,
            postgresql_where=sa.text("revoked_on IS NULL"),
        ),
        sa.CheckConstraint("(kind = 'exchange') = (for_gemeentecode IS NOT NULL)", name="consent_kind"),
        sa.CheckConstraint("revoked_on IS NULL OR revoked_on >= given_on", name="consent_days"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    household_id: UUID = Field(foreign_key=f"{SCHEMA}.household.id")
    gemeentecode: str = gemeente()
    kind: str = text()  # exchange | sharing
    for_gemeentecode: str | None = gemeente(default=None)
    given_on: date
    revoked_on: date | None = None
    recorded_by: UUID
