# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Row-level security asks who calls once per statement: a question per row makes a long list half as slow again."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.pool import async_url
from chassis.service import Service
from chassis.testing import fresh_database
from embedded.app import ALL

ASK_PLAINLY = {"intake", "notifications"}
"""Schemas whose policies need no function to know who calls: PostgreSQL would read its text at each plan."""
SERVICES = [one for one in ALL if one.name != "gateway"]
POLICIES = sa.text(
    "SELECT tablename, coalesce(qual, '') || ' ' || coalesce(with_check, '') AS says FROM pg_policies "
    "WHERE schemaname = :schema ORDER BY tablename, policyname"
)


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
async def test_no_policy_asks_each_row_who_calls(service: Service, postgres_url: str) -> None:
    async with fresh_database(service, postgres_url) as databases:
        engine = create_async_engine(async_url(databases.owner_url), poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                found = (await connection.execute(POLICIES, {"schema": service.schema})).all()
        finally:
            await engine.dispose()
    assert found
    name = service.schema
    per_row = re.compile(rf"{name}\.may_(?:see|know)\(")
    of_caller = re.compile(rf"(?<!SELECT ){name}\.(?:is_system|caller_\w+)\(")
    assert [row.tablename for row in found if per_row.search(row.says) or of_caller.search(row.says)] == []
    if name in ASK_PLAINLY:
        of_caller = re.compile(rf"{name}\.(?:is_system|caller_\w+)\(")
        assert [row.tablename for row in found if of_caller.search(row.says)] == []
