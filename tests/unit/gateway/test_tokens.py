# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which access tokens are believed: one right one, and everything that is nearly right."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from chassis.errors import Unauthenticated
from chassis.metrics import metrics
from gateway.keys import LocalKeys, RemoteKeys, SigningKey, read_jwk
from gateway.tokens import Issuer, TokenVerifier

NOW = 1_800_000_000.0
ISSUER = "https://issuer.example"
OTHER = "https://other.example"
AUDIENCE = "open-inburgering"
KEY = SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))
OTHER_KEY = SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()

Mutation = Callable[[], str]


class OneKey:
    """A key source with one key, that counts how often it is asked."""

    generation = 0
    loaded = True

    def __init__(self, kid: str, key: Any) -> None:
        self.kid, self.key_object, self.asked = kid, key, 0

    async def key(self, kid: str) -> Any | None:
        self.asked += 1
        return self.key_object if kid == self.kid else None


def verifier(clock: Callable[[], float] = lambda: NOW) -> TokenVerifier:
    return TokenVerifier(
        {
            ISSUER: Issuer(ISSUER, AUDIENCE, "RS256", LocalKeys(KEY)),
            OTHER: Issuer(OTHER, AUDIENCE, "ES256", OneKey("ec", EC_KEY.public_key())),
        },
        now=clock,
    )


def claims(**changes: Any) -> dict[str, Any]:
    made = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "consulent-lv",
        "azp": "portal",
        "iat": int(NOW) - 5,
        "exp": int(NOW) + 600,
        "jti": "b3b2f0a8-6a0e-4c39-a56e-3f6b3fdc6b6e",
    }
    return {name: value for name, value in {**made, **changes}.items() if value is not ...}


def header(**changes: Any) -> dict[str, Any]:
    made = {"alg": "RS256", "typ": "at+jwt", "kid": KEY.kid}
    return {name: value for name, value in {**made, **changes}.items() if value is not ...}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def pem(key: SigningKey = KEY) -> bytes:
    return key.public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def signed(
    head: Mapping[str, Any] | bytes | None = None,
    body: Mapping[str, Any] | bytes | None = None,
    key: SigningKey = KEY,
) -> str:
    """A token signed with RS256, whatever its header says."""
    head_raw = head if isinstance(head, bytes) else json.dumps(head or header()).encode()
    body_raw = body if isinstance(body, bytes) else json.dumps(body or claims()).encode()
    text = f"{b64(head_raw)}.{b64(body_raw)}"
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(
        text.encode(), key.private
    )
    return f"{text}.{b64(signature)}"


def hmac_signed(algorithm: str, secret: bytes) -> str:
    text = f"{b64(json.dumps(header(alg=algorithm)).encode())}.{b64(json.dumps(claims()).encode())}"
    return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def unsigned(spelling: str, *, signature: str = "") -> str:
    return (
        f"{b64(json.dumps(header(alg=spelling)).encode())}.{b64(json.dumps(claims()).encode())}.{signature}"
    )


def flipped(part: int, bit: int) -> str:
    """The right token with one bit of one part turned."""
    parts = signed().split(".")
    raw = bytearray(base64.urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
    raw[bit // 8 % len(raw)] ^= 1 << bit % 8
    parts[part] = b64(bytes(raw))
    return ".".join(parts)


def retyped_last_character() -> str:
    """The right token with other unused bits in the last character: the same bytes, spelled otherwise."""
    token = signed()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


def ec_signed() -> str:
    return jwt.encode(claims(), EC_KEY, algorithm="ES256", headers={"kid": KEY.kid, "typ": "at+jwt"})


def ed_signed() -> str:
    return jwt.encode(claims(), ED_KEY, algorithm="EdDSA", headers={"kid": KEY.kid, "typ": "at+jwt"})


def pss_signed() -> str:
    return jwt.encode(claims(), KEY.private, algorithm="PS256", headers={"kid": KEY.kid, "typ": "at+jwt"})


MUTATIONS: dict[str, Mutation] = {
    **{
        f"alg-{word or 'empty'}": partial(unsigned, word)
        for word in ("none", "None", "NONE", "nOnE", "none ", "")
    },
    "alg-none-with-signature": lambda: unsigned("none", signature=signed().split(".")[2]),
    "alg-null": lambda: signed(header(alg=None)),
    "alg-missing": lambda: signed(header(alg=...)),
    "alg-list": lambda: signed(header(alg=["RS256"])),
    "alg-lower-case": lambda: signed(header(alg="rs256")),
    "alg-rs512": lambda: signed(header(alg="RS512")),
    "alg-ps256-of-the-same-family": pss_signed,
    "hs256-with-public-pem": lambda: hmac_signed("HS256", pem()),
    "hs256-with-public-jwk": lambda: hmac_signed("HS256", json.dumps(KEY.jwk).encode()),
    "hs256-with-empty-secret": lambda: hmac_signed("HS256", b""),
    "hs512-with-public-pem": lambda: hmac_signed("HS512", pem()),
    "rs256-said-hs256-done": lambda: hmac_signed("RS256", pem()),
    "es256-under-an-rsa-key": ec_signed,
    "eddsa-under-an-rsa-key": ed_signed,
    "other-key": lambda: signed(key=OTHER_KEY),
    "other-key-with-its-own-kid": lambda: signed(header(kid=OTHER_KEY.kid), key=OTHER_KEY),
    "kid-missing": lambda: signed(header(kid=...)),
    "kid-empty": lambda: signed(header(kid="")),
    "kid-unknown": lambda: signed(header(kid="unknown")),
    "kid-number": lambda: signed(header(kid=1)),
    "kid-null": lambda: signed(header(kid=None)),
    "kid-path": lambda: signed(header(kid="../../dev/null")),
    "kid-too-long": lambda: signed(header(kid="k" * 300)),
    "jku": lambda: signed(header(jku="https://attacker.example/jwks")),
    "x5u": lambda: signed(header(x5u="https://attacker.example/cert")),
    "jwk": lambda: signed(header(jwk=OTHER_KEY.jwk), key=OTHER_KEY),
    "x5c": lambda: signed(header(x5c=["MIIB"])),
    "crit": lambda: signed(header(crit=["exp"])),
    "crit-unknown": lambda: signed(header(crit=["surprise"], surprise=True)),
    "b64-false": lambda: signed(header(b64=False)),
    "zip": lambda: signed(header(zip="DEF")),
    "typ-missing": lambda: signed(header(typ=...)),
    "typ-jwt": lambda: signed(header(typ="JWT")),
    "typ-id-token": lambda: signed(header(typ="id+jwt")),
    "typ-number": lambda: signed(header(typ=1)),
    "iss-missing": lambda: signed(body=claims(iss=...)),
    "iss-unknown": lambda: signed(body=claims(iss="https://attacker.example")),
    "iss-with-slash": lambda: signed(body=claims(iss=ISSUER + "/")),
    "iss-of-another-issuer": lambda: signed(body=claims(iss=OTHER)),
    "iss-list": lambda: signed(body=claims(iss=[ISSUER])),
    "aud-missing": lambda: signed(body=claims(aud=...)),
    "aud-other": lambda: signed(body=claims(aud="another-api")),
    "aud-internal": lambda: signed(body=claims(aud="services")),
    "aud-empty-list": lambda: signed(body=claims(aud=[])),
    "aud-number": lambda: signed(body=claims(aud=1)),
    "exp-missing": lambda: signed(body=claims(exp=...)),
    "exp-passed": lambda: signed(body=claims(exp=int(NOW) - 1)),
    "exp-now": lambda: signed(body=claims(exp=int(NOW))),
    "exp-text": lambda: signed(body=claims(exp=str(int(NOW) + 600))),
    "exp-null": lambda: signed(body=claims(exp=None)),
    "exp-true": lambda: signed(body=claims(exp=True)),
    "exp-infinite": lambda: signed(body=json.dumps(claims(exp=float("inf"))).encode()),
    "exp-nan": lambda: signed(body=json.dumps(claims(exp=float("nan"))).encode()),
    "exp-huge": lambda: signed(body=claims(exp=10**400)),
    "exp-negative": lambda: signed(body=claims(exp=-1)),
    "iat-missing": lambda: signed(body=claims(iat=...)),
    "iat-in-the-future": lambda: signed(body=claims(iat=int(NOW) + 120)),
    "nbf-in-the-future": lambda: signed(body=claims(nbf=int(NOW) + 120)),
    "nbf-text": lambda: signed(body=claims(nbf="soon")),
    "jti-missing": lambda: signed(body=claims(jti=...)),
    "jti-empty": lambda: signed(body=claims(jti="")),
    "jti-number": lambda: signed(body=claims(jti=1)),
    "sub-missing": lambda: signed(body=claims(sub=...)),
    "sub-empty": lambda: signed(body=claims(sub="")),
    "sub-number": lambda: signed(body=claims(sub=7)),
    "sub-too-long": lambda: signed(body=claims(sub="s" * 300)),
    "body-list": lambda: signed(body=b"[]"),
    "body-not-json": lambda: signed(body=b"{"),
    "body-not-utf8": lambda: signed(body=b'{"iss": "\xff"}'),
    "body-deep": lambda: signed(body=b"[" * 9000),
    "body-claim-twice": lambda: signed(
        body=json.dumps(claims()).encode()[:-1] + b', "sub": "administrator"}'
    ),
    "header-twice": lambda: signed(head=json.dumps(header()).encode()[:-1] + b', "alg": "none"}'),
    "header-list": lambda: signed(head=b'["alg"]'),
    "header-not-json": lambda: signed(head=b"alg"),
    "two-parts": lambda: signed().rpartition(".")[0],
    "four-parts": lambda: signed() + ".x",
    "encrypted-form": lambda: signed() + ".x.y",
    "signature-empty": lambda: signed().rpartition(".")[0] + ".",
    "signature-half": lambda: signed()[:-100],
    "truncated-in-the-body": lambda: signed()[:80],
    "padding-added": lambda: signed() + "==",
    "standard-base64": lambda: signed().replace("-", "+").replace("_", "/") + "+",
    "last-character-respelled": retyped_last_character,
    "line-break": lambda: signed()[:50] + "\n" + signed()[50:],
    "not-ascii": lambda: signed()[:-1] + "é",
    "empty": lambda: "",
    "dots": lambda: "..",
    "a-megabyte": lambda: signed(body=claims(extra="x" * 1_000_000)),
    **{f"signature-bit-{bit}": partial(flipped, 2, bit) for bit in (0, 7, 100, 1000, 2047)},
    **{f"body-bit-{bit}": partial(flipped, 1, bit) for bit in (3, 200, 555)},
    **{f"header-bit-{bit}": partial(flipped, 0, bit) for bit in (12, 91)},
}


def test_there_are_enough_wrong_tokens() -> None:
    assert len(MUTATIONS) >= 60


async def test_the_right_token_is_believed() -> None:
    found = await verifier().verify(signed())
    assert (found.issuer, found.subject, found.client_id) == (ISSUER, "consulent-lv", "portal")
    assert found.expires_at == NOW + 600


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_token_that_is_nearly_right_is_refused(name: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await verifier().verify(MUTATIONS[name]())
    assert "invalid_token" in refused.value.headers["WWW-Authenticate"]
    assert "consulent" not in refused.value.detail


async def test_the_audience_may_be_one_of_several() -> None:
    await verifier().verify(signed(body=claims(aud=["account", AUDIENCE])))


async def test_an_elliptic_token_of_its_own_issuer_is_believed() -> None:
    token = jwt.encode(claims(iss=OTHER), EC_KEY, algorithm="ES256", headers={"kid": "ec", "typ": "at+jwt"})
    assert (await verifier().verify(token)).issuer == OTHER


async def test_an_edwards_token_of_its_own_issuer_is_believed() -> None:
    source = OneKey("ed", ED_KEY.public_key())
    own = TokenVerifier({OTHER: Issuer(OTHER, AUDIENCE, "EdDSA", source)}, now=lambda: NOW)
    token = jwt.encode(claims(iss=OTHER), ED_KEY, algorithm="EdDSA", headers={"kid": "ed", "typ": "at+jwt"})
    assert (await own.verify(token)).issuer == OTHER


@pytest.mark.parametrize(("typ", "believed"), [("Bearer", True), ("ID", False), ("Refresh", False)])
async def test_an_issuer_that_marks_tokens_in_a_claim_sends_access_tokens_only(
    typ: str, *, believed: bool
) -> None:
    issuer = Issuer(ISSUER, AUDIENCE, "RS256", LocalKeys(KEY), token_type="JWT")
    own = TokenVerifier({ISSUER: issuer}, now=lambda: NOW)
    token = signed(header(typ="JWT"), claims(typ=typ))
    if believed:
        assert (await own.verify(token)).subject == "consulent-lv"
    else:
        with pytest.raises(Unauthenticated):
            await own.verify(token)


async def test_a_verified_token_is_remembered_but_never_past_its_end() -> None:
    clock = [NOW]
    own = verifier(lambda: clock[0])
    token = signed(body=claims(exp=int(NOW) + 20))
    await own.verify(token)
    await own.verify(token)
    assert (own.hits, own.misses) == (1, 1)
    clock[0] = NOW + 20
    with pytest.raises(Unauthenticated):
        await own.verify(token)


async def test_a_remembered_token_is_checked_again_after_a_minute() -> None:
    clock = [NOW]
    own = verifier(lambda: clock[0])
    token = signed()
    await own.verify(token)
    clock[0] = NOW + 61
    await own.verify(token)
    assert own.misses == 2


async def test_a_remembered_token_falls_with_the_keys_of_its_issuer() -> None:
    source = OneKey(KEY.kid, KEY.public)
    own = TokenVerifier({ISSUER: Issuer(ISSUER, AUDIENCE, "RS256", source)}, now=lambda: NOW)
    token = signed()
    await own.verify(token)
    source.kid, source.generation = "another", 1
    with pytest.raises(Unauthenticated):
        await own.verify(token)


class Published:
    """An issuer's key set, and how often it was fetched."""

    def __init__(self, *jwks: Mapping[str, Any]) -> None:
        self.jwks, self.fetched, self.away = list(jwks), 0, False

    async def __call__(self) -> Mapping[str, Any]:
        self.fetched += 1
        if self.away:
            raise OSError("away")
        return {"keys": self.jwks}


async def test_a_flood_of_unknown_keys_asks_the_issuer_at_most_once_in_thirty_seconds() -> None:
    clock = [0.0]
    published = Published(KEY.jwk)
    keys = RemoteKeys("RS256", published, monotonic=lambda: clock[0])
    own = TokenVerifier({ISSUER: Issuer(ISSUER, AUDIENCE, "RS256", keys)}, now=lambda: NOW)
    for number in range(1000):
        clock[0] = number / 100
        with pytest.raises(Unauthenticated):
            await own.verify(
                signed(header(kid=f"forged-{number}"), key=OTHER_KEY)
                if number < 3
                else f"{b64(json.dumps(header(kid=f'f{number}')).encode())}.{b64(json.dumps(claims()).encode())}.AAAA"
            )
    assert published.fetched == 1
    await own.verify(signed())
    clock[0] = 31.0
    assert await keys.key("forged-again") is None
    assert published.fetched == 2


async def test_a_new_key_of_the_issuer_is_found_and_an_old_one_forgotten() -> None:
    clock = [0.0]
    published = Published(KEY.jwk)
    keys = RemoteKeys("RS256", published, monotonic=lambda: clock[0])
    assert await keys.key(KEY.kid) is not None
    before = keys.generation
    published.jwks = [OTHER_KEY.jwk]
    clock[0] = 31.0
    assert await keys.key(OTHER_KEY.kid) is not None
    assert await keys.key(KEY.kid) is None
    assert keys.generation > before


async def test_the_keys_stay_when_the_issuer_is_away() -> None:
    clock = [0.0]
    published = Published(KEY.jwk)
    keys = RemoteKeys(
        "RS256", published, issuer=ISSUER, monotonic=lambda: clock[0], wall=lambda: 1e9 + clock[0]
    )

    def told() -> float | None:
        return metrics().registry.get_sample_value("issuer_keys_read_seconds", {"issuer": ISSUER})

    assert told() == 0, "never read yet"
    await keys.refresh()
    published.away = True
    clock[0] = 100.0
    assert not await keys.refresh()
    assert await keys.key(KEY.kid) is not None
    assert keys.failures == 1
    assert told() == 1e9, "its age tells the operator that the issuer is away"


SHORT = SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=1024))  # noqa: S505 - to see it refused
P384 = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key()))


@pytest.mark.parametrize(
    ("jwk", "algorithm"),
    [
        pytest.param({"kty": "oct", "k": "c2VjcmV0"}, "RS256", id="symmetric"),
        pytest.param({**KEY.jwk, "k": "c2VjcmV0"}, "RS256", id="symmetric-in-disguise"),
        pytest.param({**KEY.jwk, "d": "AQAB"}, "RS256", id="private"),
        pytest.param({**KEY.jwk, "use": "enc"}, "RS256", id="for-encryption"),
        pytest.param(KEY.jwk, "PS256", id="for-another-algorithm"),
        pytest.param(KEY.jwk, "ES256", id="of-another-family"),
        pytest.param(SHORT.jwk, "RS256", id="too-short"),
        pytest.param({"kty": "RSA", "n": "!!", "e": "AQAB"}, "RS256", id="unreadable"),
        pytest.param(P384, "ES256", id="another-curve"),
        pytest.param({}, "RS256", id="nothing"),
    ],
)
def test_a_key_that_does_not_fit_is_not_taken(jwk: dict[str, Any], algorithm: str) -> None:
    with pytest.raises(ValueError, match=r"key|ES256"):
        read_jwk(jwk, algorithm)


async def test_a_set_with_one_bad_key_keeps_the_good_ones() -> None:
    published = Published({"kty": "oct", "kid": "x", "k": "AA"}, SHORT.jwk, KEY.jwk)
    keys = RemoteKeys("RS256", published)
    assert await keys.key(KEY.kid) is not None
    assert await keys.key(SHORT.kid) is None
