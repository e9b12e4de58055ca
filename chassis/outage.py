# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is away is said once when that begins and once when it is over, however often it is tried between."""

import time
from datetime import UTC, datetime
from typing import Any

from chassis.logs import log

__all__ = ["Outage"]


class Outage:
    """One thing that this process needs, and since when it is away."""

    def __init__(self, begins: str, over: str, **facts: Any) -> None:
        """Nothing is away yet.

        Args:
            begins: the event that is logged when it goes.
            over: the event that is logged when it is back.
            facts: logged with both.
        """
        self._begins = begins
        self._over = over
        self._facts = facts
        self._since: float | None = None

    @property
    def lasts(self) -> bool:
        """Whether it is away now."""
        return self._since is not None

    @property
    def since(self) -> str:
        """When it went, for people; empty where it is not away."""
        if self._since is None:
            return ""
        return datetime.fromtimestamp(self._since, UTC).isoformat(timespec="seconds")

    def begins(self, fault: BaseException | str) -> None:
        """It does not answer; said the first time only."""
        if self._since is not None:
            return
        self._since = time.time()
        if isinstance(fault, BaseException):
            plain = getattr(fault, "orig", None) or fault  # without the statement
            fault = f"{type(plain).__name__}: {plain}"[:200]
        log().warning(self._begins, says=fault, **self._facts)

    def over(self) -> None:
        """It answers again; said once."""
        if self._since is None:
            return
        seconds, self._since = time.time() - self._since, None
        log().info(self._over, seconds=round(seconds, 1), **self._facts)
