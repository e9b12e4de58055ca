# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The only place that knows what time it is.

Legal days and jobs follow the clock; tokens, sessions and retries of the network keep real time.
"""

import json
import os
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

__all__ = ["AMSTERDAM", "Clock", "FixedClock", "MovableClock", "SystemClock", "legal_day"]

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_REREAD_SECONDS = 0.2


def legal_day(instant: datetime) -> date:
    """The calendar day in the Netherlands at an instant."""
    return instant.astimezone(AMSTERDAM).date()


class Clock(Protocol):
    """Tells the time that the law reckons with."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...

    def today(self) -> date:
        """The legal day, in Europe/Amsterdam."""
        ...


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The legal day, in Europe/Amsterdam."""
        return legal_day(self.now())


class FixedClock:
    """A clock for tests: stands still until it is moved."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return self._instant

    def today(self) -> date:
        """The legal day, in Europe/Amsterdam."""
        return legal_day(self._instant)

    def set(self, instant: datetime) -> None:
        """Move to an instant."""
        self._instant = instant.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move by a duration."""
        self._instant += by


class MovableClock:
    """The clock of a demo: runs on at real speed from where it was last put, forward only.

    Its position stands in a file, so that several processes and a restart share it. While all
    processes are down it stands still: the saved position is renewed on every `save`.
    """

    def __init__(self, path: Path, *, start: datetime | None = None) -> None:
        """Read the position, or begin at `start` (the real time without one).

        A given `start` later than the saved position moves the clock to it.
        """
        self._path = path
        self._read_at = 0.0
        self._stamp: tuple[int, int] | None = None
        self._offset = timedelta()
        if not path.exists():
            self._write(start or datetime.now(UTC))
        self._reload()
        if start is not None and start > self.now():
            self._write(start)
            self._reload()

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        if time.monotonic() - self._read_at > _REREAD_SECONDS:
            self._reload()
        return datetime.now(UTC) + self._offset

    def today(self) -> date:
        """The legal day, in Europe/Amsterdam."""
        return legal_day(self.now())

    def move(self, instant: datetime) -> datetime:
        """Put the clock at a later instant.

        Raises:
            ValueError: the instant has passed already; the clock never goes back.
        """
        self._reload()
        if instant < self.now():
            raise ValueError("the clock goes forward only")
        self._write(instant)
        self._reload()
        return self.now()

    def resume(self) -> None:
        """Go on from the saved position, as if no time had passed while everything was down."""
        saved = json.loads(self._path.read_text())
        self._write(datetime.fromisoformat(saved["now"]))
        self._reload()

    def save(self) -> None:
        """Write the present position, so that a restart goes on from here."""
        self._write(self.now())
        self._reload()

    def _write(self, instant: datetime) -> None:
        body = json.dumps({"now": instant.astimezone(UTC).isoformat(), "at": time.time()})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(body)
        Path(name).chmod(0o644)
        Path(name).replace(self._path)

    def _reload(self) -> None:
        self._read_at = time.monotonic()
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp == self._stamp:
            return
        saved = json.loads(self._path.read_text())
        at_real_time = datetime.fromtimestamp(float(saved["at"]), UTC)
        self._offset = datetime.fromisoformat(saved["now"]) - at_real_time
        self._stamp = stamp
