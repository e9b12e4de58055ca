# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A search whose worker is killed half-way stores nothing, is done by the next worker, and never runs for ever."""

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chassis import background
from chassis.testing import service_under_test
from services.housing.app import SERVICE
from services.housing.jobs import SETTLE_SEARCHES
from tests.service.housing.account_books import QUIET
from tests.service.housing.match_desk import Desk
from tests.service.housing.test_searches import SEARCH, ended

PROGRAM = """
    import asyncio
    from chassis import background
    from chassis.clock import FixedClock
    from chassis.db import Database
    from chassis.service import Context
    from chassis.settings import platform_settings
    from chassis.testing import TUESDAY
    from services.housing.app import SERVICE

    async def main():
        clock = FixedClock(TUESDAY)
        database = Database({url!r}, schema="housing", clock=clock)
        context = Context(database, clock, SERVICE.settings(database_url={url!r}), platform_settings())
        await background.run_background(context, SERVICE.work, asyncio.Event())

    asyncio.run(main())
"""


@pytest.fixture
async def idle(postgres_url: str) -> AsyncIterator[Desk]:
    """The desk without a worker of its own."""
    async with service_under_test(replace(QUIET, work=()), postgres_url) as bench:
        yield Desk(bench)


async def work_until_killed(desk: Desk) -> None:
    """A worker in a process of its own, killed as by kill -9 when all is computed and nothing is kept."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(PROGRAM).format(url=desk.bench.databases.app_url),
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "OPEN_INBURGERING_FAULT": "in-background-job",
            "OPEN_INBURGERING_ENVIRONMENT": "test",
        },
    )
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL


async def lapse(desk: Desk, *, failures: int | None = None) -> None:
    """The lease of the dead worker is over."""
    await desk.bench.sql(
        "UPDATE housing.background_job SET lease_until = now(), failures = coalesce(:failures, failures)",
        failures=failures,
    )


async def work(desk: Desk, job: Any) -> Any:
    """A worker that lives does what waits."""
    stop = asyncio.Event()
    worker = asyncio.create_task(background.run_background(desk.bench.live.context, SERVICE.work, stop))
    try:
        return await ended(desk, job["id"], desk.vwn())
    finally:
        stop.set()
        await worker


async def seen(desk: Desk, job: Any) -> tuple[str, int]:
    """How the search stands, and how many proposals it has."""
    path = f"/match-proposals/{job['id']}"
    run = await desk.get(path, desk.vwn())
    return run["status"], len(await desk.items(f"{path}/proposals", desk.vwn()))


async def asked(desk: Desk) -> Any:
    return await desk.post("/match-proposals", desk.vwn(), SEARCH, 202)


async def test_the_next_worker_does_a_search_whose_worker_was_killed(idle: Desk) -> None:
    await idle.housing_corporation()
    await idle.household()
    await idle.dwelling()
    job = await asked(idle)
    await work_until_killed(idle)
    assert await seen(idle, job) == ("running", 0)
    await SETTLE_SEARCHES.run(idle.bench.live.context)
    assert await seen(idle, job) == ("running", 0)  # the next worker has not come yet
    await lapse(idle)
    assert (await work(idle, job))["status"] == "done"
    assert await seen(idle, job) == ("done", 1)


async def test_a_search_that_no_worker_can_do_ends_and_can_be_asked_again(idle: Desk) -> None:
    await idle.housing_corporation()
    await idle.household()
    await idle.dwelling()
    job = await asked(idle)
    await work_until_killed(idle)
    await lapse(idle, failures=background.MAX_FAILURES)
    assert (await work(idle, job))["status"] == "failed"
    assert await seen(idle, job) == ("running", 0)
    await SETTLE_SEARCHES.run(idle.bench.live.context)
    assert await seen(idle, job) == ("failed", 0)
    again = await asked(idle)
    assert (await work(idle, again))["status"] == "done"
    assert await seen(idle, again) == ("done", 1)
