# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How the portal proves itself at an issuer: with a key of its own, so that no secret is shared (RFC 7523)."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

__all__ = ["ASSERTION_TYPE", "ClientKeys"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SECONDS = 60
_MIN_RSA_BITS = 2048
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)

_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class ClientKeys:
    """The keys of the portal: the first signs, all are shown, so that a new one can be known before it is used."""

    def __init__(self, pem: str, *, thumbprints: bool = False) -> None:
        """Read the private keys of a text, PEM after PEM.

        Args:
            pem: the text.
            thumbprints: name the keys by their thumbprint (RFC 7638), as an issuer does to whom a key is handed over,
                instead of by the digest that the portal shows.

        Raises:
            ValueError: there is none, or one is not RSA (2048 bits or more), EC P-256 or Ed25519.
        """
        found = _PEM.findall(pem.replace("\\n", "\n"))
        if not found:
            raise ValueError("no private key in PEM form")
        self._keys = [_read(one) for one in found]
        if thumbprints:
            self._keys = [(key, {**jwk, "kid": _thumbprint(jwk)}) for key, jwk in self._keys]

    def key_set(self) -> dict[str, Any]:
        """The public halves, as an issuer reads them."""
        return {"keys": [jwk for _, jwk in self._keys]}

    def assertion(self, *, client_id: str, audience: str, now: Callable[[], float]) -> str:
        """A signed word that this is the portal, for one use at one issuer.

        Args:
            client_id: what the issuer calls the portal.
            audience: the issuer.
            now: real time.
        """
        key, jwk = self._keys[0]
        at = int(now())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "iat": at,
            "exp": at + _SECONDS,
            "jti": str(uuid4()),
        }
        return jwt.encode(claims, key, algorithm=jwk["alg"], headers={"kid": jwk["kid"]})


def _read(pem: str) -> tuple[_Key, dict[str, Any]]:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _MIN_RSA_BITS:
        return key, _shown(RSAAlgorithm.to_jwk(key.public_key()), "PS256", key)
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
        return key, _shown(ECAlgorithm.to_jwk(key.public_key()), "ES256", key)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key, _shown(OKPAlgorithm.to_jwk(key.public_key()), "EdDSA", key)
    raise ValueError("a key is RSA of 2048 bits or more, EC on P-256, or Ed25519")


def _thumbprint(jwk: dict[str, Any]) -> str:
    required = {name: value for name, value in jwk.items() if name not in {"use", "alg", "kid"}}
    digest = hashlib.sha256(json.dumps(required, sort_keys=True, separators=(",", ":")).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _shown(jwk: str, algorithm: str, key: _Key) -> dict[str, Any]:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    members: dict[str, Any] = json.loads(jwk)
    kept: dict[str, Any] = {
        name: members[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in members
    }
    return {**kept, "use": "sig", "alg": algorithm, "kid": digest.finalize().hex()[:32]}
