# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Figures without the rows behind them: the Province counts who was housed, and sees no household by it.

What holds for the whole country is written by the administrator alone.

Revision ID: housing_0004
Revises: housing_0003
"""

from alembic import op

revision = "housing_0004"
down_revision = "housing_0003"
branch_labels = None
depends_on = None

SCHEMA = "housing"

SYSTEM = f"(SELECT {SCHEMA}.is_system())"
VISIBLE = f"(SELECT {SCHEMA}.visible_codes())::varchar[]"
KNOWN = f"(SELECT {SCHEMA}.known_codes())::varchar[]"
PROVINCE = f"(SELECT {SCHEMA}.caller_has_role('province'))"
ADMINISTRATOR = f"(SELECT {SCHEMA}.caller_has_role('administrator'))"

NATIONAL = ("national_target", "inhabitants", "law_switch", "subsidy_terms")


def upgrade() -> None:
    """Count by a function; hide the rows from who may know figures only."""
    # It looks as the platform does, gives sums, and only of gemeenten whose figures the caller may know.
    op.execute(
        f"""
        CREATE FUNCTION {SCHEMA}.housed_by_day(codes varchar[], until date)
        RETURNS TABLE (gemeentecode varchar, housed_on date, persons integer)
        LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        DECLARE
            actor text := current_setting('app.actor', true);
            seen varchar[] := codes;
        BEGIN
            IF NOT {SCHEMA}.is_system() THEN
                seen := ARRAY(SELECT k FROM unnest({SCHEMA}.known_codes()::varchar[]) k
                              WHERE codes IS NULL OR k = ANY (codes));
            END IF;
            PERFORM set_config('app.actor', 'system', true);
            RETURN QUERY SELECT r.gemeentecode, r.housed_on, sum(r.persons)::int FROM {SCHEMA}.realisation r
                WHERE r.housed_on <= until AND (seen IS NULL OR r.gemeentecode = ANY (seen))
                AND NOT EXISTS (SELECT FROM {SCHEMA}.annual_figure a WHERE a.gemeentecode = r.gemeentecode
                                AND r.housed_on <= a.through)
                GROUP BY r.gemeentecode, r.housed_on;
            PERFORM set_config('app.actor', coalesce(actor, ''), true);
        END $$
        """
    )
    op.execute(
        f"ALTER POLICY tenant ON {SCHEMA}.realisation USING ({SYSTEM} OR gemeentecode = ANY ({VISIBLE}))"
    )
    op.execute(
        f"ALTER POLICY tenant ON {SCHEMA}.subsidy_application "
        f"USING ({SYSTEM} OR (gemeentecode = ANY ({KNOWN}) AND NOT {PROVINCE})) "
        f"WITH CHECK ({SYSTEM} OR gemeentecode = ANY ({VISIBLE}))"
    )
    for table in NATIONAL:
        op.execute(f"ALTER POLICY tenant ON {SCHEMA}.{table} WITH CHECK ({SYSTEM} OR {ADMINISTRATOR})")


def downgrade() -> None:
    """Show the rows to who may know figures, as before."""
    known = f"{SYSTEM} OR gemeentecode = ANY ({KNOWN})"
    for table in ("realisation", "subsidy_application"):
        op.execute(f"ALTER POLICY tenant ON {SCHEMA}.{table} USING ({known})")
    for table in NATIONAL:
        op.execute(
            f"ALTER POLICY tenant ON {SCHEMA}.{table} WITH CHECK ({SYSTEM} OR {PROVINCE} OR {ADMINISTRATOR})"
        )
    op.execute(f"DROP FUNCTION {SCHEMA}.housed_by_day(varchar[], date)")
