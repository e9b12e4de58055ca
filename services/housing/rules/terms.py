# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clocks of housing: ten weeks to a house, two weeks to move, and twelve months in a temporary house.

None of these is a term of the law (rules 9.4: agreements between COA and gemeenten, 10 + 2 weeks), so
none shifts when it ends on a Saturday, a Sunday or a holiday.
"""

from datetime import date, timedelta

from chassis.calendar import add_months

__all__ = [
    "FOLLOW_UP_MONTHS",
    "HOUSE_ARTICLE",
    "HOUSE_DAYS",
    "MOVE_ARTICLE",
    "STAY_ARTICLE",
    "STAY_MONTHS",
    "early_day",
    "follow_up_on",
    "house_due",
    "move_due",
    "overrun_days",
    "stay_due",
]

HOUSE_DAYS = 70
MOVE_DAYS = 14
STAY_MONTHS = 12
FOLLOW_UP_MONTHS = 9
_EARLY_DAYS = 14

HOUSE_ARTICLE = "Afspraak van COA en gemeenten: een huis binnen tien weken na de koppeling"
MOVE_ARTICLE = "Afspraak van COA en gemeenten: verhuizen binnen twee weken na het aanbod"
STAY_ARTICLE = "Afspraak over doorstroomlocaties: ten hoogste twaalf maanden"


def house_due(linked_on: date) -> date:
    """Return the last day on which a house found is in time: 70 days after the link.

    Example: linked on 2024-01-08, due on 2024-03-18.

    Source: rules 9.4; audit report 3.1.
    """
    return linked_on + timedelta(days=HOUSE_DAYS)


def move_due(offered_on: date) -> date:
    """Return the last day on which the move is in time: 14 days after the offer.

    Example: offered on 2024-03-18, due on 2024-04-01, Easter Monday or not.

    Source: rules 9.4; audit report 3.1.
    """
    return offered_on + timedelta(days=MOVE_DAYS)


def overrun_days(due_on: date, done_on: date | None, today: date) -> int:
    """Return by how many days a clock is over, or was when it was met; 0 while it is in time."""
    return max(0, ((done_on or today) - due_on).days)


def stay_due(starts_on: date, months: int = STAY_MONTHS) -> date:
    """Return the last day of a temporary stay: so many months after its first day, less one.

    Example: twelve months from 2024-02-01 end on 2025-01-31.

    Raises:
        ValueError: the months are below 1.
    """
    if months < 1:
        raise ValueError(f"months must be 1 or more, got {months}")
    return add_months(starts_on, months) - timedelta(days=1)


def follow_up_on(starts_on: date, months: int = STAY_MONTHS) -> date:
    """Return the day on which a next home must be looked for: three quarters of the stay.

    Example: of twelve months from 2024-02-01, month nine is over on 2024-11-01.
    """
    return add_months(starts_on, max(1, months * FOLLOW_UP_MONTHS // STAY_MONTHS))


def early_day(starts_on: date, due_on: date) -> date:
    """Return the day of the early signal of a clock: two weeks before, or half-way if it is a short one."""
    half = starts_on + timedelta(days=(due_on - starts_on).days // 2)
    return max(half, due_on - timedelta(days=_EARLY_DAYS))
