# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The portal and an issuer that answers as it should, otherwise, late or not at all."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from portal.gateway import Fault
from portal.proof import ClientKeys
from portal.session import Flow
from portal.signin import Issuer, SignInRefused

ADDRESS = "https://login.example/realms/chain"
FLOW = Flow(
    state="s", nonce="n", verifier="v" * 43, redirect_uri="https://x/portal/callback", back_to="/portal/"
)
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def pem(key: Any) -> str:
    raw: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return raw.decode()


class Provider:
    """An issuer behind a transport: what it says can be changed."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[dict[str, list[str]]] = []
        self.documents = 0
        self.metadata: dict[str, Any] = {
            "issuer": ADDRESS,
            "authorization_endpoint": f"{ADDRESS}/auth",
            "token_endpoint": f"{ADDRESS}/token",
            "jwks_uri": f"{ADDRESS}/certs",
            "end_session_endpoint": f"{ADDRESS}/logout",
        }
        self.claims: dict[str, Any] = {}
        self.signer: Any = KEY
        self.kid = "one"
        self.status = 200

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        if self.away:
            raise httpx.ConnectError("away")
        path = request.url.path.removeprefix("/realms/chain")
        if path == "/.well-known/openid-configuration":
            self.documents += 1
            return httpx.Response(200, json=self.metadata)
        if path == "/certs":
            jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key()))
            return httpx.Response(200, json={"keys": [{**jwk, "kid": "one", "alg": "ES256", "use": "sig"}]})
        self.asked.append(parse_qs(request.content.decode()))
        return httpx.Response(self.status, json=self.tokens())

    def tokens(self) -> dict[str, Any]:
        now = int(time.time())
        made = {
            "iss": ADDRESS, "aud": "portal", "sub": "p", "iat": now, "exp": now + 60, "nonce": "n", **self.claims,
        }  # fmt: skip
        kept = {name: value for name, value in made.items() if value is not None}
        id_token = jwt.encode(kept, self.signer, "ES256", headers={"kid": self.kid})
        return {"access_token": "a", "refresh_token": "r2", "id_token": id_token, "expires_in": 300}


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


@pytest.fixture
def issuer(provider: Provider, clock: list[float]) -> Issuer:
    client = httpx.AsyncClient(base_url=ADDRESS, transport=httpx.MockTransport(provider))
    return Issuer(
        client, client_id="portal", audience=None, keys=ClientKeys(pem(KEY)), monotonic=lambda: clock[0]
    )


async def test_an_answer_that_is_right_is_taken(issuer: Issuer, provider: Provider) -> None:
    tokens = await issuer.finish(FLOW, code="c", answered_by=ADDRESS)
    assert (tokens.access, tokens.expires_in) == ("a", 300)
    sent = provider.asked[0]
    assert sent["code_verifier"] == [FLOW.verifier]
    assertion = jwt.decode(
        sent["client_assertion"][0], KEY.public_key(), algorithms=["ES256"], audience=ADDRESS
    )
    assert assertion["iss"] == assertion["sub"] == "portal"
    assert assertion["exp"] - assertion["iat"] == 60


CHANGES: dict[str, Callable[[Provider], None]] = {
    "nonce of another attempt": lambda one: one.claims.update(nonce="other"),
    "no nonce": lambda one: one.claims.update(nonce=None),
    "for another client": lambda one: one.claims.update(aud="other"),
    "authorised for another": lambda one: one.claims.update(aud=["portal", "other"], azp="other"),
    "of another issuer": lambda one: one.claims.update(iss="https://attacker.example"),
    "expired": lambda one: one.claims.update(exp=int(time.time()) - 120),
    "of nobody": lambda one: one.claims.update(sub=None),
    "signed by another": lambda one: setattr(one, "signer", OTHER_KEY),
    "under a key that is not published": lambda one: setattr(one, "kid", "two"),
    "no id token": lambda one: setattr(one, "tokens", lambda: {"access_token": "a"}),
    "no access token": lambda one: setattr(one, "tokens", dict),
    "refused": lambda one: setattr(one, "status", 400),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_an_answer_that_is_nearly_right_lets_nobody_in(
    issuer: Issuer, provider: Provider, name: str
) -> None:
    CHANGES[name](provider)
    with pytest.raises(SignInRefused):
        await issuer.finish(FLOW, code="c", answered_by=None)


async def test_an_answer_of_another_issuer_is_not_even_asked_about(
    issuer: Issuer, provider: Provider
) -> None:
    with pytest.raises(SignInRefused, match="andere inlogdienst"):
        await issuer.finish(FLOW, code="c", answered_by="https://attacker.example")
    provider.metadata["authorization_response_iss_parameter_supported"] = True
    issuer._metadata = None
    with pytest.raises(SignInRefused, match="andere inlogdienst"):
        await issuer.finish(FLOW, code="c", answered_by=None)
    assert not provider.asked


async def test_requests_of_one_page_renew_once(
    issuer: Issuer, provider: Provider, clock: list[float]
) -> None:
    answers = await asyncio.gather(*(issuer.refresh("r1") for _ in range(5)))
    assert len(provider.asked) == 1
    assert {one.refresh for one in answers} == {"r2"}
    clock[0] += 61
    await issuer.refresh("r1")
    assert len(provider.asked) == 2


async def test_nobody_is_sent_to_an_issuer_that_is_away(
    issuer: Issuer, provider: Provider, clock: list[float]
) -> None:
    address, _ = await issuer.begin(redirect_uri="https://x/portal/callback", back_to="/portal/")
    assert address.startswith(f"{ADDRESS}/auth?")
    await issuer.begin(redirect_uri="https://x/portal/callback", back_to="/portal/")
    assert provider.documents == 1
    provider.away = True
    clock[0] += 31
    for asking in (
        issuer.begin(redirect_uri="https://x/portal/callback", back_to="/portal/"),
        issuer.end(id_token="i", back_to="https://x/portal/"),
        issuer.refresh("r1"),
    ):
        with pytest.raises(Fault) as refused:
            await asking
        assert (refused.value.status, refused.value.retry_after) == (503, "30")
    provider.away = False
    assert (await issuer.refresh("r1")).access == "a"  # what was not answered is asked again


async def test_who_wants_another_account_is_asked_again(issuer: Issuer) -> None:
    address, _ = await issuer.begin(redirect_uri="https://x/cb", back_to="/portal/", again=True)
    assert "prompt=login" in address


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa.generate_private_key(public_exponent=65537, key_size=2048), "PS256"),
        (KEY, "ES256"),
        (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
    ],
)
def test_a_key_of_the_portal_signs_and_is_shown_by_its_public_half_alone(key: Any, algorithm: str) -> None:
    keys = ClientKeys(pem(key) + pem(KEY).replace("\n", "\\n"))
    first, second = keys.key_set()["keys"]
    assert (first["alg"], second["alg"]) == (algorithm, "ES256")
    assert not {"d", "p", "q", "k"} & (first.keys() | second.keys())
    assertion = keys.assertion(client_id="portal", audience=ADDRESS, now=time.time)
    assert jwt.get_unverified_header(assertion) == {"alg": algorithm, "typ": "JWT", "kid": first["kid"]}
    jwt.decode(assertion, jwt.PyJWK(first), algorithms=[algorithm], audience=ADDRESS)


@pytest.mark.parametrize(
    "text",
    [
        "no key",
        pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505 - to see it refused
        pem(ec.generate_private_key(ec.SECP384R1())),
    ],
)
def test_a_key_that_is_too_weak_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        ClientKeys(text)
