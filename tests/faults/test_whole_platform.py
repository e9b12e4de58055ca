# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F01 and F13: processes of the whole product are killed and frozen under load."""

import asyncio
import signal
import time

import pytest

from tests.faults.promises import Promises
from tests.faults.results import Tally
from tests.faults.sizes import PATIENCE, TIMED, chance, in_time, sized
from tests.faults.whole import CONSULENT, SERVICES, Load, Whole
from tests.faults.whole_check import check

PROCESSES = ("gateway", *SERVICES)


def errors_elsewhere(load: Load, name: str, since: float, until: float) -> float:
    """The share of requests to other services that failed in a period."""
    failed = [one for one in load.refusals if since <= one.at <= until and one.service != name]
    assert {one.status for one in failed} <= {0, 502, 503}, failed[:3]
    answered = sum(1 for at, service, _ in load.times if since <= at <= until and service != name)
    return len(failed) / max(1, len(failed) + answered)


@pytest.mark.fault("F01")
@pytest.mark.timeout(sized(1200, 7200))
@pytest.mark.capability("NO-10", part="kill -9 at random moments")
async def test_processes_that_are_killed_in_turn_lose_and_double_nothing(
    whole: Whole, tally: Tally, promises: Promises
) -> None:
    dice = chance("F01")
    over = asyncio.Event()
    writes, per_second = sized((200, 20), (20_000, 500))
    writing = asyncio.create_task(
        whole.write(promises, over, writes=writes, per_second=per_second, dice=dice, label="f01")
    )
    windows: list[tuple[str, float, float]] = []
    try:
        for name in sorted(PROCESSES * sized(1, 3), key=lambda _: dice.random()):
            await asyncio.sleep(dice.uniform(0.2, 1.5))
            before = whole.kill(name)
            began = time.monotonic()
            tally.kills += 1
            while whole.pids().get(name, before) == before:
                assert time.monotonic() - began < PATIENCE, f"{name} is not started again"
                await asyncio.sleep(0.1)
            await whole.all_ready()
            windows.append((name, began, time.monotonic()))
        await asyncio.to_thread(whole.platform.stop, signal.SIGKILL)
        tally.kills += 1
        await asyncio.to_thread(whole.platform.start, "Open Inburgering answers")
    finally:
        over.set()
    load = await writing
    tally.writes = load.writes
    for name, began, ended in windows:
        if name != "gateway" and TIMED:
            assert errors_elsewhere(load, name, began, ended) <= 0.01, f"{name} took others with it"
    lost, doubled, agreed = await check(whole, promises)
    tally.measured = {"refused": len(load.refusals), "readers_agree_after_s": round(agreed, 1)}
    tally.settle(lost=lost, doubled=doubled)
    in_time(agreed, 10, "the agreement of readers")


@pytest.mark.fault("F13")
@pytest.mark.timeout(1200)
async def test_a_service_that_hangs_takes_nothing_from_the_others(whole: Whole, tally: Tally) -> None:
    async def reads(client: object, count: int) -> list[float]:
        times = []
        for _ in range(count):
            began = time.monotonic()
            status, said = await whole.ask(client, CONSULENT, "GET", "/intake/v1/inburgeraars?pageSize=5")  # type: ignore[arg-type]
            assert status == 200, said
            times.append(time.monotonic() - began)
        return sorted(times)

    async with whole.client() as client, whole.client() as stuck:
        before = await reads(client, sized(60, 500))
        whole.kill("notifications", signal.SIGSTOP)
        try:
            hanging = [
                asyncio.create_task(whole.ask(stuck, CONSULENT, "GET", "/notifications/v1/signals"))
                for _ in range(300)
            ]
            await asyncio.sleep(1)
            during = await reads(client, sized(60, 500))
        finally:
            whole.kill("notifications", signal.SIGCONT)
        statuses = {status for status, _ in await asyncio.gather(*hanging)}
    assert statuses <= {200, 503}, statuses
    ratio = during[int(len(during) * 0.99)] / before[int(len(before) * 0.99)]
    tally.writes, tally.kills = len(hanging), 1
    tally.measured = {"p99_ratio_of_others": round(ratio, 2), "errors_of_others": 0}
    assert not TIMED or ratio <= 2
