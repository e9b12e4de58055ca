# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A judge of the fields of our own beside the neutral form, which knows nothing of the optimiser.

What has a meaning in the neutral form is written in it and left to its checker; the rest is counted here.
"""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from bench.housing.checker import check, objectives

Json = dict[str, Any]
Pairs = Sequence[tuple[Any, Any]]

NOBODY = 1_000
"""Persons whom no household has: a home for so many is not used whole."""


def neutral(document: Json) -> Json:
    """The instance without our fields, as far as they can be told in the neutral form."""
    told = copy.deepcopy(document)
    for home in told["dwellings"]:
        held = home.pop("held", None)
        if held:
            home["share_slots"] -= held["places"]
            home["share_min"] = max(0, home["share_min"] - held["places"])
            home["min_persons"] = home["max_persons"] = NOBODY
        if home.pop("let_this_year", 0):
            own = {"id": f"own-{home['id']}", "municipality": home["municipality"], "contingent": 1}
            told["corporations"].append(own)
            home["corporation"] = own["id"]
    for who in told["households"]:
        who.pop("moving_on", None)
    return told


def wrong(document: Json, pairs: Pairs) -> list[str]:
    """Every rule that assignments break, H9 and H10 as they are with people who were counted before."""
    people = {one["id"]: one for one in document["households"]}
    homes = {one["id"]: one for one in document["dwellings"]}
    found = [one for one in check(neutral(document), _solution(pairs)) if not one.startswith("H9")]
    balance = Counter[Any]()
    living = Counter(home for _, home in pairs)
    for who, home in pairs:
        household, dwelling = people[who], homes[home]
        held, mover = dwelling.get("held"), household.get("moving_on")
        if held and held["group"] != household["share_group"]:
            found.append(f"H5 {home}: another group than who has a place")
        if mover:
            reunion = household["reunion"]
            needed = household["persons"] + (reunion["persons"] if reunion and reunion["granted"] else 0)
            fits = dwelling["min_persons"] <= needed <= dwelling["max_persons"]
            whole = not held and living[home] == 1 and fits
            room = dwelling["max_persons"] if whole else 1
            if dwelling["max_stay_months"] or home == mover["home"] or room < mover["room"]:
                found.append(f"H10 {who} in {home}")
        elif household["municipality"] != dwelling["municipality"]:
            balance[household["municipality"]] += household["persons"]
            balance[dwelling["municipality"]] -= household["persons"]
    slack = {one["id"]: one["exchange_slack"] for one in document["municipalities"]}
    return found + [f"H9 {place}" for place, persons in balance.items() if abs(persons) > slack[place]]


def values(document: Json, pairs: Pairs) -> tuple[int, int, int]:
    """Shortfall, urgency and quality: who was counted before fills no task."""
    people = {one["id"]: one for one in document["households"]}
    homes = {one["id"]: one for one in document["dwellings"]}
    _, urgency, quality = objectives(neutral(document), _solution(pairs))
    housed = Counter[Any]()
    for who, home in pairs:
        if not people[who].get("moving_on"):
            housed[homes[home]["municipality"]] += people[who]["persons"]
    short = sum(max(0, one["target"] - housed[one["id"]]) for one in document["municipalities"])
    return short, urgency, quality


def best(document: Json) -> tuple[int, int, int]:
    """The best values of all solutions that there are."""
    homes = [None, *(one["id"] for one in document["dwellings"])]
    found = []
    for choice in product(homes, repeat=len(document["households"])):
        named = zip(document["households"], choice, strict=True)
        pairs = [(who["id"], home) for who, home in named if home is not None]
        if not wrong(document, pairs):
            short, urgency, quality = values(document, pairs)
            found.append((short, -urgency, -quality))
    short, urgency, quality = min(found)
    return short, -urgency, -quality


def _solution(pairs: Pairs) -> Mapping[str, Any]:
    return {"assignments": [{"household": who, "dwelling": home} for who, home in pairs]}
