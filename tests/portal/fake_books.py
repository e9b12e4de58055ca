# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The account's books, the needs of a household, and how fair the matching is, as the fake gateway tells them."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_housing import household, ladder_step
from tests.portal.fake_state import Answer, Call, checked, invalid, page

QUARTER, STEP = data.uid("quarter"), data.uid("step-2b")


def corrections(call: Call) -> Answer:
    reason = data.LONG if call.gate.long else "Het stuk van de provincie telde een gezin niet mee."
    one = {
        "id": data.uid("correction"), "gemeentecode": call.ids["code"], "countsFrom": "2024-09-02", "persons": -3,
        "kind": "entered", "reason": reason, "recordedAt": data.NOW,
    }  # fmt: skip
    return page([] if call.gate.mode == "empty" else [one])


def correct(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"countsFrom", "persons", "reason"}, "optional": set()}):
        return 400, fault
    if call.body["countsFrom"] > "2024-11-05":
        return 400, invalid(("countsFrom", "Deze dag ligt in de toekomst."))
    return 201, {"id": data.uid("correction"), **call.body}


def set_target(call: Call) -> Answer:
    required = {"target", "publishedOn"}
    if fault := checked(call.body, {"required": required, "optional": {"correctionReason"}}):
        return 400, fault
    if call.ids["half"] < "2024-2" and "correctionReason" not in call.body:
        text = "Dit halfjaar is afgesloten. Stuur de reden van de correctie mee."
        error = {"pointer": "/correctionReason", "code": "required", "detail": text}
        return 400, {"code": "correction-reason-required", "title": text, "errors": [error]}
    return 200, {"gemeentecode": call.ids["code"], "halfYear": call.ids["half"], **call.body}


def quarters(call: Call) -> Answer:
    base = {"gemeentecode": "1916", "school": True, "cap": None, "socialDwellings": 880}
    name = data.LONG if call.gate.long else "Essesteijn"
    found = [
        {"id": QUARTER, "name": name, "x": 862, "y": 4528, **base},
        {"id": data.uid("quarter-nowhere"), "name": "Nog niet op de kaart", "x": 0, "y": 0, **base},
    ]
    return page([] if call.gate.mode == "empty" else found)


def urgency_rules(call: Call) -> Answer:
    rule = {
        "id": data.uid("urgency"), "gemeentecode": "1916", "statusHolders": True, "priorityGroups": ["mantelzorg"],
        "explanation": "Statushouders", "validFrom": "2022-01-01", "source": "Huisvestingsverordening",
    }  # fmt: skip
    return page([] if call.gate.mode == "empty" else [rule])


def change_household(call: Call) -> Answer:
    optional = {
        "linkedOn", "rentMaxCents", "needsAccessible", "asksSchool", "workX", "workY", "familyGemeentecode", "shareGroup",
        "priorityGroup", "receptionSiteId",
    }  # fmt: skip
    if fault := checked(call.body, {"required": set(), "optional": optional}):
        return 400, fault
    if call.request.headers.get("if-match") != f'"{household()["version"]}"':
        return 412, {"code": "stale-version", "title": "Iemand anders was eerder"}
    if call.body.get("linkedOn", "") > "2024-11-05":
        return 400, invalid(("linkedOn", "Deze dag ligt in de toekomst."))
    return 200, {**household(), **call.body}


def unlink(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"unlinkedOn", "reason"}, "optional": set()}):
        return 400, fault
    if call.gate.way.get("matched"):
        return 409, {"code": "household-already-matched", "title": "Dit huishouden heeft al een match"}
    return 200, {**household(), "status": "unlinked"}


def link(call: Call) -> Answer:
    required = {"gemeentecode", "linkedOn", "adults", "children"}
    if fault := checked(call.body, {"required": required, "optional": {"reference"}}):
        return 400, fault
    if call.body["adults"] + call.body["children"] == 0:
        return 400, invalid(("adults", "Een huishouden heeft ten minste één persoon."))
    return 201, household(data.uid("household-new"))


def prolong(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"prolongedUntil", "reason"}, "optional": set()}):
        return 400, fault
    if call.body["prolongedUntil"] <= "2025-01-01":
        return 400, invalid(("prolongedUntil", "De termijn loopt al tot en met 01-01-2025."))
    return 201, ladder_step("2b", "2024-07-01", "Meer tijd")


def plan_status(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"status", "on"}, "optional": set()}):
        return 400, fault
    if call.body["status"] == "adopted":
        return 400, invalid(("status", "Dit plan is al 'adopted'."))
    return 200, {"id": call.ids["id"], **call.body}


def measure_status(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"status"}, "optional": set()}):
        return 400, fault
    return 200, {"id": call.ids["id"], **call.body}


def share(name: str, sought: int, housed: int, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "sought": sought, "housed": housed, "housedPercent": round(100 * housed / sought, 1),
        "waiting": sought - housed, "medianWeeks": 62, "mostWeeks": 120, "longWaiting": 9, **more,
    }  # fmt: skip


def equity(call: Call) -> Answer:
    none = call.gate.way.get("nobody")
    return 200, {
        "gemeentecodes": ["1916"], "quarter": call.request.query_params.get("quarter") or "2024-4",
        "firstDay": "2024-10-01", "lastDay": "2024-11-05",
        "bySize": [] if none else [share("single", 44, 2), share("large-family", 5, 0, medianWeeks=1, longWaiting=5)],
        "byAccessibility": [] if none else [share("needed", 3, 0), share("not-needed", 46, 2)],
        "byGemeente": [] if none else [share("1916", 49, 2)],
        "exchanged": [] if none else [{"gemeentecode": "1916", "households": 1}],
    }  # fmt: skip


def proposal_use(call: Call) -> Answer:
    seen = {
        "gemeentecodes": ["1916"], "since": "2023-11-01", "until": "2024-11-05", "sent": 14, "setAside": 0, "untouched": 3,
        "approved": 14, "rejected": 0, "own": 2, "judged": 14, "deviating": 0, "deviatingPercent": 0.0,
        "nobodyDeviates": True, "timed": 11, "medianSeconds": 41,
    }  # fmt: skip
    if not call.gate.way.get("nobody"):
        return 200, seen
    none = {"deviatingPercent": None, "nobodyDeviates": False, "medianSeconds": None}
    return 200, {name: 0 if isinstance(value, int) else value for name, value in seen.items()} | none


def register_entry(call: Call) -> Answer:
    return 200, {"name": "Zoeken naar een woning voor statushouders", "model": 1, "to_fill": ["organization"]}


def effect(call: Call) -> Answer:
    return 200, {
        "ruleId": call.ids["rule"], "households": 44, "dwellings": 9, "matchesWith": 6, "matchesWithout": 8,
        "extraMatches": 0 if call.gate.long else 2, "exact": not call.gate.long,
    }  # fmt: skip


_ID = r"(?P<id>[0-9a-f-]{36})"
_CODE = r"(?P<code>[0-9]{4})"
_HO = "/housing/v1"
BOOK_ROUTES = (
    ("GET", f"{_HO}/accounts/{_CODE}/corrections", corrections),
    ("POST", f"{_HO}/accounts/{_CODE}/corrections", correct),
    ("PUT", f"{_HO}/taakstellingen/{_CODE}/(?P<half>[0-9]{{4}}-[12])", set_target),
    ("GET", f"{_HO}/quarters", quarters),
    ("GET", f"{_HO}/urgency-rules", urgency_rules),
    ("POST", f"{_HO}/households", link),
    ("PATCH", f"{_HO}/households/{_ID}", change_household),
    ("POST", f"{_HO}/households/{_ID}/unlink", unlink),
    ("POST", f"{_HO}/ladder-steps/{_ID}/prolongations", prolong),
    ("POST", f"{_HO}/action-plans/{_ID}/statuses", plan_status),
    ("POST", f"{_HO}/plan-measures/{_ID}/statuses", measure_status),
    ("GET", f"{_HO}/equity", equity),
    ("GET", f"{_HO}/proposal-use", proposal_use),
    ("GET", f"{_HO}/algorithm-register-entry", register_entry),
    ("GET", f"{_HO}/corporations/{_ID}/rules/(?P<rule>[0-9a-f-]{{36}})/effect", effect),
)
