# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reading the hours of a person, a group or a school."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from chassis.db import Tx
from services.learning_routes import rules, store
from services.learning_routes.actions.placements import visible_person
from services.learning_routes.actions.ways import Course, courses_of
from services.learning_routes.models import Placement

__all__ = ["Ledger", "Rates", "read_ledger", "read_rates"]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The hours of one person, in all and per placement."""

    gemeentecode: str
    leerroute: str | None
    target: Decimal | None
    short: Decimal | None
    hours: rules.Hours
    placements: list[tuple[Placement, rules.Hours]]
    course: Course


@dataclass(frozen=True, slots=True)
class Rates:
    """The hours of a period, and of how many people they are."""

    hours: rules.Hours
    persons: int


def _add_up(lessons: Iterable[store.Offered], marks: Mapping[UUID, list[rules.MarkPeriod]]) -> rules.Hours:
    return rules.add_up(
        rules.Entry(
            lesson_hours=lesson.lesson_hours,
            status=None if lesson.status is None else rules.AttendanceStatus(lesson.status),
            hours=lesson.hours or rules.NO_HOURS,
            approval=None if lesson.approval is None else rules.Approval(lesson.approval),
            marked=rules.mark_on(marks[lesson.provider_id], lesson.held_on),
        )
        for lesson in lessons
    )


async def read_ledger(tx: Tx, inburgeraar_id: UUID) -> Ledger:
    """The ledger of a person up to today, as far as the caller sees: a school sees its own hours.

    Raises:
        NotFound, AgreementMissing: the person is not the caller's.
    """
    person = await visible_person(tx, inburgeraar_id)
    placements = await store.placements_of_person(tx, inburgeraar_id)
    lessons = await store.offered_lessons(tx, until=tx.today, inburgeraar_id=inburgeraar_id)
    marks = await store.marks_of(tx, {lesson.provider_id for lesson in lessons})
    of_placement: dict[UUID, list[store.Offered]] = {placement.id: [] for placement in placements}
    for lesson in lessons:
        of_placement[lesson.placement_id].append(lesson)
    parts = [(placement, _add_up(of_placement[placement.id], marks)) for placement in placements]
    total = sum((hours for _, hours in parts), rules.Hours())
    course = (await courses_of(tx, [inburgeraar_id]))[inburgeraar_id]
    route = course.leerroute
    if route is None and placements:
        route = placements[-1].leerroute
    target = rules.target_of(route)
    return Ledger(
        gemeentecode=person.gemeentecode,
        leerroute=route,
        target=target,
        short=rules.short_of(target, total),
        hours=total,
        placements=parts,
        course=course,
    )


async def read_rates(
    tx: Tx,
    *,
    since: date,
    until: date,
    inburgeraar_id: UUID | None,
    group_id: UUID | None,
    provider_id: UUID | None,
) -> Rates:
    """The hours of a period up to today, of the people whom the caller sees."""
    if inburgeraar_id is not None:
        await visible_person(tx, inburgeraar_id)
    lessons = await store.offered_lessons(
        tx,
        since=since,
        until=min(until, tx.today),
        inburgeraar_id=inburgeraar_id,
        group_id=group_id,
        provider_ids=None if provider_id is None else [provider_id],
    )
    marks = await store.marks_of(tx, {lesson.provider_id for lesson in lessons})
    return Rates(_add_up(lessons, marks), len({lesson.inburgeraar_id for lesson in lessons}))
