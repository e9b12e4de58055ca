# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The running account: the audit's tables 3.2 to 3.5 as printed, and that it is the sum of its facts on any day."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from services.housing.rules.account import (
    Account,
    Annual,
    Correction,
    Fact,
    Housed,
    Line,
    Opening,
    SwapShare,
    Target,
    accounts,
    by_year,
)
from services.housing.rules.half_years import HalfYear
from services.housing.rules.printed import Finding, PrintedYear, YearsNotInOrder, read_printed

LV, VOORSCHOTEN, WASSENAAR, OEGSTGEEST = "1916", "0626", "0629", "0579"
THROUGH_OCTOBER = date(2024, 10, 31)
NOVEMBER = date(2024, 11, 1)

# Tables 3.2 to 3.5 of the audit report: year, stand on 1 January, taakstelling, total, housed.
PRINTED = {
    LV: [
        (2019, 22, 52, 74, 84),
        (2020, -10, 52, 42, 37),
        (2021, 5, 107, 113, 89),
        (2022, 23, 103, 126, 131),
        (2023, 7, 169, 176, 88),
        (2024, 88, 156, 244, 68),
    ],
    VOORSCHOTEN: [
        (2019, 15, 18, 33, 22),
        (2020, 11, 18, 29, 25),
        (2021, 0, 36, 36, 38),
        (2022, -2, 35, 33, 33),
        (2023, 0, 57, 57, 25),
        (2024, 32, 52, 84, 44),
    ],
    WASSENAAR: [
        (2019, 11, 18, 29, 35),
        (2020, -6, 19, 13, 20),
        (2021, -3, 38, 35, 36),
        (2022, -1, 37, 36, 47),
        (2023, -11, 60, 49, 52),
        (2024, -3, 55, 52, 18),
    ],
    OEGSTGEEST: [
        (2019, 9, 18, 27, 35),
        (2020, -8, 17, 9, 21),
        (2021, -12, 36, 24, 24),
        (2022, 0, 35, 35, 39),
        (2023, -4, 57, 53, 37),
        (2024, 16, 52, 68, 38),
    ],
}


def printed(code: str) -> list[PrintedYear]:
    return [
        PrintedYear(*row, through=THROUGH_OCTOBER if row[0] == 2024 else date(row[0], 12, 31))
        for row in PRINTED[code]
    ]


def audit(code: str) -> list[Fact]:
    facts, corrections, _ = read_printed(code, printed(code))
    return [*facts, *(correction for correction, _ in corrections)]


def account_of(facts: list[Fact], on: date) -> Account:
    (found,) = accounts(facts, on).values()
    return found


@pytest.mark.capability("HO-02")
@pytest.mark.parametrize("code", PRINTED)
def test_the_tables_of_the_audit_come_out_as_printed(code: str) -> None:
    found = by_year(account_of(audit(code), NOVEMBER).lines)
    # The one printed total that its own numbers contradict is a finding, and no number of the account.
    wrong_total = {2021} if code == LV else set()
    for line, (year, opening, target, total, housed) in zip(found, PRINTED[code], strict=True):
        assert (line.year, line.opening, line.target, line.housed) == (year, opening, target, housed)
        assert (line.total == total) is (year not in wrong_total)


@pytest.mark.capability("HO-02")
def test_oegstgeest_closes_its_years_as_the_audit_says() -> None:
    closings = [line.closing for line in account_of(audit(OEGSTGEEST), NOVEMBER).lines]
    assert closings == [-8, -12, 0, -4, 16, 30]


@pytest.mark.capability("HO-02", "IS-10", part="the balance")
def test_the_four_gemeenten_are_280_persons_behind_on_1_november_2024() -> None:
    facts = [fact for code in PRINTED for fact in audit(code)]
    behind = {code: account.balance for code, account in accounts(facts, NOVEMBER).items()}
    assert behind == {LV: 176, VOORSCHOTEN: 40, WASSENAAR: 34, OEGSTGEEST: 30}
    assert sum(behind.values()) == 280


@pytest.mark.capability("HO-02", part="the breaks in the printed tables are named")
def test_each_break_of_the_printed_tables_is_a_finding_and_each_opening_a_dated_correction() -> None:
    found = {code: read_printed(code, printed(code)) for code in PRINTED}
    assert {code: findings for code, (_, _, findings) in found.items()} == {
        LV: [Finding(2021, "total-differs", 113, 112), Finding(2023, "opening-differs", 7, -5)],
        VOORSCHOTEN: [Finding(2021, "opening-differs", 0, 4)],
        WASSENAAR: [Finding(2021, "opening-differs", -3, -7)],
        OEGSTGEEST: [],
    }
    assert [(one.on, one.persons) for _, corrections, _ in found.values() for one, _ in corrections] == [
        (date(2023, 1, 1), 12),
        (date(2021, 1, 1), -4),
        (date(2021, 1, 1), 4),
    ]


def test_printed_years_with_a_gap_are_refused() -> None:
    with pytest.raises(YearsNotInOrder):
        read_printed(LV, [printed(LV)[0], printed(LV)[2]])


def test_the_account_of_a_day_in_history_counts_what_was_housed_by_then() -> None:
    # Of 2024 only the figure through October is known, so it counts from the last day of October on.
    assert account_of(audit(OEGSTGEEST), THROUGH_OCTOBER).balance == 30
    assert account_of(audit(OEGSTGEEST), date(2024, 10, 30)).balance == 68


def test_targets_of_both_halves_replace_the_figure_of_the_year_and_one_does_not() -> None:
    first = Target(OEGSTGEEST, HalfYear(2024, 1), 30, date(2023, 10, 1))
    second = Target(OEGSTGEEST, HalfYear(2024, 2), 25, date(2024, 4, 1))
    assert account_of([*audit(OEGSTGEEST), first], NOVEMBER).balance == 30
    assert account_of([*audit(OEGSTGEEST), first, second], NOVEMBER).balance == 30 + 3


def test_the_closing_balance_of_a_half_year_is_the_opening_of_the_next() -> None:
    facts: list[Fact] = [
        Opening(LV, date(2024, 1, 1), 10),
        Target(LV, HalfYear(2024, 1), 40, date(2023, 10, 1)),
        Housed(LV, date(2024, 6, 30), 15),
        Housed(LV, date(2024, 7, 1), 5),
        Target(LV, HalfYear(2024, 2), 20, date(2024, 4, 1)),
        Correction(LV, date(2024, 8, 1), -2),
    ]
    first, second = account_of(facts, date(2024, 12, 31)).lines
    assert (first.opening, first.total, first.closing) == (10, 50, 35)
    assert (second.carried, second.opening, second.total, second.closing) == (35, 35, 55, 48)
    assert [line.period for line in (first, second)] == ["2024-1", "2024-2"]
    (year,) = by_year([first, second])
    assert (year.period, year.opening, year.target, year.total, year.housed, year.closing) == (
        "2024", 10, 60, 70, 20, 48,
    )  # fmt: skip


@pytest.mark.capability("HO-01", part="the old version of a revised target is kept")
def test_a_revised_target_counts_from_its_publication_and_the_old_one_for_who_looks_back() -> None:
    facts: list[Fact] = [
        Target(LV, HalfYear(2025, 1), 67, date(2024, 12, 2)),
        Target(LV, HalfYear(2025, 1), 79, date(2024, 10, 1)),
        Target(LV, HalfYear(2025, 1), 60, date(2025, 3, 1)),
    ]
    assert account_of(facts, date(2025, 2, 1)).balance == 67
    assert account_of(facts, date(2025, 3, 1)).balance == 60
    assert account_of(facts, date(2024, 12, 31)).balance == 0  # the half-year has not begun


@pytest.mark.capability("HO-22", part="the taakstelling is abolished")
def test_a_half_year_for_which_the_law_knows_no_target_adds_none() -> None:
    facts: list[Fact] = [
        Target(LV, HalfYear(2025, 1), 67, date(2024, 10, 1)),
        Target(LV, HalfYear(2025, 2), 50, date(2025, 4, 1)),
    ]
    until = date(2025, 7, 1)
    found = accounts(facts, date(2025, 8, 1), obliged=lambda day: day < until)[LV]
    assert [line.target for line in found.lines] == [67, 0]


days = st.dates(date(2019, 1, 1), date(2025, 12, 31))
codes = st.sampled_from([LV, WASSENAAR])
half_years = st.builds(HalfYear, st.integers(2019, 2025), st.integers(1, 2))
count = st.integers(0, 200)
signed = st.integers(-50, 50)
facts_of_any_kind = st.lists(
    st.one_of(
        st.builds(Opening, codes, days, signed),
        st.builds(Housed, codes, days, count),
        st.builds(Correction, codes, days, signed),
        st.builds(SwapShare, codes, half_years, signed, days),
    ),
    max_size=30,
)
targets = st.lists(
    st.builds(Target, codes, half_years, count, days),
    max_size=12,
    unique_by=lambda target: (target.gemeentecode, target.half_year),
)


@pytest.mark.capability("HO-02", part="the account is the sum of its facts on any day")
@given(facts_of_any_kind, targets, days)
def test_the_balance_of_any_day_is_the_sum_of_the_facts_that_count_on_it(
    others: list[Fact], wanted: list[Target], on: date
) -> None:
    facts = [*others, *wanted]
    for code, account in accounts(facts, on).items():
        expected = 0
        for fact in facts:
            match fact:
                case Opening() | Correction() if fact.on <= on:
                    expected += fact.persons if fact.gemeentecode == code else 0
                case Housed() if fact.on <= on:
                    expected -= fact.persons if fact.gemeentecode == code else 0
                case Target() if fact.published_on <= on and fact.half_year.first_day <= on:
                    expected += fact.persons if fact.gemeentecode == code else 0
                case SwapShare() if fact.agreed_on <= on and fact.half_year.first_day <= on:
                    expected += fact.persons if fact.gemeentecode == code else 0
        assert account.balance == expected


@given(facts_of_any_kind, targets, days)
def test_lines_chain_and_years_roll_up_to_the_same_balance(
    others: list[Fact], wanted: list[Target], on: date
) -> None:
    for account in accounts([*others, *wanted], on).values():
        for before, after in zip(account.lines, account.lines[1:], strict=False):
            assert after.carried == before.closing
        years = by_year(account.lines)
        assert (years[-1].closing if years else 0) == account.balance


def test_the_account_of_all_gemeenten_over_20_half_years_is_one_pass_over_the_facts() -> None:
    """What makes 342 gemeenten over ten years a matter of milliseconds: every fact is read once."""
    reads = 0

    def facts() -> Iterator[Fact]:
        nonlocal reads
        for number in range(342):
            code = f"{number:04d}"
            for index in range(20):
                half_year = HalfYear.at(HalfYear(2015, 1).index + index)
                reads += 2
                yield Target(code, half_year, 40 + number % 7, half_year.first_day - timedelta(weeks=13))
                yield Housed(code, half_year.last_day, 38)

    found = accounts(facts(), date(2024, 12, 31))  # an iterator can be read once only
    assert reads == 342 * 20 * 2
    assert len(found) == 342
    assert sum(len(account.lines) for account in found.values()) == 342 * 20
    assert found["0000"].balance == 20 * 2
    assert found["0006"].lines[-1] == Line(2024, 2, 19 * 8, 0, 46, 0, 38, target_known=True)


def test_an_account_without_facts_yet_has_no_lines() -> None:
    later = Housed(LV, date(2025, 1, 1), 3)
    assert account_of([later], NOVEMBER) == Account(LV, [])
    assert account_of([later], NOVEMBER).balance == 0


def test_the_target_of_a_year_counts_before_the_figure_of_who_was_housed() -> None:
    facts: list[Fact] = [Annual(LV, 2019, 52, 84, date(2019, 12, 31))]
    assert account_of(facts, date(2019, 5, 1)).balance == 52
    assert account_of(facts, date(2019, 12, 31)).balance == 52 - 84
