# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What Prometheus and the log see of signals: that one came on a list, and how long its fact was on the way."""

from functools import lru_cache

from prometheus_client import Counter, Histogram

from chassis import trace
from chassis.db import Tx
from chassis.logs import log
from chassis.metrics import metrics
from services.notifications.rules import SignalKind
from services.notifications.store.signals import NewSignal

__all__ = ["begin_counting", "count_raised"]

_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 86400.0)


class _Counts:
    def __init__(self) -> None:
        registry = metrics().registry
        self.raised = Counter("signals_raised_total", "Signals put on a list", ["kind"], registry=registry)
        self.delay = Histogram(
            "signal_delay_seconds",
            "From the fact as its service recorded it to the signal on a list",
            buckets=_BUCKETS,
            registry=registry,
        )
        for kind in SignalKind:  # from the first minute, at zero
            self.raised.labels(str(kind))


@lru_cache(maxsize=1)
def begin_counting() -> _Counts:
    """The counters of this process, registered when first asked for."""
    return _Counts()


def count_raised(tx: Tx, signals: list[NewSignal], *, delayed: bool) -> None:
    """Count and log signals that were added, once their transaction is committed.

    Args:
        tx: that adds them.
        signals: the new ones.
        delayed: whether `raised_at` is the moment of a fact elsewhere, so that the way here took time.
    """
    now, here = (
        tx.now,
        trace.current(),
    )  # after the commit of a batch another event's span may be the present one

    def count() -> None:
        for one in signals:
            begin_counting().raised.labels(str(one.kind)).inc()
            if delayed:
                begin_counting().delay.observe(max(0.0, (now - one.raised_at).total_seconds()))
            log().info(
                "signal_raised",
                kind=str(one.kind),
                audience=str(one.audience),
                signal_id=str(one.id),
                trace_id=here.trace_id,
                span_id=here.span_id,
                parent_span_id=here.parent_span_id,
            )

    if signals:
        tx.after_commit.append(count)
