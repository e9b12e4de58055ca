# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The optimiser: which household could live where. It proposes; people decide.

In: a neutral instance (`read_instance`, a whitelist of facts) and options. Out: a solution with its values,
bounds and input hash. No database, no server, no clock in what is written. HiGHS runs in processes of its own.
"""

from services.housing.solver.at_once import Lettings, most_lettings
from services.housing.solver.cards import Card, cards, explained
from services.housing.solver.fairness import fairness
from services.housing.solver.instance import Instance, InstanceFault
from services.housing.solver.options import MODEL, Options, default_seconds, desk_seconds
from services.housing.solver.reading import parse_instance, read_instance
from services.housing.solver.running import ClashingPins, FloorOutOfReach, Progress, solve, solve_now
from services.housing.solver.solution import Level, Region, Solution
from services.housing.solver.values import Values, values_of
from services.housing.solver.whatif import (
    Alternative,
    Price,
    RulePrice,
    WhyNot,
    alternatives,
    price_of_rules,
    why_not,
)

__all__ = [
    "MODEL",
    "Alternative",
    "Card",
    "ClashingPins",
    "FloorOutOfReach",
    "Instance",
    "InstanceFault",
    "Lettings",
    "Level",
    "Options",
    "Price",
    "Progress",
    "Region",
    "RulePrice",
    "Solution",
    "Values",
    "WhyNot",
    "alternatives",
    "cards",
    "default_seconds",
    "desk_seconds",
    "explained",
    "fairness",
    "most_lettings",
    "parse_instance",
    "price_of_rules",
    "read_instance",
    "solve",
    "solve_now",
    "values_of",
    "why_not",
]
