# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people do with forecasts, sites and projects; and that the fake tells the truth."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.requests import Request

from portal.pages.housing.forecasts import half_years
from portal.words import labels
from services.housing.api.forecasts import ForecastIn
from services.housing.api.policy import ProjectIn, ProjectPatch
from services.housing.api.sites import SiteDistanceIn, SiteIn, SitePlacesIn, SiteResidentsIn
from services.housing.api.supply import PipelineProjectIn, PipelineProjectPatch
from tests.portal import fake_subsidies, fake_supply as fake
from tests.portal.conftest import SignIn
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_state import Call
from tests.portal.test_housing import odd

HERE = "/huisvesting"


def call(id_: str = fake.SITE) -> Call:
    asked = Request({"type": "http", "query_string": b"", "headers": []})
    return Call(FakeGateway(), asked, "consulent", {"code": "1916", "id": id_}, {})


def sent(gate: FakeGateway, method: str, end: str) -> list[Any]:
    """What the portal sent to an operation, in its order."""
    return [body for one, path, body in gate.calls if one == method and path.endswith(end)]


def taken(form: type[BaseModel], body: dict[str, Any]) -> dict[str, Any]:
    """The body, which the service itself takes: every field known, of its kind, and none that must be there missing."""
    form.model_validate_json(json.dumps(body))
    return body


def csrf_of(page: str) -> str:
    return page.split('name="csrf" value="')[1].split('"', maxsplit=1)[0]


FORMS: tuple[tuple[str, Callable[[], Any]], ...] = (
    ("/reception-sites", lambda: fake.sites(call())[1]),
    ("/pipeline-projects", lambda: fake.projects(call())[1]),
    ("/pipeline/{gemeentecode}", lambda: fake.pipeline(call())[1]),
    ("/flex-projects", lambda: fake.flex_projects(call())[1]),
    ("/subsidy-applications", lambda: fake_subsidies.applications(call())[1]),
    ("/subsidy-terms", lambda: fake_subsidies.terms(call())[1]),
    ("/supply/{gemeentecode}", lambda: fake_subsidies.supply(call())[1]),
    ("/forecasts/{forecastId}", lambda: fake.one_forecast(call())[1]),
    ("/jobs/{jobId}", lambda: fake.job(call(), fake.TRIAL)),
    ("/jobs/{jobId}/rows", lambda: fake.job_rows(call())[1]),
)


@pytest.mark.parametrize(("path", "told"), [pytest.param(*one, id=one[0]) for one in FORMS])
def test_the_fake_supply_speaks_as_the_service_does(
    path: str, told: Callable[[], Any], described: dict[str, Any]
) -> None:
    answer = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert odd(told(), answer, described["components"]["schemas"], "") == []


CODES = (
    ("site-kind", "SiteOut", "kind"),
    ("places-for", "SitePlacesOut", "placesFor"),
    ("project-kind", "PipelineProjectOut", "kind"),
    ("project-stage", "PipelineProjectOut", "stage"),
    ("flex-kind", "ProjectOut", "kind"),
    ("flex-status", "ProjectOut", "status"),
    ("cost-kind", "SubsidyCostRow", "kind"),
    ("subsidy-status", "SubsidyApplicationOut", "status"),
    ("job-status", "JobOut", "status"),
)


@pytest.mark.parametrize(("kind", "schema", "field"), [pytest.param(*one, id=one[0]) for one in CODES])
def test_every_code_of_the_supply_has_a_dutch_word(
    kind: str, schema: str, field: str, described: dict[str, Any]
) -> None:
    schemas = described["components"]["schemas"]
    found = schemas[schema]["properties"][field]
    if "$ref" in found:
        found = schemas[found["$ref"].rpartition("/")[2]]

    assert set(found["enum"]) == set(labels(kind))


def test_a_forecast_is_about_this_half_year_and_those_that_follow() -> None:
    assert half_years(date(2024, 6, 30))[:2] == ["2024-1", "2024-2"]
    assert half_years(date(2024, 7, 1))[:3] == ["2024-2", "2025-1", "2025-2"]


@pytest.mark.capability(
    "HO-20", part="made in the portal, with and without measures, from stated assumptions"
)
def test_a_forecast_is_made_with_plans_with_own_measures_and_without(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    csrf = csrf_of(client.get(f"{HERE}/prognoses").text)
    form = {
        "csrf": csrf, "gemeente": "1916", "title": "Woningdelen", "since": "2025-1", "until": "2026-2", "housed": "34",
        "defaultTarget": "66",
    }  # fmt: skip
    own = {
        "measures": "own",
        "opening": "-12",
        "halfYear-1": "2025-1",
        "persons-1": "12",
        "probability-1": "70",
        "halfYear-3": "2025-2",
        "persons-3": "4",
    }
    for measures in ({"measures": "plans"}, own, {"measures": "none"}):
        made = client.post(f"{HERE}/prognoses", data={**form, **measures})
        assert made.headers["Location"] == (
            f"/portal/huisvesting/prognoses/{fake.FORECAST}?melding=prognose-gemaakt"
        )
    plans, stated, without = (taken(ForecastIn, body) for body in sent(gate, "POST", "/forecasts"))

    assert "effects" not in plans, "the service takes over what the open plans still expect"
    assert "opening" not in plans, "the service takes the standing of the account"
    assert without["effects"] == []
    assert stated["opening"] == -12
    assert [(one["halfYear"], one["persons"], one["probabilityPercent"]) for one in stated["effects"]] == [
        ("2025-1", 12, 70),
        ("2025-2", 4, 100),
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param({"measures": "own"}, "Vul ten minste een maatregel in", id="no-measure"),
        pytest.param({"measures": "own", "halfYear-1": "2025-1"}, "Vul in hoeveel personen", id="half-a-row"),
        pytest.param(
            {"measures": "own", "halfYear-1": "2025-1", "persons-1": "2", "probability-1": "101"},
            "Vul een kans in van 0 tot en met 100.",
            id="chance",
        ),
        pytest.param(
            {"opening": "veel"}, "Vul een heel getal in, bijvoorbeeld 12. Loopt u voor?", id="opening"
        ),
        pytest.param({"until": "2024-2"}, "Het laatste halfjaar ligt voor het eerste.", id="service"),
        pytest.param({"measures": ""}, "Kies of u maatregelen meerekent.", id="nothing-chosen"),
    ],
)
def test_a_forecast_that_cannot_be_made_says_why_and_keeps_what_was_typed(
    wrong: dict[str, str], told: str, client_of: SignIn
) -> None:
    client = client_of("consulent")
    csrf = csrf_of(client.get(f"{HERE}/prognoses").text)
    form = {
        "csrf": csrf, "gemeente": "1916", "title": "Bewaarde naam", "since": "2025-1", "until": "2026-2", "housed": "34",
        "defaultTarget": "66", "measures": "plans",
    }  # fmt: skip
    answer = client.post(f"{HERE}/prognoses", data={**form, **wrong})

    assert answer.status_code == 400
    assert told in answer.text
    assert "Bewaarde naam" in answer.text


def test_a_forecast_shows_its_picture_its_numbers_and_its_assumptions(client_of: SignIn) -> None:
    shown = client_of("consulent").get(f"{HERE}/prognoses/{fake.FORECAST}").text

    assert 'class="portal-curves__without"' in shown
    assert "Dat scheelt 48 personen." in shown
    assert "2025-1: 12 personen, met een kans van 70%." in shown
    assert "Prognose maken" not in client_of("province").get(f"{HERE}/prognoses").text


@pytest.mark.capability(
    "HO-14", part="the portal shows places now and later, who was counted and who waits there"
)
def test_a_site_tells_its_places_now_and_later_and_who_waits_there(client_of: SignIn) -> None:
    listed = client_of("consulent").get(f"{HERE}/opvang").text
    assert "<strong>41</strong> voor Leidschendam-Voorburg" in listed
    assert "30 minder" in listed
    shown = client_of("vwn").get(f"{HERE}/opvang/{fake.SITE}").text
    assert "Yonas Tesfaye" in shown
    assert "14 km, 50 minuten met het ov" in shown
    for who in ("province", "controller"):
        assert "Yonas" not in client_of(who).get(f"{HERE}/opvang/{fake.SITE}").text, "figures hold no names"


def test_many_sites_are_shown_page_by_page(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    gate.way["more-sites"] = "of+the=service"
    shown = client.get(f"{HERE}/opvang?gemeente=1916").text
    assert "/portal/huisvesting/opvang?gemeente=1916&amp;vanaf=of%2Bthe%3Dservice" in shown
    assert len([path for _, path, _ in gate.calls if path.endswith("/reception-sites")]) == 2, (
        "today and later"
    )
    gate.way.clear()
    last = client.get(f"{HERE}/opvang?gemeente=1916&vanaf=of%2Bthe%3Dservice").text

    assert "ROL Oegstgeest" in last
    assert "Volgende locaties" not in last
    assert gate.way["page-of-sites"] == "of+the=service"


def test_a_gemeente_records_places_people_and_distance_of_its_site(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    path = f"{HERE}/opvang/{fake.CLOSED}"
    csrf = csrf_of(client.get(path).text)
    places = {"csrf": csrf, "placesFor": "all", "since": "1-1-2025", "places": "60"}
    people = {"csrf": csrf, "gemeentecode": "1916", "countedOn": "6-11-2024", "persons": "12"}
    far = {"csrf": csrf, "toGemeentecode": "1916", "distanceKm": "3"}
    assert client.post(f"{path}/plaatsen", data=places).headers["Location"].endswith("plaatsen-vastgelegd")
    refused = client.post(f"{path}/telling", data=people)
    assert "Deze dag ligt in de toekomst." in refused.text
    counted = client.post(f"{path}/telling", data={**people, "countedOn": "4-11-2024"})
    assert counted.headers["Location"].endswith("telling-vastgelegd")
    assert client.post(f"{path}/afstand", data=far).headers["Location"].endswith("afstand-vastgelegd")

    for form, place, body in (
        (SitePlacesIn, "capacities/all/2025-01-01", {"places": 60}),
        (SiteResidentsIn, "residents/1916/2024-11-04", {"persons": 12}),
        (SiteDistanceIn, "distances/1916", {"distanceKm": 3}),
    ):
        assert sent(gate, "PUT", f"/{fake.CLOSED}/{place}") == [taken(form, body)]
    other = client.get(f"{HERE}/opvang/{fake.SITE}").text
    assert "Plaatsen vastleggen" not in other, "the site is in Oegstgeest, which runs it"


def test_a_gemeente_adds_a_site_with_its_first_places(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    path = f"{HERE}/opvang/nieuw"
    form = {
        "csrf": csrf_of(client.get(path).text), "name": "De Tol", "kind": "doorstroom", "gemeentecode": "1916",
        "opensOn": "1-2-2025", "closesOn": "1-1-2025", "linked-1916": "ja", "linked-0626": "ja", "placesFor": "statushouders",
        "places": "40", "needsRenovation": "ja", "source": "Collegebesluit",
    }  # fmt: skip
    assert "De laatste dag ligt voor de eerste." in client.post(path, data=form).text
    made = client.post(path, data={**form, "closesOn": ""})

    assert made.headers["Location"].endswith("melding=locatie-vastgelegd")
    body = taken(SiteIn, sent(gate, "POST", "/reception-sites")[-1])
    assert sorted(body["linkedGemeentecodes"]) == ["0626", "1916"]
    assert body["capacities"] == [{"placesFor": "statushouders", "since": "2025-02-01", "places": 40}]
    assert body["needsRenovation"] is True


PROJECT = {
    "name": "Klein Plaspoelpolder", "stage": "building", "dwellings": "110", "socialPercent": "30", "places": "24",
    "probabilityPercent": "90", "readyOn": "1-3-2026", "source": "Woonvisie",
}  # fmt: skip


@pytest.mark.capability(
    "HO-13", part="the portal shows and changes the pipeline, on the version that was seen"
)
def test_a_project_is_changed_on_the_version_that_was_seen(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    path = f"{HERE}/projecten/{fake.PROJECT}"
    shown = client.get(path).text
    form = {"csrf": csrf_of(shown), **PROJECT}
    assert 'name="version" value="4"' in shown
    stale = client.post(path, data={**form, "version": "3"})
    assert stale.status_code == 412
    assert "Iemand anders heeft dit project net gewijzigd." in stale.text
    assert 'name="version" value="4"' in stale.text, "the next try is on what is there now"
    assert 'value="drawings" selected' in stale.text, "the fields show what the other recorded"
    assert 'value="building" selected' not in stale.text
    assert "Uw eigen wijziging is niet vastgelegd." in stale.text
    changed = client.post(path, data={**form, "version": "4"})

    assert changed.headers["Location"].endswith("projecten?gemeente=1916&melding=project-gewijzigd")
    body = taken(PipelineProjectPatch, sent(gate, "PATCH", fake.PROJECT)[-1])
    assert (body["stage"], body["probabilityPercent"], body["readyOn"]) == ("building", 90, "2026-03-01")
    beyond = client.post(path, data={**form, "probabilityPercent": "101"})
    assert "Vul een getal in van 0 tot en met 100." in beyond.text


def test_a_flex_project_that_somebody_else_changed_shows_what_stands_now(client_of: SignIn) -> None:
    client = client_of("consulent")
    path = f"{HERE}/projecten/flex/{fake.FLEX}"
    form = {"csrf": csrf_of(client.get(path).text), "status": "stopped", "expectedFrom": "1-1-2027"}
    stale = client.post(path, data={**form, "version": "1"})

    assert stale.status_code == 412
    assert "Uw eigen wijziging is niet vastgelegd." in stale.text
    for shown in ('value="permit-asked" selected', 'value="2025-09-01"', 'name="version" value="2"'):
        assert shown in stale.text
    assert "2027" not in stale.text


def test_a_day_of_a_flex_project_that_was_emptied_is_taken_away(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    path = f"{HERE}/projecten/flex/{fake.FLEX}"
    form = {"csrf": csrf_of(client.get(path).text), "version": "2", "status": "planned"}
    client.post(path, data={**form, "permitOn": "1-12-2024", "expectedFrom": ""})

    body = {"status": "planned", "permitOn": "2024-12-01", "expectedFrom": None}
    assert sent(gate, "PATCH", fake.FLEX) == [taken(ProjectPatch, body)]


def test_a_gemeente_adds_projects_and_is_told_what_is_wrong_at_its_field(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    csrf = csrf_of(client.get(f"{HERE}/projecten").text)
    new = {"csrf": csrf, "gemeentecode": "1916", "kind": "conversion", **PROJECT}
    flex = {
        "csrf": csrf, "what": "flex", "gemeentecode": "1916", "flexName": "Flex", "site": "Parkeerterrein", "flexKind": "flex",
        "flexPlaces": "0", "status": "planned", "budget": "1500000", "flexSource": "Besluit",
    }  # fmt: skip
    added = client.post(f"{HERE}/projecten", data=new)
    assert added.headers["Location"].endswith("melding=project-vastgelegd")
    wrong = client.post(f"{HERE}/projecten/flex", data=flex)
    assert '<a class="nl-link" href="#flexPlaces">Dit aantal is 1 of meer.</a>' in wrong.text
    client.post(f"{HERE}/projecten/flex", data={**flex, "flexPlaces": "40"})
    changed = client.post(
        f"{HERE}/projecten/flex/{fake.FLEX}", data={"csrf": csrf, "version": "2", "status": "in-use"}
    )

    assert changed.headers["Location"].endswith("melding=project-gewijzigd")
    assert taken(ProjectIn, sent(gate, "POST", "/flex-projects")[-1])["budgetCents"] == 150_000_000
    assert taken(PipelineProjectIn, sent(gate, "POST", "/pipeline-projects")[-1])["kind"] == "conversion"
    assert sent(gate, "PATCH", fake.FLEX) == [taken(ProjectPatch, {"status": "in-use"})]
    gone = client.get(f"{HERE}/projecten/{fake.SITE}")
    assert (gone.status_code, "Dit project is niet gevonden" in gone.text) == (404, True)
