# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Long work: files being entered and searches for matches, how far they are, and how to stop one."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from chassis.background import JobState
from chassis.errors import NotFound
from chassis.job_answers import RowProblemOut, visible_job
from chassis.job_rows import JobRow, pages_of_rows
from chassis.schema import described
from chassis.web import Count, Instant, InstantOrNone, Page, PagingDep, Router, Schema, TxDep, problems
from contracts.access import Role
from services.housing.actions.imports import FINAL, UNLINKED
from services.housing.actions.searches import cancel_job
from services.housing.api.declarations import CORPORATION, MUNICIPALITY, VWN, housing
from services.housing.errors import JobOver

router = Router()

SENDERS = MUNICIPALITY | VWN | CORPORATION | {Role.COA}
_BASE = "/housing/v1/jobs"


class JobOut(Schema):
    """Hoever een verwerking is."""

    id: UUID = described("De verwerking.")
    kind: Literal["household-file", "dwelling-file", "match-proposals"] = described("Wat er wordt gedaan.")
    status: Literal["queued", "running", "done", "failed"] = described("In de rij, bezig, klaar of mislukt.")
    progress: Count = described("Voortgang in procenten.", le=100)
    dry_run: bool = described("Proefverwerking: er is niets vastgelegd.")
    accepted: Count = described("Nieuw vastgelegd.")
    corrected: Count = described("Gewijzigd of ontkoppeld.")
    unlinked: Count = described("Hoeveel daarvan zijn ontkoppeld.")
    unchanged: Count = described("Stond er al precies zo.")
    rejected: Count = described("Afgewezen.")
    rows_url: str = described("Waar het antwoord per regel staat.")
    proposals_url: str | None = described("Waar de voorstellen van een zoekopdracht staan.")
    problem: RowProblemOut | None = described("Waarom de verwerking mislukte.")
    created_at: Instant = described("Wanneer het werk is gevraagd.")
    finished_at: InstantOrNone = described("Wanneer het klaar was.")


class JobRowOut(Schema):
    """Wat er van één regel van een bestand is geworden."""

    row: Count = described("Nummer van de regel, vanaf 1; lege regels en de kolomnamen tellen niet mee.")
    line: Count = described("De regel in het bestand, zoals Excel telt.")
    outcome: Literal["accepted", "corrected", "unchanged", "rejected", "waiting"]
    unlinked: bool = described("Of de regel de koppeling van het huishouden beëindigt.")
    subject_id: UUID | None = described("Het huishouden of de woning; bij een proefverwerking soms leeg.")
    problem: RowProblemOut | None = described("Waarom de regel is afgewezen, met de kolom.")


def job_place(job_id: UUID) -> str:
    """The address of a job."""
    return f"{_BASE}/{job_id}"


def job_out(job: JobState) -> JobOut:
    """The job for the one who asked for it."""
    search = job.kind == "match-proposals"
    return JobOut.model_validate(
        {
            "id": job.id,
            "kind": job.kind,
            "status": job.status,
            "progress": job.progress,
            "dry_run": bool(job.result.get("dryRun")),
            **{outcome: job.result.get(outcome, 0) for outcome in (*FINAL, "unlinked")},
            "rows_url": f"{job_place(job.id)}/rows",
            "proposals_url": f"/housing/v1/match-proposals/{job.id}/proposals" if search else None,
            "problem": job.error,
            "created_at": job.created_at,
            "finished_at": job.finished_at,
        }
    )


@router.get(
    "/jobs/{jobId}",
    operation_id="readHousingJob",
    summary="De voortgang van een verwerking",
    response_model=JobOut,
    responses=problems(NotFound),
    openapi_extra=housing(SENDERS, "verwerking-volgen"),
)
async def read_job(jobId: UUID, tx: TxDep) -> JobOut:  # noqa: N803 - as in the path
    """Hoever een bestand of zoekopdracht is. Alleen de organisatie die het vroeg ziet dit."""
    return job_out(await visible_job(tx, jobId))


@router.post(
    "/jobs/{jobId}/cancellation",
    operation_id="cancelHousingJob",
    summary="Een zoekopdracht stoppen",
    response_model=JobOut,
    responses=problems(NotFound, JobOver),
    openapi_extra=housing(MUNICIPALITY | VWN, "verwerking-volgen"),
)
async def cancel_housing_job(jobId: UUID, tx: TxDep) -> JobOut:  # noqa: N803 - as in the path
    """Stopt een zoekopdracht die loopt of wacht. Er wordt dan niets van bewaard."""
    job = await visible_job(tx, jobId)
    await cancel_job(tx, job)
    return job_out(await visible_job(tx, jobId))


@router.get(
    "/jobs/{jobId}/rows",
    operation_id="listHousingJobRows",
    summary="Wat er van elke regel van een bestand is geworden",
    response_model=Page[JobRowOut],
    responses=problems(NotFound),
    openapi_extra=housing(SENDERS, "verwerking-volgen"),
)
async def list_job_rows(
    jobId: UUID,  # noqa: N803 - as in the path
    tx: TxDep,
    paging: PagingDep,
    outcome: Annotated[
        Literal["accepted", "corrected", "unchanged", "rejected"] | None,
        Query(description="Alleen regels met deze uitkomst."),
    ] = None,
) -> Any:
    """De regels in hun volgorde, met de kolom van elke fout."""
    await visible_job(tx, jobId)
    key = paging.position(int)
    rows = await pages_of_rows(
        tx,
        jobId,
        outcomes=None if outcome is None else [outcome],
        after=min(key[0], 2**31 - 1) if key else 0,
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda row: (row.number,), item=_row_out)


def _row_out(row: JobRow) -> JobRowOut:
    return JobRowOut.model_validate(
        {
            "row": row.number,
            "line": row.line,
            "outcome": row.outcome or "waiting",
            "unlinked": row.result == UNLINKED,
            "subject_id": row.subject,
            "problem": row.result if row.outcome == "rejected" else None,
        }
    )
