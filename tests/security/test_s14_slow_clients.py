# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S14: clients that are slow on purpose: in their head, in their body, in reading the answer.

In CI a hundred connections of them at once; `S14_CONNECTIONS=500` is the full size, where the pace of
honest clients is judged as well.
"""

import asyncio
import os
import socket
import time
from statistics import quantiles
from typing import Any

import pytest

from chassis.wire import GuardedHttp
from tests.security.edge import Edge, talk
from tests.service.gateway.world import served

CONNECTIONS = int(os.environ.get("S14_CONNECTIONS", "100"))
FULL = CONNECTIONS >= 500
CLOSED_WITHIN = 15.0 if FULL else 60.0  # a machine that does other things too counts slowly
HONEST = b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def _drip(port: int, head: bytes, each: bytes) -> float:
    """Send a byte a second; answers after how long the other side ended it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    writer.write(head)
    ended = asyncio.create_task(reader.read())  # until the end
    try:
        while not ended.done() and time.monotonic() - began < CLOSED_WITHIN * 2:
            writer.write(each)
            await asyncio.wait([ended], timeout=1.0)
    except ConnectionError:
        pass  # that is how it may end it
    finally:
        ended.cancel()
        await asyncio.gather(ended, return_exceptions=True)
        writer.close()
    return time.monotonic() - began


async def _read_nothing(port: int, request: bytes) -> float:
    """Ask much and read nothing; answers after how long the other side ended it."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.setblocking(False)  # noqa: FBT003 - that is how it is called
    loop = asyncio.get_running_loop()
    await loop.sock_connect(plain, ("127.0.0.1", port))
    began = time.monotonic()
    try:
        await loop.sock_sendall(plain, request)
        while time.monotonic() - began < CLOSED_WITHIN * 2:
            await asyncio.sleep(1.0)
            plain.send(b"\r\n")  # a connection that was ended refuses this, or the next
    except OSError:
        pass  # it ended
    finally:
        plain.close()
    return time.monotonic() - began


async def _pace(port: int, seconds: float) -> list[float]:
    """How long honest requests take, one after the other, for a while."""
    taken = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HONEST)
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200")
        taken.append(time.monotonic() - began)
        await asyncio.sleep(0.05)
    return taken


@pytest.mark.security("S14")
@pytest.mark.timeout(240)
@pytest.mark.parametrize("of", ["gateway", "service"])
async def test_slow_clients_are_ended_and_others_do_not_notice(edge: Edge, of: str) -> None:
    port = edge.port(of)
    before_files = edge.files()
    calm = await _pace(port, 2.0 if FULL else 1.0)
    head = b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow: "
    post = (
        f"POST /intake/v1/inburgeraars HTTP/1.1\r\nHost: a\r\n{edge.authority(of)}"
        "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
    ).encode()
    slow = [
        *(_drip(port, head, b"a") for _ in range(CONNECTIONS // 2)),
        *(_drip(port, post, b" ") for _ in range(CONNECTIONS // 2)),
    ]
    *ended, busy = await asyncio.gather(*slow, _pace(port, 8.0))
    late = [round(float(seconds), 1) for seconds in ended if float(seconds) > CLOSED_WITHIN]  # type: ignore[arg-type]
    assert not late, f"{len(late)} of {len(ended)} were kept longer: {late[:10]}"
    assert isinstance(busy, list)
    p99 = [quantiles(taken, n=100)[98] for taken in (calm, busy)]
    print(f"S14 {of}: {len(ended)} slow clients, honest p99 {p99[0] * 1000:.1f} then {p99[1] * 1000:.1f} ms")  # noqa: T201
    if FULL:
        assert p99[1] <= 3 * p99[0] + 0.01
    give_up = time.monotonic() + 60
    while edge.files() > before_files + 3:
        assert time.monotonic() < give_up, f"{before_files} files before, {edge.files()} after"
        await asyncio.sleep(0.2)


async def _much(scope: Any, receive: Any, send: Any) -> None:
    """An app whose answer is more than any kernel keeps for a reader."""
    del scope, receive
    length = [(b"content-length", b"20000000")]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    for _ in range(200):
        await send({"type": "http.response.body", "body": b"a" * 100_000, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.security("S14")
async def test_an_answer_that_nobody_reads_is_not_kept() -> None:
    async with served(_much) as address:
        port = int(address.rpartition(":")[2])
        request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        ended = await asyncio.gather(*(_read_nothing(port, request) for _ in range(CONNECTIONS // 4)))
    late = [round(seconds, 1) for seconds in ended if seconds > CLOSED_WITHIN]
    assert not late, f"{len(late)} of {len(ended)} were kept longer: {late[:10]}"


@pytest.mark.security("S14")
async def test_a_body_that_comes_slowly_but_well_is_waited_for(edge: Edge) -> None:
    """A phone on a bad line is no attack: several kB each few seconds, over longer than the limit of a pause."""
    content = b'{"familyName": "' + b"a" * 60_000 + b'"}'
    head = (
        f"POST /intake/v1/inburgeraars HTTP/1.1\r\nHost: a\r\n{edge.authority('gateway')}"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    ).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port("gateway"))
    writer.write(head)
    for start in range(0, len(content), 10_000):
        writer.write(content[start : start + 10_000])
        await writer.drain()
        await asyncio.sleep(1.8)
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400"), answer[:200]


@pytest.mark.security("S14")
async def test_planted_a_server_without_these_clocks_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weakness: the protocol as uvicorn has it, which waits for ever."""
    from chassis import wire

    async def app(scope: object, receive: object, send: object) -> None:
        del scope, send
        await receive()  # type: ignore[operator]

    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.3)
    async with served(app) as address:
        port = int(address.rpartition(":")[2])
        guarded = await talk(port, [b"GET / HTTP/1.1\r\nX: "], seconds=60, patience=60)
    monkeypatch.setattr(GuardedHttp, "_expect_head", lambda _: None)
    async with served(app) as address:
        port = int(address.rpartition(":")[2])
        kept = await talk(port, [b"GET / HTTP/1.1\r\nX: "], seconds=2, patience=2)
    assert (guarded.closed, kept.closed) == (True, False)
