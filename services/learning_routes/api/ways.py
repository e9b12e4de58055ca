# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How an answer tells what somebody's way to the level of the PIP takes in lessons."""

from typing import Literal

from chassis.schema import described
from chassis.web import DayOrNone, HoursOrNone, Schema
from services.learning_routes import actions, rules
from services.learning_routes.rules.speeds import Unknown

__all__ = ["LearningStep", "LearningWay", "way_out"]


class LearningStep(Schema):
    """De stap naar één niveau."""

    level: Literal["a1", "a2", "b1"]
    hours: HoursOrNone = described("Lesuren; leeg: maatwerk.")


class LearningWay(Schema):
    """Wat de weg van de eerste groep naar het niveau van het PIP aan lesuren vraagt (tabel 6.16)."""

    from_level: rules.GroupLevel | None = described("Het niveau van de inburgeraar in de eerste groep.")
    to_level: Literal["a1", "a2", "b1", "b2"] | None = described("Het niveau van het PIP dat nu geldt.")
    pace: rules.Pace | None = described("Het leertempo van de eerste groep.")
    began_on: DayOrNone = described("De eerste dag in de eerste groep.")
    steps: list[LearningStep] = described("De stappen; die vóór A0 staan niet in de tabel.")
    hours: HoursOrNone = described("Verwachte lesuren, alle stappen samen.")
    unknown: Unknown | None = described(
        "Waarom er geen verwachting is: nog geen PIP of groep, geen leertempo, het niveau was al bereikt, het niveau "
        "staat niet in de tabel, of maatwerk."
    )


def way_out(course: actions.Course) -> LearningWay:
    """The answer for one person."""
    way = course.way
    return LearningWay.model_validate(
        {
            "from_level": way.from_level,
            "to_level": way.to_level,
            "pace": way.pace,
            "began_on": course.began_on,
            "steps": [{"level": level, "hours": hours} for level, hours in way.steps],
            "hours": way.hours,
            "unknown": way.unknown,
        }
    )
