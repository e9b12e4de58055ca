# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""VluchtelingenWerk has a list of signals too: of the people of the gemeenten where it guides them.

Revision ID: notifications_0005
Revises: notifications_0004
"""

from alembic import op

revision = "notifications_0005"
down_revision = "notifications_0004"
branch_labels = None
depends_on = None

S = "notifications"
OLD = ("consulent", "taalschool", "operations")
NEW = (*OLD, "vluchtelingenwerk")

_SYSTEM = f"(SELECT {S}.is_system())"
_CODES = "(SELECT string_to_array(nullif(current_setting('app.person_codes', true), ''), ','))::text[]"
_SEEN = f"({_SYSTEM} OR coalesce((gemeentecode)::text = ANY ({_CODES}), false))"


def _has(*roles: str) -> str:
    return " OR ".join(f"(SELECT {S}.caller_has_role('{role}'::text))" for role in roles)


def _policy(guided: str) -> str:
    """Who sees a signal: as the first migration says it, asked once per statement."""
    of_gemeente = _has("consulent", "klantmanager", "kwaliteitsmedewerker", "policy-officer")
    return f"""{_SYSTEM} OR CASE audience
        WHEN 'consulent' THEN {_SEEN} AND ({of_gemeente})
        {guided}
        WHEN 'taalschool' THEN organisation_id = (SELECT {S}.caller_organisation())
        WHEN 'operations' THEN {_has("operations")}
        ELSE false END"""


def _set(audiences: tuple[str, ...], policy: str) -> None:
    named = ", ".join(f"'{one}'" for one in audiences)
    op.execute(f"ALTER TABLE {S}.signal DROP CONSTRAINT signal_audience")
    op.execute(f"ALTER TABLE {S}.signal ADD CONSTRAINT signal_audience CHECK (audience IN ({named}))")
    op.execute(f"ALTER POLICY tenant ON {S}.signal USING ({policy}) WITH CHECK ({policy})")


def upgrade() -> None:
    """Know the list, and let who leads a team of VluchtelingenWerk see it."""
    _set(NEW, _policy(f"WHEN 'vluchtelingenwerk' THEN {_SEEN} AND {_has('vwn-team-leader')}"))


def downgrade() -> None:
    """Let go of the list with what stands on it."""
    op.execute("SELECT set_config('app.actor', 'system', true)")
    ids = f"SELECT id FROM {S}.signal WHERE audience = 'vluchtelingenwerk'"
    for table in ("handling_note", "handling", "delivery_signal", "signal_place"):
        op.execute(f"DELETE FROM {S}.{table} WHERE signal_id IN ({ids})")
    op.execute(f"DELETE FROM {S}.signal WHERE audience = 'vluchtelingenwerk'")
    op.execute("SELECT set_config('app.actor', '', true)")
    _set(OLD, _policy(""))
