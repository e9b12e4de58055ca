# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Mailboxes, and the states of a mail from stored to sent or given up.

Exactly once in effect: a mail is a row before it is sent; a worker claims it, sends it outside
any transaction, and notes the outcome. A worker that dies leaves a lease that ends, and the mail
goes out again. Only a death between the mail server's yes and the note of it sends a mail a
second time, with the same Message-ID, by which mail programs show it once.
"""

from datetime import timedelta
from uuid import UUID, uuid4

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import Forbidden, NotFound
from contracts.access import Role
from services.notifications import rules, store
from services.notifications.errors import DeliveryNotFailed
from services.notifications.models import Delivery, Mailbox
from services.notifications.settings import NotificationsSettings
from services.notifications.store.deliveries import Claimed

__all__ = ["claim_mail", "note_fault", "note_sent", "offer_again", "put_mailbox"]

FAILED_RULE = "Afspraak van het platform: geen bericht gaat verloren"
FAILED_KEY = "delivery-failed"


async def put_mailbox(
    tx: Tx, caller: Caller, *, member_id: UUID, address: str, digest: bool
) -> tuple[Mailbox, bool]:
    """Say where a member receives mail; answers the mailbox and whether it is new.

    Mails that waited for an address go out after all, as far as their signals are still open.

    Raises:
        Forbidden: the mailbox of somebody else, and the caller is no administrator.

    """
    if caller.subject != member_id and not caller.has_role(Role.ADMINISTRATOR):
        raise Forbidden(
            "U kunt alleen uw eigen e-mailadres instellen. Een beheerder kan dat voor anderen doen."
        )
    await store.deliveries.take_turns(tx, [member_id], share=False)
    box = await store.deliveries.save_mailbox(tx, member_id, address=address, digest=digest)
    await store.deliveries.revive(tx, member_id)
    return box


async def claim_mail(tx: Tx, settings: NotificationsSettings, claim: UUID) -> tuple[int, list[Claimed]]:
    """Claim a batch of mails that are due; answers how many were looked at and the ones to send.

    Mails about signals that were handled, withdrawn or given to somebody else are cancelled.
    """
    ids = await store.deliveries.to_claim(tx, settings.mail_batch)
    if not ids:
        return 0, []
    await store.deliveries.cancel_empty(tx, ids)
    # Long enough for every mail of the batch to run into its time limit.
    lease = timedelta(seconds=60 + settings.mail_batch * settings.smtp_timeout_seconds * 4)
    return len(ids), await store.deliveries.claim(tx, ids, claim=claim, lease=lease)


async def note_sent(tx: Tx, mail: Claimed, claim: UUID) -> bool:
    """The mail server took the mail."""
    return await store.deliveries.mark_sent(tx, mail.id, claim)


async def note_fault(
    tx: Tx,
    settings: NotificationsSettings,
    mail: Claimed,
    claim: UUID,
    *,
    fault: str,
    final: bool,
    jitter: float,
) -> bool:
    """The mail was not taken: try again later, or give it up and tell operations.

    Args:
        tx: the transaction.
        settings: how often and how long to try.
        mail: the mail.
        claim: of this worker.
        fault: a code without any address in it.
        final: the server refuses it for good.
        jitter: 0 to 1, see `rules.retry_after`.

    Returns:
        Whether the mail was given up.

    """
    wait = rules.retry_after(
        mail.attempts,
        maximum=settings.mail_tries,
        first=timedelta(seconds=settings.mail_first_wait_seconds),
        longest=timedelta(seconds=settings.mail_longest_wait_seconds),
        jitter=jitter,
    )
    if wait is not None and not final:
        await store.deliveries.put_back(tx, mail.id, claim, fault=fault, wait=wait)
        return False
    if not await store.deliveries.mark_failed(tx, mail.id, claim, fault=fault):
        return False
    await store.signals.stand(
        tx,
        id=uuid4(),
        key=FAILED_KEY,
        kind=rules.SignalKind.DELIVERY_FAILED,
        gemeentecode=None,
        rule=FAILED_RULE,
        facts={"lastFault": fault, "lastDeliveryId": mail.id},
    )
    return True


async def offer_again(tx: Tx, delivery_id: UUID) -> Delivery:
    """Try a mail again that was given up, from the first try on.

    Raises:
        NotFound: there is no such mail.
        DeliveryNotFailed: it was not given up.

    """
    if not await store.deliveries.offer_again(tx, delivery_id):
        if await store.deliveries.find(tx, delivery_id) is None:
            raise NotFound("Deze bezorging is niet gevonden.")
        raise DeliveryNotFailed("Deze bezorging wacht nog, is al gelukt of is niet meer nodig.")
    row = await store.deliveries.find(tx, delivery_id)
    assert row is not None  # noqa: S101 - changed a moment ago, in this transaction
    return row
