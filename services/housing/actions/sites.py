# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reception sites: who they are for, how many places they have, and whose people wait there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from chassis.db import Tx
from chassis.errors import InvalidInput, NotFound, ReferenceNotYetKnown
from services.housing.actions.standing import check_acts
from services.housing.models.supply import ReceptionSite, SiteCapacity, SiteDistance, SiteResidents
from services.housing.rules.reception import (
    Capacity,
    PlacesFor,
    Residents,
    SiteKind,
    places_on,
    residents_on,
)
from services.housing.store import supply as store

__all__ = [
    "SiteView",
    "add_site",
    "check_site",
    "count_residents",
    "read_sites",
    "set_capacity",
    "set_distance",
    "visible_site",
]


async def check_site(tx: Tx, site_id: UUID | None) -> None:
    """Let a household stay at a reception site only that is on the list.

    Raises:
        ReferenceNotYetKnown: it is not.
    """
    if site_id is not None and await tx.get(ReceptionSite, site_id) is None:
        raise ReferenceNotYetKnown.on(
            "/receptionSiteId", "Deze opvanglocatie is hier nog niet bekend.", code="reference-not-yet-known"
        )


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site as it stands on a day."""

    site: ReceptionSite
    places: dict[PlacesFor, int]
    residents: Sequence[Residents]
    distances: Sequence[SiteDistance]


async def read_sites(tx: Tx, rows: Sequence[ReceptionSite], day: date) -> list[SiteView]:
    """These sites as they stand on a day, with the residents of the gemeenten that the caller may know."""
    ids = [row.id for row in rows]
    capacities = await store.capacities_of(tx, ids)
    residents = await store.residents_of(tx, ids)
    distances = await store.distances_of(tx, ids)
    return [
        SiteView(
            row,
            places_on(capacities[row.id], day),
            residents_on(residents[row.id], day),
            distances[row.id],
        )
        for row in rows
    ]


async def visible_site(tx: Tx, site_id: UUID) -> ReceptionSite:
    """The site, for a reader.

    Raises:
        NotFound: there is none.
    """
    site = await tx.get(ReceptionSite, site_id)
    if site is None:
        raise NotFound("Een opvanglocatie met dit nummer is niet gevonden.")
    return site


async def add_site(
    tx: Tx,
    *,
    name: str,
    kind: SiteKind,
    gemeentecode: str,
    linked_gemeentecodes: Sequence[str],
    opens_on: date,
    closes_on: date | None,
    statushouders_percent: int | None,
    building_dated: bool,
    building_noted_on: date | None,
    building_note: str | None,
    capacities: Sequence[Capacity],
    source: str,
) -> ReceptionSite:
    """Record a site with its places; the gemeente where it is does this, or its Province.

    Raises:
        InvalidInput: it would close before it opens, or names the same places twice.
    """
    check_acts(tx, gemeentecode, province=True, place="/gemeentecode")
    if closes_on is not None and closes_on < opens_on:
        raise InvalidInput.on("/closesOn", "De laatste dag ligt voor de eerste.", code="before-start")
    keys = [(one.places_for, one.since) for one in capacities]
    if len(set(keys)) < len(keys):
        raise InvalidInput.on("/capacities", "Twee keer plaatsen voor dezelfde groep en dag.", code="double")
    site = ReceptionSite(
        name=name,
        kind=kind.value,
        gemeentecode=gemeentecode,
        linked_gemeentecodes=sorted(set(linked_gemeentecodes)),
        opens_on=opens_on,
        closes_on=closes_on,
        statushouders_percent=statushouders_percent,
        building_dated=building_dated,
        building_noted_on=building_noted_on,
        building_note=building_note,
        source=source,
    )
    tx.add(site)
    await tx.flush()
    for one in capacities:
        tx.add(
            SiteCapacity(site_id=site.id, places_for=one.places_for.value, since=one.since, places=one.places)
        )
    await tx.flush()
    return site


async def _own_site(tx: Tx, site_id: UUID) -> ReceptionSite:
    site = await store.lock_site(tx, site_id)
    if site is None:
        raise NotFound("Een opvanglocatie met dit nummer is niet gevonden.")
    check_acts(tx, site.gemeentecode, province=True, place="siteId")
    site.version += 1
    return site


async def set_capacity(
    tx: Tx, *, site_id: UUID, places_for: PlacesFor, since: date, places: int
) -> ReceptionSite:
    """Record how many places a site has from a day on; 0 ends them."""
    site = await _own_site(tx, site_id)
    row = await tx.get(SiteCapacity, (site_id, places_for.value, since))
    if row is None:
        tx.add(SiteCapacity(site_id=site_id, places_for=places_for.value, since=since, places=places))
    else:
        row.places = places
    await tx.flush()
    return site


async def count_residents(
    tx: Tx, *, site_id: UUID, gemeentecode: str, counted_on: date, persons: int
) -> ReceptionSite:
    """Record how many people in a site are linked to a gemeente.

    Raises:
        InvalidInput: the gemeente is not one of the site's, or the day is in the future.
    """
    site = await _own_site(tx, site_id)
    if gemeentecode not in site.linked_gemeentecodes:
        text = f"Deze locatie is niet voor mensen van gemeente {gemeentecode}."
        raise InvalidInput.on("/gemeentecode", text, code="other-gemeente")
    if counted_on > tx.today:
        raise InvalidInput.on("/countedOn", "Deze dag ligt in de toekomst.", code="in-future")
    row = await tx.get(SiteResidents, (site_id, gemeentecode, counted_on))
    if row is None:
        tx.add(
            SiteResidents(site_id=site_id, gemeentecode=gemeentecode, counted_on=counted_on, persons=persons)
        )
    else:
        row.persons = persons
    await tx.flush()
    return site


async def set_distance(
    tx: Tx, *, site_id: UUID, gemeentecode: str, distance_km: int, travel_minutes: int | None
) -> ReceptionSite:
    """Record how far a site is from the gemeente where people of it will live."""
    site = await _own_site(tx, site_id)
    row = await tx.get(SiteDistance, (site_id, gemeentecode))
    if row is None:
        row = SiteDistance(site_id=site_id, gemeentecode=gemeentecode, distance_km=distance_km)
        tx.add(row)
    row.distance_km = distance_km
    row.travel_minutes = travel_minutes
    await tx.flush()
    return site
