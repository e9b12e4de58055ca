# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of the roll call: taken in with the request, worked off by a job.

A file is first read as a whole (a fault in its columns means that nothing of it counts) and then
entered in parts of a thousand rows, each in a transaction of its own together with what became of
its rows. A kill in between costs at most the part that was under way, which is then done again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import faults
from chassis.background import Later, enqueue
from chassis.db import Operation, Tx
from chassis.errors import FieldError, Problem, ReferenceNotYetKnown
from chassis.job_rows import (
    JobRow,
    NewRow,
    Outcome,
    clear_rows,
    count_rows,
    document_in_file,
    new_row,
    pages_of_rows,
    save_rows,
    settle_rows,
    subjects_of_rows,
)
from chassis.service import BackgroundJob, Context
from chassis.sheets import Fault, Form
from services.learning_routes.actions.batches import BatchRow, RowResult, contradiction, record_batch
from services.learning_routes.actions.counting import count_outcomes, count_post
from services.learning_routes.errors import FileNotUsable
from services.learning_routes.partners.attendance_files import (
    FileHeader,
    lines_of,
    look,
)
from services.learning_routes.rules import AttendanceStatus, DayPart
from services.learning_routes.rules.attendance_files import Row

__all__ = ["ATTENDANCE_FILE", "FINAL", "check_file", "process_file", "queue_file", "unusable"]

ATTENDANCE_FILE = "attendance-file"
"""The kind of job."""

FINAL = ("accepted", "corrected", "unchanged", "rejected")
WAITING = "waiting"  # for a person or a reference that may be on its way
WAIT_SECONDS = 60
AGAIN_SECONDS = 2.0
PART = 1000  # rows of one transaction
_READ_PART = 5000  # rows that are kept in one transaction while reading
_READ_PERCENT = 10  # of the progress is for reading


def unusable(fault: Fault) -> Problem:
    """The fault of a file that cannot be used as a whole."""
    return FileNotUsable(
        fault.detail, errors=[FieldError(code=fault.code, detail=fault.detail, parameter="file")]
    )


async def check_file(data: bytes, form: Form) -> None:
    """Refuse a file whose columns or construction are wrong, before it becomes a job.

    Raises:
        FileNotUsable: the reason, with the column where it is one.
    """
    found = await look(data, form)
    if isinstance(found, Fault):
        raise unusable(found)


async def queue_file(tx: Tx, data: bytes, form: Form) -> UUID:
    """Make a job of a file that `check_file` passed; it runs with the rights of the caller."""
    count_post(tx, "file")
    return await enqueue(tx, ATTENDANCE_FILE, payload={"form": form}, data=data)


async def process_file(context: Context, job: BackgroundJob, *, operation: Operation) -> dict[str, Any]:
    """Read and enter a file, or go on where an earlier attempt stopped.

    Raises:
        FileNotUsable: nothing of the file was entered.
        Later: rows wait for a person who is not known yet.
    """
    if not job.result.get("read"):
        await _read(context, job)
    while await _part(context, job, operation, final=False):
        pass
    waited_enough = await _age(context, job) >= WAIT_SECONDS
    after = 0
    while last := await _part(context, job, operation, final=waited_enough, waiting_after=after):
        after = last
    async with context.begin(job.caller) as tx:
        waiting = (await count_rows(tx, job.id)).get(WAITING, 0)
    if waiting:
        raise Later(AGAIN_SECONDS)
    return job.result


async def _age(context: Context, job: BackgroundJob) -> float:
    """Seconds since the job was begun, in real time."""
    async with context.begin() as tx:
        return float(
            await tx.scalar(
                sa.text("SELECT extract(epoch FROM clock_timestamp() - CAST(:at AS timestamptz))"),
                {"at": job.started_at},
            )
        )


# Reading


async def _read(context: Context, job: BackgroundJob) -> None:
    """Keep every line of the file as a row of the job, the unreadable ones as rejected."""
    form: Form = "xlsx" if job.payload["form"] == "xlsx" else "csv"
    async with context.begin(job.caller) as tx:
        await clear_rows(tx, job.id)
    names: Mapping[str, str] = {}
    lines = total = 0
    pending: list[NewRow] = []
    async with aclosing(lines_of(job.input or b"", form)) as answers:
        async for answer in answers:
            if isinstance(answer, Fault):
                async with context.begin(job.caller) as tx:
                    await clear_rows(tx, job.id)
                raise unusable(answer)
            if isinstance(answer, FileHeader):
                names, lines = answer.names, answer.lines
                continue
            pending.extend(new_row(line, names) for line in answer)
            if len(pending) >= _READ_PART:
                total += len(pending)
                percent = min(_READ_PERCENT - 1, _READ_PERCENT * total // max(lines, total))
                await _keep(context, job, pending, percent=percent, result={})
                pending = []
    total += len(pending)
    await _keep(context, job, pending, percent=_READ_PERCENT - 1, result={})
    async with context.begin(job.caller) as tx:
        await _reject_contradictions(tx, job.id)
        counts = await count_rows(tx, job.id)
        result = {
            **{outcome: counts.get(outcome, 0) for outcome in FINAL},
            "read": True,
            "total": total,
            "names": dict(names),
        }
        await job.advance(tx, _percent(result), result)
        count_outcomes(tx, "file", {"rejected": counts.get("rejected", 0)})
    job.result = result


async def _keep(
    context: Context, job: BackgroundJob, rows: Sequence[NewRow], *, percent: int, result: dict[str, Any]
) -> None:
    async with context.begin(job.caller) as tx:
        if rows:
            organisation = job.caller.organisation_id if job.caller else None
            await save_rows(tx, job.id, rows, organisation_id=organisation)
        await job.advance(tx, percent, result)


async def _reject_contradictions(tx: Tx, job_id: UUID) -> None:
    """Reject rows of which another row, anywhere in the file, says something else about the same lesson.

    Rows that name one person in two ways are not seen here: the later of them is rejected when its
    turn comes.
    """
    rows = await tx.rows(
        sa.text(
            """
            SELECT number, CASE WHEN number = first THEN last ELSE first END AS other FROM (
                SELECT number, min(number) OVER same AS first, max(number) OVER same AS last,
                       min(data->>5) OVER same <> max(data->>5) OVER same
                       OR min(CAST(data->>4 AS numeric)) OVER same <> max(CAST(data->>4 AS numeric)) OVER same
                       AS contradicted
                FROM background_job_row WHERE job_id = :job AND outcome IS NULL
                WINDOW same AS (
                    PARTITION BY coalesce(data->>0, 'r' || (data->>1)), data->>2, data->>3
                    RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
            ) said WHERE contradicted ORDER BY number
            """
        ),
        {"job": job_id},
    )
    if rows:
        await settle_rows(
            tx,
            job_id,
            [
                Outcome(row.number, "rejected", result=document_in_file(contradiction(row.other), {}))
                for row in rows
            ],
        )


# Entering


async def _part(
    context: Context,
    job: BackgroundJob,
    operation: Operation,
    *,
    final: bool,
    waiting_after: int | None = None,
) -> int:
    """Enter the next part. Answers the number of its last row, 0 where nothing is left.

    Args:
        context: of the service.
        job: whose rows.
        operation: what the log calls it.
        final: whether a row whose person is not known is rejected now; otherwise it waits.
        waiting_after: take rows that wait, after this number; None takes rows that were not tried yet.
    """
    async with context.begin(job.caller, operation=operation) as tx:
        rows = await pages_of_rows(
            tx,
            job.id,
            to_do=waiting_after is None,
            outcomes=None if waiting_after is None else [WAITING],
            after=waiting_after or 0,
            limit=PART,
        )
        if not rows:
            return 0
        batch = [BatchRow(row.number, _values(row)) for row in rows]
        earlier = partial(subjects_of_rows, tx, job.id)
        results = await record_batch(tx, batch, source="file", earlier_rows=earlier)
        outcomes = [_outcome(result, job.result["names"], final=final) for result in results]
        await settle_rows(tx, job.id, outcomes)
        counted = dict(job.result)
        for outcome in outcomes:
            if outcome.outcome in FINAL:
                counted[outcome.outcome] += 1
        await job.advance(tx, _percent(counted), counted)
        count_outcomes(tx, "file", Counter(outcome.outcome for outcome in outcomes))
    job.result = counted
    faults.hit("in-background-job")
    return rows[-1].number


def _values(row: JobRow) -> Row:
    person, reference, day, part, hours, status, external_id = row.data
    return Row(
        inburgeraar_id=None if person is None else UUID(person),
        provider_reference=reference,
        lesson_date=date.fromisoformat(day),
        day_part=DayPart(part),
        hours=None if hours is None else Decimal(hours),
        status=AttendanceStatus(status),
        external_id=external_id,
    )


def _outcome(result: RowResult, names: Mapping[str, str], *, final: bool) -> Outcome:
    problem = result.problem
    waits = isinstance(problem, ReferenceNotYetKnown) and not final
    return Outcome(
        result.number,
        WAITING if waits else result.outcome,
        subject=result.attendance_id,
        result=None if problem is None else document_in_file(problem, names),
    )


def _percent(result: Mapping[str, Any]) -> int:
    """Between the share of reading and 99; the worker itself writes 100."""
    done = sum(int(result[outcome]) for outcome in FINAL)
    total = int(result["total"])
    return _READ_PERCENT if not total else min(99, _READ_PERCENT + (100 - _READ_PERCENT) * done // total)
