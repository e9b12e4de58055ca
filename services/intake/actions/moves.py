# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What happens to a person on the way: a move, information that the PIP waits for, a provision asked for."""

from datetime import date
from typing import cast
from uuid import UUID, uuid4

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import FieldError
from contracts.intake import InburgeraarMoved, LeadAssigned
from services.intake.actions import clocks, judgement, sealing
from services.intake.actions.persons import change_person, publish_state, refuse, touch
from services.intake.errors import AlreadyLivesThere, NoRight
from services.intake.models import Inburgeraar, Move, ProvisionRequest, ThirdPartyInformationRow
from services.intake.rules import clocks as clock_rules, law as law_rules
from services.intake.rules.law import Refusal
from services.intake.settings import Vault
from services.intake.store import colleagues, decisions, persons

__all__ = ["move", "record_information", "request_provision"]


async def move(
    tx: Tx, caller: Caller, vault: Vault, inburgeraar_id: UUID, *, gemeentecode: str, registered_on: date
) -> Move:
    """Hand a person over to the gemeente where they are registered now, with clocks kept (rule 2.5).

    The new gemeente has ten weeks for its PIP; route and term go along unchanged. Where another
    gemeente executes from here, the lead consulent ends and the work is on that one's open list.

    Raises:
        NotFound, AgreementMissing: not in sight.
        AlreadyLivesThere: it is the present gemeente.
        RefusedByLaw: the day lies ahead, or before the registration here.
    """
    person = await change_person(tx, caller, inburgeraar_id)
    if gemeentecode == person.gemeentecode:
        raise AlreadyLivesThere(
            "De inburgeraar staat al in deze gemeente geregistreerd.",
            errors=[FieldError("same", "Dit is de huidige gemeente.", pointer="/gemeentecode")],
        )
    last = await decisions.last_move(tx, person.id)
    since = person.brp_on if last is None else last.registered_on
    refuse(_move_refusals(registered_on, since=since, today=tx.today))
    scope = caller.scopes.get(gemeentecode)
    executing = await colleagues.executing_for(tx, gemeentecode, scope.executing if scope else None)
    row = Move(
        id=uuid4(),
        inburgeraar_id=person.id,
        from_gemeentecode=person.gemeentecode,
        from_executing_gemeentecode=person.executing_gemeentecode,
        to_gemeentecode=gemeentecode,
        to_executing_gemeentecode=executing or gemeentecode,
        registered_on=registered_on,
        recorded_at=tx.now,
        recorded_by=caller.subject,
    )
    tx.add(row)
    await tx.flush()
    await persons.let_go_to(
        tx, person, gemeentecode=gemeentecode, executing_gemeentecode=row.to_executing_gemeentecode
    )
    touch(person, tx, caller.subject)
    changes = {
        "gemeentecode": (row.from_gemeentecode, row.to_gemeentecode),
        "executing_gemeentecode": (row.from_executing_gemeentecode, row.to_executing_gemeentecode),
    }
    sealing.record(tx, person, "moved", changes, by=caller.subject, vault=vault)
    await publish_state(tx, person, InburgeraarMoved)
    if row.from_executing_gemeentecode != row.to_executing_gemeentecode:
        await _leave_to_open_list(tx, caller, person)
    await clocks.reckon(tx, person)
    return row


async def _leave_to_open_list(tx: Tx, caller: Caller, person: Inburgeraar) -> None:
    """End the contacts of the gemeente that executed until now."""
    had_lead = person.lead_member_id is not None
    person.lead_member_id = person.second_member_id = None
    if had_lead:
        touch(person, tx, caller.subject)
        await tx.publish(
            LeadAssigned(inburgeraar_id=person.id, member_id=None),
            aggregate_id=person.id,
            version=person.version,
            gemeentecode=person.gemeentecode,
        )


async def record_information(
    tx: Tx, caller: Caller, inburgeraar_id: UUID, *, source: str, requested_on: date, received_on: date
) -> tuple[Inburgeraar, ThirdPartyInformationRow]:
    """Record information of a third party that the PIP had to wait for (rule 2.4).

    Raises:
        NotFound, AgreementMissing: not in sight.
        RefusedByLaw: no clock runs that it could extend, or it was asked for too late.
    """
    person = await change_person(tx, caller, inburgeraar_id)
    clock = await clocks.pip_clock(tx, person, await decisions.last_move(tx, person.id))
    refuse(_information_refusals(clock, requested_on=requested_on, received_on=received_on, today=tx.today))
    row = ThirdPartyInformationRow(
        id=uuid4(),
        inburgeraar_id=person.id,
        source=source,
        requested_on=requested_on,
        received_on=received_on,
        recorded_at=tx.now,
        recorded_by=caller.subject,
    )
    tx.add(row)
    await tx.flush()
    await judgement.rejudge(tx, person)
    await clocks.reckon(tx, person)
    return person, row


async def request_provision(
    tx: Tx, caller: Caller, inburgeraar_id: UUID, *, code: law_rules.Provision, requested_on: date | None
) -> ProvisionRequest:
    """Record that a person asked for a provision to which there is a right.

    Raises:
        NotFound, AgreementMissing: not in sight.
        NoRight: the law gives none, with the article.
    """
    person = await change_person(tx, caller, inburgeraar_id)
    refusal = law_rules.provision_refusal(
        code,
        law=cast("law_rules.Law", person.law),
        group=cast("law_rules.Group", person.group_code),
        permit=cast("law_rules.PermitType", person.permit_type),
    )
    if refusal is not None:
        raise NoRight(
            refusal.detail,
            errors=[FieldError(refusal.code, refusal.detail, pointer=f"/{refusal.field}")],
            rule=refusal.rule,
        )
    row = ProvisionRequest(
        id=uuid4(),
        inburgeraar_id=person.id,
        code=code,
        requested_on=requested_on or tx.today,
        recorded_at=tx.now,
        recorded_by=caller.subject,
    )
    tx.add(row)
    return row


def _move_refusals(registered_on: date, *, since: date | None, today: date) -> list[Refusal]:
    rule = "Besluit inburgering 2021 art. 5.3 lid 3"
    if registered_on > today:
        return [
            Refusal(
                "registeredOn",
                "in-future",
                "De inschrijving in de nieuwe gemeente ligt in de toekomst.",
                rule,
            )
        ]
    if since is not None and registered_on < since:
        return [
            Refusal(
                "registeredOn",
                "before-registration-here",
                f"De inburgeraar staat hier pas sinds {since.isoformat()} ingeschreven.",
                rule,
            )
        ]
    return []


def _information_refusals(
    clock: clock_rules.PipClock | None, *, requested_on: date, received_on: date, today: date
) -> list[Refusal]:
    rule = "Besluit inburgering 2021 art. 5.3 lid 2"
    if clock is None:
        return [Refusal("requestedOn", "no-clock", "Er loopt geen termijn voor een PIP.", rule)]
    if received_on > today:
        return [Refusal("receivedOn", "in-future", "Leg de ontvangst vast op of na de dag zelf.", rule)]
    code = clock_rules.third_party_refusal(
        clock_rules.ThirdPartyInformation(requested_on, received_on), due_on=clock.due_on
    )
    if code == "received-before-requested":
        return [Refusal("receivedOn", code, "De informatie is ontvangen voor zij werd gevraagd.", rule)]
    if code == "requested-after-due":
        detail = f"De termijn voor het PIP liep al af op {clock.due_on.isoformat()}."
        return [Refusal("requestedOn", code, detail, rule)]
    return []
