# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who counts as housed, row by row, and taking back what turned out wrong."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from chassis.errors import AgreementMissing, Forbidden, NotFound
from chassis.schema import described
from chassis.web import Day, Gemeentecode, Instant, LongText, Page, PagingDep, Router, Schema, TxDep, problems
from services.housing.actions import not_housed, realisations as actions
from services.housing.api.account_schemas import BookDay
from services.housing.api.declarations import MUNICIPALITY, PERSON_READERS, VWN, housing
from services.housing.errors import HouseholdMatched, NotItsHome, RealisationTakenBack
from services.housing.models import Realisation
from services.housing.rules.codes import TakenBack
from services.housing.store import realisations as store

router = Router()


class RealisationOut(Schema):
    """Wie meetelt als gehuisvest, of wat dat terugneemt. Zonder naam."""

    id: UUID
    gemeentecode: Gemeentecode
    housed_on: Day = described("De dag vanaf wanneer dit telt.")
    persons: int = described("Personen; onder nul neemt deze regel een andere terug.")
    source: Literal["match", "household", "entered", "correction"]
    household_id: UUID | None
    member_id: UUID | None
    match_id: UUID | None
    corrects: UUID | None = described("De realisatie die deze regel terugneemt.")
    taken_back: bool = described("Of een andere regel deze terugneemt.")
    reason: str | None = described(
        "Waarom is teruggenomen; leeg als de gegevens van de persoon zijn vernietigd."
    )
    cause: TakenBack | None = described("Bij wat een andere regel terugneemt: waarom die niet klopt.")
    recorded_at: Instant


class TakingBackIn(Schema):
    """Waarom een realisatie niet klopt, en vanaf wanneer zij niet telt."""

    reason: LongText = described("Waarom; noem geen namen.")
    counts_from: BookDay | None = described(
        "De dag vanaf wanneer zij niet meer telt; leeg: zij heeft nooit geteld.", default=None
    )
    cause: TakenBack | None = described(
        "never-moved-in: het huishouden is er nooit gaan wonen. Iedereen ervan wordt teruggenomen, het wacht weer "
        "op een huis en de woning komt vrij. counted-twice: deze persoon telde dubbel, en telt ook bij een volgend "
        "huis niet. Leeg: alleen de telling klopt niet.",
        default=None,
    )


def _realisation_out(row: Realisation) -> RealisationOut:
    shown = row.model_dump(include=set(RealisationOut.model_fields))
    return RealisationOut.model_validate({**shown, "taken_back": row.corrected})


@router.get(
    "/realisations",
    operation_id="listRealisations",
    summary="Wie meetelt als gehuisvest",
    response_model=Page[RealisationOut],
    openapi_extra=housing(PERSON_READERS, "realisatie-raadplegen"),
)
async def list_realisations(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
    household_id: Annotated[
        UUID | None, Query(alias="householdId", description="Alleen van dit huishouden.")
    ] = None,
    match_id: Annotated[UUID | None, Query(alias="matchId", description="Alleen van deze match.")] = None,
) -> object:
    """De regels waaruit de rekening optelt wie is gehuisvest: een per persoon, en wat is teruggenomen."""
    rows = await store.realisations_page(
        tx,
        gemeentecode=gemeentecode,
        household_id=household_id,
        match_id=match_id,
        after=paging.position(*store.REALISATION_KEY),
        limit=paging.fetch,
    )
    await actions.log_looks(tx, rows[: paging.size])
    return paging.page(rows, key=lambda row: (row.housed_on, row.id), item=_realisation_out)


@router.post(
    "/realisations/{realisationId}/taking-back",
    operation_id="takeBackRealisation",
    summary="Een realisatie terugnemen",
    status_code=201,
    response_model=RealisationOut,
    responses=problems(
        NotFound, Forbidden, AgreementMissing, RealisationTakenBack, NotItsHome, HouseholdMatched
    ),
    openapi_extra=housing(MUNICIPALITY | VWN, "realisatie-terugnemen"),
)
async def take_back_realisation(realisationId: UUID, body: TakingBackIn, tx: TxDep) -> RealisationOut:  # noqa: N803 - as in the path
    """Neemt terug dat iemand meetelt als gehuisvest. De regel blijft staan; een tweede regel heft haar op."""
    reason, counts_from = body.reason, body.counts_from
    if body.cause is TakenBack.NEVER_MOVED_IN:
        back = await not_housed.never_moved_in(
            tx, realisation_id=realisationId, reason=reason, counts_from=counts_from
        )
    else:
        back = await actions.take_back(
            tx, realisation_id=realisationId, reason=reason, counts_from=counts_from, cause=body.cause
        )
    return _realisation_out(back)
