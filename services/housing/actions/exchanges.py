# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Uitruil and omkoppeling: two gemeenten exchange households or tasks, once both have agreed (HO-15).

The balances change on the day of the second agreement, once, by two facts that sum to 0; the links of the
households move with them. Until then nothing moves, and either gemeente can withdraw.
"""

from collections.abc import Sequence
from uuid import UUID

from chassis.db import Tx
from chassis.errors import Forbidden, InvalidInput, NotFound, ReferenceNotYetKnown
from contracts.housing import ExchangeSettled
from services.housing.actions.households import look_at, publish_link
from services.housing.actions.law import check_law
from services.housing.actions.visibility import acting_caller, check_acts
from services.housing.errors import ExchangeNotPossible, ExchangeOver, HouseholdMatched
from services.housing.models import Exchange, ExchangeHousehold, Household, TargetChange
from services.housing.rules.codes import ExchangeKind, HouseholdStatus
from services.housing.rules.exchanges import changes
from services.housing.rules.half_years import HalfYear, NoHalfYear
from services.housing.rules.law import LawSwitch
from services.housing.store import exchanges as store, households, people

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
        SwitchedOff: of tasks, while the law knows no swap of reception against housing.
        ExchangeNotPossible: a household did not consent, does not wait, or is in another exchange.
    """
    if first == second:
        raise InvalidInput.on(
            "/secondGemeentecode", "Een uitruil is tussen twee gemeenten.", code="same-gemeente"
        )
    own = first if acting_caller(tx).gemeentecode != second else second
    check_acts(tx, own)
    half = _half_year(tx, half_year)
    rows: list[tuple[Household, str]] = []
    if kind is ExchangeKind.TASKS:
        if household_ids:
            raise InvalidInput.on("/householdIds", "Een ruil van taken noemt geen huishoudens.", code="form")
        await check_law(tx, LawSwitch.SPREIDINGSWET, tx.today, pointer="/kind")
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
        proposed_by=acting_caller(tx).subject,
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
    if text is None:
        return HalfYear.of(tx.today)
    try:
        return HalfYear.parse(text)
    except NoHalfYear as fault:
        raise InvalidInput.on("/halfYear", "Dit is geen halfjaar als 2024-2.", code="half-year") from fault


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
    found = []
    for number, household_id in enumerate(household_ids):
        pointer = f"/householdIds/{number}"
        household = await households.lock_household(tx, household_id)
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
    subject = acting_caller(tx).subject
    if code == exchange.first_gemeentecode:
        exchange.first_agreed_on, exchange.first_agreed_by = tx.today, subject
    else:
        exchange.second_agreed_on, exchange.second_agreed_by = tx.today, subject


async def _locked(tx: Tx, exchange_id: UUID) -> Exchange:
    await visible_exchange(tx, exchange_id)
    found = await store.lock_exchange(tx, exchange_id)
    if found is None:
        raise NotFound("Een uitruil met dit nummer is niet gevonden.")
    return found


def _own_side(tx: Tx, exchange: Exchange) -> str:
    """The gemeente of the exchange for which the caller acts.

    Raises:
        Forbidden, AgreementMissing: it acts for neither.
    """
    caller = acting_caller(tx)
    for code in (exchange.first_gemeentecode, exchange.second_gemeentecode):
        if caller.gemeentecode == code:
            check_acts(tx, code)
            return code
    for code in (exchange.first_gemeentecode, exchange.second_gemeentecode):
        if caller.acts_for(code):
            return code
    raise Forbidden("Uw organisatie besluit voor geen van beide gemeenten.")


async def agree_to_exchange(tx: Tx, *, exchange_id: UUID) -> Exchange:
    """Agree for one side. With the second agreement the exchange is settled: links and balances change, once.

    Raises:
        ExchangeOver: it was withdrawn.
        ExchangeNotPossible: a household took its consent back, or was housed or matched meanwhile.
    """
    exchange = await _locked(tx, exchange_id)
    code = _own_side(tx, exchange)
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


async def _settle(tx: Tx, exchange: Exchange) -> None:
    rows = (await store.households_in(tx, [exchange.id])).get(exchange.id, [])
    for number, row in enumerate(rows):
        household = await households.lock_household(tx, row.household_id)
        if household is None:
            continue
        pointer = f"/householdIds/{number}"
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
    kind = ExchangeKind(exchange.kind)
    first, second = changes(kind, to_first=exchange.persons_to_first, to_second=exchange.persons_to_second)
    if (first, second) != (0, 0):
        for code, persons in ((exchange.first_gemeentecode, first), (exchange.second_gemeentecode, second)):
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
    _own_side(tx, exchange)
    if exchange.status == "settled":
        raise ExchangeOver("Deze uitruil is al vastgesteld. Maak zo nodig een uitruil terug.")
    if exchange.status != "withdrawn":
        exchange.status = "withdrawn"
        exchange.version += 1
        await tx.flush()
    return exchange
