# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a client was promised survives kill -9, on real PostgreSQL and real Kafka: 0 lost, 0 double.

The service runs as a process and dies at a chosen point, or at a random moment; the client keeps a
list of what was acknowledged and repeats the rest under the same key, as a client should.
"""

import asyncio
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from chassis.db import async_url
from chassis.migrate import Prepared
from chassis.testing import GRANT_KEY, caller_headers, fresh_database, own
from tests.peers.run import free_port
from tests.service.chassis.sample import SERVICE

REPOSITORY = Path(__file__).parents[2]
SEED = int(os.environ.get("KILL_SEED", "5"))


class Killable:
    """The sample service as a process, on databases and topics of its own."""

    def __init__(self, databases: Prepared, brokers: str, log: Path) -> None:
        self.databases = databases
        self.log = log
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        public = GRANT_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.environment = {
            **os.environ,
            "DATABASE_URL": databases.app_url,
            "PORT": str(self.port),
            "KAFKA_BOOTSTRAP_SERVERS": brokers,
            "KAFKA_TOPIC_PREFIX": f"k{secrets.token_hex(4)}.",
            "OPEN_INBURGERING_ENVIRONMENT": "test",
            "OPEN_INBURGERING_GRANT_PUBLIC_KEY": public,
        }
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)

    def start(self, fault: str = "") -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.service.chassis.sample_process", "serve"],
                env={**self.environment, "OPEN_INBURGERING_FAULT": fault},
                cwd=REPOSITORY,
                stdout=output,
                stderr=output,
            )
        give_up = time.monotonic() + 60
        while True:
            try:
                if self.client.get("/health/ready").status_code == 200:
                    return
                assert time.monotonic() < give_up, self.log.read_text()[-3000:]
                time.sleep(0.05)
            except httpx.TransportError:
                if self.process.poll() is not None and fault:
                    return  # it met its point before it answered
                assert self.process.poll() is None, self.log.read_text()[-3000:]
                assert time.monotonic() < give_up, self.log.read_text()[-3000:]
                time.sleep(0.05)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def died(self, seconds: float) -> bool:
        assert self.process is not None
        try:
            return self.process.wait(seconds) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def write(self, key: str) -> str | None:
        """One keyed write; the id if it was acknowledged, None if no answer came."""
        headers = {
            **caller_headers(roles={"maker"}, scopes=own("1916"), gemeentecode="1916"),
            "Idempotency-Key": key,
        }
        try:
            answer = self.client.post(
                "/sample/v1/payments", json={"gemeentecode": "1916", "name": key}, headers=headers
            )
        except httpx.TransportError:
            return None
        if answer.status_code in {409, 503}:
            return None
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def rows(self, statement: str) -> list[tuple[object, ...]]:
        engine = create_async_engine(async_url(self.databases.owner_url), poolclass=NullPool)
        try:
            async with engine.begin() as connection:
                await connection.execute(sa.text("SELECT set_config('app.actor', 'system', true)"))
                return [tuple(row) for row in (await connection.execute(sa.text(statement))).all()]
        finally:
            await engine.dispose()

    async def check(self, promised: dict[str, str], seconds: float = 60) -> None:
        """Compare what was promised with what is stored, sent and done: 0 lost, 0 double."""
        give_up = time.monotonic() + seconds
        done: dict[str, int] = {}
        while time.monotonic() < give_up:
            effects = await self.rows(
                "SELECT key, count(*) FROM sample.effect WHERE event_id IS NOT NULL GROUP BY key"
            )
            done = {str(key): int(str(count)) for key, count in effects}
            if set(promised.values()) <= done.keys():
                break
            await asyncio.sleep(0.2)
        stored = {str(name): str(id) for name, id in await self.rows("SELECT name, id FROM sample.thing")}
        lost = {key for key, id in promised.items() if stored.get(key) != id}
        doubled = {id for id, count in done.items() if count != 1}
        print(f"{len(promised)} writes, {len(lost)} lost, {len(doubled)} double")  # noqa: T201 - the count is the result
        assert not lost
        assert len(stored) == len(await self.rows("SELECT 1 FROM sample.thing")), "one key, one thing"
        assert set(done) == set(stored.values()), "each stored fact has its effect, and nothing else has"
        assert not doubled


@pytest.fixture
async def killable(postgres_url: str, kafka: str, tmp_path: Path) -> AsyncIterator[Killable]:
    async with fresh_database(SERVICE, postgres_url) as databases:
        made = Killable(databases, kafka, tmp_path / "process.log")
        yield made
        if made.process is not None and made.process.poll() is None:
            made.kill()
        made.client.close()


@pytest.mark.capability("NO-10", part="kill -9 at chosen points")
@pytest.mark.parametrize(
    "point",
    [
        "after-effect-before-commit",
        "after-commit-before-offset",
        "after-send-before-mark",
        "after-commit-before-answer",
    ],
)
async def test_a_process_that_dies_at_the_worst_point_loses_and_doubles_nothing(
    killable: Killable, point: str
) -> None:
    killable.start(fault=point)
    keys = [f"{point}-{n}" for n in range(5)]
    promised: dict[str, str] = {}
    for key in keys:
        if (id := killable.write(key)) is not None:
            promised[key] = id
    assert killable.died(40), "the process met its point"
    killable.start()
    for key in keys:
        again = killable.write(key)
        assert again is not None
        assert promised.setdefault(key, again) == again, "a repetition gets the first answer"
    await killable.check(promised)
    assert killable.stop() == 0


@pytest.mark.capability("NO-10", part="kill -9 at random moments")
async def test_a_process_killed_three_times_under_load_loses_and_doubles_nothing(killable: Killable) -> None:
    chance = random.Random(SEED)
    print(f"seed {SEED}")  # noqa: T201 - so that a failure can be repeated
    killable.start()
    promised: dict[str, str] = {}
    waiting: list[str] = []
    for _ in range(3):
        until = time.monotonic() + chance.uniform(0.3, 1.5)
        while time.monotonic() < until:
            key = uuid4().hex
            if (id := killable.write(key)) is None:
                waiting.append(key)
            else:
                promised[key] = id
        killable.kill()
        killable.start()
    for key in waiting:
        again = killable.write(key)
        assert again is not None
        promised[key] = again
    await killable.check(promised)
    assert killable.stop() == 0
