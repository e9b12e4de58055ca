# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A group has a first and a last day, and the number of chairs that its school gives it.

Revision ID: learning_routes_0006
Revises: learning_routes_0005
"""

import sqlalchemy as sa
from alembic import op

revision = "learning_routes_0006"
down_revision = "learning_routes_0005"
branch_labels = None
depends_on = None

SCHEMA = "learning_routes"


def upgrade() -> None:
    """Add the columns; a group of before has none of the three, and goes on as it did."""
    for name, kind in (("starts_on", sa.Date()), ("ends_on", sa.Date()), ("chairs", sa.Integer())):
        op.add_column("lesson_group", sa.Column(name, kind, nullable=True), schema=SCHEMA)
    op.create_check_constraint(
        "lesson_group_days", "lesson_group", "ends_on IS NULL OR ends_on >= starts_on", schema=SCHEMA
    )
    op.create_check_constraint("lesson_group_chairs", "lesson_group", "chairs >= 1", schema=SCHEMA)


def downgrade() -> None:
    """Forget them."""
    for name in ("starts_on", "ends_on", "chairs"):
        op.drop_column("lesson_group", name, schema=SCHEMA)
