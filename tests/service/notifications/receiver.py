# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real receiver of events on this machine, that can be told to misbehave, and the chain before it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis.testing import service_under_test
from contracts.gateway import GemeenteScopeSet
from services.notifications.jobs import Sender, sender_of
from tests.service.notifications.chain import QUIET, Chain

RING = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
REGISTERED, LED = "nl.inburgering.intake.inburgeraar-registered.v1", "nl.inburgering.intake.lead-assigned.v1"


@dataclass(frozen=True, slots=True)
class Got:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


Answering = Callable[["Got", asyncio.StreamWriter], Any]


@dataclass(slots=True)
class Receiver:
    """What came, and how to answer the next."""

    got: list[Got] = field(default_factory=list)
    taken: list[Got] = field(default_factory=list)  # those that were answered with success
    connections: int = 0
    status: int = 204
    headers: str = ""
    refuse: Callable[[Got], int | None] = lambda _: None
    script: Answering | None = None
    port: int = 0
    _server: Any = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def events(self) -> list[str]:
        return [one.event["id"] for one in self.taken]

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)
            }
            got = Got(
                lines[0].split(" ")[1], headers, await reader.readexactly(int(headers["content-length"]))
            )
            self.got.append(got)
            if self.script is not None:
                await self.script(got, writer)
                return
            status = self.refuse(got) or self.status
            writer.write(
                f"HTTP/1.1 {status} Said\r\n{self.headers}content-length: 0\r\nconnection: close\r\n\r\n".encode()
            )
            await writer.drain()
            if status < 300:
                self.taken.append(got)
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the other side went away, as a test may want
        finally:
            writer.close()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


class Hooked(Chain):
    """The chain with webhooks on."""

    @property
    def sender(self) -> Sender:
        return sender_of(self.bench.live.context)

    async def subscribe(self, url: str, *types: str, who: dict[str, str] | None = None) -> dict[str, Any]:
        made: dict[str, Any] = await self.post(
            "/webhook-subscriptions",
            who or self.policy_lv(),
            {"url": url, "types": list(types) or [REGISTERED, LED]},
            201,
        )
        return made

    async def send(self) -> None:
        """Serve everybody for whom something is due, until nothing more is."""
        await self.run("send-webhooks")
        await self.sender.idle()

    def later(self, seconds: float) -> None:
        """Let real time be so much further on, for waits, leases and signatures."""
        self.sender.ahead += seconds

    async def log(self, subscription: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            await self.get(f"/webhook-subscriptions/{subscription}/deliveries", self.consulent(), **query)
        )["items"]
        return found

    async def told(self, organisation: UUID, *codes: str, version: int) -> None:
        """Let the gateway say of which gemeenten an organisation may hear."""
        await self.bench.deliver(
            GemeenteScopeSet(
                organisation_id=organisation,
                gemeentecode="1916",
                person_codes=codes,
                executing_gemeentecode="1916",
            ),
            gemeentecode="1916",
            aggregate_id=organisation,
            version=version,
        )


@asynccontextmanager
async def hooked(postgres_url: str, **settings: Any) -> AsyncIterator[Hooked]:
    told = {"encryption_keys": RING, "webhook_loopback": True, **settings}
    async with service_under_test(QUIET, postgres_url, settings=told) as bench:
        yield Hooked(bench)
