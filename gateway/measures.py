# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What Prometheus sees of the services behind the gateway and of backups, beside the chassis' own metrics."""

from functools import lru_cache

from prometheus_client import Counter, Gauge

from chassis.metrics import metrics

__all__ = ["Measures", "measures"]


class Measures:
    """Labels are names of services, issuers of the settings and fixed words only."""

    def __init__(self) -> None:
        registry = metrics().registry
        self.in_use = Gauge(
            "upstream_in_use", "Requests that a service has now", ["upstream"], registry=registry
        )
        self.places = Gauge(
            "upstream_places", "Requests that a service may have at one time", ["upstream"], registry=registry
        )
        self.breaker = Gauge(
            "upstream_breaker_state", "0 closed, 1 one request tries, 2 open", ["upstream"], registry=registry
        )
        self.failures = Counter(
            "upstream_failures_total",
            "Requests that a service did not begin to answer: no-connection, timeout",
            ["upstream", "kind"],
            registry=registry,
        )
        self.shed = Counter(
            "upstream_shed_total",
            "Requests refused at once: full, open",
            ["upstream", "reason"],
            registry=registry,
        )
        self.retries = Counter(
            "upstream_retries_total", "Requests that were sent a second time", ["upstream"], registry=registry
        )
        self.issuer_keys = Gauge(
            "issuer_keys_read_seconds",
            "Unix time at which the keys of an issuer were last read, 0 before the first time",
            ["issuer"],
            registry=registry,
        )
        self.register_read = Gauge(
            "register_read_seconds",
            "Unix time at which the register of organisations and agreements was last read, 0 before the first time",
            registry=registry,
        )
        self.reviews = Gauge(
            "agreements_to_review", "Mandates and agreements that must be looked at again", registry=registry
        )
        backup = "open_inburgering_backup_"
        self.backup_at = Gauge(
            f"{backup}last_success_timestamp_seconds",
            "When the last backup succeeded; 0: none ever did",
            registry=registry,
        )
        self.backup_seconds = Gauge(
            f"{backup}duration_seconds", "How long the last backup took", registry=registry
        )
        self.backup_held = Gauge(
            f"{backup}held_seconds", "For how long it held publishing", registry=registry
        )
        self.backup_bytes = Gauge(f"{backup}size_bytes", "How large it is", registry=registry)


@lru_cache(maxsize=1)
def measures() -> Measures:
    """The metrics of this process, registered when first asked for."""
    return Measures()
