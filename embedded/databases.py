# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Makes the databases and roles of all services and brings their schemas up to date."""

import os
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import make_url

from chassis.migrate import Prepared, UnsupportedDatabase, head, migrate, prepare
from chassis.service import Service
from embedded.environment import keep_secrets
from embedded.faults import CannotStart

__all__ = ["known_passwords", "migrate_all", "owner_address", "prepare_databases"]


async def prepare_databases(
    services: Sequence[Service],
    *,
    admin_url: str,
    name_of: Callable[[Service], str],
    passwords: Path,
    migrated: bool = True,
) -> dict[str, Prepared]:
    """Make what is not there and migrate; answers the addresses per service.

    Args:
        services: all that have a schema.
        admin_url: PostgreSQL address of a superuser.
        name_of: the database of a service; several may share one.
        passwords: file with the passwords of the roles, made when it is not there.
        migrated: whether the schemas get their tables; a restore brings its own.

    Raises:
        CannotStart: the server does not answer, refuses, or has a version that is not supported.
    """
    known = known_passwords(passwords, services)
    prepared: dict[str, Prepared] = {}
    try:
        for service in services:
            prepared[service.name] = await prepare(
                admin_url,
                service,
                database=name_of(service),
                owner_password=known[f"{service.schema}_owner"],
                app_password=known[f"{service.schema}_app"],
            )
        for service in services if migrated else ():
            await migrate(service, prepared[service.name].owner_url)
    except UnsupportedDatabase as fault:
        raise CannotStart(
            str(fault), remedy="Set DATABASE_URL to a server of a supported version."
        ) from fault
    except (TimeoutError, OSError) as fault:
        raise CannotStart(
            f"PostgreSQL does not answer: {type(fault).__name__}.",
            remedy="Check DATABASE_URL: postgresql://user:password@host:port/postgres.",
        ) from fault
    return prepared


async def migrate_all(services: Sequence[Service]) -> list[str]:
    """Migrate each service by its own `<SERVICE>_OWNER_DATABASE_URL`; answers a line about each.

    Raises:
        CannotStart: an address is missing; nothing was migrated then.
    """
    addresses: dict[str, str] = {}
    for service in services:
        prefix = service.settings.model_config.get("env_prefix", "")
        addresses[service.name] = os.environ.get(f"{prefix}OWNER_DATABASE_URL", "")
        if not addresses[service.name]:
            raise CannotStart(
                f"{prefix}OWNER_DATABASE_URL is missing: PostgreSQL address of the owner of {service.schema}.",
                remedy="docs/settings.md describes it.",
            )
    for service in services:
        await migrate(service, addresses[service.name])
    return [f"{service.name} is at {head(service)}" for service in services]


def owner_address(admin_url: str, service: Service, database: str, password: str) -> str:
    """The address of the owner of a schema, on the server of an address of a superuser."""
    address = make_url(admin_url).set(
        drivername="postgresql", database=database, username=f"{service.schema}_owner", password=password
    )
    return address.render_as_string(hide_password=False)


def known_passwords(path: Path, services: Sequence[Service]) -> dict[str, str]:
    """The passwords of the roles; new services get new ones."""
    roles = [f"{service.schema}_{part}" for service in services for part in ("owner", "app")]
    return keep_secrets(path, dict.fromkeys(roles, partial(secrets.token_urlsafe, 24)))
