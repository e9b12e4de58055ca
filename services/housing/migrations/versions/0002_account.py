# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The account of the taakstelling, the ladder of the Province, and the supply, none of which holds a person.

Revision ID: housing_0002
Revises: housing_0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis import rls

revision = "housing_0002"
down_revision = "housing_0001"
branch_labels = None
depends_on = None

SCHEMA = "housing"

# Sub-selects in the policies make PostgreSQL ask the caller's rights once per statement, not per row.
SYSTEM = f"(SELECT {SCHEMA}.is_system())"
VISIBLE = f"(SELECT {SCHEMA}.visible_codes())::varchar[]"
KNOWN = f"(SELECT {SCHEMA}.known_codes())::varchar[]"
PROVINCE = f"(SELECT {SCHEMA}.caller_has_role('province'))"
NATIONAL = f"({SYSTEM} OR {PROVINCE} OR (SELECT {SCHEMA}.caller_has_role('administrator')))"

OF_GEMEENTE = (
    "account_correction",
    "annual_figure",
    "target_version",
    "ladder_step",
    "ladder_letter",
    "action_plan",
    "plan_measure",
    "measure_result",
    "forecast",
    "supply_fact",
    "pipeline_project",
    "subsidy_application",
)


def upgrade() -> None:
    """Create everything."""
    _create_account()
    _create_supervision()
    _create_supply()
    _protect()


def _create_account() -> None:
    """The facts of the account."""
    op.create_table(
        "account_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("counts_from", sa.Date(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("persons <> 0", name="account_correction_persons"),
        sa.PrimaryKeyConstraint("id"),
        schema="housing",
    )
    op.create_index(
        "account_correction_gemeente",
        "account_correction",
        ["gemeentecode", "counts_from"],
        unique=False,
        schema="housing",
    )
    op.create_table(
        "annual_figure",
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("opening", sa.Integer(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("housed", sa.Integer(), nullable=False),
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("target >= 0 AND housed >= 0", name="annual_figure_persons"),
        sa.CheckConstraint("through >= make_date(year, 1, 1)", name="annual_figure_through"),
        sa.PrimaryKeyConstraint("gemeentecode", "year"),
        schema="housing",
    )
    op.create_table(
        "inhabitants",
        sa.Column("area", sa.String(length=4), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("persons >= 0", name="inhabitants_persons"),
        sa.PrimaryKeyConstraint("area", "counted_on"),
        schema="housing",
    )
    op.create_table(
        "law_switch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("switch", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="housing",
    )
    op.create_table(
        "national_target",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("half_year", sa.Text(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("persons >= 0", name="national_target_persons"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("half_year", "published_on"),
        schema="housing",
    )
    op.create_table(
        "target_swap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("half_year", sa.Text(), nullable=False),
        sa.Column("gemeentecodes", sa.ARRAY(sa.String(length=4)), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="housing",
    )
    op.create_table(
        "target_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("half_year", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.CheckConstraint("persons >= 0", name="target_version_persons"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("gemeentecode", "half_year", "number"),
        schema="housing",
    )
    op.create_index(
        "target_version_gemeente",
        "target_version",
        ["gemeentecode", "half_year", "published_on", "number"],
        unique=False,
        schema="housing",
    )
    op.create_table(
        "target_swap_party",
        sa.Column("swap_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint('"after" >= 0', name="target_swap_party_after"),
        sa.ForeignKeyConstraint(
            ["swap_id"],
            ["housing.target_swap.id"],
        ),
        sa.PrimaryKeyConstraint("swap_id", "gemeentecode"),
        schema="housing",
    )


def _create_supervision() -> None:
    """What goes between a gemeente and the Province."""
    op.create_table(
        "action_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("drawn_up_on", sa.Date(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="housing",
    )
    op.create_index(
        op.f("ix_housing_action_plan_gemeentecode"),
        "action_plan",
        ["gemeentecode"],
        unique=False,
        schema="housing",
    )
    op.create_table(
        "forecast",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("assumptions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="housing",
    )
    op.create_index(
        op.f("ix_housing_forecast_gemeentecode"), "forecast", ["gemeentecode"], unique=False, schema="housing"
    )
    op.create_table(
        "ladder_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("prolonged_until", sa.Date(), nullable=True),
        sa.Column("prolonged_reason", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_step", sa.Text(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("due_on IS NULL OR due_on >= since", name="ladder_step_due"),
        sa.CheckConstraint(
            "prolonged_until IS NULL OR prolonged_until >= since", name="ladder_step_prolonged"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("gemeentecode", "since"),
        schema="housing",
    )
    op.create_table(
        "ladder_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=True),
        sa.Column("step_id", sa.Uuid(), nullable=True),
        sa.Column("answer_due_on", sa.Date(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("answered_on IS NULL OR answered_on >= sent_on", name="ladder_letter_days"),
        sa.ForeignKeyConstraint(
            ["step_id"],
            ["housing.ladder_step.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("gemeentecode", "reference"),
        schema="housing",
    )
    op.create_index(
        "ladder_letter_gemeente",
        "ladder_letter",
        ["gemeentecode", "sent_on", "id"],
        unique=False,
        schema="housing",
    )
    op.create_table(
        "plan_measure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("expected_by", sa.Date(), nullable=False),
        sa.Column("probability_percent", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("expected >= 0", name="plan_measure_expected"),
        sa.CheckConstraint("probability_percent BETWEEN 0 AND 100", name="plan_measure_probability"),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["housing.action_plan.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="housing",
    )
    op.create_index(
        op.f("ix_housing_plan_measure_plan_id"), "plan_measure", ["plan_id"], unique=False, schema="housing"
    )
    op.create_table(
        "measure_result",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("measure_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("counts_from", sa.Date(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"],
            ["housing.plan_measure.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="housing",
    )
    op.create_index(
        op.f("ix_housing_measure_result_measure_id"),
        "measure_result",
        ["measure_id"],
        unique=False,
        schema="housing",
    )


def _create_supply() -> None:
    """Where houses and beds are or will be."""
    op.create_table(
        "pipeline_project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("dwellings", sa.Integer(), nullable=False),
        sa.Column("social_percent", sa.Integer(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("probability_percent", sa.Integer(), nullable=False),
        sa.Column("ready_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("places >= 0 AND dwellings >= 0", name="pipeline_project_counts"),
        sa.CheckConstraint("probability_percent BETWEEN 0 AND 100", name="pipeline_project_probability"),
        sa.CheckConstraint("social_percent BETWEEN 0 AND 100", name="pipeline_project_social"),
        sa.PrimaryKeyConstraint("id"),
        schema="housing",
    )
    op.create_index(
        op.f("ix_housing_pipeline_project_gemeentecode"),
        "pipeline_project",
        ["gemeentecode"],
        unique=False,
        schema="housing",
    )
    op.create_table(
        "reception_site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("linked_gemeentecodes", sa.ARRAY(sa.String(length=4)), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("statushouders_percent", sa.Integer(), nullable=True),
        sa.Column("building_dated", sa.Boolean(), nullable=False),
        sa.Column("building_noted_on", sa.Date(), nullable=True),
        sa.Column("building_note", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("closes_on IS NULL OR closes_on >= opens_on", name="reception_site_days"),
        sa.PrimaryKeyConstraint("id"),
        schema="housing",
    )
    op.create_index(
        op.f("ix_housing_reception_site_gemeentecode"),
        "reception_site",
        ["gemeentecode"],
        unique=False,
        schema="housing",
    )
    op.create_table(
        "subsidy_application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("costs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("lead_months", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("granted_cents", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("persons >= 1 AND lead_months >= 0", name="subsidy_application_counts"),
        sa.PrimaryKeyConstraint("id"),
        schema="housing",
    )
    op.create_index(
        op.f("ix_housing_subsidy_application_gemeentecode"),
        "subsidy_application",
        ["gemeentecode"],
        unique=False,
        schema="housing",
    )
    op.create_table(
        "subsidy_terms",
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("least_persons", sa.Integer(), nullable=False),
        sa.Column("ceilings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("since"),
        schema="housing",
    )
    op.create_table(
        "supply_fact",
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("mutations", sa.Integer(), nullable=False),
        sa.Column("social_dwellings", sa.Integer(), nullable=True),
        sa.Column("dwellings", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("mutations >= 0", name="supply_fact_mutations"),
        sa.CheckConstraint("social_dwellings <= dwellings", name="supply_fact_share"),
        sa.PrimaryKeyConstraint("gemeentecode", "year"),
        schema="housing",
    )
    op.create_table(
        "site_capacity",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("places_for", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.CheckConstraint("places >= 0", name="site_capacity_places"),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["housing.reception_site.id"],
        ),
        sa.PrimaryKeyConstraint("site_id", "places_for", "since"),
        schema="housing",
    )
    op.create_table(
        "site_distance",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("distance_km", sa.Integer(), nullable=False),
        sa.Column("travel_minutes", sa.Integer(), nullable=True),
        sa.CheckConstraint("distance_km >= 0 AND travel_minutes >= 0", name="site_distance_far"),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["housing.reception_site.id"],
        ),
        sa.PrimaryKeyConstraint("site_id", "gemeentecode"),
        schema="housing",
    )
    op.create_table(
        "site_residents",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.CheckConstraint("persons >= 0", name="site_residents_persons"),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["housing.reception_site.id"],
        ),
        sa.PrimaryKeyConstraint("site_id", "gemeentecode", "counted_on"),
        schema="housing",
    )


def _protect() -> None:
    """Bind every table to who may see its rows."""

    def own(column: str = "gemeentecode") -> str:
        return f"{SYSTEM} OR {column} = ANY ({VISIBLE}) OR ({PROVINCE} AND {column} = ANY ({KNOWN}))"

    for table in OF_GEMEENTE:
        rls.protect(op, SCHEMA, table, using=f"{SYSTEM} OR gemeentecode = ANY ({KNOWN})", check=own())
    # What is published for the whole country is no secret; who writes it down is.
    for table in ("national_target", "inhabitants", "law_switch", "subsidy_terms"):
        rls.protect(op, SCHEMA, table, using="true", check=NATIONAL)
    rls.protect(
        op,
        SCHEMA,
        "target_swap",
        using=f"{SYSTEM} OR gemeentecodes && {KNOWN}",
        check=f"{SYSTEM} OR gemeentecodes && {VISIBLE}",
    )
    rls.protect(
        op,
        SCHEMA,
        "target_swap_party",
        using=f"{SYSTEM} OR swap_id IN (SELECT s.id FROM {SCHEMA}.target_swap s)",
    )
    # Where reception sites are and how large is no secret; whose people stay there is seen by the
    # gemeente of the site and by the gemeente that they are linked to.
    rls.protect(op, SCHEMA, "reception_site", using="true", check=own())
    own_site = f"site_id IN (SELECT s.id FROM {SCHEMA}.reception_site s WHERE {own('s.gemeentecode')})"
    for table in ("site_capacity", "site_distance"):
        rls.protect(op, SCHEMA, table, using="true", check=own_site)
    rls.protect(
        op,
        SCHEMA,
        "site_residents",
        using=f"{SYSTEM} OR gemeentecode = ANY ({KNOWN}) OR site_id IN "
        f"(SELECT s.id FROM {SCHEMA}.reception_site s WHERE s.gemeentecode = ANY ({KNOWN}))",
        check=own_site,
    )


def downgrade() -> None:
    """Nothing here: the first revision removes every table and function of the service."""
