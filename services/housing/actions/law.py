# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How the law stands on a day, for the use cases that depend on it (HO-22)."""

from datetime import date

from chassis.db import Tx
from chassis.errors import FieldError
from services.housing.errors import SwitchedOff, on_day
from services.housing.rules import law
from services.housing.store import account as store

__all__ = ["check_law", "switched_off"]

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
