# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Events to the systems of gemeenten: who receives which, and what becomes of each delivery.

A delivery is a row in the transaction of the event's inbox row, so each event is offered once to
each receiver. It is then sent until the receiver says yes: at least once, with an id that stays.
"""

import base64
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson

from chassis.access import Caller
from chassis.crypto import FieldCipher
from chassis.db import Tx
from chassis.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from contracts import gateway, housing, intake, learning_routes, notifications
from contracts.access import Purpose, Role
from contracts.event import Envelope, Event
from services.notifications import rules, store
from services.notifications.errors import TooManyReceivers, WebhookIsStopped, WebhooksOff
from services.notifications.models import WebhookSubscription
from services.notifications.partners.receivers import BadAddress, check_address
from services.notifications.settings import NotificationsSettings, cipher_of
from services.notifications.store.webhooks import Outcome, Target

__all__ = [
    "OFFERED",
    "Ready",
    "Round",
    "change_webhook",
    "claim_deliveries",
    "learn_scope",
    "note_outcomes",
    "offer_event",
    "place_of_secret",
    "renew_secret",
    "replay_deliveries",
    "seen_webhook",
    "stop_webhook",
    "subscribe",
]

MAX_RECEIVERS = 20  # of one organisation
MAX_REPLAYS = 10_000  # of one request
AT_ONCE = 8  # events of different people that one receiver gets at one time
_LEASE = timedelta(seconds=60)

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


@dataclass(frozen=True, slots=True)
class Ready:
    """One event, ready to be sent."""

    id: UUID  # of the delivery: the same over all tries and replays
    body: str
    attempts: int  # before this one


@dataclass(frozen=True, slots=True)
class Round:
    """What one receiver gets at one time."""

    target: Target
    secrets: tuple[str, ...]
    deliveries: tuple[Ready, ...]


async def subscribe(
    tx: Tx, caller: Caller, settings: NotificationsSettings, *, url: str, types: Sequence[str]
) -> tuple[WebhookSubscription, str]:
    """Register a receiver of the caller's gemeente; answers it with its secret, which is told once.

    Raises:
        Forbidden: the caller is of no gemeente.
        InvalidInput: an address or a type that cannot be.
        TooManyReceivers, WebhooksOff: not here, or not now.
    """
    cipher = _cipher(settings)
    if caller.gemeentecode is None:
        raise Forbidden("Alleen een gemeente meldt een ontvanger aan, voor zichzelf.")
    _check(settings, url, types)
    if await store.webhooks.count_of(tx, caller.organisation_id) >= MAX_RECEIVERS:
        raise TooManyReceivers(f"Een organisatie heeft ten hoogste {MAX_RECEIVERS} ontvangers.")
    # What the gateway grants now; what it says later replaces it.
    codes = caller.person_codes(Purpose.CASE_WORK)
    await store.webhooks.learn_codes(tx, caller.organisation_id, codes, 0)
    row = WebhookSubscription(
        id=uuid4(),
        organisation_id=caller.organisation_id,
        gemeentecode=caller.gemeentecode,
        url=url,
        types=sorted(set(types)),
        created_at=tx.now,
        created_by=caller.subject,
    )
    tx.add(row)
    await tx.flush()
    return row, await _new_secret(tx, cipher, row.id)


async def seen_webhook(tx: Tx, subscription_id: UUID, *, lock: bool = False) -> WebhookSubscription:
    """The receiver.

    Raises:
        NotFound: there is none, or it is not the caller's.
    """
    row = await store.webhooks.find(tx, subscription_id, lock=lock)
    if row is None:
        raise NotFound("Deze ontvanger is niet gevonden.")
    return row


async def change_webhook(
    tx: Tx,
    caller: Caller,
    settings: NotificationsSettings,
    subscription_id: UUID,
    expected: int,
    *,
    url: str | None,
    types: Sequence[str] | None,
) -> WebhookSubscription:
    """Change where events go or which; a receiver that failed is tried again at once.

    Raises:
        NotFound, StaleVersion, InvalidInput, WebhookIsStopped: as they say.
        Forbidden: of another organisation; an administrator stops receivers, and changes none.
    """
    row = await _own(tx, caller, subscription_id)
    if row.version != expected:
        raise StaleVersion("Iemand anders heeft dit intussen gewijzigd.")
    _check(settings, row.url if url is None else url, row.types if types is None else types)
    row.url = row.url if url is None else url
    row.types = row.types if types is None else sorted(set(types))
    row.failures, row.paused_until = 0, None
    row.version += 1
    await tx.flush()
    return row


async def renew_secret(
    tx: Tx, caller: Caller, settings: NotificationsSettings, subscription_id: UUID
) -> tuple[str, datetime]:
    """Give a receiver a new secret; answers it, and until when the former one still signs as well."""
    cipher = _cipher(settings)
    await _own(tx, caller, subscription_id)
    until = await store.webhooks.retire_secrets(tx, subscription_id, settings.webhook_overlap_hours)
    return await _new_secret(tx, cipher, subscription_id), until


async def stop_webhook(tx: Tx, subscription_id: UUID) -> None:
    """Stop a receiver for good: nothing is sent any more and its secrets are gone; its log stays."""
    row = await seen_webhook(tx, subscription_id, lock=True)
    if not row.active:
        return
    row.active = False
    row.lease, row.leased_until = None, None
    row.version += 1
    await tx.flush()
    await store.webhooks.drop_secrets(tx, subscription_id)
    await store.webhooks.withhold_all(tx, subscription_id)


async def replay_deliveries(
    tx: Tx,
    subscription_id: UUID,
    *,
    delivery_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    statuses: Collection[str],
) -> int:
    """Send again: one delivery, or those of a period; answers how many wait now. The ids stay the same.

    Raises:
        NotFound: there is no such delivery, or it still waits.
        WebhookIsStopped: nothing goes there any more.
    """
    row = await seen_webhook(tx, subscription_id, lock=True)
    if not row.active:
        raise WebhookIsStopped("Naar deze ontvanger gaat niets meer.")
    if delivery_id is not None:
        if not await store.webhooks.replay(tx, subscription_id, delivery_id):
            raise NotFound("Deze bezorging is niet gevonden, of wacht nog.")
        return 1
    if since is None or until is None or until <= since:
        raise InvalidInput.on("/until", "Geef een periode: 'from' ligt voor 'until'.")
    wanted = {"since": since, "until": until, "statuses": sorted(statuses), "n": MAX_REPLAYS}
    return await store.webhooks.replay(tx, subscription_id, wanted)


# Events ------------------------------------------------------------------------------------------


async def learn_scope(tx: Tx, event: gateway.GemeenteScopeSet, version: int) -> None:
    """Take over of which gemeenten an organisation may hear; what waits is judged by it when it is sent."""
    await store.webhooks.learn_codes(tx, event.organisation_id, event.person_codes, version)


async def offer_event(tx: Tx, event: Event, envelope: Envelope) -> None:
    """Store an event for each receiver that asked for it. What is of no gemeente goes to nobody."""
    if envelope.gemeentecode is None:
        return
    # By the person, also where the event itself is kept in another order: so it is found when their data goes.
    person = getattr(event, "inburgeraar_id", None)
    await store.webhooks.offer(
        tx,
        event_id=envelope.id,
        type_name=envelope.type,
        key=envelope.key if person is None else str(person),
        gemeentecode=envelope.gemeentecode,
        body=_body(event, envelope),
    )


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


# Sending -----------------------------------------------------------------------------------------


async def claim_deliveries(
    tx: Tx, settings: NotificationsSettings, subscription_id: UUID, claim: UUID, *, ahead: float
) -> Round | None:
    """Claim what one receiver gets now; None where there is nothing, or somebody else serves it.

    A receiver that failed gets one event, to see whether it is back.
    """
    cipher = cipher_of(settings)
    give_up = timedelta(hours=settings.webhook_hours)
    target = await store.webhooks.claim(
        tx, subscription_id, claim, lease=_LEASE, give_up=give_up, ahead=ahead
    )
    if target is None or cipher is None:
        return None
    limit = 1 if target.failures else AT_ONCE
    rows = await store.webhooks.next_batch(tx, subscription_id, limit=limit, ahead=ahead)
    if not rows:
        await store.webhooks.release(tx, subscription_id, claim)
        return None
    sealed = await store.webhooks.secrets_of(tx, subscription_id, ahead=ahead)
    return Round(
        target,
        tuple(cipher.open(one, bound_to=place_of_secret(secret_id)) for secret_id, one in sealed),
        tuple(Ready(row.id, row.body, row.attempts) for row in rows),
    )


async def note_outcomes(
    tx: Tx,
    batch: Round,
    claim: UUID,
    answers: Sequence[tuple[int | None, str | None, timedelta | None]],
    *,
    jitter: float,
    ahead: float,
) -> bool:
    """Note what a receiver answered; answers whether it may get more at once.

    Args:
        tx: the transaction.
        batch: what was sent.
        claim: of this worker.
        answers: per delivery the status of HTTP, a code of what went wrong, and `Retry-After`.
        jitter: 0 to 1, see `rules.webhook_wait`.
        ahead: how far real time is ahead, in a test.
    """
    outcomes = []
    away: list[timedelta | None] = []
    for one, (status, fault, asked) in zip(batch.deliveries, answers, strict=True):
        wait = timedelta()
        if fault is not None:
            if status in rules.REFUSES_THIS_EVENT:
                wait = rules.webhook_wait(one.attempts + 1, jitter=jitter)
            else:
                away.append(asked)
        outcomes.append(Outcome(one.id, status, fault, wait))
    await store.webhooks.mark(tx, outcomes, ahead=ahead)
    failures = batch.target.failures + 1 if away else 0
    asked_most = max((one for one in away if one is not None), default=None)
    await store.webhooks.pause(
        tx,
        batch.target.id,
        claim,
        failures=failures,
        wait=rules.webhook_wait(failures, jitter=jitter, asked=asked_most) if away else None,
        ahead=ahead,
    )
    if away:
        await store.webhooks.release(tx, batch.target.id, claim)
    return not away


# -------------------------------------------------------------------------------------------------


def _cipher(settings: NotificationsSettings) -> FieldCipher:
    cipher = cipher_of(settings)
    if cipher is None:
        raise WebhooksOff("Deze installatie heeft geen sleutels voor de geheimen van webhooks.")
    return cipher


def _check(settings: NotificationsSettings, url: str, types: Sequence[str]) -> None:
    try:
        check_address(url, ports=settings.webhook_ports, loopback=settings.webhook_loopback)
    except BadAddress as fault:
        raise InvalidInput.on("/url", str(fault)) from fault
    for place, name in enumerate(types):
        if name not in OFFERED:
            raise InvalidInput.on(
                f"/types/{place}",
                f"Onbekende soort gebeurtenis. Bekend zijn: {', '.join(sorted(OFFERED))}.",
                code="unknown-type",
            )


async def _own(tx: Tx, caller: Caller, subscription_id: UUID) -> WebhookSubscription:
    row = await seen_webhook(tx, subscription_id, lock=True)
    if row.organisation_id != caller.organisation_id:
        raise Forbidden(
            f"Alleen de gemeente zelf doet dit. De rol {Role.ADMINISTRATOR} kan een ontvanger beëindigen."
        )
    if not row.active:
        raise WebhookIsStopped("Naar deze ontvanger gaat niets meer.")
    return row


async def _new_secret(tx: Tx, cipher: FieldCipher, subscription_id: UUID) -> str:
    """Make a secret in the form of Standard Webhooks, and keep it encrypted."""
    secret_id = uuid4()
    told = "whsec_" + base64.b64encode(os.urandom(32)).decode()
    await store.webhooks.add_secret(
        tx, secret_id, subscription_id, cipher.seal(told, bound_to=place_of_secret(secret_id))
    )
    return told


def place_of_secret(secret_id: UUID) -> str:
    """Where a secret belongs: its ciphertext opens nowhere else."""
    return f"webhook-secret:{secret_id}"
