# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Province's room: each gemeente under supervision in figures, with no person in it."""

from collections.abc import Sequence

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.forecasts import half_years
from portal.pages.housing.who import HOUSING, rooms
from portal.visit import Visit

__all__ = ["show"]

QUARTERS = 4
PIPELINE_HALF_YEARS = 6


async def show(visit: Visit) -> Response:
    """Balance, quarters, ladder and plan of each gemeente on a day; those furthest behind first.

    Then, as they stand now, each measure against what it brought, and the places that are to come.
    """
    form = Form({"peildatum": visit.query("peildatum") or ""})
    day = form.day("peildatum")
    gateway = visit.gateway
    rows: list[Json] = await gateway.items(f"{HOUSING}/supervision", quarters=QUARTERS, peildatum=day)
    rows.sort(key=lambda row: (-row["balance"], row["gemeentecode"]))
    halves = half_years(visit.today)[:PIPELINE_HALF_YEARS]
    span = {"from": halves[0], "until": halves[-1]}
    plans, *coming = await gateway.all_of(
        gateway.items(f"{HOUSING}/action-plans"),
        *(gateway.get(f"{HOUSING}/pipeline/{row['gemeentecode']}", **span) for row in rows),
    )
    return visit.render(
        "housing/province.html",
        status=200 if form.is_valid else 400,
        rooms=rooms(visit),
        rows=rows,
        behind=sum(max(0, row["balance"]) for row in rows),
        looks_back=day is not None,
        plans_fault=plans if isinstance(plans, Fault) else None,
        measures=[] if isinstance(plans, Fault) else _measures(rows, plans),
        coming=[one for one in coming if not isinstance(one, Fault) and one["planned"]],
        coming_fault=next((one for one in coming if isinstance(one, Fault)), None),
        halves=halves,
        form=form,
    )


def _measures(rows: Sequence[Json], plans: Sequence[Json]) -> list[Json]:
    """Each measure of a plan that is not closed, with its gemeente, in the order of the rows."""
    order = {row["gemeentecode"]: place for place, row in enumerate(rows)}
    found = [
        {**measure, "gemeentecode": plan["gemeentecode"]}
        for plan in plans
        if plan["status"] != "closed" and plan["gemeentecode"] in order
        for measure in plan["measures"]
    ]
    return sorted(found, key=lambda one: (order[one["gemeentecode"]], one["expectedBy"], one["id"]))
