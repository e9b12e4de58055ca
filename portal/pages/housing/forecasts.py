# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forecasts of the taakstelling: made from stated assumptions, with and without measures, and kept."""

from datetime import date

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.account import curves
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.rooms import DECIDERS
from portal.visit import Visit

__all__ = ["half_years", "make", "overview", "show"]

FORECASTS = f"{HOUSING}/forecasts"
HERE = "/portal/huisvesting/prognoses"
ACCOUNT = "/portal/huisvesting/taakstelling"
CORRECTABLE = {400, 403, 409}
MEASURES = {
    "plans": "Neem over wat in de lopende plannen van aanpak staat",
    "own": "Ik vul hieronder zelf in wat maatregelen opleveren",
    "none": "Zonder maatregelen",
}
EFFECT_ROWS = 6
HALF_YEARS_SHOWN = 10
DEFAULT_SPAN = 4
SURE = 100
SECOND_HALF = 7  # July


async def overview(visit: Visit) -> Response:
    """The forecasts of one gemeente, the latest first, and the form to make one."""
    return await _draw(visit, Form())


async def make(visit: Visit) -> Response:
    """Store the assumptions, and go to the picture that follows from them."""
    form = Form.of(await visit.form())
    chooser = await choose(visit, purpose="figures")
    halves = {one: one for one in half_years(visit.today)}
    measures = form.choice("measures", MEASURES, required="Kies of u maatregelen meerekent.")
    body: Json = {
        "gemeentecode": form.choice(
            "gemeente", {code: code for code in chooser.codes}, required="Kies de gemeente."
        ),
        "title": form.text("title", required="Geef de prognose een naam."),
        "since": form.choice("since", halves, required="Kies het eerste halfjaar."),
        "until": form.choice("until", halves, required="Kies het laatste halfjaar."),
        "housed": form.number("housed", required="Vul in hoeveel mensen u per halfjaar huisvest."),
        "defaultTarget": form.number("defaultTarget", required="Vul een taakstelling in om mee te rekenen."),
        "opening": form.signed("opening", below="Loopt u voor?"),
    }
    if measures != "plans":
        body["effects"] = _effects(form, halves) if measures == "own" else []
    if not form.is_valid:
        return await _draw(visit, form, status=400)
    given = {name: value for name, value in body.items() if value is not None}
    made = await form.sent(
        visit.gateway.post(FORECASTS, given, key=form.values.get("key") or None), CORRECTABLE
    )
    if isinstance(made, Fault):
        return await _draw(visit, form, status=made.status)
    return visit.go(f"{HERE}/{made['id']}", message="prognose-gemaakt")


async def show(visit: Visit) -> Response:
    """One forecast: the picture, its numbers, and what it rests on."""
    found = await visit.gateway.get(f"{FORECASTS}/{visit.path('forecast_id')}")
    last = found["points"][-1]
    return visit.render(
        "housing/forecast.html",
        rooms=rooms(visit, within=ACCOUNT),
        forecast=found,
        curves=curves(found["points"]),
        last=last,
        gain=last["balanceWithout"] - last["balanceWith"],
    )


def half_years(today: date) -> list[str]:
    """The half-years that a forecast can be about: this one and those that follow."""
    first = today.year * 2 + (today.month >= SECOND_HALF)
    return [f"{index // 2}-{index % 2 + 1}" for index in range(first, first + HALF_YEARS_SHOWN)]


def _effects(form: Form, halves: dict[str, str]) -> list[Json]:
    """The rows that were filled in; a row counts once one of its fields has something."""
    found: list[Json] = []
    for place in range(1, EFFECT_ROWS + 1):
        names = [f"{name}-{place}" for name in ("halfYear", "persons", "probability")]
        if not any(form.values.get(name) for name in names[:2]):
            continue
        half = form.choice(names[0], halves, required="Kies het halfjaar.")
        persons = form.number(names[1], required="Vul in hoeveel personen dit oplevert.")
        chance = form.number(names[2])
        if chance is not None and chance > SURE:
            form.errors[names[2]] = "Vul een kans in van 0 tot en met 100."
        found.append(
            {
                "halfYear": half,
                "persons": persons,
                "probabilityPercent": SURE if chance is None else chance,
            }
        )
    if not found:
        form.errors["halfYear-1"] = "Vul ten minste een maatregel in, of kies een andere mogelijkheid."
    return found


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    chooser = await choose(visit, purpose="figures")
    found: list[Json] = []
    if chooser.code is not None:
        found = await visit.gateway.items(FORECASTS, gemeentecode=chooser.code)
        found.sort(key=lambda one: (one["madeOn"], one["id"]), reverse=True)
    halves = half_years(visit.today)
    _suggest(form, halves)
    return visit.render(
        "housing/forecasts.html",
        status=status,
        rooms=rooms(visit, within=ACCOUNT),
        chooser=chooser,
        forecasts=found,
        makes=visit.person.has_role(*DECIDERS),
        halves={one: one for one in halves},
        measures=MEASURES,
        effect_rows=range(1, EFFECT_ROWS + 1),
        form=form,
    )


def _suggest(form: Form, halves: list[str]) -> None:
    """What most forecasts begin with, in a form that is still empty."""
    if form.values:
        return
    form.values = {
        "since": halves[1],
        "until": halves[DEFAULT_SPAN],
        "measures": "plans",
    }
