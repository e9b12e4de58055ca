# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who signs in to a demo, and with what. Ids are always the same; secrets are made once per installation.

A secret or key is in no repository: it is made at the first start, in a folder that only the
owner of the installation reads.
"""

import json
import os
import secrets
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from demo.parties import MEMBERS, ORGANISATIONS, Member, organisation_id

__all__ = ["FIRST_SIGN_INS", "Identity", "ensure_identities", "listed", "write_bootstrap"]

FIRST_SIGN_INS = (
    "teacher-echt-nederlands",
    "consulent-lv",
    "policy-wassenaar",
    "policy-oegstgeest",
    "operations",
)
"""Whom a reader of the README signs in as."""

_KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class Identity:
    """One of the demo's persons or clients, with what a client proves itself with."""

    member: Member
    client_secret: str | None = None
    private_key_file: Path | None = None

    @property
    def name(self) -> str:
        """Under which it signs in."""
        return self.member.name


def ensure_identities(secrets_folder: Path) -> list[Identity]:
    """Every identity of the demo; secrets and keys that are not there yet are made.

    Args:
        secrets_folder: exists, and only its owner reads in it.
    """
    with ThreadPoolExecutor() as side_by_side:  # a key takes a good part of a second to make
        return list(side_by_side.map(partial(_with_proof, folder=secrets_folder), MEMBERS))


def listed(identities: list[Identity]) -> list[dict[str, Any]]:
    """The identities as the command lists them; a field that does not apply is left out."""
    gemeente_of = {one.slug: one.gemeentecode for one in ORGANISATIONS}
    rows: list[dict[str, Any]] = []
    for one in identities:
        row: dict[str, Any] = {
            "name": one.name,
            "kind": one.member.kind,
            "roles": [role.value for role in one.member.roles],
            "organisation": one.member.organisation,
            "organisationId": str(organisation_id(one.member.organisation)),
        }
        if (code := gemeente_of[one.member.organisation]) is not None:
            row["gemeentecode"] = code
        if one.client_secret is not None:
            row |= {
                "clientId": one.name,
                "clientSecret": one.client_secret,
                "privateKeyFile": str(one.private_key_file),
            }
        rows.append(row)
    return rows


def write_bootstrap(identities: list[Identity], path: Path) -> Path:
    """Write the file that tells the gateway which organisations, members and clients must exist.

    Holds hashes of secrets and public keys, no secret.
    """
    persons = [one for one in identities if one.member.kind == "person"]
    clients = [one for one in identities if one.member.kind == "client"]
    body = {
        "organisations": [
            {
                "id": str(organisation_id(one.slug)),
                "slug": one.slug,
                "name": one.name,
                "kinds": [kind.value for kind in one.kinds],
                "gemeentecode": one.gemeentecode,
                "serves": list(one.serves),
            }
            for one in ORGANISATIONS
        ],
        "members": [
            {
                "id": str(one.member.id),
                "name": one.name,
                "displayName": one.member.display_name,
                "organisation": one.member.organisation,
                "roles": [role.value for role in one.member.roles],
            }
            for one in persons
        ],
        "clients": [
            {
                "id": str(one.member.id),
                "clientId": one.name,
                "name": one.member.display_name,
                "organisation": one.member.organisation,
                "roles": [role.value for role in one.member.roles],
                "secretHash": sha256((one.client_secret or "").encode()).hexdigest(),
                "publicKey": _public_pem(one.private_key_file),
            }
            for one in clients
        ],
    }
    _write_once_whole(path, json.dumps(body, indent=2).encode())
    return path


def _with_proof(member: Member, folder: Path) -> Identity:
    if member.kind == "person":
        return Identity(member)
    secret_file, key_file = folder / f"{member.name}.secret", folder / f"{member.name}.pem"
    if not secret_file.exists():
        _write_once_whole(secret_file, secrets.token_urlsafe(32).encode())
    if not key_file.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write_once_whole(key_file, pem)
    return Identity(member, client_secret=secret_file.read_text().strip(), private_key_file=key_file)


def _public_pem(key_file: Path | None) -> str:
    if key_file is None:
        raise ValueError("a client has a key")
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _write_once_whole(path: Path, body: bytes) -> None:
    """Write a file that only its owner reads; a reader sees the old one or the whole new one."""
    handle, name = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(name).replace(path)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
