# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each row of a batch means: whose placement, which lesson, how many hours.

Placements are locked in the order of their ids, so two batches with the same people take turns
instead of waiting for each other in a circle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from uuid import UUID

from chassis.db import Tx
from chassis.errors import NotFound, Problem, ReferenceNotYetKnown
from services.learning_routes import rules, store
from services.learning_routes.actions.attendance import HOURS_FAULTS
from services.learning_routes.errors import (
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

__all__ = ["BatchRow", "FoundRow", "NamedPlacements", "RowResult", "Seat", "find_lessons", "lock_named"]

Seat = tuple[UUID, UUID]
"""A lesson and a placement: what an entry is about."""


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
class FoundRow:
    """A row whose lesson and placement are known, with the hours that it means."""

    row: BatchRow
    placement: Placement
    seat: Seat  # what the entry is about
    says: tuple[str, Decimal]  # status and attended hours


@dataclass(slots=True)
class NamedPlacements:
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


async def lock_named(tx: Tx, rows: Iterable[Row]) -> NamedPlacements:
    """Find and lock the placements that rows name, in the order of their ids."""
    persons: set[UUID] = set()
    references: set[str] = set()
    for row in rows:
        if row.inburgeraar_id is not None:
            persons.add(row.inburgeraar_id)
        elif row.provider_reference is not None:
            references.add(row.provider_reference)
    # Asked first: who becomes known and is placed in between is then found, not taken for somebody else's.
    known = await stored.known_persons(tx, persons) if persons else set()
    ids = await stored.placements_named(
        tx, organisation_id=tx.acting.organisation_id, persons=persons, references=references
    )
    placements = await store.lock_placements(tx, ids) if ids else []
    named = NamedPlacements()
    for placement in sorted(placements, key=lambda each: (each.referred_on, each.id)):
        named.by_person.setdefault(placement.inburgeraar_id, []).append(placement)
        if placement.provider_reference is not None:
            named.by_reference.setdefault(placement.provider_reference, []).append(placement)
    named.elsewhere = known - named.by_person.keys()
    return named


async def find_lessons(
    tx: Tx, rows: Sequence[BatchRow], named: NamedPlacements, results: dict[int, RowResult]
) -> list[FoundRow]:
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
    found: list[FoundRow] = []
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
) -> FoundRow:
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
    return FoundRow(row, placement, (slot.lesson_id, placement.id), (values.status.value, hours))


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


def _at(kind: type[Problem], pointer: str, detail: str, *, code: str | None = None) -> Problem:
    return kind.on(pointer, detail, code=code or kind.code)
