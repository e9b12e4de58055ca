# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Searches for matches: jobs that run the optimiser outside the request, and decide nothing.

One at a time per scope. What comes out is kept in one transaction at the end: a search that is stopped or
killed half-way leaves nothing, and can be asked again.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import asdict
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from chassis.background import JobState, enqueue
from chassis.db import Operation, Tx
from chassis.errors import NotFound, Problem
from chassis.service import BackgroundJob, Context
from services.housing.actions.instances import Wishes, question
from services.housing.actions.search_faults import explained
from services.housing.actions.search_inputs import standing
from services.housing.actions.search_keeping import HouseholdsGone, keep, work_out
from services.housing.actions.visibility import check_sees
from services.housing.errors import JobCancelled, JobOver, SearchNotPossible, SearchRunning
from services.housing.models import Proposal, ProposalRun
from services.housing.solver import (
    Instance,
    InstanceFault,
    Options,
    Progress,
    RulePrice,
    Solution,
    default_seconds,
    desk_seconds,
    price_of_rules,
    read_instance,
    solve,
)
from services.housing.store import searches

__all__ = [
    "MATCH_PROPOSALS",
    "cancel_job",
    "run_search",
    "set_aside",
    "settle_searches",
    "start_search",
    "visible_run",
]

MATCH_PROPOSALS = "match-proposals"
"""The kind of job."""

Answer = TypeVar("Answer")

_POLL_SECONDS = 0.25
_WORKED_OUT = 95
_RULE_SECONDS = 5.0
_PRICED_HOUSEHOLDS = 500  # above this the price of each rule would take longer than the search


async def start_search(
    tx: Tx, *, gemeentecodes: Sequence[str], wishes: Wishes, seconds: int | None, most_exchanges: int | None
) -> UUID:
    """Queue a search on these gemeenten; answers the job.

    Raises:
        Forbidden, AgreementMissing: a gemeente is not the caller's.
        SearchRunning: one on the same scope waits or runs.
    """
    codes = sorted(set(gemeentecodes))
    for code in codes:
        check_sees(tx, code)
    scope = _scope(codes)
    await searches.lock_scope(tx, scope)
    options = {
        **asdict(wishes),
        "seconds": min(seconds or tx.settings.solver_seconds, tx.settings.solver_seconds),
        "chosen": seconds is not None,
        "most_exchanges": most_exchanges,
    }
    job_id = await enqueue(tx, MATCH_PROPOSALS, payload={"gemeentecodes": codes, "options": options})
    caller = tx.acting
    await tx.act_as_platform()  # a search of another organisation on the same scope counts too
    if (busy := await searches.running_search(tx, scope)) is not None:
        raise SearchRunning("Er loopt al een zoekopdracht voor deze gemeenten.", extra={"jobId": str(busy)})
    tx.add(
        ProposalRun(
            id=job_id,
            organisation_id=caller.organisation_id,
            gemeentecodes=codes,
            scope=scope,
            status="queued",
            requested_on=tx.today,
            requested_by=caller.subject,
            options=options,
        )
    )
    await tx.flush()
    return job_id


async def visible_run(tx: Tx, run_id: UUID) -> ProposalRun:
    """The search in a path.

    Raises:
        NotFound: it is not there, or on a gemeente that is not the caller's.
    """
    found = await tx.get(ProposalRun, run_id)
    if found is None:
        raise NotFound("Een zoekopdracht met dit nummer is niet gevonden.")
    return found


async def cancel_job(tx: Tx, job: JobState) -> None:
    """Ask the worker to stop; what it would have kept is not kept.

    Raises:
        JobOver: it ended already.
    """
    if job.status in {"done", "failed"}:
        raise JobOver("Deze verwerking is al afgelopen.")
    await tx.execute(sa.text("UPDATE background_job SET cancel_asked = true WHERE id = :id"), {"id": job.id})


async def run_search(context: Context, job: BackgroundJob, *, operation: Operation) -> dict[str, Any]:
    """Do a search, from the start also after a kill.

    Raises:
        JobCancelled, SearchNotPossible, PinsClash: nothing was kept.
    """
    try:
        return await _search(context, job, operation)
    except Problem as problem:
        await _end(context, job, "cancelled" if isinstance(problem, JobCancelled) else "failed")
        raise


async def _end(context: Context, job: BackgroundJob, status: str) -> None:
    """Say how the search ended, unless another worker has it by now."""
    async with context.begin() as tx:
        await job.advance(tx, job.progress, job.result)
        await tx.execute(
            sa.text("UPDATE proposal_run SET status = :status, finished_at = :now WHERE id = :id"),
            {"id": job.id, "status": status, "now": tx.now},
        )


async def settle_searches(tx: Tx) -> int:
    """End the searches that no worker does any more, after too many faults or kills; answers how many.

    One whose worker was killed once is not among them: the next worker does it from the start.
    """
    return await searches.settle_lost(tx)


async def _search(context: Context, job: BackgroundJob, operation: Operation) -> dict[str, Any]:
    """Search, and once more from the start without a household that was destroyed meanwhile.

    What was computed with it cannot be kept: the input would name it, and the answer is no longer the best.
    """
    try:
        return await _round(context, job, operation)
    except HouseholdsGone:
        await job.report(0, {})
    try:
        return await _round(context, job, operation)
    except HouseholdsGone as gone:
        raise SearchNotPossible(
            "Tijdens deze zoekopdracht zijn tweemaal gegevens van een huishouden vernietigd. Zoek opnieuw."
        ) from gone


async def _round(context: Context, job: BackgroundJob, operation: Operation) -> dict[str, Any]:
    told = job.payload["options"]
    wishes = Wishes(int(told["exchange_slack"]), int(told["transit_exits"]))
    await _stop_if_asked(job)
    async with context.begin(job.caller, operation=operation) as tx:
        asked = await question(tx, job.payload["gemeentecodes"], wishes)
        stands = (
            None  # who chose a time gets a search of that time
            if told.get("chosen")
            else await standing(
                tx,
                _scope(job.payload["gemeentecodes"]),
                asked,
                most_exchanges=told["most_exchanges"],
                seconds=int(told["seconds"]),
            )
        )
        await tx.execute(sa.text("UPDATE proposal_run SET status = 'running' WHERE id = :id"), {"id": job.id})
    try:
        instance = read_instance(asked.document)
        known = None if stands is None else stands(instance)
        options = Options(
            time_limit=_limit(instance, float(told["seconds"]), begins=known is None),
            pins=asked.pins,
            bans=asked.bans,
            max_exchanges=told["most_exchanges"],
        )
        solution = await _solve(job, instance, options, known)
        prices = await _until_stopped(job, _prices(instance, solution))
    except (InstanceFault, ExceptionGroup) as fault:
        raise explained(fault, asked.document) from fault
    # All that takes computing comes before the transaction that keeps it, and beside the event loop.
    found = await asyncio.to_thread(work_out, instance, solution)
    await job.report(_WORKED_OUT, {"level": "quality"})
    await _stop_if_asked(job)
    async with context.begin(job.caller, operation=operation) as tx:
        return await keep(tx, job, asked, solution, prices, found)


def _scope(codes: Sequence[str]) -> str:
    """By what two searches on the same gemeenten know each other; `codes` are in order."""
    return ",".join(codes)


def _limit(instance: Instance, allowed: float, *, begins: bool) -> float | None:
    """How long to search: from what stands as long as a person waits, and on where that finds nothing.

    None leaves that to the optimiser, where all of it fits into what is allowed.
    """
    needs = desk_seconds([instance]) + default_seconds(instance)
    return allowed if begins or needs > allowed else None


async def _stop_if_asked(job: BackgroundJob) -> None:
    if await job.cancelled():
        raise JobCancelled("De zoekopdracht is gestopt; er is niets bewaard.")


async def _solve(
    job: BackgroundJob, instance: Instance, options: Options, known: Solution | None
) -> Solution:
    """Solve, telling how far it is."""
    latest: list[Progress] = []
    solving = solve(instance, options, progress=latest.append, known=known)
    levels = {"shortfall": 20, "urgency": 50, "quality": 75}

    async def tell() -> None:
        if latest:
            await job.report(levels.get(latest[-1].level, 10), {"level": latest[-1].level})

    return await _until_stopped(job, solving, tell=tell)


async def _until_stopped(
    job: BackgroundJob,
    work: Coroutine[Any, Any, Answer],
    *,
    tell: Callable[[], Awaitable[None]] | None = None,
) -> Answer:
    """Wait for work that can be stopped: by a person, or with this process."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=_POLL_SECONDS))[0]:
            await _stop_if_asked(job)
            if tell is not None:
                await tell()
        return task.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


async def _prices(instance: Instance, solution: Solution) -> list[RulePrice]:
    if len(instance.households) > _PRICED_HOUSEHOLDS:
        return []
    return await price_of_rules(instance, solution, seconds=_RULE_SECONDS)


async def set_aside(tx: Tx, *, run_id: UUID, proposal_id: UUID, reason: str) -> Proposal:
    """Note that a person does not follow a proposal, and why. Nothing else changes."""
    await visible_run(tx, run_id)
    proposal = await tx.get(Proposal, proposal_id, lock=True)
    if proposal is None or proposal.run_id != run_id:
        raise NotFound("Een voorstel met dit nummer is niet gevonden.")
    if proposal.status == "open":
        proposal.status = "set-aside"
        proposal.set_aside_reason = reason
        await tx.flush()
    return proposal
