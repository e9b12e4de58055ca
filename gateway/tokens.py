# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Access tokens: which ones are believed.

A token is believed when an issuer on the list signed it with an algorithm of that issuer's one
family, for this audience, and it is alive. Nothing in the token decides where its key comes from.
Tokens keep real time, whatever the legal clock says.
"""

import base64
import binascii
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, Protocol

import jwt

from chassis.errors import Unauthenticated

__all__ = ["FAMILIES", "Claims", "Issuer", "KeySource", "TokenVerifier"]

Algorithm = Literal["RS256", "PS256", "ES256", "EdDSA"]

FAMILIES: Mapping[str, str] = MappingProxyType(
    {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
)
"""The key type that each algorithm needs. An issuer has one algorithm, and so one family."""

MAX_TOKEN_BYTES = 16_384
_LEEWAY_SECONDS = 30
_CACHE_SECONDS = 60.0
_CACHE_SIZE = 10_000
_MAX_ID_CHARACTERS = 255
_FORBIDDEN_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip"})
_REQUIRED_CLAIMS = ("iss", "aud", "exp", "iat", "sub", "jti")


class KeySource(Protocol):
    """Where the public keys of one issuer come from; never from the token."""

    async def key(self, kid: str) -> Any | None:
        """The key with this id, or None when the issuer has no such key."""
        ...

    @property
    def generation(self) -> int:
        """Rises whenever the set of keys changes."""
        ...


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer that is believed."""

    issuer: str
    audience: str
    algorithm: Algorithm
    keys: KeySource
    token_type: str = "at+jwt"  # noqa: S105 - the name of a type, not a secret
    """The `typ` in the header: `at+jwt` (RFC 9068), or `JWT` for issuers that mark access tokens
    with a claim `typ` of `Bearer`, as Keycloak does."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a believed token says, as far as it matters here."""

    issuer: str
    subject: str
    client_id: str | None
    expires_at: float  # seconds since the epoch, real time
    token_id: str
    digest: bytes = field(repr=False)  # SHA-256 of the token


class TokenVerifier:
    """Checks tokens and remembers the verified ones for a minute at most."""

    def __init__(self, issuers: Mapping[str, Issuer], *, now: Callable[[], float] = time.time) -> None:
        """Trust these issuers, by their `iss`."""
        self._issuers = dict(issuers)
        self._now = now
        self._seen: OrderedDict[bytes, tuple[float, int, Claims]] = OrderedDict()
        self.hits = 0
        self.misses = 0

    async def verify(self, token: str) -> Claims:
        """Return what the token says.

        Raises:
            Unauthenticated: the token is not believed. The detail helps its owner and tells an
                attacker nothing: it never repeats what the token holds.
        """
        if len(token) > MAX_TOKEN_BYTES:
            raise _refused("Het token is te lang.")
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        now = self._now()
        if (hit := self._seen.get(digest)) is not None:
            until, generation, claims = hit
            if now < until and generation == self._issuers[claims.issuer].keys.generation:
                self._seen.move_to_end(digest)
                self.hits += 1
                return claims
            del self._seen[digest]
        self.misses += 1
        claims, generation = await self._verify(token, digest, now)
        self._seen[digest] = (min(claims.expires_at, now + _CACHE_SECONDS), generation, claims)
        while len(self._seen) > _CACHE_SIZE:
            self._seen.popitem(last=False)
        return claims

    async def _verify(self, token: str, digest: bytes, now: float) -> tuple[Claims, int]:
        header, unverified = _open(token)
        name = unverified.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise _refused("De uitgever van dit token wordt hier niet vertrouwd.")
        kid = _check_header(header, issuer)
        key = await issuer.keys.key(kid)
        if key is None:
            raise _refused("De sleutel van dit token is niet bekend bij de uitgever.")
        generation = issuer.keys.generation
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[issuer.algorithm],
                audience=issuer.audience,
                issuer=issuer.issuer,
                # The times are checked below, against the clock that was handed in.
                options={
                    "require": list(_REQUIRED_CLAIMS),
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as fault:
            raise _refused("Het token is niet geldig.") from fault
        expires_at = _check_times(claims, now)
        if issuer.token_type.lower() == "jwt" and claims.get("typ", "Bearer") != "Bearer":
            raise _refused("Dit is geen toegangstoken.")
        client_id = claims.get("azp", claims.get("client_id"))
        return (
            Claims(
                issuer=issuer.issuer,
                subject=_identifier(claims, "sub"),
                client_id=client_id if isinstance(client_id, str) else None,
                expires_at=expires_at,
                token_id=_identifier(claims, "jti"),
                digest=digest,
            ),
            generation,
        )


def _open(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header and the unverified payload of a well-formed token.

    Only the one canonical spelling of each part is taken, so that no bit of a token can change
    without being noticed.
    """
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():  # noqa: PLR2004 - header, payload, signature
        raise _refused("Dit is geen JWT.")
    decoded: list[bytes] = []
    for part in parts:
        try:
            raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        except (binascii.Error, ValueError) as fault:
            raise _refused("Dit is geen JWT.") from fault
        if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
            raise _refused("Dit is geen JWT.")
        decoded.append(raw)
    try:
        header, payload = (
            json.loads(raw.decode("utf-8"), object_pairs_hook=_no_duplicates) for raw in decoded[:2]
        )
    except (ValueError, RecursionError) as fault:
        raise _refused("Dit is geen JWT.") from fault
    if not isinstance(header, dict) or not isinstance(payload, dict) or not decoded[2]:
        raise _refused("Dit is geen ondertekend JWT.")
    return header, payload


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members


def _check_header(header: dict[str, Any], issuer: Issuer) -> str:
    """Return the key id of a header that has nothing in it that could mislead."""
    if not _FORBIDDEN_HEADERS.isdisjoint(header):
        raise _refused("De kop van het token bevat een veld dat hier niet is toegestaan.")
    if header.get("alg") != issuer.algorithm:
        raise _refused("Het token is met een ander algoritme ondertekend dan afgesproken.")
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") != (issuer.token_type.lower()):
        raise _refused("Dit is geen toegangstoken.")
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_ID_CHARACTERS:
        raise _refused("In de kop van het token ontbreekt de sleutelaanduiding.")
    return kid


def _check_times(claims: dict[str, Any], now: float) -> float:
    """Return when the token expires."""
    times: dict[str, float] = {}
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name)
        if value is None and name == "nbf":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:  # noqa: PLR2004 - the year 5138
            raise _refused("Een tijdstip in het token is geen tijdstip.")
        times[name] = float(value)
    if times["exp"] <= now:
        raise _refused("Het token is verlopen.")
    if max(times["iat"], times.get("nbf", 0.0)) > now + _LEEWAY_SECONDS:
        raise _refused("Het token is nog niet geldig.")
    return times["exp"]


def _identifier(claims: dict[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID_CHARACTERS:
        raise _refused("Een aanduiding in het token ontbreekt of is te lang.")
    return value


def _refused(detail: str) -> Unauthenticated:
    return Unauthenticated(detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
