# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files with households of TVS or dwellings of corporations: a job each, with a dry run."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from chassis.errors import AgreementMissing, FieldError, Forbidden, UnsupportedMedia
from chassis.job_answers import visible_job
from chassis.sheets import Fault, form_of
from chassis.uploads import FORM_BYTES, file_in_form
from chassis.web import Gemeentecode, Router, Unit, problems
from contracts.access import Role
from services.housing.actions.dwellings import corporation_for
from services.housing.actions.imports import check_file, queue_import
from services.housing.actions.visibility import check_sees
from services.housing.api.declarations import CORPORATION, MUNICIPALITY, VWN, housing
from services.housing.api.jobs import JobOut, job_out, job_place
from services.housing.errors import HousingFileNotUsable
from services.housing.rules.import_files import Kind

router = Router()

JSON, CSV, FORM = "application/json", "text/csv", "multipart/form-data"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_FILE_BYTES = 20 * 1024 * 1024

_FILE = {"type": "string", "format": "binary"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {"schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE}}},
            CSV: {"schema": _FILE},
            XLSX: {"schema": _FILE},
        },
    },
    "x-body": {
        "consumes": [FORM, CSV, XLSX],
        "maxBytes": {FORM: MAX_FILE_BYTES + FORM_BYTES, CSV: MAX_FILE_BYTES, XLSX: MAX_FILE_BYTES},
    },
}


def _answers() -> dict[int | str, dict[str, Any]]:
    return {
        202: {
            "model": JobOut,
            "description": "Het bestand wordt verwerkt; de voortgang staat op Location.",
            "links": {
                "job": {"operationId": "readHousingJob", "parameters": {"jobId": "$response.body#/id"}},
                "rows": {"operationId": "listHousingJobRows", "parameters": {"jobId": "$response.body#/id"}},
            },
            "headers": {
                "Location": {
                    "description": "Het adres van de verwerking.",
                    "schema": {"type": "string", "format": "uri-reference"},
                }
            },
        },
        **problems(Forbidden, AgreementMissing, HousingFileNotUsable),
    }


DryRun = Annotated[
    bool,
    Query(alias="dryRun", description="Alleen laten zien wat er zou gebeuren, zonder iets vast te leggen."),
]


@router.post(
    "/household-imports",
    operation_id="importHouseholds",
    summary="Gekoppelde huishoudens uit TVS inlezen",
    status_code=202,
    response_model=None,
    responses=_answers(),
    openapi_extra={**housing(MUNICIPALITY | {Role.COA}, "huishouden-vastleggen"), **_BODY},
)
async def import_households(
    request: Request,
    gemeentecode: Annotated[
        Gemeentecode | None, Query(description="De gemeente, als het bestand die kolom niet heeft.")
    ] = None,
    dry_run: DryRun = False,  # noqa: FBT002 - a parameter of the address
) -> Response:
    """Leest een uitvoer van TVS (CSV of XLSX): nieuwe koppelingen, wijzigingen en ontkoppelingen.

    Hetzelfde bestand nog eens verandert niets. Foute regels worden uitgelegd met regel en kolom; goede worden
    vastgelegd. Met dryRun gebeurt alles bij wijze van proef.
    """
    data, form = await _file(request)
    await check_file(data, form, "households")  # before the transaction begins: reading a file takes a while
    unit: Unit = request.state.unit
    tx = await unit.tx()
    code = gemeentecode or tx.acting.gemeentecode
    if code is not None:
        check_sees(tx, code)
    return await _queue(request, "households", data, form, dry_run=dry_run, gemeentecode=code)


@router.post(
    "/dwelling-imports",
    operation_id="importDwellings",
    summary="Woningen van een corporatie inlezen",
    status_code=202,
    response_model=None,
    responses=_answers(),
    openapi_extra={**housing(CORPORATION | VWN, "woning-aanbieden"), **_BODY},
)
async def import_dwellings(
    request: Request,
    corporation_id: Annotated[
        UUID | None,
        Query(alias="corporationId", description="De corporatie; een corporatie zelf laat dit weg."),
    ] = None,
    dry_run: DryRun = False,  # noqa: FBT002 - a parameter of the address
) -> Response:
    """Leest een lijst met woningen (CSV of XLSX): nieuwe aanbiedingen en verbeteringen, op het eigen woningnummer."""
    data, form = await _file(request)
    await check_file(data, form, "dwellings")
    unit: Unit = request.state.unit
    corporation = await corporation_for(await unit.tx(), corporation_id)
    return await _queue(request, "dwellings", data, form, dry_run=dry_run, corporation_id=corporation.id)


async def _file(request: Request) -> tuple[bytes, Any]:
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    data = body if media != FORM else file_in_form(request, body, most=MAX_FILE_BYTES)
    form = form_of(data[:16])
    if isinstance(form, Fault):
        raise UnsupportedMedia(form.detail, errors=[FieldError(form.code, form.detail, parameter="file")])
    if media != FORM and media != {"csv": CSV, "xlsx": XLSX}[form]:
        detail = "De inhoud is van een ander soort dan Content-Type zegt."
        raise UnsupportedMedia(
            detail, errors=[FieldError("other-kind-of-file", detail, parameter="Content-Type")]
        )
    return data, form


async def _queue(
    request: Request,
    kind: Kind,
    data: bytes,
    form: Any,
    *,
    dry_run: bool,
    gemeentecode: str | None = None,
    corporation_id: UUID | None = None,
) -> Response:
    unit: Unit = request.state.unit
    tx = await unit.tx()
    job_id = await queue_import(
        tx, kind, data, form, dry_run=dry_run, gemeentecode=gemeentecode, corporation_id=corporation_id
    )
    content = job_out(await visible_job(tx, job_id)).model_dump_json(by_alias=True)
    return Response(content, 202, media_type=JSON, headers={"Location": job_place(job_id)})
