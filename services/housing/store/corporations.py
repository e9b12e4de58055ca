# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Corporations, their rules and what they agreed."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.housing.models import Corporation, CorporationRule, PerformanceAgreement

__all__ = [
    "agreements_page",
    "corporation_of",
    "corporations_page",
    "delivered",
    "lock_corporation",
    "rules_of",
    "rules_on",
]


async def corporations_page(
    tx: Tx, *, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[Corporation]:
    """Corporations by id, maybe those with dwellings in one gemeente."""
    query = select(Corporation).order_by(col(Corporation.id)).limit(limit)
    if gemeentecode is not None:
        query = query.where(
            col(Corporation.gemeentecodes).bool_op("@>")(sa.cast([gemeentecode], sa.ARRAY(sa.String(4))))
        )
    if after is not None:
        query = query.where(col(Corporation.id) > after)
    return await tx.scalars(query)


async def corporation_of(tx: Tx, organisation_id: UUID) -> Corporation | None:
    """The corporation whose people work in this organisation."""
    found: Corporation | None = await tx.scalar(
        select(Corporation).where(col(Corporation.organisation_id) == organisation_id)
    )
    return found


async def lock_corporation(tx: Tx, corporation_id: UUID) -> Corporation | None:
    """The corporation, locked: it owns its rules and agreements."""
    return await tx.get(Corporation, corporation_id, lock=True)


async def rules_of(
    tx: Tx, corporation_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[CorporationRule]:
    """Every rule of a corporation, those of the past included, by id."""
    query = (
        select(CorporationRule)
        .where(col(CorporationRule.corporation_id) == corporation_id)
        .order_by(col(CorporationRule.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(CorporationRule.id) > after)
    return await tx.scalars(query)


async def rules_on(
    tx: Tx, day: date, *, corporation_id: UUID | None = None, gemeentecodes: Sequence[str] = ()
) -> Sequence[CorporationRule]:
    """The rules that hold on a day, of one corporation or of those with dwellings in these gemeenten."""
    query = select(CorporationRule).where(
        col(CorporationRule.valid_from) <= day,
        sa.or_(col(CorporationRule.valid_until).is_(None), col(CorporationRule.valid_until) >= day),
    )
    if corporation_id is not None:
        query = query.where(col(CorporationRule.corporation_id) == corporation_id)
    if gemeentecodes:
        query = query.join(Corporation, col(Corporation.id) == col(CorporationRule.corporation_id)).where(
            col(Corporation.gemeentecodes).op("&&")(sa.cast(list(gemeentecodes), sa.ARRAY(sa.String(4)))),
            sa.or_(
                col(CorporationRule.gemeentecode).is_(None),
                col(CorporationRule.gemeentecode).in_(gemeentecodes),
            ),
        )
    return await tx.scalars(query.order_by(col(CorporationRule.valid_from), col(CorporationRule.id)))


async def agreements_page(
    tx: Tx, *, corporation_id: UUID | None, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[PerformanceAgreement]:
    """Agreements by id."""
    query = select(PerformanceAgreement).order_by(col(PerformanceAgreement.id)).limit(limit)
    if corporation_id is not None:
        query = query.where(col(PerformanceAgreement.corporation_id) == corporation_id)
    if gemeentecode is not None:
        query = query.where(col(PerformanceAgreement.gemeentecode) == gemeentecode)
    if after is not None:
        query = query.where(col(PerformanceAgreement.id) > after)
    return await tx.scalars(query)


async def delivered(tx: Tx, agreements: Sequence[PerformanceAgreement]) -> dict[UUID, int]:
    """How many dwellings were offered under each of these agreements and not taken back; by its id."""
    rows = await tx.rows(
        sa.text(
            "SELECT a.id, count(d.id) AS dwellings FROM performance_agreement a "
            "LEFT JOIN dwelling d ON d.corporation_id = a.corporation_id AND d.gemeentecode = a.gemeentecode "
            "AND d.status <> 'withdrawn' AND extract(year FROM d.offered_on) = a.year "
            "WHERE a.id = ANY (:ids) GROUP BY a.id"
        ),
        {"ids": [row.id for row in agreements]},
    )
    return {row.id: row.dwellings for row in rows}
