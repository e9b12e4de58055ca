# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signals that this service raised, and which of them lost their facts."""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.learning_routes import rules
from services.learning_routes.models import Signal

__all__ = [
    "absence_signals_without_facts",
    "close_signals",
    "handle_signal",
    "live_signals",
    "lock_missing_signals",
    "open_missing_signals",
]


async def live_signals(
    tx: Tx, placement_ids: Collection[UUID], kind: rules.SignalKind
) -> dict[UUID, list[Signal]]:
    """The signals of these placements that were not withdrawn, the last first. Lock the placements first."""
    rows = await tx.scalars(
        select(Signal)
        .where(
            col(Signal.placement_id).in_(placement_ids),
            col(Signal.kind) == kind.value,
            col(Signal.status) != rules.SignalStatus.WITHDRAWN.value,
        )
        .order_by(col(Signal.raised_at).desc())
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[Signal]] = {}
    for row in rows:
        if row.placement_id is not None:
            found.setdefault(row.placement_id, []).append(row)
    return found


async def absence_signals_without_facts(tx: Tx, placement_ids: Collection[UUID]) -> Sequence[UUID]:
    """Open absence signals of which a lesson is no longer an absence that counts.

    A signal holds exactly as many lessons as its limit, so one less takes it below.
    """
    return await tx.scalars(
        sa.text(
            """
            SELECT s.id FROM signal s
            WHERE s.placement_id = ANY (CAST(:ids AS uuid[])) AND s.kind = 'unexcused-absences'
              AND s.status = 'raised' AND EXISTS (
                SELECT FROM attendance a WHERE a.absence_signal_id = s.id
                AND (a.status <> 'unexcused' OR a.approval NOT IN ('not-needed', 'approved')))
            """
        ),
        {"ids": list(placement_ids)},
    )


async def close_signals(tx: Tx, signal_ids: Collection[UUID]) -> Sequence[Signal]:
    """Withdraw those of these signals that are still open, and free the absences in them."""
    closed = await tx.scalars(
        sa.update(Signal)
        .where(col(Signal.id).in_(signal_ids), col(Signal.status) == rules.SignalStatus.RAISED.value)
        .values(status=rules.SignalStatus.WITHDRAWN.value, version=col(Signal.version) + 1)
        .returning(Signal)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    await tx.execute(
        sa.text(
            "UPDATE attendance SET absence_signal_id = NULL "
            "WHERE absence_signal_id = ANY (CAST(:ids AS uuid[]))"
        ),
        {"ids": [signal.id for signal in closed]},
    )
    return closed


async def handle_signal(tx: Tx, signal_id: UUID) -> bool:
    """Note that somebody handled a signal, unless it was withdrawn before. Answers whether it was open."""
    changed = await tx.change(
        sa.update(Signal)
        .where(col(Signal.id) == signal_id, col(Signal.status) == rules.SignalStatus.RAISED.value)
        .values(status=rules.SignalStatus.HANDLED.value, version=col(Signal.version) + 1)
        .execution_options(synchronize_session=False)
    )
    return changed > 0


async def lock_missing_signals(tx: Tx, lesson_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The open signals of incomplete roll calls, locked, by their lesson."""
    rows = await tx.rows(
        sa.text(
            """
            SELECT id, lesson_id FROM signal
            WHERE lesson_id = ANY (CAST(:ids AS uuid[])) AND status = 'raised' ORDER BY id FOR UPDATE
            """
        ),
        {"ids": list(lesson_ids)},
    )
    return {row.lesson_id: row.id for row in rows}


async def open_missing_signals(tx: Tx) -> Sequence[UUID]:
    """The lessons whose roll call was signalled as incomplete."""
    return await tx.scalars(
        sa.text("SELECT lesson_id FROM signal WHERE lesson_id IS NOT NULL AND status = 'raised'")
    )
