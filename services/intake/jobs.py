# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 3 of intake, the clock: old rows get new keys, and data goes when its term is over."""

from chassis.logs import log
from chassis.service import Context, Service
from services.intake.actions import keys, retention
from services.intake.settings import vault_of
from services.intake.store import retention as due_people

__all__ = ["RENEWALS", "destroy_what_is_due", "reckon_terms", "renew_keys"]

_PEOPLE_AT_ONCE = 20
_RECKONED_AT_ONCE = 200
_DESTROY = Service.operation("destroyWhatIsDue", "Gegevens vernietigen", "gegevens-vernietigen")
_RECKON = Service.operation("reckonTerms", "Bewaartermijnen herberekenen", "bewaartermijnen-herberekenen")
_OPERATION = Service.operation("renewKeys", "Sleutels vernieuwen", "sleutels-vernieuwen")


async def _renew_identities(context: Context) -> int:
    async with context.begin(operation=_OPERATION) as tx:
        return await keys.renew_identities(tx, vault_of(context.settings))


async def _renew_versions(context: Context) -> int:
    async with context.begin(operation=_OPERATION) as tx:
        return await keys.renew_versions(tx, vault_of(context.settings))


async def _renew_index(context: Context) -> int:
    async with context.begin(operation=_OPERATION) as tx:
        return await keys.renew_index(tx, vault_of(context.settings))


RENEWALS = (_renew_identities, _renew_versions, _renew_index)
"""Each gives a batch of old rows the current key; 0 when none is left that nobody else holds."""


async def renew_keys(context: Context) -> None:
    """Renew ciphertexts and digests under keys that are no longer current, a batch per transaction."""
    for renew in RENEWALS:
        while await renew(context):
            continue


async def reckon_terms(context: Context) -> None:
    """Reckon anew from which day data must go, for everybody whose duty ended, a batch per transaction."""
    last = None
    while True:
        async with context.begin(operation=_RECKON) as tx:
            last = await retention.reckon_anew(tx, last, fetch=_RECKONED_AT_ONCE, settings=context.settings)
        if last is None:
            return


async def destroy_what_is_due(context: Context) -> None:
    """Reduce or destroy the data of everybody whose term is over, a small batch per transaction."""
    while True:
        async with context.begin(operation=_DESTROY) as tx:
            people = await due_people.due(tx, today=tx.today, fetch=_PEOPLE_AT_ONCE)
            done = [await retention.destroy_one(tx, person, context.settings) for person in people]
        if people:
            log().info("data_destroyed", people=sum(stage is not None for stage in done))
        # Somebody who is due and was held at the last moment waits for the next turn of the job.
        if len(people) < _PEOPLE_AT_ONCE or None in done:
            return
