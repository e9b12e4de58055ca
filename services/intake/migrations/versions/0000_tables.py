# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables: the person, the PIP, the clocks. The next revision says who may see them.

Revision ID: intake_0000
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from chassis import rls, tables

revision = "intake_0000"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "intake"


def upgrade() -> None:
    rls.create_functions(op, SCHEMA)
    tables.create(op, SCHEMA)
    _create_roots()
    _create_dependants()


def _create_roots() -> None:
    op.create_table(
        "executing_gemeente",
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("executing_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("gemeentecode"),
        schema="intake",
    )
    op.create_table(
        "inburgeraar",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("law", sa.String(), nullable=False),
        sa.Column("group_code", sa.String(), nullable=False),
        sa.Column("permit_type", sa.String(), nullable=False),
        sa.Column("obliged_on", sa.Date(), nullable=False),
        sa.Column("duo_notice_on", sa.Date(), nullable=True),
        sa.Column("brp_on", sa.Date(), nullable=True),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("executing_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("rights", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("duties", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("lead_member_id", sa.Uuid(), nullable=True),
        sa.Column("second_member_id", sa.Uuid(), nullable=True),
        sa.Column("pip_due_on", sa.Date(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
    )
    op.create_index(
        "inburgeraar_by_gemeente",
        "inburgeraar",
        ["gemeentecode", "registered_at", "id"],
        unique=False,
        schema="intake",
    )
    op.create_index(
        "inburgeraar_by_lead",
        "inburgeraar",
        ["lead_member_id", "executing_gemeentecode"],
        unique=False,
        schema="intake",
    )
    op.create_index(
        "inburgeraar_by_pip_due", "inburgeraar", ["pip_due_on", "id"], unique=False, schema="intake"
    )
    op.create_table(
        "placement_access",
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("placement_id"),
        schema="intake",
    )
    op.create_index(
        "placement_access_person",
        "placement_access",
        ["inburgeraar_id", "organisation_id"],
        unique=False,
        schema="intake",
    )
    op.create_table(
        "policy_parameter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=True),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
    )
    op.create_index(
        "policy_parameter_key",
        "policy_parameter",
        ["code", "gemeentecode", "valid_from"],
        unique=True,
        schema="intake",
        postgresql_nulls_not_distinct=True,
    )


def _create_dependants() -> None:
    op.create_table(
        "blind_index",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["intake.inburgeraar.id"],
        ),
        sa.PrimaryKeyConstraint("kind", "key_id", "digest"),
        schema="intake",
    )
    op.create_index(
        op.f("ix_intake_blind_index_inburgeraar_id"),
        "blind_index",
        ["inburgeraar_id"],
        unique=False,
        schema="intake",
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("article", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("early_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["intake.inburgeraar.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("inburgeraar_id", "rule", "cause"),
        schema="intake",
    )
    op.create_index(
        op.f("ix_intake_clock_inburgeraar_id"), "clock", ["inburgeraar_id"], unique=False, schema="intake"
    )
    op.create_table(
        "move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("from_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("from_executing_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("to_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("to_executing_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["intake.inburgeraar.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
    )
    op.create_index(
        op.f("ix_intake_move_inburgeraar_id"), "move", ["inburgeraar_id"], unique=False, schema="intake"
    )
    op.create_table(
        "person_identity",
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("gender", sa.String(), nullable=False),
        sa.Column("bsn_ciphertext", sa.LargeBinary(), nullable=True),
        sa.Column("bsn_key_id", sa.String(), nullable=True),
        sa.Column("v_number_ciphertext", sa.LargeBinary(), nullable=True),
        sa.Column("v_number_key_id", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("street", sa.String(), nullable=True),
        sa.Column("house_number", sa.String(), nullable=True),
        sa.Column("postal_code", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["intake.inburgeraar.id"],
        ),
        sa.PrimaryKeyConstraint("inburgeraar_id"),
        schema="intake",
    )
    op.create_table(
        "person_name",
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("given_names", sa.String(), nullable=False),
        sa.Column("family_name", sa.String(), nullable=False),
        sa.Column("family_name_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["intake.inburgeraar.id"],
        ),
        sa.PrimaryKeyConstraint("inburgeraar_id"),
        schema="intake",
    )
    op.create_index(
        "person_name_search",
        "person_name",
        ["family_name_key"],
        unique=False,
        schema="intake",
        postgresql_ops={"family_name_key": "text_pattern_ops"},
    )
    op.create_table(
        "person_scope",
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["intake.inburgeraar.id"],
        ),
        sa.PrimaryKeyConstraint("inburgeraar_id"),
        schema="intake",
    )
    op.create_table(
        "person_version",
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("changed_fields", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("changes_ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("changes_key_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["intake.inburgeraar.id"],
        ),
        sa.PrimaryKeyConstraint("inburgeraar_id", "version"),
        schema="intake",
    )
    op.create_table(
        "pip",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("amends_id", sa.Uuid(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=False),
        sa.Column("first_signed_on", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("on_time", sa.Boolean(), nullable=False),
        sa.Column("delay_reason", sa.String(), nullable=True),
        sa.Column("leerroute", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("pvt_hours", sa.Numeric(precision=7, scale=2), nullable=False),
        sa.Column("map_hours", sa.Numeric(precision=7, scale=2), nullable=False),
        sa.Column("route_hours", sa.Numeric(precision=7, scale=2), nullable=True),
        sa.Column("participation", pg.JSONB(), nullable=True),
        sa.Column("participation_hours", sa.Numeric(precision=7, scale=2), nullable=False),
        sa.Column("talks_planned", sa.Integer(), nullable=False),
        sa.Column("goals", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("guidance", sa.String(), nullable=True),
        sa.Column("responsible_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("executing_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("legal_basis", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["amends_id"],
            ["intake.pip.id"],
        ),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["intake.inburgeraar.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("inburgeraar_id", "version"),
        schema="intake",
    )
    op.create_index(
        op.f("ix_intake_pip_inburgeraar_id"), "pip", ["inburgeraar_id"], unique=False, schema="intake"
    )
    op.create_table(
        "provision_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["intake.inburgeraar.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
    )
    op.create_index(
        op.f("ix_intake_provision_request_inburgeraar_id"),
        "provision_request",
        ["inburgeraar_id"],
        unique=False,
        schema="intake",
    )
    op.create_table(
        "third_party_information",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["intake.inburgeraar.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
    )
    op.create_index(
        op.f("ix_intake_third_party_information_inburgeraar_id"),
        "third_party_information",
        ["inburgeraar_id"],
        unique=False,
        schema="intake",
    )


def downgrade() -> None:
    raise NotImplementedError("the first revisions go with their schema: drop the schema instead")
