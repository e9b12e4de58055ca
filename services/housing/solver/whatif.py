# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a choice costs: each price is the difference to a second run, and nothing is estimated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.housing.solver.instance import Id, Instance, InstanceFault, order_of
from services.housing.solver.model import Assignment
from services.housing.solver.pairs import Check, first_broken, fits_whole, quality
from services.housing.solver.running import ClashingPins, solve
from services.housing.solver.solution import Solution

__all__ = ["Alternative", "Price", "RulePrice", "WhyNot", "alternatives", "price_of_rules", "why_not"]

_SECONDS = 8.0
BEST = 3


@dataclass(frozen=True, slots=True)
class Price:
    """What the second run differs in: less is what is lost. Negative numbers are gains."""

    persons_fewer: int  # housed towards the targets
    weeks_more: int  # of urgency that stays unserved
    points_fewer: int  # of quality
    displaced: tuple[Id, ...]  # households that had a proposal and have none now; for staff only
    proven: bool  # both runs are

    @property
    def key(self) -> tuple[int, int, int]:
        """The cheapest first."""
        return (self.persons_fewer, self.weeks_more, self.points_fewer)


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a pair was not proposed: a rule, or what forcing it would cost."""

    household: Id
    dwelling: Id
    broken: Check | None
    price: Price | None
    proposed: bool = False  # it is in the solution
    clash: tuple[Assignment, ...] = ()  # the smallest set of pins, this pair among them, that cannot be kept


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another pair, with its price."""

    household: Id
    dwelling: Id
    points: int
    price: Price


@dataclass(frozen=True, slots=True)
class RulePrice:
    """What one rule of a corporation costs: what lifting it would free."""

    corporation: Id
    rule: str  # min_persons or contingent
    matches_more: int
    persons_more: int  # towards the targets
    urgency_more: int
    proven: bool


async def why_not(
    instance: Instance, solution: Solution, household: Id, dwelling: Id, *, seconds: float = _SECONDS
) -> WhyNot:
    """Say why a household does not get a dwelling.

    Raises:
        InstanceFault: there is no such household or dwelling.
    """
    if household not in instance.households or dwelling not in instance.dwellings:
        raise InstanceFault(f"there is no household {household!r} or no dwelling {dwelling!r}")
    broken = first_broken(instance.households[household], instance.dwellings[dwelling])
    if broken is not None:
        return WhyNot(household, dwelling, broken, None)
    if (household, dwelling) in solution.assignments:
        return WhyNot(household, dwelling, None, None, proposed=True)
    try:
        price = await _forced(instance, solution, (household, dwelling), seconds)
    except ClashingPins as clash:
        together = Check("rules together", passed=False, datum=str(clash))
        return WhyNot(household, dwelling, together, None, clash=clash.pins)
    return WhyNot(household, dwelling, None, price)


async def _forced(instance: Instance, solution: Solution, pair: Assignment, seconds: float) -> Price:
    options = solution.options
    asked = replace(
        options,
        pins=options.pins | {pair},
        bans=options.bans - {pair},
        time_limit=seconds,
        standing=(),
        changed_percent=None,
    )
    other = await solve(instance, asked, known=solution)
    served = {one for one, _ in other.assignments}
    return Price(
        persons_fewer=other.values.shortfall - solution.values.shortfall,
        weeks_more=solution.values.urgency - other.values.urgency,
        points_fewer=solution.values.quality - other.values.quality,
        displaced=tuple(one for one, _ in solution.assignments if one not in served),
        proven=solution.proven and other.proven,
    )


async def alternatives(
    instance: Instance,
    solution: Solution,
    *,
    household: Id | None = None,
    dwelling: Id | None = None,
    seconds: float = _SECONDS,
    count: int = BEST,
) -> list[Alternative]:
    """Return the best other households for a dwelling, or the best other dwellings for a household.

    The candidates are those with the most urgency and then the best fit; each has the price of a run of its own.

    Raises:
        InstanceFault: neither or both are named, or there is no such one.
    """
    if (household is None) == (dwelling is None):
        raise InstanceFault("name either a household or a dwelling")
    pairs = (
        [(household, home) for home in instance.dwellings]
        if household is not None
        else [(one, dwelling) for one in instance.households if dwelling is not None]
    )
    found: list[Alternative] = []
    ranked: list[tuple[int, int, Assignment]] = []
    for one, home in pairs:
        if one not in instance.households or home not in instance.dwellings:
            raise InstanceFault(f"there is no household {one!r} or no dwelling {home!r}")
        who, where = instance.households[one], instance.dwellings[home]
        if (one, home) in solution.assignments or first_broken(who, where) is not None:
            continue
        points = quality(instance, who, where, shared=not fits_whole(who, where))
        ranked.append((-instance.urgency(who), -points, (one, home)))
    ranked.sort(key=lambda row: (row[0], row[1], order_of(row[2][0]), order_of(row[2][1])))
    for _, points, pair in ranked:
        if len(found) == count:
            break
        try:
            price = await _forced(instance, solution, pair, seconds)
        except ClashingPins:
            continue
        found.append(Alternative(pair[0], pair[1], -points, price))
    return sorted(found, key=lambda one: one.price.key)


async def price_of_rules(
    instance: Instance,
    solution: Solution,
    corporations: Sequence[Id] | None = None,
    *,
    seconds: float = _SECONDS,
) -> list[RulePrice]:
    """Return what each rule of each corporation costs, the dearest first.

    The fewest persons of a dwelling are set to 1, or the contingent to all its dwellings; the rest stays as it is.
    Rules that hold nobody back are left out: a home of which others hold a part is let to sharers whatever its size.
    """
    found: list[RulePrice] = []
    for corporation in instance.corporations if corporations is None else corporations:
        homes = {key: one for key, one in instance.dwellings.items() if one.corporation == corporation}
        owner = instance.corporations[corporation]
        lifted: dict[str, Instance] = {}
        if any(one.min_persons > 1 and one.held is None for one in homes.values()):
            free = {key: replace(one, min_persons=min(1, one.min_persons)) for key, one in homes.items()}
            lifted["min_persons"] = replace(instance, dwellings={**instance.dwellings, **free})
        if owner.contingent < sum(not one.let_this_year for one in homes.values()):
            more = replace(owner, contingent=len(homes))
            lifted["contingent"] = replace(
                instance, corporations={**instance.corporations, corporation: more}
            )
        for rule, freer in lifted.items():
            asked = replace(
                solution.options,
                time_limit=seconds,
                standing=solution.assignments,
                changed_percent=None,
                stop_after="urgency",
            )
            other = await solve(freer, asked)
            found.append(
                RulePrice(
                    corporation,
                    rule,
                    len(other.assignments) - len(solution.assignments),
                    solution.values.shortfall - other.values.shortfall,
                    other.values.urgency - solution.values.urgency,
                    solution.proven and other.proven,
                )
            )
    return sorted(
        found, key=lambda one: (-one.persons_more, -one.urgency_more, order_of(one.corporation), one.rule)
    )
