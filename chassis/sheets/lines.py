# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The lines of a table that a stranger sent: its header, then the rest in batches that can leave a process as JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from chassis.sheets import Fault, RefusedError, refused

__all__ = ["FileLine", "batches", "header_of"]

Header = TypeVar("Header")
Values = TypeVar("Values")

_BATCH = 500


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line with content. One of `values` and `faults` is None."""

    row: int  # counted from 1 below the header, over lines with content
    line: int  # as an editor or a spreadsheet counts
    values: Any  # what `as_json` of `batches` made of it
    faults: Sequence[Mapping[str, str | None]] | None


def header_of(
    sheet: Iterator[tuple[int, Sequence[str] | Fault]], read: Callable[[Sequence[str]], Header | Fault]
) -> Header:
    """What the first line with content says of the columns.

    Raises:
        RefusedError: there is none, or it cannot be used.
    """
    for _, cells in sheet:
        if isinstance(cells, Fault):
            raise refused(cells.code, f"De eerste regel is niet te lezen: {cells.detail}")
        if any(cell.strip() for cell in cells):
            header = read(cells)
            if isinstance(header, Fault):
                raise RefusedError(header)
            return header
    raise refused("empty-file", "Het bestand is leeg. De eerste regel noemt de kolommen.")


def batches(
    sheet: Iterator[tuple[int, Sequence[str] | Fault]],
    read: Callable[[Sequence[str]], Values | tuple[Fault, ...] | None],
    as_json: Callable[[Values], Any],
    *,
    most: int,
) -> Iterator[list[Any]]:
    """The fields of `FileLine`, at most 500 lines together; empty lines do not count.

    Args:
        sheet: the lines below the header.
        read: one line; None where it is empty.
        as_json: what of a line that is right leaves the process.
        most: lines with content.

    Raises:
        RefusedError: there are more.
    """
    number = 0
    batch: list[Any] = []
    for line, cells in sheet:
        outcome = (cells,) if isinstance(cells, Fault) else read(cells)
        if outcome is None:
            continue
        number += 1
        if number > most:
            raise refused(
                "too-many-rows", f"Het bestand heeft meer dan {most} regels. Verdeel het over meer bestanden."
            )
        if isinstance(outcome, tuple):
            batch.append([number, line, None, [asdict(fault) for fault in outcome]])
        else:
            batch.append([number, line, as_json(outcome), None])
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
