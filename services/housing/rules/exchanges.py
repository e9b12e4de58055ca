# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an uitruil does to the tasks of two gemeenten: whoever gives people away has less to do, the other more.

Source: Huisvestingswet 2014 art. 29 lid 2 (rules 9.3): gemeenten may together change their tasks; the
sum stays what it was.
"""

from datetime import date

from services.housing.rules.codes import ExchangeKind
from services.housing.rules.half_years import HalfYear

__all__ = ["OUT_OF_REACH", "can_change", "changes"]

_AHEAD = 4

OUT_OF_REACH = "Kies het lopende halfjaar of een van de vier daarna."
"""Said of a half-year that cannot be changed, for people."""


def can_change(half_year: HalfYear, day: date) -> bool:
    """Whether tasks of a half-year can still be exchanged on a day: the running one, or one of the next four.

    What was measured stays as it was; of what lies further ahead no national number exists.

    >>> [can_change(HalfYear.parse(text), date(2024, 11, 5)) for text in ("2024-1", "2024-2", "2026-2", "2027-1")]
    [False, True, True, False]
    """
    return 0 <= half_year.index - HalfYear.of(day).index <= _AHEAD


def changes(kind: ExchangeKind, *, to_first: int, to_second: int) -> tuple[int, int]:
    """Return by how many persons the tasks of the first and of the second gemeente change; they sum to 0.

    A family of 9 that goes from the first to the second, against three singles the other way, takes
    9 - 3 = 6 off the task of the first. A recoupling (omkoppeling) moves the link and no task.

    Args:
        kind: what is exchanged. Of tasks, the persons are homes that one takes over against reception
            places of the other.
        to_first: persons whom the first will house, and the second would have.
        to_second: persons whom the second will house, and the first would have.

    Raises:
        ValueError: a count below zero.
    """
    if to_first < 0 or to_second < 0:
        raise ValueError("persons must be 0 or more")
    if kind is ExchangeKind.RECOUPLING:
        return 0, 0
    return to_first - to_second, to_second - to_first
