# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The organisations, members and clients that must exist at the start.

The first administrator cannot be registered by an administrator, so a file names them. What it
names is made, or gets its name and account from it, at every start; what it does not name is left
alone. Roles, and whether somebody may come in, are from the file only once: an administrator who
takes them away later must not have to think of a file.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from sqlalchemy.dialects.postgresql import insert as insert_into

from chassis.db import Tx
from contracts.access import OrganisationKind, Role
from gateway.keys import public_jwk
from gateway.models import Client, Member, Organisation
from gateway.settings import BUILT_IN

__all__ = ["Bootstrap", "BootstrapError", "apply", "check_accounts", "read"]


class BootstrapError(RuntimeError):
    """The file cannot be used; the text names the place and what was expected, and no value."""


class _Row(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class BootstrapOrganisation(_Row):
    """A party of the chain."""

    id: UUID
    slug: str
    name: str
    kinds: list[OrganisationKind] = Field(min_length=1)
    gemeentecode: str | None = Field(default=None, pattern=r"^[0-9]{4}$")
    serves: list[str] = Field(default_factory=list)


class _Account(_Row):
    """What a member and a client have in common. Without a subject: its name at the built-in issuer."""

    organisation: str
    roles: list[Role] = Field(min_length=1)
    issuer: str = BUILT_IN
    subject: str | None = None


class BootstrapMember(_Account):
    """A person of an organisation (its slug), who signs in at the built-in issuer unless told otherwise."""

    id: UUID
    name: str
    display_name: str


class BootstrapClient(_Account):
    """A system of an organisation (its slug)."""

    id: UUID
    client_id: str
    name: str
    secret_hash: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")  # SHA-256, hexadecimal
    public_key: str | None = None  # PEM, RSA


class Bootstrap(_Row):
    """The file."""

    organisations: list[BootstrapOrganisation]
    members: list[BootstrapMember] = Field(default_factory=list)
    clients: list[BootstrapClient] = Field(default_factory=list)


def read(path: Path) -> Bootstrap:
    """Return what a file names.

    Raises:
        BootstrapError: the file is not there, is not JSON or does not have this form.
    """
    try:
        found = Bootstrap.model_validate(json.loads(path.read_text()))
    except OSError as fault:
        raise BootstrapError(f"GATEWAY_BOOTSTRAP_FILE {path} cannot be read: {fault.strerror}") from fault
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BootstrapError(f"GATEWAY_BOOTSTRAP_FILE {path}: {place}: {first['msg']}") from None
    except ValueError as fault:
        raise BootstrapError(f"GATEWAY_BOOTSTRAP_FILE {path} is not JSON") from fault
    known = {one.slug for one in found.organisations}
    rows: list[_Account] = [*found.members, *found.clients]
    for row in rows:
        if row.organisation not in known:
            raise BootstrapError(
                f"GATEWAY_BOOTSTRAP_FILE {path}: organisation '{row.organisation}' is not in it"
            )
    return found


def check_accounts(wanted: Bootstrap, issuers: Iterable[str]) -> None:
    """Refuse in production who could only come in through the built-in issuer.

    Args:
        wanted: what the file names.
        issuers: the external issuers that are believed.

    Raises:
        BootstrapError: names the first such member or client, and no value of it.
    """
    known = set(issuers)
    names = [(one.name, one) for one in wanted.members] + [(one.client_id, one) for one in wanted.clients]
    for name, account in names:
        if account.issuer not in known or account.subject is None:
            raise BootstrapError(
                f"GATEWAY_BOOTSTRAP_FILE: '{name}' needs an issuer of GATEWAY_ISSUERS and its subject there; "
                "the built-in issuer does not run in production (docs/identity.md)"
            )
    for client in wanted.clients:
        if client.secret_hash is not None:
            raise BootstrapError(
                f"GATEWAY_BOOTSTRAP_FILE: '{client.client_id}' has a secret, which is for demos only: "
                "in production a system proves itself with its key at the issuer (docs/identity.md)"
            )


async def apply(tx: Tx, wanted: Bootstrap) -> None:
    """Make or update what the file names; secrets only outside production (the caller sees to that).

    A member or client that is there keeps its roles, and stays inactive where it is.
    """
    by_slug = {one.slug: one.id for one in wanted.organisations}
    for organisation in wanted.organisations:
        await _put(
            tx,
            Organisation,
            {
                "id": organisation.id,
                "slug": organisation.slug,
                "name": organisation.name,
                "kinds": [kind.value for kind in organisation.kinds],
                "gemeentecode": organisation.gemeentecode,
                "serves": organisation.serves,
            },
        )
    for member in wanted.members:
        await _put(
            tx,
            Member,
            {
                "id": member.id,
                "name": member.name,
                "display_name": member.display_name,
                "organisation_id": by_slug[member.organisation],
                "roles": sorted(role.value for role in member.roles),
                "issuer": member.issuer,
                "subject": member.subject or member.name,
                "active": True,
            },
        )
    for client in wanted.clients:
        await _put(
            tx,
            Client,
            {
                "id": client.id,
                "client_id": client.client_id,
                "name": client.name,
                "organisation_id": by_slug[client.organisation],
                "roles": sorted(role.value for role in client.roles),
                "issuer": client.issuer,
                "subject": client.subject or client.client_id,
                "secret_hash": client.secret_hash,
                "public_keys": [_jwk(client.public_key)] if client.public_key else [],
                "active": True,
            },
        )


_ONCE = {"id", "roles", "active"}
"""What a row that is there keeps."""


async def _put(tx: Tx, model: type[Organisation | Member | Client], values: dict[str, Any]) -> None:
    """Insert, or update where something differs. Two processes that start at once may both do this."""
    table = sa.inspect(model).local_table
    insert = insert_into(table).values(**values, version=1, created_at=tx.now)
    changed = {name: insert.excluded[name] for name in values if name not in _ONCE}
    await tx.execute(
        insert.on_conflict_do_update(
            index_elements=["id"],
            set_={**changed, "version": table.c.version + 1},
            where=sa.or_(*(table.c[name].is_distinct_from(value) for name, value in changed.items())),
        )
    )


def _jwk(pem: str) -> dict[str, str]:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except ValueError as fault:
        raise BootstrapError("a publicKey in GATEWAY_BOOTSTRAP_FILE is not a PEM public key") from fault
    if not isinstance(key, rsa.RSAPublicKey):
        raise BootstrapError("a publicKey in GATEWAY_BOOTSTRAP_FILE is not an RSA key")
    return public_jwk(key)
