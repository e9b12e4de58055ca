# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F18: what a reader made of events can be made again from them, to the same last bit, per gemeente.

CARE_EVENTS=100000 runs it at full size; without, small.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

import pytest
import sqlalchemy as sa

from chassis.access import GrantVerifier
from chassis.bus import Bus
from chassis.bus_memory import MemoryBus
from chassis.running import running
from chassis.settings import PlatformSettings
from chassis.testing import GRANT_KEY, TUESDAY, Bench, service_under_test
from contracts import intake
from services.intake.app import SERVICE as INTAKE
from services.intake.settings import IntakeSettings
from services.notifications.app import SERVICE as NOTIFICATIONS
from tests.service.asking import quiet
from tests.service.intake.people import SETTINGS

EVENTS = int(os.environ.get("CARE_EVENTS", "300"))
SEED = 18
CODES = ("0546", "0579", "0626", "0629", "1916")
QUIET = quiet(NOTIFICATIONS)
STILL = replace(INTAKE, jobs=())


def stories(random: Random, count: int) -> list[list[tuple[Any, UUID, int, str]]]:
    """People's clocks: set, corrected, met or withdrawn, and moves; about six events each."""
    told = []
    for number in range(count // 6):
        person, clock = (uuid5(UUID(int=SEED), f"{kind}-{number}") for kind in ("person", "clock"))
        code = CODES[number % len(CODES)]
        due = date(2024, 9, 1) + timedelta(days=random.randrange(120))

        def state(kind: Any, where: str, *, person: UUID = person) -> Any:
            return kind(
                inburgeraar_id=person, law="wi2021", group="statushouder", permit_type="asiel",
                obliged_on=date(2024, 7, 1), responsible_gemeentecode=where, executing_gemeentecode=where,
            )  # fmt: skip

        def clock_set(day: date, *, person: UUID = person, clock: UUID = clock) -> Any:
            return intake.IntakeDeadlineSet(
                deadline_id=clock, inburgeraar_id=person, rule="pip-ten-weeks", article="art. 5.3",
                starts_on=day - timedelta(days=70), due_on=day, early_on=day - timedelta(days=14), organisation_id=None,
            )  # fmt: skip

        after = CODES[(number + random.randrange(2)) % len(CODES)]
        story = [
            (state(intake.InburgeraarRegistered, code), person, 1, code),
            (intake.LeadAssigned(inburgeraar_id=person, member_id=UUID(int=number % 7)), person, 2, code),
            (clock_set(due), clock, 1, code),
            (clock_set(due + timedelta(days=random.randrange(3) * 7)), clock, 2, code),
            (state(intake.InburgeraarMoved, after), person, 3, after),
        ]
        if number % 3 == 0:
            met = intake.IntakeDeadlineMet(deadline_id=clock, inburgeraar_id=person, met_on=due)
            story.append((met, clock, 3, after))
        elif number % 3 == 1:
            gone = intake.IntakeDeadlineWithdrawn(deadline_id=clock, inburgeraar_id=person, reason="moved")
            story.append((gone, clock, 3, after))
        else:
            story.append((clock_set(due), clock, 3, after))
        told.append(story)
    return told


async def publish(bench: Bench, told: list[list[tuple[Any, UUID, int, str]]]) -> int:
    """Through the outbox of intake, in the order of each person, people mixed."""
    rounds = max(len(story) for story in told)
    total = 0
    for nth in range(rounds):
        for start in range(0, len(told), 500):
            async with bench.live.context.begin() as tx:
                for story in told[start : start + 500]:
                    if nth < len(story):
                        event, aggregate, version, code = story[nth]
                        await tx.publish(event, aggregate_id=aggregate, version=version, gemeentecode=code)
                        total += 1
    return total


async def hashes(bench: Bench) -> dict[str, str]:
    """What stands in the table of clocks, per gemeente."""
    rows = await bench.sql(
        "SELECT gemeentecode, count(*), md5(string_agg(concat_ws('|', id, owner_service, inburgeraar_id, rule, article, "
        "starts_on, early_on, due_on, set_version, met_on, withdrawn_reason, end_version, status, next_stage_on), ',' "
        "ORDER BY id)) FROM notifications.deadline GROUP BY 1 ORDER BY 1"
    )
    people = await bench.sql(
        "SELECT gemeentecode, md5(string_agg(concat_ws('|', inburgeraar_id, executing_gemeentecode, lead_member_id, "
        "state_version, lead_version), ',' ORDER BY inburgeraar_id)) FROM notifications.person GROUP BY 1 ORDER BY 1"
    )
    return {row[0]: f"{row[1]} {row[2]}" for row in rows} | {f"people of {row[0]}": row[1] for row in people}


@asynccontextmanager
async def on_another_bus(publisher: Bench, bus: Bus) -> AsyncIterator[None]:
    """The publisher once more, on its own database, before new readers."""
    told = IntakeSettings.model_validate({"database_url": publisher.databases.app_url, **SETTINGS})
    async with running(
        STILL, platform=PlatformSettings(environment="test"), settings=told, clock=publisher.clock,
        bus=bus, verifier=GrantVerifier(GRANT_KEY.public_key()),
    ):  # fmt: skip
        yield


async def fire(bench: Bench) -> None:
    (job,) = (one for one in QUIET.jobs if one.name == "fire-deadlines")
    assert await bench.live.run_job(job)


async def replayed(bench: Bench, **asked: Any) -> int:
    caller = bench.as_caller(roles={"operations"}, organisation_kind="operations")
    answer = await bench.client.post("/intake/v1/operations/replays", json=asked, headers=caller)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["events"])


@pytest.mark.timeout(3600)
async def test_f18_a_reader_that_is_built_again_from_events_equals_the_live_one(postgres_url: str) -> None:
    told = stories(Random(SEED), EVENTS)
    async with AsyncExitStack() as stack:
        async with AsyncExitStack() as first:
            bus = MemoryBus()
            live = await first.enter_async_context(service_under_test(QUIET, postgres_url, bus=bus))
            publisher = await stack.enter_async_context(
                service_under_test(STILL, postgres_url, settings=SETTINGS, bus=bus)
            )
            published = await publish(publisher, told)
            await settle(publisher, live)
            await fire(live)
            wanted = await hashes(live)
            signals = await live.sql("SELECT count(*) FROM notifications.signal")

            # The same once more to the reader that has seen it all: nothing doubles.
            assert await replayed(publisher) == published
            await settle(publisher, live)
            await fire(live)
            assert await hashes(live) == wanted
            assert await live.sql("SELECT count(*) FROM notifications.signal") == signals

            # One key, and a part of the time.
            person = told[0][0][1]
            assert await replayed(publisher, key=str(person)) == len(told[0])
            assert await replayed(publisher, until="2020-01-01T00:00:00Z") == 0
            assert await replayed(publisher, key="nobody") == 0
            await settle(publisher, live)
            assert await hashes(live) == wanted

        # A new reader, from nothing but the outbox.
        other = MemoryBus()
        rebuilt = await stack.enter_async_context(
            service_under_test(QUIET, postgres_url, bus=other, now=TUESDAY)
        )
        assert await hashes(rebuilt) == {}
        publisher.live.begin_stop()
        assert await replayed(publisher) == published
        await stack.enter_async_context(on_another_bus(publisher, other))
        await settle(publisher, rebuilt)
        await fire(rebuilt)
        assert await hashes(rebuilt) == wanted
        assert await rebuilt.sql("SELECT count(*) FROM notifications.signal") == signals
        assert (await rebuilt.sql("SELECT count(*) FROM notifications.dead_letter"))[0][0] == 0
        # It read every event of the publisher; what else it read are its own, which webhooks may want.
        sent = {row[0] for row in await publisher.sql("SELECT id FROM intake.outbox")}
        own = {row[0] for row in await rebuilt.sql("SELECT id FROM notifications.outbox")}
        read = {row[0] for row in await rebuilt.sql("SELECT event_id FROM notifications.inbox")}
        assert len(sent) == published
        assert (sent - read, read - sent - own) == (set(), set())


async def settle(publisher: Bench, reader: Bench) -> None:
    """Until everything was sent and everything that was sent has been read."""
    give_up = time.monotonic() + 1800
    while time.monotonic() < give_up:
        async with publisher.live.context.begin() as tx:
            waiting = await tx.scalar(sa.text("SELECT count(*) FROM outbox WHERE published_at IS NULL"))
        if not waiting and not any((await reader.bus.lag(reader.service.name)).values()):
            return
        await asyncio.sleep(0.2)
    raise TimeoutError("events are still on their way")
