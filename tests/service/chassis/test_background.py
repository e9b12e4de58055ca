# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Long work goes on after a kill, is done by one worker at a time, and tells how it ended."""

import asyncio
import contextlib
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from chassis import background
from chassis.access import Caller
from chassis.background import Later, LeaseLost, enqueue, run_background
from chassis.clock import FixedClock
from chassis.db import Database
from chassis.errors import InvalidInput
from chassis.service import BackgroundJob, Context, Service, Work
from chassis.settings import PlatformSettings, ServiceSettings
from chassis.tables import chassis_tables
from chassis.testing import TUESDAY, fresh_database
from chassis.web import Router

SCHEMA = "toy"
SCHOOL = UUID(int=7)
METADATA = sa.MetaData(schema=SCHEMA)
chassis_tables(METADATA, SCHEMA)


class ToySettings(ServiceSettings):
    """Settings of a service that only has long work."""

    model_config = SettingsConfigDict(env_prefix="TOY_", extra="ignore")


def toy(migrations: Path) -> Service:
    """A service without anything but the chassis tables."""
    return Service(
        name="toy",
        title="Speelgoed",
        description="Alleen voor tests.",
        version="1.0.0",
        router=Router(),
        schema=SCHEMA,
        metadata=METADATA,
        migrations=migrations,
        settings=ToySettings,
    )


REVISION = """
from alembic import op
from chassis import rls, tables
revision, down_revision, branch_labels, depends_on = "0001", None, None, None
def upgrade():
    rls.create_functions(op, "toy")
    tables.create(op, "toy")
    op.execute("CREATE TABLE toy.done (job uuid, part int, worker int)")
def downgrade():
    pass
"""


@pytest.fixture(scope="module")
async def database_url(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder = tmp_path_factory.mktemp("toy")
    (folder / "versions").mkdir()
    for place in (folder, folder / "versions"):
        (place / "0001_toy.py").write_text(REVISION, encoding="utf-8")
    (folder / "0001_toy.py").unlink()
    service = toy(folder / "versions")
    async with fresh_database(service, postgres_url) as prepared:
        yield prepared.app_url


@pytest.fixture
async def context(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Context]:
    monkeypatch.setattr(background, "POLL_SECONDS", 0.02)
    database = Database(database_url, schema=SCHEMA, clock=FixedClock(TUESDAY), pool_size=10)
    settings = ToySettings(database_url=SecretStr(database_url))
    context = Context(
        database=database,
        clock=database.clock,
        settings=settings,
        platform=PlatformSettings(environment="test"),
    )
    async with context.begin() as tx:
        await tx.execute(sa.text("DELETE FROM toy.background_job"))
    try:
        yield context
    finally:
        await database.close()


def school(organisation_id: UUID = SCHOOL) -> Caller:
    """Someone who asks for work."""
    return Caller(
        subject=UUID(int=1),
        kind="person",
        organisation_id=organisation_id,
        organisation_kind="taalschool",
        roles=frozenset({"teacher"}),
    )


async def queue(context: Context, *, data: bytes = b"input") -> UUID:
    """Ask for work."""
    async with context.begin(school()) as tx:
        return await enqueue(tx, "count", payload={"parts": 5}, data=data)


async def row_of(context: Context, job: UUID) -> Any:
    """The job as it stands in the table."""
    async with context.begin() as tx:
        return (
            await tx.execute(sa.text("SELECT * FROM toy.background_job WHERE id = :id"), {"id": job})
        ).one()


@pytest.mark.parametrize("fails", [False, True])
async def test_what_a_part_sees_as_the_platform_ends_with_that_part(context: Context, fails: bool) -> None:
    actor = sa.text("SELECT current_setting('app.actor', true)")
    async with context.begin(school()) as tx:
        before = await tx.scalar(actor)
        with contextlib.suppress(ZeroDivisionError):
            async with tx.as_platform():
                assert await tx.scalar(actor) == "system"
                assert 1 / (not fails)
        assert await tx.scalar(actor) == before != "system"


@contextlib.asynccontextmanager
async def working(
    context: Context, run: Callable[[Context, BackgroundJob], Coroutine[Any, Any, dict[str, Any]]]
) -> AsyncIterator[asyncio.Event]:
    """A worker beside the test; it stops when the block ends."""
    stop = asyncio.Event()
    worker = asyncio.create_task(run_background(context, [Work("count", run)], stop))
    try:
        yield stop
    finally:
        stop.set()
        await worker


async def until(context: Context, job: UUID, *statuses: str) -> Any:
    """Wait for one of these statuses."""
    async with asyncio.timeout(60):
        while True:
            row = await row_of(context, job)
            if row.status in statuses:
                return row
            await asyncio.sleep(0.02)


async def count_parts(context: Context, job: BackgroundJob) -> dict[str, Any]:
    """Do each part once, and keep the progress with it."""
    done = int(job.result.get("parts", 0))
    for part in range(done, job.payload["parts"]):
        async with context.begin(job.caller) as tx:
            await tx.execute(
                sa.text("INSERT INTO toy.done VALUES (:job, :part, :worker)"),
                {"job": job.id, "part": part, "worker": job.attempts},
            )
            await job.advance(tx, (part + 1) * 20, {"parts": part + 1})
        await asyncio.sleep(0)
    return {"parts": job.payload["parts"]}


async def parts_of(context: Context, job: UUID) -> list[tuple[int, int]]:
    """Which parts were done, by which attempt."""
    async with context.begin() as tx:
        rows = await tx.rows(
            sa.text("SELECT part, worker FROM toy.done WHERE job = :job ORDER BY part"), {"job": job}
        )
    return [(row.part, row.worker) for row in rows]


async def test_work_is_done_with_the_rights_of_the_one_who_asked_and_its_input_is_forgotten(
    context: Context,
) -> None:
    seen: list[BackgroundJob] = []

    async def run(context: Context, job: BackgroundJob) -> dict[str, Any]:
        seen.append(job)
        return await count_parts(context, job)

    job = await queue(context)
    async with working(context, run):
        row = await until(context, job, "done", "failed")
    assert (row.status, row.progress, row.result, row.input) == ("done", 100, {"parts": 5}, None)
    assert seen[0].input == b"input"
    assert seen[0].caller == school()
    assert await parts_of(context, job) == [(part, 1) for part in range(5)]


async def test_only_the_own_organisation_sees_a_job(context: Context) -> None:
    job = await queue(context)
    found = []
    for organisation in (SCHOOL, UUID(int=8)):
        async with context.begin(school(organisation)) as tx:
            found.append(
                await tx.scalar(sa.text("SELECT count(*) FROM background_job WHERE id = :id"), {"id": job})
            )
    assert found == [1, 0]


async def test_a_problem_ends_the_job_and_is_told(context: Context) -> None:
    async def run(_: Context, __: BackgroundJob) -> dict[str, Any]:
        raise InvalidInput("Kolom 3 is niet bekend.")

    job = await queue(context)
    async with working(context, run):
        row = await until(context, job, "failed")
    assert row.error["code"] == "invalid-input"
    assert row.error["detail"] == "Kolom 3 is niet bekend."
    assert row.input is None


async def test_an_unforeseen_fault_is_tried_again_and_then_given_up(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "_BACKOFF_SECONDS", 0)
    monkeypatch.setattr(background, "MAX_FAILURES", 3)
    tries = 0

    async def run(_: Context, __: BackgroundJob) -> dict[str, Any]:
        nonlocal tries
        tries += 1
        raise RuntimeError("geheim")

    job = await queue(context)
    async with working(context, run):
        row = await until(context, job, "failed")
    assert tries == 3
    assert row.error["code"] == "server-fault"
    assert "geheim" not in str(row.error)


async def test_waiting_work_lets_others_pass(context: Context) -> None:
    order: list[str] = []

    async def run(_: Context, job: BackgroundJob) -> dict[str, Any]:
        order.append(str(job.input))
        if job.input == b"first" and job.attempts == 1:
            raise Later(3600)
        return {}

    first = await queue(context, data=b"first")
    second = await queue(context, data=b"second")
    async with working(context, run):
        await until(context, second, "done")
        assert (await row_of(context, first)).status == "queued"
        async with context.begin() as tx:  # as if its time had come
            await tx.execute(sa.text("UPDATE toy.background_job SET lease_until = clock_timestamp()"))
        row = await until(context, first, "done")
    assert order == ["b'first'", "b'second'", "b'first'"]
    assert (row.attempts, row.failures) == (2, 0)


async def test_at_the_stop_a_job_goes_back_and_goes_on_where_it_was(context: Context) -> None:
    started = asyncio.Event()

    async def stuck(context: Context, job: BackgroundJob) -> dict[str, Any]:
        async with context.begin(job.caller) as tx:
            await tx.execute(sa.text("INSERT INTO toy.done VALUES (:job, 0, 1)"), {"job": job.id})
            await job.advance(tx, 20, {"parts": 1})
        started.set()
        await asyncio.sleep(60)
        return {}

    job = await queue(context)
    async with working(context, stuck):
        await started.wait()
    row = await row_of(context, job)
    assert (row.status, row.progress, row.failures) == ("queued", 20, 0)
    async with working(context, count_parts):
        await until(context, job, "done")
    assert await parts_of(context, job) == [(0, 1), (1, 2), (2, 2), (3, 2), (4, 2)]


async def test_one_that_was_thought_dead_changes_nothing_any_more(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "LEASE_SECONDS", 0)
    go_on = asyncio.Event()
    lost = asyncio.Event()

    async def slow(context: Context, job: BackgroundJob) -> dict[str, Any]:
        await go_on.wait()
        try:
            await count_parts(context, job)
        except LeaseLost:
            lost.set()
            raise
        return {"parts": -1}

    job = await queue(context)
    async with working(context, slow):
        await until(context, job, "running")
        monkeypatch.setattr(background, "LEASE_SECONDS", 30)
        async with working(context, count_parts):
            await until(context, job, "done")
        go_on.set()
        async with asyncio.timeout(60):
            await lost.wait()
    row = await row_of(context, job)
    assert row.result == {"parts": 5}
    assert (row.attempts, row.failures) == (2, 1)
    assert await parts_of(context, job) == [(part, 2) for part in range(5)]


async def test_a_heartbeat_keeps_long_work(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "HEARTBEAT_SECONDS", 0.02)
    runs, over = 0, asyncio.Event()

    async def long(_: Context, __: BackgroundJob) -> dict[str, Any]:
        nonlocal runs
        runs += 1
        await over.wait()
        return {}

    job = await queue(context)
    async with working(context, long), working(context, long):
        leases = [(await until(context, job, "running")).lease_until]
        async with asyncio.timeout(60):
            while len(leases) < 4:  # each longer than the one before
                if (lease := (await row_of(context, job)).lease_until) > leases[-1]:
                    leases.append(lease)
                await asyncio.sleep(0.01)
        over.set()
        await until(context, job, "done")
    assert runs == 1


async def test_many_workers_share_the_queue(context: Context) -> None:
    jobs = [await queue(context) for _ in range(12)]
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(working(context, count_parts))
        for job in jobs:
            await until(context, job, "done")
    for job in jobs:
        assert await parts_of(context, job) == [(part, 1) for part in range(5)]


PROGRAM = """
    import asyncio, sys
    from chassis import background
    from chassis.clock import FixedClock
    from chassis.db import Database
    from chassis.service import Context, Work
    from chassis.settings import platform_settings
    from chassis.testing import TUESDAY
    from {module} import ToySettings, count_parts
    from chassis import faults

    background.LEASE_SECONDS = 1

    async def run(context, job):
        for part in range(int(job.result.get("parts", 0)), 5):
            job.payload["parts"] = part + 1
            job.result["parts"] = part
            await count_parts(context, job)
            faults.hit("in-background-job")
        return {{"parts": 5}}

    async def main():
        database = Database({url!r}, schema="toy", clock=FixedClock(TUESDAY))
        context = Context(database, database.clock, ToySettings(), platform_settings())
        await background.run_background(context, [Work("count", run)], asyncio.Event())

    asyncio.run(main())
"""


async def test_a_worker_that_is_killed_in_the_middle_leaves_nothing_undone_and_nothing_double(
    context: Context, database_url: str
) -> None:
    job = await queue(context)
    program = textwrap.dedent(PROGRAM).format(module=__name__, url=database_url)
    for kill in range(3):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            program,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "OPEN_INBURGERING_FAULT": "in-background-job",
                "OPEN_INBURGERING_ENVIRONMENT": "test",
            },
        )
        assert await asyncio.wait_for(process.wait(), 120) == -signal.SIGKILL
        row = await row_of(context, job)
        assert (row.status, row.result) == ("running", {"parts": kill + 1})
    async with working(context, count_parts):
        row = await until(context, job, "done")
    assert row.result == {"parts": 5}
    assert [part for part, _ in await parts_of(context, job)] == list(range(5))
    assert row.attempts == 4


async def test_finished_work_is_forgotten_after_a_month(context: Context) -> None:
    job, other = uuid4(), uuid4()
    async with context.begin() as tx:
        for id_, age in ((job, "31 days"), (other, "29 days")):
            await tx.execute(
                sa.text(
                    "INSERT INTO background_job (id, kind, status, finished_at) "
                    "VALUES (:id, 'count', 'done', now() - CAST(:age AS text)::interval)"
                ),
                {"id": id_, "age": age},
            )
    live = await queue(context)
    async with working(context, count_parts):
        await until(context, live, "done")
    async with context.begin() as tx:
        left = await tx.scalars(sa.text("SELECT id FROM background_job"))
    assert job not in left
    assert {other, live} <= set(left)
