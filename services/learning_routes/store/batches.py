# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Attendance by the hundreds: every question and change is one statement over arrays."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from chassis.db import Tx

__all__ = [
    "Kept",
    "NewEntry",
    "Place",
    "Saved",
    "Slot",
    "entries_kept",
    "known_persons",
    "placements_named",
    "save_entries",
    "save_external_ids",
    "slots_of",
]

Place = tuple[UUID, date, str]
"""A placement, a day and a day part: what a row of a batch names."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A lesson of a group in which a placement has or had a chair."""

    lesson_id: UUID
    hours: Decimal
    cancelled: bool
    seated: bool  # on the day of the lesson


@dataclass(frozen=True, slots=True)
class Kept:
    """What was entered before."""

    attendance_id: UUID
    status: str
    hours: Decimal
    approval: str
    reason: str | None
    external_id: str | None
    version: int


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is to be entered now."""

    lesson_id: UUID
    placement_id: UUID
    status: str
    hours: Decimal
    approval: str
    reason: str | None
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Saved:
    """What was entered, and under which version."""

    attendance_id: UUID
    lesson_id: UUID
    placement_id: UUID
    version: int


async def placements_named(
    tx: Tx, *, organisation_id: UUID, persons: Collection[UUID], references: Collection[str]
) -> Sequence[UUID]:
    """The placements at a school of these persons, or with these references of its own; ended ones too."""
    return await tx.scalars(
        sa.text(
            "SELECT id FROM placement WHERE organisation_id = :organisation "
            "AND inburgeraar_id = ANY (CAST(:persons AS uuid[])) "
            "UNION SELECT id FROM placement WHERE organisation_id = :organisation "
            "AND provider_reference = ANY (CAST(:references AS text[]))"
        ),
        {"organisation": organisation_id, "persons": list(persons), "references": list(references)},
    )


async def known_persons(tx: Tx, persons: Collection[UUID]) -> set[UUID]:
    """Those of these ids that are persons of the chain at all, whoever may see them."""
    return set(
        await tx.scalars(
            sa.text("SELECT known_persons(CAST(:persons AS uuid[]))"), {"persons": list(persons)}
        )
    )


async def slots_of(tx: Tx, places: Collection[Place]) -> dict[Place, list[Slot]]:
    """The lessons that these rows can mean. Lock the placements first.

    The lessons are shared, so that none of them is cancelled before the transaction ends.
    """
    rows = await tx.rows(
        sa.text(
            "SELECT m.placement_id, l.held_on, l.day_part, l.id, l.hours, "
            "m.since <= l.held_on AND (m.until IS NULL OR m.until >= l.held_on) AS seated "
            "FROM unnest(CAST(:placements AS uuid[]), CAST(:days AS date[]), CAST(:parts AS text[])) "
            "AS given(placement, day, part) "
            "JOIN membership m ON m.placement_id = given.placement "
            "JOIN lesson l ON l.group_id = m.group_id AND l.held_on = given.day AND l.day_part = given.part"
        ),
        {
            "placements": [place[0] for place in places],
            "days": [place[1] for place in places],
            "parts": [place[2] for place in places],
        },
    )
    held = await _share_lessons(tx, {row[3] for row in rows})
    found: dict[Place, list[Slot]] = {}
    for placement, day, part, lesson, hours, seated in rows:
        slot = Slot(lesson, hours, cancelled=lesson not in held, seated=seated)
        found.setdefault((placement, day, part), []).append(slot)
    return found


async def _share_lessons(tx: Tx, lessons: Collection[UUID]) -> set[UUID]:
    """Those of these lessons that are not cancelled, kept so; each is locked once, however many have it."""
    return set(
        await tx.scalars(
            sa.text(
                "SELECT id FROM lesson WHERE id = ANY (CAST(:lessons AS uuid[])) AND cancelled_at IS NULL "
                "ORDER BY id FOR KEY SHARE"
            ),
            {"lessons": list(lessons)},
        )
    )


async def entries_kept(tx: Tx, seats: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Kept]:
    """What was entered for these pairs of lesson and placement. Lock the placements first."""
    rows = await tx.rows(
        sa.text(
            "SELECT a.lesson_id, a.placement_id, a.id, a.status, a.hours, a.approval, a.reason, a.external_id, "
            "a.version FROM unnest(CAST(:lessons AS uuid[]), CAST(:placements AS uuid[])) AS given(lesson, placement) "
            "JOIN attendance a ON a.lesson_id = given.lesson AND a.placement_id = given.placement"
        ),
        {"lessons": [seat[0] for seat in seats], "placements": [seat[1] for seat in seats]},
    )
    return {(lesson, placement): Kept(*rest) for lesson, placement, *rest in rows}


async def save_entries(tx: Tx, entries: Sequence[NewEntry], *, source: str, recorded_by: UUID) -> list[Saved]:
    """Save entries and their versions in one statement; what stood there before is corrected.

    What a row shares with its lesson and placement is copied from these, not sent.
    """
    rows = await tx.rows(
        sa.text(
            """
            WITH given AS (
                SELECT * FROM unnest(
                    CAST(:lessons AS uuid[]), CAST(:placements AS uuid[]), CAST(:statuses AS text[]),
                    CAST(:hours AS numeric[]), CAST(:approvals AS text[]), CAST(:reasons AS text[]),
                    CAST(:external_ids AS text[])
                ) AS g(lesson_id, placement_id, status, hours, approval, reason, external_id)
            ), saved AS (
                INSERT INTO attendance AS a (
                    id, lesson_id, placement_id, inburgeraar_id, provider_id, organisation_id, gemeentecode,
                    lesson_date, lesson_hours, status, hours, reason, approval, external_id, recorded_at,
                    recorded_by, version)
                SELECT gen_random_uuid(), g.lesson_id, g.placement_id, p.inburgeraar_id, p.provider_id,
                       p.organisation_id, p.gemeentecode, l.held_on, l.hours, g.status, g.hours, g.reason,
                       g.approval, g.external_id, :now, :by, 1
                FROM given g JOIN placement p ON p.id = g.placement_id JOIN lesson l ON l.id = g.lesson_id
                ON CONFLICT ON CONSTRAINT attendance_natural_key DO UPDATE SET
                    status = excluded.status, hours = excluded.hours, reason = excluded.reason,
                    approval = excluded.approval, external_id = coalesce(excluded.external_id, a.external_id),
                    recorded_at = excluded.recorded_at, recorded_by = excluded.recorded_by,
                    version = a.version + 1
                RETURNING id, lesson_id, placement_id, version, organisation_id, gemeentecode, status, hours,
                          reason, approval
            ), told AS (
                INSERT INTO attendance_version (
                    attendance_id, version, organisation_id, gemeentecode, status, hours, reason, approval,
                    source, recorded_at, recorded_by)
                SELECT id, version, organisation_id, gemeentecode, status, hours, reason, approval, :source,
                       :now, :by
                FROM saved
            )
            SELECT id, lesson_id, placement_id, version FROM saved
            """
        ),
        {
            "lessons": [entry.lesson_id for entry in entries],
            "placements": [entry.placement_id for entry in entries],
            "statuses": [entry.status for entry in entries],
            "hours": [entry.hours for entry in entries],
            "approvals": [entry.approval for entry in entries],
            "reasons": [entry.reason for entry in entries],
            "external_ids": [entry.external_id for entry in entries],
            "source": source,
            "now": tx.now,
            "by": recorded_by,
        },
    )
    return [Saved(*row) for row in rows]


async def save_external_ids(tx: Tx, external_ids: Mapping[UUID, str]) -> None:
    """Remember what the school's own system calls these entries. It says nothing about the attendance itself."""
    await tx.execute(
        sa.text(
            "UPDATE attendance a SET external_id = given.external_id "
            "FROM unnest(CAST(:ids AS uuid[]), CAST(:external_ids AS text[])) AS given(id, external_id) "
            "WHERE a.id = given.id"
        ),
        {"ids": list(external_ids), "external_ids": list(external_ids.values())},
    )
