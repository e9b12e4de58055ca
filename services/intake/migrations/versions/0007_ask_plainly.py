# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Row-level security asks the settings themselves who calls, so that a statement is planned sooner.

Revision ID: intake_0007
Revises: intake_0006
"""

from alembic import op

from chassis import rls

revision = "intake_0007"
down_revision = "intake_0006"
branch_labels = None
depends_on = None

SCHEMA = "intake"


def upgrade() -> None:
    """What each policy says stays the same."""
    rls.ask_plainly(op, SCHEMA)
    # A function of SQL is read and planned by every statement that may call it; this one keeps its plan.
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION {SCHEMA}.placed_with_caller(person uuid) RETURNS boolean
        LANGUAGE plpgsql STABLE AS $$
        BEGIN
            RETURN ({SCHEMA}.caller_has_role('teacher') OR {SCHEMA}.caller_has_role('school-system')) AND EXISTS (
                SELECT FROM {SCHEMA}.placement_access a WHERE a.inburgeraar_id = person
                AND a.organisation_id = {SCHEMA}.caller_organisation() AND a.ended_on IS NULL
            );
        END $$
        """
    )


def downgrade() -> None:
    """The release before works with these policies too: they say the same."""
