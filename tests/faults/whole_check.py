# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The checker of the whole product: what clients were promised beside what is stored, counted, sent and shown."""

import asyncio
import time
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import aiohttp

from services.housing.app import SERVICE as HOUSING
from services.intake.app import SERVICE as INTAKE
from services.learning_routes.app import SERVICE as LEARNING_ROUTES
from services.notifications.app import SERVICE as NOTIFICATIONS
from tests.faults.promises import Kept, Promises
from tests.faults.sizes import PATIENCE
from tests.faults.whole import CONSULENT, LESSON_HOURS, QUALITY, Whole

READERS = (HOUSING, INTAKE, LEARNING_ROUTES, NOTIFICATIONS)


async def check(whole: Whole, promises: Promises, *, seconds: float = PATIENCE) -> tuple[int, int, float]:
    """Compare everything: how many promises were lost, how many effects doubled, and when all readers agreed."""
    said = promises.read()
    agreed = await _readers_agree(whole, seconds)
    lost = doubled = 0
    for part in (_stored_persons, _stored_attendance, _sent):
        missing, twice = await part(whole, said)
        print(f"{part.__name__}: {missing} lost, {twice} doubled")  # noqa: T201 - seen where a test fails
        lost, doubled = lost + missing, doubled + twice
    async with whole.client() as client:
        lost += await _counted(whole, client)
        lost += await _shown(whole, client, said)
    return lost, doubled, agreed


async def _stored_persons(whole: Whole, said: dict[str, Kept]) -> tuple[int, int]:
    """Every acknowledged person is there under the id of the answer; a key made one person at most."""
    stored = {str(row["id"]) for row in await whole.sql("intake", "SELECT id FROM inburgeraar")}
    promised = {
        thing: kept.acknowledged
        for thing, kept in said.items()
        if thing.startswith("person ") and kept.acknowledged
    }
    lost = set(promised.values()) - stored
    twice = len(promised) - len(set(promised.values()))
    return len(lost), twice


async def _stored_attendance(whole: Whole, said: dict[str, Kept]) -> tuple[int, int]:
    """The last acknowledged word of each roll call stands, or a later one that got no answer; its history is whole."""
    rows = await whole.sql(
        "learning-routes", "SELECT id, lesson_id, inburgeraar_id, status, version FROM attendance"
    )
    stored = {f"{row['lesson_id']} {row['inburgeraar_id']}": row for row in rows}
    lost = 0
    for thing, kept in said.items():
        if thing.startswith("person ") or kept.acknowledged is None:
            continue
        row = stored.get(thing)
        if row is None or row["status"] not in {kept.acknowledged, *kept.tried}:
            lost += 1
    versions = await whole.sql(
        "learning-routes",
        "SELECT attendance_id, count(*) AS n, max(version) AS top FROM attendance_version GROUP BY 1",
    )
    history = {row["attendance_id"]: row for row in versions}
    for row in rows:
        found = history[row["id"]]
        assert found["n"] == found["top"] == row["version"], "a roll call whose history is there in part only"
    return lost, len(rows) - len(stored)


async def _sent(whole: Whole, _: dict[str, Kept]) -> tuple[int, int]:
    """Each change of an aggregate has one event, and each event has reached every service that reads it, once."""
    lost = doubled = 0
    events: dict[str, set[str]] = defaultdict(set)
    for service in READERS:
        rows = await whole.sql(service.name, "SELECT id, type, subject, aggregate_version FROM outbox")
        times = Counter((row["type"], row["subject"], row["aggregate_version"]) for row in rows)
        doubled += sum(n - 1 for n in times.values())
        letters = await whole.sql(service.name, "SELECT reason FROM dead_letter")
        assert not letters, f"dead letters of {service.name}: {letters[:3]}"
        for row in rows:
            events[row["type"]].add(str(row["id"]))
    for service in READERS:
        missing = {id for handler in service.handlers for id in events[handler.event.type]}
        moved, pause = time.monotonic(), 0.2
        # Jobs publish after the last write too, and a reader that is behind goes on: lost is what stands still.
        while missing and time.monotonic() - moved < PATIENCE:
            left = missing - await _taken(whole, service.name, missing)
            if left != missing:
                missing, moved = left, time.monotonic()
            if missing:
                await asyncio.sleep(pause)
                pause = min(2.0, pause * 1.5)  # who looks all the time takes it from the readers
        lost += len(missing)
    return lost, doubled


async def _taken(whole: Whole, name: str, ids: set[str]) -> set[str]:
    rows = await whole.sql(name, "SELECT event_id FROM inbox WHERE event_id = ANY ($1::uuid[])", list(ids))
    return {str(row["event_id"]) for row in rows}


async def unread(whole: Whole) -> dict[str, int]:
    """For each service, how many events are in the outboxes that it reads and has not read, by counting."""
    sent: Counter[str] = Counter()
    for service in READERS:
        for row in await whole.sql(service.name, "SELECT type, count(*) AS n FROM outbox GROUP BY type"):
            sent[row["type"]] += row["n"]
    topics = {service.topic for service in READERS}  # the gateway publishes too, in a database of its own
    found = {}
    for service in READERS:
        own = [one.event.type for one in service.handlers if one.event.topic() in topics]
        (row,) = await whole.sql(service.name, "SELECT count(*) AS n FROM inbox WHERE type = ANY ($1)", own)
        found[service.name] = max(0, sum(sent[one] for one in own) - row["n"])
    return found


async def _readers_agree(whole: Whole, seconds: float) -> float:
    """Wait until what readers hold equals what its owner holds; answers how long that took."""
    began, pause = time.monotonic(), 0.2
    while True:
        differences = await _differences(whole)
        if not differences:
            return time.monotonic() - began
        assert time.monotonic() - began < seconds, f"readers differ from owners: {differences}"
        await asyncio.sleep(pause)
        pause = min(1.0, pause * 1.5)


async def _differences(whole: Whole) -> list[str]:
    found = [
        f"outbox of {service.name}"
        for service in READERS
        if await whole.sql(service.name, "SELECT FROM outbox WHERE published_at IS NULL LIMIT 1")
    ]
    persons = await _set(whole, "intake", "SELECT id FROM inburgeraar")
    found += [
        f"persons in {name}"
        for name in ("housing", "learning-routes")
        if persons != await _set(whole, name, "SELECT id FROM inburgeraar")
    ]
    if persons != await _set(
        whole, "notifications", "SELECT inburgeraar_id FROM person WHERE gemeentecode IS NOT NULL"
    ):
        found.append("persons in notifications")
    raised = await _set(whole, "learning-routes", "SELECT id, status = 'withdrawn' FROM signal")
    known = await _set(
        whole,
        "notifications",
        "SELECT id, status = 'withdrawn' FROM signal WHERE kind <> ALL ($1)",
        _OF_CLOCKS,
    )
    if raised != known:
        found.append(f"signals: {len(raised - known)} missing, {len(known - raised)} too many")
    clocks = "SELECT id, due_on FROM {} WHERE status <> 'withdrawn'"
    owned = await _set(whole, "learning-routes", clocks.format("deadline"))
    if not owned <= await _set(whole, "notifications", clocks.format("deadline")):
        found.append("deadlines")
    return found


_OF_CLOCKS = ["deadline-early", "deadline-due", "deadline-overdue", "mail-undeliverable"]


async def _set(whole: Whole, service: str, statement: str, *values: Any) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in await whole.sql(service, statement, *values)}


async def _counted(whole: Whole, client: aiohttp.ClientSession) -> int:
    """The hour ledger of each learner adds up to the roll calls; answers how many do not."""
    rows = await whole.sql(
        "learning-routes",
        "SELECT inburgeraar_id, status FROM attendance WHERE approval IN ('not-needed', 'approved')",
    )
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[str(row["inburgeraar_id"]), row["status"]] += LESSON_HOURS
    wrong = 0
    for person in whole.learners:
        ledger = await whole.call(
            client, CONSULENT, "GET", f"/learning-routes/v1/inburgeraars/{person}/ledger"
        )
        expected = {
            "attended": sums[person, "present"],
            "excused": sums[person, "excused"],
            "sick": sums[person, "sick"],
            "unexcused": sums[person, "unexcused"],
        }
        wrong += any(Decimal(str(ledger[name])) != hours for name, hours in expected.items())
    return wrong


async def _shown(whole: Whole, client: aiohttp.ClientSession, said: dict[str, Kept]) -> int:
    """Another role sees each person who was promised, once; answers how many it does not."""
    seen: list[str] = []
    token: str | None = ""
    while token is not None:
        path = "/intake/v1/inburgeraars?pageSize=200" + (f"&pageToken={token}" if token else "")
        page = await whole.call(client, QUALITY, "GET", path)
        seen += [item["id"] for item in page["items"]]
        token = page["nextPageToken"]
    assert len(seen) == len(set(seen)), "a person is shown twice"
    promised = {
        kept.acknowledged for thing, kept in said.items() if thing.startswith("person ") and kept.acknowledged
    }
    return len(promised - set(seen))
