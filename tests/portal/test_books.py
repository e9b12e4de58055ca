# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The account in the portal: on another day, with its corrections; targets, plans and steps as they go on; the Province."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.pages.housing.equity import in_minutes, quarters_until
from portal.words import labels
from services.housing.api.account_schemas import AccountCorrectionIn, TargetIn
from services.housing.api.ladder import LadderProlongationIn
from services.housing.api.match_schemas import DecisionIn
from services.housing.api.plans import ActionPlanStatusIn, PlanMeasureStatusIn
from services.housing.rules.households import HouseholdType
from services.housing.rules.plans import PlanStatus
from tests.portal import fake_books as fake, fake_ladder
from tests.portal.conftest import SignIn
from tests.portal.fake_corporations import OCCUPATION
from tests.portal.fake_data import TODAY, uid
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_housing import OWNER, WAITING
from tests.portal.fake_state import Call
from tests.portal.test_housing import call, odd
from tests.portal.test_supply import csrf_of, sent, taken

ACCOUNT = "/huisvesting/taakstelling"
BOOKS = f"{ACCOUNT}/boeken"
LADDER = f"{ACCOUNT}/ladder"

FORMS: tuple[tuple[str, Callable[[Call], Any]], ...] = (
    ("/accounts/{gemeentecode}/corrections", lambda one: fake.corrections(one)[1]),
    ("/quarters", lambda one: fake.quarters(one)[1]),
    ("/urgency-rules", lambda one: fake.urgency_rules(one)[1]),
    ("/equity", lambda one: fake.equity(one)[1]),
    ("/proposal-use", lambda one: fake.proposal_use(one)[1]),
)


@pytest.mark.parametrize(("path", "told"), [pytest.param(*one, id=one[0]) for one in FORMS])
def test_the_fake_books_speak_as_the_service_does(
    path: str, told: Callable[[Call], Any], described: dict[str, Any]
) -> None:
    answer = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert odd(told(call()), answer, described["components"]["schemas"], "") == []


@pytest.mark.capability("HO-02", part="in the portal on another day, and as it was known then")
@pytest.mark.parametrize("who", ["consulent", "province"])
def test_the_account_is_asked_for_another_day_as_it_was_known_on_a_day(
    who: str, gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of(who)
    asked: list[dict[str, str]] = []
    gate.way["asked"] = asked
    shown = client.get(f"{ACCOUNT}?gemeente=1916&peildatum=1-10-2024&bekend=15-10-2024")
    wrong = client.get(f"{ACCOUNT}?gemeente=1916&peildatum=oktober")

    assert "zoals die bekend was op 15 oktober 2024" in shown.text
    assert "Terug naar vandaag" in shown.text
    assert {"peildatum": "2024-10-01", "knownOn": "2024-10-15"} in asked
    assert "-3 vanaf 2 september 2024: Het stuk van de provincie telde een gezin niet mee." in shown.text
    assert wrong.status_code == 400
    assert 'id="peildatum-fout">Vul een datum in als dag-maand-jaar' in wrong.text
    assert f'href="/portal{BOOKS}?gemeente=1916"' in shown.text


@pytest.mark.capability("HO-01", part="in the portal a target is set, and a closed half-year asks why")
@pytest.mark.parametrize("who", ["consulent", "province"])
def test_a_target_is_set_and_a_closed_half_year_asks_why(
    who: str, gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of(who)
    shown = client.get(BOOKS).text
    form = {
        "csrf": csrf_of(shown), "which": "taakstelling", "gemeentecode": "1916", "halfYear": "2024-1", "target": "77",
        "publishedOn": "1-11-2023", "correctionReason": "",
    }  # fmt: skip
    closed = client.post(f"{BOOKS}/taakstelling", data=form)
    mended = client.post(f"{BOOKS}/taakstelling", data={**form, "correctionReason": "Verkeerd overgenomen."})
    ahead = client.post(f"{BOOKS}/taakstelling", data={**form, "halfYear": "2025-2"})
    other = client.post(f"{BOOKS}/taakstelling", data={**form, "gemeentecode": "0579"})

    assert "60, gepubliceerd op 1 oktober 2024" in shown
    assert 'id="correctionReason-fout">Dit halfjaar is afgesloten.' in closed.text
    assert mended.headers["Location"].endswith("gemeente=1916&melding=taakstelling-vastgelegd")
    assert ahead.headers["Location"].endswith("taakstelling-vastgelegd")
    assert other.status_code == 400
    assert [taken(TargetIn, body) for body in sent(gate, "PUT", "/taakstellingen/1916/2024-1")][-1] == {
        "target": 77,
        "publishedOn": "2023-11-01",
        "correctionReason": "Verkeerd overgenomen.",
    }
    assert sent(gate, "PUT", "/taakstellingen/0579/2024-1") == []


@pytest.mark.capability("HO-02", part="in the portal a correction is recorded with its day and reason")
def test_the_account_is_corrected_with_a_day_and_a_reason(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    form = {
        "csrf": csrf_of(client.get(BOOKS).text), "which": "correctie", "gemeentecode": "1916", "persons": "0",
        "countsFrom": "1-10-2024", "reason": "Twee personen telden dubbel.",
    }  # fmt: skip
    nothing = client.post(f"{BOOKS}/correctie", data=form)
    words = client.post(f"{BOOKS}/correctie", data={**form, "persons": "twee"})
    future = client.post(f"{BOOKS}/correctie", data={**form, "persons": "-2", "countsFrom": "1-12-2024"})
    done = client.post(f"{BOOKS}/correctie", data={**form, "persons": "-2"})

    assert 'id="persons-fout">Met 0 verandert er niets.' in nothing.text
    assert 'id="persons-fout">Vul een heel getal in, bijvoorbeeld 12. Gaat er iets af?' in words.text
    assert 'id="countsFrom-fout">Deze dag ligt in de toekomst.' in future.text
    assert done.headers["Location"].endswith("gemeente=1916&melding=correctie-vastgelegd")
    assert taken(AccountCorrectionIn, sent(gate, "POST", "/accounts/1916/corrections")[-1]) == {
        "countsFrom": "2024-10-01",
        "persons": -2,
        "reason": "Twee personen telden dubbel.",
    }
    assert client_of("vwn").get(BOOKS).status_code == 403


@pytest.mark.capability("HO-16", part="in the portal the Province gives more time on a step")
def test_the_province_gives_more_time_on_the_same_step(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("province")
    form = {
        "csrf": csrf_of(client.get(LADDER).text), "gemeentecode": "1916", "which": "verlengen", "prolonged": fake.STEP,
        "prolongedUntil": "1-1-2025", "prolongedReason": "Besluit van gedeputeerde staten.",
    }  # fmt: skip
    early = client.post(f"{LADDER}/verlengen", data=form)
    done = client.post(f"{LADDER}/verlengen", data={**form, "prolongedUntil": "1-7-2026"})

    assert 'id="prolongedUntil-fout">De termijn loopt al tot en met 01-01-2025.' in early.text
    assert done.headers["Location"].endswith("melding=trede-verlengd")
    body = taken(LadderProlongationIn, sent(gate, "POST", f"/{fake.STEP}/prolongations")[-1])
    assert body == {"prolongedUntil": "2026-07-01", "reason": "Besluit van gedeputeerde staten."}


@pytest.mark.capability(
    "HO-17", part="in the portal a plan is adopted, sent and closed, and a measure goes on"
)
def test_a_plan_and_its_measures_go_on_in_the_portal(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    form = {"csrf": csrf_of(client.get(LADDER).text), "gemeentecode": "1916"}
    plan = {**form, "which": "plan/stand", "statusPlan": fake_ladder.PLAN, "statusOn": "5-11-2024"}
    again = client.post(f"{LADDER}/plan/stand", data={**plan, "planStatus": "adopted"})
    sent_on = client.post(f"{LADDER}/plan/stand", data={**plan, "planStatus": "sent"})
    measure = {**form, "which": "maatregel/stand", "statusMeasure": fake_ladder.MEASURE}
    nothing = client.post(f"{LADDER}/maatregel/stand", data=measure)
    stopped = client.post(f"{LADDER}/maatregel/stand", data={**measure, "measureStatus": "stopped"})

    assert 'id="planStatus-fout">Dit plan is al' in again.text
    assert 'id="measureStatus-fout">Kies hoe de maatregel ervoor staat.' in nothing.text
    assert sent_on.headers["Location"].endswith("plan-bijgewerkt")
    assert stopped.headers["Location"].endswith("maatregel-bijgewerkt")
    taken(ActionPlanStatusIn, sent(gate, "POST", f"/action-plans/{fake_ladder.PLAN}/statuses")[-1])
    taken(PlanMeasureStatusIn, sent(gate, "POST", f"/plan-measures/{fake_ladder.MEASURE}/statuses")[-1])
    assert set(labels("plan-step")) == set(PlanStatus) - {PlanStatus.DRAFT}
    assert client_of("province").post(f"{LADDER}/plan/stand", data=plan).status_code == 403


@pytest.mark.capability("HO-24", part="realised against plan per measure, and the places to come, on any day")
def test_the_province_sees_each_measure_against_what_it_brought_and_the_places_to_come(
    client_of: SignIn,
) -> None:
    shown = client_of("province").get("/toezicht?peildatum=1-10-2024").text
    measures = shown.split('id="maatregelen"')[1].split("</section>")[0]
    coming = shown.split('id="komend"')[1].split("</section>")[0]

    assert "Woningdelen uitbreiden" in measures
    assert 'data-label="Gepland">12<' in measures
    assert 'data-label="Gehuisvest">0<' in measures
    assert 'data-label="In plannen">24<' in coming
    assert 'data-label="Met de kans">12,0<' in coming
    assert "Terug naar vandaag" in shown


@pytest.mark.capability("PX-16", part="who got a house per quarter, and how proposals are followed")
def test_who_got_a_house_and_how_proposals_are_followed_is_told_with_a_warning_where_nobody_deviates(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("vwn")
    assert 'href="/portal/huisvesting/voorstellen/verdeling"' in client.get("/huisvesting/voorstellen").text
    shown = client.get("/huisvesting/voorstellen/verdeling?gemeente=alle&kwartaal=2024-3").text
    gate.way["nobody"] = True
    nobody = client.get("/huisvesting/voorstellen/verdeling").text
    entry = client.get("/huisvesting/voorstellen/verdeling/algoritmeregister.json")

    assert '<option value="alle" selected>' in shown
    assert "Wie kreeg een huis in 2024-3" in shown
    assert "2 (4,5%)" in shown
    assert "Door een uitruil naar een andere gemeente: 1 uit Leidschendam-Voorburg." in shown
    assert "Niemand week af van een voorstel." in shown
    assert "41 seconden" in shown
    assert ("Niemand week af" in nobody, "Niemand zocht een huis" in nobody) == (False, True)
    assert entry.headers["Content-Type"] == "application/json"
    assert entry.json()["to_fill"] == ["organization"]
    assert client_of("corporation").get("/huisvesting/voorstellen/verdeling").status_code == 403
    assert set(HouseholdType) <= set(labels("household-type"))


def test_quarters_go_back_from_this_one_and_a_time_is_told_in_words() -> None:
    assert quarters_until(TODAY)[:5] == ["2024-4", "2024-3", "2024-2", "2024-1", "2023-4"]
    assert [in_minutes(one) for one in (None, 1, 119, 120, 200)] == [
        None,
        "1 seconde",
        "119 seconden",
        "2 minuten",
        "3 minuten",
    ]


@pytest.mark.capability("PX-16", part="a decision in the portal tells how long the match was open")
def test_a_decision_tells_when_the_match_was_opened(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    path = "/huisvesting/beoordelen?gemeente=1916"
    shown = client.get(path).text
    opened = shown.split('name="openedAt" value="')[1].split('"', maxsplit=1)[0]
    form = {"csrf": csrf_of(shown), "match": WAITING, "outcome": "approved", "reason": "Past."}
    client.post(path, data={**form, "openedAt": opened})
    gate.handled.clear()
    client.post(path, data={**form, "openedAt": "gisteren"})

    first, second = sent(gate, "POST", "/decisions")
    assert taken(DecisionIn, first)["openedAt"] == opened
    assert "openedAt" not in second


@pytest.mark.capability("HO-09", part="in the portal what a rule costs, also for the corporation itself")
@pytest.mark.parametrize("who", ["vwn", "corporation"])
def test_what_a_rule_costs_is_told_where_the_rule_stands(
    who: str, gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of(who)
    page = f"/huisvesting/corporaties/{OWNER}"
    before = client.get(page).text
    shown = client.get(f"{page}?prijs={OCCUPATION}").text
    gate.mode = "long"
    nothing = client.get(f"{page}?prijs={OCCUPATION}").text

    assert before.count("Wat kost deze regel?") == 1, "one that does not hold today costs nothing"
    assert "Zonder deze regel passen er nu 2 matches meer." in shown
    assert "Met de regel passen er 6 tegelijk, zonder de regel 8." in shown
    assert "Deze regel houdt nu geen match tegen." in nothing
    assert "Dit is wat binnen de tijd is gevonden" in nothing
    assert client.get(f"{page}?prijs=../1").status_code == 200


def test_a_corporation_without_dwellings_finds_its_rules_and_its_own_gemeenten(
    gate: FakeGateway, client_of: SignIn
) -> None:
    gate.way["no-dwellings"] = True
    shown = client_of("corporation").get("/woningen").text

    assert f'href="/portal/huisvesting/corporaties/{OWNER}"' in shown
    assert "Oegstgeest</option>" not in shown, "it lets in one gemeente, so there is nothing to choose"
    assert uid("other-corporation") not in shown
