# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""An urgency floor over more regions than one programme can hold: each region keeps its part of it.

The hand method keeps every rule, and what it reaches in each region is reachable there. So a floor that is not above
the sum of these can be parted by them, and whatever each region then finds keeps the whole floor. Another parting might
leave fewer persons short, so the outcome is not called proven.
"""

from collections.abc import Sequence
from dataclasses import replace

from services.housing.solver.components import Component
from services.housing.solver.hand import first_come
from services.housing.solver.instance import InstanceFault
from services.housing.solver.options import Options
from services.housing.solver.values import values_of

__all__ = ["parted"]


def parted(parts: Sequence[Component], asked: Sequence[Options], floor: int) -> list[Options]:
    """Return what is asked of each region, with its part of the floor.

    Raises:
        InstanceFault: the floor is above what the hand method reaches.
    """
    reached = [
        values_of(part.instance, first_come(part.instance, options.wish(), keep=options.standing)).urgency
        for part, options in zip(parts, asked, strict=True)
    ]
    total = sum(reached)
    if total < floor:
        raise InstanceFault(
            f"an urgency floor of {floor:,}: these regions are too many for one programme, and of each alone is "
            f"certain only what first come reaches, {total:,} together; ask more than that per region"
        )
    return [
        replace(options, urgency_floor=-(-one * floor // max(1, total)))
        for options, one in zip(asked, reached, strict=True)
    ]
