# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""HO-24: the figures that the Province keeps per quarter (rule 9.6: quarterly monitoring, a letter per quarter)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from services.housing.rules.account import Annual, Fact, accounts
from services.housing.rules.half_years import quarter_of

__all__ = ["Quarter", "quarters"]

_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Quarter:
    """One quarter of a gemeente. All numbers are persons; the balance is that of `on`.

    Of a year of which only the year's figure is known there is no balance before the day up to which that counts:
    the whole target would stand against nobody housed.
    """

    year: int
    number: int  # 1 to 4
    on: date  # its last day, or the peildatum inside it
    housed: int
    balance: int | None


def _last_day(year: int, number: int) -> date:
    month = number * _MONTHS
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)


def quarters(facts: Iterable[Fact], gemeentecode: str, peildatum: date, *, count: int) -> list[Quarter]:
    """Return the last quarters of a gemeente up to the peildatum, oldest first, the running one included.

    Args:
        facts: of the account; those of other gemeenten are left out.
        gemeentecode: whose.
        peildatum: the day from which one looks.
        count: how many quarters, 1 or more.

    Raises:
        ValueError: the count is below 1.
    """
    if count < 1:
        raise ValueError(f"count must be 1 or more, got {count}")
    own = [fact for fact in facts if fact.gemeentecode == gemeentecode]
    yearly = [fact for fact in own if isinstance(fact, Annual)]
    year, number = quarter_of(peildatum)
    wanted = []
    for _ in range(count + 1):  # one before, to count from
        wanted.append((year, number))
        year, number = (year, number - 1) if number > 1 else (year - 1, 4)
    wanted.reverse()
    found: list[Quarter] = []
    housed_before = 0
    for place, (year, number) in enumerate(wanted):
        on = min(_last_day(year, number), peildatum)
        account = accounts(own, on).get(gemeentecode)
        housed = sum(line.housed for line in account.lines) if account else 0
        if place:
            known = not any(one.year == year and on < one.through for one in yearly)
            balance = None if not known else account.balance if account else 0
            found.append(Quarter(year, number, on, housed - housed_before, balance))
        housed_before = housed
    return found
