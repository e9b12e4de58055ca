# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A backlog: the relay reads ahead while the bus has a batch, and neither sends nor marks ahead."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from chassis import outbox
from chassis.bus import Message, decode
from chassis.bus_memory import MemoryBus
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.outbox import Relay
from chassis.testing import fresh_database
from contracts.intake import LeadAssigned
from tests.service.chassis.sample import SERVICE


class HeldBus(MemoryBus):
    """Keeps what it is given; takes a batch only once the relay has read the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[list[int]] = []  # the versions in each batch
        self.read_ahead = asyncio.Event()
        self.refuses = False

    async def send(self, messages: Sequence[Message]) -> list[Exception | None]:
        self.given.append([decode(message)[0].aggregate_version for message in messages])
        if len(messages) == outbox.BATCH:
            async with asyncio.timeout(60):
                await self.read_ahead.wait()
            self.read_ahead.clear()
        return [ConnectionError("away") if self.refuses else None] * len(messages)


@asynccontextmanager
async def backlog(
    postgres_url: str, bus: HeldBus, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Relay, Any]]:
    """Five events of one person in the outbox, and a relay that takes two at a time."""
    monkeypatch.setattr(outbox, "BATCH", 2)
    async with fresh_database(SERVICE, postgres_url) as databases:
        database = Database(databases.app_url, schema="sample", clock=SystemClock())
        relay = Relay(SERVICE, database, bus, oin="0" * 20)
        read = relay._read

        async def noted(*args: Any, **kwargs: Any) -> Any:
            batch = await read(*args, **kwargs)
            if kwargs["under_way"]:
                bus.read_ahead.set()
            return batch

        monkeypatch.setattr(relay, "_read", noted)
        person = uuid4()
        async with database.begin() as tx:
            for version in range(1, 6):
                await tx.publish(
                    LeadAssigned(inburgeraar_id=person, member_id=None),
                    aggregate_id=person,
                    version=version,
                    gemeentecode="1916",
                )
        try:
            async with database.standing.connect() as plain:
                yield relay, await plain.execution_options(isolation_level="AUTOCOMMIT")
        finally:
            await database.close()


async def waiting(connection: Any) -> int:
    """How many events wait to be sent."""
    found = await connection.scalar(sa.text("SELECT count(*) FROM outbox WHERE published_at IS NULL"))
    return int(found)


async def test_what_is_read_ahead_goes_once_the_batch_before_it_is_taken(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = HeldBus()
    async with backlog(postgres_url, bus, monkeypatch) as (relay, connection):
        assert await relay._send_all(connection, asyncio.Event())
        assert bus.given == [[1, 2], [3, 4], [5]]
        assert await waiting(connection) == 0


async def test_what_was_read_ahead_of_a_batch_that_is_not_taken_is_not_sent(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = HeldBus()
    bus.refuses = True
    async with backlog(postgres_url, bus, monkeypatch) as (relay, connection):
        assert not await relay._send_all(connection, asyncio.Event())
        assert bus.given == [[1, 2]]
        assert await waiting(connection) == 5
        bus.refuses = False
        assert await relay._send_all(connection, asyncio.Event())
        assert bus.given[1:] == [[1, 2], [3, 4], [5]]


async def test_a_relay_that_is_told_to_stop_marks_what_was_taken(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, stop = HeldBus(), asyncio.Event()
    stop.set()
    async with backlog(postgres_url, bus, monkeypatch) as (relay, connection):
        assert await relay._send_all(connection, stop)
        assert bus.given == [[1, 2]]
        assert await waiting(connection) == 3
