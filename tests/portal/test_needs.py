# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a household needs, how it is linked, and a household that is entered by hand, in the portal."""

import pytest

from portal.words import labels
from services.housing.api.household_schemas import HouseholdIn, HouseholdPatch, ReunionPatch, UnlinkIn
from services.housing.rules.codes import UnlinkReason
from tests.portal import fake_books as fake, fake_household
from tests.portal.conftest import SignIn
from tests.portal.fake_data import uid
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_housing import SINGLE
from tests.portal.test_supply import csrf_of, sent, taken

HOME = f"/huisvesting/huishoudens/{SINGLE}"
HERE = f"{HOME}/gegevens"
NEW = "/huisvesting/huishoudens/nieuw"
WISHES = {
    "rentMax": "693,10", "needsAccessible": "ja", "workQuarter": fake.QUARTER, "familyGemeentecode": "0626",
    "shareGroup": "rustig huis", "priorityGroup": "mantelzorg", "receptionSiteId": uid("site"),
}  # fmt: skip


@pytest.mark.capability(
    "HO-06", part="in the portal VluchtelingenWerk and the gemeente record what a household needs"
)
@pytest.mark.parametrize("who", ["vwn", "consulent"])
def test_what_a_household_needs_is_recorded_where_it_was_only_read(
    who: str, gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of(who)
    assert f'href="/portal{HERE}"' in client.get(HOME).text
    shown = client.get(HERE).text
    form = {"csrf": csrf_of(shown), "householdVersion": "4", **WISHES}
    amount = client.post(HERE, data={**form, "rentMax": "veel"})
    nowhere = client.post(HERE, data={**form, "workQuarter": uid("quarter-nowhere")})
    stale = client.post(HERE, data={**form, "householdVersion": "3"})
    done = client.post(HERE, data=form)

    assert 'value="879,66"' in shown, "it begins with what stands"
    assert "Nog niet op de kaart" not in shown, "a quarter without a place is no place of work"
    assert 'id="rentMax-fout">Vul een bedrag in, bijvoorbeeld 693,10.' in amount.text
    assert 'id="workQuarter-fout">Kies een van de mogelijkheden.' in nowhere.text
    assert stale.status_code == 412
    assert done.headers["Location"] == f"/portal{HOME}?melding=wensen-vastgelegd"
    assert taken(HouseholdPatch, sent(gate, "PATCH", SINGLE)[-1]) == {
        "rentMaxCents": 69_310, "needsAccessible": True, "asksSchool": False, "familyGemeentecode": "0626",
        "shareGroup": "rustig huis", "priorityGroup": "mantelzorg", "receptionSiteId": uid("site"), "workX": 862, "workY": 4528,
    }  # fmt: skip


def test_a_list_that_was_not_on_the_page_leaves_what_stands(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    kept = {"receptionSiteId", "priorityGroup", "workQuarter"}
    form = {name: value for name, value in WISHES.items() if name not in kept}
    client.post(HERE, data={"csrf": csrf_of(client.get(HERE).text), "householdVersion": "4", **form})

    assert kept.isdisjoint(sent(gate, "PATCH", SINGLE)[-1])
    assert {"workX", "workY"}.isdisjoint(sent(gate, "PATCH", SINGLE)[-1])


@pytest.mark.capability("HO-03", part="in the portal a link is mended, ended and entered by hand")
def test_a_link_is_mended_and_ended_by_the_gemeente_alone(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    form = {"csrf": csrf_of(client.get(HERE).text), "householdVersion": "4"}
    future = client.post(f"{HERE}/koppeling", data={**form, "linkedOn": "1-12-2024"})
    mended = client.post(f"{HERE}/koppeling", data={**form, "linkedOn": "4-10-2022"})
    end = {**form, "unlinkedOn": "4-11-2024"}
    why = client.post(f"{HERE}/ontkoppelen", data=end)
    gate.way["matched"] = True
    held = client.post(f"{HERE}/ontkoppelen", data={**end, "unlinkReason": "own-home"})
    gate.way.clear()
    ended = client.post(f"{HERE}/ontkoppelen", data={**end, "unlinkReason": "own-home"})

    assert 'id="linkedOn-fout">Deze dag ligt in de toekomst.' in future.text
    assert mended.headers["Location"].endswith("koppeling-verbeterd")
    assert 'id="unlinkReason-fout">Kies waarom de koppeling eindigt.' in why.text
    assert "Dit huishouden heeft al een match" in held.text
    assert ended.headers["Location"].endswith("koppeling-beeindigd")
    assert taken(UnlinkIn, sent(gate, "POST", "/unlink")[-1]) == {
        "unlinkedOn": "2024-11-04",
        "reason": "own-home",
    }
    assert set(labels("unlink-reason")) == set(UnlinkReason)
    vwn = client_of("vwn")
    assert "De koppeling eindigt zonder huis" not in vwn.get(HERE).text
    assert vwn.post(f"{HERE}/ontkoppelen", data=end).status_code == 403


@pytest.mark.capability("HO-03", part="in the portal a link is mended, ended and entered by hand")
def test_one_household_is_entered_by_hand(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("consulent")
    assert f'href="/portal{NEW}?gemeente=1916"' in client.get("/huisvesting").text
    form = {
        "csrf": csrf_of(client.get(NEW).text), "gemeente": "1916", "linkedOn": "4-11-2024", "adults": "0", "children": "0",
        "reference": "TVS-LV-074",
    }  # fmt: skip
    nobody = client.post(NEW, data=form)
    many = client.post(NEW, data={**form, "adults": "222"})
    done = client.post(NEW, data={**form, "adults": "2", "children": "3"})

    assert 'id="adults-fout">Een huishouden heeft ten minste één persoon.' in nobody.text
    assert 'id="adults-fout">Dit is meer dan 25. Controleer het aantal.' in many.text
    assert done.headers["Location"].endswith(f"/{uid('household-new')}?melding=huishouden-vastgelegd")
    assert taken(HouseholdIn, sent(gate, "POST", "/households")[-1])["children"] == 3
    assert client_of("vwn").get(NEW).status_code == 403


@pytest.mark.capability(
    "HO-07", part="in the portal a wrong number of expected family is mended with a reason"
)
def test_a_wrong_number_of_expected_family_is_mended_with_a_reason(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("vwn")
    shown = client.get(HOME).text
    form = {
        "csrf": csrf_of(shown), "which": "number", "householdVersion": "4", "countedReunion": fake_household.REUNION,
        "rightPersons": "2", "rightAdults": "3", "numberReason": "",
    }  # fmt: skip
    path = f"{HOME}/nareis/aantal"
    why = client.post(path, data=form)
    many = client.post(path, data={**form, "numberReason": "Een kind bleef achter."})
    nobody = client.post(path, data={**form, "rightPersons": "0"})
    done = client.post(path, data={**form, "rightAdults": "1", "numberReason": "Een kind bleef achter."})

    assert "Eerst stond er 5 personen. De oudste zoon komt niet mee." in shown
    assert 'id="numberReason-fout">Schrijf op waarom het aantal niet klopte.' in why.text
    assert 'id="rightAdults-fout">Dit is meer dan de 2 personen.' in many.text
    assert 'id="rightPersons-fout">Komt er niemand meer?' in nobody.text
    assert done.headers["Location"].endswith("nareis-gewijzigd")
    assert taken(ReunionPatch, sent(gate, "PATCH", fake_household.REUNION)[-1]) == {
        "persons": 2,
        "adults": 1,
        "reason": "Een kind bleef achter.",
    }


@pytest.mark.capability("HO-23", part="the weeks that a household lost, on its page")
def test_the_weeks_that_waiting_cost_are_on_the_page_of_the_household(client_of: SignIn) -> None:
    assert "99 weken na de termijn" in client_of("vwn").get(HOME).text
