# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the code exports, without a process: every metric that its modules register."""

from prometheus_client import CollectorRegistry

from chassis.metrics import metrics
from services.learning_routes.actions import counting as attendance
from services.notifications import jobs
from services.notifications.actions import counting as signals

FROM_OUTSIDE = {"open_inburgering_backup_last_success_timestamp_seconds"}
"""Written by `open-inburgering backup` into a file that the node exporter reads: no process tells it."""


def exported() -> set[str]:
    """The names as a rule uses them; those of a histogram without their ending."""
    attendance.begin_counting()
    signals.begin_counting()
    jobs.gauges()
    registry: CollectorRegistry = metrics().registry
    names = set()
    for family in registry.collect():
        names.add(f"{family.name}_total" if family.type == "counter" else family.name)
    return names
