# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Providers with their marks, and contracts with their terms."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.learning_routes import rules
from services.learning_routes.models import (
    Contract,
    ContractTerms,
    MarkPeriodRow,
    Provider,
)

__all__ = [
    "contract_for",
    "contracts_page",
    "lock_provider",
    "mark_rows",
    "marks_of",
    "overlapping_contract",
    "provider_in_use",
    "providers_page",
    "terms_of",
    "terms_rows",
]


async def lock_provider(tx: Tx, provider_id: UUID) -> Provider | None:
    """The provider, locked: it owns its marks and its contracts."""
    return await tx.get(Provider, provider_id, lock=True)


async def provider_in_use(tx: Tx, provider_id: UUID) -> bool:
    """Whether a contract, and so maybe a placement or group, hangs on the provider."""
    return bool(
        await tx.scalar(
            sa.text(
                "SELECT EXISTS (SELECT FROM contract WHERE provider_id = :id) "
                "OR EXISTS (SELECT FROM lesson_group WHERE provider_id = :id)"
            ),
            {"id": provider_id},
        )
    )


async def providers_page(
    tx: Tx,
    *,
    leerroute: str | None,
    organisation_id: UUID | None,
    after: tuple[object, ...] | None,
    limit: int,
) -> Sequence[Provider]:
    """Providers by name, after the one that the cursor names."""
    query = select(Provider).order_by(col(Provider.name), col(Provider.id)).limit(limit)
    if leerroute is not None:
        query = query.where(col(Provider.routes).bool_op("@>")(sa.cast([leerroute], sa.ARRAY(sa.Text))))
    if organisation_id is not None:
        query = query.where(col(Provider.organisation_id) == organisation_id)
    if after is not None:
        name, id_ = after
        query = query.where(
            sa.tuple_(col(Provider.name), col(Provider.id)) > sa.tuple_(sa.literal(name), sa.literal(id_))
        )
    return await tx.scalars(query)


async def mark_rows(tx: Tx, provider_ids: Collection[UUID]) -> dict[UUID, list[MarkPeriodRow]]:
    """The marks of these providers, oldest first."""
    found: dict[UUID, list[MarkPeriodRow]] = {id_: [] for id_ in provider_ids}
    rows = await tx.scalars(
        select(MarkPeriodRow)
        .where(col(MarkPeriodRow.provider_id).in_(provider_ids))
        .order_by(col(MarkPeriodRow.valid_from))
    )
    for row in rows:
        found[row.provider_id].append(row)
    return found


def _period(row: MarkPeriodRow) -> rules.MarkPeriod:
    return rules.MarkPeriod(row.valid_from, row.valid_until)


async def marks_of(tx: Tx, provider_ids: Collection[UUID]) -> dict[UUID, list[rules.MarkPeriod]]:
    """The days on which the marks of these providers hold."""
    rows = await mark_rows(tx, provider_ids)
    return {id_: [_period(row) for row in marks] for id_, marks in rows.items()}


async def overlapping_contract(
    tx: Tx, provider_id: UUID, gemeentecodes: Iterable[str], since: date, until: date | None
) -> Contract | None:
    """A contract of the provider that shares a gemeente and a day with these. Lock the provider first."""
    found: Contract | None = await tx.scalar(
        select(Contract)
        .where(
            col(Contract.provider_id) == provider_id,
            col(Contract.gemeentecodes).bool_op("&&")(sa.cast(list(gemeentecodes), sa.ARRAY(sa.String(4)))),
            sa.or_(col(Contract.valid_until).is_(None), col(Contract.valid_until) >= since),
            sa.true() if until is None else col(Contract.valid_from) <= until,
        )
        .limit(1)
    )
    return found


async def contract_for(tx: Tx, provider_id: UUID, gemeentecode: str, day: date) -> Contract | None:
    """The contract with the provider that covers the gemeente and the day."""
    found: Contract | None = await tx.scalar(
        select(Contract).where(
            col(Contract.provider_id) == provider_id,
            col(Contract.gemeentecodes).bool_op("@>")(sa.cast([gemeentecode], sa.ARRAY(sa.String(4)))),
            col(Contract.valid_from) <= day,
            sa.or_(col(Contract.valid_until).is_(None), col(Contract.valid_until) >= day),
        )
    )
    return found


async def contracts_page(
    tx: Tx, *, provider_id: UUID | None, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[Contract]:
    """Contracts that the caller knows, by id."""
    query = select(Contract).order_by(col(Contract.id)).limit(limit)
    if provider_id is not None:
        query = query.where(col(Contract.provider_id) == provider_id)
    if gemeentecode is not None:
        query = query.where(
            col(Contract.gemeentecodes).bool_op("@>")(sa.cast([gemeentecode], sa.ARRAY(sa.String(4))))
        )
    if after is not None:
        query = query.where(col(Contract.id) > after)
    return await tx.scalars(query)


async def terms_rows(tx: Tx, contract_ids: Collection[UUID]) -> dict[UUID, list[ContractTerms]]:
    """The rows of terms of these contracts, oldest first."""
    found: dict[UUID, list[ContractTerms]] = {id_: [] for id_ in contract_ids}
    rows = await tx.scalars(
        select(ContractTerms)
        .where(col(ContractTerms.contract_id).in_(contract_ids))
        .order_by(col(ContractTerms.valid_from))
    )
    for row in rows:
        found[row.contract_id].append(row)
    return found


async def terms_of(tx: Tx, contract_ids: Collection[UUID]) -> dict[UUID, rules.TermsHistory]:
    """The dated terms of these contracts, for judging."""
    rows = await terms_rows(tx, contract_ids)
    return {
        id_: rules.TermsHistory(
            rules.Terms(
                valid_from=row.valid_from,
                unexcused_limit=row.unexcused_limit,
                sickness_percent=row.sickness_percent,
                group_max=row.group_max,
                start=rules.StartTerm(
                    row.start_working_days, row.intake_days, row.start_days, frozenset(row.closed_days)
                ),
                lesson_hours_mark=row.lesson_hours_mark,
                late_entry_months=row.late_entry_months,
            )
            for row in of_contract
        )
        for id_, of_contract in rows.items()
    }
