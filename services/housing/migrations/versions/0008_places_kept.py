# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Dwellings remember places of sharers whose data is gone; corrections say why a realisation was wrong.

Revision ID: housing_0008
Revises: housing_0007
"""

import sqlalchemy as sa
from alembic import op

revision = "housing_0008"
down_revision = "housing_0007"
branch_labels = None
depends_on = None

SCHEMA = "housing"

WHO_LIVES_ON = (
    f"UPDATE {SCHEMA}.dwelling d SET kept_places = d.share_slots - h.places, kept_group = h.share_group FROM ("
    "SELECT m.dwelling_id, count(*) AS places, min(p.share_group) AS share_group, bool_and(m.shared) AS shared "
    f"FROM {SCHEMA}.match m JOIN {SCHEMA}.household p ON p.id = m.household_id "
    f"LEFT JOIN {SCHEMA}.stay s ON s.match_id = m.id "
    "WHERE m.status IN ('key-handed-over', 'housed') AND (s.id IS NULL OR s.ended_on IS NULL) "
    "GROUP BY m.dwelling_id) h "
    "WHERE h.dwelling_id = d.id AND h.shared AND d.status = 'let' AND d.share_slots > h.places"
)
"""A shared home is let once it is full, so whom no match tells of any more lives there on."""


def upgrade() -> None:
    """Add the columns, and fill in what can be known of who lives on where."""
    op.add_column(
        "dwelling",
        sa.Column("kept_places", sa.Integer(), nullable=False, server_default="0"),
        schema=SCHEMA,
    )
    op.add_column("dwelling", sa.Column("kept_group", sa.Text(), nullable=True), schema=SCHEMA)
    op.add_column("realisation", sa.Column("cause", sa.Text(), nullable=True), schema=SCHEMA)
    op.execute("SELECT set_config('app.actor', 'system', true)")
    op.execute(WHO_LIVES_ON)
    op.execute("SELECT set_config('app.actor', '', true)")


def downgrade() -> None:
    """Forget them."""
    op.drop_column("realisation", "cause", schema=SCHEMA)
    op.drop_column("dwelling", "kept_group", schema=SCHEMA)
    op.drop_column("dwelling", "kept_places", schema=SCHEMA)
