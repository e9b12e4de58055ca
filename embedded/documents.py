# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The OpenAPI documents of all services, made beside the start by a process that ends with it.

For its document a service builds every model it has, most of which nobody asks for for hours: more
than a second of processor time, and memory that a process never gives back.
"""

import asyncio
import gc
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from chassis.app import document_bytes
from chassis.logs import log
from chassis.service import Service
from chassis.settings import PlatformSettings

__all__ = ["Documents"]

_FORK = multiprocessing.get_context("fork")


class Documents:
    """What the process makes, as soon as somebody asks. Made before there is a loop or a thread."""

    def __init__(self, services: Sequence[Service], platform: PlatformSettings, *, lock: int) -> None:
        """Fork the process; it gives back at once its copy of the lock that says who runs here."""
        self._services = {service.name: service for service in services}
        self._platform = platform
        self._pipe, theirs = _FORK.Pipe(duplex=False)
        given = (theirs, services, platform, lock)
        self._process = _FORK.Process(target=_make, args=given, name="documents", daemon=True)
        self._process.start()
        theirs.close()
        self._reading: asyncio.Task[dict[str, bytes]] | None = None

    def of(self, service: Service) -> Callable[[], Awaitable[bytes]]:
        """How one of them is asked for."""

        async def document() -> bytes:
            if self._reading is None:
                self._reading = asyncio.create_task(asyncio.to_thread(self._read))
            made = (await asyncio.shield(self._reading)).get(service.name)
            return document_bytes(service, self._platform) if made is None else made

        return document

    def _read(self) -> dict[str, bytes]:
        """All of them; none when the process was ended before it was done."""
        made: dict[str, bytes] = {}
        try:
            made = self._pipe.recv()
        except EOFError:
            log().warning("documents_not_made")
        self._pipe.close()
        self._process.join()
        return made


def _make(pipe: Connection, services: Sequence[Service], platform: PlatformSettings, lock: int) -> None:
    os.close(lock)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked ends in its own order, and this soon anyway
    gc.disable()  # all of it is thrown away in a moment
    with suppress(BrokenPipeError):  # who asked is gone
        pipe.send({service.name: document_bytes(service, platform) for service in services})
    os._exit(0)  # nothing of what was inherited is tidied up here
