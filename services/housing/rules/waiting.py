# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""HO-23: the weeks that who is linked and not housed loses before inburgering can begin."""

from datetime import date

__all__ = ["weeks_lost"]

_WEEK = 7


def weeks_lost(house_due_on: date, housed_on: date | None, day: date) -> int:
    """Return the full weeks after the last day for a house, until the house or the day that one looks.

    Until then nothing is lost: the gemeente is in time. For who was housed late the loss stays a fact.

    Args:
        house_due_on: the link plus ten weeks (audit report, section 3.1).
        housed_on: None while waiting.
        day: on which one looks.

    >>> weeks_lost(date(2024, 3, 18), None, date(2024, 11, 1))
    32
    """
    until = day if housed_on is None or housed_on > day else housed_on
    return max(0, (until - house_due_on).days // _WEEK)
