# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""P06: lists out of a million rows: first and deep pages, with row-level security and without."""

import statistics
import time
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from bench.lab import Lab
from bench.load import Request
from bench.machine import watched
from bench.parts.p04 import as_superuser
from bench.platform import GEMEENTE, Process
from bench.results import Part, Sample, Series, Target, ratio_figure, value_figure
from bench.seed import deadlines
from chassis.access import Access, Caller, Scope
from chassis.clock import SystemClock
from chassis.db import Database, Operation
from contracts.access import Purpose, Role
from demo.parties import organisation_id
from services.notifications.app import SERVICE
from services.notifications.store import worklist

__all__ = ["measure"]

_TIMES = 200
_LIST = Operation(
    "listDeadlines", "Termijnen opvragen", Access(purpose=Purpose.CASE_WORK, activity="termijnen-bewaken")
)


def _consulent() -> Caller:
    purposes = frozenset(str(one) for one in Purpose)
    return Caller(
        subject=UUID(int=1),
        kind="person",
        organisation_id=organisation_id("gemeente-leidschendam-voorburg"),
        organisation_kind="gemeente",
        roles=frozenset({str(Role.CONSULENT)}),
        gemeentecode=GEMEENTE,
        scopes={GEMEENTE: Scope("person", purposes, executing=GEMEENTE)},
    )


def measure(lab: Lab) -> Part:
    """The work list of clocks, by the statement that the service itself sends."""
    part = Part("P06", "Lists", lab.sizes.name)
    installation = lab.installation
    database = lab.run(installation.database(SERVICE))
    admin_url = as_superuser(lab, database)
    lab.run(_seed(admin_url, lab.sizes.listed_rows))
    found = lab.run(_pages(lab, database.app_url, admin_url))
    with installation.service(SERVICE, "services.notifications", database) as service:
        http = {size: _over_http(lab, service, size) for size in (50, 200)}
    part.series = [*found.values(), *http.values()]
    part.figures = [
        ratio_figure(
            "first 50 with RLS, time",
            found["first 50"],
            found["first 50, no RLS"],
            "milliseconds",
            target=Target(1.2, 1.1, more=False),
        ),
        ratio_figure(
            "first 200 with RLS, time", found["first 200"], found["first 200, no RLS"], "milliseconds"
        ),
        ratio_figure("deep page of 50, time", found["deep 50"], found["first 50"], "milliseconds"),
        ratio_figure("deep 50 with RLS, time", found["deep 50"], found["deep 50, no RLS"], "milliseconds"),
        value_figure("first 50 at the database", found["first 50"], "milliseconds", "ms"),
        value_figure("50 over HTTP, p50", http[50], "p50Milliseconds", "ms"),
        value_figure("200 over HTTP, p50", http[200], "p50Milliseconds", "ms"),
    ]
    return part


async def _seed(admin_url: str, rows: int) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("TRUNCATE notifications.deadline CASCADE")
        await deadlines(connection, rows, today=SystemClock().today())
        await connection.execute("VACUUM ANALYZE notifications.deadline")
    finally:
        await connection.close()


async def _pages(lab: Lab, url: str, admin_url: str) -> dict[str, Series]:
    bound, free = _database(url), _database(admin_url)
    middle = await _middle(lab, admin_url)
    pages: dict[str, tuple[int, tuple[date, UUID] | None]] = {
        "first 50": (50, None),
        "first 200": (200, None),
        "deep 50": (50, middle),
    }
    contestants = {
        f"{page}{ending}": (database, *wanted)
        for page, wanted in pages.items()
        for ending, database in (("", bound), (", no RLS", free))
    }
    found = {name: Series(name) for name in contestants}
    try:
        for _ in range(lab.sizes.rounds):
            for name, (database, limit, after) in contestants.items():
                with watched() as window:
                    waits = await _read(database, limit, after, 10 if lab.sizes.rounds == 1 else _TIMES)
                found[name].samples.append(
                    Sample({"milliseconds": statistics.median(waits) * 1000}, window.foreign)
                )
    finally:
        await bound.close()
        await free.close()
    return found


def _database(url: str) -> Database:
    return Database(url, schema="notifications", clock=SystemClock(), pool_size=1)


async def _middle(lab: Lab, admin_url: str) -> tuple[date, UUID]:
    """The key of a row nine tenths down the list."""
    rows = await lab.sql(
        admin_url,
        "SELECT due_on, id FROM notifications.deadline WHERE gemeentecode = $1 ORDER BY due_on, id OFFSET $2 LIMIT 1",
        GEMEENTE,
        lab.sizes.listed_rows * 9 // 20,
    )
    return rows[0]["due_on"], rows[0]["id"]


async def _read(database: Database, limit: int, after: tuple[date, UUID] | None, times: int) -> list[float]:
    """The seconds of each reading of one page: the statement of the service, and nothing around it."""
    waits: list[float] = []
    statement, values = await _statement(database, limit, after)
    async with database.begin(_consulent(), _LIST) as tx:
        raw = await (await tx.session.connection()).get_raw_connection()
        driver: Any = raw.driver_connection
        prepared = await driver.prepare(statement)
        for number in range(times + 5):
            began = time.perf_counter()
            rows = await prepared.fetch(*values)
            if number >= 5:
                waits.append(time.perf_counter() - began)
            if len(rows) != limit + 1:
                raise RuntimeError(f"{len(rows)} rows instead of {limit + 1}")
    return waits


async def _statement(
    database: Database, limit: int, after: tuple[date, UUID] | None
) -> tuple[str, tuple[Any, ...]]:
    """The SQL with which the service asks for a page, and its values."""
    seen: list[tuple[str, Any]] = []
    note: Callable[..., None] = lambda *args: seen.append((args[2], args[3]))  # noqa: E731 - the listener is removed by it
    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        async with database.begin(_consulent(), _LIST) as tx:
            await worklist.deadlines(
                tx,
                worklist.Reader(gemeentecodes={GEMEENTE}),
                inburgeraar_id=None,
                status=None,
                rule=None,
                gemeentecode=None,
                lead_member_id=None,
                after=after,
                limit=limit + 1,
            )
    finally:
        sa.event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    statement, values = next(pair for pair in reversed(seen) if "deadline" in pair[0])
    return statement, tuple(values)


def _over_http(lab: Lab, service: Process, size: int) -> Series:
    series = Series(f"{size} over HTTP")
    grant = lab.installation.grant(
        Role.CONSULENT, organisation="gemeente-leidschendam-voorburg", gemeentecode=GEMEENTE
    )
    for _ in range(lab.sizes.rounds):
        load = Request(headers=grant).run(
            f"{service.url}/notifications/v1/deadlines?pageSize={size}",
            connections=1,
            seconds=lab.sizes.seconds / 2,
            watch=(service.pid,),
        )
        if load.refused or load.broken:
            raise RuntimeError(f"deadlines: {load.refused} refused, {load.broken} broken of {load.requests}")
        series.samples.append(
            Sample(
                {
                    "p50Milliseconds": load.p50,
                    "p99Milliseconds": load.p99,
                    "cpuMilliseconds": load.cpu_microseconds(service.pid) / 1000,
                },
                load.window.foreign,
            )
        )
    return series
