# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Gemeenten that jointly change their targets: proposed by one, counted once all agreed."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.schema import described
from chassis.web import (
    Count,
    Day,
    DayOrNone,
    Gemeentecode,
    LongText,
    Page,
    PagingDep,
    Router,
    Schema,
    TxDep,
    problems,
)
from services.housing.actions import swaps as actions
from services.housing.api.account_schemas import HalfYearText, half_year_of
from services.housing.api.declarations import FIGURE_READERS, MUNICIPALITY, figures, housing
from services.housing.errors import SwapNotPossible, SwapOver, SwappedMeanwhile, SwitchedOff
from services.housing.models.account import TargetSwap, TargetSwapParty
from services.housing.store import account as store

router = Router()

SWAP_WRITERS = housing(MUNICIPALITY, "taakstelling-uitruilen")
SWAP_READERS = figures(FIGURE_READERS, "taakstelling-raadplegen")


class SwapTarget(Schema):
    """De nieuwe taakstelling van een gemeente."""

    gemeentecode: Gemeentecode
    target: Count


class SwapIn(Schema):
    """Een voorstel om taakstellingen samen te wijzigen."""

    gemeentecode: Gemeentecode = described("De gemeente die voorstelt; zij doet zelf mee.")
    half_year: HalfYearText
    targets: list[SwapTarget] = described(
        "De taakstelling van elke partij na de uitruil; de som blijft gelijk.", min_length=1, max_length=50
    )
    reason: LongText = described("Waarom.")


class SwapParty(Schema):
    """Een partij bij de uitruil."""

    gemeentecode: Gemeentecode
    before: int
    after: int
    agreed_on: DayOrNone


class SwapOut(Schema):
    """Een uitruil van taakstellingen."""

    id: UUID
    half_year: str
    reason: str
    proposed_on: Day
    settled_on: DayOrNone = described(
        "De dag vanaf wanneer de uitruil telt; leeg zolang niet ieder akkoord is."
    )
    withdrawn_on: DayOrNone
    parties: list[SwapParty]


class SwapAgreementIn(Schema):
    """Het akkoord van een gemeente."""

    gemeentecode: Gemeentecode


def _out(swap: TargetSwap, parties: list[TargetSwapParty]) -> SwapOut:
    return SwapOut(
        **swap.model_dump(include={"id", "half_year", "reason", "proposed_on", "settled_on", "withdrawn_on"}),
        parties=[
            SwapParty(
                gemeentecode=one.gemeentecode, before=one.before, after=one.after, agreed_on=one.agreed_on
            )
            for one in parties
        ],
    )


async def _swap_out(tx: TxDep, swap: TargetSwap) -> SwapOut:
    return _out(swap, (await store.parties_of(tx, [swap.id]))[swap.id])


@router.post(
    "/target-swaps",
    operation_id="proposeTargetSwap",
    summary="Een uitruil van taakstellingen voorstellen",
    status_code=201,
    response_model=SwapOut,
    responses=problems(Forbidden, SwapNotPossible, SwitchedOff),
    openapi_extra=SWAP_WRITERS,
)
async def propose_target_swap(body: SwapIn, tx: TxDep) -> SwapOut:
    """Stelt nieuwe taakstellingen voor. De uitruil telt pas als elke partij akkoord is."""
    after = {one.gemeentecode: one.target for one in body.targets}
    if len(after) < len(body.targets):
        raise InvalidInput.on("/targets", "Een gemeente komt twee keer voor.", code="double")
    swap = await actions.propose_swap(
        tx,
        gemeentecode=body.gemeentecode,
        half_year=half_year_of(body.half_year, pointer="/halfYear"),
        after=after,
        reason=body.reason,
    )
    return await _swap_out(tx, swap)


@router.get(
    "/target-swaps",
    operation_id="listTargetSwaps",
    summary="Uitruil van taakstellingen",
    response_model=Page[SwapOut],
    openapi_extra=SWAP_READERS,
)
async def list_target_swaps(
    tx: TxDep,
    paging: PagingDep,
    half_year: Annotated[
        str | None, Query(alias="halfYear", max_length=20, description="Alleen van dit halfjaar.")
    ] = None,
) -> object:
    """De uitruil waarbij een gemeente partij is waarvan u de cijfers mag zien."""
    wanted = None if half_year is None else str(half_year_of(half_year, parameter="halfYear"))
    rows = await store.swaps_page(tx, half_year=wanted, after=paging.after_id, limit=paging.fetch)
    parties = await store.parties_of(tx, [row.id for row in rows])
    return paging.page(rows, key=lambda row: (row.id,), item=lambda row: _out(row, parties[row.id]))


@router.get(
    "/target-swaps/{swapId}",
    operation_id="readTargetSwap",
    summary="Een uitruil van taakstellingen",
    response_model=SwapOut,
    responses=problems(NotFound),
    openapi_extra=SWAP_READERS,
)
async def read_target_swap(swapId: UUID, tx: TxDep) -> SwapOut:  # noqa: N803 - as in the path
    """Een uitruil met wie er akkoord is."""
    return await _swap_out(tx, await actions.visible_swap(tx, swapId))


@router.post(
    "/target-swaps/{swapId}/agreements",
    operation_id="agreeToTargetSwap",
    summary="Akkoord gaan met een uitruil",
    status_code=201,
    response_model=SwapOut,
    responses=problems(NotFound, Forbidden, SwapNotPossible, SwapOver, SwappedMeanwhile, SwitchedOff),
    openapi_extra=SWAP_WRITERS,
)
async def agree_to_target_swap(swapId: UUID, body: SwapAgreementIn, tx: TxDep) -> SwapOut:  # noqa: N803 - as in the path
    """Legt het akkoord van een gemeente vast; met het laatste akkoord telt de uitruil vanaf vandaag."""
    return await _swap_out(
        tx, await actions.agree_to_swap(tx, swap_id=swapId, gemeentecode=body.gemeentecode)
    )


@router.post(
    "/target-swaps/{swapId}/withdrawals",
    operation_id="withdrawTargetSwap",
    summary="Een uitruil intrekken",
    status_code=201,
    response_model=SwapOut,
    responses=problems(NotFound, Forbidden, SwapOver),
    openapi_extra=SWAP_WRITERS,
)
async def withdraw_target_swap(swapId: UUID, tx: TxDep) -> SwapOut:  # noqa: N803 - as in the path
    """Trekt een uitruil in die nog niet telt; elke partij kan dat doen."""
    return await _swap_out(tx, await actions.withdraw_swap(tx, swap_id=swapId))
