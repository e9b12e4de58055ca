# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of the roll call: taken in, worked off by a job, explained per line."""

import asyncio
import csv
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import xlsxwriter

from chassis import background, faults, job_rows
from chassis.testing import Bench, service_under_test
from contracts.learning_routes import AbsenceSignalRaised, AttendanceRecorded
from services.learning_routes.actions import attendance_files
from services.learning_routes.app import SERVICE
from tests.service.learning_routes.bulk import BATCHES, School, open_school

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = "inburgeraar-id;referentie;lesdatum;dagdeel;uren;status;extern-id"


@pytest.fixture(scope="module", name="bench")
async def running_learning_routes(postgres_url: str) -> AsyncIterator[Bench]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(background, "POLL_SECONDS", 0.02)
        async with service_under_test(SERVICE, postgres_url) as found:
            yield found


@pytest.fixture
async def school(bench: Bench) -> School:
    return await open_school(bench)


def line(person: UUID | str, day: date, status: str = "aanwezig", hours: str = "", name: str = "") -> str:
    """A line of CSV as a Dutch school writes it."""
    return f"{person};;{day:%d-%m-%Y};ochtend;{hours};{status};{name}"


def file_of(*lines: str, header: str = HEADER) -> bytes:
    """A CSV file."""
    return "\r\n".join((header, *lines, "")).encode("cp1252")


def workbook(*rows: list[Any]) -> bytes:
    """An XLSX file."""
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "d-m-yyyy"})
        for number, row in enumerate([HEADER.split(";"), *rows]):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                else:
                    sheet.write(number, column, cell)
    return saved.getvalue()


async def done(school: School, answer: Any, *, seconds: float = 200) -> dict[str, Any]:
    """Wait until the job of this answer has ended."""
    assert answer.status_code == 202, answer.text
    place = answer.headers["Location"]
    assert place == f"/learning-routes/v1/jobs/{answer.json()['id']}"
    async with asyncio.timeout(seconds):
        while True:
            job: dict[str, Any] = (await school.get(place)).json()
            if job["status"] in {"done", "failed"}:
                return job
            await asyncio.sleep(0.05)


async def rows_of(school: School, job: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    """All rows of a job, page by page."""
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        page = (await school.get(f"{job['rowsUrl']}?pageSize=200{query}{token}")).json()
        found += page["items"]
        if page["nextPageToken"] is None:
            return found
        token = f"&pageToken={page['nextPageToken']}"


def counts(job: dict[str, Any]) -> tuple[int, int, int, int]:
    """Accepted, corrected, unchanged and rejected rows."""
    return job["accepted"], job["corrected"], job["unchanged"], job["rejected"]


@pytest.mark.capability("LR-11", part="files of taalscholen")
async def test_a_csv_file_is_worked_off_and_explained(bench: Bench, school: School) -> None:
    anna, omar = await school.person(), await school.person(reference="EN-7")
    day = school.days[0]
    data = file_of(
        line(anna, day, hours="2,5", name="caf\u00e9"),
        f";EN-7;{day:%Y-%m-%d};MORNING;;Ziek;",
        "",
        line(anna, school.days[1], "ongeoorloofd"),
        line(anna, school.days[2], "=HYPERLINK(1)"),
        line(omar, date(2024, 11, 6)),
    )
    answer = await school.send_file(data)
    assert answer.json()["status"] in {"queued", "running", "done"}
    job = await done(school, answer)
    assert (job["status"], job["progress"], job["problem"]) == ("done", 100, None)
    assert counts(job) == (3, 0, 0, 2)
    rows = await rows_of(school, job)
    assert [(row["row"], row["line"], row["outcome"]) for row in rows] == [
        (1, 2, "accepted"),
        (2, 3, "accepted"),
        (3, 5, "accepted"),
        (4, 6, "rejected"),
        (5, 7, "rejected"),
    ]
    assert rows[0]["externalId"] == "caf\u00e9"
    (error,) = rows[3]["problem"]["errors"]
    assert (error["parameter"], error["code"]) == ("status", "unknown-value")
    assert error["detail"].startswith("Kolom status: kies uit present, excused,")
    assert rows[4]["problem"]["code"] == "lesson-in-future"
    assert rows[4]["problem"]["errors"][0]["parameter"] == "lesdatum"
    assert await school.attendance(anna) == [
        (school.days[1], "unexcused", Decimal("0.00"), 1, "not-needed"),
        (day, "present", Decimal("2.50"), 1, "not-needed"),
    ]
    kept = await bench.sql(
        "SELECT input, (SELECT source FROM learning_routes.attendance_version LIMIT 1) AS source "
        "FROM learning_routes.background_job WHERE id = :id",
        id=UUID(job["id"]),
    )
    assert (kept[0].input, kept[0].source) == (None, "file")
    assert [row["row"] for row in await rows_of(school, job, "&outcome=rejected")] == [4, 5]


async def test_the_same_file_again_changes_nothing_and_another_corrects(bench: Bench, school: School) -> None:
    people = await school.people(4)
    day = school.days[0]
    data = file_of(*(line(person, day, "ongeoorloofd") for person in people))
    assert counts(await done(school, await school.send_file(data))) == (4, 0, 0, 0)
    assert counts(await done(school, await school.send_file(data))) == (0, 0, 4, 0)
    changed = file_of(
        line(people[0], day, "ziek"), *(line(person, day, "ongeoorloofd") for person in people[1:])
    )
    assert counts(await done(school, await school.send_file(changed))) == (0, 1, 3, 0)


async def test_a_workbook_is_worked_off(school: School) -> None:
    person = await school.person()
    first, second, third = school.days[:3]
    data = workbook(
        [str(person), "", first, "ochtend", 2.5, "aanwezig", 17],
        [str(person), "", f"{second:%d-%m-%Y}", "morning", "", "sick", ""],
        [str(person), "", third, "ochtend", 9, "aanwezig", ""],
    )
    job = await done(school, await school.send_file(data, XLSX))
    assert counts(job) == (2, 0, 0, 1)
    rows = await rows_of(school, job)
    assert rows[0]["externalId"] == "17"
    assert rows[2]["line"] == 4
    assert rows[2]["problem"]["errors"][0]["parameter"] == "uren"
    assert await school.attendance(person) == [
        (second, "sick", Decimal("0.00"), 1, "not-needed"),
        (first, "present", Decimal("2.50"), 1, "not-needed"),
    ]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_form_with_a_file(school: School, kind: str) -> None:
    person = await school.person()
    day = school.days[0]
    data = (
        file_of(line(person, day))
        if kind == "csv"
        else workbook([str(person), "", day, "ochtend", "", "aanwezig", ""])
    )
    answer = await school.bench.client.post(
        BATCHES,
        files={"file": (f"presentie.{kind}", data, "application/octet-stream")},
        headers=school.headers,
    )
    assert counts(await done(school, answer)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    "form",
    [
        {"files": {"other": ("x.csv", b"a;b", "text/csv")}},
        {"files": [("file", ("x.csv", b"a;b")), ("file", ("y.csv", b"a;b"))]},
        {"files": {"file": ("x.csv", b"a;b")}, "data": {f"f{n}": "x" for n in range(20)}},
        {"content": b"no form at all", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"no boundary", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"--x\r\n\x00\xff\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    ],
)
async def test_a_form_that_has_no_file_is_explained(school: School, form: dict[str, Any]) -> None:
    headers = {**school.headers, **form.pop("headers", {})}
    answer = await school.bench.client.post(BATCHES, headers=headers, **form)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["parameter"] == "file"


@pytest.mark.parametrize(
    ("data", "code", "named"),
    [
        (b"naam;lesdatum\r\n", "unknown-column", "'naam'"),
        (b"lesdatum;dagdeel\r\n", "missing-column", "status"),
        (b"", "empty-file", ""),
        (b"\xff\xfea\x00", "unknown-encoding", "UTF-16"),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused_at_once(
    bench: Bench, school: School, data: bytes, code: str, named: str
) -> None:
    answer = await school.send_file(data)
    assert (answer.status_code, answer.json()["code"]) == (400, "file-not-usable")
    (error,) = answer.json()["errors"]
    assert (error["code"], error["parameter"]) == (code, "file")
    assert named in error["detail"]
    jobs = await bench.sql(
        "SELECT count(*) FROM learning_routes.background_job WHERE organisation_id = :org",
        org=school.organisation_id,
    )
    assert jobs[0][0] == 0


def bomb() -> bytes:
    """A workbook of some kilobytes that unpacks to 300 MB."""
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("[Content_Types].xml", "<x/>")
        opened.writestr("xl/workbook.xml", "<x/>")
        opened.writestr("xl/sharedStrings.xml", bytes(300 << 20))
    return saved.getvalue()


async def test_a_zip_bomb_is_refused_at_once(school: School) -> None:
    answer = await school.send_file(bomb(), XLSX)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "file-too-heavy")


@pytest.mark.parametrize(
    ("data", "media", "code"),
    [
        (b"PK\x03\x04rest", CSV, "other-kind-of-file"),
        (b"lesdatum;status", XLSX, "other-kind-of-file"),
        (b"%PDF-1.7", CSV, "wrong-kind-of-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", XLSX, "old-or-locked-workbook"),
    ],
)
async def test_a_file_of_another_kind_is_refused(school: School, data: bytes, media: str, code: str) -> None:
    answer = await school.send_file(data, media)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (415, code)


async def test_other_media_types_are_refused(school: School) -> None:
    answer = await school.send_file(b"<x/>", "application/xml")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize("media", [CSV, XLSX])
async def test_a_file_of_25_mb_is_refused(school: School, media: str) -> None:
    answer = await school.send_file(b"x" * (25 << 20), media)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    form = await school.bench.client.post(
        BATCHES, files={"file": ("x.csv", b"x" * (20 << 20) + b"x", media)}, headers=school.headers
    )
    assert (form.status_code, form.json()["code"]) == (413, "too-large")


async def test_one_bad_row_in_ten_thousand(bench: Bench, school: School) -> None:
    people = await school.people(100)
    days = [day for day in school.lessons if day <= date(2024, 11, 5)][-100:]
    lines = [line(person, day, "ongeoorloofd") for person in people for day in days]
    lines[6543] = lines[6543].replace("ongeoorloofd", "ongeoorlofd")
    assert len(lines) == 10_000
    started = asyncio.get_running_loop().time()
    job = await done(school, await school.send_file(file_of(*lines)))
    print(f"10,000 rows in {asyncio.get_running_loop().time() - started:.1f} s")  # noqa: T201 - with -s
    assert counts(job) == (9_999, 0, 0, 1)
    (bad,) = await rows_of(school, job, "&outcome=rejected")
    assert (bad["row"], bad["line"]) == (6544, 6545)
    assert bad["problem"]["errors"][0]["parameter"] == "status"
    seats = await bench.sql(
        "SELECT count(*) FROM learning_routes.attendance WHERE inburgeraar_id = ANY(:people)", people=people
    )
    assert seats[0][0] == 9_999
    told = [
        event for event in await bench.published(AttendanceRecorded) if event.inburgeraar_id in set(people)
    ]
    assert len(told) == 9_999


async def test_rows_that_contradict_each_other_anywhere_in_the_file(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance_files, "PART", 2)
    person = await school.person(reference="C-1")
    first, second, third, fourth = school.days[:4]
    data = file_of(
        line(person, first, "ziek"),
        line(person, second),
        line(person, third),
        line(person, first, "aanwezig"),
        line(person, second, hours="3"),
        f";C-1;{third:%d-%m-%Y};ochtend;;ziek;",
        line(person, fourth),
    )
    job = await done(school, await school.send_file(data))
    rows = await rows_of(school, job)
    assert [row["outcome"] for row in rows] == [
        "rejected",
        "accepted",
        "accepted",
        "rejected",
        "unchanged",
        "rejected",
        "accepted",
    ]
    assert [rows[number]["problem"]["row"] for number in (0, 3, 5)] == [4, 1, 3]
    assert {rows[number]["problem"]["code"] for number in (0, 3, 5)} == {"contradicts-row"}


async def test_a_person_who_becomes_known_within_a_minute_is_taken_in(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance_files, "AGAIN_SECONDS", 0.2)
    person, day = uuid4(), school.days[0]
    answer = await school.send_file(file_of(line(person, day), line(await school.person(), day)))
    place = answer.headers["Location"]
    async with asyncio.timeout(30):
        while (await school.get(place)).json()["accepted"] == 0:
            await asyncio.sleep(0.02)
    job = (await school.get(place)).json()
    assert (job["status"], job["rejected"]) == ("running", 0)
    assert [row["outcome"] for row in await rows_of(school, job)] == ["waiting", "accepted"]
    await school.person(id=person)
    assert counts(await done(school, answer)) == (2, 0, 0, 0)


async def test_a_person_who_stays_unknown_is_rejected_after_a_while(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attendance_files, "AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(attendance_files, "WAIT_SECONDS", 1)
    other = await open_school(school.bench)
    theirs = await other.person()
    day = school.days[0]
    started = asyncio.get_running_loop().time()
    job = await done(school, await school.send_file(file_of(line(uuid4(), day), line(theirs, day))))
    assert asyncio.get_running_loop().time() - started >= 1
    assert counts(job) == (0, 0, 0, 2)
    assert [row["problem"]["code"] for row in await rows_of(school, job)] == [
        "reference-not-yet-known",
        "not-found",
    ]


async def test_a_kill_half_way_costs_nothing_and_doubles_nothing(
    bench: Bench, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after a part was kept, before a part was kept, and while the file is read."""
    monkeypatch.setattr(attendance_files, "PART", 150)
    monkeypatch.setattr(attendance_files, "_READ_PART", 500)
    monkeypatch.setattr(background, "_BACKOFF_SECONDS", 0)
    people = await school.people(40)
    lines = [line(person, day, "ongeoorloofd") for person in people for day in school.days[:15]]
    deaths = {"read": 1, "before": 2, "after": 2}
    save, settle, hit = job_rows.save_rows, job_rows.settle_rows, faults.hit

    def die(where: str) -> None:
        if deaths[where] > 0:
            deaths[where] -= 1
            raise ConnectionResetError(where)

    calls = 0

    async def save_and_die(*args: Any, **kwargs: Any) -> None:
        nonlocal calls
        await save(*args, **kwargs)
        calls += 1
        if calls == 2:
            die("read")

    async def settle_and_die(*args: Any, **kwargs: Any) -> None:
        await settle(*args, **kwargs)
        die("before")

    def hit_and_die(point: str) -> None:
        hit(point)
        if point == "in-background-job":
            die("after")

    module = "services.learning_routes.actions.attendance_files"
    monkeypatch.setattr(f"{module}.save_rows", save_and_die)
    monkeypatch.setattr(f"{module}.settle_rows", settle_and_die)
    monkeypatch.setattr(faults, "hit", hit_and_die)
    job = await done(school, await school.send_file(file_of(*lines)))
    assert set(deaths.values()) == {0}
    assert counts(job) == (600, 0, 0, 0)
    assert [row["outcome"] for row in await rows_of(school, job)] == ["accepted"] * 600
    versions = await bench.sql(
        "SELECT max(version), count(*) FROM learning_routes.attendance WHERE inburgeraar_id = ANY(:people)",
        people=people,
    )
    assert tuple(versions[0]) == (1, 600)
    told = [
        event for event in await bench.published(AttendanceRecorded) if event.inburgeraar_id in set(people)
    ]
    assert len(told) == 600
    raised = [e for e in await bench.published(AbsenceSignalRaised) if e.inburgeraar_id in set(people)]
    assert len(raised) == 40 * 7


async def test_only_the_school_that_sent_it_sees_a_job(bench: Bench, school: School) -> None:
    person = await school.person()
    answer = await school.send_file(file_of(line(person, school.days[0])))
    job = await done(school, answer)
    other = await open_school(bench)
    for path in (answer.headers["Location"], job["rowsUrl"]):
        seen = await other.get(path)
        assert (seen.status_code, seen.json()["code"]) == (404, "not-found")
    assert (await school.get(f"/learning-routes/v1/jobs/{uuid4()}")).status_code == 404
    assert (await school.get("/learning-routes/v1/jobs/nonsense")).status_code == 400


async def test_the_rows_can_be_downloaded_and_cannot_act(school: School) -> None:
    person = await school.person()
    day = school.days[0]
    data = file_of(line(person, day, name="=cmd|' /C calc'!A0"), line(person, day, "weg", name="+1"), "kapot")
    job = await done(school, await school.send_file(data))
    answer = await school.get(job["rowsUrl"], Accept=CSV)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert table[0] == ["regel", "uitkomst", "extern-id", "code", "kolommen", "uitleg"]
    assert table[1] == ["2", "aangenomen", "'=cmd|' /C calc'!A0", "", "", ""]
    assert [row[1] for row in table[2:]] == ["afgewezen", "afgewezen"]
    assert table[2][4] == "status"
    only = await school.get(f"{job['rowsUrl']}?outcome=accepted", Accept=CSV)
    assert len(only.content.splitlines()) == 2


async def test_a_page_token_of_another_list_is_refused(school: School) -> None:
    person = await school.person()
    job = await done(school, await school.send_file(file_of(line(person, school.days[0]))))
    for token in ("nonsense", "WyJ4Il0", "WzFdMjM"):
        assert (await school.get(f"{job['rowsUrl']}?pageToken={token}")).status_code == 400
    assert (await school.get(f"{job['rowsUrl']}?outcome=weg")).status_code == 400


async def test_a_repeated_key_makes_one_job(school: School) -> None:
    person = await school.person()
    data = file_of(line(person, school.days[0]))
    headers = {"Idempotency-Key": str(uuid4())}
    first = await school.send_file(data, **headers)
    again = await school.send_file(data, **headers)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["Location"] == first.headers["Location"]
    await done(school, first)


async def test_files_of_two_schools_go_on_side_by_side(bench: Bench, school: School) -> None:
    """A file that waits for unknown people holds nobody else up."""
    waiting = await school.send_file(file_of(line(uuid4(), school.days[0])))
    other = await open_school(bench)
    person = await other.person()
    job = await done(other, await other.send_file(file_of(line(person, other.days[0]))), seconds=50)
    assert counts(job) == (1, 0, 0, 0)
    assert (await school.get(waiting.headers["Location"])).json()["status"] in {"queued", "running"}
