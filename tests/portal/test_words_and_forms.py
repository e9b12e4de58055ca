# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Days, hours and words as people write them, and what forms make of what was typed."""

from datetime import date, timedelta

import pytest
from starlette.datastructures import FormData

from portal import dates
from portal.forms import Form
from portal.gateway import Fault
from portal.pages.consulent.urgency import urgency
from portal.pages.person.file import bars_of, looks_of, participation_words
from portal.words import label
from tests.portal import fake_data as data

TODAY = date(2024, 11, 5)


def test_days_and_times_are_dutch_and_in_dutch_time() -> None:
    assert dates.long_day("2024-11-05") == "dinsdag 5 november 2024"
    assert dates.day("2024-11-05") == "5 november 2024"
    assert dates.short_day("2024-11-05") == "di 5 nov"
    assert dates.instant("2024-11-05T08:12:00Z") == "5 november 2024, 09.12 uur"
    assert dates.instant("2024-07-05T22:30:00Z") == "6 juli 2024, 00.30 uur"
    assert dates.clock_time("08:45:00") == "08.45"
    assert dates.since("2024-11-04T23:30:00Z", TODAY) == "sinds vandaag"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "vandaag"),
        (1, "morgen"),
        (-1, "gisteren verlopen"),
        (14, "over 14 dagen"),
        (-18, "18 dagen te laat"),
        (365, "over 1 jaar"),
        (400, "over 1 jaar en 1 maand"),
        (1041, "over 2 jaar en 10 maanden"),
    ],
)
def test_how_far_away_a_day_is(days: int, words: str) -> None:
    assert dates.span(dates.days_until(TODAY + timedelta(days=days), TODAY)) == words


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("2024-11-05", TODAY),
        ("5-11-2024", TODAY),
        (" 05/11/2024 ", TODAY),
        ("31-02-2024", None),
        ("morgen", None),
        ("", None),
        (None, None),
    ],
)
def test_a_day_is_read_as_browsers_and_as_people_write_it(typed: str | None, found: date | None) -> None:
    assert dates.parse_day(typed) == found


@pytest.mark.parametrize(
    ("typed", "found"), [("2,5", 2.5), ("2.5", 2.5), ("3", 3.0), ("", None), (None, None)]
)
def test_hours_are_read_with_a_comma_or_a_point(typed: str | None, found: float | None) -> None:
    assert dates.parse_hours(typed) == found


@pytest.mark.parametrize("typed", ["veel", "-1", "2,555", "1e400", "NaN", "٣x"])
def test_what_is_no_number_of_hours_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="no"):
        dates.parse_hours(typed)


def test_a_code_without_words_is_shown_as_it_is() -> None:
    assert label("status", "sick") == "Ziek"
    assert label("status", "new-status") == "new-status"
    assert label("status", None) == ""


def test_a_form_names_everything_that_is_wrong_in_the_order_of_its_fields() -> None:
    form = Form.of(FormData([("a", " "), ("b", "31-2-2024"), ("c", "x"), ("d", "9")]))
    form.number("c")
    form.day("b")
    form.text("a", required="Vul a in.")
    form.choice("d", {"1": "Een"})
    assert [one["field"] for one in form.summary] == ["a", "b", "c", "d"]
    assert not form.is_valid


def test_the_faults_of_a_problem_document_go_to_their_fields_and_the_rest_on_top() -> None:
    form = Form.of(FormData([("signedOn", "2024-11-05"), ("goals", "x")]))
    fault = Fault(400, "invalid-input", "De invoer klopt niet", "")
    fault.errors = [
        {"pointer": "/signedOn", "code": "x", "detail": "Te vroeg."},
        {"pointer": "/goals/0", "code": "x", "detail": "Te lang."},
        {"pointer": "/elsewhere", "code": "x", "detail": "Anders."},
        {"parameter": "pageToken", "code": "x", "detail": "Parameter."},
    ]
    form.absorb(fault)
    assert form.errors == {"signedOn": "Te vroeg.", "goals": "Te lang."}
    assert form.general == "Anders. Parameter."


def test_a_fault_without_places_stands_on_top() -> None:
    form = Form({"signedOn": "2024-11-05"})
    form.absorb(Fault(409, "already-handled", "Dit signaal is al afgehandeld", ""))
    assert form.general == "Dit signaal is al afgehandeld"


def test_what_is_over_comes_first_then_by_kind_and_the_oldest_first() -> None:
    ordered = sorted(data.signals(), key=lambda one: urgency(one, TODAY))
    kinds = [one["kind"] for one in ordered]
    assert kinds[:3] == ["deadline-overdue", "unexcused-absences", "unexcused-absences"]
    assert ordered[-1]["kind"] == "lesson-hours-reached"


def test_bars_are_measured_against_the_target() -> None:
    bars = {bar.text: bar for bar in bars_of(data.LEDGER)}
    assert bars["Aanwezig"].percent == 21.1
    assert "Deel van een les gemist" not in bars
    assert bars_of(dict.fromkeys(data.LEDGER, 0))[0].percent == 0


def test_looks_are_told_once_per_person_and_day() -> None:
    log = [{**data.LOOKS[0], "at": f"2024-11-05T0{hour}:00:00+01:00"} for hour in (9, 8, 7)] + [data.LOOKS[1]]
    looks = looks_of(log, {data.uid("consulent"): "Joost Bakker"}, {data.uid("school"): "Echt Nederlands"})
    assert [(look.who, look.times) for look in looks] == [("Joost Bakker", 3), ("Docent", 1)]
    assert looks[1].organisation == "Echt Nederlands"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (800, "800 uur"),
        (12.5, "12,5 uur"),
        (True, "Ja"),
        (False, "Nee"),
        (None, "Niet ingevuld"),
        ("Taalmaatje", "Taalmaatje"),
    ],
)
def test_the_participation_part_in_words(value: object, words: str) -> None:
    assert participation_words(value) == words
