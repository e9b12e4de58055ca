# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""How newly housed people are spread over the quarters of a gemeente, before and after a match (HO-10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

__all__ = ["QuarterShare", "share_percent", "spread_after"]

_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class QuarterShare:
    """The part of one quarter in the people whom a gemeente housed, in percent with one decimal."""

    quarter: str
    persons_before: int
    persons_after: int
    share_before: Decimal | None  # None: nobody was housed yet
    share_after: Decimal


def share_percent(part: int, whole: int) -> Decimal | None:
    """Return the part of the whole in percent, one decimal, half up; None of nothing."""
    return None if whole == 0 else (Decimal(part) * 100 / whole).quantize(_TENTH, ROUND_HALF_UP)


def spread_after(housed: Mapping[str, int], quarter: str, persons: int) -> list[QuarterShare]:
    """Return the share of each quarter before and after so many people come to live in one of them.

    Args:
        housed: persons whom the gemeente housed in the period, by quarter.
        quarter: where the dwelling is; it need not be in `housed` yet.
        persons: of the household, 1 or more.

    Raises:
        ValueError: nobody comes.
    """
    if persons < 1:
        raise ValueError(f"persons must be 1 or more, got {persons}")
    before = {**housed, quarter: housed.get(quarter, 0)}
    whole = sum(before.values())
    found = []
    for name, count in sorted(before.items()):
        after = count + (persons if name == quarter else 0)
        share = share_percent(after, whole + persons)
        if share is None:  # pragma: no cover - the whole holds the persons who come
            continue
        found.append(QuarterShare(name, count, after, share_percent(count, whole), share))
    return found
