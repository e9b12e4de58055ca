# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 3 of intake, the clock: after a change of keys, old rows get the new ones."""

from uuid import UUID

from chassis.service import Context, Service
from services.intake.actions import keys
from services.intake.settings import vault_of

__all__ = ["renew_keys"]

_OPERATION = Service.operation("renewKeys", "Sleutels vernieuwen", "sleutels-vernieuwen")


async def renew_keys(context: Context) -> None:
    """Renew ciphertexts and digests under keys that are no longer current, a batch per transaction."""
    vault = vault_of(context.settings)
    for renew in (keys.renew_identities, keys.renew_versions):
        renewed = -1
        while renewed:
            async with context.begin(operation=_OPERATION) as tx:
                renewed = await renew(tx, vault)
    last: UUID | None = None
    while True:
        async with context.begin(operation=_OPERATION) as tx:
            last = await keys.renew_index(tx, vault, after=last)
        if last is None:
            return
