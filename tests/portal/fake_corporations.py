# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules and agreements of corporations, as the fake gateway tells them."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_housing import OTHER_OWNER, OWNER
from tests.portal.fake_state import Answer, Call, checked, invalid, page

PAUSE, OCCUPATION, OLD = (data.uid(f"rule-{name}") for name in ("pause", "occupation", "old"))
NEW = data.uid("corporation-new")


def corporation(id_: str, name: str, **more: Any) -> dict[str, Any]:
    base = {
        "id": id_,
        "name": name,
        "shortName": None,
        "organisationId": data.uid(name),
        "gemeentecodes": ["1916"],
        "version": 1,
    }
    return {**base, **more}


def corporations(call: Call) -> Answer:
    found = [corporation(OWNER, "WoonInvest"), corporation(OTHER_OWNER, "Vidomes")]
    found[0] |= call.gate.way.get("renamed", {})
    return page([] if call.gate.mode == "empty" else found)


def rule(id_: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_, "corporationId": OWNER, "kind": kind, "value": None, "gemeentecode": None, "validFrom": "2024-01-01",
        "validUntil": None, "source": "Toewijzingsbeleid WoonInvest, 12-12-2023", "version": 1, **more,
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


def _stale(call: Call) -> Answer | None:
    """Refused where the change is not based on the version that stands."""
    stands = call.gate.way.get("version", 1)
    if call.request.headers.get("If-Match") == f'"{stands}"':
        return None
    title = "Dit is intussen veranderd"
    return 412, {"code": "stale-version", "title": title, "detail": f"Dit heeft nu versie {stands}."}


def end_rule(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"validUntil"}, "optional": set()}):
        return 400, fault
    if call.body["validUntil"] < "2024-01-01":
        return 400, invalid(("validUntil", "De laatste dag ligt voor de eerste."))
    if stale := _stale(call):
        return stale
    return 200, rule(call.ids["rule"], "full-occupation", value=1, **call.body)


def agreement(**more: Any) -> dict[str, Any]:
    return {
        "id": data.uid("agreement"), "corporationId": OWNER, "gemeentecode": "1916", "year": 2024, "dwellings": 20,
        "delivered": 12, "difference": -8, "source": "Prestatieafspraken 2024", "version": 1, **more,
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


def mend_agreement(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"dwellings", "source"}, "optional": set()}):
        return 400, fault
    if stale := _stale(call):
        return stale
    return 200, agreement(**call.body)


def register(call: Call) -> Answer:
    required = {"name", "organisationId", "gemeentecodes"}
    if fault := checked(call.body, {"required": required, "optional": {"shortName"}}):
        return 400, fault
    return 201, corporation(NEW, **call.body)


def rename(call: Call) -> Answer:
    if fault := checked(call.body, {"required": set(), "optional": {"name", "shortName"}}):
        return 400, fault
    if stale := _stale(call):
        return stale
    call.gate.way["renamed"] = call.body
    return 200, corporation(OWNER, version=2, **call.body)


_ID = r"(?P<id>[0-9a-f-]{36})"
_HO = "/housing/v1"
CORPORATION_ROUTES = (
    ("GET", f"{_HO}/corporations", corporations),
    ("POST", f"{_HO}/corporations", register),
    ("PATCH", f"{_HO}/corporations/{_ID}", rename),
    ("GET", f"{_HO}/corporations/{_ID}/rules", rules),
    ("POST", f"{_HO}/corporations/{_ID}/rules", add_rule),
    ("PATCH", f"{_HO}/corporations/{_ID}/rules/(?P<rule>[0-9a-f-]{{36}})", end_rule),
    ("POST", f"{_HO}/corporations/{_ID}/performance-agreements", agree),
    ("GET", f"{_HO}/performance-agreements", agreements),
    ("PATCH", f"{_HO}/performance-agreements/{_ID}", mend_agreement),
)
