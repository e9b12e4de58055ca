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

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import Any, Literal

from python_calamine import CalamineError, CalamineWorkbook

from chassis.limited import ChildFailedError, LimitExceededError, run_limited
from services.learning_routes.rules.attendance_files import (
    Fault,
    Header,
    Row,
    field_named,
    read_header,
    read_row,
)

Form = Literal["csv", "xlsx"]

MAX_ROWS: dict[Form, int] = {"csv": 200_000, "xlsx": 50_000}
MAX_LINE = 10_000  # characters of one line of CSV
MAX_ENTRIES = 100
MAX_UNPACKED = 64 * 1024 * 1024
MAX_RATIO = 100
_SMALL = 100 * 1024  # an entry this small hurts nobody, however well it was packed
_DIRECTORY_BYTES = 1024 * 1024
_BATCH = 500

ZIP_MAGIC = b"PK\x03\x04"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx with a password
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")

_UNREADABLE = Fault("unreadable-file", "Het bestand is niet te lezen. Bewaar het opnieuw als CSV of .xlsx.")
_LIMITS = {
    "cpu": "het lezen kost te veel rekentijd",
    "memory": "het lezen kost te veel geheugen",
    "wall": "het lezen duurt te lang",
    "output": "er staat te veel in",
}

Sheet = Iterable[tuple[int, Sequence[str] | Fault]]


@dataclass(frozen=True, slots=True)
class FileHeader:
    """What the columns of a file are called, by field, and about how many lines follow."""

    names: Mapping[str, str]
    lines: int


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line with content. One of `values` and `faults` is None."""

    row: int  # counted from 1 below the header, over lines with content
    line: int  # as an editor or a spreadsheet counts
    values: Sequence[str | None] | None  # in the order of `attendance_files.COLUMNS`, dates in ISO
    faults: Sequence[Mapping[str, str | None]] | None


class _RefusedError(Exception):
    """The whole file cannot be used."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.fault = Fault(code, detail)


def form_of(beginning: bytes) -> Form | Fault:
    """Tell from its first bytes what a file is, whatever its name or media type says."""
    if beginning.startswith(ZIP_MAGIC):
        return "xlsx"
    if beginning.startswith(_OLE_MAGIC):
        return Fault(
            "old-or-locked-workbook",
            "Dit is een oud Excel-bestand (.xls) of een bestand met een wachtwoord. "
            "Bewaar het als .xlsx zonder wachtwoord, of als CSV.",
        )
    if beginning.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"PK")):
        return Fault("wrong-kind-of-file", "Dit is geen CSV- of XLSX-bestand.")
    return "csv"


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
        yield _too_heavy(_LIMITS[exceeded.limit]).fault
    except ChildFailedError:
        yield _UNREADABLE


def inspect(data: bytes, form: Form) -> Iterator[Any]:
    """Answer the fault or the header of `read`, and leave the rows."""
    return islice(read(data, form), 1)


def read(data: bytes, form: Form) -> Iterator[Any]:
    """Answer what the file says; see the module for the form of the answers."""
    try:
        sheet, lines = _csv(data) if form == "csv" else _xlsx(data)
        yield from _rows(iter(sheet), lines, MAX_ROWS[form])
    except _RefusedError as refused:
        yield _as_json(refused.fault)


def _rows(sheet: Iterator[tuple[int, Sequence[str] | Fault]], lines: int, most: int) -> Iterator[Any]:
    header = _header(sheet)
    yield {
        "header": {field: name for field, name in zip(header.fields, header.names, strict=True) if field},
        "lines": lines,
    }
    number = 0
    batch: list[Any] = []
    for line, cells in sheet:
        outcome = (cells,) if isinstance(cells, Fault) else read_row(header, cells)
        if outcome is None:
            continue
        number += 1
        if number > most:
            raise _RefusedError(
                "too-many-rows",
                f"Het bestand heeft meer dan {most} regels. Verdeel het over meer bestanden.",
            )
        if isinstance(outcome, Row):
            batch.append([number, line, _values(outcome), None])
        else:
            batch.append([number, line, None, [_as_json(fault)["fault"] for fault in outcome]])
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _header(sheet: Iterator[tuple[int, Sequence[str] | Fault]]) -> Header:
    """The first line with content."""
    for _, cells in sheet:
        if isinstance(cells, Fault):
            raise _RefusedError(cells.code, f"De eerste regel is niet te lezen: {cells.detail}")
        if any(cell.strip() for cell in cells):
            header = read_header(cells)
            if isinstance(header, Fault):
                raise _refused(header)
            return header
    raise _RefusedError("empty-file", "Het bestand is leeg. De eerste regel noemt de kolommen.")


def _refused(fault: Fault) -> _RefusedError:
    refused = _RefusedError(fault.code, fault.detail)
    refused.fault = fault
    return refused


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


def _as_json(fault: Fault) -> dict[str, dict[str, str | None]]:
    return {"fault": {"code": fault.code, "detail": fault.detail, "field": fault.field}}


# CSV


def _csv(data: bytes) -> tuple[Sheet, int]:
    text, legacy = _text(data)
    separator = _separator(next((line for line in io.StringIO(text[: 4 * MAX_LINE]) if line.strip()), ""))
    # newline="" ends a line at LF, CRLF and CR alike, also when they are mixed.
    lines = io.StringIO(text, newline="")
    return _csv_lines(lines, separator, legacy=legacy), text.count("\n") or text.count("\r")


def _text(data: bytes) -> tuple[str, bool]:
    """The text, and whether it is in the old encoding of Windows."""
    if data.startswith(_BYTE_ORDER_MARKS):
        raise _RefusedError(
            "unknown-encoding", "Het bestand is in UTF-16 bewaard. Bewaar het als 'CSV UTF-8'."
        )
    try:
        return data.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), True
    except UnicodeDecodeError:
        raise _RefusedError(
            "unknown-encoding",
            "De tekens zijn niet te lezen. Bewaar het bestand als 'CSV UTF-8' of in Windows-1252.",
        ) from None


def _separator(line: str) -> str:
    """The one of the two that gives the most known column names."""

    def known(separator: str) -> int:
        return sum(field_named(cell.strip().strip('"')) is not None for cell in line.split(separator))

    return "," if known(",") > known(";") else ";"


def _csv_lines(lines: Iterable[str], separator: str, *, legacy: bool) -> Sheet:
    """Cut each line up by itself, so that one quote that is never closed costs one line only."""
    for number, ended in enumerate(lines, start=1):
        line = ended.rstrip("\r\n")
        if len(line) > MAX_LINE:
            yield number, Fault("line-too-long", f"De regel is langer dan {MAX_LINE} tekens.")
        elif legacy and _is_utf8_after_all(line):
            yield (
                number,
                Fault(
                    "mixed-encoding",
                    "Deze regel is in UTF-8 bewaard en de rest van het bestand in Windows-1252.",
                ),
            )
        elif not line:
            continue
        else:
            yield number, _cells(line, separator)


def _cells(line: str, separator: str) -> Sequence[str] | Fault:
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return Fault(
            "broken-quotes",
            'Een aanhalingsteken (") is niet gesloten of staat midden in een cel; '
            "een cel heeft geen regeleinde.",
        )


def _is_utf8_after_all(line: str) -> bool:
    if line.isascii():
        return False
    try:
        line.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return False
    return True


# XLSX


def _xlsx(data: bytes) -> tuple[Sheet, int]:
    _check_archive(data)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        if not workbook.sheet_names:
            raise _RefusedError("empty-file", "De werkmap heeft geen werkblad.")
        sheet = workbook.get_sheet_by_index(0)
        rows = sheet.iter_rows()
    except CalamineError:
        raise _RefusedError(
            "unreadable-workbook", "De werkmap is beschadigd of geen gewone Excel-werkmap (.xlsx)."
        ) from None
    return _xlsx_lines(rows), sheet.height


def _xlsx_lines(rows: Iterable[Sequence[Any]]) -> Sheet:
    for number, row in enumerate(rows, start=1):  # empty rows above the content are given as well
        yield number, [_cell_text(cell) for cell in row]


def _cell_text(cell: object) -> str:
    """A cell as a school would type it. Times of day stay visible, and so are refused as a date."""
    match cell:
        case bool():
            text = "TRUE" if cell else "FALSE"
        case float():  # without the noise of a sum of binary fractions
            text = f"{round(cell, 9):.9f}".rstrip("0").rstrip(".")
        case datetime() if cell.time() == time.min:
            text = cell.date().isoformat()
        case date() | time():
            text = cell.isoformat()
        case None:
            text = ""
        case _:
            text = str(cell)
    return text


def _check_archive(data: bytes) -> None:
    """Refuse an archive that is not an ordinary workbook, before anything of it is unpacked.

    Raises:
        _RefusedError: too many entries, too much when unpacked, packed too well, or odd names.
    """
    try:
        _check_directory_size(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            for entry in entries:
                _check_unpacked(archive, data, entry)
    except (zipfile.BadZipFile, struct.error, zlib.error, ValueError, OverflowError, NotImplementedError):
        raise _RefusedError(
            "unreadable-workbook", "De werkmap is beschadigd of geen gewone Excel-werkmap (.xlsx)."
        ) from None


def _check_directory_size(data: bytes) -> None:
    """Read the counts at the end of the archive first: the directory itself can be a million entries."""
    at = data.rfind(b"PK\x05\x06")
    if at < 0:
        raise zipfile.BadZipFile
    count, size = struct.unpack_from("<HI", data, at + 10)
    if count > MAX_ENTRIES or size > _DIRECTORY_BYTES:
        raise _too_heavy(f"het heeft meer dan {MAX_ENTRIES} onderdelen")


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(entries) > MAX_ENTRIES:
        raise _too_heavy(f"het heeft meer dan {MAX_ENTRIES} onderdelen")
    if any(_odd(name) for name in names) or len(set(names)) != len(names):
        raise _RefusedError("odd-archive", "Het bestand heeft onderdelen met een naam die niet mag.")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise _RefusedError("locked-workbook", "Haal het wachtwoord van de werkmap.")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise _too_heavy(f"het is uitgepakt groter dan {MAX_UNPACKED // 1024 // 1024} MB")
    for entry in entries:
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * entry.compress_size:
            raise _too_heavy(f"een onderdeel is meer dan {MAX_RATIO} keer ingepakt")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise _RefusedError("not-a-workbook", "Dit is een zipbestand, maar geen Excel-werkmap (.xlsx).")


def _check_unpacked(archive: zipfile.ZipFile, data: bytes, entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that unpacks to more than the directory says; the reader would follow it."""
    with archive.open(entry) as opened:  # finds the entry, and compares both of its headers
        opened.read(0)
    if entry.compress_type == zipfile.ZIP_STORED:
        if entry.file_size != entry.compress_size:
            raise zipfile.BadZipFile
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise NotImplementedError
    name_size, extra_size = struct.unpack_from("<HH", data, entry.header_offset + 26)
    start = entry.header_offset + 30 + name_size + extra_size
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    piece, unpacked = data[start : start + entry.compress_size], 0
    while piece:
        unpacked += len(unpacker.decompress(piece, 1024 * 1024))
        if unpacked > entry.file_size:
            raise _too_heavy("het pakt uit tot meer dan het zegt")
        piece = unpacker.unconsumed_tail


def _odd(name: str) -> bool:
    return name.startswith("/") or "\\" in name or "\x00" in name or ".." in name.split("/") or ":" in name


def _too_heavy(why: str) -> _RefusedError:
    return _RefusedError(
        "file-too-heavy", f"Het bestand is niet veilig te openen: {why}. Bewaar het opnieuw als .xlsx of CSV."
    )
