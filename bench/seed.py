# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Schools full of people, made by PostgreSQL itself: a million rows in the time of a few requests.

Ids are the MD5 of a short name, so that the load can name them without asking.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from string import Template
from uuid import UUID

import asyncpg

from bench.platform import GEMEENTE
from demo.parties import organisation_id

__all__ = ["School", "deadlines", "id_of", "organisation_of"]

_GROUP = 10  # people with the same lessons


def id_of(name: str) -> UUID:
    """The id that has this name."""
    return UUID(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest())


def organisation_of(school: str) -> UUID:
    """The organisation of a school: that of the demo for the one that is measured, any other for the rest."""
    return organisation_id("echt-nederlands") if school == "measured" else id_of(f"organisation-{school}")


@dataclass(frozen=True, slots=True)
class School:
    """A school with people in groups of ten; each group has its lessons on the last days before `today`."""

    name: str
    persons: int
    lessons: int  # of each person
    today: date

    def person(self, number: int) -> UUID:
        """A person, from 1."""
        return id_of(f"{self.name}-person-{number}")

    def placement(self, number: int) -> UUID:
        """The placement of a person."""
        return id_of(f"{self.name}-placement-{number}")

    def lesson(self, person: int, number: int) -> UUID:
        """A lesson of a person's group, from 1."""
        return id_of(f"{self.name}-lesson-{(person - 1) // _GROUP + 1}-{number}")

    def slot(self, number: int) -> tuple[date, str]:
        """Day and day part of a lesson: two on each day, going back."""
        return self.today - timedelta(days=1 + (number - 1) // 2), ("morning", "afternoon")[number % 2]

    def attendance(self, person: int, lesson: int) -> UUID:
        """What was entered of a person in a lesson."""
        return id_of(f"{self.name}-attendance-{person}-{lesson}")

    async def make(self, connection: asyncpg.Connection, *, entered: int = 0) -> None:
        """Fill the tables, past row-level security.

        Args:
            connection: of a superuser, to the database of learning routes.
            entered: of how many lessons of each person the attendance is there already: the earliest ones.
        """
        words = {
            "n": self.name,
            "organisation": organisation_of(self.name),
            "code": GEMEENTE,
            "today": self.today,
            "first": self.today - timedelta(days=400),
            "persons": self.persons,
            "groups": (self.persons + _GROUP - 1) // _GROUP,
            "lessons": self.lessons,
            "entered_from": self.lessons - entered + 1,
            "somebody": UUID(int=1),
        }
        text = Template((Path(__file__).parent / "school.sql").read_text()).substitute(words)
        await connection.execute(f"SET search_path TO learning_routes; {text} RESET search_path")


async def deadlines(connection: asyncpg.Connection, rows: int, *, today: date) -> None:
    """Fill the clocks of notifications: one in two of the measured gemeente, due over four years."""
    await connection.execute(
        f"""
        INSERT INTO notifications.deadline (id, owner_service, inburgeraar_id, gemeentecode, rule, article, starts_on,
            early_on, due_on, set_version, end_version, status, next_stage_on, fired_count)
        SELECT md5('deadline-' || n)::uuid, 'intake', md5('measured-person-' || n)::uuid,
               (ARRAY['{GEMEENTE}', '0546'])[n % 2 + 1], 'pip-ten-weeks', 'Besluit inburgering 2021 art. 5.3',
               DATE '{today}' - 400 + n % 1461, DATE '{today}' - 340 + n % 1461, DATE '{today}' - 330 + n % 1461,
               1, 0, 'running', NULL, 0
        FROM generate_series(1, {rows}) AS n
        """
    )
