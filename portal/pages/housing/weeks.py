# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The weeks to come: dwellings that become free, people who move, and who of them nobody accompanies yet."""

from collections import Counter
from datetime import date, timedelta

from starlette.responses import Response

from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.visit import Visit

__all__ = ["show", "without_volunteer"]

WEEKS = 12
UNDER_WAY = ("approved", "accepted", "key-handed-over")


async def show(visit: Visit) -> Response:
    """What taalscholen, VluchtelingenWerk and the gemeente must count on, week by week."""
    chooser = await choose(visit)
    weeks: list[Json] = []
    alone: Counter[str] | None = None
    if chooser.code is not None:
        told, *under_way = await visit.gateway.all_of(
            visit.gateway.get(f"{HOUSING}/weeks", gemeentecode=chooser.code, weeks=WEEKS),
            *(
                visit.gateway.items(f"{HOUSING}/matches", gemeentecode=chooser.code, status=status)
                for status in UNDER_WAY
            ),
        )
        if isinstance(told, Fault):
            raise told
        weeks = told["weeks"]
        if not any(isinstance(part, Fault) for part in under_way):
            alone = without_volunteer([one for part in under_way for one in part], chooser.code)
    for one in weeks:
        one["until"] = (date.fromisoformat(one["week"]) + timedelta(days=6)).isoformat()
        one["alone"] = None if alone is None else alone[one["week"]]
    return visit.render(
        "housing/weeks.html",
        rooms=rooms(visit, within="/portal/huisvesting/verhuizingen"),
        chooser=chooser,
        weeks=weeks,
        totals={name: sum(one[name] for one in weeks) for name in ("dwellings", "moves", "persons")},
        alone=None if alone is None else sum(one["alone"] for one in weeks),
        busiest=max((one["persons"] for one in weeks), default=0),
    )


def without_volunteer(matches: list[Json], code: str) -> Counter[str]:
    """How many moves of households of a gemeente have no volunteer, by the Monday of their week."""
    found: Counter[str] = Counter()
    for one in matches:
        on = one["keyOn"] or one["moveDueOn"]
        if on and one["volunteerId"] is None and one["gemeentecode"] == code:
            day = date.fromisoformat(on)
            found[(day - timedelta(days=day.weekday())).isoformat()] += 1
    return found
