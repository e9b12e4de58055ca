# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A departure and a key that were recorded by mistake can be taken back; corporations have a short name.

Revision ID: housing_0012
Revises: housing_0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "housing_0012"
down_revision = "housing_0011"
branch_labels = None
depends_on = None

SCHEMA = "housing"


def upgrade() -> None:
    """Add the columns."""
    op.add_column(
        "match",
        sa.Column("taken_back", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")),
        schema=SCHEMA,
    )
    op.add_column("stay", sa.Column("took_along", postgresql.JSONB(), nullable=True), schema=SCHEMA)
    op.add_column("corporation", sa.Column("short_name", sa.Text(), nullable=True), schema=SCHEMA)


def downgrade() -> None:
    """Forget them."""
    op.drop_column("corporation", "short_name", schema=SCHEMA)
    op.drop_column("stay", "took_along", schema=SCHEMA)
    op.drop_column("match", "taken_back", schema=SCHEMA)
