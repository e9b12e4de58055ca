# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a caller hears about somebody whom row-level security hides."""

from uuid import UUID

from chassis.db import Tx
from chassis.errors import AgreementMissing, Forbidden, NotFound, Problem, ReferenceNotYetKnown
from services.learning_routes import store

__all__ = ["check_executes", "unknown_reference", "unseen"]


async def _missing_agreement(tx: Tx, id: UUID) -> AgreementMissing | None:
    code = await store.gemeentecode_of(tx, id)
    if tx.caller is None or code is None or code in tx.caller.person_codes(tx.purpose):
        return None
    return tx.missing_agreement(code)


async def unseen(tx: Tx, id: UUID, what: str) -> Problem:
    """Why a person or placement in a path is not shown: no agreement, or not found at all."""
    return await _missing_agreement(tx, id) or NotFound(f"{what} met dit nummer is niet gevonden.")


async def unknown_reference(tx: Tx, id: UUID, pointer: str, what: str) -> Problem:
    """Why an id in a body cannot be used: no agreement, or not known here (yet)."""
    return await _missing_agreement(tx, id) or ReferenceNotYetKnown.on(
        pointer, f"{what} met dit nummer is hier nog niet bekend.", code="reference-not-yet-known"
    )


def check_executes(tx: Tx, gemeentecode: str) -> None:
    """Let only those decide who execute the work of this gemeente: its own people, or by mandate.

    Raises:
        Forbidden: the caller may look at people of this gemeente at most.
    """
    caller = tx.acting
    # A gemeente may have kept some tasks and handed over this one: the purpose decides too.
    if not caller.acts_for(gemeentecode) or gemeentecode not in caller.person_codes(tx.purpose):
        raise Forbidden(
            f"Uw organisatie voert de inburgering niet uit voor gemeente {gemeentecode}.",
            extra={"missing": f"een mandaat van gemeente {gemeentecode}"},
        )
