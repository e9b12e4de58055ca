# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sample service of the chassis as processes that can be killed, and the checker of its promises."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis.bus_kafka import ensure_topics
from chassis.migrate import Prepared
from chassis.testing import GRANT_KEY, caller_headers, fresh_database, own
from tests.faults.promises import Promises
from tests.faults.sizes import PATIENCE
from tests.peers.run import free_port
from tests.service.chassis.sample import SERVICE

REPOSITORY = Path(__file__).parents[2]
PROCESS = "tests.service.chassis.sample_process"
GEMEENTE = "1916"
_SOMEBODY = UUID(int=1)


class Member:
    """One process of the service."""

    def __init__(self, environment: dict[str, str], log: Path, module: str, fault: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, "serve"],
                env={**environment, "PORT": str(self.port), "OPEN_INBURGERING_FAULT": fault},
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def ended(self, seconds: float) -> int:
        """Wait until it has ended; answers its exit code."""
        give_up = time.monotonic() + seconds
        while (code := self.process.poll()) is None:
            assert time.monotonic() < give_up, f"still running after {seconds} s\n{self.tail()}"
            await asyncio.sleep(0.02)
        return code

    async def kill(self) -> None:
        """End it at once."""
        self.send(signal.SIGKILL)
        await self.ended(10)

    async def stop(self) -> tuple[int, float]:
        """Ask it to end; answers its exit code and how long it took."""
        began = time.monotonic()
        self.send(signal.SIGTERM)
        return await self.ended(PATIENCE), time.monotonic() - began

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-3000:]


class Sample:
    """The service: its database, its topics, its processes and a client that keeps what it is promised."""

    def __init__(self, databases: Prepared, brokers: str, folder: Path, admin_url: str) -> None:
        self.databases = databases
        self.prefix = f"f{secrets.token_hex(4)}."
        self.folder = folder
        self.brokers = brokers
        self.members: list[Member] = []
        self.promises = Promises(folder / "promises.jsonl")
        self.statuses: Counter[int] = Counter()
        self._admin_url = admin_url
        self._sql: asyncpg.Connection[Any] | None = None
        self._http: aiohttp.ClientSession | None = None
        public = GRANT_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.environment = {
            **os.environ,
            "DATABASE_URL": databases.app_url,
            "KAFKA_BOOTSTRAP_SERVERS": brokers,
            "KAFKA_TOPIC_PREFIX": self.prefix,
            "OPEN_INBURGERING_ENVIRONMENT": "test",
            "OPEN_INBURGERING_GRANT_PUBLIC_KEY": public,
        }

    @classmethod
    @asynccontextmanager
    async def prepared(cls, postgres_url: str, brokers: str, folder: Path) -> AsyncIterator["Sample"]:
        """One on a fresh database of this server; its processes are killed afterwards."""
        async with fresh_database(SERVICE, postgres_url) as databases:
            made = cls(databases, brokers, folder, postgres_url)
            try:
                yield made
            finally:
                await made.close()

    async def close(self) -> None:
        """Kill what runs and let go of all connections."""
        for member in self.members:
            if member.process.poll() is None:
                member.send(signal.SIGCONT)
                await member.kill()
        self.promises.close()
        if self._http is not None:
            await self._http.close()
        if self._sql is not None:
            self._sql.terminate()

    async def start(
        self, fault: str = "", *, ready: bool = True, module: str = PROCESS, **told: str
    ) -> Member:
        """Start one more process, by default until it is ready for requests."""
        member = Member({**self.environment, **told}, self.folder / "process.log", module, fault)
        self.members.append(member)
        if ready:
            await until(lambda: self.is_ready(member), "the process is ready", PATIENCE, look=member)
        return member

    @property
    def http(self) -> aiohttp.ClientSession:
        """The client's connections."""
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60)
            )
        return self._http

    async def is_ready(self, member: Member) -> bool:
        """Whether the process says that it takes requests."""
        assert member.process.poll() is None, member.tail()
        try:
            async with self.http.get(f"{member.url}/health/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def metric(self, member: Member, name: str) -> float:
        """The sum of a metric over its labels."""
        async with self.http.get(f"{member.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name}{{", f"{name} "))
        )

    async def write(self, member: Member, key: str) -> str | None:
        """One keyed write; the id if it was acknowledged. A refusal is 409 or 503 with a problem document."""
        self.promises.trying(key, key)
        headers = {**maker(), "Idempotency-Key": key}
        body = {"gemeentecode": GEMEENTE, "name": key}
        try:
            async with self.http.post(
                f"{member.url}/sample/v1/payments", json=body, headers=headers
            ) as answer:
                self.statuses[answer.status] += 1
                said = await answer.json(content_type=None)
                if answer.status == 201:
                    self.promises.acknowledged(key, said["id"])
                    return str(said["id"])
                assert answer.status in {409, 503}, f"{answer.status}: {said}\n{member.tail()}"
                assert answer.content_type == "application/problem+json"
        except (aiohttp.ClientError, TimeoutError):
            self.statuses[0] += 1
        return None

    async def write_until_taken(self, member: Member, key: str, seconds: float = PATIENCE) -> str:
        """Repeat a write under its key until it is acknowledged, as a client should."""
        give_up = time.monotonic() + seconds
        while (id := await self.write(member, key)) is None:
            assert time.monotonic() < give_up, f"never taken\n{member.tail()}"
            await asyncio.sleep(0.05)
        return id

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        """Rows of a query as superuser, past the service."""
        if self._sql is None or self._sql.is_closed():
            name = self.databases.owner_url.rsplit("/", 1)[1].partition("?")[0]
            self._sql = await asyncpg.connect(self._admin_url, database=name)
        return list(await self._sql.fetch(statement, *values))

    async def drained(self, seconds: float = PATIENCE) -> float:
        """Wait until all that is stored was sent and took effect; answers how long that took."""
        began = time.monotonic()

        async def equal() -> bool:
            (row,) = await self.sql(
                "SELECT NOT EXISTS (SELECT FROM sample.outbox WHERE published_at IS NULL) AND "
                "(SELECT count(*) FROM sample.thing) = (SELECT count(DISTINCT key) FROM sample.effect "
                "WHERE event_id IS NOT NULL) AS yes"
            )
            return bool(row["yes"])

        await until(equal, "all events took effect", seconds, look=self.members[-1])
        return time.monotonic() - began

    async def check(self, member: Member, *, seconds: float = PATIENCE) -> tuple[int, int]:
        """Compare what was promised with what is stored, sent, done and shown: how many lost, how many doubled."""
        await self.drained(seconds)
        promised = {key: kept for key, kept in self.promises.read().items() if kept.acknowledged}
        stored = await self.sql("SELECT name, id::text AS id FROM sample.thing")
        sent = Counter(row["key"] for row in await self.sql("SELECT key FROM sample.outbox"))
        done = Counter(
            row["key"] for row in await self.sql("SELECT key FROM sample.effect WHERE event_id IS NOT NULL")
        )
        by_name = {row["name"]: row["id"] for row in stored}
        ids = set(by_name.values())
        shown = await self.shown(member)
        lost = {
            key
            for key, kept in promised.items()
            if by_name.get(key) != kept.acknowledged
            or not {kept.acknowledged} <= (sent.keys() & done.keys() & shown)
        }
        half = ids ^ set(sent) | ids ^ set(done) | ids ^ shown
        assert not half, f"{len(half)} facts are there in part only"
        doubled = len(stored) - len(by_name)
        doubled += sum(n - 1 for n in sent.values()) + sum(n - 1 for n in done.values())
        return len(lost), doubled

    async def shown(self, member: Member) -> set[str]:
        """What another person of the gemeente sees through the API."""
        found: set[str] = set()
        token: str | None = ""
        while token is not None:
            query = {"pageSize": "200", **({"pageToken": token} if token else {})}
            headers = maker(subject=UUID(int=99))
            async with self.http.get(
                f"{member.url}/sample/v1/things", params=query, headers=headers
            ) as answer:
                page = await answer.json()
            found |= {one["id"] for one in page["items"]}
            token = page["nextPageToken"]
        return found

    async def make_topics(self, topics: Iterable[str]) -> None:
        """Make topics before a process does."""
        await ensure_topics(self.brokers, [self.prefix + topic for topic in topics])


def maker(subject: UUID = _SOMEBODY) -> dict[str, str]:
    """Headers of somebody who makes things in the gemeente."""
    return caller_headers(roles={"maker"}, scopes=own(GEMEENTE), gemeentecode=GEMEENTE, subject=subject)


async def until(
    condition: Callable[[], Awaitable[bool]], what: str, seconds: float, *, look: Member | None = None
) -> None:
    """Wait for a state of the world, and say which one never came."""
    give_up = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < give_up, f"not in {seconds} s: {what}\n{look.tail() if look else ''}"
        await asyncio.sleep(0.05)
