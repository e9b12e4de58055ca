# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Encryption of single fields at rest, and blind indexes to find them by.

A key id stands beside each ciphertext and each digest, so that keys can be replaced one row at a
time: new rows take the first key of the ring, old rows stay readable while their key is in it.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["BlindIndex", "Digest", "FieldCipher", "KeyRingError", "Sealed", "Unreadable"]

_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
_KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyRingError(ValueError):
    """The setting does not hold a usable ring of keys. Never repeats a key."""


class Unreadable(Exception):
    """A ciphertext cannot be opened: its key is gone, or it was changed or moved."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ciphertext and the id of the key that opens it."""

    key_id: str
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Digest:
    """A keyed digest and the id of the key that made it."""

    key_id: str
    digest: bytes


def _parse(ring: str) -> dict[str, bytes]:
    """The keys of `kid:base64,kid:base64`, in order.

    Raises:
        KeyRingError: empty, a doubled or malformed id, or a key that is not 32 bytes of base64.
    """
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(filter(None, (part.strip() for part in ring.split(","))), 1):
        key_id, colon, text = entry.partition(":")
        if not colon or not _KEY_ID.fullmatch(key_id):
            raise KeyRingError(f"key {number}: expected kid:base64, with a kid of letters and digits")
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error as fault:
            raise KeyRingError(f"key {number} ({key_id}): not base64") from fault
        if len(key) != _KEY_BYTES:
            raise KeyRingError(f"key {number} ({key_id}): {len(key)} bytes, expected {_KEY_BYTES}")
        if key_id in keys:
            raise KeyRingError(f"key {number}: the id {key_id} occurs twice")
        keys[key_id] = key
    if not keys:
        raise KeyRingError("no keys: expected kid:base64,kid:base64, the current one first")
    return keys


class FieldCipher:
    """AES-256-GCM for single fields. The first key of the ring seals, all of them open."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self.current = next(iter(self._ciphers))

    @classmethod
    def parse(cls, ring: str) -> "FieldCipher":
        """The cipher of a setting `kid:base64,…`; raises `KeyRingError`."""
        return cls(_parse(ring))

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the ring, the current one first."""
        return tuple(self._ciphers)

    def seal(self, plaintext: str, *, bound_to: str) -> Sealed:
        """Encrypt with the current key.

        `bound_to` names the place (row and field), so that a ciphertext that is copied to another
        row does not open there.
        """
        nonce = os.urandom(_NONCE_BYTES)
        body = self._ciphers[self.current].encrypt(nonce, plaintext.encode(), bound_to.encode())
        return Sealed(self.current, nonce + body)

    def open(self, sealed: Sealed, *, bound_to: str) -> str:
        """Decrypt.

        Raises:
            Unreadable: the key is not in the ring, or the ciphertext does not belong here.
        """
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise Unreadable(f"key {sealed.key_id} is not in the ring")
        nonce, body = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, body, bound_to.encode()).decode()
        except InvalidTag as fault:
            raise Unreadable("the ciphertext was changed, or belongs to another row") from fault


class BlindIndex:
    """HMAC-SHA256 digests by which an encrypted value can be found and kept unique."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self.current = next(iter(self._keys))

    @classmethod
    def parse(cls, ring: str) -> "BlindIndex":
        """The index of a setting `kid:base64,…`; raises `KeyRingError`."""
        return cls(_parse(ring))

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the ring, the current one first."""
        return tuple(self._keys)

    def digests(self, value: str, *, kind: str) -> tuple[Digest, ...]:
        """The digest under every key of the ring, the current one first.

        Storing all of them keeps a value unique while a key is being replaced. `kind` keeps
        equal numbers of different meaning apart.
        """
        message = f"{kind}\x00{value}".encode()
        return tuple(
            Digest(key_id, hmac.new(key, message, hashlib.sha256).digest())
            for key_id, key in self._keys.items()
        )
