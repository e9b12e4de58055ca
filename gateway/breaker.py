# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When a service gets no more requests for a while, and how often one may be sent a second time.

A service that does not answer takes a place of the pool for the whole deadline. After a few such
failures one after the other it is left in peace; then one request tries it, and opens it to all.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

__all__ = ["Breaker", "RetryBudget", "State"]

FAILURES = 5
REST_SECONDS = 1.0
LONGEST_REST_SECONDS = 15.0
TRY_SECONDS = 5.0  # after which another may try too: the first can be a large file on a slow line


class State(IntEnum):
    """The numbers are those of the metric."""

    CLOSED = 0  # all may pass
    HALF_OPEN = 1  # one tries
    OPEN = 2  # nobody may


@dataclass(slots=True)
class Breaker:
    """The breaker of one service.

    A request that `admit` lets in ends with exactly one of `succeed`, `fail` and `leave`.
    """

    failures_to_open: int = FAILURES
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    opened: int = 0  # how often, for the metric
    _failures: int = 0
    _rests: int = 0
    _rest_until: float | None = None
    _trying: bool = False
    _tried_at: float = 0.0

    @property
    def state(self) -> State:
        """Where it stands."""
        if self._rest_until is None:
            return State.CLOSED
        return State.HALF_OPEN if self._trying or self.monotonic() >= self._rest_until else State.OPEN

    def admit(self) -> float:
        """Let a request in and answer 0; or answer the seconds until it may be tried again."""
        if self._rest_until is None:
            return 0.0
        now = self.monotonic()
        if now < self._rest_until:
            return self._rest_until - now
        if self._trying and now - self._tried_at < TRY_SECONDS:
            return REST_SECONDS
        self._trying, self._tried_at = True, now
        return 0.0

    def succeed(self) -> None:
        """The service began its answer, whatever it says."""
        self._failures = self._rests = 0
        self._rest_until = None
        self._trying = False

    def fail(self, *, trying: bool = True) -> None:
        """The service was not reached, went away or did not begin its answer in time.

        Args:
            trying: whether the request was let in to try; one from before it opened was not.
        """
        self._failures += 1
        if self._rest_until is None and self._failures < self.failures_to_open:
            return
        if self._rest_until is not None and not (trying and self._trying):
            return  # a request from before it opened: it says nothing new
        self._trying = False
        rest = min(REST_SECONDS * 2.0**self._rests, LONGEST_REST_SECONDS)
        self._rests = min(self._rests + 1, 10)
        self.opened += 1
        # Spread, so that several gateways do not try at one time.
        self._rest_until = self.monotonic() + rest * (0.75 + 0.5 * self.jitter())

    def leave(self, *, trying: bool = True) -> None:
        """The request ended for a reason of its own: its sender went away."""
        self._trying = self._trying and not trying


@dataclass(slots=True)
class RetryBudget:
    """At most one second try for every five requests, so that a fault does not double the load."""

    share: float = 0.2
    most: float = 10.0
    _left: float = field(default=2.0)

    def earn(self) -> None:
        """A request came."""
        self._left = min(self.most, self._left + self.share)

    def spend(self) -> bool:
        """Take one second try, if there is one."""
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
