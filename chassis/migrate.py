# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Making and changing a service's schema: roles that own and roles that run, and its revisions.

`prepare` is done once, by a superuser; `migrate` at each release, by the owner. The running role
owns nothing, so row-level security binds it.
"""

import ast
import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from chassis.db import async_url
from chassis.service import Service

__all__ = [
    "OLDEST",
    "Prepared",
    "UnsupportedDatabase",
    "differences",
    "head",
    "migrate",
    "prepare",
    "revision_of",
    "revisions",
]

OLDEST, _NEWEST = 15, 18
_ROLE_TRIES = 5
_revisions: dict[Path, tuple[str, ...]] = {}  # by their folder: the files of a release do not change


class UnsupportedDatabase(RuntimeError):
    """The PostgreSQL server has a version that the platform was not tested with."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The two addresses of a service's database."""

    owner_url: str
    app_url: str


async def prepare(
    admin_url: str, service: Service, *, database: str, owner_password: str, app_password: str
) -> Prepared:
    """Make the database, the schema and the two roles of a service where they are not there.

    Args:
        admin_url: PostgreSQL address of a superuser.
        service: whose schema.
        database: name of the database; several services may share one.
        owner_password: of the role that owns the schema.
        app_password: of the role that runs the service.

    Raises:
        UnsupportedDatabase: the server is older than 15 or newer than 18.
    """
    s = service.schema
    owner, app = f"{s}_owner", f"{s}_app"
    engine = create_async_engine(async_url(admin_url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await _check_version(connection)
            for role, password in ((owner, owner_password), (app, app_password)):
                await _make_role(connection, role, password)
            if not await connection.scalar(
                sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": database}
            ):
                await _unless_there(connection, f"CREATE DATABASE {_quoted(database)}", "42P04")
    finally:
        await engine.dispose()
    inside = async_url(admin_url).set(database=database)
    engine = create_async_engine(inside, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await _unless_there(connection, f"CREATE SCHEMA IF NOT EXISTS {s} AUTHORIZATION {owner}", "23505")
            await connection.execute(sa.text(f"REVOKE ALL ON SCHEMA {s} FROM PUBLIC"))
            await connection.execute(sa.text(f"GRANT USAGE ON SCHEMA {s} TO {app}"))
    finally:
        await engine.dispose()
    plain = sa.make_url(admin_url).set(drivername="postgresql", database=database)
    return Prepared(
        owner_url=plain.set(username=owner, password=owner_password).render_as_string(hide_password=False),
        app_url=plain.set(username=app, password=app_password).render_as_string(hide_password=False),
    )


async def migrate(service: Service, owner_url: str) -> None:
    """Bring the schema of a service to its newest revision, and give the running role its rights."""
    s = service.schema
    app = f"{s}_app"
    engine = create_async_engine(async_url(owner_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            # One migration at a time: a second process waits here and then finds nothing to do.
            await connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"migrate:{s}"}
            )
            if await revision_of(connection, s) != head(service):
                await connection.run_sync(_upgrade, service)
            for statement in (
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {s} TO {app}",
                f"GRANT USAGE ON SCHEMA {s} TO {app}",
                f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {s} TO {app}",
                f"REVOKE UPDATE, DELETE, TRUNCATE ON {s}.access_log FROM {app}",
                f"REVOKE ALL ON {s}.access_chain FROM {app}",
                f"REVOKE INSERT, UPDATE, DELETE ON {s}.alembic_version FROM {app}",
            ):
                await connection.execute(sa.text(statement))
    finally:
        await engine.dispose()


async def revision_of(connection: AsyncConnection, schema: str) -> str | None:
    """Where the tables are, None where no migration ran yet."""
    if (
        await connection.scalar(sa.text("SELECT to_regclass(:name)"), {"name": f"{schema}.alembic_version"})
        is None
    ):
        return None
    found: str | None = await connection.scalar(sa.text(f"SELECT version_num FROM {schema}.alembic_version"))
    return found


def head(service: Service) -> str | None:
    """The newest revision of a service, as its files have it."""
    return revisions(service)[0]


def revisions(service: Service) -> tuple[str, ...]:
    """Every revision of a service that this release knows, the newest first."""
    found = _revisions.get(service.migrations)
    if found is None:  # reading holds up requests, and every look at readiness asks
        found = _revisions[service.migrations] = _read_revisions(_folder(service))
    return found


def knows(service: Service, revision: str) -> bool:
    """Whether this release has a revision of a service."""
    return revision in revisions(service)


async def differences(service: Service, owner_url: str) -> list[Any]:
    """What the tables have otherwise than the models; empty when a migration was written for each change."""
    engine = create_async_engine(async_url(owner_url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_compare, service)
    finally:
        await engine.dispose()


def _compare(connection: sa.Connection, service: Service) -> list[Any]:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - as in _upgrade
    from alembic.migration import MigrationContext  # noqa: PLC0415

    context = MigrationContext.configure(
        connection,
        opts={
            "include_schemas": True,
            "version_table_schema": service.schema,
            "include_name": lambda name, kind, _: name == service.schema if kind == "schema" else True,
        },
    )
    return list(compare_metadata(context, service.metadata))


def _folder(service: Service) -> Path:
    versions = service.migrations / "versions"
    return versions if versions.is_dir() else service.migrations


def _read_revisions(folder: Path) -> tuple[str, ...]:
    """The revisions in a folder, the newest first: each file names its own and the one before it.

    Raises:
        LookupError: they are not one line of revisions.
    """
    after: dict[str | None, str] = {}
    files = sorted(folder.glob("*.py"))
    for file in files:
        named = _assigned(file.read_text(encoding="utf-8").partition("\ndef ")[0])
        after[named.get("down_revision")] = named["revision"]
    line: list[str] = []
    while (follows := after.get(line[-1] if line else None)) is not None:
        line.append(follows)
    if not line or len(line) != len(files):
        raise LookupError(f"the revisions in {folder} are not one line")
    return tuple(reversed(line))


def _assigned(text: str) -> dict[str, Any]:
    """What a revision says of itself, without running it."""
    found: dict[str, Any] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                names = ast.unparse(target).strip("()").split(", ")
                if "revision" in names or "down_revision" in names:
                    value = ast.literal_eval(node.value)
                    found.update(zip(names, value if len(names) > 1 else [value], strict=True))
    return found


def _config(service: Service) -> Any:
    from alembic.config import Config  # noqa: PLC0415 - as in _upgrade

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(_folder(service)))
    config.set_main_option("path_separator", "os")
    config.attributes["schema"] = service.schema
    config.attributes["metadata"] = service.metadata
    return config


def _upgrade(connection: sa.Connection, service: Service) -> None:
    from alembic import command  # noqa: PLC0415 - ten MB that a start with its tables in place does without

    config = _config(service)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _check_version(connection: Any) -> None:
    number = int(await connection.scalar(sa.text("SHOW server_version_num")))
    if not OLDEST <= number // 10000 <= _NEWEST:
        raise UnsupportedDatabase(
            f"PostgreSQL {number // 10000} is not supported: use {OLDEST} to {_NEWEST} "
            "(docs/settings.md, DATABASE_URL)"
        )


async def _make_role(connection: Any, role: str, password: str) -> None:
    secret = password.replace("'", "''")
    # 42710: it is there; 23505 and XX000: another process makes or changes it at this moment.
    await _unless_there(connection, f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS", "42710", "23505")
    for attempt in range(_ROLE_TRIES):
        try:
            await connection.exec_driver_sql(
                f"ALTER ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{secret}'"
            )
        except DBAPIError as fault:
            if attempt == _ROLE_TRIES - 1 or getattr(fault.orig, "sqlstate", "") != "XX000":
                raise
            await asyncio.sleep(0.1)
        else:
            return


async def _unless_there(connection: Any, statement: str, *states: str) -> None:
    try:
        await connection.exec_driver_sql(statement)
    except DBAPIError as fault:
        if getattr(fault.orig, "sqlstate", None) not in states:
            raise


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
