# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether the matching is fair: who got a house in a quarter, how proposals are followed, and what a register asks."""

import json
from datetime import date

from starlette.responses import Response

from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.visit import Visit

__all__ = ["register", "show"]

SEARCH_PAGE = "/portal/huisvesting/voorstellen"
QUARTERS = 8
MONTHS = 3
EVERYWHERE = "alle"
_MINUTE = 60


async def show(visit: Visit) -> Response:
    """The shares of one quarter, and what became of the proposals of the last year."""
    chooser = await choose(visit)
    if chooser.code is None:
        return visit.render("housing/equity.html", rooms=rooms(visit, within=SEARCH_PAGE), chooser=chooser)
    quarters = quarters_until(visit.today)
    asked = visit.query("kwartaal")
    quarter = asked if asked in quarters else quarters[0]
    everywhere = visit.query("gemeente") == EVERYWHERE and len(chooser.codes) > 1
    code = None if everywhere else chooser.code
    shares, use = await visit.gateway.all_of(
        visit.gateway.get(f"{HOUSING}/equity", gemeentecode=code, quarter=quarter),
        visit.gateway.get(f"{HOUSING}/proposal-use", gemeentecode=code),
    )
    return visit.render(
        "housing/equity.html",
        rooms=rooms(visit, within=SEARCH_PAGE),
        chooser=chooser,
        everywhere=everywhere,
        quarter=quarter,
        quarters=quarters,
        shares=None if isinstance(shares, Fault) else shares,
        shares_fault=shares if isinstance(shares, Fault) else None,
        use=None if isinstance(use, Fault) else use,
        use_fault=use if isinstance(use, Fault) else None,
        median=None if isinstance(use, Fault) else in_minutes(use["medianSeconds"]),
    )


async def register(visit: Visit) -> Response:
    """The entry for a register of algorithms, as a file to take along."""
    entry: Json = await visit.gateway.get(f"{HOUSING}/algorithm-register-entry")
    return Response(
        json.dumps(entry, ensure_ascii=False, indent=2),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="algoritmeregister-huisvesting.json"'},
    )


def quarters_until(today: date) -> list[str]:
    """The last quarters, the running one first, as 2024-4."""
    last = today.year * 4 + (today.month - 1) // MONTHS
    return [f"{number // 4}-{number % 4 + 1}" for number in range(last, last - QUARTERS, -1)]


def in_minutes(seconds: int | None) -> str | None:
    """`40 seconden`, `3 minuten`: how long a decision took, in words."""
    if seconds is None:
        return None
    if seconds < 2 * _MINUTE:
        return "1 seconde" if seconds == 1 else f"{seconds} seconden"
    return f"{round(seconds / _MINUTE)} minuten"
