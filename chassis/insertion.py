# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""New rows in one statement: a round trip for all of them, where the session takes one for each table."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

__all__ = ["DriverSql", "insert_of", "pending_of", "values_of"]


_EVENTS = (
    "id uuid, topic text, key text, type text, subject text, aggregate_version int, gemeentecode text, "
    "traceparent text, time timestamptz, data jsonb"
)
_LOOKS = (
    "id uuid, at timestamptz, trace_id text, span_id text, parent_span_id text, status text, name text, "
    "operation text, activity text, start_ms bigint, end_ms bigint, data_subject text, inburgeraar_id uuid, "
    "gemeentecode text, actor_id uuid, actor_kind text, organisation_id uuid, roles text, purpose text, "
    "agreement text"
)


class DriverSql:
    """A statement of every transaction, in the form of the driver: found and made ready once, and not at each use."""

    def __init__(self, dialect: sa.Dialect, text: str) -> None:
        compiled: Any = sa.text(text).compile(dialect=dialect)
        self._text = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())

    def with_values(self, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The text for the driver and its values in order."""
        return self._text, tuple(values[name] for name in self._names)


def pending_of(schema: str, dialect: sa.Dialect) -> dict[tuple[str, ...], DriverSql]:
    """What is written as a transaction ends, `looks` and `events`: one statement, whichever of the two there is.

    Each is a JSON array of objects, whose order is the order of the rows.
    """
    looks = _records(f"{schema}.access_log", _LOOKS, "looks")
    events = _records(f"{schema}.outbox", _EVENTS, "events")
    return {
        ("looks",): DriverSql(dialect, looks),
        ("events",): DriverSql(dialect, events),
        ("looks", "events"): DriverSql(dialect, f"WITH looked AS ({looks}) {events}"),
    }


def _records(table: str, columns: str, name: str) -> str:
    names = ", ".join(part.split()[0] for part in columns.split(", "))
    return (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM ROWS FROM "
        f"(jsonb_to_recordset(CAST(:{name} AS jsonb)) AS ({columns})) WITH ORDINALITY ORDER BY ordinality"
    )


@cache
def insert_of(models: tuple[type, ...]) -> Any:
    """The statement that inserts a row of each of these models; its values are those of `values_of`.

    The rows are written in no certain order and do not see each other; foreign keys between them hold,
    since those are judged at the end of the statement.
    """
    parts = []
    for number, model in enumerate(models):
        table: Any = sa.inspect(model).local_table
        values = {
            column.key: sa.bindparam(f"{number}_{column.key}", type_=column.type) for column in table.columns
        }
        parts.append(sa.insert(table).values(values))
    *before, last = parts
    return last.add_cte(*(part.cte(f"row_{number}") for number, part in enumerate(before)))


def values_of(rows: Sequence[Any]) -> dict[str, Any]:
    """The values of these rows, by the names of the statement."""
    return {
        f"{number}_{column}": getattr(row, column)
        for number, row in enumerate(rows)
        for column in _columns(row.__class__)
    }


@cache
def _columns(model: type) -> tuple[str, ...]:
    table: Any = sa.inspect(model).local_table
    return tuple(column.key for column in table.columns)
