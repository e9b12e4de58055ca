# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""SQL about signals, their handling and their place."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from chassis.db import Tx
from services.notifications.models import EarlyWithdrawal, Person, Signal

__all__ = [
    "NewSignal",
    "add",
    "close",
    "close_but",
    "close_standing",
    "follow",
    "follow_lead",
    "mark_handled",
    "open_with_lead",
    "redate",
    "remember_withdrawal",
    "reopen",
    "stand",
    "take_turns",
    "unroutable_key",
    "unrouted",
    "waiting_for",
    "withdraw",
    "withdrawal",
]

_COLUMNS = (
    "id uuid, kind varchar, audience varchar, inburgeraar_id uuid, gemeentecode varchar, "
    "executing_gemeentecode varchar, lead_member_id uuid, organisation_id uuid, raised_at timestamptz, "
    "due_on date, rule varchar, facts jsonb, status varchar, withdrawn_at timestamptz, withdrawn_reason varchar, "
    "deadline_id uuid, stage varchar"
)
_NAMES = ", ".join(part.split()[0] for part in _COLUMNS.split(", "))
_ADD = sa.text(
    f"INSERT INTO signal ({_NAMES}, version) SELECT {_NAMES}, 1 "
    f"FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS ({_COLUMNS}) "
    "ON CONFLICT (id) DO NOTHING RETURNING id"
)
_PLACE = sa.text(
    "INSERT INTO signal_place (signal_id, gemeentecode) SELECT id, gemeentecode FROM signal "
    "WHERE id = ANY (CAST(:ids AS uuid[])) AND audience IN ('consulent', 'vluchtelingenwerk') "
    "ON CONFLICT (signal_id) DO UPDATE SET gemeentecode = excluded.gemeentecode"
)
_STAND = sa.text(
    "INSERT INTO signal (id, kind, audience, gemeentecode, raised_at, rule, facts, status, standing_key, version) "
    "VALUES (:id, :kind, 'operations', :code, :now, :rule, CAST(:facts AS jsonb), 'open', :key, 1) "
    "ON CONFLICT (standing_key) WHERE status = 'open' AND standing_key IS NOT NULL DO UPDATE SET "
    "facts = signal.facts || excluded.facts || jsonb_build_object('count', (signal.facts->>'count')::int + 1), "
    "version = signal.version + 1"
)
_CLOSE_BUT = sa.text(
    "UPDATE signal s SET status = 'withdrawn', withdrawn_at = :now, withdrawn_reason = :reason, "
    "version = s.version + 1 FROM unnest(CAST(:ids AS uuid[]), CAST(:stages AS varchar[]), "
    "CAST(:organisations AS uuid[])) AS n (id, stage, organisation_id) "
    "WHERE s.deadline_id = n.id AND s.status = 'open' AND (s.stage IS DISTINCT FROM n.stage "
    "OR (s.audience = 'taalschool' AND s.organisation_id IS DISTINCT FROM n.organisation_id)) RETURNING s.id"
)
_FOLLOW = sa.text(
    "UPDATE signal s SET gemeentecode = p.gemeentecode, executing_gemeentecode = p.executing_gemeentecode, "
    "version = s.version + 1 FROM unnest(CAST(:ids AS uuid[]), CAST(:closed AS varchar[])) AS n (id, closed_of) "
    "JOIN person p ON p.inburgeraar_id = n.id WHERE s.inburgeraar_id = n.id "
    "AND (s.status = 'open' OR s.gemeentecode = n.closed_of) RETURNING s.id, s.inburgeraar_id"
)
_REOPEN = sa.text(
    "UPDATE signal s SET status = 'open', withdrawn_at = NULL, withdrawn_reason = NULL, version = s.version + 1, "
    "due_on = :due_on, facts = s.facts || CAST(:facts AS jsonb), gemeentecode = p.gemeentecode, "
    "executing_gemeentecode = p.executing_gemeentecode, lead_member_id = p.lead_member_id "
    "FROM (SELECT DISTINCT ON (audience) id, inburgeraar_id FROM signal "
    "      WHERE deadline_id = :deadline AND stage = :stage ORDER BY audience, raised_at DESC, id) latest "
    "JOIN person p ON p.inburgeraar_id = latest.inburgeraar_id "
    "WHERE s.id = latest.id AND s.status = 'withdrawn' RETURNING s.id"
)


@dataclass(frozen=True, slots=True)
class NewSignal:
    """A signal to store. `withdrawn_at` and its reason belong to one that is born closed."""

    id: UUID
    kind: str
    audience: str
    raised_at: datetime
    rule: str
    facts: Mapping[str, Any]
    inburgeraar_id: UUID | None = None
    gemeentecode: str | None = None
    executing_gemeentecode: str | None = None
    lead_member_id: UUID | None = None
    organisation_id: UUID | None = None
    due_on: date | None = None
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None
    deadline_id: UUID | None = None
    stage: str | None = None


async def take_turns(tx: Tx, signal_id: UUID) -> None:
    """Let a signal and its withdrawal wait for each other, also while there is no row to lock."""
    await tx.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended('signal:' || :id, 0))"), {"id": str(signal_id)}
    )


async def add(tx: Tx, signals: Sequence[NewSignal]) -> frozenset[UUID]:
    """Store signals; answers the ids that were not there before."""
    rows = [asdict(one) | {"status": "open" if one.withdrawn_at is None else "withdrawn"} for one in signals]
    added: frozenset[UUID] = frozenset(await tx.scalars(_ADD, {"rows": json.dumps(rows, default=str)}))
    await tx.execute(_PLACE, {"ids": sorted(added)})
    return added


async def stand(
    tx: Tx, *, id: UUID, key: str, kind: str, gemeentecode: str | None, rule: str, facts: Mapping[str, Any]
) -> None:
    """Put one signal per key on the list of operations; again while it is open only counts up."""
    await tx.execute(
        _STAND,
        {
            "id": id,
            "kind": kind,
            "code": gemeentecode,
            "now": tx.now,
            "rule": rule,
            "facts": json.dumps({"count": 1, **facts}, default=str),
            "key": key,
        },
    )


def _closing(tx: Tx, reason: str) -> dict[str, Any]:
    return {
        "status": "withdrawn",
        "withdrawn_at": tx.now,
        "withdrawn_reason": reason,
        "version": Signal.version + 1,
    }


async def close(tx: Tx, deadline_ids: Collection[UUID], reason: str) -> None:
    """Withdraw every open signal of these clocks."""
    await _close(tx, reason, col(Signal.deadline_id).in_(deadline_ids))


async def _close(tx: Tx, reason: str, *which: Any) -> None:
    """Withdraw open signals, and what operations was told of those that had not found a gemeente."""
    ids = await tx.scalars(
        sa.update(Signal)
        .where(col(Signal.status) == "open", *which)
        .values(_closing(tx, reason))
        .returning(col(Signal.id))
    )
    await close_standing(tx, [unroutable_key(one) for one in ids], reason)


def unroutable_key(signal_id: UUID) -> str:
    """The key under which operations sees that a signal found no gemeente."""
    return f"unroutable:{signal_id}"


async def close_but(tx: Tx, clocks: Sequence[tuple[UUID, str | None, UUID | None]], reason: str) -> None:
    """Withdraw the open signals of clocks that are not of this stage, or are of another organisation.

    Args:
        tx: the transaction.
        clocks: `(deadline_id, stage, organisation_id)`.
        reason: why.
    """
    if not clocks:
        return
    ids = await tx.scalars(
        _CLOSE_BUT,
        {
            "ids": [one[0] for one in clocks],
            "stages": [one[1] for one in clocks],
            "organisations": [one[2] for one in clocks],
            "now": tx.now,
            "reason": reason,
        },
    )
    await close_standing(tx, [unroutable_key(one) for one in ids], reason)


async def close_standing(tx: Tx, keys: Collection[str], reason: str) -> None:
    """Withdraw open signals of operations by their keys."""
    if not keys:
        return
    await tx.execute(
        sa.update(Signal)
        .where(col(Signal.standing_key).in_(keys), col(Signal.status) == "open")
        .values(_closing(tx, reason))
    )


async def redate(tx: Tx, deadline_id: UUID, due_on: date, facts: Mapping[str, Any]) -> None:
    """Give the open signals of a clock its corrected days."""
    await tx.execute(
        sa.update(Signal)
        .where(
            col(Signal.deadline_id) == deadline_id,
            col(Signal.status) == "open",
            sa.or_(col(Signal.due_on) != due_on, sa.not_(col(Signal.facts).contains(facts))),
        )
        .values(due_on=due_on, facts=col(Signal.facts).concat(facts), version=Signal.version + 1)
    )


async def reopen(
    tx: Tx, deadline_id: UUID, *, stage: str, due_on: date, facts: Mapping[str, Any]
) -> Sequence[UUID]:
    """Put the latest signal of this stage back on the lists, unless a person handled it."""
    found: Sequence[UUID] = await tx.scalars(
        _REOPEN,
        {"deadline": deadline_id, "stage": stage, "due_on": due_on, "facts": json.dumps(facts, default=str)},
    )
    await tx.execute(_PLACE, {"ids": list(found)})
    return found


async def withdraw(tx: Tx, ids: Collection[UUID], reason: str) -> bool:
    """Withdraw what is open of a signal of another service, on every list; answers whether it is known at all."""
    await _close(tx, reason, col(Signal.id).in_(ids))
    return await tx.scalar(sa.select(col(Signal.id)).where(col(Signal.id).in_(ids)).limit(1)) is not None


async def remember_withdrawal(tx: Tx, signal_id: UUID, reason: str) -> None:
    """Keep a withdrawal until its signal arrives."""
    await tx.execute(
        sa.text(
            "INSERT INTO early_withdrawal (signal_id, reason, withdrawn_at) VALUES (:id, :reason, :now) "
            "ON CONFLICT DO NOTHING"
        ),
        {"id": signal_id, "reason": reason, "now": tx.now},
    )


async def withdrawal(tx: Tx, signal_id: UUID) -> EarlyWithdrawal | None:
    """The withdrawal that came before its signal, if it did."""
    return await tx.get(EarlyWithdrawal, signal_id)


async def follow(tx: Tx, moved: Mapping[UUID, str | None]) -> frozenset[UUID]:
    """Give the open signals of people the people's gemeenten; answers who had any to give.

    Args:
        tx: the transaction, which holds the people with their new gemeenten.
        moved: per person, of which gemeente the closed signals follow too: it was never the right one.
            After a move None: what was closed stays with the gemeente that did the work.

    """
    rows = await tx.rows(_FOLLOW, {"ids": list(moved), "closed": list(moved.values())})
    if rows:
        await tx.execute(_PLACE, {"ids": [row.id for row in rows]})
    return frozenset(row.inburgeraar_id for row in rows)


async def follow_lead(tx: Tx, person: Person) -> None:
    """Give the open signals of a person the person's lead."""
    await tx.execute(
        sa.update(Signal)
        .where(
            col(Signal.inburgeraar_id) == person.inburgeraar_id,
            col(Signal.audience) == "consulent",
            col(Signal.status) == "open",
        )
        .values(lead_member_id=person.lead_member_id, version=Signal.version + 1)
    )


async def unrouted(tx: Tx, ids: Collection[UUID]) -> Sequence[Any]:
    """Those of the signals that no gemeente can be given yet: `(id, kind, gemeentecode)`."""
    return await tx.rows(
        sa.select(col(Signal.id), col(Signal.kind), col(Signal.gemeentecode)).where(
            col(Signal.id).in_(ids),
            col(Signal.audience) == "consulent",
            col(Signal.status) == "open",
            col(Signal.executing_gemeentecode).is_(None),
        )
    )


async def waiting_for(tx: Tx, people: Collection[UUID]) -> Sequence[UUID]:
    """The signals of people, open or not, that no gemeente could be given so far."""
    found: Sequence[UUID] = await tx.scalars(
        sa.select(col(Signal.id)).where(
            col(Signal.inburgeraar_id).in_(people),
            col(Signal.audience) == "consulent",
            col(Signal.executing_gemeentecode).is_(None),
        )
    )
    return found


async def open_with_lead(
    tx: Tx, *, ids: Collection[UUID] | None = None, inburgeraar_id: UUID | None = None
) -> Sequence[Any]:
    """Open signals that have reached their lead: `(id, lead_member_id)`, oldest first."""
    query = (
        sa.select(col(Signal.id), col(Signal.lead_member_id))
        .where(
            col(Signal.audience) == "consulent",
            col(Signal.status) == "open",
            col(Signal.lead_member_id).is_not(None),
            col(Signal.executing_gemeentecode).is_not(None),
        )
        .order_by(col(Signal.raised_at), col(Signal.id))
    )
    if ids is not None:
        query = query.where(col(Signal.id).in_(ids))
    if inburgeraar_id is not None:
        query = query.where(col(Signal.inburgeraar_id) == inburgeraar_id)
    return await tx.rows(query)


async def mark_handled(tx: Tx, signal_id: UUID) -> Signal | None:
    """Claim an open signal for handling: one statement, so that two people cannot both win."""
    row: Signal | None = await tx.scalar(
        sa.update(Signal)
        .where(col(Signal.id) == signal_id, col(Signal.status) == "open")
        .values(status="handled", version=Signal.version + 1)
        .returning(Signal)
    )
    return row
