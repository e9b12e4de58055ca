# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How numbers and old values of a person are encrypted, and how a number is claimed."""

import json
from typing import Any, Literal
from uuid import UUID

from chassis.crypto import Sealed
from chassis.db import Tx
from chassis.errors import FieldError
from services.intake.errors import PersonExists
from services.intake.models import Inburgeraar, PersonIdentity, PersonVersion
from services.intake.settings import Vault
from services.intake.store import persons

__all__ = [
    "NUMBERS",
    "Number",
    "claim",
    "number_of",
    "open_changes",
    "record",
    "reseal",
    "set_number",
    "version_of",
]

Number = Literal["bsn", "v_number"]
NUMBERS: dict[Number, tuple[str, str]] = {"bsn": ("bsn", "bsn"), "v_number": ("v-number", "vNumber")}
"""Per number: its kind in the blind index, and its name on the wire."""


def _place(inburgeraar_id: UUID, field: str) -> str:
    return f"intake/{inburgeraar_id}/{field}"


def number_of(identity: PersonIdentity, number: Number, vault: Vault) -> str | None:
    """The number in clear text, None if the person has none.

    Raises:
        chassis.crypto.Unreadable: its key is gone.
    """
    ciphertext = getattr(identity, f"{number}_ciphertext")
    if ciphertext is None:
        return None
    sealed = Sealed(getattr(identity, f"{number}_key_id"), ciphertext)
    return vault.cipher.open(sealed, bound_to=_place(identity.inburgeraar_id, number))


def set_number(identity: PersonIdentity, number: Number, value: str | None, vault: Vault) -> None:
    """Put a number into the row, encrypted with the current key."""
    sealed = None
    if value is not None:
        sealed = vault.cipher.seal(value, bound_to=_place(identity.inburgeraar_id, number))
    setattr(identity, f"{number}_ciphertext", sealed and sealed.ciphertext)
    setattr(identity, f"{number}_key_id", sealed and sealed.key_id)


async def claim(tx: Tx, number: Number, value: str, *, inburgeraar_id: UUID, vault: Vault) -> None:
    """Make a number this person's own.

    Raises:
        PersonExists: it is somebody else's. Names the other person only if the caller may see them.
    """
    kind, wire = NUMBERS[number]
    digests = vault.index.digests(value, kind=kind)
    if await persons.claim_number(tx, kind=kind, digests=digests, inburgeraar_id=inburgeraar_id):
        return
    holder = await persons.holder_of(tx, kind=kind, digests=digests)
    label = "BSN" if number == "bsn" else "V-nummer"
    detail = f"Er is al een inburgeraar geregistreerd met dit {label}."
    raise PersonExists(
        detail,
        errors=[FieldError("taken", detail, pointer=f"/{wire}")],
        extra={"inburgeraarId": None if holder is None or holder == inburgeraar_id else str(holder)},
    )


def record(
    tx: Tx, person: Inburgeraar, kind: str, changes: dict[str, tuple[Any, Any]], *, by: UUID, vault: Vault
) -> None:
    """Record what changed, who changed it and when. `changes` maps a field to before and after."""
    tx.add(version_of(tx, person, kind, changes, by=by, vault=vault))


def version_of(
    tx: Tx, person: Inburgeraar, kind: str, changes: dict[str, tuple[Any, Any]], *, by: UUID, vault: Vault
) -> PersonVersion:
    """The row that records what changed; see `record`."""
    text = json.dumps({field: list(pair) for field, pair in changes.items()}, default=str)
    sealed = vault.cipher.seal(text, bound_to=_place(person.id, f"version-{person.version}"))
    return PersonVersion(
        inburgeraar_id=person.id,
        version=person.version,
        recorded_at=tx.now,
        recorded_by=by,
        kind=kind,
        changed_fields=sorted(changes),
        changes_ciphertext=sealed.ciphertext,
        changes_key_id=sealed.key_id,
    )


def open_changes(row: PersonVersion, vault: Vault) -> dict[str, tuple[Any, Any]]:
    """The recorded changes: field to before and after.

    Raises:
        chassis.crypto.Unreadable: the key is gone.
    """
    sealed = Sealed(row.changes_key_id, row.changes_ciphertext)
    text = vault.cipher.open(sealed, bound_to=_place(row.inburgeraar_id, f"version-{row.version}"))
    return {field: (before, after) for field, (before, after) in json.loads(text).items()}


def reseal(row: PersonVersion, vault: Vault) -> None:
    """Encrypt recorded changes with the current key."""
    place = _place(row.inburgeraar_id, f"version-{row.version}")
    text = vault.cipher.open(Sealed(row.changes_key_id, row.changes_ciphertext), bound_to=place)
    sealed = vault.cipher.seal(text, bound_to=place)
    row.changes_ciphertext, row.changes_key_id = sealed.ciphertext, sealed.key_id
