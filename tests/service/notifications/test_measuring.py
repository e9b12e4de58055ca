# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What operations can see without looking at a person: lag, queues and the pulse of the engine."""

import re
import time
from datetime import date, timedelta
from uuid import UUID

import pytest

from chassis.metrics import metrics
from tests.service.notifications.chain import LEAD, Chain
from tests.service.notifications.mailing import Mailing

TODAY = date(2024, 11, 5)
DAY = timedelta(days=1)


async def measured(chain: Chain) -> dict[str, float]:
    await chain.run("measure")
    answer = await chain.bench.client.get("/metrics")
    assert answer.status_code == 200
    return {
        name: float(value)
        for name, value in re.findall(r"^([a-z_]+(?:\{[^}]*\})?) ([\d.e+-]+)$", answer.text, re.MULTILINE)
    }


@pytest.mark.capability("GW-11", part="deadline lag and the pulse of the engine as metrics")
async def test_the_lag_of_the_engine_is_that_of_the_longest_waiting_stage(chain: Chain) -> None:
    person = await chain.register()
    await chain.set_clock(person, due=TODAY + 60 * DAY)
    assert (await measured(chain))["deadline_lag_seconds"] == 0
    await chain.set_clock(person, due=TODAY + DAY, early=TODAY - 2 * DAY)
    before = await measured(chain)
    assert before["deadline_lag_seconds"] == (2 * 24 + 9) * 3600, "since midnight in Amsterdam, two days ago"
    assert before['deadlines{status="running"}'] == 2
    assert before['deadlines{status="late"}'] == 0
    await chain.fire()
    assert (await measured(chain))["deadline_lag_seconds"] == 0
    chain.bench.clock.advance(5 * DAY)
    await chain.fire()
    after = await measured(chain)
    assert after['deadlines{status="late"}'] == 1


async def test_each_good_run_of_the_engine_is_a_beat_of_its_pulse(chain: Chain) -> None:
    metrics().job_last.labels("notifications", "fire-deadlines").set(0)
    await chain.fire()
    name = 'job_last_success_seconds{clock_job="fire-deadlines",service="notifications"}'
    assert time.time() - (await measured(chain))[name] < 60


async def test_mails_that_wait_and_mails_that_failed_are_counted(mailing: Mailing) -> None:
    (person,) = await mailing.caseload()
    await mailing.absence(person)
    await mailing.lead(await mailing.register(), UUID(int=77))
    assert (await measured(mailing))['deliveries{status="waiting"}'] == 1
    mailing.office.rcpt = lambda _: "550 no"
    await mailing.send()
    found = await measured(mailing)
    assert (found['deliveries{status="waiting"}'], found['deliveries{status="failed"}']) == (0, 1)
    assert str(LEAD) not in str(found)
