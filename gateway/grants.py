# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The signed grant that goes on to the services: who acts, and what is allowed."""

import contextlib
import os
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.access import Caller
from contracts.access import OrganisationKind, Role

__all__ = ["GrantMinter", "load_or_create_ed25519", "read_ed25519"]

_LIFETIME_SECONDS = 60
_REUSE_SECONDS = 30.0
_CACHE_SIZE = 10_000
_PLATFORM = UUID(int=0)


class GrantMinter:
    """Signs grants, and gives the same one again for half its life."""

    def __init__(self, key: Ed25519PrivateKey, *, now: Callable[[], float] = time.time) -> None:
        """Sign with this key; services hold its public half."""
        self._key = key
        self._now = now
        self._minted: OrderedDict[tuple[bytes, int], tuple[float, Caller, str]] = OrderedDict()

    @property
    def public_key_pem(self) -> str:
        """What services check grants with."""
        return (
            self._key.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    def cached(self, token: bytes, facts: int) -> tuple[Caller, str] | None:
        """The grant made for this token (its digest) under these facts, if it is young enough."""
        held = self._minted.get((token, facts))
        if held is None:
            return None
        until, caller, grant = held
        return (caller, grant) if self._now() < until else None

    def mint(self, caller: Caller, *, token: bytes, facts: int, expires_at: float) -> str:
        """Sign a grant for a caller, and keep it for the next requests with the same token.

        Args:
            caller: who acts.
            token: digest of the access token.
            facts: number of the version of the register and the day that the scopes come from.
            expires_at: of the access token, in seconds since the epoch; no grant outlives it long.
        """
        grant = self.sign(caller)
        until = min(self._now() + _REUSE_SECONDS, expires_at)
        self._minted[(token, facts)] = (until, caller, grant)
        while len(self._minted) > _CACHE_SIZE:
            self._minted.popitem(last=False)
        return grant

    def sign(self, caller: Caller) -> str:
        """Sign a grant for a caller."""
        now = int(self._now())
        return jwt.encode(
            {
                **caller.to_claims(),
                "aud": "services",
                "iat": now,
                "exp": now + _LIFETIME_SECONDS,
                "jti": uuid4().hex,
            },
            self._key,
            algorithm="EdDSA",
        )

    def sign_for_platform(self) -> str:
        """Sign a grant for the platform itself: for moving a demo's clock, never for data."""
        return self.sign(
            Caller(
                subject=_PLATFORM,
                kind="client",
                organisation_id=_PLATFORM,
                organisation_kind=OrganisationKind.OPERATIONS,
                roles=frozenset({Role.ADMINISTRATOR}),
            )
        )

    def forget(self) -> None:
        """Forget all grants, so that a changed register counts at once."""
        self._minted.clear()


def read_ed25519(pem: str) -> Ed25519PrivateKey:
    """Return the private key in a PEM.

    Raises:
        ValueError: it is no Ed25519 private key.
    """
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the key of the grants is an Ed25519 private key")
    return key


def load_or_create_ed25519(path: Path) -> Ed25519PrivateKey:
    """Return the key in a file, and make it first if there is none. Two processes may race."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pem = Ed25519PrivateKey.generate().private_bytes(
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
    return read_ed25519(path.read_text())
