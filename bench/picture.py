# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The figures that have a target, as a picture: how far from the floor, and whether the stretch is reached."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from bench.table import number

__all__ = ["picture"]

_ROW, _LEFT, _WIDTH, _TOP = 26, 430, 460, 56
_LOW, _HIGH = 0.25, 8.0
_COLOURS = {"stretch": "#1b7f4d", "floor": "#2b6cb0", "missed": "#c53030"}


def picture(parts: Iterable[Mapping[str, Any]]) -> str:
    """An SVG with a bar for each figure that has a target.

    The bar is how many times better than the floor the value is, on a scale that doubles; the white
    line in it is where the stretch begins.
    """
    rows = [(part["part"], one) for part in parts for one in part["figures"] if one["floor"] is not None]
    height = _TOP + _ROW * len(rows) + 34
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 150} {height}" '
                'font-family="sans-serif" font-size="13" role="img" aria-label="Measured against the targets">'
            ),
            f'<rect width="100%" height="{height}" fill="#ffffff"/>',
            '<text x="12" y="24" font-size="17" font-weight="bold">Measured against the targets</text>',
            *_scale(len(rows)),
            *(line for place, (part, one) in enumerate(rows) for line in _bar(place, part, one)),
            "</svg>\n",
        ]
    )


def _scale(rows: int) -> Sequence[str]:
    bottom = _TOP + _ROW * rows
    lines = []
    for times in (0.25, 0.5, 1, 2, 4, 8):
        x = _x(times)
        colour, width = ("#222222", 2) if times == 1 else ("#cccccc", 1)
        lines.append(
            f'<line x1="{x:.0f}" y1="{_TOP - 8}" x2="{x:.0f}" y2="{bottom}" stroke="{colour}" stroke-width="{width}"/>'
        )
        said = "floor" if times == 1 else f"{times:g}x"
        lines.append(f'<text x="{x:.0f}" y="{bottom + 18}" text-anchor="middle" fill="#444444">{said}</text>')
    return lines


def _bar(place: int, part: str, one: Mapping[str, Any]) -> Sequence[str]:
    y = _TOP + _ROW * place
    better = _times(one, one["value"])
    start, end = sorted((_x(1), _x(better)))
    flag = " (busy machine)" if one["flagged"] else ""
    stretch = _x(_times(one, one["stretch"]))
    return [
        f'<text x="{_LEFT - 12}" y="{y + 14}" text-anchor="end">{escape(part)} {escape(one["what"])}</text>',
        (
            f'<rect x="{start:.0f}" y="{y + 2}" width="{max(2, end - start):.0f}" height="{_ROW - 9}" '
            f'fill="{_COLOURS[one["verdict"]]}" opacity="{0.45 if one["flagged"] else 1}"/>'
        ),
        (
            f'<line x1="{stretch:.0f}" y1="{y}" x2="{stretch:.0f}" y2="{y + _ROW - 5}" stroke="#222222" '
            'stroke-dasharray="3 2"/>'
        ),
        f'<text x="{_LEFT + _WIDTH + 8}" y="{y + 14}">{number(one["value"])} {escape(one["unit"])}{flag}</text>',
    ]


def _times(one: Mapping[str, Any], value: float) -> float:
    """How many times better than the floor a value is; 1 is the floor itself."""
    floor = one["floor"]
    if floor == 0:  # nothing is a multiple of it
        good = value >= 0 if one["better"] == "more" else value <= 0
        return 1.0 if good else _LOW
    if one["better"] == "more":
        return float(value / floor)
    return float(floor / value) if value > 0 else _HIGH


def _x(times: float) -> float:
    bounded = min(_HIGH, max(_LOW, times))
    return _LEFT + _WIDTH * math.log2(bounded / _LOW) / math.log2(_HIGH / _LOW)
