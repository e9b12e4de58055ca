# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The register over HTTP: for administrators to keep, for others to read what concerns them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from chassis.errors import (
    NotFound,
    PreconditionRequired,
    ReferenceNotYetKnown,
    StaleVersion,
)
from chassis.web import (
    CallerDep,
    Day,
    DayOrNone,
    Gemeentecode,
    IfMatchDep,
    Instant,
    LongText,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    access,
    problems,
    set_etag,
)
from contracts.access import OrganisationKind, Purpose, Role
from gateway import actions, store
from gateway.errors import MandateOverlaps, NameTaken, NotAGemeente
from gateway.keys import read_jwk
from gateway.models import Agreement, Client, LocalPolicy, Mandate, Member, Organisation
from gateway.policies import POLICY_KEYS

router = Router()

EVERYBODY = frozenset(Role)
GEMEENTE = frozenset(
    {
        Role.CONSULENT,
        Role.KLANTMANAGER,
        Role.KWALITEITSMEDEWERKER,
        Role.POLICY_OFFICER,
        Role.CONTROLLER,
    }
)
_ACTIVITY = "toegang-beheren"


def _administration(roles: frozenset[Role], **more: Any) -> dict[str, Any]:
    return access(roles=roles, purpose=Purpose.ADMINISTRATION, activity=_ACTIVITY, **more)


_ADMINISTRATOR = _administration(frozenset({Role.ADMINISTRATOR}))
_READ_BY_ALL = _administration(EVERYBODY)
_READ_BY_GEMEENTEN = _administration(GEMEENTE | {Role.ADMINISTRATOR})

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$", max_length=120)]
Task = Literal["intake", "pip", "education", "guidance", "housing", "enforcement", "finance", "figures"]
KindFilter = Annotated[OrganisationKind | None, Query(description="Alleen organisaties van deze soort.")]
CodeFilter = Annotated[Gemeentecode | None, Query(description="Alleen wat over deze gemeente gaat.")]
DayFilter = Annotated[Day | None, Query(description="Alleen wat op deze dag geldt.")]
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
    active: bool | None = None


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
    active: bool | None = None

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


@router.get(
    "/me",
    operation_id="readMe",
    summary="Wie ik ben en wat ik mag",
    response_model=Me,
    openapi_extra=_READ_BY_ALL,
)
async def read_me(caller: CallerDep, tx: TxDep) -> Me:
    """Toont de organisatie, de rollen en per gemeente hoe ver de inzage reikt en op welke grond."""
    organisation = await actions.find(tx, Organisation, caller.organisation_id)
    row = await store.name_of(tx, caller.subject)
    names = await store.gemeente_names(tx)
    return Me(
        subject=caller.subject,
        kind=caller.kind,
        name=row or organisation.name,
        organisation=MyOrganisation(
            id=organisation.id,
            name=organisation.name,
            kind=organisation.kinds[0],
            kinds=organisation.kinds,
            gemeentecode=organisation.gemeentecode,
        ),
        gemeentecode=caller.gemeentecode,
        roles=sorted(caller.roles),
        gemeenten=[
            MyGemeente(
                gemeentecode=code,
                name=names.get(code),
                level=scope.level,
                purposes=sorted(scope.purposes),
                basis=scope.basis,
                agreement=scope.agreement,
                missing=scope.missing,
                executing_gemeentecode=scope.executing,
            )
            for code, scope in sorted(caller.scopes.items())
        ],
    )


@router.get(
    "/organisations",
    operation_id="listOrganisations",
    summary="Organisaties bekijken",
    response_model=Page[OrganisationOut],
    openapi_extra=_READ_BY_ALL,
)
async def list_organisations(tx: TxDep, paging: PagingDep, kind: KindFilter = None) -> dict[str, Any]:
    """Alle organisaties in de keten, op naam."""
    rows = await store.organisations(tx, kind=kind, after=paging.after, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.name, row.id), item=OrganisationOut.model_validate)


@router.post(
    "/organisations",
    operation_id="addOrganisation",
    summary="Een organisatie registreren",
    status_code=201,
    response_model=OrganisationOut,
    responses=problems(NameTaken),
    openapi_extra=_ADMINISTRATOR,
)
async def add_organisation(body: OrganisationIn, tx: TxDep, response: Response) -> Organisation:
    """Registreert een gemeente, taalschool of andere partij."""
    row = await actions.add_organisation(tx, body.model_dump())
    return _created(response, "organisations", row)


@router.get(
    "/organisations/{organisationId}",
    operation_id="readOrganisation",
    summary="Een organisatie bekijken",
    response_model=OrganisationOut,
    responses=problems(NotFound),
    openapi_extra=_READ_BY_ALL,
)
async def read_organisation(organisationId: UUID, tx: TxDep, response: Response) -> Organisation:  # noqa: N803 - the name on the wire
    """Eén organisatie."""
    row = await actions.find(tx, Organisation, organisationId)
    set_etag(response, row.version)
    return row


@router.patch(
    "/organisations/{organisationId}",
    operation_id="changeOrganisation",
    summary="Een organisatie wijzigen",
    response_model=OrganisationOut,
    responses=problems(NotFound, StaleVersion, PreconditionRequired),
    openapi_extra=_ADMINISTRATOR,
)
async def change_organisation(
    organisationId: UUID,  # noqa: N803
    body: OrganisationPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> Organisation:
    """Wijzigt de naam of de gemeenten waarvoor zij werkt."""
    row = await actions.change(tx, Organisation, organisationId, expected, _given(body))
    set_etag(response, row.version)
    return row


@router.get(
    "/members",
    operation_id="listMembers",
    summary="Collega's bekijken",
    response_model=Page[MemberOut],
    openapi_extra=_READ_BY_GEMEENTEN,
)
async def list_members(
    caller: CallerDep,
    tx: TxDep,
    paging: PagingDep,
    organisationId: Annotated[  # noqa: N803
        UUID | None, Query(description="Alleen leden van deze organisatie.")
    ] = None,
    role: Annotated[Role | None, Query(description="Alleen leden met deze rol.")] = None,
    active: Annotated[bool | None, Query(description="Alleen leden die wel of niet actief zijn.")] = True,  # noqa: FBT002 - a query parameter
) -> dict[str, Any]:
    """De leden van de eigen organisatie en van de gemeenten waarmee zij onder mandaat samenwerkt."""
    among = await actions.visible_members(tx, caller)
    if organisationId is not None:
        among = frozenset({organisationId}) if among is None else among & {organisationId}
    rows = await store.members(
        tx, among=among, role=role, active=active, after=paging.after, limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.display_name, row.id), item=MemberOut.model_validate)


@router.post(
    "/members",
    operation_id="addMember",
    summary="Een lid registreren",
    status_code=201,
    response_model=MemberDetail,
    responses=problems(NameTaken, ReferenceNotYetKnown),
    openapi_extra=_ADMINISTRATOR,
)
async def add_member(body: MemberIn, tx: TxDep, response: Response) -> Member:
    """Registreert iemand die voor een organisatie werkt, met zijn rollen en account."""
    row = await actions.add_member(tx, body.model_dump())
    return _created(response, "members", row)


@router.get(
    "/members/{memberId}",
    operation_id="readMember",
    summary="Een lid bekijken",
    response_model=MemberDetail,
    responses=problems(NotFound),
    openapi_extra=_ADMINISTRATOR,
)
async def read_member(memberId: UUID, tx: TxDep, response: Response) -> Member:  # noqa: N803
    """Eén lid, met het account."""
    row = await actions.find(tx, Member, memberId)
    set_etag(response, row.version)
    return row


@router.patch(
    "/members/{memberId}",
    operation_id="changeMember",
    summary="Een lid wijzigen",
    response_model=MemberDetail,
    responses=problems(NotFound, StaleVersion, PreconditionRequired, NameTaken),
    openapi_extra=_ADMINISTRATOR,
)
async def change_member(
    memberId: UUID,  # noqa: N803
    body: MemberPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> Member:
    """Wijzigt rollen of account, of zet een lid op niet actief: dan stopt de toegang."""
    row = await actions.change(tx, Member, memberId, expected, _given(body))
    set_etag(response, row.version)
    return row


@router.get(
    "/clients",
    operation_id="listClients",
    summary="Systemen bekijken",
    response_model=Page[ClientOut],
    openapi_extra=_ADMINISTRATOR,
)
async def list_clients(tx: TxDep, paging: PagingDep) -> dict[str, Any]:
    """De systemen die zelf kunnen inloggen, op naam."""
    rows = await store.clients(tx, after=paging.after, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.name, row.id), item=ClientOut.model_validate)


@router.post(
    "/clients",
    operation_id="addClient",
    summary="Een systeem registreren",
    status_code=201,
    response_model=ClientOut,
    responses=problems(NameTaken, ReferenceNotYetKnown),
    openapi_extra=_ADMINISTRATOR,
)
async def add_client(body: ClientIn, tx: TxDep, response: Response) -> Client:
    """Registreert een systeem van een organisatie, met zijn publieke sleutels."""
    values = {**body.model_dump(), "public_keys": [key.as_jwk() for key in body.public_keys]}
    row = await actions.add_client(tx, values)
    return _created(response, "clients", row)


@router.get(
    "/clients/{clientKey}",
    operation_id="readClient",
    summary="Een systeem bekijken",
    response_model=ClientOut,
    responses=problems(NotFound),
    openapi_extra=_ADMINISTRATOR,
)
async def read_client(clientKey: UUID, tx: TxDep, response: Response) -> Client:  # noqa: N803
    """Eén systeem."""
    row = await actions.find(tx, Client, clientKey)
    set_etag(response, row.version)
    return row


@router.patch(
    "/clients/{clientKey}",
    operation_id="changeClient",
    summary="Een systeem wijzigen",
    response_model=ClientOut,
    responses=problems(NotFound, StaleVersion, PreconditionRequired, NameTaken),
    openapi_extra=_ADMINISTRATOR,
)
async def change_client(
    clientKey: UUID,  # noqa: N803
    body: ClientPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> Client:
    """Wijzigt rollen of sleutels, of zet een systeem op niet actief: dan stopt de toegang."""
    changes = _given(body)
    if body.public_keys is not None:
        changes["public_keys"] = [key.as_jwk() for key in body.public_keys]
    row = await actions.change(tx, Client, clientKey, expected, changes)
    set_etag(response, row.version)
    return row


@router.get(
    "/mandates",
    operation_id="listMandates",
    summary="Mandaten bekijken",
    response_model=Page[MandateOut],
    openapi_extra=_READ_BY_ALL,
)
async def list_mandates(
    tx: TxDep, paging: PagingDep, gemeentecode: CodeFilter = None, on: DayFilter = None
) -> dict[str, Any]:
    """Welke gemeente voor welke andere gemeente uitvoert, sinds wanneer en op grond waarvan."""
    rows = await store.mandates(tx, gemeentecode=gemeentecode, on=on, after=paging.after, limit=paging.fetch)
    return paging.page(rows, key=lambda row: (row.mandating_code, row.valid_from, row.id), item=MandateOut.of)


@router.post(
    "/mandates",
    operation_id="addMandate",
    summary="Een mandaat registreren",
    status_code=201,
    response_model=MandateOut,
    responses=problems(MandateOverlaps, NotAGemeente, NameTaken),
    openapi_extra=_ADMINISTRATOR,
)
async def add_mandate(body: MandateIn, tx: TxDep, response: Response) -> MandateOut:
    """Registreert dat een gemeente taken laat uitvoeren door een andere gemeente."""
    values = body.model_dump()
    values["mandating_code"] = values.pop("mandating_gemeentecode")
    values["executing_code"] = values.pop("executing_gemeentecode")
    row = await actions.add_mandate(tx, values)
    return MandateOut.of(_created(response, "mandates", row))


@router.get(
    "/mandates/{mandateId}",
    operation_id="readMandate",
    summary="Een mandaat bekijken",
    response_model=MandateOut,
    responses=problems(NotFound),
    openapi_extra=_READ_BY_ALL,
)
async def read_mandate(mandateId: UUID, tx: TxDep, response: Response) -> MandateOut:  # noqa: N803
    """Eén mandaat."""
    row = await actions.find(tx, Mandate, mandateId)
    set_etag(response, row.version)
    return MandateOut.of(row)


@router.patch(
    "/mandates/{mandateId}",
    operation_id="changeMandate",
    summary="Een mandaat beëindigen of verlengen",
    response_model=MandateOut,
    responses=problems(NotFound, StaleVersion, PreconditionRequired, MandateOverlaps),
    openapi_extra=_ADMINISTRATOR,
)
async def change_mandate(
    mandateId: UUID,  # noqa: N803
    body: PeriodPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> MandateOut:
    """Wijzigt de laatste dag of de dag waarop het mandaat opnieuw wordt bekeken."""
    row = await actions.change(tx, Mandate, mandateId, expected, body.model_dump(exclude_unset=True))
    set_etag(response, row.version)
    return MandateOut.of(row)


@router.get(
    "/agreements",
    operation_id="listAgreements",
    summary="Gegevensovereenkomsten bekijken",
    response_model=Page[AgreementOut],
    openapi_extra=_READ_BY_ALL,
)
async def list_agreements(
    tx: TxDep, paging: PagingDep, gemeentecode: CodeFilter = None, on: DayFilter = None
) -> dict[str, Any]:
    """De overeenkomsten waarin de eigen organisatie partij is; beheerders zien ze alle."""
    rows = await store.agreements(
        tx, gemeentecode=gemeentecode, on=on, after=paging.after, limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.name, row.id), item=AgreementOut.model_validate)


@router.post(
    "/agreements",
    operation_id="addAgreement",
    summary="Een gegevensovereenkomst registreren",
    status_code=201,
    response_model=AgreementOut,
    responses=problems(NotAGemeente, ReferenceNotYetKnown, NameTaken),
    openapi_extra=_ADMINISTRATOR,
)
async def add_agreement(body: AgreementIn, tx: TxDep, response: Response) -> Agreement:
    """Registreert wat een organisatie een andere laat zien: van wie, waarvoor en op welke grond."""
    row = await actions.add_agreement(tx, body.model_dump())
    return _created(response, "agreements", row)


@router.get(
    "/agreements/{agreementId}",
    operation_id="readAgreement",
    summary="Een gegevensovereenkomst bekijken",
    response_model=AgreementOut,
    responses=problems(NotFound),
    openapi_extra=_READ_BY_ALL,
)
async def read_agreement(agreementId: UUID, tx: TxDep, response: Response) -> Agreement:  # noqa: N803
    """Eén overeenkomst waarin de eigen organisatie partij is."""
    row = await actions.find(tx, Agreement, agreementId)
    set_etag(response, row.version)
    return row


@router.patch(
    "/agreements/{agreementId}",
    operation_id="changeAgreement",
    summary="Een gegevensovereenkomst beëindigen of verlengen",
    response_model=AgreementOut,
    responses=problems(NotFound, StaleVersion, PreconditionRequired),
    openapi_extra=_ADMINISTRATOR,
)
async def change_agreement(
    agreementId: UUID,  # noqa: N803
    body: PeriodPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> Agreement:
    """Wijzigt de laatste dag of de dag waarop de overeenkomst opnieuw wordt bekeken."""
    row = await actions.change(tx, Agreement, agreementId, expected, body.model_dump(exclude_unset=True))
    set_etag(response, row.version)
    return row


@router.get(
    "/policies",
    operation_id="listPolicies",
    summary="Vastgelegd lokaal beleid bekijken",
    response_model=Page[PolicyOut],
    openapi_extra=_READ_BY_ALL,
)
async def list_policies(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: CodeFilter = None,
    key: Annotated[Slug | None, Query(description="Alleen deze keuze.")] = None,
) -> dict[str, Any]:
    """Alle vastgelegde keuzes, ook vroegere en latere."""
    rows = await store.policies(
        tx, gemeentecode=gemeentecode, key=key, after=paging.after, limit=paging.fetch
    )
    return paging.page(
        rows,
        key=lambda row: (row.gemeentecode, row.key, row.valid_from, row.id),
        item=PolicyOut.model_validate,
    )


@router.post(
    "/policies",
    operation_id="setPolicy",
    summary="Lokaal beleid vastleggen",
    status_code=201,
    response_model=PolicyOut,
    responses=problems(NotAGemeente, NameTaken),
    openapi_extra=_administration(frozenset({Role.ADMINISTRATOR, Role.POLICY_OFFICER})),
)
async def set_policy(body: PolicyIn, caller: CallerDep, tx: TxDep, response: Response) -> LocalPolicy:
    """Legt een keuze van een gemeente vast vanaf een dag; eerdere keuzes blijven te lezen."""
    row = await actions.set_policy(tx, caller, body.model_dump())
    response.headers["Location"] = f"/gateway/v1/policies?gemeentecode={row.gemeentecode}"
    return row


@router.get(
    "/effective-policies/{gemeentecode}",
    operation_id="readEffectivePolicies",
    summary="Geldend lokaal beleid bekijken",
    response_model=EffectivePolicies,
    responses=problems(NotFound),
    openapi_extra=_READ_BY_ALL,
)
async def read_effective_policies(
    gemeentecode: Gemeentecode, tx: TxDep, on: DayFilter = None
) -> EffectivePolicies:
    """Elke keuze die de wet aan een gemeente laat, met de waarde die op een dag geldt."""
    if await store.gemeente(tx, gemeentecode) is None:
        raise NotFound("Deze gemeente doet niet mee.")
    day = on or tx.today
    rows = {row.key: row for row in await store.effective_policies(tx, gemeentecode, day)}
    return EffectivePolicies(
        gemeentecode=gemeentecode,
        on=day,
        items=[
            EffectivePolicy(
                key=key,
                meaning=rule.meaning,
                unit=rule.unit or None,
                value=rows[key].value if key in rows else None,
                source=rows[key].source if key in rows else None,
                valid_from=rows[key].valid_from if key in rows else None,
            )
            for key, rule in POLICY_KEYS.items()
        ],
    )


def _created(response: Response, collection: str, row: store.Row) -> store.Row:
    response.headers["Location"] = f"/gateway/v1/{collection}/{row.id}"
    set_etag(response, row.version)
    return row


def _given(body: Schema) -> dict[str, Any]:
    """What a merge-patch changes. Null changes nothing, but ends an account."""
    given = body.model_dump(exclude_unset=True)
    return {
        name: value for name, value in given.items() if value is not None or name in {"issuer", "subject"}
    }
