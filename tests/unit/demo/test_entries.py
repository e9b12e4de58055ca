# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
from datetime import date

from demo.caseload import make_caseload
from demo.entries import Row, attendance_rows, csv_file, json_batch, person_body, pip_body
from demo.handling import decide
from demo.timetable import FIRST_DAY, GROUPS, TODAY, lessons

CASES = make_caseload()
LEARNER = CASES[0]
GROUP = GROUPS[0]


def rows() -> list[Row]:
    held = list(lessons(GROUP, first=FIRST_DAY, last=date(2024, 9, 6)))
    return attendance_rows([(LEARNER, "an-id")], held)


def test_a_roll_call_has_a_line_for_each_lesson_of_a_learner() -> None:
    assert [row.lesson.date.isoformat() for row in rows()] == ["2024-09-02", "2024-09-03", "2024-09-05"]
    assert {row["inburgeraarId"] for row in json_batch(rows())["rows"]} == {"an-id"}


def test_a_file_is_as_a_dutch_spreadsheet_saves_it() -> None:
    header, first, *_ = csv_file(rows()).decode("cp1252").split("\r\n")

    assert header == "referentie;lesdatum;dagdeel;uren;status;extern-id"
    reference, day, day_part, hours, status, _ = first.split(";")
    assert (reference, day, day_part) == (
        LEARNER.placement and LEARNER.placement.reference,
        "02-09-2024",
        "ochtend",
    )
    assert (hours, status) in {("3", "aanwezig"), ("0", "ziek"), ("0", "geoorloofd")}


def test_who_is_not_in_the_brp_yet_has_no_day_of_it() -> None:
    in_an_azc = next(case for case in CASES if case.brp_on is None)

    assert "brpOn" not in person_body(in_an_azc)
    assert person_body(LEARNER)["brpOn"]


def test_a_late_pip_says_why_in_words() -> None:
    late = next(case.pip for case in CASES if case.pip and case.pip.delay_reason)

    assert len(pip_body(late)["delayReason"].split()) > 4


def test_signals_of_the_last_days_stay_on_the_list_and_most_older_ones_do_not() -> None:
    def signal(day: str) -> dict[str, str]:
        return {"raisedAt": f"{day}T18:00:00Z", "kind": "unexcused-absences"}

    old = [decide(signal("2024-09-13"), case, on=date(2024, 9, 27)) for case in CASES]
    fresh = [decide(signal("2024-11-01"), case, on=TODAY) for case in CASES]

    assert 0.5 < sum(one is not None for one in old) / len(old) < 0.8
    assert fresh == [None] * len(CASES)
    assert {one["outcome"] for one in old if one} == {"talked", "passed-on", "no-action"}
