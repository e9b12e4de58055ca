# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll call in bulk: JSON that is answered at once, and files that become a job."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import File, create_form_parser

from chassis.background import JobState, job_state
from chassis.errors import FieldError, InvalidInput, NotFound, Problem, TooLarge, UnsupportedMedia
from chassis.exports import csv_of
from chassis.job_rows import JobRow, pages_of_rows
from chassis.problems import field_error, type_base
from chassis.web import (
    Count,
    Day,
    HoursOrNone,
    Instant,
    InstantOrNone,
    Page,
    PagingDep,
    Router,
    Schema,
    TxDep,
    Unit,
    problems,
)
from services.learning_routes.actions.attendance_files import FINAL, check_file, queue_file
from services.learning_routes.actions.batches import (
    BatchRow,
    RowResult,
    record_batch,
    refuse_unless_all_good,
)
from services.learning_routes.api.common import SCHOOL, after, described, education
from services.learning_routes.errors import BatchRejected, FileNotUsable
from services.learning_routes.partners.attendance_files import form_of
from services.learning_routes.rules import AttendanceStatus, DayPart
from services.learning_routes.rules.attendance_files import MAX_TEXT, Fault, Row

router = Router(tags=["Aanwezigheid in bulk"])

MAX_JSON_ROWS = 5_000
MAX_JSON_BYTES = 5 * 1024 * 1024
MAX_FILE_BYTES = 20 * 1024 * 1024
_FORM_BYTES = 64 * 1024  # of a form, around its file
_MAX_PARTS = 10
_DOWNLOAD_ROWS = 10_000  # of one question to the database

JSON = "application/json"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORM = "multipart/form-data"

BASE = "/learning-routes/v1"

Outcome = Literal["accepted", "corrected", "unchanged", "rejected"]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


class AttendanceRowIn(Schema):
    """Eén inburgeraar bij één les."""

    inburgeraar_id: UUID | None = described(
        "Het id van de inburgeraar; dit of providerReference.", default=None
    )
    provider_reference: Text | None = described(
        "Uw eigen kenmerk, zoals het bij de plaatsing staat.", default=None
    )
    lesson_date: Day = described("De dag van de les.")
    day_part: DayPart = described("Het dagdeel van de les.")
    hours: HoursOrNone = described(
        "Gevolgde uren. Zonder opgave: de uren van de les bij 'present', anders 0.", default=None
    )
    status: AttendanceStatus = described("Wat de presentielijst zegt.")
    external_id: Text | None = described("Uw eigen nummer van deze regel.", default=None)

    def values(self) -> Row:
        """The row for the use case."""
        return Row(
            inburgeraar_id=self.inburgeraar_id,
            provider_reference=self.provider_reference,
            lesson_date=self.lesson_date,
            day_part=self.day_part,
            hours=self.hours,
            status=self.status,
            external_id=self.external_id,
        )


class _BatchIn(BaseModel):
    """The body; its rows are read one by one, so that a bad one is explained and the others are kept."""

    model_config = ConfigDict(extra="forbid")

    rows: list[Any] = Field(max_length=MAX_JSON_ROWS)
    atomic: bool = Field(default=False, strict=True)


class RowErrorOut(Schema):
    """Eén fout in een regel."""

    pointer: str | None = described("JSON-pointer naar de plaats in de inhoud.", default=None)
    parameter: str | None = described("De kolom van het bestand.", default=None)
    code: str = described("Vaste code voor programma's.")
    detail: str = described("Uitleg voor mensen.")


class RowProblemOut(Schema):
    """Waarom een regel is afgewezen (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = described("Pagina die de fout en het herstel uitlegt.")
    title: str = described("Korte omschrijving.")
    status: int = described("De statuscode die dezelfde fout bij een los verzoek heeft.")
    detail: str = described("Uitleg bij dit voorval.")
    instance: str | None = described("Altijd leeg bij een regel.", default=None)
    code: str = described("Vaste code voor programma's.")
    errors: list[RowErrorOut] = described("Alle fouten van deze regel.")
    rule: str | None = described("Het artikel, als de wet of een afspraak weigert.", default=None)


class RowOut(Schema):
    """Wat er van één regel is geworden."""

    row: Count = described("Nummer van de regel, vanaf 1.")
    outcome: Outcome = described("Aangenomen, gecorrigeerd, ongewijzigd of afgewezen.")
    attendance_id: UUID | None = described("De registratie; leeg bij een afgewezen regel.")
    approval: Literal["not-needed", "pending", "approved", "refused"] | None = described(
        "'pending': de registratie kwam na de termijn en telt pas na goedkeuring."
    )
    external_id: str | None = described("Uw eigen nummer van de regel.")
    problem: RowProblemOut | None = described("Waarom de regel is afgewezen.")


class BatchOut(Schema):
    """Het antwoord per regel."""

    accepted: Count = described("Nieuw vastgelegd.")
    corrected: Count = described("Gecorrigeerd.")
    unchanged: Count = described("Stond er al precies zo.")
    rejected: Count = described("Afgewezen.")
    rows: list[RowOut] = described("De regels, in de volgorde van het verzoek.")


class JobOut(Schema):
    """Hoever de verwerking van een bestand is."""

    id: UUID = described("De verwerking.")
    status: Literal["queued", "running", "done", "failed"] = described(
        "In de rij, bezig, klaar of mislukt. Bij mislukt is niets vastgelegd; 'problem' zegt waarom."
    )
    progress: Count = described("Voortgang in procenten.", le=100)
    accepted: Count = described("Nieuw vastgelegd.")
    corrected: Count = described("Gecorrigeerd.")
    unchanged: Count = described("Stond er al precies zo.")
    rejected: Count = described("Afgewezen.")
    rows_url: str = described("Waar het antwoord per regel staat.")
    problem: RowProblemOut | None = described("Waarom de verwerking mislukte.")
    created_at: Instant = described("Wanneer het bestand binnenkwam.")
    finished_at: InstantOrNone = described("Wanneer de verwerking klaar was.")


class JobRowOut(Schema):
    """Wat er van één regel van een bestand is geworden."""

    row: Count = described("Nummer van de regel, vanaf 1; lege regels en de kolomnamen tellen niet mee.")
    line: Count = described("De regel in het bestand, zoals Excel telt.")
    outcome: Literal["accepted", "corrected", "unchanged", "rejected", "waiting"] = described(
        "'waiting': nog niet verwerkt, of er wordt gewacht op een inburgeraar die nog niet bekend is."
    )
    attendance_id: UUID | None = described("De registratie; leeg bij een afgewezen regel.")
    external_id: str | None = described("Uw eigen nummer van de regel.")
    problem: RowProblemOut | None = described("Waarom de regel is afgewezen.")


def _row_schema() -> dict[str, Any]:
    """The schema of a row without references: the body is read by hand, so FastAPI does not know it."""
    made = AttendanceRowIn.model_json_schema(by_alias=True)
    parts = made.pop("$defs", {})

    def whole(value: Any) -> Any:
        if isinstance(value, list):
            return [whole(item) for item in value]
        if isinstance(value, dict):
            if "$ref" in value:
                found = parts[value["$ref"].rsplit("/", 1)[1]]
                return whole({**found, **{name: item for name, item in value.items() if name != "$ref"}})
            return {name: whole(item) for name, item in value.items() if name != "title"}
        return value

    schema: dict[str, Any] = whole(made)
    return schema


_EXAMPLE_ROW = {
    "inburgeraarId": "0b9f0a3e-8d2c-4c88-9a2b-7f1d5d3c2b20",
    "lessonDate": "2024-11-04",
    "dayPart": "morning",
    "status": "present",
    "externalId": "88121",
}
_BINARY = {"type": "string", "format": "binary"}
_REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "JSON met ten hoogste 5.000 regels en 5 MB, of een bestand van ten hoogste 20 MB.",
    "content": {
        JSON: {
            "schema": {
                "type": "object",
                "description": "Regels die meteen worden verwerkt.",
                "required": ["rows"],
                "additionalProperties": False,
                "properties": {
                    "rows": {
                        "type": "array",
                        "description": "De regels. Een regel die niet klopt wordt afgewezen en uitgelegd.",
                        "maxItems": MAX_JSON_ROWS,
                        "items": {
                            "anyOf": [_row_schema(), {"description": "Al het andere: een afgewezen regel."}]
                        },
                    },
                    "atomic": {
                        "type": "boolean",
                        "default": False,
                        "description": "Alles of niets: met een foute regel wordt niets vastgelegd (400).",
                    },
                },
                "examples": [{"rows": [_EXAMPLE_ROW], "atomic": False}],
            }
        },
        FORM: {
            "schema": {
                "type": "object",
                "description": "Een formulier met een bestand.",
                "required": ["file"],
                "properties": {
                    "file": {**_BINARY, "description": "CSV of XLSX; zie docs/attendance-files.md."}
                },
            },
            "encoding": {"file": {"contentType": f"{CSV}, {XLSX}"}},
        },
        CSV: {"schema": {**_BINARY, "description": "CSV in UTF-8 of Windows-1252, met komma of puntkomma."}},
        XLSX: {"schema": {**_BINARY, "description": "Een Excel-werkmap; het eerste werkblad telt."}},
    },
}


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
        "requestBody": _REQUEST_BODY,
        "x-body": {
            "consumes": [JSON, FORM, CSV, XLSX],
            "maxBytes": {
                JSON: MAX_JSON_BYTES,
                FORM: MAX_FILE_BYTES + _FORM_BYTES,
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
    return await _take_file(unit, body if media != FORM else _file_in_form(request, body), media)


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
        refuse_unless_all_good(refused)
    return _answer(batch.rows, {result.number: result for result in results}, refused)


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
    given: Sequence[Any], results: Mapping[int, RowResult], refused: Mapping[int, Problem]
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
                "attendanceId": result.attendance_id if result else None,
                "approval": result.approval if result else None,
                "externalId": external_id if isinstance(external_id, str) else None,
                "problem": None
                if problem is None
                else problem.document(type_base=type_base(), instance=None),
            }
        )
    return Response(orjson.dumps({**counts, "rows": rows}), media_type=JSON)


def _file_in_form(request: Request, body: bytes) -> bytes:
    """The file of a form, kept in memory: it is about people, so it does not go to a temporary folder.

    Raises:
        InvalidInput: the form cannot be read, or has no field `file`.
        TooLarge: the file in it is too large.
    """
    files: list[bytes] = []
    parts = 0

    def count(_: Any) -> None:
        nonlocal parts
        parts += 1
        if parts > _MAX_PARTS:
            raise FormParserError("too many parts")

    def keep(file: File) -> None:
        count(file)
        if file.field_name == b"file":
            file.file_object.seek(0)
            files.append(file.file_object.read())
        file.close()

    try:
        parser = create_form_parser(
            {"Content-Type": request.headers["content-type"].encode()},
            count,
            keep,
            {"MAX_MEMORY_FILE_SIZE": MAX_FILE_BYTES + _FORM_BYTES},
        )
        parser.write(body)
        parser.finalize()
    except (FormParserError, UnicodeError) as fault:
        raise InvalidInput(
            "Het formulier kan niet worden gelezen.",
            errors=[FieldError("form", "Stuur één bestand in het veld 'file'.", parameter="file")],
        ) from fault
    if len(files) != 1:
        raise InvalidInput(
            "Het formulier heeft geen bestand, of meer dan één.",
            errors=[FieldError("required", "Stuur één bestand in het veld 'file'.", parameter="file")],
        )
    if len(files[0]) > MAX_FILE_BYTES:
        raise TooLarge(f"Het bestand mag ten hoogste {MAX_FILE_BYTES} bytes zijn.")
    return files[0]


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
    job = await job_state(tx, job_id)
    if job is None:
        raise NotFound("De verwerking is niet gevonden.")
    place = f"{BASE}/jobs/{job_id}"
    content = _job_out(job).model_dump_json(by_alias=True)
    return Response(content, 202, media_type=JSON, headers={"Location": place})


def _job_out(job: JobState) -> JobOut:
    return JobOut.model_validate(
        {
            "id": job.id,
            "status": job.status,
            "progress": job.progress,
            **{outcome: job.result.get(outcome, 0) for outcome in FINAL},
            "rows_url": f"{BASE}/jobs/{job.id}/rows",
            "problem": job.error,
            "created_at": job.created_at,
            "finished_at": job.finished_at,
        }
    )


async def _visible_job(tx: TxDep, job_id: UUID) -> JobState:
    job = await job_state(tx, job_id)
    if job is None:
        raise NotFound("Een verwerking met dit nummer is niet gevonden.")
    return job


@router.get(
    "/jobs/{job_id}",
    operation_id="readJob",
    summary="De voortgang van een verwerking",
    response_model=JobOut,
    responses=problems(NotFound),
    openapi_extra=education(SCHOOL, "aanwezigheid-vastleggen"),
)
async def read_job(job_id: UUID, tx: TxDep) -> JobOut:
    """Hoever de verwerking van een bestand is. Alleen de organisatie die het aanleverde ziet dit."""
    return _job_out(await _visible_job(tx, job_id))


@router.get(
    "/jobs/{job_id}/rows",
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
    job_id: UUID,
    tx: TxDep,
    paging: PagingDep,
    request: Request,
    outcome: Annotated[
        Literal["accepted", "corrected", "unchanged", "rejected", "waiting"] | None,
        Query(description="Alleen regels met deze uitkomst."),
    ] = None,
) -> Any:
    """De regels in hun volgorde. Met `Accept: text/csv` alle regels als bestand."""
    await _visible_job(tx, job_id)
    outcomes = None if outcome is None else [outcome]
    if CSV in request.headers.get("accept", ""):
        return await _download(tx, job_id, outcomes)
    key = after(paging, int)
    rows = await pages_of_rows(
        tx, job_id, outcomes=outcomes, after=min(key[0], 2**31 - 1) if key else 0, limit=paging.fetch
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


async def _download(tx: TxDep, job_id: UUID, outcomes: Sequence[str] | None) -> Response:
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
