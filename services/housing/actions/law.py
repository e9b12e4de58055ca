# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How the law stands on a day, for the use cases that depend on it (HO-22)."""

from collections.abc import Sequence
from datetime import date

from chassis.db import Tx
from chassis.errors import FieldError
from services.housing.errors import SwitchedOff, on_day
from services.housing.models import Dwelling
from services.housing.rules import law
from services.housing.rules.codes import DwellingKind
from services.housing.store import account as store

__all__ = ["check_law", "lawful", "switched_off"]

_WORDS = {
    law.LawSwitch.TAAKSTELLING: "kent de wet geen taakstelling",
    law.LawSwitch.PRIORITY: "kent de wet geen voorrang voor statushouders",
    law.LawSwitch.SPREIDINGSWET: "kent de wet geen uitruil van opvang tegen huisvesting",
    law.LawSwitch.DOORSTROOM: "kent de wet geen doorstroomlocaties",
}


async def switched_off(tx: Tx, switch: law.LawSwitch, day: date) -> str | None:
    """The source that switched this off on a day; None where the law knows it."""
    return law.refused_because(await store.law_rows(tx), switch, day)


async def check_law(
    tx: Tx, switch: law.LawSwitch, day: date, *, pointer: str | None = None, parameter: str | None = None
) -> None:
    """Let only that go on which the law knows on a day.

    Raises:
        SwitchedOff: it does not; `rule` names the source.
    """
    source = await switched_off(tx, switch, day)
    if source is not None:
        text = f"Op {on_day(day)} {_WORDS[switch]}."
        place = FieldError("law-switched-off", text, pointer=pointer, parameter=parameter)
        raise SwitchedOff(text, errors=[place], rule=source)


async def lawful(tx: Tx, offered: Sequence[Dwelling]) -> list[Dwelling]:
    """Those of these dwellings that the law knows on the day from which somebody can live there."""
    rows = await store.law_rows(tx)
    return [
        row
        for row in offered
        if row.kind != DwellingKind.TRANSIT
        or law.in_force(rows, law.LawSwitch.DOORSTROOM, max(tx.today, row.available_from))
    ]
