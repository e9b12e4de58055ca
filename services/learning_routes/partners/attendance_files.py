# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Read the attendance files of taalscholen: CSV as many programs save it, and XLSX.

`inspect` and `read` are pure functions for `chassis.limited`: they get the bytes of a stranger and
answer JSON values. Nothing is ever evaluated; of a formula in XLSX the last saved value counts, in
CSV it is text and so a wrong value.

Answers of `read`, in this order:
    {"fault": {code, detail, field}}     the whole file cannot be used; the last answer
    {"header": {field: name in the file}, "lines": a first guess of the number of lines}
    [[row, line, values, faults], ...]   at most 500 rows together; one of values and faults is null
`row` counts the lines with content below the header from 1, `line` is what an editor or a
spreadsheet shows. A fault after the header still means the whole file: nothing of it may be kept.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from chassis.limited import ChildFailedError, LimitExceededError, run_limited
from chassis.sheets import Fault, Form, RefusedError, too_heavy
from chassis.sheets.csv_files import open_csv
from chassis.sheets.lines import FileLine, batches, header_of
from chassis.sheets.xlsx_files import open_xlsx
from services.learning_routes.rules.attendance_files import (
    Row,
    field_named,
    read_header,
    read_row,
)

MAX_ROWS: dict[Form, int] = {"csv": 200_000, "xlsx": 50_000}

_UNREADABLE = Fault("unreadable-file", "Het bestand is niet te lezen. Bewaar het opnieuw als CSV of .xlsx.")
_LIMITS = {
    "cpu": "het lezen kost te veel rekentijd",
    "memory": "het lezen kost te veel geheugen",
    "wall": "het lezen duurt te lang",
    "output": "er staat te veel in",
}


@dataclass(frozen=True, slots=True)
class FileHeader:
    """What the columns of a file are called, by field, and about how many lines follow."""

    names: Mapping[str, str]
    lines: int


async def look(data: bytes, form: Form) -> FileHeader | Fault:
    """Tell, in a limited process, whether this file can be read at all; its lines may yet be wrong."""
    async with aclosing(_limited(inspect, data, form)) as answers:
        async for answer in answers:
            return answer if isinstance(answer, Fault) else FileHeader(answer["header"], answer["lines"])
    return _UNREADABLE


async def lines_of(data: bytes, form: Form) -> AsyncGenerator[FileHeader | list[FileLine] | Fault, None]:
    """Read a file in a limited process: its header, then its lines in order, some at a time.

    A fault is the last answer and means the whole file.
    """
    async with aclosing(_limited(read, data, form)) as answers:
        async for answer in answers:
            if isinstance(answer, Fault):
                yield answer
            elif isinstance(answer, dict):
                yield FileHeader(answer["header"], answer["lines"])
            else:
                yield [FileLine(*line) for line in answer]


async def _limited(
    function: Callable[[bytes, Form], Iterator[Any]], data: bytes, form: Form
) -> AsyncGenerator[Any, None]:
    try:
        async with aclosing(run_limited(function, data, form)) as answers:
            async for answer in answers:
                yield Fault(**answer["fault"]) if "fault" in answer else answer
    except LimitExceededError as exceeded:
        yield too_heavy(_LIMITS[exceeded.limit]).fault
    except ChildFailedError:
        yield _UNREADABLE


def inspect(data: bytes, form: Form) -> Iterator[Any]:
    """Answer the fault or the header of `read`, and leave the rows."""
    return islice(read(data, form), 1)


def read(data: bytes, form: Form) -> Iterator[Any]:
    """Answer what the file says; see the module for the form of the answers."""
    try:
        sheet, lines = open_csv(data, _is_column) if form == "csv" else open_xlsx(data)
        yield from _rows(iter(sheet), lines, MAX_ROWS[form])
    except RefusedError as stop:
        yield {"fault": asdict(stop.fault)}


def _is_column(name: str) -> bool:
    return field_named(name) is not None


def _rows(sheet: Iterator[tuple[int, Sequence[str] | Fault]], lines: int, most: int) -> Iterator[Any]:
    header = header_of(sheet, read_header)
    yield {
        "header": {field: name for field, name in zip(header.fields, header.names, strict=True) if field},
        "lines": lines,
    }
    yield from batches(sheet, lambda cells: read_row(header, cells), _values, most=most)


def _values(row: Row) -> list[str | None]:
    return [
        None if row.inburgeraar_id is None else str(row.inburgeraar_id),
        row.provider_reference,
        row.lesson_date.isoformat(),
        row.day_part.value,
        None if row.hours is None else str(row.hours),
        row.status.value,
        row.external_id,
    ]
