# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The interventieladder: the step that the facts propose, the step that a person records, and the letters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound, ReferenceNotYetKnown
from services.housing.actions.account import balances
from services.housing.actions.standing import caller_of, check_acts, check_known
from services.housing.errors import LadderStepExists, LetterExists, on_day
from services.housing.models.supervision import LadderLetter, LadderStep
from services.housing.rules import ladder
from services.housing.rules.account import Account
from services.housing.store import account as accounts, supervision as store

__all__ = [
    "Standing",
    "answer_letter",
    "prolong_step",
    "read_ladder",
    "record_letter",
    "record_step",
    "standing_of",
]

_YEARS_AHEAD = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a gemeente stands on the ladder on a day, and why."""

    balance: int  # persons behind
    outlook: ladder.Outlook
    measured: Sequence[ladder.Measurement]
    steps: Sequence[LadderStep]


def standing_of(account: Account, steps: Sequence[LadderStep], peildatum: date) -> Standing:
    """Judge the account and the recorded steps of one gemeente; a step announced for later comes next."""
    measured = ladder.measurements(account, peildatum)
    held = [row for row in steps if row.since <= peildatum]
    last = held[-1] if held else None
    recorded = (
        None
        if last is None
        else ladder.Recorded(ladder.Rung(last.step), last.since, last.due_on, last.prolonged_until)
    )
    outlook = ladder.outlook(recorded, measured, account.balance, peildatum)
    announced = next((row for row in steps if row.since > peildatum), None)
    if announced is not None:
        outlook = replace(outlook, next_step=ladder.Rung(announced.step), next_on=announced.since)
    return Standing(account.balance, outlook, measured, steps)


async def read_ladder(tx: Tx, gemeentecode: str, peildatum: date) -> Standing:
    """Where a gemeente stands on a day.

    Raises:
        NotFound: there is no such gemeente, or it is none of the caller's.
    """
    check_known(tx, gemeentecode)
    account = (await balances(tx, [gemeentecode], peildatum)).get(gemeentecode)
    steps = await store.steps_of(tx, [gemeentecode])
    return standing_of(account or Account(gemeentecode, []), steps, peildatum)


async def read_ladders(tx: Tx, gemeentecodes: Sequence[str], peildatum: date) -> dict[str, Standing]:
    """Where each of these gemeenten stands on a day; the caller knows them."""
    found = await balances(tx, gemeentecodes, peildatum)
    steps = await store.steps_of(tx, gemeentecodes)
    return {
        code: standing_of(
            found.get(code) or Account(code, []),
            [row for row in steps if row.gemeentecode == code],
            peildatum,
        )
        for code in gemeentecodes
    }


async def record_step(
    tx: Tx, *, gemeentecode: str, step: ladder.Rung, since: date, due_on: date | None, reason: str
) -> LadderStep:
    """Record the step that the Province took, beside what the facts proposed on that day.

    Raises:
        InvalidInput: the days cannot be.
        LadderStepExists: a step of that day is recorded.
    """
    check_acts(tx, gemeentecode, province=True, place="/gemeentecode")
    if since > tx.today.replace(year=tx.today.year + _YEARS_AHEAD, day=1):
        raise InvalidInput.on("/since", "Deze dag ligt meer dan een jaar vooruit.", code="too-far")
    if due_on is not None and due_on < since:
        raise InvalidInput.on("/dueOn", "De termijn eindigt voor de trede begint.", code="before-start")
    await accounts.lock_account(tx, gemeentecode)
    if any(row.since == since for row in await store.steps_of(tx, [gemeentecode])):
        raise LadderStepExists.on("/since", f"Op {on_day(since)} begint al een trede.")
    day = min(since, tx.today)
    account = (await balances(tx, [gemeentecode], day)).get(gemeentecode) or Account(gemeentecode, [])
    misses = ladder.consecutive_misses(ladder.measurements(account, day))
    row = LadderStep(
        gemeentecode=gemeentecode,
        step=step.value,
        since=since,
        due_on=due_on,
        reason=reason,
        proposed_step=ladder.proposed_step(misses).value,
        misses=misses,
        recorded_at=tx.now,
        recorded_by=caller_of(tx).subject,
    )
    tx.add(row)
    await tx.flush()
    return row


async def prolong_step(tx: Tx, *, step_id: UUID, prolonged_until: date, reason: str) -> LadderStep:
    """Record that the Province gives more time, as it did in 2026 (rule 9.7).

    Raises:
        NotFound: there is no such step, or it is none of the caller's.
        InvalidInput: the new last day is not after the one that holds.
    """
    row = await store.lock_step(tx, step_id)
    if row is None:
        raise NotFound("Een trede met dit nummer is niet gevonden.")
    check_acts(tx, row.gemeentecode, province=True, place="stepId")
    last = ladder.last_chance(
        ladder.Recorded(ladder.Rung(row.step), row.since, row.due_on, row.prolonged_until)
    )
    if prolonged_until <= last:
        raise InvalidInput.on(
            "/prolongedUntil", f"De termijn loopt al tot en met {on_day(last)}.", code="not-later"
        )
    row.prolonged_until = prolonged_until
    row.prolonged_reason = reason
    row.version += 1
    await tx.flush()
    return row


async def record_letter(
    tx: Tx,
    *,
    gemeentecode: str,
    kind: ladder.LetterKind,
    reference: str,
    sent_on: date,
    quarter: str | None,
    step_id: UUID | None,
    answer_due_on: date | None,
) -> LadderLetter:
    """Record a letter of the Province, with the day by which it asks an answer.

    Raises:
        InvalidInput: the quarter or the days do not go with the letter.
        ReferenceNotYetKnown: the step is not one of this gemeente.
        LetterExists: the reference is recorded.
    """
    check_acts(tx, gemeentecode, province=True, place="/gemeentecode")
    if sent_on > tx.today:
        raise InvalidInput.on("/sentOn", "Deze dag ligt in de toekomst.", code="in-future")
    if (kind is ladder.LetterKind.QUARTERLY) is not (quarter is not None):
        raise InvalidInput.on(
            "/quarter", "Alleen een kwartaalbrief gaat over een kwartaal.", code="quarter-of-letter"
        )
    if answer_due_on is not None and answer_due_on < sent_on:
        raise InvalidInput.on("/answerDueOn", "De termijn eindigt voor de brief.", code="before-start")
    if step_id is not None:
        step = await store.lock_step(tx, step_id)
        if step is None or step.gemeentecode != gemeentecode:
            raise ReferenceNotYetKnown.on(
                "/stepId", "Deze trede is hier niet bekend.", code="reference-not-yet-known"
            )
    await accounts.lock_account(tx, gemeentecode)
    if await store.reference_used(tx, gemeentecode, reference):
        raise LetterExists.on("/reference", "Dit kenmerk is al vastgelegd.")
    row = LadderLetter(
        gemeentecode=gemeentecode,
        kind=kind.value,
        reference=reference,
        sent_on=sent_on,
        quarter=quarter,
        step_id=step_id,
        answer_due_on=answer_due_on,
        recorded_by=caller_of(tx).subject,
    )
    tx.add(row)
    await tx.flush()
    return row


async def answer_letter(tx: Tx, *, letter_id: UUID, answered_on: date) -> LadderLetter:
    """Record that the gemeente answered a letter.

    Raises:
        NotFound: there is no such letter, or it is none of the caller's.
        InvalidInput: the day is before the letter or in the future.
    """
    row = await store.lock_letter(tx, letter_id)
    if row is None:
        raise NotFound("Een brief met dit nummer is niet gevonden.")
    check_acts(tx, row.gemeentecode, province=True, place="letterId")
    if not row.sent_on <= answered_on <= tx.today:
        raise InvalidInput.on(
            "/answeredOn", f"Noem een dag van {on_day(row.sent_on)} tot en met vandaag.", code="day"
        )
    row.answered_on = answered_on
    row.version += 1
    await tx.flush()
    return row
