# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A small chain before a real gateway on a real PostgreSQL, with one service that shows what it got."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.access import GRANT_HEADER, Caller, GrantVerifier
from chassis.bus_memory import MemoryBus
from chassis.clock import AMSTERDAM, MovableClock
from chassis.run import uvicorn_server
from chassis.settings import PlatformSettings
from chassis.testing import fresh_database
from contracts.access import OrganisationKind, Role
from gateway.app import SERVICE, Gateway, gateway, grant_key_of
from gateway.settings import GatewaySettings

TUESDAY = datetime(2024, 11, 5, 9, 0, tzinfo=AMSTERDAM)
URL = "http://127.0.0.1:8000"
SECRET = "a-secret-of-the-tests-with-enough-bits-0123456789"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CODES = {
    "gemeente-leiden": "0546",
    "gemeente-leidschendam-voorburg": "1916",
    "gemeente-oegstgeest": "0579",
    "gemeente-voorschoten": "0626",
    "gemeente-wassenaar": "0629",
}
ORGANISATIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(CODES, (OrganisationKind.GEMEENTE,)),
    "echt-nederlands": (OrganisationKind.TAALSCHOOL,),
    "vluchtelingenwerk": (OrganisationKind.VLUCHTELINGENWERK, OrganisationKind.TAALSCHOOL),
    "wassenaarsche-bouwstichting": (OrganisationKind.WONINGCORPORATIE,),
    "provincie-zuid-holland": (OrganisationKind.PROVINCE,),
    "newbees": (OrganisationKind.PARTICIPATION_PARTNER,),
    "duo": (OrganisationKind.DUO,),
    "coa": (OrganisationKind.COA,),
    "operations": (OrganisationKind.OPERATIONS,),
}
MEMBERS: dict[str, tuple[str, Role]] = {
    "consulent-lv": ("gemeente-leidschendam-voorburg", Role.CONSULENT),
    "kwaliteitsmedewerker-lv": ("gemeente-leidschendam-voorburg", Role.KWALITEITSMEDEWERKER),
    "consulent-leiden": ("gemeente-leiden", Role.CONSULENT),
    "klantmanager-oegstgeest": ("gemeente-oegstgeest", Role.KLANTMANAGER),
    "policy-oegstgeest": ("gemeente-oegstgeest", Role.POLICY_OFFICER),
    "policy-voorschoten": ("gemeente-voorschoten", Role.POLICY_OFFICER),
    "policy-wassenaar": ("gemeente-wassenaar", Role.POLICY_OFFICER),
    "controller-wassenaar": ("gemeente-wassenaar", Role.CONTROLLER),
    "teacher": ("echt-nederlands", Role.TEACHER),
    "vwn-team-leader": ("vluchtelingenwerk", Role.VWN_TEAM_LEADER),
    "vwn-volunteer": ("vluchtelingenwerk", Role.VWN_VOLUNTEER),
    "corporation": ("wassenaarsche-bouwstichting", Role.CORPORATION),
    "province": ("provincie-zuid-holland", Role.PROVINCE),
    "partner": ("newbees", Role.PARTICIPATION_PARTNER),
    "operations": ("operations", Role.OPERATIONS),
    "administrator": ("operations", Role.ADMINISTRATOR),
}
CLIENTS: dict[str, tuple[str, Role]] = {
    "system-echt-nederlands": ("echt-nederlands", Role.SCHOOL_SYSTEM),
    "duo-system": ("duo", Role.DUO),
    "coa-system": ("coa", Role.COA),
}
NAME_OF_ROLE = {role: name for name, (_, role) in {**MEMBERS, **CLIENTS}.items()}


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"https://tests.example/{name}")


def bootstrap_document() -> dict[str, Any]:
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "organisations": [
            {
                "id": str(id_of(slug)),
                "slug": slug,
                "name": slug.replace("-", " ").title(),
                "kinds": list(kinds),
                "gemeentecode": CODES.get(slug),
                "serves": [] if slug in CODES else sorted(CODES.values()),
            }
            for slug, kinds in ORGANISATIONS.items()
        ],
        "members": [
            {
                "id": str(id_of(name)),
                "name": name,
                "displayName": f"Naam van {name}",
                "organisation": organisation,
                "roles": [role],
            }
            for name, (organisation, role) in MEMBERS.items()
        ],
        "clients": [
            {
                "id": str(id_of(name)),
                "clientId": name,
                "name": f"Systeem {name}",
                "organisation": organisation,
                "roles": [role],
                "secretHash": hashlib.sha256(SECRET.encode()).hexdigest(),
                "publicKey": public.decode(),
            }
            for name, (organisation, role) in CLIENTS.items()
        ],
    }


def _operation(
    operation_id: str, *, roles: list[str] | None = None, media: tuple[str, ...] = ()
) -> dict[str, Any]:
    access = (
        {"public": True}
        if roles is None
        else {
            "public": False,
            "roles": roles,
            "purpose": "case-work",
            "activity": "proef",
            "idempotency": None,
        }
    )
    made: dict[str, Any] = {
        "operationId": operation_id,
        "summary": f"Proef {operation_id}",
        "x-access": access,
        "responses": {"200": {"description": "Goed"}},
    }
    if media:
        made["requestBody"] = {"content": {one: {"schema": {"type": "object"}} for one in media}}
    return made


EVERYBODY = sorted(str(role) for role in Role)


@dataclass(slots=True)
class Mirror:
    """A service that answers with what it got; it checks grants as any service does."""

    verifier: GrantVerifier
    seen: list[dict[str, Any]] = field(default_factory=list)
    settled: int = 0
    moves: int = 0
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    ready: bool = True

    def document(self) -> dict[str, Any]:
        return {
            "openapi": "3.1.0",
            "info": {"title": "Spiegel", "version": "1.2.3", "description": "Laat zien wat er aankwam."},
            "paths": {
                "/people": {
                    "get": _operation("listPeople", roles=EVERYBODY),
                    "post": _operation("addPerson", roles=EVERYBODY, media=("application/json",)),
                },
                "/people/{id}": {
                    "get": _operation("readPerson", roles=[Role.CONSULENT]),
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                },
                "/people/_read": {
                    "post": _operation("readPeople", roles=EVERYBODY, media=("application/json",))
                },
                "/files": {
                    "post": _operation("addFile", roles=EVERYBODY, media=("application/json", "text/csv"))
                },
                "/slow": {"get": _operation("wait", roles=EVERYBODY)},
                "/drip": {"get": _operation("drip", roles=EVERYBODY)},
                "/broken": {"get": _operation("breakDown", roles=EVERYBODY)},
                "/open": {"get": _operation("readOpen"), "post": _operation("addOpen")},
            },
            "components": {"schemas": {"Problem": {"type": "object"}, "Thing": {"type": "string"}}},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/mirror/v1/openapi.json":
            await self._json(send, self.document())
            return
        if path == "/health/ready":
            await self._json(send, {"status": "ready"}, 200 if self.ready else 503)
            return
        if path == "/mirror/v1/slow":
            await self.hold.wait()
        if path == "/mirror/v1/drip":
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/csv")]}
            )
            for number in range(5):
                await send({"type": "http.response.body", "body": f"{number}\n".encode(), "more_body": True})
                await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": b""})
            return
        if path == "/mirror/v1/broken":
            raise RuntimeError("a fault with a secret")
        headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
        grant = next((value for name, value in headers if name == GRANT_HEADER.lower()), None)
        caller: Caller | None = self.verifier.verify(grant) if grant else None
        if path == "/internal/v1/settle":
            self.settled += 1
            self.moves -= 1
            await self._json(send, {"quiet": self.moves < 0})
            return
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                await self._json(send, {"detail": "half a body"}, 400)
                return
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                break
        self.seen.append({"path": path, "headers": headers, "size": size, "caller": caller})
        await self._json(
            send,
            {
                "method": scope["method"],
                "path": path,
                "query": scope["query_string"].decode(),
                "headers": headers,
                "size": size,
                "caller": None if caller is None else caller.to_claims(),
            },
        )

    async def _json(self, send: Send, body: Any, status: int = 200) -> None:
        raw = json.dumps(body).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": raw})


@dataclass(slots=True)
class World:
    """A gateway at work, and hands to use it with."""

    door: Gateway
    client: httpx.AsyncClient
    clock: MovableClock
    mirror: Mirror
    folder: Path
    _tokens: dict[str, str] = field(default_factory=dict)

    async def token(self, name: str) -> str:
        if name not in self._tokens:
            answer = await self.client.post("/demo/v1/tokens", json={"name": name})
            assert answer.status_code == 200, answer.text
            self._tokens[name] = answer.json()["access_token"]
        return self._tokens[name]

    async def as_(self, name: str, **headers: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {await self.token(name)}", **headers}

    async def get(self, name: str, path: str) -> httpx.Response:
        return await self.client.get(path, headers=await self.as_(name))

    async def post(self, name: str, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.client.post(path, json=body, headers=await self.as_(name, **headers))

    async def patch(self, name: str, path: str, body: Any, version: int) -> httpx.Response:
        return await self.client.patch(
            path, json=body, headers=await self.as_(name, **{"If-Match": f'"{version}"'})
        )


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """An app on a free port of this machine; its address."""
    server = uvicorn_server(app, host="127.0.0.1", port=0)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def world(
    postgres_url: str,
    folder: Path,
    *,
    remote: bool = False,
    settings: Mapping[str, Any] | None = None,
    environment: str = "test",
    movable: bool = True,
) -> AsyncIterator[World]:
    """A gateway with the chain's parties; mandates and agreements are up to the test."""
    bootstrap = folder / f"bootstrap-{uuid4().hex}.json"
    bootstrap.write_text(json.dumps(bootstrap_document()))
    async with fresh_database(SERVICE, postgres_url) as databases:
        told = GatewaySettings(
            **{
                "database_url": SecretStr(databases.app_url),
                "state_dir": folder / "state",
                "bootstrap_file": bootstrap,
                **(settings or {}),
            }
        )
        mirror = Mirror(GrantVerifier(grant_key_of(told, environment="test").public_key()))
        clock = MovableClock(folder / f"clock-{uuid4().hex}.json", start=TUESDAY)
        async with (
            _reachable(mirror, remote=remote) as upstream,
            gateway(
                platform=PlatformSettings(
                    environment=environment,  # type: ignore[arg-type]
                    pseudonym_key=SecretStr("a-long-random-text"),
                ),
                settings=told,
                clock=clock,
                bus=MemoryBus(),
                upstreams={"mirror": upstream},
                portal=mirror,
            ) as door,
        ):
            transport = httpx.ASGITransport(app=door.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
                yield World(door, client, clock, mirror, folder)


@asynccontextmanager
async def _reachable(app: ASGIApp, *, remote: bool) -> AsyncIterator[ASGIApp | str]:
    if not remote:
        yield app
        return
    async with served(app) as address:
        yield address
