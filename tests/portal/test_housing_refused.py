# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person reads in the room of housing when the platform does not take what was sent."""

from tests.portal import fake_housing as fake
from tests.portal.conftest import SignIn
from tests.portal.fake_data import uid
from tests.portal.fake_gateway import FakeGateway


def test_an_approval_that_is_refused_names_every_rule_and_links_nowhere(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    csrf = client.get("/huisvesting/beoordelen").text.split('name="csrf" value="')[1].split('"')[0]
    form = {"csrf": csrf, "match": fake.WAITING, "outcome": "approved", "reason": "Past bij het gezin."}
    rules = {"max-persons": "De woning is voor 6.", "rent": "De huur is te hoog."}
    gate.way["refuse-decision"] = {
        "code": "match-breaks-rule", "title": "Deze woning past niet bij dit huishouden",
        "detail": "Sinds het voorstel is er iets veranderd. De woning is voor 6. De huur is te hoog.",
        "errors": [{"pointer": "/outcome", "code": code, "detail": detail} for code, detail in rules.items()],
    }  # fmt: skip
    answer = client.post("/huisvesting/beoordelen", data=form)

    told = answer.text.split('id="regels"')[1].split("</div>")[0]
    assert answer.status_code == 409
    assert "<title>Fout: " in answer.text
    assert '<p class="nl-paragraph">Sinds het voorstel is er iets veranderd.</p>' in told
    assert "<li><strong>Woning is te klein.</strong> De woning is voor 6.</li>" in told
    assert "<li><strong>Huur is te hoog.</strong> De huur is te hoog.</li>" in told
    assert "href=" not in told
    assert "Past bij het gezin." in answer.text, "what was written stays"
    nothing = client.post("/huisvesting/beoordelen", data={**form, "outcome": ""})
    assert 'href="#outcome"' in nothing.text
    assert 'id="outcome"' in nothing.text


def test_a_reason_is_not_kept_for_another_match(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    csrf = client.get("/huisvesting/beoordelen").text.split('name="csrf" value="')[1].split('"')[0]
    gate.way["refuse-decision"] = {
        "code": "match-decided",
        "title": "Over deze match is al besloten",
        "detail": "Al besloten.",
    }
    form = {"csrf": csrf, "match": uid("match-of-before"), "outcome": "approved", "reason": "Over een ander."}
    answer = client.post("/huisvesting/beoordelen", data=form)

    assert (answer.status_code, "Al besloten." in answer.text) == (409, True)
    assert fake.WAITING in answer.text
    assert "Over een ander." not in answer.text
