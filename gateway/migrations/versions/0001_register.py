# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The register: organisations, members, clients, mandates, agreements, local policy."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from chassis import rls, tables

revision = "gateway_0001"
down_revision = None
branch_labels = None
depends_on = None

_SCHEMA = "gateway"
_INSTANT = sa.DateTime(timezone=True)
_TEXTS = pg.ARRAY(sa.Text)

_SYSTEM_OR_ADMINISTRATOR = "gateway.is_system() OR gateway.caller_has_role('administrator')"
# A transaction that carries nobody sees nothing, also of what all members may know.
_ANYBODY = "gateway.is_system() OR gateway.caller_subject() IS NOT NULL"
# Gemeenten that ever worked together know each other's people; the store narrows it to today.
_PARTNER = (
    "organisation_id IN (SELECT other.id FROM gateway.organisation own "
    "JOIN gateway.mandate m ON own.gemeentecode IN (m.mandating_code, m.executing_code) "
    "JOIN gateway.organisation other ON other.gemeentecode IN (m.mandating_code, m.executing_code) "
    "WHERE own.id = gateway.caller_organisation())"
)
_OWN_POLICY = (
    "gateway.caller_has_role('policy-officer') AND gemeentecode = (SELECT o.gemeentecode "
    "FROM gateway.organisation o WHERE o.id = gateway.caller_organisation())"
)


def _organisation_id(name: str = "organisation_id") -> sa.Column[UUID]:
    return sa.Column(name, sa.Uuid, sa.ForeignKey("gateway.organisation.id"), nullable=False)


def upgrade() -> None:
    """Make the tables and protect each of them."""
    rls.create_functions(op, _SCHEMA)
    tables.create(op, _SCHEMA)
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("slug", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kinds", _TEXTS, nullable=False),
        sa.Column("serves", _TEXTS, nullable=False),
        sa.Column("gemeentecode", sa.String(4), unique=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint(
            "(gemeentecode IS NOT NULL) = ('gemeente' = ANY (kinds))", name="organisation_gemeentecode"
        ),
        sa.CheckConstraint("cardinality(kinds) > 0", name="organisation_is_something"),
        sa.CheckConstraint("gemeentecode ~ '^[0-9]{4}$'", name="organisation_code_form"),
        schema=_SCHEMA,
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("display_name", sa.Text, nullable=False),
        _organisation_id(),
        sa.Column("roles", _TEXTS, nullable=False),
        sa.Column("issuer", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.UniqueConstraint("issuer", "subject", name="member_account"),
        sa.CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="member_account_whole"),
        schema=_SCHEMA,
    )
    op.create_index(
        "member_organisation", "member", ["organisation_id", "display_name", "id"], schema=_SCHEMA
    )
    op.create_table(
        "client",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        _organisation_id(),
        sa.Column("roles", _TEXTS, nullable=False),
        sa.Column("issuer", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("secret_hash", sa.Text),
        sa.Column("public_keys", pg.JSONB, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.UniqueConstraint("issuer", "subject", name="client_account"),
        sa.CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="client_account_whole"),
        schema=_SCHEMA,
    )
    op.create_index("client_organisation", "client", ["organisation_id", "name", "id"], schema=_SCHEMA)
    op.create_table(
        "mandate",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("mandating_code", sa.String(4), nullable=False),
        sa.Column("executing_code", sa.String(4), nullable=False),
        sa.Column("tasks", _TEXTS, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("agreed_on", sa.Date),
        sa.Column("review_on", sa.Date),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint("mandating_code <> executing_code", name="mandate_two_parties"),
        sa.CheckConstraint("valid_until >= valid_from", name="mandate_period"),
        schema=_SCHEMA,
    )
    op.create_index("mandate_mandating", "mandate", ["mandating_code", "valid_from", "id"], schema=_SCHEMA)
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        _organisation_id("provider_id"),
        _organisation_id("receiver_id"),
        sa.Column("gemeentecodes", _TEXTS, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("purposes", _TEXTS, nullable=False),
        sa.Column("data_set", sa.Text, nullable=False),
        sa.Column("legal_ground", sa.Text, nullable=False),
        sa.Column("tasks", _TEXTS, nullable=False),
        sa.Column("agreed_on", sa.Date),
        sa.Column("review_on", sa.Date),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.CheckConstraint("provider_id <> receiver_id", name="agreement_two_parties"),
        sa.CheckConstraint("valid_until >= valid_from", name="agreement_period"),
        sa.CheckConstraint("level IN ('person', 'figures')", name="agreement_level"),
        schema=_SCHEMA,
    )
    op.create_index("agreement_receiver", "agreement", ["receiver_id"], schema=_SCHEMA)
    op.create_index("agreement_provider", "agreement", ["provider_id"], schema=_SCHEMA)
    op.create_table(
        "local_policy",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("gemeentecode", sa.String(4), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", pg.JSONB, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("recorded_by", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.UniqueConstraint("gemeentecode", "key", "valid_from", name="local_policy_day"),
        schema=_SCHEMA,
    )
    for table, using, check in (
        ("organisation", _ANYBODY, _SYSTEM_OR_ADMINISTRATOR),
        (
            "member",
            f"{_SYSTEM_OR_ADMINISTRATOR} OR organisation_id = gateway.caller_organisation() OR {_PARTNER}",
            _SYSTEM_OR_ADMINISTRATOR,
        ),
        (
            "client",
            f"{_SYSTEM_OR_ADMINISTRATOR} OR id = gateway.caller_subject()",
            _SYSTEM_OR_ADMINISTRATOR,
        ),
        ("mandate", _ANYBODY, _SYSTEM_OR_ADMINISTRATOR),
        (
            "agreement",
            f"{_SYSTEM_OR_ADMINISTRATOR} OR gateway.caller_organisation() IN (provider_id, receiver_id)",
            _SYSTEM_OR_ADMINISTRATOR,
        ),
        ("local_policy", _ANYBODY, f"{_SYSTEM_OR_ADMINISTRATOR} OR ({_OWN_POLICY})"),
    ):
        rls.protect(op, _SCHEMA, table, using, check)


def downgrade() -> None:
    """Take all of it away."""
    for table in ("local_policy", "agreement", "mandate", "client", "member", "organisation"):
        op.drop_table(table, schema=_SCHEMA)
    for table in tables.CHASSIS_TABLES:
        op.drop_table(table, schema=_SCHEMA)
