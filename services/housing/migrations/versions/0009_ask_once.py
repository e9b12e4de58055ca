# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Row-level security asks who calls once per statement, and no longer once per row.

Revision ID: housing_0009
Revises: housing_0008
"""

from alembic import op

from chassis import rls

revision = "housing_0009"
down_revision = "housing_0008"
branch_labels = None
depends_on = None

SCHEMA = "housing"


def upgrade() -> None:
    """What each policy says stays the same."""
    rls.ask_once(op, SCHEMA)


def downgrade() -> None:
    """The release before works with these policies too: they say the same."""
