# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who waits for a house in the demo: households by size as the audit describes them, all made up.

Persons per gemeente are what each was behind on 1 November 2024 (tables 3.2 to 3.5): 176, 40, 34 and
30, together 280. Singles and families of 8 to 12 are the bottleneck (section 3.4 of the audit).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from demo.needs import needs_of
from demo.parties import LEIDSCHENDAM_VOORBURG, OEGSTGEEST, VOORSCHOTEN, WASSENAAR
from demo.people import SEED

__all__ = ["HOUSEHOLDS", "KNOWN", "KnownMember", "LinkedHousehold"]


@dataclass(frozen=True, slots=True)
class LinkedHousehold:
    """A household that COA linked to a gemeente and that has no house yet."""

    key: str
    gemeentecode: str
    adults: int
    children: int
    linked_on: date
    accepts_sharing: bool = False
    expected: int = 0  # family that is still to come (nareis)
    granted_on: date | None = None  # when that was granted
    exchange: tuple[str, ...] = ()  # other gemeenten where it would live too
    needs: dict[str, Any] = field(default_factory=dict)  # of a home, as the API calls them

    @property
    def persons(self) -> int:
        """How many people wait."""
        return self.adults + self.children


@dataclass(frozen=True, slots=True)
class _Kind:
    households: int
    adults: int
    children: int


@dataclass(frozen=True, slots=True)
class _Waiting:
    prefix: str
    kinds: tuple[_Kind, ...]
    first_link: date
    last_link: date
    sharing_in_hundred: int  # of the singles


_WAITING: dict[str, _Waiting] = {
    # Many large families, and 22 months on average.
    LEIDSCHENDAM_VOORBURG: _Waiting(
        "LV",
        (
            _Kind(44, 1, 0),
            _Kind(10, 2, 0),
            _Kind(8, 2, 2),
            _Kind(4, 2, 3),
            _Kind(2, 2, 4),
            _Kind(2, 2, 6),
            _Kind(1, 2, 7),
            _Kind(1, 3, 8),
            _Kind(1, 4, 8),
        ),
        date(2021, 12, 6),
        date(2024, 3, 18),
        20,
    ),
    # Mostly singles, whom one corporation does not let family homes to.
    VOORSCHOTEN: _Waiting(
        "VO",
        (_Kind(22, 1, 0), _Kind(2, 2, 0), _Kind(1, 2, 2), _Kind(1, 2, 8)),
        date(2022, 11, 14),
        date(2024, 8, 26),
        25,
    ),
    # Singles and a few large families, while small family homes come free.
    WASSENAAR: _Waiting(
        "WA",
        (_Kind(12, 1, 0), _Kind(1, 2, 0), _Kind(1, 2, 1), _Kind(1, 2, 6), _Kind(1, 2, 7)),
        date(2023, 1, 16),
        date(2024, 8, 26),
        40,
    ),
    # Families; two years in the azc happens.
    OEGSTGEEST: _Waiting(
        "OE",
        (_Kind(6, 1, 0), _Kind(1, 2, 1), _Kind(2, 2, 2), _Kind(1, 2, 3), _Kind(1, 2, 6)),
        date(2022, 10, 3),
        date(2024, 8, 26),
        15,
    ),
}

_NEW_LINKS = {
    ("VO", 21): date(2024, 10, 7),
    ("WA", 12): date(2024, 9, 16),
    ("OE", 6): date(2024, 9, 30),
}
"""Linked while the demo's clock is walked: their ten weeks still run today."""

_FAMILY_EXPECTED = {("VO", 3): 4, ("WA", 2): 4, ("WA", 9): 3, ("LV", 7): 4, ("LV", 20): 5, ("OE", 2): 3}
"""Singles whose family is expected to follow: a place to share has a planned end."""

_FAMILY_GRANTED = {
    ("VO", 3): date(2024, 7, 15),
    ("WA", 2): date(2024, 8, 19),
    ("LV", 7): date(2024, 9, 30),
    ("OE", 2): date(2024, 6, 10),
}
"""When that was granted; of the others the decision is still to come."""

_WOULD_LIVE_IN = {
    ("VO", 5): (WASSENAAR, LEIDSCHENDAM_VOORBURG),
    ("VO", 9): (WASSENAAR,),
    ("VO", 14): (LEIDSCHENDAM_VOORBURG,),
    ("WA", 6): (VOORSCHOTEN,),
    ("WA", 8): (VOORSCHOTEN, LEIDSCHENDAM_VOORBURG),
    ("LV", 30): (VOORSCHOTEN,),
    ("OE", 8): (VOORSCHOTEN,),
}
"""Who would live in another gemeente too: a search may propose an exchange (uitruil) for them."""


@dataclass(frozen=True, slots=True)
class KnownMember:
    """Somebody of a household whom the gemeente found among its inburgeraars."""

    household: str
    person: str  # key of the person in the caseload
    gemeentecode: str
    first: bool = False  # among those for whom the walk of the demo's clock waits


KNOWN: tuple[KnownMember, ...] = (
    # The move of this week: VluchtelingenWerk hears whose guidance it takes over.
    KnownMember("TVS-WA-014", "wa-020", WASSENAAR, first=True),
    KnownMember("TVS-OE-010", "oe-044", OEGSTGEEST),
    KnownMember("TVS-LV-045", "lv-072", LEIDSCHENDAM_VOORBURG),
)
"""Of the other households nobody said yet who they are."""


def _made(seed: str = SEED) -> Iterator[LinkedHousehold]:
    for code, waiting in _WAITING.items():
        chance = Random(f"{seed}:households:{code}")  # noqa: S311 -- lifelike, not secret
        days = (waiting.last_link - waiting.first_link).days
        number = 0
        for kind in waiting.kinds:
            for _ in range(kind.households):
                number += 1
                linked_on = waiting.first_link + timedelta(days=chance.randrange(days + 1))
                single = (kind.adults, kind.children) == (1, 0)
                shares = chance.randrange(100) < waiting.sharing_in_hundred
                yield LinkedHousehold(
                    key=f"TVS-{waiting.prefix}-{number:03}",
                    gemeentecode=code,
                    adults=kind.adults,
                    children=kind.children,
                    linked_on=_NEW_LINKS.get((waiting.prefix, number), linked_on),
                    accepts_sharing=single and shares,
                    expected=_FAMILY_EXPECTED.get((waiting.prefix, number), 0),
                    granted_on=_FAMILY_GRANTED.get((waiting.prefix, number)),
                    exchange=_WOULD_LIVE_IN.get((waiting.prefix, number), ()),
                    needs=needs_of(waiting.prefix, number, children=kind.children),
                )


HOUSEHOLDS: tuple[LinkedHousehold, ...] = tuple(_made())
