# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The change of keys: old ciphertexts get the current key, a batch per transaction."""

from chassis.db import Tx
from services.intake.actions import sealing
from services.intake.settings import Vault
from services.intake.store import decisions, persons

__all__ = ["renew_identities", "renew_index", "renew_versions"]

BATCH = 20
"""People per transaction: somebody who corrects one of them waits for it."""


async def renew_identities(tx: Tx, vault: Vault) -> int:
    """Encrypt numbers with the current key; answers how many people were renewed, 0 when done.

    Raises:
        chassis.crypto.Unreadable: a key that is still needed is no longer in the ring.
    """
    rows = await decisions.stale_identities(tx, key_id=vault.cipher.current, fetch=BATCH)
    for row in rows:
        for number in sealing.NUMBERS:
            sealing.set_number(row, number, sealing.number_of(row, number, vault), vault)
    return len(rows)


async def renew_versions(tx: Tx, vault: Vault) -> int:
    """Encrypt recorded changes with the current key; answers how many, 0 when done."""
    rows = await decisions.stale_versions(tx, key_id=vault.cipher.current, fetch=BATCH)
    for row in rows:
        sealing.reseal(row, vault)
    return len(rows)


async def renew_index(tx: Tx, vault: Vault) -> int:
    """Give a batch of people digests under every key of the ring and no other.

    Answers how many people, 0 when done. Somebody who is being registered or corrected at this moment
    is left to that: the row is locked.
    """
    rows = await persons.badly_indexed(tx, key_ids=vault.index.key_ids, fetch=BATCH)
    for row in rows:
        for number, (kind, _) in sealing.NUMBERS.items():
            value = sealing.number_of(row, number, vault)
            if value is not None:
                await persons.release_number(tx, kind=kind, inburgeraar_id=row.inburgeraar_id)
                await sealing.claim(tx, number, value, inburgeraar_id=row.inburgeraar_id, vault=vault)
    return len(rows)
