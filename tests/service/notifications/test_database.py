# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The schema: as the models say, behind row-level security, and gone again after a downgrade."""

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis import migrate as migrations
from chassis.db import async_url
from chassis.tables import CHASSIS_TABLES
from chassis.testing import fresh_database
from services.notifications.app import SERVICE
from services.notifications.models import metadata
from tests.service.notifications.chain import Chain

OWN = sorted(table.name for table in metadata.sorted_tables if table.name not in CHASSIS_TABLES)


async def test_the_tables_are_what_the_models_say(postgres_url: str) -> None:
    async with fresh_database(SERVICE, postgres_url) as databases:
        assert await migrations.differences(SERVICE, databases.owner_url) == []


async def test_a_downgrade_leaves_nothing_and_an_upgrade_brings_it_back(postgres_url: str) -> None:
    async with fresh_database(SERVICE, postgres_url) as databases:
        engine = create_async_engine(async_url(databases.owner_url), poolclass=NullPool)

        def down(connection: sa.Connection) -> None:
            config = migrations._config(SERVICE)
            config.attributes["connection"] = connection
            command.downgrade(config, "base")

        async with engine.begin() as connection:
            await connection.run_sync(down)
            left = await connection.scalars(
                sa.text(
                    "SELECT relname FROM pg_class "
                    "WHERE relnamespace = 'notifications'::regnamespace AND relkind = 'r'"
                )
            )
            assert list(left) == ["alembic_version"]
        await engine.dispose()
        await migrations.migrate(SERVICE, databases.owner_url)
        assert await migrations.differences(SERVICE, databases.owner_url) == []


@pytest.mark.parametrize("table", OWN)
async def test_every_table_is_behind_row_level_security(chain: Chain, table: str) -> None:
    rows = await chain.bench.sql(
        "SELECT relrowsecurity, relforcerowsecurity, count(polname) FROM pg_class "
        "LEFT JOIN pg_policy ON polrelid = pg_class.oid "
        "WHERE pg_class.oid = CAST(:table AS regclass) GROUP BY 1, 2",
        table=f"notifications.{table}",
    )
    assert [tuple(row) for row in rows] == [(True, True, 1)]


async def test_a_transaction_that_carries_nobody_sees_and_writes_nothing(chain: Chain) -> None:
    person = await chain.register()
    await chain.absence(person)
    await chain.set_clock(person, due=chain.bench.clock.today())
    await chain.fire()
    engine = create_async_engine(async_url(chain.bench.databases.app_url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            for table in OWN:
                assert await connection.scalar(sa.text(f"SELECT count(*) FROM notifications.{table}")) == 0, (
                    table
                )
        async with engine.connect() as connection:
            with pytest.raises(DBAPIError, match="row-level security"):
                await connection.execute(
                    sa.text("INSERT INTO notifications.early_withdrawal VALUES (:id, 'x', now())"),
                    {"id": uuid4()},
                )
    finally:
        await engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE deadline SET status = 'late', next_stage_on = NULL",
        "UPDATE signal SET gemeentecode = '0546' WHERE audience = 'consulent'",
        "UPDATE person SET lead_member_id = NULL",
        "INSERT INTO deadline_firing VALUES (gen_random_uuid(), current_date, 'due', current_date, false)",
        "UPDATE signal_place SET gemeentecode = '0546'",
    ],
)
async def test_a_caller_cannot_change_what_only_events_change(chain: Chain, change: str) -> None:
    """As a consulent who may see the rows: changes are refused, or find no row."""
    person = await chain.register()
    await chain.absence(person)
    await chain.set_clock(person, due=chain.bench.clock.today())
    tables = ("deadline", "signal", "person", "deadline_firing", "signal_place")

    async def contents() -> list[Any]:
        return [sorted(await chain.bench.sql(f"TABLE notifications.{table}"), key=repr) for table in tables]

    before = await contents()
    refused = ""
    engine = create_async_engine(async_url(chain.bench.databases.app_url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(
                sa.text(
                    "SELECT set_config('search_path', 'notifications', true), "
                    "set_config('app.actor', 'person', true), set_config('app.roles', 'consulent', true), "
                    "set_config('app.person_codes', '0629,1916', true), "
                    "set_config('app.known_codes', '0629,1916', true)"
                )
            )
            try:
                await connection.execute(sa.text(change))
                await connection.commit()
            except DBAPIError as fault:
                refused = str(fault.orig)
    finally:
        await engine.dispose()
    assert not refused or "row-level security" in refused
    assert await contents() == before


async def test_a_signal_of_operations_cannot_name_a_person(chain: Chain) -> None:
    with pytest.raises(DBAPIError, match="signal_of_operations_names_nobody"):
        await chain.bench.sql(
            "INSERT INTO notifications.signal "
            "(id, kind, audience, inburgeraar_id, raised_at, rule, facts, status, version) "
            "VALUES (:id, 'delivery-failed', 'operations', :person, now(), 'x', '{}', 'open', 1)",
            id=uuid4(),
            person=uuid4(),
        )


async def test_the_engine_finds_what_is_due_without_reading_every_clock(chain: Chain) -> None:
    await chain.bench.sql(
        "INSERT INTO notifications.deadline "
        "(id, owner_service, inburgeraar_id, gemeentecode, rule, article, starts_on, "
        "early_on, due_on, set_version, end_version, status, next_stage_on, fired_count) "
        "SELECT gen_random_uuid(), 'intake', gen_random_uuid(), '0629', 'r', 'a', DATE '2025-01-01', "
        "DATE '2025-02-01', DATE '2025-03-01' + n % 300, 1, 0, 'running', DATE '2025-02-01' + n % 300, 0 "
        "FROM generate_series(1, 20000) n"
    )
    await chain.bench.sql("ANALYZE notifications.deadline")
    plan = await chain.bench.sql(
        "EXPLAIN SELECT id, inburgeraar_id FROM notifications.deadline WHERE next_stage_on <= DATE '2025-02-01' "
        "ORDER BY next_stage_on, id LIMIT 200"
    )
    assert any("deadline_next" in row[0] for row in plan), plan
