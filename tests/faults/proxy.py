# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A TCP proxy that stands for the network between two processes: slow, lossy, cut; or a balancer before replicas."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Self

_PIECE = 65_536
_RESEND_SECONDS = 0.3  # what a lost segment costs: about the first retransmission of TCP


class Proxy:
    """Listens on a free port of this machine and passes bytes on to the first target that answers."""

    def __init__(self, *targets: str, dice: Random, port: int = 0) -> None:
        """Stand before these addresses, `host:port` or the address of an HTTP server, at a free port or this one."""
        self._port = port
        self.targets = [target.rsplit("/", 1)[-1] for target in targets]
        self.delay = 0.0  # seconds, each way
        self.loss = 0.0  # share of the pieces that must be sent again
        self.cut = False  # nothing passes: connections stand and nobody hears a word
        self._dice = dice
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(0)  # so that the task of a connection that was just accepted begins
        writers = list(self._writers)
        for writer in writers:
            writer.transport.abort()  # what nobody reads any more must not keep it open
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """Where it listens, for HTTP."""
        return f"http://127.0.0.1:{self.port}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            async with self._closing(writer):
                await self._join(reader, writer)
        finally:
            self._tasks.discard(task)

    @asynccontextmanager
    async def _closing(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        """Keep a connection in sight until it is closed: what is still to be written goes first."""
        self._writers.add(writer)
        try:
            yield
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            self._writers.discard(writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._until_whole()
        for target in list(self.targets):
            host, _, port = target.rpartition(":")
            try:
                far_reader, far_writer = await asyncio.open_connection(host, int(port))
            except OSError:
                continue  # the next replica
            break
        else:
            return
        async with self._closing(far_writer):
            both = [
                asyncio.create_task(self._pass(reader, far_writer)),
                asyncio.create_task(self._pass(far_reader, writer)),
            ]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in both:
                    one.cancel()
                await asyncio.gather(*both, return_exceptions=True)
                writer.close()  # both sides hear of the end at once

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(_PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                while self._dice.random() < self.loss:
                    await asyncio.sleep(_RESEND_SECONDS)
                await self._until_whole()
                writer.write(piece)
                await writer.drain()

    async def _until_whole(self) -> None:
        while self.cut:
            await asyncio.sleep(0.05)
