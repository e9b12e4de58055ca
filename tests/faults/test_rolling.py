# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F14: every process is replaced while clients work, as a rolling update does it."""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import aiohttp
import pytest

from tests.faults.promises import Promises
from tests.faults.proxy import Proxy
from tests.faults.results import Tally
from tests.faults.sizes import PATIENCE, chance, in_time, sized
from tests.faults.whole import CONSULENT, SERVICES, STATUSES, TEACHER, Whole
from tests.faults.whole_check import check
from tests.peers.run import REPOSITORY, free_port

PROCESSES = (*SERVICES, "gateway")
RETRY_AFTER = 2  # seconds: the most that the gateway asks a client to wait after its first refusals


class Replica:
    """One more process of a service, started with the settings of the one that runs."""

    def __init__(self, whole: Whole, name: str, log: IO[bytes], **told: str) -> None:
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        package = "gateway" if name == "gateway" else f"services.{name.replace('-', '_')}"
        settings = {
            **whole.settings(name),
            f"{name.replace('-', '_').upper()}_PORT": str(self.port),
            **told,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", package, "serve"],
            env=settings,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    async def ready(self, client: aiohttp.ClientSession) -> None:
        """Wait until it takes requests."""
        give_up = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None, f"{self.name} ended"
            try:
                path = "/intake/v1/openapi.json" if self.name == "gateway" else "/health/ready"
                async with client.get(self.url + path) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                assert time.monotonic() < give_up, f"{self.name} is not ready"
            await asyncio.sleep(0.1)

    async def stop(self) -> tuple[int, float]:
        """Ask it to end; answers its exit code and how long it took."""
        began = time.monotonic()
        self.process.terminate()
        while (code := self.process.poll()) is None:
            assert time.monotonic() - began < PATIENCE, f"{self.name} does not end"
            await asyncio.sleep(0.02)
        return code, time.monotonic() - began


@asynccontextmanager
async def replicas(
    whole: Whole, log: IO[bytes]
) -> AsyncIterator[tuple[dict[str, Proxy], dict[str, Replica]]]:
    """A second platform on the same databases and topics: a balancer and a first replica of each process."""
    async with AsyncExitStack() as stack:
        doors: dict[str, Proxy] = {}
        running: dict[str, Replica] = {}
        client = await stack.enter_async_context(aiohttp.ClientSession())
        try:
            for name in SERVICES:
                running[name] = Replica(whole, name, log)
            for name in SERVICES:
                await running[name].ready(client)
                doors[name] = await stack.enter_async_context(Proxy(running[name].url, dice=chance(name)))
            running["gateway"] = gateway(whole, doors, log)
            await running["gateway"].ready(client)
            doors["gateway"] = await stack.enter_async_context(
                Proxy(running["gateway"].url, dice=chance("gateway"))
            )
            yield doors, running
        finally:
            for one in running.values():
                if one.process.poll() is None:
                    one.process.kill()
                    one.process.wait()


def gateway(whole: Whole, doors: dict[str, Proxy], log: IO[bytes], **told: str) -> Replica:
    """A gateway that reaches the services by their balancers."""
    upstreams = json.dumps({name: doors[name].url for name in SERVICES})
    return Replica(whole, "gateway", log, GATEWAY_UPSTREAMS=upstreams, GATEWAY_INTERNAL_PORT="0", **told)


@pytest.mark.fault("F14")
@pytest.mark.timeout(sized(1200, 1800))
async def test_a_rolling_restart_of_everything_fails_no_request_that_a_client_repeats_once(
    whole: Whole, tally: Tally, promises: Promises, tmp_path: Path
) -> None:
    dice = chance("F14")
    clients, per_second = sized((8, 40), (32, 200))
    cells = [(lesson, person) for lesson in whole.lessons for person in whole.learners]
    failed: list[str] = []
    repeated: Counter[str] = Counter()
    stop = asyncio.Event()

    async def one(client: aiohttp.ClientSession, mine: list[tuple[str, str]]) -> None:
        asked: tuple[str, str, str, Any, dict[str, str] | None]
        thing = word = ""
        kind = dice.choice(["read", "write", "make"])
        if kind == "read":
            asked = (CONSULENT, "GET", "/intake/v1/inburgeraars?pageSize=5", None, None)
        elif kind == "write":
            (lesson, person), word = dice.choice(mine), dice.choice(STATUSES)
            path = f"/learning-routes/v1/lessons/{lesson}/attendances/{person}"
            asked, thing = (TEACHER, "PUT", path, {"status": word}, None), f"{lesson} {person}"
        else:
            key = uuid4().hex
            body = whole.person(f"f14-{key}")
            asked = (CONSULENT, "POST", "/intake/v1/inburgeraars", body, {"Idempotency-Key": key})
            thing = f"person f14-{key}"
        if thing:
            promises.trying(thing, word or None)
        status, said = await whole.ask(client, *asked)
        tally.writes += 1
        if not 200 <= status < 300:
            repeated[f"{status} {asked[1]}"] += 1
            await asyncio.sleep(RETRY_AFTER)
            first = said
            status, said = await whole.ask(client, *asked)
            while status == 409 and said["code"] == "idempotency-key-in-use":  # the first one still runs
                await asyncio.sleep(RETRY_AFTER)
                status, said = await whole.ask(client, *asked)
            if not 200 <= status < 300:
                failed.append(f"{asked[1]} {asked[2]}: {first}, then {status} {said}")
                return
        if thing:
            promises.acknowledged(thing, word or said["id"])

    async def work(client: aiohttp.ClientSession, mine: list[tuple[str, str]]) -> None:
        while not stop.is_set():
            began = time.monotonic()
            await one(client, mine)
            await asyncio.sleep(max(0.0, began + clients / per_second - time.monotonic()))

    ends: dict[str, float] = {}
    with (tmp_path / "replicas.log").open("ab") as log:
        async with replicas(whole, log) as (doors, running):
            url = doors["gateway"].url
            async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=60)) as client:
                loading = asyncio.gather(*(work(client, cells[n::clients]) for n in range(clients)))
                await asyncio.sleep(1)
                for name in PROCESSES:
                    old = running[name]
                    new = gateway(whole, doors, log) if name == "gateway" else Replica(whole, name, log)
                    await new.ready(client)
                    doors[name].targets = [new.url.rsplit("/", 1)[-1], old.url.rsplit("/", 1)[-1]]
                    running[name] = new
                    code, seconds = await old.stop()
                    tally.kills += 1
                    ends[name] = round(seconds, 1)
                    assert code == 0, f"{name}: {code}"
                    in_time(seconds, 10, f"the end of {name}")
                await asyncio.sleep(1)
                stop.set()
                await loading
    tally.measured = {
        "repeated_once": dict(repeated),
        "ends_s": ends,
        "failed": len(failed),
    }
    assert not failed, failed[:3]
    lost, doubled, _ = await check(whole, promises)
    tally.settle(lost=lost, doubled=doubled)
