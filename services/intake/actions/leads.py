# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who the work is with: one lead consulent per person, a linked second contact, and a caseload handed over."""

from collections.abc import Callable, Sequence
from uuid import UUID

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import FieldError
from contracts.intake import InburgeraarCorrected, LeadAssigned
from services.intake.actions import sealing
from services.intake.actions.persons import change_person, publish_state, touch
from services.intake.errors import InvalidInput, ReferenceNotYetKnown
from services.intake.models import Colleague, Inburgeraar
from services.intake.rules import leads as rules
from services.intake.settings import Vault
from services.intake.store import colleagues, persons

__all__ = ["assign_lead", "assign_second", "execute_by", "learn_colleague", "reassign"]

PLATFORM = UUID(int=0)
"""Who changed something where no person did: the platform, on what another service told."""


async def assign_lead(
    tx: Tx, caller: Caller, vault: Vault, inburgeraar_id: UUID, *, member_id: UUID | None
) -> Inburgeraar:
    """Make somebody the one lead; None puts the person on the open list of the executing gemeente.

    Raises:
        NotFound, AgreementMissing: not in sight.
        ReferenceNotYetKnown, InvalidInput: nobody with this id is known, or they cannot lead here.
    """
    colleague = await _colleague(tx, member_id)
    person = await change_person(tx, caller, inburgeraar_id)
    if member_id is not None and member_id != person.lead_member_id:
        await _check(tx, colleague, [person], _leads, pointer="/memberId", where=_EXECUTING)
    await _set_lead(tx, caller.subject, vault, person, member_id)
    return person


async def assign_second(
    tx: Tx, caller: Caller, vault: Vault, inburgeraar_id: UUID, *, member_id: UUID | None
) -> Inburgeraar:
    """Link a second contact, for example the klantmanager of the own gemeente (IN-15).

    Raises:
        NotFound, AgreementMissing: not in sight.
        ReferenceNotYetKnown, InvalidInput: nobody with this id is known, or they cannot be it here.
    """
    colleague = await _colleague(tx, member_id)
    person = await change_person(tx, caller, inburgeraar_id)
    if person.second_member_id != member_id:
        if member_id is not None:
            await _check(tx, colleague, [person], _seconds, pointer="/memberId", where=_EITHER)
        before, person.second_member_id = person.second_member_id, member_id
        touch(person, tx, caller.subject)
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

    Raises:
        ReferenceNotYetKnown, InvalidInput: nobody with this id is known, or they cannot lead all of them.
    """
    colleague = await _colleague(tx, to_member_id)
    people = await persons.led_by(tx, from_member_id, ids)
    if to_member_id is not None and people:
        await _check(tx, colleague, people, _leads, pointer="/toMemberId", where=_EXECUTING)
    changed = []
    for person in people:
        tx.look(person.id, person.gemeentecode)
        if await _set_lead(tx, caller.subject, vault, person, to_member_id):
            changed.append(person.id)
    return changed


async def learn_colleague(
    tx: Tx,
    vault: Vault,
    member_id: UUID,
    *,
    gemeentecode: str | None,
    roles: Sequence[str],
    active: bool,
) -> None:
    """Take over who works where; who can lead nobody any more leaves their people without a contact.

    Who was linked before the gateway first told of them is judged now, with people of whom it is known who
    executes: no matter which of the two came first.
    """
    first = await colleagues.find(tx, member_id) is None
    await colleagues.learn(tx, member_id, gemeentecode=gemeentecode, roles=roles, active=active)
    works = rules.works_with_people(roles, active=active)
    judged = await colleagues.told_gemeenten(tx) if works and first else frozenset()
    if works and not judged:
        return
    colleague = await colleagues.find(tx, member_id)
    for person in await colleagues.linked_to(tx, member_id):
        if not works or person.gemeentecode in judged:
            await _end_contacts(
                tx,
                vault,
                person,
                lead=None if _leads(colleague, person) else member_id,
                second=None if _seconds(colleague, person) else member_id,
            )


async def execute_by(tx: Tx, vault: Vault, gemeentecode: str, executing_gemeentecode: str) -> None:
    """Let another gemeente do the work for a gemeente's people, since its mandate changed.

    The contacts of the gemeente that executed until now end, as when a person moves: the work is on
    the open list of the new one. Who of the new one was linked already stays, and of whom nothing is known
    yet stays until it is.
    """
    await colleagues.learn_executing(tx, gemeentecode, executing_gemeentecode, told=True)
    people = await colleagues.execute_by(tx, gemeentecode, executing_gemeentecode, by=PLATFORM)
    linked = {one for person in people for one in (person.lead_member_id, person.second_member_id) if one}
    known = await colleagues.known(tx, linked)
    for person in people:
        await publish_state(tx, person, InburgeraarCorrected)
        lead, second = person.lead_member_id, person.second_member_id
        await _end_contacts(
            tx,
            vault,
            person,
            lead=lead if lead in known and not _leads(known[lead], person) else None,
            second=second if second in known and not _seconds(known[second], person) else None,
        )


async def _end_contacts(
    tx: Tx, vault: Vault, person: Inburgeraar, *, lead: UUID | None, second: UUID | None
) -> None:
    """Unlink these two, where they are the contacts of the person."""
    if second is not None and person.second_member_id == second:
        person.second_member_id = None
        touch(person, tx, PLATFORM)
        changes = {"second_member_id": (second, None)}
        sealing.record(tx, person, "second-contact-assigned", changes, by=PLATFORM, vault=vault)
    if lead is not None and person.lead_member_id == lead:
        await _set_lead(tx, PLATFORM, vault, person, None)


async def _set_lead(tx: Tx, by: UUID, vault: Vault, person: Inburgeraar, member_id: UUID | None) -> bool:
    if person.lead_member_id == member_id:
        return False
    before, person.lead_member_id = person.lead_member_id, member_id
    if member_id is not None and person.second_member_id == member_id:
        # Two linked contacts are two people: the second one becomes the lead, and no longer second.
        person.second_member_id = None
    touch(person, tx, by)
    changes = {"lead_member_id": (before, member_id)}
    sealing.record(tx, person, "lead-assigned", changes, by=by, vault=vault)
    await tx.publish(
        LeadAssigned(inburgeraar_id=person.id, member_id=member_id),
        aggregate_id=person.id,
        version=person.version,
        gemeentecode=person.gemeentecode,
    )
    return True


def _leads(colleague: Colleague | None, person: Inburgeraar) -> bool:
    return (
        colleague is not None
        and rules.works_with_people(colleague.roles, active=colleague.active)
        and rules.can_lead(colleague.gemeentecode, executing=person.executing_gemeentecode)
    )


def _seconds(colleague: Colleague | None, person: Inburgeraar) -> bool:
    return (
        colleague is not None
        and rules.works_with_people(colleague.roles, active=colleague.active)
        and rules.can_be_second(
            colleague.gemeentecode,
            executing=person.executing_gemeentecode,
            responsible=person.gemeentecode,
        )
    )


_EXECUTING = "de gemeente die het werk uitvoert"
_EITHER = "de gemeente die het werk uitvoert of van de eigen gemeente van de inburgeraar"


async def _colleague(tx: Tx, member_id: UUID | None) -> Colleague | None:
    return None if member_id is None else await colleagues.find(tx, member_id)


async def _check(
    tx: Tx,
    colleague: Colleague | None,
    people: Sequence[Inburgeraar],
    fits: Callable[[Colleague | None, Inburgeraar], bool],
    *,
    pointer: str,
    where: str,
) -> None:
    """Refuse somebody who is not known, or cannot be a contact of all of these people.

    Raises:
        ReferenceNotYetKnown, InvalidInput: as said.
    """
    if colleague is None:
        if not await colleagues.any_known(tx):
            return  # beside a gateway of the release before, which tells of nobody: nothing to judge by
        detail = "Deze medewerker is hier niet bekend."
        raise ReferenceNotYetKnown(detail, errors=[FieldError("unknown", detail, pointer=pointer)])
    if not colleague.active:
        raise InvalidInput.on(pointer, "Deze medewerker is niet meer actief.", code="not-active")
    if not all(fits(colleague, person) for person in people):
        raise InvalidInput.on(pointer, f"Kies een consulent of klantmanager van {where}.", code="not-a-lead")
