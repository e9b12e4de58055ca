# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables of learning routes, and who may see which rows.

Revision ID: learning_routes_0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis import rls, tables

revision = "learning_routes_0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "learning_routes"

# Sub-selects in the policies make PostgreSQL ask the caller's rights once per statement, not per row.
SYSTEM = f"(SELECT {SCHEMA}.is_system())"
OWN_SCHOOL = f"organisation_id = (SELECT {SCHEMA}.school_organisation())"
OWN_PEOPLE = f"gemeentecode = ANY ((SELECT {SCHEMA}.visible_codes())::varchar[])"
PERSON = f"{SYSTEM} OR {OWN_SCHOOL} OR {OWN_PEOPLE}"

ABOUT_PERSONS = (
    "placement",
    "waiting_entry",
    "membership",
    "attendance",
    "attendance_version",
    "signal",
    "deadline",
)


def upgrade() -> None:
    """Create everything."""
    rls.create_functions(op, SCHEMA)
    tables.create(op, SCHEMA)
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
        "pip",
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("pip_version", sa.Integer(), nullable=False),
        sa.Column("leerroute", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("first_signed_on", sa.Date(), nullable=False),
        sa.Column("term_ends_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("inburgeraar_id"),
        schema=SCHEMA,
    )
    op.create_table(
        "scope",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_table(
        "provider",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("routes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_provider_organisation_id"),
        "provider",
        ["organisation_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "contract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecodes", sa.ARRAY(sa.String(length=4)), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["learning_routes.provider.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_contract_provider_id"),
        "contract",
        ["provider_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "lesson_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("leerroute", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("pace", sa.Text(), nullable=True),
        sa.Column("youth", sa.Boolean(), nullable=False),
        sa.Column("evening", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["learning_routes.provider.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_lesson_group_organisation_id"),
        "lesson_group",
        ["organisation_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_lesson_group_provider_id"),
        "lesson_group",
        ["provider_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "mark_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["learning_routes.provider.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_mark_period_provider_id"),
        "mark_period",
        ["provider_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "contract_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("unexcused_limit", sa.Integer(), nullable=False),
        sa.Column("sickness_percent", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("group_max", sa.Integer(), nullable=False),
        sa.Column("start_working_days", sa.Integer(), nullable=True),
        sa.Column("intake_days", sa.Integer(), nullable=True),
        sa.Column("start_days", sa.Integer(), nullable=True),
        sa.Column("lesson_hours_mark", sa.Numeric(precision=7, scale=2), nullable=True),
        sa.Column("late_entry_months", sa.Integer(), nullable=False),
        sa.Column("closed_days", sa.ARRAY(sa.Date()), nullable=False),
        sa.CheckConstraint(
            "(start_working_days IS NULL) <> (intake_days IS NULL) AND (intake_days IS NULL) = (start_days IS NULL)",
            name="contract_terms_start",
        ),
        sa.CheckConstraint("unexcused_limit >= 1 AND group_max >= 1", name="contract_terms_limits"),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["learning_routes.contract.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("contract_id", "valid_from"),
        schema=SCHEMA,
    )
    op.create_table(
        "lesson",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("day_part", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.Column("hours", sa.Numeric(precision=7, scale=2), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["learning_routes.lesson_group.id"],
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["learning_routes.provider.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_lesson_group_id"), "lesson", ["group_id"], unique=False, schema=SCHEMA
    )
    op.create_index("lesson_day", "lesson", ["organisation_id", "held_on"], unique=False, schema=SCHEMA)
    op.create_index(
        "lesson_slot",
        "lesson",
        ["group_id", "held_on", "day_part"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.create_table(
        "placement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("leerroute", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("provider_reference", sa.Text(), nullable=True),
        sa.Column("referred_on", sa.Date(), nullable=False),
        sa.Column("intake_due_on", sa.Date(), nullable=True),
        sa.Column("intake_held_on", sa.Date(), nullable=True),
        sa.Column("start_due_on", sa.Date(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("start_declared", sa.Boolean(), nullable=False),
        sa.Column("overrun_reason", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("sickness_above", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= referred_on", name="placement_days"),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["learning_routes.contract.id"],
        ),
        sa.ForeignKeyConstraint(
            ["inburgeraar_id"],
            ["learning_routes.inburgeraar.id"],
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["learning_routes.provider.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_placement_contract_id"),
        "placement",
        ["contract_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_placement_inburgeraar_id"),
        "placement",
        ["inburgeraar_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_placement_provider_id"),
        "placement",
        ["provider_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index("placement_gemeente", "placement", ["gemeentecode", "id"], unique=False, schema=SCHEMA)
    op.create_index(
        "placement_open",
        "placement",
        ["inburgeraar_id", "provider_id", "leerroute"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_index(
        "placement_reference",
        "placement",
        ["organisation_id", "provider_reference"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_table(
        "attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("lesson_date", sa.Date(), nullable=False),
        sa.Column("lesson_hours", sa.Numeric(precision=7, scale=2), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("hours", sa.Numeric(precision=7, scale=2), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("approval", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("absence_signal_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status = 'present' OR hours = 0", name="attendance_hours_present"),
        sa.CheckConstraint("status IN ('present', 'excused', 'sick', 'unexcused')", name="attendance_status"),
        sa.CheckConstraint("hours BETWEEN 0 AND lesson_hours", name="attendance_hours"),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["learning_routes.lesson.id"],
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["learning_routes.placement.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lesson_id", "placement_id", name="attendance_natural_key"),
        schema=SCHEMA,
    )
    op.create_index(
        "attendance_absence_signal",
        "attendance",
        ["absence_signal_id"],
        unique=False,
        schema=SCHEMA,
        postgresql_where=sa.text("absence_signal_id IS NOT NULL"),
    )
    op.create_index(
        "attendance_pending",
        "attendance",
        ["gemeentecode", "id"],
        unique=False,
        schema=SCHEMA,
        postgresql_where=sa.text("approval = 'pending'"),
    )
    op.create_index(
        "attendance_person_day", "attendance", ["inburgeraar_id", "lesson_date"], unique=False, schema=SCHEMA
    )
    op.create_index(
        "attendance_placement_day", "attendance", ["placement_id", "lesson_date"], unique=False, schema=SCHEMA
    )
    op.create_index(
        "attendance_unexcused",
        "attendance",
        ["placement_id"],
        unique=False,
        schema=SCHEMA,
        postgresql_where=sa.text("status = 'unexcused'"),
    )
    op.create_table(
        "deadline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["learning_routes.placement.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("placement_id", "rule"),
        schema=SCHEMA,
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["learning_routes.lesson_group.id"],
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["learning_routes.placement.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_membership_group_id"),
        "membership",
        ["group_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_membership_placement_id"),
        "membership",
        ["placement_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        "membership_open",
        "membership",
        ["group_id", "placement_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "signal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=True),
        sa.Column("lesson_id", sa.Uuid(), nullable=True),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lesson_id"],
            ["learning_routes.lesson.id"],
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["learning_routes.placement.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        "signal_lesson",
        "signal",
        ["lesson_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("lesson_id IS NOT NULL AND status <> 'withdrawn'"),
    )
    op.create_index(
        "signal_lesson_hours",
        "signal",
        ["placement_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("kind = 'lesson-hours-reached' AND status <> 'withdrawn'"),
    )
    op.create_index("signal_placement", "signal", ["placement_id", "kind"], unique=False, schema=SCHEMA)
    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("placement_id", sa.Uuid(), nullable=False),
        sa.Column("inburgeraar_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["placement_id"],
            ["learning_routes.placement.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_learning_routes_waiting_entry_placement_id"),
        "waiting_entry",
        ["placement_id"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        "waiting_entry_open",
        "waiting_entry",
        ["placement_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "attendance_version",
        sa.Column("attendance_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("gemeentecode", sa.String(length=4), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("hours", sa.Numeric(precision=7, scale=2), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("approval", sa.Text(), nullable=False),
        sa.Column("approval_reason", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendance_id"],
            ["learning_routes.attendance.id"],
        ),
        sa.PrimaryKeyConstraint("attendance_id", "version"),
        schema=SCHEMA,
    )

    _create_own_functions()
    _protect()


def _create_own_functions() -> None:
    """What the caller's roles mean here: a gemeente's worker, a school's worker, or neither."""
    municipal = " OR ".join(
        f"{SCHEMA}.caller_has_role('{role}')"
        for role in (
            "consulent",
            "klantmanager",
            "kwaliteitsmedewerker",
            "policy-officer",
            "controller",
        )
    )
    school = " OR ".join(f"{SCHEMA}.caller_has_role('{role}')" for role in ("teacher", "school-system"))
    codes = "string_to_array(nullif(current_setting('app.{}', true), ''), ',')"
    for signature, returns, body in (
        ("is_municipal()", "boolean", municipal),
        (
            "school_organisation()",
            "uuid",
            f"CASE WHEN {school} THEN {SCHEMA}.caller_organisation() END",
        ),
        (
            "visible_codes()",
            "text[]",
            f"CASE WHEN {SCHEMA}.is_municipal() THEN {codes.format('person_codes')} END",
        ),
        (
            "known_codes()",
            "text[]",
            f"CASE WHEN {SCHEMA}.is_municipal() THEN {codes.format('known_codes')} END",
        ),
    ):
        op.execute(
            f"CREATE FUNCTION {SCHEMA}.{signature} RETURNS {returns} "
            f"LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT {body} $$"
        )


def _protect() -> None:
    """Bind every table to who may see its rows."""
    for table in ABOUT_PERSONS:
        rls.protect(op, SCHEMA, table, using=PERSON)
    rls.protect(
        op,
        SCHEMA,
        "scope",
        using=f"{SYSTEM} OR gemeentecode = ANY ((SELECT {SCHEMA}.known_codes())::varchar[])",
        check=f"{SYSTEM} OR {OWN_PEOPLE}",
    )
    rls.protect(
        op,
        SCHEMA,
        "inburgeraar",
        using=f"{SYSTEM} OR {OWN_PEOPLE} OR id IN (SELECT p.inburgeraar_id FROM {SCHEMA}.placement p "
        f"WHERE p.organisation_id = (SELECT {SCHEMA}.school_organisation()))",
    )
    rls.protect(
        op,
        SCHEMA,
        "pip",
        using=f"{SYSTEM} OR inburgeraar_id IN (SELECT i.id FROM {SCHEMA}.inburgeraar i)",
        check=SYSTEM,
    )
    # Which schools there are is no secret; who changes the list is.
    municipal = f"{SYSTEM} OR (SELECT {SCHEMA}.is_municipal())"
    rls.protect(op, SCHEMA, "provider", using="true", check=municipal)
    rls.protect(op, SCHEMA, "mark_period", using="true", check=municipal)
    rls.protect(
        op,
        SCHEMA,
        "contract",
        # Also those under which somebody came who has moved since.
        using=f"{SYSTEM} OR {OWN_SCHOOL} OR gemeentecodes && (SELECT {SCHEMA}.known_codes())::varchar[] "
        f"OR id IN (SELECT p.contract_id FROM {SCHEMA}.placement p)",
        check=f"{SYSTEM} OR gemeentecodes <@ (SELECT {SCHEMA}.visible_codes())::varchar[]",
    )
    rls.protect(
        op,
        SCHEMA,
        "contract_terms",
        using=f"contract_id IN (SELECT c.id FROM {SCHEMA}.contract c)",
        check=f"{SYSTEM} OR contract_id IN (SELECT c.id FROM {SCHEMA}.contract c "
        f"WHERE c.gemeentecodes <@ (SELECT {SCHEMA}.visible_codes())::varchar[])",
    )
    # A timetable holds no person; gemeenten see it of the schools that they have a contract with, or
    # people in: somebody who moved may have had lessons elsewhere.
    for table, group in (("lesson_group", "id"), ("lesson", "group_id")):
        rls.protect(
            op,
            SCHEMA,
            table,
            using=f"{SYSTEM} OR {OWN_SCHOOL} OR ((SELECT {SCHEMA}.is_municipal()) "
            f"AND (provider_id IN (SELECT c.provider_id FROM {SCHEMA}.contract c) "
            f"OR {group} IN (SELECT m.group_id FROM {SCHEMA}.membership m)))",
            check=f"{SYSTEM} OR {OWN_SCHOOL}",
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
