# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The record of what was destroyed, and the end of looks at people who were.

Revision ID: gateway_0002
Revises: gateway_0001
"""

from alembic import op

from chassis import tables

revision = "gateway_0002"
down_revision = "gateway_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tables.add_care(op, "gateway")


def downgrade() -> None:
    raise NotImplementedError("forward only: the record of destructions is not thrown away")
