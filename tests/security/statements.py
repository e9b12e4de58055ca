# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The SQL that one task runs, whatever relays and jobs do beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, event

_seen: ContextVar[list[str] | None] = ContextVar("statements of this task", default=None)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that this task sends while the block runs, in their order."""
    seen: list[str] = []
    token = _seen.set(seen)

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if _seen.get() is seen:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
        _seen.reset(token)
