# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who signed out at the issuer while access tokens were still alive."""

import sqlalchemy as sa
from alembic import op

from chassis import rls

revision = "gateway_0003"
down_revision = "gateway_0002"
branch_labels = None
depends_on = None

_SCHEMA = "gateway"
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table; only the gateway itself reads it."""
    op.create_table(
        "ended_session",
        sa.Column("mark", sa.LargeBinary, primary_key=True),
        sa.Column("ended_at", _INSTANT, nullable=False),
        sa.Column("keep_until", _INSTANT, nullable=False),
        schema=_SCHEMA,
    )
    rls.protect(op, _SCHEMA, "ended_session", "gateway.is_system()")


def downgrade() -> None:
    """Take it away."""
    op.drop_table("ended_session", schema=_SCHEMA)
