# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many moves the team of VluchtelingenWerk can take in a week, as it announced.

Revision ID: housing_0011
Revises: housing_0010
"""

import sqlalchemy as sa
from alembic import op

from chassis import rls

revision = "housing_0011"
down_revision = "housing_0010"
branch_labels = None
depends_on = None

SCHEMA = "housing"

# Sub-selects in the policies make PostgreSQL ask the caller's rights once per statement, not per row.
SYSTEM = f"(SELECT {SCHEMA}.is_system())"
VISIBLE = f"(SELECT {SCHEMA}.visible_codes())::varchar[]"
KNOWN = f"(SELECT {SCHEMA}.known_codes())::varchar[]"


def upgrade() -> None:
    """Add the table. It holds no person; who works for the gemeente sees it."""
    op.create_table(
        "team_capacity",
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=False),
        sa.Column("announced_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("moves >= 0", name="team_capacity_moves"),
        sa.CheckConstraint("extract(isodow FROM week) = 1", name="team_capacity_monday"),
        sa.PrimaryKeyConstraint("gemeentecode", "week"),
        schema=SCHEMA,
    )
    rls.protect(
        op,
        SCHEMA,
        "team_capacity",
        using=f"{SYSTEM} OR gemeentecode = ANY ({KNOWN})",
        check=f"{SYSTEM} OR gemeentecode = ANY ({VISIBLE})",
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("team_capacity", schema=SCHEMA)
