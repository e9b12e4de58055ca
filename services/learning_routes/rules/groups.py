# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Groups: how many fit, and how much alike their levels are."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from services.learning_routes.rules.parameters import GROUP_MAX

__all__ = ["LONGEST_LESSON", "chairs", "homogeneity", "largest_size"]

LONGEST_LESSON = Decimal(12)
"""Hours: no lesson within one day part is longer, so more is a slip of the pen."""


def largest_size(contract_max: int, day: date) -> int:
    """How many people a group holds: what the contract says, and never more than the agreement."""
    return min(contract_max, int(GROUP_MAX.on(day)))


def chairs(agreed: int | None, given: int | None, day: date) -> int:
    """The chairs of a group.

    Args:
        agreed: what the contract of its gemeente says; None: there is no contract on that day.
        given: what the school announced for this group; None: as many as it may have.
        day: on which the agreement of the gemeenten is read.
    """
    most = int(GROUP_MAX.on(day)) if agreed is None else largest_size(agreed, day)
    return most if given is None else min(given, most)


def homogeneity(levels: Iterable[str]) -> Decimal | None:
    """The share of a group that works at its most common level, two decimals; None if it is empty.

    1.00 is a group of one level; a group of twelve over four levels has 0.25.
    """
    counted = Counter(levels)
    if not counted:
        return None
    return (Decimal(max(counted.values())) / counted.total()).quantize(
        Decimal("0.01"), rounding=ROUND_HALF_UP
    )
