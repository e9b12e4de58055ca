# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the relay removes of its own accord: events that were put aside go as well, each after its term."""

import sqlalchemy as sa

from chassis.bus_memory import MemoryBus
from chassis.outbox import Relay
from chassis.testing import Bench
from tests.service.chassis.sample import SERVICE

PUT_ASIDE = """
    INSERT INTO {schema}.dead_letter
        (id, topic, key, headers, value, reason, attempts, failed_at, replayed_at)
    SELECT gen_random_uuid(), 't', name, '{{}}', ''::bytea, 'broken', 1,
           now() - make_interval(days => failed), now() - make_interval(days => replayed)
    FROM (VALUES ('replayed long ago', 400, 31), ('replayed lately', 400, 29),
                 ('waits for more than a year', 366, NULL), ('waits for less', 364, NULL))
        AS letter (name, failed, replayed)
"""


async def test_events_that_were_put_aside_go_after_their_term(bench: Bench) -> None:
    database = bench.live.context.database
    relay = Relay(SERVICE, database, MemoryBus(), oin="0" * 20)
    async with database.engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(sa.text(PUT_ASIDE.format(schema=database.schema)))
        await relay._housekeep(connection)
        left = await connection.scalars(sa.text(f"SELECT key FROM {database.schema}.dead_letter ORDER BY 1"))
        assert list(left) == ["replayed lately", "waits for less"]
