# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The weeks to come: homes and moves, places in classes, and what the team of VluchtelingenWerk can take."""

from collections.abc import Sequence
from datetime import date, timedelta

from starlette.responses import Response

from portal.dates import short_day
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.rooms import DECIDERS, VWN
from portal.visit import Visit

__all__ = ["announce", "show"]

HERE = "/portal/huisvesting/weken"
CLASSES = "/learning-routes/v1/weeks"
WEEKS = 12
SUMS = ("dwellings", "moves", "persons", "volunteers", "withoutVolunteer")
TEAM = ("teamMoves", "teamAnnouncedOn", "teamShort")
CORRECTABLE = {400, 403, 409}


async def show(visit: Visit) -> Response:
    """What taalscholen, VluchtelingenWerk and the gemeente must count on, week by week."""
    return await _draw(visit, Form())


async def announce(visit: Visit) -> Response:
    """VluchtelingenWerk tells how many moves its team can take, for one week or a row of weeks."""
    form = Form.of(await visit.form())
    chooser = await choose(visit)
    offered = _mondays(visit.today)
    week = form.choice("week", offered, required="Kies de week.")
    until = form.choice("untilWeek", offered)
    moves = form.number(
        "moves", required="Vul in hoeveel verhuizingen het team aankan. Met 0 kan het niets aan."
    )
    if week is not None and until is not None and until < week:
        form.errors["untilWeek"] = "Deze week ligt voor de eerste week."
    if not form.is_valid or chooser.code is None:
        return await _draw(visit, form, status=400)
    body: Json = {"moves": moves, **({} if until is None else {"untilWeek": until})}
    path = f"{HOUSING}/team-capacities/{chooser.code}/{week}"
    answer = await form.sent(visit.gateway.put(path, body), CORRECTABLE)
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go(HERE, message="team-doorgegeven", gemeente=chooser.code)


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    """Each part alone: where one is away, the page says so and shows the others."""
    chooser = await choose(visit, also="education" if visit.person.has_role(*DECIDERS) else None)
    homes: Json | Fault | None = None
    classes: Json | Fault | None = None
    if chooser.code is not None:
        asked: dict[str, str | int | None] = {"gemeentecode": chooser.code, "weeks": WEEKS}
        homes, classes = await visit.gateway.all_of(
            visit.gateway.get(f"{HOUSING}/weeks", **asked), visit.gateway.get(CLASSES, **asked)
        )
    weeks = _with_days(homes)
    lessons = _with_days(classes)
    return visit.render(
        "housing/weeks.html",
        status=status,
        rooms=rooms(visit, within="/portal/huisvesting/verhuizingen"),
        chooser=chooser,
        homes_fault=homes if isinstance(homes, Fault) else None,
        weeks=weeks,
        totals={name: sum(one[name] for one in weeks) for name in SUMS},
        busiest=max((one["persons"] for one in weeks), default=0),
        team_short=sum(1 for one in weeks if one["teamShort"]),
        team_silent=sum(1 for one in weeks if one["moves"] and one["teamMoves"] is None),
        classes_fault=classes if isinstance(classes, Fault) else None,
        classes=None if isinstance(classes, Fault) else classes,
        lessons=lessons,
        lessons_short=sum(1 for one in lessons if any(route["short"] for route in one["routes"])),
        announces=visit.person.has_role(*VWN),
        offered=_mondays(visit.today),
        form=form,
    )


def _with_days(told: Json | Fault | None) -> list[Json]:
    """The weeks of an answer with the Sunday of each; a service of the release before tells of no team."""
    if told is None or isinstance(told, Fault):
        return []
    found: Sequence[Json] = told["weeks"]
    unknown: Json = dict.fromkeys(TEAM)
    return [
        {**unknown, **one, "until": _sunday(date.fromisoformat(one["week"])).isoformat()} for one in found
    ]


def _mondays(day: date) -> dict[str, str]:
    """The weeks that can be announced, by their Monday."""
    first = day - timedelta(days=day.weekday())
    found = [first + timedelta(days=7 * number) for number in range(WEEKS)]
    return {one.isoformat(): f"{short_day(one)} tot en met {short_day(_sunday(one))}" for one in found}


def _sunday(monday: date) -> date:
    return monday + timedelta(days=6)
