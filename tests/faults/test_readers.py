# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F08 and F09: a reader that is slow, and readers that come and go all the time."""

import asyncio
import re
import time
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.bus import Message
from chassis.bus_kafka import KafkaBus
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.inbox import Reader
from tests.faults.results import Tally
from tests.faults.sample import Sample, until
from tests.faults.sizes import PATIENCE, TIMED, chance, sized
from tests.faults.test_delivery import TOPIC, lead, send, sender
from tests.service.chassis.sample import SERVICE

_SLOW = """
CREATE TABLE sample.slow (seconds float);
INSERT INTO sample.slow VALUES (0);
GRANT SELECT ON sample.slow TO sample_app;
CREATE FUNCTION sample.wait() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN PERFORM pg_sleep(seconds) FROM sample.slow WHERE seconds > 0; RETURN NEW; END';
CREATE TRIGGER wait BEFORE INSERT ON sample.effect FOR EACH ROW EXECUTE FUNCTION sample.wait();
"""


def memory_mib(pid: int) -> float:
    """The resident memory of a process."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


async def effects(sample: Sample) -> int:
    """How many effects there are."""
    (row,) = await sample.sql("SELECT count(*) AS n FROM sample.effect WHERE event_id IS NOT NULL")
    return int(row["n"])


@pytest.mark.fault("F08")
@pytest.mark.timeout(sized(1200, 1800))
async def test_a_slow_reader_falls_behind_visibly_and_catches_up(sample: Sample, tally: Tally) -> None:
    seconds_each, per_second, slow_for = sized((0.25, 20, 8), (1.0, 5, 300))
    await sample.make_topics([TOPIC])
    member = await sample.start()
    for statement in _SLOW.strip().split(";\n"):
        await sample.sql(statement)
    events = 0
    async with sender(sample) as bus:
        await send(bus, [lead(uuid4(), 1) for _ in range(20)])
        await until(lambda: _at_least(sample, 20), "warm", PATIENCE, look=member)
        before = memory_mib(member.pid)
        await sample.sql("UPDATE sample.slow SET seconds = $1", seconds_each)
        began = time.monotonic()
        while time.monotonic() - began < slow_for:
            await send(bus, [lead(uuid4(), 1) for _ in range(per_second)])
            events += per_second
            await asyncio.sleep(max(0.0, began + events / per_second - time.monotonic()))
        grown = memory_mib(member.pid) - before

        async def lag_shows() -> bool:
            return await sample.metric(member, "consumer_lag") > 0

        await until(lag_shows, "the lag in the metrics", PATIENCE, look=member)
        behind = 20 + events - await effects(sample)
        assert behind > 0
        await sample.sql("UPDATE sample.slow SET seconds = 0")
        began = time.monotonic()
        await until(lambda: _at_least(sample, 20 + events), "caught up", PATIENCE, look=member)
        rate = behind / (time.monotonic() - began)
    log = member.log.read_text()
    tally.writes = 20 + events
    tally.measured = {
        "behind": behind,
        "memory_growth_mib": round(grown, 1),
        "catch_up_per_s": round(rate),
        "arrival_per_s": per_second,
    }
    tally.settle(
        lost=max(0, 20 + events - await effects(sample)), doubled=max(0, await effects(sample) - 20 - events)
    )
    assert "offsets_not_committed" not in log, "a slow reader kept its partitions"
    assert grown <= 50
    assert not TIMED or rate >= 10 * per_second


async def _at_least(sample: Sample, count: int) -> bool:
    return await effects(sample) >= count


@pytest.mark.fault("F09")
@pytest.mark.timeout(sized(1200, 1800))
async def test_readers_that_join_and_leave_all_the_time_lose_and_double_nothing(
    sample: Sample, tally: Tally
) -> None:
    dice = chance("F09")
    await sample.make_topics(SERVICE.reads)
    database = Database(sample.databases.app_url, schema="sample", clock=SystemClock(), pool_size=10)
    members: list[KafkaBus] = []
    stopped: list[KafkaBus] = []

    async def join() -> None:
        bus = KafkaBus(
            sample.brokers, client_id=f"member-{len(members) + len(stopped)}", prefix=sample.prefix
        )
        await bus.subscribe("sample", SERVICE.reads, Reader(SERVICE, database, bus).deliver)
        members.append(bus)

    async def leave(bus: KafkaBus) -> None:
        assert not any(loop.done() for loop in bus._loops), "the loop of a reader ended"
        await bus.stop()
        members.remove(bus)
        stopped.append(bus)

    count = sized(1500, 20_000)
    people = [uuid4() for _ in range(100)]
    messages = [lead(person, version) for version in range(1, count // 100 + 1) for person in people]
    try:
        for _ in range(3):
            await join()
        async with sender(sample) as bus:
            sending = asyncio.create_task(_trickle(bus, messages, sized(10, 110)))
            began = time.monotonic()
            while time.monotonic() - began < sized(12, 120):
                await asyncio.sleep(2)
                await leave(dice.choice(members))
                tally.kills += 1
                await join()
            await sending
        await until(lambda: _at_least(sample, count), "all effects", PATIENCE)
        for one in members:
            await leave(one)
    finally:
        for one in members:
            await one.stop()
        await database.close()
    done = await sample.sql("SELECT event_id::text AS id FROM sample.effect WHERE event_id IS NOT NULL")
    ids = {row["id"] for row in done}
    wanted = {one.headers["ce_id"].decode() for one in messages}
    tally.writes = count
    tally.settle(lost=len(wanted - ids), doubled=len(done) - len(ids))


async def _trickle(bus: KafkaBus, messages: list[Message], seconds: float) -> None:
    """Send all in even portions over so many seconds."""
    portion = max(1, len(messages) // int(seconds * 2))
    for start in range(0, len(messages), portion):
        await send(bus, messages[start : start + portion])
        await asyncio.sleep(0.5)
