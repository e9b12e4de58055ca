# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who takes part: organisations, members and systems; and who is asking."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from chassis.errors import NotFound, PreconditionRequired, ReferenceNotYetKnown, StaleVersion
from chassis.web import (
    CallerDep,
    IfMatchDep,
    Page,
    PagingDep,
    TxDep,
    problems,
    set_etag,
)
from contracts.access import Role
from gateway import actions, store
from gateway.api.declarations import (
    ADMINISTRATOR_ONLY,
    READ_BY_ALL,
    READ_BY_GEMEENTEN,
    KindFilter,
    created,
    given_in,
    router,
)
from gateway.api.schemas import (
    ClientIn,
    ClientOut,
    ClientPatch,
    Me,
    MemberDetail,
    MemberIn,
    MemberOut,
    MemberPatch,
    MyGemeente,
    MyOrganisation,
    OrganisationIn,
    OrganisationOut,
    OrganisationPatch,
)
from gateway.errors import NameTaken
from gateway.models import Client, Member, Organisation


@router.get(
    "/me",
    operation_id="readMe",
    summary="Wie ik ben en wat ik mag",
    response_model=Me,
    openapi_extra=READ_BY_ALL,
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
    openapi_extra=READ_BY_ALL,
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
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def add_organisation(body: OrganisationIn, tx: TxDep, response: Response) -> Organisation:
    """Registreert een gemeente, taalschool of andere partij."""
    row = await actions.add_organisation(tx, body.model_dump())
    return created(response, "organisations", row)


@router.get(
    "/organisations/{organisationId}",
    operation_id="readOrganisation",
    summary="Een organisatie bekijken",
    response_model=OrganisationOut,
    responses=problems(NotFound),
    openapi_extra=READ_BY_ALL,
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
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def change_organisation(
    organisationId: UUID,  # noqa: N803
    body: OrganisationPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> Organisation:
    """Wijzigt de naam of de gemeenten waarvoor zij werkt."""
    row = await actions.change(tx, Organisation, organisationId, expected, given_in(body))
    set_etag(response, row.version)
    return row


@router.get(
    "/members",
    operation_id="listMembers",
    summary="Collega's bekijken",
    response_model=Page[MemberOut],
    openapi_extra=READ_BY_GEMEENTEN,
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
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def add_member(body: MemberIn, tx: TxDep, response: Response) -> Member:
    """Registreert iemand die voor een organisatie werkt, met zijn rollen en account."""
    row = await actions.add_member(tx, body.model_dump())
    return created(response, "members", row)


@router.get(
    "/members/{memberId}",
    operation_id="readMember",
    summary="Een lid bekijken",
    response_model=MemberDetail,
    responses=problems(NotFound),
    openapi_extra=ADMINISTRATOR_ONLY,
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
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def change_member(
    memberId: UUID,  # noqa: N803
    body: MemberPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> Member:
    """Wijzigt rollen of account, of zet een lid op niet actief: dan stopt de toegang."""
    row = await actions.change(tx, Member, memberId, expected, given_in(body))
    set_etag(response, row.version)
    return row


@router.get(
    "/clients",
    operation_id="listClients",
    summary="Systemen bekijken",
    response_model=Page[ClientOut],
    openapi_extra=ADMINISTRATOR_ONLY,
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
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def add_client(body: ClientIn, tx: TxDep, response: Response) -> Client:
    """Registreert een systeem van een organisatie, met zijn publieke sleutels."""
    values = {**body.model_dump(), "public_keys": [key.as_jwk() for key in body.public_keys]}
    row = await actions.add_client(tx, values)
    return created(response, "clients", row)


@router.get(
    "/clients/{clientKey}",
    operation_id="readClient",
    summary="Een systeem bekijken",
    response_model=ClientOut,
    responses=problems(NotFound),
    openapi_extra=ADMINISTRATOR_ONLY,
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
    openapi_extra=ADMINISTRATOR_ONLY,
)
async def change_client(
    clientKey: UUID,  # noqa: N803
    body: ClientPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> Client:
    """Wijzigt rollen of sleutels, of zet een systeem op niet actief: dan stopt de toegang."""
    changes = given_in(body)
    if body.public_keys is not None:
        changes["public_keys"] = [key.as_jwk() for key in body.public_keys]
    row = await actions.change(tx, Client, clientKey, expected, changes)
    set_etag(response, row.version)
    return row
