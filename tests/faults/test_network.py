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

DEADLINE = 5  # seconds in which a call must end
DELAY, LOSS, CUT = 0.2, 0.05, 30  # seconds each way, share of the pieces, seconds
MOST_SENT = 1.2  # requests per request, or sendings per event


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
    requests = sized(120, 2000)
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
                    network.delay = DELAY
                    assert set(await some(requests // 4)) == {200}, "slow is not broken"
                    network.delay, network.loss = 0.0, LOSS
                    assert set(await some(requests)) == {200}, "lost segments are sent again"
                    offered = requests + requests // 4
                    retries = (await answered(whole) - before) / offered
                    network.loss, network.cut = 0.0, True
                    began = time.monotonic()
                    first = await some(8)
                    refused: Counter[int] = Counter()
                    waited = 0
                    while time.monotonic() - began < CUT:
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
    assert retries <= MOST_SENT
    assert sum(refused.values()) > 8 * (CUT / DEADLINE), (
        "the breaker answers at once while the service is cut off"
    )


@pytest.mark.fault("F12")
@pytest.mark.timeout(sized(1200, 1800))
async def test_a_network_that_is_cut_before_the_broker_loses_no_event(
    postgres_url: str, tmp_path: Path, tally: Tally
) -> None:
    broker = OwnKafka(tmp_path, seen_at=(port := free_port()))
    slowest = 0.0
    # The network is there first: the broker tells its clients, also the one that waits for it, to come that way.
    async with Proxy(broker.address, dice=chance("F12-broker"), port=port) as network:
        try:
            await asyncio.to_thread(broker.start)
            async with Sample.prepared(postgres_url, f"127.0.0.1:{port}", tmp_path) as sample:
                member = await sample.start()
                for label, delay, loss, cut in (
                    ("slow", DELAY, 0.0, False),
                    ("lossy", 0.0, LOSS, False),
                    ("cut", 0.0, 0.0, True),
                ):
                    network.delay, network.loss, network.cut = delay, loss, cut
                    count = sized(40, 1000) if cut else sized(30, 500)
                    took = await write_many(sample, member, label, count, seconds=CUT if cut else 0)
                    slowest = max(slowest, took)
                    if not cut:
                        await sample.drained()  # over the bad network
                network.cut = False
                drained = await sample.drained()
                tally.writes, tally.kills = sized(100, 2000), 3
                lost, doubled = await sample.check(member)
                handled = await sample.metric(member, "events_handled_total")
                again = await sample.metric(member, "inbox_duplicates_total")
                sent = (handled + again) / handled
                tally.measured = {
                    "slowest_write_s": round(slowest, 2),
                    "sent_per_event": round(sent, 2),
                    "drained_after_s": round(drained, 1),
                }
                tally.settle(lost=lost, doubled=doubled)
                assert set(sample.statuses) == {201}, sample.statuses
                assert sent <= MOST_SENT
                in_time(slowest, DEADLINE, "a write")
        finally:
            await asyncio.to_thread(broker.end)
