# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""W3C trace context: one trace from the first request through every event that follows from it."""

import os
import re
from contextvars import ContextVar
from typing import NamedTuple

__all__ = ["Trace", "current", "enter", "leave", "parse"]

_FORM = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


class Trace(NamedTuple):
    """Where we are: the trace, our own span and the span that led here."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None

    @property
    def traceparent(self) -> str:
        """The header for whatever follows. Always sampled: the processing log must be complete."""
        return f"00-{self.trace_id}-{self.span_id}-01"


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def parse(traceparent: str | None) -> Trace:
    """A new span in the given trace; in a new trace where there is none or it is malformed."""
    match = _FORM.match(traceparent or "")
    if match is None or match[1] == _NO_TRACE or match[2] == _NO_SPAN:
        fresh = os.urandom(24).hex()
        return Trace(fresh[:32], fresh[32:])
    return Trace(match[1], os.urandom(8).hex(), match[2])


def current() -> Trace:
    """The present span; a new trace where nothing started one."""
    found = _current.get()
    if found is None:
        found = parse(None)
        _current.set(found)
    return found


def enter(trace: Trace) -> object:
    """Make a span the present one; give the answer to `leave`."""
    return _current.set(trace)


def leave(token: object) -> None:
    """Go back to the span before `enter`."""
    _current.reset(token)  # type: ignore[arg-type]
