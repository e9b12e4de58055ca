# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signals: raised by others, withdrawn by others, handled by people."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID, uuid4, uuid5

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import AgreementMissing, NotFound
from contracts.notifications import SignalHandled
from services.notifications import store
from services.notifications.actions.counting import count_raised
from services.notifications.actions.routing import hand_out
from services.notifications.errors import AlreadyHandled, SignalIsWithdrawn
from services.notifications.models import Handling, HandlingNote, Signal
from services.notifications.rules import Audience, SignalKind
from services.notifications.settings import NotificationsSettings
from services.notifications.store.signals import NewSignal

__all__ = [
    "Outcome",
    "handle_signal",
    "not_visible",
    "note_look",
    "raise_signal",
    "withdraw_signal",
    "withdraw_signals",
]

Outcome = Literal["talked", "no-action", "passed-on"]

_ALSO: Mapping[SignalKind, Audience] = MappingProxyType(
    {
        SignalKind.LESSON_HOURS_REACHED: Audience.TAALSCHOOL,  # the evaluation is the work of both
        SignalKind.KEY_HANDED_OVER: Audience.VLUCHTELINGENWERK,  # and so is what begins with the key
    }
)
"""Who beside the consulent gets a signal about a person on a list of its own."""


async def raise_signal(
    tx: Tx,
    settings: NotificationsSettings,
    *,
    signal_id: UUID,
    kind: SignalKind,
    rule: str,
    facts: Mapping[str, Any],
    raised_at: datetime,
    gemeentecode: str | None,
    inburgeraar_id: UUID | None,
    organisation_id: UUID | None,
    due_on: date | None = None,
) -> None:
    """Put a signal of another service on the right work list, once.

    About a person it goes to the lead, and of some kinds to who works with the lead; about a lesson to
    the taalschool. It is kept also when the person is not known yet, and is born closed when its
    withdrawal came first.
    """
    await store.signals.take_turns(tx, signal_id)
    withdrawal = await store.signals.withdrawal(tx, signal_id)
    person = None
    if inburgeraar_id is not None:
        person = (await store.people.hold(tx, [inburgeraar_id]))[inburgeraar_id]
    known = person is not None and person.gemeentecode is not None
    audiences = [Audience.TAALSCHOOL if person is None else Audience.CONSULENT]
    if person is not None and kind in _ALSO:
        audiences.append(_ALSO[kind])
    signals = [
        NewSignal(
            id=signal_id if audience is audiences[0] else _also_for(audience, signal_id),
            kind=kind,
            audience=audience,
            raised_at=raised_at,
            rule=rule,
            facts=facts,
            inburgeraar_id=inburgeraar_id,
            # intake knows best; until it has spoken, the sender's word says who may look.
            gemeentecode=person.gemeentecode if person is not None and known else gemeentecode,
            executing_gemeentecode=None if person is None else person.executing_gemeentecode,
            lead_member_id=person.lead_member_id
            if person is not None and audience is Audience.CONSULENT
            else None,
            organisation_id=organisation_id,
            due_on=due_on,
            withdrawn_at=None if withdrawal is None else withdrawal.withdrawn_at,
            withdrawn_reason=None if withdrawal is None else withdrawal.reason,
        )
        for audience in audiences
    ]
    added = await store.signals.add(tx, signals)
    count_raised(tx, [one for one in signals if one.id in added and withdrawal is None], delayed=True)
    if withdrawal is None:
        await hand_out(tx, settings, sorted(added))


def _also_for(audience: Audience, signal_id: UUID) -> UUID:
    """The id under which the same signal stands on the list of another audience too."""
    return uuid5(signal_id, audience.value)


async def withdraw_signal(tx: Tx, *, signal_id: UUID, reason: str) -> None:
    """Take a signal from the lists, since its facts are gone. One that was handled stays handled."""
    await store.signals.take_turns(tx, signal_id)
    await withdraw_signals(tx, [signal_id], reason=reason)


async def withdraw_signals(tx: Tx, signal_ids: Sequence[UUID], *, reason: str) -> None:
    """Take these from the lists, of which one at most is open. If none came so far, each is born closed.

    The caller let them take turns.
    """
    others = [_also_for(audience, one) for one in signal_ids for audience in sorted(set(_ALSO.values()))]
    if not await store.signals.withdraw(tx, [*signal_ids, *others], reason):
        for one in signal_ids:
            await store.signals.remember_withdrawal(tx, one, reason)


async def handle_signal(
    tx: Tx, caller: Caller, *, signal_id: UUID, outcome: Outcome, note: str | None
) -> tuple[Handling, str | None]:
    """Record that the caller handled a signal. The first one counts.

    Raises:
        NotFound: not there, or on nobody's list that the caller has.
        AgreementMissing: of a gemeente of the caller, but no agreement allows this look.
        AlreadyHandled: somebody was first.
        SignalIsWithdrawn: there is nothing left to handle.

    """
    signal = await store.signals.mark_handled(tx, signal_id)
    if signal is None:
        raise await _why_not(tx, caller, signal_id)
    handling = Handling(
        id=uuid4(), signal_id=signal_id, member_id=caller.subject, outcome=outcome, handled_at=tx.now
    )
    tx.add(handling)
    await tx.flush()
    if note is not None:
        tx.add(HandlingNote(handling_id=handling.id, signal_id=signal_id, note=note))
    note_look(tx, signal)
    await tx.publish(
        SignalHandled(
            signal_id=signal_id, inburgeraar_id=signal.inburgeraar_id, kind=signal.kind, outcome=outcome
        ),
        aggregate_id=signal_id,
        version=signal.version,
        gemeentecode=signal.gemeentecode,
    )
    return handling, note


def note_look(tx: Tx, signal: Signal) -> None:
    """Log the look at the person of a signal. One of nobody's gemeente names nobody's data yet."""
    if signal.inburgeraar_id is not None and signal.gemeentecode is not None:
        tx.look(signal.inburgeraar_id, signal.gemeentecode)


async def _why_not(
    tx: Tx, caller: Caller, signal_id: UUID
) -> NotFound | AgreementMissing | AlreadyHandled | SignalIsWithdrawn:
    signal = await store.worklist.find(tx, signal_id)
    if signal is None:
        return await not_visible(tx, caller, signal_id)
    if signal.status == "withdrawn":
        return SignalIsWithdrawn.because(signal.withdrawn_reason or "")
    handling, _ = (await store.worklist.handlings(tx, [signal_id]))[signal_id]
    return AlreadyHandled.by(handling.member_id, handling.handled_at)


async def not_visible(tx: Tx, caller: Caller, signal_id: UUID) -> NotFound | AgreementMissing:
    """Why the caller does not see a signal, from the gemeente alone and never from the signal itself."""
    code = await store.worklist.place(tx, signal_id)
    if code is None or code in caller.person_codes(tx.purpose):
        return NotFound("Dit signaal is niet gevonden.")
    return tx.missing_agreement(code)
