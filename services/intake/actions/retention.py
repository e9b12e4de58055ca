# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The end of a duty and what follows from it: data is reduced, and in the end destroyed.

Intake owns the duty, so it decides for the whole chain when data must go, and tells the others by
an event. Each service destroys its own.
"""

from datetime import date
from typing import cast
from uuid import UUID, uuid4

from chassis.access import Caller
from chassis.care.destruction import Grounds, destroy
from chassis.db import Tx
from chassis.errors import FieldError
from contracts.intake import DutyEnded, DutyEndWithdrawn, InburgeraarDestroyed, InburgeraarReduced
from contracts.retention import Due, DutyEnd, Manner, Stage, destruction_due
from services.intake.actions import clocks, sealing
from services.intake.actions.persons import change_person, refuse, touch
from services.intake.errors import HoldEnded, NotFound
from services.intake.models import DutyEndRow, RetentionHold
from services.intake.rules.law import Refusal
from services.intake.settings import IntakeSettings, Vault
from services.intake.store import retention as store

__all__ = ["destroy_one", "due_of", "end_duty", "end_hold", "hold_up", "reckon_anew", "withdraw_end"]

_END = "Wet inburgering 2021 art. 3"
_KEEPING = "Besluit inburgering 2021 art. 9.9"


def due_of(end: DutyEndRow, *, held_by: tuple[str, ...], today: date, settings: IntakeSettings) -> Due:
    """What must happen next to the data of a person whose duty ended."""
    return destruction_due(
        DutyEnd(end.ended_on, Manner(end.manner)),
        reduced=end.reduced_at is not None,
        holds=held_by,
        today=today,
        grace_days=settings.death_grace_days,
    )


async def end_duty(
    tx: Tx, caller: Caller, vault: Vault, inburgeraar_id: UUID, *, ended_on: date, manner: Manner
) -> DutyEndRow:
    """Record that a duty ended, or correct the day or the manner; the same again changes nothing.

    Raises:
        NotFound, AgreementMissing: not in sight.
        RefusedByLaw: the day lies ahead, or before the duty began.
        OnlyShortList: the dossier was destroyed; a death is recorded still, since the short list goes by it.
    """
    person = await change_person(tx, caller, inburgeraar_id, of_short_list=manner is Manner.DIED)
    refuse(_end_refusals(ended_on, obliged_on=person.obliged_on, manner=manner, today=tx.today))
    row = await store.duty_end(tx, person.id)
    before = None if row is None else (row.ended_on.isoformat(), row.manner)
    if before == (ended_on.isoformat(), str(manner)):
        return cast("DutyEndRow", row)
    if row is None:
        row = DutyEndRow(
            inburgeraar_id=person.id,
            ended_on=ended_on,
            manner=manner,
            recorded_at=tx.now,
            recorded_by=caller.subject,
        )
        tx.add(row)
    row.ended_on, row.manner = ended_on, str(manner)
    row.recorded_at, row.recorded_by = tx.now, caller.subject
    row.next_on = due_of(row, held_by=(), today=tx.today, settings=tx.settings).due_on
    await tx.flush()
    touch(person, tx, caller.subject)
    if row.reduced_at is None:  # the short list has no earlier versions
        changes = {"duty_end": (before, (ended_on.isoformat(), str(manner)))}
        sealing.record(tx, person, "duty-ended", changes, by=caller.subject, vault=vault)
    await clocks.stop(tx, person)
    await tx.publish(
        DutyEnded(inburgeraar_id=person.id, ended_on=ended_on, manner=manner.value),
        aggregate_id=person.id,
        version=person.version,
        gemeentecode=person.gemeentecode,
    )
    return row


async def withdraw_end(tx: Tx, caller: Caller, vault: Vault, inburgeraar_id: UUID) -> None:
    """Take back that a duty ended: it was a mistake. The clocks run again.

    Raises:
        NotFound, AgreementMissing: not in sight, or no end was recorded.
        OnlyShortList: the dossier was destroyed, and cannot come back.
    """
    person = await change_person(tx, caller, inburgeraar_id)
    row = await store.duty_end(tx, person.id)
    if row is None:
        raise NotFound("Er is geen einde van de inburgeringsplicht vastgelegd dat nog terug kan.")
    before = (row.ended_on.isoformat(), row.manner)
    await tx.session.delete(row)
    await tx.flush()
    touch(person, tx, caller.subject)
    sealing.record(
        tx, person, "duty-end-withdrawn", {"duty_end": (before, None)}, by=caller.subject, vault=vault
    )
    await clocks.reckon(tx, person)
    await tx.publish(
        DutyEndWithdrawn(inburgeraar_id=person.id),
        aggregate_id=person.id,
        version=person.version,
        gemeentecode=person.gemeentecode,
    )


async def hold_up(tx: Tx, caller: Caller, inburgeraar_id: UUID, *, reason: str, since: date) -> RetentionHold:
    """Hold destruction up, for example while an appeal runs.

    Raises:
        NotFound, AgreementMissing: not in sight.
        RefusedByLaw: the day lies ahead.
    """
    person = await change_person(tx, caller, inburgeraar_id)
    if since > tx.today:
        refuse([Refusal("since", "in-future", "De reden begint pas later.", _KEEPING)])
    row = RetentionHold(
        id=uuid4(),
        inburgeraar_id=person.id,
        reason=reason,
        since=since,
        recorded_at=tx.now,
        recorded_by=caller.subject,
    )
    tx.add(row)
    return row


async def end_hold(
    tx: Tx, caller: Caller, inburgeraar_id: UUID, hold_id: UUID, *, ended_on: date
) -> RetentionHold:
    """End what held destruction up; from the day after it data may go.

    Raises:
        NotFound, AgreementMissing: not in sight.
        HoldEnded: it ended before.
        RefusedByLaw: the day is before its beginning.
    """
    person = await change_person(tx, caller, inburgeraar_id)
    row = await store.hold(tx, person.id, hold_id)
    if row is None:
        raise NotFound("Deze reden om te bewaren is niet gevonden.")
    if row.ended_on is not None:
        detail = f"Deze reden eindigde al op {row.ended_on.isoformat()}."
        raise HoldEnded(detail, errors=[FieldError("ended", detail, pointer="/endedOn")])
    if ended_on < row.since:
        refuse([Refusal("endedOn", "before-begin", "De reden begon pas later.", _KEEPING)])
    row.ended_on = ended_on
    return row


async def reckon_anew(tx: Tx, after: UUID | None, *, fetch: int, settings: IntakeSettings) -> UUID | None:
    """Reckon by the terms of today from which day data of the next people must go.

    The day was reckoned when the duty ended; a term that was shortened since holds for them too.

    Args:
        tx: of the platform itself.
        after: the last one of the batch before.
        fetch: how many people at most.
        settings: of intake.

    Returns:
        The last one of this batch; None when nobody is left.
    """
    last: UUID | None = None
    for row in await store.ended_after(tx, after, fetch=fetch):
        last = row.inburgeraar_id
        if row.next_on == due_of(row, held_by=(), today=tx.today, settings=settings).due_on:
            continue
        found = await store.lock_due(tx, last)
        if found is not None:  # else it was taken back meanwhile
            end = found[1]
            end.next_on = due_of(end, held_by=(), today=tx.today, settings=settings).due_on
            await tx.flush()
    return last


async def destroy_one(tx: Tx, inburgeraar_id: UUID, settings: IntakeSettings) -> Stage | None:
    """Destroy what must go of one person today, and tell the others; None when something holds it after all.

    The event goes out with the destruction or not at all.
    """
    found = await store.lock_due(tx, inburgeraar_id)
    if found is None:
        return None
    person, end = found
    holds = await store.open_holds(tx, person.id, today=tx.today)
    due = due_of(end, held_by=holds, today=tx.today, settings=settings)
    if due.due_on > tx.today:
        # The term grew since the day was reckoned: those who wait wrongly must not keep others from their turn.
        end.next_on = due.due_on
        await tx.flush()
        return None
    if due.held_by:
        return None
    grounds = Grounds(due.term.code, due.term.source, tx.today)
    code, version = person.gemeentecode, person.version + 1
    if due.stage is Stage.REDUCED:
        person.version = version
        end.reduced_at = tx.now
        end.next_on = due_of(end, held_by=(), today=tx.today, settings=settings).due_on
        await tx.flush()
    tx.session.expunge_all()  # the rows go past the session
    await destroy(tx, store.CARE, inburgeraar_id, stage=due.stage, grounds=grounds)
    kind = InburgeraarReduced if due.stage is Stage.REDUCED else InburgeraarDestroyed
    await tx.publish(
        kind(
            inburgeraar_id=inburgeraar_id,
            rule=due.term.code,
            article=due.term.source,
            decided_on=tx.today,
        ),
        aggregate_id=inburgeraar_id,
        version=version,
        gemeentecode=code,
    )
    return due.stage


def _end_refusals(ended_on: date, *, obliged_on: date, manner: Manner, today: date) -> list[Refusal]:
    if ended_on > today:
        return [Refusal("endedOn", "in-future", "De plicht kan niet pas later zijn geëindigd.", _END)]
    if ended_on < obliged_on and manner is not Manner.DIED:
        return [Refusal("endedOn", "before-duty", f"De plicht begon op {obliged_on.isoformat()}.", _END)]
    return []
