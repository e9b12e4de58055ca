# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The weeks to come: dwellings that become free, people who move, and who of them nobody accompanies yet."""

from datetime import date, timedelta

from starlette.responses import Response

from portal.gateway import Json
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.visit import Visit

__all__ = ["show"]

WEEKS = 12
SUMS = ("dwellings", "moves", "persons", "volunteers", "withoutVolunteer")


async def show(visit: Visit) -> Response:
    """What taalscholen, VluchtelingenWerk and the gemeente must count on, week by week."""
    chooser = await choose(visit)
    weeks: list[Json] = []
    if chooser.code is not None:
        told = await visit.gateway.get(f"{HOUSING}/weeks", gemeentecode=chooser.code, weeks=WEEKS)
        weeks = told["weeks"]
    for one in weeks:
        one["until"] = (date.fromisoformat(one["week"]) + timedelta(days=6)).isoformat()
    return visit.render(
        "housing/weeks.html",
        rooms=rooms(visit, within="/portal/huisvesting/verhuizingen"),
        chooser=chooser,
        weeks=weeks,
        totals={name: sum(one[name] for one in weeks) for name in SUMS},
        busiest=max((one["persons"] for one in weeks), default=0),
    )
