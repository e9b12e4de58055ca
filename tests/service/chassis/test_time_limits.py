# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The time limits of decision 28, and what becomes of a transaction in which nobody works."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from chassis import pool
from chassis.problems import from_database
from chassis.testing import Bench, service_under_test
from tests.patience import DECIDED
from tests.service.chassis.sample import SERVICE

LIMITS = {
    "idle_in_transaction_session_timeout": "10s",
    "statement_timeout": "30s",
    "lock_timeout": "5s",
}


async def test_each_connection_has_the_time_limits_that_were_decided(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in DECIDED.items():  # other tests wait longer
        monkeypatch.setitem(pool._LIMITS, name, most)
    async with service_under_test(SERVICE, postgres_url) as bench:
        await told_their_limits(bench)


async def told_their_limits(bench: Bench) -> None:
    for engine in (bench.live.context.database.engine, bench.live.context.database.standing):
        async with engine.connect() as connection:
            found = {name: await connection.scalar(sa.text(f"SHOW {name}")) for name in LIMITS}
        assert found == LIMITS


async def test_a_transaction_in_which_nobody_works_is_ended_and_the_caller_hears_503(bench: Bench) -> None:
    async def do_nothing_for_too_long() -> None:
        async with bench.live.context.begin() as tx:
            pid = await tx.scalar(sa.text("SELECT pg_backend_pid()"))
            await tx.execute(sa.text("INSERT INTO sample.effect (key) VALUES ('never')"))
            await tx.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = '50ms'"))
            async with asyncio.timeout(60):
                while await bench.sql("SELECT pid FROM pg_stat_activity WHERE pid = :pid", pid=pid):
                    await asyncio.sleep(0.01)
            await tx.execute(sa.text("SELECT 1"))

    with pytest.raises(DBAPIError) as ended:
        await do_nothing_for_too_long()
    assert from_database(ended.value).status == 503
    assert await bench.sql("SELECT key FROM sample.effect WHERE key = 'never'") == []
