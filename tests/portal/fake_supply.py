# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sites, projects and files of housing as the fake gateway tells them."""

from typing import Any

from tests.portal import fake_data as data
from tests.portal.fake_housing import forecasts
from tests.portal.fake_state import Answer, Call, checked, invalid, page

SITE, CLOSED = data.uid("site"), data.uid("site-closed")
PROJECT, FLEX = data.uid("project"), data.uid("flex")
FORECAST = data.uid("forecast")
TRIAL, ENTRY, BROKEN, BUSY = (data.uid(f"file-{name}") for name in ("trial", "entry", "broken", "busy"))
LATER = "2025-01-01"  # asked for a day after this, a site tells what is agreed for then


def site(call: Call, id_: str = SITE, **more: Any) -> dict[str, Any]:
    later = call.request.query_params.get("peildatum", "") > LATER
    places = [{"placesFor": "statushouders", "places": 175 if later else 205}]
    base = {
        "id": id_, "name": data.LONG if call.gate.long else "ROL Oegstgeest", "kind": "regional", "gemeentecode": "0579",
        "linkedGemeentecodes": ["0626", "1916"], "opensOn": "2022-11-01", "closesOn": "2025-11-01", "open": True,
        "peildatum": "2024-11-05", "places": [*places, {"placesFor": "spoedzoekers", "places": 80}],
        "statushoudersPercent": None, "statushoudersAbout": None,
        "residents": [{"gemeentecode": "1916", "persons": 41, "countedOn": "2024-11-01"}],
        "distances": [{"gemeentecode": "1916", "distanceKm": 14, "travelMinutes": 50}], "needsRenovation": True,
        "buildingNotedOn": "2024-03-01", "buildingNote": data.LONG if call.gate.long else "Oude leidingen.",
        "source": "Overeenkomst ROL",
    }  # fmt: skip
    return {**base, **more}


def sites_of(call: Call) -> list[dict[str, Any]]:
    hotel = {
        "name": "Hotel Duinzicht", "kind": "emergency", "gemeentecode": "1916", "closesOn": None, "residents": [],
        "distances": [], "linkedGemeentecodes": ["1916"], "places": [{"placesFor": "all", "places": 90}],
        "statushoudersPercent": 33, "statushoudersAbout": 30, "needsRenovation": False, "buildingNote": None,
        "buildingNotedOn": None,
    }  # fmt: skip
    return [site(call), site(call, CLOSED, **hotel)]


def sites(call: Call) -> Answer:
    found = [] if call.gate.mode == "empty" else sites_of(call)
    call.gate.way["page-of-sites"] = call.request.query_params.get("pageToken")
    return 200, {"items": found, "nextPageToken": call.gate.way.get("more-sites")}


def one_site(call: Call) -> Answer:
    found = next((one for one in sites_of(call) if one["id"] == call.ids["id"]), None)
    if found is None:
        return 404, {"code": "not-found", "title": "Niet gevonden"}
    bare: dict[str, list[Any]] = {"residents": [], "distances": [], "linkedGemeentecodes": [], "places": []}
    return 200, {**found, **bare} if call.gate.mode == "empty" else found


def put_site(call: Call) -> Answer:
    form = {
        "capacities": ({"places"}, set[str]()), "residents": ({"persons"}, set[str]()),
        "distances": ({"distanceKm"}, {"travelMinutes"}),
    }[call.ids["what"]]  # fmt: skip
    if fault := checked(call.body, {"required": form[0], "optional": form[1]}):
        return 400, fault
    if call.ids["what"] == "residents" and call.ids["place"].split("/")[-1] > data.TODAY.isoformat():
        return 400, invalid(("countedOn", "Deze dag ligt in de toekomst."))
    return one_site(call)


def add_site(call: Call) -> Answer:
    required = {"name", "kind", "gemeentecode", "opensOn", "source", "capacities", "linkedGemeentecodes"}
    optional = {"closesOn", "statushoudersPercent", "needsRenovation", "buildingNotedOn", "buildingNote"}
    if fault := checked(call.body, {"required": required, "optional": optional}):
        return 400, fault
    if call.body.get("closesOn", "9999") < call.body["opensOn"]:
        return 400, invalid(("closesOn", "De laatste dag ligt voor de eerste."))
    return 201, site(call)


def project(call: Call, id_: str = PROJECT, **more: Any) -> dict[str, Any]:
    base = {
        "id": id_, "gemeentecode": "1916", "name": data.LONG if call.gate.long else "Klein Plaspoelpolder",
        "kind": "new-build", "stage": "drawings", "dwellings": 110, "socialPercent": 30, "places": 24,
        "probabilityPercent": 50, "readyOn": "2026-03-01", "source": "Woonvisie 2024", "socialDwellings": 33, "version": 4,
    }  # fmt: skip
    return {**base, **more}


def projects_of(call: Call) -> list[dict[str, Any]]:
    late = {"name": "Kantoor Damlaan", "kind": "conversion", "stage": "permit", "readyOn": "2024-10-01"}
    return [project(call), project(call, data.uid("project-late"), **late)]


def projects(call: Call) -> Answer:
    return page([] if call.gate.mode == "empty" else projects_of(call))


def pipeline(call: Call) -> Answer:
    halves = ("2024-2", "2025-1", "2025-2", "2026-1", "2026-2", "2027-1")
    rows = [
        {"halfYear": half, "planned": 24 * (half == "2026-1"), "expected": 12.0 * (half == "2026-1")}
        for half in halves
    ]
    return 200, {"gemeentecode": call.ids["code"], "rows": rows, "planned": 24, "expected": 12.0}


def change_project(call: Call) -> Answer:
    optional = {
        "name", "stage", "dwellings", "socialPercent", "places", "probabilityPercent", "readyOn", "source",
    }  # fmt: skip
    if fault := checked(call.body, {"required": set(), "optional": optional}):
        return 400, fault
    if call.request.headers.get("if-match") != '"4"':
        return 412, {"code": "stale-version", "title": "Iemand anders was eerder"}
    return 200, project(call)


def add_project(call: Call) -> Answer:
    required = {
        "gemeentecode", "name", "kind", "stage", "dwellings", "socialPercent", "places", "probabilityPercent", "readyOn",
        "source",
    }  # fmt: skip
    if fault := checked(call.body, {"required": required, "optional": set()}):
        return 400, fault
    return 201, project(call)


def flex_project(call: Call) -> dict[str, Any]:
    return {
        "id": FLEX, "gemeentecode": "1916", "name": data.LONG if call.gate.long else "Flex Schakenbosch",
        "site": "Parkeerterrein Schakenbosch", "kind": "flex", "places": 40, "status": "permit-asked", "budgetCents": 150_000_000,
        "permitOn": None, "expectedFrom": "2025-09-01", "until": None, "source": "Collegebesluit", "version": 2,
    }  # fmt: skip


def flex_projects(call: Call) -> Answer:
    return page([] if call.gate.mode == "empty" else [flex_project(call)])


def change_flex(call: Call) -> Answer:
    if fault := checked(call.body, {"required": {"status"}, "optional": {"permitOn", "expectedFrom"}}):
        return 400, fault
    if call.request.headers.get("if-match") != '"2"':
        return 412, {"code": "stale-version", "title": "Iemand anders was eerder"}
    return 200, flex_project(call)


def add_flex(call: Call) -> Answer:
    required = {"gemeentecode", "name", "site", "kind", "places", "status", "source"}
    optional = {"budgetCents", "permitOn", "expectedFrom", "until"}
    if fault := checked(call.body, {"required": required, "optional": optional}):
        return 400, fault
    if call.body["places"] == 0:
        return 400, invalid(("places", "Dit aantal is 1 of meer."))
    return 201, flex_project(call)


def one_forecast(call: Call) -> Answer:
    (found,) = forecasts(Call(type(call.gate)(), call.request, call.who, call.ids, {}))[1]["items"]
    effects = [{"halfYear": "2025-1", "persons": 12, "probabilityPercent": 70}]
    known = {
        **found["assumptions"],
        "targets": {"2025-1": 66},
        "effects": [] if call.gate.mode == "empty" else effects,
    }
    title = {"title": data.LONG} if call.gate.long else {}
    return 200, {**found, "assumptions": known, **title}


def make_forecast(call: Call) -> Answer:
    required = {"gemeentecode", "title", "since", "until", "housed", "defaultTarget"}
    if fault := checked(call.body, {"required": required, "optional": {"opening", "effects"}}):
        return 400, fault
    if call.body["until"] < call.body["since"]:
        return 400, invalid(("until", "Het laatste halfjaar ligt voor het eerste."))
    return 201, one_forecast(call)[1]


def job(call: Call, id_: str) -> dict[str, Any]:
    none = call.gate.mode == "empty"
    dwellings = call.who in {"corporation", "vwn"}
    unlinked = 0 if none or dwellings else 1
    counts = {"accepted": 0 if none else 3, "corrected": 0 if none else 2, "unlinked": unlinked}
    base = {
        "id": id_, "kind": "dwelling-file" if dwellings else "household-file", "status": "done", "progress": 100,
        "dryRun": id_ == TRIAL, **counts, "unchanged": 61, "rejected": 0 if none else 2,
        "rowsUrl": f"/housing/v1/jobs/{id_}/rows", "proposalsUrl": None, "problem": None, "createdAt": data.NOW,
        "finishedAt": data.NOW,
    }  # fmt: skip
    nothing = dict.fromkeys(("accepted", "corrected", "unlinked", "unchanged", "rejected"), 0)
    if id_ == BROKEN:
        problem = {
            "type": "about:blank", "title": "Het bestand kan niet worden gebruikt", "status": 400,
            "detail": "Rij 3 heeft meer kolommen dan de eerste regel.", "instance": None, "code": "file-not-usable",
            "errors": [], "rule": None,
        }  # fmt: skip
        kept = {"dryRun": False, **nothing, **call.gate.way.get("kept", {})}
        return {**base, **kept, "status": "failed", "progress": 10, "problem": problem}
    if id_ == BUSY:
        return {**base, **nothing, "status": "running", "progress": 40, "dryRun": True, "finishedAt": None}
    return base


def one_job(call: Call) -> Answer:
    return 200, job(call, call.ids["id"])


def row(line: int, outcome: str, **more: Any) -> dict[str, Any]:
    return {
        "row": line - 1, "line": line, "outcome": outcome, "unlinked": False, "subjectId": None, "problem": None, **more,
    }  # fmt: skip


def rows_of(call: Call) -> list[dict[str, Any]]:
    detail = f"Vul een getal in. {data.LONG}" if call.gate.long else "Vul een heel getal in, zoals 2."
    errors = [
        {"pointer": None, "parameter": "volwassenen", "code": "invalid-count", "detail": detail},
        {
            "pointer": None,
            "parameter": "koppeldatum",
            "code": "in-future",
            "detail": "Deze dag ligt in de toekomst.",
        },
    ]
    fault = {
        "type": "about:blank", "title": "De invoer klopt niet", "status": 400, "detail": "Deze regel hoort bij een andere gemeente.",
        "instance": None, "code": "invalid-input", "errors": [], "rule": None,
    }  # fmt: skip
    return [
        *(row(line, "accepted") for line in (2, 3, 4)),
        row(7, "corrected"),
        row(9, "corrected", unlinked=True),
        row(12, "rejected", problem={**fault, "errors": errors}),
        row(15, "rejected", problem=fault),
    ]


def job_rows(call: Call) -> Answer:
    wanted = call.request.query_params.get("outcome")
    found = [] if call.gate.mode == "empty" else rows_of(call)
    return page([one for one in found if wanted in {None, one["outcome"]}])


def take_file(call: Call) -> Answer:
    """Take a file in; one whose first line is not known is refused as a whole."""
    query = dict(call.request.query_params)
    call.gate.way.setdefault("files", []).append((call.ids["kind"], query))
    if call.gate.way.get("refuse-file"):
        detail = "Kolom 4 ('nationaliteit') is niet bekend."
        errors = [{"parameter": "nationaliteit", "code": "unknown-column", "detail": detail}]
        return 400, {
            "code": "file-not-usable",
            "title": "Het bestand kan niet worden gebruikt",
            "errors": errors,
        }
    return 202, f"/housing/v1/jobs/{TRIAL if query.get('dryRun') == 'true' else ENTRY}"


_ID = r"(?P<id>[0-9a-f-]{36})"
_HO = "/housing/v1"
_FILE_JOB = f"(?P<id>{TRIAL}|{ENTRY}|{BROKEN}|{BUSY})"
SUPPLY_ROUTES = (
    ("GET", f"{_HO}/reception-sites", sites),
    ("POST", f"{_HO}/reception-sites", add_site),
    ("GET", f"{_HO}/reception-sites/{_ID}", one_site),
    ("PUT", f"{_HO}/reception-sites/{_ID}/(?P<what>capacities|residents|distances)/(?P<place>.+)", put_site),
    ("GET", f"{_HO}/pipeline-projects", projects),
    ("POST", f"{_HO}/pipeline-projects", add_project),
    ("PATCH", f"{_HO}/pipeline-projects/{_ID}", change_project),
    ("GET", f"{_HO}/pipeline/(?P<code>[0-9]{{4}})", pipeline),
    ("GET", f"{_HO}/flex-projects", flex_projects),
    ("POST", f"{_HO}/flex-projects", add_flex),
    ("PATCH", f"{_HO}/flex-projects/{_ID}", change_flex),
    ("GET", f"{_HO}/forecasts/{_ID}", one_forecast),
    ("POST", f"{_HO}/forecasts", make_forecast),
    ("POST", f"{_HO}/(?P<kind>household|dwelling)-imports", take_file),
    ("GET", f"{_HO}/jobs/{_FILE_JOB}", one_job),
    ("GET", f"{_HO}/jobs/{_FILE_JOB}/rows", job_rows),
)
