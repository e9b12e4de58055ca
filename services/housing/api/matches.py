# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Matches: proposed, decided, and step by step to the first day in the house."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.db import Tx
from chassis.errors import (
    AgreementMissing,
    Forbidden,
    NotFound,
    ReferenceNotYetKnown,
)
from chassis.web import Day, Gemeentecode, Page, PagingDep, Router, TxDep, problems
from contracts.access import Role
from services.housing.actions import leaving, matches as actions, moving, taking_back
from services.housing.actions.households import look_at
from services.housing.api.account_schemas import check_period
from services.housing.api.declarations import CORPORATION, MUNICIPALITY, PERSON_READERS, VWN, housing
from services.housing.api.match_schemas import (
    DecisionIn,
    DepartureIn,
    ItemIn,
    ItemOut,
    MatchIn,
    MatchOut,
    MistakeIn,
    StepIn,
    VolunteerIn,
    item_out,
    match_answers,
)
from services.housing.errors import (
    DwellingNotOffered,
    DwellingTaken,
    ExchangeMissing,
    HomeLeft,
    HouseholdEnded,
    HouseholdMatched,
    MatchDecided,
    NotItsHome,
    PersonInHousehold,
    RuleBroken,
    StepNotPossible,
    SwitchedOff,
)
from services.housing.models import Household, Match
from services.housing.rules.codes import HomeEnd, MatchStatus
from services.housing.store import matches as store

router = Router()

MOVERS = VWN | {Role.VWN_VOLUNTEER}
READERS = PERSON_READERS | CORPORATION | {Role.VWN_VOLUNTEER}


async def _answer(tx: Tx, row: Match) -> MatchOut:
    return (await match_answers(tx, [row]))[row.id]


async def _look(tx: Tx, match: Match) -> None:
    """Log the look at the people of a match, of who can see them at all."""
    household = await tx.get(Household, match.household_id)
    if household is not None:
        await look_at(tx, [household])


@router.post(
    "/matches",
    operation_id="proposeMatch",
    summary="Een match voorstellen",
    status_code=201,
    response_model=MatchOut,
    responses=problems(
        Forbidden,
        AgreementMissing,
        ReferenceNotYetKnown,
        DwellingTaken,
        DwellingNotOffered,
        HouseholdMatched,
        HouseholdEnded,
        ExchangeMissing,
        SwitchedOff,
        RuleBroken,
    ),
    openapi_extra=housing(VWN, "match-voorstellen", idempotency="required"),
)
async def propose_match(body: MatchIn, tx: TxDep) -> MatchOut:
    """Stelt een woning voor een huishouden voor. Wat een regel breekt, wordt geweigerd met de naam van de regel."""
    return await _answer(tx, await actions.propose_match(tx, **body.model_dump()))


@router.get(
    "/matches",
    operation_id="listMatches",
    summary="Matches",
    response_model=Page[MatchOut],
    openapi_extra=housing(READERS, "match-raadplegen"),
)
async def list_matches(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[
        Gemeentecode | None, Query(description="Alleen van huishoudens van deze gemeente.")
    ] = None,
    status: Annotated[MatchStatus | None, Query(description="Alleen met deze status.")] = None,
    household_id: Annotated[
        UUID | None, Query(alias="householdId", description="Alleen van dit huishouden.")
    ] = None,
    dwelling_id: Annotated[
        UUID | None, Query(alias="dwellingId", description="Alleen van deze woning.")
    ] = None,
    key_from: Annotated[
        Day | None, Query(alias="keyFrom", description="Sleutel, of uiterste dag ervoor, vanaf deze dag.")
    ] = None,
    key_until: Annotated[Day | None, Query(alias="keyUntil", description="En tot en met deze dag.")] = None,
) -> object:
    """De matches die u mag zien. Met keyFrom en keyUntil: de verhuizingen van een week."""
    if key_from is not None and key_until is not None:
        check_period(key_from, key_until, parameter="keyUntil")
    rows = await store.matches_page(
        tx,
        gemeentecode=gemeentecode,
        status=status,
        household_id=household_id,
        dwelling_id=dwelling_id,
        key_from=key_from,
        key_until=key_until,
        after=paging.after_id,
        limit=paging.fetch,
    )
    await look_at(tx, await store.households_of(tx, rows[: paging.size]))
    shown = await match_answers(tx, rows[: paging.size])
    return paging.page(rows, key=lambda row: (row.id,), item=lambda row: shown[row.id])


@router.get(
    "/matches/{matchId}",
    operation_id="readMatch",
    summary="Een match",
    response_model=MatchOut,
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=housing(READERS, "match-raadplegen"),
)
async def read_match(matchId: UUID, tx: TxDep) -> MatchOut:  # noqa: N803 - as in the path
    """Een match met alle dagen en wat er bij het voorstel is gewogen."""
    match = await actions.visible_match(tx, matchId)
    await _look(tx, match)
    return await _answer(tx, match)


@router.post(
    "/matches/{matchId}/decisions",
    operation_id="decideOnMatch",
    summary="Over een match besluiten",
    response_model=MatchOut,
    responses=problems(
        NotFound,
        AgreementMissing,
        Forbidden,
        MatchDecided,
        RuleBroken,
        DwellingNotOffered,
        ExchangeMissing,
        SwitchedOff,
    ),
    openapi_extra=housing(MUNICIPALITY, "match-besluiten"),
)
async def decide_on_match(matchId: UUID, body: DecisionIn, tx: TxDep) -> MatchOut:  # noqa: N803 - as in the path
    """Keurt een match goed of wijst hem af, met de reden. Goedgekeurd is aangeboden: de twee weken lopen.

    Wie goedkeurt, krijgt alle regels opnieuw gewogen: wat sinds het voorstel niet meer past, wordt geweigerd.
    """
    match = await actions.decide_on_match(
        tx,
        match_id=matchId,
        approved=body.outcome == "approved",
        reason=body.reason,
        refusal=body.refusal,
        decided_on=body.decided_on,
        opened_at=body.opened_at,
    )
    return await _answer(tx, match)


@router.post(
    "/matches/{matchId}/steps",
    operation_id="takeMatchStep",
    summary="Een stap van een match vastleggen",
    response_model=MatchOut,
    responses=problems(NotFound, AgreementMissing, Forbidden, StepNotPossible),
    openapi_extra=housing(MUNICIPALITY | MOVERS | CORPORATION, "match-stap-vastleggen"),
)
async def take_match_step(matchId: UUID, body: StepIn, tx: TxDep) -> MatchOut:  # noqa: N803 - as in the path
    """Legt een stap vast, door wie erover gaat: het antwoord van het huishouden, de sleutel, of dat het er woont."""
    return await _answer(
        tx,
        await moving.take_step(
            tx, match_id=matchId, step=body.step, on=body.on, refusal=body.refusal, reason=body.reason
        ),
    )


@router.post(
    "/matches/{matchId}/departure",
    operation_id="leaveHome",
    summary="Vastleggen dat een huishouden uit zijn woning is vertrokken",
    response_model=MatchOut,
    responses=problems(NotFound, AgreementMissing, Forbidden, StepNotPossible, HomeLeft, HouseholdMatched),
    openapi_extra=housing(MUNICIPALITY | VWN | CORPORATION, "vertrek-vastleggen"),
)
async def leave_home(matchId: UUID, body: DepartureIn, tx: TxDep) -> MatchOut:  # noqa: N803 - as in the path
    """Legt vast dat een huishouden vertrok zonder volgende match. Het blijft meetellen; de woning komt weer vrij."""
    return await _answer(
        tx,
        await leaving.leave_home(tx, match_id=matchId, left_on=body.left_on, reason=HomeEnd(body.reason)),
    )


@router.post(
    "/matches/{matchId}/departure/taking-back",
    operation_id="takeBackDeparture",
    summary="Een vertrek terugnemen dat ten onrechte is vastgelegd",
    response_model=MatchOut,
    responses=problems(
        NotFound,
        AgreementMissing,
        Forbidden,
        StepNotPossible,
        NotItsHome,
        DwellingTaken,
        DwellingNotOffered,
        PersonInHousehold,
    ),
    openapi_extra=housing(MUNICIPALITY | VWN, "vertrek-terugnemen"),
)
async def take_back_departure(matchId: UUID, body: MistakeIn, tx: TxDep) -> MatchOut:  # noqa: N803 - as in the path
    """Neemt een vertrek terug: het huishouden woont er nog. Wat ermee eindigde, loopt weer door.

    Geweigerd als de woning intussen aan anderen is aangeboden of door anderen wordt bewoond.
    """
    return await _answer(tx, await taking_back.take_back_departure(tx, match_id=matchId, reason=body.reason))


@router.post(
    "/matches/{matchId}/key/taking-back",
    operation_id="takeBackKey",
    summary="Een sleutel terugnemen die ten onrechte is vastgelegd",
    response_model=MatchOut,
    responses=problems(
        NotFound, AgreementMissing, Forbidden, StepNotPossible, DwellingTaken, DwellingNotOffered
    ),
    openapi_extra=housing(MOVERS | CORPORATION, "sleutel-terugnemen"),
)
async def take_back_key(matchId: UUID, body: MistakeIn, tx: TxDep) -> MatchOut:  # noqa: N803 - as in the path
    """Neemt terug dat de sleutel is gegeven, zolang het huishouden er nog niet woont. Daarna kan hij opnieuw."""
    return await _answer(tx, await taking_back.take_back_key(tx, match_id=matchId, reason=body.reason))


@router.put(
    "/matches/{matchId}/volunteer",
    operation_id="assignVolunteer",
    summary="Een vrijwilliger bij een verhuizing zetten",
    response_model=MatchOut,
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=housing(VWN, "verhuizing-begeleiden"),
)
async def assign_volunteer(matchId: UUID, body: VolunteerIn, tx: TxDep) -> MatchOut:  # noqa: N803 - as in the path
    """Zegt wie van VluchtelingenWerk bij de verhuizing helpt. Die ziet dan deze match en de lijst ervan."""
    match = await moving.assign_volunteer(tx, match_id=matchId, volunteer_id=body.volunteer_id)
    return await _answer(tx, match)


@router.get(
    "/matches/{matchId}/checklist",
    operation_id="readMoveChecklist",
    summary="Wat er rond een verhuizing te doen is",
    response_model=Page[ItemOut],
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=housing(READERS, "verhuizing-begeleiden"),
)
async def read_move_checklist(matchId: UUID, tx: TxDep, paging: PagingDep) -> object:  # noqa: N803 - as in the path
    """De lijst van de verhuisdag, per partij, met de dagen. Hij ontstaat met de sleutel.

    Een corporatie ziet wat zij zelf doet, en niets van de uitkering of de begeleiding van het huishouden.
    """
    match = await actions.visible_match(tx, matchId)
    await _look(tx, match)
    rows = await store.items_of(
        tx,
        matchId,
        party=moving.only_party(tx.acting),
        after=paging.position(*store.ITEM_KEY),
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda row: (row.due_on, row.code), item=lambda row: item_out(tx, row))


@router.put(
    "/matches/{matchId}/checklist/{code}",
    operation_id="tickMoveItem",
    summary="Iets van de verhuizing afvinken",
    response_model=ItemOut,
    responses=problems(NotFound, AgreementMissing, Forbidden),
    openapi_extra=housing(MUNICIPALITY | MOVERS | CORPORATION, "verhuizing-begeleiden"),
)
async def tick_move_item(
    matchId: UUID,  # noqa: N803 - as in the path
    code: Annotated[str, Field(pattern="^[a-z-]{1,40}$")],
    body: ItemIn,
    tx: TxDep,
) -> ItemOut:
    """Legt vast dat iets is gedaan, door wie het moet doen."""
    item = await moving.tick_item(tx, match_id=matchId, code=code, done_on=body.done_on)
    await _look(tx, await actions.visible_match(tx, matchId))
    return item_out(tx, item)
