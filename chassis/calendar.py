# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Legal days and working days in the Netherlands.

Everything here is a calendar day in Europe/Amsterdam; instants belong to `chassis.clock`.

Sources: Algemene termijnenwet art. 1 (a term that ends on a Saturday, Sunday or public holiday
is extended to the next day that is none of these), art. 3 (which days those are) and art. 4
(not for terms of more than 12 weeks, 3 months or 90 days).
"""

from collections.abc import Container
from datetime import date, timedelta
from functools import cache

import holidays
from dateutil.relativedelta import relativedelta

__all__ = [
    "LONGEST_SHIFTED_DAYS",
    "LONGEST_SHIFTED_MONTHS",
    "add_months",
    "add_working_days",
    "add_years",
    "is_public_holiday",
    "is_working_day",
    "legal_due",
    "legal_due_months",
    "shift_to_working_day",
]

LONGEST_SHIFTED_DAYS = 90
"""Terms in days longer than this do not shift (art. 4); 12 weeks are 84 days and so shift."""

LONGEST_SHIFTED_MONTHS = 3
"""Terms of more calendar months than this do not shift (art. 4)."""

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


@cache
def _public_holidays(year: int) -> frozenset[date]:
    # The category "optional" brings 5 May in every year, which art. 3 counts and the default
    # leaves out, and Good Friday.
    days = holidays.country_holidays("NL", years=year, categories=("public", "optional"))
    return frozenset(days)


def is_public_holiday(day: date) -> bool:
    """Say whether the Algemene termijnenwet counts `day` as a public holiday (art. 3)."""
    return day in _public_holidays(day.year)


def is_working_day(day: date, *, closed: Container[date] = ()) -> bool:
    """Say whether people work on `day`: Monday to Friday, no public holiday.

    Args:
        day: the calendar day.
        closed: further days on which the party in question is closed, for example the school
            holidays of one contract. They are data of that contract, never of the law, so
            statutory terms leave this empty.
    """
    return day.weekday() < _SATURDAY and not is_public_holiday(day) and day not in closed


def shift_to_working_day(day: date) -> date:
    """Return `day`, or the first working day after it when it is none (art. 1 lid 1)."""
    while not is_working_day(day):
        day += _ONE_DAY
    return day


def add_working_days(day: date, count: int, *, closed: Container[date] = ()) -> date:
    """Return the last of the `count` working days that follow `day`.

    `day` itself does not count, whatever it is. For contract terms ("within 20 working days of
    the referral"), not for terms of the law, which count calendar days.

    Raises:
        ValueError: `count` is negative, or `closed` leaves no working day within ten years.
    """
    if count < 0:
        msg = f"count must be 0 or more, got {count}"
        raise ValueError(msg)
    horizon = add_years(day, 10 + count // 200)
    while count:
        day += _ONE_DAY
        if day > horizon:
            msg = "no working day left: the closed days cover everything"
            raise ValueError(msg)
        if is_working_day(day, closed=closed):
            count -= 1
    return day


def legal_due(day: date, days: int) -> date:
    """Return the last day of a statutory term of `days` days after `day`.

    `day` itself does not count: "within 10 weeks after 15 January" is 15 January + 70 days. The
    end shifts to a working day only for terms of at most 12 weeks, 3 months or 90 days (art. 4).

    Raises:
        ValueError: `days` is negative; the law has no terms backwards here (art. 1 lid 2).
    """
    if days < 0:
        msg = f"days must be 0 or more, got {days}"
        raise ValueError(msg)
    end = day + timedelta(days=days)
    return shift_to_working_day(end) if days <= LONGEST_SHIFTED_DAYS else end


def legal_due_months(day: date, months: int) -> date:
    """Return the last day of a statutory term of calendar `months` after `day`.

    A month that has no such day ends the term on its last day: one month after 31 January is
    28 or 29 February. Terms of at most 3 months shift to a working day (art. 1 and 4).

    Raises:
        ValueError: `months` is negative.
    """
    if months < 0:
        msg = f"months must be 0 or more, got {months}"
        raise ValueError(msg)
    end = add_months(day, months)
    return shift_to_working_day(end) if months <= LONGEST_SHIFTED_MONTHS else end


def add_months(day: date, months: int) -> date:
    """Return `day` moved by calendar months, to the month's last day where it is shorter."""
    return day + relativedelta(months=months)


def add_years(day: date, years: int) -> date:
    """Return `day` moved by calendar years; 29 February becomes 28 February in a common year."""
    return day + relativedelta(years=years)
