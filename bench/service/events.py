# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 2: each event leaves one row, with the instant of its effect."""

import sqlalchemy as sa

from chassis.db import Tx
from contracts.event import Envelope
from contracts.intake import LeadAssigned

__all__ = ["on_lead_assigned"]

_EFFECT = sa.text(
    "INSERT INTO bench.effect (event_id, subject, recorded_at) VALUES (:id, :subject, clock_timestamp())"
)


async def on_lead_assigned(tx: Tx, event: LeadAssigned, envelope: Envelope) -> None:
    """Note the effect."""
    await tx.execute(_EFFECT, {"id": envelope.id, "subject": event.inburgeraar_id})
