# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Columns, words, days and amounts of files with households and dwellings."""

import io
from pathlib import Path

import pytest
import xlsxwriter

from chassis.sheets import Fault
from services.housing.partners.table_files import FileTable, read_file
from services.housing.rules.import_files import COLUMNS, WORDS, Header, Kind, read_header, read_row

TEXT = (Path(__file__).parents[3] / "docs" / "housing-files.md").read_text(encoding="utf-8")


def values(kind: Kind, names: list[str], cells: list[str]) -> object:
    header = read_header(kind, names)
    assert isinstance(header, Header)
    return read_row(header, cells)


@pytest.mark.capability("HO-03", part="columns of TVS and their synonyms")
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["reference", "linkedOn", "adults", "children"], id="english"),
        pytest.param(["Kenmerk", "Koppeldatum", "Volwassenen", "Kinderen"], id="dutch"),
        pytest.param(["TVS nummer", "gekoppeld op", "aantal volwassenen", "aantal_kinderen"], id="spaces"),
    ],
)
def test_the_columns_have_synonyms(names: list[str]) -> None:
    expected = {"reference": "T1", "linkedOn": "2024-01-08", "adults": 2, "children": 7}
    assert values("households", names, ["T1", "8-1-2024", "2", "7"]) == expected


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        pytest.param("linkedOn", "2024-13-01", "invalid-date", id="no-such-month"),
        pytest.param("adults", "-1", "invalid-count", id="negative"),
        pytest.param("adults", "twee", "invalid-count", id="in-letters"),
        pytest.param("status", "misschien", "unknown-value", id="no-such-word"),
        pytest.param("inburgeraarIds", "123456782", "invalid-id", id="a-bsn"),
        pytest.param("reference", "", "required", id="empty"),
        pytest.param("reference", "x" * 101, "too-long", id="long"),
        pytest.param("gemeentecode", "Wassenaar", "invalid-gemeentecode", id="a-name"),
    ],
)
def test_a_wrong_cell_is_named_with_its_column_and_never_repeated(column: str, cell: str, code: str) -> None:
    names = ["reference", "linkedOn", "adults", "status", "inburgeraarIds", "gemeentecode"]
    good = ["T1", "2024-01-08", "1", "gekoppeld", "", "0629"]
    good[names.index(column)] = cell
    faults = values("households", names, good)
    assert isinstance(faults, tuple)
    (fault,) = faults
    assert isinstance(fault, Fault)
    assert (fault.code, fault.field) == (code, column)
    assert cell == "" or cell not in fault.detail


def test_a_file_with_a_strange_or_missing_column_is_refused_as_a_whole() -> None:
    strange = read_header("households", ["kenmerk", "koppeldatum", "volwassenen", "nationaliteit"])
    assert isinstance(strange, Fault)
    assert (strange.code, strange.field) == ("unknown-column", "nationaliteit")
    missing = read_header("dwellings", ["kenmerk", "wijk"])
    assert isinstance(missing, Fault)
    assert missing.code == "missing-column"
    hidden = read_header("households", ["123456782"])
    assert isinstance(hidden, Fault)
    assert "123456782" not in hidden.detail


def test_rents_are_whole_cents() -> None:
    names = ["kenmerk", "wijk", "kamers", "m2", "huur", "beschikbaar"]
    for text, cents in (("645,5", 64_550), ("€ 1.045,50", 104_550), ("1.045", 104_500), ("645.50", 64_550)):
        found = values("dwellings", names, ["W1", "Kerkehout", "4", "92", text, "1-11-2024"])
        assert isinstance(found, dict), text
        assert found["rentCents"] == cents, text


async def test_csv_of_windows_and_xlsx_say_the_same() -> None:
    rows = [["kenmerk", "koppeldatum", "volwassenen"], ["T1", "8-1-2024", "1"], ["Zoë", "9-1-2024", "3"]]
    text = "\r\n".join(";".join(row) for row in rows)
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    read = [
        await read_file(text.encode("cp1252"), "csv", "households"),
        await read_file(text.encode("utf-8-sig"), "csv", "households"),
        await read_file(book.getvalue(), "xlsx", "households"),
    ]
    assert all(isinstance(one, FileTable) for one in read)
    assert read[0] == read[1] == read[2]


def test_the_documentation_lists_every_column_and_word() -> None:
    named = [name for columns in COLUMNS.values() for column in columns for name in column.names]
    assert [
        word for word in (*named, *(w for words in WORDS.values() for w in words)) if f"`{word}`" not in TEXT
    ] == []
