# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What notifications publishes."""

from typing import ClassVar, Literal
from uuid import UUID

from contracts.event import Event


class SignalHandled(Event):
    """Somebody handled a signal. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.notifications.signal-handled.v1"
    key: ClassVar[str] = "signal_id"

    signal_id: UUID
    inburgeraar_id: UUID | None
    kind: str
    outcome: Literal["talked", "no-action", "passed-on"]


class DeadlineFired(Event):
    """A clock fired: early, due or overdue. Read by: insight."""

    type: ClassVar[str] = "nl.inburgering.notifications.deadline-fired.v1"

    inburgeraar_id: UUID
    deadline_id: UUID
    signal_id: UUID
    rule: str
    stage: Literal["deadline-early", "deadline-due", "deadline-overdue"]
