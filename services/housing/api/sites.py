# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reception sites: places by day, the people of each linked gemeente, and how far they are from home."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.errors import Forbidden, NotFound
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
    ShortText,
    TxDep,
    access,
    problems,
)
from contracts.access import Purpose, Role
from services.housing.actions import sites as actions
from services.housing.api.account_schemas import Peildatum
from services.housing.api.declarations import FIGURE_READERS, MUNICIPALITY, figures
from services.housing.api.plans import Percent
from services.housing.models.supply import ReceptionSite
from services.housing.rules.reception import Capacity, PlacesFor, SiteKind
from services.housing.store import supply as store

router = Router()

SITE_WRITERS = access(
    roles=MUNICIPALITY | {Role.PROVINCE},
    purpose=Purpose.HOUSING,
    activity="opvanglocatie-beheren",
    role_purposes={Role.PROVINCE: Purpose.FIGURES},
)
SITE_READERS = figures(FIGURE_READERS, "opvanglocatie-raadplegen")

Kilometres = Annotated[int, Field(ge=0, le=400, strict=True)]
Minutes = Annotated[int, Field(ge=0, le=1440, strict=True)]


class SiteCapacityIn(Schema):
    """Plaatsen vanaf een dag."""

    places_for: PlacesFor
    since: Day
    places: Count


class SiteIn(Schema):
    """Een opvanglocatie."""

    name: ShortText
    kind: SiteKind
    gemeentecode: Gemeentecode = described("De gemeente waar de locatie staat.")
    linked_gemeentecodes: list[Gemeentecode] = described(
        "De gemeenten waaraan de bewoners zijn gekoppeld.", default_factory=list, max_length=400
    )
    opens_on: Day
    closes_on: DayOrNone = described("Laatste dag van de overeenkomst.", default=None)
    statushouders_percent: Percent | None = described(
        "Welk deel van de bewoners ongeveer statushouder is, als dat niet ieder is.", default=None
    )
    needs_renovation: bool = described(
        "Of het gebouw verouderd is en renovatie nodig heeft.", default=False, strict=True
    )
    building_noted_on: DayOrNone = described("De dag waarop dat is vastgesteld.", default=None)
    building_note: LongText | None = None
    capacities: list[SiteCapacityIn] = described(
        "Plaatsen, elk vanaf een dag.", default_factory=list, max_length=100
    )
    source: ShortText = described("Waar dit staat.")


class SitePlacesOut(Schema):
    """Plaatsen voor een groep."""

    places_for: PlacesFor
    places: int


class SiteResidentsOut(Schema):
    """De laatste telling van bewoners die aan een gemeente zijn gekoppeld."""

    gemeentecode: Gemeentecode
    persons: int
    counted_on: Day


class SiteDistanceOut(Schema):
    """De afstand tot een gemeente waar bewoners gaan wonen."""

    gemeentecode: Gemeentecode
    distance_km: int
    travel_minutes: int | None


class SiteOut(Schema):
    """Een opvanglocatie zoals die er op een dag voor staat."""

    id: UUID
    name: str
    kind: SiteKind
    gemeentecode: Gemeentecode
    linked_gemeentecodes: list[Gemeentecode]
    opens_on: Day
    closes_on: DayOrNone
    open: bool = described("Of de locatie op de peildatum open is.")
    peildatum: Day
    places: list[SitePlacesOut]
    statushouders_percent: int | None
    statushouders_about: int | None = described("Dat deel van alle plaatsen, afgerond.")
    residents: list[SiteResidentsOut] = described("Van de gemeenten waarvan u de cijfers mag zien.")
    distances: list[SiteDistanceOut]
    needs_renovation: bool
    building_noted_on: DayOrNone
    building_note: str | None
    source: str


class SitePlacesIn(Schema):
    """Hoeveel plaatsen er zijn."""

    places: Count = described("Plaatsen; 0 beëindigt ze.")


class SiteResidentsIn(Schema):
    """Een telling van bewoners."""

    persons: Count


class SiteDistanceIn(Schema):
    """Een afstand."""

    distance_km: Kilometres
    travel_minutes: Minutes | None = described("Met het openbaar vervoer.", default=None)


def _out(view: actions.SiteView, day: Day) -> SiteOut:
    site = view.site
    share = site.statushouders_percent
    return SiteOut(
        **site.model_dump(exclude={"version", "building_dated"}),
        needs_renovation=site.building_dated,
        open=site.opens_on <= day and (site.closes_on is None or day <= site.closes_on),
        peildatum=day,
        places=[SitePlacesOut(places_for=kind, places=view.places[kind]) for kind in sorted(view.places)],
        statushouders_about=None if share is None else (sum(view.places.values()) * share + 50) // 100,
        residents=[
            SiteResidentsOut(gemeentecode=one.gemeentecode, persons=one.persons, counted_on=one.on)
            for one in view.residents
        ],
        distances=[
            SiteDistanceOut(
                gemeentecode=one.gemeentecode,
                distance_km=one.distance_km,
                travel_minutes=one.travel_minutes,
            )
            for one in view.distances
        ],
    )


async def _site_out(tx: TxDep, site: ReceptionSite, day: Day) -> SiteOut:
    (view,) = await actions.read_sites(tx, [site], day)
    return _out(view, day)


@router.post(
    "/reception-sites",
    operation_id="addReceptionSite",
    summary="Een opvanglocatie vastleggen",
    status_code=201,
    response_model=SiteOut,
    responses=problems(Forbidden),
    openapi_extra=SITE_WRITERS,
)
async def add_reception_site(body: SiteIn, tx: TxDep) -> SiteOut:
    """Legt een opvanglocatie vast: voor wie, tot wanneer, met hoeveel plaatsen en in welke staat."""
    site = await actions.add_site(
        tx,
        name=body.name,
        kind=body.kind,
        gemeentecode=body.gemeentecode,
        linked_gemeentecodes=body.linked_gemeentecodes,
        opens_on=body.opens_on,
        closes_on=body.closes_on,
        statushouders_percent=body.statushouders_percent,
        building_dated=body.needs_renovation,
        building_noted_on=body.building_noted_on,
        building_note=body.building_note,
        capacities=[Capacity(one.places_for, one.since, one.places) for one in body.capacities],
        source=body.source,
    )
    return await _site_out(tx, site, tx.today)


@router.get(
    "/reception-sites",
    operation_id="listReceptionSites",
    summary="Opvanglocaties",
    response_model=Page[SiteOut],
    openapi_extra=SITE_READERS,
)
async def list_reception_sites(
    tx: TxDep,
    paging: PagingDep,
    gemeentecode: Annotated[
        Gemeentecode | None, Query(description="Alleen in deze gemeente of voor haar mensen.")
    ] = None,
    peildatum: Peildatum = None,
) -> object:
    """De opvanglocaties met hun plaatsen op een dag en de bewoners per gekoppelde gemeente."""
    day = peildatum or tx.today
    rows = await store.sites_page(tx, gemeentecode=gemeentecode, after=paging.after_id, limit=paging.fetch)
    views = await actions.read_sites(tx, rows, day)
    return paging.page(views, key=lambda view: (view.site.id,), item=lambda view: _out(view, day))


@router.get(
    "/reception-sites/{siteId}",
    operation_id="readReceptionSite",
    summary="Een opvanglocatie",
    response_model=SiteOut,
    responses=problems(NotFound),
    openapi_extra=SITE_READERS,
)
async def read_reception_site(siteId: UUID, tx: TxDep, peildatum: Peildatum = None) -> SiteOut:  # noqa: N803 - as in the path
    """Een opvanglocatie zoals die er op een dag voor staat."""
    return await _site_out(tx, await actions.visible_site(tx, siteId), peildatum or tx.today)


@router.put(
    "/reception-sites/{siteId}/capacities/{placesFor}/{since}",
    operation_id="setSiteCapacity",
    summary="De plaatsen van een opvanglocatie vanaf een dag vastleggen",
    response_model=SiteOut,
    responses=problems(NotFound, Forbidden),
    openapi_extra=SITE_WRITERS,
)
async def set_site_capacity(
    siteId: UUID,  # noqa: N803 - as in the path
    placesFor: PlacesFor,  # noqa: N803 - as in the path
    since: Day,
    body: SitePlacesIn,
    tx: TxDep,
) -> SiteOut:
    """Legt vast hoeveel plaatsen er vanaf een dag zijn, voor statushouders, spoedzoekers of allen."""
    site = await actions.set_capacity(
        tx, site_id=siteId, places_for=placesFor, since=since, places=body.places
    )
    return await _site_out(tx, site, max(since, tx.today))


@router.put(
    "/reception-sites/{siteId}/residents/{gemeentecode}/{countedOn}",
    operation_id="countSiteResidents",
    summary="Bewoners van een gemeente tellen",
    response_model=SiteOut,
    responses=problems(NotFound, Forbidden),
    openapi_extra=SITE_WRITERS,
)
async def count_site_residents(
    siteId: UUID,  # noqa: N803 - as in the path
    gemeentecode: Gemeentecode,
    countedOn: Day,  # noqa: N803 - as in the path
    body: SiteResidentsIn,
    tx: TxDep,
) -> SiteOut:
    """Legt vast hoeveel bewoners op een dag aan een gemeente zijn gekoppeld. Alleen aantallen."""
    site = await actions.count_residents(
        tx, site_id=siteId, gemeentecode=gemeentecode, counted_on=countedOn, persons=body.persons
    )
    return await _site_out(tx, site, tx.today)


@router.put(
    "/reception-sites/{siteId}/distances/{gemeentecode}",
    operation_id="setSiteDistance",
    summary="De afstand tot een gemeente vastleggen",
    response_model=SiteOut,
    responses=problems(NotFound, Forbidden),
    openapi_extra=SITE_WRITERS,
)
async def set_site_distance(
    siteId: UUID,  # noqa: N803 - as in the path
    gemeentecode: Gemeentecode,
    body: SiteDistanceIn,
    tx: TxDep,
) -> SiteOut:
    """Legt vast hoe ver de locatie is van de gemeente waar bewoners gaan wonen."""
    site = await actions.set_distance(
        tx,
        site_id=siteId,
        gemeentecode=gemeentecode,
        distance_km=body.distance_km,
        travel_minutes=body.travel_minutes,
    )
    return await _site_out(tx, site, tx.today)
