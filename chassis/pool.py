# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The connections to the database of one service, and whether one that lay idle still lives.

SQLAlchemy's own pre-ping asks at every use, in a transaction of its own: three round trips, more than many
a request needs for its work. A connection that was used a moment ago is believed. If the server restarted
in that moment its first statement fails, the caller hears 503, and the whole pool is made anew.
"""

import time
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGCompiler_asyncpg
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

__all__ = ["async_url", "ping_when_idle", "pooled"]

_USED = "last used"
_BELIEVED_SECONDS = 1.0  # a connection that was used so short ago is used again without a question
_WAIT_SECONDS = 5.0  # for a connection of the pool, and for the server to open one
_LIMITS = {  # milliseconds; why these: docs/decisions/0028
    "statement_timeout": 30_000,
    "lock_timeout": 5_000,
    "idle_in_transaction_session_timeout": 10_000,
}


class _LimitsAsNumbers(PGCompiler_asyncpg):
    """The limit of a list stands in its statement, and is no value sent with it.

    A plan that is kept for all values expects a tenth of the table where the limit is a value: PostgreSQL then
    never keeps it, and plans the list anew each time.
    """

    def limit_clause(self, select: Any, **kw: Any) -> str:
        """LIMIT and OFFSET as numbers."""
        written = super().limit_clause(select, **{**kw, "literal_execute": True})  # type: ignore[no-untyped-call]
        return str(written)


def async_url(url: str) -> sa.URL:
    """The address for SQLAlchemy with asyncpg, from an ordinary PostgreSQL address.

    How TLS is asked for (`sslmode`, `sslrootcert` …) asyncpg reads from an address of its own alone.
    """
    made = sa.make_url(url).set(drivername="postgresql+asyncpg")
    tls = {name: value for name, value in made.query.items() if name.startswith("ssl") and name != "ssl"}
    if not tls:
        return made
    return made.difference_update_query(tls).update_query_dict(
        {"dsn": f"postgresql://?{urlencode(tls, doseq=True)}"}
    )


def pooled(url: str, *, schema: str, size: int) -> AsyncEngine:
    """So many connections at most, as the running role of a schema; nothing is opened yet."""
    engine = create_async_engine(
        async_url(url),
        pool_size=size,
        max_overflow=0,
        pool_timeout=_WAIT_SECONDS,
        hide_parameters=True,  # a fault in the log must not carry what was being stored
        connect_args={
            "timeout": _WAIT_SECONDS,
            "server_settings": {
                "application_name": f"open-inburgering-{schema}",
                "search_path": f"{schema},pg_catalog",
                **{name: str(most) for name, most in _LIMITS.items()},
                "timezone": "UTC",
                "jit": "off",
            },
        },
    )
    engine.dialect.statement_compiler = _LimitsAsNumbers
    ping_when_idle(engine, seconds=_BELIEVED_SECONDS)
    return engine


def ping_when_idle(engine: AsyncEngine, *, seconds: float) -> None:
    """Check a connection before its use if it was given back longer ago than this.

    Args:
        engine: made without `pool_pre_ping`.
        seconds: how long a connection is believed.
    """
    dialect = engine.sync_engine.dialect

    @sa.event.listens_for(engine.sync_engine, "checkin")
    def note(_: Any, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    @sa.event.listens_for(engine.sync_engine, "checkout")
    def check(connection: Any, record: Any, _: Any) -> None:
        used = record.info.get(_USED)
        if used is None or time.monotonic() - used < seconds:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as fault:
            # The others of the pool are as old as this one: all are made anew.
            raise InvalidatePoolError from fault
