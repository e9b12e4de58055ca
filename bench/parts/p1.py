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
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.housing.checker import check, objectives
from bench.housing.generator import generate
from bench.lab import Lab
from bench.machine import Window, descendants, memory, watched
from bench.results import Figure, Part, Target
from services.housing.solver import ClashingPins, Options, Solution, read_instance, solve, why_not
from services.housing.solver.pairs import feasible_pairs

__all__ = ["measure_country", "measure_desk", "measure_district", "measure_local"]

_PEER = "first come, first served"
_NONE = Target(0, 0, more=False)


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
        *_figures(runs, window, seconds=30, demands=(1, 0.995, 0.98)),
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
    part = Part("P1DISTRICT", "Housing optimiser, ten gemeenten", lab.sizes.name)
    with watched() as window:
        run = _run("tiny" if lab.sizes.rounds == 1 else "district", 1)
    part.figures = [
        *_figures([run], window, seconds=120, demands=(1, 0.98, None)),
        Figure("memory of the largest process", run["MB"], "MB", target=Target(1000, 1000, more=False)),
    ]
    part.tables["instance"] = [_row(run)]
    return part


def measure_country(lab: Lab) -> Part:
    """342 gemeenten in 35 regions; half an hour, and 2 GB for all processes together.

    The shortfall of all regions is set against the sum of their bounds, which is at most the sum of their optima. The
    bound of the urgency holds at the shortfall that was reached, so it is at least the best that anybody can know.
    """
    part = Part("P1COUNTRY", "Housing optimiser, the country", lab.sizes.name)
    with watched() as window:
        run = _run("tiny" if lab.sizes.rounds == 1 else "country", 1, watch_memory=True)
    bounds = {one["level"]: one["bound"] for one in run["levels"]}
    part.figures = [
        Figure("violations", run["violations"], "", target=_NONE),
        Figure("seconds", run["seconds"], "s", target=Target(1800, 900, more=False), foreign=window.foreign),
        Figure(
            "shortfall beside the sum of the bounds of the regions",
            run["shortfall"] / max(1, bounds["shortfall"] or 0),
            "x",
            target=Target(1.01, 1.001, more=False),
        ),
        Figure(
            "urgency beside its bound at that shortfall",
            run["urgency"] / max(1, bounds["urgency"] or 0) if bounds["urgency"] else 0.0,
            "of the best",
            target=Target(0.95, 0.99),
        ),
        Figure(
            "quality beside its bound at that urgency",
            run["quality"] / max(1, bounds["quality"] or 0) if bounds["quality"] else 0.0,
            "of the best",
        ),
        Figure("regions of which nothing is known", run["unbounded"], "", target=_NONE),
        Figure("shortfall", run["shortfall"] / max(1, run["by hand"]["shortfall"]), "x", peer=_PEER),
        Figure("memory of all processes, peak", run["peak MB"], "MB", target=Target(2000, 1500, more=False)),
    ]
    part.tables["instance"] = [_row(run)]
    return part


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


def _run(scale: str, seed: int, *options: str, watch_memory: bool = False) -> dict[str, Any]:
    """Run the command on an instance and judge what it wrote."""
    document = generate(scale, seed)
    with tempfile.TemporaryDirectory() as folder:
        path, output = Path(folder) / "instance.json", Path(folder) / "solution.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        command = [sys.executable, "-c", "from cli.app import main; main()", "solve", "housing", str(path)]
        began = time.monotonic()
        process = subprocess.Popen([*command, "--output", str(output), *options])
        with _peak(process.pid) if watch_memory else nullcontext([0.0]) as peak:
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
        "peak MB": max(peak),
        "unbounded": sum(
            any(one["bound"] is None for one in region["levels"]) for region in solution["regions"]
        ),
        "violations": len(check(document, solution)),
        "shortfall": shortfall,
        "urgency": urgency,
        "quality": quality,
        "by hand": solution["by_hand"],
        "levels": solution["levels"],
    }


@contextmanager
def _peak(pid: int) -> Iterator[list[float]]:
    """Look each second how much memory a process and all that it started have together, in MB."""
    seen = [0.0]
    done = threading.Event()

    def look() -> None:
        while not done.wait(1.0):
            # One that ended meanwhile has no more memory; the next look counts the others.
            with suppress(OSError):
                seen.append(memory(descendants(pid))[1])

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def _hand(runs: Sequence[dict[str, Any]], key: str) -> list[int]:
    return [int(one["by hand"][key]) for one in runs]


def _figures(
    runs: Sequence[dict[str, Any]],
    window: Window,
    *,
    seconds: float,
    demands: tuple[float | None, float | None, float | None],
) -> list[Figure]:
    """Violations, time and how near each level is to the best; `demands` is what each must reach, if anything."""
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
        *(
            Figure(
                f"level {number} within, worst",
                1 - max(known[level]),
                "of the best",
                target=None if demand is None else Target(demand, 1),
            )
            for number, (level, demand) in enumerate(zip(known, demands, strict=True), 1)
        ),
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
