# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Services that hang, vanish or stand still, behind a gateway that serves the others as before (F12, F13)."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from gateway.breaker import Breaker, State
from gateway.errors import UpstreamBusy
from gateway.limits import BodyGuard
from gateway.remote import Remote
from gateway.upstreams import InProcess, Upstream

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def scope(
    method: str = "GET", path: str = "/x", headers: Iterable[tuple[bytes, bytes]] = ()
) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": list(headers),
    }


def guard(body: bytes = b"") -> BodyGuard:
    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return BodyGuard(receive, 1_000_000)


class Heard:
    """An answer as it came."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body += message.get("body", b"")


async def ask(
    upstream: Upstream, method: str = "GET", *, body: bytes = b"", deadline: float = 5.0, headers: Any = ()
) -> Heard:
    heard = Heard()
    told = [*headers, *([(b"content-length", str(len(body)).encode())] if body else [])]
    await upstream.forward(scope(method, headers=told), guard(body), heard, headers=told, deadline=deadline)
    return heard


@asynccontextmanager
async def server(script: Script, kept: socket.socket | None = None) -> AsyncIterator[int]:
    """On a port of its own, or on the one that was kept for it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                await script(reader, writer, head)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the gateway went away, as it may
        finally:
            writer.close()

    where: dict[str, Any] = {"host": "127.0.0.1", "port": 0} if kept is None else {"sock": kept}
    listening = await asyncio.start_server(serve, **where)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def well(_: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
    del head
    writer.write(OK)
    await writer.drain()


def state(remote: Remote) -> State:
    """Where its breaker stands, asked anew each time."""
    return remote.places.breaker.state


@pytest.mark.fault("F13")
async def test_three_hundred_callers_at_a_service_that_hangs_cost_the_others_nothing() -> None:
    hold = asyncio.Event()
    hanging_on: list[str] = []

    async def hang(_: asyncio.StreamReader, __: asyncio.StreamWriter, head: str) -> None:
        hanging_on.append(head)
        await hold.wait()

    async with server(hang) as hanging, server(well) as healthy:
        resting = Breaker(monotonic=lambda: 0.0)  # for as long as the test lasts
        slow = Remote("slow", f"http://127.0.0.1:{hanging}", limit=32, breaker=resting)
        quick = Remote("quick", f"http://127.0.0.1:{healthy}", limit=32)
        try:
            callers = [asyncio.create_task(ask(slow, deadline=2.0)) for _ in range(300)]
            await asyncio.sleep(0)
            answers = [await ask(quick) for _ in range(200)]
            assert {one.status for one in answers} == {200}
            said = await asyncio.gather(*callers, return_exceptions=True)
            assert all(isinstance(one, UpstreamBusy) and one.headers["Retry-After"] for one in said)
            assert state(slow) is State.OPEN
            assert slow.places.running == quick.places.running == 0
            reached = len(hanging_on)
            for _ in range(20):
                with pytest.raises(UpstreamBusy):
                    await ask(slow)
            assert len(hanging_on) == reached, "they are refused at once"
        finally:
            hold.set()
            await slow.close()
            await quick.close()


@pytest.mark.fault("F12")
async def test_it_opens_within_ten_failures_and_is_found_again() -> None:
    kept = socket.socket()
    kept.bind(("127.0.0.1", 0))  # so nobody else gets the port, and nobody answers on it yet
    port = kept.getsockname()[1]
    away = Remote("away", f"http://127.0.0.1:{port}", limit=8, breaker=Breaker(jitter=lambda: 0.0))
    try:
        refused = 0
        while state(away) is State.CLOSED:
            with pytest.raises(UpstreamBusy):
                await ask(away, "POST", body=b"x")
            refused += 1
        assert refused <= 10
        async with server(well, kept):
            async with asyncio.timeout(60):
                while state(away) is not State.CLOSED:
                    try:
                        await ask(away)
                    except UpstreamBusy:
                        await asyncio.sleep(0.05)
            assert (await ask(away)).status == 200
    finally:
        await away.close()
        kept.close()


@pytest.mark.fault("F12")
async def test_second_tries_are_few_and_only_of_what_may_be_done_twice() -> None:
    got: list[str] = []

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        got.append(head.split(" ", maxsplit=1)[0])
        writer.close()

    async with server(hang_up) as port:
        never = Breaker(failures_to_open=10_000)
        remote = Remote("unsteady", f"http://127.0.0.1:{port}", limit=8, breaker=never)
        try:
            for _ in range(100):
                with pytest.raises(UpstreamBusy):
                    await ask(remote)
            assert 100 < len(got) <= 122
            got.clear()
            remote.places.budget._left = 10.0
            for method, headers in (("POST", ()), ("PATCH", ()), ("PUT", [(b"if-match", b'"3"')])):
                with pytest.raises(UpstreamBusy):
                    await ask(remote, method, body=b"x", headers=headers)
            assert got == ["POST", "PATCH", "PUT"]
        finally:
            await remote.close()


async def test_a_connection_that_broke_is_made_anew_for_what_may_be_done_twice() -> None:
    seen = 0

    async def first_breaks(_: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        nonlocal seen
        del head
        seen += 1
        if seen == 1:
            writer.close()
            return
        writer.write(OK)
        await writer.drain()

    async with server(first_breaks) as port:
        remote = Remote("restarted", f"http://127.0.0.1:{port}", limit=8)
        try:
            assert (await ask(remote)).body == b"ok"
            assert seen == 2
            assert remote.places.breaker.state is State.CLOSED
        finally:
            await remote.close()


async def test_what_is_left_of_the_time_is_passed_on() -> None:
    told: list[int] = []

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        line = next(one for one in head.split("\r\n") if one.lower().startswith("x-internal-timeout-ms"))
        told.append(int(line.split(": ")[1]))
        writer.write(OK)
        await writer.drain()

    async with server(note) as port:
        remote = Remote("told", f"http://127.0.0.1:{port}", limit=8)
        try:
            await ask(remote, deadline=500.0)
        finally:
            await remote.close()
    assert 400_000 < told[0] <= 500_000


@pytest.mark.parametrize("where", ["remote", "in-process"])
async def test_an_answer_that_began_may_not_stand_still_for_ever(where: str) -> None:
    hold = asyncio.Event()

    async def half(_: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        del head
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n")
        await writer.drain()
        await hold.wait()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ab", "more_body": True})
        await hold.wait()

    async with server(half) as port:
        upstream: Remote | InProcess = (
            Remote("half", f"http://127.0.0.1:{port}", limit=2, idle=0.3)
            if where == "remote"
            else InProcess("half", app, limit=2, idle=0.3)
        )
        heard = Heard()
        with pytest.raises(TimeoutError):
            await upstream.forward(scope(), guard(), heard, headers=[], deadline=3600.0)
        hold.set()
        assert heard.body == b"ab"
        assert upstream.places.running == 0
        assert upstream.places.breaker.state is State.CLOSED, "it answers"
        await upstream.close()


async def test_a_sender_that_is_slow_takes_no_place_and_is_no_fault_of_the_service() -> None:
    hold = asyncio.Event()

    async def receive() -> Any:
        await hold.wait()

    async with server(well) as port:
        remote = Remote("patient", f"http://127.0.0.1:{port}", limit=1)
        headers = [(b"content-length", b"10")]
        slow = [
            asyncio.create_task(
                remote.forward(
                    scope("POST", headers=headers),
                    BodyGuard(receive, 100),
                    Heard(),
                    headers=headers,
                    deadline=1.0,
                )
            )
            for _ in range(20)
        ]
        try:
            await asyncio.sleep(0)
            assert remote.places.running == 0
            assert (await ask(remote)).status == 200
            said = await asyncio.gather(*slow, return_exceptions=True)
            assert {type(one) for one in said} == {UpstreamBusy}
            assert remote.places.breaker.state is State.CLOSED
        finally:
            hold.set()
            await remote.close()


async def test_a_sender_that_goes_away_within_its_body_is_no_fault_of_ours() -> None:
    pieces = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return pieces.pop(0)

    remote, heard = Remote("x", "http://127.0.0.1:9", limit=1), Heard()
    headers = [(b"content-length", b"10")]
    await remote.forward(
        scope("POST", headers=headers), BodyGuard(receive, 1_000), heard, headers=headers, deadline=5.0
    )
    assert (heard.status, remote.places.running, state(remote)) == (0, 0, State.CLOSED)


async def test_a_service_in_this_process_is_left_in_peace_too() -> None:
    async def hang(_scope: Any, _receive: Any, _send: Any) -> None:
        await asyncio.sleep(30)

    upstream = InProcess("hanging", hang, limit=8)
    for _ in range(5):
        with pytest.raises(UpstreamBusy):
            await ask(upstream, deadline=0.02)
    assert upstream.places.breaker.state is State.OPEN


def test_the_library_has_the_switch_that_we_use() -> None:
    assert {"_retry_connection"} <= aiohttp.ClientSession.ATTRS
