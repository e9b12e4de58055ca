# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What was offered to a person lesson by lesson, for the ledger and the rates."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from chassis.db import Tx

__all__ = ["Offered", "offered_lessons"]


@dataclass(frozen=True, slots=True)
class Offered:
    """One lesson that a person could attend, and what was entered."""

    placement_id: UUID
    inburgeraar_id: UUID
    gemeentecode: str
    provider_id: UUID
    group_id: UUID
    held_on: date
    lesson_hours: Decimal
    status: str | None
    hours: Decimal | None
    approval: str | None


async def offered_lessons(
    tx: Tx,
    *,
    until: date,
    since: date | None = None,
    inburgeraar_id: UUID | None = None,
    group_id: UUID | None = None,
    provider_ids: Collection[UUID] | None = None,
) -> list[Offered]:
    """Lessons up to and including a day that were held while the person had a chair in the group.

    A lesson in which a placement has two chairs counts once.
    """
    rows = await tx.rows(
        sa.text(
            """
            SELECT DISTINCT ON (p.id, l.id) p.id AS placement_id, p.inburgeraar_id, p.gemeentecode,
                   l.provider_id, l.group_id, l.held_on, l.hours AS lesson_hours,
                   a.status, a.hours, a.approval
            FROM placement p
            JOIN membership m ON m.placement_id = p.id
            JOIN lesson l ON l.group_id = m.group_id AND l.cancelled_at IS NULL
                AND l.held_on BETWEEN greatest(m.since, p.referred_on)
                    AND least(m.until, p.ended_on, :until)
            LEFT JOIN attendance a ON a.lesson_id = l.id AND a.placement_id = p.id
            WHERE (CAST(:person AS uuid) IS NULL OR p.inburgeraar_id = :person)
              AND (CAST(:group AS uuid) IS NULL OR l.group_id = :group)
              AND (CAST(:providers AS uuid[]) IS NULL OR l.provider_id = ANY (CAST(:providers AS uuid[])))
              AND (CAST(:since AS date) IS NULL OR l.held_on >= :since)
            ORDER BY p.id, l.id
            """
        ),
        {
            "until": until,
            "since": since,
            "person": inburgeraar_id,
            "group": group_id,
            "providers": None if provider_ids is None else list(provider_ids),
        },
    )
    return [Offered(*row) for row in rows]
