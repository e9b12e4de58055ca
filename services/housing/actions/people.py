# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What this service learns of persons from intake."""

from chassis.db import Tx
from contracts.intake import InburgeraarState
from services.housing.models import Inburgeraar
from services.housing.store import people

__all__ = ["save_person"]


async def save_person(tx: Tx, state: InburgeraarState) -> None:
    """Keep the newest state of a person.

    The household stays where COA linked it: a move of a person to another gemeente is registered
    there by a new link or an exchange, and not by the registration of an address.
    """
    person = await people.lock_person(tx, state.inburgeraar_id)
    code = state.responsible_gemeentecode
    if person is None:
        tx.add(
            Inburgeraar(
                id=state.inburgeraar_id,
                law=state.law,
                group=state.group,
                gemeentecode=code,
                executing_gemeentecode=state.executing_gemeentecode,
            )
        )
    else:
        person.law = state.law
        person.group = state.group
        person.gemeentecode = code
        person.executing_gemeentecode = state.executing_gemeentecode
    await people.save_scope(tx, state.inburgeraar_id, code)
