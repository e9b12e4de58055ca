# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F20: an hour of ordinary work in minutes: memory, files, connections and times stay what they are."""

import asyncio
import time
from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.promises import Promises
from tests.faults.results import Tally
from tests.faults.sizes import SIZE, TIMED, chance, sized
from tests.faults.test_readers import memory_mib
from tests.faults.whole import SERVICES, Load, Whole
from tests.faults.whole_check import check

PER_SECOND = 50


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
@pytest.mark.timeout(sized(1200, 5400))
async def test_work_that_goes_on_costs_no_more_at_the_end(
    whole: Whole, tally: Tally, promises: Promises
) -> None:
    seconds = sized(75, 3600)
    dice = chance("F20")
    names = ("gateway", *SERVICES)
    memory: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    open_files: dict[str, list[int]] = {name: [] for name in names}
    connections: list[int] = []
    load = Load()
    async with whole.client() as client:
        running: set[asyncio.Task[None]] = set()
        began = measured = time.monotonic()
        cells = [(lesson, person) for lesson in whole.lessons for person in whole.learners]
        number = 0
        while (now := time.monotonic()) - began < seconds:
            lesson, person = cells[number % len(cells)]
            if number % 2:
                work = whole._register(client, promises, load, f"f20-{uuid4().hex}")
            else:
                status = dice.choice(["present", "excused", "sick", "unexcused"])
                work = whole._roll_call(client, promises, load, lesson, person, status)
            task = asyncio.create_task(work)
            running.add(task)
            task.add_done_callback(running.discard)
            number += 1
            if now - measured > 5:
                measured = now
                for name, pid in whole.pids().items():
                    if name in names:
                        memory[name].append((now, memory_mib(pid)))
                        open_files[name].append(counts(pid)[0])
                (row,) = await whole.sql(
                    "intake", "SELECT count(*) AS n FROM pg_stat_activity WHERE usename LIKE '%_app'"
                )
                connections.append(row["n"])
            await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        await asyncio.gather(*running)
    tally.writes = number
    lost, doubled, _ = await check(whole, promises)
    tally.settle(lost=lost, doubled=doubled)
    assert not load.refusals, load.refusals[:3]
    warm = len(connections) // 3  # caches fill and pools open at first
    slopes = {name: round(slope(points[warm:]), 1) for name, points in memory.items()}
    part = (load.times[-1][0] - load.times[0][0]) / 5
    first = sorted(took for at, _, took in load.times if at < load.times[0][0] + part)
    last = sorted(took for at, _, took in load.times if at > load.times[-1][0] - part)
    ratio = last[int(len(last) * 0.99)] / first[int(len(first) * 0.99)]
    tally.measured = {
        "mib_per_10_min": slopes,
        "files": {name: (found[warm], found[-1]) for name, found in open_files.items()},
        "connections": (connections[warm], connections[-1]),
        "p99_last_to_first": round(ratio, 2),
    }
    assert connections[-1] <= max(connections[: warm + 1]) + 2
    assert all(found[-1] <= max(found[: warm + 1]) + 10 for found in open_files.values()), open_files
    if TIMED and SIZE == "full":
        assert all(grown <= 1 for grown in slopes.values()), slopes
        assert ratio <= 1.3
