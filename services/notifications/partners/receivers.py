# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The systems of gemeenten that receive events: how they are reached, and where we never go.

An address is what somebody typed, so it could lead into our own network. A name is resolved once;
if any of its addresses is not on the public internet nothing is sent; else the connection goes to
that very address, with the name kept for TLS and the Host header. Redirects are answers, not ways.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpcore

__all__ = ["Answer", "BadAddress", "Receivers", "check_address", "is_public", "sign"]

SECONDS = 10.0
ANSWER_BYTES = 65_536
MAX_URL = 2_000
_READ_AWAY_SECONDS = 1.0
_HOST = re.compile(r"^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$")
_URL = re.compile(r"^(https?)://([^/?#\\@\s]+)(/[\x21\x24-\x5b\x5d-\x7e]*)?$")
_TRANSLATED = tuple(
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)
"""IPv6 that stands for an IPv4 address: what it leads to is not decided here, so it is refused."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class BadAddress(ValueError):
    """This can never be the address of a receiver; the text says why, in Dutch."""


class Unreachable(Exception):
    """A receiver was not reached or not heard; the code says why, without any word of its own."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said: never its words."""

    status: int | None
    fault: str | None  # a code; None: it took the event
    retry_after: timedelta | None = None


def check_address(url: str, *, ports: Collection[int], loopback: bool) -> None:
    """Refuse what can never be the address of a receiver. Names are resolved when something is sent.

    Args:
        url: what somebody typed.
        ports: at which a receiver may listen.
        loopback: whether it may be on this machine, and then without TLS.

    Raises:
        BadAddress: it is not `https://name[:port][/path]`, or at another port.
    """
    match = _URL.match(url) if len(url) <= MAX_URL else None
    if match is None:
        raise BadAddress("Geef een adres als https://naam/pad: zonder gebruikersnaam, fragment of spaties.")
    scheme, place = match[1], match[2].lower()
    host, _, digits = place.partition(":")
    if loopback and host in {"127.0.0.1", "localhost"}:
        return
    if scheme != "https":
        raise BadAddress("Het adres begint met https://.")
    if not _HOST.match(host):
        raise BadAddress("Het adres noemt een server met een volledige naam, geen nummer.")
    if digits and not digits.isdigit():
        raise BadAddress("De poort is geen getal.")
    if int(digits or "443") not in ports:
        raise BadAddress(f"De poort is een van deze: {', '.join(map(str, sorted(ports)))}.")


def is_public(address: str) -> bool:
    """Whether an address is on the public internet, and means only itself."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None or found.is_site_local:
            return False
        if any(found in network for network in _TRANSLATED):
            return False
    return found.is_global and not (
        found.is_multicast
        or found.is_reserved
        or found.is_unspecified
        or found.is_loopback
        or found.is_link_local
    )


def sign(secrets: Iterable[str], *, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` (Standard Webhooks): one signature per secret that counts."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(
        "v1,"
        + base64.b64encode(
            hmac.digest(base64.b64decode(one.removeprefix("whsec_")), signed, hashlib.sha256)
        ).decode()
        for one in secrets
    )


async def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The certificates that this machine believes, read once."""
    return ssl.create_default_context()


class Receivers:
    """The way to receivers: one new connection for each event."""

    def __init__(
        self,
        *,
        ports: Collection[int],
        loopback: bool,
        resolver: Resolve = resolve,
        seconds: float = SECONDS,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """Keep where we may go.

        Args:
            ports: at which a receiver may listen.
            loopback: whether it may be on this machine.
            resolver: finds the addresses of a name.
            seconds: that everything together may take.
            trust: whose certificates are believed; the system's where left out.
        """
        self._ports = frozenset(ports)
        self._loopback = loopback
        self._resolver = resolver
        self._seconds = seconds
        self._trust = trust or _trusted()

    async def send(
        self, url: str, *, message_id: UUID, secrets: Sequence[str], body: bytes, ahead: float = 0.0
    ) -> Answer:
        """Send one event, and answer what became of it; what the receiver wrote is read away."""
        try:
            check_address(url, ports=self._ports, loopback=self._loopback)
        except BadAddress:
            return Answer(None, "address-refused")
        told = f"msg_{message_id.hex}"
        timestamp = int(time.time() + ahead)
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "user-agent": "open-inburgering-webhooks/1",
            "accept": "*/*",
            "connection": "close",
            "webhook-id": told,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(secrets, message_id=told, timestamp=timestamp, body=body),
        }
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, headers, body)
        except (
            Unreachable,
            OSError,
            httpcore.NetworkError,
            httpcore.TimeoutException,
            httpcore.ProtocolError,
        ) as fault:
            return Answer(None, _code_of(fault))

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        target = httpcore.URL(url)
        backend = _Pinned(self._resolver, self._ports, loopback=self._loopback)
        async with httpcore.AsyncHTTPConnection(
            target.origin, ssl_context=self._trust, network_backend=backend
        ) as connection:
            told = [("host", _host_of(target)), ("content-length", str(len(body))), *headers.items()]
            request = httpcore.Request("POST", target, headers=told, content=body)
            response = await connection.handle_async_request(request)
            answer = _meaning(response.status, response.headers)
            await _read_away(response)
            return answer


def _code_of(fault: Exception) -> str:
    """What went wrong on the way, as a code."""
    if isinstance(fault, Unreachable):
        return fault.code
    if isinstance(fault, TimeoutError | httpcore.TimeoutException):
        return "timeout"
    if isinstance(fault, ssl.SSLError) or isinstance(fault.__cause__ or fault.__context__, ssl.SSLError):
        return "tls"
    return "no-http" if isinstance(fault, httpcore.ProtocolError) else "no-connection"


def _host_of(url: httpcore.URL) -> str:
    usual = {b"https": 443, b"http": 80}[url.scheme]
    host = url.host.decode()
    return host if url.port in {None, usual} else f"{host}:{url.port}"


async def _read_away(response: httpcore.Response) -> None:
    """Read what the receiver wrote, up to the limit, so that it sees an ordinary end.

    Its status is what counts, so an answer that is too long, too slow or cut off changes nothing.
    """
    with contextlib.suppress(
        TimeoutError, Unreachable, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException
    ):
        async with asyncio.timeout(_READ_AWAY_SECONDS):
            async for _ in response.aiter_stream():
                pass
    await response.aclose()


def _meaning(status: int, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Answer(status, None)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Answer(status, "redirect")
    asked = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    wait = timedelta(seconds=int(asked)) if asked.isdigit() and len(asked) <= 6 else None  # noqa: PLR2004 - days enough
    return Answer(status, f"http-{status}", wait)


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to an address that was looked at, and to no other."""

    def __init__(self, resolver: Resolve, ports: frozenset[int], *, loopback: bool) -> None:
        self._resolver = resolver
        self._ports = ports
        self._loopback = loopback
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore calls it
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection, as httpcore asks."""
        try:
            addresses = await self._resolver(host, port)
        except OSError as fault:
            raise Unreachable("name-unknown") from fault
        if not addresses or not all(self._allowed(one, port) for one in addresses):
            raise Unreachable("address-refused")
        stream = await self._plain.connect_tcp(
            addresses[0], port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )
        return _Bounded(stream, _Budget(ANSWER_BYTES))

    def _allowed(self, address: str, port: int) -> bool:
        if self._loopback and ipaddress.ip_address(address.partition("%")[0]).is_loopback:
            return True
        return port in self._ports and is_public(address)

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Never: an address of a receiver is on the internet."""
        raise Unreachable("address-refused")

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks."""
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class _Budget:
    left: int


class _Bounded(httpcore.AsyncNetworkStream):
    """A connection of which only so much is read, head and all."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, budget: _Budget) -> None:
        self._stream = stream
        self._budget = budget

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - as httpcore calls it
        """Read, while there is budget."""
        if self._budget.left <= 0:
            raise Unreachable("answer-too-long")
        found = await self._stream.read(min(max_bytes, self._budget.left), timeout)
        self._budget.left -= len(found)
        return found

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as httpcore calls it
        """Write."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore calls it
    ) -> httpcore.AsyncNetworkStream:
        """Begin TLS with the name that was asked for, not with the address."""
        return _Bounded(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._budget)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about the socket."""
        return self._stream.get_extra_info(info)
