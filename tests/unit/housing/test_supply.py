# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Supply, pipeline, reception sites, subsidy, weeks lost and forecast: the numbers of the audit and of policy."""

from datetime import date
from decimal import Decimal

import pytest

from services.housing.rules import large_families
from services.housing.rules.forecast import Assumptions, Effect, Point, forecast
from services.housing.rules.half_years import HalfYear
from services.housing.rules.large_families import Cost, CostKind, ready_on, subsidy, warns
from services.housing.rules.reception import Capacity, PlacesFor, Residents, places_on, residents_on
from services.housing.rules.supply import (
    ExpectedPlaces,
    Project,
    ProjectStage,
    expected_places,
    ratio,
    social_dwellings,
)
from services.housing.rules.waiting import weeks_lost

NOVEMBER = date(2024, 11, 1)


@pytest.mark.capability("HO-19", part="arrears against mutations")
def test_the_arrears_of_wassenaar_are_a_fifth_of_its_yearly_mutations() -> None:
    assert ratio(34, 167) == Decimal("0.20")
    assert ratio(1, 200) == Decimal("0.01")  # half up
    assert ratio(34, 0) is None


@pytest.mark.capability("HO-13", part="expected places per half-year with their chance")
def test_places_to_come_count_by_their_chance() -> None:
    first, second = HalfYear(2025, 1), HalfYear(2025, 2)
    projects = [
        Project(ProjectStage.TALKS, date(2025, 3, 1), 10, 25),
        Project(ProjectStage.BUILDING, date(2025, 6, 30), 7, 90),
        Project(ProjectStage.READY, date(2025, 7, 1), 4, 50),  # ready is certain
        Project(ProjectStage.STOPPED, date(2025, 7, 1), 100, 90),
        Project(ProjectStage.PERMIT, date(2030, 1, 1), 750, 60),
    ]
    assert expected_places(projects, first, second) == [
        ExpectedPlaces(first, 17, Decimal("8.8")),
        ExpectedPlaces(second, 4, Decimal(4)),
    ]
    assert social_dwellings(110, 30) == 33
    assert social_dwellings(9, 30) == 2


@pytest.mark.capability("HO-14", part="places and residents of a day")
def test_the_regional_site_of_oegstgeest_has_205_places_and_80_for_spoedzoekers() -> None:
    rows = [
        Capacity(PlacesFor.STATUSHOUDERS, date(2021, 9, 1), 175),
        Capacity(PlacesFor.STATUSHOUDERS, date(2023, 6, 1), 175 + 30),
        Capacity(PlacesFor.SPOEDZOEKERS, date(2021, 9, 1), 80),
        Capacity(PlacesFor.SPOEDZOEKERS, date(2025, 11, 1), 0),
    ]
    assert places_on(rows, NOVEMBER) == {PlacesFor.STATUSHOUDERS: 205, PlacesFor.SPOEDZOEKERS: 80}
    assert places_on(rows, date(2021, 12, 1))[PlacesFor.STATUSHOUDERS] == 175
    assert PlacesFor.SPOEDZOEKERS not in places_on(rows, date(2025, 11, 1))
    assert places_on(rows, date(2021, 8, 31)) == {}


@pytest.mark.capability("HO-14", part="people per linked gemeente")
def test_the_last_count_of_each_linked_gemeente_holds() -> None:
    rows = [
        Residents("0579", NOVEMBER, 7),
        Residents("0579", date(2024, 9, 1), 11),
        Residents("0546", date(2024, 10, 1), 40),
        Residents("0579", date(2024, 12, 1), 5),
    ]
    assert residents_on(rows, date(2024, 11, 5)) == [rows[2], rows[0]]


@pytest.mark.capability("HO-18", part="old and new eligible costs by date")
def test_the_widened_scheme_pays_what_the_old_one_refused() -> None:
    costs = [
        Cost(CostKind.CONSTRUCTION, 2_000_000),
        Cost(CostKind.SOUND_INSULATION, 600_000),
        Cost(CostKind.SUSTAINABILITY, 400_000),
        Cost(CostKind.PURCHASE, 30_000_000),
    ]
    old = subsidy(large_families.SEED, costs, persons=9, applied_on=date(2023, 7, 2))
    new = subsidy(large_families.SEED, costs, persons=9, applied_on=date(2023, 7, 3))
    assert (old.subsidy_cents, new.subsidy_cents, new.gained_cents) == (2_000_000, 3_000_000, 1_000_000)
    assert old.refused == [CostKind.PURCHASE, CostKind.SOUND_INSULATION, CostKind.SUSTAINABILITY]
    assert new.refused == [CostKind.PURCHASE]
    assert new.newly_eligible == [CostKind.SOUND_INSULATION, CostKind.SUSTAINABILITY]
    assert (old.gained_cents, old.newly_eligible) == (0, [])


@pytest.mark.parametrize(
    ("persons", "on", "paid"),
    [
        (6, NOVEMBER, 0),  # no large family
        (7, NOVEMBER, 3_500_000),
        (9, NOVEMBER, 3_500_000),
        (10, NOVEMBER, 5_000_000),
        (12, NOVEMBER, 5_000_000),
        (7, date(2022, 1, 1), 0),  # the old scheme began at 8
        (12, date(2020, 12, 31), 0),  # before there was one
    ],
)
def test_the_scheme_pays_at_most_its_ceiling(persons: int, on: date, paid: int) -> None:
    costs = [Cost(CostKind.CONSTRUCTION, 9_000_000)]
    found = subsidy(large_families.SEED, costs, persons=persons, applied_on=on)
    assert found.subsidy_cents == paid
    assert (found.terms is None) is (on < date(2021, 1, 1))


@pytest.mark.capability("HO-18", part="the lead time against the ladder")
def test_a_home_that_is_ready_after_the_next_step_is_warned_of() -> None:
    ready = ready_on(date(2024, 11, 30), 3)
    assert ready == date(2025, 2, 28)
    assert warns(ready, date(2025, 1, 1))
    assert not warns(ready, date(2025, 2, 28))
    assert not warns(ready, None)


@pytest.mark.capability("HO-23", part="the weeks lost")
@pytest.mark.parametrize(
    ("due", "housed", "weeks"),
    [
        (date(2024, 3, 18), None, 32),
        (date(2024, 11, 1), None, 0),
        (date(2024, 10, 26), None, 0),  # six days
        (date(2024, 10, 25), None, 1),
        (date(2024, 12, 1), None, 0),  # in time so far
        (date(2024, 3, 18), date(2024, 4, 8), 3),
        (date(2024, 3, 18), date(2024, 3, 1), 0),
        (date(2024, 3, 18), date(2024, 12, 1), 32),  # housed later than the day of the look
    ],
)
def test_weeks_are_lost_from_the_last_day_for_a_house(due: date, housed: date | None, weeks: int) -> None:
    assert weeks_lost(due, housed, NOVEMBER) == weeks


@pytest.mark.capability("HO-20", part="two curves of stored assumptions")
def test_a_forecast_shows_the_balance_with_and_without_measures() -> None:
    first, second, third = (HalfYear(2025, 1).plus(place) for place in range(3))
    found = forecast(
        Assumptions(
            since=first,
            until=third,
            opening=30,
            targets={first: 20},
            default_target=18,
            housed=15,
            effects=[Effect(first, 10, 50), Effect(second, 8, 50), Effect(second, 5, 90)],
        )
    )
    assert found == [
        Point(first, 20, 15, 20, 35, 30),
        Point(second, 18, 15, 24, 38, 24, target_assumed=True),  # 4 + 4.5, half up
        Point(third, 18, 15, 15, 41, 27, target_assumed=True),
    ]


def test_a_forecast_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot begin"):
        forecast(Assumptions(HalfYear(2025, 2), HalfYear(2025, 1), 0, {}, 0, 0, []))
