# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Exchanges between gemeenten, and the households that go with them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import Exchange, ExchangeHousehold

__all__ = ["exchanges_page", "households_in", "lock_exchange", "open_exchange_of"]


async def lock_exchange(tx: Tx, exchange_id: UUID) -> Exchange | None:
    """The exchange, locked: it owns its households until it is settled."""
    return await tx.get(Exchange, exchange_id, lock=True)


async def exchanges_page(
    tx: Tx, *, gemeentecode: str | None, status: str | None, after: UUID | None, limit: int
) -> Sequence[Exchange]:
    """Exchanges by id, maybe those of one gemeente."""
    query = select(Exchange).order_by(col(Exchange.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(
            sa.or_(
                col(Exchange.first_gemeentecode) == gemeentecode,
                col(Exchange.second_gemeentecode) == gemeentecode,
            )
        )
    if status is not None:
        query = query.where(col(Exchange.status) == status)
    if after is not None:
        query = query.where(col(Exchange.id) > after)
    return await tx.scalars(query)


async def households_in(tx: Tx, exchange_ids: Collection[UUID]) -> Mapping[UUID, list[ExchangeHousehold]]:
    """The households of these exchanges that the caller may see."""
    found: dict[UUID, list[ExchangeHousehold]] = defaultdict(list)
    for row in await tx.scalars(
        select(ExchangeHousehold)
        .where(col(ExchangeHousehold.exchange_id).in_(exchange_ids))
        .order_by(col(ExchangeHousehold.household_id))
    ):
        found[row.exchange_id].append(row)
    return found


async def open_exchange_of(tx: Tx, household_id: UUID) -> UUID | None:
    """The exchange that is not settled yet in which a household is."""
    found: UUID | None = await tx.scalar(
        select(Exchange.id)
        .join(ExchangeHousehold, col(ExchangeHousehold.exchange_id) == col(Exchange.id))
        .where(col(ExchangeHousehold.household_id) == household_id, col(Exchange.status) == "proposed")
    )
    return found
