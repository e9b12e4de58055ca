# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The weeks to come in one overview, and who announces what: the school its groups, VluchtelingenWerk its team."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request

from services.housing.api.team import TeamCapacityIn
from services.learning_routes.api.groups import GroupIn, GroupPlanIn
from tests.portal import fake_data as data, fake_weeks as fake
from tests.portal.conftest import SignIn
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_state import Call
from tests.portal.test_housing import odd
from tests.portal.test_supply import csrf_of, sent, taken
from tools.openapi import document

HERE = "/huisvesting/weken"
GROUP = f"/groepen/{data.uid('group')}"


def call(who: str) -> Call:
    asked = Request({"type": "http", "query_string": b"", "headers": []})
    return Call(FakeGateway(), asked, who, {"code": "1916", "week": "2024-11-04"}, {"moves": 2})


def words(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def section(page: str, name: str) -> str:
    return words(page.split(f'<section aria-labelledby="{name}"')[1].split("</section>", maxsplit=1)[0])


@pytest.fixture(scope="module")
def lessons_described() -> dict[str, Any]:
    """What learning routes says of itself."""
    found: dict[str, Any] = json.loads(document("services.learning_routes"))
    return found


@pytest.mark.parametrize("who", ["consulent", "quality", "policy"])
def test_the_fake_classes_speak_as_the_service_does(who: str, lessons_described: dict[str, Any]) -> None:
    schemas = lessons_described["components"]["schemas"]
    for path, told in (
        ("/weeks", fake.classes(call(who))[1]),
        ("/providers", fake.providers(call(who))[1]),
        ("/contracts", fake.contracts(call(who))[1]),
        ("/groups/{groupId}", {**data.GROUP}),
    ):
        answer = lessons_described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        assert odd(told, answer["schema"], schemas, "") == [], path


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        pytest.param("get", "/weeks", fake.homes, id="weeks"),
        pytest.param("put", "/team-capacities/{gemeentecode}/{week}", fake.announce, id="team"),
    ],
)
def test_the_fake_homes_and_team_speak_as_the_service_does(
    method: str, path: str, told: Callable[[Call], Any], described: dict[str, Any]
) -> None:
    answer = described["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    assert odd(told(call("vwn"))[1], answer, described["components"]["schemas"], "") == []


@pytest.mark.capability("PX-13")
def test_one_overview_shows_week_by_week_homes_classes_and_team_and_which_week_does_not_fit(
    client_of: SignIn,
) -> None:
    shown = client_of("consulent").get(HERE).text

    assert "Drukste week" in shown
    assert "<dt>Verhuizingen zonder vrijwilliger</dt><dd>1</dd>" in shown
    assert "<dt>Weken met te weinig plaats in klassen</dt><dd>2</dd>" in shown
    assert 'href="/portal/huisvesting/verhuizingen?week=2024-11-04"' in shown
    first = "ma 4 nov tot en met zo 10 nov"
    assert f"{first} 0 2 9 Drukste week" in section(shown, "woningen")
    classes = section(shown, "klassen")
    assert f"{first} 3 vrij, 5 nodig 2 te weinig" in classes
    assert "11 vrij, 7 nodig Genoeg plaats" in classes
    assert "1 groep begint (8 plaatsen)" in classes
    assert "1 groep stopt (1 deelnemer)" in classes
    assert "2 mensen hebben een PIP en zijn nog bij geen school aangemeld." in classes
    assert "B1 winter avond Echt Nederlands B1-route, A1 Wassenaar begint ma 18 nov 8 van 8" in classes
    assert "B1 vol" not in classes, "a full class has no room"
    team = section(shown, "team")
    assert f"{first} 2 1 doorgegeven op vr 1 nov 1 te veel" in team
    assert "1 1 doorgegeven op vr 1 nov Past" in team
    assert "1 niet doorgegeven Niet bekend" in team
    assert "In 1 week wordt verhuisd en gaf het team nog niets door." in team


@pytest.mark.capability("PX-13", part="in the portal, as each role may know it")
def test_who_may_know_less_of_people_is_told_what_is_left_out(client_of: SignIn) -> None:
    few = section(client_of("quality").get(HERE).text, "klassen")
    assert "Aantallen van minder dan 5 mensen zijn weggelaten" in few
    assert "3 vrij wie wacht, is niet te zien" in few
    assert "te weinig" not in few
    vwn = section(client_of("vwn").get(HERE).text, "klassen")
    assert "Wat ontbreekt: een rol bij de gemeente of de school." in vwn
    assert "3 vrij wie wacht, is niet te zien" in vwn
    assert ("te weinig" in vwn, "Nodig: mensen" in vwn) == (False, False)
    assert "Wat er de komende twaalf weken aankomt" in client_of("vwn").get("/huisvesting/verhuizingen").text
    volunteer = client_of("volunteer")
    assert "twaalf weken" not in volunteer.get("/huisvesting/verhuizingen").text
    assert volunteer.get(HERE).status_code == 403


@pytest.mark.capability("PX-13", part="in the portal, when a part is away")
def test_where_one_part_is_away_the_page_says_so_and_shows_the_rest(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    gate.away = {"learning-routes"}
    shown = client.get(HERE)
    assert shown.status_code == 200
    assert "De klassen zijn nu niet te zien." in section(shown.text, "klassen")
    assert "Drukste week" in shown.text
    gate.away = {"housing"}
    shown = client.get(HERE)
    assert "De woningen en verhuizingen zijn nu niet te zien." in section(shown.text, "woningen")
    assert "Wat het team aankan, is nu niet te zien." in section(shown.text, "team")
    assert "5 nodig 2 te weinig" in section(shown.text, "klassen")
    gate.away = set()
    gate.untold = {"teamMoves", "teamAnnouncedOn", "teamShort"}
    assert "niet doorgegeven" in section(client.get(HERE).text, "team"), "housing of the release before"


@pytest.mark.capability("PX-13", part="in the portal, VluchtelingenWerk announces its team")
def test_vluchtelingenwerk_announces_its_team_and_is_told_what_is_wrong_at_its_field(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("vwn")
    at = f"{HERE}?gemeente=0626"
    form = {
        "csrf": csrf_of(client.get(at).text),
        "week": "2024-11-11",
        "untilWeek": "2024-12-02",
        "moves": "3",
    }
    done = client.post(at, data=form)
    assert done.headers["Location"] == "/portal/huisvesting/weken?gemeente=0626&melding=team-doorgegeven"
    client.post(at, data={**form, "untilWeek": ""})
    path = "/team-capacities/0626/2024-11-11"
    assert sent(gate, "PUT", path) == [
        taken(TeamCapacityIn, {"moves": 3, "untilWeek": "2024-12-02"}),
        taken(TeamCapacityIn, {"moves": 3}),
    ]
    for change, field, text in (
        ({"untilWeek": "2024-11-04"}, "untilWeek", "Deze week ligt voor de eerste week."),
        ({"week": "2024-11-12"}, "week", "Kies een van de mogelijkheden."),
        ({"moves": "drie"}, "moves", "Vul een heel getal in, bijvoorbeeld 12."),
        ({"moves": "201"}, "moves", "Dit getal is 200 of minder."),
    ):
        wrong = client.post(at, data={**form, **change})
        assert wrong.status_code == 400
        assert f'<a class="nl-link" href="#{field}">{text}</a>' in wrong.text
    assert client_of("consulent").post(HERE, data=form).status_code == 403


@pytest.mark.capability("PX-13", part="in the portal, a school announces a class")
def test_a_school_announces_a_group_and_changes_its_days_and_is_told_what_is_wrong(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("teacher")
    page = client.get("/groepen/nieuw").text
    assert "Leiden" not in page, "the contract with Leiden is over"
    form = {
        "csrf": csrf_of(page), "name": "B1 voorjaar", "providerId": data.uid("provider"), "leerroute": "b1", "level": "a1",
        "gemeentecode": "1916", "time": "avond", "startsOn": "18-11-2024", "endsOn": "", "chairs": "8",
    }  # fmt: skip
    done = client.post("/groepen/nieuw", data=form)
    assert done.headers["Location"] == "/portal/groepen?melding=groep-aangekondigd"
    (made,) = sent(gate, "POST", "/groups")
    assert taken(GroupIn, made) == {
        "name": "B1 voorjaar", "providerId": data.uid("provider"), "leerroute": "b1", "level": "a1",
        "gemeentecode": "1916", "evening": True, "startsOn": "2024-11-18", "endsOn": None, "chairs": 8,
    }  # fmt: skip
    for change, field, text in (
        ({"startsOn": ""}, "startsOn", "Vul in op welke dag de groep begint."),
        ({"gemeentecode": "0546"}, "gemeentecode", "Kies een van de mogelijkheden."),
        ({"chairs": "13"}, "chairs", "In een groep is plaats voor 12 deelnemers."),
        ({"endsOn": "17-11-2024"}, "endsOn", "De laatste dag ligt voor de eerste."),
    ):
        wrong = client.post("/groepen/nieuw", data={**form, **change})
        assert wrong.status_code == 400
        assert f'<a class="nl-link" href="#{field}">{text}</a>' in wrong.text
    listed = words(client.get("/groepen").text)
    assert "begint 18 november 2024" in listed
    assert "loopt nu stopt 20 december 2024" in listed
    shown = client.get(GROUP).text
    assert 'value="2024-12-20"' in shown
    plan = {"csrf": csrf_of(shown), "startsOn": "2024-09-02", "endsOn": "2024-12-06", "chairs": ""}
    assert client.post(GROUP, data=plan).headers["Location"] == "/portal/groepen?melding=groep-gepland"
    assert sent(gate, "PUT", "/plan") == [
        taken(GroupPlanIn, {"startsOn": "2024-09-02", "endsOn": "2024-12-06", "chairs": None})
    ]
    wrong = client.post(GROUP, data={**plan, "endsOn": "2024-08-01"})
    assert '<a class="nl-link" href="#endsOn">De laatste dag ligt voor de eerste.</a>' in wrong.text
