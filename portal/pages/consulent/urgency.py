# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""In which order signals ask for attention."""

from datetime import date

from portal.dates import days_until
from portal.gateway import Json

__all__ = ["urgency"]

_KINDS = (
    "deadline-overdue",
    "deadline-due",
    "unexcused-absences",
    "sickness-rate",
    "key-handed-over",
    "deadline-early",
    "lesson-hours-reached",
    "missing-registrations",
)


def urgency(signal: Json, today: date) -> tuple[int, int, str, str]:
    """The key to sort by: what is over or at its due day, then by kind, then the oldest first."""
    left = days_until(signal["dueOn"], today) if signal.get("dueOn") else 0
    kind = _KINDS.index(signal["kind"]) if signal["kind"] in _KINDS else len(_KINDS)
    return (min(left, 0), kind, str(signal["raisedAt"]), str(signal["id"]))
