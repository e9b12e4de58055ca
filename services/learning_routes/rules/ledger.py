# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ledger of lesson hours: what was offered, and what became of each hour."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal

from services.learning_routes.rules.codes import Approval, AttendanceStatus, Leerroute
from services.learning_routes.rules.parameters import WET_2021, Z_COURSE_HOURS

__all__ = ["Entry", "Hours", "add_up", "share", "short_of", "target_of"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One lesson that was offered to one inburgeraar, and its registration if there is one."""

    lesson_hours: Decimal
    status: AttendanceStatus | None  # None: nobody entered it
    hours: Decimal
    approval: Approval | None
    marked: bool  # the provider's mark held on the day


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours by what became of them; all but `offered` and `pending` add up to `offered`."""

    offered: Decimal = Decimal(0)
    attended: Decimal = Decimal(0)  # these count toward the norm
    attended_without_mark: Decimal = Decimal(0)  # the provider had no valid mark that day
    partly_missed: Decimal = Decimal(0)  # the rest of lessons that were attended in part
    excused: Decimal = Decimal(0)
    sick: Decimal = Decimal(0)
    unexcused: Decimal = Decimal(0)
    unregistered: Decimal = Decimal(0)  # without an entry that counts
    pending: Decimal = Decimal(0)  # of the unregistered: the entry waits for approval

    @property
    def registered(self) -> Decimal:
        """Hours of lessons with an entry that counts."""
        return self.offered - self.unregistered

    @property
    def attended_in_all(self) -> Decimal:
        """Attended hours, with or without a valid mark."""
        return self.attended + self.attended_without_mark

    def __add__(self, other: "Hours") -> "Hours":
        return Hours(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


def _hours(entry: Entry) -> Hours:
    whole = entry.lesson_hours
    if entry.status is None or entry.approval is None or not entry.approval.counts:
        waits = entry.approval is Approval.PENDING
        return Hours(offered=whole, unregistered=whole, pending=whole if waits else Decimal(0))
    match entry.status:
        case AttendanceStatus.PRESENT:
            rest = whole - entry.hours
            if entry.marked:
                return Hours(offered=whole, attended=entry.hours, partly_missed=rest)
            return Hours(offered=whole, attended_without_mark=entry.hours, partly_missed=rest)
        case AttendanceStatus.EXCUSED:
            return Hours(offered=whole, excused=whole)
        case AttendanceStatus.SICK:
            return Hours(offered=whole, sick=whole)
        case AttendanceStatus.UNEXCUSED:
            return Hours(offered=whole, unexcused=whole)


def add_up(entries: Iterable[Entry]) -> Hours:
    """The ledger over these lessons."""
    return sum((_hours(entry) for entry in entries), Hours())


def target_of(leerroute: str | None) -> Decimal | None:
    """The course hours that the route asks for, None where it asks for exams instead.

    Source: Besluit inburgering 2021 art. 3.14, jci1.3:c:BWBR0045555&artikel=3.14.
    """
    return Z_COURSE_HOURS.on(WET_2021) if leerroute == Leerroute.Z else None


def share(part: Decimal, whole: Decimal) -> Decimal | None:
    """A part in percent, two decimals; None of nothing."""
    if not whole:
        return None
    return (100 * part / whole).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def short_of(target: Decimal | None, hours: Hours) -> Decimal | None:
    """The hours still to be attended; negative where more was attended, None without a target."""
    return None if target is None else target - hours.attended
