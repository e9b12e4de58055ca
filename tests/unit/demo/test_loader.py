# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
# ruff: noqa: ARG002 - the stand-in takes what the gateway's client takes
"""The loader against a gateway that answers everything and remembers who asked what, and when."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest

from demo.ahead import ANNOUNCED
from demo.client import Gateway, Refused
from demo.journal import Journal
from demo.loader import Loader, stops
from demo.needs import QUARTERS
from demo.timetable import FIRST_DAY, TODAY

HAPPENED = ("signedOn", "referredOn", "heldOn", "startedOn", "lessonDate", "duoNoticeOn")


@dataclass(frozen=True)
class Call:
    who: str
    path: str
    body: Any
    day: date


class Recorder:
    """Stands in for the gateway; the clock begins where a demo begins."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.now = datetime.fromisoformat("2024-09-02T08:30:00+02:00")
        self.calls: list[Call] = []
        self.known: set[str] = set()
        self.break_after = 10**9

    async def clock(self) -> dict[str, str]:
        return {"now": self.now.isoformat()}

    async def get(self, name: str, path: str, **_: str) -> Any:
        if path.startswith("/intake") and path.rpartition("/")[2] not in self.known:
            raise Refused("GET", path, 404, {"code": "not-found"})
        if "/households/" in path:
            return {"version": 1, "members": [{"id": str(uuid4()), "kind": "adult"}]}
        if "/dwellings/" in path:
            return {"quarterId": str(uuid4())}
        return {"status": "done", "rejected": 0}

    async def items(self, name: str, path: str, **_: str) -> list[dict[str, Any]]:
        return []

    async def put(self, name: str, path: str, body: Any) -> Any:
        return await self.post(name, path, body)

    async def patch(self, name: str, path: str, body: Any, *, version: int) -> Any:
        return await self.post(name, path, body)

    async def send_file(self, name: str, path: str, body: bytes, media_type: str, *, key: str) -> Any:
        return await self.post(name, path, body)

    async def post(self, name: str, path: str, body: Any, *, key: str | None = None) -> Any:
        if len(self.calls) >= self.break_after:
            raise Refused("POST", path, 500, {"code": "server-fault"})
        if path == "/demo/v1/clock":
            self.now = datetime.fromisoformat(body["now"])
            return {"now": body["now"]}
        self.calls.append(Call(name, path, body, self.now.date()))
        made = str(uuid4())
        self.known.add(made)
        return {"id": made, "status": "done", "rejected": 0}


class Silent:
    def __init__(self) -> None:
        self.expected = self.done = 0

    def expect(self, calls: int) -> None:
        self.expected = calls

    def stage(self, what: str) -> None:
        pass

    def advance(self, calls: int = 1) -> None:
        self.done += calls


def loader(journal: Journal, recorder: Recorder | None = None) -> tuple[Loader, Recorder, Silent]:
    recorder = recorder or Recorder(journal)
    show = Silent()
    return Loader(cast(Gateway, recorder), journal, show), recorder, show


def dates_in(body: Any) -> dict[str, date]:
    if not isinstance(body, dict):
        return {}
    rows = body.get("rows", [body])
    return {
        field: date.fromisoformat(row[field])
        for row in rows
        for field in HAPPENED
        if isinstance(row.get(field), str)
    }


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "loaded.jsonl")


async def test_the_walk_ends_on_the_tuesday_and_nothing_is_entered_before_it_happened(
    journal: Journal,
) -> None:
    made, recorder, _ = loader(journal)

    await made.load()

    assert recorder.now.isoformat() == "2024-11-05T09:00:00+01:00"
    days = [call.day for call in recorder.calls]
    assert days == sorted(days)
    assert (days[0], days[-1]) == (FIRST_DAY, TODAY)
    for call in recorder.calls:
        assert all(day <= call.day for day in dates_in(call.body).values()), call.path


async def test_all_is_loaded_once_and_counted(journal: Journal) -> None:
    made, recorder, show = loader(journal)

    await made.load()
    await made.load_behind()

    paths = Counter(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "{id}", call.path) for call in recorder.calls)
    assert paths["/intake/v1/inburgeraars"] == 237
    assert paths["/learning-routes/v1/groups"] == 20 + len(ANNOUNCED)
    assert paths["/housing/v1/quarters/{id}"] == len(QUARTERS)
    assert paths["/learning-routes/v1/groups/{id}/lessons"] > 2000
    assert paths["/gateway/v1/mandates"] == 3
    assert show.done == show.expected == len(journal)


async def test_a_loader_that_is_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "loaded.jsonl"
    made, recorder, _ = loader(Journal(path))
    recorder.break_after = 300
    with pytest.raises(ExceptionGroup):
        await made.load()
    path.write_text(path.read_text()[:-5])  # and it was cut off while writing

    again, _, _ = loader(Journal(path), recorder)
    recorder.break_after = 10**9
    await again.load()

    people = [call.body["bsn"] for call in recorder.calls if call.path == "/intake/v1/inburgeraars"]
    repeated = len(people) - len(set(people))
    assert repeated <= 1, "at most the one whose line was cut off, and that has an Idempotency-Key"


async def test_a_journal_of_another_platform_is_forgotten(journal: Journal) -> None:
    made, _, _ = loader(journal)
    await made.load()
    first = journal.id_of("person:lv-001")

    again, recorder, _ = loader(journal)  # a new platform, which knows nobody
    await again.load()

    assert recorder.calls
    assert journal.id_of("person:lv-001") != first


async def test_only_the_parties_that_would_enter_something_do(journal: Journal) -> None:
    made, recorder, _ = loader(journal)
    await made.load()

    for call in recorder.calls:
        if call.path.startswith("/gateway/"):
            assert call.who == "administrator"
        elif call.path.startswith("/intake/"):
            assert call.who.startswith("consulent-")
        elif "/groups" in call.path or "batches" in call.path:
            assert call.who.startswith("system-")


def test_stops_are_each_week_and_the_last_two_days() -> None:
    days = [stop.day.isoformat() for stop in stops()]

    assert days[:2] == ["2024-09-02", "2024-09-06"]
    assert days[-3:] == ["2024-11-01", "2024-11-04", "2024-11-05"]


def test_the_journal_gives_back_what_was_noted(journal: Journal) -> None:
    journal.note("a", "1")

    assert Journal(journal._path).id_of("a") == "1"
    assert journal.find("b") is None
