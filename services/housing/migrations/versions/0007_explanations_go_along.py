# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""An explanation goes with its household and its search, also when a version that knows no explanations destroys.

Revision ID: housing_0007
Revises: housing_0006
"""

from alembic import op

revision = "housing_0007"
down_revision = "housing_0006"
branch_labels = None
depends_on = None

SCHEMA = "housing"
GOES_WITH = {"household_id": "household", "run_id": "proposal_run"}


def upgrade() -> None:
    """Let the database delete it then."""
    _lay_down("CASCADE")


def downgrade() -> None:
    """Let it hold up the destruction, as before."""
    _lay_down(None)


def _lay_down(on_delete: str | None) -> None:
    for column, table in GOES_WITH.items():
        name = f"explanation_{column}_fkey"
        op.drop_constraint(name, "explanation", schema=SCHEMA, type_="foreignkey")
        op.create_foreign_key(
            name,
            "explanation",
            table,
            [column],
            ["id"],
            source_schema=SCHEMA,
            referent_schema=SCHEMA,
            ondelete=on_delete,
        )
