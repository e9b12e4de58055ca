# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL about mailboxes and mails.

Waits and leases are about the network and are set and compared with the database's own real time;
only `due_at` follows the clock of the law.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from chassis.db import Tx
from services.notifications.models import Delivery, DeliverySignal, Mailbox

__all__ = [
    "Claimed",
    "add",
    "cancel_empty",
    "claim",
    "find",
    "link",
    "linked",
    "listed",
    "mailbox",
    "mailboxes",
    "mark_failed",
    "mark_sent",
    "next_digest",
    "offer_again",
    "put_back",
    "revive",
    "save_mailbox",
    "signals_of",
    "take_turns",
    "to_claim",
    "waiting",
]

_COLUMNS = "id uuid, member_id uuid, template varchar, status varchar, due_at timestamptz"
_ADD = sa.text(
    "INSERT INTO delivery (id, member_id, template, status, created_at, due_at, attempts, next_attempt_at) "
    "SELECT id, member_id, template, status, CAST(:now AS timestamptz), due_at, 0, clock_timestamp() "
    f"FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS ({_COLUMNS})"
)
_DIGEST = sa.text(
    "INSERT INTO delivery (id, member_id, template, status, created_at, due_at, attempts, next_attempt_at) "
    "VALUES (:id, :member, 'digest', 'waiting', :now, :due_at, 0, clock_timestamp()) "
    "ON CONFLICT (member_id) WHERE template = 'digest' AND status IN ('waiting', 'no-address') "
    # Changes nothing, but locks the digest: it cannot leave before this transaction has added to it.
    "DO UPDATE SET member_id = excluded.member_id RETURNING id"
)
_LINK = sa.text(
    "INSERT INTO delivery_signal (signal_id, member_id, delivery_id) "
    "SELECT * FROM unnest(CAST(:signals AS uuid[]), CAST(:members AS uuid[]), CAST(:deliveries AS uuid[])) "
    "ON CONFLICT DO NOTHING"
)
_TO_CLAIM = sa.text(
    "SELECT id FROM delivery WHERE due_at <= :now AND ("
    "(status = 'waiting' AND next_attempt_at <= clock_timestamp()) OR "
    "(status = 'sending' AND claimed_until < clock_timestamp())) "
    "ORDER BY next_attempt_at, id LIMIT :n FOR UPDATE SKIP LOCKED"
)
_STILL_WANTED = (
    "EXISTS (SELECT FROM delivery_signal l JOIN signal s ON s.id = l.signal_id "
    "WHERE l.delivery_id = d.id AND s.status = 'open' AND s.lead_member_id = d.member_id)"
)
_CANCEL = sa.text(
    "WITH gone AS (UPDATE delivery d SET status = 'cancelled', claim = NULL, claimed_until = NULL "
    f"WHERE d.id = ANY (CAST(:ids AS uuid[])) AND NOT {_STILL_WANTED} RETURNING d.id) "
    # Without the link the signal can be mailed to this member after all, should it come back.
    "DELETE FROM delivery_signal WHERE delivery_id IN (SELECT id FROM gone)"
)
_CLAIM = sa.text(
    "UPDATE delivery d SET status = 'sending', claim = :claim, attempts = attempts + 1, "
    "claimed_until = clock_timestamp() + make_interval(secs => :lease) FROM mailbox m "
    "WHERE d.id = ANY (CAST(:ids AS uuid[])) AND d.status IN ('waiting', 'sending') AND m.member_id = d.member_id "
    "RETURNING d.id, d.member_id, d.template, d.attempts, m.address"
)
_CONTENT = sa.text(
    "SELECT l.delivery_id, s.id, s.kind FROM delivery_signal l JOIN signal s ON s.id = l.signal_id "
    "JOIN delivery d ON d.id = l.delivery_id WHERE l.delivery_id = ANY (CAST(:ids AS uuid[])) "
    "AND s.status = 'open' AND s.lead_member_id = d.member_id ORDER BY s.raised_at, s.id"
)
_PUT_BACK = sa.text(
    "UPDATE delivery SET status = 'waiting', claim = NULL, claimed_until = NULL, last_fault = :fault, "
    "next_attempt_at = clock_timestamp() + make_interval(secs => :wait) WHERE id = :id AND claim = :claim"
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that this worker may send until its lease ends."""

    id: UUID
    member_id: UUID
    template: str
    attempts: int  # this one included
    address: str
    signals: tuple[tuple[UUID, str], ...]  # id and kind of each signal that is still open


async def take_turns(tx: Tx, members: Collection[UUID], *, share: bool) -> None:
    """Let a mailbox and new mails to it wait for each other, also while there is no mailbox yet."""
    lock = "pg_advisory_xact_lock_shared" if share else "pg_advisory_xact_lock"
    await tx.execute(
        sa.text(
            f"SELECT {lock}(hashtextextended('mailbox:' || id, 0)) "
            "FROM unnest(CAST(:ids AS varchar[])) AS id ORDER BY id"
        ),
        {"ids": sorted(str(member) for member in members)},
    )


async def mailbox(tx: Tx, member_id: UUID) -> Mailbox | None:
    """The member's mailbox, if the caller may see it."""
    return await tx.get(Mailbox, member_id, lock=True)


async def mailboxes(tx: Tx, members: Collection[UUID]) -> dict[UUID, Mailbox]:
    """The mailboxes that these members have."""
    rows = await tx.scalars(sa.select(Mailbox).where(col(Mailbox.member_id).in_(members)))
    return {row.member_id: row for row in rows}


async def save_mailbox(tx: Tx, member_id: UUID, *, address: str, digest: bool) -> tuple[Mailbox, bool]:
    """Store where a member receives mail; answers the mailbox and whether it is new."""
    row = await mailbox(tx, member_id)
    if row is None:
        row = Mailbox(member_id=member_id, address=address, digest=digest, changed_at=tx.now)
        tx.add(row)
        await tx.flush()
        return row, True
    if (row.address, row.digest) != (address, digest):
        row.address, row.digest, row.changed_at = address, digest, tx.now
        row.version += 1
        await tx.flush()
    return row, False


async def revive(tx: Tx, member_id: UUID) -> None:
    """Let the mails wait to be sent that had no address so far."""
    await tx.execute(
        sa.update(Delivery)
        .where(col(Delivery.member_id) == member_id, col(Delivery.status) == "no-address")
        .values(status="waiting", next_attempt_at=sa.func.clock_timestamp())
    )


async def linked(tx: Tx, signals: Collection[UUID]) -> frozenset[tuple[UUID, UUID]]:
    """Which of these signals were mailed, or are to be mailed, to which member."""
    rows = await tx.rows(
        sa.select(col(DeliverySignal.signal_id), col(DeliverySignal.member_id)).where(
            col(DeliverySignal.signal_id).in_(signals)
        )
    )
    return frozenset((row.signal_id, row.member_id) for row in rows)


async def add(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store mails to be sent: `{id, member_id, template, status, due_at}`."""
    await tx.execute(_ADD, {"now": tx.now, "rows": json.dumps(list(rows), default=str)})


async def next_digest(tx: Tx, member_id: UUID, *, new_id: UUID, due_at: datetime) -> UUID:
    """The digest that still waits to be sent to this member, made if need be, and held."""
    found: UUID = await tx.scalar(
        _DIGEST, {"id": new_id, "member": member_id, "now": tx.now, "due_at": due_at}
    )
    return found


async def link(tx: Tx, links: Sequence[tuple[UUID, UUID, UUID]]) -> None:
    """Say which signal a mail is about: `(signal, member, delivery)`."""
    await tx.execute(
        _LINK,
        {
            "signals": [one[0] for one in links],
            "members": [one[1] for one in links],
            "deliveries": [one[2] for one in links],
        },
    )


# Sending -------------------------------------------------------------------------------------------


async def to_claim(tx: Tx, limit: int) -> Sequence[UUID]:
    """Lock mails that are due, or whose worker died, and that nobody else is looking at."""
    found: Sequence[UUID] = await tx.scalars(_TO_CLAIM, {"now": tx.now, "n": limit})
    return found


async def cancel_empty(tx: Tx, ids: Sequence[UUID]) -> None:
    """Cancel those of the locked mails about which there is nothing left to say.

    A second statement, after the lock: only then does it see what others added in between.
    """
    await tx.execute(_CANCEL, {"ids": list(ids)})


async def claim(tx: Tx, ids: Sequence[UUID], *, claim: UUID, lease: timedelta) -> list[Claimed]:
    """Make the locked mails this worker's until the lease ends."""
    rows = await tx.rows(_CLAIM, {"ids": list(ids), "claim": claim, "lease": lease.total_seconds()})
    # Without a mailbox there is nothing to claim: the mail waits until there is one.
    await tx.execute(
        sa.update(Delivery)
        .where(col(Delivery.id).in_(ids), col(Delivery.status) == "waiting")
        .values(status="no-address")
    )
    content: dict[UUID, list[tuple[UUID, str]]] = {row.id: [] for row in rows}
    for one in await tx.rows(_CONTENT, {"ids": [row.id for row in rows]}):
        content[one.delivery_id].append((one.id, one.kind))
    return [
        Claimed(row.id, row.member_id, row.template, row.attempts, row.address, tuple(content[row.id]))
        for row in rows
    ]


async def mark_sent(tx: Tx, delivery_id: UUID, claim: UUID) -> bool:
    """The mail server took the mail. False: the lease was lost and another worker has it."""
    changed = await tx.change(
        sa.update(Delivery)
        .where(col(Delivery.id) == delivery_id, col(Delivery.claim) == claim)
        .values(status="sent", sent_at=tx.now, claim=None, claimed_until=None, last_fault=None)
    )
    return changed == 1


async def put_back(tx: Tx, delivery_id: UUID, claim: UUID, *, fault: str, wait: timedelta) -> None:
    """Try the mail again after a wait, in real time."""
    await tx.execute(
        _PUT_BACK, {"id": delivery_id, "claim": claim, "fault": fault, "wait": wait.total_seconds()}
    )


async def mark_failed(tx: Tx, delivery_id: UUID, claim: UUID, *, fault: str) -> bool:
    """Give the mail up. False: the lease was lost and another worker has it."""
    changed = await tx.change(
        sa.update(Delivery)
        .where(col(Delivery.id) == delivery_id, col(Delivery.claim) == claim)
        .values(status="failed", claim=None, claimed_until=None, last_fault=fault)
    )
    return changed == 1


async def offer_again(tx: Tx, delivery_id: UUID) -> bool:
    """Let a mail that was given up wait to be sent, with all its tries anew."""
    changed = await tx.change(
        sa.update(Delivery)
        .where(col(Delivery.id) == delivery_id, col(Delivery.status) == "failed")
        .values(status="waiting", attempts=0, next_attempt_at=sa.func.clock_timestamp())
    )
    return changed == 1


# What people ask -----------------------------------------------------------------------------------


async def find(tx: Tx, delivery_id: UUID) -> Delivery | None:
    """The mail, if the caller may see it."""
    return await tx.get(Delivery, delivery_id)


async def listed(
    tx: Tx, *, member_id: UUID | None, status: str | None, after: tuple[Any, ...] | None, limit: int
) -> Sequence[Delivery]:
    """Mails that the caller may see, newest first."""
    query = (
        sa.select(Delivery).order_by(col(Delivery.created_at).desc(), col(Delivery.id).desc()).limit(limit)
    )
    if member_id is not None:
        query = query.where(col(Delivery.member_id) == member_id)
    if status is not None:
        query = query.where(col(Delivery.status) == status)
    if after is not None:
        query = query.where(sa.tuple_(col(Delivery.created_at), col(Delivery.id)) < after)
    rows: Sequence[Delivery] = await tx.scalars(query)
    return rows


async def signals_of(tx: Tx, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The signals that each of these mails is about; empty for callers who may not know."""
    found: dict[UUID, list[UUID]] = {one: [] for one in ids}
    rows = await tx.rows(
        sa.select(col(DeliverySignal.delivery_id), col(DeliverySignal.signal_id))
        .where(col(DeliverySignal.delivery_id).in_(ids))
        .order_by(col(DeliverySignal.signal_id))
    )
    for row in rows:
        found[row.delivery_id].append(row.signal_id)
    return found


async def waiting(tx: Tx) -> dict[str, int]:
    """How many mails there are in each state that is not the end, and how many were given up."""
    rows = await tx.rows(
        sa.select(col(Delivery.status), sa.func.count().label("n"))
        .where(col(Delivery.status).in_(("waiting", "sending", "failed", "no-address")))
        .group_by(col(Delivery.status))
    )
    return {row.status: row.n for row in rows}
