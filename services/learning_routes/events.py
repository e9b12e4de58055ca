# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 2, events: what intake and notifications tell us."""

from chassis.db import Tx
from contracts.event import Envelope
from contracts.intake import InburgeraarState, PipSigned
from contracts.notifications import SignalHandled
from services.learning_routes import actions

__all__ = ["on_inburgeraar_state", "on_pip_signed", "on_signal_handled"]


async def on_inburgeraar_state(tx: Tx, event: InburgeraarState, _: Envelope) -> None:
    """A person was registered, corrected or moved."""
    await actions.save_person(tx, event)


async def on_pip_signed(tx: Tx, event: PipSigned, _: Envelope) -> None:
    """A PIP was signed or amended."""
    await actions.save_pip(tx, event)


async def on_signal_handled(tx: Tx, event: SignalHandled, _: Envelope) -> None:
    """Somebody handled a signal, of this service or another."""
    await actions.handle_signal(tx, event.signal_id)
