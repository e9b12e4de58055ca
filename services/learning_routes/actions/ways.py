# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people's way to the level of their PIP takes in lessons."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chassis.db import Tx
from services.learning_routes import rules, store
from services.learning_routes.rules import speeds

__all__ = ["Course", "courses_of"]


@dataclass(frozen=True, slots=True)
class Course:
    """The route that a person's PIP gives, and what the way there takes."""

    leerroute: str | None  # of the PIP in force; None before the first one
    began_on: date | None  # in the first group
    way: speeds.Way


async def courses_of(tx: Tx, inburgeraar_ids: Collection[UUID]) -> dict[UUID, Course]:
    """The course of each person: from the first group that the caller sees to the PIP in force."""
    pips = await store.pips_in_force(tx, inburgeraar_ids)
    chairs = await store.first_chairs(tx, inburgeraar_ids)
    found = {}
    for person in inburgeraar_ids:
        pip, chair = pips.get(person), chairs.get(person)
        found[person] = Course(
            leerroute=None if pip is None else pip.leerroute,
            began_on=None if chair is None else chair.since,
            way=speeds.way(
                None if chair is None else rules.GroupLevel(chair.level),
                None if chair is None or chair.pace is None else rules.Pace(chair.pace),
                None if pip is None else pip.level,
                tx.today,
            ),
        )
    return found
