# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S13: heads that two servers could read in two ways are refused; gateway, service and nginx agree.

Each case is followed by an honest request on the same connection. A server that reads the case in
another way than its neighbour shows it by how many answers it gives: that would be a smuggled request.
"""

import asyncio
import itertools
import random
from collections.abc import Iterator

import pytest

from tests.peers import PeerMissingError
from tests.peers.nginx import nginx_in_front
from tests.security.edge import Edge, Reply, talk

SEED = 20_241_105
NEXT = b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
GET = b"GET /health/live HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /intake/v1/inburgeraars HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"

AMBIGUOUS = {
    "length and chunks": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "two equal lengths in one": POST + b"Content-Length: 2, 2\r\n\r\n{}",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length in hexadecimal": POST + b"Content-Length: 0x2\r\n\r\n{}",
    "a length with a plus": POST + b"Content-Length: +2\r\n\r\n{}",
    "a length of words": POST + b"Content-Length: two\r\n\r\n{}",
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "another coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a folded line": GET + b"X: a\r\n b\r\n\r\n",
    "a folded coding": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a blank before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a bare line feed": b"GET /health/live HTTP/1.1\nHost: a\n\n",
    "a bare carriage return": GET + b"X: a\rY: b\r\n\r\n",
    "a nul in a value": GET + b"X: a\x00b\r\n\r\n",
    "a line without a colon": GET + b"nonsense\r\n\r\n",
    "a blank name": GET + b": a\r\n\r\n",
    "a name with a blank": GET + b"X Y: a\r\n\r\n",
    "a host elsewhere": b"GET http://elsewhere.example/health/live HTTP/1.1\r\nHost: a\r\n\r\n",
    "another version": b"GET /health/live HTTP/3.7\r\nHost: a\r\n\r\n",
    "no request": b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    "connect": b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a chunk of a size in words": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a chunk of an enormous size": POST
    + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
}
LARGE = {
    "64 MB in one line": [GET + b"X: ", *([b"a" * (1 << 20)] * 64), b"\r\n\r\n"],
    "ten thousand lines": [GET, b"".join(b"X%d: a\r\n" % n for n in range(10_000)), b"\r\n"],
}
ADDRESSES = ("/a/../b", "/a/%2e%2e/b", "/a%2fb", "/a%5cb", "//elsewhere.example/", "/a\\b", "/%00", "/a%2500")


def _cases() -> Iterator[tuple[str, bytes]]:
    """Two hundred heads: every ambiguous one, and mixtures of what can stand in one, from a seed."""
    yield from AMBIGUOUS.items()
    chance = random.Random(SEED)  # the cases must be the same each time
    lengths = [
        b"",
        b"Content-Length: 2\r\n",
        b"Content-Length: 02\r\n",
        b"content-length:2\r\n",
        b"Content-Length: 2 \r\n",
    ]
    codings = [
        b"",
        b"Transfer-Encoding: chunked\r\n",
        b"transfer-encoding:chunked\r\n",
        b"Transfer-Encoding: Chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding:\tchunked\r\n",
        b"X-Transfer-Encoding: chunked\r\n",
    ]
    others = [
        b"",
        b"Expect: 100-continue\r\n",
        b"Connection: Content-Length\r\n",
        b"Connection: close\r\n",
        b"TE: trailers\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
    ]
    bodies = [b"{}", b"2\r\n{}\r\n0\r\n\r\n", b"0\r\n\r\n", b""]
    mixtures = list(itertools.product(lengths, codings, others, bodies))
    for number, parts in enumerate(chance.sample(mixtures, 200 - len(AMBIGUOUS))):
        length, coding, other, body = parts
        yield f"mixture {number}", POST + other + length + coding + b"\r\n" + body


async def _both(edge: Edge, raw: bytes, *, seconds: float = 3, patience: float = 0.2) -> tuple[Reply, Reply]:
    gateway, service = await asyncio.gather(
        talk(edge.port("gateway"), [raw + NEXT], seconds=seconds, patience=patience),
        talk(edge.port("service"), [raw + NEXT], seconds=seconds, patience=patience),
    )
    return gateway, service


async def _heard_out(edge: Edge, raw: bytes) -> tuple[Reply, Reply]:
    """The same with time for a busy machine to say all that it has to say."""
    return await _both(edge, raw, seconds=20, patience=8)


def _refused(reply: Reply) -> bool:
    """By one answer, or by none, and the end of the connection."""
    return reply.closed and (not reply.statuses or (len(reply.statuses) == 1 and 400 <= reply.status < 500))


@pytest.mark.security("S13")
@pytest.mark.timeout(300)
async def test_what_can_be_read_in_two_ways_is_refused_by_gateway_and_service(edge: Edge) -> None:
    wrong = []
    for name, raw in AMBIGUOUS.items():
        replies = await _both(edge, raw)
        if not all(map(_refused, replies)):
            replies = await _heard_out(edge, raw)
        for of, reply in zip(("gateway", "service"), replies, strict=True):
            if not _refused(reply):
                wrong.append(f"{name} at the {of}: {reply.statuses} {'closed' if reply.closed else 'open'}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.security("S13")
@pytest.mark.timeout(300)
async def test_in_two_hundred_cases_gateway_and_service_read_the_same(edge: Edge) -> None:
    cases = list(_cases())
    assert len(cases) == 200
    apart = []
    for start in range(0, len(cases), 20):
        replies = await asyncio.gather(*(_both(edge, raw) for _, raw in cases[start : start + 20]))
        for (name, raw), (gateway, service) in zip(cases[start : start + 20], replies, strict=True):
            if len(gateway.statuses) != len(service.statuses):
                gateway, service = await _heard_out(edge, raw)  # noqa: PLW2901 - what one said late counts
            if len(gateway.statuses) != len(service.statuses):
                apart.append(f"{name} (seed {SEED}): {gateway.statuses} and {service.statuses}: {raw!r}")
            assert not any(status >= 500 for status in (*gateway.statuses, *service.statuses)), name
    assert not apart, "\n".join(apart)


@pytest.mark.security("S13")
@pytest.mark.timeout(300)
async def test_nginx_in_front_never_lets_more_through_than_the_gateway_itself_would_read(edge: Edge) -> None:
    try:
        with nginx_in_front(edge.gateway) as front:
            port = int(front.rstrip("/").rpartition(":")[2])
            more = []
            for name, raw in AMBIGUOUS.items():
                reply = await talk(port, [raw + NEXT], seconds=3, patience=0.3)
                own = await talk(edge.port("gateway"), [raw + NEXT], seconds=3, patience=0.2)
                if len(reply.statuses) > max(1, len(own.statuses)) and reply.status < 400:
                    own, _ = await _heard_out(edge, raw)
                if len(reply.statuses) > max(1, len(own.statuses)) and reply.status < 400:
                    more.append(f"{name}: {reply.statuses} through nginx, {own.statuses} without")
    except PeerMissingError as missing:
        pytest.skip(str(missing))
    assert not more, "\n".join(more)


@pytest.mark.security("S13")
@pytest.mark.parametrize("of", ["gateway", "service"])
async def test_a_head_without_measure_is_refused_at_a_bounded_cost(edge: Edge, of: str) -> None:
    for name, pieces in LARGE.items():
        edge.forget_peak()
        before = edge.memory()
        reply = await talk(edge.port(of), pieces)
        assert reply.status in {400, 431, 0}, name
        assert reply.closed, name
        assert edge.memory("VmHWM") - before < 16 << 20, name


@pytest.mark.security("S13")
async def test_an_address_that_hides_another_is_refused(edge: Edge) -> None:
    for address in ADDRESSES:
        raw = f"GET {address} HTTP/1.1\r\nHost: a\r\n{edge.authority('gateway')}\r\n".encode()
        assert (await talk(edge.port("gateway"), [raw], seconds=3)).status == 400, address
        raw = f"GET {address} HTTP/1.1\r\nHost: a\r\n{edge.authority('service')}\r\n".encode()
        assert (await talk(edge.port("service"), [raw], seconds=3)).status in {400, 404}, address


@pytest.mark.security("S13")
async def test_planted_a_server_that_believes_both_lengths_is_reported() -> None:
    """Weakness: a naive server that reads heads and nothing else answers the smuggled request as well."""

    async def naive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(naive, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reply = await talk(port, [AMBIGUOUS["length and chunks"] + NEXT], seconds=2)
    assert len(reply.statuses) > 1
