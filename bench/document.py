# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Puts the kept results into docs/performance.md, between its two marks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.table import number, table

__all__ = ["DOCUMENT", "capacity", "write_document"]

DOCUMENT = Path(__file__).parents[1] / "docs" / "performance.md"
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"

_LESSONS_A_YEAR = 160  # four half days in each of forty weeks
_YEARS_KEPT = 8  # three of learning, five after the duty ends
_EVENTS_A_LESSON = 1.1  # each entry is one, and now and then a signal
_SCHOOL_SECONDS = 200 * 6 * 3600  # lessons are entered on two hundred days, in six hours
_PEAK = 20  # of the mean: the end of a morning
_PLACES = (("a gemeente", 600), ("five gemeenten", 2_000), ("the country", 120_000))


def write_document(parts: Sequence[Mapping[str, Any]]) -> None:
    """Replace what stands between the marks by the tables of these parts."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    pieces = [table(parts)]
    for part in parts:
        for name, rows in part["tables"].items():
            pieces.append(f"### {part['title']}: {name}\n\n{_plain(rows)}")
    pieces.append(f"### Capacity\n\n{_plain(capacity(parts))}")
    made = "\n\n".join(pieces)
    DOCUMENT.write_text(f"{before}{_BEGIN}\n\n{made}\n\n{_END}{after}", encoding="utf-8")


def capacity(parts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a gemeente, five of them and the country need, calculated from what was measured.

    Disk is that of the largest database measured, divided by its attendances; memory that of all
    processes, and a second set where more than one machine is needed.
    """
    by_id = {part["part"]: part for part in parts}
    grown = [row for name in ("FLAT", "LARGE") if name in by_id for row in by_id[name]["tables"]["sizes"]]
    if not grown:
        return []
    largest = max(grown, key=lambda row: row["attendances"])
    bytes_each = largest["databaseMB"] * 1e6 / largest["attendances"]
    memory = _figure(by_id.get("P08"), "all processes, proportional")
    single = _figure(by_id.get("P04"), "single roll call, c16")
    rows = []
    for place, persons in _PLACES:
        yearly = persons * _LESSONS_A_YEAR
        mean = yearly * _EVENTS_A_LESSON / _SCHOOL_SECONDS
        row: dict[str, Any] = {
            "for": place,
            "persons learning": f"{persons:,}",
            "attendances a year": f"{yearly:,}",
            "attendances kept": f"{yearly * _YEARS_KEPT:,}",
            "disk, GB": number(yearly * _YEARS_KEPT * bytes_each / 1e9),
            "events/s, mean": number(mean),
            "events/s, peak": number(mean * _PEAK),
        }
        if single is not None:
            row["processes of learning-routes at peak"] = max(1, -(-int(mean * _PEAK) // max(1, int(single))))
        if memory is not None:
            row["memory of the processes, MB"] = number(memory)
        rows.append(row)
    return rows


def _figure(part: Mapping[str, Any] | None, what: str) -> float | None:
    found = () if part is None else (one["value"] for one in part["figures"] if one["what"] == what)
    return next(iter(found), None)


def _plain(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a table in Markdown."""
    if not rows:
        return "Not measured yet."
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for row in rows:
        cells = (row[name] for name in names)
        lines.append(
            "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"
        )
    return "\n".join(lines)
