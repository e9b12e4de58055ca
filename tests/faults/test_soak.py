# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F20: an hour of ordinary work in minutes: memory, files, connections and times stay what they are."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.promises import Promises
from tests.faults.results import Tally
from tests.faults.sizes import PATIENCE, SECONDS, SIZE, TIMED, chance, in_time, sized
from tests.faults.test_readers import memory_mib
from tests.faults.whole import SERVICES, Load, Whole
from tests.faults.whole_check import check, unread

PER_SECOND = sized(20, 50)
UNDER_WAY = 24  # at most: a machine that cannot follow gets no more than it takes, where 64 made it refuse
BEHIND_SECONDS = 10  # of events that readers may have to catch up with, and what catching up may take
MINUTE = 60.0


def slope(points: list[tuple[float, float]]) -> float:
    """How much a value grows in ten minutes, by least squares."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    over = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return 600 * over / sum((x - mean_x) ** 2 for x, _ in points)


def counts(pid: int) -> tuple[int, int]:
    """Open files and threads of a process."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir())), len(list(Path(f"/proc/{pid}/task").iterdir()))


@pytest.mark.fault("F20")
@pytest.mark.timeout(1200 + (SECONDS or sized(120, 3600)))
async def test_work_that_goes_on_costs_no_more_at_the_end(
    whole: Whole, tally: Tally, promises: Promises
) -> None:
    seconds = SECONDS or sized(120, 3600)
    dice = chance("F20")
    names = ("gateway", *SERVICES)
    memory: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    open_files: dict[str, list[int]] = {name: [] for name in names}
    threads: dict[str, list[int]] = {name: [] for name in names}
    connections: list[int] = []
    behind: list[dict[str, int]] = []
    load = Load()
    async with whole.client() as client:
        running: set[asyncio.Task[None]] = set()
        asked_last: dict[tuple[str, str], asyncio.Task[None]] = {}
        began = measured = time.monotonic()
        cells = [(lesson, person) for lesson in whole.lessons for person in whole.learners]
        number = 0
        while (now := time.monotonic()) - began < seconds:
            cell = lesson, person = cells[number // 2 % len(cells)]
            under_way = cell in asked_last and not asked_last[cell].done()  # two at once have no last word
            if number % 2 or under_way:
                work = whole._register(client, promises, load, f"f20-{uuid4().hex}")
            else:
                status = dice.choice(["present", "excused", "sick", "unexcused"])
                work = whole._roll_call(client, promises, load, lesson, person, status)
            task = asyncio.create_task(work)
            if number % 2 == 0 and not under_way:
                asked_last[cell] = task
            running.add(task)
            task.add_done_callback(running.discard)
            number += 1
            if now - measured > 5:
                measured = now
                for name, pid in whole.pids().items():
                    if name in names:
                        memory[name].append((now, memory_mib(pid)))
                        for found, number_of in zip((open_files, threads), counts(pid), strict=True):
                            found[name].append(number_of)
                (row,) = await whole.sql(
                    "intake", "SELECT count(*) AS n FROM pg_stat_activity WHERE usename LIKE '%_app'"
                )
                connections.append(row["n"])
                behind.append(await unread(whole))
            await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            while len(running) >= UNDER_WAY:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*running)
    tally.writes = number
    ended = time.monotonic()
    most = {name: max(one[name] for one in behind) for name in SERVICES}
    while any((await unread(whole)).values()) and time.monotonic() - ended < PATIENCE:
        await asyncio.sleep(0.5)
    caught_up = time.monotonic() - ended
    print(f"unread at most {most}, at the end {behind[-1]}, read after {caught_up:.1f} s")  # noqa: T201 - seen where a test fails
    refused = Counter(f"{one.service} {one.status} {one.code}" for one in load.refusals)
    print(f"refused: {dict(refused)}")  # noqa: T201 - the same
    lost, doubled, _ = await check(whole, promises)
    tally.settle(lost=lost, doubled=doubled)
    assert {one.status for one in load.refusals} <= {503}, load.refusals[:3]
    assert not (TIMED and load.refusals), load.refusals[
        :3
    ]  # a machine with other work may be too slow for all
    warm = len(connections) // 3  # caches fill and pools open at first
    slopes = {name: round(slope(points[warm:]), 1) for name, points in memory.items()}
    load.times.sort()
    first = sorted(took for at, _, took in load.times if at < load.times[0][0] + MINUTE)
    last = sorted(took for at, _, took in load.times if at > load.times[-1][0] - MINUTE)
    p99s = [one[int(len(one) * 0.99)] for one in (first, last)]
    ratio = p99s[1] / p99s[0]
    tally.measured = {
        "refused": dict(refused),
        "unread_at_most": most,
        "all_read_after_s": round(caught_up, 1),
        "mib_per_10_min": slopes,
        "files": {name: (found[warm], found[-1]) for name, found in open_files.items()},
        "threads": {name: (found[warm], found[-1]) for name, found in threads.items()},
        "connections": (connections[warm], connections[-1]),
        "p99_ms_first_and_last_minute": [round(one * 1000) for one in p99s],
        "p99_last_to_first": round(ratio, 2),
    }
    in_time(caught_up, BEHIND_SECONDS, "reading what was still unread")
    if TIMED:  # about ten events per write, of which no reader may fall behind for good
        assert all(number <= 10 * PER_SECOND * BEHIND_SECONDS for number in behind[-1].values()), behind[-6:]
    assert connections[-1] <= max(connections[: warm + 1]) + 2
    assert all(found[-1] <= max(found[: warm + 1]) + 10 for found in open_files.values()), open_files
    assert all(found[-1] <= max(found[: warm + 1]) + 2 for found in threads.values()), threads
    if TIMED and SIZE == "full":
        assert all(grown <= 1 for grown in slopes.values()), slopes
        assert ratio <= 1.3
