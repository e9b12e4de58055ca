# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Looking into the databases of the chain past every service, as a superuser."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import sqlalchemy as sa

from chassis.care.backup import plain_url
from chassis.migrate import Prepared
from embedded.app import ALL

SCHEMA = {service.name: service.schema for service in ALL}


def as_superuser(prepared: Prepared, postgres_url: str) -> str:
    """The address of a superuser in the database of a service."""
    database = sa.make_url(prepared.owner_url).database
    return plain_url(sa.make_url(postgres_url).set(database=database).render_as_string(hide_password=False))


async def rows(prepared: Prepared, postgres_url: str, query: str, *values: Any) -> list[Any]:
    connection = await asyncpg.connect(as_superuser(prepared, postgres_url))
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


async def tables(prepared: Prepared, postgres_url: str, schema: str) -> list[str]:
    found = await rows(
        prepared,
        postgres_url,
        "SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' ORDER BY 1",
        schema,
    )
    return [row["relname"] for row in found]


async def counts(databases: Mapping[str, Prepared], postgres_url: str) -> dict[str, int]:
    """How many rows every table of every service has."""
    found = {}
    for name, prepared in databases.items():
        for table in await tables(prepared, postgres_url, SCHEMA[name]):
            place = f"{SCHEMA[name]}.{table}"
            found[place] = (await rows(prepared, postgres_url, f"SELECT count(*) FROM {place}"))[0][0]
    return found


async def traces(databases: Mapping[str, Prepared], postgres_url: str, *words: str) -> dict[str, int]:
    """In which tables one of these words stands, as text or within bytes, with the number of rows."""
    found = {}
    for name, prepared in databases.items():
        for table in await tables(prepared, postgres_url, SCHEMA[name]):
            place = f"{SCHEMA[name]}.{table}"
            # Bytes are shown in hex, so a word is looked for in that form too.
            hits = await rows(
                prepared,
                postgres_url,
                f"SELECT count(*) FROM {place} t WHERE EXISTS (SELECT FROM unnest($1::text[]) w(word) "
                "WHERE t::text ILIKE '%' || w.word || '%' OR t::text ILIKE '%' || encode(w.word::bytea, 'hex') || '%')",
                list(words),
            )
            if hits[0][0]:
                found[place] = hits[0][0]
    return found
