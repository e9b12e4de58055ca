# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Attendance as a file: sent on to the platform, followed with a progress bar, explained row by row."""

from collections.abc import AsyncIterator
from pathlib import PurePath
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.visit import Visit

__all__ = ["explain", "progress", "rows_file", "send", "show"]

BATCHES = "/learning-routes/v1/attendance-batches"
JOBS = "/learning-routes/v1/jobs"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PIECE = 65_536
MOST_ROWS_SHOWN = 200
ENDED = ("done", "failed")


async def show(visit: Visit) -> Response:
    """Where a file is chosen."""
    return visit.render("school/upload.html", form=Form())


async def explain(visit: Visit) -> Response:
    """The columns that are read."""
    return visit.render("school/upload_help.html")


async def send(visit: Visit) -> Response:
    """Pass the file on and go to its job."""
    file = (await visit.form()).get("file")
    form = Form({"file": ""})
    if not isinstance(file, UploadFile) or not file.filename:
        form.errors["file"] = "Kies eerst een bestand."
        return visit.render("school/upload.html", status=400, form=form)
    media_type = MEDIA_TYPES.get(PurePath(file.filename).suffix.lower())
    if media_type is None:
        form.errors["file"] = "Kies een bestand dat eindigt op .csv of .xlsx."
    elif not file.size:
        form.errors["file"] = "Dit bestand is leeg. Kies een ander bestand."
    elif file.size > visit.portal.settings.upload_megabytes * 1_000_000:
        form.errors["file"] = (
            f"Dit bestand is groter dan {visit.portal.settings.upload_megabytes} MB. Verdeel het over meer bestanden."
        )
    if form.errors or media_type is None:
        return visit.render("school/upload.html", status=400, form=form)
    try:
        location = await visit.gateway.upload(BATCHES, media_type=media_type, content=_pieces(file))
    except Fault as fault:
        if fault.status in {400, 413, 415}:
            form.absorb(fault)
            return visit.render("school/upload.html", status=fault.status, form=form)
        raise
    return visit.go(f"/portal/aanleveren/{UUID(location.rstrip('/').rsplit('/', 1)[-1])}")


async def progress(visit: Visit) -> Response:
    """How far the platform is with the file; the rows that need a person when it is done."""
    job = await visit.gateway.get(f"{JOBS}/{visit.path('job_id')}")
    rows: list[Json] = []
    if job["status"] == "done" and job["rejected"]:
        answer = await visit.gateway.get(
            f"{JOBS}/{visit.path('job_id')}/rows", outcome="rejected", pageSize=MOST_ROWS_SHOWN
        )
        rows = answer["items"]
    more = max(0, int(job["rejected"]) - len(rows))
    if not visit.is_htmx:
        return visit.render("school/job.html", job=job, rows=rows, more=more)
    part = visit.render("school/job_part.html", job=job)
    if job["status"] in ENDED:
        # The whole page again: focus and the heading then tell the result.
        part.headers["HX-Refresh"] = "true"
    return part


async def rows_file(visit: Visit) -> Response:
    """Every row with what became of it, for a spreadsheet."""
    path = f"{JOBS}/{visit.path('job_id')}/rows"
    answer = await visit.gateway.call("GET", path, headers={"Accept": "text/csv"})
    headers = {"Content-Disposition": 'attachment; filename="resultaat-aanwezigheid.csv"'}
    return Response(answer.content, media_type="text/csv", headers=headers)


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE):
        yield piece
