# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every migration after the first release only adds, so that the release before it works on beside it.

What takes away goes in two steps, a release apart: docs/upgrading.md.
"""

import io
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from chassis.migrate import _config
from embedded.app import ALL

REPOSITORY = Path(__file__).parents[2]
FIRST_RELEASE = {
    "gateway": "gateway_0001",
    "intake": "intake_0002",
    "learning-routes": "learning_routes_0002",
    "notifications": "notifications_0001",
}
"""The newest revision of each service in 0.1; a service that came later has nothing before it."""

TAKES_AWAY = {
    r"\bDROP\s+(TABLE|COLUMN|SCHEMA|VIEW|TYPE|SEQUENCE|FUNCTION)\b": "takes away what the release before may use",
    r"\bRENAME\b": "renames what the release before knows by its old name",
    r"\bSET\s+NOT\s+NULL\b": "demands a value that the release before does not write",
    r"\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b": "changes the type under the release before",
    r"\bADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?[^,;]*?\bNOT\s+NULL\b(?![^,;]*\bDEFAULT\b)(?<!DEFAULT)": (
        "a new column without a default cannot be left out by the release before"
    ),
    r"\bDROP\s+DEFAULT\b": "the release before counts on the default",
}


def what_is_taken_away(sql: str) -> list[str]:
    """What of a migration the release before cannot live with."""
    found = []
    for statement in sql.split(";"):
        flat = " ".join(line for line in statement.splitlines() if not line.lstrip().startswith("--"))
        for pattern, why in TAKES_AWAY.items():
            if (hit := re.search(pattern, flat, re.IGNORECASE)) is None:
                continue
            if "ADD COLUMN" in flat.upper() and "DEFAULT" in flat.upper() and "ADD" in hit.group().upper():
                continue
            found.append(f"{hit.group()[:80]!r}: {why}")
    return found


def statements_of(module: ModuleType) -> str:
    """The SQL that a revision sends to the database, without a database."""
    output = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": output, "literal_binds": True}
    )
    with Operations.context(context):
        module.upgrade()
    return output.getvalue()


def later_revisions() -> Iterator[Any]:
    """Every revision after the first release, with its service."""
    for service in ALL:
        script = ScriptDirectory.from_config(_config(service))
        first = FIRST_RELEASE.get(service.name, "base")
        for revision in script.walk_revisions(first, "head"):
            if revision.revision != first and revision.down_revision is not None:
                yield pytest.param(revision.module, id=revision.revision)


@pytest.mark.fault("F19")
@pytest.mark.parametrize("module", list(later_revisions()))
def test_a_migration_only_adds_unless_the_release_before_let_go(module: ModuleType) -> None:
    problems = what_is_taken_away(statements_of(module))
    unused_since = getattr(module, "UNUSED_SINCE", None)
    if unused_since is None:
        assert problems == [], (
            "take away in a later release, and say there UNUSED_SINCE = 'x.y' (docs/upgrading.md)"
        )
        return
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    assert _number(unused_since) < _number(version), (
        "what it takes away must be unused in a release before this one"
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE intake.person DROP COLUMN name",
        "DROP TABLE intake.person",
        "ALTER TABLE intake.person RENAME COLUMN name TO family_name",
        "ALTER TABLE intake.person RENAME TO human",
        "ALTER TABLE intake.person ALTER COLUMN name SET NOT NULL",
        "ALTER TABLE intake.person ALTER COLUMN name TYPE integer",
        "ALTER TABLE intake.person ADD COLUMN name text NOT NULL",
    ],
)
def test_what_would_break_the_release_before_is_found(sql: str) -> None:
    assert what_is_taken_away(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE intake.person ADD COLUMN name text",
        "ALTER TABLE intake.person ADD COLUMN name text NOT NULL DEFAULT ''",
        "ALTER TABLE intake.person ADD COLUMN name text DEFAULT '' NOT NULL",
        "CREATE TABLE intake.new (id uuid NOT NULL, name text NOT NULL)",
        "DROP INDEX intake.slow",
        "DROP POLICY tenant ON intake.person",
    ],
)
def test_what_only_adds_passes(sql: str) -> None:
    assert what_is_taken_away(sql) == []
