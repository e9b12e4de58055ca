# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One entry of a roll call: which hours it holds, and whether it counts at once."""

from datetime import date
from decimal import Decimal

from chassis import calendar
from services.learning_routes.rules.codes import Approval, AttendanceStatus

__all__ = ["HoursNotAllowed", "approval_of_correction", "approval_of_entry", "hours_of"]

NO_HOURS = Decimal("0.00")


class HoursNotAllowed(ValueError):
    """The hours do not go with the lesson or the status; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def hours_of(status: AttendanceStatus, hours: Decimal | None, lesson_hours: Decimal) -> Decimal:
    """The attended hours of an entry.

    Args:
        status: what the roll call says.
        hours: as sent; None is the whole lesson for who was present, and nothing for others.
        lesson_hours: the length of the lesson.

    Raises:
        HoursNotAllowed: `negative`, `more-than-lesson`, or `only-when-present` for hours of
            somebody who was not there.
    """
    present = status is AttendanceStatus.PRESENT
    if hours is None:
        return lesson_hours if present else NO_HOURS
    if hours < 0:
        raise HoursNotAllowed("negative")
    if hours > lesson_hours:
        raise HoursNotAllowed("more-than-lesson")
    if hours > 0 and not present:
        raise HoursNotAllowed("only-when-present")
    return hours


def approval_of_entry(lesson_date: date, recorded_on: date, window_months: int) -> Approval:
    """Whether a first entry counts at once: it does up to `window_months` calendar months after the lesson.

    Lesson on 5 September, two months: an entry on 5 November still counts at once.
    """
    in_time = recorded_on <= lesson_date or recorded_on <= calendar.add_months(lesson_date, window_months)
    return Approval.NOT_NEEDED if in_time else Approval.PENDING


def approval_of_correction(before: Approval) -> Approval:
    """Whether a corrected entry counts: as before, since corrections are always possible.

    What a person refused is judged again, because it is now another entry.
    """
    return Approval.PENDING if before is Approval.REFUSED else before
