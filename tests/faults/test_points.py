# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F02: a process that dies at the worst point. What was promised survives; nothing happens twice."""

import asyncio
import signal
from contextlib import suppress

import pytest

from tests.faults.results import Tally
from tests.faults.sample import Sample, until
from tests.faults.sizes import PATIENCE, chance, in_time, sized

POINTS = (
    "after-effect-before-commit",
    "after-commit-before-offset",
    "after-send-before-mark",
    "after-commit-before-answer",
)


@pytest.mark.fault("F02")
@pytest.mark.timeout(sized(1200, 7200))
@pytest.mark.capability("NO-10", part="kill -9 at chosen points")
@pytest.mark.parametrize("point", POINTS)
async def test_a_process_that_dies_at_the_worst_point_loses_and_doubles_nothing(
    sample: Sample, tally: Tally, point: str
) -> None:
    dice = chance(point)
    for run in range(sized(1, 125)):
        keys = [f"{point}-{run}-{n}" for n in range(dice.randint(1, 5))]
        doomed = await sample.start(point, ready=False)
        with suppress(AssertionError):  # it may meet its point before it says that it is ready
            await until(lambda: sample.is_ready(doomed), "ready", PATIENCE)  # noqa: B023 - waited for here
        await asyncio.gather(*(sample.write(doomed, key) for key in keys))
        assert await doomed.ended(PATIENCE) == -signal.SIGKILL, "the process met its point"
        tally.kills += 1
        survivor = await sample.start()
        answers = [await sample.write_until_taken(survivor, key) for key in keys]
        promised = sample.promises.read()
        assert answers == [promised[key].acknowledged for key in keys], "a repetition gets the first answer"
        tally.writes += len(keys)
        lost, doubled = await sample.check(survivor)
        tally.settle(lost=lost, doubled=doubled)
        code, seconds = await survivor.stop()
        assert code == 0
        in_time(seconds, 10, "the end of a process")
