# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F19: old and new version work side by side on the same database and topics, in both directions."""

import asyncio
import time
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.db import async_url
from chassis.migrate import _config, migrate
from tests.faults.next_version import NEXT
from tests.faults.results import Tally
from tests.faults.sample import PROCESS, Member, Sample
from tests.faults.sizes import in_time, sized

NEXT_PROCESS = "tests.faults.next_version"


@pytest.mark.fault("F19")
@pytest.mark.timeout(sized(1200, 1800))
async def test_an_upgrade_and_its_return_under_load_fail_nothing(sample: Sample, tally: Tally) -> None:
    serving: list[Member] = [await sample.start(), await sample.start()]
    stop = asyncio.Event()
    failed: list[str] = []
    clients, per_second = sized((4, 10), (16, 100))

    async def work(index: int) -> None:
        while not stop.is_set():
            began = time.monotonic()
            key = f"f19-{uuid4().hex}"
            for member in (
                serving[index % len(serving)],
                serving[-1],
            ):  # one may be ending: then the next replica
                if await sample.write(member, key) is not None:
                    break
            else:
                failed.append(key)
                await sample.write_until_taken(serving[-1], key)
            tally.writes += 1
            await asyncio.sleep(max(0.0, began + clients / per_second - time.monotonic()))

    async def roll(module: str) -> None:
        for _ in range(2):
            fresh = await sample.start(module=module)
            serving.append(fresh)
            old = serving.pop(0)
            await asyncio.sleep(sized(1, 10))
            code, seconds = await old.stop()
            tally.kills += 1
            assert code == 0, old.tail()
            in_time(seconds, 10, "the end of a process")

    loading = asyncio.gather(*(work(index) for index in range(clients)))
    await asyncio.sleep(1)
    await migrate(NEXT, sample.databases.owner_url)
    assert all([await sample.is_ready(member) for member in serving]), (
        "the old version goes on with newer tables"
    )
    await roll(NEXT_PROCESS)
    await roll(PROCESS)  # back, with the newer tables
    stop.set()
    await loading
    lost, doubled = await sample.check(serving[-1])
    answers = {status for status in sample.statuses if status not in {0, 201}}
    tally.measured = {"refused": sum(n for status, n in sample.statuses.items() if status != 201)}
    tally.settle(lost=lost, doubled=doubled)
    assert answers <= {503}, sample.statuses
    assert failed == [], "one repetition, at the next replica, is enough"
    notes = {
        row["note"]
        for row in await sample.sql("SELECT DISTINCT note FROM sample.effect WHERE event_id IS NOT NULL")
    }
    assert None in notes, "the version before read events, of the next one too"
    assert "of this version" in notes, "the next version read its own field"

    # And the tables back to where they were, once no process of the next version runs.
    engine = create_async_engine(async_url(sample.databases.owner_url), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_downgrade)
    await engine.dispose()
    assert [
        row["version_num"] for row in await sample.sql("SELECT version_num FROM sample.alembic_version")
    ] == ["0001"]
    assert await sample.write(serving[-1], "after") is not None
    lost, doubled = await sample.check(serving[-1])
    tally.settle(lost=lost, doubled=doubled)


def _downgrade(connection: sa.Connection) -> None:
    """Take the last revision back, as its own file says."""
    config = _config(NEXT)
    config.attributes["connection"] = connection
    command.downgrade(config, "0001")
