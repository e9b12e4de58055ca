# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The record of what was destroyed, and the end of looks at people who were."""

from alembic import op

from chassis import tables

revision = "notifications_0003"
down_revision = "notifications_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tables.add_care(op, "notifications")


def downgrade() -> None:
    """Nothing here: the first revision removes every table and function of the service."""
