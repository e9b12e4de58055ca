# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who changes the list of corporations and their rules: those who work for one of their gemeenten.

Revision ID: housing_0003
Revises: housing_0002
"""

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


def downgrade() -> None:
    """Let everybody who sees households change them, as before."""
    for table in ("corporation", "corporation_rule"):
        _check(table, BEFORE)


def _check(table: str, check: str) -> None:
    op.execute(f"ALTER POLICY tenant ON {SCHEMA}.{table} WITH CHECK ({check})")
