# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the entries of a placement mean: when lessons began, and the signals of its contract.

Everything here judges whole placements, one or thousands, whose locks the caller holds since
before it saved anything: each judgement then sees all that was committed, and nobody judges
beside it.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from chassis.db import Tx
from contracts.learning_routes import (
    AbsenceSignalRaised,
    LessonHoursReached,
    MissedLesson,
    SicknessSignalRaised,
    SignalWithdrawn,
)
from services.learning_routes import rules, store
from services.learning_routes.actions.placements import follow_first_lesson
from services.learning_routes.models import Placement, Signal

__all__ = ["judge"]


async def judge(tx: Tx, placements: Sequence[Placement], *, corrected: bool) -> None:
    """Judge these placements anew, after entries of theirs were saved and flushed.

    Args:
        tx: holds the locks of the placements.
        placements: as `store.lock_placements` gave them.
        corrected: whether an entry that counted was changed, so that a signal can have lost its facts.
    """
    if not placements:
        return
    ids = [placement.id for placement in placements]
    terms = await store.terms_of(tx, {placement.contract_id for placement in placements})
    standings = await store.standings(tx, ids)
    if corrected:
        await _withdraw_without_facts(tx, placements, standings, terms)
    await _signal_absences(tx, placements, terms)
    for placement in placements:
        standing = standings[placement.id]
        history = terms[placement.contract_id]
        await follow_first_lesson(tx, placement, standing.first_present)
        await _signal_sickness(tx, placement, standing.sickness, history)
    await _signal_lesson_hours(tx, placements, standings, terms)
    await tx.flush()


async def _withdraw_without_facts(
    tx: Tx,
    placements: Sequence[Placement],
    standings: dict[UUID, store.Standing],
    terms: dict[UUID, rules.TermsHistory],
) -> None:
    """Withdraw the open signals whose facts a correction took away; handled ones stay."""
    by_id = {placement.id: placement for placement in placements}
    lost = list(await store.absence_signals_without_facts(tx, list(by_id)))
    sick = await store.live_signals(tx, list(by_id), rules.SignalKind.SICKNESS_RATE)
    for placement_id, signals in sick.items():
        limit = terms[by_id[placement_id].contract_id].on(tx.today).sickness_percent
        if standings[placement_id].sickness.above(limit):
            continue  # no fall, so still the crossing that was signalled
        for signal in signals:
            left = await store.sick_hours_of(tx, [UUID(id_) for id_ in signal.facts["sickAttendances"]])
            if 100 * left <= Decimal(signal.facts["limitPercent"]) * Decimal(signal.facts["registeredHours"]):
                lost.append(signal.id)
    reached = await store.live_signals(tx, list(by_id), rules.SignalKind.LESSON_HOURS_REACHED)
    for placement_id, signals in reached.items():
        lost.extend(
            signal.id
            for signal in signals
            if standings[placement_id].attended < Decimal(signal.facts["mark"])
        )
    if not lost:
        return
    for signal in await store.close_signals(tx, lost):
        if signal.placement_id is None or signal.inburgeraar_id is None:
            continue
        if signal.kind == rules.SignalKind.SICKNESS_RATE:
            by_id[signal.placement_id].sickness_above = False
        await tx.publish(
            SignalWithdrawn(
                signal_id=signal.id,
                subject_id=signal.inburgeraar_id,
                kind=rules.SignalKind(signal.kind).value,
                reason="corrected",
            ),
            aggregate_id=signal.id,
            version=signal.version,
            gemeentecode=signal.gemeentecode,
        )


def _new_signal(tx: Tx, placement: Placement, kind: rules.SignalKind, facts: dict[str, Any]) -> Signal:
    signal = Signal(
        id=uuid4(),
        kind=kind.value,
        placement_id=placement.id,
        inburgeraar_id=placement.inburgeraar_id,
        organisation_id=placement.organisation_id,
        gemeentecode=placement.gemeentecode,
        raised_at=tx.now,
        raised_on=tx.today,
        status=rules.SignalStatus.RAISED.value,
        facts=facts,
    )
    tx.add(signal)
    return signal


async def _signal_absences(
    tx: Tx, placements: Iterable[Placement], terms: dict[UUID, rules.TermsHistory]
) -> None:
    by_id = {placement.id: placement for placement in placements}
    free: dict[UUID, dict[rules.Absence, UUID]] = {}
    for each in await store.free_absences(tx, list(by_id)):
        free.setdefault(each.placement_id, {})[each.absence] = each.attendance_id
    held_by: dict[UUID, UUID] = {}
    for placement_id, absences in free.items():
        placement = by_id[placement_id]
        history = terms[placement.contract_id]
        for lessons in rules.absences_to_signal(absences, limit_on=history.unexcused_limit_on):
            limit = history.unexcused_limit_on(lessons[-1].held_on)
            signal = _new_signal(tx, placement, rules.SignalKind.UNEXCUSED_ABSENCES, {"limit": limit})
            held_by.update({absences[lesson]: signal.id for lesson in lessons})
            await tx.publish(
                AbsenceSignalRaised(
                    signal_id=signal.id,
                    inburgeraar_id=placement.inburgeraar_id,
                    placement_id=placement.id,
                    organisation_id=placement.organisation_id,
                    lessons=tuple(
                        MissedLesson(lesson_id=lesson.lesson_id, date=lesson.held_on) for lesson in lessons
                    ),
                    limit=limit,
                    rule=f"Schoolcontract: melding na {limit} keer ongeoorloofd afwezig",
                ),
                aggregate_id=signal.id,
                version=signal.version,
                gemeentecode=placement.gemeentecode,
            )
    if held_by:
        await tx.flush()
        await store.mark_absences(tx, held_by)


async def _signal_sickness(
    tx: Tx, placement: Placement, rate: rules.SicknessRate, history: rules.TermsHistory
) -> None:
    """One signal per crossing: the rate must have been at or below the limit before the next."""
    limit = history.on(tx.today).sickness_percent
    if not rate.above(limit):
        placement.sickness_above = False
        return
    if placement.sickness_above and not await _fell_meanwhile(tx, placement, limit):
        return
    placement.sickness_above = True
    sick = await store.sick_in_window(tx, placement.id, since=rate.from_day, until=rate.until_day)
    signal = _new_signal(
        tx,
        placement,
        rules.SignalKind.SICKNESS_RATE,
        {
            "sickAttendances": [str(id_) for id_ in sick],
            "registeredHours": str(rate.registered_hours),
            "limitPercent": str(limit),
        },
    )
    await tx.publish(
        SicknessSignalRaised(
            signal_id=signal.id,
            inburgeraar_id=placement.inburgeraar_id,
            placement_id=placement.id,
            organisation_id=placement.organisation_id,
            sick_hours=rate.sick_hours,
            registered_hours=rate.registered_hours,
            percent=rate.percent,
            limit_percent=limit,
            from_day=rate.from_day,
            until_day=rate.until_day,
            rule=f"Schoolcontract: melding bij meer dan {limit.normalize():f}% ziekte",
        ),
        aggregate_id=signal.id,
        version=signal.version,
        gemeentecode=placement.gemeentecode,
    )


async def _fell_meanwhile(tx: Tx, placement: Placement, limit: Decimal) -> bool:
    """Whether the rate fell since the last signal only because time passed, which no entry tells us."""
    signals = await store.live_signals(tx, [placement.id], rules.SignalKind.SICKNESS_RATE)
    last = signals[placement.id][0].raised_on
    since, _ = rules.sickness_window(last)
    lessons = await store.registered_lessons(tx, placement.id, since=since, until=tx.today)
    return rules.fell_since(lessons, after=last, until=tx.today, limit_percent=limit)


async def _signal_lesson_hours(
    tx: Tx,
    placements: Iterable[Placement],
    standings: dict[UUID, store.Standing],
    terms: dict[UUID, rules.TermsHistory],
) -> None:
    """Once per placement: the attended hours reached the mark of the contract."""
    reached = {
        placement.id: (placement, mark)
        for placement in placements
        if (mark := terms[placement.contract_id].on(tx.today).lesson_hours_mark) is not None
        and standings[placement.id].attended >= mark
    }
    if not reached:
        return
    told = await store.live_signals(tx, list(reached), rules.SignalKind.LESSON_HOURS_REACHED)
    for placement_id, (placement, mark) in reached.items():
        if placement_id in told:
            continue
        day = rules.mark_reached_on(await store.attended_days(tx, placement_id), mark) or tx.today
        signal = _new_signal(tx, placement, rules.SignalKind.LESSON_HOURS_REACHED, {"mark": str(mark)})
        await tx.publish(
            LessonHoursReached(
                signal_id=signal.id,
                inburgeraar_id=placement.inburgeraar_id,
                placement_id=placement.id,
                organisation_id=placement.organisation_id,
                attended_hours=standings[placement_id].attended,
                mark=mark,
                reached_on=day,
                rule=f"Schoolcontract: evaluatie na {mark.normalize():f} lesuren",
            ),
            aggregate_id=signal.id,
            version=signal.version,
            gemeentecode=placement.gemeentecode,
        )
