# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people do with the subsidy for large families, its terms, and the figures of social housing."""

import pytest
from playwright.sync_api import expect

from services.housing.api.subsidies import (
    SubsidyApplicationIn,
    SubsidyApplicationStatusIn,
    SubsidyTermsIn,
)
from services.housing.api.supply import SupplyIn
from tests.portal import fake_subsidies as fake
from tests.portal.conftest import Desk, SignIn
from tests.portal.fake_gateway import FakeGateway
from tests.portal.test_supply import csrf_of, sent, taken

HERE = "/huisvesting"
TERMS = f"{HERE}/grote-gezinnen/voorwaarden"
STOCK = f"{HERE}/projecten/voorraad"


@pytest.mark.capability("HO-18", part="the portal shows per family what was computed, and by which terms")
def test_a_controller_reads_what_the_subsidy_pays_and_by_which_terms(client_of: SignIn) -> None:
    client = client_of("controller")
    listed = client.get(f"{HERE}/grote-gezinnen").text
    one = client.get(f"{HERE}/grote-gezinnen/{fake.HOME}").text.replace("\N{NO-BREAK SPACE}", " ")

    assert "Begroting vastleggen" not in listed, "a controller reads"
    assert "telt niet mee: inrichting" in listed
    assert "<strong>€ 35.000,00</strong>" in one
    assert "€ 30.000,00, dus € 5.000,00 minder" in one
    assert "Berekend met de voorwaarden van 3 juli 2023: Verbrede kosten." in one
    assert "De volgende trede van de ladder is al op 1 januari 2025." in one
    assert client_of("province").get(f"{HERE}/grote-gezinnen").status_code == 403


def test_a_gemeente_records_an_estimate_and_what_became_of_it(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    csrf = csrf_of(client.get(f"{HERE}/grote-gezinnen").text)
    form = {
        "csrf": csrf, "gemeentecode": "1916", "title": "Vliet 3", "persons": "9", "appliedOn": "1-10-2024", "leadMonths": "14",
    }  # fmt: skip
    assert "Vul ten minste een bedrag in." in client.post(f"{HERE}/grote-gezinnen", data=form).text
    costs = {"cost-construction": "dertig mille", "cost-furnishing": ""}
    wrong = client.post(f"{HERE}/grote-gezinnen", data={**form, **costs})
    assert "Vul een bedrag in, bijvoorbeeld 25000" in wrong.text
    client.post(
        f"{HERE}/grote-gezinnen", data={**form, "cost-construction": "30000", "cost-rent-loss": "€ 950"}
    )
    path = f"{HERE}/grote-gezinnen/{fake.HOME}"
    assert (
        "Vul het bedrag in dat is toegekend."
        in client.post(path, data={"csrf": csrf, "status": "granted"}).text
    )
    client.post(path, data={"csrf": csrf, "status": "granted", "grantedCents": "28000"})

    assert taken(SubsidyApplicationIn, sent(gate, "POST", "/subsidy-applications")[-1])["costs"] == [
        {"kind": "construction", "cents": 3_000_000},
        {"kind": "rent-loss", "cents": 95_000},
    ]
    granted = taken(SubsidyApplicationStatusIn, {"status": "granted", "grantedCents": 2_800_000})
    assert sent(gate, "POST", "/statuses") == [granted]
    assert "Wat is er gebeurd" not in client.get(path).text, "a granted application is over"


# The terms --------------------------------------------------------------------------------------


@pytest.mark.capability(
    "HO-18", part="the portal compares the costs of the old and the new terms, by their day"
)
def test_a_controller_compares_which_costs_count_under_the_old_and_the_new_terms(client_of: SignIn) -> None:
    client = client_of("controller")
    assert TERMS in client.get(f"{HERE}/grote-gezinnen").text
    new, old = client.get(TERMS).text.replace("\N{NO-BREAK SPACE}", " ").split('<li class="portal-card">')[1:]

    assert "Vanaf 3 juli 2023" in new
    assert "Gelden nu<" in new
    assert new.count("Ja, dit is nieuw") == 3, "rent loss, insulation and sustainability came in 2023"
    assert "€ 50.000,50 vanaf 10 personen" in new
    assert "Vanaf 1 januari 2021 tot 3 juli 2023" in old
    assert "Gelden nu niet" in old
    assert old.count(">Ja<") == 1
    assert "Voorwaarden vastleggen" not in client.get(TERMS).text, (
        "whoever administers the platform records them"
    )
    assert client_of("province").get(TERMS).status_code == 403
    assert client.post(TERMS, data={"csrf": csrf_of(client.get(TERMS).text)}).status_code == 403


@pytest.mark.capability("HO-18", part="the terms are recorded and corrected in the portal, by keyboard")
def test_an_administrator_corrects_the_terms_of_a_day_by_keyboard(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("administrator", scripts=False)
    page.goto("/portal/techniek")
    page.get_by_role("link", name="Subsidie grote gezinnen").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Verbeter deze voorwaarden van 3 juli 2023").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Vanaf welke dag")).to_have_value("2023-07-03")
    page.get_by_label("Inrichting").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("8")
    page.get_by_label("Regel 2: hoogste bedrag in euro").fill("55 mille")
    page.get_by_role("button", name="Leg vast").focus()
    page.keyboard.press("Enter")
    wrong = page.get_by_role("link", name="Vul een bedrag in, bijvoorbeeld 35000 of 693,10.")
    wrong.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Regel 2: hoogste bedrag in euro").fill("55000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("De voorwaarden zijn vastgelegd.")

    (body,) = sent(gate, "PUT", "/subsidy-terms/2023-07-03")
    assert taken(SubsidyTermsIn, body) == {
        "kinds": ["construction", "sound-insulation", "sustainability", "rent-loss", "furnishing"],
        "leastPersons": 8,
        "ceilings": [{"fromPersons": 7, "cents": 3_500_000}, {"fromPersons": 10, "cents": 5_500_000}],
        "source": "Verbrede kosten",
    }


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        pytest.param({"since": ""}, "Vul in vanaf welke dag de voorwaarden gelden.", id="no-day"),
        pytest.param({"kind-construction": ""}, "Kies ten minste een soort kosten.", id="no-costs"),
        pytest.param({"leastPersons": "0"}, "Vul een getal in van 1 tot en met 50.", id="size"),
        pytest.param({"persons-1": "", "cents-1": ""}, "Vul ten minste een maximum in.", id="no-ceiling"),
        pytest.param({"cents-1": ""}, "Vul het bedrag in dat bij deze grootte hoort.", id="no-amount"),
        pytest.param({"persons-1": ""}, "Vul in vanaf hoeveel personen dit bedrag geldt.", id="no-size"),
        pytest.param({"persons-1": "9"}, "Vul ook een maximum in vanaf 8 personen.", id="a-gap"),
        pytest.param({"since": "1-1-2015"}, "Deze dag ligt voor de eerste regeling.", id="service"),
    ],
)
def test_terms_that_cannot_be_recorded_say_why_and_keep_what_was_typed(
    wrong: dict[str, str], told: str, client_of: SignIn
) -> None:
    client = client_of("administrator")
    form = {
        "csrf": csrf_of(client.get(TERMS).text), "since": "1-1-2025", "kind-construction": "ja", "leastPersons": "8",
        "persons-1": "8", "cents-1": "40000", "persons-4": "12", "cents-4": "60000", "source": "Staatscourant",
    }  # fmt: skip
    if wrong.get("persons-1") == "" and wrong.get("cents-1") == "":
        wrong = {**wrong, "persons-4": "", "cents-4": ""}
    answer = client.post(TERMS, data={**form, **wrong})

    assert (answer.status_code, told in answer.text) == (400, True)
    assert 'value="Staatscourant"' in answer.text
    assert ('name="cents-4"' in answer.text) is ("persons-4" not in wrong), "a row that was filled in stays"


# The figures of social housing ------------------------------------------------------------------


@pytest.mark.capability(
    "HO-19", part="mutations, turnover and social share by year in the portal, the arrears beside them"
)
def test_the_arrears_stand_beside_the_dwellings_that_come_free(client_of: SignIn) -> None:
    client = client_of("controller")
    for page in ("projecten", "taakstelling"):
        assert f"{STOCK}?gemeente=1916" in client.get(f"{HERE}/{page}").text
    shown = client.get(STOCK).text

    assert "moeten nog 34 personen een woning krijgen" in shown
    assert "In 2024 kwamen 167 sociale huurwoningen vrij. Dat is 0,2 personen per woning." in shown
    assert 'data-label="Deel dat vrijkwam">5%</td>' in shown
    assert 'data-label="Deel sociale huur">27,5%</td>' in shown
    assert shown.count("Niet ingevuld") == 2
    assert "Cijfers van een jaar vastleggen" not in shown, "a controller reads"
    assert client_of("corporation").get(STOCK).status_code == 403


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        pytest.param({"arrears": 0, "arrearsPerMutation": 0}, "niet achter met de taakstelling", id="level"),
        pytest.param({"arrears": 1, "arrearsPerMutation": 0.01}, "moet nog 1 persoon een woning", id="one"),
        pytest.param({"arrearsPerMutation": None}, "In 2024 kwam geen woning vrij.", id="no-mutation"),
    ],
)
def test_a_ratio_is_told_in_words_where_it_means_something(
    facts: dict[str, object], told: str, gate: FakeGateway, client_of: SignIn
) -> None:
    gate.way["supply"] = facts

    assert told in client_of("province").get(STOCK).text


@pytest.mark.capability("HO-19", part="recorded and corrected in the portal, by keyboard")
def test_a_gemeente_corrects_the_figures_of_a_year_by_keyboard(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent", scripts=False)
    page.goto("/portal/huisvesting/projecten")
    page.get_by_role("link", name="Hoeveel sociale huurwoningen er zijn en vrijkomen").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="2023 verbeteren").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Jaar", exact=True)).to_have_value("2023")
    page.get_by_label("Sociale huurwoningen in totaal").focus()
    page.keyboard.type("13000")
    page.keyboard.press("Tab")
    page.keyboard.type("12150")
    page.keyboard.press("Enter")
    wrong = page.get_by_role("link", name="Er zijn niet meer sociale huurwoningen dan woningen.")
    wrong.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Sociale huurwoningen in totaal").fill("3300")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("De cijfers van dit jaar zijn vastgelegd.")

    assert taken(SupplyIn, sent(gate, "PUT", "/supply/1916/2023")[-1]) == {
        "mutations": 1204, "socialDwellings": 3300, "dwellings": 12150, "source": "Jaarverslag van de corporatie",
    }  # fmt: skip


def test_figures_of_a_year_to_come_are_refused_at_the_field(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    assert 'name="year" type="text" value=""' in client.get(STOCK).text, (
        "what is known is not written over by chance"
    )
    gate.way["supply"] = {"years": [], "arrearsPerMutation": None}
    shown = client.get(STOCK).text
    assert "Er zijn nog geen cijfers vastgelegd." in shown
    assert 'name="year" type="text" value="2023"' in shown, "the last whole year"
    form = {
        "csrf": csrf_of(shown),
        "gemeentecode": "1916",
        "year": "2025",
        "mutations": "12",
        "source": "Begroting",
    }
    answer = client.post(STOCK, data=form)

    assert (answer.status_code, "Vul een jaar in van 1990 tot en met 2024." in answer.text) == (400, True)
    assert 'value="Begroting"' in answer.text
    assert sent(gate, "PUT", "/supply/1916/2025") == []
