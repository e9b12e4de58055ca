# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reading events: the inbox row and the effect in one transaction, so twice delivered is once done.

A batch is one transaction. If one event of it fails, the batch is undone and its events are taken
one by one, each with a few tries; what still fails goes to the dead letters with its reason, and
later events of its key go on: readers that need it compare versions. An event that waits among the
dead letters and comes again has one try, whatever else is in its batch; if that goes well its letter
is settled in the same transaction. A database that is away is no event's fault: the batch is then
kept and tried again until it is back.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import asyncpg
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError as PoolTimeout

from chassis import faults, trace
from chassis.access import Access
from chassis.bus import Bus, MalformedMessage, Message, decode
from chassis.care.destruction import destroyed_among
from chassis.db import Database, Operation, Tx
from chassis.errors import NotFound
from chassis.inbox_batch import Newest, Parsed, person_of, runs, tell_handled
from chassis.logs import log
from chassis.metrics import metrics
from chassis.service import Service
from contracts.registry import all_events

__all__ = ["MAX_TRIES", "Reader", "database_is_away"]

MAX_TRIES = 5
_PAUSES = (0.05, 0.2, 0.5, 1.0)  # seconds between the tries of one event


def database_is_away(fault: BaseException) -> bool:
    """Whether a fault means that the database cannot be reached, rather than that a statement is wrong."""
    if isinstance(fault, DBAPIError) and fault.connection_invalidated:
        return True
    # A server that starts, stops or has no room refuses a connection in its own words, past SQLAlchemy's classes.
    state = getattr(fault, "sqlstate", None) or getattr(getattr(fault, "orig", None), "sqlstate", None) or ""
    # Out of disk, memory or connections, a failing disk, a standby, and a transaction in which nobody worked for too
    # long are no fault of a statement either.
    if str(state).startswith(("08", "53", "57P", "58")) or state in {"25006", "25P03"}:
        return True
    driver = asyncpg.InterfaceError | asyncpg.InternalClientError  # past SQLAlchemy's classes too
    return isinstance(fault, OperationalError | InterfaceError | PoolTimeout | OSError | driver)


class Reader:
    """The reader of one service: all its handlers, one group."""

    def __init__(self, service: Service, database: Database, bus: Bus) -> None:
        self._service = service
        self._database = database
        self._bus = bus
        self._handlers = {handler.event.type: handler for handler in service.handlers}
        s = database.schema
        self._claim = sa.text(
            f"INSERT INTO {s}.inbox (event_id, type) "
            "SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) "
            "ON CONFLICT DO NOTHING RETURNING event_id"
        )
        self._newest = Newest(service.name, s)
        self._bury = sa.text(
            f"INSERT INTO {s}.dead_letter (id, event_id, topic, key, type, headers, value, reason, attempts) "
            "VALUES (:id, :event_id, :topic, :key, :type, CAST(:headers AS jsonb), :value, :reason, :attempts) "
            "ON CONFLICT (id) DO NOTHING"
        )
        which = "WHERE id = ANY(:letters) AND replayed_at IS NULL"
        self._waiting = sa.text(f"SELECT id FROM {s}.dead_letter {which}")
        self._settle = sa.text(f"UPDATE {s}.dead_letter SET replayed_at = clock_timestamp() {which}")

    async def deliver(self, messages: Sequence[Message]) -> None:
        """Take a batch: when this returns, every message took effect, was not for us, or is a dead letter.

        Raises:
            OperationalError, OSError: the database is away; deliver the batch again later.
        """
        good: list[Parsed] = []
        for message in messages:
            try:
                parsed = self._parse(message)
            except (MalformedMessage, ValidationError) as fault:
                await self._to_dead_letters(message, reason=_reason(fault), attempts=1)
                continue
            if parsed is not None:
                good.append(parsed)
        if not good:
            return
        try:
            await self._apply(good)
        except Exception as fault:
            if database_is_away(fault):
                raise
            waiting = await self._put_aside(good)
            for one in good:
                if self._letter_of(one) not in waiting:
                    await self._apply_one(one, tries=MAX_TRIES)
                elif len(good) > 1:  # alone it just had its try
                    await self._apply_one(one, tries=1)
        faults.hit("after-commit-before-offset")

    def _parse(self, message: Message) -> Parsed | None:
        envelope, data = decode(message)
        handler = self._handlers.get(envelope.type)
        if handler is None:
            if envelope.type in all_events():
                return None  # of a topic that we read, but not for us
            raise MalformedMessage(f"unknown type or version: {envelope.type[:200]}")
        if message.topic != handler.event.topic():
            raise MalformedMessage(f"{envelope.type} does not belong on {message.topic}"[:500])
        if not isinstance(data, dict):
            raise MalformedMessage("data is not a JSON object")
        event = handler.event.model_validate(data)
        return Parsed(message, envelope, event, handler, person_of(envelope, event))

    async def _apply(self, batch: Sequence[Parsed]) -> None:
        name = self._service.name
        operation = Operation(
            "handle-events",
            "Gebeurtenissen verwerken",
            Access(purpose="operations", activity="gebeurtenissen-verwerken"),
        )
        token = trace.enter(trace.parse(batch[0].envelope.traceparent))
        spans: dict[str | None, trace.Trace] = {}
        try:
            async with self._database.begin(operation=operation) as tx:
                fresh: set[UUID] = set(
                    await tx.scalars(
                        self._claim,
                        {
                            "ids": [one.envelope.id for one in batch],
                            "types": [one.envelope.type for one in batch],
                        },
                    )
                )
                fit = await self._newest.of(tx, self._wanted(batch, fresh, await self._destroyed(tx, batch)))
                for handler, run in runs(fit):
                    led = run[0][1].traceparent
                    span = trace.enter(spans.setdefault(led, trace.parse(led)))
                    try:
                        await handler.take(tx, run)
                    finally:
                        trace.leave(span)
                await tx.flush()
                await tx.execute(self._settle, {"letters": [self._letter_of(one) for one in batch]})
                faults.hit("after-effect-before-commit")
        finally:
            trace.leave(token)
        for type_, count in Counter(one.envelope.type for one in fit).items():
            metrics().handled.labels(name, type_).inc(count)
        tell_handled(name, fit, spans)
        delay = metrics().effect_delay.labels(name)
        for one in fit:
            # On the clock of the law at both ends: a moved clock moves both.
            delay.observe(max(0.0, (tx.now - one.envelope.time).total_seconds()))

    def _wanted(self, batch: Sequence[Parsed], fresh: set[UUID], gone: set[UUID]) -> list[Parsed]:
        """Of a batch what was not seen before, and is not about somebody whose data was destroyed."""
        wanted: list[Parsed] = []
        for one in batch:
            if one.envelope.id not in fresh:
                metrics().duplicates.labels(self._service.name).inc()
                continue
            fresh.discard(one.envelope.id)  # the same event twice within one batch
            if one.person in gone and not one.handler.destroys:
                metrics().stale.labels(self._service.name, one.envelope.type).inc()
                continue
            if one.handler.destroys and one.person is not None:
                gone.add(one.person)
            wanted.append(one)
        return wanted

    async def _destroyed(self, tx: Tx, batch: Sequence[Parsed]) -> set[UUID]:
        """The people of a batch whose data was destroyed: a late event must not bring them back."""
        if self._service.care is None:
            return set()
        return await destroyed_among(tx, {one.person for one in batch if one.person is not None})

    def _letter_of(self, one: Parsed) -> UUID:
        return _letter(self._service.name, one.message)

    async def _put_aside(self, batch: Sequence[Parsed]) -> set[UUID]:
        """The letters of a batch that wait already: coming again must not cost all their tries again.

        A batch of poison takes longer than the brokers wait for a reader; without this it would come for ever.
        """
        async with self._database.begin() as tx:
            return set(await tx.scalars(self._waiting, {"letters": [self._letter_of(one) for one in batch]}))

    async def _apply_one(self, one: Parsed, *, tries: int) -> None:
        for attempt in range(1, tries + 1):
            try:
                await self._apply([one])
            except Exception as fault:
                if database_is_away(fault):
                    raise
                log().warning(
                    "event_failed",
                    service=self._service.name,
                    type=one.envelope.type,
                    event_id=str(one.envelope.id),
                    attempt=attempt,
                    fault=type(fault).__name__,
                )
                if attempt == MAX_TRIES:
                    await self._to_dead_letters(one.message, reason=_reason(fault), attempts=attempt)
                elif attempt < tries:
                    await asyncio.sleep(_PAUSES[attempt - 1])
            else:
                return

    async def _to_dead_letters(self, message: Message, *, reason: str, attempts: int) -> None:
        event_id = _header(message, "ce_id")
        letter = _letter(self._service.name, message)
        if not await self._write_dead_letter(message, letter, event_id, reason, attempts):
            return  # it waits already, and was told
        log().error(
            "dead_letter",
            service=self._service.name,
            topic=message.topic,
            type=_header(message, "ce_type"),
            event_id=event_id,
            reason=reason,
        )
        metrics().dead.labels(self._service.name).inc()
        headers = dict(message.headers) | {
            "dlq_reason": reason.encode(),
            "dlq_reader": self._service.name.encode(),
        }
        sent = await self._bus.send([Message(f"{message.topic}.dlq", message.key, message.value, headers)])
        if sent[0] is not None:
            # The row above is what counts and what is replayed; the topic is for other readers.
            log().warning("dead_letter_topic_missed", topic=message.topic, fault=type(sent[0]).__name__)

    async def _write_dead_letter(
        self, message: Message, letter: UUID, event_id: str | None, reason: str, attempts: int
    ) -> bool:
        async with self._database.begin() as tx:
            new = await tx.change(
                self._bury,
                {
                    "id": letter,
                    "event_id": event_id,
                    "topic": message.topic,
                    "key": message.key.replace("\x00", ""),
                    "type": _header(message, "ce_type"),
                    "headers": json.dumps(
                        {
                            name.replace("\x00", ""): (value or b"")
                            .decode("utf-8", "replace")
                            .replace("\x00", "")
                            for name, value in message.headers.items()
                        }
                    ),
                    "value": message.value,
                    "reason": reason,
                    "attempts": attempts,
                },
            )
        return bool(new)

    async def _send_again(self, tx: Tx, letter: UUID) -> None:
        """Let the relay try an event of our own that could not be sent; its row is kept for seven days."""
        s = self._database.schema
        again = await tx.change(
            sa.text(
                f"UPDATE {s}.outbox SET published_at = NULL, attempts = 0 WHERE id = :id "
                "AND published_at IS NOT NULL"
            ),
            {"id": letter},
        )
        if not again:
            raise NotFound("Deze gebeurtenis is langer geleden dan zij wordt bewaard.")
        await tx.execute(
            sa.text(f"UPDATE {s}.dead_letter SET replayed_at = clock_timestamp() WHERE id = :id"),
            {"id": letter},
        )

    async def replay(self, letter: UUID) -> bool:
        """Take a dead letter again, once; answers False if it is not there or was replayed before.

        Raises:
            Exception: the handler's own, if it fails again; the letter then stays.
        """
        s = self._database.schema
        async with self._database.begin() as tx:
            row = (
                await tx.execute(
                    sa.text(
                        f"SELECT topic, key, headers, value FROM {s}.dead_letter "
                        "WHERE id = :id AND replayed_at IS NULL FOR UPDATE"
                    ),
                    {"id": letter},
                )
            ).one_or_none()
            if row is None:
                return False
            if row.headers.get("direction") == "out":
                await self._send_again(tx, letter)
                return True
            headers = {name: value.encode() for name, value in row.headers.items()}
            parsed = self._parse(Message(row.topic, row.key, bytes(row.value), headers))
            if parsed is not None:
                _, envelope, event, handler, _ = parsed
                claimed = await tx.scalar(self._claim, {"ids": [envelope.id], "types": [envelope.type]})
                gone = not handler.destroys and bool(await self._destroyed(tx, [parsed]))
                if claimed is not None and not gone and await self._newest.of(tx, [parsed]):
                    await handler.take(tx, [(event, envelope)])
            await tx.execute(
                sa.text(f"UPDATE {s}.dead_letter SET replayed_at = clock_timestamp() WHERE id = :id"),
                {"id": letter},
            )
        log().info("dead_letter_replayed", service=self._service.name, id=str(letter))
        return True


def _letter(service: str, message: Message) -> UUID:
    """The dead letter of a message: the same one however often it comes."""
    return uuid5(
        NAMESPACE_URL, f"{service}|{message.topic}|{_header(message, 'ce_id') or message.value.hex()}"
    )


def _header(message: Message, name: str) -> str | None:
    raw: Any = message.headers.get(name)
    return None if raw is None else raw.decode("utf-8", "replace").replace("\x00", "")


def _reason(fault: BaseException) -> str:
    """Why an event failed, without its values: a validation message names fields only."""
    if isinstance(fault, ValidationError):
        places = ", ".join(
            ".".join(str(part) for part in error["loc"]) + f" ({error['type']})"
            for error in fault.errors(include_input=False)
        )
        return f"data does not fit the event: {places}"[:1000]
    if isinstance(fault, MalformedMessage):
        return str(fault)[:1000].replace("\x00", "")
    if isinstance(fault, DBAPIError):
        return f"{type(fault).__name__}: {type(fault.orig).__name__}"
    return type(fault).__name__
