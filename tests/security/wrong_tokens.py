# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One right token of an external issuer, and everything that is nearly right."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from gateway.keys import SigningKey

AUDIENCE = "open-inburgering"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def fresh_key() -> SigningKey:
    return SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))


class Realm:
    """An issuer: its document and keys over HTTP, how often each was asked, and tokens that it signs."""

    def __init__(self) -> None:
        self.key, self.attacker = fresh_key(), fresh_key()
        self.elliptic = ec.generate_private_key(ec.SECP256R1())
        self.published = [self.key]
        self.issuer = ""
        self.asked: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = Request(scope).url.path
        self.asked[path] = self.asked.get(path, 0) + 1
        found: dict[str, Any] = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
        if path == "/jwks":
            found = {"keys": [key.jwk for key in self.published]}
        await JSONResponse(found)(scope, receive, send)

    @property
    def keys_fetched(self) -> int:
        return self.asked.get("/jwks", 0)

    @property
    def calls(self) -> int:
        return sum(self.asked.values())

    def claims(self, subject: str, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        made = {
            "iss": self.issuer, "aud": AUDIENCE, "sub": subject, "client_id": "portal", "sid": "session-1",
            "iat": now - 5, "exp": now + 300, "jti": str(uuid4()), **changes,
        }  # fmt: skip
        return {name: value for name, value in made.items() if value is not ...}

    def header(self, **changes: Any) -> dict[str, Any]:
        made = {"alg": "RS256", "typ": "at+jwt", "kid": self.key.kid, **changes}
        return {name: value for name, value in made.items() if value is not ...}

    def token(
        self,
        subject: str,
        head: Mapping[str, Any] | bytes | None = None,
        body: Mapping[str, Any] | bytes | None = None,
        key: SigningKey | None = None,
    ) -> str:
        """A token with a true RS256 signature, whatever its header says."""
        raw_head = head if isinstance(head, bytes) else json.dumps(head or self.header()).encode()
        raw_body = body if isinstance(body, bytes) else json.dumps(body or self.claims(subject)).encode()
        text = f"{b64(raw_head)}.{b64(raw_body)}"
        rs256 = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
        return f"{text}.{b64(rs256.sign(text.encode(), (key or self.key).private))}"


def _pem(key: SigningKey) -> bytes:
    return key.public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def mutations(realm: Realm, subject: str) -> dict[str, str]:
    """Tokens that must not be believed, by what is wrong with them."""
    right = realm.token(subject)
    head, body, signature = right.split(".")
    now = int(time.time())

    def with_head(key: SigningKey | None = None, **changes: Any) -> str:
        return realm.token(subject, realm.header(**changes), key=key)

    def with_claims(**changes: Any) -> str:
        return realm.token(subject, body=realm.claims(subject, **changes))

    def shared(algorithm: str, secret: bytes, digest: Callable[..., Any] = hashlib.sha256) -> str:
        text = f"{b64(json.dumps(realm.header(alg=algorithm)).encode())}.{body}"
        return f"{text}.{b64(hmac.digest(secret, text.encode(), digest))}"

    def unsigned(spelling: str, with_signature: str = "") -> str:
        return f"{b64(json.dumps(realm.header(alg=spelling)).encode())}.{body}.{with_signature}"

    def bit(part: int, number: int) -> str:
        parts = right.split(".")
        raw = bytearray(base64.urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
        raw[number // 8 % len(raw)] ^= 1 << number % 8
        parts[part] = b64(bytes(raw))
        return ".".join(parts)

    def other(algorithm: str, key: Any) -> str:
        return jwt.encode(
            realm.claims(subject), key, algorithm, headers={"kid": realm.key.kid, "typ": "at+jwt"}
        )

    public = _pem(realm.key)
    return {
        **{f"alg {word!r}": unsigned(word) for word in ("none", "None", "NONE", "nOnE", "none ", "")},
        "alg none with a signature": unsigned("none", signature),
        "alg missing": with_head(alg=...),
        "alg null": with_head(alg=None),
        "alg as a list": with_head(alg=["RS256"]),
        "alg in lower case": with_head(alg="rs256"),
        "alg RS512": with_head(alg="RS512"),
        "PS256 of the same key": other("PS256", realm.key.private),
        "HS256 with the public PEM": shared("HS256", public),
        "HS256 with the public JWK": shared("HS256", json.dumps(realm.key.jwk).encode()),
        "HS256 with an empty secret": shared("HS256", b""),
        "HS512 with the public PEM": shared("HS512", public, hashlib.sha512),
        "RS256 said, HS256 done": shared("RS256", public),
        "ES256 under an RSA kid": other("ES256", realm.elliptic),
        "key of an attacker": realm.token(subject, key=realm.attacker),
        "kid missing": with_head(kid=...),
        "kid empty": with_head(kid=""),
        "kid unknown": with_head(kid="unknown"),
        "kid of an attacker": with_head(realm.attacker, kid=realm.attacker.kid),
        "kid a path": with_head(kid="../../../dev/null"),
        "kid SQL": with_head(kid="' OR 1=1 --"),
        "kid a number": with_head(kid=1),
        "kid too long": with_head(kid="k" * 300),
        "jku": with_head(jku="https://attacker.example/jwks.json"),
        "jku on loopback": with_head(jku=f"{realm.issuer}/attack"),
        "x5u": with_head(x5u="https://attacker.example/x.pem"),
        "x5c": with_head(x5c=["MIIB"]),
        "x5t": with_head(x5t="AAAA"),
        "jwk of an attacker": with_head(realm.attacker, jwk=realm.attacker.jwk),
        "crit": with_head(crit=["exp"]),
        "crit unknown": with_head(crit=["surprise"], surprise=True),
        "b64 false": with_head(b64=False),
        "zip": with_head(zip="DEF"),
        "typ missing": with_head(typ=...),
        "typ JWT": with_head(typ="JWT"),
        "typ id+jwt": with_head(typ="id+jwt"),
        "typ logout+jwt": with_head(typ="logout+jwt"),
        "typ a number": with_head(typ=1),
        "iss missing": with_claims(iss=...),
        "iss of an attacker": with_claims(iss="https://attacker.example"),
        "iss with a slash": with_claims(iss=f"{realm.issuer}/"),
        "iss a list": with_claims(iss=[realm.issuer]),
        "aud missing": with_claims(aud=...),
        "aud of another": with_claims(aud="another-api"),
        "aud of grants": with_claims(aud="services"),
        "aud of the portal": with_claims(aud="portal"),
        "aud empty": with_claims(aud=[]),
        "aud a number": with_claims(aud=1),
        "exp missing": with_claims(exp=...),
        "exp passed": with_claims(exp=now - 1),
        "exp long passed": with_claims(exp=now - 86_400, iat=now - 90_000),
        "exp as text": with_claims(exp=str(now + 300)),
        "exp null": with_claims(exp=None),
        "exp true": with_claims(exp=True),
        "exp infinite": with_claims(exp=float("inf")),
        "exp not a number": with_claims(exp=float("nan")),
        "exp huge": with_claims(exp=10**400),
        "exp negative": with_claims(exp=-1),
        "lives for a year": with_claims(exp=now + 31_536_000),
        "iat missing": with_claims(iat=...),
        "iat in the future": with_claims(iat=now + 120),
        "nbf in the future": with_claims(nbf=now + 120),
        "nbf as text": with_claims(nbf="soon"),
        "jti missing": with_claims(jti=...),
        "jti a number": with_claims(jti=1),
        "sub missing": with_claims(sub=...),
        "sub empty": with_claims(sub=""),
        "sub a number": with_claims(sub=7),
        "sub a list": with_claims(sub=[subject]),
        "sub too long": with_claims(sub="s" * 300),
        "claims a list": realm.token(subject, body=b"[]"),
        "claims no JSON": realm.token(subject, body=b"{"),
        "claims no UTF-8": realm.token(subject, body=b'{"iss": "\xff"}'),
        "claims very deep": realm.token(subject, body=b"[" * 9000),
        "a claim twice": realm.token(
            subject, body=json.dumps(realm.claims(subject)).encode()[:-1] + b', "sub": "administrator"}'
        ),
        "header twice": realm.token(
            subject, head=json.dumps(realm.header()).encode()[:-1] + b', "alg": "none"}'
        ),
        "header a list": realm.token(subject, head=b'["alg"]'),
        "two parts": f"{head}.{body}",
        "signature gone": f"{head}.{body}.",
        "four parts": f"{right}.x",
        "five parts": f"{right}.x.y",
        "half a signature": right[:-100],
        "truncated": right[:80],
        "padded": f"{right}==",
        "the same bytes spelled otherwise": right[:-1] + _ALPHABET[_ALPHABET.index(right[-1]) ^ 1],
        "a space within": f"{right[:50]} {right[50:]}",
        "dots": "..",
        **{f"signature bit {number}": bit(2, number) for number in (0, 7, 1024, 2047)},
        **{f"claims bit {number}": bit(1, number) for number in (3, 200, 555)},
        **{f"header bit {number}": bit(0, number) for number in (12, 91)},
    }
