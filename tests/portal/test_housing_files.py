# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lists of housing by file: tried first, explained by line and column, entered only when it is the same file."""

import asyncio
from collections.abc import Sequence

import pytest
from playwright.sync_api import expect

from chassis.sheets import Fault
from portal.pages.housing import file_columns
from portal.pages.housing.files import lines_in_words
from services.housing.partners.table_files import read_file
from services.housing.rules.import_files import COLUMNS, Kind
from tests.portal import fake_supply as fake
from tests.portal.conftest import Desk, SignIn
from tests.portal.fake_gateway import FakeGateway
from tests.portal.fake_housing import OWNER

FILES = "/huisvesting/bestand"
LIST = b"kenmerk;koppeldatum;volwassenen\nTVS-1;5-11-2024;1\n"
OTHER = b"kenmerk;koppeldatum;volwassenen\nTVS-2;5-11-2024;1\n"


@pytest.mark.parametrize(
    ("kind", "explained", "example"),
    [
        pytest.param("households", file_columns.HOUSEHOLDS, file_columns.HOUSEHOLDS_EXAMPLE, id="households"),
        pytest.param("dwellings", file_columns.DWELLINGS, file_columns.DWELLINGS_EXAMPLE, id="dwellings"),
    ],
)
def test_the_explained_columns_are_those_that_the_service_reads(
    kind: Kind, explained: Sequence[file_columns.FileColumn], example: str
) -> None:
    told = {one.english: one for one in explained}
    assert set(told) == {column.names[0] for column in COLUMNS[kind]}
    for column in COLUMNS[kind]:
        one = told[column.names[0]]
        assert one.name in column.names
        assert one.required is column.required

    table = asyncio.run(read_file(f"\N{BYTE ORDER MARK}{example}".encode(), "csv", kind))
    assert not isinstance(table, Fault)
    assert [line.faults for line in table.lines] == [None] * (example.count("\n") - 1)


def test_lines_are_told_as_spans() -> None:
    rows = [{"line": line} for line in (4, 2, 3, 9, 11, 12)]
    assert lines_in_words(rows) == "2 tot en met 4, 9, 11 tot en met 12"
    assert lines_in_words([]) == ""


@pytest.mark.capability(
    "HO-03", part="the portal tries a list of TVS, tells what would happen, and enters that list only"
)
def test_a_list_is_tried_read_and_then_entered_by_keyboard(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent")
    page.goto("/portal/huisvesting")
    page.get_by_role("link", name="Lijst uit TVS inlezen").click()
    page.get_by_role("button", name="Probeer het bestand").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Kies eerst een bestand.")
    choose = page.get_by_label("Lijst met gekoppelde huishoudens")
    choose.set_input_files({"name": "tvs.csv", "mimeType": "text/csv", "buffer": LIST})
    page.get_by_role("button", name="Probeer het bestand").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Wat er zou gebeuren")).to_be_visible()
    expect(page.get_by_text("Er is nog niets vastgelegd.")).to_be_visible()
    expect(page.get_by_role("row", name="12 volwassenen Vul een heel getal in, zoals 2.")).to_be_visible()
    page.get_by_text("Welke regels zouden veranderen").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nieuw (3): regel 2 tot en met 4.")).to_be_visible()
    expect(page.get_by_text("Ontkoppeld (1): regel 9.")).to_be_visible()
    again = page.get_by_label("Kies hetzelfde bestand nog een keer")
    again.set_input_files({"name": "tvs.csv", "mimeType": "text/csv", "buffer": OTHER})
    page.get_by_role("button", name="Leg 5 regels vast").click()
    expect(page.get_by_role("alert")).to_contain_text("Dit is een ander bestand dan u hebt geprobeerd.")
    again.set_input_files({"name": "tvs.csv", "mimeType": "text/csv", "buffer": LIST})
    page.get_by_role("button", name="Leg 5 regels vast").click()
    expect(page.get_by_role("heading", name="Resultaat van de lijst")).to_be_visible()

    assert gate.way["files"] == [
        ("household", {"dryRun": "true", "gemeentecode": "1916"}),
        ("household", {"gemeentecode": "1916"}),
    ]
    assert desk.console == []


def test_a_corporation_tries_its_list_without_naming_a_gemeente(gate: FakeGateway, client_of: SignIn) -> None:
    client = client_of("corporation")
    csrf = client.get("/woningen/bestand").text.split('name="csrf" value="')[1].split('"')[0]
    files = {"file": ("woningen.xlsx", b"PK", "application/octet-stream")}
    answer = client.post("/woningen/bestand", data={"csrf": csrf}, files=files)

    assert answer.headers["Location"].startswith(f"/portal/woningen/bestand/{fake.TRIAL}?bestand=")
    assert gate.way["files"] == [("dwelling", {"dryRun": "true"})]
    shown = client.get(answer.headers["Location"].removeprefix("/portal")).text
    assert "Leg 5 regels vast" in shown


@pytest.mark.capability("HO-05", part="VluchtelingenWerk enters the list of a corporation in the portal")
def test_a_team_leader_enters_the_list_of_a_corporation_by_keyboard(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("vwn", scripts=False)
    page.goto("/portal/huisvesting")
    page.get_by_role("link", name="Lijst met woningen inlezen").focus()
    page.keyboard.press("Enter")
    choose = page.get_by_label("Lijst met woningen")
    choose.set_input_files({"name": "woningen.csv", "mimeType": "text/csv", "buffer": LIST})
    page.get_by_role("button", name="Probeer het bestand").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Kies de corporatie.")
    choose.set_input_files({"name": "woningen.csv", "mimeType": "text/csv", "buffer": LIST})
    page.get_by_label("Corporatie").focus()
    page.keyboard.type("WoonInvest")
    page.get_by_role("button", name="Probeer het bestand").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Wat er zou gebeuren")).to_be_visible()
    again = page.get_by_label("Kies hetzelfde bestand nog een keer")
    again.set_input_files({"name": "woningen.csv", "mimeType": "text/csv", "buffer": LIST})
    page.get_by_role("button", name="Leg 5 regels vast").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Resultaat van de lijst")).to_be_visible()

    assert gate.way["files"] == [
        ("dwelling", {"dryRun": "true", "corporationId": OWNER}),
        ("dwelling", {"corporationId": OWNER}),
    ]


def test_a_list_of_dwellings_is_entered_by_who_may_and_for_a_corporation_that_is_known(
    gate: FakeGateway, client_of: SignIn
) -> None:
    place = "/huisvesting/woningbestand"
    assert client_of("consulent").get(place).status_code == 403
    assert place not in client_of("consulent").get("/huisvesting").text
    client = client_of("vwn")
    csrf = client.get(place).text.split('name="csrf" value="')[1].split('"')[0]
    files = {"file": ("woningen.csv", LIST, "text/csv")}
    answer = client.post(place, data={"csrf": csrf, "corporatie": fake.SITE}, files=files)

    assert (answer.status_code, "Kies een van de mogelijkheden." in answer.text) == (400, True)
    assert "files" not in gate.way
    gate.mode = "empty"
    assert "Geen corporatie om uit te kiezen" in client.get(place).text


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        pytest.param("lijst.pdf", b"x", "Kies een bestand dat eindigt op .csv of .xlsx.", id="kind"),
        pytest.param("lijst.csv", b"", "Dit bestand is leeg.", id="empty"),
    ],
)
def test_a_file_that_cannot_be_a_list_is_refused_at_its_field(
    name: str, content: bytes, told: str, gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    csrf = client.get(FILES).text.split('name="csrf" value="')[1].split('"')[0]
    answer = client.post(FILES, data={"csrf": csrf, "gemeente": "1916"}, files={"file": (name, content)})

    assert (answer.status_code, told in answer.text) == (400, True)
    assert "files" not in gate.way


def test_a_list_with_an_unknown_column_says_which_and_becomes_no_job(
    gate: FakeGateway, client_of: SignIn
) -> None:
    client = client_of("consulent")
    csrf = client.get(FILES).text.split('name="csrf" value="')[1].split('"')[0]
    gate.way["refuse-file"] = True
    sent = {"csrf": csrf, "gemeente": "1916"}
    answer = client.post(FILES, data=sent, files={"file": ("tvs.csv", LIST, "text/csv")})

    assert answer.status_code == 400
    assert "Kolom 4 (&#39;nationaliteit&#39;) is niet bekend." in answer.text
    missing = client.post(FILES, data={"csrf": csrf}, files={"file": ("tvs.csv", LIST, "text/csv")})
    assert "Kies de gemeente." in missing.text


def test_the_faults_and_the_example_are_files_for_a_spreadsheet(client_of: SignIn) -> None:
    client = client_of("consulent")
    faults = client.get(f"{FILES}/{fake.TRIAL}/fouten.csv")
    assert faults.headers["content-type"] == "text/csv; charset=utf-8"
    assert faults.content.decode("utf-8-sig").splitlines() == [
        "regel;kolom;wat er niet klopt",
        "12;volwassenen;Vul een heel getal in, zoals 2.",
        "12;koppeldatum;Deze dag ligt in de toekomst.",
        "15;;Deze regel hoort bij een andere gemeente.",
    ]
    example = client.get(f"{FILES}/voorbeeld.csv")
    assert example.headers["content-disposition"] == 'attachment; filename="voorbeeld.csv"'
    assert example.content.decode("utf-8-sig") == file_columns.HOUSEHOLDS_EXAMPLE


def test_a_list_that_is_running_shows_how_far_it_is_and_one_that_failed_why(client_of: SignIn) -> None:
    client = client_of("consulent")
    running = client.get(f"{FILES}/{fake.BUSY}", headers={"HX-Request": "true"})
    assert 'value="40"' in running.text
    assert "HX-Refresh" not in running.headers
    over = client.get(f"{FILES}/{fake.TRIAL}", headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"
    assert "Rij 3 heeft meer kolommen dan de eerste regel." in client.get(f"{FILES}/{fake.BROKEN}").text


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        pytest.param({}, "Er is niets vastgelegd.", id="nothing-kept"),
        pytest.param({"dryRun": True, "accepted": 200}, "Er is niets vastgelegd.", id="only-tried"),
        pytest.param(
            {"accepted": 150, "corrected": 50},
            "Een deel is vastgelegd: 150 nieuw en 50 gewijzigd.",
            id="part-kept",
        ),
    ],
)
def test_a_file_that_failed_says_what_of_it_is_stored(
    counts: dict[str, int], told: str, gate: FakeGateway, client_of: SignIn
) -> None:
    gate.way["kept"] = counts
    shown = client_of("consulent").get(f"{FILES}/{fake.BROKEN}").text

    assert "Rij 3 heeft meer kolommen dan de eerste regel." in shown
    assert told in shown
    assert ("Een deel is vastgelegd" in shown) is ("Een deel" in told)
    assert ("<dt>Nieuw</dt><dd>150</dd>" in shown) is ("Een deel" in told)
    assert "Er zijn geen fouten gevonden." not in shown


def test_a_trial_that_would_change_nothing_has_nothing_to_enter(gate: FakeGateway, client_of: SignIn) -> None:
    gate.mode = "empty"
    shown = client_of("consulent").get(f"{FILES}/{fake.TRIAL}?bestand=00").text

    assert "Er is niets om vast te leggen" in shown
    assert "Kies hetzelfde bestand" not in shown
