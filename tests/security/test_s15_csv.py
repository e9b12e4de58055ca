# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S15: CSV files that mislead, and CSV that we give: every line explained, no cell that acts."""

import csv
import io
from typing import Any

import pytest

from chassis import exports
from tests.security.population import World
from tests.security.reading import cost_of
from tests.security.sending import send

HEADER = "inburgeraar-id;lesdatum;dagdeel;uren;status;extern-id"
PERSON = "00000000-0000-4000-8000-000000000001"
GOOD = f"{PERSON};2024-11-04;ochtend;3;aanwezig;r1"
FORMULAS = ("=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "\uff20A1")

WHOLE = {  # files that cannot be used, with the code that says why
    "a million columns": (";" * 1_000_000 + "\n").encode(),
    "a quote never closed": f'{HEADER}\n"{GOOD}\n'.encode() + b"x" * 200_000,
    "utf-16 without a mark": f"{HEADER}\n{GOOD}\n".encode("utf-16-le"),
    "nothing": b"",
    "noise": bytes(range(256)) * 400,
}
LINES = {  # one bad line among good ones
    "a quote in the middle": f'{PERSON};2024-11-04;ochtend;3;aan"wezig;r1',
    "too many cells": GOOD + ";x" * 50,
    "a formula for a status": f"{PERSON};2024-11-04;ochtend;3;=1+1;r1",
    "a formula for hours": f"{PERSON};2024-11-04;ochtend;=3;aanwezig;r1",
}


@pytest.mark.security("S15")
@pytest.mark.parametrize("name", WHOLE)
async def test_a_file_that_cannot_be_used_is_explained_at_a_bounded_cost(name: str) -> None:
    cost = await cost_of(WHOLE[name], "csv")
    assert cost.stopped == ""
    rows = [row for batch in cost.answers if isinstance(batch, list) for row in batch]
    assert cost.fault is not None or all(row[2] is None for row in rows)
    assert (cost.cpu_seconds < 2, cost.grown_bytes < 64 << 20) == (True, True)


@pytest.mark.security("S15")
@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
async def test_a_bad_line_is_told_with_its_number_and_costs_no_other(name: str, newline: str) -> None:
    cost = await cost_of(newline.join([HEADER, GOOD, LINES[name], GOOD]).encode(), "csv")
    rows = [row for batch in cost.answers if isinstance(batch, list) for row in batch]
    assert [(row[1], row[3] is None) for row in rows] == [(2, True), (3, False), (4, True)]
    assert all({"code", "detail", "field"} <= set(fault) for fault in rows[1][3])


@pytest.mark.security("S15")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_the_encodings_of_office_programs_are_read_whether_with_a_mark_or_without(
    encoding: str,
) -> None:
    cost = await cost_of(f"{HEADER}\r\n{GOOD}\r\n".encode(encoding), "csv")
    rows = [row for batch in cost.answers if isinstance(batch, list) for row in batch]
    assert (len(rows) == 1 and rows[0][3] is None) or cost.fault is not None


@pytest.mark.security("S15")
async def test_newlines_of_three_kinds_in_one_file_make_the_lines_that_an_editor_shows() -> None:
    cost = await cost_of(f"{HEADER}\r\n{GOOD}\n{GOOD}\r{GOOD}".encode(), "csv")
    rows = [row for batch in cost.answers if isinstance(batch, list) for row in batch]
    assert [row[1] for row in rows] == [2, 3, 4]


def acting(table: bytes) -> list[str]:
    """The cells of a table that a spreadsheet would take for a formula."""
    text = table.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    return [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r\n\uff1d\uff20"))]


@pytest.mark.security("S15")
def test_no_cell_of_an_export_acts() -> None:
    table = exports.csv_of(["a", "b"], [[text, f"gewoon {text}"] for text in FORMULAS])
    assert acting(table) == []
    assert (
        len(list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""), delimiter=";")))
        == len(FORMULAS) + 1
    )


@pytest.mark.security("S15")
async def test_what_a_school_sent_comes_back_in_a_download_that_cannot_act(world: World) -> None:
    tenant = world.tenants["1916"]
    name = f"teacher@{tenant.school}"
    lines = "".join(f'{tenant.person};2024-11-05;ochtend;;ongeoorloofd;"{text}"\r\n' for text in FORMULAS[:4])
    sent = await send(
        world.chain,
        name,
        "POST",
        "/learning-routes/v1/attendance-batches",
        f"{HEADER}\r\n{lines}".encode(),
        media="text/csv",
    )
    assert sent.status == 202, sent.text
    await world.settle()
    path = f"/learning-routes/v1/jobs/{sent.body['id']}/rows"
    table = await send(world.chain, name, "GET", path, headers={"Accept": "text/csv"})
    assert table.status == 200, table.text
    assert acting(table.text.encode()) == []
    assert not tenant.leaked_in(table.text)


@pytest.mark.security("S15")
def test_planted_an_export_as_the_library_writes_it_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(value: object) -> Any:
        return value

    monkeypatch.setattr(exports, "harmless", plain)
    assert acting(exports.csv_of(["a"], [[text] for text in FORMULAS]))
