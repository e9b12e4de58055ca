# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keeping up with who follows up on a person; open work goes along."""

from uuid import UUID

from chassis.db import Tx
from services.notifications import store
from services.notifications.actions.routing import hand_out_all, hand_out_to_gemeente
from services.notifications.settings import NotificationsSettings

__all__ = ["assign_lead", "learn_person"]


async def learn_person(
    tx: Tx,
    settings: NotificationsSettings,
    *,
    inburgeraar_id: UUID,
    version: int,
    gemeentecode: str,
    executing_gemeentecode: str,
    corrected: bool,
) -> None:
    """Take over to which gemeenten a person belongs; an older version than the known one changes nothing.

    Args:
        tx: the transaction.
        settings: of this service.
        inburgeraar_id: the person.
        version: of the person, as intake counts.
        gemeentecode: the responsible gemeente.
        executing_gemeentecode: the one that does the work.
        corrected: what was known before was wrong, so the closed signals go along too. After a
            move they stay with the gemeente that closed them.

    """
    person = await store.people.lock(tx, inburgeraar_id)
    if version <= person.state_version:
        return
    before = person.gemeentecode
    changed = (before, person.executing_gemeentecode) != (gemeentecode, executing_gemeentecode)
    person.state_version = version
    person.gemeentecode = gemeentecode
    person.executing_gemeentecode = executing_gemeentecode
    await tx.flush()
    if not changed:
        return
    waited = await store.signals.waiting_for(tx, inburgeraar_id)
    await store.signals.follow(tx, person, closed_of=before if corrected else None)
    await store.deadlines.follow(tx, inburgeraar_id, gemeentecode)
    await hand_out_to_gemeente(tx, settings, person, waited)


async def assign_lead(
    tx: Tx, settings: NotificationsSettings, *, inburgeraar_id: UUID, version: int, member_id: UUID | None
) -> None:
    """Take over who leads; the open signals move to the new work list and the new lead is told.

    Without a lead they go to the open list of the executing gemeente.
    """
    person = await store.people.lock(tx, inburgeraar_id)
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
