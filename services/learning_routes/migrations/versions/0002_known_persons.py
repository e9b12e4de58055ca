# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which ids are persons of the chain, for the explanation of a row that a school may not enter.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "learning_routes_0002"
down_revision = "learning_routes_0001"
branch_labels = None
depends_on = None

SCHEMA = "learning_routes"


def upgrade() -> None:
    # A school sees its own people only. Whether an id is not known yet (its event is on the way) or is
    # somebody else's decides whether trying again helps; nothing else about the person is told.
    op.execute(
        f"CREATE FUNCTION {SCHEMA}.known_persons(ids uuid[]) RETURNS SETOF uuid LANGUAGE sql STABLE "
        f"SECURITY DEFINER SET search_path = pg_catalog SET app.actor = 'system' "
        f"AS $$ SELECT id FROM {SCHEMA}.inburgeraar WHERE id = ANY (ids) $$"
    )


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SCHEMA}.known_persons(uuid[])")
