# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 3, the clock: firing what is due, sending what waits, and measuring both.

The measuring is a job of its own, so that it still speaks when another one hangs. Whether a job
runs at all is told by the chassis (`job_last_success_seconds`).
"""

from datetime import timedelta
from functools import lru_cache
from secrets import SystemRandom
from uuid import UUID, uuid4

from prometheus_client import Counter, Gauge

from chassis.logs import log
from chassis.metrics import metrics
from chassis.service import Context, Service
from services.notifications import actions, rules, store
from services.notifications.partners import mail
from services.notifications.store.deliveries import Claimed

__all__ = ["fire_deadlines", "measure", "send_mail"]

_FIRE = Service.operation("fireDeadlines", "Termijnen bewaken", "termijnen-bewaken")
_SEND = Service.operation("sendMail", "Signalen per mail bezorgen", "signalen-bezorgen")
_MEASURE = Service.operation("measure", "Toestand meten", "beheer")
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


async def measure(context: Context) -> None:
    """Keep the gauges up to date."""
    async with context.begin(operation=_MEASURE) as tx:
        running = await store.deadlines.running(tx)
        since = await store.deadlines.lag_since(tx)
        deliveries = await store.deliveries.waiting(tx)
        now = tx.now
    for status in ("running", "late"):
        gauges().deadlines.labels(status).set(running.get(status, 0))
    gauges().lag.set(0 if since is None else max(0.0, (now - since).total_seconds()))
    for status in ("waiting", "sending", "failed", "no-address"):
        gauges().deliveries.labels(status).set(deliveries.get(status, 0))


FIRE_EVERY = timedelta(seconds=2)
SEND_EVERY = timedelta(seconds=2)
MEASURE_EVERY = timedelta(seconds=10)
