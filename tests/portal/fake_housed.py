# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who counts as housed, and what takes that back, as the fake gateway tells it."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_housing import LARGE, MOVING, member, moving
from tests.portal.fake_state import Answer, Call, checked, invalid, page

ADULT, CHILD = data.uid("realisation-adult"), data.uid("realisation-child")
LATEST_FIGURES = "2023-12-31"


def realisation(id_: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": id_, "gemeentecode": "1916", "housedOn": "2024-10-28", "persons": 1, "source": "match", "householdId": LARGE,
        "memberId": member(number)["id"], "matchId": MOVING, "corrects": None, "takenBack": False, "reason": None,
        "cause": None, "recordedAt": data.NOW, **more,
    }  # fmt: skip


def realisations_of(call: Call) -> list[dict[str, Any]]:
    """Both members; the child was taken back where a test says so."""
    undone = call.gate.way.get("taken-back")
    found = [realisation(ADULT, 2), realisation(CHILD, 3, takenBack=undone is not None)]
    if undone is None:
        return found
    more = {"persons": -1, "source": "correction", "corrects": CHILD, **undone}
    return [*found, realisation(data.uid("correction"), 3, **more)]


def realisations(call: Call) -> Answer:
    if call.gate.long:
        call.gate.way["taken-back"] = {"reason": data.LONG, "cause": "counted-twice"}
    return page([] if call.gate.mode == "empty" else realisations_of(call))


def take_back(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"reason"}, "optional": {"countsFrom", "cause"}}):
        return 400, fault
    since = call.body["countsFrom"]
    if since is not None and since <= LATEST_FIGURES:
        detail = "Tot en met 31 december 2023 tellen de ingelezen jaarcijfers. Noem een dag daarna."
        error = {"pointer": "/countsFrom", "code": "in-annual-figures", "detail": detail}
        return 400, {"code": "invalid-input", "title": "De invoer klopt niet", "errors": [error]}
    if call.body["cause"] == "never-moved-in" and call.gate.way.get("moved-on"):
        title = "Dit huishouden woont nu niet in dit huis"
        return 409, {"code": "not-its-home", "title": title, "detail": f"{title}: het wacht op een huis."}
    return 201, realisation(
        data.uid("correction"), 2, persons=-1, source="correction", corrects=call.ids["id"], **call.body
    )


def leave(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"leftOn", "reason"}, "optional": set()}):
        return 400, fault
    if call.body["leftOn"] < "2024-11-04":
        return 400, invalid(("leftOn", "Het huishouden woont er sinds 4 november 2024."))
    call.gate.handled[call.ids["id"]] |= {"leftOn": call.body["leftOn"], "leftReason": call.body["reason"]}
    return 200, {**moving(), **call.gate.handled[call.ids["id"]]}


def take_back_departure(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"reason"}, "optional": set()}):
        return 400, fault
    if call.gate.way.get("home-taken"):
        title, detail = (
            "Voor deze woning is er al een match",
            "In de woning woont intussen een ander huishouden.",
        )
        return 409, {
            "code": "dwelling-taken",
            "title": title,
            "detail": detail,
            "matchIds": [data.uid("match-next")],
        }
    told = {"what": "departure", "on": call.gate.handled[call.ids["id"]]["leftOn"], **_told(call)}
    call.gate.handled[call.ids["id"]] |= {"leftOn": None, "leftReason": None, "takenBack": [told]}
    return 200, {**moving(), **call.gate.handled[call.ids["id"]]}


def take_back_key(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"reason"}, "optional": set()}):
        return 400, fault
    told = {"what": "key", "on": moving()["keyOn"], **_told(call)}
    call.gate.handled[call.ids["id"]] = {"status": "accepted", "keyOn": None, "takenBack": [told]}
    return 200, {**moving(), **call.gate.handled[call.ids["id"]]}


def _told(call: Call) -> dict[str, str]:
    return {"reason": call.body["reason"], "recordedOn": "2024-11-05"}


_ID = r"(?P<id>[0-9a-f-]{36})"
HOUSED_ROUTES = (
    ("GET", "/housing/v1/realisations", realisations),
    ("POST", f"/housing/v1/realisations/{_ID}/taking-back", take_back),
    ("POST", f"/housing/v1/matches/{_ID}/departure", leave),
    ("POST", f"/housing/v1/matches/{_ID}/departure/taking-back", take_back_departure),
    ("POST", f"/housing/v1/matches/{_ID}/key/taking-back", take_back_key),
)
