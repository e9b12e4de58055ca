# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The account as it was known on a day: who was housed, by what was recorded by then.

Revision ID: housing_0005
Revises: housing_0004
"""

from alembic import op

revision = "housing_0005"
down_revision = "housing_0004"
branch_labels = None
depends_on = None

SCHEMA = "housing"

_KNOWN = "(known IS NULL OR ({row}.recorded_at AT TIME ZONE 'Europe/Amsterdam')::date <= known)"


def upgrade() -> None:
    """Add a function of the account that can leave out what was recorded later; the one of before stays."""
    # It looks as the platform does, gives sums, and only of gemeenten whose figures the caller may know.
    op.execute(
        f"""
        CREATE FUNCTION {SCHEMA}.housed_by_day(codes varchar[], until date, known date)
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
                AND {_KNOWN.format(row="r")}
                AND NOT EXISTS (SELECT FROM {SCHEMA}.annual_figure a WHERE a.gemeentecode = r.gemeentecode
                                AND r.housed_on <= a.through AND {_KNOWN.format(row="a")})
                GROUP BY r.gemeentecode, r.housed_on;
            PERFORM set_config('app.actor', coalesce(actor, ''), true);
        END $$
        """
    )


def downgrade() -> None:
    """Count all that is known, as before."""
    op.execute(f"DROP FUNCTION {SCHEMA}.housed_by_day(varchar[], date, date)")
