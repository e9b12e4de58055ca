# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Matches: proposed, decided, and step by step to the first day in the house."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.db import Tx
from chassis.errors import (
    AgreementMissing,
    FieldError,
    Forbidden,
    InvalidInput,
    NotFound,
    ReferenceNotYetKnown,
)
from chassis.schema import described
from chassis.web import (
    Day,
    DayOrNone,
    Gemeentecode,
    LongText,
    Page,
    PagingDep,
    Router,
    Schema,
    TxDep,
    problems,
)
from contracts.access import Role
from services.housing.actions import matches as actions, moving
from services.housing.actions.households import look_at
from services.housing.api.account_schemas import BookDay
from services.housing.api.declarations import CORPORATION, MUNICIPALITY, PERSON_READERS, VWN, housing
from services.housing.errors import (
    DwellingNotOffered,
    DwellingTaken,
    ExchangeMissing,
    HouseholdEnded,
    HouseholdMatched,
    MatchDecided,
    RuleBroken,
    StepNotPossible,
    SwitchedOff,
)
from services.housing.models import Household, Match, MoveItem
from services.housing.rules import terms
from services.housing.rules.codes import MatchStatus, Refusal, Step
from services.housing.rules.steps import Party
from services.housing.store import matches as store

router = Router()

MOVERS = VWN | {Role.VWN_VOLUNTEER}
READERS = PERSON_READERS | CORPORATION | {Role.VWN_VOLUNTEER}


class MatchIn(Schema):
    """Een voorstel: dit huishouden in deze woning."""

    household_id: UUID = described("Het huishouden.")
    dwelling_id: UUID = described("De woning.")
    reason: LongText = described("Waarom juist deze woning voor dit huishouden.")
    shared: bool | None = described(
        "Of het om een plaats in een gedeelde woning gaat; zonder opgave volgt dat uit wat past.",
        default=None,
    )
    proposal_id: UUID | None = described("Het voorstel van een zoekopdracht dat u volgt.", default=None)


class DecisionIn(Schema):
    """Het besluit van de gemeente."""

    outcome: Literal["approved", "rejected"] = described("Goedgekeurd of afgewezen.")
    reason: LongText = described("Waarom.")
    refusal: Refusal | None = described("Bij een afwijzing: waarom de woning niet past.", default=None)
    decided_on: DayOrNone = described("Dag van het besluit; zonder opgave vandaag.", default=None)


class StepIn(Schema):
    """Een stap na het besluit."""

    step: Step = described("De stap.")
    on: BookDay = described("Dag waarop hij is gezet.")
    refusal: Refusal | None = described("Bij declined: waarom het huishouden weigert.", default=None)
    reason: LongText | None = described("Toelichting.", default=None)


class VolunteerIn(Schema):
    """Wie van VluchtelingenWerk helpt bij de verhuizing."""

    volunteer_id: UUID | None = described("Het lid; leeg maakt het ongedaan.")


class QuarterShareOut(Schema):
    """Het deel van een wijk in wie de gemeente dit halfjaar huisvest."""

    quarter: str
    persons_before: int
    persons_after: int
    share_before: float | None = described("Procenten, één decimaal; leeg als er nog niemand was.")
    share_after: float


class UrgencyOut(Schema):
    """Wat de urgentieregeling van de gemeente zegt."""

    rule: bool = described("Of er een regeling is vastgelegd.")
    status_holders: bool = described("Of zij statushouders noemt.")
    priority_group: str | None
    explanation: str | None
    source: str | None


class FactsOut(Schema):
    """Wat er bij het voorstel is gewogen, zoals het toen was."""

    need: int = described("Voor hoeveel personen plaats nodig is, toegewezen nareis meegeteld.")
    max_persons: int
    waited_days: int
    expected_persons: int = described("Verwachte nareis, toegewezen of niet.")
    spread: list[QuarterShareOut]
    urgency: UrgencyOut


class MatchOut(Schema):
    """Een match. Een corporatie ziet hiervan het aantal personen, en niets van het huishouden zelf."""

    id: UUID
    household_id: UUID
    dwelling_id: UUID
    gemeentecode: Gemeentecode
    dwelling_gemeentecode: Gemeentecode
    persons: int
    shared: bool
    status: MatchStatus
    reason: str | None = described("Niet voor de corporatie.")
    facts: FactsOut | None = described("Niet voor de corporatie.")
    proposal_id: UUID | None
    volunteer_id: UUID | None
    proposed_on: Day
    decided_on: DayOrNone
    decision_reason: str | None = described("Niet voor de corporatie.")
    refusal: Refusal | None
    move_due_on: DayOrNone = described("Laatste dag voor de verhuizing: 14 dagen na het aanbod.")
    move_overrun_days: int
    accepted_on: DayOrNone
    declined_on: DayOrNone
    key_on: DayOrNone
    housed_on: DayOrNone


class ItemOut(Schema):
    """Iets dat rond de verhuizing moet gebeuren."""

    code: Annotated[str, Field(pattern="^[a-z-]+$")]
    party: Party = described("Wie het doet.")
    due_on: Day
    done_on: DayOrNone
    overdue: bool


class ItemIn(Schema):
    """Of iets is gedaan."""

    done_on: DayOrNone = described("Dag waarop het is gedaan; leeg maakt het ongedaan.")


def match_out(tx: Tx, row: Match) -> MatchOut:
    """A match for who asked: those who do not see households get the counts and the days only."""
    outsider = tx.acting.roles.isdisjoint(PERSON_READERS)
    kept = row.model_dump(include=set(MatchOut.model_fields) - {"facts"})
    hidden: dict[str, Any] = {"reason": None, "decision_reason": None} if outsider else {}
    return MatchOut.model_validate(
        {
            **kept,
            **hidden,
            "facts": None if outsider else row.facts,
            "move_overrun_days": 0
            if row.move_due_on is None or row.declined_on is not None
            else terms.overrun_days(row.move_due_on, row.housed_on, tx.today),
        }
    )


def _item_out(tx: Tx, row: MoveItem) -> ItemOut:
    return ItemOut(
        code=row.code,
        party=Party(row.party),
        due_on=row.due_on,
        done_on=row.done_on,
        overdue=row.done_on is None and row.due_on < tx.today,
    )


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
        RuleBroken,
    ),
    openapi_extra=housing(VWN, "match-voorstellen", idempotency="required"),
)
async def propose_match(body: MatchIn, tx: TxDep) -> MatchOut:
    """Stelt een woning voor een huishouden voor. Wat een regel breekt, wordt geweigerd met de naam van de regel."""
    return match_out(tx, await actions.propose_match(tx, **body.model_dump()))


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
    if key_from is not None and key_until is not None and key_until < key_from:
        text = "De laatste dag ligt voor de eerste."
        raise InvalidInput(text, errors=[FieldError("before-start", text, parameter="keyUntil")])
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
    return paging.page(rows, key=lambda row: (row.id,), item=lambda row: match_out(tx, row))


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
    return match_out(tx, match)


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
    )
    return match_out(tx, match)


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
    return match_out(
        tx,
        await moving.take_step(
            tx, match_id=matchId, step=body.step, on=body.on, refusal=body.refusal, reason=body.reason
        ),
    )


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
    return match_out(tx, await moving.assign_volunteer(tx, match_id=matchId, volunteer_id=body.volunteer_id))


@router.get(
    "/matches/{matchId}/checklist",
    operation_id="readMoveChecklist",
    summary="Wat er rond een verhuizing te doen is",
    response_model=Page[ItemOut],
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=housing(READERS, "verhuizing-begeleiden"),
)
async def read_move_checklist(matchId: UUID, tx: TxDep, paging: PagingDep) -> object:  # noqa: N803 - as in the path
    """De lijst van de verhuisdag, per partij, met de dagen. Hij ontstaat met de sleutel."""
    match = await actions.visible_match(tx, matchId)
    await _look(tx, match)
    rows = await store.items_of(tx, matchId, after=paging.position(*store.ITEM_KEY), limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.due_on, row.code), item=lambda row: _item_out(tx, row))


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
    return _item_out(tx, item)
