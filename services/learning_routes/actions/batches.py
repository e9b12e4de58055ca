# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Many entries of the roll call at once: each row is kept or explained by itself.

The rules are those of a single entry (`actions.attendance`); every question and change is asked
once for all rows.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from chassis.db import Tx
from chassis.errors import Problem
from contracts.learning_routes import AttendanceRecorded
from services.learning_routes import rules, store
from services.learning_routes.actions.attendance import Outcome
from services.learning_routes.actions.batch_rows import (
    BatchRow,
    FoundRow,
    RowResult,
    Seat,
    find_lessons,
    lock_named,
)
from services.learning_routes.actions.judging import judge
from services.learning_routes.actions.registrations import withdraw_missing
from services.learning_routes.errors import BatchRejected, ContradictsRow
from services.learning_routes.store import batches as stored

__all__ = ["BatchRow", "RowResult", "contradiction", "record_batch", "refuse_unless_all_good"]

EarlierRows = Callable[[Collection[UUID]], Awaitable[Mapping[UUID, int]]]
"""Of these entries, those that other rows of the file were about, with the number of such a row."""


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
    named = await lock_named(tx, [row.values for row in rows])
    found = await find_lessons(tx, rows, named, results)
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
        problems: of the bad rows by number, each pointing into the whole body.

    Raises:
        BatchRejected: there is a bad row.
    """
    if not problems:
        return
    errors = [error for _, problem in sorted(problems.items()) for error in problem.errors]
    count = len(problems)
    raise BatchRejected(
        "1 regel klopt niet." if count == 1 else f"{count} regels kloppen niet.", errors=errors
    )


def _without_contradictions(found: Sequence[FoundRow], results: dict[int, RowResult]) -> list[FoundRow]:
    """Reject every row that says something else than another row about the same person and lesson."""
    by_seat: dict[Seat, list[FoundRow]] = {}
    for each in found:
        by_seat.setdefault(each.seat, []).append(each)
    good: list[FoundRow] = []
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
    found: Sequence[FoundRow],
    kept: Mapping[Seat, stored.Kept],
    taken: Mapping[UUID, int],
    results: dict[int, RowResult],
) -> tuple[dict[Seat, FoundRow], list[FoundRow]]:
    """Part what is new or different from what stood there already or comes twice."""
    changed: dict[Seat, FoundRow] = {}
    again: list[FoundRow] = []
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
    tx: Tx, unchanged: Sequence[FoundRow], kept: Mapping[Seat, stored.Kept]
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
    changed: Mapping[Seat, FoundRow],
    kept: Mapping[Seat, stored.Kept],
    results: dict[int, RowResult],
    *,
    source: str,
) -> None:
    """Save the entries, tell others of each, and judge the placements once."""
    if not changed:
        return
    placements = {placement_id: each.placement for (_, placement_id), each in changed.items()}
    terms = await store.terms_of(tx, {placement.contract_id for placement in placements.values()})
    first_approval = _FirstApproval(tx.today, terms)
    entries = {seat: _entry(each, kept.get(seat), first_approval) for seat, each in changed.items()}
    saved = await stored.save_entries(
        tx, list(entries.values()), source=source, recorded_by=tx.acting.subject
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


class _FirstApproval:
    """Whether a first entry counts at once, by contract and day of the lesson: the same for many rows."""

    def __init__(self, today: date, terms: Mapping[UUID, rules.TermsHistory]) -> None:
        self._today = today
        self._terms = terms
        self._known: dict[tuple[UUID, date], rules.Approval] = {}

    def of(self, contract_id: UUID, day: date) -> rules.Approval:
        found = self._known.get((contract_id, day))
        if found is None:
            window = self._terms[contract_id].on(day).late_entry_months
            found = rules.approval_of_entry(day, self._today, window)
            self._known[contract_id, day] = found
        return found


def _entry(each: FoundRow, before: stored.Kept | None, first_approval: _FirstApproval) -> stored.NewEntry:
    values = each.row.values
    if before is None:
        approval = first_approval.of(each.placement.contract_id, values.lesson_date)
        reason = None
    else:
        approval = rules.approval_of_correction(rules.Approval(before.approval))
        reason = before.reason if before.status == values.status else None  # it was about the old status
    lesson_id, placement_id = each.seat
    status, hours = each.says
    return stored.NewEntry(
        lesson_id=lesson_id,
        placement_id=placement_id,
        status=status,
        hours=hours,
        approval=approval.value,
        reason=reason,
        external_id=values.external_id,
    )
