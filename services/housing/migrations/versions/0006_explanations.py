# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The input of a search, kept for a while, and why a pair was not proposed.

Revision ID: housing_0006
Revises: housing_0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis import rls

revision = "housing_0006"
down_revision = "housing_0005"
branch_labels = None
depends_on = None

SCHEMA = "housing"


def upgrade() -> None:
    """Add both; who sees the search sees them."""
    op.create_table(
        "search_input",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("regions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("household_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["housing.proposal_run.id"]),
        sa.PrimaryKeyConstraint("run_id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_search_input_kept_until"),
        "search_input",
        ["kept_until"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "explanation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("dwelling_id", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("others", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("other_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.ForeignKeyConstraint(["dwelling_id"], ["housing.dwelling.id"]),
        sa.ForeignKeyConstraint(["household_id"], ["housing.household.id"]),
        sa.ForeignKeyConstraint(["run_id"], ["housing.proposal_run.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "household_id", "dwelling_id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_explanation_household_id"),
        "explanation",
        ["household_id"],
        unique=False,
        schema=SCHEMA,
    )
    for table in ("search_input", "explanation"):
        rls.protect(op, SCHEMA, table, using=f"run_id IN (SELECT r.id FROM {SCHEMA}.proposal_run r)")


def downgrade() -> None:
    """Forget them."""
    op.drop_table("explanation", schema=SCHEMA)
    op.drop_table("search_input", schema=SCHEMA)
