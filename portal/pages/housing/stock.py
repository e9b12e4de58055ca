# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The social housing of a gemeente: how many dwellings there are, how many come free, and the arrears beside them."""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.rooms import DECIDERS
from portal.visit import Visit

__all__ = ["record", "show"]

SUPPLY = f"{HOUSING}/supply"
HERE = "/portal/huisvesting/projecten/voorraad"
CORRECTABLE = {400, 403, 409}
FIRST_YEAR = 1990
FIELDS = ("year", "mutations", "socialDwellings", "dwellings", "source")


async def show(visit: Visit) -> Response:
    """The facts of one gemeente by year; `jaar` is the year that the form begins with, to correct it."""
    return await _draw(visit, None)


async def record(visit: Visit) -> Response:
    """Record the facts of a year; they replace what was recorded of it."""
    form = Form.of(await visit.form())
    codes = (await choose(visit, purpose="figures")).codes
    code = form.choice("gemeentecode", {one: one for one in codes}, required="Kies de gemeente.")
    year = form.number("year", required="Vul het jaar in.")
    if year is not None and not FIRST_YEAR <= year <= visit.today.year:
        form.errors["year"] = f"Vul een jaar in van {FIRST_YEAR} tot en met {visit.today.year}."
    body: Json = {
        "mutations": form.number("mutations", required="Vul in hoeveel woningen vrijkwamen."),
        "socialDwellings": form.number("socialDwellings"),
        "dwellings": form.number("dwellings"),
        "source": form.text("source", required="Schrijf op waar dit staat."),
    }
    if not form.is_valid:
        return await _draw(visit, form, status=400)
    given = {name: value for name, value in body.items() if value is not None}
    answer = await form.sent(visit.gateway.put(f"{SUPPLY}/{code}/{year}", given), CORRECTABLE)
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go(HERE, message="voorraad-vastgelegd", gemeente=code)


async def _draw(visit: Visit, form: Form | None, *, status: int = 200) -> Response:
    chooser = await choose(visit, purpose="figures")
    facts: Json | None = None
    if chooser.code is not None:
        facts = await visit.gateway.get(f"{SUPPLY}/{chooser.code}")
    years: Sequence[Json] = sorted(facts["years"], key=lambda one: -one["year"]) if facts else []
    return visit.render(
        "housing/stock.html",
        status=status,
        rooms=rooms(visit),
        chooser=chooser,
        facts=facts,
        years=years,
        writes=visit.person.has_role(*DECIDERS),
        form=form or Form(dict(_standing(years, visit.query("jaar"), visit.today.year - 1))),
    )


def _standing(years: Sequence[Json], asked: str | None, last: int) -> Mapping[str, str]:
    """The fields of the year that was asked for as they stand; without one the last whole year, if nothing is known."""
    for one in years:
        if str(one["year"]) == asked:
            return {name: "" if one[name] is None else str(one[name]) for name in FIELDS}
    return {} if last in {one["year"] for one in years} else {"year": str(last)}
