# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What answers a question beside the desk, as the fake gateway tells it: why not, pins, tasks, waits, refusals."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_housing import FAMILY, LARGE, SINGLE, STUDIO, some
from tests.portal.fake_searches import RUN
from tests.portal.fake_state import Answer, Call, checked, page

WHY = {
    name: data.uid(f"why-{name}") for name in ("rule", "price", "together", "proposed", "computing", "failed")
}
PIN, BAN, HOLD = (data.uid(f"pin-{kind}") for kind in ("pin", "ban", "hold"))
TASK = data.uid("housing-task")


def why(name: str, *, long: bool = False) -> dict[str, Any]:
    """An explanation of each kind."""
    done: dict[str, Any] = {"status": "done", "rule": None, "price": None, "together": []}
    family = (
        "Het huishouden is gekoppeld aan gemeente 1916 en stemde niet in met wonen in een andere gemeente."
    )
    told: dict[str, dict[str, Any]] = {
        "rule": {**done, "outcome": "rule", "rule": "H2", "explanation": f"De woning staat in gemeente 0626. {family}"},
        "price": {
            **done, "outcome": "price", "explanation": "Het mag, maar dan krijgen 2 personen minder een huis.",
            "price": {
                "personsFewer": 2, "weeksMore": 31, "pointsFewer": -4, "losingHouseholdIds": [LARGE], "proven": True,
                "excluded": False,
            },
        },
        "together": {
            **done, "outcome": "together", "explanation": "Het kan niet samen met wat een mens heeft vastgezet.",
            "together": [{"householdId": LARGE, "dwellingId": FAMILY}],
        },
        "proposed": {**done, "outcome": "proposed", "explanation": "Dit huishouden en deze woning zijn juist wel voorgesteld."},
        "computing": {**done, "status": "computing", "outcome": None, "explanation": None},
        "failed": {**done, "status": "failed", "outcome": None, "explanation": "Binnen de tijd is geen antwoord gevonden."},
    }  # fmt: skip
    more = {"explanation": f"{told[name]['explanation']} {data.LONG}"} if long else {}
    pair = {
        "id": WHY[name],
        "runId": RUN,
        "householdId": SINGLE,
        "dwellingId": FAMILY,
        "askedOn": "2024-11-05",
    }
    return {**pair, **told[name], **more}


def ask_why(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"householdId", "dwellingId"}, "optional": set()}):
        return 400, fault
    if call.body["dwellingId"] == STUDIO and call.body["householdId"] == LARGE:
        detail = "Deze woning deed niet mee aan deze zoekopdracht."
        error = {"pointer": "/dwellingId", "code": "not-in-search", "detail": detail}
        return 409, {
            "code": "not-in-search",
            "title": "Dit deed niet mee",
            "detail": detail,
            "errors": [error],
        }
    call.gate.way["why"] = "rule" if call.body["dwellingId"] == FAMILY else "computing"
    return 200, why(call.gate.way["why"])


def one_why(call: Call) -> Answer:
    name = next((name for name, id_ in WHY.items() if id_ == call.ids["why"]), None)
    if name is None:
        return 404, {"code": "not-found", "title": "Niet gevonden"}
    if name == "computing":
        call.gate.job_reads += 1
        if call.gate.job_reads < 3:
            return 200, why(name)
        return 200, {**why("price"), "id": WHY[name]}
    told = why(name, long=call.gate.long)
    if name == "price":
        told["price"] = {**told["price"], **call.gate.way.get("price", {})}
    return 200, told


def pin(id_: str, kind: str, household: str, home: str | None, **more: Any) -> dict[str, Any]:
    return {
        "id": id_, "kind": kind, "householdId": household, "dwellingId": home, "reason": "Dicht bij het werk in Leiden.",
        "expiresOn": "2024-12-03", "gemeentecode": "1916", "setOn": "2024-11-04", "liftedOn": None, **more,
    }  # fmt: skip


def pins_of(call: Call) -> list[dict[str, Any]]:
    reason = {"reason": data.LONG} if call.gate.long else {}
    found = [
        pin(PIN, "pin", SINGLE, STUDIO, **reason),
        pin(BAN, "ban", LARGE, FAMILY, reason="Te ver van de school.", expiresOn="2024-11-19"),
        pin(
            HOLD,
            "hold",
            LARGE,
            None,
            reason="Wacht op familie die op 20 november komt.",
            expiresOn="2024-11-20",
        ),
    ]
    found += call.gate.way.get("pins", [])
    return [one for one in found if one["id"] not in call.gate.handled]


def pins(call: Call) -> Answer:
    return page([] if call.gate.mode == "empty" else pins_of(call))


def set_pin(call: Call) -> Answer:
    required = {"kind", "householdId", "reason", "expiresOn"}
    if fault := checked(call.body, {"required": required, "optional": {"dwellingId"}}):
        return 400, fault
    same = (call.body["kind"], call.body["householdId"], call.body.get("dwellingId"))
    if same in {(one["kind"], one["householdId"], one["dwellingId"]) for one in pins_of(call)}:
        error = {"pointer": "/householdId", "code": "pin-exists", "detail": "Dit is al vastgezet."}
        return 409, {"code": "pin-exists", "title": "Dit is al vastgezet", "errors": [error]}
    made = pin(data.uid(f"pin-{same}"), *same, reason=call.body["reason"], expiresOn=call.body["expiresOn"])
    call.gate.way.setdefault("pins", []).append(made)
    return 201, made


def lift_pin(call: Call) -> Answer:
    call.gate.handled[call.ids["id"]] = {"liftedOn": "2024-11-05"}
    return 200, pin(call.ids["id"], "pin", SINGLE, STUDIO, liftedOn="2024-11-05")


def task(**more: Any) -> dict[str, Any]:
    return {
        "id": TASK, "householdId": SINGLE, "gemeentecode": "1916", "kind": "follow-up-home", "openedOn": "2024-10-15",
        "dueOn": "2024-11-12", "status": "open", "closedOn": None, **more,
    }  # fmt: skip


def tasks(call: Call) -> Answer:
    return some(call, [] if TASK in call.gate.handled else [task(**call.gate.way.get("task", {}))])


def complete(call: Call) -> Answer:
    call.gate.handled[call.ids["id"]] = {"status": "done"}
    return 200, {**task(), "status": "done", "closedOn": "2024-11-05"}


def wait(kind: str | None, households: int, median: float) -> dict[str, Any]:
    days = round(30.44 * median)
    return {
        "householdType": kind, "households": households, "meanDays": days + 30, "medianDays": days, "maxDays": 3 * days,
        "meanMonths": median + 1, "medianMonths": median, "maxMonths": 3 * median, "longWaits": 1,
    }  # fmt: skip


def waits(call: Call) -> Answer:
    none = call.gate.mode == "empty"
    to_key = [wait(None, 61, 8.5), wait("single", 40, 6.2), wait("small-family", 12, 9.4), wait("family", 6, 12.0),
              wait("large-family", 3, 24.5)]  # fmt: skip
    waiting = [wait(None, 4, 14.2), wait("single", 3, 12.0), wait("large-family", 1, 25.1)]
    return 200, {
        "gemeentecode": call.request.query_params.get("gemeentecode", "1916"), "peildatum": "2024-11-05",
        "toKey": [] if none else to_key, "waiting": [] if none else waiting,
        "longWaitingHouseholdIds": [] if none else [SINGLE],
    }  # fmt: skip


def refusals(call: Call) -> Answer:
    rows = [
        {"refusal": "too-small", "by": "household", "matches": 9},
        {"refusal": "too-small", "by": "gemeente", "matches": 6},
        {"refusal": "location", "by": "household", "matches": 2},
    ]
    none = call.gate.mode == "empty"
    return 200, {
        "gemeentecode": "1916", "since": "2023-11-01", "until": "2024-11-05", "refusals": [] if none else rows,
        "largeFamiliesWithoutOffer": [] if none else [LARGE],
    }  # fmt: skip


def clashing_job() -> dict[str, Any]:
    """The work of a search that failed over what was pinned."""
    pairs = [{"householdId": one, "dwellingId": STUDIO} for one in (SINGLE, LARGE)]
    title = "Wat is vastgezet, kan niet samen"
    return {"code": "pins-clash", "title": title, "detail": title, "errors": [], "pins": pairs}


_ID = r"(?P<id>[0-9a-f-]{36})"
_HO = "/housing/v1"
ASKED_ROUTES = (
    ("POST", f"{_HO}/match-proposals/{_ID}/explanations", ask_why),
    ("GET", f"{_HO}/match-proposals/{_ID}/explanations/(?P<why>[0-9a-f-]{{36}})", one_why),
    ("GET", f"{_HO}/pins", pins),
    ("POST", f"{_HO}/pins", set_pin),
    ("POST", f"{_HO}/pins/{_ID}/lifting", lift_pin),
    ("GET", f"{_HO}/tasks", tasks),
    ("POST", f"{_HO}/tasks/{_ID}/completion", complete),
    ("GET", f"{_HO}/waiting-times", waits),
    ("GET", f"{_HO}/refusals", refusals),
)
