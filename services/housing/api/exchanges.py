# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Uitruil: proposed by one gemeente, agreed by the other, and then settled."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.db import Tx
from chassis.errors import AgreementMissing, Forbidden, NotFound, ReferenceNotYetKnown
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    LongText,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    problems,
)
from contracts.access import Role
from services.housing.actions import exchanges as actions
from services.housing.api.declarations import MUNICIPALITY, PERSON_READERS, housing
from services.housing.errors import ExchangeNotPossible, ExchangeOver, HouseholdMatched, SwitchedOff
from services.housing.models import Exchange
from services.housing.rules.codes import ExchangeKind
from services.housing.rules.exchanges import changes
from services.housing.store import exchanges as store

router = Router()

DECIDERS = MUNICIPALITY - {Role.KWALITEITSMEDEWERKER}
HalfYearText = Annotated[str, Field(pattern="^[0-9]{4}-[12]$")]


class ExchangeIn(Schema):
    """Een voorstel voor een uitruil."""

    kind: ExchangeKind = described("Personen, taken, of alleen de koppeling (omkoppeling).")
    first_gemeentecode: Gemeentecode = described("De ene gemeente.")
    second_gemeentecode: Gemeentecode = described("De andere gemeente.")
    household_ids: list[UUID] = described(
        "De huishoudens die naar de andere gemeente gaan, van beide kanten.",
        default_factory=list,
        max_length=100,
    )
    persons_to_first: Count = described(
        "Bij een ruil van taken: personen die de eerste gaat huisvesten.", default=0
    )
    persons_to_second: Count = described(
        "Bij een ruil van taken: personen die de tweede gaat huisvesten.", default=0
    )
    reception_places: Count | None = described(
        "Bij een ruil van taken: opvangplaatsen die ertegenover staan.", default=None
    )
    half_year: HalfYearText | None = described(
        "Het halfjaar, zoals 2024-2; zonder opgave het lopende.", default=None
    )
    plan_reference: ShortText | None = described("Het provinciale plan waarin de ruil staat.", default=None)
    decision_reference: ShortText | None = described("Het verdeelbesluit.", default=None)
    reason: LongText = described("Waarom.")


class ExchangeOut(Schema):
    """Een uitruil, met wat hij voor beide taken betekent."""

    id: UUID
    kind: ExchangeKind
    first_gemeentecode: Gemeentecode
    second_gemeentecode: Gemeentecode
    household_ids: list[UUID] = described("De huishoudens die u mag zien.")
    persons_to_first: int
    persons_to_second: int
    first_change: int = described("Wat er bij de taak van de eerste komt; onder nul gaat eraf.")
    second_change: int = described("Wat er bij de taak van de tweede komt. Samen altijd nul.")
    reception_places: int | None
    half_year: str
    plan_reference: str | None
    decision_reference: str | None
    reason: str
    proposed_on: Day
    first_agreed_on: DayOrNone
    second_agreed_on: DayOrNone
    settled_on: DayOrNone = described("De dag waarop koppelingen en standen veranderden.")
    status: Literal["proposed", "settled", "withdrawn"]


async def _answers(tx: Tx, rows: list[Exchange]) -> dict[UUID, ExchangeOut]:
    inside = await store.households_in(tx, [row.id for row in rows])
    found = {}
    for row in rows:
        first, second = changes(
            ExchangeKind(row.kind), to_first=row.persons_to_first, to_second=row.persons_to_second
        )
        found[row.id] = ExchangeOut.model_validate(
            {
                **row.model_dump(include=set(ExchangeOut.model_fields)),
                "household_ids": [one.household_id for one in inside.get(row.id, [])],
                "first_change": first,
                "second_change": second,
            }
        )
    return found


@router.post(
    "/exchanges",
    operation_id="proposeExchange",
    summary="Een uitruil voorstellen",
    status_code=201,
    response_model=ExchangeOut,
    responses=problems(
        Forbidden, AgreementMissing, ReferenceNotYetKnown, ExchangeNotPossible, HouseholdMatched, SwitchedOff
    ),
    openapi_extra=housing(DECIDERS, "uitruil-vastleggen"),
)
async def propose_exchange(body: ExchangeIn, tx: TxDep) -> ExchangeOut:
    """Stelt een uitruil voor. Uw eigen gemeente stemt daarmee in; hij geldt zodra de andere ook instemt."""
    values = body.model_dump(exclude={"first_gemeentecode", "second_gemeentecode"})
    exchange = await actions.propose_exchange(
        tx, first=body.first_gemeentecode, second=body.second_gemeentecode, **values
    )
    return (await _answers(tx, [exchange]))[exchange.id]


@router.get(
    "/exchanges",
    operation_id="listExchanges",
    summary="Uitruil tussen gemeenten",
    response_model=Page[ExchangeOut],
    openapi_extra=housing(PERSON_READERS, "uitruil-raadplegen"),
)
async def list_exchanges(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen met deze gemeente.")] = None,
    status: Annotated[
        Literal["proposed", "settled", "withdrawn"] | None, Query(description="Alleen met deze status.")
    ] = None,
) -> object:
    """De uitruil waarbij een gemeente van u betrokken is."""
    rows = list(
        await store.exchanges_page(
            tx, gemeentecode=gemeentecode, status=status, after=paging.after_id, limit=paging.fetch
        )
    )
    shown = await _answers(tx, rows[: paging.size])
    return paging.page(rows, key=lambda row: (row.id,), item=lambda row: shown[row.id])


@router.get(
    "/exchanges/{exchangeId}",
    operation_id="readExchange",
    summary="Een uitruil",
    response_model=ExchangeOut,
    responses=problems(NotFound),
    openapi_extra=housing(PERSON_READERS, "uitruil-raadplegen"),
)
async def read_exchange(exchangeId: UUID, tx: TxDep) -> ExchangeOut:  # noqa: N803 - as in the path
    """Een uitruil met de instemming van beide gemeenten."""
    exchange = await actions.visible_exchange(tx, exchangeId)
    return (await _answers(tx, [exchange]))[exchange.id]


@router.post(
    "/exchanges/{exchangeId}/agreement",
    operation_id="agreeToExchange",
    summary="Met een uitruil instemmen",
    response_model=ExchangeOut,
    responses=problems(
        NotFound,
        Forbidden,
        AgreementMissing,
        ExchangeOver,
        ExchangeNotPossible,
        HouseholdMatched,
        SwitchedOff,
    ),
    openapi_extra=housing(DECIDERS, "uitruil-vastleggen"),
)
async def agree_to_exchange(
    exchangeId: UUID,  # noqa: N803 - as in the path
    tx: TxDep,
    gemeentecode: Annotated[
        Gemeentecode | None,
        Query(description="Voor welke gemeente; nodig voor wie met mandaat voor beide handelt."),
    ] = None,
) -> ExchangeOut:
    """Stemt in voor uw gemeente. Met de tweede instemming veranderen koppelingen en standen, één keer."""
    exchange = await actions.agree_to_exchange(tx, exchange_id=exchangeId, gemeentecode=gemeentecode)
    return (await _answers(tx, [exchange]))[exchange.id]


@router.post(
    "/exchanges/{exchangeId}/withdrawal",
    operation_id="withdrawExchange",
    summary="Een uitruil intrekken",
    response_model=ExchangeOut,
    responses=problems(NotFound, Forbidden, AgreementMissing, ExchangeOver),
    openapi_extra=housing(DECIDERS, "uitruil-vastleggen"),
)
async def withdraw_exchange(exchangeId: UUID, tx: TxDep) -> ExchangeOut:  # noqa: N803 - as in the path
    """Trekt een uitruil in die nog niet is vastgesteld."""
    exchange = await actions.withdraw_exchange(tx, exchange_id=exchangeId)
    return (await _answers(tx, [exchange]))[exchange.id]
