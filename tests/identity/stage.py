# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The whole platform on real addresses, with people and systems that a real identity provider vouches for."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from playwright.async_api import BrowserContext, Page
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.clock import SystemClock
from chassis.run import uvicorn_server
from chassis.settings import platform_settings
from chassis.testing import logging_to
from embedded.app import ALL, everything
from embedded.databases import prepare_databases
from embedded.environment import environment
from embedded.folder import DataFolder
from gateway.app import Gateway
from gateway.demands import Demands
from gateway.front import Front
from gateway.settings import SignInDemand
from gateway.tokens import TokenVerifier
from gateway.upstreams import InProcess
from portal.proof import ClientKeys
from portal.session import Session, SessionCookie
from portal.signin import Issuer
from tests.identity.providers import Provider
from tests.peers.run import free_port

CONSULENT = "consulent"
STRANGER = "stranger"
NAMES = {CONSULENT: "Joost Bakker", STRANGER: "Vera Vreemd"}
MACHINE = "system-echt-nederlands"
_PASSWORDS = "for-tests-only"


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@dataclass(slots=True)
class Stage:
    """A platform at work, and who may come in."""

    provider: Provider
    url: str
    door: Gateway
    passwords: Mapping[str, str]
    machine: ClientKeys
    session_keys: str
    log: Path

    @property
    def verifier(self) -> TokenVerifier:
        """What the gateway believes tokens with."""
        front = self.door.app
        assert isinstance(front, Front)
        return front.passport.verifier

    @contextmanager
    def later(self, seconds: float) -> Iterator[None]:
        """The same moment, for who checks tokens some seconds later."""
        was = self.verifier._now
        self.verifier._now = lambda: time.time() + seconds
        try:
            yield
        finally:
            self.verifier._now = was

    @contextmanager
    def asking(self, demand: SignInDemand, *, later: float = 0) -> Iterator[None]:
        """The gateway asks this of how people signed in, by a clock that is some seconds ahead."""
        front = self.door.app
        assert isinstance(front, Front)
        was = front.demands
        front.demands = Demands({self.provider.issuer: [demand]}, now=lambda: time.time() + later)
        try:
            yield
        finally:
            front.demands = was

    @contextmanager
    def half_a_minute_later(self) -> Iterator[None]:
        """What the portal knew of its issuer is no longer fresh; it does not wait long for an answer."""
        screens = cast("Front", self.door.app).portal
        assert isinstance(screens, InProcess)
        issuer: Issuer = cast("Any", screens)._app.state.portal.issuer
        was, patience = issuer._read_at, issuer._client.timeout
        issuer._read_at, issuer._client.timeout = was - 31, httpx.Timeout(1)
        try:
            yield
        finally:
            issuer._read_at, issuer._client.timeout = was, patience

    async def call(
        self, token: str, method: str = "GET", path: str = "/gateway/v1/me", **options: Any
    ) -> httpx.Response:
        """One request of the gateway with a token."""
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as client:
            return await client.request(method, path, headers=headers, **options)

    async def machine_token(self) -> str:
        answer = await self.provider.machine_token(MACHINE, self.machine)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def sign_in(self, context: BrowserContext, login: str) -> Page:
        """A person goes to the portal and signs in at the provider; answers the page where they end up."""
        page = await context.new_page()
        await page.goto(f"{self.url}/portal/")
        await page.click("a[href='/portal/inloggen']")
        await page.wait_for_selector("input[name=username]")
        assert page.url.startswith(self.provider.address)
        await self.provider.sign_in(page, login, self.passwords[login])
        await page.wait_for_url(f"{self.url}/portal/**")
        return page

    async def session(self, context: BrowserContext) -> Session:
        """What the portal keeps about somebody, in their browser, for itself alone."""
        cookies = {
            str(one.get("name")): str(one.get("value"))
            for one in await context.cookies(f"{self.url}/portal/")
        }
        box = SessionCookie(self.session_keys, name="portal-session", purpose="session")
        found = box.read_session(cookies, now=int(time.time()), secure=self.url.startswith("https:"))
        assert found is not None
        return found


@asynccontextmanager
async def stage(
    provider: Provider, postgres_url: str, folder: Path, patch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    """The platform with this provider as its only issuer."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    passwords = {login: secrets.token_urlsafe(18) for login in NAMES}
    machine = ClientKeys(private_key())
    await provider.open_portal(url)
    subjects = {login: await provider.add_person(login, passwords[login], NAMES[login]) for login in NAMES}
    async with _serving(_KeySet(machine), free_port()) as school:
        await provider.add_machine(MACHINE, f"{school}/jwks.json")
        data = DataFolder(folder)
        data.secrets.mkdir(mode=0o700)
        bootstrap = folder / "bootstrap.json"
        bootstrap.write_text(json.dumps(_register(provider.issuer, subjects[CONSULENT])))
        told = environment(data, address=url, bootstrap=bootstrap) | {
            "OPEN_INBURGERING_ENVIRONMENT": "test",
            "OPEN_INBURGERING_CLOCK": "",
            "OPEN_INBURGERING_CLOCK_FILE": "",
            "GATEWAY_BUILT_IN_ISSUER": "false",
            "GATEWAY_ISSUERS": json.dumps([provider.for_gateway()]),
            "PORTAL_ISSUER_URL": provider.issuer,
            "PORTAL_PUBLIC_URL": url,
            "PORTAL_CLIENT_KEYS": private_key(),
            "PORTAL_TIMEOUT_SECONDS": "10",
        }
        for name, value in told.items():
            patch.setenv(name, value)
        (data.secrets / "databases.json").write_text(
            json.dumps({f"{one.schema}_{part}": _PASSWORDS for one in ALL for part in ("owner", "app")})
        )
        database = f"identity_{secrets.token_hex(4)}"
        with _logged_into(folder / "platform.log"):
            try:
                prepared = await prepare_databases(
                    ALL,
                    admin_url=postgres_url,
                    name_of=lambda _: database,
                    passwords=data.secrets / "databases.json",
                )
                async with (
                    everything(prepared, platform=platform_settings(), clock=SystemClock()) as door,
                    _serving(door.app, port),
                ):
                    yield Stage(
                        provider,
                        url,
                        door,
                        passwords,
                        machine,
                        told["PORTAL_SESSION_KEYS"],
                        folder / "platform.log",
                    )
            finally:
                await _drop(postgres_url, database)


class _KeySet:
    """The site of a school, where its public keys are."""

    def __init__(self, keys: ClientKeys) -> None:
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if Request(scope).url.path == "/jwks.json":
            await JSONResponse(self._keys.key_set())(scope, receive, send)


@asynccontextmanager
async def _serving(app: ASGIApp, port: int) -> AsyncIterator[str]:
    server = uvicorn_server(app, host="127.0.0.1", port=port)
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done()
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@contextmanager
def _logged_into(path: Path) -> Iterator[None]:
    """All that the platform logs, in a file, as an operator would keep it."""
    with path.open("w") as file, logging_to(file):
        yield


async def _drop(postgres_url: str, database: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    finally:
        await connection.close()


def _register(issuer: str, consulent: str) -> dict[str, Any]:
    def organisation(slug: str, kind: str, **more: Any) -> dict[str, Any]:
        return {"id": str(uuid4()), "slug": slug, "name": slug.title(), "kinds": [kind], **more}

    def account(subject: str, role: str, organisation: str) -> dict[str, Any]:
        key: UUID = uuid4()
        return {
            "id": str(key), "organisation": organisation, "roles": [role], "issuer": issuer, "subject": subject,
        }  # fmt: skip

    return {
        "organisations": [
            organisation("leidschendam-voorburg", "gemeente", gemeentecode="1916"),
            organisation("echt-nederlands", "taalschool", serves=["1916"]),
        ],
        "members": [
            {
                **account(consulent, "consulent", "leidschendam-voorburg"),
                "name": CONSULENT,
                "displayName": NAMES[CONSULENT],
            }
        ],
        "clients": [
            {
                **account(MACHINE, "school-system", "echt-nederlands"),
                "clientId": MACHINE,
                "name": "Systeem van Echt Nederlands",
            }
        ],
    }
