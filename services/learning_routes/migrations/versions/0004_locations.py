# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where providers give their lessons, and at which place a group has them.

Revision ID: learning_routes_0004
Revises: learning_routes_0003
"""

import sqlalchemy as sa
from alembic import op

from chassis import rls

revision = "learning_routes_0004"
down_revision = "learning_routes_0003"
branch_labels = None
depends_on = None

SCHEMA = "learning_routes"


def upgrade() -> None:
    op.create_table(
        "location",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("central", sa.Boolean(), nullable=False),
        sa.Column("offers", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="location_days"),
        sa.ForeignKeyConstraint(["provider_id"], ["learning_routes.provider.id"]),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_location_provider_id"),
        "location",
        ["provider_id"],
        unique=False,
        schema=SCHEMA,
    )
    # Where a school teaches is no secret; who changes the list is (as with the providers themselves).
    rls.protect(
        op,
        SCHEMA,
        "location",
        using="true",
        check=f"(SELECT {SCHEMA}.is_system()) OR (SELECT {SCHEMA}.is_municipal())",
    )
    op.add_column("lesson_group", sa.Column("location_id", sa.Uuid(), nullable=True), schema=SCHEMA)
    op.create_foreign_key(
        "lesson_group_location_id_fkey",
        "lesson_group",
        "location",
        ["location_id"],
        ["id"],
        source_schema=SCHEMA,
        referent_schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_lesson_group_location_id"),
        "lesson_group",
        ["location_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.add_column(
        "lesson_group",
        sa.Column("small_group", sa.Boolean(), nullable=False, server_default=sa.false()),
        schema=SCHEMA,
    )


def downgrade() -> None:
    """Nothing here: the first revision removes every table and function of the service."""
