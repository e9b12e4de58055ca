# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a solution that stands says about a run that is asked more: what is answered, and what is out of reach."""

from collections.abc import Sequence
from dataclasses import replace

from services.housing.solver.instance import Instance
from services.housing.solver.model import Assignment
from services.housing.solver.options import Options
from services.housing.solver.solution import Region, Solution
from services.housing.solver.values import values_of, violations

__all__ = ["Standing", "is_answer"]


def is_answer(part: Instance, options: Options, found: Sequence[Assignment]) -> bool:
    """Say whether assignments keep every rule and all that is laid down, whatever they are worth."""
    chosen = set(found)
    if options.pins - chosen or options.bans & chosen:
        return False
    if any(one[0] not in part.households or one[1] not in part.dwellings for one in found):
        return False
    moved = sum(part.households[one].municipality != part.dwellings[home].municipality for one, home in found)
    if options.max_exchanges is not None and moved > options.max_exchanges:
        return False
    if violations(part, found):
        return False
    return options.urgency_floor is None or values_of(part, found).urgency >= options.urgency_floor


class Standing:
    """A solution of the same instance, beside what is asked now."""

    def __init__(self, solution: Solution, asked: Options) -> None:
        """Compare what both were asked, beside pins and bans."""
        self._old = solution.options
        self._regions = {one.municipalities: one for one in solution.regions}
        self._alike = self._old.order == asked.order and _no_wider(asked, self._old)

    def of(self, part: Instance) -> Region | None:
        """The outcome of a component then."""
        return self._regions.get(tuple(part.municipalities))

    def answer(self, part: Instance, asked: Options) -> Region | None:
        """The old outcome, where it is the answer: nothing new is asked, or it is proven and keeps what is new."""
        region = self.of(part)
        if region is None or not self._narrower(part, asked) or asked.changed_percent is not None:
            return None
        if not is_answer(part, asked, region.assignments):
            return None
        names = [level.name for level in region.levels]
        last = asked.stop_after or asked.order[-1]
        if last not in names:
            return None
        region = replace(region, levels=region.levels[: names.index(last) + 1])
        same = (asked.pins, asked.bans) == self._laid_down(part)
        return region if same or region.proven else None

    def bounds(self, part: Instance, asked: Options) -> dict[str, tuple[int, int]]:
        """Each level with the value that was reached and what is out of reach as long as no earlier one is worse."""
        region = self.of(part)
        if region is None or not self._narrower(part, asked):
            return {}
        found: dict[str, tuple[int, int]] = {}
        for level in region.levels:
            bound = level.value if level.proven else level.bound
            if bound is None:
                break
            found[level.name] = (level.value, bound)
            if self._old.changed_percent is not None:
                break  # the later ones were found where proposals were to be kept
        return found

    def _laid_down(self, part: Instance) -> tuple[frozenset[Assignment], frozenset[Assignment]]:
        pins, bans = self._old.pins, self._old.bans
        return (
            frozenset(one for one in pins if one[0] in part.households),
            frozenset(one for one in bans if one[0] in part.households),
        )

    def _narrower(self, part: Instance, asked: Options) -> bool:
        """Whether all that may be now could be then: a ban that is lifted makes room that was not looked at."""
        pins, bans = self._laid_down(part)
        return self._alike and pins <= asked.pins and bans <= asked.bans


def _no_wider(asked: Options, old: Options) -> bool:
    moved = old.max_exchanges is None or (
        asked.max_exchanges is not None and asked.max_exchanges <= old.max_exchanges
    )
    floor = old.urgency_floor is None or (
        asked.urgency_floor is not None and asked.urgency_floor >= old.urgency_floor
    )
    return moved and floor
