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
from chassis.metrics import metrics
from gateway.errors import IssuerAway

__all__ = [
    "FAMILIES",
    "MAX_TOKEN_BYTES",
    "Claims",
    "Issuer",
    "KeySource",
    "TokenVerifier",
    "check_header",
    "open_token",
    "refused",
]

Algorithm = Literal["RS256", "PS256", "ES256", "EdDSA"]

FAMILIES: Mapping[str, str] = MappingProxyType(
    {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
)
"""The key type that each algorithm needs. An issuer has one algorithm, and so one family."""

MAX_TOKEN_BYTES = 16_384
_LEEWAY_SECONDS = 30
_CACHE_SECONDS = 60.0
_CACHE_SIZE = 10_000
_MAX_LIFE_SECONDS = 43_200.0
"""No access token is believed that lives longer: that long is remembered who signed out."""
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

    @property
    def loaded(self) -> bool:
        """Whether any key was ever read: without one nothing can be said of a token."""
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
    subject_claim: str = "sub"
    """The claim that names the account of a person."""
    client_claim: str = ""
    """The claim that only the token of a system has, and that names it. Left out: a token is of a
    system when `sub` is its own `client_id` (RFC 9068, 2.2)."""
    own: bool = False
    """The built-in one: the register knows which of its accounts are systems."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a believed token says, as far as it matters here."""

    issuer: str
    sub: str  # the claim itself, as logout tokens name the account
    subject: str  # how the register names the account
    kind: Literal["person", "client"] | None  # None: only the register knows
    client_id: str | None
    session_id: str | None  # of the sign-in, where the issuer names it
    issued_at: float  # seconds since the epoch, by the clock of the issuer
    expires_at: float  # seconds since the epoch, real time
    token_id: str
    digest: bytes = field(repr=False)  # SHA-256 of the token
    acr: str | None = None  # how strong the sign-in was, in the issuer's words; None: not told
    amr: frozenset[str] = frozenset()  # by which methods
    auth_time: float | None = None  # when, seconds since the epoch; None: not told


class TokenVerifier:
    """Checks tokens and remembers the verified ones for a minute at most."""

    def __init__(
        self,
        issuers: Mapping[str, Issuer],
        *,
        ended: Callable[[Claims], bool] = lambda _: False,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Trust these issuers, by their `iss`; `ended` tells whether somebody signed out since."""
        self._issuers = dict(issuers)
        self._ended = ended
        self._now = now
        self._seen: OrderedDict[bytes, tuple[float, int, Claims]] = OrderedDict()
        self._hit = metrics().token_cache.labels("hit")
        self._miss = metrics().token_cache.labels("miss")
        self.hits = 0
        self.misses = 0

    async def verify(self, token: str) -> Claims:
        """Return what the token says.

        Raises:
            Unauthenticated: the token is not believed. The detail helps its owner and tells an
                attacker nothing: it never repeats what the token holds.
            IssuerAway: there is nothing to check it with yet.
        """
        claims = await self._signed(token)
        # Asked each time, also of a token that is remembered.
        if self._ended(claims):
            raise refused("De sessie van dit token is beëindigd.")
        return claims

    async def _signed(self, token: str) -> Claims:
        if len(token) > MAX_TOKEN_BYTES:
            raise refused("Het token is te lang.")
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        now = self._now()
        if (hit := self._seen.get(digest)) is not None:
            until, generation, claims = hit
            if now < until and generation == self._issuers[claims.issuer].keys.generation:
                self._seen.move_to_end(digest)
                self.hits += 1
                self._hit.inc()
                return claims
            del self._seen[digest]
        self.misses += 1
        self._miss.inc()
        claims, generation = await self._verify(token, digest, now)
        self._seen[digest] = (min(claims.expires_at, now + _CACHE_SECONDS), generation, claims)
        while len(self._seen) > _CACHE_SIZE:
            self._seen.popitem(last=False)
        return claims

    async def _verify(self, token: str, digest: bytes, now: float) -> tuple[Claims, int]:
        header, unverified = open_token(token)
        name = unverified.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise refused("De uitgever van dit token wordt hier niet vertrouwd.")
        kid = check_header(header, issuer.algorithm, (issuer.token_type,))
        key = await issuer.keys.key(kid)
        if key is None:
            if not issuer.keys.loaded:
                raise IssuerAway(
                    "De inlogdienst geeft nu geen antwoord, dus dit token is niet na te gaan.",
                    headers={"Retry-After": "30"},
                )
            raise refused("De sleutel van dit token is niet bekend bij de uitgever.")
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
            raise refused("Het token is niet geldig.") from fault
        expires_at = _check_times(claims, now)
        if issuer.token_type.lower() == "jwt" and claims.get("typ", "Bearer") != "Bearer":
            raise refused("Dit is geen toegangstoken.")
        client_id = claims.get("azp", claims.get("client_id"))
        kind, subject = _account(claims, issuer)
        session_id = claims.get("sid")
        return (
            Claims(
                issuer=issuer.issuer,
                sub=_identifier(claims, "sub"),
                subject=subject,
                kind=kind,
                client_id=client_id if isinstance(client_id, str) else None,
                session_id=session_id if isinstance(session_id, str) else None,
                issued_at=float(claims["iat"]),
                expires_at=expires_at,
                token_id=_identifier(claims, "jti"),
                digest=digest,
                **_sign_in(claims),
            ),
            generation,
        )


def _sign_in(claims: dict[str, Any]) -> dict[str, Any]:
    """What a token tells of the sign-in. What has another form tells nothing, and meets no demand."""
    acr, amr, at = claims.get("acr"), claims.get("amr"), claims.get("auth_time")
    return {
        "acr": acr if isinstance(acr, str) else None,
        "amr": frozenset(one for one in amr if isinstance(one, str))
        if isinstance(amr, list)
        else frozenset(),
        "auth_time": float(at) if isinstance(at, int | float) and not isinstance(at, bool) else None,
    }


def _account(claims: dict[str, Any], issuer: Issuer) -> tuple[Literal["person", "client"] | None, str]:
    """Whether a token is of a person or of a system, and how the issuer calls its account.

    The two never share a name: whoever may choose a login cannot choose to be a system.
    """
    if issuer.own:
        return None, _identifier(claims, "sub")
    if issuer.client_claim:
        if claims.get(issuer.client_claim) is not None:
            return "client", _identifier(claims, issuer.client_claim)
        return "person", _identifier(claims, issuer.subject_claim)
    if claims["sub"] == claims.get("client_id", claims.get("azp")):
        return "client", _identifier(claims, "sub")
    return "person", _identifier(claims, issuer.subject_claim)


def open_token(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header and the unverified payload of a well-formed token.

    Only the one canonical spelling of each part is taken, so that no bit of a token can change
    without being noticed.
    """
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():  # noqa: PLR2004 - header, payload, signature
        raise refused("Dit is geen JWT.")
    decoded: list[bytes] = []
    for part in parts:
        try:
            raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        except (binascii.Error, ValueError) as fault:
            raise refused("Dit is geen JWT.") from fault
        if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
            raise refused("Dit is geen JWT.")
        decoded.append(raw)
    try:
        header, payload = (
            json.loads(raw.decode("utf-8"), object_pairs_hook=_no_duplicates) for raw in decoded[:2]
        )
    except (ValueError, RecursionError) as fault:
        raise refused("Dit is geen JWT.") from fault
    if not isinstance(header, dict) or not isinstance(payload, dict) or not decoded[2]:
        raise refused("Dit is geen ondertekend JWT.")
    return header, payload


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members


def check_header(header: dict[str, Any], algorithm: str, types: tuple[str, ...]) -> str:
    """Return the key id of a header that has nothing in it that could mislead.

    Raises:
        Unauthenticated: it has, or it is not of this algorithm or of one of these types.
    """
    if not _FORBIDDEN_HEADERS.isdisjoint(header):
        raise refused("De kop van het token bevat een veld dat hier niet is toegestaan.")
    if header.get("alg") != algorithm:
        raise refused("Het token is met een ander algoritme ondertekend dan afgesproken.")
    kind = header.get("typ")
    wanted = {one.lower() for one in types}
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in wanted:
        raise refused("Dit is geen toegangstoken.")
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_ID_CHARACTERS:
        raise refused("In de kop van het token ontbreekt de sleutelaanduiding.")
    return kid


def _check_times(claims: dict[str, Any], now: float) -> float:
    """Return when the token expires."""
    times: dict[str, float] = {}
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name)
        if value is None and name == "nbf":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:  # noqa: PLR2004 - the year 5138
            raise refused("Een tijdstip in het token is geen tijdstip.")
        times[name] = float(value)
    if times["exp"] <= now:
        raise refused("Het token is verlopen.")
    if max(times["iat"], times.get("nbf", 0.0)) > now + _LEEWAY_SECONDS:
        raise refused("Het token is nog niet geldig.")
    if times["exp"] - times["iat"] > _MAX_LIFE_SECONDS:
        raise refused("Het token is langer geldig dan hier wordt aangenomen.")
    return times["exp"]


def _identifier(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_ID_CHARACTERS:
        raise refused("Een aanduiding in het token ontbreekt of is te lang.")
    return value


def refused(detail: str) -> Unauthenticated:
    """The refusal of a token, in the words of RFC 6750."""
    return Unauthenticated(detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
