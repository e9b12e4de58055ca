# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The end of the duty, what holds a destruction up, and the record of what was destroyed.

Revision ID: intake_0003
Revises: intake_0002
"""

import sqlalchemy as sa
from alembic import op

from chassis import rls, tables

revision = "intake_0003"
down_revision = "intake_0002"
branch_labels = None
depends_on = None

SCHEMA = "intake"
OF_A_PERSON = (
    f"EXISTS (SELECT FROM {SCHEMA}.inburgeraar p WHERE p.id = inburgeraar_id "
    f"AND {SCHEMA}.may_see(p.gemeentecode))"
)


def upgrade() -> None:
    tables.add_care(op, SCHEMA)
    op.create_table(
        "duty_end",
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("manner", sa.String(), nullable=False),
        sa.Column("reduced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["inburgeraar_id"], ["intake.inburgeraar.id"]),
        sa.PrimaryKeyConstraint("inburgeraar_id"),
        sa.CheckConstraint(
            "manner IN ('met', 'exempt', 'dispensation', 'left', 'died')", name="duty_end_manner"
        ),
        schema=SCHEMA,
    )
    op.create_index("duty_end_next", "duty_end", ["next_on", "inburgeraar_id"], schema=SCHEMA)
    op.create_table(
        "retention_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["inburgeraar_id"], ["intake.inburgeraar.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= since", name="retention_hold_days"),
        sa.CheckConstraint(
            "reason IN ('appeal', 'financial-account', 'legal-claim')", name="retention_hold_reason"
        ),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_intake_retention_hold_inburgeraar_id"), "retention_hold", ["inburgeraar_id"], schema=SCHEMA
    )
    rls.protect(op, SCHEMA, "duty_end", OF_A_PERSON)
    rls.protect(op, SCHEMA, "retention_hold", OF_A_PERSON)


def downgrade() -> None:
    raise NotImplementedError("forward only: the record of destructions is not thrown away")
