# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Names know their gemeente, so that a list or a search by name reads one index.

With the gemeente on the person alone the database looked up the person of every name before it
could sort or compare: seconds at a hundred thousand people.

Revision ID: intake_0002
Revises: intake_0001
"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0002"
down_revision = "intake_0001"
branch_labels = None
depends_on = None

SCHEMA = "intake"
IS_A_SCHOOL = f"({SCHEMA}.caller_has_role('teacher') OR {SCHEMA}.caller_has_role('school-system'))"


def upgrade() -> None:
    op.execute("SELECT set_config('app.actor', 'system', true)")
    op.add_column("person_name", sa.Column("gemeentecode", sa.String(4)), schema=SCHEMA)
    op.execute(
        f"UPDATE {SCHEMA}.person_name n SET gemeentecode = p.gemeentecode "
        f"FROM {SCHEMA}.inburgeraar p WHERE p.id = n.inburgeraar_id"
    )
    op.alter_column("person_name", "gemeentecode", nullable=False, schema=SCHEMA)
    op.drop_index("person_name_search", "person_name", schema=SCHEMA)
    # Compared byte by byte: the key has no case, accents or spaces, and a prefix is a range then.
    op.alter_column("person_name", "family_name_key", type_=sa.String(collation="C"), schema=SCHEMA)
    op.create_index(
        "person_name_by_gemeente",
        "person_name",
        ["gemeentecode", "family_name_key", "inburgeraar_id"],
        schema=SCHEMA,
    )
    op.execute(f"DROP POLICY tenant ON {SCHEMA}.person_name")
    op.execute(
        f"CREATE POLICY tenant ON {SCHEMA}.person_name USING ({SCHEMA}.may_see(gemeentecode)) "
        f"WITH CHECK ({SCHEMA}.may_see(gemeentecode))"
    )
    # Who is no taalschool is told so without a look at the placements. Policies are tried in the
    # order of their names, so the cheap one comes first.
    for table, person in (("inburgeraar", "id"), ("person_name", "inburgeraar_id")):
        op.execute(f"DROP POLICY placed ON {SCHEMA}.{table}")
        op.execute(
            f"CREATE POLICY with_placement ON {SCHEMA}.{table} FOR SELECT "
            f"USING ({IS_A_SCHOOL} AND {SCHEMA}.placed_with_caller({person}))"
        )


def downgrade() -> None:
    raise NotImplementedError("forward only: a later revision puts right what this one got wrong")
