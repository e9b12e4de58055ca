# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""HTTP on the wire, bounded before anything is parsed into a request.

uvicorn takes any amount of headers and waits for them for ever, and it forgets the host of an
absolute address. An app cannot repair that: by the time it is asked, the memory is used.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.errors import TooSlow
from chassis.metrics import metrics

__all__ = ["GuardedHttp", "guarded"]

HEAD_BYTES = 65_536
MOST_HEADERS = 200
HEAD_SECONDS = 10.0
BODY_SECONDS = 10.0  # in which a body must grow by ...
BODY_BYTES = 4_096  # ... this much, or end
READER_SECONDS = 10.0  # in which the reader of an answer must take ...
READER_BYTES = 40_960  # ... this much, or all that waits for it

_TOO_LARGE = (
    431,
    "headers-too-large",
    "De kop van het verzoek is te groot",
    "De kop van het verzoek is groter dan 64 kB.",
)
_UNSAFE = (
    400,
    "unsafe-address",
    "Het adres is niet toegestaan",
    "Het adres begint met één schuine streep, zonder servernaam ervoor.",
)
_BROKEN = (400, "invalid-input", "De invoer klopt niet", "Dit is geen geldig HTTP-verzoek.")
_SLOW = (TooSlow.status, TooSlow.code, TooSlow.title)
_LATE = (*_SLOW, "De kop van het verzoek kwam niet op tijd.")
_LATE_BODY = (*_SLOW, "De inhoud van het verzoek kwam te langzaam binnen.")
_PHRASES = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}


class GuardedHttp(HttpToolsProtocol):
    """uvicorn's protocol with limits to the size of a head, and to the slowness of whoever is at the other end."""

    listener = "other"  # whose address this is, for the metrics

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._body_bytes = 0
        self._clock: asyncio.TimerHandle | None = None
        self._reader_clock: asyncio.TimerHandle | None = None
        self._unread_bytes = 0
        self._due: Callable[[], None] | None = None  # what to wait for if a piece of a request ends too soon

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, unless they are a head without end."""
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES:
            self._refuse(*_TOO_LARGE)
        elif self._due is not None and self._clock is None and not self.transport.is_closing():
            self._due()  # most requests come whole, and need no clock at all

    def on_message_begin(self) -> None:
        """A head begins, on a new connection or on one that is used again."""
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 1  # something came, though its size is counted from the next piece on
        self._stop_waiting()
        self._due = self._expect_head

    def on_headers_complete(self) -> None:
        """The head is there: its time and size no longer count."""
        self._in_head = False
        self._due = None
        self._stop_waiting()
        if not self.url.startswith(b"/"):
            self._refuse(*_UNSAFE)
            return
        if self.parser.get_http_version() not in {"1.0", "1.1"}:
            self._refuse(*_BROKEN)
            return
        if len(self.headers) > MOST_HEADERS or (self._head_bytes > HEAD_BYTES and self._head_is_too_large()):
            self._refuse(*_TOO_LARGE)  # it came in one piece, so nobody looked before
            return
        super().on_headers_complete()
        self._body_bytes = 0
        self._due = self._expect_body

    def on_body(self, body: bytes) -> None:
        """Body of a request that was not refused."""
        self._body_bytes += len(body)
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request that was not refused."""
        self._due = None
        self._stop_waiting()
        if not self.transport.is_closing():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as every other fault is answered."""
        del msg
        if not self.transport.is_closing():
            self._refuse(*_BROKEN)

    def pause_writing(self) -> None:
        """The reader does not keep up: it has a while to make room."""
        super().pause_writing()
        if self._reader_clock is None:
            self._expect_reader()

    def resume_writing(self) -> None:
        """There is room again, or nobody to read."""
        if self._reader_clock is not None:
            self._reader_clock.cancel()
            self._reader_clock = None
        super().resume_writing()

    def _expect_reader(self) -> None:
        self._unread_bytes = self.transport.get_write_buffer_size()
        self._reader_clock = self.loop.call_later(READER_SECONDS, self._reader_is_late)

    def _reader_is_late(self) -> None:
        # A large answer waits as one piece: it takes a slow line long, and whoever reads on is no attacker.
        if self._unread_bytes - self.transport.get_write_buffer_size() >= READER_BYTES:
            self._expect_reader()
        else:
            self.transport.abort()

    def _expect_body(self) -> None:
        self._body_bytes = 0
        self._clock = self.loop.call_later(BODY_SECONDS, self._body_is_late)

    def _body_is_late(self) -> None:
        if self.transport.is_closing():
            return
        if self.flow.read_paused or self._body_bytes >= BODY_BYTES:  # it waits for us, or comes well
            self._expect_body()
        elif self.cycle is not None and self.cycle.response_started:  # type: ignore[redundant-expr]  # None before the first request, whatever uvicorn says
            self.transport.close()  # half an answer is out: a second one would be read as part of it
        else:
            self._refuse(*_LATE_BODY)

    def _head_is_too_large(self) -> bool:
        """Whether it was the head that was so much, and not the beginning of a body in the same piece."""
        return sum(len(name) + len(value) + 4 for name, value in self.headers) + len(self.url) > HEAD_BYTES

    def _expect_head(self) -> None:
        self._stop_waiting()
        self._clock = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _head_is_late(self) -> None:
        if self.transport.is_closing():
            return
        if self._head_bytes:
            self._refuse(*_LATE)
        else:
            self.transport.close()  # nothing was asked, so nothing is answered

    def _refuse(self, status: int, code: str, title: str, detail: str) -> None:
        self._stop_waiting()
        # Nobody has read who asks what: the app, if it was asked at all, only hears that the sender went away.
        metrics().refusals.labels(self.listener, code, "none", "nobody").inc()
        document = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "instance": None,
            "code": code,
            "errors": [],
            "rule": None,
        }
        body = json.dumps(document).encode()
        head = (
            f"HTTP/1.1 {status} {_PHRASES[status]}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def guarded(listener: str) -> type[GuardedHttp]:
    """The protocol of an address that has this name in the metrics."""
    return type("GuardedHttp", (GuardedHttp,), {"listener": listener})
