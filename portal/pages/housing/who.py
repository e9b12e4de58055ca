# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the pages of housing share: the gemeente that is looked at, names, and who owns a dwelling."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.gateway import Fault, Json
from portal.rooms import housing_rooms
from portal.visit import Visit
from portal.words import label

__all__ = ["HOUSING", "Chooser", "Name", "choose", "corporations", "name_of", "names_of", "place_in", "rooms"]

HOUSING = "/housing/v1"


@dataclass(frozen=True, slots=True)
class Chooser:
    """The gemeente that a page is about, and the others that this person may choose."""

    code: str | None  # None: this person has no gemeente to look at
    codes: Sequence[str]

    @property
    def name(self) -> str:
        """Of the chosen one."""
        return label("gemeente", self.code)


@dataclass(frozen=True, slots=True)
class Name:
    """How a household is called on a page: by its people where this person may know them."""

    text: str
    reference: str | None


async def choose(visit: Visit, *, purpose: str = "housing", also: str | None = None) -> Chooser:
    """The gemeente that was asked for, else the own one, else where most is to be done.

    Only gemeenten count of which this person may see what the page shows. A page with parts of two purposes
    names the other in `also`: it shows the part that may be seen.
    """
    me = await visit.gateway.get("/gateway/v1/me")
    codes = [
        str(one["gemeentecode"])
        for one in me["gemeenten"]
        if purpose == "figures"
        or (one["level"] == "person" and not {purpose, also or purpose}.isdisjoint(one["purposes"]))
    ]
    codes.sort(key=lambda code: (code != visit.person.gemeentecode, label("gemeente", code)))
    asked = visit.query("gemeente")
    if asked in codes:
        return Chooser(asked, codes)
    if len(codes) > 1 and visit.person.gemeentecode not in codes:
        return Chooser(await _most_behind(visit, codes), codes)
    return Chooser(codes[0] if codes else None, codes)


async def _most_behind(visit: Visit, codes: Sequence[str]) -> str:
    """Where most is to be done, for who works for several gemeenten."""
    answer = (await visit.gateway.all_of(visit.gateway.items(f"{HOUSING}/balances")))[0]
    behind = {} if isinstance(answer, Fault) else {one["gemeentecode"]: one["balance"] for one in answer}
    return max(codes, key=lambda code: behind.get(code, 0))


async def names_of(visit: Visit, households: Sequence[Json]) -> dict[str, Name]:
    """How each household is called, by id. Without names where this person may not see them."""
    ids = [
        str(member["inburgeraarId"])
        for one in households
        for member in one["members"]
        if member["inburgeraarId"]
    ]
    people: Mapping[str, Json] = {}
    if ids:
        found = (await visit.gateway.all_of(visit.gateway.names(ids)))[0]
        people = {} if isinstance(found, Fault) else found
    return {str(one["id"]): name_of(one, people) for one in households}


def name_of(household: Json, people: Mapping[str, Json]) -> Name:
    """How a household is called, with the names that are known."""
    reference = household["reference"]
    for member in household["members"]:
        person = people.get(str(member["inburgeraarId"]))
        if person is not None:
            return Name(f"{person['givenNames']} {person['familyName']}", reference)
    return Name(reference or "Huishouden zonder kenmerk", None)


async def corporations(visit: Visit) -> dict[str, str] | Fault:
    """The names of corporations by id, short where they have one, or the fault: dwellings can be shown without."""
    answer = (await visit.gateway.all_of(visit.gateway.items(f"{HOUSING}/corporations")))[0]
    if isinstance(answer, Fault):
        return answer
    return {str(one["id"]): str(one.get("shortName") or one["name"]) for one in answer}


def place_in(visit: Visit, total: int) -> int:
    """From which place on (`vanaf`) a list of this length is shown; its start for a place that it has not."""
    asked = visit.query("vanaf") or "0"
    place = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < len("10000") else 0
    return place if place < total else 0


def rooms(visit: Visit, *, within: str | None = None) -> list[object]:
    """The other pages of this room; `within` is the one that this page belongs to, if not by its address."""
    return list(housing_rooms(visit.person, within or visit.request.url.path))
