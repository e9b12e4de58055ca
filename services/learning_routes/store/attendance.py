# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Attendance: finding the seat, and what the entries of a placement add up to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from chassis.db import Tx
from services.learning_routes import rules
from services.learning_routes.models import (
    Attendance,
    AttendanceVersion,
    Lesson,
    Membership,
    Placement,
)

__all__ = [
    "FreeAbsence",
    "Standing",
    "attendance_versions",
    "attended_days",
    "entry_of",
    "free_absences",
    "lock_attendance_placement",
    "mark_absences",
    "pending_page",
    "registered_lessons",
    "seat_at",
    "seats_of_person",
    "sick_hours_of",
    "sick_in_window",
    "standings",
]


async def seat_at(tx: Tx, lesson: Lesson, inburgeraar_id: UUID) -> UUID | None:
    """The placement with which the person has a chair in the lesson's group on the lesson's day.

    Two at once cannot be told apart by the roll call; the older referral then counts.
    """
    found: UUID | None = await tx.scalar(
        select(Membership.placement_id)
        .join(Placement, col(Placement.id) == col(Membership.placement_id))
        .where(
            col(Membership.group_id) == lesson.group_id,
            col(Membership.inburgeraar_id) == inburgeraar_id,
            col(Membership.since) <= lesson.held_on,
            sa.or_(col(Membership.until).is_(None), col(Membership.until) >= lesson.held_on),
        )
        .order_by(col(Placement.referred_on), col(Placement.id))
        .limit(1)
    )
    return found


async def seats_of_person(tx: Tx, lesson: Lesson, inburgeraar_id: UUID) -> Sequence[Placement]:
    """The person's placements with the school of this lesson, ended ones too."""
    return await tx.scalars(
        select(Placement)
        .where(
            col(Placement.inburgeraar_id) == inburgeraar_id,
            col(Placement.organisation_id) == lesson.organisation_id,
        )
        .order_by(col(Placement.referred_on), col(Placement.id))
    )


async def entry_of(tx: Tx, lesson_id: UUID, placement_id: UUID) -> Attendance | None:
    """What was entered for this lesson and placement. Lock the placement first."""
    found: Attendance | None = await tx.scalar(
        select(Attendance)
        .where(col(Attendance.lesson_id) == lesson_id, col(Attendance.placement_id) == placement_id)
        .execution_options(populate_existing=True)
    )
    return found


async def lock_attendance_placement(tx: Tx, attendance_id: UUID) -> tuple[Attendance, Placement] | None:
    """An entry and its placement, the latter locked; None if it is not the caller's."""
    placement_id = await tx.scalar(select(Attendance.placement_id).where(col(Attendance.id) == attendance_id))
    if placement_id is None:
        return None
    placement = await tx.scalar(
        select(Placement)
        .where(col(Placement.id) == placement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    attendance = await tx.scalar(
        select(Attendance)
        .where(col(Attendance.id) == attendance_id)
        .execution_options(populate_existing=True)
    )
    return None if placement is None or attendance is None else (attendance, placement)


async def attendance_versions(tx: Tx, attendance_id: UUID) -> Sequence[AttendanceVersion]:
    """Every word about an entry, the last first."""
    return await tx.scalars(
        select(AttendanceVersion)
        .where(col(AttendanceVersion.attendance_id) == attendance_id)
        .order_by(col(AttendanceVersion.version).desc())
    )


async def pending_page(
    tx: Tx, *, gemeentecode: str | None, after: UUID | None, limit: int
) -> Sequence[Attendance]:
    """Entries that wait for approval."""
    query = (
        select(Attendance)
        .where(col(Attendance.approval) == rules.Approval.PENDING.value)
        .order_by(col(Attendance.id))
        .limit(limit)
    )
    if gemeentecode is not None:
        query = query.where(col(Attendance.gemeentecode) == gemeentecode)
    if after is not None:
        query = query.where(col(Attendance.id) > after)
    return await tx.scalars(query)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the entries of one placement add up to, those that count."""

    attended: Decimal
    first_present: date | None
    sickness: rules.SicknessRate  # over the window that ends today


async def standings(tx: Tx, placement_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Where these placements stand today. Lock them first."""
    first, last = rules.sickness_window(tx.today)
    rows = await tx.rows(
        sa.text(
            """
            SELECT placement_id, sum(hours) AS attended,
                   min(lesson_date) FILTER (WHERE status = 'present') AS first_present,
                   count(*) FILTER (WHERE lesson_date BETWEEN :first AND :last) AS lessons,
                   coalesce(sum(lesson_hours) FILTER (WHERE lesson_date BETWEEN :first AND :last), 0) AS registered,
                   coalesce(sum(lesson_hours) FILTER (
                       WHERE lesson_date BETWEEN :first AND :last AND status = 'sick'), 0) AS sick
            FROM attendance
            WHERE placement_id = ANY (CAST(:ids AS uuid[])) AND approval IN ('not-needed', 'approved')
            GROUP BY placement_id
            """
        ),
        {"ids": list(placement_ids), "first": first, "last": last},
    )
    found = {
        id_: Standing(Decimal(0), None, rules.SicknessRate(first, last, 0, Decimal(0), Decimal(0)))
        for id_ in placement_ids
    }
    for row in rows:
        rate = rules.SicknessRate(first, last, row.lessons, row.registered, row.sick)
        found[row.placement_id] = Standing(row.attended, row.first_present, rate)
    return found


@dataclass(frozen=True, slots=True)
class FreeAbsence:
    """An unexcused lesson that counts and is in no signal."""

    attendance_id: UUID
    placement_id: UUID
    absence: rules.Absence


async def free_absences(tx: Tx, placement_ids: Collection[UUID]) -> list[FreeAbsence]:
    """The unexcused lessons of these placements that are in no signal. Lock the placements first."""
    rows = await tx.rows(
        sa.text(
            """
            SELECT id, placement_id, lesson_id, lesson_date FROM attendance
            WHERE placement_id = ANY (CAST(:ids AS uuid[])) AND status = 'unexcused'
              AND absence_signal_id IS NULL AND approval IN ('not-needed', 'approved')
            """
        ),
        {"ids": list(placement_ids)},
    )
    return [
        FreeAbsence(row.id, row.placement_id, rules.Absence(row.lesson_date, row.lesson_id)) for row in rows
    ]


async def mark_absences(tx: Tx, signal_of: dict[UUID, UUID]) -> None:
    """Note for each attendance (key) the signal (value) that holds its absence."""
    await tx.execute(
        sa.text(
            """
            UPDATE attendance a SET absence_signal_id = given.signal
            FROM unnest(CAST(:attendances AS uuid[]), CAST(:signals AS uuid[])) AS given(id, signal)
            WHERE a.id = given.id
            """
        ),
        {"attendances": list(signal_of), "signals": list(signal_of.values())},
    )


async def registered_lessons(
    tx: Tx, placement_id: UUID, *, since: date, until: date
) -> list[rules.RegisteredLesson]:
    """The entries of a placement that count, for the sickness rate."""
    rows = await tx.rows(
        sa.text(
            """
            SELECT lesson_date, lesson_hours, status FROM attendance
            WHERE placement_id = :id AND lesson_date BETWEEN :since AND :until
              AND approval IN ('not-needed', 'approved')
            """
        ),
        {"id": placement_id, "since": since, "until": until},
    )
    return [rules.RegisteredLesson(row.lesson_date, row.lesson_hours, row.status == "sick") for row in rows]


async def sick_hours_of(tx: Tx, attendance_ids: Collection[UUID]) -> Decimal:
    """The lesson hours of those of these entries that still say sick, and count."""
    hours = await tx.scalar(
        sa.text(
            """
            SELECT coalesce(sum(lesson_hours), 0) FROM attendance
            WHERE id = ANY (CAST(:ids AS uuid[])) AND status = 'sick' AND approval IN ('not-needed', 'approved')
            """
        ),
        {"ids": list(attendance_ids)},
    )
    return Decimal(hours)


async def sick_in_window(tx: Tx, placement_id: UUID, *, since: date, until: date) -> Sequence[UUID]:
    """The entries that say sick within these days, and count: the facts of a sickness signal."""
    return await tx.scalars(
        sa.text(
            """
            SELECT id FROM attendance
            WHERE placement_id = :id AND lesson_date BETWEEN :since AND :until
              AND status = 'sick' AND approval IN ('not-needed', 'approved') ORDER BY lesson_date, id
            """
        ),
        {"id": placement_id, "since": since, "until": until},
    )


async def attended_days(tx: Tx, placement_id: UUID) -> list[tuple[date, Decimal]]:
    """The attended hours of a placement per lesson, those that count."""
    rows = await tx.rows(
        sa.text(
            "SELECT lesson_date, hours FROM attendance "
            "WHERE placement_id = :id AND hours > 0 AND approval IN ('not-needed', 'approved')"
        ),
        {"id": placement_id},
    )
    return [(row.lesson_date, row.hours) for row in rows]
