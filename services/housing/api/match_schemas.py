# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Matches on the wire."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from chassis.db import Tx
from chassis.schema import described
from chassis.web import Day, DayOrNone, Gemeentecode, InstantOrNone, LongText, Schema
from contracts.access import Role
from services.housing.api.account_schemas import BookDay
from services.housing.api.declarations import PERSON_READERS
from services.housing.models import Match, MoveItem, Stay
from services.housing.rules import terms
from services.housing.rules.codes import HomeEnd, MatchStatus, Refusal, Step
from services.housing.rules.steps import Party
from services.housing.store import matches as store

__all__ = [
    "DecisionIn",
    "DepartureIn",
    "ItemIn",
    "ItemOut",
    "MatchIn",
    "MatchOut",
    "MistakeIn",
    "MistakeOut",
    "StepIn",
    "VolunteerIn",
    "item_out",
    "match_answers",
]


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
    opened_at: InstantOrNone = described(
        "Wanneer wie beslist de match opende; alleen om te zien hoeveel tijd een besluit krijgt.",
        default=None,
    )


class StepIn(Schema):
    """Een stap na het besluit."""

    step: Step = described("De stap.")
    on: BookDay = described("Dag waarop hij is gezet.")
    refusal: Refusal | None = described("Bij declined: waarom het huishouden weigert.", default=None)
    reason: LongText | None = described("Toelichting.", default=None)


class DepartureIn(Schema):
    """Het vertrek uit een woning, zonder dat er een volgende match is."""

    left_on: BookDay = described("Laatste dag waarop het huishouden er woonde.")
    reason: Literal["other-gemeente", "own-home", "left", "died"] = described(
        "other-gemeente: verhuisd naar een andere gemeente; own-home: zelf een ander huis gevonden; left: vertrokken, "
        "waarheen is niet bekend; died: overleden."
    )


class MistakeIn(Schema):
    """Waarom niet klopt wat is vastgelegd."""

    reason: LongText = described("Waarom; noem geen namen.")


class MistakeOut(Schema):
    """Iets dat ten onrechte was vastgelegd, en is teruggenomen."""

    what: Literal["departure", "key"] = described("departure: het vertrek; key: de sleutel.")
    on: Day = described("De dag die was vastgelegd.")
    reason: str = described("Waarom het niet klopte.")
    recorded_on: Day = described("De dag waarop het is teruggenomen.")


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
    refusal: Refusal | None = described(
        "Leeg voor wie geen huishoudens ziet, als de reden over de mensen gaat."
    )
    move_due_on: DayOrNone = described("Laatste dag voor de verhuizing: 14 dagen na het aanbod.")
    move_overrun_days: int
    accepted_on: DayOrNone
    declined_on: DayOrNone
    key_on: DayOrNone
    housed_on: DayOrNone
    left_on: DayOrNone = described("Laatste dag waarop het huishouden er woonde. Niet voor vrijwilligers.")
    left_reason: HomeEnd | None = described(
        "Waarom het er niet meer woont. Alleen voor wie het huishouden zelf mag zien."
    )
    taken_back: list[MistakeOut] = described(
        "Wat ten onrechte was vastgelegd, het oudste eerst. Alleen voor wie het huishouden zelf mag zien."
    )


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


_OF_THE_HOUSEHOLD = {Refusal.NOT_ACCESSIBLE, Refusal.FAMILY, Refusal.WORK}
"""Reasons that tell of the people rather than of the home; who sees no household is not told them."""


def _match_out(tx: Tx, row: Match, stay: Stay | None, *, outsider: bool) -> MatchOut:
    kept = row.model_dump(include=set(MatchOut.model_fields) - {"facts", "taken_back"})
    hidden: dict[str, Any] = {"reason": None, "decision_reason": None} if outsider else {}
    if outsider and row.refusal in _OF_THE_HOUSEHOLD:
        hidden["refusal"] = None
    # A last day may be that of a death: it is for who sees households, and for the corporation of the home.
    told = stay if not outsider or Role.CORPORATION in tx.acting.roles else None
    insider = not outsider and row.gemeentecode in tx.acting.person_codes(tx.purpose)
    reason = told if insider else None
    return MatchOut.model_validate(
        {
            **kept,
            **hidden,
            "facts": None if outsider else row.facts,
            "left_on": None if told is None else told.ended_on,
            "left_reason": None if reason is None else reason.end_reason,
            "taken_back": [MistakeOut.model_validate(_mistake(one)) for one in row.taken_back]
            if insider
            else [],
            "move_overrun_days": 0
            if row.move_due_on is None or row.declined_on is not None
            else terms.overrun_days(row.move_due_on, row.housed_on, tx.today),
        }
    )


def _mistake(told: dict[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("what", "on", "reason", "recordedOn")}


async def match_answers(tx: Tx, rows: Sequence[Match]) -> dict[UUID, MatchOut]:
    """Matches for who asked: those who do not see households get the counts and the days only."""
    outsider = tx.acting.roles.isdisjoint(PERSON_READERS)
    # Whether a home is free again is also for its corporation, which sees no household, and for its gemeente
    # where the household is of another one: neither sees the row itself.
    async with tx.as_platform():
        stays = await store.stays_of(tx, rows)
    return {row.id: _match_out(tx, row, stays.get(row.id), outsider=outsider) for row in rows}


def item_out(tx: Tx, row: MoveItem) -> ItemOut:
    """Something to do around a move, for who asked."""
    return ItemOut(
        code=row.code,
        party=Party(row.party),
        due_on=row.due_on,
        done_on=row.done_on,
        overdue=row.done_on is None and row.due_on < tx.today,
    )
