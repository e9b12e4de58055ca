# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The services that hold something of people, in this process, with one bus and one clock between them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from pydantic import SecretStr

from chassis.access import GrantVerifier
from chassis.bus_memory import MemoryBus
from chassis.clock import FixedClock
from chassis.migrate import Prepared
from chassis.running import Running, running
from chassis.settings import PlatformSettings
from chassis.testing import GRANT_KEY, TUESDAY, caller_headers, fresh_database, own
from demo.chain import organisation_id
from embedded.app import SERVICES
from tests.service.asking import quiet
from tests.service.intake.people import SETTINGS

CONSULENT = "consulent"
QUALITY = "kwaliteitsmedewerker"
LEIDEN = "consulent of Leiden"
TEACHER = "teacher"
POLICY = "policy-officer"
CORPORATION = "corporation"
ADMINISTRATOR = "administrator"
OPERATIONS = "operations"
SCHOOL = organisation_id("echt-nederlands")
LANDLORD = organisation_id("wooninvest")
TOLD: Mapping[str, Mapping[str, Any]] = {"intake": SETTINGS}


def caller(name: str) -> dict[str, str]:
    """The headers with which the gateway passes on a request of somebody."""
    if name in {CONSULENT, QUALITY, POLICY}:
        return caller_headers(roles={name}, scopes=own("1916"), gemeentecode="1916")
    if name == LEIDEN:
        return caller_headers(roles={CONSULENT}, scopes=own("0546"), gemeentecode="0546")
    if name == TEACHER:
        return caller_headers(
            roles={TEACHER}, scopes={}, organisation_id=SCHOOL, organisation_kind="taalschool"
        )
    if name == CORPORATION:
        return caller_headers(
            roles={CORPORATION}, scopes={}, organisation_id=LANDLORD, organisation_kind="woningcorporatie"
        )
    return caller_headers(roles={name}, scopes={}, organisation_kind="operations")


@dataclass(slots=True)
class Chain:
    """The services at work."""

    databases: Mapping[str, Prepared]
    clock: FixedClock
    bus: MemoryBus
    live: dict[str, Running] = field(default_factory=dict)
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    async def ask(
        self, name: str, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """One call; the first part of the path says of which service."""
        client = self.clients[path.split("/")[1]]
        return await client.request(method, path, json=body, headers={**caller(name), **headers})

    async def post(self, name: str, path: str, body: Any, **headers: str) -> Any:
        """The body of a POST that is taken."""
        answer = await self.ask(name, "POST", path, body, **headers)
        assert answer.is_success, f"{name} POST {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def settle(self) -> None:
        """Until no event, job or file is under way anywhere."""
        quiet = False
        for _ in range(200):
            if quiet:
                return
            quiet = all([await one.settle() for one in self.live.values()])
        raise TimeoutError("the chain does not come to rest")

    async def move_clock(self, to: str) -> None:
        """Move the clock of all, and do what that makes due."""
        self.clock.set(datetime.fromisoformat(to))
        await self.settle()


@asynccontextmanager
async def at_work(databases: Mapping[str, Prepared], *, now: datetime = TUESDAY) -> AsyncIterator[Chain]:
    """Start the services on these databases; nothing is sent before all of them read."""
    chain = Chain(databases, FixedClock(now), MemoryBus())
    async with AsyncExitStack() as stack:
        for service in SERVICES:
            settings = service.settings(
                database_url=SecretStr(databases[service.name].app_url),
                pool_size=8,
                **TOLD.get(service.name, {}),
            )
            live = await stack.enter_async_context(
                running(
                    quiet(service),
                    platform=PlatformSettings(environment="test"),
                    settings=settings,
                    clock=chain.clock,
                    bus=_Held(chain),
                    verifier=GrantVerifier(GRANT_KEY.public_key()),
                )
            )
            chain.live[service.name] = live
            transport = httpx.ASGITransport(app=live.app, raise_app_exceptions=False)
            chain.clients[service.name] = await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://chain.test")
            )
        yield chain


class _Held(MemoryBus):
    """The bus of the chain; takes nothing until every service reads, since a later one would miss it."""

    def __init__(self, chain: Chain) -> None:
        super().__init__()
        self._chain = chain

    async def subscribe(self, group: str, topics: Any, deliver: Any) -> None:
        await self._chain.bus.subscribe(group, topics, deliver)

    async def send(self, messages: Any) -> list[Exception | None]:
        if len(self._chain.live) < len(SERVICES):
            return [ConnectionError("not all services read yet")] * len(messages)
        return await self._chain.bus.send(messages)

    async def lag(self, group: str) -> Mapping[str, int]:
        return await self._chain.bus.lag(group)


@asynccontextmanager
async def a_chain(postgres_url: str) -> AsyncIterator[Chain]:
    """The services on new databases; everything is gone when the block ends."""
    async with AsyncExitStack() as stack:
        databases = {
            service.name: await stack.enter_async_context(fresh_database(service, postgres_url))
            for service in SERVICES
        }
        yield await stack.enter_async_context(at_work(databases))
