# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What others were told about members."""

import sqlalchemy as sa
from alembic import op

from chassis import rls

revision = "gateway_0005"
down_revision = "gateway_0004"
branch_labels = None
depends_on = None

_SCHEMA = "gateway"


def upgrade() -> None:
    """Make the table and protect it."""
    op.create_table(
        "member_notice",
        sa.Column("member_id", sa.Uuid, sa.ForeignKey("gateway.member.id"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        schema=_SCHEMA,
    )
    rls.protect(
        op, _SCHEMA, "member_notice", "gateway.is_system() OR gateway.caller_has_role('administrator')"
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("member_notice", schema=_SCHEMA)
