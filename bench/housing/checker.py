# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The judge of solutions of P1: every hard rule and objective, written from their words.

It imports nothing of the solver, on purpose, and reads plain JSON: what it finds wrong is wrong.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

__all__ = ["check", "objectives", "score"]

Json = Mapping[str, Any]


def check(instance: Json, solution: Json) -> list[str]:
    """Return every violation, each beginning with its rule; an empty list is a feasible solution."""
    households = {one["id"]: one for one in instance["households"]}
    dwellings = {one["id"]: one for one in instance["dwellings"]}
    pairs = [(one["household"], one["dwelling"]) for one in solution["assignments"]]
    wrong = [f"unknown {pair}" for pair in pairs if pair[0] not in households or pair[1] not in dwellings]
    if wrong:
        return wrong
    counted = Counter(household for household, _ in pairs)
    wrong += [f"H1 {household}: {times} dwellings" for household, times in counted.items() if times > 1]
    for household, dwelling in pairs:
        who, home = households[household], dwellings[dwelling]
        if home["municipality"] != who["municipality"] and home["municipality"] not in who["exchange"]:
            wrong.append(f"H2 {household} in {dwelling}")
        if home["rent"] > who["rent_max"]:
            wrong.append(f"H3 {household} in {dwelling}")
        if who["needs_accessible"] and not home["accessible"]:
            wrong.append(f"H4 {household} in {dwelling}")
    for dwelling, people in _living(pairs).items():
        if not _may_live(dwellings[dwelling], [households[one] for one in people]):
            wrong.append(f"H5 {dwelling}: {people}")
    return wrong + _sums(instance, households, dwellings, pairs)


def _living(pairs: Sequence[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for household, dwelling in pairs:
        found[dwelling].append(household)
    return found


def _fits_whole(home: Json, who: Json) -> bool:
    need = who["persons"]
    if who["reunion"] and who["reunion"]["granted"] and home["max_stay_months"] == 0:
        need += who["reunion"]["persons"]
    return bool(home["min_persons"] <= need <= home["max_persons"])


def _may_live(home: Json, people: Sequence[Json]) -> bool:
    if len(people) == 1 and _fits_whole(home, people[0]):
        return True
    return bool(
        home["share_slots"] > 0
        and home["share_min"] <= len(people) <= home["share_slots"]
        and all(one["persons"] == 1 and one["accepts_sharing"] for one in people)
        and all(one["share_group"] == people[0]["share_group"] for one in people)
    )


def _sums(instance: Json, households: Json, dwellings: Json, pairs: Sequence[tuple[Any, Any]]) -> list[str]:
    spread, sent, taken = Counter[Any](), Counter[Any](), Counter[Any]()
    for household, dwelling in pairs:
        who, home = households[household], dwellings[dwelling]
        spread[home["neighbourhood"]] += who["persons"]
        if who["municipality"] != home["municipality"]:
            sent[who["municipality"]] += who["persons"]
            taken[home["municipality"]] += who["persons"]
    used = {dwelling for _, dwelling in pairs}
    owners = Counter(dwellings[one]["corporation"] for one in used)
    transit = Counter(dwellings[one]["municipality"] for one in used if dwellings[one]["kind"] == "transit")
    wrong = [f"H6 {one['id']}" for one in instance["neighbourhoods"] if spread[one["id"]] > one["cap"]]
    wrong += [f"H7 {one['id']}" for one in instance["corporations"] if owners[one["id"]] > one["contingent"]]
    for place in instance["municipalities"]:
        identifier = place["id"]
        if transit[identifier] > place["transit_exits"]:
            wrong.append(f"H8 {identifier}")
        if abs(sent[identifier] - taken[identifier]) > place["exchange_slack"]:
            wrong.append(f"H9 {identifier}: sent {sent[identifier]}, taken {taken[identifier]}")
    return wrong


def objectives(instance: Json, solution: Json) -> tuple[int, int, int]:
    """Return shortfall, urgency and quality."""
    households = {one["id"]: one for one in instance["households"]}
    dwellings = {one["id"]: one for one in instance["dwellings"]}
    pairs = [(one["household"], one["dwelling"]) for one in solution["assignments"]]
    housed = Counter[Any]()
    for household, dwelling in pairs:
        housed[dwellings[dwelling]["municipality"]] += households[household]["persons"]
    shortfall = sum(max(0, one["target"] - housed[one["id"]]) for one in instance["municipalities"])
    today = date.fromisoformat(instance["today"])
    urgency = 0
    for household, _ in pairs:
        weeks = (today - date.fromisoformat(households[household]["linked"])).days // 7
        urgency += 5 + min(150, max(0, weeks - 10))
    quality = sum(
        score(instance, households[household], dwellings[dwelling], people)
        for dwelling, living in _living(pairs).items()
        for people in [[households[one] for one in living]]
        for household in living
    )
    return shortfall, urgency, quality


def score(instance: Json, who: Json, home: Json, people: Sequence[Json]) -> int:
    """Return the quality of one household in a dwelling in which these people live."""
    place = next(one for one in instance["neighbourhoods"] if one["id"] == home["neighbourhood"])
    expected = who["reunion"]["persons"] if who["reunion"] else 0
    spare = max(0, home["max_persons"] - who["persons"] - expected)
    alone = len(people) == 1 and _fits_whole(home, people[0])
    points = max(0, 30 - 6 * spare) if alone else 15
    if who["work"] is None:
        points += 20
    else:
        distance = abs(place["x"] - who["work"][0]) + abs(place["y"] - who["work"][1])
        points += max(0, 20 - distance // 10)
    if who["family"] is None or who["family"] == home["municipality"]:
        points += 15
    if not who["school"] or place["school"]:
        points += 15
    if home["kind"] != "transit":
        points += 10 if home["max_stay_months"] == 0 else 5
    if home["municipality"] == who["municipality"]:
        points += 10
    days = (date.fromisoformat(home["available_from"]) - date.fromisoformat(instance["today"])).days
    return points - min(10, max(0, days) // 7)
