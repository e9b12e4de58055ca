# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S17: whoever goes ten times too fast is told to wait, over all processes, across a restart; others notice nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from uuid import UUID, uuid4

import asyncpg
import pytest
import sqlalchemy as sa

from chassis.access import Caller
from chassis.clock import FixedClock
from chassis.db import Database
from chassis.testing import TUESDAY, fresh_database
from gateway.app import SERVICE, _every
from gateway.errors import UpstreamBusy
from gateway.pacing import Limit, Limits, Pacing
from tests.service.gateway.world import world

pytestmark = pytest.mark.security("S17")

CLIENT = Limit(2.0, 20)
FREE = Limit(100_000.0, 100_000)


def caller(client: UUID, organisation: UUID | None = None) -> Caller:
    return Caller(
        subject=client,
        kind="client",
        organisation_id=organisation or uuid4(),
        organisation_kind="taalschool",
        roles=frozenset({"school-system"}),
        scopes=MappingProxyType({}),
    )


@dataclass
class Fleet:
    """Several processes of the gateway on one database, each with its own buckets."""

    url: str
    client: Limit = CLIENT
    organisation: Limit = FREE
    made: list[Database] = field(default_factory=list)

    def process(self) -> Pacing:
        database = Database(self.url, schema="gateway", clock=FixedClock(TUESDAY), pool_size=2)
        self.made.append(database)
        limits = Limits({}, self.client, self.organisation)
        return Pacing(database, lambda: limits)


@pytest.fixture
async def fleet(postgres_url: str) -> AsyncIterator[Fleet]:
    async with fresh_database(SERVICE, postgres_url) as databases:
        made = Fleet(databases.app_url)
        yield made
        for database in made.made:
            await database.close()


async def flood(pacing: Pacing, who: Caller, seconds: float, per_second: float) -> tuple[int, int]:
    """Ask at a pace, and sync as the gateway does; answers how many passed and how many did not."""
    passed = refused = 0
    ends, synced = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < ends:
        if await pacing.take(who, safe=False) == 0.0:
            passed += 1
        else:
            refused += 1
        if time.monotonic() - synced > 0.25:
            await pacing.sync()
            synced = time.monotonic()
        await asyncio.sleep(1 / per_second)
    await pacing.sync()
    return passed, refused


async def test_two_processes_together_give_what_one_would(fleet: Fleet) -> None:
    one, other, client = fleet.process(), fleet.process(), caller(uuid4())
    started = time.monotonic()
    counted = await asyncio.gather(flood(one, client, 2.5, 200), flood(other, client, 2.5, 200))
    lasted = time.monotonic() - started
    passed = sum(ok for ok, _ in counted)
    allowed = CLIENT.burst + CLIENT.per_second * lasted
    # What a process does not know of the other yet: at most a burst, in the first quarter of a second.
    assert passed <= allowed + CLIENT.burst + 2
    assert passed >= CLIENT.burst
    assert sum(no for _, no in counted) > passed, "most of a flood is refused"


async def test_what_was_used_outlives_a_restart(fleet: Fleet) -> None:
    fleet.client = Limit(0.01, 50)
    client = caller(uuid4())
    before = fleet.process()
    assert [await before.take(client, safe=True) for _ in range(50)] == [0.0] * 50
    await before.sync()
    after = fleet.process()
    assert await after.take(client, safe=True) > 1.0
    assert await after.take(caller(uuid4()), safe=False) == 0.0


async def test_an_organisation_shares_its_limit_among_its_clients(fleet: Fleet) -> None:
    fleet.organisation = Limit(0.01, 10)
    pacing, organisation = fleet.process(), uuid4()
    said = [await pacing.take(caller(uuid4(), organisation), safe=True) for _ in range(12)]
    assert said[:10] == [0.0] * 10
    assert min(said[10:]) > 0.0
    assert await pacing.take(caller(uuid4()), safe=True) == 0.0


async def test_writes_are_refused_while_what_is_left_cannot_be_known() -> None:
    away = Database("postgresql://x:x@127.0.0.1:9/x", schema="gateway", clock=FixedClock(TUESDAY))
    limits = Limits({}, Limit(0.01, 3), FREE)
    pacing, client = Pacing(away, lambda: limits), caller(uuid4())
    with pytest.raises(UpstreamBusy) as refused:
        await pacing.take(client, safe=False)
    assert "Retry-After" in refused.value.headers
    assert [await pacing.take(client, safe=True) for _ in range(3)] == [0.0] * 3
    assert await pacing.take(client, safe=True) > 0.0
    await pacing.sync()
    await away.close()


async def test_a_database_that_starts_or_is_full_is_one_that_cannot_be_asked() -> None:
    def refuse(*_: object) -> None:
        raise asyncpg.CannotConnectNowError("the database system is starting up")

    away = Database("postgresql://x:x@127.0.0.1:9/x", schema="gateway", clock=FixedClock(TUESDAY))
    sa.event.listen(away.engine.sync_engine, "do_connect", refuse)
    pacing = Pacing(away, lambda: Limits({}, Limit(0.01, 3), FREE))
    assert await pacing.take(caller(uuid4()), safe=True) == 0.0
    with pytest.raises(UpstreamBusy):
        await pacing.take(caller(uuid4()), safe=False)
    await pacing.sync()
    await away.close()


async def test_a_turn_that_fails_is_not_the_last_one() -> None:
    turns = iter([ValueError("unforeseen"), None])
    enough = asyncio.Event()

    async def work() -> None:
        if (fault := next(turns, None)) is not None:
            raise fault
        enough.set()

    going = asyncio.create_task(_every(0.01, work, at_once=True))
    await asyncio.wait_for(enough.wait(), 60)
    going.cancel()


async def test_a_thousand_first_requests_at_once_ask_the_database_once(fleet: Fleet) -> None:
    fleet.client = Limit(0.01, 100)
    pacing, client = fleet.process(), caller(uuid4())
    said = await asyncio.gather(*(pacing.take(client, safe=True) for _ in range(1000)))
    assert sum(wait == 0.0 for wait in said) in range(100, 103)


async def test_ten_times_over_is_429_with_the_time_to_wait_and_other_tenants_have_no_error(
    postgres_url: str, tmp_path: Path
) -> None:
    pace = {"caller_per_second": 1.0, "caller_burst": 10, "upstream_limit": 64}
    async with world(postgres_url, tmp_path, settings=pace) as made:
        headers = await made.as_("teacher")
        quiet = [
            await made.as_(name) for name in ("consulent-lv", "consulent-leiden", "klantmanager-oegstgeest")
        ]
        flooding = [
            asyncio.create_task(made.client.get("/mirror/v1/people", headers=headers)) for _ in range(100)
        ]
        others = [
            (await made.client.get("/mirror/v1/people", headers=quiet[number % 3])).status_code
            for number in range(24)
        ]
        answers = await asyncio.gather(*flooding)
        assert set(others) == {200}
        refused = [one for one in answers if one.status_code == 429]
        assert len(refused) >= 60
        assert {one.status_code for one in answers} == {200, 429}
        assert all(1 <= int(one.headers["retry-after"]) <= 3 for one in refused)
        assert {one.json()["code"] for one in refused} == {"too-many-requests"}
