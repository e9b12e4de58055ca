# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The weeks to come: which class has room, and who waits for it, as far as the reader may know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from chassis.db import Tx
from chassis.errors import Forbidden
from contracts.access import Role
from services.learning_routes import rules
from services.learning_routes.store import weeks as store

__all__ = ["ComingWeeks", "OpenClass", "coming_weeks"]

_SEATS_ALONE = "een rol bij de gemeente of de school"
_PER_SCHOOL = "per school alleen voor wie de mensen zelf begeleidt: anders zijn kleine aantallen af te leiden"


@dataclass(frozen=True, slots=True)
class OpenClass:
    """A class of these weeks, with its chairs."""

    row: store.ClassRow
    plan: rules.ClassPlan


@dataclass(frozen=True, slots=True)
class ComingWeeks:
    """The weeks, and their classes by the day on which they begin."""

    weeks: Sequence[rules.ClassWeek]
    classes: Sequence[OpenClass]
    without_placement: int | None  # people with a PIP and no school yet; None: not told
    small_number: int | None  # numbers of fewer people are left out; None: nothing is
    missing: str | None  # why no people are counted at all; None: they are


async def coming_weeks(tx: Tx, *, gemeentecode: str, provider_id: UUID | None, weeks: int) -> ComingWeeks:
    """What people of a gemeente can count on, week by week.

    A school sees its own classes and the people who were referred to it. A gemeente sees the classes of the
    schools that it has a contract with, and so does VluchtelingenWerk in a gemeente that it works for: a class
    holds no person, and it tells whoever moves where there is room. Only who does the work for these people is
    told of a few of them; to all others numbers below the limit are left out, and figures alone are no people at all.

    Raises:
        Forbidden: the gemeente is not the caller's.
    """
    school = tx.acting.has_role(Role.TEACHER, Role.SCHOOL_SYSTEM)
    if not school and gemeentecode not in tx.acting.known_codes:
        raise Forbidden(
            f"Uw organisatie werkt niet voor gemeente {gemeentecode}.",
            extra={"missing": f"een mandaat of afspraak van gemeente {gemeentecode}"},
        )
    days = rules.mondays(tx.today, weeks)
    classes = await _classes(tx, gemeentecode, provider_id, days[-1] + timedelta(days=6))
    plans = [one.plan for one in classes]
    exact = school or _does_the_work(tx, gemeentecode)
    missing = None if exact else _missing(tx, gemeentecode, provider_id)
    if missing is not None:
        found = rules.without_needs(rules.week_by_week(plans, [], days))
        return ComingWeeks(found, classes, None, None, missing)
    needs = await store.needs_of(tx, gemeentecode=gemeentecode, provider_id=provider_id, day=tx.today)
    unplaced = 0
    if not school and provider_id is None:
        for leerroute, signed_on, persons in await store.signed_without_placement(tx, gemeentecode):
            needs.append(rules.Need(leerroute, rules.first_lesson_due(signed_on), persons))
            unplaced += persons
    found = rules.week_by_week(plans, needs, days)
    if exact:
        told = None if school or provider_id is not None else unplaced
        return ComingWeeks(found, classes, told, None, None)
    limit = int(rules.SMALL_NUMBER.on(tx.today))
    return ComingWeeks(rules.without_small_numbers(found, limit), classes, None, limit, None)


def _does_the_work(tx: Tx, gemeentecode: str) -> bool:
    """Whether the caller places and follows the people of this gemeente."""
    caller = tx.acting
    return (
        caller.has_role(Role.CONSULENT, Role.KLANTMANAGER)
        and caller.acts_for(gemeentecode)
        and gemeentecode in caller.person_codes(tx.purpose)
    )


def _missing(tx: Tx, gemeentecode: str, provider_id: UUID | None) -> str | None:
    if tx.acting.has_role(Role.VWN_TEAM_LEADER):
        return _SEATS_ALONE
    if gemeentecode not in tx.acting.person_codes(tx.purpose):
        return tx.acting.missing_for(gemeentecode, tx.purpose)
    return None if provider_id is None else _PER_SCHOOL


async def _classes(tx: Tx, gemeentecode: str, provider_id: UUID | None, last: date) -> list[OpenClass]:
    asked = partial(
        store.classes_for, tx, gemeentecode=gemeentecode, provider_id=provider_id, day=tx.today, last=last
    )
    if tx.acting.has_role(Role.VWN_TEAM_LEADER) and not tx.acting.has_role(Role.TEACHER, Role.SCHOOL_SYSTEM):
        async with tx.as_platform():  # timetables are hidden from whoever is no gemeente and no school
            rows = await asked()
    else:
        rows = await asked()
    chairs = await store.chairs_of(tx, [row.id for row in rows], tx.today)
    found = []
    for row in rows:
        taken, agreed = chairs[row.id]
        # A group of before groups had days ended without a word: it has nobody and no lessons any more.
        if row.starts_on is None and not taken and not row.has_lessons:
            continue
        plan = rules.ClassPlan(
            leerroute=row.leerroute,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            chairs=rules.chairs(agreed, row.given, tx.today),
            taken=taken,
            here=row.gemeentecode == gemeentecode,
        )
        found.append(OpenClass(row, plan))
    return found
