# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is downloaded opens in a spreadsheet and does nothing there."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from chassis.exports import csv_of, harmless


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+31 6", "'+31 6"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("gewoon", "gewoon"),
        ("", ""),
        (None, ""),
        (-1, "-1"),
        (Decimal("-2.5"), "-2.5"),
    ],
)
def test_text_is_never_a_formula(value: object, shown: str) -> None:
    assert harmless(value) == shown


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r")), min_size=2, max_size=2))
)
def test_what_was_written_is_read_and_cannot_act(rows: list[list[str]]) -> None:
    text = csv_of(("een", "twee"), rows).decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert table[0] == ["een", "twee"]
    for written, found in zip(rows, table[1:], strict=True):
        for cell, shown in zip(written, found, strict=True):
            assert shown in {cell, f"'{cell}"}
            assert not shown.startswith(("=", "+", "-", "@", "\t"))
