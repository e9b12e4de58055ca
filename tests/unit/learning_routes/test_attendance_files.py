# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Attendance files as schools save them, and as nobody should."""

import io
import re
import resource
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings, strategies as st

from chassis.errors import Problem
from chassis.sheets import Fault, form_of
from chassis.sheets.lines import FileLine
from services.learning_routes.actions import batch_rows
from services.learning_routes.errors import ContradictsRow
from services.learning_routes.partners.attendance_files import MAX_ROWS, FileHeader, lines_of, look, read
from services.learning_routes.rules.attendance_files import (
    COLUMNS,
    DAY_PARTS,
    STATUSES,
    Header,
    Row,
    field_named,
    read_date,
    read_header,
    read_hours,
    read_row,
)

PERSON = UUID("0b9f0a3e-8d2c-4c88-9a2b-7f1d5d3c2b20")
DUTCH = ("inburgeraar-id", "referentie", "lesdatum", "dagdeel", "uren", "status", "extern-id")
GOOD = f"{PERSON};;02-09-2024;ochtend;2,5;aanwezig;a1"
GOOD_VALUES = [str(PERSON), None, "2024-09-02", "morning", "2.5", "present", "a1"]


def header(*names: str) -> Header:
    """Read a header that is right."""
    found = read_header(names)
    assert isinstance(found, Header)
    return found


def csv_file(*lines: str, first: str = ";".join(DUTCH)) -> bytes:
    """Make a file of lines."""
    return "\n".join((first, *lines)).encode()


def answers(data: bytes, form: Any = "csv") -> list[Any]:
    """Read a file in this process."""
    return list(read(data, form))


def fault_of(data: bytes, form: Any = "csv") -> dict[str, str]:
    """Read a file that cannot be used at all."""
    last = answers(data, form)[-1]
    assert set(last) == {"fault"}
    fault: dict[str, str] = last["fault"]
    return fault


def rows_of(data: bytes, form: Any = "csv") -> list[list[Any]]:
    """Read a file that can be used."""
    found = answers(data, form)
    assert "header" in found[0]
    return [row for batch in found[1:] for row in batch]


def codes_of(row: Sequence[Any]) -> set[str]:
    """The codes of a line that is wrong."""
    assert row[2] is None
    return {fault["code"] for fault in row[3]}


def workbook(*rows: Sequence[Any], start: tuple[int, int] = (0, 0)) -> bytes:
    """Make an XLSX file."""
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "d-m-yyyy"})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                place = (start[0] + number, start[1] + column)
                if isinstance(cell, date):
                    sheet.write_datetime(*place, cell, day)
                else:
                    sheet.write(*place, cell)
    return saved.getvalue()


# The words of the documented list


@pytest.mark.parametrize("field", COLUMNS)
@pytest.mark.parametrize("spell", [str, str.upper, str.lower, lambda name: f" {name.replace('-', '_')} "])
def test_every_column_is_known_in_both_languages_and_any_case(field: Any, spell: Any) -> None:
    assert {field_named(spell(name)) for name in COLUMNS[field]} == {field}


@pytest.mark.parametrize(
    ("given_text", "day"),
    [
        ("2024-12-31", date(2024, 12, 31)),
        ("31-12-2024", date(2024, 12, 31)),
        ("1-9-2024", date(2024, 9, 1)),
        ("29-02-2023", None),
        ("2024-13-01", None),
        ("12/31/2024", None),
        ("31-12-24", None),
        ("=TODAY()", None),
        ("\u0660\u0661-\u0660\u0661-\u0662\u0660\u0662\u0664", None),
    ],
)
def test_dates(given_text: str, day: date | None) -> None:
    assert read_date(given_text) == day


@pytest.mark.parametrize(
    ("given_text", "hours"),
    [
        ("2,5", Decimal("2.5")),
        ("2.5", Decimal("2.5")),
        ("3", Decimal(3)),
        ("0", Decimal(0)),
        ("2,555", None),
        ("-1", None),
        ("1e3", None),
        ("NaN", None),
        ("2,", None),
        ("2 uur", None),
    ],
)
def test_hours(given_text: str, hours: Decimal | None) -> None:
    assert read_hours(given_text) == hours


def test_columns_stand_in_any_order() -> None:
    row = read_row(
        header("Status", "DAGDEEL", "lesdatum", "Referentie"), ["ziek", "avond", "1-9-2024", "L-7"]
    )
    assert isinstance(row, Row)
    assert (row.provider_reference, row.status, row.day_part, row.hours) == ("L-7", "sick", "evening", None)


def test_all_faults_of_a_line_are_told_at_once_and_no_value_is_repeated() -> None:
    faults = read_row(header(*DUTCH), ["123456782", "x" * 101, "ergens", "", "veel", "weg", "a\x00b"])
    assert isinstance(faults, tuple)
    assert {(fault.field, fault.code) for fault in faults} == {
        ("inburgeraarId", "invalid-id"),
        ("providerReference", "too-long"),
        ("lessonDate", "invalid-date"),
        ("dayPart", "required"),
        ("hours", "invalid-hours"),
        ("status", "unknown-value"),
        ("externalId", "control-character"),
    }
    assert not any(word in fault.detail for fault in faults for word in ("123456782", "weg", "ergens"))


def test_a_line_without_a_person_is_explained() -> None:
    faults = read_row(header(*DUTCH), ["", "", "2024-09-02", "ochtend", "", "ziek", ""])
    assert isinstance(faults, tuple)
    assert [fault.code for fault in faults] == ["required"]


@pytest.mark.parametrize(
    ("names", "code", "named"),
    [
        (("naam", "lesdatum"), "unknown-column", "'naam'"),
        (("lesdatum", "lessonDate"), "duplicate-column", "'lessonDate'"),
        (("referentie", "lesdatum", "status"), "missing-column", "dagdeel"),
        (("lesdatum", "dagdeel", "status"), "missing-column", "inburgeraar-id"),
        (("status",) * 51, "too-many-columns", "50"),
    ],
)
def test_a_wrong_header_names_the_column_and_the_allowed_ones(
    names: tuple[str, ...], code: str, named: str
) -> None:
    fault = read_header(names)
    assert isinstance(fault, Fault)
    assert fault.code == code
    assert named in fault.detail
    if code in {"unknown-column", "missing-column"}:
        assert all(name in fault.detail for names in COLUMNS.values() for name in names)


def test_a_file_without_a_header_does_not_repeat_what_can_be_a_bsn() -> None:
    fault = read_header(["123456782", "Jansen"])
    assert isinstance(fault, Fault)
    assert "123456782" not in fault.detail + str(fault.field)


def test_the_documentation_for_schools_lists_every_word() -> None:
    text = (Path(__file__).parents[3] / "docs" / "attendance-files.md").read_text(encoding="utf-8")
    words = [name for names in COLUMNS.values() for name in names] + list(STATUSES) + list(DAY_PARTS)
    assert [word for word in words if f"`{word}`" not in text] == []


def test_the_documentation_for_schools_explains_every_code() -> None:
    root = Path(__file__).parents[3]
    text = (root / "docs" / "attendance-files.md").read_text(encoding="utf-8")
    sources = [
        *(root / "services/learning_routes/partners").glob("*.py"),
        *(root / "chassis/sheets").glob("*.py"),
    ]
    sources.append(root / "services/learning_routes/rules/attendance_files.py")
    called = re.compile(r'(?:refused|Fault|_refuse)\(\s*(?:field, |"[A-Za-z]+", )?\s*"([a-z-]+)"')
    codes = {code for path in sources for code in called.findall(path.read_text(encoding="utf-8"))}
    assert {"unknown-column", "invalid-date", "file-too-heavy", "mixed-encoding", "too-long"} <= codes
    rows = {kind.code for kind in (*vars(batch_rows).values(), ContradictsRow) if is_row_problem(kind)}
    assert {"no-lesson", "contradicts-row", "not-found"} <= rows
    assert sorted(code for code in codes | rows if f"`{code}`" not in text) == []


def is_row_problem(kind: object) -> bool:
    """Whether this is a kind of problem."""
    return isinstance(kind, type) and issubclass(kind, Problem) and kind is not Problem


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.capability("LR-11", part="files of taalscholen")
def test_csv_as_programs_save_it(encoding: str, separator: str, newline: str) -> None:
    lines = [DUTCH, (str(PERSON), "é€", "02-09-2024", "Ochtend", "2.5", "AANWEZIG", "a1")]
    data = newline.join(separator.join(cells) for cells in lines).encode(encoding)
    assert rows_of(data) == [[1, 2, [str(PERSON), "é€", *GOOD_VALUES[2:]], None]]


_texts = st.text(st.characters(codec="cp1252", exclude_categories=["C", "Z"]), max_size=100)


@given(
    rows=st.lists(
        st.builds(
            Row,
            inburgeraar_id=st.uuids(),
            provider_reference=_texts.map(lambda text: text or None),
            lesson_date=st.dates(date(1000, 1, 1)),
            day_part=st.sampled_from(list(DAY_PARTS.values())),
            hours=st.none() | st.decimals(0, 9999, places=2),
            status=st.sampled_from(list(STATUSES.values())),
            external_id=_texts.map(lambda text: text or None),
        ),
        max_size=8,
    ),
    separator=st.sampled_from(",;"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    comma=st.booleans(),
    dutch=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_right_comes_back_the_same(
    *, rows: list[Row], separator: str, encoding: str, newline: str, comma: bool, dutch: bool
) -> None:
    status_words = {code: word for word, code in STATUSES.items()} if dutch else {}
    part_words = {code: word for word, code in DAY_PARTS.items()} if dutch else {}

    def written(row: Row) -> list[str]:
        hours = "" if row.hours is None else str(row.hours)
        return [
            str(row.inburgeraar_id),
            row.provider_reference or "",
            row.lesson_date.strftime("%d-%m-%Y") if dutch else row.lesson_date.isoformat(),
            part_words.get(row.day_part, row.day_part),
            hours.replace(".", ",") if comma else hours,
            status_words.get(row.status, row.status),
            row.external_id or "",
        ]

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    names = DUTCH if dutch else tuple(names[0] for names in COLUMNS.values())
    lines = [names, *(written(row) for row in rows)]
    text = newline.join(separator.join(map(cell, cells)) for cells in lines)
    expected = [
        [
            str(row.inburgeraar_id),
            row.provider_reference,
            row.lesson_date.isoformat(),
            row.day_part,
            None if row.hours is None else str(row.hours),
            row.status,
            row.external_id,
        ]
        for row in rows
    ]
    found = rows_of(text.encode(encoding))
    # An old-style file whose line happens to be good UTF-8 as well is asked for again, not guessed at.
    assert [values or expected[number - 1] for number, _, values, _ in found] == expected
    assert all(row[2] or codes_of(row) == {"mixed-encoding"} for row in found)


@given(
    data=st.binary(max_size=2000) | st.text(max_size=500).map(lambda text: text.encode("utf-8", "replace"))
)
@settings(max_examples=500, deadline=None)
def test_garbage_is_only_ever_explained(data: bytes) -> None:
    assert fault_of(data)["detail"]


@given(body=st.binary(max_size=2000))
@settings(max_examples=500, deadline=None)
def test_garbage_below_a_good_header_is_only_ever_explained(body: bytes) -> None:
    for answer in answers(csv_file("") + body)[1:]:
        if isinstance(answer, dict):
            assert answer["fault"]["code"] == "unknown-encoding"
        else:
            assert all(row[2] is None and row[3] for row in answer)


@given(data=st.binary(max_size=500), at=st.integers(0, 6000))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_workbook_is_only_ever_explained(data: bytes, at: int) -> None:
    whole = workbook(DUTCH, [str(PERSON), "", date(2024, 9, 2), "ochtend", 2.5, "ziek", "a1"])
    damaged = whole[: at % len(whole)] + data + whole[at % len(whole) + len(data) :]
    try:
        found = answers(damaged, "xlsx")
    except BaseException as error:  # noqa: BLE001 - a panic of the reader; the limited process catches it
        assert type(error).__name__ == "PanicException"  # noqa: PT017
        return
    for answer in found:
        assert isinstance(answer, list) or {"fault", "header"} & set(answer)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (GOOD.replace("a1", '"a1'), "broken-quotes"),
        (GOOD.replace("a1", "a\x001"), "control-character"),
        (GOOD + ";te veel", "value-without-column"),
        (GOOD + ";" * 1_000_000, "line-too-long"),
        (f"{PERSON}", "required"),
        (GOOD.replace("aanwezig", '=HYPERLINK("http://x")'), "unknown-value"),
        (GOOD.replace("2,5", "=1+1"), "invalid-hours"),
        (GOOD.replace("02-09-2024", "@SUM(A1)"), "invalid-date"),
        (GOOD.replace(str(PERSON), "123456782"), "invalid-id"),
    ],
)
def test_a_bad_line_costs_itself_only(line: str, code: str) -> None:
    before, bad, after = rows_of(csv_file(GOOD, line, GOOD))
    assert before == [1, 2, GOOD_VALUES, None]
    assert (bad[0], bad[1]) == (2, 3)
    assert code in codes_of(bad)
    assert after == [3, 4, GOOD_VALUES, None]


def test_a_formula_is_never_evaluated_and_a_reference_like_one_stays_text() -> None:
    line = GOOD.replace(";;", ";=1+1;", 1)
    assert rows_of(csv_file(line))[0][2][1] == "=1+1"


def test_empty_lines_and_empty_columns_do_not_count() -> None:
    data = csv_file("", GOOD + ";;", ";;;;", GOOD, first=";".join(DUTCH) + ";;")
    assert [row[:2] for row in rows_of(data)] == [[1, 3], [2, 5]]


def test_a_file_in_two_encodings_explains_the_lines_of_the_other() -> None:
    old = GOOD.replace("a1", "café").encode("cp1252")
    new = GOOD.replace("a1", "café").encode()
    first, second = rows_of(csv_file("") + old + b"\n" + new)
    assert first[2][-1] == "café"
    assert codes_of(second) == {"mixed-encoding"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"\n ; ;\n", "empty-file"),
        (csv_file(GOOD).decode().encode("utf-16"), "unknown-encoding"),
        (b"\x81\x8d\x8f", "unknown-encoding"),
        (b";" * 1_000_000, "line-too-long"),
        (b",".join(b"status" for _ in range(1000)), "too-many-columns"),
        (b'"lesdatum;status', "broken-quotes"),
        (b"naam;lesdatum\n", "unknown-column"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained_as_a_whole(data: bytes, code: str) -> None:
    assert fault_of(data)["code"] == code


def test_more_lines_than_agreed_are_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MAX_ROWS, "csv", 3)
    assert len(rows_of(csv_file(GOOD, GOOD, GOOD))) == 3
    assert fault_of(csv_file(GOOD, GOOD, GOOD, GOOD))["code"] == "too-many-rows"


# XLSX


def test_a_workbook_with_real_dates_and_numbers() -> None:
    data = workbook(
        DUTCH,
        [str(PERSON), "", date(2024, 9, 2), "ochtend", 2.5, "aanwezig", "a1"],
        [str(PERSON), "", "2-9-2024", "middag", "3,25", "ziek", 17],
        [str(PERSON), "", datetime(2024, 9, 2, 10, 30), "middag", 1 / 3, "ziek", True],  # noqa: DTZ001
        start=(2, 1),
    )
    first, second, third = rows_of(data, "xlsx")
    assert first == [1, 4, GOOD_VALUES, None]
    assert second == [2, 5, [str(PERSON), None, "2024-09-02", "afternoon", "3.25", "sick", "17"], None]
    assert codes_of(third) == {"invalid-date", "invalid-hours"}


def test_of_a_formula_the_saved_value_counts() -> None:
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, DUTCH)
        sheet.write_row(1, 0, [str(PERSON), "", "2-9-2024", "ochtend"])
        sheet.write_formula(1, 4, "=SUM(1,1.5)", None, 2.5)
        sheet.write_row(1, 5, ["aanwezig", "a1"])
    assert rows_of(saved.getvalue(), "xlsx") == [[1, 2, GOOD_VALUES, None]]


def archive(entries: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Make a zip file that looks like a workbook."""
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", compression) as opened:
        for name, content in {"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>", **entries}.items():
            opened.writestr(name, content)
    return saved.getvalue()


def lying(data: bytes, name: str, size: int) -> bytes:
    """Change what a zip file says an entry unpacks to, in both places."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        entry = opened.getinfo(name)
    local = entry.header_offset + 22
    central = data.rfind(name.encode()) - 46 + 24
    changed = bytearray(data)
    for at in (local, central):
        changed[at : at + 4] = size.to_bytes(4, "little")
    return bytes(changed)


_ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in b"bcdefghij")
    + b"]><worksheet><sheetData><row><c t='inlineStr'><is><t>&j;</t></is></c></row></sheetData></worksheet>"
)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(archive({"xl/a.xml": bytes(200 << 20)}), "file-too-heavy", id="bomb"),
        pytest.param(archive({"xl/sharedStrings.xml": b"<si/>" * 4_000_000}), "file-too-heavy", id="ratio"),
        pytest.param(archive({f"xl/{n}.xml": b"" for n in range(10_000)}), "file-too-heavy", id="many"),
        pytest.param(
            lying(archive({"xl/a.xml": bytes(50 << 20)}), "xl/a.xml", 10_000), "file-too-heavy", id="lying"
        ),
        pytest.param(archive({"../../etc/passwd": b"x"}), "odd-archive", id="slip"),
        pytest.param(archive({"/etc/passwd": b"x"}), "odd-archive", id="absolute"),
        pytest.param(archive({"xl\\a.xml": b"x"}), "odd-archive", id="backslash"),
        pytest.param(archive({"a.zip": archive({})}), "unreadable-workbook", id="nested"),
        pytest.param(archive({}), "unreadable-workbook", id="no-sheets"),
        pytest.param(archive({}, compression=zipfile.ZIP_BZIP2), "unreadable-workbook", id="odd-compression"),
        pytest.param(archive({"xl/worksheets/sheet1.xml": _ENTITIES}), "unreadable-workbook", id="entities"),
        pytest.param(b"PK\x03\x04 and no more", "unreadable-workbook", id="cut-off"),
    ],
)
async def test_a_workbook_that_attacks_is_refused_quickly(data: bytes, code: str) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    fault = await look(data, "xlsx")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert isinstance(fault, Fault)
    assert fault.code == code
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 2


def test_a_zip_that_is_no_workbook_is_named() -> None:
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as opened:
        opened.writestr("brief.txt", "hallo")
    assert fault_of(saved.getvalue(), "xlsx")["code"] == "not-a-workbook"


async def test_two_cells_far_apart_do_not_fill_the_memory() -> None:
    """The reader wants room for every cell between them; the limited process has none."""
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "lesdatum")
        sheet.write(1_048_575, 16_383, "status")
    fault = await look(saved.getvalue(), "xlsx")
    assert isinstance(fault, Fault)
    assert fault.code == "file-too-heavy"


# The limited process


async def test_a_file_is_read_in_the_limited_process() -> None:
    found = [answer async for answer in lines_of(csv_file(*[GOOD] * 1200, "slecht"), "csv")]
    assert isinstance(found[0], FileHeader)
    assert found[0].names["lessonDate"] == "lesdatum"
    lines = [line for batch in found[1:] if isinstance(batch, list) for line in batch]
    assert len(lines) == 1201
    assert lines[0] == FileLine(1, 2, GOOD_VALUES, None)
    assert lines[-1].values is None


async def test_a_fault_in_the_limited_process_arrives() -> None:
    assert [answer async for answer in lines_of(b"", "csv")] == [
        Fault("empty-file", "Het bestand is leeg. De eerste regel noemt de kolommen.")
    ]


@pytest.mark.parametrize(
    ("beginning", "form"),
    [
        (b"PK\x03\x04", "xlsx"),
        (b"lesdatum;", "csv"),
        (b"", "csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old-or-locked-workbook"),
        (b"%PDF-1.7", "wrong-kind-of-file"),
    ],
)
def test_the_kind_of_file_is_in_its_first_bytes(beginning: bytes, form: str) -> None:
    found = form_of(beginning)
    assert (found.code if isinstance(found, Fault) else found) == form
