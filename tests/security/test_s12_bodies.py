# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S12: bodies that are too much, without end, or read in two ways: refused soon, at a bounded cost.

Each goes to the gateway and straight to a service, over a socket, to a process whose memory is watched.
"""

import gzip
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chassis import strict_json
from tests.security.edge import Edge, Reply, talk

MEBIBYTE = 1 << 20
SECONDS = float(os.environ.get("S12_SECONDS", "1.0"))
PEAK = 32 * MEBIBYTE
SLOW_MACHINE = 30.0 if "S12_SECONDS" not in os.environ else 1.0
"""A shared machine can be this much slower; `make security` measures on a quiet one."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body, as the pieces in which it comes, and the headers that announce it."""

    pieces: Callable[[], Iterator[bytes]]
    headers: str = ""
    statuses: frozenset[int] = frozenset({400, 413, 415})


def whole(content: bytes, headers: str = "") -> Body:
    return Body(lambda: iter([content]), f"Content-Length: {len(content)}\r\n{headers}")


def _flood(count: int) -> Iterator[bytes]:
    yield b'{"familyName": "'
    for _ in range(count):
        yield b"a" * MEBIBYTE


def _chunks() -> Iterator[bytes]:
    for _ in range(100):
        yield b"10000\r\n" + b" " * 65_536 + b"\r\n"


NAMES = b"{" + b",".join(b'"k%06d":1' % n for n in range(1_000_000)) + b"}"
BODIES = {
    "announced above the limit": Body(lambda: iter([b"{"]), f"Content-Length: {200 * MEBIBYTE}\r\n"),
    "200 MB of JSON": Body(lambda: _flood(200), f"Content-Length: {200 * MEBIBYTE}\r\n"),
    "chunks without end": Body(_chunks, "Transfer-Encoding: chunked\r\n"),
    "gzip of a thousand times": whole(gzip.compress(b" " * 4 * MEBIBYTE), "Content-Encoding: gzip\r\n"),
    "nested lists": whole(b"[" * 100_000),
    "nested objects": whole(b'{"a":' * 100_000),
    "a million names": whole(NAMES),
    "as many names as fit": whole(NAMES[: 5 * MEBIBYTE - 16].rpartition(b",")[0] + b"}"),
    "thousands of names": whole(b"{" + b",".join(b'"k%05d":1' % n for n in range(30_000)) + b"}"),
    "a list without end": whole(b'{"ids":[' + b"1," * 2_000_000 + b"1]}"),
    "a long list of nothing": whole(b'{"ids":[' + b"1," * 100_000 + b"1]}"),
    "a number of a million digits": whole(b'{"birthDate":' + b"9" * 1_000_000 + b"}"),
    "not a number": whole(b'{"familyName": NaN}'),
    "a name twice": whole(b'{"familyName": "a", "familyName": "b"}'),
    "half a pair": whole(b'{"familyName": "\\ud800"}'),
    "nul": whole(b'{"familyName": "a\\u0000"}'),
    "not utf-8": whole(b'{"familyName": "\xff\xfe"}'),
    "no json": whole(b"<xml/>"),
}


async def send(edge: Edge, of: str, body: Body) -> Reply:
    path = "/intake/v1/inburgeraars"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: a\r\n{edge.authority(of)}"
        f"Content-Type: application/json\r\n{body.headers}Connection: close\r\n\r\n"
    ).encode()

    def pieces() -> Iterator[bytes]:
        yield head
        yield from body.pieces()

    return await talk(edge.port(of), pieces(), seconds=60)


@pytest.mark.security("S12")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("of", ["gateway", "service"])
async def test_a_body_that_is_no_honest_request_is_refused_soon_and_cheaply(edge: Edge, of: str) -> None:
    wrong = []
    await send(edge, of, BODIES["no json"])  # what is loaded at the first request is no cost of an attack
    for name, body in BODIES.items():
        edge.forget_peak()
        before = edge.memory()
        reply = await send(edge, of, body)
        grown = edge.memory("VmHWM") - before
        # A server that closes while the other side still writes may reset: then nothing can be read.
        endless = name in {"200 MB of JSON", "chunks without end"}
        if reply.status not in body.statuses and not (endless and reply.status == 0 and reply.closed):
            wrong.append(f"{name}: {reply.status}")
        if reply.seconds > SECONDS * SLOW_MACHINE + 0.5:  # half a second is spent on waiting for more
            wrong.append(f"{name}: {reply.seconds:.1f} s")
        if grown > PEAK:
            wrong.append(f"{name}: {grown / MEBIBYTE:.0f} MiB")
        assert edge.process.poll() is None, name
    assert not wrong, wrong


@pytest.mark.security("S12")
@pytest.mark.parametrize("of", ["gateway", "service"])
async def test_an_honest_body_is_still_taken(edge: Edge, of: str) -> None:
    """By the same way: what is refused above is refused for what it is."""
    content = (
        b'{"givenNames":"A","familyName":"B","birthDate":"1990-01-01","gender":"female","group":"statushouder",'
        b'"permitType":"asiel","gemeentecode":"1916","obligedOn":"2024-08-01"}'
    )
    assert (await send(edge, of, whole(content))).status == 201


WEAK: dict[str, Any] = {"MOST_MEMBERS": 10**9, "MOST_NAMES": 10**9, "MOST_ITEMS": 10**9}


@pytest.mark.security("S12")
@pytest.mark.parametrize(
    "body", [b'{"a":1,"a":2}', b"NaN", b"[" * 100_000, b"9" * 10_000, NAMES], ids=lambda body: body[:8]
)
def test_planted_the_reader_of_the_library_takes_what_ours_refuses(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weakness: bodies read by the standard reader, as before: it takes two names, NaN, a million names."""
    import json

    with pytest.raises(json.JSONDecodeError):
        strict_json.loads(body)
    for name, value in WEAK.items():
        monkeypatch.setattr(strict_json, name, value)
    if body is NAMES:
        assert len(strict_json.loads(body)) == 1_000_000
    elif body[:1] in {b"{", b"N"}:
        assert json.loads(body) is not None
    else:
        with pytest.raises((RecursionError, ValueError)):
            json.loads(body)
