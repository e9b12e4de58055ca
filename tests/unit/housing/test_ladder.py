# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The interventieladder: what the facts propose, what comes next, and how the law is switched."""

from datetime import date

import pytest

from services.housing.rules.account import Annual, Correction, Fact, Housed, Opening, Target, accounts
from services.housing.rules.half_years import HalfYear
from services.housing.rules.ladder import (
    Measurement,
    Outlook,
    Recorded,
    Rung,
    climb,
    consecutive_misses,
    last_chance,
    measurements,
    outlook,
    proposed_step,
)
from services.housing.rules.law import SEED, LawSwitch, Switched, in_force, refused_because
from services.housing.rules.plans import Measure, MeasureStatus, plan_effect
from services.housing.rules.supervision import Quarter, quarters

NOVEMBER = date(2024, 11, 1)
JANUARY, JULY = date(2025, 1, 1), date(2025, 7, 1)


def measured(*balances: int) -> list[Measurement]:
    first = HalfYear(2024, 1).plus(1 - len(balances))
    return [Measurement(first.plus(place), balance) for place, balance in enumerate(balances)]


@pytest.mark.capability("HO-16", part="the step that the facts propose")
@pytest.mark.parametrize(
    ("balances", "misses", "step"),
    [
        ([], 0, Rung.NONE),
        ([4, 0], 0, Rung.NONE),  # at zero the target is reached
        ([-3, 34], 1, Rung.INFORMATION),
        ([12, -1, 3, 8], 2, Rung.PLAN),
        ([3, 8, 12], 3, Rung.NOTICE),
        ([3, 8, 12, 1], 4, Rung.SUBSTITUTION),
        ([3, 8, 12, 1, 40], 5, Rung.SUBSTITUTION),
    ],
)
def test_consecutive_misses_propose_a_step(balances: list[int], misses: int, step: Rung) -> None:
    assert consecutive_misses(measured(*balances)) == misses
    assert proposed_step(misses) is step


def test_a_negative_number_of_misses_proposes_nothing() -> None:
    with pytest.raises(ValueError, match="misses"):
        proposed_step(-1)


@pytest.mark.capability("HO-16", part="measured on 1 January and 1 July")
def test_the_account_is_measured_on_1_january_and_1_july_corrections_included() -> None:
    facts: list[Fact] = [
        Opening("0629", date(2023, 7, 1), 2),
        Target("0629", HalfYear(2023, 2), 10, date(2023, 4, 1)),
        Housed("0629", date(2023, 12, 31), 15),
        Target("0629", HalfYear(2024, 1), 20, date(2023, 10, 1)),
        Correction("0629", date(2024, 3, 1), 4),
        Correction("0629", date(2024, 7, 1), -1),
        Target("0629", HalfYear(2024, 2), 20, date(2024, 4, 1)),
    ]
    found = measurements(accounts(facts, NOVEMBER)["0629"], NOVEMBER)
    assert [(one.on, one.balance, one.missed) for one in found] == [
        (date(2024, 1, 1), -3, False),
        (date(2024, 7, 1), 20, True),
    ]


@pytest.mark.capability("HO-16", part="the four gemeenten of the audit and what comes next for each")
@pytest.mark.parametrize(
    ("who", "recorded", "balance", "on", "next_step", "next_on"),
    [
        ("LV 2b to 3", Recorded(Rung.TALK, date(2024, 7, 1)), 176, NOVEMBER, Rung.PLAN, JANUARY),
        ("Voorschoten 3 to 4", Recorded(Rung.PLAN, date(2024, 7, 1)), 40, NOVEMBER, Rung.NOTICE, JANUARY),
        ("Voorschoten 4", Recorded(Rung.NOTICE, JANUARY), 40, date(2025, 1, 20), Rung.SUBSTITUTION, JULY),
        ("Oegstgeest 4", Recorded(Rung.NOTICE, date(2024, 7, 1)), 30, NOVEMBER, Rung.SUBSTITUTION, JANUARY),
        ("Wassenaar rises in January", None, 34, NOVEMBER, Rung.INFORMATION, JANUARY),
        (
            "prolonged",
            Recorded(Rung.NOTICE, JANUARY, prolonged_until=date(2026, 7, 1)),
            30,
            date(2025, 10, 1),
            Rung.SUBSTITUTION,
            date(2026, 7, 1),
        ),
        ("the chance is over", Recorded(Rung.NOTICE, JANUARY), 30, date(2025, 10, 1), Rung.SUBSTITUTION, date(2026, 1, 1)),
        ("a day of the letter", Recorded(Rung.PLAN, JANUARY, date(2025, 3, 1)), 9, date(2025, 1, 2), Rung.NOTICE, date(2025, 3, 1)),
        ("nothing behind", Recorded(Rung.PLAN, JANUARY), 0, date(2025, 2, 1), None, None),
        ("the last step", Recorded(Rung.EXECUTION, JANUARY), 9, date(2025, 2, 1), None, None),
    ],
)  # fmt: skip
def test_the_next_step_and_its_day(
    who: str, recorded: Recorded | None, balance: int, on: date, next_step: Rung | None, next_on: date | None
) -> None:
    found = outlook(recorded, [], balance, on)
    assert (found.next_step, found.next_on) == (next_step, next_on), who


def test_an_outlook_shows_what_was_recorded_beside_what_the_facts_propose() -> None:
    found = outlook(Recorded(Rung.TALK, date(2024, 7, 1)), measured(5, 9, 88), 176, NOVEMBER)
    assert found == Outlook(Rung.TALK, date(2024, 7, 1), Rung.NOTICE, 3, Rung.PLAN, JANUARY)


def test_a_step_lasts_until_its_letter_or_prolongation_says_otherwise() -> None:
    assert last_chance(Recorded(Rung.NOTICE, date(2025, 1, 15))) == JULY
    assert last_chance(Recorded(Rung.NOTICE, JANUARY, date(2025, 6, 1))) == date(2025, 6, 1)
    assert last_chance(Recorded(Rung.NOTICE, JANUARY, JULY, date(2026, 7, 1))) == date(2026, 7, 1)
    assert climb(Rung.SIGNAL) is climb(Rung.NONE) is Rung.INFORMATION


@pytest.mark.capability("HO-22", part="each switch by its date")
def test_a_law_is_switched_by_a_row_with_a_date() -> None:
    abolished = Switched(
        LawSwitch.TAAKSTELLING, date(2026, 1, 1), "Wijziging van de Huisvestingswet", on=False
    )
    back = Switched(LawSwitch.TAAKSTELLING, date(2027, 1, 1), "Herstelwet")
    rows = [*SEED, back, abolished]
    assert [in_force(rows, LawSwitch.TAAKSTELLING, date(year, 6, 1)) for year in (2013, 2025, 2026, 2027)] == [
        False, True, False, True,
    ]  # fmt: skip
    assert (
        refused_because(rows, LawSwitch.TAAKSTELLING, date(2026, 1, 1)) == "Wijziging van de Huisvestingswet"
    )
    assert refused_because(rows, LawSwitch.TAAKSTELLING, date(2025, 12, 31)) is None
    assert refused_because(rows, LawSwitch.SPREIDINGSWET, date(2024, 1, 31)) == "nog niet in werking"
    assert all(in_force(SEED, switch, NOVEMBER) for switch in LawSwitch)
    corrected = Switched(LawSwitch.PRIORITY, date(2026, 1, 1), "ingetrokken", on=True)
    ban = Switched(LawSwitch.PRIORITY, date(2026, 1, 1), "verbod op voorrang", on=False)
    assert in_force([ban, corrected], LawSwitch.PRIORITY, date(2026, 1, 1))
    assert refused_because([ban, corrected], LawSwitch.PRIORITY, date(2026, 1, 1)) is None


@pytest.mark.capability("HO-17", part="what a plan closes of the arrears")
def test_a_plan_closes_12_of_176() -> None:
    planned = Measure(MeasureStatus.PLANNED, 12, JULY)
    stopped = Measure(MeasureStatus.STOPPED, 30, JULY, realised=2)
    effect = plan_effect(176, [planned, stopped], NOVEMBER)
    assert (effect.closes, effect.arrears, effect.remaining) == (12, 176, 164)
    assert (effect.expected, effect.realised, effect.to_come, effect.late) == (12, 2, 12, 0)


@pytest.mark.parametrize(
    ("arrears", "measure", "closes", "late"),
    [
        (176, Measure(MeasureStatus.RUNNING, 12, date(2024, 10, 1), realised=5), 7, 7),  # its day is over
        (176, Measure(MeasureStatus.DONE, 12, JULY, realised=5), 0, 0),  # nothing more will come
        (176, Measure(MeasureStatus.RUNNING, 12, JULY, realised=15), 0, 0),
        (4, Measure(MeasureStatus.PLANNED, 12, JULY), 4, 0),
        (-3, Measure(MeasureStatus.PLANNED, 12, JULY), 0, 0),
    ],
)
def test_only_what_is_still_to_come_closes_arrears(
    arrears: int, measure: Measure, closes: int, late: int
) -> None:
    effect = plan_effect(arrears, [measure], NOVEMBER)
    assert (effect.closes, effect.late, effect.remaining) == (closes, late, max(0, arrears) - closes)


@pytest.mark.capability("HO-24", part="the figures per quarter")
def test_the_province_counts_per_quarter() -> None:
    facts: list[Fact] = [
        Opening("0579", date(2024, 1, 1), 16),
        Target("0579", HalfYear(2024, 1), 30, date(2023, 10, 1)),
        Target("0579", HalfYear(2024, 2), 22, date(2024, 4, 1)),
        Housed("0579", date(2024, 2, 1), 9),
        Housed("0579", date(2024, 6, 30), 4),
        Housed("0579", date(2024, 10, 20), 3),
        Housed("0629", date(2024, 10, 20), 100),
    ]
    assert quarters(facts, "0579", NOVEMBER, count=4) == [
        Quarter(2024, 1, date(2024, 3, 31), 9, 37),
        Quarter(2024, 2, date(2024, 6, 30), 4, 33),
        Quarter(2024, 3, date(2024, 9, 30), 0, 55),
        Quarter(2024, 4, NOVEMBER, 3, 52),
    ]
    whole_year = [Annual("0579", 2024, 52, 40, date(2024, 10, 31))]
    assert [one.balance for one in quarters(whole_year, "0579", NOVEMBER, count=4)] == [
        None,
        None,
        None,
        12,
    ], "of a year of which only the year is known there is no stand half-way"
    assert [one.balance for one in quarters(whole_year, "0579", date(2025, 2, 1), count=2)] == [12, 12]
    assert quarters([], "0579", date(2024, 1, 5), count=2)[0] == Quarter(2023, 4, date(2023, 12, 31), 0, 0)
    with pytest.raises(ValueError, match="count"):
        quarters(facts, "0579", NOVEMBER, count=0)
