# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who can lead the case of a person, as the gateway tells it.

Revision ID: intake_0004
Revises: intake_0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from chassis import rls

revision = "intake_0004"
down_revision = "intake_0003"
branch_labels = None
depends_on = None

SCHEMA = "intake"


def upgrade() -> None:
    op.create_table(
        "colleague",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=True),
        sa.Column("roles", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("member_id"),
        schema=SCHEMA,
    )
    op.create_index(
        "inburgeraar_by_second",
        "inburgeraar",
        ["second_member_id"],
        schema=SCHEMA,
        postgresql_where=sa.text("second_member_id IS NOT NULL"),
    )
    # Ids, roles and codes: every caller may ask whether somebody can lead.
    rls.protect(op, SCHEMA, "colleague", "true", check=f"{SCHEMA}.is_system()")


def downgrade() -> None:
    op.drop_index("inburgeraar_by_second", "inburgeraar", schema=SCHEMA)
    op.drop_table("colleague", schema=SCHEMA)
