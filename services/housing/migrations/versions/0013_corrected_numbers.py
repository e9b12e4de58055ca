# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A wrong number of expected family is mended with a reason; how long a decider looked at a match is known.

Revision ID: housing_0013
Revises: housing_0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "housing_0013"
down_revision = "housing_0012"
branch_labels = None
depends_on = None

SCHEMA = "housing"


def upgrade() -> None:
    """Add the columns."""
    op.add_column(
        "reunion",
        sa.Column("corrections", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")),
        schema=SCHEMA,
    )
    op.add_column("match", sa.Column("looked_seconds", sa.Integer(), nullable=True), schema=SCHEMA)


def downgrade() -> None:
    """Forget them."""
    op.drop_column("match", "looked_seconds", schema=SCHEMA)
    op.drop_column("reunion", "corrections", schema=SCHEMA)
