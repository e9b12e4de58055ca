# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clocks of one person: reckoned anew from the facts after every change, published where they differ.

Reckoning twice changes nothing, so every action that touches a fact simply ends with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import uuid4

from chassis.db import Tx
from contracts.event import Event
from contracts.intake import IntakeDeadlineMet, IntakeDeadlineSet, IntakeDeadlineWithdrawn
from services.intake.models import Clock, Inburgeraar, Move, Pip, ThirdPartyInformationRow
from services.intake.rules import clocks as rules
from services.intake.rules.law import Law, PermitType
from services.intake.store import decisions, retention

__all__ = ["Reckoning", "cause_of", "pip_clock", "reckon", "reckon_first", "stop"]

DUTY = "duty"
"""Cause of the first clock for a PIP; later ones are caused by a move."""
_TERM_CAUSE = "pip"
_TERM_RULES = {
    "inburgeringstermijn": "Wet inburgering 2021 art. 11",
    "pvt": "Wet inburgering 2021 art. 24 lid 1",
    "map": "Wet inburgering 2021 art. 25 lid 1",
}


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One clock as it should be."""

    rule: str
    cause: str
    article: str
    starts_on: date
    due_on: date
    early_on: date
    met_on: date | None


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What is in the database about a person, on which the clocks hang."""

    move: Move | None = None
    pips: Sequence[Pip] = ()
    information: Sequence[ThirdPartyInformationRow] = ()
    clocks: Sequence[Clock] = ()


def cause_of(move: Move | None) -> str:
    """What the clock for the PIP hangs on now: the duty, or the last move."""
    return DUTY if move is None else str(move.id)


async def pip_clock(tx: Tx, person: Inburgeraar, move: Move | None) -> rules.PipClock | None:
    """The clock for the PIP that the facts give now, whether or not it was met."""
    return _pip_clock(person, move, await decisions.information(tx, person.id))


def _pip_clock(
    person: Inburgeraar, move: Move | None, information: Sequence[ThirdPartyInformationRow]
) -> rules.PipClock | None:
    return rules.pip_clock(
        rules.PipFacts(
            law=cast("Law", person.law),
            permit_type=cast("PermitType", person.permit_type),
            duo_notice_on=person.duo_notice_on,
            brp_on=person.brp_on,
            moved_on=None if move is None else move.registered_on,
            information=tuple(
                rules.ThirdPartyInformation(row.requested_on, row.received_on) for row in information
            ),
        )
    )


async def reckon(tx: Tx, person: Inburgeraar) -> None:
    """Bring the clocks of a locked person in line with the facts, and publish what changed."""
    await tx.flush()
    if await retention.duty_end(tx, person.id) is not None:
        await stop(tx, person)
        return
    move = await decisions.last_move(tx, person.id)
    pips = await decisions.pips(tx, person.id)
    information = await decisions.information(tx, person.id)
    await _bring_in_line(
        tx, person, _Recorded(move, pips, information, await decisions.clocks(tx, person.id))
    )


async def reckon_first(tx: Tx, person: Inburgeraar) -> list[Clock]:
    """The clocks of somebody who is being registered in this transaction, published but not saved yet.

    Nothing can be recorded about them, so nothing is asked of the database but the policy.
    """
    made = [_new(person, wanted) for wanted in await _wanted_pip(tx, person, _Recorded())]
    for clock in made:
        await _start(tx, person, clock)
    person.pip_due_on = min((clock.due_on for clock in made), default=None)
    return made


async def _bring_in_line(tx: Tx, person: Inburgeraar, recorded: _Recorded) -> None:
    held = {(clock.rule, clock.cause): clock for clock in recorded.clocks}
    wanted = [*await _wanted_pip(tx, person, recorded), *await _wanted_terms(tx, person, recorded.pips)]
    kept = [
        await _set(tx, person, held.pop((reckoning.rule, reckoning.cause), None), reckoning)
        for reckoning in wanted
    ]
    for clock in held.values():
        await _let_go(tx, person, clock, recorded.move, recorded.pips)
    running = [
        clock.due_on
        for clock in (*kept, *held.values())
        if clock.rule == rules.PIP_RULE and clock.status == "running"
    ]
    person.pip_due_on = min(running, default=None)
    await tx.flush()


async def stop(tx: Tx, person: Inburgeraar) -> None:
    """Let no clock of a locked person run any further: the duty has ended."""
    await tx.flush()
    for clock in await decisions.clocks(tx, person.id):
        if clock.status == "running":
            await _withdraw(tx, person, clock, "duty-ended")
    person.pip_due_on = None


async def _wanted_pip(tx: Tx, person: Inburgeraar, recorded: _Recorded) -> list[Reckoning]:
    clock = _pip_clock(person, recorded.move, recorded.information)
    if clock is None:
        return []
    cause = cause_of(recorded.move)
    days = await decisions.policy_value(
        tx, "pip-early", gemeentecode=person.gemeentecode, day=clock.starts_on
    )
    early = max(clock.starts_on, rules.early_day(clock.due_on, days=days))
    answer = next((pip.signed_on for pip in recorded.pips if pip.cause == cause), None)
    return [Reckoning(rules.PIP_RULE, cause, clock.article, clock.starts_on, clock.due_on, early, answer)]


async def _wanted_terms(tx: Tx, person: Inburgeraar, pips: Sequence[Pip]) -> list[Reckoning]:
    """One term for leerroute, PVT and MAP alike; the onderwijsroute has no MAP."""
    if not pips:
        return []
    term = rules.term(pips[0].first_signed_on)
    months = await decisions.policy_value(
        tx, "term-early", gemeentecode=person.gemeentecode, day=term.starts_on
    )
    early = rules.early_day(term.ends_on, months=months)
    return [
        Reckoning(rule, _TERM_CAUSE, article, term.starts_on, term.ends_on, early, None)
        for rule, article in _TERM_RULES.items()
        if not (rule == "map" and pips[-1].leerroute == "onderwijsroute")
    ]


async def _let_go(tx: Tx, person: Inburgeraar, clock: Clock, move: Move | None, pips: Sequence[Pip]) -> None:
    """What becomes of a clock that the facts no longer give."""
    if clock.status == "withdrawn":
        return
    if clock.rule != rules.PIP_RULE:
        await _withdraw(tx, person, clock, "no-map-in-onderwijsroute")
    elif clock.cause == cause_of(move):
        await _withdraw(tx, person, clock, "facts-corrected")
    elif clock.status == "running" and move is not None:
        # One that was over before the move was late, and stays so until somebody makes the PIP.
        # One that was not over ends here: the new gemeente has ten weeks of its own.
        if clock.due_on >= move.registered_on:
            await _withdraw(tx, person, clock, "moved")
        elif pips and pips[-1].signed_on >= clock.starts_on:
            await _meet(tx, person, clock, pips[-1].signed_on)


async def _set(tx: Tx, person: Inburgeraar, clock: Clock | None, wanted: Reckoning) -> Clock:
    """Bring a clock to what it should be, a new one where there was none; answers it."""
    if clock is None:
        clock = _new(person, wanted)
        tx.add(clock)
    elif clock.status != "withdrawn" and (
        (clock.article, clock.starts_on, clock.due_on, clock.early_on)
        == (wanted.article, wanted.starts_on, wanted.due_on, wanted.early_on)
    ):
        if clock.met_on != wanted.met_on and wanted.met_on is not None:
            await _meet(tx, person, clock, wanted.met_on)
        return clock
    clock.article = wanted.article
    clock.starts_on = wanted.starts_on
    clock.due_on = wanted.due_on
    clock.early_on = wanted.early_on
    await _start(tx, person, clock)
    if wanted.met_on is not None:
        await _meet(tx, person, clock, wanted.met_on)
    return clock


def _new(person: Inburgeraar, wanted: Reckoning) -> Clock:
    return Clock(
        id=uuid4(),
        inburgeraar_id=person.id,
        rule=wanted.rule,
        cause=wanted.cause,
        article=wanted.article,
        starts_on=wanted.starts_on,
        due_on=wanted.due_on,
        early_on=wanted.early_on,
        status="running",
        version=0,
    )


async def _start(tx: Tx, person: Inburgeraar, clock: Clock) -> None:
    """Let a clock run with the days that it has, and publish it."""
    clock.status = "running"
    clock.withdrawn_reason = None
    clock.met_on = None
    clock.version += 1
    await _publish(
        tx,
        person,
        clock,
        IntakeDeadlineSet(
            deadline_id=clock.id,
            inburgeraar_id=person.id,
            rule=clock.rule,
            article=clock.article,
            starts_on=clock.starts_on,
            due_on=clock.due_on,
            early_on=clock.early_on,
            organisation_id=None,
        ),
    )


async def _meet(tx: Tx, person: Inburgeraar, clock: Clock, met_on: date) -> None:
    clock.status = "met"
    clock.met_on = met_on
    clock.version += 1
    event = IntakeDeadlineMet(deadline_id=clock.id, inburgeraar_id=person.id, met_on=met_on)
    await _publish(tx, person, clock, event)


async def _withdraw(tx: Tx, person: Inburgeraar, clock: Clock, reason: str) -> None:
    clock.status = "withdrawn"
    clock.withdrawn_reason = reason
    clock.version += 1
    event = IntakeDeadlineWithdrawn(deadline_id=clock.id, inburgeraar_id=person.id, reason=reason)
    await _publish(tx, person, clock, event)


async def _publish(tx: Tx, person: Inburgeraar, clock: Clock, event: Event) -> None:
    await tx.publish(event, aggregate_id=clock.id, version=clock.version, gemeentecode=person.gemeentecode)
