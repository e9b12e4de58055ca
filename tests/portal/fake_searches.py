# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Searches for matches as the fake gateway tells them."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_housing import FAMILY, LARGE, OWNER, SINGLE, STUDIO, match, propose
from tests.portal.fake_state import Answer, Call, checked, page

RUN = data.uid("run")
FIRST, SECOND, THIRD = (data.uid(f"proposal-{number}") for number in (1, 2, 3))


def served(name: str, households: int, housed: int, median: int | None) -> dict[str, Any]:
    """How many of one class got a proposal, and how long the middle one of the others waits."""
    return {
        "class": name, "households": households, "housed": housed, "housed_percent": round(100 * housed / households, 1),
        "median_weeks_of_waiting": median, "most_weeks_of_waiting": median,
    }  # fmt: skip


def run(call: Call) -> dict[str, Any]:
    level = {"value": 12, "bound": 12, "gap": 0.0, "proven": True}
    status = "running" if call.gate.way.get("searching") else "done"
    return {
        "id": RUN, "gemeentecodes": ["1916", "0626"], "status": status, "requestedOn": "2024-11-05", "finishedAt": data.NOW,
        "statement": "Bewezen het beste dat kan.", "proven": True,
        "levels": [{**level, "level": name} for name in ("shortfall", "urgency", "quality")],
        "values": {"shortfall": 4, "urgency": 310, "quality": 140},
        "byHand": {"shortfall": 4, "urgency": 250, "quality": 120}, "households": 73, "dwellings": 9,
        "solver": "HiGHS", "seconds": 0.4, "inputDigest": "0" * 64,
        "rulePrices": [{
            "corporationId": OWNER, "gemeentecode": "1916", "rule": "min_persons", "matchesMore": 2, "personsMore": 2,
            "urgencyMore": 80, "proven": True,
        }],
        "fairness": {
            "passed_over": [], "passed_over_26w": 0,
            "by_size": [served("1", 41, 6, 31), served("8+", 3, 0, 96)],
            "by_accessibility": [served("not needed", 44, 6, 32)],
            "by_municipality": [served("1916", 43, 5, 32), served("0626", 1, 1, None)],
        }, "unusedPins": [
            {"pinId": data.uid("pin-unused"), "householdId": LARGE, "dwellingId": STUDIO, "why": "household-held"},
        ], "jobUrl": f"/housing/v1/jobs/{RUN}", "proposalsUrl": f"/housing/v1/match-proposals/{RUN}/proposals",
        **call.gate.way.get("failed", {}),
    }  # fmt: skip


def proposal(id_: str, rank: int, household: str, home: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_, "rank": rank, "householdId": household, "dwellingId": home, "gemeentecode": "1916",
        "dwellingGemeentecode": "1916", "exchange": False, "shared": False, "movingOn": False, "persons": 1, "score": 78,
        "points": {"fit": 30, "work": 18, "family": 15, "school": 0, "permanence": 10, "own": 10, "wait": -5},
        "notAsked": ["family", "school"],
        "urgency": 99, "weeksWaiting": 109, "weeksOverTerm": 99,
        "rules": [{"rule": rule, "passed": True, "fact": "rent 462, at most 880"} for rule in ("H1", "H2", "H3")],
        "otherDwellings": [{"dwellingId": STUDIO, "score": 60}], "otherHouseholds": [{"householdId": LARGE, "proposed": True, "urgency": 3, "score": 55}],
        "fittingDwellings": 4, "fittingHouseholds": 12, "leftWaiting": 3, "status": "open", "setAsideReason": None, **more,
    }  # fmt: skip


def proposals_of(call: Call) -> list[dict[str, Any]]:
    found = [
        proposal(FIRST, 1, SINGLE, STUDIO),
        proposal(SECOND, 2, LARGE, FAMILY, persons=9, movingOn=True),
        proposal(THIRD, 3, LARGE, FAMILY, exchange=True, dwellingGemeentecode="0626"),
    ]
    return [{**one, **call.gate.handled.get(one["id"], {})} for one in found]


def searches(call: Call) -> Answer:
    listed = {name: value for name, value in run(call).items() if name != "unusedPins"}
    more = [
        {**listed, "id": data.uid(f"run-{number}"), "finishedAt": f"2024-10-{number:02}T09:00:00+02:00"}
        for number in range(1, call.gate.way.get("more-searches", 0) + 1)
    ]
    if call.gate.mode == "empty":
        return page([])
    query = call.request.query_params
    found = [*more, listed]
    if query.get("sort") == "latest":
        found.sort(key=lambda one: (one["finishedAt"] or "9999", one["id"]), reverse=True)
    first, size = int(query.get("pageToken", "0")), int(query.get("pageSize", "50"))
    last = first + size
    return 200, {"items": found[first:last], "nextPageToken": str(last) if last < len(found) else None}


def one_search(call: Call) -> Answer:
    return 200, run(call)


def proposals(call: Call) -> Answer:
    return page([] if call.gate.mode == "empty" else proposals_of(call))


def job() -> dict[str, Any]:
    return {
        "id": RUN, "kind": "match-proposals", "status": "running", "progress": 40, "dryRun": False, "accepted": 0,
        "corrected": 0, "unlinked": 0, "unchanged": 0, "rejected": 0, "rowsUrl": f"/housing/v1/jobs/{RUN}/rows",
        "proposalsUrl": f"/housing/v1/match-proposals/{RUN}/proposals", "problem": None, "createdAt": data.NOW,
        "finishedAt": None,
    }  # fmt: skip


def one_job(call: Call) -> Answer:
    return 200, {**job(), "problem": call.gate.way.get("problem")}


def ask(call: Call) -> Answer:
    optional = {"exchangeSlack", "mostExchanges", "transitExits", "timeLimitSeconds"}
    if fault := checked(call.body, {"required": {"gemeentecodes"}, "optional": optional}):
        return 400, fault
    call.gate.way["searching"] = True
    return 200, job()


def stop(call: Call) -> Answer:
    call.gate.way["searching"] = False
    return 200, job()


def set_aside(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"reason"}, "optional": set()}):
        return 400, fault
    call.gate.handled[call.ids["proposal"]] = {"status": "set-aside", "setAsideReason": call.body["reason"]}
    return 200, proposals_of(call)[0]


def follow(call: Call) -> Answer:
    """A match, which may follow a proposal."""
    followed = call.body.get("proposalId")
    if followed is None:
        return propose(call)
    form = {"required": {"householdId", "dwellingId", "reason", "proposalId"}, "optional": {"shared"}}
    if fault := checked(call.body, form):
        return 400, fault
    if call.body["dwellingId"] == FAMILY:
        return 409, {"code": "dwelling-taken", "title": "Voor deze woning is er al een match", "errors": []}
    call.gate.handled[followed] = {"status": "sent"}
    return 201, match(dwellingId=call.body["dwellingId"], proposalId=followed)


EXCHANGE = data.uid("exchange")


def exchange() -> dict[str, Any]:
    return {
        "id": EXCHANGE, "kind": "persons", "firstGemeentecode": "0626", "secondGemeentecode": "1916", "householdIds": [],
        "personsToFirst": 9, "personsToSecond": 3, "firstChange": 9, "secondChange": -9, "receptionPlaces": None,
        "halfYear": "2024-2", "planReference": None, "decisionReference": None, "reason": "Een gezin van negen voor drie.",
        "proposedOn": "2024-11-04", "firstAgreedOn": "2024-11-04", "secondAgreedOn": None, "settledOn": None,
        "status": "proposed",
    }  # fmt: skip


def target(call: Call) -> Answer:
    if call.ids["code"] not in {"1916", "0626"}:
        return 404, {"title": "Niet gevonden", "code": "not-found"}
    version = {
        "number": 1, "target": 60, "publishedOn": "2024-10-01", "source": "entered",
        "correctionReason": data.LONG if call.gate.long else None, "recordedAt": data.NOW,
    }  # fmt: skip
    return 200, {
        "gemeentecode": call.ids["code"], "halfYear": call.ids["half"], "target": 60 if call.ids["code"] == "1916" else 28,
        "publishedOn": "2024-10-01", "swapped": -4 if call.gate.long else 0, "belowZero": False, "closed": False,
        "versions": [] if call.gate.mode == "empty" else [version],
    }  # fmt: skip


def exchanges(call: Call) -> Answer:
    return page([] if call.gate.mode == "empty" else [exchange()])


def propose_exchange(call: Call) -> Answer:
    required = {"kind", "firstGemeentecode", "secondGemeentecode", "householdIds", "reason"}
    if fault := checked(call.body, {"required": required, "optional": set()}):
        return 400, fault
    if call.body["secondGemeentecode"] != "0626":
        detail = "Dit huishouden stemde niet in met gemeente 0629."
        error = {"pointer": "/householdIds/0", "code": "exchange-consent", "detail": detail}
        return 409, {"code": "exchange-not-possible", "title": "Deze uitruil kan niet", "errors": [error]}
    return 201, exchange()


def answer_exchange(call: Call) -> Answer:
    return 200, exchange()


_ID = r"(?P<id>[0-9a-f-]{36})"
_HO = "/housing/v1"
SEARCH_ROUTES = (
    ("POST", f"{_HO}/matches", follow),
    ("GET", f"{_HO}/match-proposals", searches),
    ("POST", f"{_HO}/match-proposals", ask),
    ("GET", f"{_HO}/match-proposals/{_ID}", one_search),
    ("GET", f"{_HO}/match-proposals/{_ID}/proposals", proposals),
    ("POST", f"{_HO}/match-proposals/{_ID}/proposals/(?P<proposal>[0-9a-f-]{{36}})/setting-aside", set_aside),
    ("GET", f"{_HO}/exchanges", exchanges),
    ("GET", f"{_HO}/taakstellingen/(?P<code>[0-9]{{4}})/(?P<half>[0-9]{{4}}-[12])", target),
    ("POST", f"{_HO}/exchanges", propose_exchange),
    ("POST", f"{_HO}/exchanges/{_ID}/(?P<word>agreement|withdrawal)", answer_exchange),
    ("GET", f"{_HO}/jobs/{_ID}", one_job),
    ("POST", f"{_HO}/jobs/{_ID}/cancellation", stop),
)
