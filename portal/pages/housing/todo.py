# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is to be done for all households together, by day: the lists of the move day, and tasks after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.responses import Response

from portal.dates import days_until
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, Name, names_of, rooms
from portal.rooms import DESK
from portal.visit import Visit
from portal.words import label, labels

__all__ = ["Day", "by_day", "done", "show"]

MATCHES = f"{HOUSING}/matches"
TASKS = f"{HOUSING}/tasks"
HERE = "/portal/huisvesting/verhuizingen/taken"
CORRECTABLE = {403, 404, 409}
WITH_A_LIST = {"key-handed-over", "housed"}
WEEKS_BACK, WEEKS_AHEAD = 12, 4
"""Keys of this long ago and of so soon have a list that can still be open."""


@dataclass(frozen=True, slots=True)
class Day:
    """What is due on one day."""

    on: str
    late: bool
    items: list[Json]


async def show(visit: Visit) -> Response:
    """Everything that this person's party has to do, the latest due first."""
    return await _draw(visit, Form())


async def done(visit: Visit) -> Response:
    """Note that something was done."""
    form = Form.of(await visit.form())
    task, match, code = (form.values.get(name) for name in ("task", "match", "code"))
    try:
        if task:
            await visit.gateway.call("POST", f"{TASKS}/{task}/completion")
        elif match and code in labels("move-item"):
            body = {"doneOn": visit.today.isoformat()}
            await visit.gateway.put(f"{MATCHES}/{match}/checklist/{code}", body)
        else:
            form.general = "Kies wat er is gedaan."
            return await _draw(visit, form, status=400)
    except Fault as fault:
        if fault.status not in CORRECTABLE:
            raise
        form.general = fault.detail or fault.title
        return await _draw(visit, form, status=fault.status)
    return visit.go(HERE, message="taak-gedaan")


def by_day(items: Sequence[Json], today: date) -> list[Day]:
    """The items of each day, days in order; within a day by household and then by what is to be done."""
    ordered = sorted(items, key=lambda one: (one["dueOn"], one["householdId"], one["text"]))
    days = dict.fromkeys(one["dueOn"] for one in ordered)
    return [Day(on, days_until(on, today) < 0, [one for one in ordered if one["dueOn"] == on]) for on in days]


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    gateway = visit.gateway
    first = visit.today - timedelta(weeks=WEEKS_BACK)
    last = visit.today + timedelta(weeks=WEEKS_AHEAD)
    sees_tasks = visit.person.has_role(*DESK)
    matches, tasks = await gateway.all_of(
        gateway.items(MATCHES, keyFrom=first.isoformat(), keyUntil=last.isoformat()),
        gateway.items(TASKS, status="open") if sees_tasks else _nothing(),
    )
    if isinstance(matches, Fault):
        raise matches
    matches = [one for one in matches if one["status"] in WITH_A_LIST]
    lists = await gateway.all_of(*(gateway.items(f"{MATCHES}/{one['id']}/checklist") for one in matches))
    own = "vluchtelingenwerk" if visit.person.has_role("vwn-team-leader", "vwn-volunteer") else "gemeente"
    mine = [
        _of_match(match, item)
        for match, items in zip(matches, lists, strict=True)
        if not isinstance(items, Fault)
        for item in items
        if item["party"] == own and item["doneOn"] is None
    ]
    mine += [] if isinstance(tasks, Fault) else [_of_task(one) for one in tasks]
    return visit.render(
        "housing/todo.html",
        status=status,
        rooms=rooms(visit),
        days=by_day(mine, visit.today),
        total=len(mine),
        late=sum(days_until(one["dueOn"], visit.today) < 0 for one in mine),
        for_others=_for_others(matches, lists, own),
        away=[one for one in (tasks, *lists) if isinstance(one, Fault)][:1],
        names=await _names(visit, mine),
        reopens=any("match" in one["fields"] for one in mine),
        own=own,
        form=form,
    )


async def _nothing() -> list[Json]:
    return []


def _of_match(match: Json, item: Json) -> Json:
    return {
        "text": label("move-item", item["code"]),
        "dueOn": item["dueOn"],
        "householdId": match["householdId"],
        "persons": match["persons"],
        "gemeentecode": match["dwellingGemeentecode"],
        "href": f"/portal/huisvesting/verhuizingen/{match['id']}",
        "fields": {"match": match["id"], "code": item["code"]},
        "why": None,
    }


def _of_task(task: Json) -> Json:
    return {
        "text": label("task-kind", task["kind"]),
        "dueOn": task["dueOn"],
        "householdId": task["householdId"],
        "persons": None,
        "gemeentecode": task["gemeentecode"],
        "href": f"/portal/huisvesting/huishoudens/{task['householdId']}",
        "fields": {"task": task["id"]},
        "why": label("task-why", task["kind"]),
    }


def _for_others(matches: Sequence[Json], lists: Sequence[list[Json] | Fault], own: str) -> list[Json]:
    """What other parties have not done in time: nothing to tick, something to ask."""
    found = [
        {**_of_match(match, item), "party": item["party"]}
        for match, items in zip(matches, lists, strict=True)
        if not isinstance(items, Fault)
        for item in items
        if item["party"] != own and item["overdue"]
    ]
    return sorted(found, key=lambda one: (one["dueOn"], one["householdId"], one["text"]))


async def _names(visit: Visit, items: Sequence[Json]) -> dict[str, Name]:
    """How the households are called; a volunteer sees no households."""
    if visit.person.has_role("vwn-volunteer"):
        return {}
    ids = dict.fromkeys(one["householdId"] for one in items)
    answers = await visit.gateway.all_of(*(visit.gateway.get(f"{HOUSING}/households/{one}") for one in ids))
    return await names_of(visit, [one for one in answers if not isinstance(one, Fault)])
