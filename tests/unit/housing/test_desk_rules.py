# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rules of the desk: clocks, waits, fit, spread, steps, exchange, and what a rule costs."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, permutations

import pytest
from hypothesis import given, strategies as st

from services.housing.rules import exchanges, fit, households, lettings, move_day, spread, steps, terms
from services.housing.rules.codes import CorporationRuleKind, DwellingKind, ExchangeKind, MatchStatus, Step

LINKED = date(2024, 1, 8)


@pytest.mark.capability("HO-03")
def test_ten_weeks_to_a_house_and_two_to_move_without_a_shift() -> None:
    assert terms.house_due(LINKED) == date(2024, 3, 18)
    assert terms.move_due(date(2024, 3, 18)) == date(2024, 4, 1)  # Easter Monday


@pytest.mark.capability("HO-03")
@pytest.mark.parametrize(
    ("done", "today", "days"),
    [
        pytest.param(None, date(2024, 3, 18), 0, id="on-the-last-day"),
        pytest.param(None, date(2024, 3, 19), 1, id="a-day-later"),
        pytest.param(date(2024, 3, 28), date(2024, 11, 5), 10, id="met-late"),
        pytest.param(date(2024, 3, 1), date(2024, 11, 5), 0, id="met-in-time"),
    ],
)
def test_the_days_over_a_clock_are_counted(done: date | None, today: date, days: int) -> None:
    assert terms.overrun_days(date(2024, 3, 18), done, today) == days


@pytest.mark.capability("HO-12")
@pytest.mark.parametrize(
    ("starts", "months", "follow_up", "due"),
    [
        pytest.param(date(2024, 2, 1), 12, date(2024, 11, 1), date(2025, 1, 31), id="a-year"),
        pytest.param(date(2024, 2, 1), 24, date(2025, 8, 1), date(2026, 1, 31), id="two-years"),
        pytest.param(date(2023, 11, 30), 3, date(2024, 1, 30), date(2024, 2, 28), id="end-of-february"),
    ],
)
def test_a_stay_has_a_last_day_and_a_day_to_look_further(
    starts: date, months: int, follow_up: date, due: date
) -> None:
    assert (terms.follow_up_on(starts, months), terms.stay_due(starts, months)) == (follow_up, due)
    with pytest.raises(ValueError, match="1 or more"):
        terms.stay_due(starts, 0)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 400))
def test_an_early_signal_lies_within_its_clock(starts: date, days: int) -> None:
    due = starts + timedelta(days=days)
    assert starts <= terms.early_day(starts, due) <= due


@pytest.mark.parametrize(
    ("persons", "kind"),
    [
        (1, "single"),
        (2, "small-family"),
        (4, "small-family"),
        (5, "family"),
        (7, "family"),
        (8, "large-family"),
    ],
)
def test_households_are_told_apart_by_size(persons: int, kind: str) -> None:
    assert households.household_type(persons) == kind
    with pytest.raises(ValueError, match="1 person"):
        households.household_type(0)


@pytest.mark.capability("HO-04")
def test_mean_median_and_longest_wait() -> None:
    spans = [(LINKED, LINKED + timedelta(days=days)) for days in (100, 200, 901)]
    waits = households.waits_of(spans)
    assert waits is not None
    assert (waits.mean_days, waits.median_days, waits.max_days, waits.long_waits) == (400, 200, 901, 1)
    assert households.Waits.months(671) == Decimal("22.0")  # 1 January 2022 to 3 November 2023
    assert households.waits_of([]) is None
    with pytest.raises(ValueError, match="before it begins"):
        households.waits_of([(LINKED, LINKED - timedelta(days=1))])


@pytest.mark.capability("HO-04")
def test_a_wait_is_long_after_24_months_and_not_on_the_day_itself() -> None:
    assert not households.is_long_wait(date(2022, 11, 5), date(2024, 11, 5))
    assert households.is_long_wait(date(2022, 11, 4), date(2024, 11, 5))


SINGLE = fit.Candidate("0629", 1)
HOME = fit.Home("0629", DwellingKind.FAMILY, 1, 6, 60_000)


def named(*args: fit.Candidate | fit.Home, shared: bool = False, **kwargs: object) -> set[str]:
    candidate, home = args
    assert isinstance(candidate, fit.Candidate)
    assert isinstance(home, fit.Home)
    return {one.rule for one in fit.breaks(candidate, home, shared=shared, **kwargs)}  # type: ignore[arg-type]


@pytest.mark.capability("HO-09", part="a rule is named")
@pytest.mark.parametrize(
    ("kind", "value", "broken"),
    [
        pytest.param(CorporationRuleKind.NO_SINGLES_IN_FAMILY_DWELLING, None, True, id="no-singles"),
        pytest.param(CorporationRuleKind.FULL_OCCUPATION, 2, True, id="two-places-empty"),
        pytest.param(CorporationRuleKind.FULL_OCCUPATION, 5, False, id="five-may-be-empty"),
        pytest.param(CorporationRuleKind.PAUSE, None, True, id="pause"),
        pytest.param(CorporationRuleKind.MOST_PER_YEAR, 0, True, id="none-left-this-year"),
        pytest.param(CorporationRuleKind.MOST_PER_YEAR, 1, False, id="one-left-this-year"),
        pytest.param(CorporationRuleKind.NO_SHARING, None, False, id="not-shared"),
    ],
)
def test_each_rule_of_a_corporation(kind: CorporationRuleKind, value: int | None, broken: bool) -> None:
    home = fit.Home("0629", DwellingKind.FAMILY, 1, 6, 60_000, rules=(fit.LetRule(kind, value),))
    assert named(SINGLE, home) == ({kind.value} if broken else set())
    assert named(SINGLE, home, without={kind.value}) == set()


def test_a_rule_holds_from_its_first_to_its_last_day_where_it_holds() -> None:
    rule = fit.LetRule(CorporationRuleKind.PAUSE, None, "0629", date(2024, 1, 1), date(2024, 6, 30))
    assert fit.holding([rule], "0629", date(2024, 6, 30)) == (rule,)
    assert fit.holding([rule], "0629", date(2024, 7, 1)) == ()
    assert fit.holding([rule], "0546", date(2024, 6, 30)) == ()


@pytest.mark.capability("HO-07", part="nareis counts once granted, in a home for good")
def test_family_that_is_granted_counts_in_a_permanent_home_only() -> None:
    coming = fit.Candidate("0629", 1, reunion_persons=4)
    temporary = fit.Home("0629", DwellingKind.FLEX, 1, 1, 40_000, max_stay_months=12)
    assert fit.need_of(coming, HOME) == 5
    assert named(coming, temporary) == set()
    assert named(coming, fit.Home("0629", DwellingKind.FAMILY, 1, 4, 60_000)) == {"max-persons"}


@pytest.mark.capability("HO-08", part="who may share")
def test_sharing_is_for_singles_who_agreed_of_one_group_while_there_is_a_place() -> None:
    shared = fit.Home(
        "0629", DwellingKind.SHARED, 2, 3, 60_000, share_slots=3, shared_with=1, shared_group="a"
    )
    willing = fit.Candidate("0629", 1, accepts_sharing=True, share_group="a")
    assert named(willing, shared, shared=True) == set()
    assert named(SINGLE, shared, shared=True) == {"share-consent", "share-group"}
    assert "singles-share" in named(fit.Candidate("0629", 2, accepts_sharing=True), shared, shared=True)
    full = fit.Home("0629", DwellingKind.SHARED, 2, 3, 60_000, share_slots=3, shared_with=3, shared_group="a")
    assert named(willing, full, shared=True) == {"share-places-taken"}


@pytest.mark.capability("PX-16", part="no field for origin, nationality, language, religion or sex")
def test_nothing_that_weighs_a_match_has_a_field_for_who_somebody_is() -> None:
    words = ("nation", "origin", "country", "language", "relig", "sex", "gender", "ethnic", "name")
    known = {one.name for kind in (fit.Candidate, fit.Home, fit.LetRule) for one in fields(kind)}
    assert [name for name in known for word in words if word in name] == []


@pytest.mark.capability("HO-10")
def test_the_shares_of_the_quarters_before_and_after() -> None:
    shares = {one.quarter: one for one in spread.spread_after({"A": 6, "B": 2}, "B", 4)}
    assert (shares["A"].share_before, shares["A"].share_after) == (Decimal("75.0"), Decimal("50.0"))
    assert (shares["B"].share_before, shares["B"].share_after) == (Decimal("25.0"), Decimal("50.0"))
    (first,) = spread.spread_after({}, "A", 1)
    assert (first.share_before, first.share_after) == (None, Decimal("100.0"))
    with pytest.raises(ValueError, match="1 or more"):
        spread.spread_after({}, "A", 0)


@pytest.mark.capability("HO-15")
@given(st.sampled_from(ExchangeKind), st.integers(0, 500), st.integers(0, 500))
def test_an_exchange_never_changes_the_sum(kind: ExchangeKind, to_first: int, to_second: int) -> None:
    assert sum(exchanges.changes(kind, to_first=to_first, to_second=to_second)) == 0


@pytest.mark.capability("HO-15")
def test_a_family_of_nine_for_three_singles_takes_six_off_the_one_and_gives_them_to_the_other() -> None:
    assert exchanges.changes(ExchangeKind.PERSONS, to_first=3, to_second=9) == (-6, 6)
    assert exchanges.changes(ExchangeKind.RECOUPLING, to_first=0, to_second=9) == (0, 0)
    with pytest.raises(ValueError, match="0 or more"):
        exchanges.changes(ExchangeKind.TASKS, to_first=-1, to_second=0)


@pytest.mark.capability("HO-05")
def test_the_steps_follow_each_other_one_way() -> None:
    ways = {step: {status for status in MatchStatus if steps.may_take(status, step)} for step in Step}
    assert ways == {
        Step.ACCEPTED: {MatchStatus.APPROVED},
        Step.DECLINED: {MatchStatus.APPROVED, MatchStatus.ACCEPTED},
        Step.KEY_HANDED_OVER: {MatchStatus.ACCEPTED},
        Step.HOUSED: {MatchStatus.KEY_HANDED_OVER},
    }
    assert {status for status in MatchStatus if steps.may_decide(status)} == {MatchStatus.PROPOSED}


@pytest.mark.capability("HO-21")
def test_the_list_of_the_move_day_has_a_day_and_a_party_for_each_thing() -> None:
    todo = {one.code: one for one in move_day.checklist(date(2024, 11, 5))}
    assert (todo["brp-registration"].party, todo["brp-registration"].due_on) == (
        "gemeente",
        date(2024, 11, 10),
    )
    assert (todo["lease-signed"].party, todo["lease-signed"].due_on) == ("corporation", date(2024, 11, 5))
    assert len(todo) == len(move_day.CHECKLIST)


FITS = st.dictionaries(st.integers(0, 4), st.lists(st.integers(10, 13), unique=True, max_size=4), max_size=5)
COUNTED = st.dictionaries(st.integers(10, 13), st.sampled_from("ab"))
MOST = st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.integers(0, 2)})


@pytest.mark.capability("HO-09", part="the extra matches, also under the yearly most of corporations")
@given(FITS, COUNTED, MOST)
def test_no_other_choice_gives_more_matches(
    fits: dict[int, list[int]], counted: dict[int, str], most: dict[str, int]
) -> None:
    def may_be_let(chosen: Iterable[int]) -> bool:
        let = Counter(counted[home] for home in chosen if home in counted)
        return all(let[owner] <= most[owner] for owner in let)

    found = lettings.most_matches(fits, counted, most)
    assert all(home in fits[household] for household, home in found.items())
    assert len(set(found.values())) == len(found)
    assert may_be_let(found.values())
    homes = sorted({home for many in fits.values() for home in many})
    largest = 0
    for size in range(len(fits), 0, -1):
        if any(
            may_be_let(order)
            and all(home in fits[household] for household, home in zip(chosen, order, strict=True))
            for chosen in combinations(fits, size)
            for order in permutations(homes, size)
        ):
            largest = size
            break
    assert len(found) == largest
