# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A backup of all services at one moment, encrypted with age while it is made.

Services meet in events only, so the copies fit together when no copy of a reader knows an event
that the copy of its publisher does not have. The outboxes of all services are locked for the
moment in which every database exports its snapshot: reads go on, a transaction that publishes
waits at its last statement, and nothing is published between the first snapshot and the last.
The dumps are made from the snapshots while everybody works on.
"""

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pyrage
import sqlalchemy as sa

from chassis.care.destruction import Tombstone
from chassis.care.faults import BackupFault
from chassis.care.programs import Measured, piped, program
from chassis.service import Service
from contracts.retention import Category, term_on

__all__ = [
    "FORMAT",
    "MANIFEST",
    "TOMBSTONES",
    "Made",
    "Place",
    "back_up",
    "forget_old",
    "plain_url",
    "read_tombstones",
    "save_tombstones",
    "tombstones_of",
]

FORMAT = 1
MANIFEST = "manifest.json"
TOMBSTONES = "tombstones.jsonl"
_STAMP = "%Y%m%dT%H%M%SZ"
_PARTIAL = ".partial"
_LOCK_SECONDS = 2
_LOCK_TRIES = 15


@dataclass(frozen=True, slots=True)
class Place:
    """A service and the address of the role that owns its schema."""

    service: Service
    owner_url: str


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    folder: Path
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    place: Place
    connection: "asyncpg.Connection[Any]"
    id: str


def plain_url(url: str) -> str:
    """An address as PostgreSQL's own programs and asyncpg take it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def back_up(places: Sequence[Place], folder: Path, *, recipients: Sequence[str], now: datetime) -> Made:
    """Make a backup of all services in a folder of its own below `folder`; it appears when it is whole.

    Args:
        places: every service with a schema.
        folder: where backups are kept; made if need be.
        recipients: public keys of age; whoever has one of the private keys can read it.
        now: real time, for the name.

    Raises:
        BackupFault: it could not be made; nothing that looks like a backup is left.
    """
    keys = [_recipient(text) for text in recipients]
    if not keys:
        raise BackupFault("A backup needs at least one recipient: a public key that age-keygen printed.")
    partial, whole = _begin(folder, now.astimezone(UTC).strftime(_STAMP))
    began = time.monotonic()
    try:
        async with _snapshots(places) as (snapshots, held):
            parts = {}
            for one in snapshots:
                parts[one.place.service.name] = await _dump(one, partial, keys)
            server = await _server_version(snapshots[0].connection)
            stones = [
                stone
                for one in snapshots
                for stone in await tombstones_of(one.connection, one.place.service.schema)
            ]
        manifest = {
            "format": FORMAT,
            "madeAt": now.astimezone(UTC).isoformat(),
            "postgres": server,
            "heldMilliseconds": round(held * 1000, 1),
            "seconds": round(time.monotonic() - began, 1),
            "services": parts,
        }
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True))
        partial.rename(whole)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    save_tombstones(folder / TOMBSTONES, stones)
    return Made(whole, manifest)


def _begin(folder: Path, stamp: str) -> tuple[Path, Path]:
    """The folder to write in, made, and the name that it gets when it is whole."""
    partial, whole = folder / f"{_PARTIAL}-{stamp}", folder / stamp
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if whole.exists():
            raise BackupFault(f"{whole} is there already.")
        partial.mkdir(mode=0o700)
    except OSError as fault:
        raise BackupFault(f"{folder} cannot be used: {fault.strerror}.") from fault
    return partial, whole


def _recipient(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as fault:
        raise BackupFault("A recipient is a public key of age: age1 and 58 letters and digits.") from fault


@asynccontextmanager
async def _snapshots(places: Sequence[Place]) -> AsyncIterator[tuple[list[_Snapshot], float]]:
    """The snapshots of all databases of one moment, and for how many seconds publishing was held."""
    async with AsyncExitStack() as stack:
        connections = [await _connected(stack, place) for place in places]
        for attempt in range(_LOCK_TRIES):
            try:
                snapshots, held = await _export(places, connections)
            except asyncpg.LockNotAvailableError as fault:
                if attempt == _LOCK_TRIES - 1:
                    raise BackupFault(
                        "A transaction kept an outbox busy for half a minute: look for it in pg_stat_activity."
                    ) from fault
                await _roll_back(connections)
                await asyncio.sleep(0.2 * (attempt + 1))
            else:
                yield snapshots, held
                return


async def _connected(stack: AsyncExitStack, place: Place) -> "asyncpg.Connection[Any]":
    try:
        connection: asyncpg.Connection[Any] = await asyncpg.connect(
            plain_url(place.owner_url),
            server_settings={"app.actor": "system", "idle_in_transaction_session_timeout": "0"},
        )
    except (OSError, asyncpg.PostgresError) as fault:
        raise BackupFault(
            f"The database of {place.service.name} cannot be reached as its owner ({type(fault).__name__})."
        ) from fault
    stack.push_async_callback(connection.close)
    return connection


async def _export(
    places: Sequence[Place], connections: Sequence["asyncpg.Connection[Any]"]
) -> tuple[list[_Snapshot], float]:
    """Lock all outboxes, export all snapshots, let go."""
    async with AsyncExitStack() as stack:
        holders = [await _connected(stack, place) for place in places]
        began = time.monotonic()
        for place, holder in zip(places, holders, strict=True):
            await holder.execute("BEGIN")
            await holder.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'")
            # Waits for who has published and not yet committed; who wants to publish waits for us.
            await holder.execute(f"LOCK TABLE {place.service.schema}.outbox IN SHARE MODE")
        snapshots = []
        for place, connection in zip(places, connections, strict=True):
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            snapshots.append(
                _Snapshot(place, connection, await connection.fetchval("SELECT pg_export_snapshot()"))
            )
        await _roll_back(holders)
        return snapshots, time.monotonic() - began


async def _roll_back(connections: Sequence["asyncpg.Connection[Any]"]) -> None:
    for connection in connections:
        await connection.execute("ROLLBACK")


async def _server_version(connection: "asyncpg.Connection[Any]") -> int:
    return int(await connection.fetchval("SHOW server_version_num")) // 10000


async def _dump(snapshot: _Snapshot, folder: Path, keys: Sequence[Any]) -> dict[str, Any]:
    """Dump one schema from its snapshot into an encrypted file; answers what the manifest says of it."""
    service = snapshot.place.service
    rows = await _counts(snapshot)
    name = f"{service.schema}.dump.age"
    pg_dump = program("pg_dump", server=await _server_version(snapshot.connection))
    command = [
        *(str(pg_dump), "--format=custom", "--compress=6", f"--schema={service.schema}"),
        *("--no-owner", "--no-privileges", "--enable-row-security", f"--snapshot={snapshot.id}"),
    ]

    def run() -> Measured:
        with (folder / name).open("wb") as file, piped(command, snapshot.place.owner_url, into=False) as dump:
            written = Measured(file)
            pyrage.encrypt_io(dump, written, list(keys))
            return written

    written = await asyncio.to_thread(run)
    return {
        "schema": service.schema,
        "revision": await snapshot.connection.fetchval(
            f"SELECT version_num FROM {service.schema}.alembic_version"
        ),
        "file": name,
        "bytes": written.bytes,
        "sha256": written.sha256,
        "rows": rows,
        "keys": await _keys_in_use(snapshot),
    }


async def _counts(snapshot: _Snapshot) -> dict[str, int]:
    schema = snapshot.place.service.schema
    tables = await snapshot.connection.fetch(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY 1",
        schema,
    )
    return {
        row["relname"]: int(
            await snapshot.connection.fetchval(f'SELECT count(*) FROM {schema}."{row["relname"]}"')
        )
        for row in tables
    }


async def _keys_in_use(snapshot: _Snapshot) -> dict[str, list[str]]:
    """The ids of the keys without which rows of this backup cannot be read, by setting."""
    service = snapshot.place.service
    found: dict[str, set[str]] = {}
    for sealed in service.care.sealed if service.care is not None else ():
        if sealed.digest:
            continue
        rows = await snapshot.connection.fetch(
            f"SELECT DISTINCT {sealed.key_column} AS key_id FROM {service.schema}.{sealed.table} "
            f"WHERE {sealed.key_column} IS NOT NULL"
        )
        found.setdefault(sealed.ring, set()).update(row["key_id"] for row in rows)
    return {ring: sorted(ids) for ring, ids in sorted(found.items())}


async def tombstones_of(connection: "asyncpg.Connection[Any]", schema: str) -> list[Tombstone]:
    """Every destruction of one service."""
    rows = await connection.fetch(
        f"SELECT person_digest, stage, rule, article, decided_on FROM {schema}.destruction ORDER BY destroyed_at"
    )
    return [Tombstone.of_row(row) for row in rows]


def save_tombstones(path: Path, stones: Sequence[Tombstone]) -> int:
    """Add destructions to the list beside the backups; answers how many it holds.

    The list only grows: an older backup may be restored, and what was destroyed after it must go again.
    """
    lines = dict.fromkeys(stone.line() for stone in (*read_tombstones(path), *stones))
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    fresh.replace(path)
    return len(lines)


def read_tombstones(path: Path) -> list[Tombstone]:
    """The list of destructions beside the backups; empty where there is none.

    Raises:
        BackupFault: a line cannot be read: restoring without it could bring somebody back.
    """
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(Tombstone.of_line(line))
        except (ValueError, KeyError, TypeError) as fault:
            raise BackupFault(f"{path}: line {number} is damaged.") from fault
    return found


def forget_old(folder: Path, *, now: datetime, days: int | None = None) -> list[Path]:
    """Remove backups that are older than their term, unfinished ones too; answers which.

    Args:
        folder: where backups are kept.
        now: real time.
        days: another number of days; never longer than the term.
    """
    term = term_on(Category.BACKUP, "made", now.date())
    kept = term.days if days is None else min(days, term.days)
    removed = []
    for one in sorted(folder.iterdir()) if folder.is_dir() else []:
        try:
            made = datetime.strptime(one.name.removeprefix(f"{_PARTIAL}-"), _STAMP).replace(tzinfo=UTC)
        except ValueError:
            continue
        if made < now - timedelta(days=kept):
            shutil.rmtree(one)
            removed.append(one)
    return removed
