# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll call of one person, its history, and the approval of late entries."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.db import Tx
from chassis.errors import Forbidden, NotFound, Problem
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    Gemeentecode,
    Hours,
    HoursOrNone,
    Instant,
    LongText,
    Page,
    PagingDep,
    Router,
    Schema,
    TxDep,
    problems,
)
from contracts.access import Role
from services.learning_routes import actions, rules, store
from services.learning_routes.actions.counting import count_outcomes, count_post, count_refused_rows
from services.learning_routes.api.declarations import PERSON_READERS, SCHOOL, education
from services.learning_routes.errors import (
    AlreadyDecided,
    HoursNotPossible,
    LessonCancelled,
    LessonInFuture,
    NotEnrolled,
    OutsidePlacement,
)
from services.learning_routes.models import Attendance

router = Router()


class AttendanceIn(Schema):
    """Wat de presentielijst van iemand zegt."""

    status: rules.AttendanceStatus = described("Aanwezig, geoorloofd afwezig, ziek of ongeoorloofd afwezig.")
    hours: HoursOrNone = described(
        "Gevolgde uren, alleen bij 'present'. Zonder opgave de uren van de les, en 0 bij afwezigheid.",
        default=None,
    )
    reason: LongText | None = described(
        "Toelichting; alleen zichtbaar voor wie de registratie mag zien.", default=None
    )


class AttendanceOut(Schema):
    """Een registratie."""

    id: UUID
    lesson_id: UUID
    placement_id: UUID
    inburgeraar_id: UUID
    provider_id: UUID
    gemeentecode: Gemeentecode
    lesson_date: Day
    lesson_hours: Hours
    status: rules.AttendanceStatus
    hours: Hours
    reason: str | None
    approval: rules.Approval = described("'pending' telt nog niet mee: de registratie kwam te laat.")
    external_id: str | None
    absence_signal_id: UUID | None = described(
        "Het signaal aan de consulent waarin deze afwezigheid staat; leeg als dat er niet is."
    )
    recorded_at: Instant
    version: Count


class AttendanceVersionOut(Schema):
    """Wat er op een moment over een registratie is vastgelegd."""

    version: Count
    status: rules.AttendanceStatus
    hours: Hours
    reason: str | None
    approval: rules.Approval
    approval_reason: str | None
    source: str = described("roll-call, batch, file of approval.")
    recorded_at: Instant
    recorded_by: UUID


class AttendanceHistory(AttendanceOut):
    """Een registratie met alles wat er eerder over is vastgelegd, het laatste eerst."""

    versions: list[AttendanceVersionOut]


class ApprovalOutcome(StrEnum):
    """Het besluit over een late registratie."""

    APPROVED = "approved"
    REFUSED = "refused"


class ApprovalIn(Schema):
    """Een besluit over een late registratie."""

    outcome: ApprovalOutcome = described("Goedkeuren of afwijzen.")
    reason: LongText | None = described("Waarom; verplicht bij afwijzen.", default=None)


def _out(attendance: Attendance) -> AttendanceOut:
    return AttendanceOut.model_validate(attendance)


@router.put(
    "/lessons/{lessonId}/attendances/{inburgeraarId}",
    operation_id="putAttendance",
    summary="Aanwezigheid vastleggen of herstellen",
    response_model=AttendanceOut,
    responses=problems(
        NotFound, HoursNotPossible, LessonInFuture, LessonCancelled, OutsidePlacement, NotEnrolled
    ),
    openapi_extra=education(SCHOOL, "aanwezigheid-registreren"),
)
async def put_attendance(
    lessonId: UUID,  # noqa: N803 - as in the path
    inburgeraarId: UUID,  # noqa: N803 - as in the path
    body: AttendanceIn,
    tx: TxDep,
) -> AttendanceOut:
    """Legt vast of een inburgeraar in de les was. Nog eens sturen herstelt; elke versie blijft bewaard."""
    try:
        recorded = await actions.record_attendance(
            tx,
            lesson_id=lessonId,
            inburgeraar_id=inburgeraarId,
            status=body.status,
            hours=body.hours,
            reason=body.reason,
        )
    except Problem:
        count_refused_rows("single", 1)
        raise
    count_post(tx, "single")
    count_outcomes(tx, "single", {recorded.outcome: 1})
    return _out(recorded.attendance)


@router.get(
    "/attendances",
    operation_id="listPendingAttendances",
    summary="Registraties die op goedkeuring wachten",
    response_model=Page[AttendanceOut],
    openapi_extra=education(PERSON_READERS, "aanwezigheid-raadplegen"),
)
async def list_pending_attendances(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[
        Gemeentecode | None, Query(description="Alleen van inburgeraars van deze gemeente.")
    ] = None,
) -> object:
    """Registraties die na de afgesproken termijn kwamen en nog niet meetellen."""
    rows = await store.pending_page(tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch)
    for row in rows[: paging.size]:
        tx.look(row.inburgeraar_id, row.gemeentecode)
    return paging.page(rows, key=lambda row: (row.id,), item=_out)


async def _history(tx: Tx, attendance: Attendance) -> AttendanceHistory:
    versions = await store.attendance_versions(tx, attendance.id)
    return AttendanceHistory(
        **_out(attendance).model_dump(),
        versions=[AttendanceVersionOut.model_validate(version) for version in versions],
    )


@router.get(
    "/attendances/{attendanceId}",
    operation_id="readAttendance",
    summary="Een registratie met haar geschiedenis",
    response_model=AttendanceHistory,
    responses=problems(NotFound),
    openapi_extra=education(PERSON_READERS, "aanwezigheid-raadplegen"),
)
async def read_attendance(attendanceId: UUID, tx: TxDep) -> AttendanceHistory:  # noqa: N803 - as in the path
    """Een registratie, met wie wanneer wat invulde."""
    attendance = await tx.get(Attendance, attendanceId)
    if attendance is None:
        raise NotFound("Een registratie met dit nummer is niet gevonden.")
    tx.look(attendance.inburgeraar_id, attendance.gemeentecode)
    return await _history(tx, attendance)


@router.post(
    "/attendances/{attendanceId}/approvals",
    operation_id="decideOnAttendance",
    summary="Over een late registratie beslissen",
    status_code=201,
    response_model=AttendanceHistory,
    responses=problems(NotFound, Forbidden, AlreadyDecided),
    openapi_extra=education(frozenset({Role.KWALITEITSMEDEWERKER}), "aanwezigheid-goedkeuren"),
)
async def decide_on_attendance(
    attendanceId: UUID,  # noqa: N803 - as in the path
    body: ApprovalIn,
    tx: TxDep,
) -> AttendanceHistory:
    """Keurt een registratie goed die na de termijn kwam, of wijst haar af. Alleen goedgekeurde uren tellen."""
    attendance = await actions.decide_on_attendance(
        tx, attendance_id=attendanceId, outcome=rules.Approval(body.outcome.value), reason=body.reason
    )
    return await _history(tx, attendance)
