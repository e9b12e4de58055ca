# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people lay down for the search: set, let go, and told where it cannot go together."""

from typing import Any

import pytest

from portal.pages.housing.pins import clashes, taking_part
from tests.portal import fake_asked as fake, fake_searches, fake_supply
from tests.portal.conftest import SignIn
from tests.portal.fake_data import uid
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_housing import FAMILY, LARGE, SINGLE, STUDIO
from tests.portal.screens import HOUSEHOLD
from tests.portal.test_asked import csrf_of

RUN = f"/huisvesting/voorstellen/{fake_searches.RUN}"
PINS = "/huisvesting/voorstellen/vastgezet"


def test_a_pair_is_pinned_with_a_reason_and_an_end_and_let_go_again(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("vwn")
    shown = client.get(PINS).text
    csrf = csrf_of(client, PINS)
    assert "Dicht bij het werk in Leiden." in shown
    assert "3 december 2024" in shown
    assert "Dit kan niet samen" not in shown
    form = {
        "csrf": csrf,
        "kind": "ban",
        "householdId": SINGLE,
        "dwellingId": FAMILY,
        "reason": "",
        "expiresOn": "1-2-2025",
    }

    assert "Schrijf op waarom." in client.post(PINS, data=form).text
    assert "Kies een woning." in client.post(PINS, data={**form, "dwellingId": "", "reason": "Trap"}).text
    held = {**form, "kind": "hold", "householdId": LARGE, "reason": "Wacht"}
    assert "Dit is al vastgezet." in client.post(PINS, data=held).text
    made = client.post(PINS, data={**form, "reason": "Er is een trap"})
    assert made.headers["Location"].endswith("melding=vastgezet")
    sent = [body for method, path, body in gate.calls if (method, path[-5:]) == ("POST", "/pins")]
    assert sent[0] == {"kind": "hold", "householdId": LARGE, "reason": "Wacht", "expiresOn": "2025-02-01"}
    assert sent[-1]["dwellingId"] == FAMILY
    lifted = client.post(f"{PINS}/{fake.PIN}/los", data={"csrf": csrf})
    assert lifted.headers["Location"].endswith("melding=losgemaakt")
    assert "Dicht bij het werk in Leiden." not in client.get(PINS).text


def test_pins_that_clash_are_named_as_the_smallest_set(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    gate.way["pins"] = [fake.pin(uid("more"), "pin", LARGE, STUDIO)]
    assert "Dit kan niet samen" not in client.get(PINS).text, "a household that is held is in no search"
    gate.handled[fake.HOLD] = {}
    shown = client.get(PINS).text.split("Wat nu geldt")[0]

    assert "Dit kan niet samen" in shown
    assert "mislukt elke zoekopdracht waarin deze huishoudens en woningen meedoen" in shown
    assert shown.count('href="#regel-') == 2
    assert fake.PIN in shown


def test_a_search_that_failed_over_pins_names_them(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    told = {"status": "failed", "statement": None}
    gate.way.update(failed=told, problem=fake.clashing_job())
    shown = client.get(RUN).text

    assert "Dit is de kleinste groep die niet samen kan." in shown
    assert "Yonas Tesfaye in Essesteijn (VI-604)" in shown
    way = shown.split('href="/portal')[1:]
    to_pins = next(one.split('"')[0] for one in way if "zoekopdracht=" in one)
    gate.handled.update({fake.HOLD: {}, fake.BAN: {}})
    gate.way["pins"] = [fake.pin(uid("more"), "pin", LARGE, FAMILY)]
    gate.way["problem"]["pins"][1]["dwellingId"] = FAMILY
    assert "Dit kan niet samen" not in client.get(PINS).text, (
        "only the search knows why these cannot go together"
    )
    assert f'href="#regel-{uid("more")}"' in client.get(to_pins).text


def test_the_page_of_a_household_goes_through_no_searches(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("vwn")
    asked = "/huisvesting/voorstellen/waarom-niet"
    searches = "/housing/v1/match-proposals"
    for path in (HOUSEHOLD.removeprefix("/portal"), PINS):
        client.get(path)
    assert searches not in [path for _, path, _ in gate.calls]
    went = client.get(f"{asked}?huishouden={SINGLE}")
    assert went.headers["Location"] == f"/portal{RUN}/waarom-niet?huishouden={SINGLE}"
    gate.mode = "empty"
    assert "nog geen zoekopdracht klaar" in client.get(f"{asked}?huishouden={SINGLE}").text
    assert client.get(f"{asked}?huishouden=1").status_code == 404


def test_a_housing_service_of_the_release_before_is_read_too(gate: FakeGateway, client_of: SignIn) -> None:
    gate.untold = {"unusedPins", "unlinked", "version", "excluded"}
    client = client_of("vwn")
    gemeente = client_of("consulent")
    shown = (
        client.get(RUN),
        client.get(f"{RUN}/waarom-niet/{fake.WHY['price']}"),
        gemeente.get(f"/huisvesting/bestand/{fake_supply.TRIAL}"),
        gemeente.get(f"/huisvesting/projecten/{fake_supply.PROJECT}"),
        gemeente.get(f"/huisvesting/projecten/flex/{fake_supply.FLEX}"),
    )

    assert [one.status_code for one in shown] == [200] * 5
    assert "Vastgezet, maar niet gebruikt" not in shown[0].text


def test_a_search_says_which_pins_it_could_not_use(client_of: SignIn) -> None:
    shown = client_of("vwn").get(RUN).text.split("Vastgezet, maar niet gebruikt")[1]

    assert "TVS-LV-070 in Essesteijn (VI-604): dit huishouden moest nog wachten met zoeken." in shown


def laid(kind: str, household: str, dwelling: str | None = None) -> dict[str, Any]:
    return {
        "id": f"{kind}-{household}-{dwelling}",
        "kind": kind,
        "householdId": household,
        "dwellingId": dwelling,
    }


@pytest.mark.parametrize(
    ("pins", "shared", "sets"),
    [
        pytest.param([laid("pin", "a", "x"), laid("ban", "a", "y"), laid("hold", "b")], 0, [], id="none"),
        pytest.param(
            [laid("pin", "a", "x"), laid("pin", "a", "y")], 0, [{"x", "y"}], id="one-household-twice"
        ),
        pytest.param([laid("pin", "a", "x"), laid("ban", "a", "x")], 0, [{"x"}], id="pinned-and-excluded"),
        pytest.param([laid("pin", "a", "x"), laid("pin", "b", "x")], 0, [{"x"}], id="one-dwelling-twice"),
        pytest.param([laid("pin", "a", "x"), laid("pin", "b", "x")], 2, [], id="to-be-shared"),
    ],
)
def test_only_what_no_search_could_keep_is_called_a_clash(
    pins: list[dict[str, Any]], shared: int, sets: list[set[str]]
) -> None:
    found = clashes(pins, {"x": {"shareSlots": shared}})
    assert [{pin["dwellingId"] for pin in one} for one in found] == sets
    assert all(len(one) == 2 for one in found)


@pytest.mark.parametrize(
    ("waiting", "offered", "held", "counted"),
    [
        pytest.param({"a", "b"}, {"x"}, [], ["a", "b"], id="all-in-the-search"),
        pytest.param({"a"}, {"x"}, [], ["a"], id="one-no-longer-waits"),
        pytest.param({"a", "b"}, set(), [], [], id="dwelling-no-longer-offered"),
        pytest.param({"a", "b"}, {"x"}, [laid("hold", "b")], ["a"], id="one-is-held"),
    ],
)
def test_what_takes_no_part_in_a_search_cannot_clash(
    waiting: set[str], offered: set[str], held: list[dict[str, Any]], counted: list[str]
) -> None:
    pins = [laid("pin", "a", "x"), laid("pin", "b", "x"), *held]
    assert [one["householdId"] for one in taking_part(pins, waiting, offered)] == counted
