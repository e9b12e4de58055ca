# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Clocks: set, met and withdrawn by the services that own the rules; fired here.

A clock has at most one open signal on each list: the last stage that was reached. An earlier one
that nobody handled is withdrawn as superseded. After a jump of the clock over several stages each
stage fires and is published, in order, and all but the last are born superseded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
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
from services.notifications.store.deadlines import Fired, Place
from services.notifications.store.signals import NewSignal

__all__ = ["Word", "fire_due", "meet_clocks", "set_clocks", "withdraw_clocks"]

Ending = TypeVar("Ending", DeadlineMet, DeadlineWithdrawn)


@dataclass(frozen=True, slots=True)
class Word:
    """Where a word on a clock comes from, and its number among the words on that clock."""

    owner: str
    version: int
    gemeentecode: str | None


@dataclass(frozen=True, slots=True)
class _Heard:
    """A clock about which there was a new word."""

    row: Deadline
    fired: frozenset[Stage]  # for its present due day
    known: bool  # there was a word on it before, so that it can have signals


async def set_clocks(
    tx: Tx, settings: NotificationsSettings, told: Sequence[tuple[DeadlineSet, Word]]
) -> None:
    """Take over the dates of clocks, one word for each: it starts, its dates are corrected, or it runs again."""
    rows = await _lock(tx, told)
    new: list[tuple[DeadlineSet, Word, Deadline, Clock, Dates]] = []
    for event, word in told:
        row = rows[event.deadline_id]
        before = store.deadlines.clock_of(row)
        dates = Dates(event.starts_on, event.early_on, event.due_on)
        if rules.after_set(before, dates, word.version) != before:
            new.append((event, word, row, before, dates))
    fired = await store.deadlines.fired(
        tx,
        {
            (row.id, day)
            for _, _, row, before, dates in new
            if _is_known(before)
            for day in {dates.due_on, before.dates.due_on if before.dates else dates.due_on}
        },
    )
    carried: list[Fired] = []
    heard: list[_Heard] = []
    for event, word, row, before, dates in new:
        stages = fired.get((row.id, dates.due_on), frozenset())
        if before.dates is not None and before.dates.due_on != dates.due_on:
            kept = rules.carried_over(fired[row.id, before.dates.due_on], dates, tx.today)
            carried.extend(Fired(row.id, dates.due_on, stage) for stage in sorted(kept))
            stages |= kept
        row.rule, row.article, row.organisation_id = event.rule, event.article, event.organisation_id
        row.starts_on, row.early_on, row.due_on = dates.starts_on, dates.early_on, dates.due_on
        row.set_version = word.version
        heard.append(_Heard(row, stages, _is_known(before)))
    await store.deadlines.carry(tx, carried)
    await _settle(tx, settings, heard, WithdrawnReason.DATES_CORRECTED)


async def meet_clocks(
    tx: Tx, settings: NotificationsSettings, told: Sequence[tuple[DeadlineMet, Word]]
) -> None:
    """Take over that what clocks asked for was done; none of them is late any further."""

    def met(before: Clock, event: DeadlineMet, version: int) -> Clock:
        return rules.after_met(before, event.met_on, version)

    await _end(tx, settings, told, met, WithdrawnReason.DEADLINE_MET)


async def withdraw_clocks(
    tx: Tx, settings: NotificationsSettings, told: Sequence[tuple[DeadlineWithdrawn, Word]]
) -> None:
    """Take over that clocks no longer apply."""

    def withdrawn(before: Clock, event: DeadlineWithdrawn, version: int) -> Clock:
        return rules.after_withdrawn(before, event.reason, version)

    await _end(tx, settings, told, withdrawn, WithdrawnReason.DEADLINE_WITHDRAWN)


def _is_known(clock: Clock) -> bool:
    return bool(clock.set_version or clock.end_version)


async def _lock(
    tx: Tx, told: Sequence[tuple[DeadlineSet | DeadlineMet | DeadlineWithdrawn, Word]]
) -> dict[UUID, Deadline]:
    people = await store.people.hold(tx, {event.inburgeraar_id for event, _ in told})
    places = {
        event.deadline_id: Place(
            word.owner, event.inburgeraar_id, people[event.inburgeraar_id].gemeentecode or word.gemeentecode
        )
        for event, word in told
    }
    return await store.deadlines.lock(tx, places)


async def _end(
    tx: Tx,
    settings: NotificationsSettings,
    told: Sequence[tuple[Ending, Word]],
    ended: Callable[[Clock, Ending, int], Clock],
    reason: WithdrawnReason,
) -> None:
    """Take over what `ended` makes of each clock, from the clock before, the word on it and its number."""
    rows = await _lock(tx, told)
    new: list[tuple[Deadline, Clock, Clock]] = []
    for event, word in told:
        row = rows[event.deadline_id]
        before = store.deadlines.clock_of(row)
        after = ended(before, event, word.version)
        if after != before:
            new.append((row, before, after))
    fired = await store.deadlines.fired(
        tx, {(row.id, row.due_on) for row, _, _ in new if row.due_on is not None}
    )
    heard = []
    for row, before, after in new:
        row.met_on, row.withdrawn_reason = after.met_on, after.withdrawn_reason
        row.end_version = after.end_version
        stages = frozenset() if row.due_on is None else fired[row.id, row.due_on]
        heard.append(_Heard(row, stages, _is_known(before)))
    await _settle(tx, settings, heard, reason)


async def _settle(
    tx: Tx, settings: NotificationsSettings, heard: Sequence[_Heard], reason: WithdrawnReason
) -> None:
    """Bring status, next stage and open signals in line with what is now known of clocks.

    A stage that fired before for these dates does not fire again; if it is the one that should
    stand on the list and only a correction had taken it away, its signal is put back.
    """
    standing: dict[UUID, Stage | None] = {}
    for one in heard:
        clock = store.deadlines.clock_of(one.row)
        one.row.status = clock.status(tx.today)
        one.row.next_stage_on = rules.next_stage_on(clock, one.fired)
        standing[one.row.id] = rules.standing_stage(clock, one.fired, tx.today)
    await tx.flush()
    known = [one.row for one in heard if one.known]
    await store.signals.close_but(
        tx, [(row.id, standing[row.id], row.organisation_id) for row in known], reason
    )
    back: list[UUID] = []
    for row in known:
        stage = standing[row.id]
        if stage is None or row.due_on is None:
            continue
        facts = _facts(row, stage)
        await store.signals.redate(tx, row.id, row.due_on, facts)
        back += await store.signals.reopen(tx, row.id, stage=stage, due_on=row.due_on, facts=facts)
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
