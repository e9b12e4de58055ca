# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Amounts and waiting times as Dutch people write them."""

import re

from babel.numbers import format_currency

from portal.dates import LOCALE

__all__ = ["euros", "late", "parse_euros", "percent", "standing", "weeks"]

DAYS_OF_WEEK = 7
_CENTS = 100
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]{1,2})?")


def euros(cents: int | None) -> str:
    """`€ 693,10` of 69310 cents."""
    return "" if cents is None else str(format_currency(cents / _CENTS, "EUR", locale=LOCALE))


def parse_euros(text: str | None) -> int | None:
    """Whole cents of an amount as people type it: `693,10`, `693.10`, `€ 693` or `720.000,00`.

    Raises:
        ValueError: what was typed is not an amount.
    """
    value = (text or "").replace("€", "").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    if not value:
        return None
    if _THOUSANDS.fullmatch(value):
        value = value.replace(".", "")
    whole, _, part = value.replace(".", ",").partition(",")
    if not whole.isascii() or not whole.isdigit() or (part and not part.isdigit()) or len(part) > len("00"):
        raise ValueError("not an amount")
    return int(whole) * _CENTS + int(part.ljust(2, "0") if part else 0)


def weeks(days: int) -> str:
    """`1 week`, `22 weken`: whole weeks of a number of days."""
    number = days // DAYS_OF_WEEK
    return "1 week" if number == 1 else f"{number} weken"


def late(days: int) -> str:
    """How far over its last day something is: in days at first, then in weeks."""
    if days == 1:
        return "1 dag te laat"
    return f"{days} dagen te laat" if days < 2 * DAYS_OF_WEEK else f"{weeks(days)} te laat"


def standing(persons: int) -> str:
    """A balance in words: behind, ahead, or neither."""
    if persons == 0:
        return "bij"
    people = "persoon" if abs(persons) == 1 else "personen"
    return f"{persons} {people} achter" if persons > 0 else f"{-persons} {people} voor"


def percent(value: float | None) -> str:
    """`12,5%`; nothing where there is no number."""
    return "" if value is None else f"{value:.1f}".rstrip("0").rstrip(".").replace(".", ",") + "%"
