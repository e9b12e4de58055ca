# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The table of the clocks of placements."""

from datetime import date
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field

from services.learning_routes.models import SCHEMA, Base

__all__ = ["Deadline"]


class Deadline(Base, table=True):
    """A clock of a placement, as it was last published."""

    __tablename__ = "deadline"
    __table_args__ = (sa.UniqueConstraint("placement_id", "rule"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    placement_id: UUID = Field(foreign_key=f"{SCHEMA}.placement.id")
    rule: str = Field(sa_type=sa.Text)
    article: str = Field(sa_type=sa.Text)  # where the rule stands, for people
    inburgeraar_id: UUID
    organisation_id: UUID
    gemeentecode: str = Field(sa_type=sa.String(4))
    starts_on: date
    due_on: date  # last day that is still in time
    status: str = Field(sa_type=sa.Text)  # running | met | withdrawn
    met_on: date | None = None
    version: int = 1
