# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Groups, who sits in them, and their lessons."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.learning_routes.models import (
    Attendance,
    Lesson,
    LessonGroup,
    Membership,
    Placement,
)

__all__ = [
    "MissingRow",
    "RollCallRow",
    "end_chairs",
    "groups_page",
    "lesson_days",
    "lesson_has_registrations",
    "lesson_in_slot",
    "lessons_page",
    "lessons_without_signal",
    "levels_on",
    "lock_group",
    "lock_lesson",
    "members_page",
    "membership_now",
    "memberships_of_placement",
    "missing_counts",
    "missing_page",
    "roll_call",
    "share_lesson",
    "taken_chairs",
]


async def lock_group(tx: Tx, group_id: UUID) -> LessonGroup | None:
    """The group, locked: it owns its chairs and its timetable."""
    return await tx.get(LessonGroup, group_id, lock=True)


async def groups_page(
    tx: Tx,
    *,
    provider_id: UUID | None,
    gemeentecode: str | None,
    leerroute: str | None,
    level: str | None,
    after: UUID | None,
    limit: int,
) -> Sequence[LessonGroup]:
    """Groups by id."""
    query = select(LessonGroup).order_by(col(LessonGroup.id)).limit(limit)
    for column, value in (
        (LessonGroup.provider_id, provider_id),
        (LessonGroup.gemeentecode, gemeentecode),
        (LessonGroup.leerroute, leerroute),
        (LessonGroup.level, level),
    ):
        if value is not None:
            query = query.where(col(column) == value)
    if after is not None:
        query = query.where(col(LessonGroup.id) > after)
    return await tx.scalars(query)


async def levels_on(tx: Tx, group_ids: Collection[UUID], day: date) -> dict[UUID, list[str]]:
    """The level of each member that the caller sees, per group, on a day."""
    found: dict[UUID, list[str]] = {id_: [] for id_ in group_ids}
    rows = await tx.rows(
        select(Membership.group_id, Membership.level)
        .where(
            col(Membership.group_id).in_(group_ids),
            sa.or_(col(Membership.until).is_(None), col(Membership.until) >= day),
        )
        .order_by(col(Membership.level))
    )
    for row in rows:
        found[row.group_id].append(row.level)
    return found


async def taken_chairs(tx: Tx, group_id: UUID, day: date) -> int:
    """How many sit in the group after `day`: who leaves on that day frees the chair. Lock the group first."""
    count = await tx.scalar(
        select(sa.func.count())
        .select_from(Membership)
        .where(
            col(Membership.group_id) == group_id,
            sa.or_(col(Membership.until).is_(None), col(Membership.until) > day),
        )
    )
    return int(count)


async def membership_now(tx: Tx, group_id: UUID, placement_id: UUID) -> Membership | None:
    """The placement's chair in the group, if it has not left."""
    found: Membership | None = await tx.scalar(
        select(Membership).where(
            col(Membership.group_id) == group_id,
            col(Membership.placement_id) == placement_id,
            col(Membership.until).is_(None),
        )
    )
    return found


async def memberships_of_placement(tx: Tx, placement_id: UUID) -> Sequence[Membership]:
    """The chairs of a placement, oldest first."""
    return await tx.scalars(
        select(Membership)
        .where(col(Membership.placement_id) == placement_id)
        .order_by(col(Membership.since), col(Membership.id))
    )


async def end_chairs(tx: Tx, placement_id: UUID, last_day: date) -> None:
    """Let the placement sit nowhere after a day; chairs that would begin later never were."""
    await tx.execute(
        sa.delete(Membership)
        .where(col(Membership.placement_id) == placement_id, col(Membership.since) > last_day)
        .execution_options(synchronize_session=False)
    )
    await tx.execute(
        sa.update(Membership)
        .where(
            col(Membership.placement_id) == placement_id,
            sa.or_(col(Membership.until).is_(None), col(Membership.until) > last_day),
        )
        .values(until=last_day)
        .execution_options(synchronize_session=False)
    )


async def members_page(
    tx: Tx, group_id: UUID, *, day: date, after: UUID | None, limit: int
) -> Sequence[Membership]:
    """Who sits in the group on a day."""
    query = (
        select(Membership)
        .where(
            col(Membership.group_id) == group_id,
            sa.or_(col(Membership.until).is_(None), col(Membership.until) >= day),
        )
        .order_by(col(Membership.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(Membership.id) > after)
    return await tx.scalars(query)


async def lesson_days(tx: Tx, group_id: UUID) -> tuple[date | None, date | None]:
    """The days of the first and the last lesson that was not cancelled. Lock the group first."""
    [(first, last)] = await tx.rows(
        select(sa.func.min(Lesson.held_on), sa.func.max(Lesson.held_on)).where(
            col(Lesson.group_id) == group_id, col(Lesson.cancelled_at).is_(None)
        )
    )
    return first, last


async def lesson_in_slot(tx: Tx, group_id: UUID, day: date, day_part: str) -> Lesson | None:
    """The group's lesson on this day and day part that was not cancelled."""
    found: Lesson | None = await tx.scalar(
        select(Lesson).where(
            col(Lesson.group_id) == group_id,
            col(Lesson.held_on) == day,
            col(Lesson.day_part) == day_part,
            col(Lesson.cancelled_at).is_(None),
        )
    )
    return found


async def lessons_page(
    tx: Tx,
    *,
    group_id: UUID | None,
    provider_id: UUID | None,
    since: date | None,
    until: date | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Lesson]:
    """Lessons by day and time."""
    query = select(Lesson).order_by(col(Lesson.held_on), col(Lesson.starts_at), col(Lesson.id)).limit(limit)
    if group_id is not None:
        query = query.where(col(Lesson.group_id) == group_id)
    if provider_id is not None:
        query = query.where(col(Lesson.provider_id) == provider_id)
    if since is not None:
        query = query.where(col(Lesson.held_on) >= since)
    if until is not None:
        query = query.where(col(Lesson.held_on) <= until)
    if after is not None:
        key = (col(Lesson.held_on), col(Lesson.starts_at), col(Lesson.id))
        last = sa.select(*key).where(col(Lesson.id) == after).scalar_subquery()
        query = query.where(sa.tuple_(*key) > last)
    return await tx.scalars(query)


async def lock_lesson(tx: Tx, lesson_id: UUID) -> Lesson | None:
    """The lesson, locked: no entry is saved beside it until the transaction ends."""
    return await tx.get(Lesson, lesson_id, lock=True)


async def share_lesson(tx: Tx, lesson_id: UUID) -> Lesson | None:
    """The lesson, kept from being cancelled until the transaction ends; others may share it."""
    found: Lesson | None = await tx.scalar(
        select(Lesson)
        .where(col(Lesson.id) == lesson_id)
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    return found


async def lesson_has_registrations(tx: Tx, lesson_id: UUID) -> bool:
    """Whether somebody entered something for the lesson. Lock the lesson first."""
    return bool(await tx.scalar(select(sa.exists().where(col(Attendance.lesson_id) == lesson_id))))


# Who belongs in a lesson: a chair in its group and a placement on its day.
_EXPECTED = """
    FROM lesson l
    JOIN membership m ON m.group_id = l.group_id
        AND m.since <= l.held_on AND (m.until IS NULL OR m.until >= l.held_on)
    JOIN placement p ON p.id = m.placement_id
        AND p.referred_on <= l.held_on AND (p.ended_on IS NULL OR p.ended_on >= l.held_on)
    LEFT JOIN attendance a ON a.lesson_id = l.id AND a.placement_id = p.id
"""


@dataclass(frozen=True, slots=True)
class RollCallRow:
    """One person in a roll call, with the entry if there is one."""

    placement: Placement
    level: str
    attendance: Attendance | None


async def roll_call(tx: Tx, lesson: Lesson) -> list[RollCallRow]:
    """Who is expected in a lesson, and what was entered for each."""
    rows = await tx.rows(
        select(Placement, Membership.level, Attendance)
        .join(Membership, col(Membership.placement_id) == col(Placement.id))
        .outerjoin(
            Attendance,
            sa.and_(
                col(Attendance.placement_id) == col(Placement.id),
                col(Attendance.lesson_id) == lesson.id,
            ),
        )
        .where(
            col(Membership.group_id) == lesson.group_id,
            col(Membership.since) <= lesson.held_on,
            sa.or_(col(Membership.until).is_(None), col(Membership.until) >= lesson.held_on),
            col(Placement.referred_on) <= lesson.held_on,
            sa.or_(col(Placement.ended_on).is_(None), col(Placement.ended_on) >= lesson.held_on),
        )
        .order_by(col(Placement.id))
    )
    return [RollCallRow(placement, level, attendance) for placement, level, attendance in rows]


@dataclass(frozen=True, slots=True)
class MissingRow:
    """A lesson that was held and whose roll call is not complete."""

    lesson_id: UUID
    group_id: UUID
    group_name: str | None
    provider_id: UUID
    organisation_id: UUID
    gemeentecode: str
    held_on: date
    day_part: str
    hours: Decimal
    expected: int
    registered: int

    @property
    def missing(self) -> int:
        """Persons without an entry."""
        return self.expected - self.registered


async def missing_page(
    tx: Tx,
    *,
    before: date,
    since: date | None = None,
    until: date | None = None,
    provider_id: UUID | None = None,
    group_id: UUID | None = None,
    after: tuple[object, ...] | None = None,
    limit: int,
) -> list[MissingRow]:
    """Lessons held before a day that lack entries of people whom the caller sees, oldest first."""
    day, id_ = after or (None, None)
    rows = await tx.rows(
        sa.text(
            f"""
            SELECT l.id, l.group_id, g.name, l.provider_id, l.organisation_id, l.gemeentecode, l.held_on,
                   l.day_part, l.hours, count(DISTINCT p.id) AS expected, count(DISTINCT a.id) AS registered
            {_EXPECTED}
            JOIN lesson_group g ON g.id = l.group_id
            WHERE l.cancelled_at IS NULL AND l.held_on < :before
              AND (CAST(:since AS date) IS NULL OR l.held_on >= :since)
              AND (CAST(:until AS date) IS NULL OR l.held_on <= :until)
              AND (CAST(:provider AS uuid) IS NULL OR l.provider_id = :provider)
              AND (CAST(:group AS uuid) IS NULL OR l.group_id = :group)
              AND (CAST(:day AS date) IS NULL OR (l.held_on, l.id) > (CAST(:day AS date), CAST(:id AS uuid)))
            GROUP BY l.id, g.name
            HAVING count(DISTINCT p.id) > count(DISTINCT a.id)
            ORDER BY l.held_on, l.id LIMIT :limit
            """
        ),
        {
            "before": before,
            "since": since,
            "until": until,
            "provider": provider_id,
            "group": group_id,
            "day": day,
            "id": id_,
            "limit": limit,
        },
    )
    return [MissingRow(*row) for row in rows]


async def missing_counts(tx: Tx, lesson_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many entries each of these lessons lacks."""
    rows = await tx.rows(
        sa.text(
            f"SELECT l.id, count(DISTINCT p.id) - count(DISTINCT a.id) AS missing {_EXPECTED} "
            "WHERE l.id = ANY (CAST(:ids AS uuid[])) GROUP BY l.id"
        ),
        {"ids": list(lesson_ids)},
    )
    found = dict.fromkeys(lesson_ids, 0)
    found.update({row.id: int(row.missing) for row in rows})
    return found


async def lessons_without_signal(tx: Tx, *, before: date, limit: int) -> Sequence[UUID]:
    """Lessons held before a day that lack entries and have no signal yet, locked, the oldest first.

    An entry that is being saved holds a share of the lesson's lock, so what is counted after this
    is complete. Lessons that somebody holds are left for the next time.
    """
    due = await tx.scalars(
        sa.text(
            f"""
            SELECT l.id {_EXPECTED}
            WHERE l.cancelled_at IS NULL AND l.held_on < :before AND NOT EXISTS (
                SELECT FROM signal s WHERE s.lesson_id = l.id AND s.status <> 'withdrawn')
            GROUP BY l.id HAVING count(DISTINCT p.id) > count(DISTINCT a.id)
            ORDER BY l.held_on, l.id LIMIT :limit
            """
        ),
        {"before": before, "limit": limit},
    )
    return await tx.scalars(
        sa.text(
            "SELECT id FROM lesson WHERE id = ANY (CAST(:ids AS uuid[])) "
            "AND cancelled_at IS NULL ORDER BY held_on, id FOR UPDATE SKIP LOCKED"
        ),
        {"ids": list(due)},
    )
