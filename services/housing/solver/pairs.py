# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""One household and one dwelling: which hard rule stands between them, and how well they fit.

Each function is one rule in words that people are shown; `first_broken` and `quality` are made of them,
so that what is explained is what was computed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from services.housing.solver.instance import Dwelling, Household, Id, Instance

__all__ = [
    "TERMS",
    "Check",
    "Pair",
    "checks",
    "feasible_pairs",
    "first_broken",
    "fits_whole",
    "points",
    "quality",
    "same_group",
]

TERMS = ("fit", "work", "family", "school", "permanence", "own", "wait")
"""The parts of the quality, in the order in which they are shown; `wait` is subtracted."""

SHARED_FIT = 15
_SINGLE = 1


@dataclass(frozen=True, slots=True)
class Check:
    """A hard rule of a pair, with the facts that were looked at."""

    rule: str
    passed: bool
    datum: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair that no pairwise rule forbids, in one of the two ways of using a dwelling."""

    household: Id
    dwelling: Id
    shared: bool


def fits_whole(household: Household, dwelling: Dwelling) -> bool:
    """Say whether a household may use a dwelling whole, by its size; not one of which others hold a part."""
    return dwelling.held is None and dwelling.min_persons <= household.need(dwelling) <= dwelling.max_persons


def same_group(one: Id | None, other: Id | None) -> bool:
    """Say whether two labels name one share group; none is a group like any other, and 7 is not "7"."""
    return type(one) is type(other) and one == other


def checks(household: Household, dwelling: Dwelling, *, shared: bool) -> list[Check]:
    """Return every pairwise hard rule, passed or not: H2 to H4, H10 for who moves on, and H5."""
    allowed = (household.municipality, *household.exchange)
    found = [
        Check(
            "H2",
            dwelling.municipality in allowed,
            f"dwelling in {dwelling.municipality}; household linked to {household.municipality}"
            + (f", accepts {', '.join(map(str, household.exchange))}" if household.exchange else ""),
        ),
        Check(
            "H3",
            dwelling.rent <= household.rent_max,
            f"rent {dwelling.rent}, at most {household.rent_max}",
        ),
        Check(
            "H4",
            dwelling.accessible or not household.needs_accessible,
            f"accessible {'needed' if household.needs_accessible else 'not needed'}, "
            f"dwelling is{'' if dwelling.accessible else ' not'}",
        ),
    ]
    if household.moving_on is not None:
        found.append(_next_home(household, dwelling, shared=shared))
    found.append(_sharing(household, dwelling) if shared else _whole(household, dwelling))
    return found


def _helps(household: Household, dwelling: Dwelling, *, shared: bool) -> bool:
    """Say whether a dwelling is a next home: to stay in, elsewhere, and with the room that is needed."""
    mover = household.moving_on
    return mover is None or (
        dwelling.permanent
        and dwelling.id != mover.home
        and mover.room <= (_SINGLE if shared else dwelling.max_persons)
    )


def _next_home(household: Household, dwelling: Dwelling, *, shared: bool) -> Check:
    mover = household.moving_on
    room = _SINGLE if mover is None else mover.room
    return Check(
        "H10",
        _helps(household, dwelling, shared=shared),
        "next home: "
        + ("to stay in" if dwelling.permanent else f"for {dwelling.max_stay_months} months only")
        + (", where they live now" if mover is not None and dwelling.id == mover.home else "")
        + f", room for {_SINGLE if shared else dwelling.max_persons}, asked for {room} or more",
    )


def _whole(household: Household, dwelling: Dwelling) -> Check:
    need = household.need(dwelling)
    return Check(
        "H5",
        fits_whole(household, dwelling),
        f"room needed for {need}"
        + (f" ({need - household.persons} expected by nareis)" if need > household.persons else "")
        + f", dwelling for {dwelling.min_persons} to {dwelling.max_persons}"
        + (f", of which {dwelling.held.places} places are held" if dwelling.held else ""),
    )


def _sharing(household: Household, dwelling: Dwelling) -> Check:
    held = dwelling.held
    return Check(
        "H5",
        _may_share(household, dwelling),
        f"{household.persons} person(s), sharing {'accepted' if household.accepts_sharing else 'not accepted'}, "
        f"group {household.share_group}; {dwelling.share_slots} places, opened by {dwelling.share_min} or more"
        + (f", {held.places} held by group {held.group}" if held else ""),
    )


def _may_share(household: Household, dwelling: Dwelling) -> bool:
    """Say whether a household may have a place in a dwelling that is shared, or was opened by others."""
    return (
        dwelling.places > 0
        and household.persons == _SINGLE
        and household.accepts_sharing
        and dwelling.share_min <= dwelling.share_slots
        and (dwelling.held is None or same_group(household.share_group, dwelling.held.group))
    )


def first_broken(household: Household, dwelling: Dwelling) -> Check | None:
    """Return the first pairwise rule that forbids a pair, or None when it may be: whole or shared.

    When whole and shared are both forbidden by H5, the rule of whole use is told, unless only sharing could be meant.
    """
    whole = next((one for one in checks(household, dwelling, shared=False) if not one.passed), None)
    if whole is None or whole.rule != "H5":
        return whole
    sharing = _sharing(household, dwelling)
    if sharing.passed:
        # A place in a shared home would do, but is no next home for who is to be joined there.
        return None if _helps(household, dwelling, shared=True) else whole
    return sharing if dwelling.share_slots and household.persons == _SINGLE else whole


def feasible_pairs(instance: Instance) -> Iterator[Pair]:
    """Yield the pairs that may be, by household and dwelling in the order of their ids.

    A dwelling whose share_min is 1 or less may hold one sharer alone: that is a pair of its own kind only where
    whole use is forbidden, so that one occupant always means one thing.
    """
    offered: dict[Id, list[Dwelling]] = {}
    for dwelling in instance.dwellings.values():
        offered.setdefault(dwelling.municipality, []).append(dwelling)
    for household in instance.households.values():
        for place in dict.fromkeys((household.municipality, *household.exchange)):
            for dwelling in offered.get(place, ()):
                if dwelling.rent > household.rent_max or (
                    household.needs_accessible and not dwelling.accessible
                ):
                    continue
                if fits_whole(household, dwelling) and _helps(household, dwelling, shared=False):
                    yield Pair(household.id, dwelling.id, shared=False)
                if (
                    dwelling.share_slots
                    and _may_share(household, dwelling)
                    and _helps(household, dwelling, shared=True)
                ):
                    yield Pair(household.id, dwelling.id, shared=True)


def _fit(_instance: Instance, household: Household, dwelling: Dwelling) -> int:
    spare = max(0, dwelling.max_persons - household.persons - household.expected)
    return max(0, 30 - 6 * spare)


def _work(instance: Instance, household: Household, dwelling: Dwelling) -> int:
    if household.work is None:
        return 20
    place = instance.neighbourhoods[dwelling.neighbourhood]
    distance = abs(place.x - household.work[0]) + abs(place.y - household.work[1])
    return max(0, 20 - distance // 10)


def _family(_instance: Instance, household: Household, dwelling: Dwelling) -> int:
    return 15 if household.family is None or household.family == dwelling.municipality else 0


def _school(instance: Instance, household: Household, dwelling: Dwelling) -> int:
    return 15 if not household.school or instance.neighbourhoods[dwelling.neighbourhood].school else 0


def _permanence(_instance: Instance, _household: Household, dwelling: Dwelling) -> int:
    if dwelling.transit:
        return 0
    return 10 if dwelling.permanent else 5


def _own(_instance: Instance, household: Household, dwelling: Dwelling) -> int:
    return 10 if dwelling.municipality == household.municipality else 0


def _wait(instance: Instance, _household: Household, dwelling: Dwelling) -> int:
    return -min(10, max(0, (dwelling.available_from - instance.today).days // 7))


_POINTS: Mapping[str, Callable[[Instance, Household, Dwelling], int]] = MappingProxyType(
    {
        "fit": _fit,
        "work": _work,
        "family": _family,
        "school": _school,
        "permanence": _permanence,
        "own": _own,
        "wait": _wait,
    }
)


def points(instance: Instance, household: Household, dwelling: Dwelling, *, shared: bool) -> dict[str, int]:
    """Return the seven terms of the quality; their sum is the quality. `wait` is 0 or less."""
    found = {term: _POINTS[term](instance, household, dwelling) for term in TERMS}
    if shared:
        found["fit"] = SHARED_FIT
    return found


def quality(instance: Instance, household: Household, dwelling: Dwelling, *, shared: bool) -> int:
    """Return how well a pair fits, in points of 0 to 100."""
    return sum(points(instance, household, dwelling, shared=shared).values())
