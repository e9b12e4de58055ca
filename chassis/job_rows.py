# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rows of a file that became a job: what each says, and what became of it.

A row without an outcome is still to do. Parts of a file are worked off in transactions of their
own, each with the outcomes of its rows, so a kill in between loses and repeats nothing. Rows are
set in arrays, never one by one, and go with their job.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.db import Tx
from chassis.errors import FieldError, InvalidInput, Problem
from chassis.problems import type_base
from chassis.sheets.lines import FileLine

__all__ = [
    "JobRow",
    "NewRow",
    "Outcome",
    "clear_rows",
    "count_rows",
    "document_in_file",
    "new_row",
    "pages_of_rows",
    "save_rows",
    "settle_rows",
    "subjects_of_rows",
]

_COLUMNS = "number, line, data, outcome, subject, result"


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row as it was read. With an outcome it is done already, for example rejected."""

    number: int
    line: int
    data: Any
    outcome: str | None = None
    result: Any = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row."""

    number: int
    outcome: str
    subject: UUID | None = None
    result: Any = None


@dataclass(frozen=True, slots=True)
class JobRow:
    """A row as it is kept."""

    number: int
    line: int
    data: Any
    outcome: str | None
    subject: UUID | None
    result: Any


def new_row(line: FileLine, names: Mapping[str, str]) -> NewRow:
    """The row of a line as it was read: to do, or rejected with every fault and its column.

    Args:
        line: of the file.
        names: by field, as the file spells its columns.
    """
    if line.faults is None:
        return NewRow(line.row, line.line, line.values)
    errors = [
        FieldError(
            code=fault["code"] or "invalid",
            detail=fault["detail"] or "",
            parameter=names.get(fault["field"] or "", fault["field"]) or "file",
        )
        for fault in line.faults
    ]
    problem = InvalidInput(" ".join(error.detail for error in errors), errors=errors)
    return NewRow(line.row, line.line, None, "rejected", _document(problem))


def document_in_file(problem: Problem, names: Mapping[str, str]) -> dict[str, Any]:
    """The document of a row that is refused, with the column of the file instead of a place in JSON."""
    problem.errors = [
        FieldError(
            code=error.code,
            detail=error.detail,
            parameter=names.get((error.pointer or "").strip("/"))
            or (error.pointer or "").strip("/")
            or "file",
        )
        for error in problem.errors
    ]
    return _document(problem)


def _document(problem: Problem) -> dict[str, Any]:
    return problem.document(type_base=type_base(), instance=None)


async def clear_rows(tx: Tx, job_id: UUID) -> None:
    """Forget the rows of a job, to read its file from the start."""
    await tx.execute(sa.text("DELETE FROM background_job_row WHERE job_id = :job"), {"job": job_id})


async def save_rows(tx: Tx, job_id: UUID, rows: Sequence[NewRow], *, organisation_id: UUID | None) -> None:
    """Keep rows as they were read."""
    await tx.execute(
        sa.text(
            "INSERT INTO background_job_row (job_id, organisation_id, number, line, data, outcome, result) "
            "SELECT :job, :organisation, number, line, data::jsonb, outcome, result::jsonb "
            "FROM unnest(CAST(:numbers AS int[]), CAST(:lines AS int[]), CAST(:datas AS text[]), "
            "CAST(:outcomes AS text[]), CAST(:results AS text[])) AS given(number, line, data, outcome, result)"
        ),
        {
            "job": job_id,
            "organisation": organisation_id,
            "numbers": [row.number for row in rows],
            "lines": [row.line for row in rows],
            "datas": [_json(row.data) for row in rows],
            "outcomes": [row.outcome for row in rows],
            "results": [_json(row.result) for row in rows],
        },
    )


async def settle_rows(tx: Tx, job_id: UUID, outcomes: Sequence[Outcome]) -> None:
    """Note what became of these rows."""
    await tx.execute(
        sa.text(
            "UPDATE background_job_row r SET outcome = given.outcome, subject = given.subject, "
            "result = given.result::jsonb "
            "FROM unnest(CAST(:numbers AS int[]), CAST(:outcomes AS text[]), CAST(:subjects AS uuid[]), "
            "CAST(:results AS text[])) AS given(number, outcome, subject, result) "
            "WHERE r.job_id = :job AND r.number = given.number"
        ),
        {
            "job": job_id,
            "numbers": [each.number for each in outcomes],
            "outcomes": [each.outcome for each in outcomes],
            "subjects": [each.subject for each in outcomes],
            "results": [_json(each.result) for each in outcomes],
        },
    )


async def pages_of_rows(
    tx: Tx, job_id: UUID, *, outcomes: Collection[str] | None, to_do: bool = False, after: int = 0, limit: int
) -> list[JobRow]:
    """Rows in their order.

    Args:
        tx: of the organisation that owns the job.
        job_id: whose rows.
        outcomes: only rows with one of these; None is all rows.
        to_do: only rows without an outcome; then `outcomes` is None.
        after: the number after which to begin.
        limit: at most so many.
    """
    which = "AND outcome IS NULL" if to_do else "" if outcomes is None else "AND outcome = ANY(:outcomes)"
    rows = await tx.rows(
        sa.text(
            f"SELECT {_COLUMNS} FROM background_job_row WHERE job_id = :job AND number > :after {which} "
            "ORDER BY number LIMIT :limit"
        ),
        {
            "job": job_id,
            "after": after,
            "limit": limit,
            **({} if outcomes is None else {"outcomes": list(outcomes)}),
        },
    )
    return [JobRow(*row) for row in rows]


async def subjects_of_rows(tx: Tx, job_id: UUID, subjects: Collection[UUID]) -> dict[UUID, int]:
    """Those of these subjects that rows of the job are about, each with the first such row."""
    rows = await tx.rows(
        sa.text(
            "SELECT subject, min(number) FROM background_job_row WHERE job_id = :job "
            "AND subject = ANY (CAST(:subjects AS uuid[])) GROUP BY subject"
        ),
        {"job": job_id, "subjects": list(subjects)},
    )
    return {subject: int(number) for subject, number in rows}


async def count_rows(tx: Tx, job_id: UUID) -> dict[str | None, int]:
    """How many rows have which outcome; None are those still to do."""
    rows = await tx.rows(
        sa.text("SELECT outcome, count(*) FROM background_job_row WHERE job_id = :job GROUP BY outcome"),
        {"job": job_id},
    )
    return {outcome: int(count) for outcome, count in rows}


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
