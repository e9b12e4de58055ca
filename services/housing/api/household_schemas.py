# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Households on the wire."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from chassis.db import Tx
from chassis.schema import described
from chassis.web import Cents, Count, Day, DayOrNone, Gemeentecode, LongText, Schema, ShortText
from services.housing.api.account_schemas import BookDay
from services.housing.api.declarations import MonthlyRent
from services.housing.models import Consent, Household, HouseholdMember, Match, Reunion
from services.housing.rules import terms
from services.housing.rules.codes import ConsentKind, HouseholdStatus, MemberKind, UnlinkReason
from services.housing.rules.households import HouseholdType, household_type, is_long_wait
from services.housing.rules.waiting import weeks_lost

__all__ = [
    "ConsentIn",
    "ConsentOut",
    "HouseholdIn",
    "HouseholdOut",
    "HouseholdPatch",
    "MemberPatch",
    "ReunionIn",
    "ReunionOut",
    "ReunionPatch",
    "RevocationIn",
    "UnlinkIn",
    "consent_out",
    "household_out",
    "reunion_out",
]

MOST_MEMBERS = 25
Hm = Annotated[int, Field(ge=-100_000, le=100_000)]
BirthYear = Annotated[int, Field(ge=1900, le=2100)]


class MemberIn(Schema):
    """Iemand van het huishouden. Nooit een naam of BSN."""

    kind: MemberKind = described("Volwassene of kind.")
    birth_year: BirthYear | None = described("Geboortejaar, als dat voor de woning telt.", default=None)
    inburgeraar_id: UUID | None = described("Wie het is in de keten, zodra dat bekend is.", default=None)


class ReunionIn(Schema):
    """Gezin dat wordt verwacht (nareis)."""

    persons: Annotated[int, Field(ge=1, le=25)] = described("Hoeveel personen.")
    adults: Count = described("Hoeveel van hen volwassen zijn.", default=0)
    expected_on: Day = described("Wanneer zij worden verwacht.")
    granted_on: DayOrNone = described(
        "Wanneer de nareis is toegewezen; leeg zolang dat niet zo is.", default=None
    )


class ReunionPatch(Schema):
    """Wat er over verwacht gezin verandert; wat ontbreekt, blijft."""

    persons: Annotated[int, Field(ge=1, le=25)] | None = described("Hoeveel personen.", default=None)
    adults: Count | None = described("Hoeveel van hen volwassen zijn.", default=None)
    expected_on: DayOrNone = described("Wanneer zij worden verwacht.", default=None)
    granted_on: DayOrNone = described(
        "Wanneer de nareis is toegewezen: zij tellen dan mee voor de grootte van de woning; leeg: niet toegewezen.",
        default=None,
    )
    withdrawn_on: DayOrNone = described("Sinds wanneer zij niet meer worden verwacht.", default=None)
    reason: LongText | None = described(
        "Waarom het aantal anders is; verplicht als 'persons' of 'adults' verandert. Noem geen namen.",
        default=None,
    )


class HouseholdIn(Schema):
    """Een huishouden dat COA aan een gemeente koppelde."""

    gemeentecode: Gemeentecode | None = described(
        "De gemeente waaraan het is gekoppeld; zonder opgave uw eigen gemeente.", default=None
    )
    linked_on: BookDay = described("Dag van de koppeling; de tien weken lopen vanaf deze dag.")
    members: list[MemberIn] | None = described(
        "Wie er in het huishouden zijn. Stuur dit, of de aantallen.", default=None, max_length=MOST_MEMBERS
    )
    adults: Annotated[int, Field(ge=0, le=MOST_MEMBERS)] | None = described(
        "Aantal volwassenen, als de leden niet zijn genoemd.", default=None
    )
    children: Annotated[int, Field(ge=0, le=MOST_MEMBERS)] | None = described(
        "Aantal kinderen, als de leden niet zijn genoemd.", default=None
    )
    reference: ShortText | None = described("Kenmerk van het huishouden in TVS.", default=None)
    rent_max_cents: MonthlyRent | None = described("Hoogste huur per maand, in centen.", default=None)
    needs_accessible: bool = described("Of een toegankelijke woning nodig is.", default=False)
    asks_school: bool = described("Of een school dichtbij nodig is.", default=False)
    work_x: Hm | None = described("Plaats van het werk, oost-west in hm.", default=None)
    work_y: Hm | None = described("Plaats van het werk, noord-zuid in hm.", default=None)
    family_gemeentecode: Gemeentecode | None = described("Gemeente waar naaste familie woont.", default=None)
    accepts_sharing: bool = described("Of het huishouden instemt met delen.", default=False)
    share_group: ShortText | None = described("Label van een huisregel voor wie samen deelt.", default=None)
    exchange: list[Gemeentecode] = described(
        "Andere gemeenten waarmee het huishouden instemt.", default_factory=list, max_length=50
    )
    priority_group: ShortText | None = described("Groep uit de urgentieregeling.", default=None)
    reception_site_id: UUID | None = described("Opvanglocatie waar het huishouden verblijft.", default=None)
    reunion: ReunionIn | None = described("Gezin dat wordt verwacht.", default=None)
    housed_on: BookDay | None = described(
        "Dag waarop het huishouden in zijn huis kwam, als dat al zo is.", default=None
    )

    def people(self) -> list[MemberIn] | None:
        """The members, from the list or from the counts; None where neither was sent."""
        if self.members is not None:
            return self.members
        if self.adults is None and self.children is None:
            return None
        return [
            *(MemberIn(kind=MemberKind.ADULT) for _ in range(self.adults or 0)),
            *(MemberIn(kind=MemberKind.CHILD) for _ in range(self.children or 0)),
        ]


class HouseholdPatch(Schema):
    """Wat er aan een huishouden verandert; wat ontbreekt blijft zoals het is."""

    linked_on: BookDay | None = described("Verbeterde dag van de koppeling.", default=None)
    rent_max_cents: MonthlyRent | None = described("Hoogste huur per maand, in centen.", default=None)
    needs_accessible: bool | None = described("Of een toegankelijke woning nodig is.", default=None)
    asks_school: bool | None = described("Of een school dichtbij nodig is.", default=None)
    work_x: Hm | None = described("Plaats van het werk, oost-west in hm.", default=None)
    work_y: Hm | None = described("Plaats van het werk, noord-zuid in hm.", default=None)
    family_gemeentecode: Gemeentecode | None = described("Gemeente waar naaste familie woont.", default=None)
    share_group: ShortText | None = described("Label van een huisregel voor wie samen deelt.", default=None)
    priority_group: ShortText | None = described("Groep uit de urgentieregeling.", default=None)
    reception_site_id: UUID | None = described("Opvanglocatie waar het huishouden verblijft.", default=None)

    @model_validator(mode="after")
    def _not_emptied(self) -> Self:
        for name in ("linked_on", "needs_accessible", "asks_school"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError("Dit veld kan niet leeg worden gemaakt.")
        return self


class MemberPatch(Schema):
    """Wie een lid van het huishouden is."""

    inburgeraar_id: UUID = described("De inburgeraar.")


class UnlinkIn(Schema):
    """Het einde van een koppeling zonder huis."""

    unlinked_on: Day = described("Dag waarop de koppeling eindigt.")
    reason: UnlinkReason = described("Waarom.")


class ConsentIn(Schema):
    """Waarmee een huishouden instemt."""

    kind: ConsentKind = described("Delen van een woning, of wonen in een andere gemeente.")
    gemeentecode: Gemeentecode | None = described("De andere gemeente, bij exchange.", default=None)
    given_on: Day = described("Dag van de toestemming.")


class RevocationIn(Schema):
    """Het intrekken van een toestemming."""

    revoked_on: Day = described("Dag waarop de toestemming is ingetrokken.")


class ConsentOut(Schema):
    """Een toestemming, met dag en zo nodig de dag waarop zij is ingetrokken."""

    id: UUID
    household_id: UUID
    kind: ConsentKind
    gemeentecode: Gemeentecode | None
    given_on: Day
    revoked_on: DayOrNone


class ReunionCorrectionOut(Schema):
    """Een aantal dat niet klopte en is verbeterd."""

    on: Day = described("De dag van de verbetering.")
    persons: int = described("Hoeveel personen er eerst stond.")
    adults: int = described("Hoeveel volwassenen er eerst stond.")
    reason: str = described("Waarom het niet klopte.")


class ReunionOut(Schema):
    """Gezin dat wordt verwacht of kwam."""

    id: UUID
    household_id: UUID
    persons: int
    adults: int
    expected_on: Day
    granted_on: DayOrNone
    arrived_on: DayOrNone
    withdrawn_on: DayOrNone
    corrections: list[ReunionCorrectionOut] = described("Wat er eerst stond, het oudste vooraan.")


class MemberOut(Schema):
    """Iemand van het huishouden."""

    id: UUID
    kind: MemberKind
    birth_year: int | None
    inburgeraar_id: UUID | None
    by_reunion: bool


class HouseholdOut(Schema):
    """Een huishouden met zijn termijnen."""

    id: UUID
    version: Count = described("Telt elke wijziging; ook de ETag.")
    gemeentecode: Gemeentecode
    reference: str | None
    linked_on: Day
    house_due_on: Day = described("Laatste dag waarop een huis op tijd is: 70 dagen na de koppeling.")
    overrun_days: int = described("Dagen voorbij die dag, tot een aanbod of tot vandaag.")
    move_due_on: DayOrNone = described("Laatste dag voor de verhuizing: 14 dagen na het aanbod.")
    move_overrun_days: int = described("Dagen voorbij die dag.")
    weeks_lost: int = described("Volle weken na de termijn zonder huis.")
    long_wait: bool = described("Of het wachten langer duurt of duurde dan 24 maanden.")
    status: HouseholdStatus
    household_type: HouseholdType
    adults: int
    children: int
    persons: int
    members: list[MemberOut]
    rent_max_cents: Cents | None
    needs_accessible: bool
    asks_school: bool
    work_x: int | None
    work_y: int | None
    family_gemeentecode: Gemeentecode | None
    accepts_sharing: bool
    share_group: str | None
    exchange: list[Gemeentecode]
    priority_group: str | None
    reception_site_id: UUID | None
    reunions: list[ReunionOut]
    match_id: UUID | None = described("De match die nu loopt.")
    housed_on: DayOrNone
    housed_gemeentecode: Gemeentecode | None
    left_on: DayOrNone = described(
        "Sinds wanneer het huishouden uit zijn huis is vertrokken; het blijft meetellen."
    )
    unlinked_on: DayOrNone
    unlink_reason: UnlinkReason | None


def consent_out(row: Consent) -> ConsentOut:
    """A consent for who asked."""
    return ConsentOut(
        id=row.id,
        household_id=row.household_id,
        kind=ConsentKind(row.kind),
        gemeentecode=row.for_gemeentecode,
        given_on=row.given_on,
        revoked_on=row.revoked_on,
    )


def reunion_out(row: Reunion) -> ReunionOut:
    """An expected family for who asked."""
    corrected = [
        ReunionCorrectionOut.model_validate({name: value for name, value in one.items() if name != "by"})
        for one in row.corrections
    ]
    kept = row.model_dump(exclude={"version", "gemeentecode", "corrections"})
    return ReunionOut(**kept, corrections=corrected)


def household_out(
    tx: Tx,
    row: Household,
    *,
    members: list[HouseholdMember],
    consents: list[Consent],
    reunions: list[Reunion],
    match: Match | None,
    offered_on: date | None,
    left_on: date | None,
) -> HouseholdOut:
    """A household for who asked. The first offer (`offered_on`) ends the ten weeks, as the clock does."""
    until = row.housed_on or row.unlinked_on or tx.today
    move_due_on = None if match is None else match.move_due_on
    kept = row.model_dump(exclude={"source", "inburgeraar_id", "status", "unlink_reason", "house_due_on"})
    return HouseholdOut(
        **kept,
        house_due_on=row.house_due_on,
        overrun_days=terms.overrun_days(
            row.house_due_on, offered_on or row.housed_on or row.unlinked_on, tx.today
        ),
        move_due_on=move_due_on,
        move_overrun_days=0
        if match is None or move_due_on is None
        else terms.overrun_days(move_due_on, match.housed_on, tx.today),
        weeks_lost=weeks_lost(row.house_due_on, row.housed_on or row.unlinked_on, tx.today),
        long_wait=is_long_wait(row.linked_on, until),
        status=HouseholdStatus(row.status),
        household_type=household_type(row.persons),
        persons=row.persons,
        members=[
            MemberOut.model_validate(one.model_dump(include=set(MemberOut.model_fields))) for one in members
        ],
        accepts_sharing=any(one.kind == ConsentKind.SHARING for one in consents),
        exchange=[one.for_gemeentecode for one in consents if one.for_gemeentecode is not None],
        reunions=[reunion_out(one) for one in reunions],
        left_on=left_on,
        match_id=None if match is None or match.housed_on is not None else match.id,
        unlink_reason=None if row.unlink_reason is None else UnlinkReason(row.unlink_reason),
    )
