# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which process of a service runs a job: session locks, all of a process on one connection of its own.

A lock that each job kept on a connection of the pool would let jobs wait for each other: with a small pool all
connections hold locks, and every job waits for one more to work with.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import Database

__all__ = ["JobLocks"]

_TRY = sa.text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
_UNLOCK = sa.text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))")


class JobLocks:
    """The locks of the jobs of one service in this process. Within the process the caller lets a job run once.

    A connection that is lost takes all its locks along: another process may then begin a job that still runs here,
    as it may when this process is cut off. Jobs are made for that.
    """

    def __init__(self, database: Database) -> None:
        """Nothing is opened before the first lock."""
        self._database = database
        self._connection: AsyncConnection | None = None
        self._holders = 0
        self._speaking = asyncio.Lock()  # one statement at a time on the connection

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[bool]:
        """Hold a lock for this block; answers whether it was free, and never waits for who has it."""
        async with self._speaking:
            connection = await self._open()
            got = bool(await self._say(connection, _TRY, name))
            if got:
                self._holders += 1
            elif not self._holders:
                await self._close()
        if not got:
            yield False
            return
        try:
            yield True
        finally:
            async with self._speaking:
                self._holders -= 1
                if self._connection is connection:  # else it was lost, and the lock with it
                    await self._say(connection, _UNLOCK, name)
                if not self._holders:
                    await self._close()

    async def _open(self) -> AsyncConnection:
        if self._connection is None:
            plain = await self._database.standing.connect()
            self._connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    async def _say(self, connection: AsyncConnection, statement: sa.TextClause, name: str) -> object:
        try:
            return await connection.scalar(statement, {"name": name})
        except BaseException:
            # Also after a cancel half-way: what the server made of it is not known, so the session ends.
            with suppress(SQLAlchemyError):
                await connection.invalidate()
            await self._close()
            raise

    async def _close(self) -> None:
        """Give the connection back; the next lock takes one that was looked at again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
