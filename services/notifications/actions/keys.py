# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The change of keys: secrets of webhooks get the current key, a batch per transaction."""

from chassis.crypto import FieldCipher, Sealed
from chassis.db import Tx
from services.notifications.actions.webhooks import place_of_secret
from services.notifications.store import secrets

__all__ = ["renew_secrets"]

BATCH = 200


async def renew_secrets(tx: Tx, cipher: FieldCipher) -> int:
    """Encrypt secrets with the current key; answers how many, 0 when done.

    Raises:
        chassis.crypto.Unreadable: a key that is still needed is no longer in the ring.
    """
    rows = await secrets.stale(tx, key_id=cipher.current, fetch=BATCH)
    for row in rows:
        place = place_of_secret(row.id)
        sealed = cipher.seal(cipher.open(Sealed(row.key_id, row.ciphertext), bound_to=place), bound_to=place)
        row.key_id, row.ciphertext = sealed.key_id, sealed.ciphertext
    return len(rows)
