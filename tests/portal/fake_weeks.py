# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The weeks to come as the fake gateway tells them: homes, classes and team; and groups that a school announces."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_state import Answer, Call, checked, invalid, page

WEEKS = [f"2024-11-{day:02}" for day in (4, 11, 18, 25)] + [f"2024-12-{day:02}" for day in (2, 9, 16, 23, 30)]
PLAN = {"required": set[str](), "optional": {"startsOn", "endsOn", "chairs"}}
GROUP = {
    "required": {"providerId", "leerroute", "level", "gemeentecode"},
    "optional": {"name", "pace", "youth", "evening", "locationId", "smallGroup", *PLAN["optional"]},
}
TEAM = {"required": {"moves"}, "optional": {"untilWeek"}}


def homes(call: Call) -> Answer:
    none = call.gate.mode == "empty"
    rows = []
    for place, week in enumerate(WEEKS):
        moves = 0 if none else (2, 1, 1, 0, 0, 0, 0, 0, 0)[place]
        team = None if none or place > 4 or place == 2 else 1
        rows.append({
            "week": week, "dwellings": 0 if none else place % 3, "moves": moves,
            "persons": 0 if none else (9, 1, 2, 0, 0, 0, 0, 0, 0)[place], "volunteers": int(place == 1 and not none),
            "withoutVolunteer": int(place == 0 and not none), "teamMoves": team,
            "teamAnnouncedOn": None if team is None else "2024-11-01",
            "teamShort": None if team is None else max(0, moves - team),
        })  # fmt: skip
    return 200, {"gemeentecode": call.request.query_params.get("gemeentecode", "1916"), "weeks": rows}


def _figures(leerroute: str, place: int, *, none: bool, few: bool) -> dict[str, Any]:
    b1 = leerroute == "b1" and not none
    waiting: int | None = min(5 + place, 8) if b1 else 0
    free = (3 if place < 2 else 11) if b1 else 0
    short: int | None = max(0, (waiting or 0) - free)
    due: int | None = (5 if place == 0 else int(place < 4)) if b1 else 0
    if few and b1:
        waiting = short = due = None
    return {
        "startingGroups": int(b1 and place == 2), "startingChairs": 8 if b1 and place == 2 else 0,
        "endingGroups": int(b1 and place == 4), "endingMembers": 1 if b1 and place == 4 else 0, "free": free,
        "freeHere": min(free, 3), "due": due, "waiting": waiting, "short": short, "leerroute": leerroute,
    }  # fmt: skip


def _together(routes: list[dict[str, Any]]) -> dict[str, Any]:
    names = [name for name in routes[0] if name != "leerroute"]
    return {name: None if None in (found := [one[name] for one in routes]) else sum(found) for name in names}


def classes(call: Call) -> Answer:
    """For who does the work all of it; for others without numbers of a few people; by figures chairs alone."""
    none, few = call.gate.mode == "empty", call.who in {"quality", "policy", "vwn"}
    missing = {
        "policy": data.MISSING_AGREEMENT,
        "vwn": "een rol bij de gemeente of de school",
    }
    weeks = []
    for place, week in enumerate(WEEKS):
        routes = [_figures(one, place, none=none, few=few) for one in ("b1", "onderwijsroute", "z")]
        weeks.append({"week": week, **_together(routes), "routes": routes})
    name = data.LONG if call.gate.long else "B1 overdag 3"
    open_class = {
        "groupId": data.uid("group"), "providerId": data.uid("provider"), "providerName": "Echt Nederlands", "name": name,
        "leerroute": "b1", "level": "a2", "pace": "average", "youth": False, "evening": False, "gemeentecode": "1916",
        "startsOn": None, "endsOn": "2024-12-06", "chairs": 12, "taken": 9, "free": 3,
    }  # fmt: skip
    winter = {
        "groupId": data.uid("winter"), "name": "B1 winter", "level": "a1", "evening": True, "gemeentecode": "0629",
        "startsOn": "2024-11-18", "endsOn": None, "chairs": 8, "taken": 0, "free": 8,
    }  # fmt: skip
    full = {"groupId": data.uid("full"), "name": "B1 vol", "taken": 12, "free": 0}
    found = [] if none else [open_class, {**open_class, **winter}, {**open_class, **full}]
    return 200, {
        "gemeentecode": call.request.query_params.get("gemeentecode", "1916"), "weeks": weeks, "classes": found,
        "classCount": len(found), "withoutPlacement": None if few or none else 2, "smallNumber": 5 if few else None,
        "missing": missing.get(call.who),
    }  # fmt: skip


def announce(call: Call) -> Answer:
    if fault := checked(call.body, TEAM):
        return 400, fault
    if call.body["moves"] > 200:
        return 400, invalid(("moves", "Dit getal is 200 of minder."))
    row = {"week": call.ids["week"], "moves": call.body["moves"], "announcedOn": "2024-11-05"}
    return 200, {"gemeentecode": call.ids["code"], "rows": [row]}


def providers(call: Call) -> Answer:
    return page([{
        "id": data.uid("provider"), "name": data.LONG if call.gate.long else "Echt Nederlands", "routes": ["b1", "z"],
        "organisationId": data.uid("Echt Nederlands"), "keurmerkFrom": "2020-01-01", "keurmerkUntil": None,
        "keurmerkValid": True, "keurmerkPeriods": [],
    }])  # fmt: skip


def contracts(call: Call) -> Answer:
    terms = {
        "validFrom": "2022-01-01", "unexcusedLimit": 2, "sicknessPercent": 20, "groupMax": 12, "startWorkingDays": 20,
        "intakeDays": None, "startDays": None, "lessonHoursMark": 400, "lateEntryMonths": 2, "closedDays": [],
    }  # fmt: skip
    row = {
        **terms, "id": data.uid("contract"), "providerId": data.uid("provider"),
        "organisationId": data.uid("Echt Nederlands"), "gemeentecodes": ["1916", "0629"], "validUntil": None, "terms": [terms],
    }  # fmt: skip
    over = {**row, "id": data.uid("over"), "gemeentecodes": ["0546"], "validUntil": "2023-12-31"}
    return page([] if call.gate.mode == "empty" else [row, over])


def make_group(call: Call) -> Answer:
    if fault := checked(call.body, GROUP):
        return 400, fault
    return _judged(call, 201)


def plan_group(call: Call) -> Answer:
    if fault := checked(call.body, PLAN):
        return 400, fault
    return _judged(call, 200)


def _judged(call: Call, status: int) -> Answer:
    body = call.body
    if (body.get("chairs") or 0) > 12:
        return 400, invalid(("chairs", "In een groep is plaats voor 12 deelnemers."))
    if body.get("startsOn") and body.get("endsOn") and body["endsOn"] < body["startsOn"]:
        return 400, invalid(("endsOn", "De laatste dag ligt voor de eerste."))
    return status, {**data.GROUP, **body}


_ID = r"(?P<id>[0-9a-f-]{36})"
_LR = "/learning-routes/v1"
WEEK_ROUTES = (
    ("GET", "/housing/v1/weeks", homes),
    ("PUT", r"/housing/v1/team-capacities/(?P<code>[0-9]{4})/(?P<week>[0-9-]{10})", announce),
    ("GET", f"{_LR}/weeks", classes),
    ("GET", f"{_LR}/providers", providers),
    ("GET", f"{_LR}/contracts", contracts),
    ("POST", f"{_LR}/groups", make_group),
    ("PUT", f"{_LR}/groups/{_ID}/plan", plan_group),
)
