# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How fast who may go, what is left of it, and what others were told about scopes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from chassis import rls

revision = "gateway_0004"
down_revision = "gateway_0003"
branch_labels = None
depends_on = None

_SCHEMA = "gateway"
_INSTANT = sa.DateTime(timezone=True)
_SYSTEM = "gateway.is_system()"
_SYSTEM_OR_ADMINISTRATOR = "gateway.is_system() OR gateway.caller_has_role('administrator')"


def upgrade() -> None:
    """Make the tables and protect each of them."""
    op.create_table(
        "rate_limit",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("per_second", sa.Double, nullable=False),
        sa.Column("burst", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('client', 'organisation', 'gemeente')", name="rate_limit_kind"),
        sa.CheckConstraint("per_second > 0 AND burst > 0", name="rate_limit_is_some"),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="rate_limit_period"),
        schema=_SCHEMA,
    )
    op.create_index("rate_limit_in_order", "rate_limit", ["kind", "valid_from", "id"], schema=_SCHEMA)
    op.create_table(
        "pace_level",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("tokens", sa.Double, nullable=False),
        sa.Column("rate", sa.Double, nullable=False),
        sa.Column("burst", sa.Double, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        schema=_SCHEMA,
    )
    op.create_index(op.f("ix_gateway_pace_level_at"), "pace_level", ["at"], schema=_SCHEMA)
    op.create_table(
        "scope_notice",
        sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("gateway.organisation.id"), primary_key=True),
        sa.Column("person_codes", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("executing_code", sa.String(4), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        schema=_SCHEMA,
    )
    rls.protect(op, _SCHEMA, "rate_limit", _SYSTEM_OR_ADMINISTRATOR)
    rls.protect(op, _SCHEMA, "pace_level", _SYSTEM)
    rls.protect(op, _SCHEMA, "scope_notice", _SYSTEM_OR_ADMINISTRATOR)


def downgrade() -> None:
    """Take them away."""
    for table in ("scope_notice", "pace_level", "rate_limit"):
        op.drop_table(table, schema=_SCHEMA)
