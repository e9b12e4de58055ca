# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Read files with households or dwellings, in a process that cannot hurt this one.

`read` is a pure function for `chassis.limited`: it gets the bytes of a stranger and answers JSON:
    {"fault": {code, detail, field}}     the whole file cannot be used; the last answer
    {"names": {field: name in the file}}
    [[row, line, values, faults], ...]   one of values and faults is null
`row` counts the lines with content below the header from 1; `line` is what an editor shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any

from chassis.limited import ChildFailedError, LimitExceededError, run_limited
from chassis.sheets import Fault, Form, RefusedError
from chassis.sheets.csv_files import open_csv
from chassis.sheets.lines import FileLine, batches, header_of
from chassis.sheets.xlsx_files import open_xlsx
from services.housing.rules.import_files import Kind, column_named, read_header, read_row

__all__ = ["MAX_ROWS", "FileLine", "FileTable", "read", "read_file"]

MAX_ROWS = 20_000
_UNREADABLE = Fault("unreadable-file", "Het bestand is niet te lezen. Bewaar het opnieuw als CSV of .xlsx.")


@dataclass(frozen=True, slots=True)
class FileTable:
    """A file that could be read; its lines may yet be wrong."""

    names: Mapping[str, str]  # by field, as the file spells them
    lines: Sequence[FileLine]


async def read_file(data: bytes, form: Form, kind: Kind) -> FileTable | Fault:
    """Read a whole file in a limited process."""
    names: Mapping[str, str] = {}
    lines: list[FileLine] = []
    try:
        async with aclosing(run_limited(read, data, form, kind)) as answers:
            async for answer in answers:
                if isinstance(answer, list):
                    lines.extend(FileLine(*line) for line in answer)
                elif "fault" in answer:
                    return Fault(**answer["fault"])
                else:
                    names = answer["names"]
    except LimitExceededError:
        return Fault(
            "file-too-heavy", "Het bestand is niet veilig te openen. Bewaar het opnieuw als .xlsx of CSV."
        )
    except ChildFailedError:
        return _UNREADABLE
    return FileTable(names, lines)


def read(data: bytes, form: Form, kind: Kind) -> Iterator[Any]:
    """Answer what the file says; see the module for the form of the answers."""
    try:
        sheet, _ = (
            open_csv(data, lambda name: column_named(kind, name) is not None)
            if form == "csv"
            else open_xlsx(data)
        )
        yield from _rows(kind, iter(sheet))
    except RefusedError as stop:
        yield {"fault": asdict(stop.fault)}


def _rows(kind: Kind, sheet: Iterator[tuple[int, Sequence[str] | Fault]]) -> Iterator[Any]:
    header = header_of(sheet, lambda cells: read_header(kind, cells))
    yield {
        "names": {
            column.field: name
            for column, name in zip(header.columns, header.names, strict=True)
            if column is not None
        }
    }
    yield from batches(sheet, lambda cells: read_row(header, cells), lambda values: values, most=MAX_ROWS)
