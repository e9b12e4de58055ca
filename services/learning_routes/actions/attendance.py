# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll call: entering, correcting and approving what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound
from contracts.learning_routes import AttendanceRecorded
from services.learning_routes import rules, store
from services.learning_routes.actions.judging import judge
from services.learning_routes.actions.registrations import withdraw_missing
from services.learning_routes.actions.visibility import check_executes
from services.learning_routes.errors import (
    AlreadyDecided,
    HoursNotPossible,
    LessonCancelled,
    LessonInFuture,
    NotEnrolled,
    OutsidePlacement,
    on_day,
)
from services.learning_routes.models import Attendance, AttendanceVersion, Lesson, Placement

__all__ = [
    "HOURS_FAULTS",
    "Outcome",
    "Recorded",
    "decide_on_attendance",
    "is_entered_late",
    "outside_placement",
    "publish_attendance",
    "record_attendance",
]

Outcome = Literal["accepted", "corrected", "unchanged"]

HOURS_FAULTS = {
    "negative": "De uren kunnen niet negatief zijn.",
    "more-than-lesson": "De uren zijn meer dan die van de les.",
    "only-when-present": "Alleen wie aanwezig was heeft gevolgde uren.",
}
"""What is wrong with hours, by the code of `rules.HoursNotAllowed`."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one entry."""

    attendance: Attendance
    outcome: Outcome


def outside_placement(placement: Placement, lesson: Lesson) -> bool:
    """Whether the lesson is before the referral or after the last day of the placement."""
    return lesson.held_on < placement.referred_on or (
        placement.ended_on is not None and lesson.held_on > placement.ended_on
    )


async def record_attendance(
    tx: Tx,
    *,
    lesson_id: UUID,
    inburgeraar_id: UUID,
    status: rules.AttendanceStatus,
    hours: Decimal | None,
    reason: str | None,
) -> Recorded:
    """Save what the roll call says of one person. Sending it again changes nothing, other words correct it."""
    lesson = await store.share_lesson(tx, lesson_id)
    if lesson is None:
        raise NotFound("Een les met dit nummer is niet gevonden.")
    placement = await _locked_seat(tx, lesson, inburgeraar_id)
    tx.look(placement.inburgeraar_id, placement.gemeentecode)
    if lesson.cancelled_at is not None:
        raise LessonCancelled(f"De les van {on_day(lesson.held_on)} is vervallen.")
    if lesson.held_on > tx.today:
        raise LessonInFuture(f"De les is op {on_day(lesson.held_on)}.")
    try:
        attended = rules.hours_of(status, hours, lesson.hours)
    except rules.HoursNotAllowed as fault:
        raise HoursNotPossible.on("/hours", HOURS_FAULTS[fault.code], code=fault.code) from fault
    before = await store.entry_of(tx, lesson_id, placement.id)
    if before is None:
        entry = await _first_entry(tx, lesson, placement)
        entry.status, entry.hours, entry.reason = status.value, attended, reason
        tx.add(entry)
        outcome: Outcome = "accepted"
    elif (before.status, before.hours, before.reason) == (status.value, attended, reason):
        return Recorded(before, "unchanged")
    else:
        entry = before
        entry.status, entry.hours, entry.reason = status.value, attended, reason
        entry.approval = rules.approval_of_correction(rules.Approval(entry.approval)).value
        entry.version += 1
        entry.recorded_at, entry.recorded_by = tx.now, tx.acting.subject
        outcome = "corrected"
    await _keep_version(tx, entry, source="roll-call")
    await publish_attendance(tx, entry)
    await judge(tx, [placement], corrected=outcome == "corrected")
    # Judging writes past the object: the school is told whether this absence went into a signal.
    await tx.session.refresh(entry, ["absence_signal_id"])
    if outcome == "accepted":
        await withdraw_missing(tx, [lesson_id])
    return Recorded(entry, outcome)


async def _locked_seat(tx: Tx, lesson: Lesson, inburgeraar_id: UUID) -> Placement:
    """The placement whose roll call this is, locked.

    Raises:
        NotFound: the person has no placement at the school of this lesson.
        OutsidePlacement, NotEnrolled: there is one, but not for this lesson.
    """
    seat = await store.seat_at(tx, lesson, inburgeraar_id)
    if seat is not None:
        # The lock makes two entries for one person take turns: each must count the other's.
        placement = await store.lock_placement(tx, seat)
        # Looked for again under the lock: the placement can have ended meanwhile.
        if placement is not None and await store.seat_at(tx, lesson, inburgeraar_id) == seat:
            return placement
    placements = await store.seats_of_person(tx, lesson, inburgeraar_id)
    if not placements:
        raise NotFound("Deze inburgeraar is bij uw organisatie niet gevonden.")
    for placement in placements:
        tx.look(placement.inburgeraar_id, placement.gemeentecode)
    if all(outside_placement(placement, lesson) for placement in placements):
        raise OutsidePlacement(f"De les van {on_day(lesson.held_on)} valt buiten de plaatsing.")
    raise NotEnrolled(f"Op {on_day(lesson.held_on)} zat deze inburgeraar niet in de groep van de les.")


async def is_entered_late(tx: Tx, lesson: Lesson, placements: Sequence[Placement]) -> bool:
    """Whether a first entry for this lesson would wait for approval today, for one of these placements."""
    terms = await store.terms_of(tx, {placement.contract_id for placement in placements})
    return any(
        not rules.approval_of_entry(
            lesson.held_on, tx.today, history.on(lesson.held_on).late_entry_months
        ).counts
        for history in terms.values()
    )


async def _first_entry(tx: Tx, lesson: Lesson, placement: Placement) -> Attendance:
    terms = (await store.terms_of(tx, [placement.contract_id]))[placement.contract_id]
    window = terms.on(lesson.held_on).late_entry_months
    return Attendance(
        lesson_id=lesson.id,
        placement_id=placement.id,
        inburgeraar_id=placement.inburgeraar_id,
        provider_id=placement.provider_id,
        organisation_id=placement.organisation_id,
        gemeentecode=placement.gemeentecode,
        lesson_date=lesson.held_on,
        lesson_hours=lesson.hours,
        status=rules.AttendanceStatus.PRESENT.value,
        hours=rules.NO_HOURS,
        approval=rules.approval_of_entry(lesson.held_on, tx.today, window).value,
        recorded_at=tx.now,
        recorded_by=tx.acting.subject,
    )


async def _keep_version(
    tx: Tx, entry: Attendance, *, source: str, approval_reason: str | None = None
) -> None:
    """Append what is now said of the entry to its history."""
    await tx.flush()
    tx.add(
        AttendanceVersion(
            attendance_id=entry.id,
            version=entry.version,
            organisation_id=entry.organisation_id,
            gemeentecode=entry.gemeentecode,
            status=entry.status,
            hours=entry.hours,
            reason=entry.reason,
            approval=entry.approval,
            approval_reason=approval_reason,
            source=source,
            recorded_at=tx.now,
            recorded_by=tx.acting.subject,
        )
    )
    await tx.flush()


async def publish_attendance(tx: Tx, entry: Attendance) -> None:
    """Tell others what is now said of a lesson; never the reason, which can be about health."""
    await tx.publish(
        AttendanceRecorded(
            attendance_id=entry.id,
            placement_id=entry.placement_id,
            inburgeraar_id=entry.inburgeraar_id,
            provider_id=entry.provider_id,
            lesson_id=entry.lesson_id,
            lesson_date=entry.lesson_date,
            status=rules.AttendanceStatus(entry.status).value,
            hours=entry.hours,
            approval=rules.Approval(entry.approval).value,
        ),
        aggregate_id=entry.id,
        version=entry.version,
        gemeentecode=entry.gemeentecode,
    )


async def decide_on_attendance(
    tx: Tx, *, attendance_id: UUID, outcome: rules.Approval, reason: str | None
) -> Attendance:
    """Approve or refuse an entry that came after the window (PX-02); only an approved one counts."""
    found = await store.lock_attendance_placement(tx, attendance_id)
    if found is None:
        raise NotFound("Een registratie met dit nummer is niet gevonden.")
    entry, placement = found
    tx.look(entry.inburgeraar_id, entry.gemeentecode)
    check_executes(tx, entry.gemeentecode)
    if outcome is rules.Approval.REFUSED and reason is None:
        raise InvalidInput.on("/reason", "Geef bij afwijzen een reden.", code="required")
    if entry.approval != rules.Approval.PENDING:
        raise AlreadyDecided(f"De registratie heeft approval '{entry.approval}'.")
    entry.approval = outcome.value
    entry.version += 1
    await _keep_version(tx, entry, source="approval", approval_reason=reason)
    await publish_attendance(tx, entry)
    await judge(tx, [placement], corrected=False)
    return entry
