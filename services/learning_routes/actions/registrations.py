# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Roll calls that nobody completed (PX-01): the signal of the next day, and its end."""

from collections.abc import Collection
from uuid import UUID

from chassis.db import Tx
from contracts.learning_routes import RegistrationsMissing, SignalWithdrawn
from services.learning_routes import rules, store
from services.learning_routes.models import Lesson, Signal

__all__ = ["raise_missing", "withdraw_completed", "withdraw_missing"]

RULE = "Schoolcontract: aanwezigheid uiterlijk de volgende dag compleet"


async def withdraw_missing(tx: Tx, lesson_ids: Collection[UUID], *, reason: str = "completed") -> None:
    """Withdraw the open signals of those of these lessons that lack nothing any more."""
    signals = await store.lock_missing_signals(tx, lesson_ids)
    if not signals:
        return
    # Counted after the lock: of two roll calls that complete a lesson together, the later sees both.
    missing = await store.missing_counts(tx, list(signals))
    done = [signals[lesson] for lesson, count in missing.items() if count == 0]
    if reason == "lesson-cancelled":
        done = list(signals.values())
    for signal in await store.close_signals(tx, done):
        if signal.lesson_id is None:
            continue
        await tx.publish(
            SignalWithdrawn(
                signal_id=signal.id,
                subject_id=signal.lesson_id,
                kind=rules.SignalKind.MISSING_REGISTRATIONS.value,
                reason=reason,
            ),
            aggregate_id=signal.id,
            version=signal.version,
            gemeentecode=signal.gemeentecode,
        )


async def raise_missing(tx: Tx, *, limit: int) -> int:
    """Signal lessons of before today whose roll call is not complete, each lesson once.

    Answers how many lessons were looked at; fewer than `limit` means that none is left.
    """
    lesson_ids = await store.lessons_without_signal(tx, before=tx.today, limit=limit)
    missing = await store.missing_counts(tx, lesson_ids)
    for lesson_id in lesson_ids:
        lesson = await tx.get(Lesson, lesson_id)
        if lesson is None or missing[lesson_id] == 0:
            continue
        signal = Signal(
            kind=rules.SignalKind.MISSING_REGISTRATIONS.value,
            lesson_id=lesson.id,
            organisation_id=lesson.organisation_id,
            gemeentecode=lesson.gemeentecode,
            raised_at=tx.now,
            raised_on=tx.today,
            status=rules.SignalStatus.RAISED.value,
            facts={"missing": missing[lesson_id]},
        )
        tx.add(signal)
        await tx.flush()
        await tx.publish(
            RegistrationsMissing(
                signal_id=signal.id,
                lesson_id=lesson.id,
                group_id=lesson.group_id,
                organisation_id=lesson.organisation_id,
                lesson_date=lesson.held_on,
                missing=missing[lesson_id],
                rule=RULE,
            ),
            aggregate_id=signal.id,
            version=signal.version,
            gemeentecode=lesson.gemeentecode,
        )
    return len(lesson_ids)


async def withdraw_completed(tx: Tx) -> None:
    """Withdraw the signals of lessons that lack nothing any more for another reason than an entry.

    Somebody who left the group, or whose placement ended, is not expected any more.
    """
    await withdraw_missing(tx, await store.open_missing_signals(tx))
