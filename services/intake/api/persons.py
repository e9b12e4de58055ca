# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations on one person: register, read, correct, move, and who looked."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Response

from chassis.errors import PreconditionRequired
from chassis.web import (
    CallerDep,
    IfMatchDep,
    Page,
    PagingDep,
    Router,
    TxDep,
    access,
    problems,
    set_etag,
)
from contracts.access import Purpose
from services.intake.actions import moves, persons as actions
from services.intake.api import views
from services.intake.api.doors import (
    CASE,
    OVERSIGHT,
    READERS,
    ROLE_PURPOSES,
    PersonId,
    VaultDep,
    number_after,
)
from services.intake.api.schemas import (
    AccessLine,
    InformationIn,
    InformationOut,
    MoveIn,
    MoveOut,
    PersonIn,
    PersonOut,
    PersonPatch,
    ProvisionIn,
    ProvisionOut,
    VersionOut,
)
from services.intake.errors import (
    AgreementMissing,
    AlreadyLivesThere,
    CorrectionContradictsPip,
    GemeenteNotYours,
    NoRight,
    NotFound,
    OnlyShortList,
    PersonExists,
    RefusedByLaw,
    StaleVersion,
)
from services.intake.models import ProvisionRequest
from services.intake.store import decisions, persons as store

__all__ = ["router"]

router = Router()


@router.post(
    "/inburgeraars",
    operation_id="registerInburgeraar",
    summary="Een inburgeraar registreren",
    status_code=201,
    response_model=PersonOut,
    responses=problems(RefusedByLaw, PersonExists, AgreementMissing, GemeenteNotYours),
    openapi_extra=access(roles=CASE, purpose=Purpose.CASE_WORK, activity="inburgeraar-registreren"),
)
async def register_inburgeraar(
    body: PersonIn, caller: CallerDep, tx: TxDep, vault: VaultDep, response: Response
) -> PersonOut:
    """Registreert iemand één keer, in heel Nederland. Wet, rechten en plichten worden afgeleid."""
    held = await actions.register(tx, caller, vault, body.model_dump())
    response.headers["Location"] = f"/intake/v1/inburgeraars/{held.person.id}"
    set_etag(response, held.person.version)
    return views.person_out(held, (), caller, vault)


@router.get(
    "/inburgeraars/{inburgeraarId}",
    operation_id="getInburgeraar",
    summary="Een inburgeraar lezen",
    response_model=PersonOut,
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=access(
        roles=READERS,
        purpose=Purpose.CASE_WORK,
        role_purposes=ROLE_PURPOSES,
        activity="inburgeraar-inzien",
    ),
)
async def get_inburgeraar(
    inburgeraar_id: PersonId, caller: CallerDep, tx: TxDep, vault: VaultDep, response: Response
) -> PersonOut:
    """Toont wat uw rol van deze inburgeraar mag zien; `hiddenFields` noemt de rest."""
    held = await store.dossier(tx, inburgeraar_id)
    if held is None:
        raise await actions.absent(tx, caller, inburgeraar_id)
    tx.look(held.person.id, held.person.gemeentecode)
    set_etag(response, held.person.version)
    return views.person_out(held, await decisions.pips(tx, inburgeraar_id), caller, vault)


@router.patch(
    "/inburgeraars/{inburgeraarId}",
    operation_id="correctInburgeraar",
    summary="Gegevens van een inburgeraar verbeteren",
    response_model=PersonOut,
    responses=problems(
        RefusedByLaw,
        NotFound,
        OnlyShortList,
        AgreementMissing,
        PersonExists,
        CorrectionContradictsPip,
        StaleVersion,
        PreconditionRequired,
    ),
    openapi_extra={
        **access(roles=CASE, purpose=Purpose.CASE_WORK, activity="inburgeraar-verbeteren"),
        "x-body": {"consumes": ["application/merge-patch+json", "application/json"]},
    },
)
async def correct_inburgeraar(
    inburgeraar_id: PersonId,
    body: Annotated[PersonPatch, Body(media_type="application/merge-patch+json")],
    expected: IfMatchDep,
    caller: CallerDep,
    tx: TxDep,
    vault: VaultDep,
    response: Response,
) -> PersonOut:
    """Verbetert gegevens. Wat eraan hangt, zoals wet, rechten en termijnen, wordt opnieuw bepaald."""
    held = await actions.correct(tx, caller, vault, inburgeraar_id, expected=expected, changes=body.changes())
    set_etag(response, held.person.version)
    return views.person_out(held, await decisions.pips(tx, inburgeraar_id), caller, vault)


@router.get(
    "/inburgeraars/{inburgeraarId}/versions",
    operation_id="listVersions",
    summary="De geschiedenis van de gegevens van een inburgeraar",
    response_model=Page[VersionOut],
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=access(roles=OVERSIGHT, purpose=Purpose.CASE_WORK, activity="inburgeraar-inzien"),
)
async def list_versions(
    inburgeraar_id: PersonId, caller: CallerDep, tx: TxDep, vault: VaultDep, paging: PagingDep
) -> dict[str, Any]:
    """Elke verbetering, de nieuwste eerst: wie, wanneer, en wat er stond en staat."""
    await _look(tx, caller, inburgeraar_id)
    rows = await store.versions(tx, inburgeraar_id, after=number_after(paging), fetch=paging.fetch)
    return paging.page(
        rows, key=lambda row: (row.version,), item=lambda row: views.version_out(row, caller, vault)
    )


@router.get(
    "/inburgeraars/{inburgeraarId}/access-log",
    operation_id="listAccessLog",
    summary="Wie de gegevens van een inburgeraar heeft ingezien",
    response_model=Page[AccessLine],
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=access(roles=OVERSIGHT, purpose=Purpose.CASE_WORK, activity="inzage-verantwoorden"),
)
async def list_access_log(
    inburgeraar_id: PersonId, caller: CallerDep, tx: TxDep, paging: PagingDep
) -> dict[str, Any]:
    """Elke inzage in dit onderdeel, de nieuwste eerst: wie, wanneer, waarom en op grond waarvan."""
    await _look(tx, caller, inburgeraar_id)
    rows = await store.access_log(tx, inburgeraar_id, after=number_after(paging), fetch=paging.fetch)
    return paging.page(rows, key=lambda row: (row.chain_no,), item=views.access_line)


@router.post(
    "/inburgeraars/{inburgeraarId}/moves",
    operation_id="recordMove",
    summary="Een verhuizing naar een andere gemeente vastleggen",
    status_code=201,
    response_model=MoveOut,
    responses=problems(RefusedByLaw, NotFound, AgreementMissing, AlreadyLivesThere, OnlyShortList),
    openapi_extra=access(roles=CASE, purpose=Purpose.CASE_WORK, activity="verhuizing-vastleggen"),
)
async def record_move(
    inburgeraar_id: PersonId, body: MoveIn, caller: CallerDep, tx: TxDep, vault: VaultDep
) -> MoveOut:
    """Draagt de inburgeraar over. De nieuwe gemeente heeft tien weken voor haar PIP; route en termijn blijven."""
    row = await moves.move(
        tx,
        caller,
        vault,
        inburgeraar_id,
        gemeentecode=body.gemeentecode,
        registered_on=body.registered_on,
    )
    return views.move_out(row)


@router.post(
    "/inburgeraars/{inburgeraarId}/third-party-information",
    operation_id="recordInformation",
    summary="Vastleggen dat het PIP moest wachten op informatie van een ander",
    status_code=201,
    response_model=InformationOut,
    responses=problems(RefusedByLaw, NotFound, AgreementMissing, OnlyShortList),
    openapi_extra=access(roles=CASE, purpose=Purpose.CASE_WORK, activity="pip-voorbereiden"),
)
async def record_information(
    inburgeraar_id: PersonId, body: InformationIn, caller: CallerDep, tx: TxDep
) -> InformationOut:
    """Het PIP kan dan tot twee weken na ontvangst. Ziekte of niet verschijnen geeft geen uitstel."""
    person, row = await moves.record_information(
        tx,
        caller,
        inburgeraar_id,
        source=body.source,
        requested_on=body.requested_on,
        received_on=body.received_on,
    )
    return InformationOut(
        id=row.id,
        inburgeraar_id=row.inburgeraar_id,
        source=row.source,
        requested_on=row.requested_on,
        received_on=row.received_on,
        pip_due_on=person.pip_due_on,
        recorded_at=row.recorded_at,
    )


@router.post(
    "/inburgeraars/{inburgeraarId}/provisions",
    operation_id="requestProvision",
    summary="Een voorziening aanvragen",
    status_code=201,
    response_model=ProvisionOut,
    responses=problems(NotFound, AgreementMissing, NoRight, OnlyShortList),
    openapi_extra=access(roles=CASE, purpose=Purpose.CASE_WORK, activity="voorziening-aanvragen"),
)
async def request_provision(
    inburgeraar_id: PersonId, body: ProvisionIn, caller: CallerDep, tx: TxDep
) -> ProvisionRequest:
    """Legt de aanvraag vast als er recht op bestaat, en weigert anders met het artikel."""
    return await moves.request_provision(
        tx, caller, inburgeraar_id, code=body.code, requested_on=body.requested_on
    )


async def _look(tx: TxDep, caller: CallerDep, inburgeraar_id: UUID) -> None:
    """Note the look at a person, or refuse it."""
    held = await store.dossier(tx, inburgeraar_id)
    if held is None:
        raise await actions.absent(tx, caller, inburgeraar_id)
    tx.look(held.person.id, held.person.gemeentecode)
