# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sign a PIP: the first, an amendment, one that is issued again, or the one after a move."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, cast
from uuid import UUID, uuid4

from chassis.access import Caller
from chassis.db import Tx
from chassis.errors import FieldError
from services.intake.actions import clocks, judgement
from services.intake.actions.persons import change_person, touch
from services.intake.errors import NoPipUnderOldAct, NoSuchPip, RefusedByLaw
from services.intake.models import Inburgeraar, Pip
from services.intake.rules import clocks as clock_rules, pip as rules
from services.intake.rules.law import Group, Law
from services.intake.rules.parameters import RULE_VERSION
from services.intake.store import decisions

__all__ = ["sign_pip"]


async def sign_pip(
    tx: Tx,
    caller: Caller,
    inburgeraar_id: UUID,
    *,
    draft: rules.PipDraft,
    goals: Sequence[str],
    guidance: str | None,
    amends: int | UUID | None,
) -> tuple[Inburgeraar, Pip]:
    """Sign a version of the PIP; two at once get versions in the order of their turns.

    The first PIP starts the term. A later one keeps the first dagtekening. It also keeps the
    judgement on time, except the first after a move: the new gemeente is judged on its own ten
    weeks. A later version that names nothing in `amends` is one that is issued again, and follows
    the latest.

    Args:
        tx: the transaction.
        caller: the signer.
        inburgeraar_id: the person.
        draft: what the law looks at.
        goals: the person's own goals.
        guidance: what guidance the gemeente offers.
        amends: the version or the id of the PIP that is amended.

    Raises:
        NotFound, AgreementMissing: not in sight.
        NoPipUnderOldAct: the Wi2013 applies.
        NoSuchPip: `amends` is no PIP of this person.
        RefusedByLaw: the law does not allow this PIP, or it is late and has no reason.
    """
    person = await change_person(tx, caller, inburgeraar_id)
    if person.law == "wi2013":
        raise NoPipUnderOldAct(
            "De inburgeringsplicht begon voor 1 januari 2022.", rule="Wet inburgering 2021 art. 54 lid 1"
        )
    move = await decisions.last_move(tx, person.id)
    cause = clocks.cause_of(move)
    signed = await decisions.pips(tx, person.id)
    amended = _amended(signed, amends)
    same_cause = [pip for pip in signed if pip.cause == cause]
    clock = await clocks.pip_clock(tx, person, move)
    refusals = rules.pip_refusals(
        draft,
        rules.PipPerson(cast("Law", person.law), cast("Group", person.group_code), person.obliged_on),
        today=tx.today,
        clock=None if same_cause else clock,
        earlier=_earlier(signed, cause),
    )
    if refusals:
        raise RefusedByLaw.of(refusals)
    judged = same_cause[0] if same_cause else None
    pip = Pip(
        id=uuid4(),
        inburgeraar_id=person.id,
        version=len(signed) + 1,
        amends_id=None if amended is None else amended.id,
        signed_on=draft.signed_on,
        signed_by=caller.subject,
        first_signed_on=signed[0].signed_on if signed else draft.signed_on,
        cause=cause,
        due_on=_due_on(judged, clock),
        on_time=judged.on_time if judged else clock_rules.is_on_time(draft.signed_on, clock),
        delay_reason=draft.delay_reason,
        leerroute=draft.leerroute,
        level=draft.level,
        pvt_hours=draft.pvt_hours,
        map_hours=draft.map_hours,
        route_hours=draft.route_hours,
        participation=_plain(draft.participation),
        participation_hours=_participation_hours(draft, person),
        talks_planned=draft.talks_planned,
        goals=list(goals),
        guidance=guidance,
        responsible_gemeentecode=person.gemeentecode,
        executing_gemeentecode=person.executing_gemeentecode,
        legal_basis=rules.LEGAL_BASIS,
        rule_version=RULE_VERSION,
        recorded_at=tx.now,
    )
    tx.add(pip)
    touch(person, tx, caller.subject)
    await judgement.publish_signed(tx, person, pip)
    await clocks.reckon(tx, person)
    return person, pip


def _due_on(judged: Pip | None, clock: clock_rules.PipClock | None) -> date | None:
    if judged is not None:
        return judged.due_on
    return None if clock is None else clock.due_on


def _amended(signed: Sequence[Pip], amends: int | UUID | None) -> Pip | None:
    if amends is None:
        return signed[-1] if signed else None
    for pip in signed:
        if amends in (pip.id, pip.version):
            return pip
    detail = "Deze versie is geen PIP van deze inburgeraar."
    raise NoSuchPip(detail, errors=[FieldError("unknown", detail, pointer="/amends")])


def _earlier(signed: Sequence[Pip], cause: str) -> rules.Earlier | None:
    if not signed:
        return None
    last = signed[-1]
    return rules.Earlier(last.signed_on, cast("rules.Leerroute", last.leerroute), last.cause != cause)


def _participation_hours(draft: rules.PipDraft, person: Inburgeraar) -> Decimal:
    return rules.participation_hours(
        draft.participation,
        group=cast("Group", person.group_code),
        leerroute=draft.leerroute,
        day=draft.signed_on,
    )


def _plain(participation: rules.Participation) -> Any:
    """The participation part as JSON has it: whole hours whole, else with decimals."""
    if not isinstance(participation, Decimal):
        return participation
    return int(participation) if participation == participation.to_integral_value() else float(participation)
