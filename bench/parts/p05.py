# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""P05: what an event costs the write, how fast outbox and inbox drain, and how soon the effect is there."""

import asyncio
import gc
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import asyncpg
import sqlalchemy as sa

from bench.lab import Lab
from bench.machine import watched
from bench.parts.p04 import as_superuser
from bench.platform import GEMEENTE
from bench.results import Figure, Part, Sample, Series, Target, ratio_figure, value_figure
from bench.service.app import SERVICE
from chassis.bus import Bus
from chassis.bus_kafka import KafkaBus, ensure_topics
from chassis.bus_memory import MemoryBus
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.inbox import Reader
from chassis.outbox import Relay
from contracts.intake import LeadAssigned

__all__ = ["measure"]

_WRITERS = 8
_SOMEBODY = UUID(int=1)
_TOPIC = LeadAssigned.topic()
_INSERT = sa.text(
    "INSERT INTO bench.record (id, inburgeraar_id, gemeentecode, lesson_date, day_part, status) "
    "VALUES (:id, :person, :code, :day, 'morning', 'present')"
)
_MANY = """
    INSERT INTO bench.outbox (id, topic, key, type, subject, aggregate_version, gemeentecode, time, data)
    SELECT gen_random_uuid(), $1, p::text, $2, p::text, 1, $3, clock_timestamp(),
           jsonb_build_object('inburgeraarId', p::text, 'memberId', $4::text)
    FROM (SELECT gen_random_uuid() AS p FROM generate_series(1, $5)) AS people
"""
_ONE = """
    WITH fact AS (
        INSERT INTO bench.record (id, inburgeraar_id, gemeentecode, lesson_date, day_part, status)
        VALUES ($1, $2, $3, DATE '2024-11-04', 'morning', 'present')
    )
    INSERT INTO bench.outbox (id, topic, key, type, subject, aggregate_version, gemeentecode, time, data)
    VALUES (gen_random_uuid(), $4, $6, $5, $6, 1, $3, clock_timestamp(),
            jsonb_build_object('inburgeraarId', $6::text, 'memberId', $7::text))
"""
_EMPTY = "TRUNCATE bench.record, bench.effect, bench.outbox, bench.inbox"


def measure(lab: Lab) -> Part:
    """Writes with and without events; then events on their way, in one process and over Kafka."""
    part = Part("P05", "Outbox, relay and inbox", lab.sizes.name)
    database = lab.run(lab.installation.database(SERVICE))
    admin_url = as_superuser(lab, database)
    print(f"P05: Apache Kafka at {lab.kafka}")  # started here: below, a loop runs already
    writes = lab.run(_writes(lab, database.app_url, admin_url))
    drains = lab.run(_drains(lab, database.app_url, admin_url))
    waits = lab.run(_latencies(lab, database.app_url, admin_url))
    lost = lab.run(_without_wake(lab, database.app_url, admin_url))
    part.series = [*writes.values(), *drains.values(), *waits.values(), lost]
    copied, memory, kafka = drains["COPY"], drains["in one process"], drains["over Kafka"]
    at_100, at_500, over_kafka = (
        waits["100/s, one process"],
        waits["500/s, one process"],
        waits["100/s, Kafka"],
    )
    part.figures = [
        ratio_figure(
            "write with event, 8 writers",
            writes["row and event"],
            writes["row only"],
            "perSecond",
            target=Target(0.75, 0.85),
        ),
        ratio_figure("drain in one process", memory, copied, "perSecond", target=Target(0.10, 0.20)),
        ratio_figure("drain over Kafka", kafka, copied, "perSecond"),
        value_figure("drain in one process", memory, "perSecond", "events/s"),
        value_figure("drain over Kafka", kafka, "perSecond", "events/s"),
        _wait("commit to effect, p99, 100/s", at_100, Target(50, 20, more=False)),
        _wait("commit to effect, p99, 500/s", at_500, Target(100, 30, more=False)),
        _wait("commit to effect over Kafka, p99, 100/s", over_kafka, Target(150, 60, more=False)),
        value_figure(
            "effect without wake-up, most", lost, "seconds", "s", target=Target(1.2, 0.3, more=False)
        ),
    ]
    return part


def _wait(what: str, series: Series, target: Target) -> Figure:
    return value_figure(what, series, "p99Milliseconds", "ms", target=target)


def _database(url: str) -> Database:
    return Database(url, schema="bench", clock=SystemClock(), pool_size=_WRITERS)


async def _writes(lab: Lab, url: str, admin_url: str) -> dict[str, Series]:
    database = _database(url)
    found = {name: Series(name) for name in ("row only", "row and event")}
    try:
        for _ in range(lab.sizes.rounds):
            for name, series in found.items():
                await lab.sql(admin_url, _EMPTY)
                with watched() as window:
                    until = time.monotonic() + lab.sizes.seconds
                    done = await asyncio.gather(
                        *(_write(database, until, event=name == "row and event") for _ in range(_WRITERS))
                    )
                series.samples.append(Sample({"perSecond": sum(done) / window.seconds}, window.foreign))
    finally:
        await database.close()
    return found


async def _write(database: Database, until: float, *, event: bool) -> int:
    done = 0
    while time.monotonic() < until:
        await _fact(database, event=event)
        done += 1
    return done


async def _fact(database: Database, *, event: bool = True) -> UUID:
    """One row, and its event; answers whom it is about."""
    person = uuid4()
    async with database.begin() as tx:
        await tx.execute(
            _INSERT, {"id": uuid4(), "person": person, "code": GEMEENTE, "day": date(2024, 11, 4)}
        )
        if event:
            await tx.publish(
                LeadAssigned(inburgeraar_id=person, member_id=_SOMEBODY),
                aggregate_id=person,
                version=1,
                gemeentecode=GEMEENTE,
            )
    return person


@asynccontextmanager
async def _at_work(url: str, bus: Bus) -> AsyncIterator[tuple[Database, Relay]]:
    """A relay and a reader on a bus; ended with the block."""
    database = _database(url)
    relay = Relay(SERVICE, database, bus, oin="0" * 20)
    database.on_commit = relay.wake
    stop = asyncio.Event()
    await bus.start()
    await bus.subscribe(SERVICE.name, SERVICE.reads, Reader(SERVICE, database, bus).deliver)
    running = asyncio.create_task(relay.run(stop))
    gc.freeze()  # as a process does once it is ready
    try:
        yield database, relay
    finally:
        stop.set()
        await running
        await bus.stop()
        await database.close()


@asynccontextmanager
async def _kafka_bus(lab: Lab) -> AsyncIterator[Bus]:
    prefix = f"b{uuid4().hex[:8]}."
    await ensure_topics(lab.kafka, [prefix + _TOPIC])
    yield KafkaBus(lab.kafka, client_id="bench", prefix=prefix)


async def _drains(lab: Lab, url: str, admin_url: str) -> dict[str, Series]:
    """How fast events that wait in the outbox take effect, each exactly once."""
    found = {name: Series(name) for name in ("COPY", "in one process", "over Kafka")}
    events = lab.sizes.drain_events
    for _ in range(lab.sizes.rounds):
        await lab.sql(admin_url, _EMPTY)
        found["COPY"].samples.append(await _copied(admin_url, events))
        for name in ("in one process", "over Kafka"):
            await lab.sql(admin_url, _EMPTY)
            async with AsyncExitStack() as stack:
                bus = (
                    MemoryBus()
                    if name == "in one process"
                    else await stack.enter_async_context(_kafka_bus(lab))
                )
                database, relay = await stack.enter_async_context(_at_work(url, bus))
                await _one_through(database, admin_url)
                await lab.sql(admin_url, _MANY, _TOPIC, LeadAssigned.type, GEMEENTE, str(_SOMEBODY), events)
                with watched() as window:
                    relay.wake()
                    await _effects(admin_url, events + 1)
            found[name].samples.append(Sample({"perSecond": events / window.seconds}, window.foreign))
    return found


async def _copied(admin_url: str, rows: int) -> Sample:
    connection = await asyncpg.connect(admin_url)
    now = datetime.fromtimestamp(0, UTC)
    records = [
        (uuid4(), uuid4(), GEMEENTE, date(2024, 11, 4), "morning", "present", now) for _ in range(rows)
    ]
    columns = ("id", "inburgeraar_id", "gemeentecode", "lesson_date", "day_part", "status", "recorded_at")
    try:
        with watched() as window:
            await connection.copy_records_to_table(
                "record", schema_name="bench", columns=columns, records=records
            )
    finally:
        await connection.close()
    return Sample({"perSecond": rows / window.seconds}, window.foreign)


async def _one_through(database: Database, admin_url: str) -> None:
    """Let one event through first: readers of Kafka take a moment to get their partitions."""
    await _fact(database)
    await _effects(admin_url, 1)


async def _effects(admin_url: str, wanted: int) -> None:
    """Wait until so many effects are there.

    Raises:
        RuntimeError: there are more, so one took effect twice; or they do not come.
    """
    connection = await asyncpg.connect(admin_url)
    give_up = time.monotonic() + 120 + wanted / 50
    try:
        while (have := await connection.fetchval("SELECT count(*) FROM bench.effect")) < wanted:
            if time.monotonic() > give_up:
                raise RuntimeError(f"{have} of {wanted} events took effect")
            await asyncio.sleep(0.01)
    finally:
        await connection.close()
    if have != wanted:
        raise RuntimeError(f"{have} effects of {wanted} events")


async def _latencies(lab: Lab, url: str, admin_url: str) -> dict[str, Series]:
    found: dict[str, Series] = {}
    for name, rate, over_kafka in (
        ("100/s, one process", 100, False),
        ("500/s, one process", 500, False),
        ("100/s, Kafka", 100, True),
    ):
        series = found[name] = Series(name)
        for _ in range(lab.sizes.rounds):
            await lab.sql(admin_url, _EMPTY)
            async with AsyncExitStack() as stack:
                bus = await stack.enter_async_context(_kafka_bus(lab)) if over_kafka else MemoryBus()
                database, relay = await stack.enter_async_context(_at_work(url, bus))
                await _one_through(database, admin_url)
                with watched() as window:
                    committed = await _at_rate(relay, admin_url, rate, lab.sizes.latency_seconds)
                await _effects(admin_url, len(committed) + 1)
            waits = await _waits(lab, admin_url, committed)
            series.samples.append(
                Sample(
                    {
                        "p50Milliseconds": statistics.median(waits),
                        "p99Milliseconds": sorted(waits)[int(len(waits) * 0.99)],
                        "mostMilliseconds": max(waits),
                    },
                    window.foreign,
                )
            )
    return found


async def _at_rate(relay: Relay, admin_url: str, rate: int, seconds: float) -> dict[UUID, float]:
    """Facts at a steady pace; answers when each was committed, by whom it is about.

    They are written past our own code, which would take the processor that relay and reader need.
    """
    committed: dict[UUID, float] = {}
    tasks: set[asyncio.Task[None]] = set()
    async with asyncpg.create_pool(admin_url, min_size=4, max_size=4) as pool:

        async def one() -> None:
            person = uuid4()
            await pool.execute(
                _ONE, uuid4(), person, GEMEENTE, _TOPIC, LeadAssigned.type, str(person), str(_SOMEBODY)
            )
            committed[person] = time.time()
            relay.wake()

        began = time.monotonic()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            task = asyncio.create_task(one())
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
    return committed


async def _waits(lab: Lab, admin_url: str, committed: dict[UUID, float]) -> list[float]:
    """From each commit to its effect, in milliseconds."""
    rows = await lab.sql(
        admin_url, "SELECT subject, extract(epoch FROM recorded_at)::float8 AS at FROM bench.effect"
    )
    return [
        max(0.0, row["at"] - committed[row["subject"]]) * 1000 for row in rows if row["subject"] in committed
    ]


async def _without_wake(lab: Lab, url: str, admin_url: str) -> Series:
    """How long an event waits when nobody tells the relay of it."""
    series = Series("without wake-up")
    await lab.sql(admin_url, _EMPTY)
    async with _at_work(url, MemoryBus()) as (database, _):
        await _one_through(database, admin_url)
        for number in range(3 if lab.sizes.rounds == 1 else 10):
            with watched() as window:
                await lab.sql(admin_url, _MANY, _TOPIC, LeadAssigned.type, GEMEENTE, str(_SOMEBODY), 1)
                await _effects(admin_url, number + 2)
            series.samples.append(Sample({"seconds": window.seconds}, window.foreign))
    worst = max(series.samples, key=lambda sample: sample.values["seconds"])
    series.samples = [worst]
    return series
