# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""For whose account a caller may act: a gemeente for its own, the Province for those it supervises."""

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import FieldError, Forbidden, InvalidInput, NotFound
from contracts.access import OrganisationKind, Role

__all__ = ["acts_for", "caller_of", "check_acts", "check_known", "supervises"]


def caller_of(tx: Tx) -> Caller:
    """Who acts, in a use case that only people and their systems start.

    Raises:
        LookupError: the platform itself came here; that is a mistake in our code.
    """
    if tx.caller is None:
        raise LookupError("this use case needs a caller")
    return tx.caller


def check_known(tx: Tx, gemeentecode: str, *, place: str = "gemeentecode") -> None:
    """Let only those read figures of a gemeente who know it in some way.

    Args:
        tx: with the caller.
        gemeentecode: whose figures.
        place: where the code stands, a parameter of the address or a pointer into the body.

    Raises:
        NotFound: there is no such gemeente, or it is none of the caller's; from a body InvalidInput.
    """
    if gemeentecode not in caller_of(tx).known_codes:
        text = f"Gemeente {gemeentecode} is niet bekend of niet van uw organisatie."
        if place.startswith("/"):
            raise InvalidInput.on(place, text, code="unknown-gemeente")
        raise NotFound(text, errors=[FieldError("unknown-gemeente", text, parameter=place)])


def supervises(caller: Caller, gemeentecode: str) -> bool:
    """Whether the caller is the Province of this gemeente."""
    return (
        caller.organisation_kind == OrganisationKind.PROVINCE
        and caller.has_role(Role.PROVINCE)
        and gemeentecode in caller.known_codes
    )


def acts_for(tx: Tx, gemeentecode: str) -> bool:
    """Whether the caller is this gemeente or has its mandate, for what it asks now."""
    caller = caller_of(tx)
    own = caller.organisation_kind == OrganisationKind.GEMEENTE and (
        caller.gemeentecode == gemeentecode or caller.acts_for(gemeentecode)
    )
    # A gemeente may have handed housing over or kept it: the purpose decides.
    return own and gemeentecode in caller.person_codes(tx.purpose)


def check_acts(tx: Tx, gemeentecode: str, *, province: bool = False, place: str = "gemeentecode") -> None:
    """Let only those change the account of a gemeente who act for it.

    Args:
        tx: with the caller.
        gemeentecode: whose account.
        province: whether the Province of the gemeente may do this too.
        place: where the code stands, a parameter of the address or a pointer into the body.

    Raises:
        NotFound, InvalidInput: there is no such gemeente, or it is none of the caller's.
        Forbidden: the caller may look at its figures at most.
    """
    check_known(tx, gemeentecode, place=place)
    if province and supervises(caller_of(tx), gemeentecode):
        return
    if not acts_for(tx, gemeentecode):
        raise Forbidden(
            f"Uw organisatie voert de huisvestingstaak niet uit voor gemeente {gemeentecode}.",
            extra={"missing": f"de huisvestingstaak van gemeente {gemeentecode}"},
        )
