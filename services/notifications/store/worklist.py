# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL for what people ask of their work lists. Row-level security decides which rows there are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from chassis.db import Tx
from services.notifications.models import Handling, HandlingNote, Signal, SignalPlace

__all__ = ["Filters", "counts", "find", "handlings", "known_to_organisation", "listed", "place"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of signals is narrowed to; None leaves a thing open."""

    kind: str | None = None
    inburgeraar_id: UUID | None = None
    status: str | None = None
    gemeentecode: str | None = None
    lead_member_id: UUID | None = None
    executed_by: Collection[str] | None = None  # without a lead, executed by one of these gemeenten


def _narrowed(query: Any, filters: Filters) -> Any:
    for column, value in (
        (Signal.kind, filters.kind),
        (Signal.inburgeraar_id, filters.inburgeraar_id),
        (Signal.status, filters.status),
        (Signal.gemeentecode, filters.gemeentecode),
        (Signal.lead_member_id, filters.lead_member_id),
    ):
        if value is not None:
            query = query.where(col(column) == value)
    if filters.executed_by is not None:
        query = query.where(
            col(Signal.audience) == "consulent",
            col(Signal.lead_member_id).is_(None),
            col(Signal.executing_gemeentecode).in_(filters.executed_by),
        )
    return query


async def listed(tx: Tx, filters: Filters, *, after: tuple[Any, ...] | None, limit: int) -> Sequence[Signal]:
    """Signals that the caller may see, newest first."""
    query = _narrowed(
        sa.select(Signal).order_by(col(Signal.raised_at).desc(), col(Signal.id).desc()).limit(limit), filters
    )
    if after is not None:
        query = query.where(sa.tuple_(col(Signal.raised_at), col(Signal.id)) < after)
    rows: Sequence[Signal] = await tx.scalars(query)
    return rows


async def counts(tx: Tx, filters: Filters) -> dict[str, int]:
    """How many signals that the caller may see there are of each kind."""
    rows = await tx.rows(
        _narrowed(sa.select(col(Signal.kind), sa.func.count().label("n")).group_by(col(Signal.kind)), filters)
    )
    return {row.kind: row.n for row in rows}


async def find(tx: Tx, signal_id: UUID) -> Signal | None:
    """The signal, if the caller may see it."""
    return await tx.get(Signal, signal_id)


async def place(tx: Tx, signal_id: UUID) -> str | None:
    """The gemeente of a signal, if it is one of the caller's; says nothing else about it."""
    row = await tx.get(SignalPlace, signal_id)
    return None if row is None else row.gemeentecode


async def known_to_organisation(tx: Tx, inburgeraar_id: UUID, organisation_id: UUID) -> bool:
    """Whether a signal of this person stands on the organisation's own list."""
    found = await tx.scalar(
        sa.select(col(Signal.id))
        .where(
            col(Signal.inburgeraar_id) == inburgeraar_id,
            col(Signal.audience) == "taalschool",
            col(Signal.organisation_id) == organisation_id,
        )
        .limit(1)
    )
    return found is not None


async def handlings(tx: Tx, ids: Collection[UUID]) -> dict[UUID, tuple[Handling, str | None]]:
    """The handlings of these signals with their notes."""
    rows = await tx.rows(
        sa.select(Handling, col(HandlingNote.note))
        .outerjoin(HandlingNote, col(HandlingNote.handling_id) == col(Handling.id))
        .where(col(Handling.signal_id).in_(ids))
    )
    return {row.Handling.signal_id: (row.Handling, row.note) for row in rows}
