# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What Prometheus sees of the roll call: how much arrives, by which way, and what becomes of it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from prometheus_client import Counter

from chassis.db import Tx
from chassis.metrics import metrics

__all__ = ["Way", "begin_counting", "count_outcomes", "count_post", "count_refused_rows"]

Way = Literal["single", "batch", "file"]
_WAYS: tuple[Way, ...] = ("single", "batch", "file")
_OUTCOMES = ("accepted", "corrected", "unchanged", "rejected")


class _Counts:
    def __init__(self) -> None:
        registry = metrics().registry
        self.posts = Counter(
            "attendance_posts_total", "Roll calls that were sent in and taken", ["way"], registry=registry
        )
        self.rows = Counter(
            "attendance_rows_total",
            "Entries of roll calls by what became of them",
            ["way", "outcome"],
            registry=registry,
        )
        # All series from the first minute, at zero: a rate of something that is not there is nothing.
        for way in _WAYS:
            self.posts.labels(way)
            for outcome in _OUTCOMES:
                self.rows.labels(way, outcome)


@lru_cache(maxsize=1)
def begin_counting() -> _Counts:
    """The counters of this process, registered when first asked for."""
    return _Counts()


def count_post(tx: Tx, way: Way) -> None:
    """Count one request that was taken, once its transaction is committed."""
    tx.after_commit.append(begin_counting().posts.labels(way).inc)


def count_outcomes(tx: Tx, way: Way, outcomes: Mapping[str, int]) -> None:
    """Count entries by outcome, once their transaction is committed."""

    def count() -> None:
        for outcome in _OUTCOMES:
            begin_counting().rows.labels(way, outcome).inc(outcomes.get(outcome, 0))

    tx.after_commit.append(count)


def count_refused_rows(way: Way, rows: int) -> None:
    """Count entries whose whole request is refused: there is no commit to wait for."""
    begin_counting().rows.labels(way, "rejected").inc(rows)
