# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which backups were made, so that a process can tell when the last one was."""

import sqlalchemy as sa
from alembic import op

from chassis import rls

revision = "gateway_0007"
down_revision = "gateway_0006"
branch_labels = None
depends_on = None

_SCHEMA = "gateway"


def upgrade() -> None:
    """Make the table; who makes backups writes it, and the gateway reads it."""
    op.create_table(
        "backup",
        sa.Column("made_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("held_seconds", sa.Double, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        schema=_SCHEMA,
    )
    rls.protect(op, _SCHEMA, "backup", "gateway.is_system()")


def downgrade() -> None:
    """Take it away."""
    op.drop_table("backup", schema=_SCHEMA)
