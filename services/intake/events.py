# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Door 2 of intake: who may see a name, who executes and leads, and local policy."""

from chassis.db import Tx
from contracts.event import Envelope
from contracts.gateway import GemeenteScopeSet, MemberSet, PolicySet
from contracts.learning_routes import PlacementEnded, PlacementMade
from services.intake.actions import leads
from services.intake.settings import vault_of
from services.intake.store import decisions, persons

__all__ = [
    "on_gemeente_scope_set",
    "on_member_set",
    "on_placement_ended",
    "on_placement_made",
    "on_policy_set",
]

_POLICY_UNITS = {"progress-talks": "talks in the term", "progress-talks-per-year": "talks a year"}
"""The choices of a gemeente that intake works with; others are for other services."""


async def on_placement_made(tx: Tx, event: PlacementMade, _: Envelope) -> None:
    """Let the taalschool see the name of the person placed with it."""
    await persons.placement_made(
        tx,
        placement_id=event.placement_id,
        inburgeraar_id=event.inburgeraar_id,
        organisation_id=event.organisation_id,
        from_on=event.referred_on,
    )


async def on_placement_ended(tx: Tx, event: PlacementEnded, _: Envelope) -> None:
    """Take the look away."""
    await persons.placement_ended(
        tx,
        placement_id=event.placement_id,
        inburgeraar_id=event.inburgeraar_id,
        organisation_id=event.organisation_id,
        ended_on=event.ended_on,
    )


async def on_policy_set(tx: Tx, event: PolicySet, _: Envelope) -> None:
    """Keep a choice of a gemeente that intake works with, or its end."""
    unit = _POLICY_UNITS.get(event.policy_key)
    if unit is None:
        return
    if isinstance(event.value, int):
        await decisions.save_policy_value(
            tx,
            id=event.policy_id,
            code=event.policy_key,
            gemeentecode=event.gemeentecode,
            value=event.value,
            unit=unit,
            valid_from=event.valid_from,
        )
    else:
        await decisions.end_policy_value(
            tx, code=event.policy_key, gemeentecode=event.gemeentecode, from_day=event.valid_from
        )


async def on_member_set(tx: Tx, event: MemberSet, _: Envelope) -> None:
    """Keep who can lead the case of a person, and end the work of who can no longer."""
    await leads.learn_colleague(
        tx,
        vault_of(tx.settings),
        event.member_id,
        gemeentecode=event.gemeentecode,
        roles=event.roles,
        active=event.active,
    )


async def on_gemeente_scope_set(tx: Tx, event: GemeenteScopeSet, _: Envelope) -> None:
    """Let the gemeente that is mandated now do the work for the people of this one."""
    await leads.execute_by(tx, vault_of(tx.settings), event.gemeentecode, event.executing_gemeentecode)
