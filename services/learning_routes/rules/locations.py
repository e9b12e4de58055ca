# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where lessons are: what a place offers, what the contracts ask of places, and which figures are shown.

Source: audit report, sections 6.2 and 6.4. The contract for the B1-route asks for at least one
central site within the three towns; Voorschoten asked for a class of its own; lessons of the Z-route
are in the learner's own town, or in a small group where that town has too few learners.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.learning_routes.rules.codes import Leerroute
from services.learning_routes.rules.ledger import share
from services.learning_routes.rules.parameters import WET_2021, Parameter, Value

__all__ = [
    "SMALL_NUMBER",
    "THREE_TOWNS",
    "VOORSCHOTEN",
    "Elsewhere",
    "LocationCheck",
    "LocationFinding",
    "LocationOffer",
    "Place",
    "PlaceCounts",
    "PlaceFigures",
    "check_locations",
    "figures_of",
    "fits",
    "route_of",
]

VOORSCHOTEN = "0626"
THREE_TOWNS = frozenset({VOORSCHOTEN, "0629", "1916"})
"""Voorschoten, Wassenaar and Leidschendam-Voorburg, that buy their lessons together."""

SMALL_NUMBER = Parameter(
    "persons",
    "Audit report, table 4.6, hides small numbers and names no limit; fewer than five is our reading",
    (Value(Decimal(5), WET_2021),),
)


class LocationOffer(StrEnum):
    """What is taught at a place."""

    B1 = "b1"
    VOORSCHOTEN_CLASS = "voorschoten-class"  # B1 lessons for who lives in Voorschoten
    ONDERWIJSROUTE = "onderwijsroute"
    Z = "z"
    SMALL_GROUPS = "small-groups"  # Z lessons where the own town has too few learners


class LocationCheck(StrEnum):
    """What the contracts ask of places."""

    B1_CENTRAL_SITE = "b1-central-site"
    VOORSCHOTEN_CLASS = "voorschoten-class"
    Z_OWN_TOWN = "z-own-town"


_ROUTES = {
    LocationOffer.B1: Leerroute.B1,
    LocationOffer.VOORSCHOTEN_CLASS: Leerroute.B1,
    LocationOffer.ONDERWIJSROUTE: Leerroute.ONDERWIJSROUTE,
    LocationOffer.Z: Leerroute.Z,
    LocationOffer.SMALL_GROUPS: Leerroute.Z,
}


def route_of(offer: LocationOffer) -> Leerroute:
    """The leerroute that an offer belongs to."""
    return _ROUTES[offer]


def fits(offers: Collection[str], leerroute: str, *, small_group: bool) -> bool:
    """Whether a group of this route can have its lessons at a place with these offers."""
    if small_group:
        return leerroute == Leerroute.Z and LocationOffer.SMALL_GROUPS in offers
    return any(
        offer in offers and route == leerroute
        for offer, route in _ROUTES.items()
        if offer is not LocationOffer.SMALL_GROUPS
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A place as the checks look at it."""

    id: UUID
    gemeentecode: str
    central: bool
    offers: Collection[str]
    valid_from: date
    valid_until: date | None = None

    def covers(self, day: date) -> bool:
        """Whether lessons can be there on `day`."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A Z group with learners from another town, and no alternative on record."""

    group_id: UUID
    persons: int


@dataclass(frozen=True, slots=True)
class LocationFinding:
    """What one check found; `met` is None where the contract does not ask it."""

    check: LocationCheck
    met: bool | None
    location_ids: tuple[UUID, ...] = ()  # the places that meet it
    group_ids: tuple[UUID, ...] = ()  # the groups that do not
    persons: int = 0  # in those groups, from another town


def check_locations(
    *,
    routes: Collection[str],
    gemeentecodes: Collection[str],
    places: Iterable[Place],
    elsewhere: Collection[Elsewhere],
    day: date,
) -> list[LocationFinding]:
    """Hold a contract against its provider's places.

    Args:
        routes: the leerroutes of the provider.
        gemeentecodes: the gemeenten of the contract.
        places: all places of the provider.
        elsewhere: its Z groups with learners from another town and no alternative.
        day: on which the places must be open.
    """
    open_places = [place for place in places if place.covers(day)]
    towns = THREE_TOWNS & set(gemeentecodes)

    def held(check: LocationCheck, meets: list[UUID], *, asked: bool) -> LocationFinding:
        return LocationFinding(check, bool(meets) if asked else None, tuple(meets) if asked else ())

    b1 = Leerroute.B1 in routes
    return [
        held(
            LocationCheck.B1_CENTRAL_SITE,
            [
                place.id
                for place in open_places
                if place.central and place.gemeentecode in towns and LocationOffer.B1 in place.offers
            ],
            asked=b1 and bool(towns),
        ),
        held(
            LocationCheck.VOORSCHOTEN_CLASS,
            [place.id for place in open_places if LocationOffer.VOORSCHOTEN_CLASS in place.offers],
            asked=b1 and VOORSCHOTEN in towns,
        ),
        LocationFinding(
            LocationCheck.Z_OWN_TOWN,
            not elsewhere if Leerroute.Z in routes else None,
            group_ids=tuple(one.group_id for one in elsewhere),
            persons=sum(one.persons for one in elsewhere),
        ),
    ]


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """The lessons of people of one leerroute in a period; a lesson counts once for each person in it."""

    leerroute: str
    persons: int
    persons_own: int  # with a lesson in their own gemeente
    persons_elsewhere: int  # with a lesson in another
    lessons: int
    own_lessons: int
    small_group_lessons: int  # elsewhere, as the recorded alternative
    hours: Decimal
    own_hours: Decimal


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """What of the counts is shown; None is hidden, since too few people are behind it."""

    leerroute: str
    persons: int | None
    lessons: int | None
    hours: Decimal | None
    own_lessons: int | None
    own_hours: Decimal | None
    elsewhere_lessons: int | None
    small_group_lessons: int | None
    own_percent: Decimal | None  # of the lessons
    suppressed: bool


def figures_of(counts: PlaceCounts, day: date) -> PlaceFigures:
    """The figures of one leerroute, without numbers that few people are behind.

    With a part of the split goes the whole split: what is left would tell it by subtraction.
    """
    limit = int(SMALL_NUMBER.on(day))

    def few(number: int) -> bool:
        return 0 < number < limit

    whole = not few(counts.persons)
    split = whole and not few(counts.persons_own) and not few(counts.persons_elsewhere)
    return PlaceFigures(
        leerroute=counts.leerroute,
        persons=counts.persons if whole else None,
        lessons=counts.lessons if whole else None,
        hours=counts.hours if whole else None,
        own_lessons=counts.own_lessons if split else None,
        own_hours=counts.own_hours if split else None,
        elsewhere_lessons=counts.lessons - counts.own_lessons if split else None,
        small_group_lessons=counts.small_group_lessons if split else None,
        own_percent=share(Decimal(counts.own_lessons), Decimal(counts.lessons)) if split else None,
        suppressed=not split,
    )
