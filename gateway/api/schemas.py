# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What goes in and out of the register."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from chassis.web import (
    Day,
    DayOrNone,
    Gemeentecode,
    Instant,
    LongText,
    Schema,
    ShortText,
)
from contracts.access import OrganisationKind, Purpose, Role
from gateway.keys import read_jwk
from gateway.models import Mandate
from gateway.policies import POLICY_KEYS

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$", max_length=120)]
Task = Literal["intake", "pip", "education", "guidance", "housing", "enforcement", "finance", "figures"]
OptionalId = Annotated[UUID | None, Field(description="Eigen id; leeg: de gateway kiest er een.")]
Account = Annotated[
    ShortText | None,
    Field(description="De inlogdienst die dit account kent, of 'built-in' voor de ingebouwde."),
]
Subject = Annotated[ShortText | None, Field(description="Hoe de inlogdienst dit account noemt.")]


class OrganisationIn(Schema):
    """Een organisatie in de keten."""

    id: OptionalId = None
    slug: Slug = Field(description="Korte naam, in kleine letters.")
    name: ShortText = Field(description="Naam voor mensen.")
    kinds: list[OrganisationKind] = Field(
        min_length=1, max_length=5, description="Wat de organisatie is, het voornaamste eerst."
    )
    gemeentecode: Gemeentecode | None = Field(default=None, description="Van een gemeente.")
    serves: list[Gemeentecode] = Field(
        default_factory=list, max_length=400, description="De gemeenten waarvoor zij werkt."
    )


class OrganisationOut(Schema):
    """Een organisatie in de keten."""

    id: UUID
    slug: str
    name: str
    kinds: list[OrganisationKind]
    gemeentecode: str | None
    serves: list[str]
    version: int


class OrganisationPatch(Schema):
    """Wat er aan een organisatie verandert; wat ontbreekt blijft."""

    name: ShortText | None = None
    serves: list[Gemeentecode] | None = Field(default=None, max_length=400)


class MemberIn(Schema):
    """Iemand die voor een organisatie werkt."""

    id: OptionalId = None
    name: Login = Field(description="Inlognaam.")
    display_name: ShortText = Field(description="Naam zoals collega's die zien.")
    organisation_id: UUID
    roles: list[Role] = Field(min_length=1, max_length=16)
    issuer: Account = None
    subject: Subject = None


class MemberOut(Schema):
    """Iemand die voor een organisatie werkt, zoals collega's die zien."""

    id: UUID
    display_name: str
    organisation_id: UUID
    roles: list[str]
    active: bool


class MemberDetail(MemberOut):
    """Iemand die voor een organisatie werkt, met het account."""

    name: str
    issuer: str | None
    subject: str | None
    version: int


class MemberPatch(Schema):
    """Wat er aan een lid verandert; wat ontbreekt blijft."""

    display_name: ShortText | None = None
    roles: list[Role] | None = Field(default=None, min_length=1, max_length=16)
    issuer: ShortText | None = None
    subject: ShortText | None = None
    active: Annotated[bool, Field(strict=True)] | None = None


class PublicKey(Schema):
    """Een publieke sleutel (JWK) waarmee een systeem zich bewijst."""

    kty: Literal["RSA", "EC", "OKP"]
    kid: ShortText
    alg: Literal["RS256", "PS256", "ES256", "EdDSA"]
    use: Literal["sig"] = "sig"
    n: Annotated[str, StringConstraints(max_length=2000)] | None = None
    e: Annotated[str, StringConstraints(max_length=20)] | None = None
    crv: Annotated[str, StringConstraints(max_length=20)] | None = None
    x: Annotated[str, StringConstraints(max_length=200)] | None = None
    y: Annotated[str, StringConstraints(max_length=200)] | None = None

    def as_jwk(self) -> dict[str, Any]:
        """The key as others read it."""
        return self.model_dump(exclude_none=True)


def _readable(keys: list[PublicKey] | None) -> list[PublicKey] | None:
    for key in keys or []:
        try:
            read_jwk(key.as_jwk(), key.alg)
        except ValueError as fault:
            raise PydanticCustomError(
                "ours_public_key",
                "sleutel {kid} is geen publieke sleutel voor {alg} van voldoende lengte",
                {"kid": key.kid, "alg": key.alg},
            ) from fault
    return keys


class ClientIn(Schema):
    """Een systeem van een organisatie."""

    id: OptionalId = None
    client_id: Login = Field(description="Hoe het systeem zich noemt bij de inlogdienst.")
    name: ShortText = Field(description="Naam voor mensen.")
    organisation_id: UUID
    roles: list[Role] = Field(min_length=1, max_length=16)
    issuer: Account = None
    subject: Subject = None
    public_keys: list[PublicKey] = Field(default_factory=list, max_length=5)

    @field_validator("public_keys")
    @classmethod
    def _keys_are_readable(cls, keys: list[PublicKey]) -> list[PublicKey]:
        return _readable(keys) or []


class ClientOut(Schema):
    """Een systeem van een organisatie."""

    id: UUID
    client_id: str
    name: str
    organisation_id: UUID
    roles: list[str]
    issuer: str | None
    subject: str | None
    public_keys: list[PublicKey]
    active: bool
    version: int


class ClientPatch(Schema):
    """Wat er aan een systeem verandert; wat ontbreekt blijft."""

    name: ShortText | None = None
    roles: list[Role] | None = Field(default=None, min_length=1, max_length=16)
    issuer: ShortText | None = None
    subject: ShortText | None = None
    public_keys: list[PublicKey] | None = Field(default=None, max_length=5)
    active: Annotated[bool, Field(strict=True)] | None = None

    @field_validator("public_keys")
    @classmethod
    def _keys_are_readable(cls, keys: list[PublicKey] | None) -> list[PublicKey] | None:
        return _readable(keys)


class MandateIn(Schema):
    """Een gemeente laat taken uitvoeren door een andere gemeente."""

    id: OptionalId = None
    mandating_gemeentecode: Gemeentecode = Field(description="De verantwoordelijke gemeente.")
    executing_gemeentecode: Gemeentecode = Field(description="De uitvoerende gemeente.")
    tasks: list[Task] = Field(min_length=1, max_length=8)
    source: ShortText = Field(description="Het besluit of de overeenkomst waar dit in staat.")
    agreed_on: DayOrNone = Field(default=None, description="Wanneer het is afgesproken of herijkt.")
    review_on: DayOrNone = Field(default=None, description="Wanneer het opnieuw wordt bekeken.")
    valid_from: Day
    valid_until: DayOrNone = Field(default=None, description="Laatste dag; leeg: tot nader order.")


class MandateOut(Schema):
    """Een gemeente laat taken uitvoeren door een andere gemeente."""

    id: UUID
    mandating_gemeentecode: str
    executing_gemeentecode: str
    tasks: list[Task]
    source: str
    agreed_on: DayOrNone
    review_on: DayOrNone
    valid_from: Day
    valid_until: DayOrNone
    version: int

    @classmethod
    def of(cls, row: Mandate) -> "MandateOut":
        """The answer for a row."""
        values = {name: getattr(row, name) for name in row.__class__.model_fields}
        values["mandating_gemeentecode"] = values.pop("mandating_code")
        values["executing_gemeentecode"] = values.pop("executing_code")
        values.pop("created_at")
        return cls(**values)


class PeriodPatch(Schema):
    """Wat er aan een afspraak verandert; wat ontbreekt blijft."""

    valid_until: DayOrNone = None
    review_on: DayOrNone = None


class AgreementIn(Schema):
    """Een organisatie laat een andere gegevens zien, over wie en waarvoor."""

    id: OptionalId = None
    name: ShortText = Field(description="Naam van de overeenkomst, zoals die in weigeringen wordt genoemd.")
    provider_id: UUID = Field(description="De organisatie die de gegevens heeft.")
    receiver_id: UUID = Field(description="De organisatie die ze mag zien.")
    gemeentecodes: list[Gemeentecode] = Field(
        min_length=1, max_length=400, description="De gemeenten om wier inwoners het gaat."
    )
    level: Literal["person", "figures"] = Field(description="Tot op de persoon, of alleen cijfers.")
    purposes: list[Purpose] = Field(min_length=1, max_length=9)
    data_set: ShortText = Field(description="Welke gegevens.")
    legal_ground: ShortText = Field(description="Grondslag in de AVG of een andere wet.")
    tasks: list[Task] = Field(default_factory=list, max_length=8)
    agreed_on: DayOrNone = Field(default=None, description="Wanneer het is afgesproken of herijkt.")
    review_on: DayOrNone = Field(default=None, description="Wanneer het opnieuw wordt bekeken.")
    valid_from: Day
    valid_until: DayOrNone = Field(default=None, description="Laatste dag; leeg: tot nader order.")


class AgreementOut(Schema):
    """Een organisatie laat een andere gegevens zien, over wie en waarvoor."""

    id: UUID
    name: str
    provider_id: UUID
    receiver_id: UUID
    gemeentecodes: list[str]
    level: Literal["person", "figures"]
    purposes: list[Purpose]
    data_set: str
    legal_ground: str
    tasks: list[Task]
    agreed_on: DayOrNone
    review_on: DayOrNone
    valid_from: Day
    valid_until: DayOrNone
    version: int


class PolicyIn(Schema):
    """Een keuze van een gemeente, vanaf een dag."""

    gemeentecode: Gemeentecode
    key: Slug = Field(description="Welke keuze.", json_schema_extra={"enum": list(POLICY_KEYS)})
    value: int | str | list[str] | None = Field(
        description="De gekozen waarde; leeg: vanaf deze dag geen eigen keuze meer."
    )
    source: LongText = Field(description="Het beleidsstuk waar dit in staat.")
    valid_from: Day

    @field_validator("value", mode="before")
    @classmethod
    def _is_no_guess(cls, value: Any) -> Any:
        if isinstance(value, bool | float):
            raise PydanticCustomError(
                "ours_policy_value", "moet een geheel getal, een tekst of een lijst van teksten zijn"
            )
        return value


class PolicyOut(Schema):
    """Een keuze van een gemeente, vanaf een dag."""

    id: UUID
    gemeentecode: str
    key: str
    value: int | str | list[str] | None
    source: str
    valid_from: Day
    recorded_by: UUID
    created_at: Instant


class EffectivePolicy(Schema):
    """De keuze die op een dag geldt."""

    key: str
    meaning: str
    unit: str | None
    value: int | str | list[str] | None
    source: str | None
    valid_from: DayOrNone


class EffectivePolicies(Schema):
    """Alle keuzes van een gemeente die op een dag gelden."""

    gemeentecode: str
    on: Day
    items: list[EffectivePolicy]


class RateLimitIn(Schema):
    """Hoe snel een systeem, organisatie of gemeente mag gaan, vanaf een dag."""

    kind: Literal["client", "organisation", "gemeente"] = Field(
        description="Waarvoor: één lid of systeem, een organisatie of een gemeente."
    )
    subject: ShortText | None = Field(
        default=None, description="Het id, of de gemeentecode; leeg: alle van deze soort."
    )
    per_second: float = Field(
        gt=0, le=100_000, strict=True, description="Verzoeken per seconde, op den duur."
    )
    burst: int = Field(ge=1, le=1_000_000, strict=True, description="Verzoeken ineens.")
    source: ShortText = Field(description="De afspraak of het besluit waar dit in staat.")
    valid_from: Day
    valid_until: DayOrNone = Field(default=None, description="Laatste dag; leeg: tot nader order.")


class RateLimitOut(Schema):
    """Hoe snel een systeem, organisatie of gemeente mag gaan."""

    id: UUID
    kind: Literal["client", "organisation", "gemeente"]
    subject: str | None
    per_second: float
    burst: int
    source: str
    valid_from: Day
    valid_until: DayOrNone
    version: int


class UntilPatch(Schema):
    """Wanneer een grens ophoudt; wat ontbreekt blijft."""

    valid_until: DayOrNone = None


class MyOrganisation(Schema):
    """De organisatie van wie dit vraagt."""

    id: UUID
    name: str
    kind: str
    kinds: list[str]
    gemeentecode: str | None


class MyGemeente(Schema):
    """Wat iemand van één gemeente mag zien, en waarom."""

    gemeentecode: str
    name: str | None
    level: Literal["person", "figures", "nothing"]
    purposes: list[str]
    basis: str = Field(description="own, mandate, agreement, retained of supervision.")
    agreement: str | None
    missing: str | None
    executing_gemeentecode: str | None


class Me(Schema):
    """Wie dit vraagt, en wat die mag."""

    subject: UUID
    kind: Literal["person", "client"]
    name: str
    organisation: MyOrganisation
    gemeentecode: str | None
    roles: list[str]
    gemeenten: list[MyGemeente]
