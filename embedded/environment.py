# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The settings and secrets of an installation on one machine, made once and kept in its data folder.

What the environment of the command sets already stays as it is.
"""

import base64
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from embedded.folder import DataFolder

__all__ = ["DEMO_BEGINS", "environment", "keep_secrets", "kept_secrets", "write_private"]

DEMO_BEGINS = "2024-09-02T08:30:00+02:00"
"""Where the clock of a demo starts; its loader walks it to November."""


def environment(folder: DataFolder, *, address: str, bootstrap: Path) -> dict[str, str]:
    """The variables with which every process of this installation starts, secrets included.

    Args:
        folder: prepared.
        address: of the gateway, as people call it.
        bootstrap: file with the organisations, members and clients that must exist.
    """
    kept = keep_secrets(folder.secrets / "platform.json", _MAKERS)
    public_key = folder.secrets / "grant-public.pem"
    write_private(public_key, _public_half(kept["GATEWAY_GRANT_PRIVATE_KEY"]))
    made = {
        **kept,
        "OPEN_INBURGERING_ENVIRONMENT": "development",
        "OPEN_INBURGERING_PUBLIC_URL": address,
        "OPEN_INBURGERING_CLOCK_FILE": str(folder.clock),
        "OPEN_INBURGERING_GRANT_PUBLIC_KEY": str(public_key),
        "GATEWAY_STATE_DIR": str(folder.secrets / "gateway"),
        "GATEWAY_BOOTSTRAP_FILE": str(bootstrap),
        "NOTIFICATIONS_PORTAL_URL": f"{address}/portal",
        "PORTAL_GATEWAY_URL": address,
    }
    if not folder.clock.exists():
        made["OPEN_INBURGERING_CLOCK"] = DEMO_BEGINS
    return {name: os.environ.get(name) or value for name, value in made.items()}


def kept_secrets(folder: DataFolder) -> dict[str, str]:
    """The secrets of an installation as they are, by the name of their setting; none are made."""
    path = folder.secrets / "platform.json"
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found


def keep_secrets(path: Path, makers: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """The secrets in a file by name; those that are not there yet are made and added."""
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = makers.keys() - kept.keys()
    if missing:
        kept |= {name: makers[name]() for name in sorted(missing)}
        write_private(path, json.dumps(kept, indent=1).encode())
    return {name: kept[name] for name in makers}


def write_private(path: Path, body: bytes) -> None:
    """Write a file whole, for its owner only."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
    fresh.replace(path)


def _ring() -> str:
    return "demo:" + base64.b64encode(os.urandom(32)).decode()


def _grant_key() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def _public_half(private_pem: str) -> bytes:
    return (
        load_pem_private_key(private_pem.encode(), password=None)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


_MAKERS: dict[str, Callable[[], str]] = {
    "GATEWAY_GRANT_PRIVATE_KEY": _grant_key,
    "INTAKE_ENCRYPTION_KEYS": _ring,
    "INTAKE_INDEX_KEYS": _ring,
    "NOTIFICATIONS_ENCRYPTION_KEYS": _ring,
    "OPEN_INBURGERING_PSEUDONYM_KEY": lambda: secrets.token_urlsafe(32),
    "PORTAL_SESSION_KEYS": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
}
