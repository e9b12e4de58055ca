# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Row-level security asks who calls once per statement, and no longer once per row.

Revision ID: intake_0006
Revises: intake_0005
"""

from alembic import op

from chassis import rls

revision = "intake_0006"
down_revision = "intake_0005"
branch_labels = None
depends_on = None

SCHEMA = "intake"


def upgrade() -> None:
    """What each policy says stays the same."""
    rls.ask_once(op, SCHEMA)


def downgrade() -> None:
    """The release before works with these policies too: they say the same."""
