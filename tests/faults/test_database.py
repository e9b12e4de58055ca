# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F04: PostgreSQL is restarted, stopped at once and killed under load. Every acknowledged write stays."""

import asyncio
from typing import Literal

import pytest

from tests.faults.promises import Promises
from tests.faults.results import Tally
from tests.faults.sizes import chance, in_time, sized
from tests.faults.whole import Whole
from tests.faults.whole_check import check

ENDS: tuple[Literal["fast", "immediate", "kill"], ...] = ("fast", "immediate", "kill")


@pytest.mark.fault("F04")
@pytest.mark.timeout(sized(1200, 3600))
async def test_a_database_that_goes_takes_no_acknowledged_write_with_it(
    whole: Whole, tally: Tally, promises: Promises
) -> None:
    dice = chance("F04")
    (row,) = await whole.sql(
        "intake", "SELECT current_setting('fsync') AS f, current_setting('synchronous_commit') AS s"
    )
    assert (row["f"], row["s"]) == ("on", "on")
    over = asyncio.Event()
    writes, per_second = sized((100, 20), (10_000, 500))
    writing = asyncio.create_task(
        whole.write(promises, over, writes=writes, per_second=per_second, dice=dice, label="f04")
    )
    slowest = 0.0
    try:
        for number in range(sized(3, 10)):
            await asyncio.sleep(dice.uniform(0.3, 1.5))
            await asyncio.to_thread(whole.postgres.stop, ENDS[number % 3])
            tally.kills += 1
            await asyncio.sleep(dice.uniform(0, 0.5))
            await asyncio.to_thread(whole.postgres.start)
            slowest = max(slowest, await whole.all_ready())
    finally:
        over.set()
    load = await writing
    tally.writes = load.writes
    tally.measured = {"refused": len(load.refusals), "slowest_ready_s": round(slowest, 2)}
    wrong = [one for one in load.refusals if one.status not in {409, 503}]
    assert not wrong, f"{len(wrong)} of {len(load.refusals)} refusals, such as {wrong[:3]}"
    assert all("'code'" in one.body for one in load.refusals), "each refusal is a problem document"
    lost, doubled, _ = await check(whole, promises)
    tally.settle(lost=lost, doubled=doubled)
    in_time(slowest, 5, "being ready again")
