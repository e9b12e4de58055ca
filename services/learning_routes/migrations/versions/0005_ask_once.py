# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Row-level security asks who calls once per statement, and no longer once per row.

Revision ID: learning_routes_0005
Revises: learning_routes_0004
"""

from alembic import op

from chassis import rls

revision = "learning_routes_0005"
down_revision = "learning_routes_0004"
branch_labels = None
depends_on = None

SCHEMA = "learning_routes"


def upgrade() -> None:
    """What each policy says stays the same."""
    rls.ask_once(op, SCHEMA)


def downgrade() -> None:
    """The release before works with these policies too: they say the same."""
