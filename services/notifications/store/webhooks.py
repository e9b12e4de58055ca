# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL about receivers of events and the deliveries to them.

Every instant here is about the network, so it is the database's own real time, whatever the clock
of the law says and however the clocks of the processes differ. `ahead` moves it for a test.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from chassis.crypto import Sealed
from chassis.db import Tx
from services.notifications.models import WebhookDelivery, WebhookScope, WebhookSecret, WebhookSubscription

__all__ = [
    "Offer",
    "Outcome",
    "Target",
    "add_secret",
    "claim",
    "codes_of",
    "count_of",
    "deliveries",
    "drop_secrets",
    "due",
    "find",
    "learn_codes",
    "listed",
    "mark",
    "measured",
    "next_batch",
    "offer",
    "pause",
    "prune",
    "release",
    "replay",
    "retire_secrets",
    "secrets_of",
    "withhold_all",
]

_NOW = "(clock_timestamp() + make_interval(secs => CAST(:ahead AS double precision)))"
_OFFER = sa.text(
    "INSERT INTO webhook_delivery (id, subscription_id, event_id, type, key, gemeentecode, body, status, "
    "offered_at, attempts, replays, next_attempt_at) "
    "SELECT gen_random_uuid(), s.id, e.id, e.type, e.key, e.code, e.body, 'waiting', "
    "clock_timestamp(), 0, 0, clock_timestamp() "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:keys AS text[]), CAST(:codes AS text[]), "
    "CAST(:bodies AS text[])) WITH ORDINALITY AS e (id, type, key, code, body, nth) "
    "JOIN webhook_subscription s ON s.active AND e.type = ANY (s.types) "
    "JOIN webhook_scope c ON c.organisation_id = s.organisation_id AND e.code = ANY (c.codes) "
    "ORDER BY e.nth, s.id ON CONFLICT (subscription_id, event_id) DO NOTHING"
)
_DUE = sa.text(
    "SELECT s.id FROM webhook_subscription s WHERE s.active "
    f"AND (s.paused_until IS NULL OR s.paused_until <= {_NOW}) "
    f"AND (s.leased_until IS NULL OR s.leased_until < {_NOW}) "
    "AND EXISTS (SELECT FROM webhook_delivery d WHERE d.subscription_id = s.id AND d.status = 'waiting' "
    f"AND d.next_attempt_at <= {_NOW}) ORDER BY s.paused_until NULLS FIRST, s.id LIMIT :n"
)
_CLAIM = sa.text(
    f"UPDATE webhook_subscription SET lease = :claim, leased_until = {_NOW} + make_interval(secs => :seconds) "
    "WHERE id = :id AND active AND (lease IS NULL OR lease = :claim "
    f"OR leased_until < {_NOW}) AND (paused_until IS NULL OR paused_until <= {_NOW}) "
    "RETURNING id, organisation_id, url, failures"
)
_BURY = sa.text(
    f"UPDATE webhook_delivery d SET status = 'dead', ended_at = {_NOW} FROM webhook_subscription s "
    "WHERE d.subscription_id = :id AND s.id = d.subscription_id AND d.status = 'waiting' "
    # Only what the receiver refused or was away for: our own standing still kills nothing.
    f"AND (d.attempts > 0 OR s.failures > 0) AND d.offered_at < {_NOW} - make_interval(secs => :seconds)"
)
_WITHHOLD = sa.text(
    f"UPDATE webhook_delivery d SET status = 'withheld', ended_at = {_NOW}, last_fault = 'no-agreement' "
    "WHERE d.subscription_id = :id AND d.status = 'waiting' AND d.gemeentecode <> ALL (CAST(:codes AS text[]))"
)
_BATCH = sa.text(
    "SELECT d.id, d.event_id, d.type, d.key, d.body, d.attempts FROM webhook_delivery d "
    f"WHERE d.subscription_id = :id AND d.status = 'waiting' AND d.next_attempt_at <= {_NOW} "
    # In order per person: nothing overtakes an earlier event of the same key that still waits.
    "AND NOT EXISTS (SELECT FROM webhook_delivery e WHERE e.subscription_id = d.subscription_id "
    "AND e.key = d.key AND e.status = 'waiting' AND e.seq < d.seq) ORDER BY d.seq LIMIT :n"
)
_DELIVERED = sa.text(
    f"UPDATE webhook_delivery SET status = 'delivered', ended_at = {_NOW}, attempts = attempts + 1, "
    "last_status = :status, last_fault = NULL WHERE id = :id AND status = 'waiting'"
)
_FAILED = sa.text(
    "UPDATE webhook_delivery SET attempts = attempts + 1, last_status = :status, last_fault = :fault, "
    f"next_attempt_at = {_NOW} + make_interval(secs => :wait) WHERE id = :id AND status = 'waiting'"
)
_PAUSE = sa.text(
    "UPDATE webhook_subscription SET failures = :failures, paused_until = "
    f"CASE WHEN CAST(:wait AS double precision) IS NULL THEN NULL ELSE {_NOW} + make_interval(secs => :wait) END "
    "WHERE id = :id AND lease = :claim"
)
_REPLAY = (
    "UPDATE webhook_delivery SET status = 'waiting', ended_at = NULL, attempts = 0, replays = replays + 1, "
    "offered_at = clock_timestamp(), next_attempt_at = clock_timestamp(), last_status = NULL, last_fault = NULL "
    "WHERE subscription_id = :id AND status <> 'waiting' AND "
)
_REPLAY_ONE = sa.text(_REPLAY + "id = :delivery")
_REPLAY_PERIOD = sa.text(
    _REPLAY + "id IN (SELECT id FROM webhook_delivery WHERE subscription_id = :id AND status = ANY "
    "(CAST(:statuses AS text[])) AND offered_at >= :since AND offered_at < :until ORDER BY seq LIMIT :n)"
)
_MEASURE = sa.text(
    "SELECT count(*) FILTER (WHERE d.status = 'waiting') AS waiting, "
    "count(*) FILTER (WHERE d.status = 'dead') AS dead, "
    "coalesce(extract(epoch FROM clock_timestamp() - min(d.offered_at) FILTER (WHERE d.status = 'waiting')), 0) "
    "AS oldest, (SELECT count(*) FROM webhook_subscription s WHERE s.active AND s.failures > 0) AS failing "
    "FROM webhook_delivery d WHERE d.status IN ('waiting', 'dead')"
)
_PRUNE = sa.text(
    "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE status <> 'waiting' "
    "AND offered_at < clock_timestamp() - make_interval(days => :days) LIMIT 1000)"
)


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver that this worker serves until its lease ends."""

    id: UUID
    organisation_id: UUID
    url: str
    failures: int  # tries of the receiver as a whole that failed one after the other


@dataclass(frozen=True, slots=True)
class Offer:
    """An event as receivers get it."""

    event_id: UUID
    type_name: str
    key: str  # whose data it is
    gemeentecode: str
    body: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try."""

    delivery_id: UUID
    status: int | None  # of HTTP
    fault: str | None  # a code; None: delivered
    wait: timedelta = timedelta()  # until this event may be tried again


# Subscriptions -------------------------------------------------------------------------------------


async def find(tx: Tx, subscription_id: UUID, *, lock: bool = False) -> WebhookSubscription | None:
    """The subscription, if the caller may see it."""
    return await tx.get(WebhookSubscription, subscription_id, lock=lock)


async def listed(tx: Tx, *, after: tuple[Any, ...] | None, limit: int) -> Sequence[WebhookSubscription]:
    """Subscriptions that the caller may see, oldest first."""
    order = (col(WebhookSubscription.created_at), col(WebhookSubscription.id))
    query = sa.select(WebhookSubscription).order_by(*order).limit(limit)
    if after is not None:
        query = query.where(sa.tuple_(*order) > after)
    rows: Sequence[WebhookSubscription] = await tx.scalars(query)
    return rows


async def count_of(tx: Tx, organisation_id: UUID) -> int:
    """How many receivers an organisation has that are not stopped."""
    found: int = await tx.scalar(
        sa.select(sa.func.count())
        .select_from(WebhookSubscription)
        .where(col(WebhookSubscription.organisation_id) == organisation_id, col(WebhookSubscription.active))
    )
    return found


async def learn_codes(tx: Tx, organisation_id: UUID, codes: Collection[str], version: int) -> None:
    """Keep of which gemeenten an organisation may hear; an older word than the known one changes nothing."""
    await tx.execute(
        sa.text(
            "INSERT INTO webhook_scope AS s (organisation_id, codes, version) "
            "VALUES (:organisation, CAST(:codes AS text[]), :version) ON CONFLICT (organisation_id) "
            "DO UPDATE SET codes = excluded.codes, version = excluded.version WHERE s.version < excluded.version"
        ),
        {"organisation": organisation_id, "codes": sorted(codes), "version": version},
    )


async def codes_of(tx: Tx, organisations: Collection[UUID]) -> dict[UUID, list[str]]:
    """Of which gemeenten these organisations hear about people."""
    rows = await tx.scalars(
        sa.select(WebhookScope).where(col(WebhookScope.organisation_id).in_(organisations))
    )
    return {row.organisation_id: list(row.codes) for row in rows}


# Secrets -------------------------------------------------------------------------------------------


async def add_secret(tx: Tx, secret_id: UUID, subscription_id: UUID, sealed: Sealed) -> None:
    """Keep a new secret."""
    tx.add(
        WebhookSecret(
            id=secret_id,
            subscription_id=subscription_id,
            key_id=sealed.key_id,
            ciphertext=sealed.ciphertext,
            created_at=await tx.scalar(sa.text("SELECT clock_timestamp()")),
        )
    )
    await tx.flush()


async def retire_secrets(tx: Tx, subscription_id: UUID, hours: int) -> datetime:
    """Let the present secrets count for some hours more, and no secret longer than it already would."""
    until: datetime = await tx.scalar(
        sa.text("SELECT clock_timestamp() + make_interval(hours => :hours)"), {"hours": hours}
    )
    await tx.execute(
        sa.update(WebhookSecret)
        .where(col(WebhookSecret.subscription_id) == subscription_id)
        .values(retires_at=sa.func.least(sa.func.coalesce(col(WebhookSecret.retires_at), until), until))
    )
    return until


async def drop_secrets(tx: Tx, subscription_id: UUID) -> None:
    """Forget the secrets of a receiver that was stopped for good."""
    await tx.execute(sa.delete(WebhookSecret).where(col(WebhookSecret.subscription_id) == subscription_id))


async def secrets_of(tx: Tx, subscription_id: UUID, *, ahead: float = 0.0) -> list[tuple[UUID, Sealed]]:
    """The secrets that count now, the newest first."""
    rows = await tx.rows(
        sa.text(
            "SELECT id, key_id, ciphertext FROM webhook_secret WHERE subscription_id = :id "
            f"AND (retires_at IS NULL OR retires_at > {_NOW}) ORDER BY created_at DESC, id LIMIT 2"
        ),
        {"id": subscription_id, "ahead": ahead},
    )
    return [(row.id, Sealed(row.key_id, bytes(row.ciphertext))) for row in rows]


# Offering and sending ------------------------------------------------------------------------------


async def offer(tx: Tx, offers: Sequence[Offer]) -> None:
    """Store events for every receiver that asked for them and may have them; once for each, in their order."""
    await tx.execute(
        _OFFER,
        {
            "ids": [one.event_id for one in offers],
            "types": [one.type_name for one in offers],
            "keys": [one.key for one in offers],
            "codes": [one.gemeentecode for one in offers],
            "bodies": [one.body for one in offers],
        },
    )


async def due(tx: Tx, *, limit: int, ahead: float) -> Sequence[UUID]:
    """Receivers for whom something waits and whom nobody is serving."""
    found: Sequence[UUID] = await tx.scalars(_DUE, {"n": limit, "ahead": ahead})
    return found


async def claim(
    tx: Tx, subscription_id: UUID, claim: UUID, *, lease: timedelta, give_up: timedelta, ahead: float
) -> Target | None:
    """Make a receiver this worker's, and set aside what may or need no longer go to it."""
    row = (
        await tx.execute(
            _CLAIM,
            {"id": subscription_id, "claim": claim, "seconds": lease.total_seconds(), "ahead": ahead},
        )
    ).one_or_none()
    if row is None:
        return None
    codes = (await codes_of(tx, [row.organisation_id])).get(row.organisation_id, [])
    await tx.execute(_WITHHOLD, {"id": subscription_id, "codes": codes, "ahead": ahead})
    await tx.execute(_BURY, {"id": subscription_id, "seconds": give_up.total_seconds(), "ahead": ahead})
    return Target(row.id, row.organisation_id, row.url, row.failures)


async def next_batch(tx: Tx, subscription_id: UUID, *, limit: int, ahead: float) -> Sequence[Any]:
    """What may be sent now, at most one event per key: `(id, event_id, type, key, body, attempts)`."""
    return await tx.rows(_BATCH, {"id": subscription_id, "n": limit, "ahead": ahead})


async def mark(tx: Tx, outcomes: Sequence[Outcome], *, ahead: float) -> None:
    """Note what became of each try."""
    for one in outcomes:
        values: dict[str, Any] = {"id": one.delivery_id, "status": one.status, "ahead": ahead}
        if one.fault is None:
            await tx.execute(_DELIVERED, values)
        else:
            await tx.execute(_FAILED, {**values, "fault": one.fault, "wait": one.wait.total_seconds()})


async def pause(
    tx: Tx, subscription_id: UUID, claim: UUID, *, failures: int, wait: timedelta | None, ahead: float
) -> None:
    """Note how the receiver as a whole is doing, and until when it is left in peace."""
    seconds = None if wait is None else wait.total_seconds()
    await tx.execute(
        _PAUSE,
        {"id": subscription_id, "claim": claim, "failures": failures, "wait": seconds, "ahead": ahead},
    )


async def release(tx: Tx, subscription_id: UUID, claim: UUID) -> None:
    """Let others serve this receiver."""
    await tx.execute(
        sa.update(WebhookSubscription)
        .where(col(WebhookSubscription.id) == subscription_id, col(WebhookSubscription.lease) == claim)
        .values(lease=None, leased_until=None)
    )


async def withhold_all(tx: Tx, subscription_id: UUID) -> None:
    """Set aside all that waits for a receiver that was stopped."""
    await tx.execute(_WITHHOLD, {"id": subscription_id, "codes": [], "ahead": 0.0})


# What people ask -----------------------------------------------------------------------------------


async def deliveries(
    tx: Tx, subscription_id: UUID, *, status: str | None, after: tuple[Any, ...] | None, limit: int
) -> Sequence[WebhookDelivery]:
    """Deliveries to one receiver, the newest first."""
    query = (
        sa.select(WebhookDelivery)
        .where(col(WebhookDelivery.subscription_id) == subscription_id)
        .order_by(col(WebhookDelivery.seq).desc())
        .limit(limit)
    )
    if status is not None:
        query = query.where(col(WebhookDelivery.status) == status)
    if after is not None:
        query = query.where(col(WebhookDelivery.seq) < after[0])
    rows: Sequence[WebhookDelivery] = await tx.scalars(query)
    return rows


async def replay(tx: Tx, subscription_id: UUID, what: UUID | Mapping[str, Any]) -> int:
    """Let one delivery, or those of a period, wait again; answers how many."""
    if isinstance(what, UUID):
        return await tx.change(_REPLAY_ONE, {"id": subscription_id, "delivery": what})
    return await tx.change(_REPLAY_PERIOD, {"id": subscription_id, **what})


async def measured(tx: Tx) -> Any:
    """`waiting`, `dead`, `oldest` (seconds) and `failing` over all receivers."""
    return (await tx.execute(_MEASURE)).one()


async def prune(tx: Tx, days: int) -> int:
    """Forget deliveries that ended long ago, a thousand at a time; answers how many."""
    return await tx.change(_PRUNE, {"days": days})
