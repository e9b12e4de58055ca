# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the faults showed: a line per test in a JSON file, and a table at the end of the run."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.sizes import EVERYTHING, SEED, SIZE, TIMED

REPOSITORY = Path(__file__).parents[2]
RESULTS = REPOSITORY / ("bench/results" if EVERYTHING else "build") / f"faults-{SIZE}.json"
LINE = "fault"  # under this name a report carries the line of its test


@dataclass
class Tally:
    """One test of one fault: what was done to the system, and what became of the promises."""

    fault: str
    test: str
    writes: int = 0
    kills: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0
    outcome: str = "failed"
    measured: dict[str, Any] = field(default_factory=dict)

    def settle(self, *, lost: int, doubled: int) -> None:
        """Keep the verdict of the checker, and demand that it is clean."""
        self.lost += lost
        self.doubled += doubled
        assert (self.lost, self.doubled) == (0, 0), f"{self.lost} lost, {self.doubled} doubled"


def write(tallies: list[Tally]) -> Path:
    """Add these to the results of this size; a test that ran again replaces its line."""
    kept: dict[str, Any] = {}
    if RESULTS.exists():
        kept = {line["test"]: line for line in json.loads(RESULTS.read_text())["faults"]}
    for one in tallies:
        kept[one.test] = asdict(one) | {"seconds": round(one.seconds, 1), "seed": SEED}
    body = {
        "size": SIZE,
        "times_asserted": TIMED,
        "machine": {"processors": os.cpu_count(), "python": platform.python_version()},
        "faults": sorted(kept.values(), key=lambda line: (line["fault"], line["test"])),
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(body, indent=1) + "\n")
    return RESULTS


def table(tallies: list[Tally]) -> list[str]:
    """The lines of the table that a person reads."""
    lines = [f"{'fault':6}{'writes':>8}{'kills':>7}{'lost':>6}{'doubled':>9}{'seconds':>9}  test"]
    for one in sorted(tallies, key=lambda one: (one.fault, one.test)):
        extra = "  ".join(f"{name}={value}" for name, value in one.measured.items())
        mark = "" if one.outcome == "passed" else "  FAILED"
        lines.append(
            f"{one.fault:6}{one.writes:8}{one.kills:7}{one.lost:6}{one.doubled:9}{one.seconds:9.1f}"
            f"  {one.test}{mark}" + (f"\n{'':45}  {extra}" if extra else "")
        )
    return lines
