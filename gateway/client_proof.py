# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a system proves who it is: by a signed assertion (RFC 7523), in a demo also by a secret."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus

import jwt

from gateway.directory import Directory, Identity
from gateway.keys import read_jwk
from gateway.oauth import Brief, invalid_client
from gateway.settings import BUILT_IN

__all__ = ["ASSERTION_TYPE", "ClientProof"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("RS256", "PS256"),
    "EC": ("ES256",),
    "OKP": ("EdDSA",),
}

_ASSERTION_SECONDS = 300
_SKEW_SECONDS = 30
_MIN_JTI_CHARACTERS = 22  # 128 bits in the densest usual spelling, base64url
_MAX_TEXT = 500


class ClientProof:
    """Checks what clients of the built-in issuer prove themselves with."""

    def __init__(self, directory: Directory, *, audiences: tuple[str, ...], now: Callable[[], float]) -> None:
        """Know clients from the directory; assertions name one of `audiences`."""
        self._directory = directory
        self._audiences = audiences
        self._now = now
        # An assertion from before we began could have been used already: we would not remember.
        self._began_at = int(now())
        self._used: Brief[bool] = Brief(_ASSERTION_SECONDS + 2 * _SKEW_SECONDS, now, size=100_000)

    def by_secret(self, authorization: str) -> Identity:
        """Who has the secret in an Authorization header.

        Raises:
            OAuthFault: nobody.
        """
        scheme, _, encoded = authorization.partition(" ")
        try:
            text = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as fault:
            raise invalid_client("the Authorization header is malformed") from fault
        name, separator, secret = text.partition(":")
        if scheme.lower() != "basic" or not separator:
            raise invalid_client("the Authorization header is malformed")
        identity = self._client(unquote_plus(name))
        digest = hashlib.sha256(unquote_plus(secret).encode()).hexdigest()
        # The same comparison is made for a client that does not exist, so the answer takes as long.
        kept = identity.secret_hash if identity is not None and identity.secret_hash else "0" * 64
        if not hmac.compare_digest(digest, kept) or identity is None:
            raise invalid_client("unknown client or wrong secret")
        return identity

    def by_assertion(self, form: Mapping[str, str]) -> Identity:
        """Who signed the assertion in a form.

        Raises:
            OAuthFault: nobody, or it was not meant for here and now.
        """
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise invalid_client("client_assertion_type is not the one of RFC 7523")
        assertion = form.get("client_assertion", "")
        try:
            header = jwt.get_unverified_header(assertion)
            unverified = jwt.decode(assertion, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as fault:
            raise invalid_client("the client assertion is not a JWT") from fault
        if {"jku", "jwk", "x5u", "x5c", "crit"} & header.keys():
            raise invalid_client("the client assertion has a header that is not allowed")
        name = unverified.get("sub")
        identity = self._client(name) if isinstance(name, str) else None
        if identity is None:
            raise invalid_client("unknown client or wrong key")
        claims = self._verified(assertion, header, identity)
        if claims.get("iss") != identity.name:
            raise invalid_client("iss and sub of the client assertion are the client id")
        self._check_fresh(claims, identity)
        return identity

    def _verified(self, assertion: str, header: Mapping[str, Any], identity: Identity) -> dict[str, Any]:
        algorithm, kid = header.get("alg"), header.get("kid")
        for jwk in identity.public_keys:
            if kid is not None and jwk.get("kid") != kid:
                continue
            if algorithm not in ASSERTION_ALGORITHMS.get(str(jwk.get("kty")), ()):
                continue
            try:
                key = read_jwk({**jwk, "alg": algorithm}, str(algorithm))
                claims: dict[str, Any] = jwt.decode(
                    assertion,
                    key,
                    algorithms=[str(algorithm)],
                    audience=list(self._audiences),
                    leeway=_SKEW_SECONDS,
                    options={"require": ["iss", "sub", "aud", "exp", "iat", "jti"]},
                )
            except (jwt.InvalidSignatureError, jwt.InvalidKeyError):
                continue
            except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as fault:
                raise invalid_client(
                    "the client assertion is expired, not meant for this endpoint, or incomplete"
                ) from fault
            return claims
        raise invalid_client("unknown client or wrong key")

    def _check_fresh(self, claims: Mapping[str, Any], identity: Identity) -> None:
        now = self._now()
        if claims["exp"] > now + _ASSERTION_SECONDS + _SKEW_SECONDS:
            raise invalid_client("the client assertion lives too long: at most 300 seconds")
        if claims["iat"] < self._began_at - 1:
            raise invalid_client("the client assertion is older than this issuer: sign a new one")
        jti = claims["jti"]
        if not isinstance(jti, str) or not _MIN_JTI_CHARACTERS <= len(jti) <= _MAX_TEXT:
            raise invalid_client("jti holds at least 128 random bits")
        use = f"{identity.name} {jti}"
        if self._used.look(use):
            raise invalid_client("this client assertion was used before")
        self._used.put(use, True)  # noqa: FBT003 - that it is there is what counts

    def _client(self, name: str) -> Identity | None:
        identity = self._directory.named(name)
        if identity is None or identity.kind != "client" or identity.issuer != BUILT_IN:
            return None
        return identity
