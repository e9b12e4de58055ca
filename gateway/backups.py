# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""When the last backup of all services was made: kept in the gateway's own database, told to Prometheus."""

from datetime import datetime
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from chassis.db import Database
from chassis.logs import log
from gateway.measures import measures

__all__ = ["keep_backup", "measure_backups"]

_AWAY = (SQLAlchemyError, asyncpg.PostgresError, OSError)
_LAST = sa.text(
    "SELECT made_at, seconds, held_seconds, bytes FROM gateway.backup ORDER BY made_at DESC LIMIT 1"
)


async def keep_backup(owner_url: str, manifest: dict[str, Any], *, now: datetime) -> bool:
    """Note down a backup that is whole; answers whether there is a place for it.

    Args:
        owner_url: postgresql://… of the role that owns the gateway's schema.
        manifest: of the backup.
        now: real time.
    """
    connection = await asyncpg.connect(owner_url, server_settings={"app.actor": "system"})
    try:
        if await connection.fetchval("SELECT to_regclass('gateway.backup')") is None:
            return False  # the tables are of the release before
        await connection.execute(
            "INSERT INTO gateway.backup (made_at, seconds, held_seconds, bytes) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT DO NOTHING",
            now,
            float(manifest["seconds"]),
            manifest["heldMilliseconds"] / 1000,
            sum(part["bytes"] for part in manifest["services"].values()),
        )
    finally:
        await connection.close()
    return True


async def measure_backups(database: Database) -> None:
    """Tell of the last backup; of none at all as one of 1970. While the database is away, what was told stands."""
    try:
        async with database.begin() as tx:
            row = (await tx.execute(_LAST)).one_or_none()
    except _AWAY as fault:
        log().warning("backups_not_read", fault=type(fault).__name__)
        return
    told = measures()
    told.backup_at.set(0 if row is None else row.made_at.timestamp())
    if row is not None:
        told.backup_seconds.set(row.seconds)
        told.backup_held.set(row.held_seconds)
        told.backup_bytes.set(row.bytes)
