# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""S04: forged internal headers, straight at a service and through the gateway.

That nobody gets in without a grant of the gateway is in the matrix of roles; here are grants that look
right, and headers by which other systems tell who somebody is.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.access import GRANT_HEADER, Caller, GrantVerifier
from chassis.testing import own
from contracts.access import Role
from gateway import limits
from tests.journey.chain import OPERATIONS, address_of
from tests.security.population import World
from tests.security.sending import Sent, send

GRANT = GRANT_HEADER.lower().encode()
ATTACKER = Ed25519PrivateKey.generate()
WHO = {
    "X-Tenant": "1916",
    "X-User": "administrator",
    "X-User-Id": "1",
    "X-Roles": "administrator",
    "X-Organisation": "operations",
    "X-Gemeentecode": "1916",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-User": "administrator",
    "X-Forwarded-Host": "intake.internal",
    "X-Auth-Request-User": "administrator",
    "X-Original-URL": "/gateway/v1/clients",
    "X-HTTP-Method-Override": "GET",
    "Remote-User": "administrator",
    "Forwarded": "for=127.0.0.1",
}


def _claims() -> dict[str, Any]:
    caller = Caller(
        subject=uuid4(),
        kind="person",
        organisation_id=uuid4(),
        organisation_kind="gemeente",
        roles=frozenset(str(role) for role in Role),
        gemeentecode="1916",
        scopes=own("1916", "0546", "0579", "0626", "0629"),
    )
    now = int(time.time())
    return {**caller.to_claims(), "iat": now, "exp": now + 60, "aud": "services", "jti": uuid4().hex}


def forged_grants() -> dict[str, str]:
    """Grants for everything, none of them the gateway's."""
    claims = _claims()
    real_looking = jwt.encode(claims, ATTACKER, algorithm="EdDSA")
    head, body, _ = real_looking.split(".")
    unsigned = jwt.encode(claims, "", algorithm="none")
    return {
        "another key": real_looking,
        "no signature": f"{head}.{body}.",
        "alg none": unsigned,
        "secret": jwt.encode(claims, "x" * 64, algorithm="HS256"),
        "empty": "",
        "text": "administrator",
    }


async def let_in(
    world: World, grants: Mapping[str, str], *, services: Iterable[str] | None = None
) -> list[str]:
    """The operations that a service answers to somebody with a forged grant or forged headers.

    Args:
        world: with the services.
        grants: what is tried, by what it is called.
        services: only of these; of all where left out.
    """
    found = []
    upstreams: Mapping[str, Any] = world.chain.door.app.upstreams  # type: ignore[attr-defined]
    who = [(name.lower().encode(), value.encode()) for name, value in WHO.items()]
    for operation in world.chain.operations:
        if operation.public or (services is not None and operation.service not in services):
            continue
        for kind, grant in grants.items():
            headers = [*who, (GRANT, grant.encode()), (b"content-type", b"application/json")]
            answer = await upstreams[operation.service].ask(
                operation.method, address_of(operation), headers=headers, deadline=30
            )
            if answer.status != 401:
                found.append(f"{operation.method} {operation.route} with {kind}: {answer.status}")
    return found


async def changed_by_headers(world: World, names: Iterable[str]) -> list[str]:
    """The operations whose answer, through the gateway, is another one with forged headers than without."""
    found = []
    forged = {**WHO, GRANT_HEADER: forged_grants()["another key"]}
    for name in names:
        for operation in world.chain.operations:
            if operation.method != "GET" or operation.public:
                continue
            path = address_of(operation).replace("/v1/operations/status", "/v1/me")
            plain = await send(world.chain, name, "GET", path)
            other = await send(world.chain, name, "GET", path, headers=forged)
            if _told(plain) != _told(other):
                found.append(f"{name}: {operation.route} {_told(plain)} and {_told(other)}")
    return found


def _told(answer: Sent) -> tuple[int, str | None, int]:
    return answer.status, answer.code, len(answer.text)


@pytest.mark.security("S04")
@pytest.mark.timeout(300)
async def test_a_service_takes_no_grant_but_the_gateways(world: World) -> None:
    assert len(OPERATIONS) == len(world.chain.operations)
    assert await let_in(world, forged_grants()) == []


@pytest.mark.security("S04")
@pytest.mark.timeout(300)
async def test_through_the_gateway_forged_headers_have_no_effect(world: World) -> None:
    names = ("teacher@echt-nederlands", "policy-officer@gemeente-wassenaar")
    assert await changed_by_headers(world, names) == []


@pytest.mark.security("S04")
async def test_planted_a_verifier_that_does_not_look_at_the_signature_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def believe(_: GrantVerifier, token: str | None) -> Caller:
        return Caller.from_claims(jwt.decode(token or "", options={"verify_signature": False}))

    monkeypatch.setattr(GrantVerifier, "verify", believe)
    kind = "another key"
    assert await let_in(world, {kind: forged_grants()[kind]}, services={"notifications"})


@pytest.mark.security("S04")
async def test_planted_a_gateway_that_strips_nothing_is_reported(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weakness: what comes in from outside goes on, and the first grant counts: the forged one."""

    def keep(headers: Iterable[tuple[bytes, bytes]], *, cookies: bool = False) -> list[tuple[bytes, bytes]]:
        return list(headers)

    monkeypatch.setattr(limits, "strip", keep)
    assert await changed_by_headers(world, ("teacher@echt-nederlands",))
