# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The neutral instance of the assignment of households to dwellings: what it holds, and reading it strictly.

The lists of fields below are a whitelist; those with a default are of our own and may be left out. Whatever else
stands in a record is refused by its name, so that origin, nationality, religion, sex or language cannot reach the
optimiser, not even by accident. All quantities are integers; dates are ISO days; distances are in hm (100 m), rents in
euro a month.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

__all__ = [
    "Corporation",
    "Dwelling",
    "Held",
    "Household",
    "Id",
    "Instance",
    "InstanceFault",
    "MovingOn",
    "Municipality",
    "Neighbourhood",
    "Reunion",
    "order_of",
]

Id = str | int
"""How a record is named; 7 and "7" are two names."""


class InstanceFault(ValueError):
    """The instance or what is asked of it cannot be taken; the message says what and where."""


def order_of(identifier: Id) -> tuple[bool, int, str]:
    """Return where an id stands in any list: numbers by value, then texts by letter."""
    if isinstance(identifier, int):
        return (False, identifier, "")
    return (True, 0, identifier)


@dataclass(frozen=True, slots=True)
class Municipality:
    """A gemeente with its taakstelling."""

    id: Id
    region: Id
    x: int
    y: int
    target: int  # persons still to be housed
    exchange_slack: int  # persons
    transit_exits: int  # dwellings


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A part of a gemeente over which persons are spread."""

    id: Id
    municipality: Id
    x: int
    y: int
    school: bool
    cap: int  # persons


@dataclass(frozen=True, slots=True)
class Corporation:
    """A woningcorporatie and how many of its dwellings a run may use."""

    id: Id
    municipality: Id
    contingent: int  # dwellings


@dataclass(frozen=True, slots=True)
class Held:
    """Places of a shared home that others have: they live there, or a match runs for them."""

    places: int
    group: Id | None  # the share group of who has them


@dataclass(frozen=True, slots=True)
class Dwelling:
    """A home on offer."""

    id: Id
    municipality: Id
    neighbourhood: Id
    corporation: Id
    kind: str  # family, studio, shared, flex or transit
    rooms: int
    min_persons: int
    max_persons: int
    rent: int
    accessible: bool
    available_from: date
    max_stay_months: int  # 0 is permanent
    share_slots: int  # 0 is not to be shared
    share_min: int
    held: Held | None = None  # a home of which a part is held is shared with these, and never used whole
    let_this_year: bool = False  # the contingent of its corporation counts it already

    @property
    def places(self) -> int:
        """Places for sharers that are free."""
        return self.share_slots if self.held is None else max(0, self.share_slots - self.held.places)

    @property
    def opened_by(self) -> int:
        """The fewest sharers who must come, with those who have a place already."""
        return self.share_min if self.held is None else max(0, self.share_min - self.held.places)

    @property
    def permanent(self) -> bool:
        """Whether who lives there may stay."""
        return self.max_stay_months == 0

    @property
    def transit(self) -> bool:
        """Whether a follow-up home must exist (doorstroom)."""
        return self.kind == "transit"


@dataclass(frozen=True, slots=True)
class Reunion:
    """Family that is expected (nareis)."""

    persons: int
    months: int
    granted: bool


@dataclass(frozen=True, slots=True)
class MovingOn:
    """What a next home must be of people who live somewhere for a time, or must leave a shared home."""

    home: Id | None  # where they live, which is no next home
    room: int  # persons for whom it must have room at least; a place in a shared home is room for one


@dataclass(frozen=True, slots=True)
class Household:
    """People who are to be housed together. Nothing here says who they are."""

    id: Id
    municipality: Id
    persons: int
    adults: int
    children: int
    linked: date  # of who moves on: the day since which a next home is looked for
    rent_max: int
    needs_accessible: bool
    school: bool
    work: tuple[int, int] | None
    family: Id | None
    reunion: Reunion | None
    accepts_sharing: bool
    share_group: Id | None
    exchange: tuple[Id, ...]
    moving_on: MovingOn | None = None

    @property
    def counted(self) -> int:
        """Persons whom housing them now adds to the realisation: none where they counted with their first home."""
        return 0 if self.moving_on else self.persons

    @property
    def expected(self) -> int:
        """Persons who will join, granted or not."""
        return self.reunion.persons if self.reunion else 0

    def need(self, dwelling: Dwelling) -> int:
        """Persons for whom a dwelling must have room: granted reunion counts in a permanent home (H5)."""
        if self.reunion and self.reunion.granted and dwelling.permanent:
            return self.persons + self.reunion.persons
        return self.persons


@dataclass(frozen=True, slots=True)
class Instance:
    """All of it, each part by id."""

    name: str
    today: date
    legal_term_weeks: int
    municipalities: Mapping[Id, Municipality]
    neighbourhoods: Mapping[Id, Neighbourhood]
    corporations: Mapping[Id, Corporation]
    dwellings: Mapping[Id, Dwelling]
    households: Mapping[Id, Household]

    def weeks_waiting(self, household: Household) -> int:
        """Whole weeks since the household was linked, or looks for a next home; negative for a day to come."""
        return (self.today - household.linked).days // 7

    def urgency(self, household: Household) -> int:
        """What housing a household counts for level 2: 5, and each week over the term, 150 at most."""
        return 5 + min(150, max(0, self.weeks_waiting(household) - self.legal_term_weeks))
