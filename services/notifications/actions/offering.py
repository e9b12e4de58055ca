# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Events offered to the systems of gemeenten: a row for each receiver that asked for one and may have it.

The row is in the transaction of the event's inbox row, so each event is offered once to each receiver.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import orjson

from chassis.db import Tx
from contracts import gateway, housing, intake, learning_routes, notifications
from contracts.event import Envelope, Event
from services.notifications import store
from services.notifications.store.webhooks import Offer

__all__ = ["OFFERED", "learn_scope", "offer_events"]

_EVENTS: tuple[type[Event], ...] = (
    intake.InburgeraarRegistered,
    intake.InburgeraarCorrected,
    intake.InburgeraarMoved,
    intake.LeadAssigned,
    intake.PipSigned,
    intake.IntakeDeadlineSet,
    intake.IntakeDeadlineMet,
    intake.IntakeDeadlineWithdrawn,
    housing.KeyHandedOver,
    housing.PersonHoused,
    housing.PersonNotHoused,
    housing.HousingDeadlineSet,
    housing.HousingDeadlineMet,
    housing.HousingDeadlineWithdrawn,
    learning_routes.PlacementMade,
    learning_routes.PlacementStarted,
    learning_routes.PlacementStartWithdrawn,
    learning_routes.PlacementEnded,
    learning_routes.AbsenceSignalRaised,
    learning_routes.SicknessSignalRaised,
    learning_routes.LessonHoursReached,
    learning_routes.SignalWithdrawn,
    learning_routes.LearningRoutesDeadlineSet,
    learning_routes.LearningRoutesDeadlineMet,
    learning_routes.LearningRoutesDeadlineWithdrawn,
    notifications.DeadlineFired,
    notifications.SignalHandled,
)
OFFERED: Mapping[str, type[Event]] = {kind.type: kind for kind in _EVENTS}
"""What a receiver can ask for, by type. Every lesson of everybody is not among it: that is what
the ledger is asked for, and the signals tell when it matters."""


async def learn_scope(tx: Tx, event: gateway.GemeenteScopeSet, version: int) -> None:
    """Take over of which gemeenten an organisation may hear; what waits is judged by it when it is sent."""
    await store.webhooks.learn_codes(tx, event.organisation_id, event.person_codes, version)


async def offer_events(tx: Tx, told: Sequence[tuple[Event, Envelope]]) -> None:
    """Store events for each receiver that asked for them, in their order.

    What is of no gemeente goes to nobody.
    """
    offers = [
        Offer(envelope.id, envelope.type, _kept_by(event, envelope), code, _body(event, envelope))
        for event, envelope in told
        if (code := envelope.gemeentecode) is not None
    ]
    if offers:
        await store.webhooks.offer(tx, offers)


def _kept_by(event: Event, envelope: Envelope) -> str:
    """The person, also where the event itself is kept in another order: so it is found when their data goes."""
    person = getattr(event, "inburgeraar_id", None)
    return envelope.key if person is None else str(person)


def _body(event: Event, envelope: Envelope) -> str:
    """The event as one JSON document (CloudEvents, structured mode): ids, dates and codes."""
    found: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(envelope.id),
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": f"{envelope.source.rsplit(':', 1)[0]}:schema:{envelope.type}",
        "partitionkey": envelope.key,
        "aggregateversion": envelope.aggregate_version,
        "gemeentecode": envelope.gemeentecode,
        "data": event.model_dump(mode="json", by_alias=True),
    }
    if envelope.traceparent is not None:
        found["traceparent"] = envelope.traceparent
    return orjson.dumps(found).decode()
