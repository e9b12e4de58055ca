# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll call in bulk: JSON that is answered at once, and files that become a job."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.db import Tx
from chassis.errors import FieldError, InvalidInput, Problem, UnsupportedMedia
from chassis.job_answers import visible_job
from chassis.problems import field_error, type_base
from chassis.sheets import Fault, form_of
from chassis.uploads import FORM_BYTES, file_in_form
from chassis.web import Router, Unit, problems
from services.learning_routes.actions.attendance_files import FINAL, check_file, queue_file
from services.learning_routes.actions.batches import (
    BatchRow,
    RowResult,
    record_batch,
    refuse_unless_all_good,
)
from services.learning_routes.actions.counting import count_outcomes, count_post, count_refused_rows
from services.learning_routes.api.batch_jobs import job_out, job_place
from services.learning_routes.api.batch_schemas import (
    CSV,
    FORM,
    JSON,
    MAX_JSON_ROWS,
    REQUEST_BODY,
    XLSX,
    AttendanceRowIn,
    BatchOut,
    JobOut,
)
from services.learning_routes.api.declarations import SCHOOL, education
from services.learning_routes.errors import BatchRejected, FileNotUsable

router = Router()

MAX_JSON_BYTES = 5 * 1024 * 1024
MAX_FILE_BYTES = 20 * 1024 * 1024


class _BatchIn(BaseModel):
    """The body; its rows are read one by one, so that a bad one is explained and the others are kept."""

    model_config = ConfigDict(extra="forbid")

    rows: list[Any] = Field(max_length=MAX_JSON_ROWS)
    atomic: bool = Field(default=False, strict=True)


@router.post(
    "/attendance-batches",
    operation_id="postAttendanceBatch",
    summary="Aanwezigheid in bulk vastleggen",
    response_model=None,
    responses={
        200: {"model": BatchOut, "description": "Verwerkt: per regel het antwoord."},
        202: {
            "model": JobOut,
            "description": "Het bestand wordt verwerkt; de voortgang staat op Location.",
            "links": {
                "job": {"operationId": "readJob", "parameters": {"jobId": "$response.body#/id"}},
                "rows": {"operationId": "listJobRows", "parameters": {"jobId": "$response.body#/id"}},
            },
            "headers": {
                "Location": {
                    "description": "Het adres van de verwerking.",
                    "schema": {"type": "string", "format": "uri-reference"},
                }
            },
        },
        **problems(BatchRejected, FileNotUsable),
    },
    openapi_extra={
        **education(SCHOOL, "aanwezigheid-vastleggen"),
        "requestBody": REQUEST_BODY,
        "x-body": {
            "consumes": [JSON, FORM, CSV, XLSX],
            "maxBytes": {
                JSON: MAX_JSON_BYTES,
                FORM: MAX_FILE_BYTES + FORM_BYTES,
                CSV: MAX_FILE_BYTES,
                XLSX: MAX_FILE_BYTES,
            },
        },
    },
)
async def post_attendance_batch(request: Request) -> Response:
    """Legt aanwezigheid van veel inburgeraars en lessen vast.

    Goede regels worden vastgelegd en foute uitgelegd, tenzij `atomic` waar is. Nog eens sturen verandert
    niets; andere gegevens zijn een correctie. JSON wordt meteen beantwoord; een bestand wordt een
    verwerking die u op Location volgt.
    """
    unit: Unit = request.state.unit
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    if media in {"", JSON}:
        return await _enter_rows(unit, body)
    return await _take_file(
        unit, body if media != FORM else file_in_form(request, body, most=MAX_FILE_BYTES), media
    )


async def _enter_rows(unit: Unit, body: bytes) -> Response:
    try:
        batch = _BatchIn.model_validate_json(body)
    except ValidationError as fault:
        errors = fault.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**error, "loc": ("body", *error["loc"])} for error in errors]
        ) from fault
    rows: list[BatchRow] = []
    refused: dict[int, Problem] = {}
    for number, raw in enumerate(batch.rows, start=1):
        row = _read_row(number, raw)
        if isinstance(row, BatchRow):
            rows.append(row)
        else:
            refused[number] = row
    tx = await unit.tx()
    results = await record_batch(tx, rows, source="batch") if rows else []
    for result in results:
        if result.problem is not None:
            refused[result.number] = _within(result.problem, result.number)
    if batch.atomic:
        count_refused_rows("batch", len(refused))
        refuse_unless_all_good(refused)
    return _answer(tx, batch.rows, {result.number: result for result in results}, refused)


def _read_row(number: int, raw: Any) -> BatchRow | Problem:
    """A row that can be read, or what is wrong with it."""
    try:
        values = AttendanceRowIn.model_validate(raw).values()
    except ValidationError as fault:
        place = ("body", "rows", number - 1)
        errors = [
            field_error({**error, "loc": (*place, *error["loc"])})
            for error in fault.errors(include_url=False, include_input=False)
        ]
        return InvalidInput(" ".join(dict.fromkeys(error.detail for error in errors)), errors=errors)
    if values.inburgeraar_id is None and values.provider_reference is None:
        return InvalidInput.on(
            f"/rows/{number - 1}/inburgeraarId",
            "Stuur inburgeraarId of providerReference mee.",
            code="required",
        )
    return BatchRow(number, values)


def _within(problem: Problem, number: int) -> Problem:
    """The same fault, pointing into the whole body."""
    problem.errors = [
        FieldError(code=error.code, detail=error.detail, pointer=f"/rows/{number - 1}{error.pointer or ''}")
        for error in problem.errors
    ]
    return problem


def _answer(
    tx: Tx, given: Sequence[Any], results: Mapping[int, RowResult], refused: Mapping[int, Problem]
) -> Response:
    counts = dict.fromkeys(FINAL, 0)
    rows = []
    for number, raw in enumerate(given, start=1):
        result = results.get(number)
        problem = refused.get(number)
        outcome = "rejected" if result is None or problem is not None else result.outcome
        counts[outcome] += 1
        external_id = raw.get("externalId") if isinstance(raw, dict) else None
        rows.append(
            {
                "row": number,
                "outcome": outcome,
                "attendanceId": str(result.attendance_id) if result and result.attendance_id else None,
                "approval": result.approval if result else None,
                "externalId": external_id if isinstance(external_id, str) else None,
                "problem": None
                if problem is None
                else problem.document(type_base=type_base(), instance=None),
            }
        )
    count_post(tx, "batch")
    count_outcomes(tx, "batch", counts)
    return Response(orjson.dumps({**counts, "rows": rows}), media_type=JSON)


async def _take_file(unit: Unit, data: bytes, media: str) -> Response:
    form = form_of(data[:16])
    if isinstance(form, Fault):
        raise UnsupportedMedia(form.detail, errors=[FieldError(form.code, form.detail, parameter="file")])
    if media != FORM and media != {"csv": CSV, "xlsx": XLSX}[form]:
        detail = "De inhoud is van een ander soort dan Content-Type zegt."
        raise UnsupportedMedia(
            detail, errors=[FieldError("other-kind-of-file", detail, parameter="Content-Type")]
        )
    await check_file(data, form)  # before the transaction begins: reading a file takes a while
    tx = await unit.tx()
    job_id = await queue_file(tx, data, form)
    content = job_out(await visible_job(tx, job_id)).model_dump_json(by_alias=True)
    return Response(content, 202, media_type=JSON, headers={"Location": job_place(job_id)})
