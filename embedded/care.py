# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Backup and restore of an installation: where its databases and keys are, wherever it runs.

Addresses are looked for in this order: `<SERVICE>_OWNER_DATABASE_URL`, then `DATABASE_URL` as
`run-processes` uses it, then the PostgreSQL in the data folder of this machine.
"""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from chassis.care.backup import (
    Made,
    Place,
    back_up,
    forget_old,
    plain_url,
    save_tombstones,
    tombstones_of,
)
from chassis.care.restore import Restored, destroy_again, restore
from chassis.clock import SystemClock
from chassis.service import Service
from embedded.app import ALL, DATABASE, GATEWAY
from embedded.databases import known_passwords, owner_address, prepare_databases
from embedded.environment import kept_secrets
from embedded.folder import DataFolder
from embedded.postgres import EmbeddedPostgres
from embedded.settings import DatabaseSettings, MachineSettings
from gateway.backups import keep_backup

__all__ = ["apply_tombstones", "list_tombstones", "make_backup", "restore_backup"]


async def make_backup(
    settings: MachineSettings,
    folder: Path,
    *,
    recipients: Sequence[str],
    keep_days: int | None,
) -> tuple[Made, list[Path], bool]:
    """Make a backup, note it down for the alert, and remove those that are too old.

    Answers the new one, the old ones, and whether it is noted down: not where migrations have yet to run.
    """
    clock = SystemClock()
    async with _places(settings, empty=False) as places:
        made = await back_up(places, folder, recipients=recipients, now=clock.now())
        (owner_url,) = (one.owner_url for one in places if one.service is GATEWAY)
        noted = await keep_backup(plain_url(owner_url), made.manifest, now=clock.now())
    removed = forget_old(folder, now=clock.now(), days=keep_days)
    return made, removed, noted


async def restore_backup(
    settings: MachineSettings, folder: Path, *, identities: Sequence[str], tombstones: Path | None
) -> list[Restored]:
    """Restore a backup into new databases of this installation."""
    rings = _rings(DataFolder.locate(settings.data))
    async with _places(settings, empty=True) as places:
        return await restore(
            folder,
            places,
            identities=identities,
            clock=SystemClock(),
            rings=rings,
            tombstones=tombstones,
        )


async def list_tombstones(settings: MachineSettings, path: Path) -> int:
    """Add the destructions up to now to the list beside the backups; answers how many it holds."""
    found = []
    async with _places(settings, empty=False) as places:
        for place in places:
            connection = await asyncpg.connect(plain_url(place.owner_url))
            try:
                found += await tombstones_of(connection, place.service.schema)
            finally:
                await connection.close()
    return save_tombstones(path, found)


async def apply_tombstones(settings: MachineSettings, path: Path) -> dict[str, int]:
    """Destroy again whom the list names, in databases that are there; answers how many people per service."""
    async with _places(settings, empty=False) as places:
        return await destroy_again(places, path, clock=SystemClock())


@asynccontextmanager
async def _places(settings: MachineSettings, *, empty: bool) -> AsyncIterator[list[Place]]:
    """The owners' addresses of all schemas.

    Args:
        settings: of the machine.
        empty: databases and roles that are not there are made, for a restore.
    """
    named = {service.name: os.environ.get(f"{_prefix(service)}OWNER_DATABASE_URL", "") for service in ALL}
    rest = [service for service in ALL if not named[service.name]]
    if not rest:
        yield [Place(service, named[service.name]) for service in ALL]
        return
    folder = DataFolder.locate(settings.data)
    admin = DatabaseSettings().database_url.get_secret_value()
    if admin:
        named |= await _by_admin(settings, folder, rest, admin, empty=empty)
        yield [Place(service, named[service.name]) for service in ALL]
        return
    folder.prepare()
    server = EmbeddedPostgres(folder)
    started = server.start()
    try:
        named |= await _by_admin(settings, folder, rest, server.url, empty=empty, shared=DATABASE)
        yield [Place(service, named[service.name]) for service in ALL]
    finally:
        if started:
            server.stop()


async def _by_admin(
    settings: MachineSettings,
    folder: DataFolder,
    services: Sequence[Service],
    admin_url: str,
    *,
    empty: bool,
    shared: str | None = None,
) -> dict[str, str]:
    def name_of(service: Service) -> str:
        return shared or f"{settings.database_prefix}_{service.schema}"

    passwords = folder.secrets / "databases.json"
    if empty:
        folder.prepare()
        made = await prepare_databases(
            services, admin_url=admin_url, name_of=name_of, passwords=passwords, migrated=False
        )
        return {name: one.owner_url for name, one in made.items()}
    known = known_passwords(passwords, services)
    return {
        service.name: owner_address(admin_url, service, name_of(service), known[f"{service.schema}_owner"])
        for service in services
    }


def _rings(folder: DataFolder) -> Mapping[str, Mapping[str, str]]:
    """The keys of encrypted columns that this installation has, by service and setting."""
    kept = kept_secrets(folder)
    found: dict[str, dict[str, str]] = {}
    for service in ALL:
        for sealed in service.care.sealed if service.care is not None else ():
            variable = f"{_prefix(service)}{sealed.ring.upper()}"
            ring = os.environ.get(variable) or kept.get(variable, "")
            found.setdefault(service.name, {})[sealed.ring] = ring
    return found


def _prefix(service: Service) -> str:
    return str(service.settings.model_config.get("env_prefix", ""))
