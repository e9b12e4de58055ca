# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What changes for a household is recorded on its page: who it is, consent, family that comes, conflict, a next home."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from portal.words import labels
from services.housing.api.household_schemas import (
    ConsentIn,
    MemberPatch,
    ReunionIn,
    ReunionPatch,
    RevocationIn,
)
from services.housing.api.match_schemas import VolunteerIn
from services.housing.api.tasks import ArrivalIn, ConflictIn, SolutionIn
from services.housing.rules.codes import ConflictKind, ConsentKind
from tests.portal import fake_household as fake
from tests.portal.conftest import Desk, SignIn
from tests.portal.fake_data import uid
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_housing import FAMILY, LARGE, MOVING, SINGLE, STUDIO
from tests.portal.test_housing import call, odd
from tests.portal.test_supply import csrf_of, sent, taken

HERE = f"/huisvesting/huishoudens/{SINGLE}"
SHARES = f"/huisvesting/huishoudens/{LARGE}"
MEMBER = f"{HERE}/leden/{uid('member-1')}"
MOVE = f"/huisvesting/verhuizingen/{MOVING}"

FORMS: tuple[tuple[str, Callable[[], Any]], ...] = (
    ("/households/{householdId}/consents", lambda: fake.consents(call())[1]),
    ("/dwellings/{dwellingId}/conflicts", lambda: fake.conflicts(call())[1]),
)


@pytest.mark.parametrize(("path", "told"), [pytest.param(*one, id=one[0]) for one in FORMS])
def test_the_fake_of_a_household_speaks_as_the_service_does(
    path: str, told: Callable[[], Any], described: dict[str, Any]
) -> None:
    answer = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert odd(told(), answer, described["components"]["schemas"], "") == []
    assert {code.value for code in ConsentKind} == set(labels("consent-kind"))
    assert {code.value for code in ConflictKind} == set(labels("conflict-kind"))


def told(answer: httpx.Response) -> str:
    """The code of what the page says was done."""
    return answer.headers["Location"].rpartition("melding=")[2]


def test_a_consulent_searches_the_person_and_says_who_a_member_is(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent", scripts=False)
    page.goto(f"/portal{HERE}")
    page.get_by_role("link", name="Wijzig wie dit is").click()
    page.get_by_label("Zoek op achternaam").fill("Haddad")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Amal Haddad").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").first).to_contain_text("Vastgelegd wie dit is.")
    path = f"members/{uid('member-1')}"
    assert [taken(MemberPatch, body) for body in sent(gate, "PATCH", path)] == [
        {"inburgeraarId": uid("person-0")}
    ]
    assert sent(gate, "POST", "/_search") == [{"familyName": "Haddad"}], "no name stands in an address"
    assert desk.console == []


def test_who_may_not_search_chooses_from_the_list_or_fills_in_the_number(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("policy")
    shown = client.get(MEMBER).text
    form = {"csrf": csrf_of(shown), "householdVersion": "4"}
    bsn = client.post(MEMBER, data={**form, "inburgeraarId": "999990042"})
    elsewhere = client.post(MEMBER, data={**form, "inburgeraarId": uid("person-2")})
    stale = client.post(MEMBER, data={**form, "inburgeraarId": uid("person-3"), "householdVersion": "3"})
    gate.refuse_persons = True
    refused = client.get(MEMBER).text

    assert ("Zoek op achternaam" in shown, "keuze 1<" in shown) == (False, True)
    assert 'id="inburgeraarId-fout">Een nummer ziet eruit als' in bsn.text
    assert (
        'id="inburgeraarId-fout">Een van deze personen is al lid van een ander huishouden.' in elsewhere.text
    )
    assert (stale.status_code, "Iemand anders heeft dit net gewijzigd" in stale.text) == (412, True)
    assert "U ziet hier geen namen van inburgeraars." in refused
    assert 'id="inburgeraarId"' in refused, "the number of the consulent can be filled in still"
    assert client_of("vwn").get(MEMBER).status_code == 403


@pytest.mark.capability(
    "HO-15", part="in the portal a household consents to another gemeente, and takes it back"
)
def test_a_consent_is_given_and_taken_back_on_the_page_of_the_household(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("vwn")
    shown = client.get(HERE).text
    form = {"csrf": csrf_of(shown), "which": "consent", "consentKind": "exchange", "consentOn": "5-11-2024"}
    path = f"{HERE}/toestemming"
    nowhere = client.post(path, data={**form, "consentGemeente": ""})
    future = client.post(path, data={**form, "consentGemeente": "0629", "consentOn": "6-11-2024"})
    twice = client.post(path, data={**form, "consentGemeente": "0626"})
    given = client.post(path, data={**form, "consentGemeente": "0629"})
    back = {"csrf": form["csrf"], "which": "revoke", "consent": fake.CONSENT}
    early = client.post(f"{path}/intrekken", data={**back, "revokedOn": "1-9-2024"})
    revoked = client.post(f"{path}/intrekken", data={**back, "revokedOn": "5-11-2024"})

    assert "Wonen in Voorschoten, sinds 2 september 2024" in shown
    assert 'id="consentGemeente-fout">Kies de andere gemeente.' in nowhere.text
    assert 'id="consentOn-fout">Deze dag ligt in de toekomst.' in future.text
    assert (twice.status_code, "Deze toestemming geldt sinds 2 september 2024." in twice.text) == (409, True)
    assert 'id="revokedOn-fout">De toestemming is gegeven op 2 september 2024.' in early.text
    assert (told(given), told(revoked)) == ("toestemming-vastgelegd", "toestemming-ingetrokken")
    assert taken(ConsentIn, sent(gate, "POST", "/consents")[-1]) == {
        "kind": "exchange",
        "gemeentecode": "0629",
        "givenOn": "2024-11-05",
    }
    assert taken(RevocationIn, sent(gate, "POST", f"{fake.CONSENT}/revocation")[-1]) == {
        "revokedOn": "2024-11-05"
    }
    assert "Een woning delen</label>" not in shown, "to that it agreed already"


def test_family_is_expected_granted_and_there(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    csrf = csrf_of(client.get(HERE).text)
    form = {"csrf": csrf, "which": "expect", "persons": "2", "adults": "3", "expectedOn": "1-3-2025"}
    many = client.post(f"{HERE}/nareis", data={**form, "grantedOn": ""})
    expected = client.post(f"{HERE}/nareis", data={**form, "adults": "1", "grantedOn": "4-11-2024"})
    change = {
        "csrf": csrf, "which": "reunion", "reunion": fake.REUNION, "householdVersion": "4", "reunionWhat": "grantedOn",
    }  # fmt: skip
    path = f"{HERE}/nareis/stand"
    future = client.post(path, data={**change, "reunionOn": "1-12-2024"})
    granted = client.post(path, data={**change, "reunionOn": "1-11-2024"})
    stale = client.post(path, data={**change, "reunionOn": "1-11-2024", "householdVersion": "3"})
    there = client.post(path, data={**change, "reunionWhat": "arrivedOn", "reunionOn": "5-11-2024"})

    assert 'id="adults-fout">Dit is meer dan de 2 personen.' in many.text
    assert 'id="reunionOn-fout">Deze dag ligt in de toekomst.' in future.text
    assert (told(expected), told(granted), told(there)) == (
        "nareis-vastgelegd",
        "nareis-gewijzigd",
        "gezin-is-er",
    )
    assert stale.status_code == 412
    assert taken(ReunionIn, sent(gate, "POST", "/reunions")[-1])["grantedOn"] == "2024-11-04"
    assert taken(ReunionPatch, sent(gate, "PATCH", fake.REUNION)[1]) == {"grantedOn": "2024-11-01"}
    assert [taken(ArrivalIn, body) for body in sent(gate, "POST", "/arrival")] == [
        {"arrivedOn": "2024-11-05"}
    ]


@pytest.mark.capability("HO-08", part="in the portal a conflict in a shared home is recorded and ended")
def test_a_conflict_in_a_shared_home_is_recorded_and_ended(gate: FakeGateway, client_of: SignIn) -> None:
    gate.way["lives"] = fake.lives(shared=True)
    client = client_of("vwn")
    shown = client.get(SHARES).text
    csrf = csrf_of(shown)
    path = f"{SHARES}/woning/{FAMILY}/conflict"
    nothing = client.post(path, data={"csrf": csrf, "which": "conflict", "occurredOn": "4-11-2024"})
    logged = client.post(path, data={"csrf": csrf, "conflictKind": "noise", "occurredOn": "4-11-2024"})
    end = {"csrf": csrf, "which": "solve", "conflict": fake.CONFLICT}
    early = client.post(f"{SHARES}/conflict/voorbij", data={**end, "solvedOn": "1-11-2024"})
    solved = client.post(f"{SHARES}/conflict/voorbij", data={**end, "solvedOn": "5-11-2024"})
    foreign = client.post(
        f"{SHARES}/conflict/voorbij", data={**end, "conflict": "../1", "solvedOn": "5-11-2024"}
    )

    assert "Conflict: Geluid, 4 november 2024" in shown
    assert "Kosten, 4 november" not in shown, "that is the conflict of somebody else"
    assert 'id="conflictKind-fout">Kies waar het conflict over gaat.' in nothing.text
    assert 'id="solvedOn-fout">Het conflict begon later.' in early.text
    assert (told(logged), told(solved), foreign.status_code) == (
        "conflict-vastgelegd",
        "conflict-voorbij",
        400,
    )
    assert [taken(ConflictIn, body)["householdId"] for body in sent(gate, "POST", "/conflicts")] == [LARGE]
    assert [taken(SolutionIn, body) for body in sent(gate, "POST", "/solution")][-1] == {
        "solvedOn": "2024-11-05"
    }
    assert "Conflict vastleggen" not in client.get(HERE).text, "who shares no home has none"


@pytest.mark.capability("HO-12", part="in the portal a next home is proposed for who must move on")
@pytest.mark.parametrize(
    ("home", "task", "moves_on"),
    [
        pytest.param({"shared": True}, {}, True, id="shares"),
        pytest.param({"dwellingId": STUDIO}, {}, True, id="is-there-for-a-time"),
        pytest.param({}, {"householdId": LARGE, "kind": "reunion-exit"}, True, id="family-comes"),
        pytest.param({}, {"householdId": LARGE, "kind": "passed-over"}, False, id="other-task"),
        pytest.param({"shared": True, "leftOn": "2024-11-05"}, {}, False, id="left"),
        pytest.param({}, {}, False, id="home-for-good"),
    ],
)
def test_another_home_is_proposed_for_who_must_move_on_and_for_nobody_else(
    home: dict[str, Any], task: dict[str, Any], moves_on: bool, gate: FakeGateway, client_of: SignIn
) -> None:
    gate.way |= {"lives": fake.lives(**home), "task": task, "temporary": STUDIO}
    shown = client_of("vwn").get(SHARES).text

    for words in ("Volgende woning voorstellen", "Laat de computer een woning zoeken"):
        assert (words in shown) is moves_on, words
    assert ("Er komt gezin: zoek een grotere woning, uiterlijk 12 november 2024" in shown) is (
        task.get("kind") == "reunion-exit"
    )


@pytest.mark.capability("HO-21", part="a team leader says in the portal which volunteer helps with a move")
def test_a_team_leader_chooses_the_volunteer_of_a_move(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    before = client.get("/huisvesting/verhuizingen").text
    form = {"csrf": csrf_of(client.get(MOVE).text), "volunteerId": uid("volunteer")}
    chosen = client.post(f"{MOVE}/vrijwilliger", data=form)
    shown = client.get(MOVE).text
    after = client.get("/huisvesting/verhuizingen").text
    client.post(f"{MOVE}/vrijwilliger", data={**form, "volunteerId": ""})

    assert (told(chosen), "Nog geen vrijwilliger" in before, "Nog geen vrijwilliger" in after) == (
        "vrijwilliger-gekozen",
        True,
        False,
    )
    assert f'value="{uid("volunteer")}" selected>Theo van Leeuwen' in shown
    assert "Joost Bakker</option>" not in shown, "only volunteers can be chosen"
    assert [taken(VolunteerIn, body)["volunteerId"] for body in sent(gate, "PUT", "/volunteer")] == [
        uid("volunteer"),
        None,
    ]
    assert "Wie helpt bij de verhuizing" not in client_of("consulent").get(MOVE).text


@pytest.mark.capability(
    "HO-21", part="in the portal a corporation hands over the key and ticks its own tasks"
)
def test_a_corporation_does_its_part_of_a_move_and_sees_nothing_of_the_household(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("corporation")
    assert f'href="/portal{MOVE}"' in client.get("/woningen").text
    shown = client.get(MOVE).text
    form = {"csrf": csrf_of(shown), "code": "meters-read", "done": "ja"}
    ticked = client.post(f"{MOVE}/lijst", data=form)
    gate.handled[MOVING] = {"status": "accepted", "keyOn": None}
    ready = client.get(MOVE).text
    key = client.post(f"{MOVE}/stap", data={**form, "step": "key-handed-over", "on": "5-11-2024"})

    assert "Huishouden van 9 personen" in shown
    assert ("Huurcontract tekenen" in shown, "Inschrijven in de BRP" in shown) == (True, False)
    assert ("De sleutel is gegeven" in ready, "Het huishouden zegt nee" in ready) == (True, False)
    assert (told(ticked), told(key)) == ("lijst-bijgewerkt", "stap-vastgelegd")
    assert not any(path.startswith("/housing/v1/households") for _, path, _ in gate.calls)
    assert client.get("/huisvesting/verhuizingen").status_code == 403


@pytest.mark.parametrize(
    ("kind", "field", "text"),
    [
        pytest.param("shared", "shareSlots", "Vul in hoeveel alleenstaanden", id="nobody-can-share"),
        pytest.param("flex", "maxStayMonths", "Vul in hoeveel maanden", id="no-longest-stay"),
    ],
)
def test_a_home_to_share_or_for_a_time_is_offered_with_its_terms(
    kind: str, field: str, text: str, gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("corporation")
    form = {
        "csrf": csrf_of(client.get("/woningen").text), "quarter": "Bovenveen", "kind": kind, "rooms": "4", "sizeM2": "90",
        "rentCents": "720", "availableFrom": "1-12-2024", "shareSlots": "", "maxStayMonths": "",
    }  # fmt: skip
    refused = client.post("/woningen", data=form)
    offered = client.post("/woningen", data={**form, field: "3", "minPersons": "2"})

    assert f'id="{field}-fout">{text}' in refused.text
    assert told(offered) == "woning-aangeboden"
    assert [(body[field], body["minPersons"]) for body in sent(gate, "POST", "/dwellings")] == [(3, 2)]
