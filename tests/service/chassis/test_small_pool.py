# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""With the smallest pool that is taken, relay, jobs, events and requests take turns and none waits for ever."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from chassis.job_locks import JobLocks
from chassis.service import Context, Job
from chassis.testing import Bench, service_under_test
from contracts.intake import LeadAssigned
from tests.service.chassis.sample import SERVICE

LEAST = {"pool_size": 4}
JOBS = 6  # as many as notifications has


def jobs_at_one_time() -> tuple[Job, ...]:
    """Jobs of which none works before all have begun."""
    all_begun = asyncio.Barrier(JOBS)

    async def work(context: Context) -> None:
        await all_begun.wait()
        async with context.begin() as tx:
            await tx.execute(sa.text("SELECT pg_sleep(0.01)"))

    return tuple(Job(f"job-{n}", timedelta(hours=9), work) for n in range(JOBS))


async def test_all_jobs_at_once_come_to_their_end_with_the_smallest_pool(postgres_url: str) -> None:
    jobs = jobs_at_one_time()
    async with service_under_test(replace(SERVICE, jobs=jobs), postgres_url, settings=LEAST) as bench:
        async with asyncio.timeout(60):
            assert await asyncio.gather(*(bench.live.run_job(job) for job in jobs)) == [True] * JOBS


async def test_requests_events_and_the_relay_go_on_beside_jobs_that_run_for_long(postgres_url: str) -> None:
    over = asyncio.Event()

    async def long(_: Context) -> None:
        await over.wait()

    jobs = tuple(Job(f"long-{n}", timedelta(hours=9), long) for n in range(JOBS))
    async with service_under_test(replace(SERVICE, jobs=jobs), postgres_url, settings=LEAST) as bench:
        maker = bench.as_caller(roles={"maker"}, gemeentecode="1916")
        answers = await asyncio.gather(
            *(bench.client.get("/sample/v1/things", headers=maker) for _ in range(20))
        )
        assert {answer.status_code for answer in answers} == {200}
        person = uuid4()
        async with bench.live.context.begin() as tx:
            event = LeadAssigned(inburgeraar_id=person, member_id=None)
            await tx.publish(event, aggregate_id=person, version=1, gemeentecode="1916")
        async with asyncio.timeout(60):
            while not await bench.sql("SELECT 1 FROM sample.effect WHERE key = :key", key=str(person)):
                await asyncio.sleep(0.02)
        over.set()


@pytest.fixture
async def locks(bench: Bench) -> tuple[JobLocks, JobLocks]:
    """Those of two processes; here of one, with a connection each."""
    return JobLocks(bench.live.context.database), JobLocks(bench.live.context.database)


@pytest.fixture
async def bench(postgres_url: str) -> AsyncIterator[Bench]:
    """Without jobs of its own, and with nobody who leads: both standing connections are free."""
    async with service_under_test(replace(SERVICE, jobs=()), postgres_url) as found:
        found.live.begin_stop()
        async with asyncio.timeout(60):
            while found.live.relay.leader:
                await asyncio.sleep(0.02)
        yield found


async def test_a_job_runs_in_one_process_at_a_time(locks: tuple[JobLocks, JobLocks]) -> None:
    one, other = locks
    async with one.held("a") as first, one.held("b") as second:
        assert (first, second) == (True, True)
        async with other.held("a") as taken, other.held("c") as free:
            assert (taken, free) == (False, True)
    async with other.held("a") as again:
        assert again


async def end_who_holds_locks(bench: Bench, postgres_url: str) -> None:
    """As when the server ends a connection."""
    name = (await bench.sql("SELECT current_database() AS name"))[0].name
    superuser = await asyncpg.connect(postgres_url)
    try:
        await superuser.execute(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            f"WHERE l.locktype = 'advisory' AND l.granted AND a.datname = '{name}'"
        )
    finally:
        await superuser.close()


async def test_a_lost_connection_is_a_lost_lock_and_the_next_one_is_taken_anew(
    locks: tuple[JobLocks, JobLocks], bench: Bench, postgres_url: str
) -> None:
    one, other = locks
    async with one.held("a") as first:
        assert first
        await end_who_holds_locks(bench, postgres_url)
        async with other.held("a") as taken_over:
            assert taken_over
            with pytest.raises(DBAPIError):
                async with one.held("b"):
                    raise AssertionError("a connection that is gone gives no lock")
            async with one.held("b") as anew:
                assert anew
    async with one.held("a") as again:
        assert again
