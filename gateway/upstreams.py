# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The services behind the gateway: what each is asked, and how one in this process answers (else: `gateway.remote`).

Each has a pool, a limit and a breaker of its own, so that a slow one takes nothing from the others.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from starlette.types import ASGIApp, Message, Scope, Send

from gateway.breaker import Breaker
from gateway.limits import BodyGuard
from gateway.places import Places, late

__all__ = ["ANSWER_IDLE_SECONDS", "Answer", "Headers", "InProcess", "Upstream"]

Headers = list[tuple[bytes, bytes]]

ANSWER_IDLE_SECONDS = 30.0
"""For so long an answer that began may stand still."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, for the gateway's own questions to a service."""

    status: int
    body: bytes


class Upstream(Protocol):
    """One service."""

    name: str

    async def forward(
        self, scope: Scope, receive: BodyGuard, send: Send, *, headers: Headers, deadline: float
    ) -> None:
        """Pass a request on and its answer back, both as they come.

        Raises:
            UpstreamBusy: the service is full, away, or did not begin its answer in time.
        """
        ...

    async def ask(
        self, method: str, path: str, *, headers: Iterable[tuple[bytes, bytes]] = (), deadline: float
    ) -> Answer:
        """Ask something without a body.

        Raises:
            UpstreamBusy: as in `forward`.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class InProcess:
    """A service in this process: the request goes straight to its app."""

    def __init__(
        self,
        name: str,
        app: ASGIApp,
        *,
        limit: int,
        idle: float = ANSWER_IDLE_SECONDS,
        breaker: Breaker | None = None,
    ) -> None:
        """Wrap an app that takes at most `limit` requests at one time."""
        self.name = name
        self._app = app
        self._idle = idle
        self.places = Places(name, limit, breaker)

    async def forward(
        self, scope: Scope, receive: BodyGuard, send: Send, *, headers: Headers, deadline: float
    ) -> None:
        """Pass a request on, as `Upstream` says."""
        loop = asyncio.get_running_loop()
        with self.places.take() as place:
            try:
                async with asyncio.timeout(deadline) as limit:

                    async def answer(message: Message) -> None:
                        # It began in time; from now on each piece has its own.
                        place.answer_began()
                        if message["type"] == "http.response.start" or message.get("more_body", False):
                            limit.reschedule(loop.time() + self._idle)
                        await send(message)

                    # How long it may take is not told as to others: what ends it is the time-out around it.
                    inner = {**scope, "headers": headers, "state": {}}
                    await self._app(inner, receive, answer)
            except TimeoutError:
                if place.began:
                    raise
                if not receive.at_fault:
                    place.failed("timeout")
                raise late(self.name) from None

    async def ask(
        self, method: str, path: str, *, headers: Iterable[tuple[bytes, bytes]] = (), deadline: float
    ) -> Answer:
        """Ask something, as `Upstream` says."""
        plain, _, query = path.partition("?")
        status = 0
        body = bytearray()
        asked = False

        async def receive() -> Message:
            nonlocal asked
            if asked:
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                body.extend(message.get("body", b""))

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": plain,
            "raw_path": plain.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"internal"), *headers],
            "client": None,
            "server": ("internal", 80),
            "state": {},
        }
        try:
            async with asyncio.timeout(deadline):
                await self._app(scope, receive, send)
        except TimeoutError:
            raise late(self.name) from None
        return Answer(status, bytes(body))

    async def close(self) -> None:
        """Nothing is held."""
