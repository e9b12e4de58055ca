# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the team of VluchtelingenWerk can take, week by week."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from services.housing.models.tables import Base

__all__ = ["TeamCapacity"]


class TeamCapacity(Base, table=True):
    """The moves that the team can accompany in one week of a gemeente: its last word."""

    __tablename__ = "team_capacity"
    __table_args__ = (
        sa.CheckConstraint("moves >= 0", name="team_capacity_moves"),
        sa.CheckConstraint("extract(isodow FROM week) = 1", name="team_capacity_monday"),
    )

    gemeentecode: str = Field(sa_type=sa.String(4), primary_key=True)
    week: date = Field(primary_key=True)  # its Monday
    moves: int
    organisation_id: UUID  # that announced it
    announced_on: date
    announced_by: UUID
