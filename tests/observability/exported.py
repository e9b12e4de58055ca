# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the code exports, without a process: every metric that its modules register."""

from prometheus_client import CollectorRegistry

from chassis.metrics import metrics
from gateway.measures import measures
from services.learning_routes.actions import counting as attendance
from services.notifications import jobs
from services.notifications.actions import counting as signals

WITH_TLS = {"tls_certificate_end_seconds"}
"""Told by processes that have a certificate (`tests/security/test_inside_tls.py`)."""

WITH_ISSUERS = {"issuer_keys_read_seconds"}
"""Told by a gateway that believes an issuer of the outside world (`tests/unit/gateway/test_tokens.py`)."""


def exported() -> set[str]:
    """The names as a rule uses them; those of a histogram without their ending."""
    attendance.begin_counting()
    signals.begin_counting()
    jobs.gauges()
    measures()
    registry: CollectorRegistry = metrics().registry
    names = set()
    for family in registry.collect():
        names.add(f"{family.name}_total" if family.type == "counter" else family.name)
    return names
