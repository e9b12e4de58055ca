# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who the people of the demo are: names, birth dates, numbers. Pure; the same seed gives the same people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal

from demo.names import FAMILY_MIGRANTS, STATUS_HOLDERS, Origin
from demo.numbers import reserved_bsns, reserved_v_numbers

__all__ = ["SEED", "Person", "make_people"]

SEED = "open-inburgering-2024"

Group = Literal["statushouder", "gezinsmigrant"]
Sex = Literal["v", "m"]

# Tables 5.7 to 5.9 of the audit: women and men per group, all three gemeenten together.
_WOMEN_IN_HUNDRED: dict[Group, int] = {"statushouder": 50, "gezinsmigrant": 63}
# The same tables: 18 to 27, 27 to 50, 50 to 68.
_AGE_BANDS: dict[Group, tuple[int, int, int]] = {"statushouder": (33, 56, 11), "gezinsmigrant": (20, 67, 13)}
_DERIVED_IN_HUNDRED = 22  # status holders who came after their family (nareis)
_BANDS = ((18, 26), (27, 49), (50, 64))
_ON = date(2024, 9, 2)  # ages are reckoned on the day the demo begins


@dataclass(frozen=True, slots=True)
class Person:
    """One synthetic inburgeraar. `key` is the name by which the demo's own plan knows the person."""

    key: str
    given_names: str
    family_name: str
    birth_date: date
    sex: Sex
    origin: str
    bsn: str
    v_number: str
    group: Group
    permit_type: Literal["asiel", "afgeleid-asiel", "regulier"]

    @property
    def name(self) -> str:
        """As on a list of the demo; never in a log or an event."""
        return f"{self.given_names} {self.family_name}"


def make_people(wanted: Sequence[tuple[str, Group]], *, seed: str = SEED) -> list[Person]:
    """People for these keys and groups, in this order; no two have the same full name.

    Args:
        wanted: (key, group) of each, keys all different. A person depends on the key, the seed and
            the people before; appending one leaves the others as they are.
        seed: another seed gives other people.
    """
    bsns = list(reserved_bsns())
    Random(f"{seed}:bsn").shuffle(bsns)  # noqa: S311 -- lifelike, not secret
    v_numbers = reserved_v_numbers()
    taken: set[str] = set()
    people: list[Person] = []
    for (key, group), bsn, v_number in zip(wanted, bsns, v_numbers, strict=False):
        person = _make(Random(f"{seed}:{key}"), key, group, bsn, v_number, taken)  # noqa: S311
        taken.add(person.name)
        people.append(person)
    return people


def _make(chance: Random, key: str, group: Group, bsn: str, v_number: str, taken: set[str]) -> Person:
    origins: Sequence[Origin] = STATUS_HOLDERS if group == "statushouder" else FAMILY_MIGRANTS
    sex: Sex = "v" if chance.randrange(100) < _WOMEN_IN_HUNDRED[group] else "m"
    while True:
        origin = chance.choices(origins, weights=[one.weight for one in origins])[0]
        given = chance.choice(origin.women if sex == "v" else origin.men)
        families = origin.families_of_women if sex == "v" and origin.families_of_women else origin.families
        family = chance.choice(families)
        if f"{given} {family}" not in taken:
            break
    lowest, highest = chance.choices(_BANDS, weights=_AGE_BANDS[group])[0]
    age_in_days = chance.randrange(lowest * 365 + 10, highest * 365)
    permit: Literal["asiel", "afgeleid-asiel", "regulier"] = "regulier"
    if group == "statushouder":
        permit = "afgeleid-asiel" if chance.randrange(100) < _DERIVED_IN_HUNDRED else "asiel"
    return Person(
        key=key,
        given_names=given,
        family_name=family,
        birth_date=_ON - timedelta(days=age_in_days),
        sex=sex,
        origin=origin.country,
        bsn=bsn,
        v_number=v_number,
        group=group,
        permit_type=permit,
    )
