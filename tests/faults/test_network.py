# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F12: a network that is slow, that loses, and that is cut, before a service and before the broker."""

import asyncio
import time
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from tests.faults.own_peers import OwnKafka
from tests.faults.proxy import Proxy
from tests.faults.results import Tally
from tests.faults.sample import Sample
from tests.faults.sizes import PATIENCE, chance, in_time, sized
from tests.faults.test_broker import write_many
from tests.faults.test_rolling import gateway
from tests.faults.whole import CONSULENT, SERVICES, Whole
from tests.peers.run import free_port

DEADLINE = 5


async def answered(whole: Whole) -> float:
    """How many requests intake has answered, by its own count."""
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{whole.addresses()['intake']}/metrics") as answer,
    ):
        lines = (await answer.text()).splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("http_requests_total{"))


@pytest.mark.fault("F12")
@pytest.mark.timeout(sized(1200, 1800))
async def test_a_bad_network_before_a_service_ends_every_call_in_time(
    whole: Whole, tally: Tally, tmp_path: Path
) -> None:
    dice = chance("F12")
    requests, cut = sized(120, 2000), sized(8, 30)
    direct = whole.addresses()
    async with Proxy(direct["intake"], dice=dice) as network:
        doors = {name: network if name == "intake" else Proxy(direct[name], dice=dice) for name in SERVICES}
        with (tmp_path / "gateway.log").open("ab") as log:
            for name in SERVICES:
                if name != "intake":
                    await doors[name].__aenter__()
            door = gateway(whole, doors, log, GATEWAY_UPSTREAM_DEADLINE=str(DEADLINE - 1))
            try:
                async with aiohttp.ClientSession(door.url) as client:
                    await door.ready(client)
                    slowest = 0.0

                    async def some(count: int) -> Counter[int]:
                        nonlocal slowest
                        found: Counter[int] = Counter()
                        left = iter(range(count))

                        async def work() -> None:
                            nonlocal slowest
                            for _ in left:
                                began = time.monotonic()
                                status, _said = await whole.ask(
                                    client, CONSULENT, "GET", "/intake/v1/inburgeraars?pageSize=1"
                                )
                                slowest = max(slowest, time.monotonic() - began)
                                found[status] += 1

                        await asyncio.gather(*(work() for _ in range(8)))
                        return found

                    assert set(await some(20)) == {200}
                    before = await answered(whole)
                    network.delay = 0.2
                    assert set(await some(requests // 4)) == {200}, "slow is not broken"
                    network.delay, network.loss = 0.0, 0.05
                    assert set(await some(requests)) == {200}, "lost segments are sent again"
                    offered = requests + requests // 4
                    retries = (await answered(whole) - before) / offered
                    network.loss, network.cut = 0.0, True
                    began = time.monotonic()
                    first = await some(8)
                    refused: Counter[int] = Counter()
                    waited = 0
                    while time.monotonic() - began < cut:
                        at = time.monotonic()
                        refused += await some(8)
                        waited += time.monotonic() - at > 1
                    network.cut = False
                    healed = time.monotonic()
                    while (await some(1))[200] == 0:
                        assert time.monotonic() - healed < PATIENCE, "it never heals"
                        await asyncio.sleep(0.1)
                    healed = time.monotonic() - healed
            finally:
                door.process.kill()
                door.process.wait()
                for name in SERVICES:
                    if name != "intake":
                        await doors[name].__aexit__()
    tally.writes, tally.kills = offered + sum(refused.values()), 3
    tally.measured = {
        "slowest_call_s": round(slowest, 1),
        "requests_per_offered": round(retries, 2),
        "refused_while_cut": sum(refused.values()),
        "healed_after_s": round(healed, 1),
    }
    assert set(first + refused) == {503}, first + refused
    in_time(slowest, DEADLINE + 1, "a call")
    assert retries <= 1.2
    assert sum(refused.values()) > 8 * (cut / DEADLINE), (
        "the breaker answers at once while the service is cut off"
    )


@pytest.mark.fault("F12")
@pytest.mark.timeout(sized(1200, 1800))
async def test_a_network_that_is_cut_before_the_broker_loses_no_event(
    postgres_url: str, tmp_path: Path, tally: Tally
) -> None:
    broker = OwnKafka(tmp_path, seen_at=(port := free_port()))
    broker.start()
    try:
        async with (
            Proxy(broker.address, dice=chance("F12-broker"), port=port) as network,
            Sample.prepared(postgres_url, f"127.0.0.1:{port}", tmp_path) as sample,
        ):
            member = await sample.start()
            network.delay = 0.05
            await write_many(sample, member, "slow", sized(30, 500))
            network.delay, network.loss = 0.0, 0.05
            await write_many(sample, member, "lossy", sized(30, 500))
            network.loss, network.cut = 0.0, True
            await write_many(sample, member, "cut", sized(40, 1000), seconds=sized(15, 30))
            network.cut = False
            drained = await sample.drained()
            tally.writes, tally.kills = sized(100, 2000), 3
            tally.measured = {"drained_after_s": round(drained, 1)}
            lost, doubled = await sample.check(member)
            tally.settle(lost=lost, doubled=doubled)
            assert set(sample.statuses) == {201}, sample.statuses
    finally:
        broker.end()
