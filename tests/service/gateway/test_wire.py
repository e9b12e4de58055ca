# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What comes over the wire and is no request: refused early, at a bounded cost, on a real socket."""

import asyncio
import json
import re
from typing import Any

import pytest

from chassis import wire
from chassis.metrics import metrics
from tests.service.gateway.world import World, served

_LARGE_BYTES = 20_000_000


async def send(port: int, *pieces: bytes, seconds: float = 60.0) -> tuple[int, dict[str, object]]:
    """Send bytes as they are; answers the status and the problem, 0 when the connection just ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    raw = b""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(seconds):
            while not _is_whole(raw) and (piece := await reader.read(65_536)):
                raw += piece
    except ConnectionError:
        pass  # it ended while we were still sending; what it said before is in `raw`
    finally:
        writer.close()
    if not raw:
        return 0, {}
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body) if body.startswith(b"{") else {}


def _is_whole(raw: bytes) -> bool:
    head, end, body = raw.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return bool(end) and found is not None and len(body) >= int(found[1])


def get(path: bytes, *headers: bytes) -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n" + b"".join(h + b"\r\n" for h in headers) + b"\r\n"


async def test_the_wire_refuses_what_is_no_request(chain: World) -> None:
    async with served(chain.door.app) as address:
        port = int(address.rpartition(":")[2])
        assert (await send(port, get(b"/health/live")))[0] == 200
        for raw, status, code in (
            (get(b"http://elsewhere.example/gateway/v1/me"), 400, "unsafe-address"),
            (get(b"/a/../b"), 400, "unsafe-address"),
            (get(b"/a/%2e%2e/b"), 400, "unsafe-address"),
            (get(b"//elsewhere.example/x"), 400, "unsafe-address"),
            (b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "unsafe-address"),
            (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "unsafe-address"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "invalid-input"),
            (b"GET /health/live\r\n\r\n", 400, "invalid-input"),
            (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "invalid-input"),
            (get(b"/health/live", b"A: b\r\n c"), 400, "invalid-input"),
            (get(b"/health/live", b"Content-Length: 1", b"Content-Length: 2"), 400, None),
            (get(b"/health/live", b"Content-Length: 1", b"Transfer-Encoding: chunked"), 400, None),
            (get(b"/health/live", b"Content-Length: -1"), 400, None),
            (get(b"/health/live", b"X: " + b"a" * 40_000), 431, "headers-too-large"),
            (get(b"/health/live", *(b"X%d: a" % n for n in range(150))), 431, "headers-too-large"),
        ):
            found, problem = await send(port, raw)
            assert found == status, (raw[:80], found, problem)
            assert code is None or problem["code"] == code, (raw[:80], problem)


async def test_a_head_without_end_costs_little(chain: World) -> None:
    async with served(chain.door.app) as address:
        port = int(address.rpartition(":")[2])
        start = b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: "
        status, problem = await send(port, start, *([b"a" * 65_536] * 200))
        assert (status, problem.get("code")) in {(431, "headers-too-large"), (0, None)}
        assert (await send(port, get(b"/health/live")))[0] == 200


async def test_a_head_that_does_not_come_is_not_waited_for(
    chain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 1.0)
    async with served(chain.door.app) as address:
        port = int(address.rpartition(":")[2])
        slow = [send(port, b"GET /health/live HTTP/1.1\r\nHost: a\r\nX: 1\r\n") for _ in range(20)]
        silent = [send(port) for _ in range(20)]
        answers = await asyncio.gather(*slow, *silent)
        assert [status for status, _ in answers] == [408] * 20 + [0] * 20
        assert (await send(port, get(b"/health/live")))[0] == 200


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/mirror/v1/open", "application/json"),
        ("/oauth/token", "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_that_does_not_come_is_not_waited_for(
    chain: World, monkeypatch: pytest.MonkeyPatch, path: str, media: str
) -> None:
    failed: list[str] = []
    monkeypatch.setattr("gateway.front.log", lambda: failed.append("the gateway failed"))
    monkeypatch.setattr(wire, "BODY_SECONDS", 0.3)
    counted = {"service": "other", "code": "request-timeout", "operation": "none", "caller": "nobody"}
    before = metrics().registry.get_sample_value("http_refusals_total", counted) or 0.0
    async with served(chain.door.app) as address:
        port = int(address.rpartition(":")[2])
        post = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: {media}\r\nContent-Length: 9\r\n\r\na"
        answers = await asyncio.gather(*(send(port, post.encode()) for _ in range(20)))
        assert [(status, told["code"]) for status, told in answers] == [(408, "request-timeout")] * 20
        assert (await send(port, get(b"/health/live")))[0] == 200
    assert not failed, "a sender that went away is no fault of ours"
    assert metrics().registry.get_sample_value("http_refusals_total", counted) == before + 20


async def test_one_connection_serves_many_requests(chain: World) -> None:
    async with served(chain.door.app) as address:
        port = int(address.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(get(b"/health/live"))
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"200 OK" in head
            await reader.readexactly(int(re.findall(rb"content-length: (\d+)", head)[0]))
        writer.close()


async def _large(scope: Any, receive: Any, send: Any) -> None:
    """An app whose answer is one piece, more than any kernel keeps for a reader."""
    del scope, receive
    length = [(b"content-length", str(_LARGE_BYTES).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": b"a" * _LARGE_BYTES})


async def test_a_large_answer_is_waited_for_while_its_reader_reads_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "READER_SECONDS", 1.5)
    async with served(_large) as address:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        writer.write(get(b"/"))
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"200 OK" in head
        taken = 0
        while taken < _LARGE_BYTES and (piece := await reader.read(1_000_000)):
            taken += len(piece)
            await asyncio.sleep(0.02)  # a slow line: all of it takes several times as long as a pause may
        writer.close()
        assert taken == _LARGE_BYTES
