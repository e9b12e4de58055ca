# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A backup is made while people work, and a restore brings back every write that was acknowledged before it."""

import asyncio
import json
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pyrage
import pytest
import pytest_asyncio
import sqlalchemy as sa

from chassis.care.backup import (
    MANIFEST,
    TOMBSTONES,
    Made,
    Place,
    back_up,
    forget_old,
    plain_url,
    save_tombstones,
    tombstones_of,
)
from chassis.care.destruction import Tombstone
from chassis.care.faults import BackupFault
from chassis.care.restore import Restored, restore
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.metrics import metrics
from chassis.migrate import Prepared, prepare
from chassis.testing import fresh_database
from embedded.app import ALL, GATEWAY, SERVICES
from embedded.care import make_backup
from embedded.settings import MachineSettings
from gateway.backups import measure_backups
from tests.care.chain import CONSULENT, LEIDEN, POLICY, Chain, at_work
from tests.care.filling import School, a_house_to_come, a_life, register
from tests.care.sight import SCHEMA, counts, rows, traces

PASSWORD = "for-tests-only"
IDENTITY = pyrage.x25519.Identity.generate()
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def places(databases: Mapping[str, Prepared]) -> list[Place]:
    return [Place(service, databases[service.name].owner_url) for service in SERVICES]


def names_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


async def a_backup(chain: Chain, folder: Path, *, now: datetime = NOW) -> Made:
    return await back_up(places(chain.databases), folder, recipients=[str(IDENTITY.to_public())], now=now)


async def a_restore(folder: Path, databases: Mapping[str, Prepared], **more: Any) -> list[Restored]:
    return await restore(
        folder, places(databases), **{"identities": [str(IDENTITY)], "clock": SystemClock(), **more}
    )


@asynccontextmanager
async def new_databases(postgres_url: str) -> AsyncIterator[dict[str, Prepared]]:
    """Databases with roles and empty schemas, as an operator makes them."""
    names = {service.name: f"t_restored_{service.schema}_{secrets.token_hex(4)}" for service in SERVICES}
    made = {
        service.name: await prepare(
            postgres_url,
            service,
            database=names[service.name],
            owner_password=PASSWORD,
            app_password=PASSWORD,
        )
        for service in SERVICES
    }
    try:
        yield made
    finally:
        connection = await asyncpg.connect(plain_url(postgres_url))
        for name in names.values():
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


@dataclass(slots=True)
class Writer:
    """Somebody who registers people without a pause, and remembers what was acknowledged."""

    chain: Chain
    acknowledged: list[str] = field(default_factory=list)

    async def work(self) -> None:
        while True:
            self.acknowledged.append((await register(self.chain))["id"])


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup that was made while people worked."""

    made: Made
    before: list[str]  # acknowledged before it began
    life: dict[str, Any]
    household: dict[str, Any]
    dies_later: dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kept(chain: Chain, school: School, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    life = await a_life(chain, school)
    household = await a_house_to_come(chain, life["id"])
    dies_later = await a_life(chain, school, familyName="Zoekwoordlater")
    writers = [Writer(chain) for _ in range(3)]
    tasks = [asyncio.create_task(writer.work()) for writer in writers]
    while any(len(writer.acknowledged) < 3 for writer in writers):
        await asyncio.sleep(0.05)
    before = [one for writer in writers for one in writer.acknowledged]
    made = await a_backup(chain, tmp_path_factory.mktemp("backups"))
    after = sum(len(writer.acknowledged) for writer in writers)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert after > len(before), "nobody wrote while the backup was made"
    return Kept(made, before, life, household, dies_later)


@pytest.mark.timeout(600)
async def test_every_acknowledged_write_is_there_and_the_services_agree(
    kept: Kept, chain: Chain, postgres_url: str, tmp_path: Path
) -> None:
    """F18: backup while writes go on, restore, replay: 0 lost, 0 doubled."""
    async with new_databases(postgres_url) as databases:
        done = await a_restore(kept.made.folder, databases)
        assert {one.service for one in done} == {service.name for service in SERVICES}
        held = await counts(databases, postgres_url)
        for name, part in kept.made.manifest["services"].items():
            assert {t: held[f"{SCHEMA[name]}.{t}"] for t in part["rows"]} == part["rows"]
        async with at_work(databases) as restored:
            await restored.move_clock("2024-11-05T18:00:00+01:00")
            for person in kept.before:
                answer = await restored.ask(CONSULENT, "GET", f"/intake/v1/inburgeraars/{person}")
                assert answer.status_code == 200, f"an acknowledged write was lost: {answer.text}"
            read = await restored.ask(CONSULENT, "GET", f"/intake/v1/inburgeraars/{kept.life['id']}")
            assert read.json()["bsn"] == kept.life["bsn"]
            waits = await restored.ask(POLICY, "GET", f"/housing/v1/households/{kept.household['id']}")
            assert waits.json()["members"] == kept.household["members"]
            await the_services_agree(databases, postgres_url)
            ledger = await restored.ask(
                CONSULENT,
                "GET",
                f"/learning-routes/v1/inburgeraars/{kept.life['id']}/ledger",
            )
            assert ledger.json()["unexcused"] == 6, "hours of two missed lessons, counted once"
            made = await register(restored)
            assert (
                await restored.ask(LEIDEN, "GET", f"/intake/v1/inburgeraars/{made['id']}")
            ).status_code == 404


async def the_services_agree(databases: Mapping[str, Prepared], postgres_url: str) -> None:
    """What readers hold is what the owners say, each once."""

    async def column(service: str, query: str) -> list[Any]:
        return [tuple(row) for row in await rows(databases[service], postgres_url, query)]

    people = await column("intake", "SELECT id, gemeentecode FROM intake.inburgeraar ORDER BY 1")
    for name in ("housing", "learning-routes"):
        query = f"SELECT id, gemeentecode FROM {SCHEMA[name]}.inburgeraar ORDER BY 1"
        assert await column(name, query) == people
    assert (
        await column(
            "notifications", "SELECT inburgeraar_id, gemeentecode FROM notifications.person ORDER BY 1"
        )
        == people
    )
    clocks = await column("intake", "SELECT id, due_on, met_on FROM intake.clock ORDER BY 1")
    for name in ("housing", "learning-routes"):
        clocks += await column(name, f"SELECT id, due_on, met_on FROM {SCHEMA[name]}.deadline ORDER BY 1")
    held = await column("notifications", "SELECT id, due_on, met_on FROM notifications.deadline ORDER BY 1")
    assert sorted(held) == sorted(clocks)
    signals = await column("learning-routes", "SELECT id FROM learning_routes.signal ORDER BY 1")
    shown = await column(
        "notifications",
        "SELECT id FROM notifications.signal WHERE deadline_id IS NULL AND audience <> 'operations' ORDER BY 1",
    )
    assert shown == signals
    for service in SERVICES:
        schema = SCHEMA[service.name]
        waiting = f"SELECT count(*) FROM {schema}.outbox WHERE published_at IS NULL"
        letters = f"SELECT count(*) FROM {schema}.dead_letter"
        assert await column(service.name, waiting) == [(0,)]
        assert await column(service.name, letters) == [(0,)]


async def stones_of(chain: Chain) -> list[Tombstone]:
    """What says who was destroyed, of all services."""
    stones: list[Tombstone] = []
    for place in places(chain.databases):
        connection = await asyncpg.connect(plain_url(place.owner_url))
        stones += await tombstones_of(connection, place.service.schema)
        await connection.close()
    return stones


@pytest.mark.timeout(600)
async def test_who_was_destroyed_after_the_backup_is_destroyed_again_before_the_services_open(
    kept: Kept, chain: Chain, postgres_url: str
) -> None:
    person = kept.dies_later
    gone_before = {stone.digest for stone in await stones_of(chain)}
    path = f"/intake/v1/inburgeraars/{person['id']}/duty-end"
    answer = await chain.ask(CONSULENT, "PUT", path, {"endedOn": "2024-11-05", "manner": "died"})
    assert answer.status_code == 200, answer.text
    await chain.move_clock("2024-11-05T20:00:00+01:00")
    stones = await stones_of(chain)
    beside = kept.made.folder.parent / TOMBSTONES
    save_tombstones(beside, stones)
    assert len({stone.digest for stone in stones} - gone_before) == 1
    assert person["id"] not in beside.read_text()
    async with new_databases(postgres_url) as databases:
        done = await a_restore(kept.made.folder, databases)
        again = {one.service: one.destroyed_again for one in done}
        assert again == {"housing": 1, "intake": 1, "learning-routes": 1, "notifications": 1}
        left = await traces(databases, postgres_url, person["id"], "Zoekwoordlater")
        assert {table for table in left if not table.split(".")[1].startswith("access_")} == set()


async def test_nothing_of_a_person_can_be_read_in_a_backup_without_its_key(
    kept: Kept, tmp_path: Path
) -> None:
    for path in kept.made.folder.iterdir():
        content = path.read_bytes()
        assert b"Zoekwoord" not in content
        assert kept.life["id"].encode() not in content
        if path.name != MANIFEST:
            assert content.startswith(b"age-encryption.org/v1\n")
    manifest = json.loads((kept.made.folder / MANIFEST).read_text())
    assert manifest["services"]["intake"]["keys"] == {"encryption_keys": ["e1"]}
    assert manifest["heldMilliseconds"] < 15_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def empty(postgres_url: str) -> AsyncIterator[dict[str, Prepared]]:
    """Databases that a refused restore leaves as they are, so that the next one finds them empty too."""
    async with new_databases(postgres_url) as databases:
        yield databases


@pytest.mark.parametrize(
    "fault",
    ["damaged", "missing", "key", "no-key", "format", "revision", "server", "ring", "no-manifest", "no-list"],
)
async def test_a_restore_that_cannot_go_well_is_refused_before_it_begins(
    kept: Kept, empty: dict[str, Prepared], postgres_url: str, tmp_path: Path, fault: str
) -> None:
    folder = Path(shutil.copytree(kept.made.folder, tmp_path / "copy"))
    manifest = json.loads((folder / MANIFEST).read_text())
    dump = folder / "intake.dump.age"
    more: dict[str, Any] = {}
    says = {
        "damaged": "checksum",
        "missing": "missing",
        "key": "cannot be opened with this private key",
        "no-key": "begins with AGE-SECRET-KEY-1",
        "format": "reads format 1",
        "revision": "which this release does not know",
        "server": "too old",
        "ring": "field keys are not in a backup",
        "no-manifest": "not a backup",
        "no-list": "who was destroyed would come back",  # beside the copy there is none
    }[fault]
    match fault:
        case "damaged":
            content = bytearray(dump.read_bytes())
            content[len(content) // 2] ^= 1
            dump.write_bytes(content)
        case "missing":
            dump.unlink()
        case "key":
            more["identities"] = [str(pyrage.x25519.Identity.generate())]
        case "no-key":
            more["identities"] = ["hunter2"]
        case "format":
            manifest["format"] = 2
        case "revision":
            manifest["services"]["intake"]["revision"] = "intake_9999"
        case "server":
            manifest["postgres"] = 99
        case "ring":
            more["rings"] = {"intake": {"encryption_keys": ""}, "notifications": {"encryption_keys": ""}}
        case "no-manifest":
            (folder / MANIFEST).unlink()
    if fault != "no-manifest":
        (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BackupFault, match=says):
        await a_restore(folder, empty, **more)
    assert await counts(empty, postgres_url) == {}


async def test_a_restore_never_overwrites(kept: Kept, chain: Chain, postgres_url: str) -> None:
    before = await counts(chain.databases, postgres_url)
    with pytest.raises(BackupFault, match="is not empty"):
        await a_restore(kept.made.folder, chain.databases)
    after = await counts(chain.databases, postgres_url)
    assert after["intake.inburgeraar"] == before["intake.inburgeraar"]


async def test_the_owner_sees_every_row_that_a_superuser_sees(
    chain: Chain, postgres_url: str, tmp_path: Path
) -> None:
    """A policy that forgets the platform would leave rows out of every backup, and nobody would notice."""
    await chain.settle()
    made = await a_backup(chain, tmp_path)
    seen = await counts(chain.databases, postgres_url)
    for name, part in made.manifest["services"].items():
        assert part["rows"] == {
            table.split(".")[1]: number
            for table, number in seen.items()
            if table.startswith(f"{SCHEMA[name]}.")
        }


async def test_a_backup_that_fails_leaves_nothing_behind(chain: Chain, tmp_path: Path) -> None:
    with pytest.raises(BackupFault, match="a public key of age"):
        await back_up(places(chain.databases), tmp_path, recipients=["age1nonsense"], now=NOW)
    with pytest.raises(BackupFault, match="at least one recipient"):
        await back_up(places(chain.databases), tmp_path, recipients=[], now=NOW)
    address = sa.make_url(chain.databases["intake"].owner_url).set(password="wrong", username="nobody_here")
    wrong = [Place(SERVICES[0], address.render_as_string(hide_password=False))]
    with pytest.raises(BackupFault, match="cannot be reached as its owner"):
        await back_up(wrong, tmp_path, recipients=[str(IDENTITY.to_public())], now=NOW)
    assert names_in(tmp_path) == []


def test_a_damaged_list_of_tombstones_stops_a_restore(tmp_path: Path) -> None:
    (tmp_path / TOMBSTONES).write_text("not json\n")
    with pytest.raises(BackupFault, match="line 1 is damaged"):
        save_tombstones(tmp_path / TOMBSTONES, [])


def test_backups_go_after_their_term_and_never_stay_longer(tmp_path: Path) -> None:
    for days in (0, 10, 34, 36, 400):
        (tmp_path / (NOW - timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ")).mkdir()
    (tmp_path / "notes").mkdir()
    # A machine that went down in the middle of one.
    (tmp_path / (NOW - timedelta(days=36)).strftime(".partial-%Y%m%dT%H%M%SZ")).mkdir()
    assert len(forget_old(tmp_path, now=NOW, days=365)) == 3, "35 days is the most"
    assert len(forget_old(tmp_path, now=NOW, days=7)) == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["20260101T000000Z", "notes"]


async def test_the_gateway_tells_prometheus_of_the_last_backup(
    chain: Chain, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(what: str) -> float | None:
        return metrics().registry.get_sample_value(f"open_inburgering_backup_{what}")

    async with fresh_database(GATEWAY, postgres_url) as own:
        for service in ALL:
            prepared = own if service is GATEWAY else chain.databases[service.name]
            monkeypatch.setenv(f"{service.schema.upper()}_OWNER_DATABASE_URL", prepared.owner_url)
        database = Database(own.app_url, schema=GATEWAY.schema, clock=SystemClock())
        try:
            await measure_backups(database)
            assert told("last_success_timestamp_seconds") == 0, "none was made: the alert fires"
            began = time.time()
            key = str(IDENTITY.to_public())
            made, _, noted = await make_backup(MachineSettings(), tmp_path, recipients=[key], keep_days=None)
            assert noted
            await measure_backups(database)
            assert began <= (told("last_success_timestamp_seconds") or 0) <= time.time()
            assert told("duration_seconds") == made.manifest["seconds"]
            assert told("size_bytes") == sum(part["bytes"] for part in made.manifest["services"].values())
        finally:
            await database.close()
