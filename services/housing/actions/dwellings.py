# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Dwellings that corporations offer, and the quarters in which they stand."""

from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from chassis.db import Tx
from chassis.errors import Forbidden, InvalidInput, NotFound, ReferenceNotYetKnown, StaleVersion
from contracts.access import Role
from contracts.housing import DwellingKind as KindOnTheWire, DwellingOffered, DwellingWithdrawn
from services.housing.actions.law import check_law
from services.housing.actions.visibility import check_sees
from services.housing.errors import DwellingInUse, DwellingNotOffered, ReferenceExists
from services.housing.models import Corporation, Dwelling, FlexProject, Quarter
from services.housing.rules.codes import DwellingKind, DwellingStatus
from services.housing.rules.law import LawSwitch
from services.housing.rules.terms import STAY_MONTHS
from services.housing.store import corporations, dwellings as store, matches
from services.housing.store.turns import only_one

MOST_SHARERS = 3  # singles in one dwelling (HO-08)

__all__ = [
    "Offer",
    "change_quarter",
    "check_shared",
    "corporation_for",
    "most_persons",
    "offer_dwelling",
    "stay_of",
    "visible_dwelling",
    "withdraw_dwelling",
]


@dataclass(frozen=True, slots=True)
class Offer:
    """A dwelling as a corporation offers it. None: the usual for its kind."""

    gemeentecode: str | None
    quarter: str
    rooms: int
    size_m2: int
    rent_cents: int
    available_from: date
    corporation_id: UUID | None = None
    reference: str | None = None
    kind: DwellingKind | None = None
    min_persons: int | None = None
    max_persons: int | None = None
    accessible: bool = False
    max_stay_months: int | None = None
    share_slots: int = 0
    share_min: int | None = None
    project_id: UUID | None = None
    rules: tuple[str, ...] = ()


def most_persons(kind: DwellingKind, rooms: int) -> int:
    """For how many people a dwelling is where nobody says: two to a bedroom, one in a studio."""
    return 1 if kind is DwellingKind.STUDIO or rooms == 1 else 2 * (rooms - 1)


async def corporation_for(tx: Tx, corporation_id: UUID | None) -> Corporation:
    """Whose dwelling it is: the caller's own corporation, or the one that VluchtelingenWerk names.

    Raises:
        InvalidInput: VluchtelingenWerk names none.
        Forbidden: a corporation offers for another one, or is not on the list.
        ReferenceNotYetKnown: there is no such corporation.
    """
    caller = tx.acting
    if caller.has_role(Role.CORPORATION):
        own = await corporations.corporation_of(tx, caller.organisation_id)
        if own is None:
            raise Forbidden(
                "Uw organisatie staat nog niet op de lijst van corporaties.",
                extra={"missing": "een vermelding op de lijst van corporaties"},
            )
        if corporation_id in {None, own.id}:
            return own
        raise Forbidden("U kunt alleen woningen van uw eigen corporatie aanbieden.")
    if corporation_id is None:
        raise InvalidInput.on("/corporationId", "Noem de corporatie van de woning.", code="required")
    named = await tx.get(Corporation, corporation_id)
    if named is None:
        raise ReferenceNotYetKnown.on(
            "/corporationId", "Een corporatie met dit nummer is niet bekend.", code="reference-not-yet-known"
        )
    return named


async def offer_dwelling(tx: Tx, offer: Offer) -> Dwelling:
    """Put a dwelling on offer; from now on it can be matched.

    Raises:
        InvalidInput: the numbers do not go together, or the gemeente is not one of the corporation.
        ReferenceExists: the corporation offered it before.
        ReferenceNotYetKnown: there is no such project in this gemeente.
    """
    caller = tx.acting
    corporation = await corporation_for(tx, offer.corporation_id)
    code = offer.gemeentecode or (
        corporation.gemeentecodes[0] if len(corporation.gemeentecodes) == 1 else None
    )
    if code is None:
        raise InvalidInput.on("/gemeentecode", "Noem de gemeente van de woning.", code="required")
    if code not in corporation.gemeentecodes:
        raise InvalidInput.on(
            "/gemeentecode", "De corporatie heeft geen woningen in deze gemeente.", code="other-gemeente"
        )
    if not caller.has_role(Role.CORPORATION):
        check_sees(tx, code)
    if offer.reference is not None and await store.by_reference(tx, corporation.id, offer.reference):
        raise _reference_exists()
    if offer.project_id is not None:
        project = await tx.get(FlexProject, offer.project_id)
        if project is None or project.gemeentecode != code:
            raise ReferenceNotYetKnown.on(
                "/projectId",
                "Een project met dit nummer is in deze gemeente niet bekend.",
                code="reference-not-yet-known",
            )
    if offer.kind is DwellingKind.TRANSIT:
        await check_law(tx, LawSwitch.DOORSTROOM, offer.available_from, pointer="/kind")
    dwelling = _dwelling(tx, offer, corporation, code, await store.quarter_named(tx, code, offer.quarter))
    async with only_one(tx, "dwelling_reference", _reference_exists()):
        tx.add(dwelling)
    await tx.publish(
        DwellingOffered(
            dwelling_id=dwelling.id,
            corporation_id=corporation.id,
            organisation_id=corporation.organisation_id,
            kind=cast(KindOnTheWire, dwelling.kind),
            rooms=dwelling.rooms,
            available_from=dwelling.available_from,
        ),
        aggregate_id=dwelling.id,
        version=dwelling.version,
        gemeentecode=code,
    )
    return dwelling


def stay_of(kind: DwellingKind, months: int | None) -> int:
    """The longest stay in months; 0 is a home for good, None that nobody said it.

    Raises:
        InvalidInput: a home of this kind has another stay, or the one who offers it must say it.
    """
    if months is None and kind is DwellingKind.FLEX:
        raise InvalidInput.on(
            "/maxStayMonths",
            "Noem bij een flexwoning het langste verblijf in maanden; 0 als mensen er vast kunnen wonen.",
            code="required",
        )
    if kind is not DwellingKind.TRANSIT:
        return months or 0
    if months == 0:
        raise InvalidInput.on(
            "/maxStayMonths", "Een doorstroomwoning heeft een langste verblijf.", code="required"
        )
    if months is not None and months > STAY_MONTHS:
        raise InvalidInput.on(
            "/maxStayMonths",
            f"In een doorstroomwoning is het verblijf ten hoogste {STAY_MONTHS} maanden.",
            code="above-most",
        )
    return months or STAY_MONTHS


def check_shared(kind: DwellingKind, slots: int) -> None:
    """Refuse a shared home without places to share, and more places than singles share (HO-08).

    Raises:
        InvalidInput: the number of places does not go with the home.
    """
    if kind is DwellingKind.SHARED and slots == 0:
        raise InvalidInput.on(
            "/shareSlots",
            "Noem bij een gedeelde woning hoeveel alleenstaanden haar kunnen delen.",
            code="required",
        )
    if slots > MOST_SHARERS:
        raise InvalidInput.on(
            "/shareSlots", f"Ten hoogste {MOST_SHARERS} alleenstaanden delen een woning.", code="above-most"
        )


def _reference_exists() -> ReferenceExists:
    return ReferenceExists.on("/reference", "De corporatie bood deze woning al aan.")


def _dwelling(tx: Tx, offer: Offer, corporation: Corporation, code: str, quarter: Quarter) -> Dwelling:
    kind = offer.kind or (DwellingKind.STUDIO if offer.rooms == 1 else DwellingKind.FAMILY)
    most = offer.max_persons or most_persons(kind, offer.rooms)
    fewest = offer.min_persons or 1
    if fewest > most:
        raise InvalidInput.on(
            "/minPersons", f"Dit is meer dan de {most} van 'maxPersons'.", code="above-most"
        )
    share_min = offer.share_min if offer.share_min is not None else min(2, offer.share_slots)
    if share_min > offer.share_slots:
        raise InvalidInput.on(
            "/shareMin", f"Dit is meer dan de {offer.share_slots} van 'shareSlots'.", code="above-most"
        )
    stay = stay_of(kind, offer.max_stay_months)
    check_shared(kind, offer.share_slots)
    return Dwelling(
        gemeentecode=code,
        corporation_id=corporation.id,
        organisation_id=corporation.organisation_id,
        quarter_id=quarter.id,
        project_id=offer.project_id,
        reference=offer.reference,
        kind=kind.value,
        rooms=offer.rooms,
        size_m2=offer.size_m2,
        rent_cents=offer.rent_cents,
        min_persons=fewest,
        max_persons=most,
        accessible=offer.accessible,
        available_from=offer.available_from,
        max_stay_months=stay,
        share_slots=offer.share_slots,
        share_min=share_min,
        rules=sorted(set(offer.rules)),
        status=DwellingStatus.OFFERED.value,
        offered_on=tx.today,
        offered_by=tx.acting.subject,
    )


async def visible_dwelling(tx: Tx, dwelling_id: UUID) -> Dwelling:
    """The dwelling in a path.

    Raises:
        NotFound: it is not there, or not the caller's.
    """
    found = await tx.get(Dwelling, dwelling_id)
    if found is None:
        raise NotFound("Een woning met dit nummer is niet gevonden.")
    return found


async def withdraw_dwelling(tx: Tx, *, dwelling_id: UUID, on: date, reason: str) -> Dwelling:
    """Take an offer back, by the corporation or by VluchtelingenWerk for it.

    Raises:
        DwellingInUse: a match holds it, or a place in it.
        DwellingNotOffered: it was let.
    """
    dwelling = await store.lock_dwelling(tx, dwelling_id)
    if dwelling is None:
        raise NotFound("Een woning met dit nummer is niet gevonden.")
    caller = tx.acting
    if not caller.has_role(Role.CORPORATION):
        check_sees(tx, dwelling.gemeentecode)
    if dwelling.status == DwellingStatus.WITHDRAWN:
        return dwelling
    if on > tx.today:
        raise InvalidInput.on("/on", "Deze dag ligt in de toekomst.", code="in-future")
    if dwelling.status == DwellingStatus.MATCHED:
        raise DwellingInUse("Er loopt een match voor deze woning.")
    async with tx.as_platform():  # who left it is told by a stay, which its corporation does not see
        held = await matches.sharers(tx, dwelling.id)
    if dwelling.status == DwellingStatus.OFFERED and (dwelling.kept_places or held):
        raise DwellingInUse("Een deel van deze gedeelde woning is gematcht of bewoond.")
    if dwelling.status == DwellingStatus.LET:
        raise DwellingNotOffered("Deze woning is al verhuurd.")
    dwelling.status = DwellingStatus.WITHDRAWN.value
    dwelling.withdrawn_on = on
    dwelling.withdraw_reason = reason
    dwelling.version += 1
    await tx.publish(
        DwellingWithdrawn(dwelling_id=dwelling.id, withdrawn_on=on),
        aggregate_id=dwelling.id,
        version=dwelling.version,
        gemeentecode=dwelling.gemeentecode,
    )
    await tx.flush()
    return dwelling


async def change_quarter(
    tx: Tx,
    *,
    quarter_id: UUID,
    expected_version: int,
    changes: dict[str, object],
) -> Quarter:
    """Say where a quarter lies, whether a school is within reach, and how many people it may take."""
    quarter = await tx.get(Quarter, quarter_id, lock=True)
    if quarter is None:
        raise NotFound("Een wijk met dit nummer is niet gevonden.")
    check_sees(tx, quarter.gemeentecode)
    if quarter.version != expected_version:
        raise StaleVersion(f"Deze wijk heeft nu versie {quarter.version}.")
    for name, value in changes.items():
        setattr(quarter, name, value)
    quarter.version += 1
    await tx.flush()
    return quarter
