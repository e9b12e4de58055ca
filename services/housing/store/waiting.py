# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who was linked and not housed on a day."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import Household

__all__ = ["not_housed_page"]


async def not_housed_page(
    tx: Tx, *, day: date, gemeentecode: str | None, after: tuple[date, UUID] | None, limit: int
) -> Sequence[Household]:
    """Households that waited for a house on a day, the longest after its last day first."""
    query = (
        select(Household)
        .where(
            col(Household.linked_on) <= day,
            sa.or_(col(Household.housed_on).is_(None), col(Household.housed_on) > day),
            sa.or_(col(Household.unlinked_on).is_(None), col(Household.unlinked_on) > day),
        )
        .order_by(col(Household.house_due_on), col(Household.id))
        .limit(limit)
    )
    if gemeentecode is not None:
        query = query.where(col(Household.gemeentecode) == gemeentecode)
    if after is not None:
        due, id_ = after
        query = query.where(
            sa.tuple_(col(Household.house_due_on), col(Household.id))
            > sa.tuple_(sa.literal(due), sa.literal(id_))
        )
    return await tx.scalars(query)
