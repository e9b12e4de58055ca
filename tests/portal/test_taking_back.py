# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Taking back that a household was housed: what a person reads first, what is sent, and what is refused."""

from typing import Any, get_args

import pytest
from playwright.sync_api import expect

from portal.words import labels
from services.housing.api.match_schemas import DepartureIn, MistakeIn, MistakeOut
from services.housing.api.realisations import TakingBackIn
from services.housing.rules.codes import HomeEnd, TakenBack
from tests.portal import fake_housed as fake
from tests.portal.conftest import Desk, SignIn
from tests.portal.fake_data import uid
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_housing import LARGE, MOVING
from tests.portal.test_housing import call, odd
from tests.portal.test_supply import csrf_of, sent, taken

HOUSEHOLD = f"/huisvesting/huishoudens/{LARGE}"
HERE = f"{HOUSEHOLD}/terugdraaien"


def test_the_fake_of_who_counts_speaks_as_the_service_does(described: dict[str, Any]) -> None:
    answer = described["paths"]["/realisations"]["get"]["responses"]["200"]["content"]["application/json"]

    assert odd(fake.realisations(call())[1], answer["schema"], described["components"]["schemas"], "") == []
    assert {code.value for code in TakenBack} == set(labels("taken-back")) - {"count"}


@pytest.mark.capability(
    "HO-02", part="in the portal a household that never moved in waits again, once confirmed"
)
def test_a_team_leader_reads_what_will_happen_before_a_key_is_taken_back(
    gate: FakeGateway, desk: Desk
) -> None:
    page = desk.sit("vwn", scripts=False)
    page.goto(f"/portal{HERE}")
    page.get_by_label("Het huishouden is er nooit gaan wonen").check()
    page.get_by_label("Waarom").fill("De sleutel is bij het verkeerde huishouden vastgelegd.")
    page.get_by_role("button", name="Bekijk wat er gebeurt").click()
    told = page.locator("main")

    expect(told).to_contain_text("2 personen tellen niet meer mee als gehuisvest in Leidschendam-Voorburg")
    expect(told).to_contain_text("is nu: 176 personen achter. Daarna: 178 personen achter.")
    expect(told).to_contain_text("Het huishouden wacht weer op een huis.")
    expect(told).to_contain_text("De woning in Essesteijn")
    expect(told).to_contain_text("komt weer vrij")
    assert sent(gate, "POST", "/taking-back") == [], "nothing happened so far"
    page.get_by_role("button", name="Ja, draai terug").click()
    expect(page.get_by_role("status").first).to_contain_text("Het huishouden wacht weer op een huis.")
    assert [taken(TakingBackIn, body) for body in sent(gate, "POST", "/taking-back")] == [
        {
            "reason": "De sleutel is bij het verkeerde huishouden vastgelegd.",
            "countsFrom": None,
            "cause": "never-moved-in",
        }
    ]
    assert gate.calls[-1][0] == "GET"
    assert desk.console == []


def test_what_was_filled_in_can_be_changed_after_reading_what_will_happen(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    form = {
        "csrf": csrf_of(client.get(HERE).text),
        "cause": "counted-twice",
        "realisation": fake.CHILD,
        "reason": "Dubbel.",
    }
    asked = client.post(HERE, data=form)
    again = client.post(HERE, data={**form, "step": "change"})
    done = client.post(HERE, data={**form, "step": "sure", "countsFrom": "1-11-2024"})

    assert "1 persoon telt niet meer mee" in asked.text
    assert "Deze persoon telt ook bij een volgend huis niet mee." in asked.text
    assert "Het huishouden wacht weer" not in asked.text
    assert "Dubbel.</textarea>" in again.text
    assert done.headers["Location"].endswith("melding=telling-teruggenomen")
    assert sent(gate, "POST", f"{fake.CHILD}/taking-back") == [
        {"reason": "Dubbel.", "countsFrom": "2024-11-01", "cause": "counted-twice"}
    ]


def test_a_count_alone_is_taken_back_without_a_cause(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    form = {
        "csrf": csrf_of(client.get(HERE).text),
        "cause": "count",
        "realisation": fake.ADULT,
        "reason": "Andere gemeente.",
    }
    client.post(HERE, data={**form, "step": "sure"})

    assert [body["cause"] for body in sent(gate, "POST", f"{fake.ADULT}/taking-back")] == [None]


def test_what_is_wrong_stands_at_its_field(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    csrf = csrf_of(client.get(HERE).text)
    nothing = client.post(
        HERE, data={"csrf": csrf, "cause": "", "reason": "", "realisation": "", "countsFrom": ""}
    )
    nobody = client.post(
        HERE, data={"csrf": csrf, "cause": "count", "reason": "Fout", "realisation": "", "countsFrom": ""}
    )
    form = {"csrf": csrf, "cause": "never-moved-in", "reason": "Fout", "realisation": "", "step": "sure"}
    printed = client.post(HERE, data={**form, "countsFrom": "1-5-2023"})
    gate.way["moved-on"] = True
    moved = client.post(HERE, data={**form, "countsFrom": ""})

    for field, text in (
        ("cause", "Kies wat er niet klopt."),
        ("reason", "Schrijf op waarom. Noem geen namen."),
    ):
        assert f'<a class="nl-link" href="#{field}">{text}</a>' in nothing.text
    assert 'id="realisation-fout">Kies om wie het gaat.' in nobody.text
    assert 'id="countsFrom-fout">Tot en met 31 december 2023 tellen de ingelezen jaarcijfers.' in printed.text
    assert 'value="1-5-2023"' in printed.text, "what was filled in stays"
    assert (moved.status_code, "het wacht op een huis" in moved.text) == (409, True)
    assert (nothing.status_code, nobody.status_code, printed.status_code) == (400, 400, 400)


def test_what_was_taken_back_before_is_told_and_cannot_be_chosen(
    gate: FakeGateway, client_of: SignIn
) -> None:
    gate.way["taken-back"] = {"reason": "Telde al in Voorschoten.", "cause": "counted-twice"}
    shown = client_of("vwn").get(HERE).text

    assert "Een persoon is twee keer geteld, vanaf 28 oktober 2024. Telde al in Voorschoten." in shown
    assert "Persoon 1: volwassene, geboren in 1990" in shown
    assert ">Persoon 2: kind<" in shown, "of whom no year of birth is known"
    assert f'value="{fake.CHILD}"' not in shown
    assert f'value="{fake.ADULT}"' in shown


def test_only_who_records_who_was_housed_comes_here(gate: FakeGateway, client_of: SignIn) -> None:
    move = f"/huisvesting/verhuizingen/{MOVING}"
    gate.handled[MOVING] = {"status": "housed", "housedOn": "2024-11-05"}

    assert HERE in client_of("vwn").get(move).text
    assert HERE not in client_of("volunteer").get(move).text
    assert [client_of(who).get(HERE).status_code for who in ("volunteer", "province", "corporation")] == [
        403
    ] * 3


def test_a_household_that_left_is_recorded_on_the_page_of_its_move(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    gate.handled[MOVING] = {"status": "housed", "housedOn": "2024-11-04"}
    move = f"/huisvesting/verhuizingen/{MOVING}"
    form = {"csrf": csrf_of(client.get(move).text), "leftOn": "1-11-2024"}
    nothing = client.post(f"{move}/vertrek", data=form)
    form["sure"] = "ja"
    early = client.post(f"{move}/vertrek", data={**form, "reason": "own-home"})
    left = client.post(f"{move}/vertrek", data={**form, "reason": "own-home", "leftOn": "5-11-2024"})
    shown = client.get(move).text

    assert 'id="reason-fout">Kies waarom het huishouden vertrok.' in nothing.text
    assert 'id="sure-fout">Controleer of dit het goede huishouden' in nothing.text
    assert 'id="leftOn-fout">Het huishouden woont er sinds 4 november 2024.' in early.text
    assert left.headers["Location"].endswith("melding=vertrek-vastgelegd")
    assert [taken(DepartureIn, body)["reason"] for body in sent(gate, "POST", "/departure")] == [
        "own-home"
    ] * 2
    assert "Zelf een ander huis gevonden" in shown
    assert "Vertrek vastleggen" not in shown
    assert {code.value for code in HomeEnd} == {*labels("home-end"), *labels("home-end-other")}


@pytest.mark.capability("HO-05", part="in the portal a departure by mistake is taken back, once confirmed")
def test_a_departure_is_taken_back_on_the_page_of_its_move(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    gate.handled[MOVING] = {
        "status": "housed", "housedOn": "2024-11-04", "leftOn": "2024-11-05", "leftReason": "own-home",
    }  # fmt: skip
    move = f"/huisvesting/verhuizingen/{MOVING}"
    before = client.get(move).text
    form = {"csrf": csrf_of(before), "reason": ""}
    nothing = client.post(f"{move}/vertrek/terugdraaien", data=form)
    form |= {"reason": "Het was het huishouden ernaast.", "sure": "ja"}
    gate.way["home-taken"] = True
    taken_by_others = client.post(f"{move}/vertrek/terugdraaien", data=form)
    gate.way["home-taken"] = False
    done = client.post(f"{move}/vertrek/terugdraaien", data=form)
    shown = client.get(move).text

    assert "Is het huishouden niet vertrokken?" in before
    assert 'id="reason-fout">Schrijf op waarom. Noem geen namen.' in nothing.text
    assert 'id="sure-fout">Controleer of dit het goede huishouden' in nothing.text
    assert (taken_by_others.status_code, "woont intussen een ander huishouden" in taken_by_others.text) == (
        409,
        True,
    )
    assert done.headers["Location"].endswith("melding=vertrek-teruggedraaid")
    assert taken(MistakeIn, sent(gate, "POST", "/departure/taking-back")[-1]) == {
        "reason": "Het was het huishouden ernaast."
    }
    assert "Teruggedraaid op 5 november 2024" in shown
    assert "Het was het huishouden ernaast." in shown
    assert "Het woonde hier, en is vertrokken" in shown, "it can leave again"


@pytest.mark.capability("HO-21", part="in the portal a key by mistake is taken back before anybody moves in")
def test_a_key_is_taken_back_by_vluchtelingenwerk_without_scripts(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("volunteer", scripts=False)
    page.goto(f"/portal/huisvesting/verhuizingen/{MOVING}")
    page.get_by_text("Draai de sleutel terug").click()
    page.get_by_label("Waarom klopt de sleutel niet").fill("De sleutel ligt er nog.")
    page.get_by_label("Ik heb het gecontroleerd").check()
    page.get_by_role("button", name="Sleutel terugdraaien").click()

    expect(page.get_by_role("status").first).to_contain_text("De sleutel is teruggedraaid.")
    expect(page.get_by_label("De sleutel is gegeven")).to_be_visible()
    assert [taken(MistakeIn, body) for body in sent(gate, "POST", "/key/taking-back")] == [
        {"reason": "De sleutel ligt er nog."}
    ]
    assert desk.console == []


def test_a_key_is_not_taken_back_by_the_gemeente(client_of: SignIn) -> None:
    move = f"/huisvesting/verhuizingen/{MOVING}"
    assert "Draai de sleutel terug" in client_of("vwn").get(move).text
    assert "Draai de sleutel terug" not in client_of("consulent").get(move).text
    assert set(get_args(MistakeOut.model_fields["what"].annotation)) == set(labels("mistake"))


@pytest.mark.capability("HO-21", part="VluchtelingenWerk reads in the portal whose guidance it takes over")
def test_a_team_leader_takes_over_who_got_a_key(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    week = client.get("/huisvesting/verhuizingen").text
    signal = f"/signalen/{uid('key')}"
    shown = client.get(signal).text
    form = {"csrf": csrf_of(shown), "outcome": "talked", "note": ""}
    handled = client.post(signal, data=form)

    assert f'href="/portal{signal}"' in week
    assert "Sleutel op 4 november 2024, verhuizen uiterlijk op 18 november 2024" in week
    assert f'href="/portal/huisvesting/verhuizingen/{MOVING}"' in shown
    assert "Bekijk het dossier" not in shown, "the file is of the gemeente"
    assert handled.headers["Location"].endswith("melding=signaal-afgehandeld")
    assert signal not in client.get("/huisvesting/verhuizingen").text
    assert "neem de begeleiding over" not in client_of("consulent").get("/huisvesting/verhuizingen").text
