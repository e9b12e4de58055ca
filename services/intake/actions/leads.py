# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who the work is with: one lead consulent per person, a linked second contact, and a caseload handed over."""

from collections.abc import Sequence
from uuid import UUID

from chassis.access import Caller
from chassis.db import Tx
from contracts.intake import LeadAssigned
from services.intake.actions import sealing
from services.intake.actions.persons import change_person, touch
from services.intake.models import Inburgeraar
from services.intake.settings import Vault
from services.intake.store import persons

__all__ = ["assign_lead", "assign_second", "reassign"]


async def assign_lead(
    tx: Tx, caller: Caller, vault: Vault, inburgeraar_id: UUID, *, member_id: UUID | None
) -> Inburgeraar:
    """Make somebody the one lead; None puts the person on the open list of the executing gemeente.

    Raises:
        NotFound, AgreementMissing: not in sight.
    """
    person = await change_person(tx, caller, inburgeraar_id)
    await _set_lead(tx, caller, vault, person, member_id)
    return person


async def assign_second(
    tx: Tx, caller: Caller, vault: Vault, inburgeraar_id: UUID, *, member_id: UUID | None
) -> Inburgeraar:
    """Link a second contact, for example the klantmanager of the own gemeente (IN-15).

    Raises:
        NotFound, AgreementMissing: not in sight.
    """
    person = await change_person(tx, caller, inburgeraar_id)
    if person.second_member_id != member_id:
        before, person.second_member_id = person.second_member_id, member_id
        touch(person, tx, caller)
        changes = {"second_member_id": (before, member_id)}
        sealing.record(tx, person, "second-contact-assigned", changes, by=caller.subject, vault=vault)
    return person


async def reassign(
    tx: Tx,
    caller: Caller,
    vault: Vault,
    *,
    from_member_id: UUID | None,
    ids: Sequence[UUID] | None,
    to_member_id: UUID | None,
) -> list[UUID]:
    """Hand over a caseload, or these people of it, in one action (IN-20).

    People that the caller may not see are left as they are. Answers whose lead changed.
    """
    people = await persons.led_by(tx, from_member_id, ids)
    changed = []
    for person in people:
        tx.look(person.id, person.gemeentecode)
        if await _set_lead(tx, caller, vault, person, to_member_id):
            changed.append(person.id)
    return changed


async def _set_lead(
    tx: Tx, caller: Caller, vault: Vault, person: Inburgeraar, member_id: UUID | None
) -> bool:
    if person.lead_member_id == member_id:
        return False
    before, person.lead_member_id = person.lead_member_id, member_id
    if member_id is not None and person.second_member_id == member_id:
        # Two linked contacts are two people: the second one becomes the lead, and no longer second.
        person.second_member_id = None
    touch(person, tx, caller)
    changes = {"lead_member_id": (before, member_id)}
    sealing.record(tx, person, "lead-assigned", changes, by=caller.subject, vault=vault)
    await tx.publish(
        LeadAssigned(inburgeraar_id=person.id, member_id=member_id),
        aggregate_id=person.id,
        version=person.version,
        gemeentecode=person.gemeentecode,
    )
    return True
