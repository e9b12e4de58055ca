# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Operations on the PIP."""

from typing import Any

from fastapi import Response

from chassis.web import CallerDep, Page, PagingDep, Router, TxDep, access, problems
from contracts.access import Purpose
from services.intake.actions import persons as person_actions, pips as actions
from services.intake.api import views
from services.intake.api.decisions import PipIn, PipOut
from services.intake.api.doors import CASE, GEMEENTE, PersonId, number_after
from services.intake.errors import (
    AgreementMissing,
    NoPipUnderOldAct,
    NoSuchPip,
    NotFound,
    OnlyShortList,
    RefusedByLaw,
)
from services.intake.rules.pip import PipDraft
from services.intake.store import decisions, persons as store

__all__ = ["router"]

router = Router()


@router.post(
    "/inburgeraars/{inburgeraarId}/pips",
    operation_id="signPip",
    summary="Een PIP vaststellen of wijzigen",
    status_code=201,
    response_model=PipOut,
    responses=problems(RefusedByLaw, NotFound, AgreementMissing, NoPipUnderOldAct, NoSuchPip, OnlyShortList),
    openapi_extra=access(roles=CASE, purpose=Purpose.CASE_WORK, activity="pip-vaststellen"),
)
async def sign_pip(
    inburgeraar_id: PersonId, body: PipIn, caller: CallerDep, tx: TxDep, response: Response
) -> PipOut:
    """Stelt een versie van het PIP vast, een besluit waartegen bezwaar openstaat.

    Het eerste PIP start de termijn van drie jaar; latere versies verschuiven die niet. Een te laat
    PIP heeft een reden nodig.
    """
    person, pip = await actions.sign_pip(
        tx,
        caller,
        inburgeraar_id,
        draft=PipDraft(
            signed_on=body.signed_on,
            leerroute=body.leerroute,
            level=body.level,
            pvt_hours=body.pvt_hours,
            map_hours=body.map_hours,
            participation=body.participation,
            talks_planned=body.talks_planned,
            route_hours=body.route_hours,
            delay_reason=body.delay_reason,
        ),
        goals=body.goals,
        guidance=body.guidance,
        amends=body.amends,
    )
    response.headers["Location"] = f"/intake/v1/inburgeraars/{inburgeraar_id}/pips"
    return views.pip_out(pip, person, await decisions.talks_norm(tx, pip))


@router.get(
    "/inburgeraars/{inburgeraarId}/pips",
    operation_id="listPips",
    summary="Alle versies van het PIP",
    response_model=Page[PipOut],
    responses=problems(NotFound, AgreementMissing),
    openapi_extra=access(roles=GEMEENTE, purpose=Purpose.CASE_WORK, activity="pip-inzien"),
)
async def list_pips(
    inburgeraar_id: PersonId, caller: CallerDep, tx: TxDep, paging: PagingDep
) -> dict[str, Any]:
    """Alle besluiten, de oudste eerst; het laatste geldt."""
    held = await store.dossier(tx, inburgeraar_id)
    if held is None:
        raise await person_actions.absent(tx, caller, inburgeraar_id)
    tx.look(held.person.id, held.person.gemeentecode)
    rows = await decisions.pips(tx, inburgeraar_id, after=number_after(paging) or 0, fetch=paging.fetch)
    norms = {row.id: await decisions.talks_norm(tx, row) for row in rows}
    return paging.page(
        rows,
        key=lambda row: (row.version,),
        item=lambda row: views.pip_out(row, held.person, norms[row.id]),
    )
