# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The places of providers, and where people had their lessons."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.learning_routes import rules
from services.learning_routes.models import Contract, Lesson, LessonGroup
from services.learning_routes.models.locations import Location

__all__ = [
    "contracts_of",
    "groups_elsewhere",
    "groups_with_lessons",
    "last_lesson_at",
    "lesson_places",
    "lessons_to_come",
    "locations_of",
    "locations_page",
    "lock_location",
    "share_location",
]


async def lock_location(tx: Tx, location_id: UUID) -> Location | None:
    """The place, locked: no lesson is planned there until the transaction ends."""
    return await tx.get(Location, location_id, lock=True)


async def share_location(tx: Tx, location_id: UUID) -> Location | None:
    """The place, kept from being changed until the transaction ends; others may share it."""
    found: Location | None = await tx.scalar(
        select(Location)
        .where(col(Location.id) == location_id)
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    return found


async def locations_of(tx: Tx, provider_id: UUID) -> Sequence[Location]:
    """All places of a provider, those that were closed too."""
    return await tx.scalars(
        select(Location).where(col(Location.provider_id) == provider_id).order_by(col(Location.id))
    )


async def locations_page(
    tx: Tx,
    *,
    provider_id: UUID | None,
    gemeentecode: str | None,
    offer: str | None,
    day: date | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Location]:
    """Places by id."""
    query = select(Location).order_by(col(Location.id)).limit(limit)
    if provider_id is not None:
        query = query.where(col(Location.provider_id) == provider_id)
    if gemeentecode is not None:
        query = query.where(col(Location.gemeentecode) == gemeentecode)
    if offer is not None:
        query = query.where(col(Location.offers).bool_op("@>")(sa.cast([offer], sa.ARRAY(sa.Text))))
    if day is not None:
        query = query.where(
            col(Location.valid_from) <= day,
            sa.or_(col(Location.valid_until).is_(None), col(Location.valid_until) >= day),
        )
    if after is not None:
        query = query.where(col(Location.id) > after)
    return await tx.scalars(query)


async def contracts_of(tx: Tx, provider_id: UUID) -> Sequence[Contract]:
    """The contracts with a provider that the caller knows."""
    return await tx.scalars(select(Contract).where(col(Contract.provider_id) == provider_id))


async def last_lesson_at(tx: Tx, location_id: UUID) -> date | None:
    """The day of the last lesson at a place. Lock the place first."""
    found: date | None = await tx.scalar(
        sa.text(
            "SELECT max(l.held_on) FROM lesson l JOIN lesson_group g ON g.id = l.group_id "
            "WHERE g.location_id = :location AND l.cancelled_at IS NULL"
        ),
        {"location": location_id},
    )
    return found


async def groups_with_lessons(tx: Tx, location_id: UUID, since: date) -> Sequence[LessonGroup]:
    """The groups that have lessons at a place from a day on. Lock the place first."""
    return await tx.scalars(
        select(LessonGroup)
        .where(
            col(LessonGroup.location_id) == location_id,
            sa.text(
                "EXISTS (SELECT FROM lesson l WHERE l.group_id = lesson_group.id "
                "AND l.held_on >= :since AND l.cancelled_at IS NULL)"
            ).bindparams(since=since),
        )
        .order_by(col(LessonGroup.id))
    )


async def lessons_to_come(tx: Tx, group_id: UUID, since: date) -> Sequence[Lesson]:
    """The lessons of a group from a day on that were not cancelled. Lock the group first."""
    return await tx.scalars(
        select(Lesson)
        .where(
            col(Lesson.group_id) == group_id, col(Lesson.held_on) >= since, col(Lesson.cancelled_at).is_(None)
        )
        .order_by(col(Lesson.held_on))
    )


async def groups_elsewhere(
    tx: Tx, provider_id: UUID, gemeentecodes: Collection[str], day: date
) -> list[rules.Elsewhere]:
    """Z groups with learners of these gemeenten who live elsewhere than the lessons, without an alternative."""
    rows = await tx.rows(
        sa.text(
            """
            SELECT g.id, count(DISTINCT m.inburgeraar_id) AS persons
            FROM lesson_group g
            JOIN membership m ON m.group_id = g.id
                AND m.since <= :day AND (m.until IS NULL OR m.until >= :day)
            WHERE g.provider_id = :provider AND g.leerroute = 'z' AND NOT g.small_group
              AND m.gemeentecode = ANY (CAST(:codes AS varchar[])) AND m.gemeentecode <> g.gemeentecode
            GROUP BY g.id ORDER BY g.id
            """
        ),
        {"provider": provider_id, "codes": list(gemeentecodes), "day": day},
    )
    return [rules.Elsewhere(row.id, int(row.persons)) for row in rows]


async def lesson_places(
    tx: Tx, *, since: date, until: date, gemeentecode: str | None, provider_id: UUID | None
) -> list[rules.PlaceCounts]:
    """Per leerroute, the lessons of people whom the caller sees, in their own gemeente and elsewhere.

    A lesson counts for who had a chair in its group on its day, as in the ledger; the own gemeente is
    the one where the person lives now.
    """
    rows = await tx.rows(
        sa.text(
            """
            SELECT o.leerroute, count(DISTINCT o.inburgeraar_id) AS persons,
                   count(DISTINCT o.inburgeraar_id) FILTER (WHERE o.own) AS persons_own,
                   count(DISTINCT o.inburgeraar_id) FILTER (WHERE NOT o.own) AS persons_elsewhere,
                   count(*) AS lessons, count(*) FILTER (WHERE o.own) AS own_lessons,
                   count(*) FILTER (WHERE NOT o.own AND o.small_group) AS small_group_lessons,
                   sum(o.hours) AS hours, coalesce(sum(o.hours) FILTER (WHERE o.own), 0) AS own_hours
            FROM (
                SELECT DISTINCT ON (p.id, l.id) p.leerroute, p.inburgeraar_id, l.hours, g.small_group,
                       l.gemeentecode = p.gemeentecode AS own
                FROM placement p
                JOIN membership m ON m.placement_id = p.id
                JOIN lesson_group g ON g.id = m.group_id
                JOIN lesson l ON l.group_id = m.group_id AND l.cancelled_at IS NULL
                    AND l.held_on BETWEEN greatest(m.since, p.referred_on, :since)
                        AND least(m.until, p.ended_on, :until)
                WHERE (CAST(:provider AS uuid) IS NULL OR p.provider_id = :provider)
                  AND (CAST(:gemeentecode AS varchar) IS NULL OR p.gemeentecode = :gemeentecode)
                ORDER BY p.id, l.id
            ) o
            GROUP BY o.leerroute
            """
        ),
        {"since": since, "until": until, "provider": provider_id, "gemeentecode": gemeentecode},
    )
    return [rules.PlaceCounts(*row) for row in rows]
