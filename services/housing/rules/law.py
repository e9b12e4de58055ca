# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""HO-22: housing law that is switched on and off by date, since the law itself is under discussion."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["SEED", "LawSwitch", "Switched", "in_force", "refused_because"]


class LawSwitch(StrEnum):
    """What the law may know on a day, or not."""

    TAAKSTELLING = "taakstelling"  # a target per half-year (Huisvestingswet 2014 art. 28 and 29)
    PRIORITY = "priority"  # statushouders may have priority for social rent (Huisvestingswet 2014 art. 12)
    SPREIDINGSWET = "spreidingswet"  # reception places are spread, and may be swapped against housing
    DOORSTROOM = "doorstroomlocaties"  # stays in a doorstroomlocatie are foreseen


@dataclass(frozen=True, slots=True)
class Switched:
    """A switch and how it stands from a day on, until the next row."""

    switch: LawSwitch
    since: date
    source: str
    on: bool = True


SEED: tuple[Switched, ...] = (
    Switched(LawSwitch.TAAKSTELLING, date(2014, 10, 1), "Huisvestingswet 2014 art. 28 en 29"),
    Switched(LawSwitch.PRIORITY, date(2014, 10, 1), "Huisvestingswet 2014 art. 12"),
    Switched(
        LawSwitch.SPREIDINGSWET,
        date(2024, 2, 1),
        "Wet gemeentelijke taak mogelijk maken asielopvangvoorzieningen",
    ),
    Switched(
        LawSwitch.DOORSTROOM,
        date(2014, 10, 1),
        "Afspraak met het COA over doorstroomlocaties; verblijf ten hoogste twaalf maanden",
    ),
)
"""How the law stood when the audit was made (report, sections 2.3, 3.1 and 3.2)."""


def in_force(rows: Iterable[Switched], switch: LawSwitch, day: date) -> bool:
    """Return whether the law knows this on a day: the last row that began by then; before the first, not.

    Of rows with one day the later in the order counts.
    """
    found: Switched | None = None
    for row in rows:
        if row.switch is switch and row.since <= day and (found is None or row.since >= found.since):
            found = row
    return found is not None and found.on


def refused_because(rows: Iterable[Switched], switch: LawSwitch, day: date) -> str | None:
    """Return the source of the row that switched this off on a day; None where the law knows it."""
    held = [row for row in rows if row.switch is switch and row.since <= day]
    if not held:
        return "nog niet in werking"
    last = max(enumerate(held), key=lambda one: (one[1].since, one[0]))[1]
    return None if last.on else last.source
