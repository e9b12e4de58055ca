# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Bringing signals to the people who must act: a mail to the lead, or a word to operations.

The work list itself needs no bringing: it is what the signals' rows say. All functions can be
repeated: a signal is mailed to a member once, and stands before operations once.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from chassis.db import Tx
from services.notifications import rules, store
from services.notifications.models import Person
from services.notifications.settings import NotificationsSettings

__all__ = ["hand_out", "hand_out_all", "hand_out_to_gemeenten"]

UNROUTABLE_RULE = "Afspraak van het platform: elk signaal komt bij iemand terecht"


async def hand_out(tx: Tx, settings: NotificationsSettings, ids: Sequence[UUID]) -> None:
    """Bring signals that just opened to whoever must act.

    Without a lead they wait on the open list of the executing gemeente, without mail. Where not
    even the gemeente is known, since intake has not told of the person, operations sees that a
    signal waits: its kind and gemeentecode, never the person.
    """
    if not ids:
        return
    for row in await store.signals.unrouted(tx, ids):
        await store.signals.stand(
            tx,
            id=uuid4(),
            key=store.signals.unroutable_key(row.id),
            kind=rules.SignalKind.UNROUTABLE_SIGNAL,
            gemeentecode=row.gemeentecode,
            rule=UNROUTABLE_RULE,
            facts={"signalId": row.id, "kind": row.kind, "reason": "person-unknown"},
        )
    await _mail(tx, settings, await store.signals.open_with_lead(tx, ids=ids), together=False)


async def hand_out_all(tx: Tx, settings: NotificationsSettings, person: Person) -> None:
    """Tell a new lead of the open signals of a person, in one mail."""
    rows = await store.signals.open_with_lead(tx, inburgeraar_id=person.inburgeraar_id)
    await _mail(tx, settings, rows, together=True)


async def hand_out_to_gemeenten(
    tx: Tx, settings: NotificationsSettings, people: Sequence[Person], waited: Sequence[UUID]
) -> None:
    """Bring on the open signals of people whose gemeente is known now, and those that waited for that."""
    await store.signals.close_standing(
        tx, [store.signals.unroutable_key(one) for one in waited], rules.WithdrawnReason.ROUTED
    )
    for person in people:
        await hand_out_all(tx, settings, person)


async def _mail(tx: Tx, settings: NotificationsSettings, rows: Sequence[Any], *, together: bool) -> None:
    """Store mails about signals, so that nothing lives in memory only; a job sends them.

    Args:
        tx: the transaction that made or moved the signals.
        settings: whether there is a mail server at all.
        rows: `(id, lead_member_id)`.
        together: one mail per member instead of one per signal.

    """
    done = await store.deliveries.linked(tx, [row.id for row in rows])
    wanted = [(row.id, row.lead_member_id) for row in rows if (row.id, row.lead_member_id) not in done]
    if not wanted:
        return
    members = {member for _, member in wanted}
    await store.deliveries.take_turns(tx, members, share=True)
    boxes = await store.deliveries.mailboxes(tx, members)
    mails: list[dict[str, Any]] = []
    mail_of: dict[UUID, UUID] = {}  # of members that get one mail for all
    links: list[tuple[UUID, UUID, UUID]] = []
    for signal_id, member in wanted:
        if member not in mail_of:
            box = boxes.get(member)
            if box is not None and box.digest and settings.smtp_host:
                delivery = await store.deliveries.next_digest(
                    tx, member, new_id=uuid4(), due_at=rules.digest_due(tx.now)
                )
            else:
                delivery = uuid4()
                state = "mail-off" if not settings.smtp_host else "waiting" if box else "no-address"
                mails.append(
                    {
                        "id": delivery,
                        "member_id": member,
                        "template": "signal",
                        "status": state,
                        "due_at": tx.now,
                    }
                )
            if together or (box is not None and box.digest and settings.smtp_host):
                mail_of[member] = delivery
        else:
            delivery = mail_of[member]
        links.append((signal_id, member, delivery))
    await store.deliveries.add(tx, mails)
    await store.deliveries.link(tx, links)
