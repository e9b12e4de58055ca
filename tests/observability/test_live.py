# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real Prometheus watches the real processes, with the rules that are shipped, their times divided.

The deadline engine is stopped while its process lives, then the broker, then a process: the alerts
fire, and resolve once it is mended.
"""

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import yaml

from cli.traced import lines_of, told
from embedded.folder import DataFolder
from tests.journey.platform import Platform, in_processes
from tests.journey.test_processes import CASES, TEACHER, agree, lessons_with, register
from tests.observability.exported import WITH_ISSUERS, WITH_TLS
from tests.observability.rules import (
    OURSELVES,
    PROMETHEUS,
    alerts,
    expressions_of_dashboards,
    metrics_in,
    quick_rules,
)
from tests.peers import PeerMissingError, kafka as kafka_peer, prometheus
from tests.peers.run import Peer, free_port, stop

pytestmark = pytest.mark.timeout(900)  # a machine may be busy with more than this

DIVISOR = 30
THRESHOLDS = {"OutboxStuck": ("> 30", "> 3"), "DeadlineEngineStopped": ("> 300", "> 10")}
JOBS = {"gateway", "portal", "housing", "intake", "learning-routes", "notifications"}


@dataclass
class Watched:
    """The platform, its broker, and the Prometheus that watches both."""

    platform: Platform
    broker: Peer
    address: str
    postgres_url: str

    def ask(self, query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = prometheus.ask(self.address, "query", query=query)["result"]
        return found

    def firing(self) -> dict[str, dict[str, str]]:
        """The labels of what fires, by the name of the alert."""
        return {
            one["labels"]["alertname"]: one["labels"]
            for one in prometheus.ask(self.address, "alerts")["alerts"]
            if one["state"] == "firing"
        }

    def pid(self, name: str) -> int:
        return {one.name: one.pid for one in DataFolder(self.platform.folder / "data").living()}[name]

    def log(self, name: str) -> list[dict[str, Any]]:
        """The log lines of a process."""
        text = (self.platform.folder / "data" / "logs" / f"{name}.log").read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def until(what: str, true: Callable[[], bool], *, seconds: float = 240) -> float:
    """Wait until it is so; answers how many seconds that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.5)
    return time.monotonic() - began


def configuration(folder: Path, targets: dict[str, str]) -> Path:
    """The configuration that is shipped, with the addresses of this run and times that a test can wait for."""
    made = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    made["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    assert {job["job_name"] for job in made["scrape_configs"]} == JOBS
    for job in made["scrape_configs"]:
        job["static_configs"] = [{"targets": [targets[job["job_name"]]]}]
        job["scheme"] = "http"
        del job["tls_config"]
    made["rule_files"] = ["quick.yml"]
    (folder / "quick.yml").write_text(yaml.safe_dump(quick_rules(DIVISOR, THRESHOLDS)))
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(made))
    return path


@pytest.fixture(scope="module")
def watched(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    broker = watcher = None
    try:
        (folder / "kafka").mkdir()
        broker = kafka_peer.start(folder / "kafka")
        internal = free_port()
        with in_processes(
            postgres_url, broker.address, environment={"GATEWAY_INTERNAL_PORT": str(internal)}
        ) as platform:
            living = DataFolder(platform.folder / "data").living()
            targets = {one.name: urlsplit(one.address or "").netloc for one in living if one.name in JOBS}
            targets["gateway"] = f"127.0.0.1:{internal}"
            watcher = prometheus.start(folder / "prometheus", configuration(folder, targets))
            yield Watched(platform, broker, watcher.address, postgres_url)
    except PeerMissingError as missing:
        pytest.skip(str(missing))
    finally:
        for peer in (watcher, broker):
            if peer is not None:
                stop(peer)


@pytest.fixture(scope="module")
def absence(watched: Watched) -> str:
    """Two roll calls with an absence, made through the gateway; the trace of the second."""
    platform = watched.platform
    agree(platform)
    case = CASES["lv-001"]
    learner = register(platform, case)
    first, second = lessons_with(platform, case, learner, "2024-09-03", "2024-09-05")
    platform.move_clock(now="2024-09-05T12:00:00+02:00")
    platform.roll_call(TEACHER, first, learner, "unexcused")
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    path = f"/learning-routes/v1/lessons/{second}/attendances/{learner}"
    answer = platform.ask(
        TEACHER, "PUT", path, {"status": "unexcused"}, traceparent=f"00-{trace_id}-b7ad6b7169203331-01"
    )
    assert answer.status_code in {200, 201}, answer.text
    return trace_id


def test_one_roll_call_is_followed_by_its_trace_from_the_gateway_to_the_signal(
    watched: Watched, absence: str
) -> None:
    def lines(name: str) -> list[dict[str, Any]]:
        return [one for one in watched.log(name) if one.get("trace_id") == absence]

    until("the signal stands in the log of notifications", lambda: bool(lines("notifications")))
    (door,) = lines("gateway")
    (service,) = (one for one in lines("learning-routes") if one["event"] == "request")
    (raised,) = (one for one in lines("notifications") if one["event"] == "signal_raised")

    assert door["route"] == "/learning-routes/v1/lessons/{lessonId}/attendances/{inburgeraarId}"
    assert door["parent_span_id"] == "b7ad6b7169203331"
    assert service["parent_span_id"] == door["span_id"], "the gateway's span leads to the service's"
    assert raised["parent_span_id"] == service["span_id"], "through outbox, Kafka and inbox to the handler"
    assert raised["kind"] == "unexcused-absences"

    def handled() -> list[dict[str, Any]]:
        return [one for one in lines("notifications") if one["event"] == "events_handled"]

    until("what was handled is told", lambda: bool(handled()))
    assert raised["span_id"] in {one["span_id"] for one in handled()}
    everything = [
        json.dumps(one)
        for name in ("gateway", "learning-routes", "notifications")
        for one in watched.log(name)
    ]
    way = [one.split("  ", 1)[1] for one in told(lines_of(absence, everything))]
    starts = ("gateway request", "  learning-routes request", "    notifications signal_raised")
    places = [next(n for n, one in enumerate(way) if one.startswith(start)) for start in starts]
    assert places == sorted(places), "as `open-inburgering look trace` shows it"


@pytest.mark.capability("GW-11", part="every process is watched, by metrics that exist")
def test_every_target_is_up_and_every_metric_of_rules_and_dashboards_exists(
    watched: Watched, absence: str
) -> None:
    until("all are up", lambda: {one["metric"]["job"] for one in watched.ask("up == 1")} == JOBS)
    used = {name for one in alerts() for name in metrics_in(one.expr)}
    used |= {name for _, expr in expressions_of_dashboards() for name in metrics_in(expr)}

    watched.platform.ask("operations", "GET", "/learning-routes/v1/providers")  # refused: it has no such role

    def missing() -> set[str]:
        names = set(prometheus.ask(watched.address, "label/__name__/values"))
        known = names | {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}
        return used - known - OURSELVES - WITH_TLS - WITH_ISSUERS

    give_up = time.monotonic() + 120
    while missing() and time.monotonic() < give_up:
        time.sleep(0.5)
    assert missing() == set()
    rows = watched.ask('sum(attendance_rows_total{way="single",outcome="accepted"})')
    assert float(rows[0]["value"][1]) == 2
    assert watched.ask("token_cache_total{outcome='hit'} > 0")


@contextmanager
def engine_stopped(watched: Watched) -> Iterator[None]:
    """Hold the lock of the job in the database: the process lives, the engine waits for its turn for ever."""

    async def database() -> str:
        connection = await asyncpg.connect(watched.postgres_url)
        try:
            prefix = watched.platform.environment["OPEN_INBURGERING_DATABASE_PREFIX"]
            found: str = await connection.fetchval(
                "SELECT datname FROM pg_database WHERE datname = $1", f"{prefix}_notifications"
            )
            return found
        finally:
            await connection.close()

    async def hold() -> asyncpg.Connection:
        inside = urlsplit(watched.postgres_url)._replace(path=f"/{await database()}").geturl()
        connection = await asyncpg.connect(inside)
        name = "job:notifications:fire-deadlines"
        while not await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name):
            await asyncio.sleep(0.01)
        return connection

    with asyncio.Runner() as runner:
        connection = runner.run(hold())
        try:
            yield
        finally:
            runner.run(connection.close())


@pytest.mark.capability("GW-11")
def test_the_alert_of_the_deadline_engine_fires_when_it_stops_and_ends_when_it_runs(
    watched: Watched, absence: str
) -> None:
    name = "DeadlineEngineStopped"
    until("quiet before", lambda: name not in watched.firing())
    with engine_stopped(watched):
        fired = until(f"{name} fires", lambda: name in watched.firing())
        assert watched.ask('up{job="notifications"} == 1'), "its process lives"
        assert watched.firing()[name]["severity"] == "critical"
    resolved = until(f"{name} ends", lambda: name not in watched.firing())
    print(f"{name}: fired after {fired:.0f} s, ended after {resolved:.0f} s")  # noqa: T201 - the result


def test_a_broker_that_hangs_and_a_process_that_hangs_are_told_and_end(
    watched: Watched, absence: str
) -> None:
    names = {"BrokerUnreachable", "OutboxStuck", "ServiceDown"}
    until("quiet before", lambda: names.isdisjoint(watched.firing()))
    assert watched.broker.pid is not None
    portal = watched.pid("portal")

    def told() -> int:
        return sum(one["event"] == "broker_unreachable" for one in watched.log("intake"))

    before = told()
    os.killpg(watched.broker.pid, signal.SIGSTOP)
    os.kill(portal, signal.SIGSTOP)
    try:
        register(watched.platform, CASES["wa-001"])  # it is served, and its events wait
        fired = until("all three fire", lambda: names <= set(watched.firing()))
        assert watched.firing()["ServiceDown"]["job"] == "portal"
        ready = watched.platform.ask("administrator", "GET", "/health/ready").json()
        assert ready["checks"]["bus"] == {"ok": True, "says": "away; events wait in the outbox"}
        until("intake tells it", lambda: told() > before)
        assert told() == before + 1, "said once, however often it is tried"
    finally:
        os.kill(portal, signal.SIGCONT)
        os.killpg(watched.broker.pid, signal.SIGCONT)
    resolved = until("all three end", lambda: names.isdisjoint(watched.firing()))
    print(f"broker and portal: fired after {fired:.0f} s, ended after {resolved:.0f} s")  # noqa: T201 - the result
