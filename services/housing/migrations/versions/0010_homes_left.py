# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who recorded that a home was left, and searches in the order in which they ended.

Revision ID: housing_0010
Revises: housing_0009
"""

import sqlalchemy as sa
from alembic import op

revision = "housing_0010"
down_revision = "housing_0009"
branch_labels = None
depends_on = None

SCHEMA = "housing"


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column("stay", sa.Column("ended_by", sa.Uuid(), nullable=True), schema=SCHEMA)
    op.create_index("proposal_run_ended", "proposal_run", ["finished_at", "id"], schema=SCHEMA)


def downgrade() -> None:
    """Forget them."""
    op.drop_index("proposal_run_ended", table_name="proposal_run", schema=SCHEMA)
    op.drop_column("stay", "ended_by", schema=SCHEMA)
