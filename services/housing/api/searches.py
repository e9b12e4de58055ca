# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Searches for matches: asked as a job, ranked and explained proposals."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from chassis.errors import AgreementMissing, Forbidden, InvalidInput, NotFound
from chassis.job_answers import visible_job
from chassis.web import Page, PagingDep, Router, TxDep, problems
from services.housing.actions import searches as actions
from services.housing.actions.households import look_at_ids
from services.housing.actions.instances import Wishes
from services.housing.api.declarations import MUNICIPALITY, PERSON_READERS, VWN, housing
from services.housing.api.jobs import JobOut, job_out, job_place
from services.housing.api.search_schemas import (
    ProposalOut,
    RunListed,
    RunOut,
    SearchIn,
    SetAsideIn,
    named,
    named_by,
    proposal_out,
    run_listed,
    run_out,
)
from services.housing.errors import SearchRunning
from services.housing.models import ProposalRun
from services.housing.store import searches as store

router = Router()

SEARCHERS = MUNICIPALITY | VWN


@router.post(
    "/match-proposals",
    operation_id="searchMatches",
    summary="Naar matches zoeken",
    status_code=202,
    response_model=JobOut,
    responses=problems(Forbidden, AgreementMissing, SearchRunning),
    openapi_extra=housing(SEARCHERS, "match-zoeken"),
)
async def search_matches(body: SearchIn, tx: TxDep, response: Response) -> JobOut:
    """Zoekt voorstellen voor wie wacht of weg moet uit een eerste huis. Er wordt niets besloten: dat doet een mens."""
    codes = body.gemeentecodes or sorted(tx.acting.person_codes(tx.purpose))
    if not codes:
        raise InvalidInput.on("/gemeentecodes", "Noem de gemeenten.", code="required")
    job_id = await actions.start_search(
        tx,
        gemeentecodes=codes,
        wishes=Wishes(body.exchange_slack, body.transit_exits),
        seconds=body.time_limit_seconds,
        most_exchanges=body.most_exchanges,
    )
    response.headers["Location"] = job_place(job_id)
    return job_out(await visible_job(tx, job_id))


@router.get(
    "/match-proposals",
    operation_id="listSearches",
    summary="Zoekopdrachten",
    response_model=Page[RunListed],
    openapi_extra=housing(PERSON_READERS, "match-zoeken"),
)
async def list_searches(
    tx: TxDep,
    paging: PagingDep,
    sort: Annotated[
        store.RunOrder,
        Query(description="Volgorde; latest zet wat nog loopt vooraan, en dan wat het laatst klaar was."),
    ] = "id",
) -> object:
    """De zoekopdrachten op gemeenten waarvan u de huishoudens ziet. Wie zij noemen, staat bij de zoekopdracht zelf."""
    rows = await store.runs_page(
        tx, order=sort, after=paging.position(*store.RUN_KEYS[sort]), limit=paging.fetch
    )

    def key(row: ProposalRun) -> tuple[Any, ...]:
        return (row.id,) if sort == "id" else (row.finished_at or store.NOT_ENDED, row.id)

    return paging.page(rows, key=key, item=run_listed)


@router.get(
    "/match-proposals/{runId}",
    operation_id="readSearch",
    summary="Een zoekopdracht",
    response_model=RunOut,
    responses=problems(NotFound),
    openapi_extra=housing(PERSON_READERS, "match-zoeken"),
)
async def read_search(runId: UUID, tx: TxDep) -> RunOut:  # noqa: N803 - as in the path
    """Een zoekopdracht met hoe goed de uitkomst is, en wat de regels van corporaties kosten."""
    run = await actions.visible_run(tx, runId)
    await look_at_ids(tx, named_by(run))
    return run_out(run)


@router.get(
    "/match-proposals/{runId}/proposals",
    operation_id="listProposals",
    summary="De voorstellen van een zoekopdracht",
    response_model=Page[ProposalOut],
    responses=problems(NotFound),
    openapi_extra=housing(PERSON_READERS, "match-zoeken"),
)
async def list_proposals(runId: UUID, tx: TxDep, paging: PagingDep) -> object:  # noqa: N803 - as in the path
    """De voorstellen op volgorde van urgentie, elk met zijn redenen en wat er anders had gekund."""
    await actions.visible_run(tx, runId)
    key = paging.position(int)
    rows = await store.proposals_page(
        tx, runId, after=min(key[0], 2**31 - 1) if key else 0, limit=paging.fetch
    )
    await look_at_ids(tx, named(rows[: paging.size]))
    return paging.page(rows, key=lambda row: (row.rank,), item=proposal_out)


@router.post(
    "/match-proposals/{runId}/proposals/{proposalId}/setting-aside",
    operation_id="setProposalAside",
    summary="Een voorstel niet volgen",
    response_model=ProposalOut,
    responses=problems(NotFound),
    openapi_extra=housing(SEARCHERS, "match-zoeken"),
)
async def set_proposal_aside(
    runId: UUID,  # noqa: N803 - as in the path
    proposalId: UUID,  # noqa: N803 - as in the path
    body: SetAsideIn,
    tx: TxDep,
) -> ProposalOut:
    """Legt vast dat u een voorstel niet volgt, en waarom."""
    proposal = await actions.set_aside(tx, run_id=runId, proposal_id=proposalId, reason=body.reason)
    await look_at_ids(tx, named([proposal]))
    return proposal_out(proposal)
