# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The person, the PIP, the clocks, and who may see them.

Revision ID: intake_0001
Revises:
"""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

from chassis import rls, tables

revision = "intake_0001"
down_revision = None
branch_labels = None
depends_on = None

SCHEMA = "intake"
OF_A_PERSON = (
    "person_name",
    "person_identity",
    "blind_index",
    "person_version",
    "move",
    "third_party_information",
    "pip",
    "clock",
    "provision_request",
)


def upgrade() -> None:
    rls.create_functions(op, SCHEMA)
    tables.create(op, SCHEMA)
    _create_tables()
    _check_values()
    _protect()
    _keep_decisions()
    _seed_policy()


def _create_tables() -> None:
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


def _check_values() -> None:
    """What the code never writes, the database refuses too."""
    for table, name, condition in (
        ("inburgeraar", "law", "law IN ('wi2013', 'wi2021')"),
        ("inburgeraar", "group", "group_code IN ('statushouder', 'gezinsmigrant', 'overig')"),
        ("inburgeraar", "version", "version > 0"),
        ("person_identity", "bsn_key", "(bsn_ciphertext IS NULL) = (bsn_key_id IS NULL)"),
        ("person_identity", "v_number_key", "(v_number_ciphertext IS NULL) = (v_number_key_id IS NULL)"),
        ("pip", "leerroute", "leerroute IN ('b1', 'onderwijsroute', 'z')"),
        ("pip", "first", "(version = 1) = (amends_id IS NULL) AND first_signed_on <= signed_on"),
        ("clock", "status", "status IN ('running', 'met', 'withdrawn')"),
        ("clock", "order", "starts_on <= due_on AND early_on <= due_on"),
        ("move", "elsewhere", "from_gemeentecode <> to_gemeentecode"),
    ):
        op.create_check_constraint(f"{table}_{name}", table, sa.text(condition), schema=SCHEMA)


def _protect() -> None:
    """Row-level security.

    The responsible gemeente stands on the person alone, so a move is one changed row; everything
    else follows the person. A taalschool sees two tables of the people placed with it: their
    codes and their names.
    """
    op.execute(
        f"""
        CREATE FUNCTION {SCHEMA}.placed_with_caller(person uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (
                SELECT FROM {SCHEMA}.placement_access a WHERE a.inburgeraar_id = person
                AND a.organisation_id = {SCHEMA}.caller_organisation() AND a.ended_on IS NULL
            ) AND ({SCHEMA}.caller_has_role('teacher') OR {SCHEMA}.caller_has_role('school-system'))
        $$
        """
    )
    rls.protect(op, SCHEMA, "inburgeraar", f"{SCHEMA}.may_see(gemeentecode)")
    for table in OF_A_PERSON:
        rls.protect(
            op,
            SCHEMA,
            table,
            f"EXISTS (SELECT FROM {SCHEMA}.inburgeraar p WHERE p.id = inburgeraar_id "
            f"AND {SCHEMA}.may_see(p.gemeentecode))",
        )
    for table, person in (("inburgeraar", "id"), ("person_name", "inburgeraar_id")):
        op.execute(
            f"CREATE POLICY placed ON {SCHEMA}.{table} FOR SELECT USING ({SCHEMA}.placed_with_caller({person}))"
        )
    rls.protect(
        op,
        SCHEMA,
        "person_scope",
        f"{SCHEMA}.may_know(gemeentecode)",
        check=f"{SCHEMA}.may_see(gemeentecode)",
    )
    rls.protect(
        op,
        SCHEMA,
        "placement_access",
        f"{SCHEMA}.is_system() OR organisation_id = {SCHEMA}.caller_organisation()",
        check=f"{SCHEMA}.is_system()",
    )
    # No personal data in these two: every caller may read them.
    rls.protect(op, SCHEMA, "policy_parameter", "true", check=f"{SCHEMA}.is_system()")
    rls.protect(op, SCHEMA, "executing_gemeente", "true")


def _keep_decisions() -> None:
    """A signed PIP and a recorded version stay as they are.

    Of a PIP only the judgement on time may change, when a day that it hangs on is corrected; of a
    version only the key under which it is encrypted.
    """
    for table, free in (
        ("pip", "{due_on,on_time}"),
        ("person_version", "{changes_ciphertext,changes_key_id}"),
    ):
        op.execute(
            f"""
            CREATE FUNCTION {SCHEMA}.keep_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF to_jsonb(OLD) - '{free}'::text[] IS DISTINCT FROM to_jsonb(NEW) - '{free}'::text[] THEN
                    RAISE EXCEPTION 'a row of {table} is never changed' USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END $$
            """
        )
        op.execute(
            f"CREATE TRIGGER keep BEFORE UPDATE ON {SCHEMA}.{table} "
            f"FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.keep_{table}()"
        )


def _seed_policy() -> None:
    """Where a gemeente has set no number of its own, these hold."""
    parameters = sa.table(
        "policy_parameter",
        sa.column("id", sa.Uuid),
        sa.column("code", sa.String),
        sa.column("gemeentecode", sa.String),
        sa.column("value", sa.Integer),
        sa.column("unit", sa.String),
        sa.column("valid_from", sa.Date),
        sa.column("source", sa.String),
        schema=SCHEMA,
    )
    rows = (
        ("6f5b1a52-6d5c-4d5e-9a55-0a1d0b7c1f01", "pip-early", 14, "days"),
        ("6f5b1a52-6d5c-4d5e-9a55-0a1d0b7c1f02", "term-early", 6, "months"),
    )
    op.execute("SELECT set_config('app.actor', 'system', true)")
    op.bulk_insert(
        parameters,
        [
            {
                "id": UUID(id_),
                "code": code,
                "gemeentecode": None,
                "value": value,
                "unit": unit,
                "valid_from": date(2022, 1, 1),
                "source": "uitgangswaarde van het platform; een gemeente kan een eigen waarde vaststellen",
            }
            for id_, code, value, unit in rows
        ],
    )


def downgrade() -> None:
    raise NotImplementedError("the first revision goes with its schema: drop the schema instead")
