# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F03: the broker stops, hangs, dies and comes back empty. Clients notice nothing; no event is lost."""

import asyncio
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chassis.clock import SystemClock
from chassis.db import Database
from chassis.outbox import republish
from tests.faults.own_peers import OwnKafka
from tests.faults.results import Tally
from tests.faults.sample import Member, Sample
from tests.faults.sizes import TIMED, in_time, sized

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


async def write_many(sample: Sample, member: Member, label: str, count: int, *, seconds: float = 0) -> float:
    """So many writes by four clients, over so many seconds at least; answers the 99th percentile in seconds."""
    times: list[float] = []
    left = iter(range(count))
    pause = seconds * 4 / count

    async def client() -> None:
        for number in left:
            began = time.monotonic()
            await sample.write_until_taken(member, f"{label}-{number}")
            times.append(time.monotonic() - began)
            await asyncio.sleep(max(0.0, pause - times[-1]))

    await asyncio.gather(*(client() for _ in range(4)))
    return sorted(times)[int(len(times) * 0.99)]


async def send_again(sample: Sample) -> int:
    """What an operator does after a broker was lost with its data."""
    database = Database(sample.databases.app_url, schema="sample", clock=SystemClock())
    try:
        return await republish(database, since=BEGINNING)
    finally:
        await database.close()


def _take_all(broker: OwnKafka) -> None:
    broker.end()
    broker.empty()


OUTAGES: dict[str, Callable[[OwnKafka], None]] = {
    "stopped": lambda broker: broker.end(signal.SIGTERM),
    "frozen": OwnKafka.pause,
    "killed": OwnKafka.end,
    "emptied": _take_all,
}


@pytest.mark.fault("F03")
@pytest.mark.timeout(sized(1200, 3600))
@pytest.mark.parametrize("how", OUTAGES)
async def test_writes_go_on_without_a_broker_and_every_event_arrives_after(
    own_kafka: OwnKafka, postgres_url: str, tmp_path: Path, tally: Tally, how: str
) -> None:
    async with Sample.prepared(postgres_url, own_kafka.address, tmp_path) as sample:
        member = await sample.start()
        count = sized(60, 10_000)
        quiet = await write_many(sample, member, "before", sized(40, 2000))
        await sample.drained()
        OUTAGES[how](own_kafka)
        tally.kills += 1
        outage = sized(3, 30 if how == "frozen" else 60)
        during = await write_many(sample, member, "during", count, seconds=outage)
        if how == "frozen":
            own_kafka.resume()
        else:
            own_kafka.start()
        if how == "emptied":
            assert await send_again(sample) > 0
        drained = await sample.drained()
        tally.writes = count + sized(40, 2000)
        tally.measured = {
            "p99_ratio": round(during / quiet, 2),
            "p99_ms": round(during * 1000),
            "drained_after_s": round(drained, 1),
        }
        lost, doubled = await sample.check(member)
        tally.settle(lost=lost, doubled=doubled)
        assert set(sample.statuses) == {201}, sample.statuses
        code, seconds = await member.stop()
        assert code == 0, member.tail()
        in_time(seconds, 10, "the end of a process")
        if TIMED:
            assert during <= max(2 * quiet, 0.1)
            assert drained <= 60


@pytest.mark.fault("F03")
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("how", ["frozen", "killed"])
async def test_a_process_ends_in_time_without_a_broker_and_its_events_are_sent_by_the_next(
    own_kafka: OwnKafka, postgres_url: str, tmp_path: Path, tally: Tally, how: str
) -> None:
    async with Sample.prepared(postgres_url, own_kafka.address, tmp_path) as sample:
        member = await sample.start()
        await sample.write_until_taken(member, "before")
        await sample.drained()
        OUTAGES[how](own_kafka)
        tally.kills, tally.writes = 1, 6
        try:
            await asyncio.gather(*(sample.write_until_taken(member, f"during-{n}") for n in range(5)))
            await asyncio.sleep(1)
            code, seconds = await member.stop()
        finally:
            if how == "frozen":
                own_kafka.resume()
            else:
                own_kafka.start()
        tally.measured = {"ended_after_s": round(seconds, 1)}
        assert code == 0, member.tail()
        in_time(seconds, 10, "the end of a process")
        after = await sample.start()
        lost, doubled = await sample.check(after)
        tally.settle(lost=lost, doubled=doubled)
