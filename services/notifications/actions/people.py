# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keeping up with who follows up on a person; open work goes along."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.db import Tx
from services.notifications import store
from services.notifications.actions.routing import hand_out_all, hand_out_to_gemeenten
from services.notifications.settings import NotificationsSettings

__all__ = ["State", "assign_lead", "learn_people"]


@dataclass(frozen=True, slots=True)
class State:
    """To which gemeenten a person belongs, by one word of intake."""

    inburgeraar_id: UUID
    version: int  # of the person, as intake counts
    gemeentecode: str  # the responsible one
    executing_gemeentecode: str  # the one that does the work


async def learn_people(
    tx: Tx, settings: NotificationsSettings, told: Sequence[State], *, corrected: bool
) -> None:
    """Take over to which gemeenten people belong; an older version than the known one changes nothing.

    Args:
        tx: the transaction.
        settings: of this service.
        told: one word per person.
        corrected: what was known before was wrong, so the closed signals go along too. After a
            move they stay with the gemeente that closed them.

    """
    people = await store.people.lock(tx, {one.inburgeraar_id for one in told})
    moved: dict[UUID, str | None] = {}
    for one in told:
        person = people[one.inburgeraar_id]
        if one.version <= person.state_version:
            continue
        before = (person.gemeentecode, person.executing_gemeentecode)
        person.state_version = one.version
        person.gemeentecode = one.gemeentecode
        person.executing_gemeentecode = one.executing_gemeentecode
        if before != (one.gemeentecode, one.executing_gemeentecode):
            moved[person.inburgeraar_id] = before[0] if corrected else None
    await tx.flush()
    if not moved:
        return
    waited = await store.signals.waiting_for(tx, moved)
    followed = await store.signals.follow(tx, moved)
    await store.deadlines.follow(tx, moved)
    await hand_out_to_gemeenten(tx, settings, [people[one] for one in sorted(followed)], waited)


async def assign_lead(
    tx: Tx, settings: NotificationsSettings, *, inburgeraar_id: UUID, version: int, member_id: UUID | None
) -> None:
    """Take over who leads; the open signals move to the new work list and the new lead is told.

    Without a lead they go to the open list of the executing gemeente.
    """
    person = (await store.people.lock(tx, [inburgeraar_id]))[inburgeraar_id]
    if version <= person.lead_version:
        return
    changed = person.lead_member_id != member_id
    person.lead_version = version
    person.lead_member_id = member_id
    await tx.flush()
    if not changed:
        return
    await store.signals.follow_lead(tx, person)
    await hand_out_all(tx, settings, person)
