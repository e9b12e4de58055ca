# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 2 of intake: a placement lets a taalschool see a name, its end takes the look away."""

from chassis.db import Tx
from contracts.event import Envelope
from contracts.learning_routes import PlacementEnded, PlacementMade
from services.intake.store import persons

__all__ = ["on_placement_ended", "on_placement_made"]


async def on_placement_made(tx: Tx, event: PlacementMade, _: Envelope) -> None:
    """Let the taalschool see the name of the person placed with it."""
    await persons.placement_made(
        tx,
        placement_id=event.placement_id,
        inburgeraar_id=event.inburgeraar_id,
        organisation_id=event.organisation_id,
        from_on=event.referred_on,
    )


async def on_placement_ended(tx: Tx, event: PlacementEnded, _: Envelope) -> None:
    """Take the look away."""
    await persons.placement_ended(
        tx,
        placement_id=event.placement_id,
        inburgeraar_id=event.inburgeraar_id,
        organisation_id=event.organisation_id,
        ended_on=event.ended_on,
    )
