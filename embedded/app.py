# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every service, the gateway and the portal in one process; events go from the outbox to the handlers."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import httpx
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis import logs
from chassis.bus import Message
from chassis.bus_memory import MemoryBus
from chassis.clock import Clock, MovableClock
from chassis.logs import log
from chassis.migrate import Prepared
from chassis.run import (
    REFUSALS,
    StopAsked,
    explain,
    make_clock,
    or_stop,
    read_settings,
    running,
    serve_until,
    uvloop_run,
)
from chassis.service import Service
from chassis.settings import PlatformSettings, platform_settings
from embedded.databases import prepare_databases
from embedded.documents import Documents
from embedded.down import end_leftovers
from embedded.environment import environment
from embedded.faults import CannotStart
from embedded.folder import DataFolder
from embedded.postgres import EmbeddedPostgres
from embedded.settings import MachineSettings
from gateway.app import SERVICE as GATEWAY, BadGatewaySetting, Gateway, gateway, grant_verifier_of
from gateway.bootstrap import BootstrapError
from gateway.settings import GatewaySettings
from portal.app import create_app
from portal.build import build as build_assets
from portal.settings import PortalSettings
from services.housing.app import SERVICE as HOUSING
from services.intake.app import SERVICE as INTAKE
from services.learning_routes.app import SERVICE as LEARNING_ROUTES
from services.notifications.app import SERVICE as NOTIFICATIONS

__all__ = ["ALL", "DATABASE", "GATEWAY", "SERVICES", "Beside", "check_port", "everything", "run_demo"]

SERVICES: tuple[Service, ...] = (INTAKE, HOUSING, LEARNING_ROUTES, NOTIFICATIONS)
"""The services behind the gateway."""

ALL: tuple[Service, ...] = (GATEWAY, *SERVICES)
"""All that have a schema."""

Beside = Callable[[str, Path, Awaitable[None]], Awaitable[None]]
"""What runs beside the platform once it answers.

Gets its address, the data folder, and what must be done before people are told that it is ready.
"""

DATABASE = "open_inburgering"
"""The one database of the demo, with a schema per service."""

_SAVE_SECONDS = 15.0
_HOST = "127.0.0.1"


class _HeldBus(MemoryBus):
    """Holds what is sent until every service reads: a reader that came later would miss it."""

    def __init__(self) -> None:
        super().__init__()
        self._open = asyncio.Event()

    def let_through(self) -> None:
        """All have subscribed."""
        self._open.set()

    async def send(self, messages: Sequence[Message]) -> list[Exception | None]:
        """Hand the messages to every group, as soon as all groups are there."""
        await self._open.wait()
        return await super().send(messages)


@asynccontextmanager
async def everything(
    databases: Mapping[str, Prepared],
    *,
    platform: PlatformSettings,
    clock: Clock,
    documents: Documents | None = None,
) -> AsyncIterator[Gateway]:
    """Start the whole platform in this process; it stops when the block ends.

    Args:
        databases: the addresses per service.
        platform: what all are told; each service reads its own settings from the environment.
        clock: the time that the law reckons with.
        documents: the OpenAPI documents, where they are made beside it; None: each service makes its own.
    """
    told = GatewaySettings(database_url=SecretStr(databases[GATEWAY.name].app_url))
    verifier = grant_verifier_of(told, environment=platform.environment)
    bus = _HeldBus()
    front = _LaterApp()
    async with AsyncExitStack() as stack:
        apps: dict[str, ASGIApp] = {}
        for service in SERVICES:
            settings = service.settings(database_url=SecretStr(databases[service.name].app_url))
            live = await stack.enter_async_context(
                running(
                    service if documents is None else replace(service, document=documents.of(service)),
                    platform=platform,
                    settings=settings,
                    clock=clock,
                    bus=bus,
                    verifier=verifier,
                )
            )
            apps[service.name] = live.app
        screens = create_app(PortalSettings(), httpx.ASGITransport(app=front))
        door = await stack.enter_async_context(
            gateway(
                platform=platform,
                settings=told,
                clock=clock,
                bus=bus,
                upstreams=apps,
                portal=screens,
                document=None if documents is None else documents.of(GATEWAY),
            )
        )
        front.app = door.app
        bus.let_through()
        yield door


class _LaterApp:
    """The front door for the portal, which must exist before the door does."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def run_demo(
    settings: MachineSettings,
    *,
    bootstrap: Callable[[Path], Path],
    beside: Beside,
    say: Callable[[str], None],
) -> None:
    """Run the demo on this machine until SIGTERM or SIGINT; nothing is left running.

    Args:
        settings: of the machine.
        bootstrap: makes the identities in the folder of secrets, and answers the gateway's bootstrap file.
        beside: what runs once the platform answers; when it fails, the platform goes on.
        say: tells a person what happens.

    Raises:
        CannotStart: something on this machine is in the way.
    """
    folder = DataFolder.locate(settings.data)
    folder.prepare()
    address = f"http://{_HOST}:{settings.port}"
    with folder.hold("demo", address=address) as lock, _end_politely():
        for line in end_leftovers(folder):
            say(line)
        check_port(settings.port)
        os.environ.update(environment(folder, address=address, bootstrap=bootstrap(folder.secrets)))
        server = EmbeddedPostgres(folder)
        try:
            documents = Documents(ALL, platform_settings(), lock=lock)
            server.start()
            with _log_into(folder.logs / "demo.log"):
                logs.configure(platform_settings().log_level)
                uvloop_run(_serve(folder, server, documents, settings, beside, say))
        except (*REFUSALS, BadGatewaySetting, BootstrapError) as fault:
            raise CannotStart(
                explain(fault), remedy="The settings are described in docs/settings.md."
            ) from fault
        finally:
            server.stop()


async def _serve(
    folder: DataFolder,
    server: EmbeddedPostgres,
    documents: Documents,
    settings: MachineSettings,
    beside: Beside,
    say: Callable[[str], None],
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    assets = asyncio.create_task(_build_assets(say))  # npm takes a while the first time: beside all else
    platform = platform_settings()
    had_a_clock = folder.clock.exists()
    clock = make_clock(platform)
    if had_a_clock and isinstance(clock, MovableClock):
        clock.resume()
    async with AsyncExitStack() as stack:
        try:
            databases = await or_stop(
                prepare_databases(
                    ALL,
                    admin_url=server.url,
                    name_of=lambda _: DATABASE,
                    passwords=folder.secrets / "databases.json",
                ),
                stop,
            )
            starting = everything(databases, platform=platform, clock=clock, documents=documents)
            door = await or_stop(stack.enter_async_context(starting), stop)
        except StopAsked:
            assets.cancel()
            return
        gc.freeze()  # as chassis.serving does, once all is there
        tasks = [
            asyncio.create_task(_run_beside(beside, platform.public_url, folder, assets, say)),
            asyncio.create_task(_keep_clock(clock)),
        ]
        try:
            await asyncio.gather(
                serve_until(
                    door.app,
                    stop,
                    host=_HOST,
                    port=settings.port,
                    name="open-inburgering",
                    on_stop=door.begin_stop,
                ),
                *_internal(door, stop),
            )
        finally:
            for task in (*tasks, assets):
                task.cancel()
            await asyncio.gather(*tasks, assets, return_exceptions=True)
    if isinstance(clock, MovableClock):
        clock.save()


def _internal(door: Gateway, stop: asyncio.Event) -> list[Coroutine[None, None, None]]:
    """The listener for health and metrics, where one is set."""
    told = read_settings(GatewaySettings)
    if not told.internal_port:
        return []
    return [
        serve_until(
            door.internal,
            stop,
            host=told.internal_host,
            port=told.internal_port,
            name="open-inburgering-internal",
        )
    ]


async def _run_beside(
    beside: Beside, address: str, folder: DataFolder, first: Awaitable[None], say: Callable[[str], None]
) -> None:
    try:
        await beside(address, folder.root, first)
    except Exception as fault:  # noqa: BLE001 - the platform is more than what runs beside it
        log().exception("beside_failed")
        cause = fault
        while isinstance(cause, ExceptionGroup):
            cause = cause.exceptions[0]
        say(
            f"The loading of demo data stopped: {cause}\nThe platform goes on; start it again to load the rest."
        )


async def _keep_clock(clock: Clock) -> None:
    """Save the position of a demo's clock now and then: while all is down, it stands still."""
    while isinstance(clock, MovableClock):
        await asyncio.sleep(_SAVE_SECONDS)
        clock.save()


@contextmanager
def _end_politely() -> Iterator[None]:
    """Let SIGTERM unwind the stack, as Ctrl-C does, while no event loop listens to it."""

    def leave(_: int, __: FrameType | None) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _log_into(path: Path) -> Iterator[None]:
    """Send what this process writes to standard error into a file: the terminal is for the person."""
    sys.stderr.flush()
    kept = os.dup(2)
    with path.open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


def check_port(port: int) -> None:
    """See that a port of this machine is free.

    Raises:
        CannotStart: another program listens on it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as fault:
            raise CannotStart(
                f"Port {port} is in use by another program.",
                remedy="Set OPEN_INBURGERING_PORT to a free port, for example "
                f"`OPEN_INBURGERING_PORT={port + 80} make demo`.",
            ) from fault


async def _build_assets(say: Callable[[str], None]) -> None:
    try:
        await asyncio.to_thread(build_assets)
    except (RuntimeError, OSError) as fault:
        log().exception("assets_not_built")
        say(f"The portal has no style sheets and fonts: {fault}\nRun `make setup` to get them.")
