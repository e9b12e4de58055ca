# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people come to do, in a real browser: by keyboard, without JavaScript, and when it goes wrong."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.portal.conftest import Desk
from tests.portal.fake_data import uid
from tests.portal.fake_gateway import FakeGateway
from tests.portal.screens import LESSON, PERSON, SIGNAL

COVERED = """() => {
  const box = document.activeElement.getBoundingClientRect();
  const spot = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const label = document.activeElement.closest("label");
  return !(spot && (document.activeElement.contains(spot) || spot.contains(document.activeElement) || label?.contains(spot)));
}"""


def attendance_puts(gate: FakeGateway) -> list[tuple[str, dict[str, object]]]:
    return [(path.rsplit("/", 1)[1], body) for method, path, body in gate.calls if method == "PUT"]


def row(page: Page, number: int) -> str:
    return f"[data-row]:has(#naam-{uid(f'person-{number}')})"


def test_a_roll_call_is_done_with_the_keyboard_alone(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("teacher")
    page.goto(LESSON)
    page.locator("[data-row] input[type=radio]").first.focus()
    for key in ("1", "4", "3", "2"):
        page.keyboard.press(key)
    saved = page.locator(".portal-state--saved")
    expect(saved).to_have_count(4)
    # Rows are saved side by side, so the calls may arrive in any order; each person has one.
    sent = {person: str(body["status"]) for person, body in attendance_puts(gate)}
    assert sorted(sent.values()) == ["excused", "present", "sick", "unexcused"]
    # The second person by family name is Farid Ahmadi; the answer says that the consulent was told.
    assert sent[uid("person-5")] == "unexcused"
    expect(page.locator(row(page, 5))).to_contain_text("Signaal verstuurd naar de consulent")
    page.keyboard.press("ArrowUp")
    focused = page.evaluate(
        "() => document.activeElement.closest('[data-row]').querySelector('th').textContent"
    )
    assert focused == "Selam Berhane"
    assert desk.console == []


def test_arrows_between_statuses_save_the_last_one_only(gate: FakeGateway, desk: Desk) -> None:
    with desk.apart("teacher") as page:  # whose clock stands still between the keys
        page.clock.install()
        page.goto(LESSON)
        page.clock.pause_at(page.evaluate("() => Date.now() + 1000"))
        page.locator("[data-row] input[type=radio]").first.focus()
        for key in ("Space", "ArrowRight", "ArrowRight"):
            page.keyboard.press(key)
        assert attendance_puts(gate) == []
        page.clock.resume()
        expect(page.locator(".portal-state--saved")).to_have_count(1)
    assert [body for _, body in attendance_puts(gate)] == [{"status": "sick"}]


def test_tab_reaches_every_row_and_focus_is_never_hidden(gate: FakeGateway, desk: Desk) -> None:
    for width in (1280, 375):
        page = desk.sit("teacher", width=width)
        page.goto(LESSON)
        seen = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            assert page.evaluate(COVERED) is False
            seen.add(
                page.evaluate(
                    "() => document.activeElement.closest('[data-row]')?.querySelector('th').textContent"
                )
            )
            if page.evaluate("() => document.activeElement.textContent.trim()") == "Privacy":
                break
        assert len(seen - {None}) == 12


def test_the_skip_link_comes_first_and_moves_focus_to_the_content(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent")
    page.goto("/portal/mijn-dag")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Naar de inhoud")
    expect(page.locator(":focus")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "inhoud"


def test_a_roll_call_works_without_javascript(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("teacher", scripts=False)
    page.goto(LESSON)
    page.locator(f"#unexcused-{uid('person-1')}").check(force=True)
    page.get_by_role("button", name="Alle anderen aanwezig").click()
    expect(page.get_by_role("status").first).to_have_text("De aanwezigheid is opgeslagen.")
    sent = dict(attendance_puts(gate))
    assert len(sent) == 12
    assert sent.pop(uid("person-1")) == {"status": "unexcused"}
    assert all(body == {"status": "present"} for body in sent.values())


def test_enter_in_a_field_saves_and_does_not_make_everybody_present(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("teacher", scripts=False)
    gate.attendances[uid("person-1")] = {"status": "present", "hours": 3, "approval": "not-needed"}
    page.goto(LESSON)
    page.locator(f"#hours-{uid('person-1')}").fill("2,5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("De aanwezigheid is opgeslagen.")
    assert attendance_puts(gate) == [(uid("person-1"), {"status": "present", "hours": 2.5})]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        pytest.param("4", "Deze les duurt 3 uur.", id="more-than-the-lesson"),
        pytest.param("veel", "Vul de uren in als getal, bijvoorbeeld 2,5.", id="no-number"),
    ],
)
def test_wrong_hours_are_told_in_the_row_and_nothing_else_is_lost(
    typed: str, told: str, gate: FakeGateway, desk: Desk
) -> None:
    page = desk.sit("teacher")
    page.goto(LESSON)
    page.locator(f"#present-{uid('person-1')}").check(force=True)
    expect(page.locator(row(page, 1))).to_contain_text("Opgeslagen")
    page.locator(f"#hours-{uid('person-1')}").fill(typed)
    page.keyboard.press("Tab")
    expect(page.locator(row(page, 1))).to_contain_text(told)
    assert page.locator(f"#hours-{uid('person-1')}").input_value() == typed


@pytest.mark.capability("PX-02", part="the school sees that an entry waits")
def test_a_late_entry_says_that_it_waits_for_approval(gate: FakeGateway, desk: Desk) -> None:
    gate.late = True
    page = desk.sit("teacher")
    page.goto(LESSON)
    expect(page.get_by_text("De afgesproken tijd om deze les in te vullen is voorbij.")).to_be_visible()
    page.locator(f"#present-{uid('person-1')}").check(force=True)
    expect(page.locator(row(page, 1))).to_contain_text("wacht op goedkeuring")


def test_a_row_that_cannot_be_sent_says_so(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("teacher")
    page.goto(LESSON)
    page.route("**/rij", lambda route: route.abort())
    page.locator(f"#present-{uid('person-1')}").check(force=True)
    expect(page.locator(row(page, 1))).to_contain_text("Niet opgeslagen: geen verbinding.")


def test_a_consulent_handles_a_signal(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent")
    page.goto("/portal/mijn-dag")
    page.get_by_role("link", name="Yonas Tesfaye").first.click()
    expect(page.get_by_text("dinsdag 29 oktober 2024")).to_be_visible()
    expect(page.get_by_text("maandag 4 november 2024")).to_be_visible()
    expect(page.get_by_text("na 2 keer ongeoorloofd afwezig")).to_be_visible()
    page.get_by_role("button", name="Signaal afhandelen").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Kies wat u hebt gedaan.").click()
    page.get_by_label("Gesproken met de inburgeraar").check()
    page.get_by_label("Notitie").fill("Kinderopvang viel uit; vanaf maandag geregeld.")
    page.get_by_role("button", name="Signaal afhandelen").click()
    expect(page.get_by_role("status").first).to_have_text("Het signaal is afgehandeld.")
    expect(page.get_by_text("Kinderopvang viel uit; vanaf maandag geregeld.")).to_be_visible()
    assert [body["outcome"] for method, path, body in gate.calls if path.endswith("/handlings")] == ["talked"]
    page.goto("/portal/mijn-dag")
    expect(page.get_by_role("link", name="Yonas Tesfaye")).to_have_count(0)


def test_a_signal_that_a_colleague_handled_meanwhile_is_told(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent")
    page.goto(SIGNAL)
    gate.handled[uid("absent")] = {}
    page.get_by_label("Geen actie nodig").check()
    page.get_by_role("button", name="Signaal afhandelen").click()
    expect(page.get_by_role("alert")).to_contain_text("Dit signaal is al afgehandeld")


@pytest.mark.capability("IN-08", part="the portal shows the reason that is missing at its field")
def test_what_the_law_refuses_stands_at_its_field(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent")
    page.goto(f"{PERSON}/pip")
    page.get_by_label("Doelen van de persoon").fill("Werken in de zorg\n\nRijbewijs halen\n")
    page.get_by_role("button", name="PIP aanpassen").click()
    expect(page.get_by_role("alert")).to_be_focused()
    link = page.get_by_role("alert").get_by_role("link")
    expect(link).to_have_text("De termijn van 10 weken is voorbij. Schrijf op waarom het later werd.")
    link.click()
    expect(page.locator("#delayReason")).to_be_focused()
    expect(page.locator("#delayReason")).to_have_attribute("aria-invalid", "true")
    # Nothing has to be typed again (3.3.7).
    assert page.get_by_label("Doelen van de persoon").input_value().startswith("Werken in de zorg")
    page.locator("#delayReason").fill("Het advies van de school kwam op 4 november.")
    page.get_by_role("button", name="PIP aanpassen").click()
    expect(page.get_by_role("status").first).to_have_text("Het PIP is vastgesteld.")
    signed = [body for method, path, body in gate.calls if method == "POST" and path.endswith("/pips")][-1]
    assert signed["goals"] == ["Werken in de zorg", "Rijbewijs halen"]
    assert signed["participation"] == 800
    assert signed["amends"] == uid("pip-2")


def test_a_person_is_registered_and_each_fault_stands_at_its_field(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent", width=375)
    page.goto("/portal/personen/nieuw")
    page.get_by_role("button", name="Aanmelden").click()
    expect(page).to_have_title(re.compile("^Fout: "))
    assert page.get_by_role("alert").get_by_role("link").count() == 7
    page.get_by_label("Voornamen").fill("Yonas")
    page.get_by_label("Achternaam").fill("Tesfaye")
    page.get_by_label("Geboortedatum").fill("1990-02-01")
    page.get_by_label("Geslacht").select_option("Man")
    page.get_by_label("BSN").fill("123456789")
    page.get_by_label("Groep").select_option("Statushouder")
    page.get_by_label("Verblijfsvergunning").select_option("Asiel")
    page.get_by_label("Gemeente").select_option("Leidschendam-Voorburg")
    page.get_by_label("Inburgeringsplichtig vanaf").fill("2024-08-12")
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_text(
        "Dit is geen geldig BSN: de controle op de cijfers klopt niet."
    )
    page.get_by_label("BSN").fill("999990042")
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.get_by_role("status").first).to_have_text("De persoon is aangemeld.")
    assert "999990042" not in page.url


def test_a_search_never_stands_in_an_address(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent")
    page.goto("/portal/personen")
    page.get_by_label("Zoek op achternaam, BSN of V-nummer").fill("999990042")
    page.get_by_role("button", name="Zoeken").click()
    expect(page.get_by_role("status")).to_contain_text("1 persoon gevonden")
    assert page.url.endswith("/portal/personen")
    assert not [path for _, path, _ in gate.calls if "999990042" in path]
    page.get_by_label("Zoek op achternaam, BSN of V-nummer").fill("tes")
    page.get_by_role("button", name="Zoeken").click()
    expect(page.get_by_role("link", name="Yonas Tesfaye")).to_be_visible()


@pytest.mark.capability("GW-02", part="the portal names the missing agreement in plain words")
def test_who_may_not_see_people_is_told_which_agreement_is_missing(gate: FakeGateway, desk: Desk) -> None:
    gate.refuse_persons = True
    page = desk.sit("policy")
    for path in ("/portal/personen", PERSON):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 403
        expect(page.locator("main")).to_contain_text(
            "gegevensovereenkomst op persoonsniveau tussen Leidschendam-Voorburg en Wassenaar voor het doel "
            "'begeleiding en besluiten'"
        )
    page.get_by_role("link", name="Bekijk welke gegevens u wel mag zien").click()
    expect(page.locator("main")).to_contain_text("Alleen cijfers, geen personen")
    expect(page.locator("main")).to_contain_text("voor het doel 'begeleiding en besluiten'")


def test_a_file_is_followed_to_its_result_per_row(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("teacher")
    page.goto("/portal/aanleveren")
    page.get_by_role("button", name="Aanleveren").click()
    expect(page.get_by_role("alert")).to_contain_text("Kies eerst een bestand.")
    page.get_by_label("Bestand met aanwezigheid").set_input_files(
        {"name": "november.csv", "mimeType": "text/csv", "buffer": b"referentie;lesdatum;dagdeel;status\n"}
    )
    page.get_by_role("button", name="Aanleveren").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("heading", name="Regels die niet zijn verwerkt")).to_be_visible()
    expect(page.get_by_role("row", name="14 Deze referentie is niet bekend.")).to_be_visible()
    assert desk.console == []


def test_a_late_entry_is_refused_only_with_words_for_the_school(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("quality")
    page.goto("/portal/goedkeuren")
    page.get_by_role("button", name="Afwijzen voor Yonas Tesfaye").click()
    expect(page.get_by_role("alert")).to_contain_text("Schrijf op waarom u deze registratie afwijst.")
    assert not [path for _, path, _ in gate.calls if path.endswith("/approvals")]
    page.locator(f"#reason-{uid('late-1')}").fill("De les is die dag niet gegeven.")
    page.get_by_role("button", name="Afwijzen voor Yonas Tesfaye").click()
    expect(page.get_by_role("status").first).to_have_text("De registratie is afgewezen en telt niet mee.")
    page.get_by_role("button", name="Goedkeuren voor Olena Kovalenko").click()
    expect(page.get_by_role("status").first).to_have_text("De registratie is goedgekeurd en telt mee.")


def test_operations_replays_a_dead_letter(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("operations")
    page.goto("/portal/techniek")
    page.get_by_role("button", name=re.compile("^Opnieuw")).click()
    expect(page.get_by_role("status").first).to_have_text("Het bericht is opnieuw aangeboden.")
    assert ("POST", f"/notifications/v1/operations/dead-letters/{uid('letter')}/replays", {}) in gate.calls


def test_the_administrator_moves_the_clock_of_a_demo_from_any_page(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("administrator")
    page.goto("/portal/techniek")
    page.get_by_role("button", name="+ 1 week").click()
    expect(page.get_by_role("region", name="Klok van de demo")).to_contain_text("dinsdag 12 november 2024")
    assert page.url.endswith("/portal/techniek?melding=klok-verzet")
    page.get_by_label("of tot").fill("2024-10-01")
    page.get_by_role("button", name="Verzetten").click()
    expect(page.get_by_role("alert")).to_have_text("De klok kan alleen vooruit. Kies een latere dag.")


@pytest.mark.capability("LR-07", part="the file of a person: expected beside offered and attended")
def test_the_expected_hours_stand_beside_what_was_offered_and_attended(gate: FakeGateway, desk: Desk) -> None:
    page = desk.sit("consulent")
    page.goto(PERSON)
    table = page.get_by_role("table", name="Verwachte lesuren naast wat is aangeboden en gevolgd")
    expect(table.get_by_role("row", name="Samen verwacht 396 uur")).to_be_visible()
    expect(table.get_by_role("row", name="Aangeboden tot nu toe 212 uur")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Tot A1 150 uur, tot A2 246 uur.")
    expect(page.locator("main")).to_contain_text("Lessen vóór A0, zoals Alfa C, staan niet in de tabel.")


@pytest.mark.capability("LR-07", part="no number is made up for a slow way to B1")
def test_a_slow_way_to_b1_is_said_to_have_no_number(gate: FakeGateway, desk: Desk) -> None:
    steps = [{"level": "a1", "hours": 219}, {"level": "a2", "hours": 300}, {"level": "b1", "hours": None}]
    way = {"fromLevel": "a0", "toLevel": "b1", "pace": "slow", "hours": None, "unknown": "made-to-measure"}
    gate.way = {**way, "steps": steps}
    page = desk.sit("consulent")
    page.goto(PERSON)
    expect(page.get_by_role("note")).to_contain_text("De tabel noemt van A2 naar B1 geen aantal uren")
    expect(page.get_by_role("row", name="Samen verwacht")).to_have_count(0)
    for unknown, words in (
        ("no-pace", "heeft het leertempo van de groep nog niet ingevuld"),
        ("reached", "was al op het niveau van het PIP"),
        ("beyond-table", "De tabel gaat tot en met B1"),
        ("no-group", "als de school iemand in een groep heeft gezet"),
    ):
        gate.way = {"steps": [], "hours": None, "unknown": unknown}
        page.goto(PERSON)
        expect(page.locator("main")).to_contain_text(words)
