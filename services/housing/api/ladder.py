# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The interventieladder: the proposed step, the recorded one with what comes next, and the letters."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import StringConstraints

from chassis.errors import Forbidden, NotFound, ReferenceNotYetKnown
from chassis.schema import described
from chassis.web import (
    Day,
    DayOrNone,
    Gemeentecode,
    Instant,
    LongText,
    Page,
    PagingDep,
    Router,
    Schema,
    ShortText,
    TxDep,
    access,
    problems,
)
from contracts.access import Purpose, Role
from services.housing.actions import ladder as actions
from services.housing.api.account_schemas import BookDay, Peildatum
from services.housing.api.declarations import FIGURE_READERS, MUNICIPALITY, figures
from services.housing.errors import LadderStepExists, LetterExists
from services.housing.models.supervision import LadderLetter, LadderStep
from services.housing.rules.ladder import LetterKind, Rung
from services.housing.store import supervision as store

router = Router()

LADDER_WRITERS = access(
    roles=MUNICIPALITY | {Role.PROVINCE},
    purpose=Purpose.HOUSING,
    activity="interventieladder-beheren",
    role_purposes={Role.PROVINCE: Purpose.FIGURES},
)
"""A gemeente records what the Province wrote to it, or the Province does."""

LADDER_READERS = figures(FIGURE_READERS, "interventieladder-raadplegen")

QuarterText = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[1-4]$")]


class LadderStepIn(Schema):
    """Een trede die de provincie heeft gezet."""

    gemeentecode: Gemeentecode
    step: Rung = described("De trede.")
    since: BookDay = described("De dag waarop de trede begint.")
    due_on: BookDay | None = described("De termijn uit de brief; leeg: de volgende meting.", default=None)
    reason: LongText = described("Waarom deze trede, ook als die afwijkt van het voorstel.")


class LadderStepOut(Schema):
    """Een vastgelegde trede, met wat de cijfers toen voorstelden."""

    id: UUID
    gemeentecode: Gemeentecode
    step: Rung
    since: Day
    due_on: DayOrNone
    prolonged_until: DayOrNone
    prolonged_reason: str | None
    reason: str
    proposed_step: Rung
    misses: int = described("Gemiste halfjaren op rij, toen de trede werd vastgelegd.")
    recorded_at: Instant


class LadderProlongationIn(Schema):
    """Meer tijd op dezelfde trede."""

    prolonged_until: BookDay = described("De nieuwe laatste dag.")
    reason: LongText = described("Waarom de provincie meer tijd geeft.")


class LadderMeasurementOut(Schema):
    """Een meting van de provincie, op 1 januari of 1 juli."""

    half_year: str
    on: Day
    balance: int = described("Personen achter; boven nul is gemist.")
    missed: bool


class LadderOut(Schema):
    """Waar een gemeente op een dag op de interventieladder staat."""

    gemeentecode: Gemeentecode
    peildatum: Day
    balance: int
    step: Rung = described("De vastgelegde trede; 0 zonder trede.")
    since: DayOrNone
    proposed_step: Rung = described("Wat de cijfers voorstellen; een mens legt de trede vast.")
    misses: int = described("Gemiste halfjaren op rij.")
    next_step: Rung | None = described("Wat volgt als de achterstand blijft; leeg als er niets volgt.")
    next_on: DayOrNone = described("De dag waarop dat volgt.")
    measurements: list[LadderMeasurementOut]
    steps: list[LadderStepOut]


class LadderLetterIn(Schema):
    """Een brief van de provincie."""

    gemeentecode: Gemeentecode
    kind: LetterKind = described("Waar de brief over gaat.")
    reference: ShortText = described("Kenmerk in het archief.")
    sent_on: Day = described("De dag van de brief.")
    quarter: QuarterText | None = described("Het kwartaal van een kwartaalbrief, zoals 2024-4.", default=None)
    step_id: UUID | None = described("De trede waar de brief bij hoort.", default=None)
    answer_due_on: DayOrNone = described("Voor welke dag antwoord wordt gevraagd.", default=None)


class LadderLetterOut(Schema):
    """Een brief van de provincie."""

    id: UUID
    gemeentecode: Gemeentecode
    kind: LetterKind
    reference: str
    sent_on: Day
    quarter: str | None
    step_id: UUID | None
    answer_due_on: DayOrNone
    answered_on: DayOrNone
    late: bool = described("Of het antwoord te laat is of kwam.")


class LetterAnswerIn(Schema):
    """Het antwoord op een brief."""

    answered_on: Day = described("De dag van het antwoord.")


def step_out(row: LadderStep) -> LadderStepOut:
    """A recorded step as it is shown."""
    return LadderStepOut.model_validate(row.model_dump(exclude={"recorded_by", "version"}))


def _letter_out(row: LadderLetter, tx: TxDep) -> LadderLetterOut:
    due = row.answer_due_on
    return LadderLetterOut(
        **row.model_dump(exclude={"recorded_by", "version"}),
        late=due is not None and (row.answered_on or tx.today) > due,
    )


@router.get(
    "/ladder/{gemeentecode}",
    operation_id="readLadder",
    summary="Waar een gemeente op de interventieladder staat",
    response_model=LadderOut,
    responses=problems(NotFound),
    openapi_extra=LADDER_READERS,
)
async def read_ladder(
    gemeentecode: Annotated[Gemeentecode, Path()],
    tx: TxDep,
    peildatum: Peildatum = None,
) -> LadderOut:
    """De vastgelegde trede, wat de metingen voorstellen, en wat er wanneer volgt."""
    day = peildatum or tx.today
    found = await actions.read_ladder(tx, gemeentecode, day)
    outlook = found.outlook
    return LadderOut(
        gemeentecode=gemeentecode,
        peildatum=day,
        balance=found.balance,
        step=outlook.step,
        since=outlook.since,
        proposed_step=outlook.proposed,
        misses=outlook.misses,
        next_step=outlook.next_step,
        next_on=outlook.next_on,
        measurements=[
            LadderMeasurementOut(
                half_year=str(one.half_year), on=one.on, balance=one.balance, missed=one.missed
            )
            for one in found.measured
        ],
        steps=[step_out(row) for row in found.steps],
    )


@router.post(
    "/ladder-steps",
    operation_id="recordLadderStep",
    summary="Een trede vastleggen",
    status_code=201,
    response_model=LadderStepOut,
    responses=problems(Forbidden, LadderStepExists),
    openapi_extra=LADDER_WRITERS,
)
async def record_ladder_step(body: LadderStepIn, tx: TxDep) -> LadderStepOut:
    """Legt de trede vast die de provincie heeft gezet. Het voorstel uit de cijfers wordt ernaast bewaard."""
    return step_out(
        await actions.record_step(
            tx,
            gemeentecode=body.gemeentecode,
            step=body.step,
            since=body.since,
            due_on=body.due_on,
            reason=body.reason,
        )
    )


@router.post(
    "/ladder-steps/{stepId}/prolongations",
    operation_id="prolongLadderStep",
    summary="Een trede verlengen",
    status_code=201,
    response_model=LadderStepOut,
    responses=problems(NotFound, Forbidden),
    openapi_extra=LADDER_WRITERS,
)
async def prolong_ladder_step(stepId: UUID, body: LadderProlongationIn, tx: TxDep) -> LadderStepOut:  # noqa: N803 - as in the path
    """Legt vast dat de provincie meer tijd geeft op dezelfde trede."""
    return step_out(
        await actions.prolong_step(
            tx, step_id=stepId, prolonged_until=body.prolonged_until, reason=body.reason
        )
    )


@router.post(
    "/ladder-letters",
    operation_id="recordLadderLetter",
    summary="Een brief van de provincie vastleggen",
    status_code=201,
    response_model=LadderLetterOut,
    responses=problems(Forbidden, ReferenceNotYetKnown, LetterExists),
    openapi_extra=LADDER_WRITERS,
)
async def record_ladder_letter(body: LadderLetterIn, tx: TxDep) -> LadderLetterOut:
    """Legt een brief vast, met de dag waarvoor antwoord wordt gevraagd. De brief zelf blijft in het archief."""
    row = await actions.record_letter(
        tx,
        gemeentecode=body.gemeentecode,
        kind=body.kind,
        reference=body.reference,
        sent_on=body.sent_on,
        quarter=body.quarter,
        step_id=body.step_id,
        answer_due_on=body.answer_due_on,
    )
    return _letter_out(row, tx)


@router.get(
    "/ladder-letters",
    operation_id="listLadderLetters",
    summary="Brieven van de provincie",
    response_model=Page[LadderLetterOut],
    openapi_extra=LADDER_READERS,
)
async def list_ladder_letters(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen aan deze gemeente.")] = None,
    unanswered: Annotated[bool, Query(description="Alleen brieven die nog antwoord vragen.")] = False,  # noqa: FBT002 - a query parameter
) -> object:
    """De brieven aan de gemeenten waarvan u de cijfers mag zien."""
    rows = await store.letters_page(
        tx, gemeentecode=gemeentecode, unanswered=unanswered, after=paging.after_id, limit=paging.fetch
    )
    return paging.page(rows, key=lambda row: (row.id,), item=lambda row: _letter_out(row, tx))


@router.post(
    "/ladder-letters/{letterId}/answers",
    operation_id="answerLadderLetter",
    summary="Het antwoord op een brief vastleggen",
    status_code=201,
    response_model=LadderLetterOut,
    responses=problems(NotFound, Forbidden),
    openapi_extra=LADDER_WRITERS,
)
async def answer_ladder_letter(letterId: UUID, body: LetterAnswerIn, tx: TxDep) -> LadderLetterOut:  # noqa: N803 - as in the path
    """Legt vast wanneer de gemeente de brief heeft beantwoord."""
    return _letter_out(await actions.answer_letter(tx, letter_id=letterId, answered_on=body.answered_on), tx)
