# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 1: the same POST without a database, with a row, and with a row and its event."""

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import sqlalchemy as sa

from chassis.db import Tx
from chassis.web import CallerDep, Count, Day, Gemeentecode, Instant, Router, Schema, ShortText, TxDep, access
from contracts.access import Purpose, Role
from contracts.intake import LeadAssigned

__all__ = ["router"]

router = Router()
_OPEN = access(
    roles={Role.TEACHER, Role.CONSULENT}, purpose=Purpose.EDUCATION, activity="meten", idempotency="accepted"
)
_INSERT = sa.text(
    "INSERT INTO bench.record (id, inburgeraar_id, gemeentecode, lesson_date, day_part, status, external_id) "
    "VALUES (:id, :inburgeraar_id, :gemeentecode, :lesson_date, :day_part, :status, :external_id)"
)
_FIRST = datetime(2024, 11, 5, 9, tzinfo=UTC)


class RecordIn(Schema):
    """Zes velden."""

    inburgeraar_id: UUID
    gemeentecode: Gemeentecode
    lesson_date: Day
    day_part: Literal["morning", "afternoon", "evening"]
    status: Literal["present", "excused", "sick", "unexcused"]
    external_id: ShortText


class RecordOut(RecordIn):
    """Negen velden."""

    id: UUID
    version: Count
    recorded_at: Instant


def _made(body: RecordIn) -> dict[str, Any]:
    return {**body.model_dump(), "id": uuid4(), "version": 1, "recorded_at": _FIRST}


async def _save(tx: Tx, made: dict[str, Any]) -> None:
    await tx.execute(_INSERT, {name: made[name] for name in made if name not in {"version", "recorded_at"}})


@router.post(
    "/records",
    operation_id="postRecord",
    summary="Meten zonder database",
    status_code=201,
    response_model=RecordOut,
    openapi_extra=_OPEN,
)
async def post_record(body: RecordIn, caller: CallerDep) -> dict[str, Any]:
    """Leest, controleert en antwoordt."""
    del caller
    return _made(body)


@router.post(
    "/plain-rows",
    operation_id="postPlainRow",
    summary="Meten met een rij",
    status_code=201,
    response_model=RecordOut,
    openapi_extra=_OPEN,
)
async def post_plain_row(body: RecordIn, tx: TxDep) -> dict[str, Any]:
    """Legt een rij vast."""
    made = _made(body)
    await _save(tx, made)
    return made


@router.post(
    "/rows",
    operation_id="postRow",
    summary="Meten met een rij en een gebeurtenis",
    status_code=201,
    response_model=RecordOut,
    openapi_extra=_OPEN,
)
async def post_row(body: RecordIn, tx: TxDep, caller: CallerDep) -> dict[str, Any]:
    """Legt een rij vast en publiceert dat."""
    made = _made(body)
    await _save(tx, made)
    await tx.publish(
        LeadAssigned(inburgeraar_id=made["inburgeraar_id"], member_id=caller.subject),
        aggregate_id=made["id"],
        version=1,
        gemeentecode=body.gemeentecode,
    )
    return made
