# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 2, events: what intake tells us."""

from chassis.care.destruction import Grounds, destroy
from chassis.db import Tx
from contracts.event import Envelope
from contracts.intake import InburgeraarReduced, InburgeraarState, PersonDestruction
from contracts.retention import Stage
from services.housing.actions.departures import part_with
from services.housing.actions.people import save_person
from services.housing.store.holdings import CARE

__all__ = ["on_inburgeraar_state", "on_person_destruction"]


async def on_inburgeraar_state(tx: Tx, event: InburgeraarState, _: Envelope) -> None:
    """A person was registered, corrected or moved."""
    await save_person(tx, event)


async def on_person_destruction(tx: Tx, event: PersonDestruction, _: Envelope) -> None:
    """Data of a person must go: nothing here is on the short list, so all of it goes either way.

    A household in which the chain knows somebody else stays with them.
    """
    stage = Stage.REDUCED if isinstance(event, InburgeraarReduced) else Stage.DESTROYED
    grounds = Grounds(event.rule, event.article, event.decided_on)
    await part_with(tx, event.inburgeraar_id, event.rule)
    await destroy(tx, CARE, event.inburgeraar_id, stage=stage, grounds=grounds)
