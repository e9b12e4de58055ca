# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real gateway that believes one external issuer, before stand-ins that publish what the services publish.

A stand-in answers nothing but its own OpenAPI document and counts what else reaches it: a request
that comes through was accepted.
"""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from chassis.app import openapi_document
from chassis.bus_memory import MemoryBus
from chassis.clock import SystemClock
from chassis.service import Service
from chassis.settings import PlatformSettings
from chassis.testing import fresh_database
from embedded.app import SERVICES
from gateway.app import SERVICE, Gateway, gateway
from gateway.catalogue import Operation
from gateway.front import Front
from gateway.keys import RemoteKeys
from gateway.settings import ExternalIssuer, GatewaySettings
from gateway.tokens import TokenVerifier
from tests.security.wrong_tokens import AUDIENCE, Realm
from tests.service.gateway.world import bootstrap_document, served

MEMBER = "consulent-lv"
URL = "http://gateway.example"
_PLATFORM = PlatformSettings(environment="test", pseudonym_key=SecretStr("a-long-random-text"))


class StandIn:
    """A service by its document alone."""

    def __init__(self, service: Service) -> None:
        self.name = service.name
        self._document = openapi_document(service, _PLATFORM)
        self.reached: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = Request(scope).url.path
        if path.endswith("/openapi.json"):
            await JSONResponse(self._document)(scope, receive, send)
            return
        if not path.startswith("/health/"):
            self.reached.append(f"{scope['method']} {path}")
        await JSONResponse({})(scope, receive, send)


@dataclass(slots=True)
class Gate:
    """The gateway, its issuer, and hands to try its door with."""

    door: Gateway
    realm: Realm
    services: dict[str, StandIn]
    client: httpx.AsyncClient
    subject: str
    outside: list[str] = field(default_factory=list)

    @property
    def operations(self) -> list[Operation]:
        """What asks for a token, of every service and of the register itself."""
        return [one for one in self.door.catalogues.catalogue.operations() if not one.public]

    @property
    def verifier(self) -> TokenVerifier:
        return cast("Front", self.door.app).passport.verifier

    @property
    def keys(self) -> RemoteKeys:
        return cast("RemoteKeys", self.verifier._issuers[self.realm.issuer].keys)

    @property
    def reached(self) -> list[str]:
        return [one for service in self.services.values() for one in service.reached]

    async def ask(self, token: str, method: str = "GET", path: str = "/gateway/v1/me") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return await self.client.request(method, path, headers=headers)

    @contextmanager
    def later(self, seconds: float) -> Iterator[None]:
        """The same moment, for who checks tokens some seconds later."""
        verifier = cast("Any", self.verifier)
        was = verifier._now
        verifier._now = lambda: was() + seconds
        try:
            yield
        finally:
            verifier._now = was


def address_of(operation: Operation) -> str:
    """An address of an operation, with ids of nothing."""
    parts = [
        "1916" if part.startswith("{") and "code" in part.lower() else
        "00000000-0000-4000-8000-000000000000" if part.startswith("{") else part
        for part in operation.route.split("/")
    ]  # fmt: skip
    return "/".join(parts)


@asynccontextmanager
async def gate(postgres_url: str, folder: Path) -> AsyncIterator[Gate]:
    """The gateway at work; everything is gone when the block ends."""
    realm = Realm()
    async with served(realm) as address, fresh_database(SERVICE, postgres_url) as database:
        realm.issuer = address
        document = bootstrap_document()
        for row in [*document["members"], *document["clients"]]:
            row |= {"issuer": address, "subject": f"account-of-{row.get('clientId') or row['name']}"}
        path = folder / "bootstrap.json"
        path.write_text(json.dumps(document))
        settings = GatewaySettings(
            database_url=SecretStr(database.app_url),
            state_dir=folder / "state",
            bootstrap_file=path,
            built_in_issuer=False,
            issuers=[ExternalIssuer(issuer=address, audience=AUDIENCE, algorithm="RS256")],
            address_per_second=1e6,
            address_burst=1_000_000,
            caller_per_second=1e6,
            caller_burst=1_000_000,
            organisation_per_second=1e6,
            organisation_burst=1_000_000,
        )
        services = {service.name: StandIn(service) for service in SERVICES}
        async with gateway(
            platform=_PLATFORM, settings=settings, clock=SystemClock(), bus=MemoryBus(), upstreams=services
        ) as door:
            transport = httpx.ASGITransport(app=door.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
                yield Gate(door, realm, services, client, f"account-of-{MEMBER}")


_watching: list[list[str]] = []
_hooked: list[bool] = []


def _listen(event: str, args: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event == "socket.connect":
        _watching[-1].append(f"connect {args[1]}")
    elif event == "socket.getaddrinfo":
        _watching[-1].append(f"look up {args[0]}")


@contextmanager
def outbound_calls() -> Iterator[list[str]]:
    """What this process connects to or looks up while the block runs."""
    if not _hooked:
        sys.addaudithook(_listen)
        _hooked.append(True)
    seen: list[str] = []
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)
