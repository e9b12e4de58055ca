# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Province's room: each gemeente under supervision in figures, with no person in it."""

from starlette.responses import Response

from portal.gateway import Json
from portal.pages.housing.who import HOUSING, rooms
from portal.visit import Visit

__all__ = ["show"]

QUARTERS = 4


async def show(visit: Visit) -> Response:
    """Balance, quarters, ladder and plan of each gemeente; those furthest behind first."""
    rows: list[Json] = await visit.gateway.items(f"{HOUSING}/supervision", quarters=QUARTERS)
    rows.sort(key=lambda row: (-row["balance"], row["gemeentecode"]))
    return visit.render(
        "housing/province.html",
        rooms=rooms(visit),
        rows=rows,
        behind=sum(max(0, row["balance"]) for row in rows),
    )
