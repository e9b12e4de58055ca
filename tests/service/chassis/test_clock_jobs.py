# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is told of a job of the clock: its pace and its last good run, also of one that never ran well."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from chassis import running
from chassis.metrics import metrics
from chassis.service import Context, Job
from chassis.testing import service_under_test
from tests.service.chassis.sample import SERVICE

DAY = timedelta(days=1)


def told(metric: str, job: str) -> float | None:
    return metrics().registry.get_sample_value(metric, {"service": SERVICE.name, "clock_job": job})


async def test_a_job_that_hangs_from_its_first_run_is_told_with_its_pace_and_the_start(
    postgres_url: str,
) -> None:
    began, hangs, let_go = time.time(), asyncio.Event(), asyncio.Event()

    async def hang(_: Context) -> None:
        hangs.set()
        await let_go.wait()

    service = replace(SERVICE, jobs=(Job("hang", DAY, hang),))
    async with service_under_test(service, postgres_url):
        await asyncio.wait_for(hangs.wait(), 60)
        started = told("job_last_success_seconds", "hang")
        assert told("job_pace_seconds", "hang") == 86_400
        assert started is not None
        assert began <= started <= time.time(), "its age counts from the start"
        let_go.set()


async def test_a_job_of_each_day_that_fails_is_tried_again_soon_and_a_good_run_ends_that(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_RETRY_SECONDS", 0.01)
    runs: list[float] = []

    async def fail_twice(_: Context) -> None:
        runs.append(time.time())
        if len(runs) < 3:
            raise ValueError("not yet")

    service = replace(SERVICE, jobs=(Job("fail-twice", DAY, fail_twice),))

    def ended(outcome: str) -> float | None:
        labels = {"service": SERVICE.name, "clock_job": "fail-twice", "outcome": outcome}
        return metrics().registry.get_sample_value("job_runs_total", labels)

    async with service_under_test(service, postgres_url):
        async with asyncio.timeout(60):
            while ended("done") != 1:
                await asyncio.sleep(0.01)
        assert (told("job_last_success_seconds", "fail-twice") or 0) >= runs[2]
    assert len(runs) == 3, "after a good run it waits for its next turn"
    assert ended("failed") == 2
