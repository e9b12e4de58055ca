# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The first night of an operator: all peers and processes die in turn under load, and the alerts alone tell of it.

Who has the night shift knows no more than what Prometheus fires, with the rules that are shipped (their
times divided), and the runbook that each alert leads to. In the morning everything is there once.
"""

import asyncio
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyrage
import pytest

from tests.faults.own_peers import OwnKafka, OwnPostgres
from tests.faults.promises import Promises
from tests.faults.results import Tally
from tests.faults.sizes import PATIENCE, chance, sized
from tests.faults.whole import SERVICES, Whole
from tests.faults.whole_check import check
from tests.journey.platform import in_processes
from tests.observability.rules import RUNBOOKS
from tests.observability.test_live import JOBS, configuration
from tests.peers import PeerMissingError, prometheus
from tests.peers.run import free_port, stop

PROCESSES = ("gateway", "portal", *SERVICES)
PER_SECOND = 10
# People with terms of long ago are registered without end, so that a stage is always due; real rules wait longer.
_BY_LOAD = {"DeadlinesLate"}
_QUIET_SECONDS = 180  # the rules look back over minutes that were divided by thirty


class Night:
    """What the operator sees: the alerts, as they come and go."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.seen: dict[str, set[str]] = {}  # by what was broken

    def firing(self) -> set[str]:
        """The alerts that fire now."""
        found = prometheus.ask(self.address, "alerts")["alerts"]
        return {one["labels"]["alertname"] for one in found if one["state"] == "firing"}

    async def fires(self, broken: str, alert: str) -> float:
        """Wait until an alert fires; answers how long that took."""
        return await self._until(broken, lambda firing: alert in firing, f"{alert} fires")

    async def quiet(self, broken: str, *, but: set[str] = _BY_LOAD) -> float:
        """Wait until nothing fires that has another cause than the test itself; answers how long that took."""
        return await self._until(broken, lambda firing: firing <= but, f"nothing fires but {sorted(but)}")

    async def _until(self, broken: str, true: Callable[[set[str]], bool], what: str) -> float:
        began = time.monotonic()
        while True:
            firing = await asyncio.to_thread(self.firing)
            self.seen.setdefault(broken, set()).update(firing)
            if true(firing):
                return time.monotonic() - began
            assert time.monotonic() - began < _QUIET_SECONDS, f"{broken}: {what}; firing: {sorted(firing)}"
            await asyncio.sleep(0.5)


@pytest.fixture
def night(
    own_postgres: OwnPostgres, own_kafka: OwnKafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Whole, Night]]:
    """All processes on a broker and a database that can be killed, and the Prometheus that watches them."""
    internal = free_port()
    told = {
        "KAFKA_TOPIC_PREFIX": f"night{secrets.token_hex(4)}.",
        "GATEWAY_INTERNAL_PORT": str(internal),
        "GATEWAY_CALLER_PER_SECOND": "100000",
        "GATEWAY_CALLER_BURST": "100000",
        "GATEWAY_ORGANISATION_PER_SECOND": "100000",
        "GATEWAY_ORGANISATION_BURST": "100000",
    }
    folder = tmp_path_factory.mktemp("night")
    with in_processes(own_postgres.url, own_kafka.address, environment=told) as platform:
        whole = Whole(platform, own_postgres)
        asyncio.run(whole.furnish())
        key = str(pyrage.x25519.Identity.generate().to_public())
        platform.command("backup", str(folder / "backups"), "--recipient", key)  # as each night
        targets = {name: urlsplit(at).netloc for name, at in whole.addresses().items() if name in JOBS}
        targets["gateway"] = f"127.0.0.1:{internal}"
        try:
            watcher = prometheus.start(folder / "prometheus", configuration(folder, targets))
        except PeerMissingError as missing:
            pytest.skip(str(missing))
        try:
            yield whole, Night(watcher.address)
        finally:
            stop(watcher)


def runbook(alert: str) -> Path:
    """Where the alert leads to."""
    return RUNBOOKS / f"{alert}.md"


@pytest.mark.fault("NIGHT")
@pytest.mark.timeout(sized(1800, 7200))
@pytest.mark.capability("GW-11", part="a night in which everything dies once")
async def test_whatever_dies_at_night_an_alert_tells_it_and_in_the_morning_all_is_there_once(
    night: tuple[Whole, Night],
    own_postgres: OwnPostgres,
    own_kafka: OwnKafka,
    tally: Tally,
    promises: Promises,
) -> None:
    whole, watch = night
    dice = chance("NIGHT")
    await watch.quiet("before")
    over = asyncio.Event()
    writing = asyncio.create_task(
        whole.write(promises, over, writes=sized(200, 2000), per_second=PER_SECOND, dice=dice, label="night")
    )
    told: dict[str, tuple[float, float]] = {}
    try:
        for broken, alert, end, mend in (
            ("Apache Kafka", "BrokerUnreachable", own_kafka.end, own_kafka.start),
            ("PostgreSQL", "DatabaseUnreachable", lambda: own_postgres.stop("kill"), own_postgres.start),
        ):
            await asyncio.to_thread(end)
            tally.kills += 1
            try:
                fired = await watch.fires(broken, alert)
            finally:
                await asyncio.to_thread(mend)
            told[broken] = (fired, await watch.quiet(broken))
        for name in PROCESSES:
            before = whole.kill(name)
            tally.kills += 1
            began = time.monotonic()
            while whole.pids().get(name, before) == before:
                assert time.monotonic() - began < PATIENCE, f"{name} is not started again"
                await asyncio.sleep(0.1)
            await whole.all_ready()
            told[name] = (0, await watch.quiet(name))
        frozen = dice.choice(SERVICES)
        whole.kill(frozen, signal.SIGSTOP)
        try:
            fired = await watch.fires(f"{frozen} frozen", "ServiceDown")
        finally:
            whole.kill(frozen, signal.SIGCONT)
        told[f"{frozen} frozen"] = (fired, await watch.quiet(frozen))
    finally:
        over.set()
    load = await writing
    tally.writes = load.writes
    await watch.quiet("in the morning", but=set())
    alerts = sorted(set().union(*watch.seen.values()))
    print({broken: sorted(names) for broken, names in watch.seen.items()})  # noqa: T201 - what the operator saw
    assert [alert for alert in alerts if not runbook(alert).is_file()] == []
    lost, doubled, agreed = await check(whole, promises)
    tally.measured = {
        "alerts": alerts,
        "fired_and_ended_after_s": {name: (round(a, 1), round(b, 1)) for name, (a, b) in told.items()},
        "refused": len(load.refusals),
        "readers_agree_after_s": round(agreed, 1),
    }
    tally.settle(lost=lost, doubled=doubled)
