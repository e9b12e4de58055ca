# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of the roll call that are being worked off: how far, and what became of each row."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from chassis.background import JobState
from chassis.db import Tx
from chassis.errors import NotFound
from chassis.exports import csv_of
from chassis.job_answers import visible_job
from chassis.job_rows import JobRow, pages_of_rows
from chassis.web import Page, PagingDep, Router, TxDep, problems
from services.learning_routes.actions.attendance_files import FINAL
from services.learning_routes.api.batch_schemas import CSV, JSON, JobOut, JobRowOut
from services.learning_routes.api.declarations import SCHOOL, education

router = Router()

_BASE = "/learning-routes/v1/jobs"
_DOWNLOAD_ROWS = 10_000  # of one question to the database


def job_place(job_id: UUID) -> str:
    """The address of a job."""
    return f"{_BASE}/{job_id}"


def job_out(job: JobState) -> JobOut:
    """The job for the one who asked for it."""
    return JobOut.model_validate(
        {
            "id": job.id,
            "status": job.status,
            "progress": job.progress,
            **{outcome: job.result.get(outcome, 0) for outcome in FINAL},
            "rows_url": f"{job_place(job.id)}/rows",
            "problem": job.error,
            "created_at": job.created_at,
            "finished_at": job.finished_at,
        }
    )


@router.get(
    "/jobs/{jobId}",
    operation_id="readJob",
    summary="De voortgang van een verwerking",
    response_model=JobOut,
    responses=problems(NotFound),
    openapi_extra=education(SCHOOL, "aanwezigheid-vastleggen"),
)
async def read_job(jobId: UUID, tx: TxDep) -> JobOut:  # noqa: N803 - as in the path
    """Hoever de verwerking van een bestand is. Alleen de organisatie die het aanleverde ziet dit."""
    return job_out(await visible_job(tx, jobId))


@router.get(
    "/jobs/{jobId}/rows",
    operation_id="listJobRows",
    summary="Wat er van elke regel van een bestand is geworden",
    response_model=Page[JobRowOut],
    responses={
        200: {
            "content": {CSV: {"schema": {"type": "string", "description": "Alle regels, om op te slaan."}}}
        },
        **problems(NotFound),
    },
    openapi_extra={
        **education(SCHOOL, "aanwezigheid-vastleggen"),
        "x-body": {"produces": [JSON, CSV]},
    },
)
async def list_job_rows(
    jobId: UUID,  # noqa: N803 - as in the path
    tx: TxDep,
    paging: PagingDep,
    request: Request,
    outcome: Annotated[
        Literal["accepted", "corrected", "unchanged", "rejected", "waiting"] | None,
        Query(description="Alleen regels met deze uitkomst."),
    ] = None,
) -> Any:
    """De regels in hun volgorde. Met `Accept: text/csv` alle regels als bestand."""
    await visible_job(tx, jobId)
    outcomes = None if outcome is None else [outcome]
    if CSV in request.headers.get("accept", ""):
        return await _download(tx, jobId, outcomes)
    key = paging.position(int)
    rows = await pages_of_rows(
        tx, jobId, outcomes=outcomes, after=min(key[0], 2**31 - 1) if key else 0, limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.number,), item=_job_row_out)


def _job_row_out(row: JobRow) -> JobRowOut:
    return JobRowOut.model_validate(
        {
            "row": row.number,
            "line": row.line,
            "outcome": row.outcome or "waiting",
            "attendance_id": row.subject,
            "external_id": _external_id(row),
            "problem": row.result,
        }
    )


def _external_id(row: JobRow) -> str | None:
    return None if row.data is None else row.data[-1]


_OUTCOMES = {
    "accepted": "aangenomen",
    "corrected": "gecorrigeerd",
    "unchanged": "ongewijzigd",
    "rejected": "afgewezen",
}


async def _download(tx: Tx, job_id: UUID, outcomes: Sequence[str] | None) -> Response:
    """All rows as CSV for a spreadsheet."""
    lines: list[tuple[Any, ...]] = []
    last = 0
    while rows := await pages_of_rows(tx, job_id, outcomes=outcomes, after=last, limit=_DOWNLOAD_ROWS):
        last = rows[-1].number
        for row in rows:
            problem = row.result or {}
            columns = ", ".join(error.get("parameter", "") for error in problem.get("errors", ()))
            lines.append(
                (
                    row.line,
                    _OUTCOMES.get(row.outcome or "", "nog niet verwerkt"),
                    _external_id(row),
                    problem.get("code"),
                    columns,
                    problem.get("detail"),
                )
            )
    content = csv_of(("regel", "uitkomst", "extern-id", "code", "kolommen", "uitleg"), lines)
    return Response(
        content,
        media_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="verwerking-{job_id}.csv"'},
    )
