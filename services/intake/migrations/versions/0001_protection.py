# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the database refuses, who sees which rows, and the numbers of local policy to start with.

Revision ID: intake_0001
Revises: intake_0000
"""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from chassis import rls

revision = "intake_0001"
down_revision = "intake_0000"
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
    _check_values()
    _protect()
    _keep_decisions()
    _seed_policy()


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
    raise NotImplementedError("the first revisions go with their schema: drop the schema instead")
