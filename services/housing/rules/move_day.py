# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is to be done around the day on which a household gets its key (HO-21, the "regeldag")."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from services.housing.rules.steps import Party

__all__ = ["CHECKLIST", "Due", "Item", "checklist"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do: by whom, and when counted from the day of the key, in days."""

    code: str
    party: Party
    days: int


CHECKLIST: tuple[Item, ...] = (
    Item("lease-signed", Party.CORPORATION, 0),
    Item("meters-read", Party.CORPORATION, 0),
    Item("move-planned", Party.VLUCHTELINGENWERK, 0),
    Item("energy-and-water", Party.VLUCHTELINGENWERK, 1),
    Item("insurance", Party.VLUCHTELINGENWERK, 5),
    Item("brp-registration", Party.GEMEENTE, 5),
    Item("welfare-asked", Party.GEMEENTE, 5),
    Item("rent-allowance", Party.VLUCHTELINGENWERK, 14),
    Item("furnishing-credit", Party.GEMEENTE, 14),
    Item("school-and-doctor", Party.VLUCHTELINGENWERK, 14),
    Item("guidance-started", Party.VLUCHTELINGENWERK, 14),
    Item("financial-relief-set", Party.GEMEENTE, 14),
)
"""What the day brings, in the order of the days. Registration: within five days (Wet BRP art. 2.39)."""


class Due(NamedTuple):
    """An item with its last day."""

    code: str
    party: Party
    due_on: date


def checklist(key_on: date) -> list[Due]:
    """Return what is to be done for a household that gets its key on this day."""
    return [Due(item.code, item.party, key_on + timedelta(days=item.days)) for item in CHECKLIST]
