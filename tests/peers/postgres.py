# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL for the tests: the one of embedded mode, unless `DATABASE_URL` names another."""

import asyncio
import signal
from pathlib import Path

import asyncpg

from embedded.folder import DataFolder
from embedded.postgres import EmbeddedPostgres
from tests.peers.run import Peer


def start(home: Path) -> Peer:
    """Start the PostgreSQL that pip installed, with an empty cluster below `home`."""
    folder = DataFolder(home)
    folder.prepare()
    server = EmbeddedPostgres(folder)
    server.start()
    asyncio.run(_forget_safety(server.url))
    return Peer(server.url, pid=server.pid(), stop_signal=signal.SIGINT)


async def _forget_safety(address: str) -> None:
    """Stop waiting for the disk: nothing of a test run has to outlive a crash."""
    connection = await asyncpg.connect(address)
    try:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            await connection.execute(f"ALTER SYSTEM SET {setting} = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
