# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Households: linking, reading, correcting, unlinking; consents and expected family."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from chassis.db import Tx
from chassis.errors import (
    AgreementMissing,
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionRequired,
    ReferenceNotYetKnown,
    StaleVersion,
)
from chassis.web import (
    Gemeentecode,
    IfMatchDep,
    Page,
    PagingDep,
    Router,
    TxDep,
    problems,
    set_etag,
)
from contracts.access import Role
from services.housing.actions import (
    consents as consent_actions,
    households as actions,
    members as member_actions,
    unlinking,
)
from services.housing.actions.sites import check_site
from services.housing.api.declarations import MUNICIPALITY, PERSON_READERS, housing
from services.housing.api.household_schemas import (
    ConsentIn,
    ConsentOut,
    HouseholdIn,
    HouseholdOut,
    HouseholdPatch,
    MemberPatch,
    ReunionIn,
    ReunionOut,
    ReunionPatch,
    RevocationIn,
    UnlinkIn,
    consent_out,
    household_out,
    reunion_out,
)
from services.housing.errors import (
    ConsentExists,
    ConsentUsed,
    HouseholdEnded,
    HouseholdMatched,
    PersonInHousehold,
    ReferenceExists,
    ReunionOver,
)
from services.housing.models import Household
from services.housing.rules.codes import HouseholdStatus
from services.housing.store import households as store, matches

router = Router()

LINKERS = MUNICIPALITY | {Role.COA}
KEEPERS = MUNICIPALITY | {Role.VWN_TEAM_LEADER}


async def answers(tx: Tx, rows: Sequence[Household]) -> dict[UUID, HouseholdOut]:
    """These households for who asked, each known member logged as seen."""
    ids = [row.id for row in rows]
    members = await actions.look_at(tx, rows)
    consents = await store.open_consents(tx, ids)
    reunions = await store.reunions_of(tx, ids)
    last = await matches.last_matches(tx, ids)
    offers = await matches.first_offers(tx, ids)
    left = await matches.left_on(tx, ids)
    return {
        row.id: household_out(
            tx,
            row,
            members=members.get(row.id, []),
            consents=consents.get(row.id, []),
            reunions=reunions.get(row.id, []),
            match=last.get(row.id),
            offered_on=offers.get(row.id),
            left_on=left.get(row.id),
        )
        for row in rows
    }


async def _answer(tx: Tx, row: Household, response: Response) -> HouseholdOut:
    set_etag(response, row.version)
    return (await answers(tx, [row]))[row.id]


@router.post(
    "/households",
    operation_id="linkHousehold",
    summary="Een gekoppeld huishouden vastleggen",
    status_code=201,
    response_model=HouseholdOut,
    responses=problems(Forbidden, AgreementMissing, ReferenceNotYetKnown, PersonInHousehold, ReferenceExists),
    openapi_extra=housing(LINKERS, "huishouden-vastleggen"),
)
async def link_household(body: HouseholdIn, tx: TxDep, response: Response) -> HouseholdOut:
    """Legt een huishouden vast dat COA aan de gemeente koppelde. Het antwoord zegt wanneer er een huis moet zijn."""
    code = body.gemeentecode or tx.acting.gemeentecode
    if code is None:
        raise InvalidInput.on("/gemeentecode", "Noem de gemeente van de koppeling.", code="required")
    people = body.people()
    if people is None:
        raise InvalidInput.on(
            "/members", "Noem de leden of de aantallen van het huishouden.", code="required"
        )
    if body.members is not None and (body.adults is not None or body.children is not None):
        raise InvalidInput.on("/adults", "Stuur de leden of de aantallen, niet allebei.", code="twice")
    await check_site(tx, body.reception_site_id)
    household = await actions.link_household(
        tx,
        actions.Link(
            gemeentecode=code,
            linked_on=body.linked_on,
            members=[actions.Member(one.kind, one.birth_year, one.inburgeraar_id) for one in people],
            reference=body.reference,
            facts=body.model_dump(),
            accepts_sharing=body.accepts_sharing,
            exchange=body.exchange,
            housed_on=body.housed_on,
            counted_at="/members" if body.members is not None else "/adults",
        ),
    )
    if body.reunion is not None:
        await consent_actions.expect_family(tx, household_id=household.id, **body.reunion.model_dump())
    return await _answer(tx, household, response)


@router.get(
    "/households",
    operation_id="listHouseholds",
    summary="Gekoppelde huishoudens",
    response_model=Page[HouseholdOut],
    openapi_extra=housing(PERSON_READERS, "huishouden-raadplegen"),
)
async def list_households(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
    status: Annotated[HouseholdStatus | None, Query(description="Alleen met deze status.")] = None,
    inburgeraar_id: Annotated[
        UUID | None, Query(alias="inburgeraarId", description="Alleen het huishouden van deze inburgeraar.")
    ] = None,
    reference: Annotated[
        str | None, Query(pattern=r"^[^\x00-\x1f\x7f]{1,200}$", description="Alleen met dit kenmerk uit TVS.")
    ] = None,
) -> object:
    """De huishoudens die u mag zien, wie het langst is gekoppeld eerst."""
    rows = await store.households_page(
        tx,
        gemeentecode=gemeentecode,
        status=status,
        inburgeraar_id=inburgeraar_id,
        reference=reference,
        after=paging.position(*store.HOUSEHOLD_KEY),
        limit=paging.fetch,
    )
    shown = await answers(tx, rows[: paging.size])
    return paging.page(rows, key=lambda row: (row.linked_on, row.id), item=lambda row: shown[row.id])


@router.get(
    "/households/{householdId}",
    operation_id="readHousehold",
    summary="Een huishouden",
    response_model=HouseholdOut,
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=housing(PERSON_READERS, "huishouden-raadplegen"),
)
async def read_household(householdId: UUID, tx: TxDep, response: Response) -> HouseholdOut:  # noqa: N803 - as in the path
    """Een huishouden met zijn termijnen en wat het wil."""
    return await _answer(tx, await actions.visible_household(tx, householdId), response)


@router.patch(
    "/households/{householdId}",
    operation_id="changeHousehold",
    summary="Een huishouden verbeteren",
    response_model=HouseholdOut,
    responses=problems(NotFound, AgreementMissing, ReferenceNotYetKnown, StaleVersion, PreconditionRequired),
    openapi_extra=housing(KEEPERS, "huishouden-vastleggen"),
)
async def change_household(
    householdId: UUID,  # noqa: N803 - as in the path
    body: HouseholdPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> HouseholdOut:
    """Verbetert de koppeling of wat het huishouden nodig heeft. Een andere koppeldatum verlegt de termijn."""
    await check_site(tx, body.reception_site_id)
    household = await actions.change_household(
        tx,
        household_id=householdId,
        expected_version=expected,
        changes=body.model_dump(include=body.model_fields_set),
    )
    return await _answer(tx, household, response)


@router.patch(
    "/households/{householdId}/members/{memberId}",
    operation_id="knowHouseholdMember",
    summary="Vastleggen wie een lid van het huishouden is",
    response_model=HouseholdOut,
    responses=problems(
        NotFound,
        AgreementMissing,
        ReferenceNotYetKnown,
        PersonInHousehold,
        StaleVersion,
        PreconditionRequired,
    ),
    openapi_extra=housing(MUNICIPALITY, "huishouden-vastleggen"),
)
async def know_household_member(
    householdId: UUID,  # noqa: N803 - as in the path
    memberId: UUID,  # noqa: N803 - as in the path
    body: MemberPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> HouseholdOut:
    """Verbindt een lid met de inburgeraar in de keten. De termijnen lopen dan ook voor die persoon."""
    household = await member_actions.know_member(
        tx,
        household_id=householdId,
        member_id=memberId,
        inburgeraar_id=body.inburgeraar_id,
        expected_version=expected,
    )
    return await _answer(tx, household, response)


@router.post(
    "/households/{householdId}/unlink",
    operation_id="unlinkHousehold",
    summary="Een koppeling beëindigen",
    response_model=HouseholdOut,
    responses=problems(NotFound, AgreementMissing, HouseholdMatched, HouseholdEnded),
    openapi_extra=housing(LINKERS, "huishouden-vastleggen"),
)
async def unlink_household(householdId: UUID, body: UnlinkIn, tx: TxDep, response: Response) -> HouseholdOut:  # noqa: N803 - as in the path
    """Beëindigt de koppeling zonder huis, met de reden. De termijnen vervallen."""
    household = await unlinking.unlink_household(
        tx, household_id=householdId, unlinked_on=body.unlinked_on, reason=body.reason
    )
    return await _answer(tx, household, response)


@router.post(
    "/households/{householdId}/consents",
    operation_id="giveConsent",
    summary="Een toestemming vastleggen",
    status_code=201,
    response_model=ConsentOut,
    responses=problems(NotFound, AgreementMissing, ConsentExists),
    openapi_extra=housing(KEEPERS, "toestemming-vastleggen"),
)
async def give_consent(householdId: UUID, body: ConsentIn, tx: TxDep) -> ConsentOut:  # noqa: N803 - as in the path
    """Legt vast dat het huishouden instemt met delen, of met wonen in een andere gemeente. Weigeren kost niets."""
    return consent_out(
        await consent_actions.give_consent(
            tx,
            household_id=householdId,
            kind=body.kind,
            for_gemeentecode=body.gemeentecode,
            given_on=body.given_on,
        )
    )


@router.get(
    "/households/{householdId}/consents",
    operation_id="listConsents",
    summary="De toestemmingen van een huishouden",
    response_model=Page[ConsentOut],
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=housing(PERSON_READERS, "toestemming-raadplegen"),
)
async def list_consents(householdId: UUID, tx: TxDep, paging: PagingDep) -> object:  # noqa: N803 - as in the path
    """Alle toestemmingen, ook die zijn ingetrokken."""
    household = await actions.visible_household(tx, householdId)
    await actions.look_at(tx, [household])
    rows = await store.consents_of(
        tx, householdId, after=paging.position(*store.HOUSEHOLD_KEY), limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.given_on, row.id), item=consent_out)


@router.post(
    "/households/{householdId}/consents/{consentId}/revocation",
    operation_id="revokeConsent",
    summary="Een toestemming intrekken",
    response_model=ConsentOut,
    responses=problems(NotFound, AgreementMissing, ConsentUsed),
    openapi_extra=housing(KEEPERS, "toestemming-vastleggen"),
)
async def revoke_consent(
    householdId: UUID,  # noqa: N803 - as in the path
    consentId: UUID,  # noqa: N803 - as in the path
    body: RevocationIn,
    tx: TxDep,
) -> ConsentOut:
    """Trekt een toestemming in. Een uitruil die nog niet is vastgesteld, gaat dan niet door voor dit huishouden."""
    return consent_out(
        await consent_actions.revoke_consent(
            tx, household_id=householdId, consent_id=consentId, revoked_on=body.revoked_on
        )
    )


@router.post(
    "/households/{householdId}/reunions",
    operation_id="expectFamily",
    summary="Vastleggen dat gezin wordt verwacht",
    status_code=201,
    response_model=ReunionOut,
    responses=problems(NotFound, AgreementMissing, HouseholdEnded),
    openapi_extra=housing(KEEPERS, "nareis-vastleggen"),
)
async def expect_family(householdId: UUID, body: ReunionIn, tx: TxDep) -> ReunionOut:  # noqa: N803 - as in the path
    """Legt vast hoeveel personen worden verwacht en wanneer. Een gedeelde woning krijgt dan een geplande uitgang."""
    return reunion_out(await consent_actions.expect_family(tx, household_id=householdId, **body.model_dump()))


@router.patch(
    "/households/{householdId}/reunions/{reunionId}",
    operation_id="changeExpectedFamily",
    summary="Verwacht gezin wijzigen, toewijzen of intrekken",
    response_model=HouseholdOut,
    responses=problems(NotFound, AgreementMissing, StaleVersion, PreconditionRequired, ReunionOver),
    openapi_extra=housing(KEEPERS, "nareis-vastleggen"),
)
async def change_expected_family(
    householdId: UUID,  # noqa: N803 - as in the path
    reunionId: UUID,  # noqa: N803 - as in the path
    body: ReunionPatch,
    tx: TxDep,
    expected: IfMatchDep,
    response: Response,
) -> HouseholdOut:
    """Wijzigt wat er over de nareis bekend is. Wie is toegewezen, telt mee voor de grootte van een vaste woning."""
    household = await consent_actions.change_expectation(
        tx,
        household_id=householdId,
        reunion_id=reunionId,
        expected_version=expected,
        changes=body.model_dump(exclude_unset=True),
    )
    return await _answer(tx, household, response)
