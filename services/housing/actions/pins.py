# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people say to a search beforehand: this pair, not this pair, not yet this household; each with an end."""

from datetime import date
from uuid import UUID

from sqlmodel import col, select

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound
from services.housing.actions.households import look_at
from services.housing.actions.visibility import check_sees, unknown_reference
from services.housing.errors import PinExists
from services.housing.models import Dwelling, Household, Pin
from services.housing.rules.codes import PinKind
from services.housing.store.turns import take_turn

__all__ = ["lift_pin", "set_pin"]


async def set_pin(
    tx: Tx, *, kind: PinKind, household_id: UUID, dwelling_id: UUID | None, reason: str, expires_on: date
) -> Pin:
    """Pin or rule out a pair, or hold a household back, until a day.

    Raises:
        InvalidInput: a hold names a dwelling, a pair does not, or the end has passed.
        ReferenceNotYetKnown, AgreementMissing: one of both is not known, or not the caller's.
        PinExists: the same is in force.
    """
    if (dwelling_id is None) is not (kind is PinKind.HOLD):
        raise InvalidInput.on(
            "/dwellingId", "Noem een woning bij 'pin' en 'ban', en niet bij 'hold'.", code="form"
        )
    if expires_on < tx.today:
        raise InvalidInput.on("/expiresOn", "Deze dag is al voorbij.", code="in-past")
    household = await tx.get(Household, household_id)
    if household is None:
        raise await unknown_reference(tx, household_id, "/householdId", "Een huishouden")
    check_sees(tx, household.gemeentecode)
    if dwelling_id is not None and await tx.get(Dwelling, dwelling_id) is None:
        raise await unknown_reference(tx, dwelling_id, "/dwellingId", "Een woning")
    await look_at(tx, [household])
    await take_turn(tx, "pin", kind.value, household_id, dwelling_id)
    known = await tx.scalar(
        select(Pin.id).where(
            col(Pin.kind) == kind.value,
            col(Pin.household_id) == household_id,
            col(Pin.dwelling_id).is_(None) if dwelling_id is None else col(Pin.dwelling_id) == dwelling_id,
            col(Pin.lifted_on).is_(None),
            col(Pin.expires_on) >= tx.today,
        )
    )
    if known is not None:
        raise PinExists.on("/householdId", "Dit is al vastgezet.")
    pin = Pin(
        kind=kind.value,
        household_id=household_id,
        dwelling_id=dwelling_id,
        gemeentecode=household.gemeentecode,
        reason=reason,
        set_on=tx.today,
        set_by=tx.acting.subject,
        expires_on=expires_on,
    )
    tx.add(pin)
    await tx.flush()
    return pin


async def lift_pin(tx: Tx, *, pin_id: UUID) -> Pin:
    """Take it back; again changes nothing."""
    pin = await tx.get(Pin, pin_id, lock=True)
    if pin is None:
        raise NotFound("Dit is niet gevonden.")
    if pin.lifted_on is None:
        pin.lifted_on = tx.today
        await tx.flush()
    return pin
