# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Gemeenten that jointly change their targets (rule 9.3): it counts once all agreed, and the sum stays equal."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis.db import Tx
from chassis.errors import FieldError, InvalidInput, NotFound
from services.housing.actions.law import check_law
from services.housing.actions.standing import acts_for, caller_of, check_acts
from services.housing.errors import SwapNotPossible, SwapOver, SwappedMeanwhile
from services.housing.models.account import TargetSwap, TargetSwapParty
from services.housing.rules.exchanges import OUT_OF_REACH, can_change
from services.housing.rules.half_years import HalfYear
from services.housing.rules.law import LawSwitch
from services.housing.rules.targets import SwapFault, swap_faults
from services.housing.store import account as store

__all__ = ["agree_to_swap", "propose_swap", "visible_swap", "withdraw_swap"]

ARTICLE = "Huisvestingswet 2014 art. 29 lid 2"

_WORDS = {
    "parties": "Noem twee of meer gemeenten.",
    "unknown-target": "Deze gemeente heeft geen taakstelling voor dit halfjaar.",
    "negative": "Een taakstelling kan niet onder nul.",
    "unchanged": "De taakstelling van deze gemeente verandert niet.",
}


def _errors(faults: Sequence[SwapFault], order: Sequence[str]) -> list[FieldError]:
    found = []
    for fault in faults:
        text = _WORDS.get(fault.code) or (
            f"De som was {fault.before} en zou {fault.after} worden; zij moet gelijk blijven."
        )
        place = "/targets" if fault.gemeentecode is None else f"/targets/{order.index(fault.gemeentecode)}"
        found.append(FieldError(fault.code, text, pointer=place))
    return found


async def propose_swap(
    tx: Tx, *, gemeentecode: str, half_year: HalfYear, after: Mapping[str, int], reason: str
) -> TargetSwap:
    """Propose new targets for two or more gemeenten; the proposer agrees with it.

    Raises:
        SwapNotPossible: the new targets break a rule, each named.
        SwitchedOff: the law knows no target in the half-year.
        InvalidInput: the half-year is over, or lies too far ahead.
    """
    check_acts(tx, gemeentecode, place="/gemeentecode")
    await check_law(tx, LawSwitch.TAAKSTELLING, half_year.first_day, pointer="/halfYear")
    if not can_change(half_year, tx.today):
        raise InvalidInput.on("/halfYear", OUT_OF_REACH, code="half-year")
    order = list(after)
    if gemeentecode not in after:
        text = "Wie voorstelt doet zelf mee."
        raise SwapNotPossible(text, errors=[FieldError("parties", text, pointer="/targets")], rule=ARTICLE)
    # Targets are published for every gemeente, so also those of the other party may be reckoned with.
    await tx.act_as_platform()
    before = await store.targets_in_force(tx, order, str(half_year), tx.today)
    if faults := swap_faults(before, after):
        raise SwapNotPossible("Deze taakstellingen kunnen niet.", errors=_errors(faults, order), rule=ARTICLE)
    swap = TargetSwap(
        half_year=str(half_year),
        gemeentecodes=sorted(after),
        reason=reason,
        proposed_on=tx.today,
        proposed_by=caller_of(tx).subject,
    )
    tx.add(swap)
    await tx.flush()
    for code, target in after.items():
        own = code == gemeentecode
        tx.add(
            TargetSwapParty(
                swap_id=swap.id,
                gemeentecode=code,
                before=before[code],
                after=target,
                agreed_on=tx.today if own else None,
                agreed_by=caller_of(tx).subject if own else None,
            )
        )
    await tx.flush()
    return swap


async def visible_swap(tx: Tx, swap_id: UUID) -> TargetSwap:
    """The swap, for a reader.

    Raises:
        NotFound: there is none, or none of its parties is the caller's.
    """
    swap = await tx.get(TargetSwap, swap_id)
    if swap is None:
        raise NotFound("Een uitruil met dit nummer is niet gevonden.")
    return swap


async def _open_swap(tx: Tx, swap_id: UUID) -> TargetSwap:
    swap = await store.lock_swap(tx, swap_id)
    if swap is None:
        raise NotFound("Een uitruil met dit nummer is niet gevonden.")
    if swap.settled_on is not None or swap.withdrawn_on is not None:
        raise SwapOver("Er kan niets meer aan deze uitruil veranderen.")
    return swap


async def agree_to_swap(tx: Tx, *, swap_id: UUID, gemeentecode: str) -> TargetSwap:
    """Agree for one gemeente; with the last agreement the swap counts from today.

    Raises:
        SwapNotPossible: the gemeente is no party.
        SwapOver: it counts already or was withdrawn.
        SwappedMeanwhile: a target is no longer what the parties agreed on, or the half-year is over.
        SwitchedOff: the law knows no target in the half-year any more.
    """
    swap = await _open_swap(tx, swap_id)
    if gemeentecode not in swap.gemeentecodes:
        text = "Deze gemeente doet niet mee aan de uitruil."
        raise SwapNotPossible(
            text, errors=[FieldError("parties", text, pointer="/gemeentecode")], rule=ARTICLE
        )
    check_acts(tx, gemeentecode, place="/gemeentecode")
    parties = (await store.parties_of(tx, [swap.id]))[swap.id]
    for party in parties:
        if party.gemeentecode == gemeentecode and party.agreed_on is None:
            party.agreed_on = tx.today
            party.agreed_by = caller_of(tx).subject
    if all(party.agreed_on is not None for party in parties):
        await tx.flush()
        half_year = HalfYear.parse(swap.half_year)
        await check_law(tx, LawSwitch.TAAKSTELLING, half_year.first_day)
        if half_year.is_closed(tx.today):
            raise SwappedMeanwhile(f"Halfjaar {half_year} is intussen voorbij.")
        await tx.act_as_platform()
        await store.lock_account(tx, *swap.gemeentecodes)
        now = await store.targets_in_force(tx, swap.gemeentecodes, swap.half_year, tx.today)
        if any(now.get(party.gemeentecode) != party.before for party in parties):
            raise SwappedMeanwhile(
                "Een van de taakstellingen is anders dan toen de uitruil werd voorgesteld."
            )
        swap.settled_on = tx.today
    swap.version += 1
    await tx.flush()
    return swap


async def withdraw_swap(tx: Tx, *, swap_id: UUID) -> TargetSwap:
    """Withdraw a swap that does not count yet; each party may."""
    swap = await _open_swap(tx, swap_id)
    own = next((code for code in swap.gemeentecodes if acts_for(tx, code)), swap.gemeentecodes[0])
    check_acts(tx, own, place="swapId")
    swap.withdrawn_on = tx.today
    swap.version += 1
    await tx.flush()
    return swap
