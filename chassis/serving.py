# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A process that answers: from its first moment, behind a door, until it is told to stop."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

import uvicorn
import uvloop
from starlette.types import ASGIApp

from chassis.logs import log
from chassis.starting import BadSetting, Door, Starting
from chassis.tls import ServerTls
from chassis.wire import guarded

__all__ = [
    "Listener",
    "Opened",
    "StopAsked",
    "new_loop",
    "or_stop",
    "serve_process",
    "serve_until",
    "uvicorn_server",
    "uvloop_run",
]

_GRACE_SECONDS = 6  # for requests under way; what stands behind them has the rest of 10
HANDSHAKE_SECONDS = 10.0  # for the beginning of TLS, as long as for a head (chassis.wire)
FAREWELL_SECONDS = 5.0  # for its end, which the other side must answer

Result = TypeVar("Result")


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: `serve` decides the order of the stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def uvicorn_server(
    app: ASGIApp, *, host: str, port: int, tls: ServerTls | None = None, name: str = "other"
) -> uvicorn.Server:
    """The server of a process: fast loop and parser, no version in its answers, bounded; the name is for metrics."""
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http=guarded(name),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            limit_concurrency=1000,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            ssl_context_factory=None if tls is None else lambda _, __: tls.context,
        )
    )


@dataclass(frozen=True, slots=True)
class Listener:
    """An address on which a process answers; `health` says whether health and metrics are told there.

    With `tls` it answers nothing but TLS.
    """

    name: str
    host: str
    port: int
    health: bool = True
    tls: ServerTls | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a process serves once its start is over: an app for each listener by name."""

    apps: Mapping[str, ASGIApp]
    begin_stop: Callable[[], None]


class StopAsked(Exception):
    """The process was told to stop before it was ready: that is no fault."""


async def or_stop(work: Coroutine[Any, Any, Result], stop: asyncio.Event) -> Result:
    """Do this, unless the stop comes first.

    Raises:
        StopAsked: it came first; the work is cancelled.
    """
    doing = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise StopAsked
        return doing.result()
    finally:
        for task in (doing, stopping):
            task.cancel()
        await asyncio.gather(doing, stopping, return_exceptions=True)


async def serve_process(
    opened: Callable[[Starting], AbstractAsyncContextManager[Opened]], listeners: Sequence[Listener]
) -> None:
    """Answer on all listeners from the first moment, start what stands behind them, until SIGTERM or SIGINT.

    While it starts, health says what it waits for and a signal ends it at once.
    """
    name = listeners[0].name
    stop, drained = asyncio.Event(), asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    starting = Starting(name)
    doors = {one.name: Door(starting, health=one.health) for one in listeners}
    stops: list[Callable[[], None]] = []

    async def live() -> None:
        async with opened(starting) as made:
            for listener, app in made.apps.items():
                doors[listener].app = app
            stops.append(made.begin_stop)
            gc.freeze()  # what is there now stays: the collector need not look through it again and again
            log().info("ready", service=name)
            await drained.wait()

    def begin_stop() -> None:
        for one in stops:
            one()

    living = asyncio.create_task(live())
    serving = [
        asyncio.create_task(
            serve_until(
                doors[one.name],
                stop,
                host=one.host,
                port=one.port,
                name=one.name,
                tls=one.tls,
                on_stop=begin_stop,
            )
        )
        for one in listeners
    ]
    await asyncio.wait({living, *serving}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()  # whichever ended first: the rest ends with it
    ends = await asyncio.gather(*serving, return_exceptions=True)
    drained.set()
    if not stops:
        living.cancel()  # it still waits for something: no more
    ends += await asyncio.gather(living, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
            raise end
    log().info("stopped", service=name)


async def serve_until(
    app: ASGIApp,
    stop: asyncio.Event,
    *,
    host: str,
    port: int,
    name: str,
    tls: ServerTls | None = None,
    on_stop: Any = None,
) -> None:
    """Answer requests until `stop` is set; then finish what is under way, within the grace time.

    Raises:
        BadSetting: the address cannot be listened on.
    """
    server = uvicorn_server(app, host=host, port=port, tls=tls, name=name)
    with _bound(host, port, name) as bound:
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        stopped = asyncio.create_task(stop.wait())
        renewing = None if tls is None else asyncio.create_task(tls.keep_fresh())
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers a flag, no event
            await asyncio.sleep(0.01)
        if not serving.done():
            address = bound.getsockname()
            log().info("listening", service=name, host=address[0], port=address[1])
        await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if on_stop is not None:
            on_stop()
        server.should_exit = True
        stopped.cancel()
        if renewing is not None:
            renewing.cancel()
        await serving


def _bound(host: str, port: int, name: str) -> socket.socket:
    """A socket that is bound here; uvicorn itself would end the process without a word of ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as fault:
        made.close()
        raise BadSetting(
            f"the address of {name}, {host} port {port}, cannot be listened on: {fault.strerror} "
            "(docs/settings.md, the settings HOST and PORT)"
        ) from fault
    return made


def uvloop_run(main_task: Any) -> None:
    """Run on uvloop."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(main_task)


def new_loop() -> asyncio.AbstractEventLoop:
    """The loop of a process."""
    return _Loop()


class _Loop(uvloop.Loop):
    """uvloop that waits for TLS no longer than for anything else: by itself it gives a minute, and uvicorn no say."""

    async def create_server(self, *args: Any, **kwargs: Any) -> Any:
        """Listen."""
        if kwargs.get("ssl") is not None:
            kwargs |= {"ssl_handshake_timeout": HANDSHAKE_SECONDS, "ssl_shutdown_timeout": FAREWELL_SECONDS}
        return await super().create_server(*args, **kwargs)
