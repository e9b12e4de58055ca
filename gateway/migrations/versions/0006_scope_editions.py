# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""For which readers a scope was told: a new one must hear what the others were told before it was there."""

import sqlalchemy as sa
from alembic import op

revision = "gateway_0006"
down_revision = "gateway_0005"
branch_labels = None
depends_on = None

_SCHEMA = "gateway"


def upgrade() -> None:
    """Rows from before are of no edition, and told again by the first process of this release."""
    op.add_column(
        "scope_notice",
        sa.Column("edition", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
        schema=_SCHEMA,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_column("scope_notice", "edition", schema=_SCHEMA)
