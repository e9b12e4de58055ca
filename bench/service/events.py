# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 2: each event leaves one row, with the instant of its effect."""

from collections.abc import Sequence

import sqlalchemy as sa

from chassis.db import Tx
from contracts.event import Envelope
from contracts.intake import LeadAssigned

__all__ = ["on_leads_assigned"]

_EFFECTS = sa.text(
    "INSERT INTO bench.effect (event_id, subject, recorded_at) SELECT *, clock_timestamp() "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS uuid[]))"
)


async def on_leads_assigned(tx: Tx, events: Sequence[tuple[LeadAssigned, Envelope]]) -> None:
    """Note the effects, many at once."""
    await tx.execute(
        _EFFECTS,
        {
            "ids": [envelope.id for _, envelope in events],
            "subjects": [event.inburgeraar_id for event, _ in events],
        },
    )
