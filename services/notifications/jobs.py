# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 3, the clock: firing what is due, sending what waits, and measuring both.

The measuring is a job of its own, so that it still speaks when another one hangs. Whether a job
runs at all is told by the chassis (`job_last_success_seconds`).
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import lru_cache
from secrets import SystemRandom
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from prometheus_client import Counter, Gauge

from chassis.db import Database
from chassis.inbox import database_is_away
from chassis.logs import log
from chassis.metrics import metrics
from chassis.service import Context, Service
from services.notifications import actions, rules, store
from services.notifications.actions.counting import begin_counting
from services.notifications.actions.keys import renew_secrets
from services.notifications.actions.webhooks import Round
from services.notifications.partners import mail
from services.notifications.partners.receivers import Answer, Receivers
from services.notifications.settings import cipher_of
from services.notifications.store.deliveries import Claimed

__all__ = [
    "RENEWALS",
    "Sender",
    "fire_deadlines",
    "measure",
    "prune_webhooks",
    "renew_keys",
    "send_mail",
    "send_webhooks",
    "sender_of",
    "sending",
]

_KEYS = Service.operation("renewKeys", "Sleutels vernieuwen", "sleutels-vernieuwen")
_FIRE = Service.operation("fireDeadlines", "Termijnen bewaken", "termijnen-bewaken")
_SEND = Service.operation("sendMail", "Signalen per mail bezorgen", "signalen-bezorgen")
_WEBHOOKS = Service.operation(
    "sendWebhooks", "Gebeurtenissen bezorgen bij systemen", "gebeurtenissen-bezorgen"
)
_MEASURE = Service.operation("measure", "Toestand meten", "beheer")
WEBHOOK_DAYS = 30
"""For so long the log of deliveries is kept, and can be sent again."""
_random = SystemRandom()


class Gauges:
    """What Prometheus sees of this service beside the chassis' own."""

    def __init__(self) -> None:
        registry = metrics().registry
        self.deadlines = Gauge("deadlines", "Clocks that run, by status", ["status"], registry=registry)
        self.lag = Gauge(
            "deadline_lag_seconds",
            "For how long the longest waiting stage could have fired, on the clock of the law",
            registry=registry,
        )
        self.fired = Counter(
            "deadline_clocks_fired_total", "Clocks of which a stage fired", registry=registry
        )
        self.deliveries = Gauge("deliveries", "Mails by status, short of sent", ["status"], registry=registry)
        self.sent = Counter("mails_total", "Tries of a mail by outcome", ["outcome"], registry=registry)
        self.webhooks_waiting = Gauge("webhook_waiting", "Events that wait for a receiver", registry=registry)
        self.webhooks_oldest = Gauge(
            "webhook_oldest_seconds", "Age of the oldest event that waits for a receiver", registry=registry
        )
        self.webhooks_dead = Gauge(
            "webhook_dead", "Events that a receiver never took, and nobody sent again", registry=registry
        )
        self.webhooks_failing = Gauge(
            "webhook_receivers_failing", "Receivers that did not take the last event", registry=registry
        )
        self.webhook_tries = Counter(
            "webhook_tries_total",
            "Tries of an event at a receiver by outcome",
            ["outcome"],
            registry=registry,
        )
        begin_counting()
        for outcome in ("sent", "put-back", "failed"):  # from the first minute, at zero
            self.sent.labels(outcome)


@lru_cache(maxsize=1)
def gauges() -> Gauges:
    """The metrics of this process, registered when first asked for."""
    return Gauges()


async def fire_deadlines(context: Context) -> None:
    """Fire every clock that is due, in batches of one transaction each."""
    while True:
        async with context.begin(operation=_FIRE) as tx:
            fired = await actions.fire_due(tx, context.settings)
        if not fired:
            return
        gauges().fired.inc(fired)
        log().info("deadlines_fired", clocks=fired)


async def send_mail(context: Context) -> None:
    """Send what waits. A mail that fails is due again later, so this ends when the rest is sent."""
    if not context.settings.smtp_host:
        return
    while True:
        claim = uuid4()
        async with context.begin(operation=_SEND) as tx:
            looked_at, mails = await actions.claim_mail(tx, context.settings, claim)
        if not looked_at:
            return
        await _send(context, mails, claim)


def _portal(context: Context) -> str:
    told: str = context.settings.portal_url
    return told or f"{context.platform.public_url}/portal"


async def _send(context: Context, mails: list[Claimed], claim: UUID) -> None:
    """Send a claimed batch over one connection; each outcome is noted before the next mail."""
    reached = True
    async with mail.connect(context.settings) as server:
        for one in mails:
            kinds = {kind for _, kind in one.signals}
            letter = mail.Letter(
                delivery_id=one.id,
                template="digest" if one.template == "digest" else "signal",
                address=one.address,
                signal_ids=[signal_id for signal_id, _ in one.signals],
                first_step=rules.FIRST_STEP[rules.SignalKind(kinds.pop())] if len(kinds) == 1 else None,
            )
            fault: mail.MailFault | None = None
            try:
                if not reached:
                    raise mail.MailFault(mail.NO_CONNECTION)
                await server.send(
                    mail.write(letter, sender=context.settings.mail_from, portal_url=_portal(context))
                )
            except mail.MailFault as caught:
                fault = caught
                # One try tells that the server is away; the rest of the batch need not wait for more.
                reached = fault.code not in {mail.NO_CONNECTION, mail.TIMEOUT} or server.was_reached
            await _note(context, one, claim, fault)


async def _note(context: Context, one: Claimed, claim: UUID, fault: mail.MailFault | None) -> None:
    async with context.begin(operation=_SEND) as tx:
        if fault is None:
            await actions.note_sent(tx, one, claim)
            outcome = "sent"
        else:
            given_up = await actions.note_fault(
                tx,
                context.settings,
                one,
                claim,
                fault=fault.code,
                final=fault.final,
                jitter=_random.random(),
            )
            outcome = "failed" if given_up else "put-back"
    gauges().sent.labels(outcome).inc()
    if fault is not None:
        log().warning(
            "mail_not_taken", delivery_id=str(one.id), fault=fault.code, attempt=one.attempts, outcome=outcome
        )


class Sender:
    """Serves the receivers of events, each by a task of its own, so that a slow one delays no other.

    `ahead` moves the real time of waits and signatures, in seconds, for a test.
    """

    def __init__(self, context: Context, receivers: Receivers) -> None:
        """Serve nobody yet."""
        self._context = context
        self.receivers = receivers
        self.ahead = 0.0
        self._busy: dict[UUID, asyncio.Task[None]] = {}
        self._pruned: float | None = None

    async def look(self) -> None:
        """Begin to serve every receiver for whom something waits; answers before they are served."""
        room = self._context.settings.webhook_receivers - len(self._busy)
        if room <= 0:
            return
        async with self._context.begin(operation=_WEBHOOKS) as tx:
            waiting = await store.webhooks.due(tx, limit=room + len(self._busy), ahead=self.ahead)
        for subscription in [one for one in waiting if one not in self._busy][:room]:
            task = asyncio.create_task(self._serve(subscription))
            self._busy[subscription] = task
            task.add_done_callback(lambda _, one=subscription: self._busy.pop(one, None))  # type: ignore[misc]

    async def prune(self) -> None:
        """Forget what ended long ago, once an hour."""
        if self._pruned is None or time.monotonic() - self._pruned > PRUNE_EVERY.total_seconds():
            self._pruned = time.monotonic()
            await prune_webhooks(self._context)

    async def idle(self) -> None:
        """Wait until nobody is being served."""
        while self._busy:
            await asyncio.wait(self._busy.values())

    async def close(self) -> None:
        """Let go; what was under way is sent again after its lease."""
        tasks = list(self._busy.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, subscription: UUID) -> None:
        claim = uuid4()
        try:
            while await self._round(subscription, claim):
                pass
        except Exception as fault:  # noqa: BLE001 - one receiver's fault is nobody else's; its lease ends by itself
            away = database_is_away(fault)
            log().warning(
                "webhook_round_failed", fault=type(fault).__name__, exc_info=None if away else fault
            )

    async def _round(self, subscription: UUID, claim: UUID) -> bool:
        settings = self._context.settings
        async with self._context.begin(operation=_WEBHOOKS) as tx:
            batch = await actions.claim_deliveries(tx, settings, subscription, claim, ahead=self.ahead)
        if batch is None:
            return False
        answers = await asyncio.gather(*(self._send(batch, place) for place in range(len(batch.deliveries))))
        async with self._context.begin(operation=_WEBHOOKS) as tx:
            more = await actions.note_outcomes(
                tx,
                batch,
                claim,
                [(one.status, one.fault, one.retry_after) for one in answers],
                jitter=_random.random(),
                ahead=self.ahead,
            )
        for one in answers:
            gauges().webhook_tries.labels("delivered" if one.fault is None else "failed").inc()
        faults = sorted({one.fault for one in answers if one.fault is not None})
        if faults:
            log().warning(
                "webhook_not_taken",
                subscription_id=str(subscription),
                faults=faults,
                failures=batch.target.failures + 1,
            )
        return more

    async def _send(self, batch: Round, place: int) -> Answer:
        one = batch.deliveries[place]
        return await self.receivers.send(
            batch.target.url,
            message_id=one.id,
            secrets=batch.secrets,
            body=one.body.encode(),
            ahead=self.ahead,
        )


_senders: WeakKeyDictionary[Database, Sender] = WeakKeyDictionary()


@asynccontextmanager
async def sending(context: Context) -> AsyncIterator[None]:
    """Have a sender as long as the process lives."""
    settings = context.settings
    sender = Sender(context, Receivers(ports=settings.webhook_ports, loopback=settings.webhook_loopback))
    _senders[context.database] = sender
    try:
        yield
    finally:
        await sender.close()


def sender_of(context: Context) -> Sender:
    """The sender of this process."""
    return _senders[context.database]


async def send_webhooks(context: Context) -> None:
    """Begin to serve the receivers for whom something waits."""
    sender = sender_of(context)
    await sender.look()
    await sender.prune()


async def prune_webhooks(context: Context) -> None:
    """Forget what was delivered or given up long ago."""
    pruned = -1
    while pruned:
        async with context.begin(operation=_WEBHOOKS) as tx:
            pruned = await store.webhooks.prune(tx, WEBHOOK_DAYS)


async def measure(context: Context) -> None:
    """Keep the gauges up to date."""
    async with context.begin(operation=_MEASURE) as tx:
        webhooks = await store.webhooks.measured(tx)
        running = await store.deadlines.running(tx)
        since = await store.deadlines.lag_since(tx)
        deliveries = await store.deliveries.waiting(tx)
        now = tx.now
    gauges().webhooks_waiting.set(webhooks.waiting)
    gauges().webhooks_dead.set(webhooks.dead)
    gauges().webhooks_oldest.set(float(webhooks.oldest))
    gauges().webhooks_failing.set(webhooks.failing)
    for status in ("running", "late"):
        gauges().deadlines.labels(status).set(running.get(status, 0))
    gauges().lag.set(0 if since is None else max(0.0, (now - since).total_seconds()))
    for status in ("waiting", "sending", "failed", "no-address"):
        gauges().deliveries.labels(status).set(deliveries.get(status, 0))


FIRE_EVERY = timedelta(seconds=2)
SEND_EVERY = timedelta(seconds=2)
MEASURE_EVERY = timedelta(seconds=10)
WEBHOOKS_EVERY = timedelta(seconds=1)
PRUNE_EVERY = timedelta(hours=1)


async def _renew_secrets(context: Context) -> int:
    cipher = cipher_of(context.settings)
    if cipher is None:
        return 0
    async with context.begin(operation=_KEYS) as tx:
        return await renew_secrets(tx, cipher)


RENEWALS = (_renew_secrets,)
"""Each gives a batch of old rows the current key; 0 when none is left that nobody else holds."""


async def renew_keys(context: Context) -> None:
    """Renew secrets of webhooks that are under a key that is no longer current."""
    for renew in RENEWALS:
        while await renew(context):
            continue
