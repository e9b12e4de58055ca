# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people come to do in the room of housing, and that the fake tells what the service would."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from starlette.requests import Request

from portal.amounts import euros, late, parse_euros, percent, standing, weeks
from portal.pages.housing.account import curves
from portal.rooms import first_page, housing_rooms
from portal.session import Session
from portal.words import labels
from services.housing.rules.move_day import CHECKLIST
from tests.portal import fake_housing as fake, fake_searches
from tests.portal.conftest import Desk, SignIn
from tests.portal.fake_data import uid
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_state import Call
from tests.portal.screens import HOUSEHOLD


def call(code: str = "1916") -> Call:
    asked = Request({"type": "http", "query_string": b"", "headers": []})
    return Call(FakeGateway(), asked, "vwn", {"code": code, "id": fake.SINGLE, "half": "2025-1"}, {})


FORMS: tuple[tuple[str, Callable[[Call], Any]], ...] = (
    ("/households/{householdId}", lambda one: fake.one_household(one)[1]),
    ("/dwellings/{dwellingId}", lambda _: fake.dwelling()),
    ("/matches/{matchId}", lambda _: fake.moving()),
    ("/matches/{matchId}/checklist", lambda one: fake.checklist(one)[1]),
    ("/balances", lambda one: fake.balances(one)[1]),
    ("/balances/{gemeentecode}", lambda one: fake.balance(one)[1]),
    ("/ladder/{gemeentecode}", lambda one: fake.ladder(one)[1]),
    ("/ladder-letters", lambda one: fake.letters(one)[1]),
    ("/action-plans", lambda one: fake.plans(one)[1]),
    ("/forecasts", lambda one: fake.forecasts(one)[1]),
    ("/supervision", lambda one: fake.supervision(one)[1]),
    ("/target-swaps/{swapId}", lambda _: fake.swap()),
    ("/taakstellingen/{gemeentecode}/{halfYear}", lambda one: fake_searches.target(one)[1]),
    ("/match-proposals", lambda one: fake_searches.searches(one)[1]),
    ("/match-proposals/{runId}", fake_searches.run),
    ("/match-proposals/{runId}/proposals", lambda one: fake_searches.proposals(one)[1]),
    ("/exchanges", lambda one: fake_searches.exchanges(one)[1]),
    ("/jobs/{jobId}", lambda _: fake_searches.job()),
)


def odd(told: Any, schema: dict[str, Any], schemas: dict[str, Any], place: str) -> list[str]:
    """Where an answer does not have the fields and codes that the schema names."""
    if "$ref" in schema:
        return odd(told, schemas[schema["$ref"].rpartition("/")[2]], schemas, place)
    if told is None:
        return []
    for one in schema.get("anyOf", []):
        if one.get("type") != "null":
            return odd(told, one, schemas, place)
    if "enum" in schema and told not in schema["enum"]:
        return [f"{place}: {told}"]
    if isinstance(told, list):
        return [fault for one in told for fault in odd(one, schema["items"], schemas, f"{place}[]")]
    if isinstance(told, dict) and "properties" in schema:
        names = schema["properties"]
        faults = [f"{place}.{name}" for name in sorted(set(told) ^ set(names))]
        for name in set(told) & set(names):
            faults += odd(told[name], names[name], schemas, f"{place}.{name}")
        return faults
    return []


@pytest.mark.parametrize(("path", "told"), [pytest.param(*one, id=one[0]) for one in FORMS])
def test_the_fake_housing_speaks_as_the_service_does(
    path: str, told: Callable[[Call], Any], described: dict[str, Any]
) -> None:
    answer = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert odd(told(call()), answer, described["components"]["schemas"], "") == []


CODES = (
    ("dwelling-kind", "/dwellings/{dwellingId}", ("kind",)),
    ("dwelling-status", "/dwellings/{dwellingId}", ("status",)),
    ("household-status", "/households/{householdId}", ("status",)),
    ("household-type", "/households/{householdId}", ("householdType",)),
    ("match-status", "/matches/{matchId}", ("status",)),
    ("refusal", "/matches/{matchId}", ("refusal",)),
    ("party", "/matches/{matchId}/checklist", ("items", "party")),
    ("ladder-step", "/ladder/{gemeentecode}", ("step",)),
    ("letter-kind", "/ladder-letters", ("items", "kind")),
    ("plan-status", "/action-plans", ("items", "status")),
    ("measure-status", "/action-plans", ("items", "measures", "status")),
)


@pytest.mark.parametrize(("kind", "path", "fields"), [pytest.param(*one, id=one[0]) for one in CODES])
def test_every_code_of_housing_has_a_dutch_word(
    kind: str, path: str, fields: tuple[str, ...], described: dict[str, Any]
) -> None:
    schemas = described["components"]["schemas"]

    def plain(schema: dict[str, Any]) -> dict[str, Any]:
        while True:
            schema = next((one for one in schema.get("anyOf", []) if one.get("type") != "null"), schema)
            schema = schema["items"] if schema.get("type") == "array" else schema
            if "$ref" not in schema:
                return schema
            schema = schemas[schema["$ref"].rpartition("/")[2]]

    schema = plain(
        described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    )
    for field in fields:
        schema = plain(schema["properties"][field])
    assert schema["enum"]
    assert set(schema["enum"]) <= set(labels(kind))


def test_every_task_of_the_move_day_has_a_dutch_word() -> None:
    assert {item.code for item in CHECKLIST} == set(labels("move-item"))


def session(*roles: str) -> Session:
    return Session("t", None, None, 0, 0, "Naam", "Organisatie", "gemeente", "1916", "s", roles)


@pytest.mark.parametrize(
    ("role", "first", "pages"),
    [
        pytest.param("vwn-team-leader", "/portal/huisvesting", 7, id="team-leader"),
        pytest.param("vwn-volunteer", "/portal/huisvesting/verhuizingen", 0, id="volunteer"),
        pytest.param("corporation", "/portal/woningen", 0, id="corporation"),
        pytest.param("province", "/portal/toezicht", 4, id="province"),
        pytest.param("consulent", "/portal/mijn-dag", 9, id="consulent"),
    ],
)
def test_each_role_has_its_own_pages_of_housing(role: str, first: str, pages: int) -> None:
    assert first_page(session(role)) == first
    assert len(housing_rooms(session(role), first)) == pages


def test_amounts_and_waits_are_written_as_people_do() -> None:
    assert euros(69_310).replace("\N{NO-BREAK SPACE}", " ") == "€ 693,10"
    assert [parse_euros(text) for text in ("693,10", "€ 693", "693.5", "")] == [69_310, 69_300, 69_350, None]
    assert [parse_euros(text) for text in ("720.000", "1.234.567,5")] == [72_000_000, 123_456_750]
    for wrong in ("veel", "1,234", "12,x"):
        with pytest.raises(ValueError, match="not an amount"):
            parse_euros(wrong)
    assert (weeks(7), weeks(764)) == ("1 week", "109 weken")
    assert (late(1), late(5), late(694)) == ("1 dag te laat", "5 dagen te laat", "99 weken te laat")
    assert (standing(176), standing(-1), standing(0)) == ("176 personen achter", "1 persoon voor", "bij")
    assert (percent(26.7), percent(30.0), percent(None)) == ("26,7%", "30%", "")


def test_the_picture_of_a_forecast_puts_the_most_behind_on_top_and_marks_zero() -> None:
    picture = curves([{"balanceWithout": 100, "balanceWith": 100}, {"balanceWithout": 200, "balanceWith": 0}])

    assert picture.without == "12.0,90.0 588.0,12.0"
    assert picture.with_measures == "12.0,90.0 588.0,168.0"
    assert picture.zero == 168.0


@pytest.mark.capability("HO-09", part="the portal names the rule of the corporation that refuses a match")
def test_a_team_leader_reads_which_rule_refuses_and_proposes_another_dwelling(
    gate: FakeGateway, desk: Desk
) -> None:
    page = desk.sit("vwn")
    page.goto("/portal/")
    page.get_by_role("link", name="Yonas Tesfaye").click()
    page.get_by_label("Woning", exact=True).select_option(fake.FAMILY)
    page.get_by_label("Waarom deze woning").fill("Wacht het langst.")
    page.get_by_role("button", name="Voorstellen").click()
    told = page.get_by_role("alert")
    expect(told).to_be_focused()
    expect(told).to_contain_text("Geen alleenstaanden in een eengezinswoning.")
    expect(told).to_contain_text("Toewijzingsbeleid WoonInvest")
    assert page.get_by_label("Waarom deze woning").input_value() == "Wacht het langst."
    page.get_by_label("Woning", exact=True).select_option(fake.STUDIO)
    page.get_by_role("button", name="Voorstellen").click()
    expect(page.get_by_role("status").first).to_have_text("De match is voorgesteld. De gemeente beslist.")
    assert [body["dwellingId"] for _, path, body in gate.calls if path.endswith("/matches") and body] == [
        fake.FAMILY,
        fake.STUDIO,
    ]
    assert desk.console == []


@pytest.mark.capability(
    "HO-05", part="the gemeente decides one match at a time, by keyboard and with a reason"
)
def test_a_gemeente_decides_with_the_keyboard_one_match_at_a_time(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent", scripts=False)
    page.goto("/portal/huisvesting/beoordelen")
    expect(page.locator("main")).to_contain_text("Match 1 van 1")
    page.get_by_role("button", name="Goedkeuren").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Schrijf op waarom.")
    page.locator("#reason").focus()
    page.keyboard.type("Past bij het gezin dat komt.")
    for _ in range(2):  # past the list of reasons to refuse
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("De match is goedgekeurd.")
    expect(page.locator("main")).to_contain_text("Niets om te beoordelen")
    decided = [body for _, path, body in gate.calls if path.endswith("/decisions")]
    assert decided == [
        {"outcome": "approved", "reason": "Past bij het gezin dat komt.", "openedAt": gate.clock}
    ]


def test_a_rejection_says_why_the_dwelling_does_not_fit(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    csrf = client.get("/huisvesting/beoordelen").text.split('name="csrf" value="')[1].split('"')[0]
    form = {"csrf": csrf, "match": fake.WAITING, "outcome": "rejected", "reason": "Te veel in dit portiek."}

    assert "Kies waarom de woning niet past." in client.post("/huisvesting/beoordelen", data=form).text
    answer = client.post("/huisvesting/beoordelen", data={**form, "refusal": "spread"})

    assert answer.headers["Location"].endswith("melding=match-afgewezen")
    assert [body["refusal"] for _, path, body in gate.calls if path.endswith("/decisions")] == ["spread"]


@pytest.mark.capability("HO-21", part="the list of the move day, ticked by the party whose task it is")
def test_a_volunteer_ticks_off_the_move_day_and_records_the_last_step(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("volunteer")
    path = f"/huisvesting/verhuizingen/{fake.MOVING}"
    shown = client.get(path).text
    csrf = shown.split('name="csrf" value="')[1].split('"')[0]

    assert shown.count(">Gedaan<span") == 2, "only what VluchtelingenWerk does"
    client.post(f"{path}/lijst", data={"csrf": csrf, "code": "insurance", "done": "ja"})
    assert "Gedaan op di 5 nov" in client.get(path).text
    answer = client.post(f"{path}/stap", data={"csrf": csrf, "step": "housed", "on": "5-11-2024"})

    assert answer.headers["Location"].endswith("melding=stap-vastgelegd")
    steps = [body for _, called, body in gate.calls if called.endswith("/steps")]
    assert steps == [{"step": "housed", "on": "2024-11-05"}]


def test_a_corporation_offers_and_takes_back_a_dwelling(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("corporation")
    csrf = client.get("/woningen").text.split('name="csrf" value="')[1].split('"')[0]
    form = {"csrf": csrf, "quarter": "Bovenveen", "kind": "studio", "rooms": "1", "sizeM2": "27"}
    wrong = client.post("/woningen", data={**form, "rentCents": "veel", "availableFrom": "1-12-2024"})
    right = client.post("/woningen", data={**form, "rentCents": "451,00", "availableFrom": "1-12-2024"})
    back = client.post(f"/woningen/{fake.STUDIO}", data={"csrf": csrf, "reason": "Wordt verbouwd"})

    assert "Vul een bedrag in, bijvoorbeeld 693,10." in wrong.text
    assert right.headers["Location"].endswith("melding=woning-aangeboden")
    assert back.headers["Location"].endswith("melding=woning-teruggenomen")
    offered = next(
        body for method, path, body in gate.calls if method == "POST" and path.endswith("/dwellings")
    )
    assert (offered["rentCents"], offered["availableFrom"]) == (45_100, "2024-12-01")
    assert "Yonas" not in client.get("/woningen").text, "a corporation sees numbers of people, no person"


def test_a_search_is_asked_read_and_its_proposals_are_sent(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    csrf = client.get("/huisvesting/voorstellen").text.split('name="csrf" value="')[1].split('"')[0]
    path = f"/huisvesting/voorstellen/{fake_searches.RUN}"
    asked = client.post("/huisvesting/voorstellen", data={"csrf": csrf, "gemeente": "alle"})
    assert asked.headers["Location"].endswith("melding=zoeken-gestart")
    assert "40% klaar" in client.get(path).text
    client.post(f"{path}/stoppen", data={"csrf": csrf})
    shown = client.get(path).text
    assert "Yonas Tesfaye in Essesteijn (VI-604)" in shown
    assert "wacht 109 weken, waarvan 99 boven de termijn" in shown
    assert "<strong>78 van 100 punten</strong>: grootte 30, afstand tot werk 18" in shown
    assert "krijgen 2 personen meer een huis, met 2 matches meer" in shown
    assert "Niemand is gepasseerd" in shown
    assert "6 (14,6%)" in shown, "who looks after equity sees the share of each group"
    assert "bij familie 15 (niet gevraagd)" in shown, "no wish is no reason"
    assert "Spreek eerst een uitruil af." in shown
    assert shown.count("Vervolgwoning, telt niet opnieuw mee") == 1

    sent = client.post(f"{path}/versturen", data={"csrf": csrf})
    assert sent.status_code == 409
    assert "Voor deze woning is er al een match" in sent.text
    assert gate.handled[fake_searches.FIRST] == {"status": "sent"}
    words = {f"reason-{fake_searches.SECOND}": "Woning is te ver weg"}
    aside = client.post(f"{path}/opzij", data={"csrf": csrf, "proposal": fake_searches.SECOND, **words})

    assert aside.headers["Location"].endswith("melding=voorstel-opzij")
    searched = next(
        body for method, called, body in gate.calls if (method, called[-15:]) == ("POST", "match-proposals")
    )
    assert searched == {"gemeentecodes": ["1916", "0626"]}, (
        "the service knows how long, and begins from what stands"
    )
    reasons = [
        body["reason"]
        for method, called, body in gate.calls
        if method == "POST" and called.endswith("/matches")
    ]
    assert reasons[0] == (
        "Wacht 109 weken, 99 weken langer dan afgesproken. "
        "Past op: grootte, afstand tot werk, vaste woning, eigen gemeente."
    ), "this becomes the reason of a decision: what nobody asked for is no part of it"


def test_many_searches_are_shown_page_by_page_the_latest_first(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    gate.way["more-searches"] = 30
    first = client.get("/huisvesting/voorstellen").text
    older = 'href="/portal/huisvesting/voorstellen?vanaf=25#zoekopdrachten"'
    assert older in first
    rest = client.get("/huisvesting/voorstellen?vanaf=25").text

    assert (first.count(", zoekopdracht "), rest.count(", zoekopdracht ")) == (25, 6)
    assert first.index(fake_searches.RUN) < first.index(uid("run-30")) < first.index(uid("run-29"))
    assert uid("run-6") not in first
    assert 'href="/portal/huisvesting/voorstellen#zoekopdrachten"' in rest
    assert ("Naar de nieuwste" in first, "Oudere zoekopdrachten" in rest) == (False, False)
    assert gate.calls[-1][1].endswith("/match-proposals"), "one page of the list is asked, not the whole"


def test_a_swap_is_proposed_and_agreed(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    page = client.get("/huisvesting/uitruil").text
    shown = page.split("Taakstelling nu")[1].split("</table>")[0]
    assert [shown.count(text) for text in ("60</td>", "28</td>", "Wassenaar")] == [2, 2, 0], (
        "what there is to share out"
    )
    csrf = page.split('name="csrf" value="')[1].split('"')[0]
    form = {
        "csrf": csrf, "gemeentecode": "1916", "otherGemeentecode": "0626", "halfYear": "2025-1", "target": "60",
        "otherTarget": "27", "reason": "Groot gezin",
    }  # fmt: skip

    assert "De som moet 88 blijven." in client.post("/huisvesting/uitruil", data=form).text
    proposed = client.post("/huisvesting/uitruil", data={**form, "otherTarget": "28"})
    agreed = client.post(
        f"/huisvesting/uitruil/{fake.SWAP}", data={"csrf": csrf, "gemeentecode": "1916", "answer": "agree"}
    )

    assert proposed.headers["Location"].endswith("melding=uitruil-voorgesteld")
    assert agreed.headers["Location"].endswith("melding=uitruil-akkoord")


@pytest.mark.capability(
    "HO-15", part="a household goes to another gemeente, agreed on both sides, in the portal"
)
def test_a_household_is_exchanged_once_it_consents_and_both_agree(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    path = HOUSEHOLD.removeprefix("/portal")
    csrf = client.get(path).text.split('name="csrf" value="')[1].split('"')[0]
    form = {
        "csrf": csrf,
        "otherGemeentecode": "0629",
        "exchangeReason": "Familie woont daar",
        "householdIds": "",
    }

    assert (
        "Kies een andere gemeente dan"
        in client.post(f"{path}/uitruil", data={**form, "otherGemeentecode": "1916"}).text
    )
    assert "stemde niet in met gemeente 0629" in client.post(f"{path}/uitruil", data=form).text
    back = {"otherGemeentecode": "0626", "householdIds": fake.LARGE}
    proposed = client.post(f"{path}/uitruil", data={**form, **back})
    assert proposed.headers["Location"].endswith("/portal/huisvesting/uitruil?melding=uitruil-voorgesteld")
    sent = [
        body for method, called, body in gate.calls if method == "POST" and called.endswith("/exchanges")
    ][-1]
    assert (sent["kind"], sent["householdIds"]) == ("persons", [fake.SINGLE, fake.LARGE])

    assert "9 naar Voorschoten" in client.get("/huisvesting/uitruil").text
    address = f"/huisvesting/uitruil/huishoudens/{fake_searches.EXCHANGE}"
    agreed = client.post(address, data={"csrf": csrf, "answer": "agree"})
    assert agreed.headers["Location"].endswith("melding=uitruil-akkoord")
    assert gate.calls[-1][1].endswith("/agreement")


def test_who_may_not_propose_sees_no_form_for_it(client_of: SignIn) -> None:
    path = HOUSEHOLD.removeprefix("/portal")

    assert "Match voorstellen" in client_of("vwn").get(path).text
    assert "Match voorstellen" not in client_of("consulent").get(path).text
    assert client_of("province").get(path).status_code == 403
    assert uid("person-1") not in client_of("province").get("/toezicht").text
