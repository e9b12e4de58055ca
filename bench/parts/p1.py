# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""P1: the housing optimiser by its command, judged by a checker that knows nothing of it; the peer is first come."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.housing.checker import check, objectives
from bench.housing.generator import generate
from bench.lab import Lab
from bench.machine import Window, watched
from bench.results import Figure, Part, Target
from services.housing.solver import ClashingPins, Options, Solution, read_instance, solve, why_not
from services.housing.solver.pairs import feasible_pairs

__all__ = ["measure_country", "measure_desk", "measure_district", "measure_local"]

_PEER = "first come, first served"
_NONE = Target(0, 0, more=False)
_ALL = Target(1, 1)


def measure_local(lab: Lab) -> Part:
    """Five instances of four gemeenten; then each again with an urgency of at least that of first come."""
    smoke = lab.sizes.rounds == 1
    scale, seeds = ("tiny", (1, 2)) if smoke else ("local", (1, 2, 3, 4, 5))
    part = Part("P1LOCAL", "Housing optimiser, four gemeenten", lab.sizes.name)
    runs: list[dict[str, Any]] = []
    floored: list[dict[str, Any]] = []
    with watched() as window:
        for seed in seeds:
            free = _run(scale, seed)
            runs.append(free)
            floored.append(_run(scale, seed, "--urgency-floor", str(free["by hand"]["urgency"])))
    shortfall = sum(one["shortfall"] for one in floored) / max(1, sum(_hand(floored, "shortfall")))
    urgency = min(one["urgency"] - one["by hand"]["urgency"] for one in floored)
    part.figures = [
        *_figures(runs, window, seconds=30),
        Figure(
            "shortfall with their urgency as a floor",
            shortfall,
            "x",
            peer=_PEER,
            target=Target(0.80, 0.75, more=False),
            note="summed over the instances",
        ),
        Figure("urgency over theirs, least", urgency, "weeks", peer=_PEER, target=Target(0, 0)),
        Figure("violations with the floor", sum(one["violations"] for one in floored), "", target=_NONE),
    ]
    part.tables["instances"] = [_row(one) for one in (*runs, *floored)]
    return part


def measure_district(lab: Lab) -> Part:
    """Ten gemeenten, a thousand households, two hundred dwellings."""
    return _one(lab, "P1DISTRICT", "Housing optimiser, ten gemeenten", "district", 120)


def measure_country(lab: Lab) -> Part:
    """342 gemeenten in 35 regions; half an hour."""
    return _one(lab, "P1COUNTRY", "Housing optimiser, the country", "country", 1800)


def measure_desk(lab: Lab) -> Part:
    """What somebody at the desk waits for: a pin, "why not", and what one new household changes."""
    smoke = lab.sizes.rounds == 1
    part = Part("P1DESK", "Housing optimiser at the desk, four gemeenten", lab.sizes.name)
    with watched() as window:
        found = asyncio.run(_desk("tiny" if smoke else "local", 2 if smoke else 7))
    part.figures = [
        Figure(
            "pin one pair and solve again, median",
            statistics.median(found["pin"]),
            "s",
            target=Target(5, 3, more=False),
            foreign=window.foreign,
        ),
        Figure(
            "ban one proposed pair and solve again, median",
            statistics.median(found["ban"]),
            "s",
            target=Target(5, 3, more=False),
            foreign=window.foreign,
        ),
        Figure("violations, pins and bans that are not kept", found["wrong"], "", target=_NONE),
        Figure(
            "level 1 within after a pin or ban, worst",
            1 - max(1.0 if one is None else one for one in found["gap"]),
            "of the best",
        ),
        Figure("of what stands kept after a pin or ban, middle", statistics.median(found["kept"]), "share"),
        Figure(
            "why not, slowest",
            max(found["why"]),
            "s",
            target=Target(10, 5, more=False),
            foreign=window.foreign,
        ),
        Figure(
            "standing proposals that one new household changes",
            found["changed"],
            "share",
            target=Target(0.10, 0.05, more=False),
        ),
        Figure("persons lost by keeping them", found["lost"], "persons", target=_NONE),
    ]
    return part


async def _desk(scale: str, times: int) -> dict[str, Any]:
    document = generate(scale, 3)
    read = read_instance(document)
    best = await solve(read)
    pairs = [
        (one.household, one.dwelling)
        for one in feasible_pairs(read)
        if not one.shared and (one.household, one.dwelling) not in best.assignments
    ]
    chosen = pairs[:: max(1, len(pairs) // times)][:times]
    found: dict[str, Any] = {"pin": [], "ban": [], "why": [], "gap": [], "kept": [], "wrong": 0}
    bans = best.assignments[:: max(1, len(best.assignments) // times)][:times]
    for pair, proposed in zip(chosen, bans, strict=False):
        for what, wanted in (
            ("pin", replace(best.options, pins=frozenset({pair}))),
            ("ban", replace(best.options, bans=frozenset({proposed}))),
        ):
            began = time.monotonic()
            # That the pair cannot be is an answer too, as long as it comes in time.
            with suppress(ClashingPins):
                again = await solve(read, wanted, known=best)
                found["wrong"] += len(check(document, json.loads(again.write())))
                found["wrong"] += len(wanted.pins - set(again.assignments))
                found["wrong"] += len(wanted.bans & set(again.assignments))
                found["gap"].append(again.levels[0].gap)
                found["kept"].append(_kept(best, again))
            found[what].append(time.monotonic() - began)
        began = time.monotonic()
        await why_not(read, best, *pair)
        found["why"].append(time.monotonic() - began)
    return found | await _newcomer(document, best)


def _kept(before: Solution, after: Solution) -> float:
    """The share of what stood that stands."""
    return len(set(before.assignments) & set(after.assignments)) / max(1, len(before.assignments))


async def _newcomer(document: dict[str, Any], before: Solution) -> dict[str, float]:
    document["households"].append({**document["households"][0], "id": "new", "linked": "2024-06-03"})
    read = read_instance(document)
    free = await solve(read)
    after = await solve(read, Options(standing=before.assignments, changed_percent=10))
    gone = len(set(before.assignments) - set(after.assignments))
    return {
        "changed": gone / max(1, len(before.assignments)),
        "lost": after.values.shortfall - free.values.shortfall,
    }


def _one(lab: Lab, name: str, title: str, scale: str, seconds: float) -> Part:
    part = Part(name, title, lab.sizes.name)
    with watched() as window:
        run = _run("tiny" if lab.sizes.rounds == 1 else scale, 1)
    part.figures = [
        *_figures([run], window, seconds=seconds),
        Figure("memory of the largest process", run["MB"], "MB", target=Target(1000, 1000, more=False)),
    ]
    part.tables["instance"] = [_row(run)]
    return part


def _run(scale: str, seed: int, *options: str) -> dict[str, Any]:
    """Run the command on an instance and judge what it wrote."""
    document = generate(scale, seed)
    with tempfile.TemporaryDirectory() as folder:
        path, output = Path(folder) / "instance.json", Path(folder) / "solution.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        command = [sys.executable, "-c", "from cli.app import main; main()", "solve", "housing", str(path)]
        began = time.monotonic()
        process = subprocess.Popen([*command, "--output", str(output), *options])
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
        if process.returncode:
            raise RuntimeError(f"solve housing ended with {process.returncode}")
        solution = json.loads(output.read_bytes())
    shortfall, urgency, quality = objectives(document, solution)
    return {
        "instance": solution["instance"]["name"],
        "options": " ".join(options),
        "seconds": took,
        "MB": used.ru_maxrss / 1024,
        "violations": len(check(document, solution)),
        "shortfall": shortfall,
        "urgency": urgency,
        "quality": quality,
        "by hand": solution["by_hand"],
        "levels": solution["levels"],
    }


def _hand(runs: Sequence[dict[str, Any]], key: str) -> list[int]:
    return [int(one["by hand"][key]) for one in runs]


def _figures(runs: Sequence[dict[str, Any]], window: Window, *, seconds: float) -> list[Figure]:
    gaps = {
        level: [next(one["gap"] for one in run["levels"] if one["level"] == level) for run in runs]
        for level in ("shortfall", "urgency", "quality")
    }
    known = {level: [1.0 if gap is None else gap for gap in found] for level, found in gaps.items()}
    return [
        Figure("violations", sum(one["violations"] for one in runs), "", target=_NONE),
        Figure(
            "seconds, slowest",
            max(one["seconds"] for one in runs),
            "s",
            target=Target(seconds, seconds / 2, more=False),
            foreign=window.foreign,
        ),
        Figure("level 1 within, worst", 1 - max(known["shortfall"]), "of the best", target=_ALL),
        Figure("level 2 within, worst", 1 - max(known["urgency"]), "of the best", target=Target(0.98, 1)),
        Figure("level 3 within, worst", 1 - max(known["quality"]), "of the best", target=Target(0.98, 1)),
        Figure(
            "shortfall",
            sum(one["shortfall"] for one in runs) / max(1, sum(_hand(runs, "shortfall"))),
            "x",
            peer=_PEER,
        ),
    ]


def _row(run: dict[str, Any]) -> dict[str, Any]:
    return {
        "instance": run["instance"],
        "options": run["options"],
        "seconds": round(run["seconds"], 1),
        **{
            f"{name} (bound; first come)": f"{run[name]} ({level['bound']}; {run['by hand'][name]})"
            for name in ("shortfall", "urgency", "quality")
            for level in run["levels"]
            if level["level"] == name
        },
    }
