# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Restoring a backup into empty schemas, and what must be true before the services open.

Everything is checked before the first byte is written. Then, per service: the dump, the rights, and
newer revisions if this release has them. At last the destructions that came after the backup are
done again, and every kept event is marked to be sent again: readers skip what they have seen, and
what one of them had not seen yet at the moment of the backup arrives after all.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pyrage
import sqlalchemy as sa

from chassis.care.backup import FORMAT, MANIFEST, TOMBSTONES, Place, plain_url, read_tombstones
from chassis.care.destruction import Tombstone, reapply
from chassis.care.faults import BackupFault
from chassis.care.programs import piped, program
from chassis.clock import Clock
from chassis.crypto import FieldCipher, KeyRingError
from chassis.db import Database
from chassis.migrate import knows, migrate
from chassis.outbox import was_sent

__all__ = ["Restored", "destroy_again", "restore"]

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did to one service."""

    service: str
    rows: int
    destroyed_again: int
    events_to_send: int


async def restore(
    folder: Path,
    places: Sequence[Place],
    *,
    identities: Sequence[str],
    clock: Clock,
    rings: Mapping[str, Mapping[str, str]] | None = None,
    tombstones: Path | None = None,
) -> list[Restored]:
    """Restore a backup of all services.

    Args:
        folder: of one backup.
        places: every service with a schema; each schema is there and empty.
        identities: private keys of age; one of them opens the backup.
        clock: for the record of destructions that are done again.
        rings: the keys that this installation has, by service and setting; those that the backup
            needs are looked for. None: not looked for, the services refuse to start without.
        tombstones: the list of destructions; the one beside the backup if left out.

    Raises:
        BackupFault: nothing was written, unless the text says that a schema is half full.
    """
    manifest = _read_manifest(folder)
    keys = [_identity(text) for text in identities]
    beside = tombstones or folder.parent / TOMBSTONES
    stones = read_tombstones(beside)
    await asyncio.to_thread(_check_files, folder, manifest, keys)
    _check_rings(manifest, rings)
    for place in places:
        await _check_target(place, manifest)
    _refuse_without(beside)  # every backup writes a list, if an empty one
    for place in places:
        await _fill(place, folder, manifest, keys)
    return [await _make_ready(place, manifest, stones, clock) for place in places]


async def destroy_again(places: Sequence[Place], tombstones: Path, *, clock: Clock) -> dict[str, int]:
    """Destroy again, in databases that were restored by other means, whom the list names.

    Args:
        places: every service with a schema; no service may run on them yet.
        tombstones: the list of destructions.
        clock: for the record of destructions that are done again.

    Returns:
        How many people of each service; asked once more, whoever was destroyed is not found again.

    Raises:
        BackupFault: there is no list, or it is damaged; nothing was destroyed.
    """
    _refuse_without(tombstones)
    stones = read_tombstones(tombstones)
    done = {}
    for place in places:
        database = Database(place.owner_url, schema=place.service.schema, clock=clock, pool_size=1)
        try:
            done[place.service.name] = await _reapply(database, place, stones)
        finally:
            await database.close()
    return done


def _refuse_without(tombstones: Path) -> None:
    if not tombstones.exists():
        raise BackupFault(
            f"{tombstones} is not there: without the list of destructions who was destroyed would come back. "
            "Bring it from where the backups are kept, and name it with --tombstones."
        )


async def _reapply(database: Database, place: Place, stones: Sequence[Tombstone]) -> int:
    if place.service.care is None:
        return 0
    async with database.begin() as tx:
        return await reapply(tx, place.service.care, stones)


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found = manifest["format"]
    except FileNotFoundError as fault:
        raise BackupFault(f"{folder} holds no {MANIFEST}: it is not a backup, or not a whole one.") from fault
    except (ValueError, KeyError, TypeError) as fault:
        raise BackupFault(f"{folder / MANIFEST} is damaged.") from fault
    if found != FORMAT:
        raise BackupFault(f"The backup has format {found}; this release reads format {FORMAT}.")
    return manifest


def _identity(text: str) -> Any:
    try:
        return pyrage.x25519.Identity.from_str(text.strip())
    except pyrage.IdentityError as fault:
        raise BackupFault("A private key of age begins with AGE-SECRET-KEY-1.") from fault


def _check_files(folder: Path, manifest: Mapping[str, Any], keys: Sequence[Any]) -> None:
    """See that every file is whole and that a key opens it, to its last byte."""
    for part in manifest["services"].values():
        path = folder / part["file"]
        if not path.exists():
            raise BackupFault(f"{path} is missing.")
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        if digest.hexdigest() != part["sha256"]:
            raise BackupFault(f"{path} is damaged: its checksum is not the one in the manifest.")
        try:
            with path.open("rb") as file, Path("/dev/null").open("wb") as nowhere:
                pyrage.decrypt_io(file, nowhere, list(keys))
        except pyrage.DecryptError as fault:
            raise BackupFault(f"{path} cannot be opened with this private key ({fault}).") from fault


def _check_rings(manifest: Mapping[str, Any], rings: Mapping[str, Mapping[str, str]] | None) -> None:
    if rings is None:
        return
    for service, part in manifest["services"].items():
        for setting, needed in part["keys"].items():
            text = rings.get(service, {}).get(setting, "")
            try:
                held = FieldCipher.parse(text).key_ids if text else ()
            except KeyRingError as fault:
                raise BackupFault(f"{setting} of {service} is not a ring of keys.") from fault
            if missing := [key_id for key_id in needed if key_id not in held]:
                raise BackupFault(
                    f"Rows of {service} need the keys {', '.join(missing)} in {setting.upper()}, and they are not "
                    "there: field keys are not in a backup. Set them first (docs/care-for-data.md)."
                )


async def _check_target(place: Place, manifest: Mapping[str, Any]) -> None:
    service = place.service
    part = manifest["services"].get(service.name)
    if part is None:
        raise BackupFault(f"The backup holds nothing of {service.name}.")
    if not knows(service, part["revision"]):
        raise BackupFault(
            f"The backup of {service.name} is at revision {part['revision']}, which this release does not know: "
            "restore with the release that made it, or a newer one."
        )
    try:
        connection = await asyncpg.connect(plain_url(place.owner_url))
    except (OSError, asyncpg.PostgresError) as fault:
        raise BackupFault(
            f"The database of {service.name} cannot be reached as its owner ({type(fault).__name__}). It must "
            "be made first, with its two roles and an empty schema."
        ) from fault
    try:
        version = int(await connection.fetchval("SHOW server_version_num")) // 10000
        if version < manifest["postgres"]:
            raise BackupFault(
                f"The backup was made on PostgreSQL {manifest['postgres']}; this server is {version}: too old."
            )
        held = await connection.fetchval(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1",
            service.schema,
        )
        there = await connection.fetchval(
            "SELECT count(*) FROM pg_namespace WHERE nspname = $1", service.schema
        )
    finally:
        await connection.close()
    if not there:
        raise BackupFault(f"The schema {service.schema} is not there: make the databases first.")
    if held:
        raise BackupFault(
            f"The schema {service.schema} is not empty. A restore never overwrites: give new databases."
        )


async def _fill(place: Place, folder: Path, manifest: Mapping[str, Any], keys: Sequence[Any]) -> None:
    service = place.service
    part = manifest["services"][service.name]
    command = [
        *(str(program("pg_restore", server=manifest["postgres"])), f"--schema={service.schema}"),
        *("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"),
    ]

    def run() -> None:
        with (folder / part["file"]).open("rb") as file, piped(command, place.owner_url, into=True) as target:
            pyrage.decrypt_io(file, target, list(keys))

    await asyncio.to_thread(run)
    connection = await asyncpg.connect(plain_url(place.owner_url), server_settings={"app.actor": "system"})
    try:
        for table, wanted in part["rows"].items():
            found = await connection.fetchval(f'SELECT count(*) FROM {service.schema}."{table}"')
            if found != wanted:
                raise BackupFault(
                    f"{service.schema}.{table} has {found} rows after the restore and had {wanted}: "
                    "drop the database, and use another backup."
                )
    finally:
        await connection.close()


async def _make_ready(
    place: Place, manifest: Mapping[str, Any], stones: Sequence[Tombstone], clock: Clock
) -> Restored:
    service = place.service
    await migrate(service, place.owner_url)  # the rights of the running role, and newer revisions
    database = Database(place.owner_url, schema=service.schema, clock=clock, pool_size=1)
    try:
        again = await _reapply(database, place, stones)
        async with database.begin() as tx:
            await tx.execute(sa.text("SET LOCAL statement_timeout = 0"))  # a week of events takes its time
            await tx.execute(
                sa.text(
                    f"UPDATE outbox SET published_at = NULL, attempts = 0 WHERE {was_sent(service.schema)}"
                )
            )
            events = await tx.scalar(sa.text("SELECT count(*) FROM outbox WHERE published_at IS NULL"))
    finally:
        await database.close()
    rows = sum(manifest["services"][service.name]["rows"].values())
    return Restored(service.name, rows, again, int(events))
