# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Alembic's environment, one for every service: the schema and the connection are handed in."""

import sqlalchemy as sa
from alembic import context

config = context.config
schema: str = config.attributes["schema"]
metadata: sa.MetaData = config.attributes["metadata"]
connection: sa.Connection = config.attributes["connection"]


def _ours(name: str | None, kind: str, _: object) -> bool:
    """Compare this service's schema only."""
    return name == schema if kind == "schema" else True


# A migration that cannot get its lock gives up rather than stand in everybody's way.
connection.execute(sa.text("SET lock_timeout = '5s'"))
connection.execute(sa.text("SET statement_timeout = 0"))
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table_schema=schema,
    include_schemas=True,
    include_name=_ours,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
