# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Row-level security: the second lock on every row, behind the check in the service.

Each transaction carries who calls (`chassis.db`); the functions below read it. A transaction
that carries nobody sees nothing. For use in migrations.
"""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

__all__ = ["Migration", "ask_once", "ask_plainly", "create_functions", "protect"]


_ROLE_PAIRS = 4
"""Passes that put roles together, two by two: enough for sixteen."""


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
    for signature, returns, body in (
        ("is_system()", "boolean", f"coalesce({_setting('app.actor')} = 'system', false)"),
        (
            "may_see(code text)",
            "boolean",
            (f"{schema}.is_system() OR coalesce(code = ANY ({_list('app.person_codes')}), false)"),
        ),
        (
            "may_know(code text)",
            "boolean",
            (f"{schema}.is_system() OR coalesce(code = ANY ({_list('app.known_codes')}), false)"),
        ),
        ("caller_organisation()", "uuid", f"{_setting('app.organisation')}::uuid"),
        ("caller_subject()", "uuid", f"{_setting('app.subject')}::uuid"),
        (
            "caller_has_role(role text)",
            "boolean",
            f"coalesce(role = ANY ({_list('app.roles')}), false)",
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


def ask_once(op: Migration, schema: str) -> None:
    """Let every policy of a schema ask once per statement who calls, and no longer once per row.

    What a policy says stays the same. A question about the caller becomes a subquery, which PostgreSQL answers
    once; of `may_see(code)` and `may_know(code)` only the comparison is left to each row.
    """
    caller = rf"{schema}\.(is_system|caller_organisation|caller_subject)\(\)"
    role = rf"{schema}\.caller_has_role\('[a-z-]+'::text\)"
    code = r"\((\([a-z_.]+\)::text|[a-z_.]+)\)"
    steps = [(f"({caller}|{role})", r"(SELECT \1)")]
    for function, setting in (("may_see", "app.person_codes"), ("may_know", "app.known_codes")):
        codes = f"(SELECT {_list(setting)})::text[]"
        once = rf"((SELECT {schema}.is_system()) OR coalesce(\1 = ANY ({codes}), false))"
        steps.append((rf"{schema}\.{function}{code}", once))
    _rewrite(op, schema, steps)


def ask_plainly(op: Migration, schema: str) -> None:
    """Let every policy of a schema ask the settings themselves who calls, where `ask_once` left functions.

    What a policy says stays the same. PostgreSQL puts the body of a function in its place each time that it plans
    a statement, and reads that body from its text: for a short list that takes longer than finding the rows. Roles
    of which one is enough are one question.
    """
    role = rf"\( SELECT {schema}\.caller_has_role\('([a-z-]+)'::text\) AS caller_has_role\)"
    steps = [(role, r"<\1>"), *[(r"<([a-z,-]+)> OR <([a-z,-]+)>", r"<\1,\2>")] * _ROLE_PAIRS]
    steps.append((r"<([a-z,-]+)>", rf"(SELECT coalesce({_list('app.roles')} && '{{\1}}'::text[], false))"))
    for function, plainly in (
        ("is_system", f"coalesce({_setting('app.actor')} = 'system', false)"),
        ("caller_organisation", f"{_setting('app.organisation')}::uuid"),
        ("caller_subject", f"{_setting('app.subject')}::uuid"),
    ):
        steps.append((rf"\( SELECT {schema}\.{function}\(\) AS {function}\)", f"(SELECT {plainly})"))
    _rewrite(op, schema, steps)


def _setting(name: str) -> str:
    return f"nullif(current_setting('{name}', true), '')"


def _list(name: str) -> str:
    return f"string_to_array({_setting(name)}, ',')"


def _rewrite(op: Migration, schema: str, steps: Sequence[tuple[str, str]]) -> None:
    """Replace in every policy of a schema, as PostgreSQL writes it, one pattern after the other."""
    expression = "said"
    for pattern, instead in steps:
        expression = f"regexp_replace({expression}, {_quoted(pattern)}, {_quoted(instead)}, 'g')"
    op.execute(
        f"""
        DO $ask$
        DECLARE
            one record;
            using_now text;
            check_now text;
        BEGIN
            FOR one IN SELECT * FROM pg_policies WHERE schemaname = {_quoted(schema)} LOOP
                SELECT {expression} INTO using_now FROM (SELECT one.qual AS said) q;
                SELECT {expression} INTO check_now FROM (SELECT one.with_check AS said) q;
                EXECUTE format('ALTER POLICY %I ON %I.%I', one.policyname, one.schemaname, one.tablename)
                    || coalesce(' USING (' || using_now || ')', '')
                    || coalesce(' WITH CHECK (' || check_now || ')', '');
            END LOOP;
        END
        $ask$
        """
    )


def _quoted(text: str) -> str:
    """A text as SQL writes it; a backslash stands for itself in it."""
    return "'" + text.replace("'", "''") + "'"
