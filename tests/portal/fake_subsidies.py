# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The subsidy for large families, its terms, and the social housing of a gemeente, as the fake gateway tells them."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_state import Answer, Call, checked, invalid, page

HOME = data.uid("application")


def application(call: Call, id_: str = HOME, **more: Any) -> dict[str, Any]:
    base = {
        "id": id_, "gemeentecode": "1916", "title": data.LONG if call.gate.long else "Prinses Irenelaan 12", "persons": 9,
        "costs": [
            {"kind": "construction", "cents": 3_000_000}, {"kind": "sound-insulation", "cents": 900_000},
            {"kind": "furnishing", "cents": 250_000},
        ],
        "appliedOn": "2024-10-01", "leadMonths": 14, "status": "sent", "grantedCents": None, "termsSince": "2023-07-03",
        "eligibleCents": 3_900_000, "ceilingCents": 3_500_000, "subsidyCents": 3_500_000, "refusedKinds": ["furnishing"],
        "gainedCents": 500_000, "newlyEligibleKinds": ["sound-insulation"], "readyOn": "2025-12-01", "ladderOn": "2025-01-01",
        "tooLateForLadder": True,
    }  # fmt: skip
    return {**base, **more}


def applications_of(call: Call) -> list[dict[str, Any]]:
    granted = {
        "title": "Vliet 3", "status": "granted", "grantedCents": 2_800_000, "tooLateForLadder": False,
        "ladderOn": None, "newlyEligibleKinds": [], "gainedCents": 0, "appliedOn": "2023-09-01",
    }  # fmt: skip
    return [application(call), application(call, data.uid("application-granted"), **granted)]


def applications(call: Call) -> Answer:
    return page([] if call.gate.mode == "empty" else applications_of(call))


def one_application(call: Call) -> Answer:
    found = next((one for one in applications_of(call) if one["id"] == call.ids["id"]), application(call))
    return 200, {**found, **call.gate.handled.get(found["id"], {})}


def terms(call: Call) -> Answer:
    old = {
        "since": "2021-01-01", "kinds": ["construction"], "leastPersons": 8, "ceilings": [{"fromPersons": 8, "cents": 3_000_000}],
        "source": "Regeling 2021", "inForce": False,
    }  # fmt: skip
    new = {
        "since": "2023-07-03", "kinds": ["construction", "rent-loss", "sound-insulation", "sustainability"], "leastPersons": 7,
        "ceilings": [{"fromPersons": 7, "cents": 3_500_000}, {"fromPersons": 10, "cents": 5_000_050}],
        "source": data.LONG if call.gate.long else "Verbrede kosten", "inForce": True,
    }  # fmt: skip
    return 200, {"peildatum": "2024-11-05", "rows": [] if call.gate.mode == "empty" else [old, new]}


def set_terms(call: Call) -> Answer:
    if fault := checked(
        call.body, {"required": {"kinds", "leastPersons", "ceilings", "source"}, "optional": set()}
    ):
        return 400, fault
    if call.ids["since"] < "2016-01-01":
        return 400, invalid(("since", "Deze dag ligt voor de eerste regeling."))
    return terms(call)


def apply_for(call: Call) -> Answer:
    required = {"gemeentecode", "title", "persons", "costs", "appliedOn", "leadMonths"}
    if fault := checked(call.body, {"required": required, "optional": set()}):
        return 400, fault
    return 201, application(call)


def set_status(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"status"}, "optional": {"grantedCents"}}):
        return 400, fault
    call.gate.handled[call.ids["id"]] = {
        "status": call.body["status"],
        "grantedCents": call.body.get("grantedCents"),
    }
    return 201, one_application(call)[1]


def supply_of(call: Call) -> dict[str, Any]:
    years: list[dict[str, Any]] = [
        {"year": 2024, "mutations": 167, "socialDwellings": 3_340, "dwellings": 12_150, "turnoverPercent": 5.0, "socialPercent": 27.49},
        {"year": 2023, "mutations": 1_204, "socialDwellings": None, "dwellings": None, "turnoverPercent": None, "socialPercent": None},
    ]  # fmt: skip
    source = data.LONG if call.gate.long else "Jaarverslag van de corporatie"
    return {
        "gemeentecode": call.ids["code"], "peildatum": "2024-11-05", "arrears": 34, "arrearsPerMutation": 0.2,
        "years": [{"gemeentecode": call.ids["code"], **one, "source": source} for one in years], **call.gate.way.get("supply", {}),
    }  # fmt: skip


def supply(call: Call) -> Answer:
    none: dict[str, Any] = {"arrearsPerMutation": None, "years": []} if call.gate.mode == "empty" else {}
    return 200, {**supply_of(call), **none}


def set_supply(call: Call) -> Answer:
    optional = {"socialDwellings", "dwellings"}
    if fault := checked(call.body, {"required": {"mutations", "source"}, "optional": optional}):
        return 400, fault
    if call.body.get("socialDwellings", 0) > call.body.get("dwellings", 10**9):
        return 400, invalid(("socialDwellings", "Er zijn niet meer sociale huurwoningen dan woningen."))
    return supply(call)


_ID = r"(?P<id>[0-9a-f-]{36})"
_HO = "/housing/v1"
SUBSIDY_ROUTES = (
    ("GET", f"{_HO}/subsidy-applications", applications),
    ("POST", f"{_HO}/subsidy-applications", apply_for),
    ("GET", f"{_HO}/subsidy-applications/{_ID}", one_application),
    ("POST", f"{_HO}/subsidy-applications/{_ID}/statuses", set_status),
    ("GET", f"{_HO}/subsidy-terms", terms),
    ("PUT", f"{_HO}/subsidy-terms/(?P<since>[0-9-]{{10}})", set_terms),
    ("GET", f"{_HO}/supply/(?P<code>[0-9]{{4}})", supply),
    ("PUT", f"{_HO}/supply/(?P<code>[0-9]{{4}})/(?P<year>[0-9]{{4}})", set_supply),
)
