# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people ask beside the desk: why not, what is to be done, how long people wait."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from portal.pages.housing.todo import by_day
from portal.pages.housing.waiting import reasons, table
from portal.pages.housing.why_not import in_words
from portal.words import labels
from services.housing.rules.codes import PinKind, TaskKind
from services.housing.rules.households import HouseholdType
from tests.portal import fake_asked as fake, fake_searches
from tests.portal.conftest import Desk, SignIn
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_housing import FAMILY, LARGE, MOVING, SINGLE, STUDIO
from tests.portal.fake_state import Call
from tests.portal.screens import HOUSEHOLD
from tests.portal.test_housing import call, odd

RUN = f"/huisvesting/voorstellen/{fake_searches.RUN}"
TODO = "/huisvesting/verhuizingen/taken"
WAITS = "/huisvesting/wachttijden"

FORMS: tuple[tuple[str, Callable[[Call], Any]], ...] = (
    *(("/match-proposals/{runId}/explanations/{explanationId}", lambda _, name=name: fake.why(name)) for name in fake.WHY),
    ("/pins", lambda one: fake.pins(one)[1]),
    ("/tasks", lambda one: fake.tasks(one)[1]),
    ("/waiting-times", lambda one: fake.waits(one)[1]),
    ("/refusals", lambda one: fake.refusals(one)[1]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "told"), [pytest.param(*one, id=f"{number}-{one[0]}") for number, one in enumerate(FORMS)]
)
def test_the_fake_speaks_as_the_service_does(
    path: str, told: Callable[[Call], Any], described: dict[str, Any]
) -> None:
    answer = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    assert odd(told(call()), answer, described["components"]["schemas"], "") == []


def test_every_kind_of_pin_task_and_size_has_a_dutch_word() -> None:
    assert set(PinKind) == set(labels("pin-kind")) == set(labels("pin-kind-long"))
    assert set(TaskKind) == set(labels("task-kind")) == set(labels("task-why"))
    assert set(HouseholdType) == set(labels("household-type-size"))


def csrf_of(client: httpx.Client, path: str) -> str:
    return client.get(path).text.split('name="csrf" value="')[1].split('"')[0]


# Why not ----------------------------------------------------------------------------------------


@pytest.mark.capability("HO-06", part="the portal tells a volunteer why a household does not get a dwelling")
def test_a_volunteer_asks_with_the_keyboard_which_rule_forbids_a_pair(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("vwn", scripts=False)
    page.goto(HOUSEHOLD)
    page.get_by_role("link", name="Waarom kreeg dit huishouden een woning niet?").click()
    household = page.get_by_label("Huishouden", exact=True)
    assert household.input_value() == SINGLE, "the household from which one came is chosen"
    household.focus()
    page.keyboard.press("Tab")
    page.keyboard.type("Essesteijn, WO-701")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text("Een regel verbiedt het: gemeente")
    expect(page.locator("main")).to_contain_text(
        "De woning staat in Voorschoten. Het huishouden is gekoppeld aan Leidschendam-Voorburg"
    )
    assert [body for _, path, body in gate.calls if path.endswith("/explanations")] == [
        {"householdId": SINGLE, "dwellingId": FAMILY}
    ]


@pytest.mark.capability(
    "PX-16", part="the portal shows what a pair would cost others, and who loses a proposal"
)
def test_a_price_is_computed_while_one_waits_and_names_who_loses(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("vwn")
    page.goto(f"/portal{RUN}")
    page.get_by_role("link", name="Waarom kreeg een huishouden een woning niet?").click()
    page.get_by_label("Huishouden", exact=True).select_option(SINGLE)
    page.get_by_label("Woning", exact=True).select_option(STUDIO)
    page.get_by_role("button", name="Waarom niet?").click()
    expect(page.get_by_role("status")).to_contain_text("Wordt uitgerekend.")
    expect(page.get_by_role("heading", name="Wat het anderen kost")).to_be_visible()
    figures = page.locator(".portal-figures").inner_text().split("\n")
    assert [line for line in figures if line.isdigit()] == ["2", "31", "4"]
    expect(
        page.get_by_role("link", name="Huishouden zonder kenmerk").or_(
            page.get_by_role("link", name="TVS-LV-070")
        )
    ).to_be_visible()
    expect(page.get_by_role("link", name="Toch deze match voorstellen")).to_be_visible()
    assert desk.console == []


@pytest.mark.parametrize(
    ("price", "heading"),
    [
        pytest.param((2, 31, -4), "Het mag, maar een andere verdeling was beter", id="costs-persons"),
        pytest.param((0, 0, 3), "Het mag, maar een andere verdeling was beter", id="costs-points"),
        pytest.param((0, 0, 0), "Het mag, en het kost niets", id="costs-nothing"),
        pytest.param((0, -8, 20), "Het mag, en het is beter dan wat is voorgesteld", id="gains-weeks"),
        pytest.param((0, -8, 20, True), "Dit paar was uitgesloten", id="excluded"),
    ],
)
def test_the_heading_of_a_price_says_whether_it_costs_anything(
    price: tuple[int, ...], heading: str, gate: FakeGateway, client_of: SignIn
) -> None:
    names = ("personsFewer", "weeksMore", "pointsFewer", "excluded")
    gate.way["price"] = dict(zip(names, price, strict=False))
    shown = client_of("vwn").get(f"{RUN}/waarom-niet/{fake.WHY['price']}").text

    assert shown.split('id="antwoord">')[1].split("</h2>")[0].strip() == heading


def test_what_was_not_chosen_or_did_not_take_part_is_told_at_its_field(
    client_of: SignIn, gate: FakeGateway
) -> None:
    client = client_of("consulent")
    path = f"{RUN}/waarom-niet"
    csrf = csrf_of(client, path)

    empty = client.post(path, data={"csrf": csrf})
    assert "Kies een huishouden." in empty.text
    assert "Kies een woning." in empty.text
    refused = client.post(path, data={"csrf": csrf, "householdId": LARGE, "dwellingId": STUDIO})
    assert refused.status_code == 409
    assert 'id="dwellingId-fout">Deze woning deed niet mee aan deze zoekopdracht.' in refused.text
    shown = client.get(f"{path}/{fake.WHY['price']}").text
    assert "Toch deze match voorstellen" not in shown, "the gemeente decides, and does not propose"
    assert client.get(f"{path}/{SINGLE}").status_code == 404
    assert client_of("corporation").get(path).status_code == 403


def test_a_gemeente_is_called_by_its_name() -> None:
    assert in_words("In gemeente 0626 of gemeente 1234.") == "In Voorschoten of 1234."
    assert in_words(None) == ""


# What is to be done -----------------------------------------------------------------------------


@pytest.mark.capability("HO-21", part="all lists of the move day together, by day, ticked off by keyboard")
def test_what_is_due_over_all_households_is_ticked_off_by_keyboard(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("vwn", scripts=False)
    page.goto("/portal/huisvesting/verhuizingen")
    page.get_by_role("link", name="Alle taken rond verhuizingen, per dag").click()
    days = page.get_by_role("heading", level=2)
    expect(days).to_have_count(3)
    assert [text.split(" 2024")[0] for text in days.all_inner_texts()] == [
        "4 november",
        "9 november",
        "12 november",
    ]
    page.get_by_role("button", name=re.compile("Gedaan.*verzekeringen afsluiten")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("De taak is gedaan")
    page.get_by_role("button", name=re.compile("Gedaan.*volgende woning zoeken, Yonas Tesfaye")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_count(1)
    done = [
        (path, body) for method, path, body in gate.calls if method in {"PUT", "POST"} and "/housing/" in path
    ]
    assert done == [
        (f"/housing/v1/matches/{MOVING}/checklist/insurance", {"doneOn": "2024-11-05"}),
        (f"/housing/v1/tasks/{fake.TASK}/completion", {}),
    ]


def test_each_party_sees_its_own_list_and_what_it_waits_for(client_of: SignIn, gate: FakeGateway) -> None:
    gemeente = client_of("consulent").get(TODO).text
    assert "Inschrijven in de BRP" in gemeente
    assert "Verzekeringen afsluiten" not in gemeente
    assert "VluchtelingenWerk: " in gemeente.split("Waar u op wacht")[1]
    volunteer = client_of("volunteer").get(TODO).text
    assert "Verzekeringen afsluiten" in volunteer
    assert "Volgende woning zoeken" not in volunteer
    assert not [path for _, path, _ in gate.calls[-6:] if path.endswith("/tasks")], (
        "a volunteer asks for no tasks"
    )
    assert client_of("vwn").post(TODO, data={"csrf": csrf_of(client_of("vwn"), TODO)}).status_code == 400


def test_only_what_can_be_opened_again_is_said_to_be(client_of: SignIn, gate: FakeGateway) -> None:
    client = client_of("vwn")
    hint = "Per ongeluk op Gedaan gekozen"
    assert hint in client.get(TODO).text
    gate.way["ticked"] = {"move-planned", "insurance"}
    shown = client.get(TODO).text

    assert "Volgende woning zoeken" in shown
    assert hint not in shown, "a task that is closed stays closed"


def test_family_that_comes_asks_for_a_larger_dwelling(client_of: SignIn, gate: FakeGateway) -> None:
    gate.way["task"] = {"kind": "reunion-exit"}
    shown = client_of("vwn").get(TODO).text

    assert "Er komt gezin: zoek een grotere woning" in shown
    assert "De woning is dan te klein of tijdelijk" in shown
    assert "gedeelde woning" not in shown, "a studio or a place to pass through is not shared"


def test_days_are_in_order_and_say_whether_they_are_over() -> None:
    found = by_day(
        [{"dueOn": day, "householdId": "h", "text": text} for day, text in (("2024-11-06", "b"), ("2024-11-04", "c"), ("2024-11-06", "a"))],
        date(2024, 11, 5),
    )  # fmt: skip
    assert [(one.on, one.late, [item["text"] for item in one.items]) for one in found] == [
        ("2024-11-04", True, ["c"]),
        ("2024-11-06", False, ["a", "b"]),
    ]


# How long ---------------------------------------------------------------------------------------


@pytest.mark.capability(
    "HO-04", part="waiting times by gemeente and size in the portal, small numbers hidden"
)
def test_a_wait_of_too_few_households_is_not_shown_nor_can_it_be_counted_back() -> None:
    rows = [fake.wait(None, 61, 8.5), fake.wait("single", 40, 6.2), fake.wait("family", 18, 12.0), fake.wait("large-family", 3, 24.5)]  # fmt: skip
    shown = {row.text: (row.households, row.median, row.percent) for row in table(rows)}
    assert shown == {
        "Alle huishoudens": (61, 8.5, 100),
        "1 persoon": (40, 6.2, 73),
        "5 tot en met 7 personen": (None, None, 0),  # else 61 - 40 - 18 tells the other
        "8 of meer personen": (None, None, 0),
    }
    few = table([fake.wait(None, 4, 14.2), fake.wait("single", 4, 14.2)])
    assert [(row.households, row.median, row.longest) for row in few] == [(None, None, None)] * 2
    assert table([]) == []


@pytest.mark.capability("HO-06", part="refused dwellings by reason in the portal, small numbers hidden")
def test_a_reason_that_was_seldom_given_is_not_counted() -> None:
    counts = [
        {"refusal": "rent", "by": "household", "matches": 10}, {"refusal": "rent", "by": "gemeente", "matches": 4},
        {"refusal": "location", "by": "gemeente", "matches": 5}, {"refusal": "work", "by": "household", "matches": 1},
    ]  # fmt: skip
    assert [(one.text, one.gemeente, one.household, one.percent) for one in reasons(counts)] == [
        ("Te duur", None, 10, 100),
        ("Ligging", 5, 0, 50),
        ("Werk", 0, None, 0),
    ]


def test_waits_are_read_per_gemeente_with_who_waits_too_long(client_of: SignIn, gate: FakeGateway) -> None:
    client = client_of("vwn")
    assert WAITS in client.get("/huisvesting").text
    shown = client.get(f"{WAITS}?gemeente=1916").text

    assert "Per gemeente" in shown
    assert "Voorschoten" in shown
    assert "8,5" in shown
    assert "24,5" not in shown, "three large families are too few"
    assert "Yonas Tesfaye" in shown.split("Wacht langer dan 24 maanden")[1]
    assert "Grote gezinnen die nog nooit een aanbod kregen" in shown
    assert "minder dan 5" in shown
    assert client_of("province").get(WAITS).status_code == 403
