# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the databases hold, read past row-level security, to see whether an attack changed anything."""

from collections.abc import Iterable

import asyncpg
import sqlalchemy as sa

from chassis.tables import CHASSIS_TABLES
from tests.journey.chain import Chain

# pace_level: how fast callers come, which every call changes.
_BESIDE = {*CHASSIS_TABLES, "alembic_version", "pace_level"}


def database_of(chain: Chain, postgres_url: str, service: str) -> str:
    """The address of a service's database as superuser."""
    name = sa.make_url(chain.databases[service].owner_url).database
    url = sa.make_url(postgres_url).set(drivername="postgresql", database=name)
    return url.render_as_string(hide_password=False)


async def snapshot(
    chain: Chain, postgres_url: str, *, about: Iterable[str] = (), tables: Iterable[str] = ()
) -> dict[str, str]:
    """A digest of each table of the field, by `schema.table`.

    Args:
        chain: at work.
        postgres_url: of a superuser.
        about: only rows in which one of these texts stands; all rows where left out.
        tables: of the chassis, to be counted in as well.
    """
    found: dict[str, str] = {}
    wanted = "|".join(about)
    for service in chain.databases:
        connection = await asyncpg.connect(database_of(chain, postgres_url, service))
        try:
            for row in await connection.fetch(
                "SELECT schemaname, tablename FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ):
                schema, table = row["schemaname"], row["tablename"]
                if table in _BESIDE and table not in tables:
                    continue
                found[f"{schema}.{table}"] = str(
                    await connection.fetchval(
                        "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') "
                        f"FROM {schema}.\"{table}\" t WHERE $1 = '' OR t::text ~ $1",
                        wanted,
                    )
                )
        finally:
            await connection.close()
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables whose rows are not the same any more."""
    return sorted(name for name in after if before.get(name) != after[name])
