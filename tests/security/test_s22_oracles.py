# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S22: what does not exist cannot be told from what is somebody else's, by the answer or by its time.

What is compared is the way through the code: the same statements, the same comparison. Time is noise on a busy
machine: the means are held to the 5 % of the catalogue over 2,000 calls with `S22_CALLS=2000`.
"""

import hmac
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from gateway.client_proof import ClientProof
from gateway.oauth import invalid_client
from tests.journey.chain import Chain, chain_at_work
from tests.security.statements import statements
from tests.service.gateway.world import SECRET, World, world

CALLS = int(os.environ.get("S22_CALLS", "0"))
BOUND = 0.05
pytestmark = [pytest.mark.security("S22"), pytest.mark.timeout(1800 if CALLS else 300)]
CLIENT = "system-echt-nederlands"
STRANGER = "consulent@gemeente-leiden"  # of a gemeente that has nothing to do with the others' people
FOREIGN = "1916"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chain(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chain]:
    async with chain_at_work(postgres_url, tmp_path_factory.mktemp("s22")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def issuer(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    pace = {"address_burst": 1_000_000, "address_per_second": 1e6}
    async with world(postgres_url, tmp_path_factory.mktemp("s22"), settings=pace) as made:
        yield made


async def difference(one: Callable[[], Awaitable[Any]], other: Callable[[], Awaitable[Any]]) -> float:
    """How far the means of two calls lie apart, as a part of the smaller. They take turns; none where none is asked."""
    if not CALLS:
        return 0.0
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(CALLS):
        for call, kept in zip((one, other), times, strict=True):
            began = time.perf_counter()
            await call()
            kept.append(time.perf_counter() - began)
    # The slowest fifth waited for something else on this machine.
    means = [statistics.fmean(sorted(kept)[: max(1, len(kept) * 4 // 5)]) for kept in times]
    return abs(means[0] - means[1]) / min(means)


@pytest.mark.parametrize(
    "path",
    [
        "/intake/v1/inburgeraars/{id}",
        "/intake/v1/inburgeraars/{id}/pips",
        "/learning-routes/v1/inburgeraars/{id}/ledger",
    ],
)
async def test_an_id_of_another_and_an_id_of_nobody_are_one_answer(chain: Chain, path: str) -> None:
    token = (await chain.authorise(STRANGER))[0][1].decode()

    async def look(person: str) -> httpx.Response:
        return await chain.client.get(path.format(id=person), headers={"Authorization": token})

    foreign, unknown = chain.persons[FOREIGN], str(uuid4())
    await look(foreign)
    with statements() as of_foreign:
        theirs = await look(foreign)
    with statements() as of_unknown:
        nobodys = await look(unknown)
    assert theirs.status_code == nobodys.status_code == 404
    assert of_foreign
    assert of_foreign == of_unknown
    told = [{**answer.json(), "instance": None} for answer in (theirs, nobodys)]
    assert told[0] == told[1]
    assert len(theirs.content) == len(nobodys.content)
    assert theirs.headers.keys() == nobodys.headers.keys()
    assert foreign not in theirs.text
    assert await difference(lambda: look(foreign), lambda: look(unknown)) <= BOUND


async def ask(issuer: World, name: str, secret: str) -> httpx.Response:
    return await issuer.client.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(name, secret)
    )


async def compared(issuer: World, patch: pytest.MonkeyPatch, name: str) -> list[tuple[int, int]]:
    """The lengths of what is compared in constant time, for one wrong secret of a client."""
    lengths: list[tuple[int, int]] = []
    real = hmac.compare_digest

    def note(given: str, kept: str) -> bool:
        lengths.append((len(given), len(kept)))
        return real(given, kept)

    with patch.context() as patched:
        patched.setattr(hmac, "compare_digest", note)
        answer = await ask(issuer, name, "wrong")
    assert (answer.status_code, answer.json()["error_description"]) == (401, "unknown client or wrong secret")
    return lengths


async def test_a_client_of_nobody_and_a_wrong_secret_are_one_answer(
    issuer: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await ask(issuer, CLIENT, SECRET)).status_code == 200
    known = await compared(issuer, monkeypatch, CLIENT)
    assert known == [(64, 64)]  # digests, so that the length of a secret is not told either
    assert await compared(issuer, monkeypatch, "nobody") == known
    assert await compared(issuer, monkeypatch, "consulent-lv") == known
    wrong, unknown = await ask(issuer, CLIENT, "wrong"), await ask(issuer, "nobody", "wrong")
    assert wrong.content == unknown.content
    assert wrong.headers.keys() == unknown.headers.keys()
    far = await difference(lambda: ask(issuer, CLIENT, "wrong"), lambda: ask(issuer, "nobody", "wrong"))
    assert far <= BOUND


async def test_an_early_way_out_would_be_seen(issuer: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted weakness: who is unknown is refused before anything is compared."""
    real = ClientProof._client

    def early(self: ClientProof, name: str) -> Any:
        found = real(self, name)
        if found is None:
            raise invalid_client("unknown client or wrong secret")
        return found

    monkeypatch.setattr(ClientProof, "_client", early)
    assert await compared(issuer, monkeypatch, "nobody") != await compared(issuer, monkeypatch, CLIENT)
