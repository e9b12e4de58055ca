# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Logs: one JSON object per line, named events with key=value, never personal data.

A last guard masks what looks like a BSN (nine digits that pass the eleven test), a V-number
or a token, wherever it stands: a leak in a library's message stays out of the log too.
"""

import json
import logging
import re
import sys
import time
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import orjson
import structlog

from chassis import trace

__all__ = ["configure", "log", "mask", "request_line"]

_DIGITS = re.compile(r"(?<!\d)\d{9,10}(?!\d)")
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")
_SUSPECT = re.compile(r"\d{9}|eyJ")  # what neither pattern above can do without
_OWN_IDS = frozenset(
    {"trace_id", "span_id", "parent_span_id", "trace_ids"}
)  # nine digits in hexadecimal are no BSN
_BSN_DIGITS = 9
_MOST_CHARACTERS = 32_768  # of one value; a fault with all its frames fits
_ENCODER = json.JSONEncoder(
    ensure_ascii=True, default=repr, separators=(",", ":")
)  # as orjson: one form to search
_stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
_logger: list[structlog.typing.FilteringBoundLogger] = []
_output: list[TextIO] = []
_LONG_LINE = 1000
_CALM_SECONDS = 60.0
_CALM_KINDS = 1000
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def _masked_digits(match: re.Match[str]) -> str:
    digits = match[0]
    if len(digits) == _BSN_DIGITS:
        weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
        if sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11:
            return digits
    elif digits.startswith("1"):  # ten digits that begin so are seconds since 1970
        return digits
    return "[masked]"


def mask(value: Any) -> Any:
    """The value with everything masked that looks like a personal number or a token."""
    if isinstance(value, str):
        if len(value) > _MOST_CHARACTERS:
            value = value[:_MOST_CHARACTERS] + "[cut]"
        return _TOKEN.sub("[token]", _DIGITS.sub(_masked_digits, value))
    if isinstance(value, dict):
        return {mask(key): mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item) for item in value]
    return value


def _guard(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key in _OWN_IDS:
            continue
        if type(value) is not str or len(value) > _MOST_CHARACTERS or _SUSPECT.search(value) is not None:
            event[key] = mask(value)
    return event


def _add_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    here = trace.current()
    if event.setdefault("trace_id", here.trace_id) == here.trace_id:
        event.setdefault("span_id", here.span_id)
        event.setdefault("parent_span_id", here.parent_span_id)
    return event


class _Calm(logging.Filter):
    """Lets a library say one thing once a minute: clients of a broker that is away would fill the log."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is new, or its like was last said a minute ago."""
        what = (record.name, str(record.msg)[:200])
        now = time.monotonic()
        if now < self._said.get(what, 0.0):
            return False
        if len(self._said) > _CALM_KINDS:
            self._said.clear()
        self._said[what] = now + _CALM_SECONDS
        return True


def _to_json(event: Any, **_: Any) -> str:
    return _ENCODER.encode(event)


def configure(level: str = "info") -> None:
    """Send the logs of this process to standard error; call once, at the start."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        structlog.processors.format_exc_info,
        _guard,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_to_json)],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    _logger.clear()
    _output[:] = [sys.stderr] if _LEVELS[level] <= _LEVELS["info"] else []
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Calm())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_to_json),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(_LEVELS[level], logging.WARNING))


def request_line(event: str, facts: Mapping[str, Any]) -> None:
    """Write the line of one request, as `log().info(event, **facts)` does.

    It is written for every request, so it takes the short way: the same stamps, the same guard.
    """
    if not _output:  # not configured, or these lines are not wanted
        log().info(event, **facts)
        return
    line = _stamp(None, "info", {**facts, "event": event, "level": "info"})
    text = orjson.dumps(line, default=repr).decode()
    if len(text) > _LONG_LINE or not text.isascii() or _SUSPECT.search(text) is not None:
        text = _ENCODER.encode(_guard(None, "info", _add_trace(None, "info", line)))
    else:  # the ids come after the search: nine digits in hexadecimal are no BSN
        here = trace.current()
        parent = "null" if here.parent_span_id is None else f'"{here.parent_span_id}"'
        ids = f'"trace_id":"{here.trace_id}","span_id":"{here.span_id}","parent_span_id":{parent}'
        text = f"{text[:-1]},{ids}}}"
    _output[0].write(text + "\n")
    _output[0].flush()


def log() -> structlog.typing.FilteringBoundLogger:
    """The logger: `log().info("pip_signed", pip_version=2)`."""
    if not _logger:  # kept, since a fresh one is put together anew for its first line
        _logger.append(structlog.get_logger())
    return _logger[0]
