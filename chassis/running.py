# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One service at work in this process: its app, relay, reader, jobs and long work."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from starlette.types import ASGIApp

from chassis import background
from chassis.access import GrantVerifier
from chassis.app import web_app
from chassis.bus import Bus
from chassis.care.keys import check_keys
from chassis.clock import Clock
from chassis.db import Database, Tx
from chassis.inbox import Reader, database_is_away
from chassis.job_locks import JobLocks
from chassis.logs import log
from chassis.measuring import measured
from chassis.metrics import metrics
from chassis.operations import dead_letters_waiting
from chassis.outage import Outage
from chassis.outbox import Relay
from chassis.service import Context, Job, Service
from chassis.settings import STANDING_CONNECTIONS, PlatformSettings
from chassis.starting import Starting, judge_revision, reason, revision_of, secret_of_pseudonyms, usable
from chassis.web import Runtime

__all__ = ["Running", "running"]

_QUIET_SECONDS = 20.0
_STOP_SECONDS = 6.0  # for relay, jobs and long work, counted from the moment they were told
_LAST_SECONDS = 0.5
_MEASURE_SECONDS = 5.0
_MEASURE_LIMIT = 10.0
_RETRY_SECONDS = 60.0  # a job that failed does not wait a day for its next turn


class Running:
    """The live parts of one service. Made by `running`, which also ends them."""

    app: ASGIApp

    def __init__(self, service: Service, context: Context, bus: Bus, relay: Relay, reader: Reader) -> None:
        self.service = service
        self.context = context
        self.bus = bus
        self.relay = relay
        self.reader = reader
        self._job_locks = {job.name: asyncio.Lock() for job in service.jobs}
        self._between_processes = JobLocks(context.database)
        self._failing: dict[str, bool] = {job.name: False for job in service.jobs}
        self._last: dict[str, float] = {}
        self._unread = ""  # why nothing can be read, as far as that is known
        self._stop = asyncio.Event()
        self._stop_began = 0.0

    def begin_stop(self) -> None:
        """Say not ready, and let relay, jobs and long work end."""
        if not self._stop.is_set():
            self._stop_began = time.monotonic()
            self._stop.set()

    def patience(self) -> float:
        """How long relay, jobs and long work may still take; requests that were finished took their time too."""
        return max(_LAST_SECONDS, self._stop_began + _STOP_SECONDS - time.monotonic())

    async def run_job(self, job: Job) -> bool:
        """Run one job now, if no other process of this service is at it. Answers whether it ran well."""
        name = self.service.name
        async with self._job_locks[job.name]:
            try:
                async with self._between_processes.held(f"job:{self.service.schema}:{job.name}") as free:
                    if not free:
                        return True
                    await job.run(self.context)
            except Exception as fault:  # noqa: BLE001 - a job that fails is tried again at its next turn
                metrics().job_runs.labels(name, job.name, "failed").inc()
                away = database_is_away(fault)
                if not (away and self._failing[job.name]):  # once, not at every turn
                    log().warning(
                        "job_failed",
                        service=name,
                        job=job.name,
                        fault=type(fault).__name__,
                        exc_info=None if away else fault,
                    )
                self._failing[job.name] = True
                return False
        self._failing[job.name] = False
        self._last[job.name] = time.time()
        metrics().job_runs.labels(name, job.name, "done").inc()
        metrics().job_last.labels(name, job.name).set(self._last[job.name])
        return True

    async def keep_running(self, job: Job) -> None:
        """Run a job at its pace until the stop; one that failed is tried again within a minute."""
        pace = job.every.total_seconds()
        # A job that never runs well, or hangs at once, grows old from here.
        metrics().job_last.labels(self.service.name, job.name).set(time.time())
        metrics().job_pace.labels(self.service.name, job.name).set(pace)
        while not self._stop.is_set():
            well = await self.run_job(job)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pace if well else min(pace, _RETRY_SECONDS))

    async def settle(self) -> bool:
        """Run all jobs now and wait until what they and others published has left; answers whether nothing moved."""
        moved = await self._moving()
        for job in self.service.jobs:
            await self.run_job(job)
        moved = await self._moving() or moved
        self.relay.wake()
        deadline = time.monotonic() + _QUIET_SECONDS
        while await self._moving():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.02)
        return not moved

    async def _moving(self) -> bool:
        s = self.service.schema
        async with self.context.database.begin() as tx:
            waiting = await tx.scalar(
                sa.text(
                    f"SELECT EXISTS (SELECT FROM {s}.outbox WHERE published_at IS NULL) OR "
                    f"EXISTS (SELECT FROM {s}.background_job WHERE status IN ('queued', 'running') "
                    # A queued job with a lease waits for something outside; that may take a minute.
                    "AND (status = 'running' OR lease_until IS NULL OR lease_until < now()))"
                )
            )
        if waiting:
            return True
        if not self.service.handlers:
            return False
        try:
            return any((await self.bus.lag(self.service.name)).values())
        except (ConnectionError, TimeoutError):
            return True

    async def status(self, tx: Tx) -> dict[str, Any]:
        """What the operators' page shows."""
        s = self.service.schema
        waiting = (
            await tx.execute(
                sa.text(
                    "SELECT count(*) AS depth, "
                    "coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) AS age "
                    f"FROM {s}.outbox WHERE published_at IS NULL"
                )
            )
        ).one()
        jobs = await tx.scalar(
            sa.text(f"SELECT count(*) FROM {s}.background_job WHERE status IN ('queued', 'running')")
        )
        dead = await dead_letters_waiting(tx, s)
        metrics().dead_waiting.labels(self.service.name).set(dead)
        return {
            "service": self.service.name,
            "outbox_depth": waiting.depth,
            "outbox_age_seconds": round(float(waiting.age), 1),
            "relay_leader": self.relay.leader,
            "bus_alive": self.bus.alive(),
            "lag_per_topic": await self._lag(),
            "dead_letters": dead,
            "background_jobs": jobs,
            "jobs": [
                {
                    "name": job.name,
                    "last_success": datetime.fromtimestamp(self._last[job.name], UTC)
                    if job.name in self._last
                    else None,
                    "failing": self._failing[job.name],
                }
                for job in self.service.jobs
            ],
        }

    async def _lag(self) -> dict[str, int]:
        """What is still to be read; of what is not known, nothing is told."""
        found: dict[str, int] = {}
        if not self.service.handlers:
            return found
        try:
            found = dict(await asyncio.wait_for(self.bus.lag(self.service.name), 3))
        except TimeoutError:  # slow for once: the number of a moment ago is better than none
            if self._unread:
                self._tell_reading(found, unread=self._unread)
            self._unread = "the brokers do not say how far it is"
        except OSError as fault:
            self._tell_reading(found, unread=str(fault))
        else:
            self._tell_reading(found)
        return found

    def _tell_reading(self, found: Mapping[str, int], *, unread: str = "") -> None:
        told, name = metrics(), self.service.name
        self._unread = unread
        told.reader_connected.labels(name).set(not unread)
        for topic in self.service.reads:
            if topic in found:
                told.lag.labels(name, topic).set(found[topic])
            else:  # unknown, or another process reads it now: a number of then would mislead
                told.lag.remove(name, topic)

    async def readiness(self) -> dict[str, dict[str, Any]]:
        """What must be well before this process takes requests. A broker that is away is told, not refused."""
        checks: dict[str, dict[str, Any]] = {
            "process": {
                "ok": not self._stop.is_set(),
                "says": "stopping" if self._stop.is_set() else "running",
            },
            "bus": {"ok": not self.bus.wrong(), "says": self._bus_says()},
            "relay": {
                "ok": True,
                "says": "leads" if self.relay.leader else "waits; another process leads or none yet",
            },
        }
        try:
            async with asyncio.timeout(3), self.context.database.engine.connect() as connection:
                found = await revision_of(connection, self.service.schema)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the database does not serve us now
            checks["database"] = {"ok": False, "says": f"away: {reason(fault)}"}
            return checks
        checks["database"] = {"ok": True, "says": "reachable"}
        well, says = judge_revision(self.service, found)
        checks["migrations"] = {"ok": well, "says": says}
        return checks

    def _bus_says(self) -> str:
        if wrong := self.bus.wrong():
            return wrong
        if not self.bus.alive():
            return "away; events wait in the outbox"
        lacks = [self.bus.lacks(), self._unread and f"nothing is read: {self._unread}"]
        return "; ".join(["reachable", *(one for one in lacks if one)])

    async def replay(self, letter: UUID) -> bool:
        """Offer a dead letter once more."""
        return await self.reader.replay(letter)

    async def measure(self) -> None:
        """Keep the gauges that nobody else asks for up to date, until the stop."""
        name, found = self.service.name, metrics()
        database = Outage("database_unreachable", "database_is_back", service=name)
        broker = Outage("broker_unreachable", "broker_is_back", service=name)
        unfit = Outage("topic_unfit", "topics_are_fit", service=name)
        refused = Outage("topic_refused", "topics_are_there", service=name)
        while not self._stop.is_set():
            try:
                async with asyncio.timeout(_MEASURE_LIMIT):
                    await measured(self.context.database, name)
            except Exception as fault:  # noqa: BLE001 - whatever it is, it is told and measured again
                database.begins(fault)
            else:
                database.over()
            found.database_reachable.labels(name).set(not database.lasts)
            await self.bus.probe()
            found.broker_reachable.labels(name).set(self.bus.alive())
            for outage, says in ((unfit, self.bus.wrong()), (refused, self.bus.lacks())):
                if says:
                    outage.begins(says)
                else:
                    outage.over()
            if self.bus.alive():
                broker.over()
                await self._lag()
            else:
                broker.begins("no broker answers; events wait in the outbox")
                if self.service.handlers:
                    self._tell_reading({}, unread="no broker answers")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), _MEASURE_SECONDS)

    def tasks(self) -> list[Any]:
        """What runs beside the requests."""
        return [
            self.relay.run(self._stop),
            self.measure(),
            *(self.keep_running(job) for job in self.service.jobs),
            *(
                [background.run_background(self.context, self.service.work, self._stop)]
                if self.service.work
                else []
            ),
        ]


def _begin_counting(service: Service, database: Database) -> None:
    """Let every series be there from the first minute, at zero: a rate of what is not there is nothing."""
    name, found = service.name, metrics()
    found.pool_limit.labels(name).set(database.pool_size)
    found.pool_used.labels(name).set_function(database.in_use)
    for counter in (found.pool_timeouts, found.duplicates, found.dead):
        counter.labels(name)
    for handler in service.handlers:
        found.handled.labels(name, handler.event.type)
        found.stale.labels(name, handler.event.type)
    if service.handlers:
        found.reader_connected.labels(name)
    for job in service.jobs:
        found.job_runs.labels(name, job.name, "failed")


@asynccontextmanager
async def running(
    service: Service,
    *,
    platform: PlatformSettings,
    settings: Any,
    clock: Clock,
    bus: Bus,
    verifier: GrantVerifier,
    starting: Starting | None = None,
) -> AsyncIterator[Running]:
    """Start a service in this process; it stops when the block ends.

    Args:
        service: which one.
        platform: settings of the platform.
        settings: of the service.
        clock: the time that the law reckons with.
        bus: where its events go and come from.
        verifier: of the gateway's grants.
        starting: where it says what it waits for.

    Raises:
        BadSetting: production, and there is no secret of pseudonyms.
        UnsafeRole, UnfitDatabase, UnsupportedDatabase: the database cannot be used as it is set up.
        MissingKey: a key that rows still need was taken out of its ring.
    """
    relay_box: list[Relay] = []
    database = Database(
        settings.database_url.get_secret_value(),
        schema=service.schema,
        clock=clock,
        pseudonym_key=secret_of_pseudonyms(platform),
        pool_size=settings.pool_size - STANDING_CONNECTIONS,
        on_commit=lambda: relay_box[0].wake() if relay_box else None,
        settings=settings,
    )
    _begin_counting(service, database)
    try:
        await usable(
            service,
            database,
            starting or Starting(service.name),
            production=platform.environment == "production",
        )
        await check_keys(database, service.care)
    except BaseException:
        await database.close()
        raise
    context = Context(database=database, clock=clock, settings=settings, platform=platform)
    relay = Relay(service, database, bus, oin=platform.oin)
    relay_box.append(relay)
    reader = Reader(service, database, bus)
    live = Running(service, context, bus, relay, reader)
    live.app = web_app(
        service,
        platform=platform,
        runtime=Runtime(database, verifier, settings),
        live=live,
    )
    async with service.lifespan(context):
        if service.handlers:
            await bus.subscribe(service.name, service.reads, reader.deliver)
        tasks = [asyncio.create_task(task) for task in live.tasks()]
        try:
            yield live
        finally:
            live.begin_stop()
            _, late = await asyncio.wait(tasks, timeout=live.patience())
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await database.close()
