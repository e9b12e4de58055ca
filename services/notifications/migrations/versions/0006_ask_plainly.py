# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Row-level security asks the settings themselves who calls, so that a statement is planned sooner.

Revision ID: notifications_0006
Revises: notifications_0005
"""

from alembic import op

from chassis import rls

revision = "notifications_0006"
down_revision = "notifications_0005"
branch_labels = None
depends_on = None

SCHEMA = "notifications"


def upgrade() -> None:
    """What each policy says stays the same."""
    rls.ask_plainly(op, SCHEMA)


def downgrade() -> None:
    """The release before works with these policies too: they say the same."""
