# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables of the measured service.

Revision ID: bench_0001
Revises: none
"""

from alembic import op

from chassis import rls, tables

revision = "bench_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    rls.create_functions(op, "bench")
    tables.create(op, "bench")
    op.execute(
        "CREATE TABLE bench.record (id uuid PRIMARY KEY, inburgeraar_id uuid NOT NULL, "
        "gemeentecode varchar(4) NOT NULL, "
        "lesson_date date NOT NULL, day_part text NOT NULL, status text NOT NULL, external_id text, "
        "recorded_at timestamptz NOT NULL DEFAULT clock_timestamp())"
    )
    op.execute("CREATE INDEX record_of_person ON bench.record (inburgeraar_id, lesson_date)")
    op.execute(
        "CREATE TABLE bench.effect (event_id uuid PRIMARY KEY, subject uuid NOT NULL, recorded_at timestamptz NOT NULL)"
    )
    rls.protect(op, "bench", "record", "bench.may_see(gemeentecode)")


def downgrade() -> None:
    """Nothing goes back: the database of a measurement is thrown away."""
