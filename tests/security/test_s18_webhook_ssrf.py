# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S18: an address that somebody typed never leads into a network that is not theirs."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpcore
import pytest
from hypothesis import given, strategies as st

from services.notifications.partners import receivers
from services.notifications.partners.receivers import Answer, BadAddress, Receivers, check_address, is_public

pytestmark = pytest.mark.security("S18")

INSIDE = (
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - not bound to
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",  # site-local: given up in 2004, and still routed inside where it is used
    "fd12:3456::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:53aa:64c::1",
    "2001:db8::1",
)
BODY = b'{"specversion":"1.0"}'
ID = UUID(int=7)


class Doors:
    """What a connection would have been opened to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[tuple[str, int]] = []

        async def connect(_: Any, host: str, port: int, **__: Any) -> httpcore.AsyncNetworkStream:
            self.opened.append((host, port))
            raise httpcore.ConnectError("not in a test")

        monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect)


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> Doors:
    return Doors(monkeypatch)


def answering(*addresses: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


async def post(url: str, **settings: Any) -> Answer:
    told = {"ports": [443, 8443], "loopback": False, **settings}
    return await Receivers(**told).send(url, message_id=ID, secrets=["whsec_AAAA"], body=BODY)


@pytest.mark.parametrize("address", INSIDE)
async def test_a_name_that_leads_inside_is_not_called(address: str, doors: Doors) -> None:
    assert not is_public(address)
    said = await post("https://zaken.gemeente.example/x", resolver=answering(address))
    assert said == Answer(None, "address-refused")
    assert doors.opened == []


@pytest.mark.parametrize("address", INSIDE)
async def test_one_address_inside_among_good_ones_is_enough(address: str, doors: Doors) -> None:
    said = await post("https://zaken.gemeente.example/x", resolver=answering("93.184.216.34", address))
    assert said.fault == "address-refused"
    assert doors.opened == []


async def test_the_connection_goes_to_the_address_that_was_looked_at(doors: Doors) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    asked = 0

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        nonlocal asked
        asked += 1
        return next(answers)

    said = await post("https://zaken.gemeente.example/x", resolver=rebinding)
    assert said.fault == "no-connection"
    assert (doors.opened, asked) == ([("93.184.216.34", 443)], 1)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://0x7f.0.0.1/x",
        "https://0177.0.0.1/x",
        "https://127.1/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://localhost/x",
        "https://intern/x",
        "https://①②⑦.⓪.⓪.①/x",
        "https://user@zaken.gemeente.example/x",
        "https://zaken.gemeente.example@127.0.0.1/x",
        "https://zaken.gemeente.example\\@127.0.0.1/x",
        "https://zaken.gemeente.example:22/x",
        "https://zaken.gemeente.example:6379/x",
        "https://zaken.gemeente.example:0443443/x",
        "https://zaken.gemeente.example#@127.0.0.1/x",
        "https://zaken.gemeente.example/x#y",
        "https://zaken.gemeente.example/x y",
        "https://zaken.gemeente.example/x\r\nhost: intern",
        "http://zaken.gemeente.example/x",
        "ftp://zaken.gemeente.example/x",
        "file:///etc/passwd",
        "gopher://zaken.gemeente.example/x",
        "//zaken.gemeente.example/x",
        "https:///x",
        "https://-zaken.gemeente.example/x",
        "https://zaken..example/x",
        "https://" + "a" * 2000 + ".example/x",
        "",
    ],
)
async def test_an_address_that_could_mislead_is_refused_when_typed_and_when_used(
    url: str, doors: Doors
) -> None:
    with pytest.raises(BadAddress):
        check_address(url, ports=[443, 8443], loopback=False)
    assert (await post(url, resolver=answering("93.184.216.34"))).fault == "address-refused"
    assert doors.opened == []


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_no_address_is_public_that_the_standard_library_knows_as_private(address: Any) -> None:
    if is_public(str(address)):
        assert address.is_global
        assert not address.is_private
        assert not address.is_multicast


async def test_in_a_trial_only_this_machine_is_allowed_beside_the_internet(doors: Doors) -> None:
    for address in INSIDE:
        if address.startswith("127.") or address == "::1":
            continue
        said = await post("https://zaken.gemeente.example/x", resolver=answering(address), loopback=True)
        assert said.fault == "address-refused", address
    assert doors.opened == []


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(script: Script) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the other side had enough, as it should
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
    finally:
        server.close()


def saying(text: bytes) -> Script:
    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await writer.drain()

    return script


async def test_a_redirect_is_an_answer_and_not_a_way() -> None:
    reached = asyncio.Event()

    async def inside(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    async with listening(inside) as target:
        for status in (301, 302, 303, 307, 308):
            text = f"HTTP/1.1 {status} Go\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n".encode()
            async with listening(saying(text)) as url:
                assert await post(url, loopback=True) == Answer(status, "redirect")
    assert not reached.is_set()


async def test_an_endless_answer_is_read_for_64_kilobytes(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0
    plain = receivers._Bounded.read

    async def counted(self: Any, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        nonlocal read
        found: bytes = await plain(self, max_bytes, timeout)
        read += len(found)
        return found

    monkeypatch.setattr(receivers._Bounded, "read", counted)

    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            await writer.drain()

    async def heads(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-more: " + b"y" * 1000 + b"\r\n")
            await writer.drain()

    async with listening(endless) as url:
        assert await post(url, loopback=True) == Answer(500, "http-500")
        assert 0 < read <= receivers.ANSWER_BYTES
    read = 0
    async with listening(heads) as url:
        assert (await post(url, loopback=True)).fault in {"answer-too-long", "no-http"}
        assert 0 < read <= receivers.ANSWER_BYTES


async def test_a_slow_answer_is_waited_for_so_long_and_no_longer() -> None:
    async def dripping(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"HTTP/1.1 200 OK\r\n" * 100:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    assert receivers.SECONDS == 10.0
    async with listening(dripping) as url:
        started = time.monotonic()
        assert await post(url, loopback=True, seconds=0.4) == Answer(None, "timeout")
        assert time.monotonic() - started < receivers.SECONDS


async def test_what_it_says_after_yes_changes_nothing() -> None:
    async def lingering(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nsecret words")
        await writer.drain()
        await asyncio.sleep(5)

    async with listening(lingering) as url:
        said = await post(url, loopback=True)
        assert said == Answer(200, None)
        assert "secret" not in repr(said)


async def test_no_http_no_name_and_nobody_there_are_told_by_a_code() -> None:
    async with listening(saying(b"\x00\x01\x02 what\r\n\r\n")) as url:
        assert (await post(url, loopback=True)).fault == "no-http"
    assert (await post(url, loopback=True)).fault == "no-connection"

    async def nobody(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    assert (await post("https://zaken.gemeente.example/x", resolver=nobody)).fault == "name-unknown"
