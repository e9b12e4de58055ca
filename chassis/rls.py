# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Row-level security: the second lock on every row, behind the check in the service.

Each transaction carries who calls (`chassis.db`); the functions below read it. A transaction
that carries nobody sees nothing. For use in migrations.
"""

from typing import Protocol

from sqlalchemy import Connection

__all__ = ["Migration", "create_functions", "protect"]


class Migration(Protocol):
    """What we use of `alembic.op`, a module that stands for the migration under way."""

    def execute(self, sqltext: str) -> None:
        """Run a statement."""

    def get_bind(self) -> Connection:
        """Return the connection of the migration."""


def create_functions(op: Migration, schema: str) -> None:
    """Create the functions that policies use, in a service's first migration.

    `is_system()`: an event or a job acts, not a person. `may_see(code)`: people of this gemeente
    may be seen in this transaction. `may_know(code)`: the gemeente is the caller's in some way, if
    only for figures. `caller_organisation()`, `caller_subject()`, `caller_has_role(role)`.
    """
    setting = "nullif(current_setting('{}', true), '')"
    for signature, returns, body in (
        ("is_system()", "boolean", f"coalesce({setting.format('app.actor')} = 'system', false)"),
        (
            "may_see(code text)",
            "boolean",
            (
                f"{schema}.is_system() OR coalesce("
                f"code = ANY (string_to_array({setting.format('app.person_codes')}, ',')), false)"
            ),
        ),
        (
            "may_know(code text)",
            "boolean",
            (
                f"{schema}.is_system() OR coalesce("
                f"code = ANY (string_to_array({setting.format('app.known_codes')}, ',')), false)"
            ),
        ),
        ("caller_organisation()", "uuid", f"{setting.format('app.organisation')}::uuid"),
        ("caller_subject()", "uuid", f"{setting.format('app.subject')}::uuid"),
        (
            "caller_has_role(role text)",
            "boolean",
            f"coalesce(role = ANY (string_to_array({setting.format('app.roles')}, ',')), false)",
        ),
    ):
        op.execute(
            f"CREATE FUNCTION {schema}.{signature} RETURNS {returns} "
            f"LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT {body} $$"
        )


def protect(op: Migration, schema: str, table: str, using: str, check: str | None = None) -> None:
    """Force row-level security on a table.

    Args:
        op: Alembic's operations.
        schema: the service's schema.
        table: the table, without schema.
        using: SQL that says which rows are seen and changed, for example `intake.may_see(gemeentecode)`.
        check: SQL that new rows must meet; `using` where left out.
    """
    op.execute(f"ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {schema}.{table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {schema}.{table} USING ({using}) WITH CHECK ({check or using})")
