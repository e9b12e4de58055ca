# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What this service learns of persons and PIPs from intake."""

from uuid import UUID

from sqlmodel import col, select

from chassis.db import Tx
from chassis.logs import log
from contracts.intake import InburgeraarState, PipSigned
from services.learning_routes import store
from services.learning_routes.models import Inburgeraar, Pip

__all__ = ["handle_signal", "save_person", "save_pip"]


async def save_person(tx: Tx, state: InburgeraarState) -> None:
    """Keep the newest state of a person; a move takes everything about the person along."""
    person = await store.lock_person(tx, state.inburgeraar_id)
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
        await store.save_scope(tx, state.inburgeraar_id, code)
        return
    moved = person.gemeentecode != code
    person.law = state.law
    person.group = state.group
    person.gemeentecode = code
    person.executing_gemeentecode = state.executing_gemeentecode
    await tx.flush()
    if moved:
        await store.move_person(tx, state.inburgeraar_id, code)


async def save_pip(tx: Tx, event: PipSigned) -> None:
    """Keep the PIP in force: the highest version counts, in whatever order they come."""
    pip: Pip | None = await tx.scalar(
        select(Pip).where(col(Pip.inburgeraar_id) == event.inburgeraar_id).with_for_update()
    )
    if pip is None:
        tx.add(
            Pip(
                inburgeraar_id=event.inburgeraar_id,
                pip_version=event.pip_version,
                leerroute=event.leerroute,
                level=event.level,
                first_signed_on=event.first_signed_on,
                term_ends_on=event.term_ends_on,
            )
        )
    elif pip.pip_version < event.pip_version:
        pip.pip_version = event.pip_version
        pip.leerroute = event.leerroute
        pip.level = event.level
        pip.first_signed_on = event.first_signed_on
        pip.term_ends_on = event.term_ends_on


async def handle_signal(tx: Tx, signal_id: UUID) -> None:
    """Note that a person handled a signal: from now on no correction withdraws it."""
    if not await store.handle_signal(tx, signal_id):
        # Of another service, or withdrawn while somebody handled it: both stay as they are.
        log().info("handled_signal_not_open", signal_id=str(signal_id))
