# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the demo's consulenten do with the signals on their list: most they handle within two weeks."""

from collections.abc import Mapping
from datetime import date, datetime
from random import Random
from typing import Any

from chassis.clock import legal_day
from demo.cases import Case
from demo.people import SEED
from demo.timetable import TODAY

__all__ = ["decide"]

_DAYS_LEFT_ALONE = 4
_HANDLED_IN_HUNDRED = 65
_FRESH_DAYS = 12  # what came in the last days stays open, so that there is something on the list

_NOTES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "unexcused-absences": (
        ("talked", "Gebeld. De opvang van de kinderen viel weg; vanaf volgende week is er een vaste plek."),
        (
            "talked",
            "Gesproken na de les. Er was een afspraak bij de IND, de school wist dat niet. Meldt het voortaan.",
        ),
        (
            "talked",
            "Aan huis geweest. Nieuwe baan in de ochtend; we zoeken samen met de school een avondgroep.",
        ),
        ("passed-on", "Doorgegeven aan de trajectbegeleider van de taalschool, die gaat langs."),
        ("no-action", "De school had zich vergist in de groep en corrigeert de lijst."),
    ),
    "sickness-rate": (
        ("talked", "Gebeld en beterschap gewenst. Belt zelf als het herstel langer duurt."),
        ("talked", "Gesproken. Rustig opbouwen met twee dagdelen per week, afgestemd met de school."),
    ),
    "missing-registrations": (("no-action", "De school vult de lijst alsnog in."),),
    "key-handed-over": (
        ("talked", "Gebeld met VluchtelingenWerk: de rondgang langs de loketten is gepland."),
        ("passed-on", "Doorgegeven aan de collega die de verhuizing begeleidt."),
    ),
}
_OF_A_DEADLINE = (
    ("talked", "Afspraak gemaakt voor de brede intake."),
    ("no-action", "De afspraak staat al in de agenda."),
)


def decide(
    signal: Mapping[str, Any], case: Case | None, *, on: date, seed: str = SEED
) -> dict[str, str] | None:
    """The handling of an open signal on a day, or None while it stays on the list.

    The same person, kind and day give the same decision, whatever ids the platform gave out.
    """
    raised_on = legal_day(datetime.fromisoformat(signal["raisedAt"]))
    if case is None or (on - raised_on).days < _DAYS_LEFT_ALONE or (TODAY - raised_on).days < _FRESH_DAYS:
        return None
    chance = Random(f"{seed}:signal:{case.person.key}:{signal['kind']}:{raised_on}:{on}")  # noqa: S311
    if chance.randrange(100) >= _HANDLED_IN_HUNDRED:
        return None
    outcome, note = chance.choice(_NOTES.get(signal["kind"], _OF_A_DEADLINE))
    return {"outcome": outcome, "note": note}
