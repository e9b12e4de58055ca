# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Uitruil and omkoppeling: two gemeenten exchange households or tasks, once both have agreed (HO-15).

The balances change on the day of the second agreement, once, by two facts that sum to 0; the links of the
households move with them. Until then nothing moves, and either gemeente can withdraw.
"""

from collections.abc import Sequence
from uuid import UUID

from chassis.db import Tx
from chassis.errors import FieldError, Forbidden, InvalidInput, NotFound, ReferenceNotYetKnown
from contracts.housing import ExchangeSettled
from services.housing.actions.households import look_at, publish_link
from services.housing.actions.law import check_law
from services.housing.actions.visibility import acts_for, check_acts
from services.housing.errors import ExchangeNotPossible, ExchangeOver, HouseholdMatched
from services.housing.models import Exchange, ExchangeHousehold, Household, TargetChange
from services.housing.rules.codes import ExchangeKind, HouseholdStatus
from services.housing.rules.exchanges import OUT_OF_REACH, can_change, changes
from services.housing.rules.half_years import HalfYear, NoHalfYear
from services.housing.rules.law import LawSwitch
from services.housing.store import account as accounts, exchanges as store, households, people

__all__ = ["agree_to_exchange", "propose_exchange", "visible_exchange", "withdraw_exchange"]

ARTICLE = "Huisvestingswet 2014 art. 29 lid 2 (uitruil)"


async def visible_exchange(tx: Tx, exchange_id: UUID) -> Exchange:
    """The exchange in a path.

    Raises:
        NotFound: it is not there, or of no gemeente of the caller.
    """
    found = await tx.get(Exchange, exchange_id)
    if found is None:
        raise NotFound("Een uitruil met dit nummer is niet gevonden.")
    return found


async def propose_exchange(
    tx: Tx,
    *,
    kind: ExchangeKind,
    first: str,
    second: str,
    household_ids: Sequence[UUID],
    persons_to_first: int,
    persons_to_second: int,
    reception_places: int | None,
    half_year: str | None,
    plan_reference: str | None,
    decision_reference: str | None,
    reason: str,
) -> Exchange:
    """Propose an exchange; the gemeente that proposes has agreed with its own side.

    Of persons and of a recoupling the households say how many people go where; of tasks the counts do.

    Raises:
        Forbidden, AgreementMissing: the caller acts for neither gemeente.
        InvalidInput: what was sent does not go together.
        ReferenceNotYetKnown: a household is of neither gemeente, or not known.
        SwitchedOff: of tasks, while the law knows no swap of reception against housing; or there is no
            taakstelling to change in the half-year.
        ExchangeNotPossible: a household did not consent, does not wait, or is in another exchange.
    """
    if first == second:
        raise InvalidInput.on(
            "/secondGemeentecode", "Een uitruil is tussen twee gemeenten.", code="same-gemeente"
        )
    own = _side(tx, first, second) or first
    check_acts(tx, own)
    half = _half_year(tx, half_year)
    if kind is not ExchangeKind.RECOUPLING:
        await check_law(tx, LawSwitch.TAAKSTELLING, half.first_day, pointer="/halfYear")
    rows: list[tuple[Household, str]] = []
    if kind is ExchangeKind.TASKS:
        if household_ids:
            raise InvalidInput.on("/householdIds", "Een ruil van taken noemt geen huishoudens.", code="form")
        await check_law(tx, LawSwitch.SPREIDINGSWET, tx.today, pointer="/kind")
        for pointer, reference in (
            ("/planReference", plan_reference),
            ("/decisionReference", decision_reference),
        ):
            if reference is None:
                raise InvalidInput.on(
                    pointer, "Een ruil van taken steunt op provinciaal plan en verdeelbesluit.", code="basis"
                )
    else:
        if persons_to_first or persons_to_second:
            raise InvalidInput.on("/personsToFirst", "De aantallen volgen uit de huishoudens.", code="form")
        rows = await _households(tx, first, second, household_ids)
        persons_to_first = sum(row.persons for row, to in rows if to == first)
        persons_to_second = sum(row.persons for row, to in rows if to == second)
    if persons_to_first + persons_to_second == 0:
        raise InvalidInput.on("/householdIds", "Er wordt niets geruild.", code="nothing")
    exchange = Exchange(
        kind=kind.value,
        first_gemeentecode=first,
        second_gemeentecode=second,
        persons_to_first=persons_to_first,
        persons_to_second=persons_to_second,
        reception_places=reception_places,
        half_year=str(half),
        plan_reference=plan_reference,
        decision_reference=decision_reference,
        reason=reason,
        proposed_on=tx.today,
        proposed_by=tx.acting.subject,
        status="proposed",
    )
    _agree(tx, exchange, own)
    tx.add(exchange)
    await tx.flush()
    for household, to in rows:
        tx.add(
            ExchangeHousehold(
                exchange_id=exchange.id,
                household_id=household.id,
                gemeentecode=household.gemeentecode,
                from_gemeentecode=household.gemeentecode,
                to_gemeentecode=to,
                persons=household.persons,
            )
        )
    await tx.flush()
    return exchange


def _half_year(tx: Tx, text: str | None) -> HalfYear:
    now = HalfYear.of(tx.today)
    if text is None:
        return now
    try:
        found = HalfYear.parse(text)
    except NoHalfYear as fault:
        raise InvalidInput.on("/halfYear", "Dit is geen halfjaar als 2024-2.", code="half-year") from fault
    if not can_change(found, tx.today):
        raise InvalidInput.on("/halfYear", OUT_OF_REACH, code="half-year")
    return found


async def _households(
    tx: Tx, first: str, second: str, household_ids: Sequence[UUID]
) -> list[tuple[Household, str]]:
    """The households with the gemeente to which each would go.

    A gemeente sees its own households only; those of the other side are named by their id, and the other
    gemeente sees them when it agrees. So the platform itself looks whether they exist and consented.
    """
    if len(set(household_ids)) < len(household_ids):
        raise InvalidInput.on("/householdIds", "Een huishouden staat er twee keer in.", code="twice")
    await tx.act_as_platform()
    # In one order, whatever the order of the caller: two proposals do not wait for each other in a circle.
    locked = {id_: await households.lock_household(tx, id_) for id_ in sorted(household_ids)}
    found = []
    for number, household_id in enumerate(household_ids):
        pointer = f"/householdIds/{number}"
        household = locked[household_id]
        if household is None or household.gemeentecode not in {first, second}:
            raise ReferenceNotYetKnown.on(
                pointer, "Dit huishouden is niet van een van beide gemeenten.", code="reference-not-yet-known"
            )
        to = second if household.gemeentecode == first else first
        await _check_household(tx, household, to, pointer)
        found.append((household, to))
    return found


async def _check_household(
    tx: Tx, household: Household, to: str, pointer: str, *, exchange_id: UUID | None = None
) -> None:
    if household.status == HouseholdStatus.MATCHED:
        raise HouseholdMatched.on(
            pointer, "Voor dit huishouden loopt een match.", code="household-already-matched"
        )
    if household.status != HouseholdStatus.WAITING:
        raise ExchangeNotPossible.on(pointer, "Dit huishouden wacht niet op een huis.", code="not-waiting")
    consents = (await households.open_consents(tx, [household.id])).get(household.id, [])
    if to not in {row.for_gemeentecode for row in consents}:
        raise ExchangeNotPossible.on(
            pointer, f"Dit huishouden stemde niet in met gemeente {to}.", code="exchange-consent"
        )
    other = await store.open_exchange_of(tx, household.id)
    if other is not None and other != exchange_id:
        raise ExchangeNotPossible.on(
            pointer, "Dit huishouden staat in een andere uitruil.", code="other-exchange"
        )


def _agree(tx: Tx, exchange: Exchange, code: str) -> None:
    """Note who agreed and when; the first word of a side stays."""
    subject = tx.acting.subject
    if code == exchange.first_gemeentecode:
        if exchange.first_agreed_on is None:
            exchange.first_agreed_on, exchange.first_agreed_by = tx.today, subject
    elif exchange.second_agreed_on is None:
        exchange.second_agreed_on, exchange.second_agreed_by = tx.today, subject


async def _locked(tx: Tx, exchange_id: UUID) -> Exchange:
    await visible_exchange(tx, exchange_id)
    found = await store.lock_exchange(tx, exchange_id)
    if found is None:
        raise NotFound("Een uitruil met dit nummer is niet gevonden.")
    return found


def _side(tx: Tx, first: str, second: str) -> str | None:
    """The one gemeente of the two for which the caller speaks; None where it acts for both, or for neither.

    A gemeente speaks for itself first, also where it has a mandate of the other.
    """
    caller = tx.acting
    if caller.gemeentecode in {first, second}:
        return caller.gemeentecode
    acts = [code for code in (first, second) if acts_for(tx, code)]
    return acts[0] if len(acts) == 1 else None


def _own_side(tx: Tx, exchange: Exchange, gemeentecode: str | None) -> str:
    """The gemeente of the exchange for which the caller agrees.

    Raises:
        Forbidden, AgreementMissing: it acts for neither, or not for the one that it names.
        InvalidInput: it acts for both and names none, or it names a gemeente outside the exchange.
    """
    sides = (exchange.first_gemeentecode, exchange.second_gemeentecode)
    if gemeentecode is None:
        gemeentecode = _side(tx, *sides)
    elif gemeentecode not in sides:
        text = "Deze gemeente doet niet mee aan de uitruil."
        raise InvalidInput(text, errors=[FieldError("parties", text, parameter="gemeentecode")])
    if gemeentecode is not None:
        check_acts(tx, gemeentecode)
        return gemeentecode
    if any(acts_for(tx, code) for code in sides):
        text = "U handelt voor beide gemeenten: noem voor welke u instemt."
        raise InvalidInput(text, errors=[FieldError("which-gemeente", text, parameter="gemeentecode")])
    raise Forbidden("Uw organisatie besluit voor geen van beide gemeenten.")


async def agree_to_exchange(tx: Tx, *, exchange_id: UUID, gemeentecode: str | None = None) -> Exchange:
    """Agree for one side. With the second agreement the exchange is settled: links and balances change, once.

    Args:
        tx: with the caller.
        exchange_id: which.
        gemeentecode: the side; needed of who acts for both by mandate.

    Raises:
        ExchangeOver: it was withdrawn.
        ExchangeNotPossible: a household took its consent back, or was housed, matched or removed meanwhile.
        SwitchedOff: the law changed meanwhile.
    """
    exchange = await _locked(tx, exchange_id)
    code = _own_side(tx, exchange, gemeentecode)
    if exchange.status == "settled":
        return exchange
    if exchange.status == "withdrawn":
        raise ExchangeOver("Deze uitruil is ingetrokken.")
    _agree(tx, exchange, code)
    exchange.version += 1
    if exchange.first_agreed_on is not None and exchange.second_agreed_on is not None:
        await tx.act_as_platform()
        await _settle(tx, exchange)
    await tx.flush()
    return exchange


async def _check_basis(tx: Tx, exchange: Exchange) -> None:
    """Refuse what the law or the calendar does not allow any more since it was proposed."""
    if exchange.kind == ExchangeKind.RECOUPLING:
        return
    half = HalfYear.parse(exchange.half_year)
    await check_law(tx, LawSwitch.TAAKSTELLING, half.first_day)
    if exchange.kind == ExchangeKind.TASKS:
        await check_law(tx, LawSwitch.SPREIDINGSWET, tx.today)
    if half.is_closed(tx.today):
        raise ExchangeNotPossible(f"Halfjaar {half} is intussen voorbij. Stel een nieuwe uitruil voor.")


async def _change_targets(tx: Tx, exchange: Exchange, change: dict[str, int]) -> None:
    """Record what the tasks of both become; none goes below zero.

    Raises:
        ExchangeNotPossible: a gemeente would have less than nothing to do.
    """
    await accounts.lock_account(tx, *change)
    now = await accounts.targets_in_force(tx, list(change), exchange.half_year, tx.today)
    for code, persons in change.items():
        if code in now and now[code] + persons < 0:
            raise ExchangeNotPossible(
                f"De taakstelling van gemeente {code} in {exchange.half_year} is {now[code]} en zou onder nul komen."
            )
        tx.add(
            TargetChange(
                exchange_id=exchange.id,
                gemeentecode=code,
                half_year=exchange.half_year,
                changed_on=tx.today,
                persons=persons,
                recorded_at=tx.now,
            )
        )


async def _settle(tx: Tx, exchange: Exchange) -> None:
    await _check_basis(tx, exchange)
    rows = (await store.households_in(tx, [exchange.id])).get(exchange.id, [])
    kind = ExchangeKind(exchange.kind)
    going = [
        sum(row.persons for row in rows if row.to_gemeentecode == code)
        for code in (exchange.first_gemeentecode, exchange.second_gemeentecode)
    ]
    if kind is not ExchangeKind.TASKS and going != [exchange.persons_to_first, exchange.persons_to_second]:
        # Destroyed at the end of its term, or taken out: the tasks must not move without the people.
        raise ExchangeNotPossible("Een huishouden van deze uitruil is er niet meer. Stel een nieuwe voor.")
    for number, row in enumerate(rows):
        household = await households.lock_household(tx, row.household_id)
        pointer = f"/householdIds/{number}"
        if household is None:
            raise ExchangeNotPossible.on(pointer, "Dit huishouden is er niet meer.", code="not-there")
        await _check_household(tx, household, row.to_gemeentecode, pointer, exchange_id=exchange.id)
        if household.persons != row.persons:
            raise ExchangeNotPossible.on(
                pointer, "Dit huishouden heeft nu een andere grootte.", code="other-size"
            )
        await look_at(tx, [household])
        household.version += 1
        await tx.flush()
        await households.move_household(tx, household.id, row.to_gemeentecode)
        await tx.session.refresh(household)
        await publish_link(tx, household)
        await people.save_scope(tx, household.id, row.to_gemeentecode)
    first, second = changes(kind, to_first=exchange.persons_to_first, to_second=exchange.persons_to_second)
    if (first, second) != (0, 0):
        await _change_targets(
            tx, exchange, {exchange.first_gemeentecode: first, exchange.second_gemeentecode: second}
        )
    exchange.status = "settled"
    exchange.settled_on = tx.today
    await tx.flush()
    await tx.publish(
        ExchangeSettled(
            exchange_id=exchange.id,
            kind=kind.value,
            first_gemeentecode=exchange.first_gemeentecode,
            second_gemeentecode=exchange.second_gemeentecode,
            first_change=first,
            second_change=second,
            half_year=exchange.half_year,
            settled_on=tx.today,
        ),
        aggregate_id=exchange.id,
        version=exchange.version,
        gemeentecode=None,
    )


async def withdraw_exchange(tx: Tx, *, exchange_id: UUID) -> Exchange:
    """Withdraw an exchange that is not settled, by either gemeente. Again changes nothing.

    Raises:
        ExchangeOver: it is settled.
    """
    exchange = await _locked(tx, exchange_id)
    sides = (exchange.first_gemeentecode, exchange.second_gemeentecode)
    # Whichever of the two it acts for: each may.
    check_acts(tx, next((code for code in sides if acts_for(tx, code)), sides[0]))
    if exchange.status == "settled":
        raise ExchangeOver("Deze uitruil is al vastgesteld. Maak zo nodig een uitruil terug.")
    if exchange.status != "withdrawn":
        exchange.status = "withdrawn"
        exchange.version += 1
        await tx.flush()
    return exchange
