# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lessons, their roll calls, and the roll calls that nobody completed."""

import re
from contextlib import suppress
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from chassis.clock import AMSTERDAM
from chassis.errors import InvalidInput, NotFound
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    Gemeentecode,
    Hours,
    HoursOrNone,
    InstantOrNone,
    LocalTime,
    LongText,
    Page,
    PagingDep,
    Router,
    Schema,
    TxDep,
    problems,
)
from services.learning_routes import actions, rules, store
from services.learning_routes.api.declarations import PERSON_READERS, REGISTER_READERS, SCHOOL, education
from services.learning_routes.errors import LessonExists, LessonRegistered, LocationClosed, OutsideGroup
from services.learning_routes.models import Lesson

router = Router()

_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"
_INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$"


def _time_of_lesson(value: Any) -> time | datetime:
    if isinstance(value, str):
        with suppress(ValueError):  # a day or hour that does not exist: the same answer as another form
            if re.match(_CLOCK, value):
                return time.fromisoformat(value)
            if re.match(_INSTANT, value):
                return datetime.fromisoformat(value)
    raise PydanticCustomError(
        "form", "moet een kloktijd zijn (UU:MM) of een tijdstip met tijdzone (RFC 3339)"
    )


TimeOfLesson = Annotated[
    time | datetime,
    BeforeValidator(_time_of_lesson),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": _CLOCK}, {"type": "string", "format": "date-time"}]}
    ),
]


class LessonIn(Schema):
    """Een les in het rooster van een groep."""

    date: Day = described("Dag van de les.")
    day_part: rules.DayPart = described("Dagdeel.")
    starts_at: TimeOfLesson = described(
        "Begin: de kloktijd in Nederland, of een tijdstip op de dag van de les."
    )
    ends_at: TimeOfLesson = described("Einde, in dezelfde vorm.")
    hours: Hours = described("Lesuren.")

    def wall_time(self, value: time | datetime, pointer: str) -> time:
        """The time on the clock in the Netherlands.

        Raises:
            InvalidInput: the instant is on another day than the lesson.
        """
        if isinstance(value, time):
            return value
        try:
            local = value.astimezone(AMSTERDAM)
        except OverflowError as fault:
            raise InvalidInput.on(pointer, "Dit tijdstip bestaat niet.", code="other-day") from fault
        if local.date() != self.date:
            raise InvalidInput.on(pointer, "Dit tijdstip is niet op de dag van de les.", code="other-day")
        return local.time()


class CancellationIn(Schema):
    """Een les die vervalt."""

    reason: LongText | None = described("Waarom de les vervalt.", default=None)


class LessonOut(Schema):
    """Een les."""

    id: UUID
    group_id: UUID
    provider_id: UUID
    organisation_id: UUID
    gemeentecode: Gemeentecode
    date: Day
    day_part: rules.DayPart
    starts_at: LocalTime
    ends_at: LocalTime
    hours: Hours
    cancelled_at: InstantOrNone
    cancel_reason: str | None


class RollCallEntry(Schema):
    """Eén deelnemer op de presentielijst."""

    inburgeraar_id: UUID
    placement_id: UUID
    gemeentecode: Gemeentecode
    provider_reference: str | None
    level: rules.GroupLevel
    attendance_id: UUID | None
    status: rules.AttendanceStatus | None = described("Leeg zolang niemand iets invulde.")
    hours: HoursOrNone
    reason: str | None
    approval: rules.Approval | None
    absence_signal_id: UUID | None = described(
        "Het signaal aan de consulent waarin deze afwezigheid staat; leeg als dat er niet is."
    )
    recorded_at: InstantOrNone


class RollCallOut(Schema):
    """De presentielijst van een les."""

    lesson: LessonOut
    complete: bool = described("Of voor iedereen iets is ingevuld.")
    late: bool = described("Of nieuwe registraties goedkeuring nodig hebben.")
    entries: list[RollCallEntry]


class MissingOut(Schema):
    """Een les waarvan de presentielijst niet compleet is."""

    lesson_id: UUID
    group_id: UUID
    group_name: str | None
    provider_id: UUID
    organisation_id: UUID
    gemeentecode: Gemeentecode
    date: Day
    day_part: rules.DayPart
    hours: Hours
    expected: Count = described("Deelnemers die erbij hoorden.")
    registered: Count
    missing: Count


def lesson_out(lesson: Lesson) -> LessonOut:
    """The answer for one lesson."""
    return LessonOut(**lesson.model_dump(exclude={"held_on"}), date=lesson.held_on)


@router.post(
    "/groups/{groupId}/lessons",
    operation_id="planLesson",
    summary="Een les in het rooster zetten",
    status_code=201,
    response_model=LessonOut,
    responses=problems(NotFound, LessonExists, LocationClosed, OutsideGroup),
    openapi_extra=education(SCHOOL, "rooster-beheren"),
)
async def plan_lesson(groupId: UUID, body: LessonIn, tx: TxDep) -> LessonOut:  # noqa: N803 - as in the path
    """Zet een les in het rooster. Dag en uren van een les veranderen niet: laat hem vervallen en plan een andere."""
    lesson = await actions.plan_lesson(
        tx,
        group_id=groupId,
        held_on=body.date,
        day_part=body.day_part,
        starts_at=body.wall_time(body.starts_at, "/startsAt"),
        ends_at=body.wall_time(body.ends_at, "/endsAt"),
        hours=body.hours,
    )
    return lesson_out(lesson)


@router.get(
    "/lessons",
    operation_id="listLessons",
    summary="Lessen",
    response_model=Page[LessonOut],
    openapi_extra=education(REGISTER_READERS, "rooster-raadplegen"),
)
async def list_lessons(
    tx: TxDep,
    paging: PagingDep,
    group_id: Annotated[UUID | None, Query(alias="groupId", description="Alleen van deze groep.")] = None,
    provider_id: Annotated[
        UUID | None, Query(alias="providerId", description="Alleen van deze aanbieder.")
    ] = None,
    since: Annotated[Day | None, Query(alias="from", description="Vanaf deze dag.")] = None,
    until: Annotated[Day | None, Query(description="Tot en met deze dag.")] = None,
) -> object:
    """De lessen van uw school, of van de scholen waarmee uw gemeente een contract heeft."""
    rows = await store.lessons_page(
        tx,
        group_id=group_id,
        provider_id=provider_id,
        since=since,
        until=until,
        after=paging.after_id,
        limit=paging.fetch,
    )
    return paging.page(rows, key=lambda row: (row.id,), item=lesson_out)


@router.get(
    "/lessons/{lessonId}",
    operation_id="readLesson",
    summary="Een les",
    response_model=LessonOut,
    responses=problems(NotFound),
    openapi_extra=education(REGISTER_READERS, "rooster-raadplegen"),
)
async def read_lesson(lessonId: UUID, tx: TxDep) -> LessonOut:  # noqa: N803 - as in the path
    """Een les."""
    return lesson_out(await actions.visible_lesson(tx, lessonId))


@router.post(
    "/lessons/{lessonId}/cancellation",
    operation_id="cancelLesson",
    summary="Een les laten vervallen",
    response_model=LessonOut,
    responses=problems(NotFound, LessonRegistered),
    openapi_extra=education(SCHOOL, "rooster-beheren"),
)
async def cancel_lesson(lessonId: UUID, body: CancellationIn, tx: TxDep) -> LessonOut:  # noqa: N803 - as in the path
    """Laat een les vervallen. De les telt dan nergens mee."""
    return lesson_out(await actions.cancel_lesson(tx, lesson_id=lessonId, reason=body.reason))


@router.get(
    "/lessons/{lessonId}/roll-call",
    operation_id="readRollCall",
    summary="De presentielijst van een les",
    response_model=RollCallOut,
    responses=problems(NotFound),
    openapi_extra=education(PERSON_READERS, "presentielijst-raadplegen"),
)
async def read_roll_call(lessonId: UUID, tx: TxDep) -> RollCallOut:  # noqa: N803 - as in the path
    """Wie er in de les horen, met wat er is ingevuld."""
    lesson = await actions.visible_lesson(tx, lessonId)
    rows = await store.roll_call(tx, lesson)
    for row in rows:
        tx.look(row.placement.inburgeraar_id, row.placement.gemeentecode)
    return RollCallOut(
        lesson=lesson_out(lesson),
        complete=all(row.attendance is not None for row in rows),
        late=await actions.is_entered_late(tx, lesson, [row.placement for row in rows]),
        entries=[_entry_out(row) for row in rows],
    )


def _entry_out(row: store.RollCallRow) -> RollCallEntry:
    entry = row.attendance
    return RollCallEntry(
        inburgeraar_id=row.placement.inburgeraar_id,
        placement_id=row.placement.id,
        gemeentecode=row.placement.gemeentecode,
        provider_reference=row.placement.provider_reference,
        level=rules.GroupLevel(row.level),
        attendance_id=None if entry is None else entry.id,
        status=None if entry is None else rules.AttendanceStatus(entry.status),
        hours=None if entry is None else entry.hours,
        reason=None if entry is None else entry.reason,
        approval=None if entry is None else rules.Approval(entry.approval),
        absence_signal_id=None if entry is None else entry.absence_signal_id,
        recorded_at=None if entry is None else entry.recorded_at,
    )


@router.get(
    "/missing-registrations",
    operation_id="listMissingRegistrations",
    summary="Lessen zonder complete presentielijst",
    response_model=Page[MissingOut],
    openapi_extra=education(PERSON_READERS, "presentielijst-raadplegen"),
)
async def list_missing_registrations(
    tx: TxDep,
    paging: PagingDep,
    provider_id: Annotated[
        UUID | None, Query(alias="providerId", description="Alleen van deze aanbieder.")
    ] = None,
    group_id: Annotated[UUID | None, Query(alias="groupId", description="Alleen van deze groep.")] = None,
    since: Annotated[Day | None, Query(alias="from", description="Lessen vanaf deze dag.")] = None,
    until: Annotated[Day | None, Query(description="Lessen tot en met deze dag.")] = None,
) -> object:
    """Lessen van voor vandaag waarvoor nog iemand moet worden ingevuld, de oudste eerst."""
    rows = await store.missing_page(
        tx,
        before=tx.today,
        since=since,
        until=until,
        provider_id=provider_id,
        group_id=group_id,
        after=paging.position(date, UUID),
        limit=paging.fetch,
    )
    return paging.page(
        rows,
        key=lambda row: (row.held_on, row.lesson_id),
        item=lambda row: MissingOut(
            lesson_id=row.lesson_id,
            group_id=row.group_id,
            group_name=row.group_name,
            provider_id=row.provider_id,
            organisation_id=row.organisation_id,
            gemeentecode=row.gemeentecode,
            date=row.held_on,
            day_part=rules.DayPart(row.day_part),
            hours=row.hours,
            expected=row.expected,
            registered=row.registered,
            missing=row.missing,
        ),
    )
