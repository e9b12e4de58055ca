# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Days, instants and hours as Dutch people write them; legal days are in Europe/Amsterdam."""

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

__all__ = [
    "AMSTERDAM",
    "clock_time",
    "day",
    "days_until",
    "hours",
    "instant",
    "long_day",
    "parse_day",
    "parse_hours",
    "short_day",
    "span",
]

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LOCALE = "nl_NL"
_HOURS = re.compile(r"[0-9]{1,5}([.,][0-9]{1,2})?")
MANY_DAYS = 92  # from here on months say more than days
DAYS_OF_MONTH = 30.44


def _day(value: str | date) -> date:
    if isinstance(value, datetime):
        return value.astimezone(AMSTERDAM).date()
    return value if isinstance(value, date) else date.fromisoformat(value[:10])


def _instant(value: str | datetime) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.astimezone(AMSTERDAM)


def long_day(value: str | date | None) -> str:
    """`dinsdag 5 november 2024`."""
    return "" if value is None else format_date(_day(value), "EEEE d MMMM y", locale=LOCALE)


def day(value: str | date | None) -> str:
    """`5 november 2024`."""
    return "" if value is None else format_date(_day(value), "d MMMM y", locale=LOCALE)


def short_day(value: str | date | None) -> str:
    """`di 5 nov`, for narrow columns beside a heading that names the year."""
    return "" if value is None else format_date(_day(value), "EEEEEE d MMM", locale=LOCALE)


def instant(value: str | datetime | None) -> str:
    """`5 november 2024, 09.00 uur`, in Dutch time."""
    return "" if value is None else format_datetime(_instant(value), "d MMMM y, HH.mm 'uur'", locale=LOCALE)


def clock_time(value: str) -> str:
    """`09.00` of a time of day (`09:00`, `09:00:00`) or of an instant."""
    text = value if "T" not in value else _instant(value).strftime("%H:%M")
    return text[:5].replace(":", ".")


def hours(value: str | float | Decimal | None) -> str:
    """`2,5`: at most two decimals."""
    if value is None:
        return ""
    return str(format_decimal(Decimal(str(value)), format="#,##0.##", locale=LOCALE))


def days_until(due: str | date, today: date) -> int:
    """Days from today to the due day; below zero when it has passed."""
    return (_day(due) - today).days


def span(days: int) -> str:
    """How far away a due day is, in words."""
    if days == 0:
        return "vandaag"
    if days == 1:
        return "morgen"
    if days == -1:
        return "gisteren verlopen"
    if days > MANY_DAYS:
        years, months = divmod(round(days / DAYS_OF_MONTH), 12)
        parts = [f"{years} jaar"] * bool(years) + [
            f"{months} {'maand' if months == 1 else 'maanden'}"
        ] * bool(months)
        return f"over {' en '.join(parts)}"
    return f"over {days} dagen" if days > 0 else f"{-days} dagen te laat"


def since(value: str | datetime, today: date) -> str:
    """Since when something is there: `sinds vandaag`, or the day."""
    on = _day(value if isinstance(value, datetime) else datetime.fromisoformat(value))
    return "sinds vandaag" if on == today else f"sinds {short_day(on)}"


def parse_day(text: str | None) -> date | None:
    """The day in a form field (`2024-11-05`, as browsers send it, or `5-11-2024` as people type it)."""
    value = (text or "").strip()
    for pattern in ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y"):
        try:
            return datetime.strptime(value, pattern).date()  # noqa: DTZ007 -- a calendar day has no zone
        except ValueError:
            continue
    return None


def parse_hours(text: str | None) -> float | None:
    """Hours as people type them: `2,5` or `2.5`.

    Raises:
        ValueError: what was typed is not a number of hours.
    """
    value = (text or "").strip()
    if not value:
        return None
    if not _HOURS.fullmatch(value):
        raise ValueError("not a number of hours")
    return float(value.replace(",", "."))
