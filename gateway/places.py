# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The places that one service has for requests, and what is learned of how each went."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gateway.breaker import Breaker, RetryBudget, State
from gateway.errors import UpstreamBusy
from gateway.measures import measures

__all__ = ["Place", "Places", "away", "full", "late"]


class Places:
    """The pool and the breaker of one service: who gets in, and what is learned of how it went."""

    def __init__(self, name: str, limit: int, breaker: Breaker | None = None) -> None:
        """Let at most `limit` requests in at one time."""
        self.name = name
        self.limit = limit
        self.running = 0
        self.breaker = breaker or Breaker()
        self.budget = RetryBudget()
        measures().places.labels(name).set(limit)
        measures().in_use.labels(name).set_function(lambda: self.running)
        measures().breaker.labels(name).set_function(lambda: int(self.breaker.state))

    @contextmanager
    def take(self) -> Iterator["Place"]:
        """A place for one request.

        Raises:
            UpstreamBusy: there is none, or the service is left in peace.
        """
        if self.running >= self.limit:
            measures().shed.labels(self.name, "full").inc()
            raise full(self.name)
        rest = self.breaker.admit()
        if rest > 0.0:
            measures().shed.labels(self.name, "open").inc()
            raise away(self.name, seconds=rest)
        self.running += 1
        place = Place(self, trying=self.breaker.state is State.HALF_OPEN)
        try:
            yield place
        finally:
            self.running -= 1
            place.end()


@dataclass(slots=True)
class Place:
    """One request at a service. What is told last of several tries counts, and only once."""

    places: Places
    trying: bool = False  # let in to see whether the service is back
    began: bool = False
    _told: bool = False

    def answer_began(self) -> None:
        """The service answers."""
        self.began = True
        if not self._told:
            self._told = True
            self.places.breaker.succeed()

    def failed(self, kind: str) -> None:
        """The service was not reached or did not begin its answer."""
        measures().failures.labels(self.places.name, kind).inc()
        if not self._told:
            self._told = True
            self.places.breaker.fail(trying=self.trying)

    def end(self) -> None:
        """The request is over; one that said nothing of the service lets another try."""
        if not self._told:
            self.places.breaker.leave(trying=self.trying)


def full(name: str) -> UpstreamBusy:
    """The service has as many requests as it may."""
    return UpstreamBusy(f"Het onderdeel '{name}' heeft het nu te druk.", headers={"Retry-After": "2"})


def away(name: str, *, seconds: float = 5.0) -> UpstreamBusy:
    """The service cannot be reached, or is left in peace for some seconds."""
    wait = str(max(1, math.ceil(seconds)))
    return UpstreamBusy(f"Het onderdeel '{name}' is nu niet te bereiken.", headers={"Retry-After": wait})


def late(name: str) -> UpstreamBusy:
    """The service did not begin its answer in time."""
    return UpstreamBusy(f"Het onderdeel '{name}' antwoordde niet op tijd.", headers={"Retry-After": "5"})
