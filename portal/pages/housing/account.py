# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The account of the taakstelling of a gemeente, its place on the interventieladder, and its plans."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.rooms import DECIDERS, DESK, PROVINCE
from portal.visit import Visit

__all__ = ["Curves", "curves", "show"]

WIDTH, HEIGHT = 600, 180  # of the picture of a forecast, in its own units
MARGIN = 12


@dataclass(frozen=True, slots=True)
class Curves:
    """The two curves of a forecast as points of a picture; the table beside it holds the numbers."""

    without: str
    with_measures: str
    zero: float  # height of the line of no arrears


async def show(visit: Visit) -> Response:
    """The standing of every gemeente of this person, and the whole account of one."""
    chooser = await choose(visit, purpose="figures")
    if chooser.code is None:
        return visit.render(
            "housing/account.html", rooms=rooms(visit), chooser=chooser, balance=None, form=Form()
        )
    gateway, code = visit.gateway, chooser.code
    form = Form({name: visit.query(name) or "" for name in ("peildatum", "bekend")})
    day, known = form.day("peildatum"), form.day("bekend")
    balance, standings, ladder, plans, letters, forecasts, corrections = await gateway.all_of(
        gateway.get(f"{HOUSING}/balances/{code}", peildatum=day, knownOn=known),
        gateway.items(f"{HOUSING}/balances", peildatum=day, knownOn=known),
        gateway.get(f"{HOUSING}/ladder/{code}", peildatum=day),
        gateway.items(f"{HOUSING}/action-plans", gemeentecode=code),
        gateway.items(f"{HOUSING}/ladder-letters", gemeentecode=code),
        gateway.items(f"{HOUSING}/forecasts", gemeentecode=code),
        gateway.items(f"{HOUSING}/accounts/{code}/corrections"),
    )
    if isinstance(balance, Fault):
        raise balance
    latest = None
    if not isinstance(forecasts, Fault) and forecasts:
        latest = max(forecasts, key=lambda one: (one["madeOn"], one["id"]))
    if not isinstance(letters, Fault):
        letters.sort(key=lambda one: (one["sentOn"], one["id"]), reverse=True)
    if not isinstance(corrections, Fault):
        corrections.sort(key=lambda one: (one["countsFrom"], one["id"]), reverse=True)
    return visit.render(
        "housing/account.html",
        status=200 if form.is_valid else 400,
        rooms=rooms(visit),
        chooser=chooser,
        form=form,
        looks_back=day is not None or known is not None,
        known=known,
        corrections=corrections,
        balance=balance,
        periods=list(reversed(balance["halfYears"])),
        standings=[] if isinstance(standings, Fault) else standings,
        ladder=ladder,
        plans=plans,
        letters=letters,
        forecast=latest,
        curves=None if latest is None else curves(latest["points"]),
        on_desk=visit.person.has_role(*DESK),
        keeps_ladder=visit.person.has_role(*DECIDERS, *PROVINCE),
        makes_forecasts=visit.person.has_role(*DECIDERS),
        is_fault=lambda part: isinstance(part, Fault),
    )


def curves(points: Sequence[Json]) -> Curves:
    """The balance with and without measures, scaled to the picture; higher is more behind."""
    values = [float(one[name]) for one in points for name in ("balanceWithout", "balanceWith")]
    top, bottom = max([*values, 1.0]), min([*values, 0.0])
    wide = (WIDTH - 2 * MARGIN) / max(1, len(points) - 1)

    def height(value: float) -> float:
        return round(MARGIN + (top - value) / (top - bottom) * (HEIGHT - 2 * MARGIN), 1)

    def line(name: str) -> str:
        return " ".join(
            f"{round(MARGIN + place * wide, 1)},{height(float(one[name]))}"
            for place, one in enumerate(points)
        )

    return Curves(line("balanceWithout"), line("balanceWith"), height(0.0))
