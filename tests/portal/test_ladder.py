# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Recording what the Province decided and wrote, and what the measures of a gemeente brought."""

import pytest

from portal.words import labels
from services.housing.api.ladder import LadderLetterIn, LadderStepIn, LetterAnswerIn
from services.housing.api.plans import ActionPlanIn, MeasureResultIn, PlanMeasureIn
from services.housing.rules.plans import MeasureKind
from tests.portal import fake_ladder as fake
from tests.portal.conftest import SignIn
from tests.portal.fake_gateway import FakeGateway
from tests.portal.test_supply import csrf_of, sent, taken

HERE = "/huisvesting/taakstelling/ladder"


@pytest.mark.capability("HO-16", part="in the portal a step, a letter and its answer are recorded")
@pytest.mark.parametrize("who", ["consulent", "province"])
def test_a_step_a_letter_and_its_answer_are_recorded(who: str, gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of(who)
    assert f"{HERE}?gemeente=1916" in client.get("/huisvesting/taakstelling").text
    shown = client.get(HERE).text
    form = {"csrf": csrf_of(shown), "gemeentecode": "1916"}
    step = {**form, "step": "3", "since": "1-1-2025", "stepDueOn": "", "stepReason": "Brief van 4 november."}
    twice = client.post(f"{HERE}/trede", data={**step, "since": "1-7-2024"})
    early = client.post(f"{HERE}/trede", data={**step, "stepDueOn": "1-12-2024"})
    recorded = client.post(f"{HERE}/trede", data=step)
    letter = {
        **form, "letterKind": "quarterly", "reference": "PZH-2024-3", "sentOn": "4-11-2024", "quarter": "",
        "answerDueOn": "1-12-2024",
    }  # fmt: skip
    no_quarter = client.post(f"{HERE}/brief", data=letter)
    known = client.post(f"{HERE}/brief", data={**letter, "quarter": "2024-3"})
    kept = client.post(f"{HERE}/brief", data={**letter, "quarter": "2024-3", "reference": "PZH-2024-4"})
    answer = {**form, "letter": fake.LETTER, "answeredOn": "1-10-2024"}
    before = client.post(f"{HERE}/antwoord", data=answer)
    answered = client.post(f"{HERE}/antwoord", data={**answer, "answeredOn": "5-11-2024"})

    assert "Kwartaalbrief van 15 oktober 2024, kenmerk PZH-2024-3" in shown
    assert 'id="since-fout">Op 1 juli 2024 begint al een trede.' in twice.text
    assert 'id="stepDueOn-fout">De termijn eindigt voor de trede begint.' in early.text
    assert 'id="quarter-fout">Vul bij een kwartaalbrief' in no_quarter.text
    assert 'id="reference-fout">Dit kenmerk is al vastgelegd.' in known.text
    assert 'id="answeredOn-fout">Noem een dag van 15 oktober 2024' in before.text
    for done, message in ((recorded, "trede"), (kept, "brief"), (answered, "antwoord")):
        assert done.headers["Location"].endswith(f"gemeente=1916&melding={message}-vastgelegd")
    assert taken(LadderStepIn, sent(gate, "POST", "/ladder-steps")[-1])["reason"] == "Brief van 4 november."
    assert taken(LadderLetterIn, sent(gate, "POST", "/ladder-letters")[-1])["quarter"] == "2024-3"
    assert taken(LetterAnswerIn, sent(gate, "POST", "/answers")[-1]) == {"answeredOn": "2024-11-05"}


@pytest.mark.capability("HO-17", part="in the portal a measure and what it brought are recorded")
def test_a_gemeente_records_a_plan_a_measure_and_what_it_brought(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    shown = client.get(HERE).text
    form = {"csrf": csrf_of(shown), "gemeentecode": "1916"}
    plan = client.post(f"{HERE}/plan", data={**form, "planTitle": "Plan 2025", "drawnUpOn": "5-11-2024"})
    measure = {
        **form, "plan": fake.PLAN, "measureKind": "sharing", "measureTitle": "Woningdelen", "owner": "Wonen",
        "expected": "12", "expectedBy": "30-6-2025", "probabilityPercent": "",
    }  # fmt: skip
    nobody = client.post(f"{HERE}/maatregel", data={**measure, "owner": ""})
    added = client.post(f"{HERE}/maatregel", data=measure)
    result = {**form, "measure": fake.MEASURE, "countsFrom": "4-11-2024", "resultPersons": "0", "note": ""}
    nothing = client.post(f"{HERE}/resultaat", data=result)
    brought = client.post(f"{HERE}/resultaat", data={**result, "resultPersons": "3"})

    assert "Woningdelen uitbreiden (0 van 12) personen gehuisvest" in shown
    assert 'id="owner-fout">Vul in welke functie of partij ervoor zorgt.' in nobody.text
    assert 'id="resultPersons-fout">Deze maatregel heeft er nu 0 gehuisvest.' in nothing.text
    for done, message in (
        (plan, "plan-begonnen"),
        (added, "maatregel-vastgelegd"),
        (brought, "resultaat-vastgelegd"),
    ):
        assert done.headers["Location"].endswith(message)
    taken(ActionPlanIn, sent(gate, "POST", "/action-plans")[-1])
    assert "probabilityPercent" not in taken(PlanMeasureIn, sent(gate, "POST", "/measures")[-1])
    assert taken(MeasureResultIn, sent(gate, "POST", "/results")[-1])["persons"] == 3
    assert {kind.value for kind in MeasureKind} == set(labels("measure-kind"))


def test_the_province_records_no_plan_and_vluchtelingenwerk_nothing(client_of: SignIn) -> None:
    shown = client_of("province").get(HERE).text

    assert ("Trede vastleggen" in shown, "Plan van aanpak" in shown) == (True, False)
    assert client_of("vwn").get(HERE).status_code == 403
