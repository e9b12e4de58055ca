# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 2: what others publish, one call each.

Versions are compared in the actions and not by the chassis: the state and the lead of a person
are numbered together, and so are the dates and the end of a clock, but each is taken over apart.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from chassis.care.destruction import Grounds, destroy
from chassis.db import Tx
from chassis.service import Handler
from contracts import deadlines, gateway, housing, intake, learning_routes
from contracts.event import Envelope
from contracts.retention import Stage
from services.notifications import actions
from services.notifications.actions.clocks import Word
from services.notifications.actions.offering import OFFERED
from services.notifications.actions.people import State
from services.notifications.rules import SignalKind
from services.notifications.store.holdings import CARE

__all__ = [
    "also_to_webhooks",
    "on_absence_signal_raised",
    "on_deadlines_met",
    "on_deadlines_set",
    "on_deadlines_withdrawn",
    "on_gemeente_scope_set",
    "on_inburgeraar_states",
    "on_inburgeraars_corrected",
    "on_key_handed_over",
    "on_lead_assigned",
    "on_lesson_hours_reached",
    "on_person_destruction",
    "on_person_not_housed",
    "on_registrations_missing",
    "on_sickness_signal_raised",
    "on_signal_withdrawn",
]


async def on_inburgeraar_states(tx: Tx, told: Sequence[tuple[intake.InburgeraarState, Envelope]]) -> None:
    """People were registered or moved."""
    await actions.learn_people(tx, tx.settings, _states(told), corrected=False)


async def on_inburgeraars_corrected(tx: Tx, told: Sequence[tuple[intake.InburgeraarState, Envelope]]) -> None:
    """What was known of people was wrong."""
    await actions.learn_people(tx, tx.settings, _states(told), corrected=True)


def _states(told: Sequence[tuple[intake.InburgeraarState, Envelope]]) -> list[State]:
    return [
        State(
            inburgeraar_id=event.inburgeraar_id,
            version=envelope.aggregate_version,
            gemeentecode=event.responsible_gemeentecode,
            executing_gemeentecode=event.executing_gemeentecode,
        )
        for event, envelope in told
    ]


async def on_lead_assigned(tx: Tx, event: intake.LeadAssigned, envelope: Envelope) -> None:
    """A person got another lead, or none."""
    await actions.assign_lead(
        tx,
        tx.settings,
        inburgeraar_id=event.inburgeraar_id,
        version=envelope.aggregate_version,
        member_id=event.member_id,
    )


def _word(
    event: deadlines.DeadlineSet | deadlines.DeadlineMet | deadlines.DeadlineWithdrawn, envelope: Envelope
) -> Word:
    return Word(event.service(), envelope.aggregate_version, envelope.gemeentecode)


async def on_deadlines_set(tx: Tx, told: Sequence[tuple[deadlines.DeadlineSet, Envelope]]) -> None:
    """Clocks started, or their dates were corrected."""
    await actions.set_clocks(tx, tx.settings, [(event, _word(event, envelope)) for event, envelope in told])


async def on_deadlines_met(tx: Tx, told: Sequence[tuple[deadlines.DeadlineMet, Envelope]]) -> None:
    """What clocks asked for was done."""
    await actions.meet_clocks(tx, tx.settings, [(event, _word(event, envelope)) for event, envelope in told])


async def on_deadlines_withdrawn(
    tx: Tx, told: Sequence[tuple[deadlines.DeadlineWithdrawn, Envelope]]
) -> None:
    """Clocks no longer apply."""
    await actions.withdraw_clocks(
        tx, tx.settings, [(event, _word(event, envelope)) for event, envelope in told]
    )


async def on_absence_signal_raised(
    tx: Tx, event: learning_routes.AbsenceSignalRaised, envelope: Envelope
) -> None:
    """Lessons were missed without excuse."""
    await _raise(
        tx,
        event,
        envelope,
        SignalKind.UNEXCUSED_ABSENCES,
        {
            "lessons": [
                {"lessonId": str(one.lesson_id), "date": one.date.isoformat()} for one in event.lessons
            ],
            "limit": event.limit,
            "placementId": str(event.placement_id),
        },
    )


async def on_sickness_signal_raised(
    tx: Tx, event: learning_routes.SicknessSignalRaised, envelope: Envelope
) -> None:
    """The share of sick hours passed the limit of the contract."""
    await _raise(
        tx,
        event,
        envelope,
        SignalKind.SICKNESS_RATE,
        {
            "sickHours": _number(event.sick_hours),
            "registeredHours": _number(event.registered_hours),
            "percent": _number(event.percent),
            "limitPercent": _number(event.limit_percent),
            "fromDay": event.from_day.isoformat(),
            "untilDay": event.until_day.isoformat(),
            "placementId": str(event.placement_id),
        },
    )


async def on_lesson_hours_reached(
    tx: Tx, event: learning_routes.LessonHoursReached, envelope: Envelope
) -> None:
    """The attended hours passed a mark."""
    await _raise(
        tx,
        event,
        envelope,
        SignalKind.LESSON_HOURS_REACHED,
        {
            "attendedHours": _number(event.attended_hours),
            "mark": _number(event.mark),
            "reachedOn": event.reached_on.isoformat(),
            "placementId": str(event.placement_id),
        },
    )


async def on_registrations_missing(
    tx: Tx, event: learning_routes.RegistrationsMissing, envelope: Envelope
) -> None:
    """A lesson was held and its roll call is not complete."""
    await _raise(
        tx,
        event,
        envelope,
        SignalKind.MISSING_REGISTRATIONS,
        {
            "lessonId": str(event.lesson_id),
            "groupId": str(event.group_id),
            "lessonDate": event.lesson_date.isoformat(),
            "missing": event.missing,
        },
    )


async def on_key_handed_over(tx: Tx, event: housing.KeyHandedOver, envelope: Envelope) -> None:
    """Somebody's household has the key of a house."""
    await actions.hand_over(
        tx,
        tx.settings,
        inburgeraar_id=event.inburgeraar_id,
        match_id=event.match_id,
        household_id=event.household_id,
        key_on=event.key_on,
        move_due_on=event.move_due_on,
        version=envelope.aggregate_version,
        raised_at=envelope.time,
        gemeentecode=envelope.gemeentecode,
    )


async def on_person_not_housed(tx: Tx, event: housing.PersonNotHoused, envelope: Envelope) -> None:
    """Somebody has no use of the key that was told of. Who was entered as housed had none by a match."""
    if event.match_id is not None:
        await actions.undo_hand_over(
            tx,
            inburgeraar_id=event.inburgeraar_id,
            match_id=event.match_id,
            version=envelope.aggregate_version,
        )


async def _raise(tx: Tx, event: Any, envelope: Envelope, kind: SignalKind, facts: dict[str, Any]) -> None:
    await actions.raise_signal(
        tx,
        tx.settings,
        signal_id=event.signal_id,
        kind=kind,
        rule=event.rule,
        facts=facts,
        raised_at=envelope.time,
        gemeentecode=envelope.gemeentecode,
        inburgeraar_id=getattr(event, "inburgeraar_id", None),
        organisation_id=event.organisation_id,
    )


def _number(value: Decimal) -> int | float:
    """A JSON number; hours and percentages have at most two decimals, which a float holds exactly enough."""
    return int(value) if value == value.to_integral_value() else float(value)


async def on_signal_withdrawn(tx: Tx, event: learning_routes.SignalWithdrawn, _: Envelope) -> None:
    """A correction took the facts of a signal away."""
    await actions.withdraw_signal(tx, signal_id=event.signal_id, reason=event.reason)


async def on_gemeente_scope_set(tx: Tx, event: gateway.GemeenteScopeSet, envelope: Envelope) -> None:
    """A gemeente may hear of the people of other gemeenten than before."""
    await actions.learn_scope(tx, event, envelope.aggregate_version)


def also_to_webhooks(handlers: tuple[Handler, ...]) -> tuple[Handler, ...]:
    """The handlers, each of which offers its event to the receivers too, and one for each event that had none."""
    known = {handler.event.type for handler in handlers}
    return (
        *(_offering(handler) if handler.event.type in OFFERED else handler for handler in handlers),
        *(
            Handler(kind, apply_many=actions.offer_events)
            for name, kind in OFFERED.items()
            if name not in known
        ),
    )


def _offering(handler: Handler) -> Handler:
    async def many(tx: Tx, told: Sequence[tuple[Any, Envelope]]) -> None:
        await handler.take(tx, told)
        await actions.offer_events(tx, told)

    async def one(tx: Tx, event: Any, envelope: Envelope) -> None:
        await many(tx, [(event, envelope)])

    if handler.apply_many is None:
        return replace(handler, apply=one)
    return replace(handler, apply_many=many)


async def on_person_destruction(tx: Tx, event: intake.PersonDestruction, _: Envelope) -> None:
    """Data of a person must go: nothing here is on the short list, so all of it goes either way."""
    stage = Stage.REDUCED if isinstance(event, intake.InburgeraarReduced) else Stage.DESTROYED
    grounds = Grounds(event.rule, event.article, event.decided_on)
    await destroy(tx, CARE, event.inburgeraar_id, stage=stage, grounds=grounds)
