# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""HO-14: reception sites, their places by day, and for which gemeente the people in them wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

__all__ = ["Capacity", "PlacesFor", "Residents", "SiteKind", "places_on", "residents_on"]


class SiteKind(StrEnum):
    """What a site is."""

    REGIONAL = "regional"  # regionale opvanglocatie (ROL), for statushouders of named gemeenten
    AZC = "azc"
    EMERGENCY = "emergency"  # noodopvang
    DOORSTROOM = "doorstroom"


class PlacesFor(StrEnum):
    """For whom places are."""

    STATUSHOUDERS = "statushouders"
    ASYLUM_SEEKERS = "asylum-seekers"
    SPOEDZOEKERS = "spoedzoekers"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Capacity:
    """Places that a site has from a day on, until the next row for the same people; 0 ends them."""

    places_for: PlacesFor
    since: date
    places: int


@dataclass(frozen=True, slots=True)
class Residents:
    """A count of residents who are linked to a gemeente, on a day; "" is nobody's or not yet known."""

    gemeentecode: str
    on: date
    persons: int


def places_on(rows: Iterable[Capacity], day: date) -> dict[PlacesFor, int]:
    """Return the places of a site on a day. The ROL of Oegstgeest had 175, then 30 more, so 205, beside 80."""
    latest: dict[PlacesFor, Capacity] = {}
    for row in rows:
        if row.since <= day and (row.places_for not in latest or latest[row.places_for].since <= row.since):
            latest[row.places_for] = row
    return {kind: row.places for kind, row in latest.items() if row.places > 0}


def residents_on(rows: Iterable[Residents], day: date) -> Sequence[Residents]:
    """Return the last count of each gemeente by a day, in the order of the codes."""
    latest: dict[str, Residents] = {}
    for row in rows:
        if row.on <= day and (row.gemeentecode not in latest or latest[row.gemeentecode].on <= row.on):
            latest[row.gemeentecode] = row
    return [latest[code] for code in sorted(latest)]
