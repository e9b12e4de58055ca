# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S16: workbooks that unpack to more than they are, that point outside, or that expand."""

import io
import zipfile
from collections.abc import Callable, Mapping

import pytest

from tests.security.population import World
from tests.security.reading import cost_of, read_without_a_look
from tests.security.sending import send

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CPU_SECONDS = 2.0
GROWN = 64 << 20
MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = b"http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="xml" ContentType="application/xml"/></Types>'
)
SHEET = (
    b'<worksheet xmlns="'
    + MAIN
    + b'"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'
)


def workbook(extra: Mapping[str, bytes], *, sheet: bytes = SHEET) -> bytes:
    """A workbook of one sheet, and what is hidden in it beside that."""
    book = (
        b'<workbook xmlns="'
        + MAIN
        + b'" xmlns:r="'
        + OFFICE
        + b'"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    links = (
        b'<Relationships xmlns="' + RELATIONS + b'"><Relationship Id="rId1" Type="' + OFFICE + b'/worksheet" '
        b'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="' + OFFICE + b'/sharedStrings" '
        b'Target="sharedStrings.xml"/></Relationships>'
    )
    root = (
        b'<Relationships xmlns="'
        + RELATIONS
        + b'"><Relationship Id="rId1" Type="'
        + OFFICE
        + b'/officeDocument" '
        b'Target="xl/workbook.xml"/></Relationships>'
    )
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": root,
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": links,
        "xl/worksheets/sheet1.xml": sheet,
        **extra,
    }
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in parts.items():
            opened.writestr(name, content)
    return saved.getvalue()


def shared_strings(size: int) -> bytes:
    """A table of texts that unpacks to so many bytes; in the file it takes a thousandth."""
    one = b"<si><t>" + b"a" * 1000 + b"</t></si>"
    return b'<sst xmlns="' + MAIN + b'">' + one * (size // len(one)) + b"</sst>"


def entities() -> bytes:
    expanding = b"".join(
        b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in b"bcdefghij"
    )
    return (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + expanding
        + b'<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        b'<worksheet xmlns="'
        + MAIN
        + b'"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&j;&f;</t></is></c></row></sheetData></worksheet>'
    )


ATTACKS: Mapping[str, Callable[[], bytes]] = {
    "a bomb": lambda: workbook({"xl/media/a.bin": bytes(200 << 20)}),
    "shared strings of 150 MB": lambda: workbook({"xl/sharedStrings.xml": shared_strings(150 << 20)}),
    "ten thousand parts": lambda: workbook({f"xl/p{n}.xml": b"" for n in range(10_000)}),
    "a workbook in a workbook": lambda: workbook({"xl/inner.xlsx": workbook({})}),
    "a path that climbs out": lambda: workbook({"../../../../tmp/climbed": b"x"}),
    "an absolute path": lambda: workbook({"/etc/cron.d/x": b"x"}),
    "entities": lambda: workbook({}, sheet=entities()),
    "a link to elsewhere": lambda: workbook(
        {
            "xl/externalLinks/externalLink1.xml": b"<externalLink/>",
            "xl/externalLinks/_rels/externalLink1.xml.rels": b'<Relationships xmlns="'
            + RELATIONS
            + b'"><Relationship '
            b'Id="r" Type="x" Target="http://192.0.2.1/x" TargetMode="External"/></Relationships>',
        }
    ),
}


@pytest.mark.security("S16")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ATTACKS)
async def test_a_workbook_that_attacks_is_refused_at_a_bounded_cost(name: str) -> None:
    cost = await cost_of(ATTACKS[name](), "xlsx")
    assert cost.stopped == ""
    assert cost.fault is not None, "it was read"
    assert "root:" not in str(cost.answers)
    assert cost.cpu_seconds < CPU_SECONDS
    assert cost.grown_bytes < GROWN


@pytest.mark.security("S16")
async def test_through_the_front_door_it_is_a_400_and_leaves_no_job(world: World) -> None:
    name = f"teacher@{world.tenants['1916'].school}"
    for attack in ("shared strings of 150 MB", "a path that climbs out", "entities"):
        answer = await send(
            world.chain,
            name,
            "POST",
            "/learning-routes/v1/attendance-batches",
            ATTACKS[attack](),
            media=XLSX,
        )
        assert answer.status == 400, (attack, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.security("S16")
@pytest.mark.timeout(300)
async def test_planted_a_reader_that_does_not_look_first_is_reported() -> None:
    """Weakness: the library opens the file at once; 150 MB of texts are then in memory."""
    data = ATTACKS["shared strings of 150 MB"]()
    assert len(data) < 1 << 20
    cost = await cost_of(data, "xlsx", reader=read_without_a_look)
    assert cost.grown_bytes > GROWN or cost.cpu_seconds > CPU_SECONDS or cost.stopped
