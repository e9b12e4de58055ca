# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S03: what was believed a moment ago is not believed a moment too long: keys, sign-outs and ends of tokens."""

import time
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import httpx
import jwt
import pytest
import pytest_asyncio

from gateway.ended import EndedSessions
from gateway.logout import BACK_CHANNEL_PATH, EVENT
from tests.security.token_gate import Gate, gate
from tests.security.wrong_tokens import fresh_key

pytestmark = pytest.mark.security("S03")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gate]:
    async with gate(postgres_url, tmp_path_factory.mktemp("s03")) as made:
        yield made


def believed(door: Gate, **changes: Any) -> str:
    return door.realm.token(door.subject, body=door.realm.claims(door.subject, **changes))


def logout_token(door: Gate, *, typ: str = "logout+jwt", key: Any = None, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": door.realm.issuer, "aud": "portal", "iat": now, "exp": now + 120, "jti": str(uuid4()),
        "events": {EVENT: {}}, "sub": door.subject, "sid": "session-1", **changes,
    }  # fmt: skip
    kept = {name: value for name, value in claims.items() if value is not ...}
    signer = key or door.realm.key
    return jwt.encode(kept, signer.private, "RS256", headers={"kid": signer.kid, "typ": typ})


async def tell(door: Gate, token: str) -> httpx.Response:
    return await door.client.post(BACK_CHANNEL_PATH, data={"logout_token": token})


async def test_a_remembered_token_ends_at_its_end(door: Gate) -> None:
    token = believed(door, exp=int(time.time()) + 400, sid="short")
    assert (await door.ask(token)).status_code == 200
    with door.later(200):
        assert (await door.ask(token)).status_code == 200
    with door.later(400):
        assert (await door.ask(token)).status_code == 401


async def test_a_key_that_was_taken_away_ends_its_tokens_with_the_next_reading(door: Gate) -> None:
    token = believed(door, sid="of-a-key")
    assert (await door.ask(token)).status_code == 200
    door.realm.published[:] = [fresh_key()]
    try:
        # The clock reads the keys every 45 seconds; here it is made to do so.
        assert await door.keys.refresh()
        assert (await door.ask(token)).status_code == 401
    finally:
        door.realm.published[:] = [door.realm.key]
        await door.keys.refresh()
    assert (await door.ask(token)).status_code == 200


async def test_a_session_that_ended_takes_its_tokens_along_and_no_others(door: Gate) -> None:
    session, other = f"session-{uuid4()}", f"session-{uuid4()}"
    mine, theirs = believed(door, sid=session), believed(door, sid=other)
    assert {(await door.ask(token)).status_code for token in (mine, theirs)} == {200}
    told = await tell(door, logout_token(door, sid=session))
    assert (told.status_code, told.headers["cache-control"]) == (200, "no-store")
    assert (await door.ask(mine)).status_code == 401
    assert (await door.ask(believed(door, sid=session))).status_code == 401  # and none comes after
    assert (await door.ask(theirs)).status_code == 200


async def test_an_account_that_signed_out_everywhere_begins_anew(door: Gate) -> None:
    subject = "account-of-klantmanager-oegstgeest"
    now = int(time.time())

    def of(session: Any, issued_at: int) -> str:
        claims = door.realm.claims(subject, sid=session, iat=issued_at)
        return door.realm.token(subject, body=claims)

    before = [of("one", now - 2), of("two", now - 2), of(..., now - 2)]
    assert {(await door.ask(token)).status_code for token in before} == {200}
    assert (await tell(door, logout_token(door, sub=subject, sid=..., iat=now - 1))).status_code == 200
    assert {(await door.ask(token)).status_code for token in before} == {401}
    assert (await door.ask(of("three", now))).status_code == 200


async def test_another_replica_knows_within_seconds_and_a_restart_forgets_nothing(door: Gate) -> None:
    session = f"session-{uuid4()}"
    token = believed(door, sid=session)
    claims = await door.verifier.verify(token)
    assert (await tell(door, logout_token(door, sid=session))).status_code == 200
    replica = EndedSessions(door.door.live.context.database)
    assert not replica.ended(claims)
    await replica.refresh()  # every five seconds by itself
    assert replica.ended(claims)
    much_later = EndedSessions(door.door.live.context.database, now=lambda: time.time() + 14 * 3600)
    await much_later.refresh()
    assert not much_later.ended(claims)  # no token lives that long


async def test_a_member_who_was_set_inactive_is_out_with_the_next_reading_of_the_register(door: Gate) -> None:
    subject = "account-of-vwn-volunteer"
    token = door.realm.token(subject, body=door.realm.claims(subject))
    assert (await door.ask(token)).status_code == 200
    administrator = door.realm.token(
        "account-of-administrator", body=door.realm.claims("account-of-administrator")
    )
    headers = {"Authorization": f"Bearer {administrator}"}
    me = (await door.ask(token)).json()["subject"]
    changed = await door.client.patch(
        f"/gateway/v1/members/{me}", json={"active": False}, headers={**headers, "If-Match": '"1"'}
    )
    assert changed.status_code == 200, changed.text
    assert (await door.ask(token)).json()["code"] == "not-a-member"


FORGED: dict[str, dict[str, Any]] = {
    "of an attacker": {"key": fresh_key()},
    "an access token": {"typ": "at+jwt"},
    "for another client": {"aud": "another"},
    "of another issuer": {"iss": "https://attacker.example"},
    "without the event": {"events": {}},
    "with another event": {"events": {"http://schemas.openid.net/event/other": {}}},
    "with a nonce, as an id token": {"nonce": "n"},
    "of nobody": {"sub": ..., "sid": ...},
    "of yesterday": {"iat": int(time.time()) - 86_400, "exp": ...},
    "of tomorrow": {"iat": int(time.time()) + 86_400},
    "expired": {"exp": int(time.time()) - 60},
    "without a number": {"jti": ...},
    "without a time": {"iat": ...},
}


@pytest.mark.parametrize("name", FORGED)
async def test_nobody_is_signed_out_by_a_message_that_is_not_the_issuers(door: Gate, name: str) -> None:
    session = f"session-{uuid4()}"
    token = believed(door, sid=session)
    refused = await tell(door, logout_token(door, **{"sid": session, **FORGED[name]}))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert (await door.ask(token)).status_code == 200


async def test_the_address_for_sign_outs_takes_one_form_and_nothing_else(door: Gate) -> None:
    token = logout_token(door, sid="never")
    doubled = f"logout_token={token}&logout_token={token}"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for answer in (
        await door.client.post(BACK_CHANNEL_PATH, json={"logout_token": token}),
        await door.client.post(BACK_CHANNEL_PATH, content=doubled, headers=form),
        await door.client.post(BACK_CHANNEL_PATH, data={}),
    ):
        assert answer.status_code == 400
    assert (await door.client.get(BACK_CHANNEL_PATH)).status_code == 405


async def test_a_gateway_that_remembers_without_asking_would_be_seen(door: Gate) -> None:
    """The planted weakness: a verifier that does not ask whether a session ended."""
    session = f"session-{uuid4()}"
    token = believed(door, sid=session)
    await tell(door, logout_token(door, sid=session))
    verifier = cast("Any", door.verifier)
    was, verifier._ended = verifier._ended, lambda _: False
    try:
        assert (await door.ask(token)).status_code == 200
    finally:
        verifier._ended = was
    assert (await door.ask(token)).status_code == 401
