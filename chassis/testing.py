# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the tests of a service work with: the real service on a real PostgreSQL, a clock that stands still.

async with service_under_test(SERVICE, postgres_url) as bench:
    answer = await bench.client.post("/intake/v1/inburgeraars", json={...}, headers=bench.as_caller(...))
    await bench.settle()                       # relay, handlers and jobs until nothing moves
    assert bench.published(InburgeraarRegistered)
"""

import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO, TypeVar
from uuid import UUID, uuid4

import httpx
import jwt
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis import logs
from chassis.access import GRANT_HEADER, Caller, GrantVerifier, Scope
from chassis.bus import Bus, Message, encode
from chassis.bus_memory import MemoryBus
from chassis.clock import AMSTERDAM, FixedClock
from chassis.db import async_url
from chassis.migrate import Prepared, migrate, prepare
from chassis.running import Running, running
from chassis.service import Service
from chassis.settings import PlatformSettings
from contracts.event import Event

__all__ = [
    "ALL_PURPOSES",
    "GRANT_KEY",
    "Bench",
    "FixedClock",
    "caller_headers",
    "fresh_database",
    "logging_to",
    "own",
    "service_under_test",
    "sign_grant",
]

Published = TypeVar("Published", bound=Event)

TUESDAY = datetime(2024, 11, 5, 9, 0, tzinfo=AMSTERDAM)
ALL_PURPOSES = frozenset(
    {
        "case-work",
        "education",
        "guidance",
        "housing",
        "enforcement",
        "finance",
        "figures",
        "administration",
        "operations",
    }
)
GRANT_KEY = Ed25519PrivateKey.generate()
_PASSWORD = "for-tests-only"  # noqa: S105 - opens databases that live as long as a test
_templates: dict[tuple[str, str], str] = {}
_template_locks: dict[tuple[str, str], asyncio.Lock] = {}


def own(*codes: str, purposes: Iterable[str] = ALL_PURPOSES) -> dict[str, Scope]:
    """Scopes of a gemeente that executes these itself, for every purpose unless said otherwise."""
    return {
        code: Scope(level="person", purposes=frozenset(purposes), basis="own", executing=codes[0])
        for code in codes
    }


def sign_grant(caller: Caller, *, key: Ed25519PrivateKey = GRANT_KEY, lives: int = 60) -> str:
    """A grant as the gateway signs it."""
    now = int(time.time())
    claims = {**caller.to_claims(), "iat": now, "exp": now + lives, "aud": "services", "jti": uuid4().hex}
    return jwt.encode(claims, key, algorithm="EdDSA")


def caller_headers(
    *,
    roles: Iterable[str],
    scopes: Mapping[str, Scope],
    gemeentecode: str | None = None,
    organisation_id: UUID | None = None,
    organisation_kind: str = "gemeente",
    subject: UUID | None = None,
    kind: str = "person",
) -> dict[str, str]:
    """Headers of a request that the gateway passed on for this caller."""
    caller = Caller(
        subject=subject or UUID(int=1),
        kind=kind,  # type: ignore[arg-type]
        organisation_id=organisation_id or UUID(int=2),
        organisation_kind=organisation_kind,
        roles=frozenset(str(role) for role in roles),
        gemeentecode=gemeentecode,
        scopes=scopes,
    )
    return {GRANT_HEADER: sign_grant(caller)}


@dataclass(slots=True)
class Bench:
    """A running service, and hands to use it with."""

    service: Service
    live: Running
    client: httpx.AsyncClient
    clock: FixedClock
    bus: Bus
    databases: Prepared
    sent: list[Message] = field(default_factory=list)

    def as_caller(
        self,
        *,
        roles: Iterable[str],
        scopes: Mapping[str, Scope] | None = None,
        gemeentecode: str | None = None,
        organisation_id: UUID | None = None,
        organisation_kind: str = "gemeente",
        subject: UUID | None = None,
        kind: str = "person",
    ) -> dict[str, str]:
        """Headers of a request that the gateway passed on for this caller.

        With a `gemeentecode` and no `scopes` the caller executes that gemeente itself.
        """
        return caller_headers(
            roles=roles,
            scopes=scopes if scopes is not None else (own(gemeentecode) if gemeentecode else {}),
            gemeentecode=gemeentecode,
            organisation_id=organisation_id,
            organisation_kind=organisation_kind,
            subject=subject,
            kind=kind,
        )

    async def settle(self) -> None:
        """Let relay, handlers and jobs work until nothing moves any more."""
        for _ in range(50):
            if await self.live.settle():
                return
        raise TimeoutError("the service does not come to rest")

    async def deliver(
        self,
        event: Event,
        *,
        gemeentecode: str | None,
        aggregate_id: UUID | None = None,
        version: int = 1,
        event_id: UUID | None = None,
        times: int = 1,
    ) -> UUID:
        """Deliver an event of another service, as the bus would; answers its id."""
        id = event_id or uuid4()
        message = event_message(
            event,
            id=id,
            gemeentecode=gemeentecode,
            aggregate_id=aggregate_id,
            version=version,
            now=self.clock.now(),
        )
        for _ in range(times):
            await self.live.reader.deliver([message])
        return id

    async def published(self, kind: type[Published]) -> list[Published]:
        """The events of this kind that the service has in its outbox, oldest first, sent or not."""
        async with self.live.context.begin() as tx:
            rows = await tx.scalars(
                sa.text(f"SELECT data FROM {self.service.schema}.outbox WHERE type = :type ORDER BY seq"),
                {"type": kind.type},
            )
        return [kind.model_validate(row) for row in rows]

    async def sql(self, statement: str, **parameters: Any) -> list[Any]:
        """Rows of a query as the owner of the schema, past the service's own code."""
        engine = create_async_engine(async_url(self.databases.owner_url), poolclass=NullPool)
        try:
            async with engine.begin() as connection:
                await connection.execute(sa.text("SELECT set_config('app.actor', 'system', true)"))
                result = await connection.execute(sa.text(statement), parameters)
                return list(result.all()) if result.returns_rows else []
        finally:
            await engine.dispose()


def event_message(
    event: Event,
    *,
    id: UUID,
    gemeentecode: str | None,
    aggregate_id: UUID | None,
    version: int,
    now: datetime,
) -> Message:
    """The message in which an event travels."""
    row = {
        "id": id,
        "topic": event.topic(),
        "key": event.key_value(),
        "type": event.type,
        "subject": str(aggregate_id or event.key_value()),
        "aggregate_version": version,
        "gemeentecode": gemeentecode,
        "traceparent": None,
        "time": now.astimezone(UTC),
        "data": event.model_dump(mode="json", by_alias=True),
    }
    return encode(row, source=f"urn:nld:oin:{'0' * 20}:systeem:{event.service()}")


@asynccontextmanager
async def fresh_database(service: Service, postgres_url: str) -> AsyncIterator[Prepared]:
    """A database of one test, with the service's schema in it; dropped afterwards."""
    place = (postgres_url, service.schema)
    async with _template_locks.setdefault(place, asyncio.Lock()):
        if place not in _templates:
            name = f"t_{service.schema}_{secrets.token_hex(4)}"
            made = await _prepare(postgres_url, service, name)
            await migrate(service, made.owner_url)
            _templates[place] = name
    name = f"{_templates[place]}_{secrets.token_hex(4)}"
    await _admin(postgres_url, f"CREATE DATABASE {name} TEMPLATE {_templates[place]}")
    try:
        yield _addresses(postgres_url, service, name)
    finally:
        await _admin(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


async def drop_templates() -> None:
    """Remove the databases that tests were copied from; at the end of the run."""
    for (url, _), name in list(_templates.items()):
        await _admin(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _templates.clear()


async def _prepare(postgres_url: str, service: Service, name: str) -> Prepared:
    return await prepare(
        postgres_url, service, database=name, owner_password=_PASSWORD, app_password=_PASSWORD
    )


def _addresses(postgres_url: str, service: Service, database: str) -> Prepared:
    plain = sa.make_url(postgres_url).set(drivername="postgresql", database=database, password=_PASSWORD)
    return Prepared(
        owner_url=plain.set(username=f"{service.schema}_owner").render_as_string(hide_password=False),
        app_url=plain.set(username=f"{service.schema}_app").render_as_string(hide_password=False),
    )


async def _admin(postgres_url: str, statement: str) -> None:
    engine = create_async_engine(async_url(postgres_url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(sa.text(statement))
    finally:
        await engine.dispose()


@asynccontextmanager
async def service_under_test(
    service: Service,
    postgres_url: str,
    *,
    now: datetime = TUESDAY,
    settings: Mapping[str, Any] | None = None,
    bus: Bus | None = None,
) -> AsyncIterator[Bench]:
    """A service running on a database of its own, reachable in this process only.

    Args:
        service: which one.
        postgres_url: of a superuser (fixture `postgres_url`).
        now: where the clock stands.
        settings: the service's settings beside its database.
        bus: a bus shared with other services under test.
    """
    logs.configure("warning")  # without it a fault is drawn with all its local values, which takes seconds
    clock = FixedClock(now)
    platform = PlatformSettings(environment="test")
    bus = bus or MemoryBus()
    async with fresh_database(service, postgres_url) as databases:
        given: dict[str, Any] = {
            "database_url": SecretStr(databases.app_url),
            "pool_size": 12,
            **(settings or {}),
        }
        told = service.settings(**given)
        async with running(
            service,
            platform=platform,
            settings=told,
            clock=clock,
            bus=bus,
            verifier=GrantVerifier(GRANT_KEY.public_key()),
        ) as live:
            transport = httpx.ASGITransport(app=live.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as client:
                yield Bench(service, live, client, clock, bus, databases)


@contextmanager
def logging_to(output: TextIO) -> Iterator[None]:
    """All that this process logs meanwhile goes to `output`, in full; after it the logs are quiet again."""
    with redirect_stderr(output):
        logs.configure("debug")
    try:
        yield
    finally:
        with redirect_stderr(sys.__stderr__ or output):  # of the process: what a test captures closes with it
            logs.configure("warning")
