# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Made-up instances of P1, from its description alone; the same seed gives the same instance.

Nothing is drawn from real people or dwellings. Every feature of the description occurs: sharing groups, transit,
consent to exchange, contingents, caps, granted and awaited reunion, accessibility, work and family.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

__all__ = ["SCALES", "Scale", "generate"]

_TODAY = date(2026, 1, 5)


@dataclass(frozen=True, slots=True)
class Scale:
    """How large an instance is."""

    municipalities: int
    regions: int
    households: int
    dwellings: int


SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        "tiny": Scale(2, 1, 10, 5),
        "local": Scale(4, 1, 300, 60),
        "district": Scale(10, 1, 1_000, 200),
        "regions5": Scale(49, 5, 5_700, 1_143),
        "country": Scale(342, 35, 40_000, 8_000),
    }
)

# Persons of a household, of a hundred: half are single, one in twelve is a family of six or more.
_PERSONS = ((1, 48), (2, 11), (3, 10), (4, 11), (5, 8), (6, 5), (7, 3), (8, 2), (9, 1), (10, 1))
_KINDS = (("family", 52), ("studio", 24), ("shared", 10), ("flex", 8), ("transit", 6))


def generate(scale: str, seed: int) -> dict[str, Any]:
    """Return an instance of a scale of `SCALES`."""
    return generate_sized(SCALES[scale], seed, scale)


def generate_sized(size: Scale, seed: int, name: str) -> dict[str, Any]:
    """Return an instance of any size; the municipalities differ up to fivefold in size."""
    draw = random.Random(f"p1 {name} {seed}")  # noqa: S311 - made-up data
    places = [_municipality(draw, number, size) for number in range(size.municipalities)]
    weights = [draw.choice((1, 1, 2, 2, 3, 5)) for _ in places]
    neighbourhoods = [
        _neighbourhood(draw, place, number) for place in places for number in range(draw.randint(3, 6))
    ]
    corporations = [
        {"id": f"{place['id']}-c{number}", "municipality": place["id"], "contingent": 0}
        for place in places
        for number in range(draw.randint(1, 3))
    ]
    around = _by_municipality(neighbourhoods)
    owners = _by_municipality(corporations)
    dwellings = [
        _dwelling(draw, number, draw.choices(places, weights)[0]["id"], around, owners)
        for number in range(size.dwellings)
    ]
    region = {place["id"]: place["region"] for place in places}
    together: dict[str, list[str]] = {}
    for place in places:
        together.setdefault(place["region"], []).append(place["id"])
    households = [
        _household(draw, number, draw.choices(places, weights)[0], region, together)
        for number in range(size.households)
    ]
    _limit(draw, places, neighbourhoods, corporations, dwellings, households)
    return {
        "problem": "p1",
        "name": f"{name}-{seed}",
        "scale": name,
        "seed": seed,
        "today": _TODAY.isoformat(),
        "legal_term_weeks": 10,
        "municipalities": places,
        "neighbourhoods": neighbourhoods,
        "corporations": corporations,
        "dwellings": dwellings,
        "households": households,
    }


def _municipality(draw: random.Random, number: int, size: Scale) -> dict[str, Any]:
    region = number * size.regions // size.municipalities
    return {
        "id": f"m{number:03}",
        "region": f"r{region:02}",
        "x": (region % 6) * 400 + draw.randint(0, 250),
        "y": (region // 6) * 400 + draw.randint(0, 250),
        "target": 0,
        "exchange_slack": draw.choice((2, 4, 6, 8)),
        "transit_exits": draw.randint(0, 2),
    }


def _neighbourhood(draw: random.Random, place: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "id": f"{place['id']}-n{number}",
        "municipality": place["id"],
        "x": place["x"] + draw.randint(-25, 25),
        "y": place["y"] + draw.randint(-25, 25),
        "school": int(draw.random() < 0.5),
        "cap": 0,
    }


def _by_municipality(records: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in records:
        found.setdefault(one["municipality"], []).append(one)
    return found


def _dwelling(
    draw: random.Random,
    number: int,
    place: str,
    around: dict[str, list[dict[str, Any]]],
    owners: dict[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    kind = _chosen(draw, _KINDS)
    small = kind == "studio" or (kind in ("flex", "transit") and draw.random() < 0.5)
    rooms = draw.randint(1, 2) if small else draw.choices((3, 4, 5, 6, 7), (34, 36, 18, 8, 4))[0]
    most = rooms if small else rooms + draw.choice((0, 1, 1, 2))
    fewest = 1 if small else draw.choice((1, 2, 2, 2, max(2, most - 2)))
    shared = kind == "shared"
    slots = min(rooms, 4) if shared or (kind == "family" and draw.random() < 0.1) else 0
    return {
        "id": f"d{number:05}",
        "municipality": place,
        "neighbourhood": draw.choice(around[place])["id"],
        "corporation": draw.choice(owners[place])["id"],
        "kind": kind,
        "rooms": rooms,
        "min_persons": fewest,
        "max_persons": most,
        "rent": draw.randint(430, 560) if small else 520 + 45 * rooms + draw.randint(-80, 90),
        "accessible": int(draw.random() < 0.2),
        "available_from": (_TODAY + timedelta(days=draw.randint(-20, 100))).isoformat(),
        "max_stay_months": {"flex": 60, "transit": 12}.get(kind, 0),
        "share_slots": slots,
        "share_min": min(slots, draw.choice((2, 2, 3))) if slots else 0,
    }


def _household(
    draw: random.Random,
    number: int,
    place: dict[str, Any],
    region: Mapping[str, str],
    together: Mapping[str, list[str]],
) -> dict[str, Any]:
    persons = _chosen(draw, _PERSONS)
    adults = 1 if persons == 1 else draw.choice((1, 2, 2))
    neighbours = [one for one in together[region[place["id"]]] if one != place["id"]]
    consents = neighbours and draw.random() < 0.25
    accepts = persons == 1 and draw.random() < 0.4
    return {
        "id": f"h{number:05}",
        "municipality": place["id"],
        "persons": persons,
        "adults": adults,
        "children": persons - adults,
        "linked": (_TODAY - timedelta(days=int(draw.triangular(0, 900, 120)))).isoformat(),
        "rent_max": draw.randint(500, 640) if persons == 1 else 620 + 35 * persons + draw.randint(-60, 150),
        "needs_accessible": int(draw.random() < 0.06),
        "school": int(persons > adults and draw.random() < 0.8),
        "work": [place["x"] + draw.randint(-90, 90), place["y"] + draw.randint(-90, 90)]
        if draw.random() < 0.3
        else None,
        "family": draw.choice(together[region[place["id"]]]) if draw.random() < 0.2 else None,
        "reunion": {
            "persons": draw.randint(1, 5),
            "months": draw.randint(2, 18),
            "granted": int(draw.random() < 0.5),
        }
        if persons <= 2 and draw.random() < 0.2
        else None,
        "accepts_sharing": int(accepts),
        "share_group": draw.choice(("a", "b")) if accepts else None,
        "exchange": sorted(draw.sample(neighbours, min(len(neighbours), draw.randint(1, 3))))
        if consents
        else [],
    }


def _limit(
    draw: random.Random,
    places: list[dict[str, Any]],
    neighbourhoods: list[dict[str, Any]],
    corporations: list[dict[str, Any]],
    dwellings: list[dict[str, Any]],
    households: list[dict[str, Any]],
) -> None:
    """Set targets, caps and contingents so that most of them bind for somebody."""
    for place in places:
        waiting = sum(one["persons"] for one in households if one["municipality"] == place["id"])
        place["target"] = round(waiting * draw.uniform(0.25, 0.5))
    for one in neighbourhoods:
        room = sum(home["max_persons"] for home in dwellings if home["neighbourhood"] == one["id"])
        one["cap"] = max(3, round(room * draw.uniform(0.5, 1.0)))
    for one in corporations:
        stock = sum(home["corporation"] == one["id"] for home in dwellings)
        one["contingent"] = max(1, round(stock * draw.uniform(0.6, 1.0)))


def _chosen(draw: random.Random, table: tuple[tuple[Any, int], ...]) -> Any:
    return draw.choices([value for value, _ in table], [share for _, share in table])[0]
