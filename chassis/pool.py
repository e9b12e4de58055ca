# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether a pooled connection still lives, asked only when it lay idle for a while.

SQLAlchemy's own pre-ping asks at every use, in a transaction of its own: three round trips, more than many
a request needs for its work. A connection that was used a moment ago is believed. If the server restarted
in that moment its first statement fails, the caller hears 503, and the whole pool is made anew.
"""

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["ping_when_idle"]

_USED = "last used"


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
