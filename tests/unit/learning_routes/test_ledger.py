# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ledger: every offered hour goes somewhere, once."""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from services.learning_routes.rules import (
    Approval,
    AttendanceStatus,
    Entry,
    Hours,
    Leerroute,
    add_up,
    homogeneity,
    largest_size,
    share,
    short_of,
    target_of,
)

TODAY = date(2024, 11, 5)

lengths = st.decimals("0.25", "8", places=2)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    length = draw(lengths)
    status = draw(st.sampled_from([None, *AttendanceStatus]))
    attended = Decimal(0)
    if status is AttendanceStatus.PRESENT:
        attended = draw(st.decimals(0, length, places=2))
    approval = None if status is None else draw(st.sampled_from(Approval))
    return Entry(length, status, attended, approval, draw(st.booleans()))


def _parts(hours: Hours) -> Decimal:
    return sum(
        (getattr(hours, f.name) for f in fields(hours) if f.name not in {"offered", "pending"}), Decimal(0)
    )


@settings(max_examples=1000, deadline=None)
@given(st.lists(entries(), max_size=60), st.randoms(use_true_random=False))
def test_the_categories_add_up_to_what_was_offered(ledger: list[Entry], random: Random) -> None:
    total = add_up(ledger)
    assert _parts(total) == total.offered == sum((entry.lesson_hours for entry in ledger), Decimal(0))
    assert total.pending <= total.unregistered
    assert all(getattr(total, f.name) >= 0 for f in fields(total))
    shuffled = list(ledger)
    random.shuffle(shuffled)
    assert add_up(shuffled) == total
    middle = len(ledger) // 2
    assert add_up(ledger[:middle]) + add_up(ledger[middle:]) == total


def _lesson(
    status: AttendanceStatus | None,
    hours: str = "0",
    approval: Approval | None = Approval.NOT_NEEDED,
    *,
    marked: bool = True,
) -> Entry:
    return Entry(Decimal(3), status, Decimal(hours), approval if status else None, marked)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (_lesson(AttendanceStatus.PRESENT, "3"), {"attended": 3}),
        (
            _lesson(AttendanceStatus.PRESENT, "1.25"),
            {"attended": Decimal("1.25"), "partly_missed": Decimal("1.75")},
        ),
        (_lesson(AttendanceStatus.PRESENT, "3", marked=False), {"attended_without_mark": 3}),
        (_lesson(AttendanceStatus.EXCUSED), {"excused": 3}),
        (_lesson(AttendanceStatus.SICK), {"sick": 3}),
        (_lesson(AttendanceStatus.UNEXCUSED), {"unexcused": 3}),
        (_lesson(None), {"unregistered": 3}),
        (_lesson(AttendanceStatus.PRESENT, "3", Approval.PENDING), {"unregistered": 3, "pending": 3}),
        (_lesson(AttendanceStatus.PRESENT, "3", Approval.REFUSED), {"unregistered": 3}),
        (_lesson(AttendanceStatus.PRESENT, "3", Approval.APPROVED), {"attended": 3}),
    ],
)
def test_each_entry_fills_its_own_category(entry: Entry, expected: dict[str, Decimal]) -> None:
    assert add_up([entry]) == Hours(
        offered=Decimal(3), **{name: Decimal(value) for name, value in expected.items()}
    )


@pytest.mark.capability("LR-13", part="the arithmetic")
def test_800_offered_and_610_attended_is_190_short() -> None:
    hours = Hours(offered=Decimal(800), attended=Decimal(610), excused=Decimal(190))
    assert short_of(target_of(Leerroute.Z), hours) == 190


@pytest.mark.parametrize("route", [Leerroute.B1, Leerroute.ONDERWIJSROUTE, None])
def test_routes_that_close_with_exams_have_no_target(route: Leerroute | None) -> None:
    assert target_of(route) is None
    assert short_of(None, Hours()) is None


def test_a_share_of_nothing_is_unknown() -> None:
    assert share(Decimal(0), Decimal(0)) is None
    assert share(Decimal(1), Decimal(3)) == Decimal("33.33")


@pytest.mark.capability("LR-06", part="the homogeneity score")
@pytest.mark.parametrize(
    ("levels", "score"),
    [
        ([], None),
        (["a1"] * 12, Decimal("1.00")),
        (["a1"] * 6 + ["a2"] * 6, Decimal("0.50")),
        (["a0", "a1", "a2", "b1"] * 3, Decimal("0.25")),
        (["a1", "a1", "a2"], Decimal("0.67")),
    ],
)
def test_the_score_is_the_share_of_the_most_common_level(levels: list[str], score: Decimal | None) -> None:
    assert homogeneity(levels) == score


def test_no_contract_makes_a_group_larger_than_twelve() -> None:
    assert (largest_size(8, TODAY), largest_size(12, TODAY), largest_size(20, TODAY)) == (8, 12, 12)
