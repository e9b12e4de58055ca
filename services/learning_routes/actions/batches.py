# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Many entries of the roll call at once: each row is kept or explained by itself.

The rules are those of a single entry (`actions.attendance`); every question and change is asked
once for all rows. Placements are locked in the order of their ids, so two batches with the same
people take turns instead of waiting for each other in a circle.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from uuid import UUID

from chassis.db import Tx
from chassis.errors import FieldError, NotFound, Problem, ReferenceNotYetKnown
from contracts.learning_routes import AttendanceRecorded
from services.learning_routes import rules, store
from services.learning_routes.actions.attendance import HOURS_FAULTS, Outcome
from services.learning_routes.actions.judging import judge
from services.learning_routes.actions.registrations import withdraw_missing
from services.learning_routes.actions.visibility import acting_caller
from services.learning_routes.errors import (
    BatchRejected,
    ContradictsRow,
    HoursNotPossible,
    LessonCancelled,
    LessonInFuture,
    LessonMissing,
    LessonNotClear,
    NotEnrolled,
    OutsidePlacement,
    PersonNotClear,
    on_day,
)
from services.learning_routes.models import Placement
from services.learning_routes.rules.attendance_files import Row
from services.learning_routes.store import batches as stored

__all__ = ["BatchRow", "RowResult", "contradiction", "record_batch", "refuse_unless_all_good"]

Seat = tuple[UUID, UUID]
"""A lesson and a placement: what an entry is about."""

EarlierRows = Callable[[Collection[UUID]], Awaitable[Mapping[UUID, int]]]
"""Of these entries, those that other rows of the file were about, with the number of such a row."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row of a batch that can be read, with its number in the batch."""

    number: int
    values: Row


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row. A problem points into the row itself: `/hours`, not `/rows/3/hours`."""

    number: int
    outcome: Literal["accepted", "corrected", "unchanged", "rejected"]
    attendance_id: UUID | None = None
    approval: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """A row whose lesson and placement are known, with the hours that it means."""

    row: BatchRow
    placement: Placement
    lesson_id: UUID
    hours: Decimal

    @property
    def seat(self) -> Seat:
        return self.lesson_id, self.placement.id

    @property
    def says(self) -> tuple[str, Decimal]:
        return self.row.values.status.value, self.hours


@dataclass(slots=True)
class _Named:
    """The placements at the caller's school that rows name, locked."""

    by_person: dict[UUID, list[Placement]] = field(default_factory=dict)
    by_reference: dict[str, list[Placement]] = field(default_factory=dict)
    elsewhere: set[UUID] = field(default_factory=set)  # persons of the chain, but not of this school

    def of(self, row: Row) -> list[Placement]:
        """The placements that a row can mean, the oldest referral first.

        Raises:
            NotFound, ReferenceNotYetKnown, PersonNotClear: there is none, or it may be several people's.
        """
        if row.inburgeraar_id is None:
            found = self.by_reference.get(row.provider_reference or "", [])
            if not found:
                raise _at(
                    ReferenceNotYetKnown,
                    "/providerReference",
                    "Dit kenmerk staat bij geen plaatsing van uw school.",
                    code="reference-not-yet-known",
                )
            if len({placement.inburgeraar_id for placement in found}) > 1:
                raise _at(
                    PersonNotClear, "/providerReference", "Dit kenmerk staat bij verschillende inburgeraars."
                )
            return found
        found = self.by_person.get(row.inburgeraar_id, [])
        if not found and row.inburgeraar_id in self.elsewhere:
            raise _at(NotFound, "/inburgeraarId", "Deze inburgeraar is bij uw school niet gevonden.")
        if not found:
            raise _at(
                ReferenceNotYetKnown,
                "/inburgeraarId",
                "Een inburgeraar met dit nummer is hier nog niet bekend.",
                code="reference-not-yet-known",
            )
        if row.provider_reference is None:
            return found
        both = [placement for placement in found if placement.provider_reference == row.provider_reference]
        if not both:
            raise _at(PersonNotClear, "/providerReference", "Dit kenmerk hoort niet bij deze inburgeraar.")
        return both


async def record_batch(
    tx: Tx,
    rows: Sequence[BatchRow],
    *,
    source: Literal["batch", "file"],
    earlier_rows: EarlierRows | None = None,
) -> list[RowResult]:
    """Save what these rows say, and answer for each what became of it, in their order.

    Args:
        tx: of a school's worker or system.
        rows: at most a few thousand.
        source: what the history of an entry calls it.
        earlier_rows: of these entries, those that other rows of the same file were about, with the
            number of such a row: another word about one of them contradicts that row.
    """
    results: dict[int, RowResult] = {}
    named = await _lock_named(tx, [row.values for row in rows])
    found = await _find_lessons(tx, rows, named, results)
    found = _without_contradictions(found, results)
    kept = await stored.entries_kept(tx, {each.seat for each in found})
    entries = {before.attendance_id for before in kept.values()}
    taken = await earlier_rows(entries) if earlier_rows is not None and entries else {}
    changed, twice = _to_save(found, kept, taken, results)
    await _save(tx, changed, kept, results, source=source)
    await _remember_external_ids(tx, twice, kept)
    for each in twice:  # the same words a second time: as sending it again
        first = kept.get(each.seat)
        saved = results[changed[each.seat].row.number] if each.seat in changed else None
        results[each.row.number] = RowResult(
            each.row.number,
            "unchanged",
            saved.attendance_id if saved else first.attendance_id if first else None,
            saved.approval if saved else first.approval if first else None,
        )
    for each in found:
        if results[each.row.number].outcome != "rejected":
            tx.look(each.placement.inburgeraar_id, each.placement.gemeentecode)
    return [results[row.number] for row in rows]


def refuse_unless_all_good(problems: Mapping[int, Problem]) -> None:
    """Refuse a batch that had to succeed as a whole, naming every place that is wrong.

    Args:
        problems: of the bad rows, by their number from 1.

    Raises:
        BatchRejected: there is a bad row.
    """
    if not problems:
        return
    errors = [
        FieldError(code=error.code, detail=error.detail, pointer=f"/rows/{number - 1}{error.pointer or ''}")
        for number, problem in sorted(problems.items())
        for error in problem.errors or [FieldError(code=problem.code, detail=problem.detail, pointer="")]
    ]
    count = len(problems)
    raise BatchRejected(
        "1 regel klopt niet." if count == 1 else f"{count} regels kloppen niet.", errors=errors
    )


async def _lock_named(tx: Tx, rows: Iterable[Row]) -> _Named:
    """Find and lock the placements that rows name, in the order of their ids."""
    persons: set[UUID] = set()
    references: set[str] = set()
    for row in rows:
        if row.inburgeraar_id is not None:
            persons.add(row.inburgeraar_id)
        elif row.provider_reference is not None:
            references.add(row.provider_reference)
    ids = await stored.placements_named(
        tx, organisation_id=acting_caller(tx).organisation_id, persons=persons, references=references
    )
    placements = await store.lock_placements(tx, ids) if ids else []
    named = _Named()
    for placement in sorted(placements, key=lambda each: (each.referred_on, each.id)):
        named.by_person.setdefault(placement.inburgeraar_id, []).append(placement)
        if placement.provider_reference is not None:
            named.by_reference.setdefault(placement.provider_reference, []).append(placement)
    strangers = persons - named.by_person.keys()
    if strangers:
        named.elsewhere = await stored.known_persons(tx, strangers)
    return named


async def _find_lessons(
    tx: Tx, rows: Sequence[BatchRow], named: _Named, results: dict[int, RowResult]
) -> list[_Found]:
    """Find the lesson and the hours of each row; rows for which that fails are answered at once."""
    candidates: dict[int, list[Placement]] = {}
    for row in rows:
        try:
            candidates[row.number] = named.of(row.values)
        except Problem as problem:
            results[row.number] = RowResult(row.number, "rejected", problem=problem)
    slots = await stored.slots_of(
        tx,
        {
            (placement.id, row.values.lesson_date, row.values.day_part.value)
            for row in rows
            for placement in candidates.get(row.number, ())
        },
    )
    found: list[_Found] = []
    for row in rows:
        if row.number in results:
            continue
        try:
            found.append(_find_lesson(tx, row, candidates[row.number], slots))
        except Problem as problem:
            results[row.number] = RowResult(row.number, "rejected", problem=problem)
    return found


def _find_lesson(
    tx: Tx,
    row: BatchRow,
    placements: Sequence[Placement],
    slots: Mapping[stored.Place, Sequence[stored.Slot]],
) -> _Found:
    values = row.values
    day = values.lesson_date
    if day > tx.today:
        raise _at(LessonInFuture, "/lessonDate", f"De les is op {on_day(day)}.")
    near = [
        (placement, slot)
        for placement in placements
        for slot in slots.get((placement.id, day, values.day_part.value), ())
    ]
    seats = [
        (placement, slot)
        for placement, slot in near
        if slot.seated and not slot.cancelled and _covers(placement, values)
    ]
    if not seats:
        raise _why_no_seat(values, placements, near)
    if len({slot.lesson_id for _, slot in seats}) > 1:
        raise _at(LessonNotClear, "/dayPart", "De inburgeraar heeft dan twee lessen, in twee groepen.")
    placement, slot = seats[0]  # two placements in one lesson: the older referral counts
    try:
        hours = rules.hours_of(values.status, values.hours, slot.hours)
    except rules.HoursNotAllowed as fault:
        raise _at(HoursNotPossible, "/hours", HOURS_FAULTS[fault.code], code=fault.code) from fault
    return _Found(row, placement, slot.lesson_id, hours)


def _covers(placement: Placement, values: Row) -> bool:
    return placement.referred_on <= values.lesson_date and (
        placement.ended_on is None or values.lesson_date <= placement.ended_on
    )


def _why_no_seat(
    values: Row, placements: Sequence[Placement], near: Sequence[tuple[Placement, stored.Slot]]
) -> Problem:
    day = on_day(values.lesson_date)
    if not any(_covers(placement, values) for placement in placements):
        return _at(OutsidePlacement, "/lessonDate", f"De les van {day} valt buiten de plaatsing.")
    if any(slot.seated and slot.cancelled for _, slot in near):
        return _at(LessonCancelled, "/lessonDate", f"De les van {day} is vervallen.")
    if near:
        return _at(NotEnrolled, "/lessonDate", f"Op {day} zat deze inburgeraar niet in de groep van de les.")
    return _at(
        LessonMissing, "/lessonDate", f"De groep van deze inburgeraar heeft op {day} geen les in dit dagdeel."
    )


def _without_contradictions(found: Sequence[_Found], results: dict[int, RowResult]) -> list[_Found]:
    """Reject every row that says something else than another row about the same person and lesson."""
    by_seat: dict[Seat, list[_Found]] = {}
    for each in found:
        by_seat.setdefault(each.seat, []).append(each)
    good: list[_Found] = []
    for each in found:
        other = next((one for one in by_seat[each.seat] if one.says != each.says), None)
        if other is None:
            good.append(each)
        else:
            problem = contradiction(other.row.number)
            results[each.row.number] = RowResult(each.row.number, "rejected", problem=problem)
    return good


def contradiction(number: int) -> Problem:
    """The fault of a row that another row contradicts."""
    problem = ContradictsRow.on(
        "", f"Regel {number} zegt iets anders over dezelfde les.", code="contradicts-row"
    )
    problem.extra["row"] = number
    return problem


def _to_save(
    found: Sequence[_Found],
    kept: Mapping[Seat, stored.Kept],
    taken: Mapping[UUID, int],
    results: dict[int, RowResult],
) -> tuple[dict[Seat, _Found], list[_Found]]:
    """Part what is new or different from what stood there already or comes twice."""
    changed: dict[Seat, _Found] = {}
    again: list[_Found] = []
    for each in found:
        before = kept.get(each.seat)
        if each.seat in changed or (before is not None and (before.status, before.hours) == each.says):
            again.append(each)
        elif before is not None and before.attendance_id in taken:
            problem = contradiction(taken[before.attendance_id])
            results[each.row.number] = RowResult(each.row.number, "rejected", problem=problem)
        else:
            changed[each.seat] = each
    return changed, again


async def _remember_external_ids(
    tx: Tx, unchanged: Sequence[_Found], kept: Mapping[Seat, stored.Kept]
) -> None:
    """Keep the school's own names of entries that stay as they are; that is no correction of the entry."""
    renamed = {
        before.attendance_id: name
        for each in unchanged
        if (before := kept.get(each.seat)) is not None
        and (name := each.row.values.external_id) is not None
        and name != before.external_id
    }
    if renamed:
        await stored.save_external_ids(tx, renamed)


async def _save(
    tx: Tx,
    changed: Mapping[Seat, _Found],
    kept: Mapping[Seat, stored.Kept],
    results: dict[int, RowResult],
    *,
    source: str,
) -> None:
    """Save the entries, tell others of each, and judge the placements once."""
    if not changed:
        return
    placements = {each.placement.id: each.placement for each in changed.values()}
    terms = await store.terms_of(tx, {placement.contract_id for placement in placements.values()})
    entries = {seat: _entry(tx, each, kept.get(seat), terms) for seat, each in changed.items()}
    saved = await stored.save_entries(
        tx, list(entries.values()), source=source, recorded_by=acting_caller(tx).subject
    )
    for each in sorted(saved, key=lambda one: one.attendance_id):
        seat = (each.lesson_id, each.placement_id)
        row, entry, placement = changed[seat].row, entries[seat], placements[each.placement_id]
        outcome: Outcome = "corrected" if seat in kept else "accepted"
        results[row.number] = RowResult(row.number, outcome, each.attendance_id, entry.approval)
        await tx.publish(
            AttendanceRecorded(
                attendance_id=each.attendance_id,
                placement_id=each.placement_id,
                inburgeraar_id=placement.inburgeraar_id,
                provider_id=placement.provider_id,
                lesson_id=each.lesson_id,
                lesson_date=row.values.lesson_date,
                status=row.values.status.value,
                hours=entry.hours,
                approval=rules.Approval(entry.approval).value,
            ),
            aggregate_id=each.attendance_id,
            version=each.version,
            gemeentecode=placement.gemeentecode,
        )
    await judge(tx, list(placements.values()), corrected=any(seat in kept for seat in changed))
    new_lessons = {lesson_id for lesson_id, placement_id in changed if (lesson_id, placement_id) not in kept}
    if new_lessons:
        await withdraw_missing(tx, new_lessons)


def _entry(
    tx: Tx, each: _Found, before: stored.Kept | None, terms: Mapping[UUID, rules.TermsHistory]
) -> stored.NewEntry:
    values = each.row.values
    if before is None:
        window = terms[each.placement.contract_id].on(values.lesson_date).late_entry_months
        approval = rules.approval_of_entry(values.lesson_date, tx.today, window)
        reason = None
    else:
        approval = rules.approval_of_correction(rules.Approval(before.approval))
        reason = before.reason if before.status == values.status else None  # it was about the old status
    return stored.NewEntry(
        lesson_id=each.lesson_id,
        placement_id=each.placement.id,
        status=values.status.value,
        hours=each.hours,
        approval=approval.value,
        reason=reason,
        external_id=values.external_id,
    )


def _at(kind: type[Problem], pointer: str, detail: str, *, code: str | None = None) -> Problem:
    return kind.on(pointer, detail, code=code or kind.code)
