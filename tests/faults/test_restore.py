# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F18: all databases are lost, and come back by two commands, with the whole demo in them."""

import asyncio
import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pyrage
import pytest

from chassis.care.backup import MANIFEST
from embedded.app import ALL, DATABASE, SERVICES
from embedded.folder import DataFolder
from embedded.postgres import EmbeddedPostgres
from tests.faults.results import Tally
from tests.faults.sizes import PATIENCE
from tests.journey.platform import Platform, installed

LOADED = "All demo data is loaded."
CONSULENT, QUALITY, VWN = "consulent-lv", "kwaliteitsmedewerker-lv", "vwn-team-leader"
SENT_AGAIN = ("published_at", "attempts")
"""Columns of an outbox that a restore changes: every event that is kept is sent again."""

SEEN = (
    (QUALITY, "/intake/v1/inburgeraars?pageSize=200"),
    (CONSULENT, "/learning-routes/v1/providers?pageSize=200"),
    (CONSULENT, "/notifications/v1/signals?pageSize=200"),
    (VWN, "/housing/v1/households?pageSize=200"),
    ("administrator", "/gateway/v1/agreements?pageSize=200"),
)
"""Of every service something that people look at."""


@dataclass(frozen=True, slots=True)
class Held:
    """All that the databases hold at one moment, by `schema.table` or `schema.sequence`."""

    rows: dict[str, int]
    hashes: dict[str, str]

    def differs_from(self, other: "Held") -> set[str]:
        """The tables and sequences that are not the same."""
        names = self.hashes.keys() | other.hashes.keys()
        return {name for name in names if self.hashes.get(name) != other.hashes.get(name)}


async def held(server: EmbeddedPostgres) -> Held:
    """Read every row of every service as a superuser, past the services."""
    connection = await asyncpg.connect(server.url.replace("/postgres?", f"/{DATABASE}?"))
    rows: dict[str, int] = {}
    hashes: dict[str, str] = {}
    try:
        for schema in (service.schema for service in ALL):
            for found in await connection.fetch(
                "SELECT relname, relkind = 'S' AS counts FROM pg_class "
                "WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'S')",
                schema,
            ):
                name = f"{schema}.{found['relname']}"
                if found["counts"]:
                    (at,) = await connection.fetch(f"SELECT last_value, is_called FROM {name}")
                    hashes[name] = str(tuple(at))
                    continue
                texts = await connection.fetch(
                    f'SELECT (to_jsonb(t) - $1::text[])::text COLLATE "C" AS said FROM {name} t ORDER BY said',
                    SENT_AGAIN if found["relname"] == "outbox" else (),
                )
                rows[name] = len(texts)
                hashes[name] = hashlib.sha256("\n".join(row["said"] for row in texts).encode()).hexdigest()
    finally:
        await connection.close()
    return Held(rows, hashes)


def held_by(platform: Platform) -> Held:
    """What the databases of an installation hold, whether it runs or not."""
    server = EmbeddedPostgres(DataFolder(platform.folder / "data"))
    started = server.start()
    try:
        return asyncio.run(held(server))
    finally:
        if started:
            server.stop()


def quiet(platform: Platform) -> dict[str, Any]:
    """Wait until every event was sent and read, and all long work is done; answers the state of each service."""
    give_up = time.monotonic() + PATIENCE
    while True:
        states = {
            service.name: platform.get("administrator", f"/{service.name}/v1/operations/status")
            for service in SERVICES
        }
        if not any(
            one["outboxDepth"] or one["backgroundJobs"] or any(one["lagPerTopic"].values())
            for one in states.values()
        ):
            return states
        assert time.monotonic() < give_up, states
        time.sleep(0.5)


def seen_by_people(platform: Platform) -> dict[str, Any]:
    """What people of several organisations see, with what is decrypted for them."""
    lists = {path: platform.items(name, path.partition("?")[0]) for name, path in SEEN}
    person = min(one["id"] for one in lists[SEEN[0][1]])
    return lists | {"person": platform.get(QUALITY, f"/intake/v1/inburgeraars/{person}")}


def looked_at(name: str) -> bool:
    """Whether a table is one that looking itself writes in."""
    return name.endswith((".access_log", ".access_chain")) or name == "gateway.pace_level"


@pytest.fixture
def chain() -> Iterator[Platform]:
    """The demo with all its people, their lessons, houses, clocks and signals."""
    with installed("demo", environment={"DATABASE_URL": ""}) as platform:  # its own PostgreSQL
        platform.start(LOADED)
        yield platform


@pytest.mark.fault("F18")
@pytest.mark.timeout(3600)
def test_an_installation_that_lost_its_databases_gets_every_row_back_and_does_nothing_twice(
    chain: Platform, tmp_path: Path, tally: Tally
) -> None:
    quiet(chain)
    seen = seen_by_people(chain)
    assert all(seen.values()), "of every service there is something to see"
    assert chain.stop() == 0
    before = held_by(chain)
    identity = pyrage.x25519.Identity.generate()
    key = tmp_path / "backup.key"
    key.write_text(f"# public key: {identity.to_public()}\n{identity}\n")

    began = time.monotonic()
    chain.command("backup", str(tmp_path / "backups"), "--recipient", str(identity.to_public()))
    backed_up = time.monotonic() - began
    (folder,) = (one for one in (tmp_path / "backups").iterdir() if one.is_dir())
    manifest = json.loads((folder / MANIFEST).read_text())
    kept = {
        f"{service.schema}.{table}": number
        for service in ALL
        for table, number in manifest["services"][service.name]["rows"].items()
    }
    assert kept == before.rows
    shutil.rmtree(chain.folder / "data" / "postgres")

    began = time.monotonic()
    chain.command("restore", str(folder), "--identity-file", str(key))
    restored = time.monotonic() - began

    after = held_by(chain)
    assert after.rows == before.rows
    assert after.differs_from(before) == set()

    chain.start(LOADED)
    quiet(chain)  # every event was sent again, and read
    assert seen_by_people(chain) == seen
    assert chain.stop() == 0
    later = held_by(chain)
    tally.writes, tally.kills = sum(before.rows.values()), 1
    tally.measured = {
        "tables": len(before.rows),
        "rows": {
            service.name: sum(n for name, n in before.rows.items() if name.startswith(f"{service.schema}."))
            for service in ALL
        },
        "events_sent_again": sum(n for name, n in before.rows.items() if name.endswith(".outbox")),
        "backup_s": round(backed_up, 1),
        "restore_s": round(restored, 1),
    }
    facts = {name: rows for name, rows in before.rows.items() if not looked_at(name)}
    tally.settle(
        lost=sum(max(0, rows - later.rows[name]) for name, rows in facts.items()),
        doubled=sum(max(0, later.rows[name] - rows) for name, rows in facts.items()),
    )
    changed = {name for name in later.differs_from(before) if not looked_at(name)}
    assert changed == set(), "what was sent again changed something"
