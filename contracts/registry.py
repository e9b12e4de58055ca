# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every event that the platform knows, by type."""

from functools import lru_cache

from contracts import deadlines, gateway, housing, intake, learning_routes, notifications
from contracts.event import Event

__all__ = ["MODULES", "all_events"]

MODULES = (deadlines, gateway, housing, intake, learning_routes, notifications)


@lru_cache(maxsize=1)
def all_events() -> dict[str, type[Event]]:
    """The event classes of every module above, by their CloudEvents type."""
    found: dict[str, type[Event]] = {}
    for module in MODULES:
        for member in vars(module).values():
            if isinstance(member, type) and issubclass(member, Event) and "type" in vars(member):
                found[member.type] = member
    return found
