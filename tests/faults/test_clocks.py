# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F11: clocks that are wrong: five minutes behind and ahead, an hour back at once, and both nights of summer time."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import jwt
import pytest

from chassis.access import GRANT_HEADER
from chassis.clock import AMSTERDAM
from chassis.testing import GRANT_KEY, caller_headers, own, service_under_test
from contracts.deadlines import DeadlineSet
from services.intake.app import SERVICE as INTAKE
from tests.faults.results import Tally
from tests.faults.sample import GEMEENTE, Member, Sample
from tests.faults.sizes import sized
from tests.service.intake.people import LV, ROOT, SETTINGS, Chain, a_person

BEHIND, AHEAD, AN_HOUR = timedelta(minutes=-5), timedelta(minutes=5), timedelta(hours=1)


def put_clock(path: Path, by: timedelta) -> None:
    """Let the clock in this file differ so much from the real time, at once."""
    at = time.time()
    body = json.dumps({"now": (datetime.fromtimestamp(at, UTC) + by).isoformat(), "at": at})
    fresh = path.with_suffix(".fresh")
    fresh.write_text(body)
    fresh.replace(path)


def grant(*, expires_in: int) -> dict[str, str]:
    """A grant of which this many seconds are left."""
    (signed,) = caller_headers(roles={"maker"}, scopes=own(GEMEENTE), gemeentecode=GEMEENTE).values()
    claims = jwt.decode(signed, options={"verify_signature": False})
    now = int(time.time())
    claims |= {"iat": now + expires_in - 60, "exp": now + expires_in, "jti": uuid4().hex}
    return {GRANT_HEADER: jwt.encode(claims, GRANT_KEY, algorithm="EdDSA")}


async def status_with(sample: Sample, member: Member, headers: dict[str, str]) -> int:
    """How a member answers somebody with these headers."""
    async with sample.http.get(f"{member.url}/sample/v1/things?pageSize=1", headers=headers) as answer:
        return answer.status


@pytest.mark.fault("F11")
@pytest.mark.timeout(sized(1200, 1200))
async def test_processes_with_wrong_clocks_keep_order_and_refuse_what_has_expired(
    sample: Sample, tally: Tally, tmp_path: Path
) -> None:
    members: list[Member] = []
    clocks = [tmp_path / "behind.json", tmp_path / "ahead.json"]
    for path, by in zip(clocks, (BEHIND, AHEAD), strict=True):
        put_clock(path, by)
        members.append(await sample.start(OPEN_INBURGERING_CLOCK_FILE=str(path)))
    tokens = sized(200, 1000)
    for number in range(tokens // 2):
        member = members[number % 2]
        assert await status_with(sample, member, grant(expires_in=30)) == 200
        assert await status_with(sample, member, grant(expires_in=-61 - number)) == 401, "expired is expired"
    events = sized(100, 1000)
    for number in range(events // 2):
        await asyncio.gather(
            *(sample.write_until_taken(member, f"{number}-{index}") for index, member in enumerate(members))
        )
        if number == events // 4:
            for path, by in zip(clocks, (BEHIND, AHEAD), strict=True):
                put_clock(path, by - AN_HOUR)
            tally.kills += 2
    lost, doubled = await sample.check(members[0])
    order = await sample.sql(
        "SELECT o.id FROM sample.outbox o JOIN sample.effect e ON e.event_id = o.id ORDER BY o.seq"
    )
    times = await sample.sql(
        "SELECT count(*) AS n FROM (SELECT time < lag(time) OVER (ORDER BY seq) AS back FROM sample.outbox) q WHERE back"
    )
    assert times[0]["n"] > 0, "the clocks did differ"
    assert len(order) == 2 * (events // 2)
    tally.writes = events
    tally.measured = {"tokens": tokens, "times_back": times[0]["n"]}
    tally.settle(lost=lost, doubled=doubled)


SUMMER_ENDS = datetime(2024, 10, 27, 2, 30, tzinfo=AMSTERDAM)
SUMMER_BEGINS = datetime(2024, 3, 31, 1, 59, tzinfo=AMSTERDAM)
NIGHTS = {
    "the hour that comes twice, first": SUMMER_ENDS,
    "the hour that comes twice, again": SUMMER_ENDS.replace(fold=1),
    "before the hour that is skipped": SUMMER_BEGINS,
    "after the hour that is skipped": SUMMER_BEGINS + timedelta(minutes=61),
}


@pytest.mark.fault("F11")
async def test_statutory_deadlines_are_the_same_whatever_minute_a_clock_shows(
    postgres_url: str, tally: Tally
) -> None:
    async with service_under_test(INTAKE, postgres_url, settings=SETTINGS) as bench:
        chain = Chain(bench)
        seen: set[tuple[str, ...]] = set()
        for night in NIGHTS.values():
            for by in (BEHIND, timedelta(), AHEAD):
                bench.clock.set(night.astimezone(UTC) + by)
                answer = await bench.client.post(
                    ROOT, json=a_person(duoNoticeOn="2024-01-15"), headers=chain.lv()
                )
                assert answer.status_code == 201, answer.text
                person = UUID(answer.json()["id"])
                events = await bench.sql(
                    "SELECT data FROM intake.outbox WHERE key = :key AND type LIKE '%deadline-set%' ORDER BY seq",
                    key=str(person),
                )
                found = [DeadlineSet.model_validate(row.data) for row in events]
                seen.add(tuple(sorted(f"{one.rule} {one.starts_on} {one.due_on}" for one in found)))
                tally.writes += 1
        assert len(seen) == 1, seen
        assert all(seen), LV
