# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What goes in and out over HTTP. Everything here is public: people read the descriptions."""

import contextlib
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chassis.web import (
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    Hours,
    HoursOrNone,
    Instant,
    Schema,
    ShortText,
)
from services.intake.rules.identity import bsn_is_valid, name_is_plausible
from services.intake.rules.law import Group, Law, PermitType, Provision
from services.intake.rules.pip import Leerroute, Level

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
    "PipIn",
    "PipOut",
    "PipSummary",
    "ProvisionIn",
    "ProvisionOut",
    "ReassignIn",
    "ReassignOut",
    "SearchIn",
    "TermOut",
    "VersionOut",
]

_MOST_IDS = 200
_MOST_REASSIGNED = 500
_GENDERS = {
    **dict.fromkeys(("male", "man", "m"), "male"),
    **dict.fromkeys(("female", "vrouw", "v", "f"), "female"),
    "x": "x",
    **dict.fromkeys(("unknown", "onbekend"), "unknown"),
}


def _check_bsn(value: str) -> str:
    if not bsn_is_valid(value):
        raise PydanticCustomError("ours_elfproef", "Dit BSN voldoet niet aan de elfproef.")
    return value


def _check_name(value: str) -> str:
    if not name_is_plausible(value):
        raise PydanticCustomError("ours_name", "Een naam bevat ten minste een letter en geen stuurtekens.")
    return value


def _to_gender(value: Any) -> Any:
    return _GENDERS.get(value, value) if isinstance(value, str) else value


Bsn = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{9}$"),
    AfterValidator(_check_bsn),
    Field(description="Burgerservicenummer, negen cijfers die aan de elfproef voldoen."),
]
VNumber = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{10}$"), Field(description="V-nummer van de IND, tien cijfers.")
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_check_name),
]
Gender = Annotated[
    Literal["male", "female", "x", "unknown"],
    BeforeValidator(_to_gender),
    Field(
        description="Geslacht als in de BRP. Ook man, vrouw en onbekend worden gelezen.",
        json_schema_extra={"enum": sorted(_GENDERS)},
    ),
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ()-]{5,24}$")]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
]
PostalCode = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[1-9][0-9]{3} ?[A-Za-z]{2}$")
]
Language = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}$"),
    Field(description="Taal waarin iemand het best bereikbaar is, ISO 639-code."),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Goal = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


def _to_participation(value: Any) -> bool | Decimal | str | None:
    """Hours, yes or no, or words: one field, so that the fault names the field and not one of its forms."""
    if value is None or isinstance(value, bool):
        return value
    adapter: TypeAdapter[Any] = _TEXT_FORM if isinstance(value, str) else _HOURS_FORM
    try:
        result: Decimal | str = adapter.validate_python(value)
    except ValidationError as fault:
        raise PydanticCustomError(
            "ours_participation",
            "Dit moet een aantal uren zijn, true of false, of een tekst van 1 tot 500 tekens.",
        ) from fault
    return result


def _to_amended(value: Any) -> int | UUID | None:
    if value is None or isinstance(value, UUID):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_VERSIONS:
        return value
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return UUID(value)
    raise PydanticCustomError(
        "ours_amends", "Dit moet het nummer van een versie zijn, of het id van een PIP."
    )


_MOST_VERSIONS = 100_000
_TEXT_FORM: TypeAdapter[Any] = TypeAdapter(Text)
_HOURS_FORM: TypeAdapter[Any] = TypeAdapter(Hours)
Participation = Annotated[
    bool | Decimal | str | None,
    PlainValidator(_to_participation),
    PlainSerializer(
        lambda value: _HOURS_FORM.dump_python(value, mode="json") if isinstance(value, Decimal) else value,
        when_used="json",
    ),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 99999, "multipleOf": 0.01},
                {"type": "boolean"},
                {"type": "string", "minLength": 1, "maxLength": 500},
                {"type": "null"},
            ]
        }
    ),
    Field(
        description="Het participatiedeel: een aantal uren, true of false, of in woorden wat iemand gaat doen. "
        "Uren horen alleen bij de Z-route van de asielgroep."
    ),
]
Amended = Annotated[
    int | UUID | None,
    PlainValidator(_to_amended),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": _MOST_VERSIONS},
                {"type": "string", "format": "uuid"},
                {"type": "null"},
            ]
        }
    ),
]


class Contact(Schema):
    """How a person can be reached. Everything can be left out."""

    phone: Phone | None = None
    email: Email | None = None
    street: ShortText | None = None
    house_number: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)] | None
    ) = None
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


class PipSummary(Schema):
    """The PIP in force."""

    id: UUID
    version: int
    signed_on: Day
    first_signed_on: Day
    on_time: bool
    leerroute: Leerroute
    level: Level


class TermOut(Schema):
    """The inburgeringstermijn, first and last day included."""

    starts_on: Day
    ends_on: Day


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


class PipIn(Schema):
    """A PIP to sign."""

    signed_on: Day = Field(description="Dagtekening. De termijn begint de dag na de eerste.")
    leerroute: Leerroute
    level: Level
    pvt_hours: Hours
    map_hours: Hours
    participation: Participation
    talks_planned: Count = Field(description="Aantal voortgangsgesprekken in de termijn.")
    goals: list[Goal] = Field(max_length=20, description="Eigen doelen van de inburgeraar.")
    amends: Amended = Field(default=None, description="Versie, of id, van het PIP dat wordt gewijzigd.")
    delay_reason: Text | None = Field(default=None, description="Verplicht als het PIP te laat is.")
    route_hours: HoursOrNone = Field(
        default=None, description="Intensiteit van de leerroute; alleen voor de asielgroep."
    )
    guidance: Text | None = Field(
        default=None, description="Ondersteuning en begeleiding die de gemeente biedt."
    )


class PipOut(Schema):
    """One version of the PIP."""

    id: UUID
    inburgeraar_id: UUID
    version: int
    amends: UUID | None
    signed_on: Day
    first_signed_on: Day
    signed_by: UUID
    due_on: DayOrNone = Field(
        description="Laatste dag waarop het PIP op tijd was; leeg als er geen termijn liep."
    )
    on_time: bool
    delay_reason: str | None
    leerroute: Leerroute
    level: Level
    pvt_hours: Hours
    map_hours: Hours
    route_hours: HoursOrNone
    participation: Participation
    participation_hours: Hours = Field(description="Uren van het participatiedeel die de wet vraagt.")
    talks_planned: int
    goals: list[str]
    guidance: str | None
    term_starts_on: Day
    term_ends_on: Day
    responsible_gemeentecode: str
    executing_gemeentecode: str
    legal_basis: str
    rule_version: str
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
