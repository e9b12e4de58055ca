# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a caller hears about what row-level security hides, and for which gemeente the caller may act."""

from uuid import UUID

from chassis.db import Tx
from chassis.errors import AgreementMissing, Forbidden, NotFound, Problem, ReferenceNotYetKnown
from services.housing.store import people

__all__ = ["acts_for", "check_acts", "check_sees", "unknown_reference", "unseen"]


async def _missing_agreement(tx: Tx, id: UUID) -> AgreementMissing | None:
    code = await people.gemeentecode_of(tx, id)
    if tx.caller is None or code is None or code in tx.caller.person_codes(tx.purpose):
        return None
    return tx.missing_agreement(code)


async def unseen(tx: Tx, id: UUID, what: str) -> Problem:
    """Why a household, person or match in a path is not shown: no agreement, or not found at all."""
    return await _missing_agreement(tx, id) or NotFound(f"{what} met dit nummer is niet gevonden.")


async def unknown_reference(tx: Tx, id: UUID, pointer: str, what: str) -> Problem:
    """Why an id in a body cannot be used: no agreement, or not known here (yet)."""
    return await _missing_agreement(tx, id) or ReferenceNotYetKnown.on(
        pointer, f"{what} met dit nummer is hier nog niet bekend.", code="reference-not-yet-known"
    )


def check_sees(tx: Tx, gemeentecode: str) -> None:
    """Let only those go on who may see households of this gemeente.

    Raises:
        AgreementMissing: the gemeente is the caller's, but no agreement allows this look.
        Forbidden: the gemeente is not the caller's.
    """
    caller = tx.acting
    if gemeentecode in caller.person_codes(tx.purpose):
        return
    if gemeentecode in caller.known_codes:
        raise tx.missing_agreement(gemeentecode)
    raise Forbidden(
        f"Uw organisatie werkt niet voor gemeente {gemeentecode}.",
        extra={"missing": f"een mandaat of afspraak van gemeente {gemeentecode}"},
    )


def check_acts(tx: Tx, gemeentecode: str) -> None:
    """Let only the gemeente itself go on, or the one to which it gave a mandate for housing.

    A gemeente that gave a mandate stays competent (Awb art. 10:7). One that only looks by an agreement
    decides nothing.

    Raises:
        AgreementMissing, Forbidden: as `check_sees`, or the caller looks by an agreement only.
    """
    check_sees(tx, gemeentecode)
    caller = tx.acting
    if caller.gemeentecode == gemeentecode or caller.acts_for(gemeentecode):
        return
    raise Forbidden(
        f"Uw organisatie besluit niet voor gemeente {gemeentecode}.",
        extra={"missing": f"een mandaat van gemeente {gemeentecode}"},
    )


def acts_for(tx: Tx, gemeentecode: str) -> bool:
    """Whether `check_acts` would let the caller go on."""
    caller = tx.acting
    return gemeentecode in caller.person_codes(tx.purpose) and (
        caller.gemeentecode == gemeentecode or caller.acts_for(gemeentecode)
    )
