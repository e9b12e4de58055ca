# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations on the work: lists, names, search, and who the work is with."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from chassis.errors import Forbidden
from chassis.web import CallerDep, Gemeentecode, Page, PagingDep, Router, TxDep, access, problems
from contracts.access import Purpose
from services.intake.actions import leads as actions, sealing
from services.intake.api import views
from services.intake.api.doors import GEMEENTE, OVERSIGHT, READERS, ROLE_PURPOSES, PersonId, VaultDep
from services.intake.api.schemas import (
    LeadIn,
    LeadOut,
    NamesIn,
    NamesOut,
    PersonListed,
    ReassignIn,
    ReassignOut,
    SearchIn,
)
from services.intake.errors import AgreementMissing, NotFound, OnlyShortList, ReferenceNotYetKnown
from services.intake.rules.identity import search_key
from services.intake.rules.law import Group, Law
from services.intake.rules.sight import shown
from services.intake.store import persons as store

__all__ = ["router"]

router = Router()

_ORDER_FORMS: dict[store.Order, type] = {"registered": datetime, "family-name": str, "pip-due": date}
_NEVER = date(9999, 12, 31)
_MOST_FOUND = 50


@router.get(
    "/inburgeraars",
    operation_id="listInburgeraars",
    summary="Inburgeraars, een caseload of de open lijst",
    response_model=Page[PersonListed],
    responses=problems(AgreementMissing),
    openapi_extra=access(roles=GEMEENTE, purpose=Purpose.CASE_WORK, activity="caseload-inzien"),
)
async def list_inburgeraars(
    caller: CallerDep,
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Verantwoordelijke gemeente.")] = None,
    executingGemeentecode: Annotated[  # noqa: N803 - the name on the wire
        Gemeentecode | None, Query(description="Uitvoerende gemeente.")
    ] = None,
    group: Annotated[Group | None, Query(description="Groep.")] = None,
    law: Annotated[Law | None, Query(description="Wet die geldt.")] = None,
    leadMemberId: Annotated[UUID | None, Query(description="Caseload van deze medewerker.")] = None,  # noqa: N803
    withoutLead: Annotated[bool, Query(description="Alleen de open lijst: zonder vaste consulent.")] = False,  # noqa: FBT002, N803
    sort: Annotated[
        store.Order, Query(description="Volgorde; pip-due zet de eerste termijn voor een PIP vooraan.")
    ] = "registered",
) -> dict[str, Any]:
    """Alleen inburgeraars die u mag zien; van elke rij wordt de inzage vastgelegd."""
    for code in filter(None, (gemeentecode, executingGemeentecode)):
        if code in caller.known_codes and code not in caller.person_codes(tx.purpose):
            raise tx.missing_agreement(code)
    rows = await store.listed(
        tx,
        order=sort,
        after=paging.position(_ORDER_FORMS[sort], UUID),
        fetch=paging.fetch,
        codes=caller.person_codes(tx.purpose),
        filters={
            "gemeentecode": gemeentecode,
            "executing_gemeentecode": executingGemeentecode,
            "group_code": group,
            "law": law,
            "lead_member_id": leadMemberId,
        },
        without_lead=withoutLead,
    )
    for row in rows[: paging.size]:
        tx.look(row.person.id, row.person.gemeentecode)

    def key(row: store.Listed) -> tuple[Any, ...]:
        first: dict[store.Order, Any] = {
            "registered": row.person.registered_at,
            "family-name": row.name.family_name_key,
            "pip-due": row.person.pip_due_on or _NEVER,
        }
        return (first[sort], row.person.id)

    return paging.page(rows, key=key, item=views.listed_out)


@router.post(
    "/inburgeraars/_read",
    operation_id="readNames",
    summary="Namen bij een lijst van inburgeraars",
    response_model=NamesOut,
    openapi_extra=access(
        roles=READERS,
        purpose=Purpose.CASE_WORK,
        role_purposes=ROLE_PURPOSES,
        activity="namen-inzien",
    ),
)
async def read_names(body: NamesIn, tx: TxDep) -> NamesOut:
    """Ten hoogste 200 namen, bijvoorbeeld voor een presentielijst. Wie u niet mag zien staat onder `missing`."""
    wanted = list(dict.fromkeys(body.ids))
    rows = await store.names(tx, wanted)
    for row in rows:
        tx.look(row.person.id, row.person.gemeentecode)
    found = {row.person.id for row in rows}
    return NamesOut(
        items=[views.name_out(row) for row in rows], missing=[one for one in wanted if one not in found]
    )


@router.post(
    "/inburgeraars/_search",
    operation_id="searchInburgeraars",
    summary="Een inburgeraar zoeken op naam of nummer",
    response_model=Page[PersonListed],
    openapi_extra=access(roles=OVERSIGHT, purpose=Purpose.CASE_WORK, activity="inburgeraar-zoeken"),
)
async def search_inburgeraars(
    body: SearchIn, caller: CallerDep, tx: TxDep, vault: VaultDep
) -> dict[str, Any]:
    """Ten hoogste 50 treffers. Het gezochte staat in de inhoud, zodat geen naam of nummer in een adres komt."""
    digests = []
    for number, (kind, _) in sealing.NUMBERS.items():
        value = getattr(body, number)
        if value is None:
            continue
        if shown(number, caller.roles) != "full":
            raise Forbidden("Zoeken op een nummer kan alleen wie dat nummer mag zien.")
        digests.append((kind, vault.index.digests(value, kind=kind)))
    rows = await store.search(
        tx,
        family_name_key=None if body.family_name is None else search_key(body.family_name),
        codes=caller.person_codes(tx.purpose),
        digests=digests,
        birth_date=body.birth_date,
        fetch=_MOST_FOUND,
    )
    for row in rows:
        tx.look(row.person.id, row.person.gemeentecode)
    return {"items": [views.listed_out(row) for row in rows], "next_page_token": None}


@router.put(
    "/inburgeraars/{inburgeraarId}/lead",
    operation_id="assignLead",
    summary="De vaste consulent van een inburgeraar aanwijzen",
    response_model=LeadOut,
    responses=problems(NotFound, AgreementMissing, OnlyShortList, ReferenceNotYetKnown),
    openapi_extra=access(roles=OVERSIGHT, purpose=Purpose.CASE_WORK, activity="caseload-verdelen"),
)
async def assign_lead(
    inburgeraar_id: PersonId, body: LeadIn, caller: CallerDep, tx: TxDep, vault: VaultDep
) -> LeadOut:
    """Er is altijd één vaste consulent, of geen: dan staat het werk op de open lijst van de uitvoerende gemeente."""
    person = await actions.assign_lead(tx, caller, vault, inburgeraar_id, member_id=body.member_id)
    return views.lead_out(person, person.lead_member_id)


@router.put(
    "/inburgeraars/{inburgeraarId}/second-contact",
    operation_id="assignSecondContact",
    summary="Een tweede contactpersoon koppelen",
    response_model=LeadOut,
    responses=problems(NotFound, AgreementMissing, OnlyShortList, ReferenceNotYetKnown),
    openapi_extra=access(roles=OVERSIGHT, purpose=Purpose.CASE_WORK, activity="caseload-verdelen"),
)
async def assign_second_contact(
    inburgeraar_id: PersonId, body: LeadIn, caller: CallerDep, tx: TxDep, vault: VaultDep
) -> LeadOut:
    """Bijvoorbeeld de klantmanager van de eigen gemeente, naast de consulent van de uitvoerende."""
    person = await actions.assign_second(tx, caller, vault, inburgeraar_id, member_id=body.member_id)
    return views.lead_out(person, person.second_member_id)


@router.post(
    "/inburgeraars/_reassign",
    operation_id="reassignCaseload",
    summary="Een caseload overdragen",
    response_model=ReassignOut,
    responses=problems(ReferenceNotYetKnown),
    openapi_extra=access(roles=OVERSIGHT, purpose=Purpose.CASE_WORK, activity="caseload-verdelen"),
)
async def reassign_caseload(body: ReassignIn, caller: CallerDep, tx: TxDep, vault: VaultDep) -> ReassignOut:
    """Draagt alle dossiers van een medewerker over, of de genoemde, in één handeling."""
    changed = await actions.reassign(
        tx,
        caller,
        vault,
        from_member_id=body.from_member_id,
        ids=body.inburgeraar_ids,
        to_member_id=body.to_member_id,
    )
    return ReassignOut(reassigned=len(changed), inburgeraar_ids=changed)
