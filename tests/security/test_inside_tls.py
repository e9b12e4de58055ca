# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Between our own processes, PostgreSQL and Kafka: TLS, of one authority, for the name that was called, and never without."""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError
from pydantic import AnyHttpUrl, SecretStr
from sqlalchemy.exc import DBAPIError

import chassis.serving
from chassis.bus_kafka import client_options
from chassis.clock import SystemClock
from chassis.metrics import metrics
from chassis.pool import pooled
from chassis.serving import uvicorn_server
from chassis.settings import KafkaSettings, ServiceSettings
from chassis.starting import BadSetting
from chassis.tls import ServerTls, believing, server_tls
from gateway.errors import UpstreamBusy
from gateway.inside import Inside
from gateway.remote import Remote
from gateway.settings import GatewaySettings
from portal.app import create_app
from portal.inside import to_gateway
from portal.settings import PortalSettings
from tests.peers.certificates import Authority
from tests.peers.run import REPOSITORY

HERE = "127.0.0.1"
KEYS = SecretStr("8Jc3rWl0mXq1vH7uY2nT5zB9kD4fG6hJ0pLsQwErTyU=")
WRONG = ["of another authority", "for another name", "that ended"]


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


def certificate(ours: Authority, folder: Path, which: str) -> tuple[Path, Path]:
    """A certificate and its key, right or wrong in one way."""
    if which == "of another authority":
        return Authority(folder, "others").sign("wrong", address=HERE)
    if which == "for another name":
        return ours.sign("wrong", name="elsewhere.example")
    return ours.sign("certificate", address=HERE, days=-1 if which == "that ended" else 1)


async def hello(scope: Any, _receive: Any, send: Any) -> None:
    length = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": scope["scheme"].encode()})


@asynccontextmanager
async def serving(tls: ServerTls | None) -> AsyncIterator[int]:
    server = uvicorn_server(hello, host=HERE, port=0, tls=tls)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def asked(port: int, ours: Authority) -> bytes:
    """What a service says to the gateway."""
    remote = Remote("x", f"https://{HERE}:{port}", limit=1, believed=believing(ours.path, setting="X"))
    try:
        return (await remote.ask("GET", "/", deadline=5.0)).body
    finally:
        await remote.close()


async def test_a_service_is_believed_by_its_certificate(ours: Authority, tmp_path: Path) -> None:
    async with serving(ServerTls(*certificate(ours, tmp_path, "right"))) as port:
        assert await asked(port, ours) == b"https"


@pytest.mark.parametrize("which", WRONG)
async def test_a_certificate_that_is_wrong_in_one_way_is_not_believed(
    ours: Authority, tmp_path: Path, which: str
) -> None:
    async with serving(ServerTls(*certificate(ours, tmp_path, which))) as port:
        with pytest.raises(UpstreamBusy):
            await asked(port, ours)


async def test_neither_side_falls_back_to_plain_http(ours: Authority, tmp_path: Path) -> None:
    async with serving(None) as port:
        with pytest.raises(UpstreamBusy):
            await asked(port, ours)
    async with serving(ServerTls(*certificate(ours, tmp_path, "right"))) as port:
        plain = Remote("x", f"http://{HERE}:{port}", limit=1)
        with pytest.raises(UpstreamBusy):
            await plain.ask("GET", "/", deadline=5.0)
        await plain.close()


@pytest.mark.parametrize("kind", ["EC", "RSA"])
async def test_a_renewed_certificate_is_taken_without_a_restart(
    ours: Authority, tmp_path: Path, kind: str
) -> None:
    first, key = certificate(ours, tmp_path, "for another name")  # with an EC key
    tls = ServerTls(first, key)
    right, right_key = ours.sign("right", address=HERE, kind=kind)
    async with serving(tls) as port:
        first.write_bytes(right.read_bytes() + b"\n")
        tls.renew()  # half of the pair is there: the old one goes on
        with pytest.raises(UpstreamBusy):
            await asked(port, ours)
        key.write_bytes(right_key.read_bytes() + b"\n")
        tls.renew()
        assert await asked(port, ours) == b"https"


class AsGateway:
    """A service is asked as the gateway asks it."""

    def __init__(self, port: int, authority: Path) -> None:
        told = GatewaySettings(upstream_authority_file=authority)
        self._remote = Inside(told, {}, None).upstream("x", f"https://{HERE}:{port}")
        self.close = self._remote.close

    async def ask(self) -> bool:
        try:
            return (await self._remote.ask("GET", "/", deadline=5.0)).body == b"https"
        except UpstreamBusy:
            return False


class AsPortal:
    """The gateway is asked as the portal asks it."""

    def __init__(self, port: int, authority: Path) -> None:
        told = PortalSettings(
            session_keys=KEYS,
            gateway_url=AnyHttpUrl(f"https://{HERE}:{port}"),
            gateway_authority_file=authority,
        )
        self._client = httpx.AsyncClient(base_url=str(told.gateway_url), transport=to_gateway(told))
        self.close = self._client.aclose

    async def ask(self) -> bool:
        try:
            return (await self._client.get("/")).content == b"https"
        except httpx.ConnectError:
            return False


@pytest.mark.parametrize("caller", [AsGateway, AsPortal])
async def test_a_new_authority_is_taken_without_a_restart_and_the_old_is_believed_no_more(
    ours: Authority, tmp_path: Path, caller: type[AsGateway | AsPortal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.tls._LOOK_SECONDS", 0.0)
    files = certificate(ours, tmp_path, "right")
    tls = ServerTls(*files)
    theirs = Authority(tmp_path, "theirs")
    believed = tmp_path / "believed.pem"
    believed.write_bytes(ours.path.read_bytes())
    async with serving(tls) as port:
        asking = caller(port, believed)
        assert await asking.ask()
        believed.write_bytes(theirs.path.read_bytes() + ours.path.read_bytes())  # while one follows the other
        assert await asking.ask()
        believed.write_bytes(theirs.path.read_bytes() + b"\n")
        assert not await asking.ask()  # and not over the connection that is still open
        believed.write_bytes(b"nothing")
        assert not await asking.ask()  # what cannot be used changes nothing
        for kept, made in zip(files, theirs.sign("new", address=HERE), strict=True):
            kept.write_bytes(made.read_bytes() + b"\n")
        tls.renew()
        assert await asking.ask()
        await asking.close()


def ends_in(use: str) -> float:
    """Days until the end, as Prometheus is told."""
    told = metrics().registry.get_sample_value("tls_certificate_end_seconds", {"use": use})
    assert told is not None
    return round((told - SystemClock().now().timestamp()) / 86_400, 2)


def test_prometheus_is_told_when_what_is_in_use_ends(ours: Authority, tmp_path: Path) -> None:
    files = ours.sign("certificate", address=HERE, days=20)
    tls = ServerTls(*files)
    assert ends_in("own") == 20
    renewed = ours.sign("renewed", address=HERE, days=90)
    files[0].write_bytes(renewed[0].read_bytes())
    tls.renew()
    assert ends_in("own") == 20, "half a pair is not in use"
    files[1].write_bytes(renewed[1].read_bytes() + b"\n")
    tls.renew()
    assert ends_in("own") == 90
    both = tmp_path / "chain.pem"
    both.write_bytes(renewed[1].read_bytes() + renewed[0].read_bytes() + ours.path.read_bytes())
    ServerTls(both, None)
    assert ends_in("own") == 1, "a chain ends with the first of it to end"
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(ours.path.read_bytes() + Authority(tmp_path, "next", days=800).path.read_bytes())
    believing(authorities, setting="X")
    assert ends_in("authority") == 800, "and whom to believe with the last"


@pytest.mark.security("S14")
def test_who_begins_no_tls_is_ended_as_who_sends_no_head(
    ours: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chassis.serving.HANDSHAKE_SECONDS + chassis.serving.FAREWELL_SECONDS <= 15
    monkeypatch.setattr("chassis.serving.HANDSHAKE_SECONDS", 0.3)

    async def say_nothing() -> bytes:
        async with serving(ServerTls(*certificate(ours, tmp_path, "right"))) as port:
            reader, writer = await asyncio.open_connection(HERE, port)
            writer.write(b"\x16\x03\x01")  # how TLS begins
            heard = await asyncio.wait_for(reader.read(), 60)
            writer.close()
            return heard

    with asyncio.Runner(loop_factory=chassis.serving.new_loop) as runner:  # the one that processes have
        assert runner.run(say_nothing()) == b""


async def test_the_health_check_of_the_image_follows_the_settings(ours: Authority, tmp_path: Path) -> None:
    async def healthy(port: int, **told: str) -> bool:
        environment = {"HEALTH_URL": f"http://{HERE}:{port}/health/live", **told}
        asked = await asyncio.create_subprocess_exec(
            sys.executable,
            REPOSITORY / "deploy" / "image" / "healthy",
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        return await asked.wait() == 0

    files = certificate(ours, tmp_path, "for another name")  # that of the service: it is asked on loopback
    both, other = tmp_path / "both.pem", certificate(ours, tmp_path, "right")[0]
    both.write_bytes(files[0].read_bytes() + files[1].read_bytes())
    async with serving(None) as port:
        assert await healthy(port)
    async with serving(ServerTls(both, None)) as port:
        assert await healthy(port, INTAKE_TLS_CERTIFICATE_FILE=str(both))
        assert not await healthy(port, INTAKE_TLS_CERTIFICATE_FILE=str(other))
        assert not await healthy(port)


def test_plain_addresses_are_refused_where_an_authority_is_named(ours: Authority) -> None:
    told = GatewaySettings(upstream_authority_file=ours.path)
    Inside(told, {"intake": "https://intake:8000"}, "https://portal:8000")
    with pytest.raises(BadSetting, match=r"GATEWAY_UPSTREAMS \(intake\) must begin with https://"):
        Inside(told, {"intake": "http://intake:8000"}, None)
    with pytest.raises(BadSetting, match="GATEWAY_PORTAL_URL must begin with https://"):
        Inside(told, {}, "http://portal:8000")
    portal = PortalSettings(
        session_keys=KEYS, gateway_url=AnyHttpUrl("http://gateway:8000"), gateway_authority_file=ours.path
    )
    with pytest.raises(BadSetting, match="PORTAL_GATEWAY_URL must begin with https://"):
        create_app(portal)


def test_files_that_are_no_certificate_stop_the_start_with_their_setting(
    ours: Authority, tmp_path: Path
) -> None:
    _, key = certificate(ours, tmp_path, "right")
    for told in (
        ServiceSettings(tls_certificate_file=tmp_path / "nothing.pem"),
        ServiceSettings(tls_certificate_file=key),
        ServiceSettings(tls_key_file=key),
    ):
        with pytest.raises(BadSetting, match="INTAKE_TLS_CERTIFICATE_FILE"):
            server_tls(told, prefix="INTAKE_")
    with pytest.raises(BadSetting, match="GATEWAY_UPSTREAM_AUTHORITY_FILE"):
        Inside(GatewaySettings(upstream_authority_file=key), {}, None)
    assert server_tls(ServiceSettings(), prefix="INTAKE_") is None


class Peer:
    """PostgreSQL or a broker, as far as the beginning of a connection: it keeps what it is told."""

    def __init__(self, files: tuple[Path, Path], *, asks_first: bytes) -> None:
        self.heard = b""
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(*files)
        self._first = asks_first

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._first:
                await reader.readexactly(8)  # whether it speaks TLS
                writer.write(self._first)
            if self._first != b"N":
                await writer.start_tls(self._context)
            self.heard += await reader.read(1000)
        except (OSError, asyncio.IncompleteReadError):
            pass  # it went away, as it may
        finally:
            writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self, HERE, 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()


async def connect_to_postgresql(port: int, ours: Authority) -> None:
    url = f"postgresql://app:secret@{HERE}:{port}/x?sslmode=verify-full&sslrootcert={ours.path}"
    engine = pooled(url, schema="x", size=1)
    try:
        with pytest.raises((OSError, DBAPIError)):
            await engine.connect()
    finally:
        await engine.dispose()


@pytest.mark.parametrize("which", ["right", *WRONG])
async def test_a_password_goes_to_the_database_of_our_authority_only(
    ours: Authority, tmp_path: Path, which: str
) -> None:
    peer = Peer(certificate(ours, tmp_path, which), asks_first=b"S")
    async with peer.listening() as port:
        await connect_to_postgresql(port, ours)
    assert (b"app" in peer.heard) == (which == "right")


async def test_a_database_that_speaks_no_tls_is_told_nothing(ours: Authority, tmp_path: Path) -> None:
    peer = Peer(certificate(ours, tmp_path, "right"), asks_first=b"N")
    async with peer.listening() as port:
        await connect_to_postgresql(port, ours)
    assert peer.heard == b""


@pytest.mark.parametrize("which", ["right", *WRONG])
async def test_events_go_to_brokers_of_our_authority_only(
    ours: Authority, tmp_path: Path, which: str
) -> None:
    peer = Peer(certificate(ours, tmp_path, which), asks_first=b"")
    told = KafkaSettings(security_protocol="SSL", ssl_cafile=ours.path)
    async with peer.listening() as port:
        client = AIOKafkaClient(
            bootstrap_servers=f"{HERE}:{port}",
            client_id="ours",
            request_timeout_ms=2_000,
            **client_options(told),
        )
        with pytest.raises(KafkaConnectionError):  # the right one says nothing more either
            await client.bootstrap()
        await client.close()
    assert (b"ours" in peer.heard) == (which == "right")
