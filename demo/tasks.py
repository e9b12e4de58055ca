# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a loader does one by one and side by side, and the moments at which it does it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime

__all__ = ["Line", "Stop", "Task", "Wave"]


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to make: its name in the journal, and the call that makes it and answers its id."""

    name: str
    make: Callable[[], Awaitable[str]]


Line = list[Task]
"""Tasks that follow each other, as what happens to one person does."""

Wave = list[Line]
"""Lines that do not need each other, made side by side."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A moment at which the clock stands still and things are entered."""

    at: datetime
    since: date  # the day of the stop before, whose things were entered then

    @property
    def day(self) -> date:
        """The legal day of the stop."""
        return self.at.date()

    def covers(self, day: date) -> bool:
        """Whether what happened on a day is entered at this stop."""
        return self.since < day <= self.day
