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
    # The setting is put back before the function answers; were it to fail, the transaction is over.
    op.execute(
        f"""
        CREATE FUNCTION {SCHEMA}.known_persons(ids uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog AS $$
        DECLARE actor text := current_setting('app.actor', true);
        BEGIN
            PERFORM set_config('app.actor', 'system', true);
            RETURN QUERY SELECT i.id FROM {SCHEMA}.inburgeraar i WHERE i.id = ANY (ids);
            PERFORM set_config('app.actor', coalesce(actor, ''), true);
        END $$
        """
    )


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SCHEMA}.known_persons(uuid[])")
