# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people say to a search beforehand: pins, bans and holds, each with an end."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.errors import AgreementMissing, Forbidden, NotFound, ReferenceNotYetKnown
from chassis.schema import described
from chassis.web import (
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
from services.housing.actions import pins as actions
from services.housing.actions.households import look_at_ids
from services.housing.api.declarations import MUNICIPALITY, PERSON_READERS, VWN, housing
from services.housing.errors import PinExists
from services.housing.models import Pin
from services.housing.rules.codes import PinKind
from services.housing.store import searches as store

router = Router()

SEARCHERS = MUNICIPALITY | VWN


class PinIn(Schema):
    """Iets dat voor het zoeken vaststaat, met een einde."""

    kind: PinKind = described("Dit paar wel, dit paar niet, of dit huishouden nog niet.")
    household_id: UUID = described("Het huishouden.")
    dwelling_id: UUID | None = described("De woning, bij pin en ban.", default=None)
    reason: LongText = described("Waarom.")
    expires_on: Day = described("Laatste dag waarop dit geldt.")


class PinOut(PinIn):
    """Iets dat voor het zoeken vaststaat."""

    id: UUID
    gemeentecode: Gemeentecode
    set_on: Day
    lifted_on: DayOrNone


def _pin_out(row: Pin) -> PinOut:
    return PinOut.model_validate(row.model_dump(include=set(PinOut.model_fields)))


@router.post(
    "/pins",
    operation_id="setPin",
    summary="Iets vastzetten voor het zoeken",
    status_code=201,
    response_model=PinOut,
    responses=problems(Forbidden, AgreementMissing, ReferenceNotYetKnown, PinExists),
    openapi_extra=housing(SEARCHERS, "match-zoeken"),
)
async def set_pin(body: PinIn, tx: TxDep) -> PinOut:
    """Zet een paar vast, sluit het uit, of houdt een huishouden nog even terug, tot en met een dag."""
    return _pin_out(await actions.set_pin(tx, **body.model_dump()))


@router.get(
    "/pins",
    operation_id="listPins",
    summary="Wat voor het zoeken is vastgezet",
    response_model=Page[PinOut],
    openapi_extra=housing(PERSON_READERS, "match-zoeken"),
)
async def list_pins(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[Gemeentecode | None, Query(description="Alleen van deze gemeente.")] = None,
    in_force: Annotated[bool, Query(alias="inForce", description="Alleen wat nu geldt.")] = False,  # noqa: FBT002 - a parameter of the address
) -> object:
    """Wat is vastgezet, uitgesloten of teruggehouden."""
    rows = await store.pins_page(
        tx,
        gemeentecode=gemeentecode,
        in_force_on=tx.today if in_force else None,
        after=paging.after_id,
        limit=paging.fetch,
    )
    await look_at_ids(tx, {row.household_id for row in rows[: paging.size]})
    return paging.page(rows, key=lambda row: (row.id,), item=_pin_out)


@router.post(
    "/pins/{pinId}/lifting",
    operation_id="liftPin",
    summary="Iets losmaken",
    response_model=PinOut,
    responses=problems(NotFound),
    openapi_extra=housing(SEARCHERS, "match-zoeken"),
)
async def lift_pin(pinId: UUID, tx: TxDep) -> PinOut:  # noqa: N803 - as in the path
    """Maakt los wat was vastgezet."""
    pin = await actions.lift_pin(tx, pin_id=pinId)
    await look_at_ids(tx, {pin.household_id})
    return _pin_out(pin)
