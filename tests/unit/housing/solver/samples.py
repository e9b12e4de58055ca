# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Small instances in the neutral form, for the tests of the optimiser."""

import json
import time
from collections.abc import Sequence
from itertools import product
from typing import Any

from bench.housing.checker import check, objectives
from services.housing.solver import read_instance
from services.housing.solver.levels import solve_component
from services.housing.solver.reading import document_of

Json = dict[str, Any]


def municipality(id: Any = "A", **changed: Any) -> Json:
    found = {"id": id, "region": "r", "x": 0, "y": 0, "target": 20, "exchange_slack": 3, "transit_exits": 1}
    return found | changed


def neighbourhood(id: Any = "A-n", **changed: Any) -> Json:
    return {"id": id, "municipality": "A", "x": 10, "y": 0, "school": 1, "cap": 50} | changed


def corporation(id: Any = "A-c", **changed: Any) -> Json:
    return {"id": id, "municipality": "A", "contingent": 9} | changed


def dwelling(id: Any = "d1", **changed: Any) -> Json:
    return {
        "id": id,
        "municipality": "A",
        "neighbourhood": "A-n",
        "corporation": "A-c",
        "kind": "family",
        "rooms": 4,
        "min_persons": 2,
        "max_persons": 5,
        "rent": 700,
        "accessible": 0,
        "available_from": "2026-01-05",
        "max_stay_months": 0,
        "share_slots": 0,
        "share_min": 0,
    } | changed


def household(id: Any = "h1", **changed: Any) -> Json:
    return {
        "id": id,
        "municipality": "A",
        "persons": 4,
        "adults": 2,
        "children": 2,
        "linked": "2025-06-02",
        "rent_max": 800,
        "needs_accessible": 0,
        "school": 0,
        "work": None,
        "family": None,
        "reunion": None,
        "accepts_sharing": 0,
        "share_group": None,
        "exchange": [],
    } | changed


def single(id: Any = "s1", **changed: Any) -> Json:
    return household(id, persons=1, adults=1, children=0) | changed


def instance(
    households: Sequence[Json] | None = None, dwellings: Sequence[Json] | None = None, **changed: Any
) -> Json:
    return {
        "problem": "p1",
        "name": "sample",
        "scale": "tiny",
        "seed": 1,
        "today": "2026-01-05",
        "legal_term_weeks": 10,
        "municipalities": [municipality()],
        "neighbourhoods": [neighbourhood()],
        "corporations": [corporation()],
        "dwellings": [dwelling()] if dwellings is None else list(dwellings),
        "households": [household()] if households is None else list(households),
    } | changed


def enumerated(document: Json) -> tuple[int, int, int]:
    """The best values of all solutions that there are: only for what has a handful of households."""
    homes = [None, *(one["id"] for one in document["dwellings"])]
    best: tuple[int, int, int] | None = None
    for choice in product(homes, repeat=len(document["households"])):
        solution = {
            "assignments": [
                {"household": who["id"], "dwelling": home}
                for who, home in zip(document["households"], choice, strict=True)
                if home is not None
            ]
        }
        if not check(document, solution):
            short, urgent, good = objectives(document, solution)
            key = (short, -urgent, -good)
            best = key if best is None else min(best, key)
    assert best is not None, "nobody housed keeps every rule"
    return best[0], -best[1], -best[2]


def solved_here(document: Json, **asked: Any) -> list[Json]:
    """What the process of a component would tell, without the process."""
    task = {
        "instance": document_of(read_instance(document)),
        "pins": [],
        "bans": [],
        "max_exchanges": None,
        "standing": [],
        "changed_percent": None,
        "urgency_floor": None,
        "order": ["shortfall", "urgency", "quality"],
        "stop_after": None,
        "start": [],
        "ends": time.monotonic() + 60,
        "known": {},
        "before": None,
    }
    return list(solve_component(json.dumps(task | asked).encode()))


def assigned(told: Sequence[Json]) -> Json:
    """The last solution that was told."""
    found = [one["found"] for one in told if "found" in one][-1]
    return {"assignments": [{"household": who, "dwelling": home} for who, home in found]}


def assert_out_of_reach(bounds: dict[str, int], best: tuple[int, ...]) -> None:
    """See that nothing that can be passes what is called out of reach."""
    assert bounds["shortfall"] <= best[0]
    assert bounds["urgency"] >= best[1]
    assert bounds["quality"] >= best[2]
