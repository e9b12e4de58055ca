# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables of the desk, and who may see which rows.

Revision ID: housing_0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis import rls, tables

revision = "housing_0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "housing"

# Sub-selects in the policies make PostgreSQL ask the caller's rights once per statement, not per row.
SYSTEM = f"(SELECT {SCHEMA}.is_system())"
VISIBLE = f"(SELECT {SCHEMA}.visible_codes())::varchar[]"
KNOWN = f"(SELECT {SCHEMA}.known_codes())::varchar[]"
OWN_PEOPLE = f"gemeentecode = ANY ({VISIBLE})"
OWN_DWELLINGS = f"organisation_id = (SELECT {SCHEMA}.corporation_organisation())"

ABOUT_HOUSEHOLDS = (
    "household",
    "household_member",
    "reunion",
    "consent",
    "stay",
    "share_conflict",
    "task",
    "deadline",
    "exchange_household",
    "pin",
)


def upgrade() -> None:
    """Create everything."""
    rls.create_functions(op, SCHEMA)
    tables.create(op, SCHEMA)
    _create_dwellings()
    _create_people()
    _create_desk()
    _create_aftermath()
    _create_proposals()
    _create_own_functions()
    _protect()


def _create_dwellings() -> None:
    """Dwellings, who lets them, and under which rules."""
    op.create_table(
        "corporation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecodes", sa.ARRAY(sa.String(length=4)), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("organisation_id"),
        schema=SCHEMA,
    )
    op.create_table(
        "corporation_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("corporation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="corporation_rule_days"),
        sa.ForeignKeyConstraint(
            ["corporation_id"],
            ["housing.corporation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_corporation_rule_corporation_id"),
        "corporation_rule",
        ["corporation_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "performance_agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("corporation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("dwellings", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("dwellings >= 0", name="performance_agreement_dwellings"),
        sa.ForeignKeyConstraint(
            ["corporation_id"],
            ["housing.corporation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("corporation_id", "gemeentecode", "year"),
        schema=SCHEMA,
    )
    op.create_table(
        "quarter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("school", sa.Boolean(), nullable=False),
        sa.Column("cap", sa.Integer(), nullable=True),
        sa.Column("social_dwellings", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("gemeentecode", "name"),
        schema=SCHEMA,
    )
    op.create_table(
        "flex_project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("budget_cents", sa.BigInteger(), nullable=True),
        sa.Column("permit_on", sa.Date(), nullable=True),
        sa.Column("expected_from", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_table(
        "urgency_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("status_holders", sa.Boolean(), nullable=False),
        sa.Column("priority_groups", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("gemeentecode", "valid_from"),
        schema=SCHEMA,
    )
    op.create_table(
        "dwelling",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("corporation_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("quarter_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rooms", sa.Integer(), nullable=False),
        sa.Column("size_m2", sa.Integer(), nullable=False),
        sa.Column("rent_cents", sa.Integer(), nullable=False),
        sa.Column("min_persons", sa.Integer(), nullable=False),
        sa.Column("max_persons", sa.Integer(), nullable=False),
        sa.Column("accessible", sa.Boolean(), nullable=False),
        sa.Column("available_from", sa.Date(), nullable=False),
        sa.Column("max_stay_months", sa.Integer(), nullable=False),
        sa.Column("share_slots", sa.Integer(), nullable=False),
        sa.Column("share_min", sa.Integer(), nullable=False),
        sa.Column("rules", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("offered_on", sa.Date(), nullable=False),
        sa.Column("offered_by", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdraw_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('offered', 'matched', 'let', 'withdrawn')", name="dwelling_status"),
        sa.CheckConstraint(
            "min_persons >= 1 AND max_persons >= min_persons AND share_slots >= 0 AND share_min >= 0",
            name="dwelling_persons",
        ),
        sa.CheckConstraint(
            "rooms >= 1 AND size_m2 >= 1 AND rent_cents >= 0 AND max_stay_months >= 0",
            name="dwelling_numbers",
        ),
        sa.ForeignKeyConstraint(
            ["corporation_id"],
            ["housing.corporation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["housing.flex_project.id"],
        ),
        sa.ForeignKeyConstraint(
            ["quarter_id"],
            ["housing.quarter.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        "dwelling_gemeente", "dwelling", ["gemeentecode", "status", "id"], unique=False, schema=SCHEMA
    )
    op.create_index(
        "dwelling_reference",
        "dwelling",
        ["corporation_id", "reference"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_housing_dwelling_corporation_id"),
        "dwelling",
        ["corporation_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_dwelling_organisation_id"),
        "dwelling",
        ["organisation_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_dwelling_quarter_id"), "dwelling", ["quarter_id"], unique=False, schema=SCHEMA
    )


def _create_people() -> None:
    """Households and their people."""
    op.create_table(
        "scope",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_table(
        "inburgeraar",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("law", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("executing_gemeentecode", sa.String(length=4), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_table(
        "household",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=True),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("linked_on", sa.Date(), nullable=False),
        sa.Column("house_due_on", sa.Date(), nullable=False),
        sa.Column("adults", sa.Integer(), nullable=False),
        sa.Column("children", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rent_max_cents", sa.Integer(), nullable=True),
        sa.Column("needs_accessible", sa.Boolean(), nullable=False),
        sa.Column("asks_school", sa.Boolean(), nullable=False),
        sa.Column("work_x", sa.Integer(), nullable=True),
        sa.Column("work_y", sa.Integer(), nullable=True),
        sa.Column("family_gemeentecode", sa.String(length=4), nullable=True),
        sa.Column("share_group", sa.Text(), nullable=True),
        sa.Column("priority_group", sa.Text(), nullable=True),
        sa.Column("reception_site_id", sa.Uuid(), nullable=True),
        sa.Column("housed_on", sa.Date(), nullable=True),
        sa.Column("housed_gemeentecode", sa.String(length=4), nullable=True),
        sa.Column("unlinked_on", sa.Date(), nullable=True),
        sa.Column("unlink_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('waiting', 'matched', 'housed', 'unlinked')", name="household_status"),
        sa.CheckConstraint("adults >= 0 AND children >= 0 AND adults + children >= 1", name="household_size"),
        sa.CheckConstraint("housed_on IS NULL OR housed_on >= linked_on", name="household_days"),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        "household_gemeente",
        "household",
        ["gemeentecode", "status", "linked_on"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        "household_reference",
        "household",
        ["gemeentecode", "reference"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_housing_household_inburgeraar_id"),
        "household",
        ["inburgeraar_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "household_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("by_reunion", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('adult', 'child')", name="household_member_kind"),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        "household_member_person",
        "household_member",
        ["inburgeraar_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("inburgeraar_id IS NOT NULL AND left_on IS NULL"),
    )
    op.create_index(
        op.f("ix_housing_household_member_household_id"),
        "household_member",
        ["household_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "reunion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("adults", sa.Integer(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.Column("arrived_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("persons >= 1", name="reunion_persons"),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_reunion_household_id"), "reunion", ["household_id"], unique=False, schema=SCHEMA
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("for_gemeentecode", sa.String(length=4), nullable=True),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(kind = 'exchange') = (for_gemeentecode IS NOT NULL)", name="consent_kind"),
        sa.CheckConstraint("revoked_on IS NULL OR revoked_on >= given_on", name="consent_days"),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        "consent_open",
        "consent",
        ["household_id", "kind", sa.text("coalesce(for_gemeentecode, '')")],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("revoked_on IS NULL"),
    )


def _create_desk() -> None:
    """Matches, exchanges and the facts of the account."""
    op.create_table(
        "exchange",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("first_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("second_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("persons_to_first", sa.Integer(), nullable=False),
        sa.Column("persons_to_second", sa.Integer(), nullable=False),
        sa.Column("reception_places", sa.Integer(), nullable=True),
        sa.Column("half_year", sa.Text(), nullable=False),
        sa.Column("plan_reference", sa.Text(), nullable=True),
        sa.Column("decision_reference", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("first_agreed_on", sa.Date(), nullable=True),
        sa.Column("first_agreed_by", sa.Uuid(), nullable=True),
        sa.Column("second_agreed_on", sa.Date(), nullable=True),
        sa.Column("second_agreed_by", sa.Uuid(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_gemeentecode <> second_gemeentecode", name="exchange_two"),
        sa.CheckConstraint("persons_to_first >= 0 AND persons_to_second >= 0", name="exchange_persons"),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_table(
        "exchange_household",
        sa.Column("exchange_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("from_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("to_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["housing.exchange.id"],
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.PrimaryKeyConstraint("exchange_id", "household_id"),
        schema=SCHEMA,
    )
    op.create_table(
        "target_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("exchange_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("half_year", sa.Text(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["housing.exchange.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("exchange_id", "gemeentecode"),
        schema=SCHEMA,
    )
    op.create_table(
        "realisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("housed_on", sa.Date(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("match_id", sa.Uuid(), nullable=True),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("corrects", sa.Uuid(), nullable=True),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["corrects"],
            ["housing.realisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        "realisation_gemeente", "realisation", ["gemeentecode", "housed_on"], unique=False, schema=SCHEMA
    )
    op.create_index(
        "realisation_member",
        "realisation",
        ["member_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("member_id IS NOT NULL AND persons > 0 AND NOT corrected"),
    )
    op.create_table(
        "match",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("dwelling_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("dwelling_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("exchange_id", sa.Uuid(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("volunteer_id", sa.Uuid(), nullable=True),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("move_due_on", sa.Date(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("declined_on", sa.Date(), nullable=True),
        sa.Column("key_on", sa.Date(), nullable=True),
        sa.Column("housed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'rejected', 'accepted', 'declined', 'key-handed-over', 'housed')",
            name="match_status",
        ),
        sa.ForeignKeyConstraint(
            ["dwelling_id"],
            ["housing.dwelling.id"],
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["housing.exchange.id"],
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_match_dwelling_id"), "match", ["dwelling_id"], unique=False, schema=SCHEMA
    )
    op.create_index(
        op.f("ix_housing_match_household_id"), "match", ["household_id"], unique=False, schema=SCHEMA
    )
    op.create_index(
        op.f("ix_housing_match_organisation_id"), "match", ["organisation_id"], unique=False, schema=SCHEMA
    )
    op.create_index(
        "match_dwelling_taken",
        "match",
        ["dwelling_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text(
            "status IN ('proposed', 'approved', 'accepted', 'key-handed-over') AND NOT shared"
        ),
    )
    op.create_index("match_gemeente", "match", ["gemeentecode", "status", "id"], unique=False, schema=SCHEMA)
    op.create_index(
        "match_household_taken",
        "match",
        ["household_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("status IN ('proposed', 'approved', 'accepted', 'key-handed-over')"),
    )
    op.create_table(
        "move_item",
        sa.Column("match_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["housing.match.id"],
        ),
        sa.PrimaryKeyConstraint("match_id", "code"),
        schema=SCHEMA,
    )


def _create_aftermath() -> None:
    """What comes after a match: stays, conflicts, tasks and clocks."""
    op.create_table(
        "stay",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("match_id", sa.Uuid(), nullable=False),
        sa.Column("dwelling_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("follow_up_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("follow_up_told", sa.Boolean(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["housing.match.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("match_id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_stay_household_id"), "stay", ["household_id"], unique=False, schema=SCHEMA
    )
    op.create_index(
        "stay_follow_up",
        "stay",
        ["follow_up_on"],
        unique=False,
        schema=SCHEMA,
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "share_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dwelling_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("solved_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dwelling_id"],
            ["housing.dwelling.id"],
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_share_conflict_dwelling_id"),
        "share_conflict",
        ["dwelling_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_share_conflict_household_id"),
        "share_conflict",
        ["household_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_task_household_id"), "task", ["household_id"], unique=False, schema=SCHEMA
    )
    op.create_index(
        "task_gemeente", "task", ["gemeentecode", "status", "due_on"], unique=False, schema=SCHEMA
    )
    op.create_index(
        "task_open",
        "task",
        ["household_id", "kind"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "deadline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("early_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("household_id", "inburgeraar_id", "rule"),
        schema=SCHEMA,
    )


def _create_proposals() -> None:
    """Searches for matches."""
    op.create_table(
        "pin",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("dwelling_id", sa.Uuid(), nullable=True),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_on", sa.Date(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(kind = 'hold') = (dwelling_id IS NULL)", name="pin_pair"),
        sa.CheckConstraint("expires_on >= set_on", name="pin_days"),
        sa.ForeignKeyConstraint(
            ["dwelling_id"],
            ["housing.dwelling.id"],
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(op.f("ix_housing_pin_household_id"), "pin", ["household_id"], unique=False, schema=SCHEMA)
    op.create_table(
        "proposal_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecodes", sa.ARRAY(sa.String(length=4)), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("input_digest", sa.Text(), nullable=True),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_proposal_run_organisation_id"),
        "proposal_run",
        ["organisation_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        "proposal_run_one",
        "proposal_run",
        ["scope"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("dwelling_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("dwelling_gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("alternatives", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("set_aside_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dwelling_id"],
            ["housing.dwelling.id"],
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["housing.household.id"],
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["housing.proposal_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "household_id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_housing_proposal_household_id"), "proposal", ["household_id"], unique=False, schema=SCHEMA
    )


def _create_own_functions() -> None:
    """What the caller's roles mean here."""

    def any_of(*roles: str) -> str:
        return " OR ".join(f"{SCHEMA}.caller_has_role('{role}')" for role in roles)

    municipal = ("consulent", "klantmanager", "kwaliteitsmedewerker", "policy-officer", "controller")
    codes = "string_to_array(nullif(current_setting('app.{}', true), ''), ',')"
    for signature, returns, body in (
        ("is_municipal()", "boolean", any_of(*municipal)),
        # By an agreement VluchtelingenWerk and COA see households of a gemeente as its own people do.
        ("sees_households()", "boolean", any_of(*municipal, "vwn-team-leader", "coa")),
        ("sees_figures()", "boolean", any_of(*municipal, "vwn-team-leader", "coa", "province")),
        (
            "corporation_organisation()",
            "uuid",
            f"CASE WHEN {any_of('corporation')} THEN {SCHEMA}.caller_organisation() END",
        ),
        (
            "volunteer()",
            "uuid",
            f"CASE WHEN {any_of('vwn-volunteer')} THEN {SCHEMA}.caller_subject() END",
        ),
        (
            "visible_codes()",
            "text[]",
            f"CASE WHEN {SCHEMA}.sees_households() THEN {codes.format('person_codes')} END",
        ),
        (
            "known_codes()",
            "text[]",
            f"CASE WHEN {SCHEMA}.sees_figures() THEN {codes.format('known_codes')} END",
        ),
    ):
        op.execute(
            f"CREATE FUNCTION {SCHEMA}.{signature} RETURNS {returns} "
            f"LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT {body} $$"
        )


def _protect() -> None:
    """Bind every table to who may see its rows."""
    for table in ABOUT_HOUSEHOLDS:
        rls.protect(op, SCHEMA, table, using=f"{SYSTEM} OR {OWN_PEOPLE}")
    rls.protect(op, SCHEMA, "inburgeraar", using=f"{SYSTEM} OR {OWN_PEOPLE}", check=SYSTEM)
    rls.protect(
        op,
        SCHEMA,
        "scope",
        using=f"{SYSTEM} OR gemeentecode = ANY ({KNOWN})",
        check=f"{SYSTEM} OR {OWN_PEOPLE}",
    )
    # A match is seen by both gemeenten of an exchange, by the corporation of the dwelling, and by the
    # volunteer who helps with the move; none of these sees the household by it.
    rls.protect(
        op,
        SCHEMA,
        "match",
        using=f"{SYSTEM} OR {OWN_PEOPLE} OR dwelling_gemeentecode = ANY ({VISIBLE}) OR {OWN_DWELLINGS} "
        f"OR volunteer_id = (SELECT {SCHEMA}.volunteer())",
        check=f"{SYSTEM} OR {OWN_PEOPLE}",
    )
    rls.protect(
        op,
        SCHEMA,
        "move_item",
        using=f"match_id IN (SELECT m.id FROM {SCHEMA}.match m)",
    )
    rls.protect(
        op,
        SCHEMA,
        "proposal",
        using=f"{SYSTEM} OR {OWN_PEOPLE} OR dwelling_gemeentecode = ANY ({VISIBLE})",
        check=f"{SYSTEM} OR {OWN_PEOPLE}",
    )
    rls.protect(op, SCHEMA, "proposal_run", using=f"{SYSTEM} OR gemeentecodes <@ {VISIBLE}")
    rls.protect(
        op,
        SCHEMA,
        "dwelling",
        using=f"{SYSTEM} OR {OWN_DWELLINGS} OR gemeentecode = ANY ({KNOWN})",
        check=f"{SYSTEM} OR {OWN_DWELLINGS} OR {OWN_PEOPLE}",
    )
    # Which corporations, quarters and rules there are is no secret; who changes the lists is.
    lists = f"{SYSTEM} OR (SELECT {SCHEMA}.sees_households())"
    for table in ("corporation", "corporation_rule"):
        rls.protect(op, SCHEMA, table, using="true", check=lists)
    rls.protect(
        op,
        SCHEMA,
        "quarter",
        using="true",
        check=f"{SYSTEM} OR {OWN_PEOPLE} OR (SELECT {SCHEMA}.corporation_organisation()) IS NOT NULL",
    )
    for table in ("performance_agreement", "flex_project", "urgency_rule"):
        rls.protect(op, SCHEMA, table, using="true", check=f"{SYSTEM} OR {OWN_PEOPLE}")
    rls.protect(
        op,
        SCHEMA,
        "exchange",
        using=f"{SYSTEM} OR first_gemeentecode = ANY ({KNOWN}) OR second_gemeentecode = ANY ({KNOWN})",
        check=f"{SYSTEM} OR first_gemeentecode = ANY ({VISIBLE}) OR second_gemeentecode = ANY ({VISIBLE})",
    )
    # The account: counts per gemeente, seen by whoever may know its figures, the Province among them.
    for table in ("realisation", "target_change"):
        rls.protect(
            op,
            SCHEMA,
            table,
            using=f"{SYSTEM} OR gemeentecode = ANY ({KNOWN})",
            check=f"{SYSTEM} OR {OWN_PEOPLE}",
        )


def downgrade() -> None:
    """Drop everything of this service."""
    op.execute(
        f"""
        DO $$ DECLARE found record; BEGIN
            FOR found IN SELECT tablename FROM pg_tables
                WHERE schemaname = '{SCHEMA}' AND tablename <> 'alembic_version' LOOP
                EXECUTE format('DROP TABLE {SCHEMA}.%I CASCADE', found.tablename);
            END LOOP;
            FOR found IN SELECT oid::regprocedure AS signature FROM pg_proc
                WHERE pronamespace = '{SCHEMA}'::regnamespace LOOP
                EXECUTE format('DROP FUNCTION %s CASCADE', found.signature);
            END LOOP;
        END $$
        """
    )
