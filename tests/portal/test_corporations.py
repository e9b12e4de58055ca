# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The woningcorporaties: their rules by name, how a rule begins and ends, and who is put on the list."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.words import labels
from services.housing.api.corporations import (
    AgreementIn,
    AgreementPatch,
    CorporationIn,
    CorporationPatch,
    RuleEnd,
    RuleIn,
)
from services.housing.rules.codes import CorporationRuleKind
from tests.portal import fake_corporations as fake
from tests.portal.conftest import SignIn
from tests.portal.fake_data import uid
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_housing import OWNER
from tests.portal.fake_state import Call
from tests.portal.screens import HOUSEHOLD
from tests.portal.test_housing import odd
from tests.portal.test_supply import call, csrf_of, sent, taken

LIST = "/huisvesting/corporaties"
HERE = f"{LIST}/{OWNER}"

FORMS: tuple[tuple[str, Callable[[Call], Any]], ...] = (
    ("/corporations", lambda one: fake.corporations(one)[1]),
    ("/corporations/{corporationId}/rules", lambda one: fake.rules(one)[1]),
    ("/performance-agreements", lambda one: fake.agreements(one)[1]),
)


@pytest.mark.parametrize(("path", "told"), [pytest.param(*one, id=one[0]) for one in FORMS])
def test_the_fake_of_corporations_speaks_as_the_service_does(
    path: str, told: Callable[[Call], Any], described: dict[str, Any]
) -> None:
    answer = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert odd(told(call(OWNER)), answer, described["components"]["schemas"], "") == []


def test_every_rule_of_a_corporation_has_a_dutch_word() -> None:
    assert set(CorporationRuleKind) == set(labels("corporation-rule"))


@pytest.mark.capability(
    "HO-09", part="in the portal the rules in force and the agreement beside what was delivered"
)
def test_the_rules_that_hold_now_and_the_agreement_of_this_year_are_listed(client_of: SignIn) -> None:
    shown = client_of("vwn").get(LIST).text

    assert "Woning moet goed bezet zijn: ten hoogste 1 plaats leeg" in shown
    assert "Corporatie wijst nu niets toe" not in shown, "that begins in December"
    assert "Geen alleenstaanden in een eengezinswoning" not in shown, "that ended in June"
    assert "Afspraak 2024: 20 woningen. Aangeboden: 12, dat zijn er 8 te weinig." in shown


def test_a_refused_match_leads_to_the_rules_and_to_the_search(client_of: SignIn) -> None:
    client = client_of("vwn")
    path = HOUSEHOLD.removeprefix("/portal")
    form = {
        "csrf": csrf_of(client.get(path).text),
        "dwellingId": uid("home-family"),
        "reason": "Wacht het langst.",
    }
    told = client.post(path, data=form).text.split('id="regels"')[1].split("</div>")[0]

    assert f'href="/portal{LIST}?gemeente=1916"' in told
    assert 'href="/portal/huisvesting/voorstellen?gemeente=1916"' in told


@pytest.mark.capability("HO-09", part="a rule of a corporation begins and ends in the portal")
def test_a_rule_is_added_and_ended(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    csrf = csrf_of(client.get(HERE).text)
    form = {
        "csrf": csrf, "kind": "most-per-year", "value": "", "gemeentecode": "1916", "validFrom": "1-12-2024",
        "validUntil": "1-11-2024", "source": "Brief van 3-11-2024",
    }  # fmt: skip
    no_number = client.post(f"{HERE}/regels", data=form)
    no_order = client.post(f"{HERE}/regels", data={**form, "value": "12"})
    made = client.post(f"{HERE}/regels", data={**form, "value": "12", "validUntil": ""})
    end = f"{HERE}/regels/{fake.OCCUPATION}/einde"
    until = f"until-{fake.OCCUPATION}"
    early = client.post(end, data={"csrf": csrf, "ruleVersion": "1", until: "1-12-2023"})
    ended = client.post(end, data={"csrf": csrf, "ruleVersion": "1", until: "31-12-2024"})

    assert 'id="value-fout">Vul bij deze regel het aantal in.' in no_number.text
    assert 'id="validUntil-fout">De laatste dag ligt voor de eerste.' in no_order.text
    assert made.headers["Location"].endswith("melding=regel-vastgelegd")
    assert taken(RuleIn, sent(gate, "POST", "/rules")[-1]) == {
        "kind": "most-per-year", "value": 12, "gemeentecode": "1916", "validFrom": "2024-12-01", "validUntil": None,
        "source": "Brief van 3-11-2024",
    }  # fmt: skip
    assert f'id="{until}-fout">De laatste dag ligt voor de eerste.' in early.text
    assert ended.headers["Location"].endswith("melding=regel-beeindigd")
    assert taken(RuleEnd, sent(gate, "PATCH", fake.OCCUPATION)[-1]) == {"validUntil": "2024-12-31"}


@pytest.mark.capability("HO-05", part="a corporation gets a short name in the portal")
def test_a_corporation_gets_a_short_name_that_stands_in_tables(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    form = {"csrf": csrf_of(client.get(HERE).text), "nameVersion": "1", "name": "", "shortName": "WoonI."}
    nameless = client.post(f"{HERE}/naam", data=form)
    done = client.post(f"{HERE}/naam", data={**form, "name": "Stichting WoonInvest"})
    shown, listed = client.get(HERE).text, client.get(LIST).text
    table = client.get("/huisvesting?gemeente=1916").text

    assert 'id="name-fout">Vul de naam in.' in nameless.text
    assert done.headers["Location"] == f"/portal{HERE}?melding=corporatie-gewijzigd"
    assert taken(CorporationPatch, sent(gate, "PATCH", OWNER)[-1]) == {
        "name": "Stichting WoonInvest",
        "shortName": "WoonI.",
    }
    assert "Heet in lijsten en tabellen: WoonI." in shown
    assert "In lijsten en tabellen: WoonI." in listed
    assert 'data-label="Corporatie">WoonI.</td>' in table
    assert 'action="/portal/huisvesting/corporaties/' not in client_of("corporation").get(HERE).text


@pytest.mark.parametrize("what", ["name", "rule"])
def test_who_comes_second_reads_what_stands_now(gate: FakeGateway, client_of: SignIn, what: str) -> None:
    client = client_of("vwn")
    form = {"csrf": csrf_of(client.get(HERE).text)}
    gate.way["version"] = 2
    if what == "name":
        late = client.post(f"{HERE}/naam", data={**form, "nameVersion": "1", "name": "Anders"})
    else:
        until = {"ruleVersion": "1", f"until-{fake.OCCUPATION}": "31-12-2024"}
        late = client.post(f"{HERE}/regels/{fake.OCCUPATION}/einde", data={**form, **until})

    assert late.status_code == 412
    assert "Iemand anders heeft dit net gewijzigd." in late.text
    assert 'value="Anders"' not in late.text
    assert 'value="31-12-2024"' not in late.text


def test_a_corporation_is_put_on_the_list(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    csrf = csrf_of(client.get(f"{LIST}/nieuw").text)
    form = {"csrf": csrf, "name": "Rijnhart", "organisationId": uid("landlord")}
    nowhere = client.post(f"{LIST}/nieuw", data=form)
    made = client.post(f"{LIST}/nieuw", data={**form, "gemeente-1916": "ja", "gemeente-0579": "ja"})

    assert 'id="gemeentecodes-fout">Kies ten minste een gemeente.' in nowhere.text
    assert 'href="#gemeentecodes"' in nowhere.text
    assert made.headers["Location"] == f"/portal{LIST}/{fake.NEW}?melding=corporatie-vastgelegd"
    assert taken(CorporationIn, sent(gate, "POST", "/corporations")[-1]) == {
        "name": "Rijnhart", "shortName": None, "organisationId": uid("landlord"), "gemeentecodes": ["1916", "0579"],
    }  # fmt: skip


def test_an_agreement_is_made_by_the_gemeente_alone(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    form = {
        "csrf": csrf_of(client.get(HERE).text), "agreedIn": "1916", "year": "2024", "dwellings": "25",
        "agreementSource": "Prestatieafspraken 2025",
    }  # fmt: skip
    twice = client.post(f"{HERE}/afspraken", data=form)
    made = client.post(f"{HERE}/afspraken", data={**form, "year": "2025"})

    assert 'id="year-fout">Voor deze gemeente en dit jaar is er al een afspraak.' in twice.text
    assert made.headers["Location"].endswith("melding=afspraak-vastgelegd")
    assert taken(AgreementIn, sent(gate, "POST", "/performance-agreements")[-1])["dwellings"] == 25
    assert "Afspraak toevoegen" not in client_of("vwn").get(HERE).text


@pytest.mark.capability("HO-09", part="in the portal a wrong agreement is mended")
def test_a_wrong_agreement_is_mended_by_its_own_gemeente(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    shown = client.get(HERE).text
    one = fake.agreement()["id"]
    path = f"{HERE}/afspraken/{one}"
    form = {
        "csrf": csrf_of(shown),
        "agreementVersion": "1",
        f"agreed-{one}": "",
        f"stands-{one}": "Afspraken 2024",
    }
    empty = client.post(path, data=form)
    done = client.post(path, data={**form, f"agreed-{one}": "24"})
    gate.way["version"] = 2
    late = client.post(path, data={**form, f"agreed-{one}": "25"})

    assert f'id="agreed-{one}"' in shown
    assert f'id="agreed-{one}-fout">Vul het aantal woningen in.' in empty.text
    assert done.headers["Location"].endswith("melding=afspraak-vastgelegd")
    body = taken(AgreementPatch, sent(gate, "PATCH", f"/performance-agreements/{one}")[0])
    assert body == {"dwellings": 24, "source": "Afspraken 2024"}
    assert late.status_code == 412
    assert "Verbeter de afspraak" not in client_of("vwn").get(HERE).text


def test_a_corporation_reads_its_own_rules_and_changes_none(client_of: SignIn) -> None:
    client = client_of("corporation")
    shown = client.get(HERE).text

    assert f'href="/portal{HERE}"' in client.get("/woningen").text
    assert "ten hoogste 1 plaats leeg" in shown
    assert "<form class" not in shown.split("<main", maxsplit=1)[1]
    assert client.post(f"{HERE}/regels", data={"csrf": csrf_of(shown)}).status_code == 403
    assert client_of("province").get(HERE).status_code == 403
