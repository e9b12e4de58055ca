# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A worker killed at the worst moment loses no mail and shows none twice."""

import asyncio
import os
import signal
import sys
from email.message import EmailMessage

import pytest

from tests.service.notifications.mailing import Mailing

WORKER = """
import asyncio, sys
from pydantic import SecretStr
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.service import Context
from chassis.settings import PlatformSettings
from services.notifications import jobs
from services.notifications.settings import NotificationsSettings

async def work() -> None:
    settings = NotificationsSettings(
        database_url=SecretStr(sys.argv[1]), smtp_host="127.0.0.1", smtp_port=int(sys.argv[2]), mail_batch=4
    )
    clock = SystemClock()
    database = Database(sys.argv[1], schema="notifications", clock=clock, pool_size=2, settings=settings)
    await jobs.send_mail(Context(database, clock, settings, PlatformSettings(environment="test")))
    await database.close()

asyncio.run(work())
"""


async def worker(mailing: Mailing) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WORKER,
        mailing.bench.databases.app_url,
        str(mailing.office.port),
        stderr=asyncio.subprocess.DEVNULL,
    )


@pytest.mark.capability("NO-10", part="mail: a worker killed between the server's yes and the note of it")
@pytest.mark.capability("PX-09")
async def test_workers_killed_while_the_server_takes_a_mail_lose_none_and_show_each_once(
    mailing: Mailing,
) -> None:
    people = await mailing.caseload(3)
    for number in range(4):
        await mailing.absence(people[number % 3])
    expected = {f"<{one['id']}@open-inburgering.example>" for one in await mailing.log()}
    victims: list[asyncio.subprocess.Process] = []

    def kill_at_the_third(_: EmailMessage) -> None:
        # The server has the mail; the worker dies before it can write that down.
        if len(mailing.office.taken) % 3 == 2 and victims and victims[-1].returncode is None:
            os.kill(victims[-1].pid, signal.SIGKILL)

    mailing.office.data = kill_at_the_third
    killed = 0
    for _ in range(12):
        victims.append(await worker(mailing))
        code = await asyncio.wait_for(victims[-1].wait(), 60)
        killed += code == -signal.SIGKILL
        # What the dead worker held becomes free when its lease ends, and what failed when its wait does.
        await mailing.bench.sql(
            "UPDATE notifications.delivery SET next_attempt_at = now(), "
            "claimed_until = CASE WHEN claimed_until IS NULL THEN NULL ELSE now() - interval '1 second' END"
        )
        if code == 0 and {one["status"] for one in await mailing.log()} == {"sent"}:
            break
    assert killed >= 1
    assert {one["status"] for one in await mailing.log()} == {"sent"}, "none lost"
    assert set(mailing.office.ids) == expected, "each is there, and nothing else"
    assert len(mailing.office.ids) - len(expected) <= killed, "only what was in the server's hands came again"
