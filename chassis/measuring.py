# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a service measures in its own database: what waits there, and whether the clocks agree."""

import time

import sqlalchemy as sa

from chassis.db import Database
from chassis.metrics import metrics

__all__ = ["measured"]


async def measured(database: Database, service: str) -> None:
    """Bring the gauges of one service up to date; each process does, whoever leads the relay."""
    s = database.schema
    began = time.time()
    async with database.begin() as tx:
        row = (
            await tx.execute(
                sa.text(
                    "SELECT extract(epoch FROM clock_timestamp()) AS now, o.depth, o.age, b.open, b.age AS oldest, "
                    f"(SELECT count(*) FROM {s}.dead_letter WHERE replayed_at IS NULL) AS dead FROM "
                    "(SELECT count(*) AS depth, "
                    "coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) AS age "
                    f"FROM {s}.outbox WHERE published_at IS NULL) o, "
                    "(SELECT count(*) AS open, "
                    "coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) AS age "
                    f"FROM {s}.background_job WHERE status IN ('queued', 'running')) b"
                )
            )
        ).one()
    # The database read its clock somewhere between our two looks at ours.
    skew = (began + time.time()) / 2 - float(row.now)
    found = metrics()
    found.clock_skew.labels(service).set(skew)
    found.outbox_depth.labels(service).set(row.depth)
    found.outbox_age.labels(service).set(float(row.age))
    found.background.labels(service).set(row.open)
    found.background_age.labels(service).set(float(row.oldest))
    found.dead_waiting.labels(service).set(row.dead)
