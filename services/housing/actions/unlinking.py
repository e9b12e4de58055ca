# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The end of a link: who leaves, and what is no longer looked for."""

from datetime import date
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput
from contracts.housing import HouseholdUnlinked
from services.housing.actions import clocks
from services.housing.actions.households import locked_household, not_in_future
from services.housing.actions.tasks import withdraw_task
from services.housing.errors import HouseholdEnded, HouseholdMatched, on_day
from services.housing.models import Household
from services.housing.rules.codes import HouseholdStatus, TaskKind, UnlinkReason
from services.housing.store import households as store

__all__ = ["let_go", "unlink_household"]


async def unlink_household(
    tx: Tx, *, household_id: UUID, unlinked_on: date, reason: UnlinkReason
) -> Household:
    """End the link of a household without a house; its clocks and all that was meant for it are withdrawn.

    Its members may join another household, and its reference may be linked anew.

    Raises:
        HouseholdMatched: a match holds it.
        HouseholdEnded: it was housed or unlinked.
    """
    household = await locked_household(tx, household_id)
    if household.status == HouseholdStatus.UNLINKED and household.unlinked_on == unlinked_on:
        return household
    not_in_future(tx, unlinked_on, "/unlinkedOn")
    if unlinked_on < household.linked_on:
        raise InvalidInput.on(
            "/unlinkedOn", f"De koppeling begon op {on_day(household.linked_on)}.", code="before-link"
        )
    if household.status == HouseholdStatus.MATCHED:
        raise HouseholdMatched("Er loopt een match voor dit huishouden.")
    if household.status != HouseholdStatus.WAITING:
        raise HouseholdEnded("Dit huishouden is al gehuisvest of ontkoppeld.")
    household.status = HouseholdStatus.UNLINKED.value
    household.unlinked_on = unlinked_on
    household.unlink_reason = reason.value
    household.version += 1
    await clocks.withdraw(tx, household, clocks.Clock.HOUSE, "unlinked")
    await let_go(tx, household, unlinked_on)
    await tx.publish(
        HouseholdUnlinked(household_id=household.id, unlinked_on=unlinked_on, reason=reason.value),
        aggregate_id=household.id,
        version=household.version,
        gemeentecode=household.gemeentecode,
    )
    await tx.flush()
    return household


async def let_go(tx: Tx, household: Household, on: date) -> None:
    """Nobody is a member any more, or expected to be; tasks, pins and exchanges that wait for an agreement are over."""
    for member in (await store.members_of(tx, [household.id])).get(household.id, []):
        member.left_on = max(on, member.joined_on)
    for kind in TaskKind:
        await withdraw_task(tx, household.id, kind)
    await store.lift_pins(tx, household.id, tx.today)
    await store.withdraw_exchanges(tx, household.id)
    await store.withdraw_reunions(tx, household.id, tx.today)
