# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""F15 and F16: many ask at once for the last chairs, and with one key."""

import asyncio
import signal
from collections import Counter
from uuid import uuid4

import aiohttp
import pytest

from tests.faults.results import Tally
from tests.faults.sizes import TIMED, sized
from tests.faults.whole import CONSULENT, OTHER_CONSULENT, SCHOOL, Whole

LEIDEN = "0546"


@pytest.mark.fault("F15")
@pytest.mark.timeout(sized(1200, 3600))
async def test_of_two_hundred_who_ask_for_the_chairs_of_a_group_as_many_get_one_as_there_are(
    whole: Whole, tally: Tally
) -> None:
    rounds, people, at_once = sized(2, 50), sized(25, 200), 200
    async with whole.client() as client:
        placements = [
            placement
            for start in range(0, people, 25)
            for _, placement in await asyncio.gather(
                *(whole.placed(client) for _ in range(min(25, people - start)))
            )
        ]
        for _ in range(rounds):
            group = await whole.group(client)
            path = f"/learning-routes/v1/groups/{group}/memberships"
            chairs = (await whole.call(client, SCHOOL, "GET", path.removesuffix("/memberships")))["maxSize"]
            answers = await asyncio.gather(
                *(_claim(whole, client, path, placements[n % people]) for n in range(at_once))
            )
            tally.writes += at_once
            statuses = Counter(status for status, _ in answers)
            codes = {said["code"] for status, said in answers if status == 409}
            assert statuses == {201: chairs, 409: at_once - chairs}, statuses
            assert codes <= {"group-full", "already-member"}, codes
            (row,) = await whole.sql(
                "learning-routes",
                "SELECT count(*) AS n, count(DISTINCT placement_id) AS people FROM membership WHERE group_id = $1::uuid",
                group,
            )
            tally.settle(
                lost=max(0, chairs - row["n"]), doubled=max(0, row["n"] - chairs) + row["n"] - row["people"]
            )


async def _claim(
    whole: Whole, client: aiohttp.ClientSession, path: str, placement: str
) -> tuple[int, dict[str, str]]:
    """Ask for a chair until the answer says yes or no: 503 is neither."""
    while True:
        status, said = await whole.ask(client, SCHOOL, "POST", path, {"placementId": placement})
        if status not in {0, 503}:
            return status, said
        assert status == 503, said
        await asyncio.sleep(0.2)


@pytest.mark.fault("F16")
@pytest.mark.timeout(sized(1200, 3600))
async def test_a_key_makes_one_thing_whoever_repeats_it(whole: Whole, tally: Tally) -> None:
    keys, at_once = sized(8, 1000), sized(25, 50)
    path = "/intake/v1/inburgeraars"
    async with whole.client() as client:
        for number in range(keys):
            key = f"f16-{uuid4().hex}"
            body = whole.person(f"Sleutel {number}")
            answers = await asyncio.gather(
                *(raw(whole, client, CONSULENT, path, body, key) for _ in range(at_once))
            )
            tally.writes += at_once
            statuses = Counter(status for status, _ in answers)
            # On a machine with other work the platform may be too busy for fifty at once, and says so.
            busy = statuses.pop(503, 0) if not TIMED else 0
            tally.measured["refused"] = tally.measured.get("refused", 0) + busy
            assert set(statuses) <= {201, 409}, statuses
            made = {said for status, said in answers if status == 201}
            assert len(made) == 1, "every success is the same, byte for byte"
            assert all(b"idempotency-key-in-use" in said for status, said in answers if status == 409)
            assert await raw(whole, client, CONSULENT, path, body, key) == (201, made.pop())
            status, said = await raw(whole, client, CONSULENT, path, whole.person("Een ander"), key)
            assert (status, b"idempotency-key-reused" in said) == (409, True), said
            # The same key of somebody else elsewhere is another key.
            other = whole.person(f"Leiden {number}") | {"gemeentecode": LEIDEN}
            status, said = await raw(whole, client, OTHER_CONSULENT, path, other, key)
            assert (status, f"Leiden {number}".encode() in said) == (201, True), said
            (row,) = await whole.sql(
                "intake",
                "SELECT count(*) AS n FROM idempotency_key WHERE key = encode(sha256($1), 'hex')",
                key.encode(),
            )
            tally.settle(lost=max(0, 2 - row["n"]), doubled=max(0, row["n"] - 2))


@pytest.mark.fault("F16")
@pytest.mark.timeout(1200)
async def test_a_key_whose_first_answer_was_lost_in_a_crash_still_makes_one_thing(
    whole: Whole, tally: Tally
) -> None:
    key = f"f16-{uuid4().hex}"
    body = whole.person("Na de val")
    async with whole.client() as client:
        (before,) = await whole.sql("intake", "SELECT count(*) AS n FROM inburgeraar")
        asking = [
            asyncio.create_task(raw(whole, client, CONSULENT, "/intake/v1/inburgeraars", body, key))
            for _ in range(5)
        ]
        await asyncio.sleep(0.05)
        whole.kill("intake", signal.SIGKILL)
        tally.kills, tally.writes = 1, len(asking)
        first = [said for status, said in await asyncio.gather(*asking) if status == 201]
        await whole.all_ready()
        status, said = await raw(whole, client, CONSULENT, "/intake/v1/inburgeraars", body, key)
        assert status == 201, said
        assert set(first) <= {said}, "who was answered before the crash was told the same"
        (after,) = await whole.sql("intake", "SELECT count(*) AS n FROM inburgeraar")
        tally.settle(lost=0, doubled=after["n"] - before["n"] - 1)


async def raw(  # the bytes of an answer are what is compared
    whole: Whole, client: aiohttp.ClientSession, name: str, path: str, body: object, key: str
) -> tuple[int, bytes]:
    """Status and bytes of a keyed POST; status 0 where no answer came."""
    headers = {"Authorization": f"Bearer {whole.tokens[name]}", "Idempotency-Key": key}
    try:
        async with client.post(path, json=body, headers=headers) as answer:
            return answer.status, await answer.read()
    except (aiohttp.ClientError, ConnectionError):
        return 0, b""
