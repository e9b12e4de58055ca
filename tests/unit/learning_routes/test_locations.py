# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What contracts ask of places, and which figures about lessons near home are shown."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.learning_routes import rules
from services.learning_routes.rules import (
    Elsewhere,
    LocationCheck,
    Place,
    PlaceCounts,
    check_locations,
    figures_of,
    fits,
)

TODAY = date(2024, 11, 5)
AREA = ("1916", "0626", "0629")
CENTRAL = Place(UUID(int=1), "1916", central=True, offers=["b1"], valid_from=date(2022, 1, 1))
CLASS = Place(UUID(int=2), "0626", central=False, offers=["voorschoten-class"], valid_from=date(2023, 9, 1))


def met(
    *places: Place, routes: tuple[str, ...] = ("b1",), codes: tuple[str, ...] = AREA, day: date = TODAY
) -> dict[LocationCheck, bool | None]:
    found = check_locations(routes=routes, gemeentecodes=codes, places=places, elsewhere=[], day=day)
    return {finding.check: finding.met for finding in found}


@pytest.mark.capability("LR-09", part="the central site and the class in Voorschoten")
def test_a_b1_contract_of_the_three_towns_asks_a_central_site_and_a_class_in_voorschoten() -> None:
    assert met() == {
        LocationCheck.B1_CENTRAL_SITE: False,
        LocationCheck.VOORSCHOTEN_CLASS: False,
        LocationCheck.Z_OWN_TOWN: None,
    }
    assert met(CENTRAL)[LocationCheck.B1_CENTRAL_SITE] is True
    assert met(CENTRAL, CLASS)[LocationCheck.VOORSCHOTEN_CLASS] is True


@pytest.mark.parametrize(
    "place",
    [
        replace(CENTRAL, central=False),
        replace(CENTRAL, gemeentecode="0546"),
        replace(CENTRAL, offers=["z"]),
        replace(CENTRAL, valid_from=date(2024, 11, 6)),
        replace(CENTRAL, valid_until=date(2024, 11, 4)),
    ],
)
def test_a_place_that_is_elsewhere_or_closed_is_no_central_site(place: Place) -> None:
    assert met(place)[LocationCheck.B1_CENTRAL_SITE] is False
    assert met(replace(CENTRAL, valid_until=TODAY))[LocationCheck.B1_CENTRAL_SITE] is True


def test_contracts_of_other_gemeenten_ask_no_such_places() -> None:
    asked = met(codes=("0546", "0579"))
    assert (asked[LocationCheck.B1_CENTRAL_SITE], asked[LocationCheck.VOORSCHOTEN_CLASS]) == (None, None)
    assert met(codes=("1916", "0629"))[LocationCheck.VOORSCHOTEN_CLASS] is None


@pytest.mark.capability("LR-09", part="Z lessons in the own town, or in a small group")
def test_z_lessons_elsewhere_without_a_small_group_are_named() -> None:
    groups = [Elsewhere(UUID(int=8), 2), Elsewhere(UUID(int=9), 1)]
    *_, finding = check_locations(routes=("z",), gemeentecodes=AREA, places=[], elsewhere=groups, day=TODAY)
    assert (finding.met, finding.persons, len(finding.group_ids)) == (False, 3, 2)
    assert met(routes=("z",))[LocationCheck.Z_OWN_TOWN] is True


@pytest.mark.parametrize(
    ("offers", "leerroute", "small", "fit"),
    [
        (["b1"], "b1", False, True),
        (["voorschoten-class"], "b1", False, True),
        (["z"], "b1", False, False),
        (["z"], "z", False, True),
        (["small-groups"], "z", False, False),
        (["small-groups"], "z", True, True),
        (["z"], "z", True, False),
        (["b1", "small-groups"], "b1", True, False),
        (["onderwijsroute"], "onderwijsroute", False, True),
    ],
)
def test_a_group_fits_where_its_lessons_are_offered(
    offers: list[str], leerroute: str, small: bool, fit: bool
) -> None:
    assert fits(offers, leerroute, small_group=small) is fit


COUNTS = PlaceCounts(
    "z",
    persons=20,
    persons_own=15,
    persons_elsewhere=6,
    lessons=300,
    own_lessons=200,
    small_group_lessons=40,
    hours=Decimal(900),
    own_hours=Decimal(600),
)


@pytest.mark.capability("LR-09", part="the share of lessons, with counts, without small numbers")
def test_the_share_stands_beside_its_counts() -> None:
    shown = figures_of(COUNTS, TODAY)
    assert (shown.lessons, shown.own_lessons, shown.elsewhere_lessons) == (300, 200, 100)
    assert (shown.own_percent, shown.small_group_lessons, shown.suppressed) == (Decimal("66.67"), 40, False)


@pytest.mark.parametrize("counts", [replace(COUNTS, persons_own=4), replace(COUNTS, persons_elsewhere=1)])
def test_a_small_part_takes_the_whole_split_along(counts: PlaceCounts) -> None:
    shown = figures_of(counts, TODAY)
    assert (shown.persons, shown.lessons, shown.suppressed) == (20, 300, True)
    assert {shown.own_lessons, shown.elsewhere_lessons, shown.own_percent, shown.own_hours} == {None}
    assert shown.small_group_lessons is None


def test_fewer_than_five_people_show_nothing_and_nobody_is_no_small_number() -> None:
    hidden = figures_of(replace(COUNTS, persons=4, persons_own=4, persons_elsewhere=0), TODAY)
    assert (hidden.persons, hidden.lessons, hidden.hours, hidden.suppressed) == (None, None, None, True)
    all_near = figures_of(
        replace(COUNTS, persons=5, persons_own=5, persons_elsewhere=0, own_lessons=300), TODAY
    )
    assert (all_near.own_percent, all_near.elsewhere_lessons, all_near.suppressed) == (Decimal(100), 0, False)
    assert rules.SMALL_NUMBER.on(TODAY) == 5
