# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""P02: the gateway in front of an upstream that costs nothing, beside nginx and haproxy; and in process."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack
from pathlib import Path

from pydantic import SecretStr
from starlette.types import ASGIApp, Message

from bench import peers
from bench.lab import Lab
from bench.load import LOAD_CORE, SERVER_CORE, Request
from bench.machine import pinned, watched
from bench.parts.p01 import BODY, PATH
from bench.platform import Installation, logged, member, openapi
from bench.results import Part, Sample, Series, Target, ratio_figure, rounds, value_figure
from bench.service.app import QUIET
from chassis.access import GRANT_HEADER
from chassis.bus_memory import MemoryBus
from chassis.clock import SystemClock
from chassis.migrate import Prepared
from chassis.running import Running, running
from chassis.service import Service
from chassis.settings import PlatformSettings, ServiceSettings
from contracts.access import Role
from gateway.app import gateway, grant_verifier_of
from gateway.settings import BUILT_IN, GatewaySettings

__all__ = ["measure", "proxy_server"]

_ANSWER = '{"id":"0b9f0a3e-8d2c-4c88-9a2b-7f1d5d3c2b20","filler":"' + "x" * 240 + '"}'
_HEADERS = {"Content-Type": "application/json"}


def _upstream(port: int, document: Path) -> str:
    """An nginx that answers at once as the measured service would, and publishes its contract."""
    return f"""server {{ listen 127.0.0.1:{port}; default_type application/json; keepalive_timeout 300;
location = /bench/v1/openapi.json {{ alias {document}; }}
location / {{ return 200 '{_ANSWER}'; }} }}"""


def proxy_server(port: int, upstream: int) -> str:
    """An nginx that passes everything on over connections that stay open."""
    return f"""upstream behind {{ server 127.0.0.1:{upstream}; keepalive 64; }}
server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://behind; proxy_http_version 1.1;
proxy_set_header Connection ""; }} }}"""


def _haproxy(port: int, upstream: int) -> str:
    return f"""global
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    http-reuse always
listen door
    bind 127.0.0.1:{port}
    server behind 127.0.0.1:{upstream}
"""


def _loaded(pid: int, url: str, request: Request, seconds: float) -> Callable[[], Sample]:
    def run() -> Sample:
        many = request.run(url, connections=32, seconds=seconds, watch=(pid,))
        # A try has no time for a second run.
        one = many if seconds <= 1 else request.run(url, connections=1, seconds=seconds / 2, watch=(pid,))
        if many.refused or many.broken:
            raise RuntimeError(f"{url}: {many.refused} refused, {many.broken} broken of {many.requests}")
        return Sample(
            {
                "perSecond": many.per_second,
                "cpuMicroseconds": many.cpu_microseconds(pid),
                "p50Milliseconds": many.p50,
                "p99Milliseconds": many.p99,
                "p50AloneMilliseconds": one.p50,
            },
            max(many.window.foreign, one.window.foreign),
        )

    return run


def measure(lab: Lab) -> Part:
    """The gateway as a process of its own, and as a part of one process."""
    part = Part("P02", "Gateway", lab.sizes.name)
    installation = lab.installation
    database = lab.run(installation.gateway_database())
    seconds = lab.sizes.seconds
    with ExitStack() as stack:
        document = lab.home / "bench-openapi.json"
        document.write_bytes(openapi("bench.service", installation.told))
        document.chmod(0o644)
        upstream = peers.free_port()
        stack.enter_context(
            peers.nginx(
                lab.home / "upstream",
                _upstream(upstream, document),
                port=upstream,
                before=pinned(LOAD_CORE),
            )
        )
        ports = {"nginx": peers.free_port(), "haproxy": peers.free_port()}
        nginx = stack.enter_context(
            peers.nginx(
                lab.home / "nginx",
                proxy_server(ports["nginx"], upstream),
                port=ports["nginx"],
                before=pinned(SERVER_CORE),
            )
        )
        contestants: dict[str, tuple[int, str]] = {
            "nginx": (nginx, f"http://127.0.0.1:{ports['nginx']}{PATH}")
        }
        try:
            pid = stack.enter_context(
                peers.haproxy(
                    lab.home / "haproxy",
                    _haproxy(ports["haproxy"], upstream),
                    port=ports["haproxy"],
                    before=pinned(SERVER_CORE),
                )
            )
            contestants["haproxy"] = (pid, f"http://127.0.0.1:{ports['haproxy']}{PATH}")
        except peers.MissingPeer as missing:
            print(f"P02: {missing}; measured without it")
        door = stack.enter_context(installation.gateway(database, {"bench": f"http://127.0.0.1:{upstream}"}))
        token = installation.token(door.url, member(Role.TEACHER))
        plain = Request("POST", BODY, _HEADERS)
        direct = f"http://127.0.0.1:{upstream}{PATH}"
        found = rounds(
            {
                "gateway": _loaded(
                    door.pid, door.url + PATH, Request("POST", BODY, {**_HEADERS, **token}), seconds
                ),
                **{name: _loaded(pid, url, plain, seconds) for name, (pid, url) in contestants.items()},
                "no proxy": _loaded(nginx, direct, plain, seconds),
            },
            times=lab.sizes.rounds,
        )
    with logged(lab.home / "in-process.log"):
        inside = lab.run(_in_process(lab, installation, database))
    part.series = [*found.values(), *inside.values()]
    ours, nginx_series = found["gateway"], found["nginx"]
    part.figures = [
        ratio_figure("req/s, c32", ours, nginx_series, "perSecond", target=Target(0.12, 0.18)),
        ratio_figure(
            "CPU per request", ours, nginx_series, "cpuMicroseconds", target=Target(15, 9, more=False)
        ),
        value_figure("CPU per request", ours, "cpuMicroseconds", "µs"),
        value_figure(
            "added p50, c1",
            _added(ours, found["no proxy"]),
            "added",
            "ms",
            target=Target(0.8, 0.4, more=False),
        ),
        ratio_figure(
            "in process: gateway and app, CPU",
            inside["in process: gateway and app"],
            inside["in process: app alone"],
            "cpuMicroseconds",
            target=Target(2.0, 1.5, more=False),
        ),
    ]
    if "haproxy" in found:
        part.figures.insert(1, ratio_figure("req/s, c32", ours, found["haproxy"], "perSecond"))
    return part


def _added(ours: Series, direct: Series) -> Series:
    pairs = zip(ours.samples, direct.samples, strict=True)
    key = "p50AloneMilliseconds"
    return Series(
        "added by the gateway",
        [
            Sample({"added": mine.values[key] - bare.values[key]}, max(mine.foreign, bare.foreign))
            for mine, bare in pairs
        ],
    )


async def _in_process(lab: Lab, installation: Installation, database: Prepared) -> dict[str, Series]:
    """What one request costs through the gateway and the app in one process, and through the app alone."""
    app_database = await installation.database(QUIET)
    told = installation.told
    settings = GatewaySettings(
        database_url=SecretStr(database.app_url),
        grant_private_key=SecretStr(told["GATEWAY_GRANT_PRIVATE_KEY"]),
        state_dir=Path(told["GATEWAY_STATE_DIR"]),
        bootstrap_file=Path(told["GATEWAY_BOOTSTRAP_FILE"]),
        caller_per_second=1e6,
        caller_burst=1_000_000,
        organisation_per_second=1e6,
        organisation_burst=1_000_000,
    )
    platform = PlatformSettings(environment="test", public_url=told["OPEN_INBURGERING_PUBLIC_URL"])
    async with AsyncExitStack() as stack:
        live = await stack.enter_async_context(_running(QUIET, platform, settings, app_database))
        door = await stack.enter_async_context(
            gateway(
                platform=platform,
                settings=settings,
                clock=SystemClock(),
                bus=MemoryBus(),
                upstreams={"bench": live.app},
            )
        )
        if door.issuer is None:
            raise RuntimeError(f"no issuer {BUILT_IN}")
        identity = door.directory.named(member(Role.TEACHER))
        if identity is None:
            raise RuntimeError("the identities of the demo are not there")
        bearer = f"Bearer {door.issuer.access_token(identity)['access_token']}".encode()
        grant = installation.grant(Role.TEACHER)[GRANT_HEADER].encode()
        calls = 2000 if lab.sizes.rounds > 1 else 100
        contestants = {
            "in process: gateway and app": (door.app, [(b"authorization", bearer)]),
            "in process: app alone": (live.app, [(GRANT_HEADER.lower().encode(), grant)]),
        }
        found = {name: Series(name) for name in contestants}
        for app, headers in contestants.values():
            await _call_many(app, headers, 50)
        for _ in range(lab.sizes.rounds):
            for name, (app, headers) in contestants.items():
                with watched() as window:
                    began = time.process_time()
                    await _call_many(app, headers, calls)
                    used = time.process_time() - began
                found[name].samples.append(Sample({"cpuMicroseconds": used / calls * 1e6}, window.foreign))
    return found


def _running(
    service: Service, platform: PlatformSettings, settings: GatewaySettings, database: Prepared
) -> AbstractAsyncContextManager[Running]:
    return running(
        service,
        platform=platform,
        settings=ServiceSettings(database_url=SecretStr(database.app_url)),
        clock=SystemClock(),
        bus=MemoryBus(),
        verifier=grant_verifier_of(settings, environment="test"),
    )


async def _call_many(app: ASGIApp, headers: list[tuple[bytes, bytes]], times: int) -> None:
    for number in range(times):
        await _call(app, headers)
        if number % 100 == 0:
            await asyncio.sleep(0)


async def _call(app: ASGIApp, headers: list[tuple[bytes, bytes]]) -> None:
    """One POST, without a socket."""
    body = BODY.encode()
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            *headers,
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    await app(scope, receive, send)
    if status != 201:
        raise RuntimeError(f"answered {status}")
