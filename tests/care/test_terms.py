# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The terms of keeping, day by day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from contracts.retention import TERMS, Category, DutyEnd, Manner, Stage, destruction_due, last_day, term_on

TODAY = date(2026, 1, 1)
OTHERWISE = [manner for manner in Manner if manner is not Manner.DIED]


def due(
    ended_on: date, manner: Manner = Manner.MET, *, reduced: bool = False, **more: object
) -> tuple[str, date]:
    found = destruction_due(
        DutyEnd(ended_on, manner),
        reduced=reduced,
        holds=(),
        today=TODAY,
        **more,  # type: ignore[arg-type]
    )
    return found.stage.value, found.due_on


@pytest.mark.parametrize("manner", OTHERWISE)
def test_the_dossier_goes_on_the_day_after_five_years(manner: Manner) -> None:
    assert due(date(2024, 3, 1), manner) == ("reduced", date(2029, 3, 2))


def test_the_short_list_goes_on_the_day_after_fifty_years() -> None:
    assert due(date(2024, 3, 1), reduced=True) == ("destroyed", date(2074, 3, 2))


def test_a_term_that_began_on_29_february_grows_no_day_longer() -> None:
    assert due(date(2024, 2, 29)) == ("reduced", date(2029, 3, 1))
    assert due(date(2024, 2, 29), reduced=True) == ("destroyed", date(2074, 3, 1))


@pytest.mark.parametrize("reduced", [False, True])
def test_at_death_everything_goes_at_once_the_short_list_too(reduced: bool) -> None:
    assert due(date(2024, 3, 1), Manner.DIED, reduced=reduced) == ("destroyed", date(2024, 3, 1))


def test_a_mistaken_death_can_be_taken_back_where_a_controller_chose_so() -> None:
    assert due(date(2024, 3, 1), Manner.DIED, grace_days=7) == ("destroyed", date(2024, 3, 8))


def test_what_holds_it_up_is_named() -> None:
    held = destruction_due(
        DutyEnd(date(2020, 1, 1), Manner.MET),
        reduced=False,
        holds={"financial-account", "appeal"},
        today=TODAY,
    )
    assert held.held_by == ("appeal", "financial-account")


def test_a_changed_law_is_a_new_row_from_its_day() -> None:
    old = next(one for one in TERMS if one.code == "dossier-five-years")
    rows = (
        replace(old, valid_to=date(2026, 12, 31)),
        replace(old, code="dossier-two-years", years=2, valid_from=date(2027, 1, 1)),
        *(one for one in TERMS if one is not old),
    )
    end = DutyEnd(date(2024, 3, 1), Manner.MET)
    before = destruction_due(end, reduced=False, holds=(), today=date(2026, 12, 31), terms=rows)
    after = destruction_due(end, reduced=False, holds=(), today=date(2027, 1, 1), terms=rows)
    assert (before.term.code, before.due_on) == ("dossier-five-years", date(2029, 3, 2))
    assert (after.term.code, after.due_on) == ("dossier-two-years", date(2026, 3, 2))


def test_before_the_act_there_is_no_term() -> None:
    with pytest.raises(LookupError, match="no term for dossier"):
        term_on(Category.DOSSIER, "duty-ended", date(2021, 12, 31))


def test_health_is_a_category_of_its_own_and_never_outlives_the_dossier() -> None:
    health = term_on(Category.HEALTH, "duty-ended", TODAY)
    dossier = term_on(Category.DOSSIER, "duty-ended", TODAY)
    assert "37" in health.source
    assert last_day(health, TODAY) <= last_day(dossier, TODAY)


def test_every_category_has_a_term_with_its_source_today() -> None:
    assert {one.category for one in TERMS if one.holds_on(TODAY)} == set(Category)
    assert all(one.source and one.standing for one in TERMS)


@given(st.dates(date(2022, 1, 1), date(2100, 1, 1)), st.sampled_from(OTHERWISE))
def test_nothing_stays_a_day_longer_than_the_law_allows(ended_on: date, manner: Manner) -> None:
    first = destruction_due(DutyEnd(ended_on, manner), reduced=False, holds=(), today=TODAY)
    assert first.stage is Stage.REDUCED
    assert ended_on.year + 5 == first.due_on.year or first.due_on == date(ended_on.year + 6, 1, 1)
    assert first.due_on - ended_on <= timedelta(days=5 * 365 + 3)
