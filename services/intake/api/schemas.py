# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What goes in and out over HTTP about a person. Everything here is public: people read the descriptions."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chassis.web import Day, DayOrNone, Gemeentecode, Instant, Schema, ShortText
from services.intake.api.decisions import PipSummary, TermOut
from services.intake.api.fields import (
    Bsn,
    Email,
    Gender,
    HouseNumber,
    Language,
    Name,
    Phone,
    PostalCode,
    VNumber,
)
from services.intake.rules.law import Group, Law, PermitType, Provision

__all__ = [
    "AccessLine",
    "ChangeOut",
    "InformationIn",
    "InformationOut",
    "LeadIn",
    "LeadOut",
    "MoveIn",
    "MoveOut",
    "NameOut",
    "NamesIn",
    "NamesOut",
    "PersonIn",
    "PersonListed",
    "PersonOut",
    "PersonPatch",
    "ProvisionIn",
    "ProvisionOut",
    "ReassignIn",
    "ReassignOut",
    "SearchIn",
    "VersionOut",
]

_MOST_IDS = 200
_MOST_REASSIGNED = 500


class Contact(Schema):
    """How a person can be reached. Everything can be left out."""

    phone: Phone | None = None
    email: Email | None = None
    street: ShortText | None = None
    house_number: HouseNumber | None = None
    postal_code: PostalCode | None = None
    city: ShortText | None = None
    language: Language | None = None


class PersonIn(Contact):
    """A person to register."""

    bsn: Bsn | None = None
    v_number: VNumber | None = None
    given_names: Name
    family_name: Name
    birth_date: Day
    gender: Gender
    group: Group = Field(description="Groep waartoe iemand hoort; asielgroep is statushouder.")
    permit_type: PermitType
    gemeentecode: Gemeentecode
    obliged_on: Day = Field(description="Dag waarop de inburgeringsplicht begon; bepaalt welke wet geldt.")
    duo_notice_on: DayOrNone = Field(default=None, description="Dag van de kennisgeving door DUO.")
    brp_on: DayOrNone = Field(default=None, description="Dag van inschrijving in de BRP van deze gemeente.")


def _left_out() -> Any:
    """What a field of a correction holds that was not sent; never shown and never null on the wire."""
    return None


class PersonPatch(Contact):
    """A correction, as JSON Merge Patch: what is left out stays, null takes a value away.

    What everybody has (a name, a birth date) can be corrected and not taken away.
    """

    bsn: Bsn | None = None
    v_number: VNumber | None = None
    given_names: Name = Field(default_factory=_left_out)
    family_name: Name = Field(default_factory=_left_out)
    birth_date: Day = Field(default_factory=_left_out)
    gender: Gender = Field(default_factory=_left_out)
    group: Group = Field(default_factory=_left_out)
    permit_type: PermitType = Field(default_factory=_left_out)
    obliged_on: Day = Field(default_factory=_left_out)
    duo_notice_on: DayOrNone = None
    brp_on: DayOrNone = None

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, snake case."""
        return {field: getattr(self, field) for field in self.model_fields_set}


class PersonOut(Schema):
    """A person, as far as the role of the reader goes; `hiddenFields` names what is kept back or masked."""

    id: UUID
    version: int = Field(description="Telt elke wijziging; ook de ETag.")
    bsn: str | None
    v_number: str | None
    given_names: str
    family_name: str
    birth_date: DayOrNone
    gender: Literal["male", "female", "x", "unknown"] | None
    group: Group | None
    permit_type: PermitType | None
    law: Law | None
    gemeentecode: str | None
    responsible_gemeentecode: str | None
    executing_gemeentecode: str | None
    obliged_on: DayOrNone
    duo_notice_on: DayOrNone
    brp_on: DayOrNone
    rights: list[Provision] | None
    duties: list[Provision] | None
    rule_version: str | None = Field(
        description="Versie van de regels waarmee wet, rechten en plichten zijn bepaald."
    )
    phone: str | None
    email: str | None
    street: str | None
    house_number: str | None
    postal_code: str | None
    city: str | None
    language: str | None
    lead_member_id: UUID | None
    second_member_id: UUID | None
    pip_due_on: DayOrNone = Field(description="Laatste dag voor het PIP, als er een termijn loopt.")
    pip: PipSummary | None
    term: TermOut | None
    registered_at: Instant | None
    changed_at: Instant | None
    hidden_fields: list[str] = Field(description="Velden die uw rol niet of gemaskeerd ziet.")


class PersonListed(Schema):
    """A person in a list."""

    id: UUID
    given_names: str
    family_name: str
    group: Group
    law: Law
    gemeentecode: str
    executing_gemeentecode: str
    lead_member_id: UUID | None
    second_member_id: UUID | None
    brp_on: DayOrNone
    pip_due_on: DayOrNone
    registered_at: Instant


class NamesIn(Schema):
    """Whose names are asked for."""

    ids: list[UUID] = Field(max_length=_MOST_IDS)


class NameOut(Schema):
    """A name, for a roll call or a list."""

    id: UUID
    given_names: str
    family_name: str
    display_name: str


class NamesOut(Schema):
    """The names that the caller may see; `missing` are the others, without a reason."""

    items: list[NameOut]
    missing: list[UUID]
    next_page_token: None = None  # at most 200 are asked for, so there is one page


class SearchIn(Schema):
    """What is known of the one who is sought. At least a name or a number."""

    family_name: Name | None = Field(
        default=None, description="Begin van de achternaam; accenten en hoofdletters tellen niet."
    )
    bsn: Bsn | None = None
    v_number: VNumber | None = None
    birth_date: DayOrNone = None

    @model_validator(mode="after")
    def _something(self) -> "SearchIn":
        if self.family_name is None and self.bsn is None and self.v_number is None:
            raise PydanticCustomError("ours_required", "Geef ten minste een achternaam, BSN of V-nummer.")
        return self


class LeadIn(Schema):
    """Who the work is with."""

    member_id: UUID | None = Field(description="Medewerker; null zet de inburgeraar op de open lijst.")


class LeadOut(Schema):
    """Who the work is with now."""

    inburgeraar_id: UUID
    member_id: UUID | None
    lead_member_id: UUID | None
    second_member_id: UUID | None


class ReassignIn(Schema):
    """A caseload, or people of it, to hand over."""

    from_member_id: UUID | None = Field(default=None, description="Wie de dossiers nu heeft.")
    inburgeraar_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=_MOST_REASSIGNED)
    to_member_id: UUID | None = Field(description="Wie ze krijgt; null zet ze op de open lijst.")

    @model_validator(mode="after")
    def _somebody(self) -> "ReassignIn":
        if self.from_member_id is None and self.inburgeraar_ids is None:
            raise PydanticCustomError("ours_required", "Geef fromMemberId, inburgeraarIds of beide.")
        return self


class ReassignOut(Schema):
    """Whose lead changed."""

    reassigned: int
    inburgeraar_ids: list[UUID]


class MoveIn(Schema):
    """A move to another gemeente."""

    gemeentecode: Gemeentecode
    registered_on: Day = Field(description="Dag van inschrijving in de nieuwe gemeente.")


class MoveOut(MoveIn):
    """A recorded move. From now on the person is the new gemeente's to see."""

    id: UUID
    inburgeraar_id: UUID
    from_gemeentecode: str
    executing_gemeentecode: str
    recorded_at: Instant


class InformationIn(Schema):
    """Information of a third party that the PIP had to wait for."""

    source: ShortText = Field(
        description="Wie de informatie gaf, bijvoorbeeld de taalschool of een onderwijsinstelling."
    )
    requested_on: Day
    received_on: Day


class InformationOut(InformationIn):
    """Recorded information, and the last day for the PIP since."""

    id: UUID
    inburgeraar_id: UUID
    pip_due_on: DayOrNone
    recorded_at: Instant


class ProvisionIn(Schema):
    """A provision that a person asks for."""

    code: Provision
    requested_on: DayOrNone = Field(default=None, description="Dag van de vraag; vandaag als die ontbreekt.")


class ProvisionOut(Schema):
    """A recorded request to which there is a right."""

    id: UUID
    inburgeraar_id: UUID
    code: Provision
    requested_on: Day
    recorded_at: Instant


class ChangeOut(Schema):
    """One field before and after a change; numbers masked for who may not see them."""

    field: str
    before: Any = None
    after: Any = None


class VersionOut(Schema):
    """A recorded change of a person: who, when, what."""

    version: int
    kind: str
    recorded_at: Instant
    recorded_by: UUID
    changes: list[ChangeOut]


class AccessLine(Schema):
    """One look at a person: who, when, why, under which agreement."""

    id: UUID
    at: Instant
    actor_id: UUID
    actor_kind: str
    organisation_id: UUID
    roles: list[str]
    operation: str
    name: str
    activity: str
    purpose: str
    agreement: str | None
    gemeentecode: str
