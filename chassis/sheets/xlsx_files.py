# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Open XLSX of strangers: the archive is weighed before anything of it is unpacked.

Nothing is evaluated, fetched or extracted. Of a formula the last saved value counts.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from chassis.sheets import Sheet, refused, too_heavy

MAX_ENTRIES = 100
MAX_UNPACKED = 64 * 1024 * 1024
MAX_RATIO = 100
_SMALL = 100 * 1024  # an entry this small hurts nobody, however well it was packed
_DIRECTORY_BYTES = 1024 * 1024


def open_xlsx(data: bytes) -> tuple[Sheet, int]:
    """Return the rows of the first sheet as text, and about how many there are.

    Raises:
        RefusedError: not an ordinary workbook, or one that costs too much to open.
    """
    _check_archive(data)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        if not workbook.sheet_names:
            raise refused("empty-file", "De werkmap heeft geen werkblad.")
        sheet = workbook.get_sheet_by_index(0)
        rows = sheet.iter_rows()
    except CalamineError:
        raise refused(
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
        raise refused(
            "unreadable-workbook", "De werkmap is beschadigd of geen gewone Excel-werkmap (.xlsx)."
        ) from None


def _check_directory_size(data: bytes) -> None:
    """Read the counts at the end of the archive first: the directory itself can be a million entries."""
    at = data.rfind(b"PK\x05\x06")
    if at < 0:
        raise zipfile.BadZipFile
    count, size = struct.unpack_from("<HI", data, at + 10)
    if count > MAX_ENTRIES or size > _DIRECTORY_BYTES:
        raise too_heavy(f"het heeft meer dan {MAX_ENTRIES} onderdelen")


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    if len(entries) > MAX_ENTRIES:
        raise too_heavy(f"het heeft meer dan {MAX_ENTRIES} onderdelen")
    if any(_odd(name) for name in names) or len(set(names)) != len(names):
        raise refused("odd-archive", "Het bestand heeft onderdelen met een naam die niet mag.")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise refused("locked-workbook", "Haal het wachtwoord van de werkmap.")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise too_heavy(f"het is uitgepakt groter dan {MAX_UNPACKED // 1024 // 1024} MB")
    for entry in entries:
        if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * entry.compress_size:
            raise too_heavy(f"een onderdeel is meer dan {MAX_RATIO} keer ingepakt")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise refused("not-a-workbook", "Dit is een zipbestand, maar geen Excel-werkmap (.xlsx).")


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
            raise too_heavy("het pakt uit tot meer dan het zegt")
        piece = unpacker.unconsumed_tail


def _odd(name: str) -> bool:
    return name.startswith("/") or "\\" in name or "\x00" in name or ".." in name.split("/") or ":" in name
