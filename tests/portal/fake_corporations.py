# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules and agreements of corporations, as the fake gateway tells them."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_housing import OWNER
from tests.portal.fake_state import Answer, Call, checked, invalid, page

PAUSE, OCCUPATION, OLD = (data.uid(f"rule-{name}") for name in ("pause", "occupation", "old"))
NEW = data.uid("corporation-new")


def rule(id_: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_, "corporationId": OWNER, "kind": kind, "value": None, "gemeentecode": None, "validFrom": "2024-01-01",
        "validUntil": None, "source": "Toewijzingsbeleid WoonInvest, 12-12-2023", **more,
    }  # fmt: skip


def rules_of(call: Call) -> list[dict[str, Any]]:
    source = {"source": data.LONG} if call.gate.long else {}
    return [
        rule(OCCUPATION, "full-occupation", value=1, **source),
        rule(PAUSE, "pause", gemeentecode="1916", validFrom="2024-12-01", validUntil="2024-12-31"),
        rule(OLD, "no-singles-in-family-dwelling", validUntil="2024-06-30"),
    ]


def rules(call: Call) -> Answer:
    return page(rules_of(call) if call.ids["id"] == OWNER and call.gate.mode != "empty" else [])


def add_rule(call: Call) -> Answer:
    required = {"kind", "validFrom", "source"}
    if fault := checked(
        call.body, {"required": required, "optional": {"value", "gemeentecode", "validUntil"}}
    ):
        return 400, fault
    until = call.body["validUntil"]
    if until is not None and until < call.body["validFrom"]:
        return 400, invalid(("validUntil", "De laatste dag ligt voor de eerste."))
    return 201, rule(data.uid("rule-new"), **call.body)


def end_rule(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"validUntil"}, "optional": set()}):
        return 400, fault
    if call.body["validUntil"] < "2024-01-01":
        return 400, invalid(("validUntil", "De laatste dag ligt voor de eerste."))
    if call.request.headers.get("If-Match") != '"1"':
        return 412, {
            "code": "stale-version",
            "title": "Dit is intussen veranderd",
            "detail": "Deze regel heeft nu versie 1.",
        }
    return 200, rule(call.ids["rule"], "full-occupation", value=1, **call.body)


def agreement(**more: Any) -> dict[str, Any]:
    return {
        "id": data.uid("agreement"), "corporationId": OWNER, "gemeentecode": "1916", "year": 2024, "dwellings": 20,
        "delivered": 12, "difference": -8, "source": "Prestatieafspraken 2024", **more,
    }  # fmt: skip


def agreements(call: Call) -> Answer:
    source = {"source": data.LONG} if call.gate.long else {}
    return page([] if call.gate.mode == "empty" else [agreement(**source)])


def agree(call: Call) -> Answer:
    if fault := checked(
        call.body, {"required": {"gemeentecode", "year", "dwellings", "source"}, "optional": set()}
    ):
        return 400, fault
    if call.body["year"] == agreement()["year"]:
        detail = "Voor deze gemeente en dit jaar is er al een afspraak."
        error = {"pointer": "/year", "code": "performance-agreement-exists", "detail": detail}
        return 409, {"code": error["code"], "title": "Er is al een prestatieafspraak", "errors": [error]}
    return 201, agreement(**call.body)


def register(call: Call) -> Answer:
    if fault := checked(
        call.body, {"required": {"name", "organisationId", "gemeentecodes"}, "optional": set()}
    ):
        return 400, fault
    return 201, {"id": NEW, **call.body}


_ID = r"(?P<id>[0-9a-f-]{36})"
_HO = "/housing/v1"
CORPORATION_ROUTES = (
    ("POST", f"{_HO}/corporations", register),
    ("GET", f"{_HO}/corporations/{_ID}/rules", rules),
    ("POST", f"{_HO}/corporations/{_ID}/rules", add_rule),
    ("PATCH", f"{_HO}/corporations/{_ID}/rules/(?P<rule>[0-9a-f-]{{36}})", end_rule),
    ("POST", f"{_HO}/corporations/{_ID}/performance-agreements", agree),
    ("GET", f"{_HO}/performance-agreements", agreements),
)
