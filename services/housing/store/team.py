# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The weeks for which the team of VluchtelingenWerk announced what it can take."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models.team import TeamCapacity

__all__ = ["announce", "announced"]


async def announce(
    tx: Tx, *, gemeentecode: str, weeks: Sequence[date], moves: int, organisation_id: UUID, by: UUID
) -> None:
    """Write the number of these weeks down; it takes the place of what was announced before."""
    await tx.execute(
        sa.text(
            "INSERT INTO team_capacity (gemeentecode, week, moves, organisation_id, announced_on, announced_by) "
            "SELECT CAST(:code AS varchar), w.week, :moves, :organisation, :on, :by "
            "FROM unnest(CAST(:weeks AS date[])) AS w (week) ON CONFLICT (gemeentecode, week) DO UPDATE SET "
            "moves = excluded.moves, organisation_id = excluded.organisation_id, "
            "announced_on = excluded.announced_on, announced_by = excluded.announced_by"
        ),
        {
            "code": gemeentecode,
            "weeks": list(weeks),
            "moves": moves,
            "organisation": organisation_id,
            "on": tx.today,
            "by": by,
        },
    )


async def announced(tx: Tx, gemeentecode: str, since: date) -> Sequence[TeamCapacity]:
    """What the team announced for the weeks from this Monday on."""
    return await tx.scalars(
        select(TeamCapacity)
        .where(col(TeamCapacity.gemeentecode) == gemeentecode, col(TeamCapacity.week) >= since)
        .order_by(col(TeamCapacity.week))
    )
