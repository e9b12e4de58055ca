# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The places where providers teach, which group is where, and what the contracts ask of them."""

from datetime import date
from uuid import UUID

from chassis.db import Tx
from chassis.errors import Forbidden, InvalidInput, NotFound, ReferenceNotYetKnown, StaleVersion
from services.learning_routes import rules, store
from services.learning_routes.errors import (
    LocationClosed,
    LocationDiffers,
    LocationInUse,
    RouteNotOffered,
    on_day,
)
from services.learning_routes.models import Contract, LessonGroup, Provider
from services.learning_routes.models.locations import Location

__all__ = [
    "add_location",
    "change_location",
    "check_contract_locations",
    "check_open",
    "group_location",
    "place_group",
    "visible_location",
]


async def _check_manages(tx: Tx, provider_id: UUID, gemeentecode: str) -> None:
    """Let those keep a school's places who act for the gemeente of the place, or for one with a contract.

    A place may lie outside the gemeenten of the contract: the onderwijsroute is taught in Den Haag.

    Raises:
        Forbidden: the caller works for neither.
    """
    caller = tx.acting
    codes = {gemeentecode}
    for contract in await store.contracts_of(tx, provider_id):
        codes.update(contract.gemeentecodes)
    if not any(caller.acts_for(code) for code in codes):
        raise Forbidden(
            f"Uw organisatie voert de inburgering niet uit voor gemeente {gemeentecode} en heeft geen contract "
            "met deze aanbieder.",
            extra={"missing": f"een mandaat van gemeente {gemeentecode}"},
        )


def _check_offers(provider: Provider, gemeentecode: str, offers: list[rules.LocationOffer]) -> list[str]:
    for offer in offers:
        if rules.route_of(offer) not in provider.routes:
            raise RouteNotOffered.on(
                "/offers", f"{provider.name} geeft deze leerroutes: {', '.join(provider.routes)}."
            )
    if rules.LocationOffer.VOORSCHOTEN_CLASS in offers and gemeentecode != rules.VOORSCHOTEN:
        raise InvalidInput.on("/offers", "De klas van Voorschoten is in Voorschoten.", code="other-gemeente")
    return sorted({offer.value for offer in offers})


async def add_location(
    tx: Tx,
    *,
    provider_id: UUID,
    name: str,
    gemeentecode: str,
    central: bool,
    offers: list[rules.LocationOffer],
    valid_from: date,
    valid_until: date | None,
) -> Location:
    """Record a place of a provider."""
    provider = await tx.get(Provider, provider_id)
    if provider is None:
        raise NotFound("Een aanbieder met dit nummer is niet gevonden.")
    if valid_until is not None and valid_until < valid_from:
        raise InvalidInput.on("/validUntil", "De laatste dag ligt voor de eerste.", code="before-start")
    await _check_manages(tx, provider_id, gemeentecode)
    location = Location(
        provider_id=provider_id,
        name=name,
        gemeentecode=gemeentecode,
        central=central,
        offers=_check_offers(provider, gemeentecode, offers),
        valid_from=valid_from,
        valid_until=valid_until,
    )
    tx.add(location)
    await tx.flush()
    return location


async def visible_location(tx: Tx, location_id: UUID) -> Location:
    """The place, for a reader.

    Raises:
        NotFound: it is not there.
    """
    location = await tx.get(Location, location_id)
    if location is None:
        raise NotFound("Een locatie met dit nummer is niet gevonden.")
    return location


async def _offer(tx: Tx, location: Location, offers: list[rules.LocationOffer]) -> None:
    provider = await tx.get(Provider, location.provider_id)
    assert provider is not None  # noqa: S101 - a foreign key says so
    kept = _check_offers(provider, location.gemeentecode, offers)
    for group in await store.groups_with_lessons(tx, location.id, tx.today):
        if not rules.fits(kept, group.leerroute, small_group=group.small_group):
            raise LocationInUse.on("/offers", f"Een groep heeft hier les van leerroute {group.leerroute}.")
    location.offers = kept


async def _close(tx: Tx, location: Location, valid_until: date) -> None:
    if valid_until < location.valid_from:
        raise InvalidInput.on("/validUntil", "De laatste dag ligt voor de eerste.", code="before-start")
    last = await store.last_lesson_at(tx, location.id)
    if last is not None and last > valid_until:
        raise LocationInUse.on("/validUntil", f"De laatste les is op {on_day(last)}.")
    location.valid_until = valid_until


async def change_location(
    tx: Tx,
    *,
    location_id: UUID,
    expected_version: int,
    name: str | None,
    central: bool | None,
    offers: list[rules.LocationOffer] | None,
    valid_until: date | None,
) -> Location:
    """Correct or close a place; None leaves a field as it is. Planned lessons must still fit."""
    # The lock keeps lessons and groups from coming to the place meanwhile.
    location = await store.lock_location(tx, location_id)
    if location is None:
        raise NotFound("Een locatie met dit nummer is niet gevonden.")
    await _check_manages(tx, location.provider_id, location.gemeentecode)
    if location.version != expected_version:
        raise StaleVersion(f"Deze locatie heeft nu versie {location.version}.")
    if offers is not None:
        await _offer(tx, location, offers)
    if valid_until is not None:
        await _close(tx, location, valid_until)
    if name is not None:
        location.name = name
    if central is not None:
        location.central = central
    location.version += 1
    await tx.flush()
    return location


async def group_location(
    tx: Tx,
    *,
    location_id: UUID,
    provider_id: UUID,
    gemeentecode: str,
    leerroute: str,
    small_group: bool,
) -> Location:
    """The place for a group's lessons, kept as it is until the transaction ends.

    Raises:
        ReferenceNotYetKnown: there is no such place.
        LocationDiffers: it is another school's, in another gemeente, or for other lessons.
        LocationClosed: it is no longer in use.
    """
    location = await store.share_location(tx, location_id)
    if location is None:
        raise ReferenceNotYetKnown.on(
            "/locationId", "Deze locatie is hier nog niet bekend.", code="reference-not-yet-known"
        )
    if location.provider_id != provider_id:
        raise LocationDiffers.on("/locationId", "Deze locatie is van een andere aanbieder.")
    if location.gemeentecode != gemeentecode:
        raise LocationDiffers.on("/locationId", f"Deze locatie is in gemeente {location.gemeentecode}.")
    if not rules.fits(location.offers, leerroute, small_group=small_group):
        raise LocationDiffers.on("/locationId", f"Op deze locatie is: {', '.join(location.offers)}.")
    if location.valid_until is not None and location.valid_until < tx.today:
        raise LocationClosed.on("/locationId", f"De laatste dag was {on_day(location.valid_until)}.")
    return location


async def place_group(tx: Tx, *, group_id: UUID, location_id: UUID, small_group: bool) -> LessonGroup:
    """Give a group of one's own school its place; lessons that are planned must fit there."""
    group = await store.lock_group(tx, group_id)
    if group is None:
        raise NotFound("Een groep met dit nummer is niet gevonden.")
    location = await group_location(
        tx,
        location_id=location_id,
        provider_id=group.provider_id,
        gemeentecode=group.gemeentecode,
        leerroute=group.leerroute,
        small_group=small_group,
    )
    for lesson in await store.lessons_to_come(tx, group_id, tx.today):
        check_open(location, lesson.held_on, "/locationId")
    group.location_id = location.id
    group.small_group = small_group
    await tx.flush()
    return group


def check_open(location: Location, day: date, pointer: str) -> None:
    """Whether lessons can be at a place on a day.

    Raises:
        LocationClosed: they cannot.
    """
    if day < location.valid_from:
        raise LocationClosed.on(pointer, f"De eerste dag is {on_day(location.valid_from)}.")
    if location.valid_until is not None and day > location.valid_until:
        raise LocationClosed.on(pointer, f"De laatste dag is {on_day(location.valid_until)}.")


async def check_contract_locations(tx: Tx, contract_id: UUID, day: date) -> list[rules.LocationFinding]:
    """Hold a contract against the places of its provider."""
    contract = await tx.get(Contract, contract_id)
    if contract is None:
        raise NotFound("Een contract met dit nummer is niet gevonden.")
    provider = await tx.get(Provider, contract.provider_id)
    assert provider is not None  # noqa: S101 - a foreign key says so
    return rules.check_locations(
        routes=provider.routes,
        gemeentecodes=contract.gemeentecodes,
        places=[
            rules.Place(row.id, row.gemeentecode, row.central, row.offers, row.valid_from, row.valid_until)
            for row in await store.locations_of(tx, provider.id)
        ],
        elsewhere=await store.groups_elsewhere(tx, provider.id, contract.gemeentecodes, day),
        day=day,
    )
