# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The match desk: who waits for a house in a gemeente, the longest first, and which dwellings are free."""

from datetime import date

from starlette.responses import Response

from portal.amounts import DAYS_OF_WEEK
from portal.dates import days_until
from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, choose, corporations, names_of, place_in, rooms
from portal.rooms import DECIDERS, VWN
from portal.visit import Visit

__all__ = ["show"]

PAGE = 25
SIZES = {
    "single": "Alleenstaanden",
    "small-family": "2 tot en met 4",
    "family": "5 tot en met 7",
    "large-family": "8 en meer",
}


async def show(visit: Visit) -> Response:
    """Households and dwellings of one gemeente; a size narrows the list of households."""
    chooser = await choose(visit)
    if chooser.code is None:
        return visit.render("housing/desk.html", chooser=chooser, rooms=rooms(visit))
    gateway, code = visit.gateway, chooser.code
    waiting, matched, dwellings, owners = await gateway.all_of(
        gateway.items(f"{HOUSING}/households", gemeentecode=code, status="waiting"),
        gateway.items(f"{HOUSING}/households", gemeentecode=code, status="matched"),
        gateway.items(f"{HOUSING}/dwellings", gemeentecode=code, status="offered"),
        corporations(visit),
    )
    for answer in (waiting, matched):
        if isinstance(answer, Fault):
            raise answer
    # Who has a home and a match for the next one does not wait for a house.
    homeless = [*waiting, *(one for one in matched if one["housedOn"] is None)]
    everyone = sorted(homeless, key=lambda one: (one["linkedOn"], one["id"]))
    size = visit.query("grootte")
    size = size if size in SIZES else None
    wanted = [one for one in everyone if size is None or one["householdType"] == size]
    first = place_in(visit, len(wanted))
    shown = wanted[first : first + PAGE]
    return visit.render(
        "housing/desk.html",
        chooser=chooser,
        rooms=rooms(visit),
        enters_files=visit.person.has_role(*DECIDERS),
        enters_dwellings=visit.person.has_role(*VWN),
        size=size,
        sizes=SIZES,
        households=[waits(one, visit.today) for one in shown],
        names=await names_of(visit, shown),
        total=len(wanted),
        first=first,
        page_size=PAGE,
        figures=_figures(everyone),
        dwellings=dwellings if isinstance(dwellings, Fault) else sorted(dwellings, key=_by_day),
        dwellings_away=isinstance(dwellings, Fault),
        owners=owners,
    )


def waits(household: Json, today: date) -> Json:
    """A household with how long it waits, in days and weeks."""
    days = -days_until(household["linkedOn"], today)
    return {**household, "waitedDays": days, "waitedWeeks": days // DAYS_OF_WEEK}


def _figures(households: list[Json]) -> Json:
    return {
        "households": len(households),
        "persons": sum(one["persons"] for one in households),
        "late": sum(one["overrunDays"] > 0 for one in households),
        "long": sum(bool(one["longWait"]) for one in households),
    }


def _by_day(dwelling: Json) -> tuple[str, str]:
    return (dwelling["availableFrom"], dwelling["id"])
