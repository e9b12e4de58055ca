# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Clocks: set, met and withdrawn by the services that own the rules; fired here.

A clock has at most one open signal on each list: the last stage that was reached. An earlier one
that nobody handled is withdrawn as superseded. After a jump of the clock over several stages each
stage fires and is published, in order, and all but the last are born superseded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from chassis.db import Tx
from contracts.deadlines import DeadlineMet, DeadlineSet, DeadlineWithdrawn
from contracts.notifications import DeadlineFired
from services.notifications import rules, store
from services.notifications.actions.counting import count_raised
from services.notifications.actions.routing import hand_out
from services.notifications.models import Deadline, Person
from services.notifications.rules import Audience, Clock, Dates, Stage, WithdrawnReason
from services.notifications.settings import NotificationsSettings
from services.notifications.store.deadlines import Fired
from services.notifications.store.signals import NewSignal

__all__ = ["fire_due", "meet_clock", "set_clock", "withdraw_clock"]


@dataclass(frozen=True, slots=True)
class Word:
    """Where a word on a clock comes from, and its number among the words on that clock."""

    owner: str
    version: int
    gemeentecode: str | None


async def set_clock(tx: Tx, settings: NotificationsSettings, event: DeadlineSet, word: Word) -> None:
    """Take over the dates of a clock: it starts, its dates are corrected, or it runs again."""
    row = await _lock(tx, event.deadline_id, event.inburgeraar_id, word)
    before = store.deadlines.clock_of(row)
    dates = Dates(event.starts_on, event.early_on, event.due_on)
    after = rules.after_set(before, dates, word.version)
    if after == before:
        return
    fired: frozenset[Stage] = await store.deadlines.fired(tx, row.id, event.due_on)
    if before.dates is not None and before.dates.due_on != event.due_on:
        told = await store.deadlines.fired(tx, row.id, before.dates.due_on)
        kept = rules.carried_over(told, dates, tx.today)
        await store.deadlines.carry(tx, row.id, event.due_on, kept)
        fired |= kept
    row.rule, row.article, row.organisation_id = event.rule, event.article, event.organisation_id
    row.starts_on, row.early_on, row.due_on = event.starts_on, event.early_on, event.due_on
    row.set_version = word.version
    await _settle(tx, settings, row, fired, WithdrawnReason.DATES_CORRECTED)


async def meet_clock(tx: Tx, settings: NotificationsSettings, event: DeadlineMet, word: Word) -> None:
    """Take over that what a clock asked for was done; it is never late any further."""
    row = await _lock(tx, event.deadline_id, event.inburgeraar_id, word)
    before = store.deadlines.clock_of(row)
    after = rules.after_met(before, event.met_on, word.version)
    await _end(tx, settings, row, before, after, WithdrawnReason.DEADLINE_MET)


async def withdraw_clock(
    tx: Tx, settings: NotificationsSettings, event: DeadlineWithdrawn, word: Word
) -> None:
    """Take over that a clock no longer applies."""
    row = await _lock(tx, event.deadline_id, event.inburgeraar_id, word)
    before = store.deadlines.clock_of(row)
    after = rules.after_withdrawn(before, event.reason, word.version)
    await _end(tx, settings, row, before, after, WithdrawnReason.DEADLINE_WITHDRAWN)


async def _lock(tx: Tx, deadline_id: UUID, inburgeraar_id: UUID, word: Word) -> Deadline:
    person = await store.people.hold(tx, inburgeraar_id)
    return await store.deadlines.lock(
        tx,
        deadline_id,
        owner=word.owner,
        inburgeraar_id=inburgeraar_id,
        gemeentecode=person.gemeentecode or word.gemeentecode,
    )


async def _end(
    tx: Tx,
    settings: NotificationsSettings,
    row: Deadline,
    before: Clock,
    after: Clock,
    reason: WithdrawnReason,
) -> None:
    if after == before:
        return
    row.met_on, row.withdrawn_reason = after.met_on, after.withdrawn_reason
    row.end_version = after.end_version
    fired: frozenset[Stage] = frozenset()
    if row.due_on is not None:
        fired = await store.deadlines.fired(tx, row.id, row.due_on)
    await _settle(tx, settings, row, fired, reason)


async def _settle(
    tx: Tx,
    settings: NotificationsSettings,
    row: Deadline,
    fired: frozenset[Stage],
    reason: WithdrawnReason,
) -> None:
    """Bring status, next stage and open signals in line with what is now known of a clock.

    A stage that fired before for these dates does not fire again; if it is the one that should
    stand on the list and only a correction had taken it away, its signal is put back.
    """
    clock = store.deadlines.clock_of(row)
    row.status = clock.status(tx.today)
    row.next_stage_on = rules.next_stage_on(clock, fired)
    await tx.flush()
    standing = rules.standing_stage(clock, fired, tx.today)
    await store.signals.close_but(
        tx, row.id, stage=standing, organisation_id=row.organisation_id, reason=reason
    )
    if standing is None or row.due_on is None:
        return
    facts = _facts(row, standing)
    await store.signals.redate(tx, row.id, row.due_on, facts)
    back = await store.signals.reopen(tx, row.id, stage=standing, due_on=row.due_on, facts=facts)
    await hand_out(tx, settings, back)


async def fire_due(tx: Tx, settings: NotificationsSettings) -> int:
    """Fire what is due for a batch of clocks, those that waited longest first; answers how many clocks.

    Rows that another worker or an event holds are left to it. The key of `deadline_firing` is the
    promise that a stage fires once, whoever else looks at the same time.
    """
    candidates = await store.deadlines.candidates(tx, settings.deadline_batch)
    if not candidates:
        return 0
    people = await store.people.try_hold(tx, {person for _, person in candidates})
    rows = await store.deadlines.try_lock(tx, [one for one, person in candidates if person in people])
    if not rows:
        return 0
    before = await store.deadlines.fired_of_many(tx, rows)
    wanted = [
        Fired(row.id, row.due_on, stage)
        for row in rows
        if row.due_on is not None
        for stage in rules.stages_due(store.deadlines.clock_of(row), before[row.id], tx.today)
    ]
    new = await store.deadlines.add_firings(tx, wanted)
    stages = {row.id: [one for one in rules.STAGES if (row.id, one) in new] for row in rows}
    await store.signals.close(tx, [row.id for row in rows if stages[row.id]], WithdrawnReason.SUPERSEDED)
    signals = [
        signal
        for row in rows
        for stage in stages[row.id]
        for signal in _signals(tx, row, people[row.inburgeraar_id], stage, last=stage is stages[row.id][-1])
    ]
    added = await store.signals.add(tx, signals)
    standing = [one for one in signals if one.id in added and one.withdrawn_at is None]
    count_raised(tx, standing, delayed=False)
    await _publish(tx, rows, signals)
    await store.deadlines.move_on(
        tx,
        [
            (
                row.id,
                clock.status(tx.today),
                rules.next_stage_on(
                    clock, before[row.id] | set(rules.stages_due(clock, before[row.id], tx.today))
                ),
                len(stages[row.id]),
            )
            for row in rows
            for clock in [store.deadlines.clock_of(row)]
        ],
    )
    await hand_out(tx, settings, [one.id for one in signals if one.withdrawn_at is None])
    return len(rows)


def _facts(row: Deadline, stage: Stage) -> dict[str, Any]:
    return {
        "deadlineId": str(row.id),
        "rule": row.rule,
        "stage": str(stage),
        "startsOn": str(row.starts_on),
        "dueOn": str(row.due_on),
        "ownerService": row.owner_service,
    }


def _signals(tx: Tx, row: Deadline, person: Person, stage: Stage, *, last: bool) -> list[NewSignal]:
    """The signals of one stage: for the lead, and for the taalschool if the clock is also its own."""
    return [
        NewSignal(
            id=uuid4(),
            kind=rules.KIND_OF_STAGE[stage],
            audience=audience,
            raised_at=tx.now,
            rule=row.article or "",
            facts=_facts(row, stage),
            inburgeraar_id=row.inburgeraar_id,
            gemeentecode=person.gemeentecode or row.gemeentecode,
            executing_gemeentecode=person.executing_gemeentecode,
            lead_member_id=person.lead_member_id if audience is Audience.CONSULENT else None,
            organisation_id=row.organisation_id,
            due_on=row.due_on,
            withdrawn_at=None if last else tx.now,
            withdrawn_reason=None if last else WithdrawnReason.SUPERSEDED,
            deadline_id=row.id,
            stage=stage,
        )
        for audience in (Audience.CONSULENT, Audience.TAALSCHOOL)
        if audience is Audience.CONSULENT or row.organisation_id is not None
    ]


async def _publish(tx: Tx, rows: Sequence[Deadline], signals: Sequence[NewSignal]) -> None:
    """Publish each stage once: by the signal of the lead, not again by that of the taalschool."""
    by_id = {row.id: row for row in rows}
    said: dict[UUID, int] = {}
    for signal in signals:
        if signal.audience != Audience.CONSULENT or signal.deadline_id is None:
            continue
        row = by_id[signal.deadline_id]
        said[row.id] = said.get(row.id, 0) + 1
        await tx.publish(
            DeadlineFired.model_validate(
                {
                    "inburgeraar_id": row.inburgeraar_id,
                    "deadline_id": row.id,
                    "signal_id": signal.id,
                    "rule": row.rule,
                    "stage": signal.kind,
                }
            ),
            aggregate_id=row.id,
            version=row.fired_count + said[row.id],
            gemeentecode=signal.gemeentecode,
        )
