# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The classes of the weeks to come with their chairs, and how many people have none."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from chassis.db import Tx
from services.learning_routes import rules

__all__ = ["Chairs", "ClassRow", "chairs_of", "classes_for", "needs_of", "signed_without_placement"]


class ClassRow(NamedTuple):
    """A class that people of a gemeente can go to."""

    id: UUID
    provider_id: UUID
    provider_name: str
    name: str | None
    leerroute: str
    level: str
    pace: str | None
    youth: bool
    evening: bool
    gemeentecode: str  # where the lessons are
    starts_on: date | None
    ends_on: date | None
    given: int | None  # the chairs that the school gives it
    has_lessons: bool  # on the first day or later


async def classes_for(
    tx: Tx, *, gemeentecode: str, provider_id: UUID | None, day: date, last: date
) -> list[ClassRow]:
    """The classes that the caller sees and that have not ended, of the contracts for this gemeente.

    Only in the gemeenten that share such a contract: a school's class for others is not for these people.
    """
    rows = await tx.rows(
        sa.text(
            """
            SELECT g.id, g.provider_id, p.name AS provider_name, g.name, g.leerroute, g.level, g.pace, g.youth,
                   g.evening, g.gemeentecode, g.starts_on, g.ends_on, g.chairs,
                   EXISTS (SELECT FROM lesson l WHERE l.group_id = g.id AND l.held_on >= :day
                           AND l.cancelled_at IS NULL) AS has_lessons
            FROM lesson_group g JOIN provider p ON p.id = g.provider_id
            WHERE (g.ends_on IS NULL OR g.ends_on >= :day) AND (g.starts_on IS NULL OR g.starts_on <= :last)
              AND (CAST(:provider AS uuid) IS NULL OR g.provider_id = :provider)
              AND EXISTS (SELECT FROM contract c WHERE c.provider_id = g.provider_id
                          AND c.gemeentecodes @> ARRAY[CAST(:code AS varchar), g.gemeentecode]::varchar[]
                          AND c.valid_from <= :last AND (c.valid_until IS NULL OR c.valid_until >= :day))
            ORDER BY g.starts_on NULLS FIRST, g.leerroute, g.level, p.name, g.id
            """
        ),
        {"code": gemeentecode, "provider": provider_id, "day": day, "last": last},
    )
    return [ClassRow(*row) for row in rows]


class Chairs(NamedTuple):
    """How many people have a chair, and how many the contract allows; None where there is no contract now."""

    taken: int
    agreed: int | None


async def chairs_of(tx: Tx, group_ids: Collection[UUID], day: date) -> dict[UUID, Chairs]:
    """The chairs of groups that the caller sees: those taken by people of all gemeenten.

    Row-level security shows a gemeente its own people only, and a chair is taken whoever sits on it. So the
    platform counts, and tells a number.
    """
    async with tx.as_platform():
        rows = await tx.rows(
            sa.text(
                """
                SELECT g.id, (SELECT count(*) FROM membership m WHERE m.group_id = g.id
                              AND (m.until IS NULL OR m.until > :day)) AS taken,
                       (SELECT t.group_max FROM contract c JOIN contract_terms t ON t.contract_id = c.id
                        WHERE c.provider_id = g.provider_id AND c.valid_from <= :day
                          AND c.gemeentecodes @> ARRAY[g.gemeentecode]::varchar[]
                          AND (c.valid_until IS NULL OR c.valid_until >= :day)
                        ORDER BY (t.valid_from <= :day) DESC,
                          CASE WHEN t.valid_from <= :day THEN t.valid_from END DESC, t.valid_from LIMIT 1) AS agreed
                FROM lesson_group g WHERE g.id = ANY (CAST(:ids AS uuid[]))
                """
            ),
            {"ids": list(group_ids), "day": day},
        )
    return {row.id: Chairs(int(row.taken), row.agreed) for row in rows}


# A chair that counts: not left, and in a group that goes on.
_SEATED = """
    SELECT FROM membership m JOIN lesson_group g ON g.id = m.group_id WHERE m.placement_id = p.id
        AND (m.until IS NULL OR m.until > :day) AND (g.ends_on IS NULL OR g.ends_on >= :day)
"""


async def needs_of(tx: Tx, *, gemeentecode: str, provider_id: UUID | None, day: date) -> list[rules.Need]:
    """People of a gemeente with a placement and without a chair, whom the caller sees, once per route.

    Who waits for the first lesson, by the last day for it; and whose group ended before they had another,
    by the day after it.
    """
    return await _needs(
        tx,
        f"""
        SELECT w.leerroute, w.due_on, count(*) AS persons FROM (
            SELECT p.inburgeraar_id, p.leerroute, min(CASE WHEN p.started_on IS NULL THEN p.start_due_on ELSE
                (SELECT max(g.ends_on) + 1 FROM membership m JOIN lesson_group g ON g.id = m.group_id
                 WHERE m.placement_id = p.id AND m.until IS NULL) END) AS due_on
            FROM placement p
            WHERE p.gemeentecode = :code AND p.ended_on IS NULL
              AND (CAST(:provider AS uuid) IS NULL OR p.provider_id = :provider)
              AND NOT EXISTS ({_SEATED})
              AND (p.started_on IS NULL OR EXISTS (
                  SELECT FROM membership m JOIN lesson_group g ON g.id = m.group_id
                  WHERE m.placement_id = p.id AND m.until IS NULL AND g.ends_on < :day))
            GROUP BY p.inburgeraar_id, p.leerroute) w
        GROUP BY w.leerroute, w.due_on
        """,
        {"code": gemeentecode, "provider": provider_id, "day": day},
    )


async def signed_without_placement(tx: Tx, gemeentecode: str) -> list[tuple[str, date, int]]:
    """People of a gemeente with a PIP who were never referred, or whose referral came to nothing.

    By route and by the day of the first PIP. Who completed the route, stopped or was exempted asks no class.
    """
    rows = await tx.rows(
        sa.text(
            """
            SELECT pip.leerroute, pip.first_signed_on, count(*) AS persons
            FROM inburgeraar i JOIN pip ON pip.inburgeraar_id = i.id
            WHERE i.gemeentecode = :code AND NOT EXISTS (
                SELECT FROM placement p WHERE p.inburgeraar_id = i.id AND (p.ended_on IS NULL
                    OR (p.leerroute = pip.leerroute AND p.end_reason IN ('completed', 'stopped', 'exempted'))))
            GROUP BY pip.leerroute, pip.first_signed_on
            """
        ),
        {"code": gemeentecode},
    )
    return [(row.leerroute, row.first_signed_on, int(row.persons)) for row in rows]


async def _needs(tx: Tx, query: str, values: dict[str, Any]) -> list[rules.Need]:
    rows = await tx.rows(sa.text(query), values)
    return [rules.Need(row.leerroute, row.due_on, int(row.persons)) for row in rows]
