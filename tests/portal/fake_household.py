# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What changes for a household, and who helps it move, as the fake gateway tells it."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_housing import FAMILY, LARGE, MOVING, SINGLE, household, moving, some
from tests.portal.fake_state import Answer, Call, checked, invalid

CONSENT, CONFLICT, REUNION = data.uid("consent"), data.uid("conflict"), data.uid("reunion")
SHARES = {"status": "housed", "housedOn": "2024-11-04", "housedGemeentecode": "1916"}
"""Of the large household, once a test says that it has a home (`way["lives"]`)."""


def lives(**home: Any) -> dict[str, Any]:
    """What a test puts into `way["lives"]`: the large household lives in the home of its match."""
    return {"household": SHARES, "match": {"status": "housed", "housedOn": "2024-11-04", **home}}


def consents_of() -> list[dict[str, Any]]:
    sharing = {
        "id": data.uid("consent-sharing"), "householdId": SINGLE, "kind": "sharing", "gemeentecode": None,
        "givenOn": "2024-09-02", "revokedOn": None,
    }  # fmt: skip
    exchange = {**sharing, "id": CONSENT, "kind": "exchange", "gemeentecode": "0626"}
    return [sharing, exchange, {**exchange, "id": data.uid("consent-old"), "revokedOn": "2024-10-01"}]


def consents(call: Call) -> Answer:
    return some(call, consents_of() if call.ids["id"] == SINGLE else [])


def give_consent(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"kind", "givenOn"}, "optional": {"gemeentecode"}}):
        return 400, fault
    if call.body["givenOn"] > "2024-11-05":
        return 400, invalid(("givenOn", "Deze dag ligt in de toekomst."))
    if call.body["gemeentecode"] == "0626":
        title = "Deze toestemming is er al"
        return 409, {
            "code": "consent-exists",
            "title": title,
            "detail": "Deze toestemming geldt sinds 2 september 2024.",
        }
    return 201, {**consents_of()[1], **call.body}


def revoke(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"revokedOn"}, "optional": set()}):
        return 400, fault
    if call.body["revokedOn"] < "2024-09-02":
        return 400, invalid(("revokedOn", "De toestemming is gegeven op 2 september 2024."))
    return 200, {**consents_of()[1], **call.body}


def reunion(**more: Any) -> dict[str, Any]:
    return {**household()["reunions"][0], **more}


def expect(call: Call) -> Answer:
    required = {"persons", "adults", "expectedOn"}
    if fault := checked(call.body, {"required": required, "optional": {"grantedOn"}}):
        return 400, fault
    if call.body["adults"] > call.body["persons"]:
        return 400, invalid(("adults", f"Dit is meer dan de {call.body['persons']} personen."))
    return 201, reunion(**call.body)


def change_reunion(call: Call) -> Answer:
    optional = {"persons", "adults", "expectedOn", "grantedOn", "withdrawnOn", "reason"}
    if fault := checked(call.body, {"required": set(), "optional": optional}):
        return 400, fault
    if call.request.headers.get("if-match") != f'"{household()["version"]}"':
        return 412, {"code": "stale-version", "title": "Iemand anders was eerder"}
    if call.body.get("adults", 0) > call.body.get("persons", 25):
        return 400, invalid(("adults", f"Dit is meer dan de {call.body['persons']} personen."))
    if (call.body.get("grantedOn") or "") > "2024-11-05":
        return 400, invalid(("grantedOn", "Deze dag ligt in de toekomst."))
    return 200, household()


def arrive(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"arrivedOn"}, "optional": set()}):
        return 400, fault
    return 200, reunion(**call.body)


def know_member(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"inburgeraarId"}, "optional": set()}):
        return 400, fault
    if call.request.headers.get("if-match") != f'"{household()["version"]}"':
        return 412, {"code": "stale-version", "title": "Iemand anders was eerder"}
    if call.body["inburgeraarId"] == data.uid("person-2"):
        detail = "Een van deze personen is al lid van een ander huishouden."
        error = {"pointer": "/members", "code": "person-in-household", "detail": detail}
        return 409, {"code": "person-in-household", "title": "Al lid", "errors": [error]}
    return 200, household()


def conflict(**more: Any) -> dict[str, Any]:
    return {
        "id": CONFLICT, "dwellingId": FAMILY, "householdId": LARGE, "occurredOn": "2024-11-04", "kind": "noise", "solvedOn": None,
        **more,
    }  # fmt: skip


def conflicts(call: Call) -> Answer:
    other = conflict(id=data.uid("conflict-other"), householdId=SINGLE, kind="costs")
    return some(call, [conflict(), other])


def log_conflict(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"householdId", "occurredOn", "kind"}, "optional": set()}):
        return 400, fault
    return 201, conflict(**call.body)


def solve(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"solvedOn"}, "optional": set()}):
        return 400, fault
    if call.body["solvedOn"] < "2024-11-04":
        return 400, invalid(("solvedOn", "Het conflict begon later."))
    return 200, conflict(**call.body)


def assign(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"volunteerId"}, "optional": set()}):
        return 400, fault
    call.gate.handled[MOVING] = {"volunteerId": call.body["volunteerId"]}
    return 200, {**moving(), **call.gate.handled[MOVING]}


_ID, _OTHER = r"(?P<id>[0-9a-f-]{36})", r"(?P<other>[0-9a-f-]{36})"
_HO = "/housing/v1"
HOUSEHOLD_ROUTES = (
    ("PATCH", f"{_HO}/households/{_ID}/members/{_OTHER}", know_member),
    ("GET", f"{_HO}/households/{_ID}/consents", consents),
    ("POST", f"{_HO}/households/{_ID}/consents", give_consent),
    ("POST", f"{_HO}/households/{_ID}/consents/{_OTHER}/revocation", revoke),
    ("POST", f"{_HO}/households/{_ID}/reunions", expect),
    ("PATCH", f"{_HO}/households/{_ID}/reunions/{_OTHER}", change_reunion),
    ("POST", f"{_HO}/reunions/{_ID}/arrival", arrive),
    ("GET", f"{_HO}/dwellings/{_ID}/conflicts", conflicts),
    ("POST", f"{_HO}/dwellings/{_ID}/conflicts", log_conflict),
    ("POST", f"{_HO}/share-conflicts/{_ID}/solution", solve),
    ("PUT", f"{_HO}/matches/{_ID}/volunteer", assign),
)
