# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files with households or dwellings: taken in with the request, worked off by a job.

Each part of a file is a transaction with what became of its rows, so a kill in between loses and
repeats nothing. A dry run does the same and takes it all back: what it says is what would happen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis import faults
from chassis.background import enqueue
from chassis.db import Operation, Tx
from chassis.errors import FieldError, InvalidInput, Problem
from chassis.job_rows import (
    JobRow,
    Outcome,
    clear_rows,
    count_rows,
    document_in_file,
    new_row,
    pages_of_rows,
    save_rows,
    settle_rows,
)
from chassis.service import BackgroundJob, Context
from chassis.sheets import Fault, Form
from services.housing.actions.import_rows import Gone, RowDone, enter_dwelling, enter_household, gone_of
from services.housing.errors import HousingFileNotUsable
from services.housing.partners.table_files import FileLine, read_file
from services.housing.rules.import_files import Kind, told_twice

__all__ = ["FINAL", "JOB_KINDS", "UNLINKED", "check_file", "process_import", "queue_import"]

JOB_KINDS: Mapping[Kind, str] = {"households": "household-file", "dwellings": "dwelling-file"}
FINAL = ("accepted", "corrected", "unchanged", "rejected")
UNLINKED: Mapping[str, bool] = {"unlinked": True}
"""The result of a row that ended the link of a household."""
PART = 200  # rows of one transaction


class _TakeBackError(Exception):
    """A dry run is over: undo what it did."""


async def check_file(data: bytes, form: Form, kind: Kind) -> None:
    """Refuse a file that cannot be used as a whole, before it becomes a job.

    Raises:
        HousingFileNotUsable: the reason, with the column where it is one.
    """
    found = await read_file(data, form, kind)
    if isinstance(found, Fault):
        raise _unusable(found)


def _unusable(fault: Fault) -> Problem:
    errors = [FieldError(code=fault.code, detail=fault.detail, parameter=fault.field or "file")]
    return HousingFileNotUsable(fault.detail, errors=errors)


async def queue_import(
    tx: Tx,
    kind: Kind,
    data: bytes,
    form: Form,
    *,
    dry_run: bool,
    gemeentecode: str | None,
    corporation_id: UUID | None,
) -> UUID:
    """Make a job of a file that `check_file` passed; it runs with the rights of the caller."""
    return await enqueue(
        tx,
        JOB_KINDS[kind],
        payload={
            "form": form,
            "dryRun": dry_run,
            "gemeentecode": gemeentecode,
            "corporationId": None if corporation_id is None else str(corporation_id),
        },
        data=data,
        gemeentecode=gemeentecode,
    )


async def process_import(
    context: Context, job: BackgroundJob, kind: Kind, *, operation: Operation
) -> dict[str, Any]:
    """Read and enter a file, or go on where an earlier attempt stopped.

    Raises:
        HousingFileNotUsable: nothing of the file was entered.
    """
    if not job.result.get("read"):
        await _read(context, job, kind)
    while await _part(context, job, kind, operation):
        pass
    return job.result


async def _read(context: Context, job: BackgroundJob, kind: Kind) -> None:
    form: Form = "xlsx" if job.payload["form"] == "xlsx" else "csv"
    table = await read_file(job.input or b"", form, kind)
    if isinstance(table, Fault):
        raise _unusable(table)
    async with context.begin(job.caller) as tx:
        await clear_rows(tx, job.id)
        rows = [new_row(line, table.names) for line in _once(kind, table.lines)]
        if rows:
            organisation = job.caller.organisation_id if job.caller else None
            await save_rows(tx, job.id, rows, organisation_id=organisation)
        counts = await count_rows(tx, job.id)
        result = {
            **{outcome: counts.get(outcome, 0) for outcome in FINAL},
            "unlinked": 0,
            "read": True,
            "total": len(rows),
            "names": dict(table.names),
            "dryRun": bool(job.payload.get("dryRun")),
        }
        await job.advance(tx, 10, result)
    job.result = result


def _once(kind: Kind, lines: Sequence[FileLine]) -> list[FileLine]:
    """The lines of a file, those refused that tell otherwise of what an earlier line tells of."""
    readable = [(line.line, line.values) for line in lines if line.faults is None]
    twice = told_twice(kind, readable)
    return [
        line if line.line not in twice else replace(line, values=None, faults=[_twice(twice[line.line])])
        for line in lines
    ]


def _twice(first: int) -> dict[str, str | None]:
    detail = f"Dit kenmerk staat ook op regel {first}, met andere gegevens. Laat één van beide regels staan."
    return {"code": "twice-in-file", "detail": detail, "field": "reference"}


async def _part(context: Context, job: BackgroundJob, kind: Kind, operation: Operation) -> bool:
    """Enter the next rows; answers whether there may be more. A dry run enters all of them at once."""
    dry = bool(job.payload.get("dryRun"))
    outcomes: list[Outcome] = []
    try:
        async with context.begin(job.caller, operation=operation) as tx:
            limit = int(job.result["total"]) if dry else PART
            rows = await pages_of_rows(tx, job.id, outcomes=None, to_do=True, limit=max(1, limit))
            if not rows:
                return False
            gone: Gone = {}
            if kind == "households":
                named = job.payload.get("gemeentecode")
                gone = await gone_of(tx, [row.data for row in rows], gemeentecode=named)
            outcomes.extend([await _enter(tx, job, kind, row, gone) for row in rows])
            if dry:
                raise _TakeBackError
            await _settle(tx, job, outcomes)
    except _TakeBackError:
        async with context.begin(job.caller) as tx:
            await _settle(tx, job, outcomes)
    faults.hit("in-background-job")
    return True


async def _settle(tx: Tx, job: BackgroundJob, outcomes: list[Outcome]) -> None:
    await settle_rows(tx, job.id, outcomes)
    counted = dict(job.result)
    for outcome in outcomes:
        counted[outcome.outcome] += 1
        ended = outcome.outcome == "corrected" and outcome.result == UNLINKED
        counted["unlinked"] = counted.get("unlinked", 0) + ended
    done = sum(int(counted[name]) for name in FINAL)
    await job.advance(tx, min(99, 10 + 89 * done // max(1, int(counted["total"]))), counted)
    job.result = counted


async def _enter(tx: Tx, job: BackgroundJob, kind: Kind, row: JobRow, gone: Gone) -> Outcome:
    """Enter one row in a savepoint of its own: a row that is refused leaves nothing behind."""
    try:
        async with tx.attempt():
            done = await _do(tx, job, kind, dict(row.data), gone)
    except sa.exc.IntegrityError:  # another row or desk was first, or the numbers do not go together
        clash = InvalidInput.on(
            "/reference", "Deze regel gaat niet samen met wat er al is vastgelegd.", code="contradicts"
        )
        return Outcome(row.number, "rejected", result=document_in_file(clash, job.result["names"]))
    except Problem as problem:
        return Outcome(row.number, "rejected", result=document_in_file(problem, job.result["names"]))
    result = dict(UNLINKED) if done.unlinked else None
    return Outcome(row.number, done.outcome, subject=done.subject, result=result)


async def _do(tx: Tx, job: BackgroundJob, kind: Kind, values: dict[str, Any], gone: Gone) -> RowDone:
    if kind == "households":
        return await enter_household(tx, values, gemeentecode=job.payload.get("gemeentecode"), gone=gone)
    named = job.payload.get("corporationId")
    return await enter_dwelling(tx, values, corporation_id=None if named is None else UUID(named))
