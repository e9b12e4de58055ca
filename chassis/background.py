# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Long work that a user asked for: queued with the request, done by a worker, resumed after a kill.

A worker holds a job by a lease that it renews. Whoever claims a job raises its `attempts`; every
write of a worker names the `attempts` it claimed with, so one that was thought dead and wakes up
again changes nothing any more. Leases are real time, whatever the legal clock says.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from chassis import faults, trace
from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import Problem
from chassis.inbox import database_is_away
from chassis.logs import log
from chassis.problems import type_base
from chassis.service import BackgroundJob, Context, Work

__all__ = ["JobState", "Later", "LeaseLost", "enqueue", "job_state", "run_background"]

LEASE_SECONDS = 30
HEARTBEAT_SECONDS = 10.0
POLL_SECONDS = 0.5
MAX_FAILURES = 5
KEEP_DAYS = 30
_BACKOFF_SECONDS = 2
_PRUNE_SECONDS = 600.0
_PRUNE_ROWS = 100
_STOP_SECONDS = 3.0


class Later(Exception):
    """Raised by work that can only go on after some seconds; other jobs run meanwhile."""

    def __init__(self, seconds: float) -> None:
        """Keep how long to wait at least."""
        super().__init__(f"go on after {seconds} s")
        self.seconds = seconds


class LeaseLost(Exception):
    """Another worker has the job now, or it ended: stop, and change nothing any more."""


async def enqueue(
    tx: Tx,
    kind: str,
    *,
    payload: Mapping[str, Any] | None = None,
    data: bytes | None = None,
    gemeentecode: str | None = None,
) -> UUID:
    """Queue work in this transaction; it runs with the rights of the caller, after the commit.

    Args:
        tx: its caller owns the job: only that organisation sees it.
        kind: which `Work` does it.
        payload: what the work needs to know, as JSON.
        data: the input, for example a file; deleted when the job ends.
        gemeentecode: the gemeente that it is about, if it is one.
    """
    caller = tx.caller
    job_id = uuid4()
    await tx.execute(
        sa.text(  # the search path of a transaction is its service's schema
            "INSERT INTO background_job (id, kind, payload, input, organisation_id, gemeentecode, "
            "created_by, caller, traceparent) VALUES (:id, :kind, CAST(:payload AS jsonb), :input, "
            ":organisation, :gemeentecode, :created_by, CAST(:caller AS jsonb), :traceparent)"
        ),
        {
            "id": job_id,
            "kind": kind,
            "payload": json.dumps(payload or {}),
            "input": data,
            "organisation": caller.organisation_id if caller else None,
            "gemeentecode": gemeentecode,
            "created_by": caller.subject if caller else None,
            "caller": json.dumps(caller.to_claims()) if caller else None,
            "traceparent": trace.current().traceparent,
        },
    )
    return job_id


@dataclass(frozen=True, slots=True)
class JobState:
    """How far a job is, for the one who asked for it."""

    id: UUID
    kind: str
    status: str  # queued | running | done | failed
    progress: int  # percent
    result: dict[str, Any]
    error: dict[str, Any] | None  # a problem document
    created_at: datetime
    finished_at: datetime | None


async def job_state(tx: Tx, job_id: UUID) -> JobState | None:
    """The job, if it is the caller's organisation's."""
    row = (
        await tx.execute(
            sa.text(
                "SELECT id, kind, CASE WHEN status = 'queued' AND started_at IS NOT NULL THEN 'running' "
                "ELSE status END AS status, progress, result, error, created_at, finished_at "
                "FROM background_job WHERE id = :id"
            ),
            {"id": job_id},
        )
    ).one_or_none()
    return None if row is None else JobState(**row._asdict())


async def run_background(context: Context, works: Sequence[Work], stop: asyncio.Event) -> None:
    """Be the worker of one service in this process: one job at a time, until the stop.

    A job that is under way at the stop goes back into the queue, and goes on where it was.
    """
    worker = _Worker(context, works)
    away = False
    while not stop.is_set():
        try:
            busy = await worker.step(stop)
            away = False
        except Exception as fault:  # noqa: BLE001 - the worker outlives whatever happens to one turn
            busy = False
            if not away:
                gone = database_is_away(fault)
                log().warning(
                    "background_worker_failed",
                    schema=context.database.schema,
                    fault=type(fault).__name__,
                    exc_info=None if gone else fault,
                )
            away = True
        if not busy:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)


class _Worker:
    """The turns of one worker."""

    def __init__(self, context: Context, works: Sequence[Work]) -> None:
        self._context = context
        self._works = {work.kind: work for work in works}
        self._pruned = 0.0
        s = self._schema = context.database.schema
        mine = "WHERE id = :id AND attempts = :attempts AND status = 'running'"
        lease = f"clock_timestamp() + interval '{LEASE_SECONDS} seconds'"
        self._claim = sa.text(
            # A job that is still running although its lease is over lost its worker: that is a failure.
            f"UPDATE {s}.background_job SET status = 'running', attempts = attempts + 1, "
            "failures = failures + CASE status WHEN 'running' THEN 1 ELSE 0 END, "
            f"started_at = coalesce(started_at, clock_timestamp()), lease_until = {lease} "
            f"WHERE id = (SELECT id FROM {s}.background_job WHERE status IN ('queued', 'running') "
            "AND kind = ANY(:kinds) AND (lease_until IS NULL OR lease_until < clock_timestamp()) "
            "ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, kind, payload, input, result, "
            "progress, caller, traceparent, attempts, failures, created_at, started_at"
        )
        self._renew = sa.text(f"UPDATE {s}.background_job SET lease_until = {lease} {mine}")
        self._advance = sa.text(
            f"UPDATE {s}.background_job SET progress = :progress, result = CAST(:result AS jsonb), "
            f"lease_until = {lease} {mine}"
        )
        self._release = sa.text(
            f"UPDATE {s}.background_job SET status = 'queued', failures = failures + :failed, "
            f"lease_until = clock_timestamp() + make_interval(secs => :seconds) {mine}"
        )
        self._end = sa.text(
            f"UPDATE {s}.background_job SET status = :status, progress = CASE :status WHEN 'done' THEN 100 "
            "ELSE progress END, result = coalesce(CAST(:result AS jsonb), result), error = CAST(:error AS jsonb), "
            f"finished_at = clock_timestamp(), lease_until = NULL, input = NULL {mine}"
        )
        self._cancelled = sa.text(f"SELECT cancel_asked FROM {s}.background_job WHERE id = :id")
        self._prune = sa.text(
            f"DELETE FROM {s}.background_job WHERE id IN (SELECT id FROM {s}.background_job "
            f"WHERE finished_at < clock_timestamp() - interval '{KEEP_DAYS} days' LIMIT {_PRUNE_ROWS})"
        )

    async def step(self, stop: asyncio.Event) -> bool:
        """Claim one job and work on it. Answers whether there was one."""
        await self._forget_old_jobs()
        async with self._context.begin() as tx:
            row = (await tx.execute(self._claim, {"kinds": list(self._works)})).one_or_none()
        if row is None:
            return False
        job = self._job(row)
        token = trace.enter(trace.parse(row.traceparent))
        try:
            if row.failures >= MAX_FAILURES:
                await self._finish(job, "failed", error=_gave_up())
                log().error("background_job_given_up", job=str(job.id), kind=job.kind)
            else:
                await self._work(job, stop)
        except LeaseLost:
            log().warning("background_job_taken_over", job=str(job.id), kind=job.kind)
        finally:
            trace.leave(token)
        return True

    def _job(self, row: Any) -> BackgroundJob:
        place = {"id": row.id, "attempts": row.attempts}

        async def advance(tx: Tx, progress: int, result: dict[str, Any]) -> None:
            values = {**place, "progress": progress, "result": json.dumps(result)}
            if not await tx.change(self._advance, values):
                raise LeaseLost

        async def report(progress: int, result: dict[str, Any]) -> None:
            async with self._context.begin() as tx:
                await advance(tx, progress, result)
            faults.hit("in-background-job")

        async def cancelled() -> bool:
            async with self._context.begin() as tx:
                return bool(await tx.scalar(self._cancelled, {"id": row.id}))

        return BackgroundJob(
            id=row.id,
            kind=row.kind,
            payload=row.payload,
            input=None if row.input is None else bytes(row.input),
            caller=None if row.caller is None else Caller.from_claims(row.caller),
            attempts=row.attempts,
            created_at=row.created_at,
            started_at=row.started_at,
            progress=row.progress,
            result=row.result,
            report=report,
            advance=advance,
            cancelled=cancelled,
        )

    async def _work(self, job: BackgroundJob, stop: asyncio.Event) -> None:
        """Run the work beside its heartbeat; whichever of work, heartbeat and stop comes first decides."""
        work = asyncio.ensure_future(self._works[job.kind].run(self._context, job))
        beat = asyncio.create_task(self._heartbeat(job))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, beat, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                await asyncio.wait({work}, timeout=_STOP_SECONDS)
            if beat.done() and not work.done():
                raise LeaseLost
            await self._settle(job, work)
        finally:
            for task in (work, beat, stopping):
                task.cancel()
            await asyncio.gather(work, beat, stopping, return_exceptions=True)

    async def _settle(self, job: BackgroundJob, work: "asyncio.Future[dict[str, Any]]") -> None:
        """Write down how the work ended."""
        if not work.done() or work.cancelled():  # the stop: the next worker may begin at once
            await self._put_back(job, seconds=0, failed=0)
            return
        fault = work.exception()
        if fault is None:
            await self._finish(job, "done", result=work.result())
            log().info("background_job_done", job=str(job.id), kind=job.kind)
        elif isinstance(fault, Later):
            await self._put_back(job, seconds=fault.seconds, failed=0)
        elif isinstance(fault, Problem):
            error = fault.document(type_base=type_base(), instance=f"urn:trace:{trace.current().trace_id}")
            await self._finish(job, "failed", error=error)
            log().info("background_job_refused", job=str(job.id), kind=job.kind, code=fault.code)
        elif isinstance(fault, LeaseLost):
            raise fault
        else:
            away = database_is_away(fault)
            log().error(
                "background_job_failed",
                job=str(job.id),
                kind=job.kind,
                fault=type(fault).__name__,
                exc_info=None if away else fault,
            )
            await self._put_back(job, seconds=_BACKOFF_SECONDS * job.attempts, failed=0 if away else 1)

    async def _heartbeat(self, job: BackgroundJob) -> None:
        """Renew the lease until it is lost. A database that is away for a moment is not a lost lease."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                async with self._context.begin() as tx:
                    kept = await tx.change(self._renew, {"id": job.id, "attempts": job.attempts})
            except Exception as fault:
                if not database_is_away(fault):
                    raise
                continue
            if not kept:
                return

    async def _put_back(self, job: BackgroundJob, *, seconds: float, failed: int) -> None:
        place = {"id": job.id, "attempts": job.attempts, "seconds": float(seconds), "failed": failed}
        async with self._context.begin() as tx:
            if not await tx.change(self._release, place):
                raise LeaseLost

    async def _finish(
        self,
        job: BackgroundJob,
        status: str,
        *,
        result: dict[str, Any] | None = None,
        error: dict[str, Any] | None = None,
    ) -> None:
        values = {
            "id": job.id,
            "attempts": job.attempts,
            "status": status,
            "result": None if result is None else json.dumps(result),
            "error": None if error is None else json.dumps(error),
        }
        async with self._context.begin() as tx:
            if not await tx.change(self._end, values):
                raise LeaseLost

    async def _forget_old_jobs(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._pruned and now < self._pruned + _PRUNE_SECONDS:
            return
        self._pruned = now
        async with self._context.begin() as tx:
            await tx.execute(self._prune)


def _gave_up() -> dict[str, Any]:
    problem = Problem("Het werk is herhaaldelijk afgebroken en gestopt. Beheer is op de hoogte.")
    return problem.document(type_base=type_base(), instance=f"urn:trace:{trace.current().trace_id}")
