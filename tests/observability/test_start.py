# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What stops a start says so in one sentence; what may come by itself is waited for, and told (docs/starting.md)."""

import asyncio
import io
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import starting as start_checks
from chassis.bus_kafka import KafkaBus
from chassis.clock import SystemClock
from chassis.db import Database, UnsafeRole, async_url
from chassis.migrate import Prepared, UnsupportedDatabase
from chassis.run import kafka_bus
from chassis.settings import KafkaSettings, PlatformSettings
from chassis.starting import BadSetting, Starting, UnfitDatabase, read_settings, refuse_placeholders, usable
from chassis.testing import GRANT_KEY, fresh_database, logging_to
from gateway.app import BadGatewaySetting, check_settings
from gateway.settings import GatewaySettings
from services.intake.settings import IntakeSettings
from services.notifications.settings import NotificationsSettings
from tests.journey.platform import COMMAND
from tests.peers.run import REPOSITORY, free_port
from tests.service.chassis.sample import SERVICE

SAMPLE = "tests.service.chassis.sample_process"
PYTHON = (sys.executable, "-m")
PUBLIC_KEY = GRANT_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


# Settings


@pytest.mark.parametrize(
    ("kind", "variable", "value", "said"),
    [
        (NotificationsSettings, "NOTIFICATIONS_PORT", "many", "NOTIFICATIONS_PORT: Input should be a valid integer"),
        (NotificationsSettings, "NOTIFICATIONS_SMTP_SECURITY", "some", "NOTIFICATIONS_SMTP_SECURITY: Input should be 'none', 'starttls' or 'tls'"),
        (GatewaySettings, "GATEWAY_UPSTREAMS", "{", "GATEWAY_UPSTREAMS: Input should be JSON"),
        (GatewaySettings, "GATEWAY_UPSTREAMS", "[]", "GATEWAY_UPSTREAMS: Input should be a valid dictionary"),
        (KafkaSettings, "KAFKA_REPLICATION", "0", "KAFKA_REPLICATION: Input should be greater than or equal to 1"),
        (IntakeSettings, "INTAKE_INDEX_KEYS", "", "INTAKE_ENCRYPTION_KEYS is missing: Keys that encrypt BSN"),
    ],
)  # fmt: skip
def test_a_setting_that_is_missing_or_wrong_is_named_with_what_was_expected(
    kind: Any, variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadSetting) as refused:
        read_settings(kind)
    assert said in str(refused.value)
    assert str(refused.value).endswith("(docs/settings.md)")


def test_a_secret_from_an_example_is_refused_by_name_only() -> None:
    told = NotificationsSettings(smtp_password=SecretStr("change-me-please"))
    with pytest.raises(BadSetting, match="NOTIFICATIONS_SMTP_PASSWORD") as refused:
        refuse_placeholders(told)
    assert "please" not in str(refused.value)
    refuse_placeholders(NotificationsSettings(smtp_password=SecretStr("a-real-one")))


def test_production_refuses_the_built_in_issuer_that_was_asked_for() -> None:
    production = PlatformSettings(environment="production", pseudonym_key=SecretStr("a-long-random-text"))
    with pytest.raises(BadGatewaySetting, match="GATEWAY_BUILT_IN_ISSUER is refused"):
        check_settings(production, GatewaySettings(built_in_issuer=True))
    with pytest.raises(BadGatewaySetting, match="GATEWAY_ISSUERS"):
        check_settings(production, GatewaySettings())


# The database


@pytest.fixture
async def databases(postgres_url: str) -> AsyncIterator[Prepared]:
    async with fresh_database(SERVICE, postgres_url) as made:
        yield made


async def checked(url: str, *, production: bool = False, seconds: float = 60) -> Starting:
    """What the start says of a database, at the latest when it waits."""
    database = Database(url, schema=SERVICE.schema, clock=SystemClock())
    starting = Starting("sample")
    work = asyncio.create_task(usable(SERVICE, database, starting, production=production))
    try:
        give_up = time.monotonic() + seconds
        while not work.done() and all(one["ok"] for one in list(starting.checks.values())[1:]):
            assert time.monotonic() < give_up
            await asyncio.sleep(0.05)
        if work.done():
            work.result()
        return starting
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await database.close()


async def change(url: str, statement: str) -> None:
    engine = create_async_engine(async_url(url), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()


async def test_a_database_that_is_fit_is_used(databases: Prepared) -> None:
    found = await checked(databases.app_url)
    assert found.checks["database"] == {"ok": True, "says": "reachable"}
    assert found.checks["migrations"] == {"ok": True, "says": "at 0001"}


async def test_a_role_that_row_level_security_does_not_bind_is_refused(
    databases: Prepared, postgres_url: str
) -> None:
    name = sa.make_url(databases.app_url).database
    superuser = sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with pytest.raises(UnsafeRole, match="superuser, has BYPASSRLS or owns tables"):
        await checked(superuser)
    with pytest.raises(UnsafeRole):
        await checked(databases.owner_url)


async def test_production_refuses_a_server_that_can_lose_what_it_acknowledged(
    databases: Prepared, postgres_url: str
) -> None:
    # Of a role, so that no other test sees it; fsync belongs to the server and is judged the same way.
    name = sa.make_url(databases.app_url).database
    await change(postgres_url, f"ALTER ROLE sample_app IN DATABASE {name} SET synchronous_commit = off")
    with pytest.raises(UnfitDatabase, match="synchronous_commit off") as refused:
        await checked(databases.app_url, production=True)
    assert "docs/starting.md" in str(refused.value)
    assert (await checked(databases.app_url)).checks["database"]["ok"], "outside production it may"


async def test_a_server_that_is_too_old_is_refused(
    databases: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_checks, "OLDEST", 99)
    with pytest.raises(UnsupportedDatabase, match="is too old: this release needs 99"):
        await checked(databases.app_url)


async def test_a_database_that_does_not_exist_is_a_wrong_setting(databases: Prepared) -> None:
    nowhere = sa.make_url(databases.app_url).set(database="there_is_none")
    with pytest.raises(BadSetting, match="DATABASE_URL: there is no such database, says PostgreSQL"):
        await checked(nowhere.render_as_string(hide_password=False))


@pytest.mark.parametrize(
    ("statement", "ok", "says"),
    [
        ("DROP TABLE sample.alembic_version", False, "no tables yet, this release needs 0001: run `python -m"),
        ("UPDATE sample.alembic_version SET version_num = '0000'", False, "at 0000, this release needs 0001"),
        ("UPDATE sample.alembic_version SET version_num = '0002'", True, "at 0002, newer than this release (0001)"),
    ],
)  # fmt: skip
async def test_tables_of_an_older_release_are_waited_for_and_those_of_a_newer_are_used(
    databases: Prepared, statement: str, ok: bool, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_checks, "revisions", lambda _: ("0001", "0000"))
    await change(databases.owner_url, statement)
    check = (await checked(databases.app_url)).checks["migrations"]
    assert check["ok"] is ok
    assert check["says"].startswith(says)


async def test_a_database_that_is_away_is_waited_for() -> None:
    check = (await checked(f"postgresql://a:secret@127.0.0.1:{free_port()}/c")).checks["database"]
    assert check["ok"] is False
    assert check["says"].startswith("away: ")
    assert "secret" not in check["says"]


@pytest.mark.parametrize("what", ["database", "migrations"])
def test_what_is_waited_for_is_said_once_when_it_begins_and_once_when_it_is_there(what: str) -> None:
    starting, written = Starting("sample"), io.StringIO()
    with logging_to(written):
        for turn in range(3):
            starting.waits(what, f"not yet, turn {turn}")
            assert starting.checks[what] == {"ok": False, "says": f"not yet, turn {turn}"}
        starting.has(what, "there")
        starting.has(what, "there")
    said = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [one["event"] for one in said] == [f"waiting_for_{what}", f"{what}_is_there"]
    assert said[0]["says"] == "not yet, turn 0"


# The broker


@asynccontextmanager
async def bus_of(brokers: str, prefix: str) -> AsyncIterator[Any]:
    settings = KafkaSettings(bootstrap_servers=brokers, topic_prefix=prefix)
    async with kafka_bus([SERVICE], "start", settings=settings, starting=Starting("sample")) as bus:
        yield bus


async def test_a_topic_with_too_few_partitions_is_refused_at_the_start_and_told_later(kafka: str) -> None:
    prefix = f"s{secrets.token_hex(4)}."
    topic = prefix + SERVICE.topic
    later = KafkaBus(kafka, client_id="later", prefix=prefix, topics=[topic])
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=3, replication_factor=1)])
    finally:
        await admin.close()
    said = f"topic {topic} has 3 partitions, 12 are needed"
    with pytest.raises(BadSetting, match=said):
        async with bus_of(kafka, prefix):
            pass
    await later.probe()
    assert later.wrong() == said


async def test_a_broker_that_is_away_is_told_and_the_service_goes_on() -> None:
    async with bus_of(f"127.0.0.1:{free_port()}", "") as bus:
        assert not bus.alive()
        assert bus.wrong() == ""


# Whole processes


@contextmanager
def process(log: Path, *command: str | Path, **told: str) -> Iterator[subprocess.Popen[bytes]]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GATEWAY_", "OPEN_INBURGERING_", "KAFKA_", "DATABASE_URL"))
    }
    with log.open("wb") as output:
        made = subprocess.Popen(command, env={**kept, **told}, cwd=REPOSITORY, stdout=output, stderr=output)
    try:
        yield made
    finally:
        if made.poll() is None:
            made.kill()
        made.wait(30)


def answer_of(url: str, made: subprocess.Popen[bytes], log: Path) -> httpx.Response:
    give_up = time.monotonic() + 120
    while True:
        assert made.poll() is None, log.read_text()
        assert time.monotonic() < give_up, log.read_text()
        try:
            return httpx.get(url, timeout=10)
        except httpx.TransportError:
            time.sleep(0.1)


def events_in(log: Path) -> list[str]:
    return [json.loads(line)["event"] for line in log.read_text().splitlines() if line.startswith("{")]


def told_of(module: str, port: int, folder: Path) -> dict[str, str]:
    prefix = "GATEWAY_" if module == "gateway" else ""
    return {
        f"{prefix}DATABASE_URL": f"postgresql://a:secret@127.0.0.1:{free_port()}/c",
        f"{prefix}PORT": str(port),
        "GATEWAY_UPSTREAMS": '{"intake": "http://127.0.0.1:9"}',
        "GATEWAY_STATE_DIR": str(folder / "state"),
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "OPEN_INBURGERING_GRANT_PUBLIC_KEY": PUBLIC_KEY,
    }


@pytest.mark.parametrize("module", [SAMPLE, "gateway"])
def test_a_process_that_waits_says_so_once_and_ends_at_a_signal(module: str, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    url = f"http://127.0.0.1:{port}"
    with process(log, *PYTHON, module, "serve", **told_of(module, port, tmp_path)) as made:
        assert answer_of(f"{url}/health/live", made, log).status_code == 200
        give_up = time.monotonic() + 60
        ready = answer_of(f"{url}/health/ready", made, log)
        while "database" not in ready.json()["checks"]:
            assert time.monotonic() < give_up
            ready = answer_of(f"{url}/health/ready", made, log)
        assert ready.status_code == 503
        assert ready.json()["checks"]["database"]["says"].startswith("away: ")
        assert answer_of(f"{url}/metrics", made, log).status_code == 200
        elsewhere = answer_of(f"{url}/gateway/v1/members", made, log)
        assert (elsewhere.status_code, elsewhere.headers["retry-after"]) == (503, "2")
        while not {"waiting_for_database", "broker_unreachable"} <= set(events_in(log)):
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.1)
        time.sleep(2.5)  # two tries more
        began = time.monotonic()
        made.send_signal(signal.SIGTERM)
        assert made.wait(120) == 0
        print(f"{module} ended {time.monotonic() - began:.1f} s after the signal")  # noqa: T201 - the result
    assert events_in(log).count("waiting_for_database") == 1
    assert events_in(log).count("broker_unreachable") == 1
    assert events_in(log)[-1] == "stopped"
    assert "secret" not in log.read_text()


def test_an_address_that_is_taken_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = told_of("sample", port, tmp_path)
        with process(log, *PYTHON, SAMPLE, "serve", **told) as made:
            assert made.wait(120) == 1
    assert f"127.0.0.1 port {port}, cannot be listened on: Address already in use" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_migration_without_a_database_ends_with_a_sentence(tmp_path: Path) -> None:
    log = tmp_path / "log"
    nowhere = f"postgresql://a:secret@127.0.0.1:{free_port()}/c"
    with process(log, *PYTHON, SAMPLE, "migrate", OWNER_DATABASE_URL=nowhere) as made:
        assert made.wait(120) == 1
    assert log.read_text().startswith("sample does not start: OWNER_DATABASE_URL: ")
    assert "secret" not in log.read_text()


def test_run_processes_ends_at_a_signal_while_postgresql_does_not_answer(tmp_path: Path) -> None:
    log, folder = tmp_path / "log", Path(tempfile.mkdtemp(prefix="inburgering-start-"))
    folder.chmod(0o755)  # as Platform does: PostgreSQL is run by another account when root tests
    with socket.socket() as silent:  # takes connections and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        told = {
            "DATABASE_URL": f"postgresql://a:b@127.0.0.1:{silent.getsockname()[1]}/c",
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
            "OPEN_INBURGERING_DATA": str(folder / "data"),
            "OPEN_INBURGERING_PORT": str(free_port()),
        }
        with process(log, COMMAND, "run-processes", **told) as made:
            silent.settimeout(250)
            connection, _ = silent.accept()
            with connection:
                made.send_signal(signal.SIGTERM)
                assert made.wait(120) == 0, log.read_text()
    shutil.rmtree(folder)
    assert "Stopped before anything was started." in log.read_text()
