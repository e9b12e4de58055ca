# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The taakstelling of a half-year: shares by inhabitants, revisions, swaps, and the spelling of half-years."""

from datetime import date

import pytest
from hypothesis import given, strategies as st

from services.housing.rules.half_years import HalfYear, NoHalfYear, measured_on, next_measurement, quarter_of
from services.housing.rules.targets import (
    NationalNumber,
    SwapFault,
    in_force,
    shares,
    swap_deltas,
    swap_faults,
    target_of,
)

WASSENAAR, LV = "0629", "1916"


@pytest.mark.capability("HO-01", part="in ratio to inhabitants")
@pytest.mark.parametrize(
    ("national", "inhabitants", "country", "target"),
    [
        (15_000, 80_000, 18_000_000, 67),  # 66.67, always up
        (17_700, 80_000, 18_000_000, 79),
        (18_000, 80_000, 18_000_000, 80),  # exact
        (15_000, 1, 18_000_000, 1),
        (15_000, 0, 18_000_000, 0),
        (0, 80_000, 18_000_000, 0),
    ],
)
def test_a_target_is_the_share_of_the_inhabitants_rounded_up(
    national: int, inhabitants: int, country: int, target: int
) -> None:
    assert target_of(national, inhabitants, country) == target


@pytest.mark.parametrize(
    ("national", "inhabitants", "country"), [(-1, 1, 2), (1, -1, 2), (1, 3, 2), (1, 0, 0)]
)
def test_impossible_numbers_have_no_share(national: int, inhabitants: int, country: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        target_of(national, inhabitants, country)


@pytest.mark.capability("HO-01", part="the sum is never below the national number")
@given(st.integers(0, 50_000), st.lists(st.integers(0, 1_000_000), min_size=1, max_size=342))
def test_the_sum_over_all_gemeenten_is_never_below_the_national_number(
    national: int, towns: list[int]
) -> None:
    country = max(1, sum(towns))
    inhabitants = {f"{number:04d}": count for number, count in enumerate(towns)}
    total = sum(shares(national, inhabitants, country).values())
    if sum(towns):
        assert national <= total < national + len(towns)
    else:
        assert total == 0


@pytest.mark.capability("HO-01", part="the revision of 2025-1")
def test_the_number_of_2025_1_was_lowered_and_the_old_one_still_stands_for_who_looks_back() -> None:
    first = NationalNumber(17_700, date(2024, 9, 20))
    revised = NationalNumber(15_000, date(2024, 12, 2), "Kamerbrief van 2 december 2024")
    for versions in ([first, revised], [revised, first]):
        assert in_force(versions, date(2024, 9, 19)) is None
        assert in_force(versions, date(2024, 12, 1)) == first
        assert in_force(versions, date(2024, 12, 2)) == revised
    inhabitants = {WASSENAAR: 27_000, LV: 78_000}
    assert shares(first.persons, inhabitants, 17_900_000) == {WASSENAAR: 27, LV: 78}
    assert shares(revised.persons, inhabitants, 17_900_000) == {WASSENAAR: 23, LV: 66}


@pytest.mark.parametrize(
    ("after", "faults"),
    [
        ({WASSENAAR: 60, LV: 47}, []),
        ({WASSENAAR: 60, LV: 48}, [SwapFault("sum-differs", None, 107, 108)]),
        (
            {WASSENAAR: 67, LV: 40},
            [SwapFault("unchanged", WASSENAAR, 67, 67), SwapFault("unchanged", LV, 40, 40)],
        ),
        ({WASSENAAR: 108, LV: -1}, [SwapFault("negative", LV, 0, -1)]),
        ({WASSENAAR: 67}, [SwapFault("parties")]),
        ({WASSENAAR: 60, "0546": 7}, [SwapFault("unknown-target", "0546")]),
    ],
)
def test_a_swap_is_refused_with_what_is_wrong(after: dict[str, int], faults: list[SwapFault]) -> None:
    assert swap_faults({WASSENAAR: 67, LV: 40}, after) == faults
    if faults:
        with pytest.raises(ValueError, match="no swap"):
            swap_deltas({WASSENAAR: 67, LV: 40}, after)


@given(
    st.dictionaries(
        st.sampled_from(["0546", "0579", "0626", WASSENAAR, LV]), st.integers(0, 300), min_size=2
    ),
    st.data(),
)
def test_a_swap_never_changes_the_sum(before: dict[str, int], data: st.DataObject) -> None:
    after = {code: data.draw(st.integers(0, 300)) for code in before}
    if not swap_faults(before, after):
        assert sum(swap_deltas(before, after).values()) == 0
        assert sum(after.values()) == sum(before.values())


@pytest.mark.parametrize(
    "text", ["2024", "2024-0", "2024-3", "24-1", "2024-1 ", "2024/1", "", "1989-1", "2101-1", "²024-1"]
)
def test_a_half_year_that_is_badly_spelled_is_none(text: str) -> None:
    with pytest.raises(NoHalfYear):
        HalfYear.parse(text)


def test_a_half_year_knows_its_days() -> None:
    second = HalfYear.parse("2024-2")
    assert (second.first_day, second.last_day) == (date(2024, 7, 1), date(2024, 12, 31))
    assert (second.plus(1), second.plus(-1), str(second)) == (HalfYear(2025, 1), HalfYear(2024, 1), "2024-2")
    assert (second.is_closed(date(2024, 12, 31)), second.is_closed(date(2025, 1, 1))) == (False, True)
    assert second.inhabitants_on == date(2023, 1, 1)
    assert HalfYear(2025, 1).publish_by == date(2024, 10, 2)
    assert measured_on(second) == date(2025, 1, 1)
    assert next_measurement(date(2024, 11, 1)) == date(2025, 1, 1)
    assert next_measurement(date(2025, 1, 1)) == date(2025, 7, 1)
    assert quarter_of(date(2024, 11, 5)) == (2024, 4)


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_every_day_lies_in_the_half_year_that_it_names(day: date) -> None:
    found = HalfYear.of(day)
    assert found.first_day <= day <= found.last_day
    assert HalfYear.at(found.index) == found == HalfYear.parse(str(found))
