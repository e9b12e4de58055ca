# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Row-level security asks who calls once per statement, and no longer once per row.

Revision ID: notifications_0004
Revises: notifications_0003
"""

from alembic import op

from chassis import rls

revision = "notifications_0004"
down_revision = "notifications_0003"
branch_labels = None
depends_on = None

SCHEMA = "notifications"


def upgrade() -> None:
    """What each policy says stays the same."""
    rls.ask_once(op, SCHEMA)


def downgrade() -> None:
    """The release before works with these policies too: they say the same."""
