# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The figures of parts as a table that people read."""

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["number", "table"]

_HEAD = ("part", "what", "measured", "spread", "peer", "floor", "stretch", "verdict", "others' CPU")


def table(parts: Iterable[Mapping[str, Any]]) -> str:
    """One line for each figure, in Markdown."""
    rows = [_HEAD]
    for part in parts:
        for one in part["figures"]:
            sign = {"more": "≥ ", "less": "≤ ", None: ""}[one["better"]]
            rows.append(
                (
                    part["part"],
                    one["what"],
                    f"{number(one['value'])} {one['unit']}",
                    f"{one['spread']:.0%}",
                    one["peer"],
                    "" if one["floor"] is None else sign + number(one["floor"]),
                    "" if one["stretch"] is None else sign + number(one["stretch"]),
                    "" if one["verdict"] == "no target" else one["verdict"],
                    f"{one['foreignCpu']:.0%}" + (" (flagged)" if one["flagged"] else ""),
                )
            )
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def number(value: float) -> str:
    """Three digits that count, thousands apart."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
