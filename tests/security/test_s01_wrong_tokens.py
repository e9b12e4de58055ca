# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S01: a token that is nearly right opens nothing, at any door, and makes us call nobody.

`S01_EVERY_CELL=1` tries every wrong token at every operation. Else every wrong token is tried at
operations of each service, and every operation with some wrong token.
"""

import os
from collections.abc import AsyncIterator
from itertools import cycle
from typing import Any, cast

import jwt
import pytest
import pytest_asyncio

from chassis.errors import Unauthenticated
from gateway.catalogue import Operation
from gateway.front import Front
from tests.security.token_gate import Gate, address_of, gate, outbound_calls
from tests.security.wrong_tokens import mutations

EVERY_CELL = os.environ.get("S01_EVERY_CELL") == "1"
pytestmark = [pytest.mark.security("S01"), pytest.mark.timeout(1800 if EVERY_CELL else 300)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gate]:
    async with gate(postgres_url, tmp_path_factory.mktemp("s01")) as made:
        yield made


def cells(operations: list[Operation], names: list[str]) -> list[tuple[str, Operation]]:
    """Which wrong token is tried at which operation."""
    if EVERY_CELL:
        return [(name, operation) for name in names for operation in operations]
    by_service: dict[str, Any] = {}
    for operation in operations:
        by_service.setdefault(operation.service, []).append(operation)
    turns = {service: cycle(rows) for service, rows in by_service.items()}
    chosen = [(name, next(turn)) for name in names for turn in turns.values()]
    tried = {operation.id for _, operation in chosen}
    return chosen + [
        (name, operation)
        for name, operation in zip(cycle(names), operations, strict=False)
        if operation.id not in tried
    ]


async def test_the_right_token_opens_the_door(door: Gate) -> None:
    token = door.realm.token(door.subject)
    assert (await door.ask(token)).json()["name"] == "Naam van consulent-lv"
    before = len(door.reached)
    assert (await door.ask(token, "GET", "/intake/v1/inburgeraars")).status_code == 200
    assert len(door.reached) == before + 1


async def test_no_wrong_token_opens_any_door(door: Gate) -> None:
    assert (await door.ask(door.realm.token(door.subject))).status_code == 200
    wrong = mutations(door.realm, door.subject)
    assert len(wrong) >= 60
    assert {operation.service for operation in door.operations} == {"gateway", *door.services}
    reached, fetched = len(door.reached), door.realm.calls
    with outbound_calls() as seen:
        for name, operation in cells(door.operations, list(wrong)):
            answer = await door.ask(wrong[name], operation.method, address_of(operation))
            assert answer.status_code == 401, f"{name} at {operation.method} {operation.route}: {answer.text}"
            assert answer.json()["code"] == "unauthenticated"
            assert "invalid_token" in answer.headers["www-authenticate"]
            assert door.subject not in answer.text
    assert len(door.reached) == reached
    # For an unknown key our own issuer is asked once, and its keys are read again by the clock. Nobody else is.
    assert door.realm.calls - fetched <= (1 if not EVERY_CELL else 200)
    assert not [one for one in seen if "attacker" in one]
    assert not [one for one in seen if one.startswith("look up") and "127.0.0.1" not in one]
    assert "/attack" not in door.realm.asked


async def test_a_token_of_a_megabyte_is_not_even_read(door: Gate) -> None:
    claims = door.realm.claims(door.subject, extra="x" * 1_000_000)
    answer = await door.ask(door.realm.token(door.subject, body=claims))
    assert answer.status_code == 431
    large = door.realm.token(door.subject, body=door.realm.claims(door.subject, extra="x" * 16_000))
    assert (await door.ask(large)).status_code == 401


async def test_no_token_and_two_tokens_open_nothing(door: Gate) -> None:
    token = door.realm.token(door.subject)
    for headers in (
        [],
        [("Authorization", token)],
        [("Authorization", f"Basic {token}")],
        [("Authorization", "Bearer")],
        [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")],
        [("Cookie", f"access_token={token}")],
        [("X-Authorization", f"Bearer {token}")],
    ):
        assert (await door.client.get("/gateway/v1/me", headers=headers)).status_code == 401
    # Sometimes the digits of a token look like a number of a person, which no address may hold.
    assert (await door.client.get(f"/gateway/v1/me?access_token={token}")).status_code in {400, 401}


async def test_a_believed_token_of_a_person_never_passes_for_a_system(door: Gate) -> None:
    system = "account-of-system-echt-nederlands"
    person = door.realm.token(system)
    assert (await door.ask(person)).json()["code"] == "not-a-member"
    own = door.realm.token(system, body=door.realm.claims(system, client_id=system))
    assert (await door.ask(own)).json()["kind"] == "client"


class Careless:
    """A gateway that looks at the claims and not at who signed them: the planted weakness."""

    def __init__(self, real: Any) -> None:
        self._real = real

    async def verify(self, token: str) -> Any:
        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as fault:
            raise Unauthenticated from fault
        right = await self._real.verify(self.right)
        return type(right)(
            **{**{name: getattr(right, name) for name in right.__slots__}, "subject": claims["sub"]}
        )

    right = ""


async def test_a_gateway_that_does_not_look_at_signatures_would_be_seen(door: Gate) -> None:
    passport = cast("Front", door.door.app).passport
    weak = Careless(passport.verifier)
    weak.right = door.realm.token(door.subject)
    let_in = []
    passport.verifier = cast("Any", weak)
    try:
        for name, token in mutations(door.realm, door.subject).items():
            if (await door.ask(token)).status_code == 200:
                let_in.append(name)
    finally:
        passport.verifier = weak._real
    assert {"alg 'none'", "key of an attacker", "signature bit 7", "aud of another"} <= set(let_in)
