# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The change of keys while people work: nothing waits, nothing is lost, and a key goes only when nothing needs it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest

from chassis.care.keys import MissingKey
from chassis.testing import Bench, service_under_test
from services.intake.app import SERVICE
from tests.service.intake.people import ROOT, SETTINGS, Chain, Intake, a_person, a_v_number, keys
from tests.service.intake.restarting import restarted

STILL = replace(SERVICE, jobs=())
"""Without the hourly job, so that the operation alone renews."""

KEYS = "/intake/v1/operations/keys"
RENEWALS = "/intake/v1/operations/key-renewals"


def operator(bench: Bench) -> dict[str, str]:
    return bench.as_caller(roles={"operations"}, organisation_kind="operations")


async def uses(bench: Bench) -> dict[tuple[str, str], tuple[int, bool]]:
    answer = await bench.client.get(KEYS, headers=operator(bench))
    assert answer.status_code == 200, answer.text
    found: dict[tuple[str, str], tuple[int, bool]] = {}
    for one in answer.json()["items"]:
        place = (one["keyId"], f"{one['table']}.{one['column']}")
        found[place] = (one["rows"], one["mayBeRetired"])
    return found


async def renewed(bench: Bench) -> dict[str, Any]:
    state = (await bench.client.post(RENEWALS, headers=operator(bench))).json()
    give_up = time.monotonic() + 60
    while state["status"] in {"queued", "running"}:
        assert time.monotonic() < give_up, state
        await asyncio.sleep(0.1)
        state = (await bench.client.get(f"{RENEWALS}/{state['id']}", headers=operator(bench))).json()
    return dict(state)


async def taken(call: Callable[[], Awaitable[httpx.Response]]) -> None:
    """A write that is taken. On a machine that is too busy the API says to try again, having stored nothing."""
    answer = await call()
    while answer.status_code == 503 and answer.headers["Retry-After"]:
        await asyncio.sleep(0.2)
        answer = await call()
    assert answer.is_success, answer.text


async def test_every_column_gets_the_new_key_while_people_register_and_correct(postgres_url: str) -> None:
    async with service_under_test(STILL, postgres_url, settings=SETTINGS) as bench:
        intake, chain = Intake(bench), Chain(bench)
        people = [await intake.register(chain.lv(), vNumber=a_v_number()) for _ in range(25)]
        body = a_person()
        once = {**chain.lv(), "Idempotency-Key": "registered-under-the-old-key"}
        first = await bench.client.post(ROOT, json=body, headers=once)
        assert first.status_code == 201

        with pytest.raises(MissingKey, match="need the key 'e1'"):
            async with restarted(bench, service=STILL, encryption=keys("e2"), index=keys("i2", "i1")):
                pytest.fail("it started without a key that rows need")

        bench.live.begin_stop()  # its worker would take the work and knows no other key
        async with restarted(
            bench, service=STILL, encryption=keys("e2", "e1"), index=keys("i2", "i1")
        ) as during:
            calls = Intake(during)
            told: list[str] = []

            async def work() -> None:
                for number in range(10_000):
                    person = people[number % len(people)]
                    await taken(partial(calls.patch, person, {"city": f"Stad {number}"}, chain.lv()))
                    new = a_person()
                    await taken(partial(calls.post, ROOT, new, chain.lv()))
                    told.append(new["bsn"])

            working = asyncio.create_task(work())
            while len(told) < 2:
                assert not working.done(), working.exception()
                await asyncio.sleep(0.05)
            state = await renewed(during)
            assert state["status"] == "done", state
            assert state["renewed"] >= 2 * len(people)
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working  # what it found wrong is raised here
            found = await uses(during)
            old = {place: count for place, count in found.items() if place[0] in {"e1", "i1"}}
            assert old
            assert all(retired for _, retired in old.values()), old
            assert sum(count for (key, _), (count, _) in found.items() if key == "e1") == 0
            # An answer that was kept opens with what its sender knows: no ring, so nothing to renew.
            again = await during.client.post(ROOT, json=body, headers=once)
            assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
            assert again.json() == first.json()

        async with restarted(bench, service=STILL, encryption=keys("e2"), index=keys("i2")) as after:
            for person in people:
                assert (await Intake(after).read(person, chain.lv()))["bsn"] == person["bsn"]
            for bsn in told:
                second = await Intake(after).post(ROOT, a_person(bsn=bsn), chain.lv())
                assert second.status_code == 409, (
                    "a number that was registered during the change is free again"
                )


async def test_the_state_of_keys_is_for_operators(postgres_url: str) -> None:
    async with service_under_test(STILL, postgres_url, settings=SETTINGS) as bench:
        chain = Chain(bench)
        assert (await bench.client.get(KEYS, headers=chain.lv())).status_code == 403
        answer = await bench.client.get(
            f"{RENEWALS}/{'0' * 8}-0000-4000-8000-{'0' * 12}", headers=operator(bench)
        )
        assert answer.status_code == 404
        assert {(place[0], count) for place, count in (await uses(bench)).items()} == {
            ("e1", (0, False)),
            ("i1", (0, False)),
        }
