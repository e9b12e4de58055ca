# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keys: our own, kept in a state folder and loaded once, and those of issuers, fetched and kept.

Parsing a private key costs forty milliseconds, so a loaded key object is used for every signature.
"""

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from chassis.logs import log
from gateway.measures import measures
from gateway.tokens import FAMILIES

__all__ = ["LocalKeys", "RemoteKeys", "SigningKey", "load_or_create_rsa", "public_jwk", "read_jwk"]

_RSA_BITS = 2048
_MIN_RSA_BITS = 2048
_REFRESH_SECONDS = 30.0
_MAX_KEYS = 50


class SigningKey:
    """A private RSA key with its id and its public form."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        """Derive the id from the public key, so that a restart keeps it (RFC 7638)."""
        self.private = private
        self.public = private.public_key()
        self.jwk = public_jwk(self.public)
        self.kid = self.jwk["kid"]


def load_or_create_rsa(path: Path) -> SigningKey:
    """Return the key in a file, and make it first if there is none. Two processes may race."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        pem = fresh.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        handle, name = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        # A link fails if the other process was first; its key then counts.
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        Path(name).unlink()
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} does not hold an RSA key")
    return SigningKey(key)


def public_jwk(key: rsa.RSAPublicKey) -> dict[str, str]:
    """The public form of a key, with its thumbprint as id."""
    numbers = key.public_numbers()
    required = {"e": _b64(numbers.e), "kty": "RSA", "n": _b64(numbers.n)}
    thumbprint = hashlib.sha256(json.dumps(required, sort_keys=True, separators=(",", ":")).encode()).digest()
    kid = base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return {**required, "kid": kid, "use": "sig", "alg": "RS256"}


def _b64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_jwk(jwk: Mapping[str, Any], algorithm: str) -> Any:
    """Return the public key in a JWK, checked to fit an algorithm.

    Raises:
        ValueError: it is private or symmetric, too short, or meant for something else.
    """
    if jwk.get("kty") != FAMILIES[algorithm]:
        raise ValueError(f"a key of type {FAMILIES[algorithm]} is needed for {algorithm}")
    if "d" in jwk or "k" in jwk:
        raise ValueError("a private key has no place here")
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
        raise ValueError(f"the key is not for signatures with {algorithm}")
    try:
        key = jwt.PyJWK({**jwk, "alg": algorithm}).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as fault:
        raise ValueError("the key cannot be read") from fault
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < _MIN_RSA_BITS:
            raise ValueError("the RSA key is too short")
    elif isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name != "secp256r1":
            raise ValueError("ES256 needs the curve P-256")
    elif not isinstance(key, ed25519.Ed25519PublicKey):
        raise ValueError("a public key is needed")
    return key


class LocalKeys:
    """The keys of the built-in issuer: in memory, never fetched."""

    generation = 0
    loaded = True

    def __init__(self, *keys: SigningKey) -> None:
        """Hold these keys."""
        self._keys = {key.kid: key.public for key in keys}

    async def key(self, kid: str) -> Any | None:
        """The key with this id."""
        return self._keys.get(kid)


class RemoteKeys:
    """The keys of an external issuer, kept when the issuer is away.

    An unknown key id asks the issuer again, but at most once in thirty seconds whatever comes in:
    until then the answer stays no. So a flood of forged ids costs the issuer nothing. What is asked
    by the clock does not count for that, so that a new key is known with the first token it signed.
    """

    def __init__(
        self,
        algorithm: str,
        fetch: Callable[[], Awaitable[Mapping[str, Any]]],
        *,
        issuer: str = "",
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Read key sets with `fetch`, which raises OSError or ValueError when it cannot.

        Args:
            algorithm: of the signatures.
            fetch: asks the issuer.
            issuer: whose they are, for the metric; one of the settings, never a word of a token.
            monotonic: for the pace of asking.
            wall: for the metric.
        """
        self._algorithm = algorithm
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[str, Any] = {}
        self._issuer = issuer
        self._wall = wall
        self._read_at = measures().issuer_keys.labels(issuer)
        self._read_at.set(0)
        self._asked_at: float | None = None  # because of a token
        self._lock = asyncio.Lock()
        self.generation = 0
        self.failures = 0

    @property
    def loaded(self) -> bool:
        """Whether a key set was ever read."""
        return bool(self._keys)

    async def key(self, kid: str) -> Any | None:
        """The key with this id, asking the issuer if it may be asked."""
        if kid not in self._keys:
            async with self._lock:
                if kid not in self._keys and self._may_ask():
                    self._asked_at = self._monotonic()
                    await self.refresh()
        return self._keys.get(kid)

    def _may_ask(self) -> bool:
        return self._asked_at is None or self._monotonic() - self._asked_at >= _REFRESH_SECONDS

    async def refresh(self) -> bool:
        """Read the key set again; keep the old one when that fails. Answers whether it worked."""
        try:
            document = await self._fetch()
            keys = self._read(document)
        except (OSError, ValueError, TimeoutError) as fault:
            self.failures += 1
            log().warning(
                "issuer_keys_not_read",
                issuer=self._issuer,
                failures=self.failures,
                fault=type(fault).__name__,
            )
            return False
        if keys.keys() != self._keys.keys():
            self.generation += 1
        self._keys = keys
        self._read_at.set(self._wall())
        return True

    def _read(self, document: Mapping[str, Any]) -> dict[str, Any]:
        rows = document.get("keys")
        if not isinstance(rows, list) or len(rows) > _MAX_KEYS:
            raise ValueError("not a key set")
        keys: dict[str, Any] = {}
        for row in rows:
            if isinstance(row, dict) and isinstance(row.get("kid"), str):
                # A set may hold keys for encryption or other algorithms: those are not ours.
                with contextlib.suppress(ValueError):
                    keys[row["kid"]] = read_jwk(row, self._algorithm)
        if not keys:
            raise ValueError("no key for this algorithm")
        return keys
