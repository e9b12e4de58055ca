# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Open CSV as many programs save it: two encodings, two separators, all newlines."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from chassis.sheets import Fault, Sheet, refused

MAX_LINE = 10_000  # characters of one line
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def open_csv(data: bytes, is_column: Callable[[str], bool]) -> tuple[Sheet, int]:
    """Return the lines of a file, cut up, and about how many there are.

    Args:
        data: the file.
        is_column: whether this is the name of a column; tells the separator.

    Raises:
        RefusedError: the characters cannot be read.
    """
    text, legacy = _text(data)
    separator = _separator(
        next((line for line in io.StringIO(text[: 4 * MAX_LINE]) if line.strip()), ""), is_column
    )
    # newline="" ends a line at LF, CRLF and CR alike, also when they are mixed.
    lines = io.StringIO(text, newline="")
    return _csv_lines(lines, separator, legacy=legacy), text.count("\n") or text.count("\r")


def _text(data: bytes) -> tuple[str, bool]:
    """The text, and whether it is in the old encoding of Windows."""
    if data.startswith(_BYTE_ORDER_MARKS):
        raise refused("unknown-encoding", "Het bestand is in UTF-16 bewaard. Bewaar het als 'CSV UTF-8'.")
    with suppress(UnicodeDecodeError):
        return data.decode("utf-8-sig"), False
    try:
        return data.decode("cp1252"), True
    except UnicodeDecodeError:
        raise refused(
            "unknown-encoding",
            "De tekens zijn niet te lezen. Bewaar het bestand als 'CSV UTF-8' of in Windows-1252.",
        ) from None


def _separator(line: str, is_column: Callable[[str], bool]) -> str:
    """The one of the two that gives the most known column names."""

    def known(separator: str) -> int:
        return sum(is_column(cell.strip().strip('"')) for cell in line.split(separator))

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
