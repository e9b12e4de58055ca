# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One trace out of the logs of all processes: what led to what, with times, from the front to the last handler.

Every line has `trace_id`, `span_id` and `parent_span_id` (W3C Trace Context), a line about many events the ids of all
their traces, and the front's own line its trace. Lines of other programs, and what a log driver puts before a line, are
passed over.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

__all__ = ["lines_of", "told"]

_SHOWN_FIRST = ("method", "route", "status", "milliseconds", "code", "type", "count")
_NEVER_SHOWN = frozenset(
    {"event", "level", "service", "timestamp", "trace_id", "trace_ids", "span_id", "parent_span_id"}
)

Line = dict[str, Any]


def lines_of(trace_id: str, text: Iterable[str]) -> list[Line]:
    """The lines of a trace, as they came.

    Args:
        trace_id: 32 hexadecimal digits, as in the `instance` of a problem document after `urn:trace:`.
        text: lines of logs, of as many processes as there are.
    """
    found = []
    for raw in text:
        if trace_id not in raw:
            continue
        with suppress(ValueError):
            line = json.loads(raw[raw.index("{") :])
            if isinstance(line, dict) and _is_of(trace_id, line):
                found.append(line)
    return found


def _is_of(trace_id: str, line: Line) -> bool:
    return trace_id in {line.get("trace_id"), line.get("trace"), *(line.get("trace_ids") or ())}


def told(lines: Iterable[Line]) -> Iterator[str]:
    """The lines in words, with times in UTC: what follows from a line stands below it, further in, the rest by time."""
    ordered = sorted(map(_as_ours, lines), key=_when)
    # What a handler says of itself does not name its process: another line of the same span does.
    process = {
        line["span_id"]: line["service"] for line in ordered if line.get("span_id") and line.get("service")
    }
    ordered = [{"service": process.get(line.get("span_id")), **line} for line in ordered]
    spans = {line["span_id"] for line in ordered if line.get("span_id")}
    below: dict[str | None, list[Line]] = {}
    for line in ordered:
        parent = line.get("parent_span_id")
        below.setdefault(parent if parent in spans and parent != line.get("span_id") else None, []).append(
            line
        )
    yield from _branch(below, None, 0, set())


def _branch(
    below: dict[str | None, list[Line]], span: str | None, depth: int, seen: set[str]
) -> Iterator[str]:
    """What follows from a span: all lines of each next span together, before what follows from that one."""
    lines = below.get(span, [])
    for follows in dict.fromkeys(line.get("span_id") for line in lines):
        for line in lines:
            if line.get("span_id") == follows:
                yield f"{_when(line):%H:%M:%S.%f}"[:-3] + "  " + "  " * depth + _words(line)
        if follows is not None and follows not in seen:
            seen.add(follows)
            yield from _branch(below, follows, depth + 1, seen)


def _as_ours(line: Line) -> Line:
    """The line of the front in the words of the others."""
    if "trace_id" in line or "trace" not in line:
        return line
    kept: Line = {name: line[name] for name in ("method", "status", "upstream") if name in line}
    seconds = float(line.get("seconds", 0))
    return {
        **kept,
        "service": "front",
        "event": "request",
        "timestamp": line.get("time", ""),
        "milliseconds": round(seconds * 1000, 1),
    }


def _when(line: Line) -> datetime:
    with suppress(ValueError):
        return datetime.fromisoformat(str(line.get("timestamp"))).astimezone(UTC)
    return datetime.fromtimestamp(0, UTC)


def _words(line: Line) -> str:
    rest = [name for name in line if name not in _NEVER_SHOWN and name not in _SHOWN_FIRST]
    facts = [f"{name}={line[name]}" for name in (*_SHOWN_FIRST, *rest) if line.get(name) is not None]
    return " ".join([str(line.get("service") or "-"), str(line.get("event", "-")), *facts])
