# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Numbers that look right and belong to nobody."""

from collections.abc import Iterator

__all__ = ["reserved_bsns", "reserved_v_numbers"]

_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_FIRST_TEST_BSN = 999_900_000  # the range that government keeps for test environments
_FIRST_V_NUMBER = 9_100_000_000


def reserved_bsns() -> Iterator[str]:
    """The valid BSNs (elfproef) of the test range 9999xxxxx, lowest first."""
    for number in range(_FIRST_TEST_BSN, _FIRST_TEST_BSN + 100_000):
        digits = str(number)
        total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
        if total % 11 == 0:
            yield digits


def reserved_v_numbers() -> Iterator[str]:
    """V-numbers of ten digits, spread so that they do not read as a sequence."""
    for step in range(90_000):
        yield str(_FIRST_V_NUMBER + (step * 7_919 + 104_729) % 899_999_999)
