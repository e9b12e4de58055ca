# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The table of the places where providers teach."""

from datetime import date
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field

from services.learning_routes.models import SCHEMA, Base

__all__ = ["Location"]


class Location(Base, table=True):
    """A place where a provider gives lessons, and what it teaches there; its gemeente never changes."""

    __tablename__ = "location"
    __table_args__ = (
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="location_days"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    provider_id: UUID = Field(foreign_key=f"{SCHEMA}.provider.id", index=True)
    name: str = Field(sa_type=sa.Text)
    gemeentecode: str = Field(sa_type=sa.String(4))
    central: bool = False
    offers: list[str] = Field(sa_type=sa.ARRAY(sa.Text))
    valid_from: date
    valid_until: date | None = None  # last day
    version: int = 1
