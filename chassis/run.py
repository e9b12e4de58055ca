# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Starting services, alone or together: `serve`, `migrate` and `openapi` of `python -m services.<name>`.

Starlette does not run the lifespan of a mounted app, so start and stop are owned here.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import ValidationError
from starlette.types import ASGIApp

from chassis import logs
from chassis.access import GrantVerifier
from chassis.app import openapi_document
from chassis.bus import Bus
from chassis.bus_kafka import KafkaBus, TooFewPartitions, client_options, ensure_topics
from chassis.clock import Clock, MovableClock, SystemClock
from chassis.db import UnsafeRole
from chassis.logs import log
from chassis.migrate import migrate
from chassis.running import Running, running
from chassis.service import Service
from chassis.settings import KafkaSettings, PlatformSettings, platform_settings
from chassis.wire import GuardedHttp

__all__ = ["Running", "grant_verifier", "main", "make_clock", "running", "serve", "uvicorn_server"]

_GRACE_SECONDS = 8


class BadSetting(RuntimeError):
    """A setting is missing or wrong; the text names it and says what was expected."""


def make_clock(platform: PlatformSettings) -> Clock:
    """The clock of this process; the settings themselves refuse a movable one in production."""
    if platform.clock_file is not None:
        return MovableClock(platform.clock_file, start=platform.clock)
    if platform.clock is not None:
        return MovableClock(Path(tempfile.mkdtemp()) / "clock.json", start=platform.clock)
    return SystemClock()


def grant_verifier(platform: PlatformSettings) -> GrantVerifier:
    """The check of the gateway's grants.

    Raises:
        BadSetting: the public key is missing or is not an Ed25519 key.
    """
    text = platform.grant_public_key.replace("\\n", "\n")
    if text.startswith("/") or text.endswith(".pem"):
        text = Path(text).read_text()
    try:
        key = load_pem_public_key(text.encode())
    except ValueError as fault:
        raise BadSetting(
            "OPEN_INBURGERING_GRANT_PUBLIC_KEY must be an Ed25519 public key in PEM form, or the path of one "
            "(docs/settings.md)"
        ) from fault
    if not isinstance(key, Ed25519PublicKey):
        raise BadSetting("OPEN_INBURGERING_GRANT_PUBLIC_KEY must be an Ed25519 public key (docs/settings.md)")
    return GrantVerifier(key)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: `serve` decides the order of the stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def uvicorn_server(app: ASGIApp, *, host: str, port: int) -> uvicorn.Server:
    """The server of a process: fast loop and parser, no version in its answers, bounded."""
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http=GuardedHttp,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            limit_concurrency=1000,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
    )


@asynccontextmanager
async def kafka_bus(services: Sequence[Service], client_id: str) -> AsyncIterator[Bus]:
    """The bus on Kafka, its topics made where the broker can be reached already.

    Raises:
        BadSetting: no broker is named, or a topic has too few partitions.
    """
    settings = KafkaSettings()
    if not settings.bootstrap_servers:
        raise BadSetting("KAFKA_BOOTSTRAP_SERVERS is missing: host:port of the brokers (docs/settings.md)")
    topics = sorted(
        {settings.topic_prefix + topic for service in services for topic in (service.topic, *service.reads)}
    )
    try:
        await asyncio.wait_for(
            ensure_topics(
                settings.bootstrap_servers,
                topics,
                replication=settings.replication,
                options=client_options(settings),
            ),
            15,
        )
    except TooFewPartitions as fault:
        raise BadSetting(f"{fault}; see docs/settings.md, KAFKA_BOOTSTRAP_SERVERS") from fault
    except Exception as fault:  # noqa: BLE001 - relay and reader wait for a broker that is away
        log().warning(
            "broker_unreachable_at_start", brokers=settings.bootstrap_servers, fault=type(fault).__name__
        )
    bus = KafkaBus(
        settings.bootstrap_servers,
        client_id=client_id,
        prefix=settings.topic_prefix,
        options=client_options(settings),
    )
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()


async def serve(service: Service) -> None:
    """Run one service as this process, on Kafka, until SIGTERM or SIGINT."""
    platform = platform_settings()
    settings = service.settings()
    if not settings.database_url.get_secret_value():
        prefix = service.settings.model_config.get("env_prefix", "")
        raise BadSetting(
            f"{prefix}DATABASE_URL is missing: the PostgreSQL address of the running role (docs/settings.md)"
        )
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(kafka_bus([service], f"{service.name}-{os.getpid()}"))
        live = await stack.enter_async_context(
            running(
                service,
                platform=platform,
                settings=settings,
                clock=make_clock(platform),
                bus=bus,
                verifier=grant_verifier(platform),
            )
        )
        # Only now: while it still waits for its database, a signal ends the process at once.
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, stop.set)
        await serve_until(
            live.app, stop, host=settings.host, port=settings.port, name=service.name, on_stop=live.begin_stop
        )
    log().info("stopped", service=service.name)


async def serve_until(
    app: ASGIApp, stop: asyncio.Event, *, host: str, port: int, name: str, on_stop: Any = None
) -> None:
    """Answer requests until `stop` is set; then finish what is under way, within the grace time."""
    server = uvicorn_server(app, host=host, port=port)
    serving = asyncio.create_task(server.serve())
    stopped = asyncio.create_task(stop.wait())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers a flag, no event
        await asyncio.sleep(0.01)
    if not serving.done():
        address = server.servers[0].sockets[0].getsockname()
        log().info("listening", service=name, host=address[0], port=address[1])
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if on_stop is not None:
        on_stop()
    server.should_exit = True
    stopped.cancel()
    await serving


def main(service: Service, arguments: Sequence[str] | None = None) -> None:
    """The command of one service: `python -m services.<name> serve|migrate|openapi`."""
    parser = argparse.ArgumentParser(
        prog=f"python -m services.{service.schema}", description=service.description
    )
    parser.add_argument("what", choices=("serve", "migrate", "openapi"), help="what to do")
    what = parser.parse_args(arguments).what
    try:
        platform = platform_settings()
        logs.configure(platform.log_level)
        if what == "openapi":
            json.dump(openapi_document(service, platform), sys.stdout, indent=1, ensure_ascii=False)
            sys.stdout.write("\n")
        elif what == "migrate":
            url = service.settings().owner_database_url.get_secret_value()
            if not url:
                prefix = service.settings.model_config.get("env_prefix", "")
                raise BadSetting(
                    f"{prefix}OWNER_DATABASE_URL is missing: the PostgreSQL address of the owning role"
                )
            asyncio.run(migrate(service, url))
        else:
            uvloop_run(serve(service))
    except (BadSetting, UnsafeRole, ValidationError) as fault:
        sys.exit(f"{service.name} does not start: {explain(fault)}")


def uvloop_run(main_task: Any) -> None:
    """Run on uvloop."""
    with asyncio.Runner(loop_factory=_uvloop) as runner:
        runner.run(main_task)


def _uvloop() -> asyncio.AbstractEventLoop:
    return uvloop.new_event_loop()


def explain(fault: Exception) -> str:
    """A fault of the settings in words, without any value: it can be a secret."""
    if isinstance(fault, ValidationError):
        found = []
        for error in fault.errors(include_input=False, include_url=False):
            place = ".".join(str(part) for part in error["loc"])
            said = error["msg"].removeprefix("Value error, ")
            found.append(f"setting {place}: {said}" if place else said)
        return "; ".join(found) + " (docs/settings.md)"
    return str(fault)
