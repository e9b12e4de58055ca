# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Events to the systems of gemeenten: who receives which, and what becomes of each delivery.

A delivery is sent until the receiver says yes: at least once, with an id that stays (`offering` makes them).
"""

import base64
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from chassis.access import Caller
from chassis.crypto import FieldCipher
from chassis.db import Tx
from chassis.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from contracts.access import Purpose, Role
from services.notifications import rules, store
from services.notifications.actions.offering import OFFERED
from services.notifications.errors import TooManyReceivers, WebhookIsStopped, WebhooksOff
from services.notifications.models import WebhookSubscription
from services.notifications.partners.receivers import BadAddress, check_address
from services.notifications.settings import NotificationsSettings, cipher_of
from services.notifications.store.webhooks import Outcome, Target

__all__ = [
    "Ready",
    "Round",
    "change_webhook",
    "claim_deliveries",
    "note_outcomes",
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
