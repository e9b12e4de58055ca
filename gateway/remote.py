# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A service at an address of its own, asked over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from random import SystemRandom
from typing import Any

import aiohttp
from starlette.types import Scope, Send
from yarl import URL

from chassis.access import TIMEOUT_HEADER
from chassis.tls import Believed
from gateway.breaker import Breaker
from gateway.limits import BodyGuard
from gateway.measures import measures
from gateway.places import Places, away, late
from gateway.upstreams import ANSWER_IDLE_SECONDS, Answer, Headers

__all__ = ["Remote"]

_BUFFERED_BYTES = 65_536
_CONNECT_SECONDS = 2.0
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_RETRY_SECONDS = (0.02, 0.1)
_random = SystemRandom()
_MAX_ANSWER_BYTES = 16 * 1024 * 1024
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)


class Remote:
    """A service at an address of its own."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        limit: int,
        idle: float = ANSWER_IDLE_SECONDS,
        breaker: Breaker | None = None,
        believed: Believed | None = None,
    ) -> None:
        """Reach the service at `url`, without a slash at the end, with at most `limit` requests at once.

        Over https it must show a certificate that is `believed`; None: of an authority of the machine.
        """
        self.name = name
        self._believed = believed
        self._url = url.rstrip("/")
        self._limit = limit
        self._idle = idle
        self._session: aiohttp.ClientSession | None = None
        self.places = Places(name, limit, breaker)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._limit,
                    keepalive_timeout=60,
                    ttl_dns_cache=30,
                ),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
                max_line_size=32_768,
                max_field_size=32_768,
            )
            # Its own second tries know no budget; ours do.
            self._session._retry_connection = False  # noqa: SLF001 - as aiohttp's own test client does
        return self._session

    async def forward(
        self, scope: Scope, receive: BodyGuard, send: Send, *, headers: Headers, deadline: float
    ) -> None:
        """Pass a request on, as `Upstream` says."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + deadline
        self.places.budget.earn()
        try:
            # A sender that is slow takes no place: a small body is read before there is one.
            body = await _body(scope, receive, headers, ends)
        except TimeoutError:
            raise late(self.name) from None
        except ConnectionError:
            if receive.gone:
                return  # nobody is there to answer, and that is no fault of ours
            raise
        with self.places.take() as place:
            try:
                async with asyncio.timeout_at(ends) as limit:
                    response = await self._request(scope, headers, body, ends)
                    place.answer_began()
                    async with response:
                        limit.reschedule(None)
                        await _answer(response, send, head=scope["method"] == "HEAD", idle=self._idle)
            except TimeoutError:
                if place.began:
                    raise
                if not receive.at_fault:
                    place.failed("timeout")
                raise late(self.name) from None
            except aiohttp.ClientError as fault:
                if place.began:
                    raise  # half an answer went out: the connection must break, not end politely
                if not receive.at_fault and isinstance(fault, aiohttp.ClientConnectionError):
                    place.failed("no-connection")
                raise away(self.name) from fault

    async def _request(
        self, scope: Scope, headers: Headers, body: Any, ends: float
    ) -> aiohttp.ClientResponse:
        """Send it, and where that is safe send it once more to a service that went away meanwhile."""
        loop = asyncio.get_running_loop()
        tried = False
        while True:
            left = str(max(1, int((ends - loop.time()) * 1000)))
            try:
                return await self._client().request(
                    scope["method"],
                    URL(self._address(scope), encoded=True),
                    headers=[
                        *((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers),
                        (TIMEOUT_HEADER.decode(), left),
                    ],
                    data=body,
                    allow_redirects=False,
                    ssl=True if self._believed is None else self._believed.context,
                )
            except aiohttp.ClientConnectionError:
                if tried or not _repeatable(scope, headers, body) or not self.places.budget.spend():
                    raise
                tried = True
                measures().retries.labels(self.name).inc()
                await asyncio.sleep(_random.uniform(*_RETRY_SECONDS))

    def _address(self, scope: Scope) -> str:
        query = scope["query_string"].decode("latin-1")
        path = scope["raw_path"].decode("latin-1")
        return f"{self._url}{path}?{query}" if query else f"{self._url}{path}"

    async def ask(
        self, method: str, path: str, *, headers: Iterable[tuple[bytes, bytes]] = (), deadline: float
    ) -> Answer:
        """Ask something, as `Upstream` says."""
        try:
            async with (
                asyncio.timeout(deadline),
                self._client().request(
                    method,
                    URL(self._url + path, encoded=True),
                    headers=[(name.decode(), value.decode()) for name, value in headers],
                    allow_redirects=False,
                    ssl=True if self._believed is None else self._believed.context,
                ) as response,
            ):
                body = await response.content.read(_MAX_ANSWER_BYTES)
                while piece := await response.content.read(_MAX_ANSWER_BYTES):
                    body += piece
                    if len(body) > _MAX_ANSWER_BYTES:
                        raise away(self.name)
                return Answer(response.status, body)
        except TimeoutError:
            raise late(self.name) from None
        except aiohttp.ClientError as fault:
            raise away(self.name) from fault

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _repeatable(scope: Scope, headers: Headers, body: Any) -> bool:
    """Whether a request may be sent once more when nobody knows what became of it."""
    return (
        scope["method"] in _IDEMPOTENT
        and (body is None or isinstance(body, bytes))
        and all(name != b"if-match" for name, _ in headers)
    )


async def _body(scope: Scope, receive: BodyGuard, headers: Headers, ends: float) -> Any:
    """The body to send: whole where it is small, if it is there before `ends`, else as it comes."""
    length = next((value for name, value in headers if name == b"content-length"), None)
    if length is None and all(name != b"transfer-encoding" for name, _ in scope["headers"]):
        return None
    if length is not None and int(length) <= _BUFFERED_BYTES:
        async with asyncio.timeout_at(ends):
            return b"".join([piece async for piece in _pieces(receive)])
    return _pieces(receive)


async def _pieces(receive: BodyGuard) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionError("the client went away, or sent too much")
        if piece := message.get("body", b""):
            yield piece
        if not message.get("more_body", False):
            return


async def _answer(response: aiohttp.ClientResponse, send: Send, *, head: bool, idle: float) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [
                (lower, value)
                for name, value in response.raw_headers
                if (lower := name.lower()) not in _HOP_BY_HOP
            ],
        }
    )
    if head or response.content.is_eof():
        # All of it is here. Whoever is slow to take it is ended on the wire.
        await send({"type": "http.response.body", "body": b"" if head else await response.read()})
        return
    length = response.content_length
    # Each piece has its own time, from the service and to the client: neither may hold a place for ever.
    async with asyncio.timeout(idle) as limit:
        if length is not None and length <= _BUFFERED_BYTES:
            await send({"type": "http.response.body", "body": await response.read()})
            return
        async for piece in response.content.iter_any():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            limit.reschedule(asyncio.get_running_loop().time() + idle)
    with suppress(ConnectionError):
        await send({"type": "http.response.body", "body": b""})
