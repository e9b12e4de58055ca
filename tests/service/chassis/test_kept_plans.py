# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A list that is asked again and again is not planned again and again."""

import sqlalchemy as sa

from chassis.testing import Bench

THING = sa.table("thing", sa.column("id", sa.Uuid), sa.column("name", sa.Text), schema="sample")
# The start of the list, for this question is a prepared statement itself and holds what it looks for.
KEPT = sa.text(
    "SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT sample.thing.id%'"
)


async def test_the_plan_of_a_list_is_kept_after_a_few_times(bench: Bench) -> None:
    await bench.sql(
        "INSERT INTO sample.thing (id, gemeentecode, name) "
        "SELECT gen_random_uuid(), '1916', 'n' || n FROM generate_series(1, 2000) AS n"
    )
    await bench.sql("ANALYZE sample.thing")
    async with bench.live.context.begin() as tx:
        for number in range(8):
            page = sa.select(THING.c.id).where(THING.c.name != f"n{number}").order_by(THING.c.id).limit(3)
            assert len(await tx.scalars(page)) == 3
        # the first five times PostgreSQL plans for the value at hand
        assert list(await tx.scalars(KEPT)) == [3]
