# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When the taalscholen teach: the groups, their day parts, and the school year 2024-2025."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Literal

from chassis.calendar import is_public_holiday
from demo.parties import LEIDEN, LEIDSCHENDAM_VOORBURG, OEGSTGEEST, VOORSCHOTEN, WASSENAAR

__all__ = ["FIRST_DAY", "GROUPS", "LAST_DAY", "TODAY", "GroupPlan", "LessonPlan", "Slot", "lessons"]

Leerroute = Literal["b1", "onderwijsroute", "z"]
GroupLevel = Literal["alfa-a", "alfa-b", "alfa", "brugklas", "a0", "a1", "a2", "b1"]
DayPart = Literal["morning", "afternoon", "evening"]

FIRST_DAY = date(2024, 9, 2)
_WEEK_AFTER = date(2024, 9, 9)
TODAY = date(2024, 11, 5)  # where the demo stands when it is loaded, a Tuesday
LAST_DAY = date(2025, 7, 11)

_MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY = range(5)

# School holidays of the region Midden, 2024-2025, as the ministry of education published them.
_HOLIDAYS = (
    (date(2024, 10, 26), date(2024, 11, 3)),
    (date(2024, 12, 21), date(2025, 1, 5)),
    (date(2025, 2, 22), date(2025, 3, 2)),
    (date(2025, 4, 26), date(2025, 5, 5)),
)

_TIMES: dict[DayPart, tuple[time, time, Decimal]] = {
    "morning": (time(8, 45), time(11, 45), Decimal(3)),
    "afternoon": (time(12, 45), time(15, 45), Decimal(3)),
    "evening": (time(18, 30), time(21, 0), Decimal("2.5")),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """One day part of the week."""

    weekday: int  # Monday is 0
    day_part: DayPart


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A group of a taalschool and how many status holders and gezinsmigranten learn in it."""

    key: str
    name: str
    provider: str  # slug
    leerroute: Leerroute
    level: GroupLevel
    gemeentecode: str
    slots: tuple[Slot, ...]
    status_holders: int
    family_migrants: int
    begins_on: date

    @property
    def first(self) -> bool:
        """Whether the walk of the demo's clock waits for it; the others are loaded behind."""
        return self.begins_on == FIRST_DAY


@dataclass(frozen=True, slots=True)
class LessonPlan:
    """One lesson of a group. Times are local, hours are what the lesson counts for."""

    group: str
    date: date
    day_part: DayPart
    starts_at: time
    ends_at: time
    hours: Decimal


def _slots(day_part: DayPart, *weekdays: int) -> tuple[Slot, ...]:
    return tuple(Slot(day, day_part) for day in weekdays)


# fmt: off
# Groups of 8 to 12; shares of status holders and gezinsmigranten as in tables 6.12 to 6.17.
GROUPS: tuple[GroupPlan, ...] = (
    GroupPlan("en-lv-a", "Voorburg A2 ochtend", "echt-nederlands", "b1", "a2", LEIDSCHENDAM_VOORBURG,
              _slots("morning", _MONDAY, _TUESDAY, _THURSDAY), 3, 8, FIRST_DAY),
    GroupPlan("en-lv-b", "Leidschendam A1 ochtend", "echt-nederlands", "b1", "a1", LEIDSCHENDAM_VOORBURG,
              _slots("morning", _MONDAY, _TUESDAY, _WEDNESDAY, _FRIDAY), 4, 8, _WEEK_AFTER),
    GroupPlan("en-lv-c", "Voorburg B1 avond", "echt-nederlands", "b1", "b1", LEIDSCHENDAM_VOORBURG,
              _slots("evening", _MONDAY, _WEDNESDAY, _THURSDAY), 2, 7, _WEEK_AFTER),
    GroupPlan("en-lv-d", "Leidschendam A2 middag", "echt-nederlands", "b1", "a2", LEIDSCHENDAM_VOORBURG,
              _slots("afternoon", _MONDAY, _TUESDAY, _THURSDAY), 2, 8, _WEEK_AFTER),
    GroupPlan("en-vo-a", "Voorschoten A2 ochtend", "echt-nederlands", "b1", "a2", VOORSCHOTEN,
              _slots("morning", _TUESDAY, _WEDNESDAY, _FRIDAY), 5, 5, _WEEK_AFTER),
    GroupPlan("en-vo-b", "Voorschoten A1 middag", "echt-nederlands", "b1", "a1", VOORSCHOTEN,
              _slots("afternoon", _MONDAY, _WEDNESDAY, _THURSDAY), 5, 3, _WEEK_AFTER),
    GroupPlan("en-wa-a", "Wassenaar A2 ochtend", "echt-nederlands", "b1", "a2", WASSENAAR,
              _slots("morning", _MONDAY, _WEDNESDAY, _FRIDAY), 3, 7, FIRST_DAY),
    GroupPlan("fox-lv-a", "Leidschendam Alfa A", "foxtaal", "z", "alfa-a", LEIDSCHENDAM_VOORBURG,
              _slots("morning", _MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY), 8, 1, FIRST_DAY),
    GroupPlan("fox-lv-b", "Voorburg Alfa B", "foxtaal", "z", "alfa-b", LEIDSCHENDAM_VOORBURG,
              _slots("afternoon", _MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY), 8, 2, _WEEK_AFTER),
    GroupPlan("fox-vo-a", "Voorschoten Brugklas", "foxtaal", "z", "brugklas", VOORSCHOTEN,
              _slots("morning", _MONDAY, _TUESDAY, _THURSDAY, _FRIDAY), 7, 1, _WEEK_AFTER),
    GroupPlan("fox-wa-a", "Wassenaar A1/A2", "foxtaal", "z", "a2", WASSENAAR,
              _slots("morning", _MONDAY, _TUESDAY, _THURSDAY, _FRIDAY), 8, 1, _WEEK_AFTER),
    GroupPlan("roc-lv", "Taalschakel Den Haag 1", "roc-mondriaan", "onderwijsroute", "b1", LEIDSCHENDAM_VOORBURG,
              _slots("morning", _MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY), 9, 1, _WEEK_AFTER),
    GroupPlan("roc-vo", "Taalschakel Den Haag 2", "roc-mondriaan", "onderwijsroute", "b1", VOORSCHOTEN,
              _slots("afternoon", _MONDAY, _TUESDAY, _WEDNESDAY, _FRIDAY), 8, 0, _WEEK_AFTER),
    GroupPlan("roc-oe", "Taalschakel Leiden", "roc-mondriaan", "onderwijsroute", "b1", OEGSTGEEST,
              _slots("morning", _TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY), 8, 0, _WEEK_AFTER),
    GroupPlan("dd-oe-a", "Oegstgeest A2", "danner-en-danner", "b1", "a2", OEGSTGEEST,
              _slots("morning", _MONDAY, _TUESDAY, _THURSDAY), 6, 4, FIRST_DAY),
    GroupPlan("dd-oe-z", "Oegstgeest Alfa", "danner-en-danner", "z", "alfa", OEGSTGEEST,
              _slots("afternoon", _MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY), 7, 1, _WEEK_AFTER),
    GroupPlan("vwn-oe", "Oegstgeest A1", "vluchtelingenwerk", "b1", "a1", OEGSTGEEST,
              _slots("morning", _MONDAY, _WEDNESDAY, _FRIDAY), 6, 3, _WEEK_AFTER),
    GroupPlan("nlt-oe", "Oegstgeest midden", "nltraining", "z", "a1", OEGSTGEEST,
              _slots("morning", _MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY), 7, 1, _WEEK_AFTER),
    GroupPlan("dd-le-a", "Leiden jongeren", "danner-en-danner", "b1", "a2", LEIDEN,
              _slots("afternoon", _MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY), 5, 4, _WEEK_AFTER),
    GroupPlan("nlt-le", "Leiden A0-A2", "nltraining", "z", "a0", LEIDEN,
              _slots("morning", _MONDAY, _TUESDAY, _WEDNESDAY, _FRIDAY), 7, 1, _WEEK_AFTER),
)
# fmt: on


def lessons(group: GroupPlan, *, first: date, last: date) -> Iterator[LessonPlan]:
    """The lessons of a group from `first` to `last`, both included; none before it begins, none in holidays."""
    day = max(first, group.begins_on)
    while day <= min(last, LAST_DAY):
        if not _is_free(day):
            for slot in group.slots:
                if slot.weekday == day.weekday():
                    starts_at, ends_at, hours = _TIMES[slot.day_part]
                    yield LessonPlan(group.key, day, slot.day_part, starts_at, ends_at, hours)
        day += timedelta(days=1)


def _is_free(day: date) -> bool:
    return is_public_holiday(day) or any(first <= day <= last for first, last in _HOLIDAYS)
