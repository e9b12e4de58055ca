# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sending events: one active relay per service, in the order of the outbox, until the bus has them.

The relay holds a session advisory lock on the same connection that it reads through: a lost
connection is a lost lock, and publishing stops with it. Rows are marked, never skipped by a
cursor. Published rows stay seven days, so that a lost broker can be filled again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import faults
from chassis.bus import Bus, Message, Unsendable, encode
from chassis.db import Database
from chassis.inbox import database_is_away
from chassis.logs import log
from chassis.metrics import metrics
from chassis.outage import Outage
from chassis.service import Service

__all__ = ["Relay", "republish", "was_sent"]

BATCH = 200
KEEP_DAYS = 7
INBOX_DAYS = 30
REPLAYED_DAYS = 30
LETTER_DAYS = 365
KEY_HOURS = 48
MAX_TRIES = 5
_POLL_SECONDS = 0.25  # a look into an index: what a lost wake-up costs, at most
_HOUSEKEEPING_SECONDS = 60.0
_PRUNE_ROWS = 1000
_REPLAY_ROWS = 5000
_COLUMNS = (
    "seq, id, topic, key, type, subject, aggregate_version, gemeentecode, traceparent, time, data::text AS data, "
    "attempts"
)


@dataclass(slots=True)
class _Batch:
    """Rows of the outbox that go together, in order, and the messages they make."""

    rows: Sequence[Any]
    kept: list[Any] = field(default_factory=list)  # the rows of the messages
    messages: list[Message] = field(default_factory=list)
    outcomes: dict[int, Exception | None] = field(
        default_factory=dict
    )  # by number; at first of the unsendable

    @property
    def done(self) -> list[Any]:
        """The rows that the bus has."""
        return [row for row in self.rows if self.outcomes[row["seq"]] is None]


class Relay:
    """The relay of one service in this process; waits while another process has the lock."""

    def __init__(self, service: Service, database: Database, bus: Bus, *, oin: str) -> None:
        self._service = service
        self._database = database
        self._bus = bus
        self._source = f"urn:nld:oin:{oin}:systeem:{service.name}"
        self._wake = asyncio.Event()
        self._resting: dict[str, float] = {}  # key → monotonic time until which it rests after a fault
        self._housekept = 0.0
        self.leader = False
        self._no_database = Outage("relay_waits_for_database", "relay_has_database", service=service.name)
        self._no_bus = Outage("relay_held_up", "relay_goes_on", service=service.name)
        s = database.schema
        self._select = sa.text(
            f"SELECT {_COLUMNS} FROM {s}.outbox WHERE published_at IS NULL AND key <> ALL(:resting) "
            f"AND seq <> ALL(:under_way) ORDER BY seq LIMIT {BATCH}"
        )
        self._mark = sa.text(f"UPDATE {s}.outbox SET published_at = clock_timestamp() WHERE seq = ANY(:seqs)")

    def wake(self) -> None:
        """Something was committed: look now rather than at the next poll."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop` is set; a lost database is waited for."""
        pause = 0.2
        while not stop.is_set():
            try:
                async with self._database.standing.connect() as plain:
                    connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
                    if await self._take_lock(connection):
                        pause = 0.2
                        await self._lead(connection, stop)
            except Exception as fault:  # noqa: BLE001 - the relay of a service never ends by a fault
                if not database_is_away(fault):
                    log().exception("relay_failed", service=self._service.name)
                else:
                    self._no_database.begins(fault)
            finally:
                self.leader = False
                metrics().relay_leader.labels(self._service.name).set(0)
            await _first(stop.wait(), asyncio.sleep(pause))
            pause = min(pause * 2, 2.0)

    async def _take_lock(self, connection: AsyncConnection) -> bool:
        got = await connection.scalar(
            sa.text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"),
            {"name": f"relay:{self._database.schema}"},
        )
        return bool(got)

    async def _lead(self, connection: AsyncConnection, stop: asyncio.Event) -> None:
        self.leader = True
        self._no_database.over()
        metrics().relay_leader.labels(self._service.name).set(1)
        log().info("relay_leads", service=self._service.name)
        pause = _POLL_SECONDS
        try:
            while not stop.is_set():
                self._wake.clear()
                all_well = await self._send_all(connection, stop)
                pause = _POLL_SECONDS if all_well else min(pause * 2, 5.0)
                await self._housekeep(connection)
                if all_well:
                    await _first(stop.wait(), self._wake.wait(), asyncio.sleep(pause))
                else:
                    await _first(stop.wait(), asyncio.sleep(pause))
        finally:
            if not connection.invalidated and not connection.closed:
                await connection.execute(sa.text("SELECT pg_advisory_unlock_all()"))

    async def _send_all(self, connection: AsyncConnection, stop: asyncio.Event) -> bool:
        """Send batch after batch until one was not full. Answers whether the bus took them all.

        While the bus has one batch, the one before it is marked and the next one is read: the order of what is
        sent is the same, since nothing of a batch is sent before the whole of the earlier one is taken.
        """
        batch, sent = await self._read(connection, under_way=()), list[Any]()
        while batch.rows:
            following: _Batch | None = None
            sending = asyncio.create_task(self._bus.send(batch.messages))
            try:
                if sent:
                    await self._mark_sent(connection, sent)
                if len(batch.rows) == BATCH:
                    following = await self._read(connection, under_way=batch.rows)
                taken = await sending
            except BaseException as fault:
                if not isinstance(fault, Exception):
                    sending.cancel()
                # What the bus has in hand is not marked: it comes again, from here or from the next who leads.
                await asyncio.gather(sending, return_exceptions=True)
                raise
            batch.outcomes.update(
                (row["seq"], outcome) for row, outcome in zip(batch.kept, taken, strict=True)
            )
            faults.hit("after-send-before-mark")
            sent = batch.done
            all_well = len(sent) == len(batch.rows)
            if following is None or not all_well or stop.is_set():
                if sent:
                    await self._mark_sent(connection, sent)
                await self._settle_faults(connection, batch)
                return all_well
            batch = following
        if sent:
            await self._mark_sent(connection, sent)
        self._no_bus.over()
        return True

    async def _read(self, connection: AsyncConnection, *, under_way: Sequence[Any]) -> _Batch:
        """The next rows to send, but for those that the bus is taking now."""
        now = time.monotonic()
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        values = {"resting": list(self._resting), "under_way": [row["seq"] for row in under_way]}
        batch = _Batch((await connection.execute(self._select, values)).mappings().all())
        for row in batch.rows:
            try:
                batch.messages.append(encode(row, source=self._source))
                batch.kept.append(row)
            except Exception as fault:  # noqa: BLE001 - whatever the encoder says, this one can never be sent
                batch.outcomes[row["seq"]] = Unsendable(f"{type(fault).__name__}")
        return batch

    async def _mark_sent(self, connection: AsyncConnection, rows: Sequence[Any]) -> None:
        await connection.execute(self._mark, {"seqs": [row["seq"] for row in rows]})
        for type_, count in Counter(row["type"] for row in rows).items():
            metrics().published.labels(self._service.name, type_).inc(count)

    async def _settle_faults(self, connection: AsyncConnection, batch: _Batch) -> None:
        s, outcomes = self._database.schema, batch.outcomes
        failed = [row for row in batch.rows if outcomes[row["seq"]] is not None]
        if not any(not isinstance(fault, Unsendable) for fault in outcomes.values() if fault is not None):
            self._no_bus.over()
        if not failed:
            return
        first = outcomes[failed[0]["seq"]]
        if not isinstance(first, Unsendable) and first is not None:
            self._no_bus.begins(first)
        for row in failed:
            fault = outcomes[row["seq"]]
            if not isinstance(fault, Unsendable):
                continue  # the bus is away: nobody's fault, the whole relay rests
            attempts = row["attempts"] + 1
            self._resting[row["key"]] = time.monotonic() + min(0.2 * 2**attempts, 5.0)
            await connection.execute(
                sa.text(f"UPDATE {s}.outbox SET attempts = :n, last_error = :why WHERE seq = :seq"),
                {"n": attempts, "why": str(fault)[:500], "seq": row["seq"]},
            )
            if attempts >= MAX_TRIES:
                await self._bury(connection, row, fault)

    async def _bury(self, connection: AsyncConnection, row: Any, fault: Exception) -> None:
        """Put an event that can never be sent aside, so that the later ones of its key go on."""
        s = self._database.schema
        await connection.execute(
            sa.text(
                f"WITH marked AS (UPDATE {s}.outbox SET published_at = clock_timestamp() WHERE seq = :seq RETURNING *) "
                f"INSERT INTO {s}.dead_letter (id, event_id, topic, key, type, headers, value, reason, attempts) "
                "SELECT id, id::text, topic, key, type, jsonb_build_object('direction', 'out'), "
                "convert_to(data::text, 'UTF8'), :why, attempts FROM marked "
                # Offered again and refused again: it waits as before.
                "ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, attempts = excluded.attempts, "
                "failed_at = clock_timestamp(), replayed_at = NULL"
            ),
            {"seq": row["seq"], "why": f"cannot be sent: {fault}"[:1000]},
        )
        log().error(
            "dead_letter",
            service=self._service.name,
            type=row["type"],
            event_id=str(row["id"]),
            reason="unsendable",
        )
        metrics().dead.labels(self._service.name).inc()

    async def _housekeep(self, connection: AsyncConnection) -> None:
        """Now and then remove what was kept long enough, in small batches."""
        s = self._database.schema
        if time.monotonic() - self._housekept < _HOUSEKEEPING_SECONDS:
            return
        self._housekept = time.monotonic()
        for table, key, condition in (
            (
                "outbox",
                "seq",
                f"published_at < clock_timestamp() - interval '{KEEP_DAYS} days' AND {was_sent(s)}",
            ),
            ("inbox", "event_id", f"received_at < clock_timestamp() - interval '{INBOX_DAYS} days'"),
            ("dead_letter", "id", f"replayed_at < clock_timestamp() - interval '{REPLAYED_DAYS} days'"),
            # By then somebody has looked, or nobody ever will; it names a person.
            (
                "dead_letter",
                "id",
                f"replayed_at IS NULL AND failed_at < clock_timestamp() - interval '{LETTER_DAYS} days'",
            ),
            ("idempotency_key", "ctid", f"created_at < clock_timestamp() - interval '{KEY_HOURS} hours'"),
        ):
            await connection.execute(
                sa.text(
                    f"DELETE FROM {s}.{table} WHERE {key} = ANY (ARRAY("
                    f"SELECT {key} FROM {s}.{table} WHERE {condition} LIMIT {_PRUNE_ROWS}))"
                )
            )


def was_sent(schema: str) -> str:
    """SQL: a row of the outbox that is not waiting among the dead letters, which are offered again one by one."""
    return f"NOT EXISTS (SELECT FROM {schema}.dead_letter l WHERE l.id = outbox.id AND l.replayed_at IS NULL)"


async def republish(
    database: Database, *, since: Any = None, until: Any = None, key: str | None = None
) -> int:
    """Send kept events again, to fill a lost broker or to build a reader anew; readers skip what they have seen.

    What could never be sent is left out: it waits among the dead letters until it is offered again from there.
    In batches of a transaction each, oldest first: the relay sends the first ones while the last are marked.

    Args:
        database: of the publishing service.
        since: an aware instant; events published from then on are sent again. None: all that are kept.
        until: an aware instant; only events published before it.
        key: only the events of this key, for example of one person.

    Returns:
        How many will be sent.
    """
    s = database.schema
    # What is sent again meanwhile gets a new instant and a number that was passed: nothing is marked twice.
    batch = sa.text(
        f"WITH chosen AS (SELECT seq FROM {s}.outbox WHERE published_at IS NOT NULL AND seq > :after "
        f"AND {was_sent(s)} "
        "AND (CAST(:since AS timestamptz) IS NULL OR published_at >= :since) "
        "AND (CAST(:until AS timestamptz) IS NULL OR published_at < :until) "
        "AND (CAST(:key AS text) IS NULL OR key = :key) "
        f"ORDER BY seq LIMIT {_REPLAY_ROWS}), "
        f"marked AS (UPDATE {s}.outbox o SET published_at = NULL, attempts = 0 FROM chosen c "
        "WHERE o.seq = c.seq RETURNING o.seq) SELECT count(*) AS marked, max(seq) AS last FROM marked"
    )
    total, after = 0, 0
    while True:
        async with database.begin() as tx:
            done = (
                await tx.execute(batch, {"after": after, "since": since, "until": until, "key": key})
            ).one()
        total += int(done.marked)
        if done.last is None or done.marked < _REPLAY_ROWS:
            database.on_commit()
            return total
        after = int(done.last)


async def _first(*waits: Any) -> None:
    """Wait for the first of these and drop the others."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
