# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a process counts for Prometheus.

One registry per process; labels are bounded by design: service names, route templates, event types,
topics. Never a raw path, id or person.
"""

import platform
import time
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

__all__ = ["Metrics", "Requests", "method_word", "metrics"]

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_TRAVEL = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0)
_DISTRIBUTION = "open-inburgering"


class Metrics:
    """Every metric of the chassis. Services add their own to `registry`."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a third of all series, for no question
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        r = self.registry
        self.requests = Counter(
            "http_requests_total", "Requests answered", ["service", "method", "route", "status"], registry=r
        )
        self.seconds = Histogram(
            "http_request_seconds", "Time to answer", ["service", "route"], buckets=_FAST, registry=r
        )
        self.refusals = Counter(
            "http_refusals_total",
            "Refused requests by problem code, operation and kind of the caller's organisation",
            ["service", "code", "operation", "caller"],
            registry=r,
        )
        self.outbox_depth = Gauge("outbox_depth", "Events that wait to be sent", ["service"], registry=r)
        self.outbox_age = Gauge(
            "outbox_age_seconds", "Age of the oldest event that waits to be sent", ["service"], registry=r
        )
        self.relay_leader = Gauge("relay_leader", "1 where this process relays", ["service"], registry=r)
        self.published = Counter("events_published_total", "Events sent", ["service", "type"], registry=r)
        self.handled = Counter(
            "events_handled_total", "Events that took effect", ["service", "type"], registry=r
        )
        self.duplicates = Counter("inbox_duplicates_total", "Events seen before", ["service"], registry=r)
        self.stale = Counter(
            "events_stale_total", "Older versions that were skipped", ["service", "type"], registry=r
        )
        self.effect_delay = Histogram(
            "event_effect_seconds",
            "From recording a fact to its effect here",
            ["service"],
            buckets=_TRAVEL,
            registry=r,
        )
        self.dead = Counter("dead_letters_total", "Events put aside", ["service"], registry=r)
        self.dead_waiting = Gauge(
            "dead_letters_waiting", "Dead letters not yet replayed", ["service"], registry=r
        )
        self.lag = Gauge(
            "consumer_lag",
            "Events that the reader of a service (its consumer group) has still to read",
            ["service", "topic"],
            registry=r,
        )
        self.reader_connected = Gauge(
            "reader_connected",
            "1 where the reader of a service has topics to read and knows how far it is",
            ["service"],
            registry=r,
        )
        self.broker_reachable = Gauge(
            "broker_reachable", "1 where the last exchange with the bus succeeded", ["service"], registry=r
        )
        self.database_reachable = Gauge(
            "database_reachable",
            "1 where the last measurement in the database succeeded",
            ["service"],
            registry=r,
        )
        self.clock_skew = Gauge(
            "database_clock_skew_seconds",
            "Clock of this process less that of its database",
            ["service"],
            registry=r,
        )
        self.job_runs = Counter(
            "job_runs_total", "Runs of clock jobs", ["service", "clock_job", "outcome"], registry=r
        )
        self.job_last = Gauge(
            "job_last_success_seconds",
            "Unix time of the last good run, before the first one of the start",
            ["service", "clock_job"],
            registry=r,
        )
        self.job_pace = Gauge(
            "job_pace_seconds", "Time between two runs of a clock job", ["service", "clock_job"], registry=r
        )
        self.pool_used = Gauge("database_connections_used", "Connections in use", ["service"], registry=r)
        self.pool_limit = Gauge(
            "database_connections_limit", "Most connections at one time", ["service"], registry=r
        )
        self.pool_timeouts = Counter(
            "database_pool_timeouts_total",
            "Requests that were refused because no connection came free",
            ["service"],
            registry=r,
        )
        self.background = Gauge(
            "background_jobs_open", "Long work queued or running", ["service"], registry=r
        )
        self.background_age = Gauge(
            "background_job_oldest_seconds",
            "Age of the oldest long work that is not done",
            ["service"],
            registry=r,
        )
        self.token_cache = Counter(
            "token_cache_total", "Checks of a token by outcome: hit or miss", ["outcome"], registry=r
        )
        self.tls_end = Gauge(
            "tls_certificate_end_seconds",
            "Unix time at which a certificate in use here ends: own, or the last authority that is believed inside",
            ["use"],
            registry=r,
        )
        Gauge("clock_unix_seconds", "What this process takes for now", registry=r).set_function(time.time)
        Gauge(
            "open_inburgering_build_info", "What runs here: always 1", ["version", "python"], registry=r
        ).labels(_version(), platform.python_version()).set(1)

    def expose(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)


def _version() -> str:
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "unknown"


_process: list[Metrics] = []


def metrics() -> Metrics:
    """The metrics of this process."""
    if not _process:
        _process.append(Metrics())
    return _process[0]


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def method_word(method: str) -> str:
    """How metrics and logs name the method of a request: a client may send any word."""
    return method if method in _METHODS else "other"


class Requests:
    """What is counted of the requests that one app answers."""

    def __init__(self, service: str) -> None:
        """Count for this service; nothing is counted yet."""
        self._service = service
        self._kept: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request by the template of its route, never by its raw path: that may hold anything."""
        method = method_word(method)
        kept = self._kept.get((method, route, status))
        if kept is None:  # as bounded as the labels themselves
            kept = self._kept[method, route, status] = (
                metrics().requests.labels(self._service, method, route, str(status)),
                metrics().seconds.labels(self._service, route),
            )
        kept[0].inc()
        kept[1].observe(seconds)
