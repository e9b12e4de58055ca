# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who changes the list of corporations and their rules, and a reference of TVS that is linked anew.

Revision ID: housing_0003
Revises: housing_0002
"""

import sqlalchemy as sa
from alembic import op

revision = "housing_0003"
down_revision = "housing_0002"
branch_labels = None
depends_on = None

SCHEMA = "housing"

SYSTEM = f"(SELECT {SCHEMA}.is_system())"
VISIBLE = f"(SELECT {SCHEMA}.visible_codes())::varchar[]"
OWN = f"organisation_id = (SELECT {SCHEMA}.corporation_organisation())"
BEFORE = f"{SYSTEM} OR (SELECT {SCHEMA}.sees_households())"


def upgrade() -> None:
    """Bind a change of these lists to the gemeenten of the corporation, or of the rule."""
    of_corporation = f"gemeentecodes && {VISIBLE} OR {OWN}"
    _check("corporation", f"{SYSTEM} OR {of_corporation}")
    _check(
        "corporation_rule",
        f"{SYSTEM} OR gemeentecode = ANY ({VISIBLE}) OR EXISTS (SELECT FROM {SCHEMA}.corporation c "
        f"WHERE c.id = corporation_id AND (c.{OWN} "
        f"OR (corporation_rule.gemeentecode IS NULL AND c.gemeentecodes && {VISIBLE})))",
    )
    # The reference of a link that ended may be linked anew.
    _index_reference("reference IS NOT NULL AND unlinked_on IS NULL")


def downgrade() -> None:
    """Let everybody who sees households change the lists, and a reference be used once, as before."""
    _index_reference("reference IS NOT NULL")
    for table in ("corporation", "corporation_rule"):
        _check(table, BEFORE)


def _check(table: str, check: str) -> None:
    op.execute(f"ALTER POLICY tenant ON {SCHEMA}.{table} WITH CHECK ({check})")


def _index_reference(where: str) -> None:
    op.drop_index("household_reference", table_name="household", schema=SCHEMA)
    op.create_index(
        "household_reference",
        "household",
        ["gemeentecode", "reference"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text(where),
    )
